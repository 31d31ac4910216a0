/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "kf_test.h"

typedef struct heard {
    int count;
    kf_log_level level;
    char line[4096];
} heard;

static void listen_to(kf_log_level level, const char *message, void *payload)
{
    heard *all = payload;
    all->count++;
    all->level = level;
    snprintf(all->line, sizeof all->line, "%s", message);
}

START_TEST(silence_is_the_default)
{
    kf__log(KF_LOG_ERROR, "nobody %s", "listens");
}
END_TEST

START_TEST(the_sink_hears_its_levels)
{
    heard all = {0};
    kf_set_log_sink(listen_to, KF_LOG_WARNING, &all);
    kf__log(KF_LOG_INFO, "not this");
    ck_assert_int_eq(all.count, 0);
    kf__log(KF_LOG_WARNING, "disk %d%% full", 90);
    ck_assert_int_eq(all.count, 1);
    ck_assert_int_eq(all.level, KF_LOG_WARNING);
    ck_assert_str_eq(all.line, "disk 90% full");
    kf__log(KF_LOG_ERROR, "%05000d", 1);
    ck_assert_int_eq(all.count, 2);
    ck_assert_uint_gt(strlen(all.line), 1000);
    kf_set_log_sink(NULL, KF_LOG_DEBUG, NULL);
    kf__log(KF_LOG_ERROR, "not this either");
    ck_assert_int_eq(all.count, 2);
}
END_TEST

START_TEST(version)
{
    ck_assert_str_eq(kf_version(), KF_VERSION);
}
END_TEST

KF_TEST_MAIN("log", silence_is_the_default, the_sink_hears_its_levels, version)
