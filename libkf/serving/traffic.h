/* SPDX-License-Identifier: Apache-2.0 */
/* The traffic of a component over its revisions: each call goes to one of them by
 * chance, as Knative's routes have it. Targets are changed while calls come: each goes
 * to one of the old ones or one of the new. */
#ifndef KF_SERVING_TRAFFIC_H
#define KF_SERVING_TRAFFIC_H

#include "serving/limit.h"

typedef struct kf_traffic_target {
    kf_limit *limit; /* The caller's. */
    int percent;     /* 0 … 100; of all of them together 100. */
} kf_traffic_target;

enum { KF__TRAFFIC_MOST = 103 }; /* Two, and a canary for each percent and one. */

typedef struct kf_traffic kf_traffic;
kf_status kf__traffic_new(uint64_t seed, kf_traffic **out);
void kf__traffic_free(kf_traffic *traffic); /* No call is in it. */
/* Once this is back no call goes to a target that is not among these: those that were
 * chosen before are counted in its gate. None of them: all calls are answered with 503.
 * At most KF__TRAFFIC_MOST. */
void kf__traffic_set(
    kf_traffic *traffic, const kf_traffic_target *targets, size_t count);
kf_backend *kf__traffic_backend(kf_traffic *traffic);
/* It leads nowhere. */
bool kf__traffic_is_empty(kf_traffic *traffic);

#endif
