/* SPDX-License-Identifier: Apache-2.0 */
/* Bayesian optimisation: where Gaussian processes would look next. */
#ifndef KF_SEARCH_BAYES_H
#define KF_SEARCH_BAYES_H

#include "search/acquire.h"

/* ---- bayes_past.c: the past, as models see it ---- */

typedef struct kf_bayes {
    kf_ask *ask;
    const kf_space *space;
    size_t axes;
    size_t known, pending; /* Trials with a loss, and after them those that run. */
    const kf_trial **trials;
    double *losses; /* Of the known; those that failed have the worst there is. */
    size_t best;    /* Index of the least. */
} kf_bayes;

kf_status kf__bayes_start(kf_ask *ask, kf_bayes *out);
void kf__bayes_finish(kf_bayes *bayes);
/* How far from the best point to look for a better one, as half the side of a box: from
 * what was noted of trials that did so. */
double kf__bayes_radius(const kf_bayes *bayes);
/* Whether a trial has this point already. */
bool kf__bayes_has(const kf_bayes *bayes, const double *point);

/* ---- bayes_model.c: models of some of it ---- */

typedef struct kf_bayes_model {
    const kf_bayes *bayes;
    kf_gp *gp;
    kf_frame *frame;
    double *low, *high; /* The box to search. */
    double *spare;      /* Room for a point. */
    double *losses;     /* As they are modelled. */
    double bend;        /* Deviation of their logarithms; 0: they are none. */
    size_t *chosen;     /* Which of the known. */
    size_t count;
    size_t *pool; /* Which of the known may be near; none: it is not known yet. */
    size_t pool_count;
} kf_bayes_model;

/* Of at most `most` of the known; the whole space is the box. */
kf_status kf__bayes_model_start(
    const kf_bayes *bayes, size_t most, kf_bayes_model *out);
void kf__bayes_model_finish(kf_bayes_model *model);
/* Choose the best of the known and, of the others, some from everywhere. */
kf_status kf__bayes_choose_best(kf_bayes_model *model, size_t most);
/* Choose those that are nearest to the middle of the frame; if more than `most` are about
 * as near as its corners, some from everywhere in there. */
kf_status kf__bayes_choose_near(kf_bayes_model *model, size_t most);
/* Warp and fit; if it is the last time, take those that run for what is expected of
 * them. */
kf_status kf__bayes_fit(kf_bayes_model *model, bool last);
/* Turn the frame by what the model has of the losses' second derivatives in its middle;
 * the model is to be fitted anew then. */
kf_status kf__bayes_turn(kf_bayes_model *model);

/* ---- bayes.c: points ---- */

typedef struct kf_bayes_plan {
    kf_gain gain;
    double kappa;
    bool sampling; /* Points are compared, not improved. */
} kf_bayes_plan;

/* The points before there is a model: the middle, then an even sequence. */
kf_status kf__bayes_initial(const kf_bayes *bayes, double *point);
/* By a model of the whole space. */
kf_status kf__bayes_global(
    const kf_bayes *bayes, const kf_bayes_plan *plan, double *point);
/* By a model of what is near to the best one. Notes what kf__bayes_radius needs. */
kf_status kf__bayes_local(
    const kf_bayes *bayes, const kf_bayes_plan *plan, double radius, double *point);

#endif
