/* SPDX-License-Identifier: Apache-2.0 */
/* The traffic of a component over its revisions: each call goes to one of them by
 * chance, as Knative's routes have it. Targets are changed while calls come: each goes
 * to one of the old ones or one of the new. */
#ifndef KF_SERVING_SPLIT_H
#define KF_SERVING_SPLIT_H

#include "serving/limit.h"

typedef struct kf_split_target {
    kf_limit *limit; /* The caller's. */
    int percent;     /* 0 … 100; of all of them together 100. */
} kf_split_target;

enum { KF__SPLIT_MOST = 16 };

typedef struct kf_split kf_split;
kf_status kf__split_new(uint64_t seed, kf_split **out);
void kf__split_free(kf_split *split); /* No call is in it. */
/* Once this is back no call goes to a target that is not among these: those that were
 * chosen before are counted in its gate. None of them: all calls are answered with 503.
 * At most KF__SPLIT_MOST. */
void kf__split_set(kf_split *split, const kf_split_target *targets, size_t count);
kf_backend *kf__split_backend(kf_split *split);

#endif
