/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <string.h>

#include "pipeline/duration.h"

/* What convert_duration_to_seconds of kfp/dsl/structures.py of 2.17.0 gives. */
START_TEST(durations_are_read_as_kfp_reads_them)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        {"0s", 0},
        {"30s", 30},
        {"1 hour", 3600},
        {"2 hours", 7200},
        {"2hours", 7200},
        {"2 w", 1209600},
        {"2w", 1209600},
        {"3 days", 259200},
        {"15 minutes", 900},
        {"1 0m", 600},
        {" 5 s ", 5},
        {"1 month", 60},
        {"007s", 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t seconds = -1;
        ck_ok(kf__duration_seconds(cases[i].text, &seconds));
        ck_assert_int_eq(seconds, cases[i].seconds);
    }
}
END_TEST

START_TEST(other_durations_are_refused)
{
    static const char *const texts[] = {"", " ", "5", "s", "1.5h", "-1s", "1h30m",
        "1h 30m", "2y", "2 H", "1e3s", "99999999999999999999s", "9223372036854775807w",
        "one hour"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t seconds = -7;
        ck_fails(kf__duration_seconds(texts[i], &seconds), KF_EINVAL, "is no duration");
        ck_assert_int_eq(seconds, -7);
    }
}
END_TEST

KF_TEST_MAIN("pipeline/duration", durations_are_read_as_kfp_reads_them,
    other_durations_are_refused)
