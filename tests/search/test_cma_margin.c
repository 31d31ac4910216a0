/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>

#include "search/cma.h"
#include "search/normal.h"

static kf_cma *cma;

static void begin(double mean, double sigma)
{
    ck_ok(kf__cma_new(1, 4, (kf_cma_pace){.rate = 1, .damping = 1}, &cma));
    kf__cma_begin(cma, &mean, sigma, NULL);
}

static void teardown(void)
{
    kf__cma_free(cma);
}

static double below(double edge)
{
    return kf__normal_cdf((edge - cma->mean[0]) / kf__cma_deviation(cma, 0));
}

/* The formulas of the paper, worked out with scipy's stats.norm. */
START_TEST(between)
{
    begin(0.45, 0.02);
    kf__cma_keep_margin(cma, 0, 0.4, 0.6, 0.05);
    ck_assert_double_eq_tol(cma->mean[0], 0.5, 1e-12);
    ck_assert_double_eq_tol(kf__cma_deviation(cma, 0), 0.0510213456924654, 1e-12);
    ck_assert_double_eq_tol(below(0.4), 0.025, 1e-12);
    ck_assert_double_eq(cma->sigma, 0.02);
}
END_TEST

START_TEST(at_the_ends)
{
    begin(0.1, 0.01);
    kf__cma_keep_margin(cma, 0, -INFINITY, 0.25, 0.05);
    ck_assert_double_eq_tol(cma->mean[0], 0.233551463730485, 1e-12);
    ck_assert_double_eq_tol(1 - below(0.25), 0.05, 1e-12);
    kf__cma_free(cma);
    begin(0.9, 0.01);
    kf__cma_keep_margin(cma, 0, 0.75, INFINITY, 0.05);
    ck_assert_double_eq_tol(cma->mean[0], 0.766448536269515, 1e-12);
    ck_assert_double_eq_tol(below(0.75), 0.05, 1e-12);
}
END_TEST

/* Where there is margin enough already, nothing changes. */
START_TEST(enough)
{
    begin(0.5, 0.2);
    kf__cma_keep_margin(cma, 0, 0.4, 0.6, 0.05);
    kf__cma_keep_margin(cma, 0, -INFINITY, 0.6, 0.05);
    kf__cma_keep_margin(cma, 0, -INFINITY, INFINITY, 0.05);
    ck_assert_double_eq(cma->mean[0], 0.5);
    ck_assert_double_eq(kf__cma_deviation(cma, 0), 0.2);
}
END_TEST

/* However narrow it has become. */
START_TEST(narrow)
{
    for (double sigma = 1e-3; sigma > 1e-30; sigma /= 10) {
        begin(0.41, sigma);
        kf__cma_keep_margin(cma, 0, 0.4, 0.6, 0.1);
        ck_assert_double_ge(below(0.4), 0.049);
        ck_assert_double_le(below(0.6), 0.951);
        kf__cma_free(cma);
    }
    begin(0.5, 1);
}
END_TEST

KF_TEST_MAIN_WITH("cma_margin", NULL, teardown, between, at_the_ends, enough, narrow)
