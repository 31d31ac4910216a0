/* SPDX-License-Identifier: Apache-2.0 */
/* TensorFlow's event files: records of length, data and masked CRC-32C sums
 * (tensorflow/core/lib/io/record_writer.h), each an Event (tensorflow/core/util/
 * event.proto), of which the scalars of summaries are given out. */
#ifndef KF_SEARCH_EVENT_H
#define KF_SEARCH_EVENT_H

#include <kf/base.h>

typedef struct kf_event_scalar {
    const char *tag;
    int64_t step;
    int64_t time_ns; /* KF__NO_TIME: none. */
    double value;    /* May be NaN or infinite. */
} kf_event_scalar;

/* A status other than KF_OK ends the reading. */
typedef kf_status (*kf_event_sink)(void *payload, const kf_event_scalar *scalar);

/* Reads a file that may still grow, in pieces of any size. */
typedef struct kf_event_reader kf_event_reader;

kf_status kf__event_reader_new(
    kf_event_sink sink, void *payload, kf_event_reader **out);
void kf__event_reader_free(kf_event_reader *reader); /* NULL is fine. */
/* KF_EPARSE: damaged, and nothing after it can be read; KF_ELIMIT: a record of more than
 * KF__LIMIT_EVENT_BYTES; KF_ENOMEM; the status of the sink. After a failure every call
 * fails alike. */
kf_status kf__event_reader_feed(
    kf_event_reader *reader, const void *data, size_t length);
/* Whether a record has begun whose end is not there yet. */
bool kf__event_reader_waits(const kf_event_reader *reader);

/* The scalars of one serialised Event. KF_EPARSE: it is none. */
kf_status kf__event_scalars(
    const void *data, size_t length, kf_event_sink sink, void *payload);

#endif
