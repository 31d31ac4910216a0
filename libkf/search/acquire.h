/* SPDX-License-Identifier: Apache-2.0 */
/* Where to evaluate next: the best point for a function of what is expected. */
#ifndef KF_SEARCH_ACQUIRE_H
#define KF_SEARCH_ACQUIRE_H

#include "search/gp.h"
#include "search/study.h"

typedef enum kf_gain {
    KF__GAIN_EI = 0,  /* Logarithm of the expected improvement. */
    KF__GAIN_PI = 1,  /* Logarithm of the probability of an improvement. */
    KF__GAIN_LCB = 2, /* How low the value may be: kappa deviations below the mean. */
} kf_gain;

/* The gain of a guess over `best`, and its derivatives by mean and deviation. */
typedef struct kf_gain_at {
    double value, by_mean, by_deviation;
} kf_gain_at;
kf_gain_at kf__gain(
    kf_gain gain, double mean, double deviation, double best, double kappa);

/* The coordinate that models have of axes that are not active: the middle, and a level
 * that no point has. */
#define KF__ACQUIRE_INACTIVE 0.5
#define KF__ACQUIRE_INACTIVE_LEVEL (-1)

typedef struct kf_acquire {
    const kf_gp *gp;
    const kf_space *space; /* For cells of ordered axes. */
    kf_gain gain;
    double best, kappa;
    const double *low, *high;     /* The box to search, in coordinates of the space. */
    const double *middle, *width; /* Of the box that the model has as [0, 1]. */
    size_t candidates;            /* Points that are looked at first. */
    size_t starts;                /* How many of them are improved. */
    int most_evaluations;         /* Of one descent. */
    bool sampling;                /* No descent at all. */
} kf_acquire;

/* `incumbents`: points to begin from as well, row after row. KF_OK, KF_ENOMEM. */
kf_status kf__acquire(const kf_acquire *options, kf_ask *ask, const double *incumbents,
    size_t incumbent_count, double *point);

#endif
