/* SPDX-License-Identifier: Apache-2.0 */
#include "search_test.h"

static kf_space *space;

static void setup(void)
{
    space = new_space();
}

static void teardown(void)
{
    kf_space_free(space);
}

/* An integer goes on being varied though the rest has converged, and is found. */
START_TEST(margin)
{
    add_mixed(space);
    kf_study *study = new_study(space, "cmaes", "{}", 5);
    run(study, 400, mixed);
    int others = 0;
    for (int64_t i = 300; i < 400; i++)
        others += kf_study_trial(study, i)->point[2] != 0.675;
    ck_assert_double_eq(kf_study_best(study)->point[2], 0.675);
    ck_assert_double_eq(kf_study_best(study)->point[3], 1);
    ck_assert_int_ge(others, 2);
    ck_assert_double_lt(kf_study_best(study)->losses[0], 0.05);
    kf_study_free(study);
}
END_TEST

static double flat(const double *point)
{
    return 1;
}

/* Where nothing is to be found, a search begins anew elsewhere, with larger generations;
 * so points are spread over everything in the end. */
static double width_of_last(const char *settings)
{
    kf_study *study = new_study(space, "cmaes", settings, 3);
    double least = 1, greatest = 0;
    run(study, 700, flat);
    for (int64_t i = 300; i < 700; i++) {
        least = fmin(least, kf_study_trial(study, i)->point[0]);
        greatest = fmax(greatest, kf_study_trial(study, i)->point[0]);
    }
    kf_study_free(study);
    return greatest - least;
}

START_TEST(restarts)
{
    add_numbers(space, 2);
    double width = width_of_last("{\"sigma\": 0.001}");
    ck_assert_double_lt(width, 0.3);
    ck_assert_double_gt(
        width_of_last("{\"sigma\": 0.001, \"restart_strategy\": \"ipop\"}"), width);
    ck_assert_double_gt(
        width_of_last("{\"sigma\": 0.001, \"restart_strategy\": \"bipop\"}"), width);
}
END_TEST

/* A generation of failures teaches nothing, and failures among others are the worst. */
START_TEST(failures)
{
    add_numbers(space, 2);
    kf_study *study = new_study(space, "cmaes", "{}", 3);
    for (int i = 0; i < 40; i++)
        ck_ok(kf_study_tell_state(study, ask(study), KF_TRIAL_FAILED, NULL));
    double spread = 0;
    for (int64_t i = 20; i < 40; i++)
        spread = fmax(spread, distance(study, i, 20, 2));
    ck_assert_double_gt(spread, 0.25);
    for (int i = 0; i < 120; i++) {
        int64_t number = ask(study);
        double x = kf_study_trial(study, number)->point[0];
        if (x > 0.45)
            ck_ok(kf_study_tell_state(study, number, KF_TRIAL_FAILED, NULL));
        else
            ck_ok(kf_study_tell(study, number, 1 - x));
    }
    int failed = 0;
    for (int64_t i = 100; i < 160; i++)
        failed += kf_study_trial(study, i)->state == KF_TRIAL_FAILED;
    ck_assert_int_lt(failed, 45);
    ck_assert_double_gt(kf_study_best(study)->point[0], 0.44);
    kf_study_free(study);
}
END_TEST

KF_TEST_MAIN_WITH("cmaes_learn", setup, teardown, margin, restarts, failures)
