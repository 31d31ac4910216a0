/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>

#include "base/mem.h"
#include "search/parzen.h"

#define CLOSE 1e-9

static const double weights[] = {2, 1, 1};
static const double means[2][3] = {{0.2, 0.05, 0.5}, {0.9, 0.4, 0.5}};
static const double sigmas[2][3] = {{0.1, 0.5, 1}, {0.03, 0.2, 1}};

static kf_parzen parzen;

static void fill_numbers(size_t axis)
{
    for (size_t i = 0; i < 3; i++)
        kf__parzen_number(&parzen, axis, i, means[axis][i], sigmas[axis][i]);
}

static void setup(void)
{
    ck_ok(kf__parzen_start(2, 3, &parzen));
    kf__parzen_weigh(&parzen, weights);
    fill_numbers(0);
    fill_numbers(1);
}

static void teardown(void)
{
    kf__parzen_finish(&parzen);
}

/* Mixtures of scipy 1.17's stats.truncnorm. */
START_TEST(densities)
{
    static const struct {
        double point[2], both, first, second;
    } known[] = {
        {{0.2, 0.9}, 3.31156303953648, 0.979543767495603, 1.93366055184447},
        {{0.7, 0.1}, -1.03065265436068, -0.860499926439199, -0.900596014545948},
        {{0, 1}, -1.4509229744137, -0.111585358040578, -1.34229656860749},
        {{0.99, 0.42}, -0.979596385018951, -1.21181861758549, -0.263875291879667},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const double *x = known[i].point, half[] = {x[0], NAN};
        ck_assert_double_eq_tol(kf__parzen_log(&parzen, 0, 2, x), known[i].both, CLOSE);
        ck_assert_double_eq_tol(
            kf__parzen_log(&parzen, 0, 1, x), known[i].first, CLOSE);
        ck_assert_double_eq_tol(
            kf__parzen_log(&parzen, 1, 2, x), known[i].second, CLOSE);
        ck_assert_double_eq_tol(
            kf__parzen_log(&parzen, 0, 2, half), known[i].first, CLOSE);
    }
    kf__parzen_fold(&parzen, 0);
    kf__parzen_fold(&parzen, 1);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        ck_assert_double_eq_tol(
            kf__parzen_log(&parzen, 0, 2, known[i].point), known[i].both, CLOSE);
}
END_TEST

/* As above, the second axis being a choice of three levels. */
START_TEST(choices)
{
    kf__parzen_choice(&parzen, 1, 0, 0, 0.6, 0.2);
    kf__parzen_choice(&parzen, 1, 1, 2, 0.6, 0.2);
    kf__parzen_unknown(&parzen, 1, 2, 3);
    ck_assert_double_eq_tol(
        kf__parzen_log(&parzen, 0, 2, (double[]){0.3, 0}), -0.108929655751549, CLOSE);
    ck_assert_double_eq_tol(
        kf__parzen_log(&parzen, 0, 2, (double[]){0.3, 1}), -0.912333534696314, CLOSE);
    ck_assert_double_eq_tol(
        kf__parzen_log(&parzen, 0, 2, (double[]){0.8, 2}), -1.83872528495025, CLOSE);
    kf__parzen_unknown(&parzen, 0, 1, 0);
    ck_assert_double_eq_tol(
        kf__parzen_log(&parzen, 0, 2, (double[]){0.3, 0}), -0.130209857409708, CLOSE);
}
END_TEST

START_TEST(left_out)
{
    double whole = kf__parzen_log(&parzen, 0, 1, (double[]){0.2});
    kf__parzen_leave_out(&parzen, 0, 1, 0);
    ck_assert(kf__parzen_is_left_out(&parzen, 0, 1));
    ck_assert(!kf__parzen_is_left_out(&parzen, 0, 0));
    double part = kf__parzen_log(&parzen, 0, 1, (double[]){0.2});
    /* What the kernel had: a quarter of truncnorm.pdf(0.2, mean 0.05, sigma 0.5). */
    ck_assert_double_eq_tol(exp(whole) - exp(part), 0.25 * 1.492386618, CLOSE);
}
END_TEST

/* scipy's stats.truncnorm.ppf. */
START_TEST(draws)
{
    static const struct {
        double mean, sigma, uniform, quantile;
    } known[] = {
        {0.2, 0.1, 0.3, 0.152087567359791},
        {0.02, 0.4, 0.9, 0.647262245046437},
        {1, 0.05, 0.01, 0.871208534822555},
        {0.5, 1, 0.75, 0.742313132446676},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        kf__parzen_number(&parzen, 0, 0, known[i].mean, known[i].sigma);
        ck_assert_double_eq_tol(kf__parzen_draw(&parzen, 0, 0, 0, known[i].uniform),
            known[i].quantile, CLOSE);
        double edge = kf__parzen_draw(&parzen, 0, 0, 0, 0);
        ck_assert(edge >= 0 && edge <= 1);
    }
    kf__parzen_unknown(&parzen, 0, 0, 0);
    ck_assert_double_eq(kf__parzen_draw(&parzen, 0, 0, 0, 0.37), 0.37);
    /* Level 1 takes [0, 0.6), the others a half each of the rest. */
    kf__parzen_choice(&parzen, 1, 0, 1, 0.6, 0.2);
    ck_assert_double_eq(kf__parzen_draw(&parzen, 1, 0, 3, 0.59), 1);
    ck_assert_double_eq(kf__parzen_draw(&parzen, 1, 0, 3, 0.61), 0);
    ck_assert_double_eq(kf__parzen_draw(&parzen, 1, 0, 3, 0.79), 0);
    ck_assert_double_eq(kf__parzen_draw(&parzen, 1, 0, 3, 0.81), 2);
    ck_assert_double_eq(kf__parzen_draw(&parzen, 1, 0, 3, 0.999999), 2);
    kf__parzen_unknown(&parzen, 1, 0, 3);
    ck_assert_double_eq(kf__parzen_draw(&parzen, 1, 0, 3, 0.4), 1);
}
END_TEST

START_TEST(picks)
{
    ck_assert_uint_eq(kf__parzen_pick(&parzen, 0), 0);
    ck_assert_uint_eq(kf__parzen_pick(&parzen, 0.499), 0);
    ck_assert_uint_eq(kf__parzen_pick(&parzen, 0.5), 1);
    ck_assert_uint_eq(kf__parzen_pick(&parzen, 0.749), 1);
    ck_assert_uint_eq(kf__parzen_pick(&parzen, 0.75), 2);
    ck_assert_uint_eq(kf__parzen_pick(&parzen, 0.999999), 2);
}
END_TEST

static kf_status make(void)
{
    kf_parzen made;
    kf_status status = kf__parzen_start(3, 4, &made);
    if (status == KF_OK)
        kf__parzen_finish(&made);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    ck_survives_nomem(make());
}
END_TEST

KF_TEST_MAIN_WITH("parzen", setup, teardown, densities, choices, left_out, draws, picks,
    survives_lack_of_memory)
