/* SPDX-License-Identifier: Apache-2.0 */
#include "search/metric.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* ---- times, numbers ---- */

bool kf__parse_time_ns(const char *text, size_t length, int64_t *out)
{
    char copy[64];
    int64_t ms;
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (strlen(copy) != length || !kf__parse_time(copy, &ms))
        return false;
    /* Nanoseconds are countable from 1678 to 2262. */
    if (ms < INT64_MIN / 1000000 + 1000 || ms > INT64_MAX / 1000000 - 1000)
        return false;
    int64_t seconds = ms / 1000 - (ms % 1000 < 0);
    int64_t nanoseconds = 0, scale = 100000000;
    const char *point = strchr(copy, '.');
    for (const char *at = point; at != NULL && at[1] >= '0' && at[1] <= '9'; at++) {
        nanoseconds += (at[1] - '0') * scale;
        scale /= 10;
    }
    *out = seconds * 1000000000 + nanoseconds;
    return true;
}

double kf__metric_number(const char *text)
{
    double number;
    return kf__parse_double(text, &number) && isfinite(number) ? number : (double)NAN;
}

/* ---- tags of event files ---- */

static bool goes_on(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool ends_with_folder(const char *folder, const char *wanted, size_t length)
{
    size_t size = strlen(folder);
    while (size > 0 && folder[size - 1] == '/')
        size--;
    if (size < length || memcmp(folder + size - length, wanted, length) != 0)
        return false;
    return size == length || folder[size - length - 1] == '/';
}

bool kf__event_is_metric(const char *metric, const char *folder, const char *tag)
{
    const char *slash = strrchr(metric, '/');
    const char *word = slash == NULL ? metric : slash + 1;
    size_t length = strlen(word);
    if (strcmp(metric, tag) == 0)
        return true;
    if (slash != NULL && !ends_with_folder(folder, metric, (size_t)(slash - metric)))
        return false;
    return length > 0 && strncmp(tag, word, length) == 0 && !goes_on(tag[length]);
}

/* ---- summaries ---- */

kf_metric_summary kf__summary(const char *name)
{
    return (kf_metric_summary){.name = name,
        .min = (double)NAN,
        .max = (double)NAN,
        .latest = (double)NAN,
        .latest_ns = KF__NO_TIME};
}

void kf__summary_add(kf_metric_summary *summary, const kf_metric_record *record)
{
    double value = isfinite(record->value) ? record->value : (double)NAN;
    summary->count++;
    if (record->time_ns >= summary->latest_ns) {
        summary->latest_ns = record->time_ns;
        summary->latest = value;
        bool says = isnan(value) && record->text != NULL && *record->text != '\0';
        summary->text = says ? record->text : NULL;
    }
    if (isnan(value))
        return;
    if (!(summary->min <= value))
        summary->min = value;
    if (!(summary->max >= value))
        summary->max = value;
}

double kf__summary_value(const kf_metric_summary *summary, kf_strategy strategy)
{
    return strategy == KF_STRATEGY_MIN   ? summary->min
           : strategy == KF_STRATEGY_MAX ? summary->max
                                         : summary->latest;
}
