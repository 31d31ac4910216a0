/* SPDX-License-Identifier: Apache-2.0 */
/* Where to evaluate next: the best point for a function of what is expected. */
#ifndef KF_SEARCH_ACQUIRE_H
#define KF_SEARCH_ACQUIRE_H

#include "search/frame.h"
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

typedef struct kf_acquire {
    const kf_gp *gp;
    const kf_space *space; /* For cells of ordered axes. */
    kf_gain gain;
    double best, kappa;
    kf_frame *frame; /* Of the model: its cube is the box to search. */
    const double *low,
        *high;            /* The same on axes that are not turned, within the space. */
    size_t candidates;    /* Points that are looked at first. */
    size_t starts;        /* How many of them are improved. */
    int most_evaluations; /* Of one descent. */
    bool sampling;        /* No descent at all. */
} kf_acquire;

/* `incumbents`: points to begin from as well, row after row. KF_OK, KF_ENOMEM. */
kf_status kf__acquire(const kf_acquire *options, kf_ask *ask, const double *incumbents,
    size_t incumbent_count, double *point);

#endif
