/* SPDX-License-Identifier: Apache-2.0 */
/* A component of a service here: its revisions, and which of them has the traffic. */
#ifndef KF_SERVING_PART_H
#define KF_SERVING_PART_H

#include <stdatomic.h>

#include "base/value.h"
#include "base/vec.h"
#include "serving/lines.h"
#include "serving/revision.h"
#include "serving/traffic.h"

/* Where requests come in. */
typedef struct kf_entry {
    kf_backend backend;
    struct kf_served *served;
    int role; /* Of the part that they are for; KF__ENTRY: their path says. */
    kf_traffic *traffic; /* Straight to one of its revisions; NULL: to its traffic. */
} kf_entry;

/* A row of revisions that replace each other: the stable predictor, or a canary of the
 * mode Standard. All but those have one. */
typedef struct kf_variant {
    char *name; /* Of a predictor in the mode Standard; "": none. */
    kf_rollout rollout;
    int percent;         /* Of a canary. */
    kf_scale_rule rule;  /* In the mode Standard, where no revision has its own. */
    atomic_bool is_gone; /* The document has it no more. */
    kf_entry entry;      /* Straight to it. */
    _Atomic(struct kf_variant *) next;
} kf_variant;

/* Tags of a component's traffic. */
enum { KF__TAG_PREV, KF__TAG_LATEST, KF__TAGS };

typedef struct kf_part {
    struct kf_served *served;
    kf_service_role role;
    KF__VEC(kf_revision *) revisions; /* Oldest first. */
    int newest;                       /* Number of the revision that was made last. */
    _Atomic(kf_variant *) variants;   /* Grows only, so that it is read without lock. */
    kf_variant *stable;               /* One of them; NULL: nothing was applied yet. */
    KF__VEC(kf_variant *) canaries;   /* Those of the document, in its order. */
    bool is_standard;
    bool tags_latest;
    int canary; /* Percent of the stable one's latest, or KF__NO_CANARY. */
    kf_share shares[KF__TRAFFIC_MOST];
    size_t share_count;
    bool is_settled;     /* The traffic is as the shares say. */
    atomic_bool is_gone; /* The document has the component no more. */
    bool has_traffic;    /* It has been settled before: there is something to keep. */
    kf_traffic *traffic;
    kf_entry tags[KF__TAGS]; /* Straight to the revisions with these tags. */
} kf_part;

kf_status kf__part_new(struct kf_served *served, kf_service_role role, kf_part **out);
void kf__part_free(kf_part *part); /* No revision is loaded. NULL is fine. */
/* The component is as these lines say: new revisions of what was changed. */
kf_status kf__part_apply(
    kf_part *part, const kf_lines *lines, void (*wake)(void *payload));
kf_revision *kf__part_revision(const kf_part *part, int number); /* NULL: none. */
/* The revision of a variant that was made last; NULL: none. */
kf_revision *kf__part_latest(const kf_part *part, const kf_variant *variant);
/* After any change: who gets the traffic. Revisions that are to be loaded for that, or
 * because they are new, get `state` PENDING and `wanted`; the traffic stays as it is
 * until they are there. */
void kf__part_settle(kf_part *part);
/* Whether a revision is needed: it has traffic, is about to get it, or is new. */
bool kf__part_needs(const kf_part *part, const kf_revision *revision);
/* Let go of the revisions that nothing can lead back to; no thread works on any. */
void kf__part_collect(kf_part *part);
/* As the registry keeps it, and back. */
kf_value *kf__part_save(const kf_part *part, kf_tree *tree);
kf_status kf__part_restore(
    kf_part *part, const kf_value *saved, void (*wake)(void *payload));

/* ---- variant ---- */

kf_status kf__variant_new(kf_part *part, const char *name, kf_variant **out);
void kf__variant_free(kf_variant *variant);
/* From any thread; NULL: there is none, or none any more. */
kf_variant *kf__variant_find(kf_part *part, const char *name, size_t length);
/* Has replicas that serve: a canary without is not ready. */
bool kf__variant_is_ready(const kf_part *part, const kf_variant *variant);
/* The document gives it replicas: a canary may have none. */
bool kf__variant_is_wanted(const kf_part *part, const kf_variant *variant);

#endif
