/* SPDX-License-Identifier: Apache-2.0 */
#include "study_test.h"

static kf_space *space;
static kf_study *study;

static void setup(void)
{
    space = new_space();
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
    ck_ok(kf_space_add_double(space, "y", 0, 1, 0, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "epochs", 1, 27, 0, KF_LOG_UNIFORM));
    study = NULL;
}

static void teardown(void)
{
    kf_study_free(study);
    kf_space_free(space);
}

/* How far from the best point the new trials of the last brackets are, on average. */
static double distance_of(const char *algorithm)
{
    study = new_study(space, algorithm, "{\"r_l\": 27, \"resource_name\": \"epochs\"}");
    double sum = 0;
    int count = 0;
    for (int i = 0; i < 300; i++) {
        int64_t number = ask(study);
        double x = number_of(study, number, "x"), y = number_of(study, number, "y");
        double off = fabs(x - 0.3) + fabs(y - 0.8);
        if (i >= 150 && note_of(study, number, "rung") == 0) {
            sum += off;
            count++;
        }
        ck_ok(
            kf_study_tell(study, number, off + 1 / number_of(study, number, "epochs")));
    }
    kf_study_free(study);
    study = NULL;
    return sum / count;
}

START_TEST(new_trials_are_better_than_random_ones)
{
    ck_assert_double_lt(distance_of("bohb"), 0.7 * distance_of("hyperband"));
}
END_TEST

/* What is tried with how much is Hyperband's. */
START_TEST(brackets_are_those_of_hyperband)
{
    static const char settings[] = "{\"r_l\": 9, \"resource_name\": \"epochs\"}";
    study = new_study(space, "bohb", settings);
    kf_study *other = new_study(space, "hyperband", settings);
    for (int i = 0; i < 60; i++) {
        int64_t a = ask(study), b = ask(other);
        ck_assert_int_eq(note_of(study, a, "bracket"), note_of(other, b, "bracket"));
        ck_assert_int_eq(note_of(study, a, "rung"), note_of(other, b, "rung"));
        ck_assert_double_eq(
            number_of(study, a, "epochs"), number_of(other, b, "epochs"));
        ck_ok(kf_study_tell(study, a, (double)(i * 7 % 11)));
        ck_ok(kf_study_tell(other, b, (double)(i * 7 % 11)));
    }
    kf_study_free(other);
}
END_TEST

START_TEST(refuses)
{
    ck_fails(open_study(space, "bohb", "{\"r_l\": 9}", &study), KF_EMISSING,
        "resource_name");
    ck_fails(
        open_study(space, "bohb", "{\"r_l\": 9, \"resource_name\": \"epoch\"}", &study),
        KF_ENOENT, "did you mean 'epochs'?");
}
END_TEST

KF_TEST_MAIN_WITH("sampler_bohb", setup, teardown,
    new_trials_are_better_than_random_ones, brackets_are_those_of_hyperband, refuses)
