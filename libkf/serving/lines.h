/* SPDX-License-Identifier: Apache-2.0 */
/* What a component of a service is to be: its stable predictor, and its canaries. In
 * KServe's mode Standard each of them is a Deployment of its own
 * (components/predictor.go: reconcileCanaryDeployments); in its Knative mode there is
 * one, whose revisions share the traffic (see rollout.h). */
#ifndef KF_SERVING_LINES_H
#define KF_SERVING_LINES_H

#include "base/vec.h"
#include "serving/rollout.h"
#include "serving/scale.h"
#include "serving/service.h"

/* Since the document was changed last, the service was promoted or rolled back. */
typedef struct kf_override {
    bool is_given;
    int percent;    /* What canaryTrafficPercent would be: KF__NO_CANARY or 0. */
    char *promoted; /* Standard: the canary that is the stable predictor; NULL: none. */
} kf_override;

typedef struct kf_line {
    kf_service *service; /* Whose component it is. */
    const char *name;    /* predictor.name; "": none. */
    char *base;          /* "iris-v2-predictor": what its revisions are called. */
    int percent;         /* Of a canary; of the stable one not used. */
    kf_scale_rule rule;
} kf_line;

typedef struct kf_lines {
    KF__VEC(kf_line) items; /* The stable one first. */
    bool is_standard;
    bool tags_latest; /* serving.kserve.io/enable-tag-routing */
    int canary;       /* Percent of the stable line's latest, or KF__NO_CANARY. */
} kf_lines;

/* Finished by kf__lines_finish, also on failure. */
kf_status kf__lines_make(const kf_service *service, kf_service_role role,
    const kf_override *override, kf_lines *out);
void kf__lines_finish(kf_lines *lines);

#endif
