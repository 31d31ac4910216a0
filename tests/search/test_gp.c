/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "search/gp.h"

#define AXES 3 /* The last one is categorical. */

static kf_gp *gp;
static double scratch[4096];

static double number(size_t i)
{
    double x = sin((double)i * 12.9898) * 43758.5453;
    return x - floor(x);
}

static void setup(void)
{
    ck_ok(kf__gp_new(AXES, 24, &gp));
    gp->categorical[2] = true;
    for (size_t i = 0; i < 20; i++) {
        double point[] = {number(3 * i), number(3 * i + 1), (double)(i % 3)};
        double x = point[0] - 0.4, y = point[1] - 0.7;
        kf__gp_add(gp, point, 3 * x * x + x * y + 2 * y * y + 0.3 * point[2] - 1);
    }
    kf__gp_default(gp, gp->theta);
    gp->theta[AXES + 2] = log(1e-6);
}

static void teardown(void)
{
    kf__gp_free(gp);
}

/* By the formulas of the header. */
static double covariance(const double *a, const double *b)
{
    double square = exp(gp->theta[0]) * (a[0] - b[0]) * (a[0] - b[0]) +
                    exp(gp->theta[1]) * (a[1] - b[1]) * (a[1] - b[1]) +
                    exp(gp->theta[2]) * (a[2] != b[2]);
    double r = sqrt(5 * square);
    double product = 1 + (2 * a[0] - 1) * (2 * b[0] - 1) +
                     (2 * a[1] - 1) * (2 * b[1] - 1) + (a[2] == b[2]);
    return exp(gp->theta[3]) * (1 + r + r * r / 3) * exp(-r) +
           exp(gp->theta[4]) * product * product / 4; /* (1 + axes / 3)² */
}

/* With two points all is arithmetic of 2 × 2 matrices. */
START_TEST(by_hand)
{
    static const double a[] = {0.2, 0.9, 1}, b[] = {0.6, 0.5, 2}, at[] = {0.3, 0.4, 1};
    gp->count = 0;
    kf__gp_add(gp, a, 1.5);
    kf__gp_add(gp, b, -0.5);
    gp->theta[AXES + 2] = log(0.1);
    ck_assert(kf__gp_condition(gp));
    double k = covariance(a, b), p = covariance(a, a) + 0.1, q = covariance(b, b) + 0.1;
    double determinant = p * q - k * k;
    double u = covariance(a, at), v = covariance(b, at);
    double mean = (u * (q * 1.5 + k * 0.5) + v * (-k * 1.5 - p * 0.5)) / determinant;
    double variance =
        covariance(at, at) - (u * u * q - 2 * u * v * k + v * v * p) / determinant;
    kf_guess guess = kf__gp_guess(gp, at, scratch, NULL, NULL);
    ck_assert_double_eq_tol(guess.mean, mean, 1e-12);
    ck_assert_double_eq_tol(guess.variance, variance, 1e-12);
    /* Likelihood of theta, but for constants and what is expected of theta itself, which
     * the default, as far as it goes, costs nothing. */
    double fit = (1.5 * 1.5 * q + 2 * 1.5 * 0.5 * k + 0.5 * 0.5 * p) / determinant;
    double loss, without;
    ck_ok(kf__gp_loss(gp, gp->theta, &loss, NULL));
    gp->count = 0;
    ck_ok(kf__gp_loss(gp, gp->theta, &without, NULL));
    ck_assert_double_eq_tol(loss - without, fit / 2 + log(determinant) / 2, 1e-12);
}
END_TEST

START_TEST(interpolates)
{
    ck_assert(kf__gp_condition(gp));
    for (size_t i = 0; i < gp->count; i++) {
        double point[] = {gp->x[i], gp->x[gp->room + i], gp->x[2 * gp->room + i]};
        kf_guess guess = kf__gp_guess(gp, point, scratch, NULL, NULL);
        ck_assert_double_eq_tol(guess.mean, gp->y[i], 1e-3);
        ck_assert_double_le(guess.variance, 2e-6);
    }
}
END_TEST

START_TEST(gradients_of_guesses)
{
    ck_assert(kf__gp_condition(gp));
    double point[] = {0.31, 0.77, 1}, by_mean[AXES], by_variance[AXES];
    const double h = 1e-5;
    kf__gp_guess(gp, point, scratch, by_mean, by_variance);
    for (size_t k = 0; k < 2; k++) {
        double at = point[k];
        point[k] = at + h;
        kf_guess above = kf__gp_guess(gp, point, scratch, NULL, NULL);
        point[k] = at - h;
        kf_guess below = kf__gp_guess(gp, point, scratch, NULL, NULL);
        point[k] = at;
        ck_assert_double_eq_tol(by_mean[k], (above.mean - below.mean) / (2 * h), 1e-6);
        ck_assert_double_eq_tol(
            by_variance[k], (above.variance - below.variance) / (2 * h), 1e-6);
    }
    ck_assert_double_eq(by_mean[2], 0);
    ck_assert_double_eq(by_variance[2], 0);
}
END_TEST

