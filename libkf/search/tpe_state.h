/* SPDX-License-Identifier: Apache-2.0 */
/* What TPE keeps between asks. */
#ifndef KF_SEARCH_TPE_STATE_H
#define KF_SEARCH_TPE_STATE_H

#include "search/tpe.h"

/* A trial by its coordinate, or by its loss. */
typedef struct kf_tpe_key {
    double at, half; /* Half the width of the coordinate's cell. */
    size_t trial;
} kf_tpe_key;

typedef KF__VEC(kf_tpe_key) kf_tpe_keys;

typedef enum kf_tpe_role {
    KF__TPE_OUT = 0,
    KF__TPE_GOOD = 1,
    KF__TPE_BAD = 2
} kf_tpe_role;

typedef struct kf_tpe_mark {
    bool is_told;
    kf_tpe_role role;
    size_t kernel; /* In the mixture of its role. */
} kf_tpe_mark;

/* Coordinates of a trial never change, and neither does a loss once told: both are kept
 * in order. */
struct kf_tpe {
    const kf_study *study;
    size_t axes;
    kf_tpe_keys *columns; /* By axis: the trials in which it is active. */
    kf_tpe_keys losses;
    KF__VEC(size_t) ranked;     /* Trials by loss. */
    KF__VEC(kf_tpe_mark) marks; /* By trial. */
};

#endif
