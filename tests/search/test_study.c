/* SPDX-License-Identifier: Apache-2.0 */
#include "space_test.h"

#include <math.h>

#include "base/mem.h"
#include "search/study.h"

static kf_space *space;
static kf_study *study;

static void setup(void)
{
    space = new_space();
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "n", 1, 5, 0, KF_UNIFORM));
    ck_ok(kf_study_new(
        space, KF_OPTIONS(kf_study_options, .algorithm = "random", .seed = 3), &study));
}

static void teardown(void)
{
    kf_study_free(study);
    kf_space_free(space);
}

static int64_t ask(void)
{
    int64_t number;
    ck_ok(kf_study_ask(study, &number));
    return number;
}

START_TEST(ask_and_tell)
{
    ck_assert_ptr_null(kf_study_best(study));
    for (int64_t i = 0; i < 3; i++)
        ck_assert_int_eq(ask(), i);
    ck_assert_int_eq(kf_study_trial(study, 1)->state, KF_TRIAL_RUNNING);
    ck_assert_int_eq(kf_study_trial(study, 1)->order, -1);
    ck_ok(kf_study_tell(study, 1, 0.5));
    ck_ok(kf_study_tell(study, 0, 0.7));
    ck_ok(kf_study_tell(study, 2, 0.5));
    const kf_trial *best = kf_study_best(study);
    ck_assert_int_eq(best->number, 1);
    ck_assert_double_eq(best->values[0], 0.5);
    ck_assert_int_eq(best->order, 0);
    ck_assert_int_eq(kf_study_trial(study, 0)->order, 1);
    double x = kf_value_double(kf_value_get(best->params, "x"));
    ck_assert(x >= 0 && x <= 1 && x == best->point[0]);
    ck_assert_int_eq(kf_value_kind(kf_value_get(best->params, "n")), KF_KIND_INT);
    ck_assert_ptr_null(kf_study_trial(study, 3));
    ck_assert_ptr_null(kf_study_trial(study, -1));
}
END_TEST

START_TEST(same_seed_same_trials)
{
    kf_study *same, *other;
    ck_ok(kf_study_new(
        space, KF_OPTIONS(kf_study_options, .algorithm = "random", .seed = 3), &same));
    ck_ok(kf_study_new(
        space, KF_OPTIONS(kf_study_options, .algorithm = "random", .seed = 4), &other));
    for (int i = 0; i < 5; i++) {
        int64_t a = ask(), b, c;
        ck_ok(kf_study_ask(same, &b));
        ck_ok(kf_study_ask(other, &c));
        const double *point = kf_study_trial(study, a)->point;
        ck_assert_mem_eq(point, kf_study_trial(same, b)->point, 2 * sizeof(double));
        ck_assert(point[0] != kf_study_trial(other, c)->point[0]);
    }
    kf_study_free(same);
    kf_study_free(other);
}
END_TEST

START_TEST(maximize)
{
    static const kf_direction directions[] = {KF_MAXIMIZE, KF_MINIMIZE};
    static const char *const names[] = {"accuracy", "cost"};
    kf_study *two;
    int64_t number;
    ck_ok(kf_study_new(space,
        KF_OPTIONS(kf_study_options, .algorithm = "random", .objectives = names,
            .directions = directions, .objective_count = 2),
        &two));
    for (int i = 0; i < 2; i++) {
        double values[] = {0.1 * i, 5};
        ck_ok(kf_study_ask(two, &number));
        ck_ok(kf_study_tell_values(two, number, values, 2));
    }
    ck_assert_int_eq(kf_study_best(two)->number, 1);
    ck_assert_double_eq(kf_study_best(two)->losses[0], -0.1);
    ck_ok(kf_study_ask(two, &number));
    ck_fails(kf_study_tell(two, number, 1), KF_EINVAL, "2 objectives");
    kf_study_free(two);
}
END_TEST

START_TEST(ends)
{
    int64_t failed = ask(), nothing = ask(), stopped = ask();
    ck_ok(kf_study_tell_state(study, failed, KF_TRIAL_FAILED, "exit status 3"));
    ck_assert_str_eq(kf_study_trial(study, failed)->message, "exit status 3");
    ck_assert_ptr_null(kf_study_trial(study, failed)->values);
    ck_ok(kf_study_tell(study, nothing, NAN));
    ck_assert_int_eq(
        kf_study_trial(study, nothing)->state, KF_TRIAL_METRICS_UNAVAILABLE);
    ck_ok(kf_study_report(study, stopped, 1, 0.9, NULL));
    ck_ok(kf_study_report(study, stopped, 4, 0.8, NULL));
    ck_fails(kf_study_report(study, stopped, 4, 0.8, NULL), KF_EINVAL, "after step 4");
    ck_fails(kf_study_report(study, stopped, 5, NAN, NULL), KF_EINVAL, "finite");
    ck_ok(kf_study_tell_state(study, stopped, KF_TRIAL_EARLY_STOPPED, NULL));
    ck_assert_double_eq(kf_study_best(study)->values[0], 0.8);
    ck_fails(kf_study_tell(study, failed, 1), KF_ESTATE, "FAILED");
    ck_fails(kf_study_tell(study, 17, 1), KF_ENOENT, "17");
    ck_fails(kf_study_report(study, failed, 1, 1, NULL), KF_ESTATE, "ended");
    ck_fails(kf_study_tell_state(study, ask(), KF_TRIAL_SUCCEEDED, NULL), KF_EINVAL,
        "without values");
}
END_TEST

