/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "search/sobol.h"

/* The numbers that scipy 1.17 gives: stats.qmc.Sobol(1024, scramble=False, bits=32). */
START_TEST(as_scipy)
{
    static const size_t axes[] = {0, 1, 2, 7, 100, 511, 1023};
    static const struct {
        uint32_t index, numbers[7];
        double sum; /* Over all axes. */
    } known[] = {
        {1,
            {2147483648u, 2147483648u, 2147483648u, 2147483648u, 2147483648u,
                2147483648u, 2147483648u},
            2199023255552.0},
        {2,
            {3221225472u, 1073741824, 1073741824, 3221225472u, 1073741824, 3221225472u,
                3221225472u},
            2190433320960.0},
        {1000,
            {943718400, 415236096, 2227175424u, 3862953984u, 3300917248u, 1698693120,
                3066036224u},
            2142744084480.0},
        {4999,
            {576192512, 2998403072u, 2805465088u, 4202168320u, 1519910912, 4260888576u,
                3186098176u},
            2188748259328.0},
        {70000,
            {328826880, 570916864, 514686976, 1876262912, 3580854272u, 1804173312,
                2329116672u},
            2194616877056.0},
    };
    static double point[KF__SOBOL_AXES];
    kf_sobol *sobol;
    ck_ok(kf__sobol_new(KF__SOBOL_AXES, false, 5, &sobol));
    kf__sobol_point(sobol, 0, point);
    for (size_t i = 0; i < KF__SOBOL_AXES; i++)
        ck_assert_double_eq(point[i], 0);
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        kf__sobol_point(sobol, known[k].index, point);
        double sum = 0;
        for (size_t i = 0; i < KF__SOBOL_AXES; i++)
            sum += point[i] * 0x1p32;
        ck_assert_double_eq(sum, known[k].sum);
        for (size_t i = 0; i < 7; i++)
            ck_assert_double_eq(point[axes[i]], known[k].numbers[i] * 0x1p-32);
    }
    kf__sobol_free(sobol);
}
END_TEST

/* In two axes every box of 2^-a × 2^-b holds its share of 2^(a + b) points: scrambling
 * keeps this property of a (0, m, 2)-net. */
START_TEST(scrambling_keeps_the_net)
{
    enum { POWER = 8, POINTS = 1 << POWER };
    for (uint64_t seed = 0; seed < 20; seed++) {
        kf_sobol *sobol;
        ck_ok(kf__sobol_new(2, true, seed, &sobol));
        for (int a = 0; a <= POWER; a++) {
            int counts[POINTS] = {0};
            for (uint32_t i = 0; i < POINTS; i++) {
                double point[2];
                kf__sobol_point(sobol, i, point);
                ck_assert(point[0] > 0 && point[0] < 1 && point[1] > 0 && point[1] < 1);
                int x = (int)(point[0] * (1 << a));
                int y = (int)(point[1] * (1 << (POWER - a)));
                counts[x << (POWER - a) | y]++;
            }
            for (int i = 0; i < POINTS; i++)
                ck_assert_int_eq(counts[i], 1);
        }
        kf__sobol_free(sobol);
    }
}
END_TEST

/* Over seeds the first point is uniform, and axes are independent of each other. */
START_TEST(scrambling_is_uniform)
{
    enum { SEEDS = 4000, AXES = 3, BINS = 8 };
    int counts[AXES][BINS] = {{0}}, pairs[BINS][BINS] = {{0}};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double point[AXES];
        kf_sobol *sobol;
        ck_ok(kf__sobol_new(AXES, true, seed, &sobol));
        kf__sobol_point(sobol, 0, point);
        for (int i = 0; i < AXES; i++)
            counts[i][(int)(point[i] * BINS)]++;
        pairs[(int)(point[1] * BINS)][(int)(point[2] * BINS)]++;
        kf__sobol_free(sobol);
    }
    double share = SEEDS / (double)BINS;
    for (int i = 0; i < AXES; i++)
        for (int k = 0; k < BINS; k++)
            ck_assert_double_eq_tol(counts[i][k], share, 6 * sqrt(share));
    for (int i = 0; i < BINS; i++)
        for (int k = 0; k < BINS; k++)
            ck_assert_double_eq_tol(pairs[i][k], share / BINS, 6 * sqrt(share / BINS));
}
END_TEST

START_TEST(seeds)
{
    double a[5], b[5], c[5];
    static const uint64_t given[] = {7, 7, 8};
    double *points[] = {a, b, c};
    for (int i = 0; i < 3; i++) {
        kf_sobol *sobol;
        ck_ok(kf__sobol_new(5, true, given[i], &sobol));
        kf__sobol_point(sobol, 11, points[i]);
        kf__sobol_free(sobol);
    }
    ck_assert_mem_eq(a, b, sizeof a);
    for (int i = 0; i < 5; i++)
        ck_assert(a[i] != c[i]);
}
END_TEST

static kf_status make(size_t axes)
{
    kf_sobol *sobol = NULL;
    kf_status status = kf__sobol_new(axes, true, 0, &sobol);
    kf__sobol_free(sobol);
    return status;
}

START_TEST(refuses)
{
    ck_fails(make(KF__SOBOL_AXES + 1), KF_ELIMIT, "at most 1024 axes");
    ck_survives_nomem(make(3));
}
END_TEST

KF_TEST_MAIN(
    "sobol", as_scipy, scrambling_keeps_the_net, scrambling_is_uniform, seeds, refuses)
