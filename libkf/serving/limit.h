/* SPDX-License-Identifier: Apache-2.0 */
/* The gate before one revision of a component: so many calls at once as it takes, the
 * others wait in a queue, and all of them wait while it is not there (loading, or scaled
 * to zero). What KServe has in Knative's queue-proxy and activator. */
#ifndef KF_SERVING_LIMIT_H
#define KF_SERVING_LIMIT_H

#include "serving/call.h"

typedef struct kf_limit kf_limit;

typedef struct kf_limit_options {
    size_t queue;       /* Calls that may wait; more are answered with 503. */
    int64_t timeout_ns; /* From arrival to answer; past it, or past the call's own
                           deadline, a waiting call is answered with 504. 0: none. */
    /* Somebody waits at a closed gate: called once for each time it is closed, by the
     * thread that brings the call. May be NULL. */
    void (*wake)(void *payload);
    void *payload;
} kf_limit_options;

kf_status kf__limit_new(const kf_limit_options *options, kf_limit **out);
/* No call is in it. NULL is fine. */
void kf__limit_free(kf_limit *limit);

/* Count a call that is about to come by kf__limit_serve, so that the gate is not idle
 * between the choice of it and the call. */
void kf__limit_enter(kf_limit *limit);
void kf__limit_serve(kf_limit *limit, kf_call *call);

/* Let `capacity` calls (0: any number) at once through to `inner`, which stays the
 * caller's. Also changes the capacity of an open gate. */
void kf__limit_open(kf_limit *limit, kf_backend *inner, size_t capacity);
/* Let calls wait from now on. Those that are through go on: see kf__limit_through. */
void kf__limit_close(kf_limit *limit);
/* The same if no call is in it, or announced: false if one is. */
bool kf__limit_close_idle(kf_limit *limit);
/* Answer those that wait, and all that come, with `status` and the message, until it is
 * opened or closed again. */
void kf__limit_fail(kf_limit *limit, int status, const char *message);
/* Answer calls that waited beyond their time; `now_ns` monotonic. */
void kf__limit_expire(kf_limit *limit, int64_t now_ns);

/* Calls that were let through and not answered yet; what waits or was announced. */
size_t kf__limit_through(kf_limit *limit);
size_t kf__limit_waiting(kf_limit *limit);

/* What the autoscaler looks at. Sums since the gate was made, so that the average over
 * a time is the difference of two of them. */
typedef struct kf_load {
    int64_t at_ns;
    double concurrency_ns; /* Calls in it (waiting or through), times nanoseconds. */
    uint64_t arrived;      /* Calls. */
    size_t now;            /* Calls in it. */
} kf_load;
kf_load kf__limit_load(kf_limit *limit, int64_t now_ns);

#endif
