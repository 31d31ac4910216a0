/* SPDX-License-Identifier: Apache-2.0 */
#include "study_test.h"

#include "base/mem.h"

static kf_space *space;

static void setup(void)
{
    space = new_space();
    ck_ok(kf_space_add_double(space, "x", -3, 5, 0, KF_UNIFORM));
    ck_ok(kf_space_add_double(space, "y", 0.01, 100, 0, KF_LOG_UNIFORM));
    add_categorical(space, "c", "[\"a\", \"b\", \"c\"]");
}

static void teardown(void)
{
    kf_space_free(space);
}

static double loss_of(kf_study *study, int64_t number)
{
    double x = number_of(study, number, "x") - 2.4;
    double y = log10(number_of(study, number, "y")) - 0.7;
    return x * x + x * y + 2 * y * y + (kf_study_trial(study, number)->point[2] != 1);
}

static double best_of(const char *algorithm, const char *settings)
{
    kf_study *study = new_study(space, algorithm, settings);
    for (int i = 0; i < 40; i++) {
        int64_t number = ask(study);
        ck_ok(kf_study_tell(study, number, loss_of(study, number)));
    }
    double best = kf_study_best(study)->losses[0];
    kf_study_free(study);
    return best;
}

START_TEST(every_function)
{
    ck_assert_double_gt(best_of("random", "{}"), 0.03);
    ck_assert_double_lt(best_of("bayesianoptimization", "{}"), 0.01);
    static const char *const functions[] = {
        "gp_hedge", "LCB", "EI", "PI", "EIps", "PIps"};
    for (size_t i = 0; i < 6; i++) {
        char settings[64];
        snprintf(settings, sizeof settings, "{\"acq_func\": \"%s\"}", functions[i]);
        ck_assert_double_lt(best_of("bayesianoptimization", settings), 0.01);
    }
    ck_assert_double_lt(
        best_of("bayesianoptimization", "{\"acq_optimizer\": \"sampling\"}"), 0.1);
}
END_TEST

/* Initial points are an even sequence: every level comes about as often; and of a hedge
 * it is noted which function a trial is by. */
START_TEST(initial_points)
{
    kf_study *study =
        new_study(space, "bayesianoptimization", "{\"n_initial_points\": \"12\"}");
    int counts[3] = {0};
    for (int64_t i = 0; i < 12; i++) {
        const kf_trial *trial = kf_study_trial(study, ask(study));
        ck_assert_ptr_null(kf_value_get(trial->attributes, "acq_func"));
        counts[(int)trial->point[2]]++;
    }
    for (int i = 0; i < 3; i++)
        ck_assert_int_ge(counts[i], 3);
    for (int64_t i = 0; i < 12; i++)
        ck_ok(kf_study_tell(study, i, loss_of(study, i)));
    const kf_value *note =
        kf_value_get(kf_study_trial(study, ask(study))->attributes, "acq_func");
    ck_assert_ptr_nonnull(note);
    kf_study_free(study);
}
END_TEST

/* A model needs two losses, whatever the setting. */
START_TEST(no_initial_points)
{
    kf_study *study =
        new_study(space, "bayesianoptimization", "{\"n_initial_points\": 0}");
    ask(study);
    ask(study);
    ck_ok(kf_study_tell(study, 0, 1));
    ask(study);
    ck_ok(kf_study_tell(study, 1, 2));
    ask(study);
    kf_study_free(study);
}
END_TEST

START_TEST(refuses)
{
    static const struct {
        const char *settings;
        kf_status status;
        const char *message;
    } wrong[] = {
        {"{\"base_estimator\": \"SVM\"}", KF_EINVAL, "expected one of GP|RF|ET|GBRT"},
        {"{\"n_initial_points\": -1}", KF_EINVAL, "of at least 0"},
        {"{\"acq_func\": \"UCB\"}", KF_EINVAL, "gp_hedge|LCB|EI|PI|EIps|PIps"},
        {"{\"acq_optimizer\": \"adam\"}", KF_EINVAL, "auto|sampling|lbfgs"},
        {"{\"random_state\": -1}", KF_EINVAL, "from 0 to"},
        {"{\"acq_fun\": \"EI\"}", KF_ENOENT, "did you mean 'acq_func'"},
    };
    kf_study *none;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_fails(open_study(space, "bayesianoptimization", wrong[i].settings, &none),
            wrong[i].status, wrong[i].message);
}
END_TEST

static kf_status ask_once(kf_study *study)
{
    int64_t number;
    return kf_study_ask(study, &number);
}

START_TEST(no_memory)
{
    kf_study *study =
        new_study(space, "bayesianoptimization", "{\"n_initial_points\": 3}");
    for (int64_t i = 0; i < 6; i++) {
        ck_survives_nomem(ask_once(study));
        ck_ok(kf_study_tell(study, i, loss_of(study, i)));
    }
    kf_study_free(study);
}
END_TEST

KF_TEST_MAIN_WITH("sampler_bayes", setup, teardown, every_function, initial_points,
    no_initial_points, refuses, no_memory)
