/* SPDX-License-Identifier: Apache-2.0 */
/* Minimising a smooth function within bounds (L-BFGS with projection). */
#ifndef KF_SEARCH_LBFGS_H
#define KF_SEARCH_LBFGS_H

#include <kf/base.h>

/* The value at x, and its gradient. */
typedef double (*kf_smooth)(void *context, const double *x, double *gradient);

typedef struct kf_lbfgs {
    size_t count; /* Of variables. */
    const double *low, *high;
    int most_evaluations;
    double tolerance; /* Of the projected gradient, its largest element. */
    double *memory;   /* kf__lbfgs_memory(count) numbers, to work in. */
} kf_lbfgs;

size_t kf__lbfgs_memory(size_t count);
/* From x, which becomes the best point found, within the bounds; its value. Where the
 * function is not finite, it does not go. */
double kf__lbfgs(const kf_lbfgs *options, kf_smooth function, void *context, double *x);

#endif