START_TEST(gradient_of_loss)
{
    double gradient[AXES + 3], theta[AXES + 3];
    const double h = 1e-5;
    for (size_t i = 0; i < AXES + 3; i++)
        theta[i] = gp->theta[i] + 0.2 * (double)i - 0.5;
    theta[AXES + 2] = -3;
    double loss;
    ck_ok(kf__gp_loss(gp, theta, &loss, gradient));
    for (size_t i = 0; i < AXES + 3; i++) {
        double at = theta[i], above, below;
        theta[i] = at + h;
        ck_ok(kf__gp_loss(gp, theta, &above, NULL));
        theta[i] = at - h;
        ck_ok(kf__gp_loss(gp, theta, &below, NULL));
        theta[i] = at;
        double slope = (above - below) / (2 * h);
        ck_assert_double_eq_tol(gradient[i], slope, 1e-5 * (1 + fabs(slope)));
    }
}
END_TEST

START_TEST(many_at_once)
{
    ck_assert(kf__gp_condition(gp));
    double points[7 * AXES], big[7 * 24];
    kf_guess all[7];
    for (size_t i = 0; i < 7 * AXES; i++)
        points[i] = i % 3 == 2 ? 1 : number(100 + i);
    kf__gp_guess_all(gp, points, 7, big, all);
    for (size_t i = 0; i < 7; i++) {
        kf_guess one = kf__gp_guess(gp, points + i * AXES, scratch, NULL, NULL);
        ck_assert_double_eq_tol(all[i].mean, one.mean, 1e-12);
        ck_assert_double_eq_tol(all[i].variance, one.variance, 1e-12);
    }
}
END_TEST

/* A point that is appended counts as if it had been there; one whose value is not known
 * makes the model more certain, and changes no mean. */
START_TEST(appended)
{
    static const double added[] = {0.45, 0.15, 2}, at[] = {0.5, 0.2, 2};
    ck_assert(kf__gp_condition(gp));
    kf_guess before = kf__gp_guess(gp, at, scratch, NULL, NULL);
    ck_assert(kf__gp_append(gp, added, NAN));
    kf_guess believed = kf__gp_guess(gp, at, scratch, NULL, NULL);
    ck_assert_double_eq_tol(believed.mean, before.mean, 1e-6);
    ck_assert_double_lt(believed.variance, 0.9 * before.variance);
    gp->count--;
    ck_assert(kf__gp_append(gp, added, 2.5));
    kf_guess after = kf__gp_guess(gp, at, scratch, NULL, NULL);
    ck_assert(kf__gp_condition(gp));
    kf_guess whole = kf__gp_guess(gp, at, scratch, NULL, NULL);
    ck_assert_double_eq_tol(after.mean, whole.mean, 1e-8);
    ck_assert_double_eq_tol(after.variance, whole.variance, 1e-10);
}
END_TEST

/* Values that follow the first axis alone: its scale comes out as the largest. */
START_TEST(fit)
{
    double loss, found;
    for (size_t i = 0; i < gp->count; i++)
        gp->y[i] = sin(12 * gp->x[i]);
    kf__gp_default(gp, gp->theta);
    ck_ok(kf__gp_loss(gp, gp->theta, &loss, NULL));
    double start[AXES + 3];
    kf__gp_default(gp, start);
    ck_ok(kf__gp_fit(gp, start, 1, 100));
    ck_ok(kf__gp_loss(gp, gp->theta, &found, NULL));
    ck_assert_double_lt(found, loss - 1);
    ck_assert_double_gt(gp->theta[0], gp->theta[1] + 3);
    ck_assert_double_gt(gp->theta[0], gp->theta[2] + 3);
    ck_survives_nomem(kf__gp_fit(gp, start, 1, 3));
}
END_TEST

static kf_status make(void)
{
    kf_gp *made = NULL;
    kf_status status = kf__gp_new(AXES, 10, &made);
    if (status == KF_OK)
        kf__gp_free(made);
    return status;
}

START_TEST(no_memory)
{
    ck_survives_nomem(make());
}
END_TEST

KF_TEST_MAIN_WITH("gp", setup, teardown, by_hand, interpolates, gradients_of_guesses,
    gradient_of_loss, many_at_once, appended, fit, no_memory)
