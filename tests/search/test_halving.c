/* SPDX-License-Identifier: Apache-2.0 */
#include "study_test.h"

#include "search/halving.h"

static kf_space *space;
static kf_study *study;

static void setup(void)
{
    space = new_space();
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "epochs", 1, 81, 0, KF_LOG_UNIFORM));
    study = NULL;
}

static void teardown(void)
{
    kf_study_free(study);
    kf_space_free(space);
}

/* Table 1 of the Hyperband paper: R = 81, eta = 3. */
START_TEST(the_brackets_of_the_paper)
{
    static const struct {
        int64_t bracket, trials;
        int rung;
        double epochs;
    } rows[] = {{0, 81, 0, 1}, {0, 27, 1, 3}, {0, 9, 2, 9}, {0, 3, 3, 27},
        {0, 1, 4, 81}, {1, 34, 0, 3}, {1, 11, 1, 9}, {1, 3, 2, 27}, {1, 1, 3, 81},
        {2, 15, 0, 9}, {2, 5, 1, 27}, {2, 1, 2, 81}, {3, 8, 0, 27}, {3, 2, 1, 81},
        {4, 5, 0, 81}, {5, 81, 0, 1}};
    study =
        new_study(space, "hyperband", "{\"r_l\": 81, \"resource_name\": \"epochs\"}");
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        for (int64_t i = 0; i < rows[row].trials; i++) {
            int64_t number = ask(study);
            ck_assert_int_eq(note_of(study, number, "bracket"), rows[row].bracket);
            ck_assert_int_eq(note_of(study, number, "rung"), rows[row].rung);
            ck_assert_double_eq(number_of(study, number, "epochs"), rows[row].epochs);
            ck_ok(kf_study_tell(study, number, number_of(study, number, "x")));
        }
    }
}
END_TEST

/* The best of a rung go on, with the other parameters as they were. */
START_TEST(the_best_go_on)
{
    study =
        new_study(space, "hyperband", "{\"r_l\": 9, \"resource_name\": \"epochs\"}");
    double x[9];
    for (int i = 0; i < 9; i++) {
        int64_t number = ask(study);
        x[i] = number_of(study, number, "x");
        if (i == 4)
            ck_ok(kf_study_tell_state(study, number, KF_TRIAL_FAILED, NULL));
        else
            ck_ok(kf_study_tell(study, number, fabs(i - 4.2)));
    }
    static const int expected[] = {5, 3, 6};
    for (int i = 0; i < 3; i++) {
        int64_t number = ask(study);
        ck_assert_int_eq(note_of(study, number, "promoted_from"), expected[i]);
        ck_assert_double_eq(number_of(study, number, "x"), x[expected[i]]);
        ck_assert_double_eq(number_of(study, number, "epochs"), 3);
    }
}
END_TEST

/* Where a rung waits, the next bracket begins; then the rung goes on. */
START_TEST(never_waits)
{
    study =
        new_study(space, "hyperband", "{\"r_l\": 9, \"resource_name\": \"epochs\"}");
    for (int i = 0; i < 9; i++)
        (void)ask(study);
    int64_t other = ask(study);
    ck_assert_int_eq(note_of(study, other, "bracket"), 1);
    for (int i = 0; i < 9; i++)
        ck_ok(kf_study_tell(study, i, i));
    other = ask(study);
    ck_assert_int_eq(note_of(study, other, "bracket"), 0);
    ck_assert_int_eq(note_of(study, other, "promoted_from"), 0);
}
END_TEST

/* If all of a rung fail, its bracket is at its end. */
START_TEST(a_rung_that_fails)
{
    study =
        new_study(space, "hyperband", "{\"r_l\": 9, \"resource_name\": \"epochs\"}");
    for (int i = 0; i < 9; i++)
        ck_ok(kf_study_tell_state(study, ask(study), KF_TRIAL_FAILED, NULL));
    ck_assert_int_eq(note_of(study, ask(study), "bracket"), 1);
}
END_TEST

START_TEST(refuses)
{
    add_categorical(space, "kind", "[\"a\", \"b\"]");
    ck_fails(open_study(space, "hyperband", "{\"r_l\": 9}", &study), KF_EMISSING,
        "resource_name");
    ck_fails(open_study(space, "hyperband",
                 "{\"r_l\": 9, \"resource_name\": \"epoch\"}", &study),
        KF_ENOENT, "did you mean 'epochs'?");
    ck_fails(open_study(space, "hyperband", "{\"r_l\": 9, \"resource_name\": \"kind\"}",
                 &study),
        KF_EINVAL, "categorical");
    ck_fails(open_study(space, "hyperband",
                 "{\"r_l\": 0.5, \"resource_name\": \"epochs\"}", &study),
        KF_EINVAL, "r_l");
}
END_TEST

static bool report(int64_t number, int64_t step, double value)
{
    bool stop = false;
    ck_ok(kf_study_report(study, number, step, value, &stop));
    return stop;
}

/* With eta 2: at each rung the better half of those that reached it go on. */
START_TEST(asynchronous)
{
    study = new_study(space, "asha", "{\"eta\": 2, \"min_resource\": 2}");
    for (int i = 0; i < 4; i++)
        (void)ask(study);
    ck_assert(!report(0, 1, 9));   /* No rung. */
    ck_assert(!report(0, 2, 5));   /* The only one. */
    ck_assert(report(1, 2, 6));    /* Second of two. */
    ck_assert(!report(2, 3, 4));   /* First of three. */
    ck_assert(!report(3, 2, 4.5)); /* Second of four. */
    ck_assert(!report(0, 3, 100)); /* Between rungs. */
    ck_assert(!report(0, 4, 3));
    ck_assert(report(2, 4, 3.5));
    ck_assert(!report(3, 9, 1)); /* Rung 8, the only one. */
}
END_TEST

START_TEST(asynchronous_maximizing)
{
    static const kf_direction direction = KF_MAXIMIZE;
    kf_value *settings = json("{\"eta\": 2}");
    ck_ok(kf_study_new(space,
        KF_OPTIONS(kf_study_options, .algorithm = "asha", .settings = settings,
            .directions = &direction),
        &study));
    kf_value_free(settings);
    (void)ask(study);
    (void)ask(study);
    (void)ask(study);
    ck_assert(!report(0, 1, 0.5));
    ck_assert(report(1, 1, 0.4));
    ck_assert(!report(2, 1, 0.6));
}
END_TEST

KF_TEST_MAIN_WITH("halving", setup, teardown, the_brackets_of_the_paper, the_best_go_on,
    never_waits, a_rung_that_fails, refuses, asynchronous, asynchronous_maximizing)
