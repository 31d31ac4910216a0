/* SPDX-License-Identifier: Apache-2.0 */
/* Which revisions of a component get which part of its traffic, as KServe has it in its
 * Knative mode: reconcilers/knative/ksvc_reconciler.go (createKnativeService) and
 * v1beta1/inference_service_status.go (PropagateStatus). A pure state machine; a
 * revision is a number, 0: none. */
#ifndef KF_SERVING_ROLLOUT_H
#define KF_SERVING_ROLLOUT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct kf_rollout {
    int latest_created;
    int latest_ready;
    int latest_rolled_out;   /* The last that was ready and had all of the traffic. */
    int previous_rolled_out; /* The one before it. */
} kf_rollout;

typedef struct kf_share {
    int revision;
    int percent;
    bool is_latest; /* What "the latest ready" leads to; else tagged "prev". */
} kf_share;

enum {
    KF__NO_CANARY = -1 /* canaryTrafficPercent is not given. */
};

/* The component was changed: a new revision, not ready yet. */
void kf__rollout_create(kf_rollout *rollout, int revision);
/* A revision is ready to serve. An older one than what is ready already changes nothing. */
void kf__rollout_ready(kf_rollout *rollout, int revision);
/* Whether the state names the revision: nothing else can get traffic again. */
bool kf__rollout_names(const kf_rollout *rollout, int revision);
/* What follows of the state and canaryTrafficPercent, to be called after each change of
 * either: moves what is rolled out, and gives the traffic as KServe's status lists it,
 * at most two shares, of 0 percent, too, and of the same revision where the latest is
 * the one that is rolled out. Nothing is ready: no shares. */
size_t kf__rollout_settle(kf_rollout *rollout, int canary_percent, kf_share shares[2]);
/* The revision is there no more. */
void kf__rollout_forget(kf_rollout *rollout, int revision);

#endif
