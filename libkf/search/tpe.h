/* SPDX-License-Identifier: Apache-2.0 */
/* The tree-structured Parzen estimator (Bergstra et al., NIPS 2011): where are good
 * trials dense, and bad ones not? */
#ifndef KF_SEARCH_TPE_H
#define KF_SEARCH_TPE_H

#include "search/study.h"

typedef struct kf_tpe kf_tpe;

typedef struct kf_tpe_rule {
    bool joint; /* All axes at once, which sees how they depend on each other. */
    /* Of n trials ceil(share n^power) are good, at most `most`. */
    double share, power;
    int64_t most;
    int64_t candidates; /* Points drawn from where good ones are. */
    double prior;       /* Weight of not knowing anything, in trials. */
    /* Of a good kernel: its width in distances to its neighbours, and at least
     * n^-sharpness of the axis. */
    double breadth, sharpness;
} kf_tpe_rule;

kf_status kf__tpe_new(const kf_study *study, kf_tpe **out);
void kf__tpe_free(kf_tpe *tpe);
/* See what the study has by now: before the others. */
kf_status kf__tpe_update(kf_tpe *tpe);
/* Trials by loss, the best first, those without one left out. */
const size_t *kf__tpe_ranked(const kf_tpe *tpe, size_t *count);
/* The next point. `ranked` are the trials to learn from, as above; those that run or
 * failed are taken for bad ones. */
kf_status kf__tpe_point(kf_tpe *tpe, kf_ask *ask, const kf_tpe_rule *rule,
    const size_t *ranked, size_t count, double *point);

#endif
