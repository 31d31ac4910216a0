/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>
#include <string.h>

#include "search/lbfgs.h"

#define MOST 8

static double minimise(kf_smooth function, size_t count, const double *low,
    const double *high, double *x, int evaluations)
{
    double memory[64 * MOST];
    ck_assert(kf__lbfgs_memory(count) <= sizeof memory / sizeof *memory);
    kf_lbfgs options = {.count = count,
        .low = low,
        .high = high,
        .most_evaluations = evaluations,
        .tolerance = 1e-9,
        .memory = memory};
    return kf__lbfgs(&options, function, NULL, x);
}

/* Sum of 10^i (x[i] - i / 4)². */
static double bowl(void *context, const double *x, double *gradient)
{
    double sum = 0, weight = 1;
    for (int i = 0; i < MOST; i++, weight *= 10) {
        double off = x[i] - i / 4.0;
        sum += weight * off * off;
        gradient[i] = 2 * weight * off;
    }
    return sum;
}

START_TEST(free_minimum)
{
    double low[MOST], high[MOST], x[MOST];
    for (int i = 0; i < MOST; i++) {
        low[i] = -10;
        high[i] = 10;
        x[i] = 5;
    }
    ck_assert_double_le(minimise(bowl, MOST, low, high, x, 1000), 1e-8);
    for (int i = 0; i < MOST; i++)
        ck_assert_double_eq_tol(x[i], i / 4.0, 1e-4);
}
END_TEST

/* Axes are independent: the minimum within a box is the nearest point of it. */
START_TEST(minimum_at_bounds)
{
    double low[MOST], high[MOST], x[MOST];
    for (int i = 0; i < MOST; i++) {
        low[i] = 0.6;
        high[i] = 1.1;
        x[i] = i % 2 ? 0.6 : 50; /* The second is outside. */
    }
    minimise(bowl, MOST, low, high, x, 1000);
    for (int i = 0; i < MOST; i++)
        ck_assert_double_eq_tol(x[i], fmin(fmax(i / 4.0, 0.6), 1.1), 1e-5);
    ck_assert_double_eq(x[0], 0.6);
    ck_assert_double_eq(x[7], 1.1);
}
END_TEST

static double valley(void *context, const double *x, double *gradient)
{
    double bend = x[1] - x[0] * x[0];
    gradient[0] = -400 * x[0] * bend - 2 * (1 - x[0]);
    gradient[1] = 200 * bend;
    return 100 * bend * bend + (1 - x[0]) * (1 - x[0]);
}

START_TEST(curved_valley)
{
    double low[] = {-5, -5}, high[] = {5, 5}, x[] = {-1.2, 1};
    ck_assert_double_le(minimise(valley, 2, low, high, x, 200), 1e-10);
    ck_assert_double_eq_tol(x[0], 1, 1e-4);
    /* With x <= 1/2 the minimum is at (1/2, 1/4), where the value is 1/4. */
    double tight[] = {0.5, 5}, y[] = {-1.2, 1};
    ck_assert_double_eq_tol(minimise(valley, 2, low, tight, y, 200), 0.25, 1e-8);
    ck_assert_double_eq(y[0], 0.5);
    ck_assert_double_eq_tol(y[1], 0.25, 1e-5);
}
END_TEST

/* log x is not finite where x <= 0: x - log x has its minimum at 1. */
static double barrier(void *context, const double *x, double *gradient)
{
    gradient[0] = 1 - 1 / x[0];
    return x[0] > 0 ? x[0] - log(x[0]) : (double)NAN;
}

START_TEST(not_finite)
{
    double low[] = {-10}, high[] = {10}, x[] = {8};
    ck_assert_double_eq_tol(minimise(barrier, 1, low, high, x, 100), 1, 1e-10);
    double y[] = {-1};
    ck_assert(isnan(minimise(barrier, 1, low, high, y, 100)));
    ck_assert_double_eq(y[0], -1);
}
END_TEST

static int calls;

static double counted(void *context, const double *x, double *gradient)
{
    calls++;
    return valley(context, x, gradient);
}

START_TEST(evaluations)
{
    double low[] = {-5, -5}, high[] = {5, 5}, x[] = {-1.2, 1};
    double before = minimise(counted, 2, low, high, x, 1), after;
    ck_assert_int_eq(calls, 1);
    calls = 0;
    after = minimise(counted, 2, low, high, x, 7);
    ck_assert_int_le(calls, 7);
    ck_assert_double_lt(after, before);
}
END_TEST

KF_TEST_MAIN(
    "lbfgs", free_minimum, minimum_at_bounds, curved_valley, not_finite, evaluations)
