/* SPDX-License-Identifier: Apache-2.0 */
/* Gaussian process regression.
 *
 * The covariance of two points is
 *     matern * M(r) + trend * T + noise (of a point with itself),
 * M being Matérn's function of smoothness 5/2 and r² = sum of scale[i] * d[i]², with d[i]
 * the difference of coordinates, or 0 and 1 on categorical axes. T is the square of
 * 1 + the product of the points about the middle of the cube: what any quadratic function
 * follows. Values have no mean; they should be standardised. */
#ifndef KF_SEARCH_GP_H
#define KF_SEARCH_GP_H

#include <kf/base.h>

typedef struct kf_gp {
    size_t axes, count, room;
    bool *categorical; /* By axis. */
    double *x;         /* By axis: `room` coordinates. */
    double *y;
    /* Logarithms of scale (by axis), matern, trend and noise. */
    double *theta;
    double *scale; /* The same without logarithm, once it is set. */
    double matern, trend, noise;
    double *factor;  /* The Cholesky factor of the covariance of points. */
    double *weights; /* Inverse of the covariance times y. */
    double *spare;   /* Room for a point. */
} kf_gp;

/* What is expected of a value at a point. */
typedef struct kf_guess {
    double mean, variance; /* Without noise. */
} kf_guess;

kf_status kf__gp_new(size_t axes, size_t room, kf_gp **out);
void kf__gp_free(kf_gp *gp);
/* Before anything is fitted; there must be room. */
void kf__gp_add(kf_gp *gp, const double *point, double y);
/* theta as it is when nothing is known. */
void kf__gp_default(const kf_gp *gp, double *theta);
/* Find theta: the mode of its posterior, from `starts` (rows of axes + 3). */
kf_status kf__gp_fit(
    kf_gp *gp, const double *starts, size_t start_count, int most_evaluations);
/* Minus the logarithm of theta's posterior, and its gradient (may be NULL). */
kf_status kf__gp_loss(kf_gp *gp, const double *theta, double *loss, double *gradient);
/* Take theta and all points into account. False: the covariance is not definite. */
bool kf__gp_condition(kf_gp *gp);
/* One more point, after kf__gp_condition: what is expected there has come true if
 * y is NAN. */
bool kf__gp_append(kf_gp *gp, const double *point, double y);

/* `scratch`: 4 * room numbers. The gradients may be NULL. */
kf_guess kf__gp_guess(const kf_gp *gp, const double *point, double *scratch,
    double *mean_gradient, double *variance_gradient);
/* At many points, row after row; `scratch`: count * room numbers. */
void kf__gp_guess_all(const kf_gp *gp, const double *points, size_t count,
    double *scratch, kf_guess *out);
/* Covariances of a point with the `count` first ones. slope: derivative by r², or NULL;
 * products: 1 + the product, or NULL. */
void kf__gp_cross(const kf_gp *gp, const double *point, size_t count, double *out,
    double *slope, double *products);
/* The variance that is expected at a point when nothing is known of it. */
double kf__gp_prior(const kf_gp *gp, const double *point);

#endif
