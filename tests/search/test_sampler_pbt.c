/* SPDX-License-Identifier: Apache-2.0 */
#include "study_test.h"

enum { POPULATION = 10 };

static kf_space *space;
static kf_study *study;

static void setup(void)
{
    space = new_space();
    ck_ok(kf_space_add_double(space, "x", 0.1, 10, 0, KF_LOG_UNIFORM));
    add_discrete(space, "d", "[1, 2, 4, 8]");
    add_categorical(space, "c", "[\"a\", \"b\", \"c\"]");
    study = new_study(
        space, "pbt", "{\"n_population\": 10, \"truncation_threshold\": 0.2}");
}

static void teardown(void)
{
    kf_study_free(study);
    kf_space_free(space);
}

/* A generation whose member i has the loss i. */
static void tell_generation(int64_t first)
{
    for (int64_t i = 0; i < POPULATION; i++)
        ck_ok(kf_study_tell(study, first + i, (double)i));
}

START_TEST(generations)
{
    for (int64_t i = 0; i < POPULATION; i++) {
        ck_assert_int_eq(ask(study), i);
        ck_assert_int_eq(note_of(study, i, "generation"), 0);
        ck_assert_int_eq(note_of(study, i, "parent"), -1);
    }
    tell_generation(0);
    int from_best = 0;
    for (int64_t i = 0; i < POPULATION; i++) {
        int64_t number = ask(study), parent = note_of(study, number, "parent");
        ck_assert_int_eq(note_of(study, number, "generation"), 1);
        if (i < 8) { /* Explores: near to its own trial. */
            ck_assert_int_eq(parent, i);
            double ratio =
                number_of(study, number, "x") / number_of(study, parent, "x");
            ck_assert(fabs(ratio - 0.8) < 1e-9 || fabs(ratio - 1.2) < 1e-9 ||
                      number_of(study, number, "x") == 0.1 ||
                      number_of(study, number, "x") == 10);
            double times =
                number_of(study, number, "d") / number_of(study, parent, "d");
            ck_assert(times == 0.5 || times == 2 || times == 1);
            ck_assert(!kf_value_equal(
                kf_value_get(kf_study_trial(study, number)->params, "c"),
                kf_value_get(kf_study_trial(study, parent)->params, "c")));
        } else { /* Exploits: one of the two best, as it is. */
            ck_assert(parent == 0 || parent == 1);
            ck_assert(kf_value_equal(kf_study_trial(study, number)->params,
                kf_study_trial(study, parent)->params));
            from_best++;
        }
    }
    ck_assert_int_eq(from_best, 2);
    tell_generation(POPULATION);
    ck_assert_int_eq(note_of(study, ask(study), "generation"), 2);
}
END_TEST

START_TEST(resampling)
{
    kf_study *fresh = new_study(space, "pbt",
        "{\"n_population\": 5, \"resample_probability\": \"1\","
        " \"truncation_threshold\": 0}");
    for (int64_t i = 0; i < 5; i++)
        ck_ok(kf_study_tell(fresh, ask(fresh), (double)i));
    for (int64_t i = 0; i < 5; i++) {
        double x = number_of(fresh, ask(fresh), "x");
        double ratio = x / number_of(fresh, i, "x");
        ck_assert(fabs(ratio - 0.8) > 1e-9 && fabs(ratio - 1.2) > 1e-9);
    }
    kf_study_free(fresh);
}
END_TEST

/* A generation of failures is followed by a random one. */
START_TEST(nothing_to_go_on_from)
{
    for (int64_t i = 0; i < POPULATION; i++)
        ck_ok(kf_study_tell_state(study, ask(study), KF_TRIAL_FAILED, NULL));
    int64_t number = ask(study);
    ck_assert_int_eq(note_of(study, number, "generation"), 1);
    ck_assert_int_eq(note_of(study, number, "parent"), -1);
}
END_TEST

START_TEST(refuses)
{
    kf_study *none;
    ck_fails(open_study(space, "pbt", "{\"n_population\": 4}", &none), KF_EINVAL,
        "of at least 5");
    ck_fails(open_study(space, "pbt", "{\"truncation_threshold\": 1.5}", &none),
        KF_EINVAL, "from 0 to 1");
}
END_TEST

KF_TEST_MAIN_WITH("sampler_pbt", setup, teardown, generations, resampling,
    nothing_to_go_on_from, refuses)
