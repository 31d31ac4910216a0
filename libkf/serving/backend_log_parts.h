/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a logger. */
#ifndef KF_SERVING_BACKEND_LOG_PARTS_H
#define KF_SERVING_BACKEND_LOG_PARTS_H

#include <stdatomic.h>

#include "io/http_client.h"
#include "serving/backend_log.h"

typedef struct kf_log_event {
    struct kf_log_event *next;
    kf_arena arena; /* Of its texts. */
    bool is_response;
    int64_t at_ms;
    const char *id;
    const char *type;     /* Of the body. */
    const char *metadata; /* JSON, "{}" at least. */
    char *body;
    size_t length;
} kf_log_event;

/* Where events go; used by one thread. */
typedef struct kf_log_target {
    kf_log_options options; /* Its texts are of the arena. */
    kf_arena arena;
    kf_http_client *client; /* NULL: nothing was sent yet, or it is a file. */
    const char *path;       /* Of the file of lines; NULL: it is none. */
    bool stores;            /* Batches, as objects; else events one by one. */
    atomic_bool cancel;
} kf_log_target;

kf_status kf__log_target_open(kf_log_target *target, const kf_log_options *options);
void kf__log_target_close(kf_log_target *target);
/* The events from this one on: one of them, or a batch if the target stores. */
kf_status kf__log_target_put(kf_log_target *target, const kf_log_event *first);
const char *kf__log_event_type(const kf_log_event *event);

/* ---- backend_log_store: batches as objects ---- */

kf_status kf__log_store_open(kf_log_target *target);
kf_status kf__log_store_put(kf_log_target *target, const kf_log_event *first);

/* ---- backend_log_records: what is in them ---- */

enum { KF__LOG_TEXTS = 13 };

/* The columns of KServe's records; one more is of bools. */
extern const char *const kf__log_columns[KF__LOG_TEXTS + 1];
/* By column; each is to be finished. */
kf_status kf__log_record(
    const kf_log_target *target, const kf_log_event *event, kf_buf out[KF__LOG_TEXTS]);
/* "json", "csv" or "parquet". */
kf_status kf__log_put_records(const kf_log_target *target, const char *format,
    const kf_log_event *first, kf_buf *out);
/* An array of JSON, also of one. */
void kf__log_put_array(
    const kf_log_target *target, const kf_log_event *first, kf_buf *out);

/* ---- backend_log_parquet ---- */

kf_status kf__log_put_parquet(
    const kf_log_target *target, const kf_log_event *first, kf_buf *out);

#endif
