/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <string.h>

#include "search/metric.h"

static int64_t time_of(const char *text)
{
    int64_t time = -1;
    ck_assert_msg(kf__parse_time_ns(text, strlen(text), &time), "%s", text);
    return time;
}

START_TEST(times)
{
    /* date --date=… +%s */
    ck_assert_int_eq(time_of("2023-11-14T22:13:20Z"), 1700000000000000000);
    ck_assert_int_eq(time_of("2023-11-14T22:13:20.123456789Z"), 1700000000123456789);
    ck_assert_int_eq(time_of("2023-11-14T22:13:20.5Z"), 1700000000500000000);
    ck_assert_int_eq(
        time_of("2023-11-15T00:13:20.000000001+02:00"), 1700000000000000001);
    ck_assert_int_eq(time_of("1969-12-31T23:59:59.25Z"), -750000000);
    int64_t time = 7;
    static const char *const bad[] = {"", "2023-11-14", "2023-11-14T22:13:20",
        "2023-13-14T22:13:20Z", "9999-01-01T00:00:00Z", "0001-01-01T00:00:00Z",
        "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20Zx"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!kf__parse_time_ns(bad[i], strlen(bad[i]), &time), "%s", bad[i]);
    ck_assert_int_eq(time, 7);
}
END_TEST

START_TEST(numbers)
{
    ck_assert_double_eq(kf__metric_number("0.25"), 0.25);
    ck_assert_double_eq(kf__metric_number("-1e-3"), -0.001);
    static const char *const none[] = {
        "", "nan", "NaN", "inf", "-Infinity", "abc", "1.5x", "1e999"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        ck_assert_msg(isnan(kf__metric_number(none[i])), "%s", none[i]);
}
END_TEST

START_TEST(tags)
{
    ck_assert(kf__event_is_metric("accuracy", "/logs", "accuracy"));
    ck_assert(kf__event_is_metric("accuracy", "/logs", "accuracy_1"));
    ck_assert(kf__event_is_metric("accuracy", "/logs", "accuracy/top5"));
    ck_assert(!kf__event_is_metric("accuracy", "/logs", "accuracy2"));
    ck_assert(!kf__event_is_metric("accuracy", "/logs", "val_accuracy"));
    ck_assert(kf__event_is_metric("train/accuracy", "/logs/train", "accuracy"));
    ck_assert(kf__event_is_metric("train/accuracy", "/logs/train/", "accuracy_1"));
    ck_assert(kf__event_is_metric("logs/train/accuracy", "/logs/train", "accuracy"));
    ck_assert(!kf__event_is_metric("train/accuracy", "/logs/test", "accuracy"));
    ck_assert(!kf__event_is_metric("train/accuracy", "/logs/pretrain", "accuracy"));
    ck_assert(kf__event_is_metric("train/accuracy", "/logs/test", "train/accuracy"));
    ck_assert(!kf__event_is_metric("", "/logs", "accuracy"));
}
END_TEST

static kf_metric_summary summary_of(const kf_metric_record *records, size_t count)
{
    kf_metric_summary summary = kf__summary("loss");
    for (size_t i = 0; i < count; i++)
        kf__summary_add(&summary, &records[i]);
    return summary;
}

START_TEST(summaries)
{
    static const kf_metric_record records[] = {
        {"loss", 30, 0.5, "0.5"}, {"loss", 10, 0.1, "0.1"}, {"loss", 20, 0.9, "0.9"}};
    kf_metric_summary summary = summary_of(records, 3);
    ck_assert_uint_eq(summary.count, 3);
    ck_assert_double_eq(kf__summary_value(&summary, KF_STRATEGY_MIN), 0.1);
    ck_assert_double_eq(kf__summary_value(&summary, KF_STRATEGY_MAX), 0.9);
    ck_assert_double_eq(kf__summary_value(&summary, KF_STRATEGY_LATEST), 0.5);
}
END_TEST

START_TEST(later_rows_win_ties)
{
    static const kf_metric_record records[] = {{"loss", KF__NO_TIME, 0.5, "0.5"},
        {"loss", KF__NO_TIME, 0.7, "0.7"}, {"loss", KF__NO_TIME, 0.6, "0.6"}};
    kf_metric_summary summary = summary_of(records, 3);
    ck_assert_double_eq(kf__summary_value(&summary, KF_STRATEGY_LATEST), 0.6);
}
END_TEST

START_TEST(what_is_no_number_is_unavailable)
{
    kf_metric_record records[] = {{"loss", 1, 0.5, "0.5"},
        {"loss", 2, (double)NAN, "nan"}, {"loss", 2, (double)INFINITY, "inf"}};
    kf_metric_summary summary = summary_of(records, 3);
    ck_assert_double_eq(kf__summary_value(&summary, KF_STRATEGY_MIN), 0.5);
    ck_assert_double_eq(kf__summary_value(&summary, KF_STRATEGY_MAX), 0.5);
    ck_assert(isnan(kf__summary_value(&summary, KF_STRATEGY_LATEST)));
    summary = summary_of(&records[1], 2);
    ck_assert(isnan(kf__summary_value(&summary, KF_STRATEGY_MIN)));
    summary = summary_of(records, 0);
    ck_assert(isnan(kf__summary_value(&summary, KF_STRATEGY_LATEST)));
}
END_TEST

KF_TEST_MAIN("search/metric", times, numbers, tags, summaries, later_rows_win_ties,
    what_is_no_number_is_unavailable)
