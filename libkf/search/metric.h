/* SPDX-License-Identifier: Apache-2.0 */
/* What trials report: records, how they are found in text, and what they come to. */
#ifndef KF_SEARCH_METRIC_H
#define KF_SEARCH_METRIC_H

#include <kf/experiment.h>

#include <math.h>

#include "base/value.h"

/* Before all others: a record without a time (Katib: 0001-01-01). */
#define KF__NO_TIME INT64_MIN

/* One value of one metric, as it was reported. */
typedef struct kf_metric_record {
    const char *name;
    int64_t time_ns; /* Since the epoch; KF__NO_TIME. */
    double value;    /* NaN: no number ("nan", text, nothing). */
    const char *text;
} kf_metric_record;

/* A callback that fails ends the reading with its status. */
typedef kf_status (*kf_metric_sink)(void *payload, const kf_metric_record *record);
/* What went wrong in a line, which is left out, or of which a part is. */
typedef void (*kf_metric_note)(void *payload, int64_t line, const char *message);

typedef enum kf_metric_format {
    KF__METRIC_TEXT = 0,
    KF__METRIC_JSON = 1
} kf_metric_format;

typedef struct kf_metric_parser_options {
    kf_metric_format format;
    const kf_value *filters; /* Regular expressions; NULL or empty: Katib's. */
    const char *const *names;
    size_t name_count;
    kf_metric_sink sink;
    kf_metric_note note; /* NULL: not wanted. */
    void *payload;
} kf_metric_parser_options;

/* Finds metrics in the lines of a log, which may come in pieces of any size. */
typedef struct kf_metric_parser kf_metric_parser;

/* What the options point to is copied. KF_EPARSE: a filter is none; KF_EINVAL: it has
 * fewer than two groups. */
kf_status kf__metric_parser_new(
    const kf_metric_parser_options *options, kf_metric_parser **out);
void kf__metric_parser_free(kf_metric_parser *parser); /* NULL is fine. */
/* The status of the sink, or KF_ENOMEM. */
kf_status kf__metric_parser_feed(
    kf_metric_parser *parser, const void *data, size_t length);
/* The last line, if no line break ended it. */
kf_status kf__metric_parser_finish(kf_metric_parser *parser);

/* RFC 3339 with any fraction. */
bool kf__parse_time_ns(const char *text, size_t length, int64_t *out);
/* A number as reported; NaN if it is none, or not finite. */
double kf__metric_number(const char *text);
/* Whether a scalar `tag` of an event file in `folder` is the metric: as the whole tag,
 * or "folder/tag" of which the folder ends so and the tag begins with that word. */
bool kf__event_is_metric(const char *metric, const char *folder, const char *tag);

/* Of the records of one metric, in any order of their times. */
typedef struct kf_metric_summary {
    const char *name;
    size_t count; /* Of records. */
    double min, max;
    double latest;    /* NaN if the latest record is no number. */
    const char *text; /* What that record said, if it is wanted; NULL. Borrowed. */
    int64_t latest_ns;
} kf_metric_summary;

kf_metric_summary kf__summary(const char *name);
void kf__summary_add(kf_metric_summary *summary, const kf_metric_record *record);
/* NaN: unavailable. */
double kf__summary_value(const kf_metric_summary *summary, kf_strategy strategy);

#endif
