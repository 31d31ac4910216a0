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
    const char *metadata; /* JSON; NULL: none. */
    char *body;
    size_t length;
} kf_log_event;

/* Where events go; used by one thread. */
typedef struct kf_log_target {
    kf_log_options options; /* Its texts are of the arena. */
    kf_arena arena;
    kf_http_client *client; /* NULL: a file. */
    const char *path;
    atomic_bool cancel;
} kf_log_target;

kf_status kf__log_target_open(kf_log_target *target, const kf_log_options *options);
void kf__log_target_close(kf_log_target *target);
kf_status kf__log_target_put(kf_log_target *target, const kf_log_event *event);

#endif
