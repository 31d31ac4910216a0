/* SPDX-License-Identifier: Apache-2.0 */
/* A component of a service here: its revisions, and which of them has the traffic. */
#ifndef KF_SERVING_PART_H
#define KF_SERVING_PART_H

#include "base/value.h"
#include "base/vec.h"
#include "serving/revision.h"
#include "serving/rollout.h"
#include "serving/traffic.h"

typedef struct kf_part {
    struct kf_served *served;
    kf_service_role role;
    KF__VEC(kf_revision *) revisions; /* Oldest first. */
    kf_rollout rollout;
    int canary; /* Percent, or KF__NO_CANARY. */
    kf_share shares[2];
    size_t share_count;
    bool is_settled;  /* The traffic is as the shares say. */
    bool is_gone;     /* The document has the component no more. */
    bool has_traffic; /* It has been settled before: there is something to keep. */
    kf_traffic *traffic;
} kf_part;

kf_status kf__part_new(struct kf_served *served, kf_service_role role, kf_part **out);
void kf__part_free(kf_part *part); /* No revision is loaded. NULL is fine. */
/* The component is as the document has it: a new revision if it was changed. */
kf_status kf__part_apply(
    kf_part *part, const kf_service *service, void (*wake)(void *payload));
kf_revision *kf__part_revision(const kf_part *part, int number); /* NULL: none. */
/* After any change: who gets the traffic. Revisions that are to be loaded for that, or
 * because they are new, get `state` PENDING and `wanted`; the traffic stays as it is
 * until they are there. */
void kf__part_settle(kf_part *part);
/* Whether a revision is needed: it has traffic, is about to get it, or is new. */
bool kf__part_needs(const kf_part *part, const kf_revision *revision);
/* As the registry keeps it, and back. */
kf_value *kf__part_save(const kf_part *part, kf_tree *tree);
kf_status kf__part_restore(
    kf_part *part, const kf_value *saved, void (*wake)(void *payload));

#endif
