/* SPDX-License-Identifier: Apache-2.0 */
/* The distribution of CMA-ES, and how it learns from a generation of points (Hansen,
 * "The CMA evolution strategy: a tutorial", 2016, with negative weights). */
#ifndef KF_SEARCH_CMA_H
#define KF_SEARCH_CMA_H

#include <kf/base.h>

/* How fast it adapts, beside what the tutorial has. */
typedef struct kf_cma_pace {
    double rate;    /* Factor of the learning rates of the covariance. */
    double damping; /* Factor of the damping of the step size. */
    bool bounded;   /* Shorten steps that the distribution would hardly have made:
                     * points from elsewhere (Hansen, "Injecting external solutions into
                     * CMA-ES", 2011). */
} kf_cma_pace;

/* Points are mean + sigma scale B D z, with z standard normal and C = B D² B'. */
typedef struct kf_cma {
    size_t axes, size; /* Points of a generation. */
    kf_cma_pace pace;
    double sigma;
    double *mean, *scale;
    double *covariance; /* C, by rows. */
    double *vectors;    /* B, by rows. */
    double *lengths;    /* D */
    double *path_sigma, *path_c;
    double *weights; /* Of the points, the best first; some are negative. */
    double mass;     /* Variance-effective number of parents. */
    double rate_one, rate_mu, rate_sigma, rate_path, damping, expected_length;
    int64_t generation;
    double *scratch;
    void *memory;
} kf_cma;

/* KF_ENOMEM. Two axes or points are the least of each that make sense; one axis works. */
kf_status kf__cma_new(size_t axes, size_t size, kf_cma_pace pace, kf_cma **out);
void kf__cma_free(kf_cma *cma);
/* Forget everything and begin with this distribution. `covariance` NULL: the unit
 * matrix. */
void kf__cma_begin(
    kf_cma *cma, const double *mean, double sigma, const double *covariance);
void kf__cma_sample(const kf_cma *cma, const double *normal, double *point);
/* Learn from `size` points, the best first. A NaN coordinate says nothing. */
void kf__cma_update(kf_cma *cma, const double *const *points);
/* The standard deviation of an axis. */
double kf__cma_deviation(const kf_cma *cma, size_t axis);
/* The largest one in any direction, and the ratio to the smallest. */
double kf__cma_spread(const kf_cma *cma, double *ratio);

/* cma_margin.c: let each neighbour of the cell from `low` to `high`, which has the mean of
 * an axis, be drawn with a probability of `least` at least (Hamano et al., "CMA-ES with
 * margin", 2022). An edge that is infinite has no neighbour. */
void kf__cma_keep_margin(
    kf_cma *cma, size_t axis, double low, double high, double least);

/* choice.c: probabilities of levels. */
double kf__choice_draw(const double *shares, int64_t levels, double uniform);
/* Towards what the points have, by their weights (those below 0 and NaN levels do not
 * count), at a rate in [0, 1]; none becomes less than `least`. */
void kf__choice_learn(double *shares, int64_t levels, const double *picked,
    const double *weights, size_t count, double rate, double least);

#endif
