/* SPDX-License-Identifier: Apache-2.0 */
/* CMA-ES in a space of any parameters: numbers have the distribution of cma.h, choices
 * probabilities of their own. What it is at a moment depends on the trials that had
 * ended alone, in the order of their ending. */
#ifndef KF_SEARCH_CMAES_H
#define KF_SEARCH_CMAES_H

#include "search/study.h"

typedef struct kf_cmaes kf_cmaes;

typedef enum kf_restarts {
    KF__RESTARTS_NONE = 0,
    KF__RESTARTS_IPOP = 1, /* With twice the points each time. */
    KF__RESTARTS_BIPOP = 2 /* And in between with fewer, and smaller steps. */
} kf_restarts;

typedef struct kf_cmaes_options {
    double sigma; /* The first standard deviation, in parts of each range. */
    size_t size;  /* Points of a generation; 0: by the number of axes. */
    kf_restarts restarts;
} kf_cmaes_options;

/* KF_EUNSUPPORTED without a number to search. */
kf_status kf__cmaes_new(
    const kf_study *study, const kf_cmaes_options *options, kf_cmaes **out);
void kf__cmaes_free(kf_cmaes *cmaes);
kf_status kf__cmaes_ask(kf_cmaes *cmaes, kf_ask *ask, double *point);

#endif
