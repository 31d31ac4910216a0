/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include "kf_test.h"

/* Expectations of Python's datetime. */
static const struct {
    const char *text;
    int64_t epoch_ms;
} moments[] = {
    {"1970-01-01T00:00:00.000Z", 0},
    {"2026-11-24T03:13:44.123Z", 1795490024123},
    {"2000-02-29T23:59:59.999Z", 951868799999},
    {"1999-12-31T12:00:00.000Z", 946641600000},
    {"2024-12-31T23:59:59.000Z", 1735689599000},
    {"2100-03-01T00:00:00.000Z", 4107542400000},
    {"1969-12-31T23:59:59.999Z", -1},
    {"0001-01-01T00:00:00.000Z", -62135596800000},
    {"9999-12-31T23:59:59.999Z", 253402300799999},
};

START_TEST(writing_and_reading)
{
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        kf_buf buf = KF__BUF_INIT;
        kf__put_time(&buf, moments[i].epoch_ms);
        ck_assert_str_eq(kf__buf_text(&buf), moments[i].text);
        int64_t epoch_ms = 0;
        ck_assert(kf__parse_time(moments[i].text, &epoch_ms));
        ck_assert_int_eq(epoch_ms, moments[i].epoch_ms);
        kf__buf_finish(&buf);
    }
}
END_TEST

START_TEST(every_day_of_four_centuries)
{
    for (int64_t day = -100000; day < 100000; day++) {
        kf_buf buf = KF__BUF_INIT;
        int64_t epoch_ms = 0;
        kf__put_time(&buf, day * 86400000);
        ck_assert(kf__parse_time(kf__buf_text(&buf), &epoch_ms));
        ck_assert_int_eq(epoch_ms, day * 86400000);
        kf__buf_finish(&buf);
    }
}
END_TEST

START_TEST(other_forms)
{
    int64_t epoch_ms = 0;
    ck_assert(kf__parse_time("1970-01-01T00:00:01Z", &epoch_ms));
    ck_assert_int_eq(epoch_ms, 1000);
    ck_assert(kf__parse_time("1970-01-01 00:00:00.5z", &epoch_ms));
    ck_assert_int_eq(epoch_ms, 500);
    ck_assert(kf__parse_time("1970-01-01T02:00:00.123456789+02:00", &epoch_ms));
    ck_assert_int_eq(epoch_ms, 123);
    ck_assert(kf__parse_time("1969-12-31T19:30:00-04:30", &epoch_ms));
    ck_assert_int_eq(epoch_ms, 0);
}
END_TEST

START_TEST(what_is_no_time)
{
    static const char *const texts[] = {"", "1970", "1970-01-01", "1970-01-01T00:00:00",
        "1970-13-01T00:00:00Z", "1970-00-01T00:00:00Z", "1970-02-29T00:00:00Z",
        "1970-04-31T00:00:00Z", "1970-01-00T00:00:00Z", "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z", "1970-01-01T00:00:61Z", "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00Z ", "1970-01-01T00:00:00+24:00",
        "1970-01-01T00:00:00+0100", "1970-01-01T00:00:00+00:60",
        "197O-01-01T00:00:00Z"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t epoch_ms = 77;
        ck_assert_msg(!kf__parse_time(texts[i], &epoch_ms), "accepted: %s", texts[i]);
        ck_assert_int_eq(epoch_ms, 77);
    }
}
END_TEST

START_TEST(time_passes)
{
    int64_t before = kf__monotonic_ns();
    kf__sleep_ms(20);
    kf__sleep_ms(0);
    kf__sleep_ms(-5);
    ck_assert_int_ge(kf__monotonic_ns() - before, 20000000);
    ck_assert_int_gt(kf__now_ms(), 1700000000000);
}
END_TEST

KF_TEST_MAIN("clock", writing_and_reading, every_day_of_four_centuries, other_forms,
    what_is_no_time, time_passes)
