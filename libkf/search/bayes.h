/* SPDX-License-Identifier: Apache-2.0 */
/* Bayesian optimisation: what Gaussian processes make of the past of a study. */
#ifndef KF_SEARCH_BAYES_H
#define KF_SEARCH_BAYES_H

#include "search/acquire.h"

/* The past, as models see it. */
typedef struct kf_bayes {
    kf_ask *ask;
    const kf_space *space;
    size_t axes;
    size_t known, pending; /* Trials with a loss, and after them those that run. */
    const double **points;
    const kf_trial **trials;
    double *losses;
    size_t best; /* Index of the best of the known. */
} kf_bayes;

typedef struct kf_bayes_plan {
    kf_gain gain;
    bool sampling;
    double kappa;
} kf_bayes_plan;

kf_status kf__bayes_start(kf_ask *ask, kf_bayes *out);
void kf__bayes_finish(kf_bayes *bayes);
/* One point by a model of the whole space. */
kf_status kf__bayes_global(const kf_bayes *bayes, const kf_bayes_plan *plan, double *point);
/* One point near to the best one. */
kf_status kf__bayes_local(const kf_bayes *bayes, const kf_bayes_plan *plan, double *point);
/* How far from the best point that should be: half the side of a box. */
double kf__bayes_radius(const kf_bayes *bayes);
/* The points before there is a model: the middle, then an even sequence. */
kf_status kf__bayes_initial(kf_ask *ask, double *point);

extern double kf__knob[16];
#endif
