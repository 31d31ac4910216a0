/* SPDX-License-Identifier: Apache-2.0 */
#include "search_test.h"

#include "base/mem.h"

static kf_space *space;

/* 3 + 3 × 4 combinations. */
static void setup(void)
{
    space = new_space();
    ck_ok(kf_space_add_int(space, "n", 1, 3, 0, KF_UNIFORM));
    add_categorical(space, "kind", "[\"a\", \"b\"]");
    ck_ok(kf_space_add_double(space, "x", 0, 1.5, 0.5, KF_UNIFORM));
    add_condition(space, "x", "kind", "[\"b\"]");
}

static void teardown(void)
{
    kf_space_free(space);
}

static void ck_all_different(const kf_study *study, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        for (int64_t k = 0; k < i; k++)
            ck_assert(!kf_value_equal(
                kf_study_trial(study, i)->params, kf_study_trial(study, k)->params));
}

/* All of them, whether told or not, and no more. */
START_TEST(exhausted)
{
    kf_study *study = new_study(space, "grid", "{}", 1);
    int64_t number;
    for (int i = 0; i < 15; i++) {
        number = ask(study);
        if (i % 3 == 0)
            ck_ok(kf_study_tell(study, number, i));
    }
    ck_all_different(study, 15);
    ck_fails(kf_study_ask(study, &number), KF_ENOENT, "each of its 15 combinations");
    ck_assert_uint_eq(kf_study_trial_count(study), 15);
    kf_study_free(study);
}
END_TEST

static bool has(const kf_study *study, const kf_value *params)
{
    for (size_t i = 0; i < kf_study_trial_count(study); i++)
        if (kf_value_equal(kf_study_trial(study, (int64_t)i)->params, params))
            return true;
    return false;
}

/* What is known from elsewhere, or was given, is not tried again. */
START_TEST(foreign_trials)
{
    static const char *const known[] = {"{\"n\": 1, \"kind\": \"a\"}",
        "{\"n\": 2, \"kind\": \"b\", \"x\": 0.5}",
        "{\"n\": 3, \"kind\": \"b\", \"x\": 1.5}"};
    kf_study *study = new_study(space, "grid", "{}", 1);
    int64_t number;
    for (int i = 0; i < 3; i++) {
        kf_value *params = json(known[i]);
        if (!has(study, params))
            ck_ok(i == 1 ? kf_study_enqueue(study, params)
                         : kf_study_add(study, params, KF_TRIAL_FAILED, NULL, NULL));
        for (int k = 0; k < 3; k++)
            (void)ask(study);
        ck_assert(has(study, params));
        kf_value_free(params);
    }
    while (kf_study_trial_count(study) < 15)
        (void)ask(study);
    ck_all_different(study, 15);
    ck_fails(kf_study_ask(study, &number), KF_ENOENT, "exhausted");
    kf_study_free(study);
}
END_TEST

START_TEST(order)
{
    kf_study *a = new_study(space, "grid", "{\"random_state\": 4}", 1);
    kf_study *b = new_study(space, "grid", "{\"random_state\": 4}", 2);
    kf_study *c = new_study(space, "grid", "{\"random_state\": 5}", 1);
    int same = 0;
    for (int i = 0; i < 15; i++) {
        const kf_value *params = kf_study_trial(a, ask(a))->params;
        ck_assert(kf_value_equal(params, kf_study_trial(b, ask(b))->params));
        same += kf_value_equal(params, kf_study_trial(c, ask(c))->params);
    }
    ck_assert_int_lt(same, 8);
    kf_study_free(a);
    kf_study_free(b);
    kf_study_free(c);
}
END_TEST

START_TEST(refuses)
{
    kf_study *study;
    ck_fails(kf_study_new(space,
                 KF_OPTIONS(kf_study_options, .algorithm = "grid", .max_trials = 16),
                 &study),
        KF_EINVAL, "15 combinations, and 16 trials");
    ck_ok(kf_study_new(space,
        KF_OPTIONS(kf_study_options, .algorithm = "grid", .max_trials = 15), &study));
    kf_study_free(study);
    add_numbers(space, 1);
    ck_refuses(space, "grid", "{}", KF_EUNSUPPORTED, "step for 'x0'");
}
END_TEST

START_TEST(survives_lack_of_memory)
{
    ck_survives_nomem(try_search(space, "grid", 5));
}
END_TEST

KF_TEST_MAIN_WITH("sampler_grid", setup, teardown, exhausted, foreign_trials, order,
    refuses, survives_lack_of_memory)