START_TEST(fixed_points)
{
    kf_value *n = json("{\"n\": 4}"), *wrong = json("{\"m\": 4}");
    ck_ok(kf_study_enqueue(study, n));
    ck_fails(kf_study_enqueue(study, wrong), KF_ENOENT, "'m'");
    const kf_trial *trial = kf_study_trial(study, ask());
    ck_assert_int_eq(kf_value_int(kf_value_get(trial->params, "n")), 4);
    ck_assert(trial->foreign);
    trial = kf_study_trial(study, ask());
    ck_assert(!trial->foreign);
    kf_value_free(n);
    kf_value_free(wrong);
}
END_TEST

START_TEST(known_trials)
{
    kf_value *params = json("{\"x\": 0.25, \"n\": 2}"), *part = json("{\"n\": 2}");
    double value = -1;
    int64_t number = -1;
    ck_ok(kf_study_add(study, params, KF_TRIAL_SUCCEEDED, &value, &number));
    ck_assert_int_eq(number, 0);
    ck_assert_int_eq(kf_study_best(study)->number, 0);
    ck_assert(kf_value_equal(kf_study_trial(study, 0)->params, params));
    ck_fails(kf_study_add(study, part, KF_TRIAL_SUCCEEDED, &value, NULL), KF_EMISSING,
        "'x'");
    ck_ok(kf_study_add(study, params, KF_TRIAL_FAILED, NULL, NULL));
    ck_assert_uint_eq(kf_study_trial_count(study), 2);
    kf_value_free(params);
    kf_value_free(part);
}
END_TEST

/* A sampler of the host's: the middle, and a note. */
static kf_status middle(kf_ask *question, void *state, double *point)
{
    kf_value *note;
    ck_assert_uint_eq(kf_ask_axis_count(question), 2);
    ck_assert_int_eq(kf_ask_number(question), (int64_t)kf_ask_trial_count(question));
    ck_assert_double_eq(kf_value_double(kf_ask_setting(question, "at")), 0.5);
    point[0] = 0.5;
    ck_ok(kf_value_new_int(7, &note));
    kf_status status = kf_ask_note(question, "lucky", note);
    kf_value_free(note);
    return kf_ask_number(question) < 2
               ? status
               : kf_ask_fail(question, KF_ENOENT, "two are enough");
}

START_TEST(own_sampler)
{
    static const kf_setting settings[] = {
        {.name = "at", .kind = KF_KIND_DOUBLE, .fallback = "0.5"}};
    static const kf_sampler sampler = {.size = sizeof sampler,
        .name = "middle",
        .settings = settings,
        .setting_count = 1,
        .ask = middle};
    kf_study *own;
    int64_t number;
    ck_ok(kf_study_new(space, KF_OPTIONS(kf_study_options, .sampler = &sampler), &own));
    ck_ok(kf_study_ask(own, &number));
    const kf_trial *trial = kf_study_trial(own, number);
    ck_assert_double_eq(kf_value_double(kf_value_get(trial->params, "x")), 0.5);
    ck_assert_int_eq(kf_value_int(kf_value_get(trial->attributes, "lucky")), 7);
    ck_ok(kf_study_ask(own, &number));
    ck_fails(kf_study_ask(own, &number), KF_ENOENT, "enough");
    ck_assert_uint_eq(kf_study_trial_count(own), 2);
    kf_study_free(own);
}
END_TEST

START_TEST(refuses)
{
    kf_study *none;
    kf_space *empty = new_space();
    ck_fails(kf_study_new(empty, NULL, &none), KF_EINVAL, "parameter");
    ck_fails(
        kf_study_new(space, KF_OPTIONS(kf_study_options, .algorithm = "randon"), &none),
        KF_ENOENT, "did you mean 'random'?");
    kf_space_free(empty);
}
END_TEST

static kf_status everything(void)
{
    kf_study *made = NULL;
    int64_t number;
    bool stop;
    kf_status status =
        kf_study_new(space, KF_OPTIONS(kf_study_options, .algorithm = "random"), &made);
    for (int i = 0; status == KF_OK && i < 3; i++) {
        status = kf_study_ask(made, &number);
        if (status == KF_OK)
            status = kf_study_report(made, number, 1, 2, &stop);
        if (status == KF_OK)
            status = kf_study_tell(made, number, i);
    }
    kf_study_free(made);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    ck_survives_nomem(everything());
}
END_TEST

KF_TEST_MAIN_WITH("study", setup, teardown, ask_and_tell, same_seed_same_trials,
    maximize, ends, fixed_points, known_trials, own_sampler, refuses,
    survives_lack_of_memory)
