/* SPDX-License-Identifier: Apache-2.0 */
#include "search_test.h"

#include "search/cmaes.h"

static kf_space *space;

static void setup(void)
{
    space = new_space();
}

static void teardown(void)
{
    kf_space_free(space);
}

static void add_mixed(void)
{
    add_numbers(space, 2);
    ck_ok(kf_space_add_int(space, "n", 1, 20, 0, KF_UNIFORM));
    add_categorical(space, "kind", "[\"a\", \"b\", \"c\"]");
    ck_ok(kf_space_add_double(space, "y", 0, 1, 0, KF_UNIFORM));
    add_condition(space, "y", "kind", "[\"b\"]");
}

static double mixed(const double *point)
{
    double sum = fabs(point[2] - 0.675) + (point[3] == 1 ? fabs(point[4] - 0.2) : 1);
    for (int i = 0; i < 2; i++)
        sum += (point[i] - 0.6) * (point[i] - 0.6);
    return sum;
}

/* What a new one, which has seen nothing come, would give as the next point. */
static void fresh_point(const kf_study *study, kf_restarts restarts, double *point)
{
    kf_cmaes *cmaes;
    kf_cmaes_options options = {.sigma = 1 / 6.0, .restarts = restarts};
    kf_tree tree = {0};
    kf_ask question =
        kf__ask_start(study, &study->settings, (int64_t)kf_study_trial_count(study));
    question.tree = &tree;
    question.attributes = kf__tree_struct(&tree);
    ck_ok(kf__cmaes_new(study, &options, &cmaes));
    ck_ok(kf__cmaes_ask(cmaes, &question, point));
    kf__cmaes_free(cmaes);
    kf__tree_finish(&tree);
}

/* Told late, in another order, failed, killed. */
static void end_one(kf_study *study, int64_t number)
{
    int64_t done = number % 3 == 0 ? number : number - 2;
    const kf_trial *trial = kf_study_trial(study, done);
    if (trial == NULL || trial->state != KF_TRIAL_RUNNING)
        return;
    if (number % 11 == 5)
        ck_ok(kf_study_tell_state(study, done, KF_TRIAL_FAILED, NULL));
    else if (number % 11 == 7)
        ck_ok(kf_study_tell_state(study, done, KF_TRIAL_KILLED, NULL));
    else
        ck_ok(kf_study_tell(study, done, mixed(trial->point)));
}

START_TEST(state_is_a_memo)
{
    static const char *const settings[] = {
        "{}", "{\"restart_strategy\": \"ipop\"}", "{\"restart_strategy\": \"bipop\"}"};
    add_mixed();
    kf_value *params =
        json("{\"x0\": 0.5, \"x1\": 0.1, \"n\": 3, \"kind\": \"b\", \"y\": 0.3}");
    for (int restarts = 0; restarts < 3; restarts++) {
        kf_study *study = new_study(space, "cmaes", settings[restarts], 7);
        double known = 0.4, point[5];
        ck_ok(kf_study_add(study, params, KF_TRIAL_SUCCEEDED, &known, NULL));
        ck_ok(kf_study_enqueue(study, params));
        for (int64_t i = 0; i < 80; i++) {
            fresh_point(study, (kf_restarts)restarts, point);
            if (i == 20)
                ck_ok(kf_study_enqueue(study, params));
            const kf_trial *trial = kf_study_trial(study, ask(study));
            for (size_t k = 0; k < 5 && !trial->foreign; k++)
                ck_assert(
                    trial->point[k] == kf__space_snap(study->space, k, point[k]) ||
                    (k == 4 && isnan(trial->point[k]) && point[3] != 1));
            end_one(study, trial->number);
        }
        kf_study_free(study);
    }
    kf_value_free(params);
}
END_TEST

/* The middle of the best `top` trials. */
static void middle_of_best(const kf_study *study, size_t top, double *middle)
{
    bool taken[200] = {false};
    for (size_t i = 0; i < top; i++) {
        size_t best = 0;
        while (taken[best])
            best++;
        for (size_t k = best; k < kf_study_trial_count(study); k++)
            if (!taken[k] && kf_study_trial(study, (int64_t)k)->losses[0] <
                                 kf_study_trial(study, (int64_t)best)->losses[0])
                best = k;
        taken[best] = true;
        for (int k = 0; k < 3; k++)
            middle[k] += kf_study_trial(study, (int64_t)best)->point[k] / (double)top;
    }
}

/* A search begins where the best tenth of the known trials is. */
START_TEST(warm_start)
{
    add_numbers(space, 3);
    for (int count = 1; count <= 200; count += 199) {
        kf_study *random = new_study(space, "random", "{}", 3);
        kf_study *study = new_study(space, "cmaes", "{}", 3);
        double near[3] = {0}, middle[3] = {0};
        search_axes = 3;
        run(random, count, valley);
        for (int64_t i = 0; i < count; i++) {
            const kf_trial *trial = kf_study_trial(random, i);
            ck_ok(kf_study_add(
                study, trial->params, KF_TRIAL_SUCCEEDED, trial->values, NULL));
        }
        for (int i = 0; i < 30; i++) {
            const double *point = kf_study_trial(study, ask(study))->point;
            for (int k = 0; k < 3; k++)
                near[k] += point[k] / 30;
        }
        middle_of_best(random, count == 1 ? 1 : 20, middle);
        for (int k = 0; k < 3; k++)
            ck_assert_double_eq_tol(near[k], fmin(fmax(middle[k], 0.15), 0.85), 0.1);
        kf_study_free(random);
        kf_study_free(study);
    }
}
END_TEST

/* An integer goes on being varied though the rest has converged, and is found. */
START_TEST(margin)
{
    add_mixed();
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

KF_TEST_MAIN_WITH(
    "cmaes", setup, teardown, state_is_a_memo, warm_start, margin, restarts, failures)
