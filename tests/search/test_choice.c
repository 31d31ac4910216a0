/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>

#include "search/cma.h"

START_TEST(draws)
{
    static const double shares[] = {0.2, 0.5, 0.3};
    ck_assert_double_eq(kf__choice_draw(shares, 3, 0), 0);
    ck_assert_double_eq(kf__choice_draw(shares, 3, 0.19), 0);
    ck_assert_double_eq(kf__choice_draw(shares, 3, 0.21), 1);
    ck_assert_double_eq(kf__choice_draw(shares, 3, 0.69), 1);
    ck_assert_double_eq(kf__choice_draw(shares, 3, 0.71), 2);
    ck_assert_double_eq(kf__choice_draw(shares, 3, 0.9999999), 2);
}
END_TEST

/* (0.25, 0.25, 0.25, 0.25) a half of the way to (0, 0.75, 0, 0.25), by hand. */
START_TEST(learns)
{
    double shares[] = {0.25, 0.25, 0.25, 0.25};
    static const double picked[] = {1, 3, NAN, 0}, weights[] = {0.6, 0.2, 0.2, -1};
    kf__choice_learn(shares, 4, picked, weights, 4, 0.5, 0.01);
    static const double known[] = {0.125, 0.5, 0.125, 0.25};
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol(shares[i], known[i], 1e-15);
}
END_TEST

START_TEST(keeps_the_least)
{
    double shares[] = {0.4, 0.4, 0.2}, picked[] = {1}, weights[] = {1};
    for (int i = 0; i < 50; i++)
        kf__choice_learn(shares, 3, picked, weights, 1, 0.7, 0.05);
    ck_assert_double_eq_tol(shares[0], 0.05, 1e-12);
    ck_assert_double_eq_tol(shares[1], 0.9, 1e-12);
    ck_assert_double_eq_tol(shares[2], 0.05, 1e-12);
    /* More than there is for all: they are equal then. */
    kf__choice_learn(shares, 3, picked, weights, 1, 0.7, 0.9);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol(shares[i], 1 / 3.0, 1e-12);
    double one = 1;
    kf__choice_learn(&one, 1, (double[]){0}, weights, 1, 0.7, 0.1);
    ck_assert_double_eq(one, 1);
}
END_TEST

KF_TEST_MAIN("choice", draws, learns, keeps_the_least)
