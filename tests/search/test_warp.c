/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>
#include <string.h>

#include "search/warp.h"

#define COUNT 30

static double mean_of(const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < COUNT; i++)
        sum += x[i] / COUNT;
    return sum;
}

static double square_of(const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < COUNT; i++)
        sum += x[i] * x[i] / COUNT;
    return sum;
}

START_TEST(standard)
{
    static const double offsets[] = {INFINITY, 1, 1e-3}, scales[] = {1e-3, 1, 1e150};
    double losses[COUNT], out[COUNT];
    for (size_t s = 0; s < 3; s++) {
        for (size_t o = 0; o < 3; o++) {
            for (size_t i = 0; i < COUNT; i++)
                losses[i] = scales[s] * (double)((i * 7) % COUNT) - 5;
            double deviation = kf__warp(losses, COUNT, offsets[o], out);
            ck_assert_double_eq_tol(mean_of(out), 0, 1e-12);
            double off = isinf(offsets[o]) ? scales[s] : log1p(scales[s] / offsets[o]);
            ck_assert_double_eq_tol(/* Of least and second least. */
                deviation * (out[13] - out[0]), off, 1e-9 * deviation);
            ck_assert_double_eq_tol(square_of(out), 1, 1e-12);
            for (size_t i = 0; i < COUNT; i++)
                for (size_t j = 0; j < COUNT; j++)
                    ck_assert_int_eq(losses[i] < losses[j], out[i] < out[j]);
        }
    }
}
END_TEST

START_TEST(all_the_same)
{
    double losses[COUNT], out[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        losses[i] = 0.3;
    kf__warp(losses, COUNT, INFINITY, out);
    ck_assert_double_eq(square_of(out), 0);
}
END_TEST

START_TEST(huge)
{
    double losses[COUNT], out[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        losses[i] = i % 2 ? 1.5e308 : -1.5e308;
    kf__warp(losses, COUNT, INFINITY, out);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_double_eq_tol(out[i], i % 2 ? 1 : -1, 1e-12);
}
END_TEST

static double offset_of(double (*function)(double))
{
    kf_gp *gp;
    double losses[COUNT], sorted[COUNT];
    ck_ok(kf__gp_new(1, COUNT, &gp));
    for (size_t i = 0; i < COUNT; i++) {
        double x = ((double)i + 0.5) / COUNT;
        losses[i] = function(x);
        kf__gp_add(gp, &x, 0);
    }
    kf__gp_default(gp, gp->theta);
    gp->theta[2] = -12;
    ck_assert(kf__gp_condition(gp));
    double offset = kf__warp_offset(gp, losses, sorted);
    kf__gp_free(gp);
    return offset;
}

static double smooth(double x)
{
    return sin(6 * x);
}

static double steep(double x)
{
    return exp(9 * sin(6 * x));
}

static double constant(double x)
{
    return 1;
}

/* What is smooth stays as it is; what is smooth only as a logarithm becomes one, with an
 * offset that is small beside most losses. */
START_TEST(offsets)
{
    ck_assert(isinf(offset_of(smooth)));
    ck_assert(isinf(offset_of(constant)));
    double offset = offset_of(steep);
    ck_assert_double_lt(offset, 5);
    ck_assert_double_gt(offset, 0);
}
END_TEST

KF_TEST_MAIN("warp", standard, all_the_same, huge, offsets)
