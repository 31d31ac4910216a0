/* SPDX-License-Identifier: Apache-2.0 */
#include "study_test.h"

static kf_space *space;
static kf_study *study;

static void open_with(kf_direction direction)
{
    kf_value *settings = json("{\"min_trials_required\": 3, \"start_step\": \"2\"}");
    ck_ok(kf_study_new(space,
        KF_OPTIONS(kf_study_options, .algorithm = "random", .directions = &direction,
            .early_stopping = "medianstop", .stopping_settings = settings),
        &study));
    kf_value_free(settings);
}

static void setup(void)
{
    space = new_space();
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
}

static void teardown(void)
{
    kf_study_free(study);
    kf_space_free(space);
}

static bool report(int64_t number, int64_t step, double value)
{
    bool stop = false;
    ck_ok(kf_study_report(study, number, step, value, &stop));
    return stop;
}

/* Running averages at step 2: 5, 4, 9: their median is 5. At step 3: 4, 3, 8. */
static void known_trials(double sign)
{
    static const double values[3][3] = {{6, 4, 2}, {4, 4, 1}, {10, 8, 6}};
    for (int i = 0; i < 3; i++) {
        int64_t number = ask(study);
        for (int step = 1; step <= 3; step++)
            ck_assert(!report(number, step, sign * values[i][step - 1]));
        ck_ok(kf_study_tell(study, number, sign * values[i][2]));
    }
}

START_TEST(compares_with_the_median)
{
    open_with(KF_MINIMIZE);
    known_trials(1);
    int64_t good = ask(study), bad = ask(study);
    ck_assert(!report(good, 1, 100)); /* Before start_step. */
    ck_assert(!report(good, 2, 4.9));
    ck_assert(report(good, 3, 50)); /* Its best, 4.9, is above 4, the median. */
    ck_assert(!report(bad, 1, 5.5));
    ck_assert(report(bad, 2, 5.1));
}
END_TEST

START_TEST(maximizing)
{
    open_with(KF_MAXIMIZE);
    known_trials(-1);
    int64_t bad = ask(study), good = ask(study);
    ck_assert(!report(bad, 1, -5.5));
    ck_assert(report(bad, 2, -5.1));
    ck_assert(!report(good, 1, -20));
    ck_assert(!report(good, 2, -5));
}
END_TEST

/* Trials that failed or run do not count. */
START_TEST(needs_trials_that_succeeded)
{
    open_with(KF_MINIMIZE);
    for (int i = 0; i < 4; i++) {
        int64_t number = ask(study);
        (void)report(number, 1, 1);
        (void)report(number, 2, 1);
        if (i < 2)
            ck_ok(kf_study_tell(study, number, 1));
        else if (i == 2)
            ck_ok(kf_study_tell_state(study, number, KF_TRIAL_FAILED, NULL));
    }
    int64_t bad = ask(study);
    ck_assert(!report(bad, 1, 9));
    ck_assert(!report(bad, 2, 9));
}
END_TEST

KF_TEST_MAIN_WITH("stopper_median", setup, teardown, compares_with_the_median,
    maximizing, needs_trials_that_succeeded)
