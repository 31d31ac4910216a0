/* SPDX-License-Identifier: Apache-2.0 */
/* Several objectives, less being better in each. */
#ifndef KF_SEARCH_PARETO_H
#define KF_SEARCH_PARETO_H

#include "search/study.h"

/* Whether a is nowhere worse than b, and somewhere better. */
bool kf__dominates(const double *a, const double *b, size_t count);
/* Of `total` points of `count` losses, whether each is dominated by none; equal points
 * both stay. */
void kf__front(const double *const *points, size_t total, size_t count, bool *on_front);
/* The volume that points dominate below the reference; points beyond it count for what
 * is below. KF_ENOMEM. */
kf_status kf__hypervolume(const double *const *points, size_t total, size_t count,
    const double *reference, double *out);

/* One loss per trial for samplers that know one objective: the first one if there is one
 * alone; else the augmented Chebyshev function of losses brought to [0, 1], with weights
 * that are drawn anew for each trial (Knowles, "ParEGO", 2006). NAN: no value. */
void kf__scalar_losses(kf_ask *ask, double *out);
/* Trials that have one by it, the best first; the first of equals. kf__free it. */
kf_status kf__scalar_ranking(kf_ask *ask, size_t **out, size_t *count);

#endif
