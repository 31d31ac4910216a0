/* SPDX-License-Identifier: Apache-2.0 */
#include "space_test.h"

#include <math.h>

#include "base/mem.h"
#include "search/tpe.h"

static kf_space *space;
static kf_study *study;
static kf_tpe *tpe;

static void setup(void)
{
    space = new_space();
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "n", 1, 50, 0, KF_LOG_UNIFORM));
    add_categorical(space, "act", "[\"relu\", \"gelu\", \"tanh\"]");
    ck_ok(kf_space_add_double(space, "slope", 0, 1, 0, KF_UNIFORM));
    add_condition(space, "slope", "act", "[\"gelu\", \"tanh\"]");
    ck_ok(kf_study_new(
        space, KF_OPTIONS(kf_study_options, .algorithm = "random", .seed = 3), &study));
    ck_ok(kf__tpe_new(study, &tpe));
}

static void teardown(void)
{
    kf__tpe_free(tpe);
    kf_study_free(study);
    kf_space_free(space);
}

static const kf_tpe_rule jointly = {.joint = true,
    .share = 0.2,
    .power = 1,
    .most = 25,
    .candidates = 10,
    .prior = 1,
    .breadth = 1,
    .sharpness = 1};

static int64_t ask(void)
{
    int64_t number;
    ck_ok(kf_study_ask(study, &number));
    return number;
}

static void point_by(
    kf_tpe *from, const kf_tpe_rule *rule, int64_t number, double *point)
{
    size_t count;
    kf_ask question = kf__ask_start(study, &study->settings, number);
    for (int i = 0; i < 4; i++)
        point[i] = NAN;
    ck_ok(kf__tpe_update(from));
    const size_t *ranked = kf__tpe_ranked(from, &count);
    ck_ok(kf__tpe_point(from, &question, rule, ranked, count, point));
}

/* What is kept between asks changes nothing: one that saw the trials come, in any
 * order of telling, gives the point that a new one gives. */
START_TEST(memo)
{
    kf_tpe_rule each = jointly;
    each.joint = false;
    for (int i = 0; i < 60; i++) {
        int64_t number = ask();
        if (i % 3 != 0)
            ck_ok(kf_study_tell(
                study, number, fabs(kf_study_trial(study, number)->point[0] - 0.3)));
        if (i % 9 == 6)
            ck_ok(kf_study_tell(study, i - 3, 0.1 * i));
        if (i % 7 == 1)
            ck_ok(kf__tpe_update(tpe));
        if (i < 12)
            continue;
        double kept[4], made[4];
        kf_tpe *fresh;
        ck_ok(kf__tpe_new(study, &fresh));
        const kf_tpe_rule *rule = i % 2 == 0 ? &jointly : &each;
        point_by(tpe, rule, 1000 + i, kept);
        point_by(fresh, rule, 1000 + i, made);
        for (int k = 0; k < 4; k++)
            ck_assert(kept[k] == made[k] || (isnan(kept[k]) && isnan(made[k])));
        kf__tpe_free(fresh);
    }
}
END_TEST

/* Of 60 points of a study of x alone. */
static int count_near(const kf_study *line, double at)
{
    int near = 0;
    kf_tpe *made;
    ck_ok(kf__tpe_new(line, &made));
    ck_ok(kf__tpe_update(made));
    for (int i = 0; i < 60; i++) {
        double x = NAN;
        size_t count;
        kf_ask question = kf__ask_start(line, &line->settings, 1000 + i);
        const size_t *ranked = kf__tpe_ranked(made, &count);
        ck_ok(kf__tpe_point(made, &question, &jointly, ranked, count, &x));
        near += fabs(x - at) < 0.05;
    }
    kf__tpe_free(made);
    return near;
}

/* Points come from where the good ones are; where some failed or run already, there are
 * fewer. */
START_TEST(good_and_bad)
{
    static const kf_trial_state states[] = {
        KF_TRIAL_FAILED, KF_TRIAL_METRICS_UNAVAILABLE, KF_TRIAL_RUNNING};
    kf_value *params = json("{\"x\": 0.2}");
    kf_space *one = new_space();
    ck_ok(kf_space_add_double(one, "x", 0, 1, 0, KF_UNIFORM));
    for (int k = 0; k < 3; k++) {
        kf_study *line;
        int64_t number;
        ck_ok(kf_study_new(
            one, KF_OPTIONS(kf_study_options, .algorithm = "random"), &line));
        for (int i = 0; i < 40; i++) {
            ck_ok(kf_study_ask(line, &number));
            double x = kf_study_trial(line, number)->point[0];
            ck_ok(kf_study_tell(line, number, fmin(fabs(x - 0.2), fabs(x - 0.8))));
        }
        int left = count_near(line, 0.2), right = count_near(line, 0.8);
        ck_assert_int_gt(left, 10);
        ck_assert_int_gt(left + right, 36);
        for (int i = 0; i < 10; i++) {
            if (states[k] == KF_TRIAL_RUNNING) {
                ck_ok(kf_study_enqueue(line, params));
                ck_ok(kf_study_ask(line, &number));
            } else {
                ck_ok(kf_study_add(line, params, states[k], NULL, NULL));
            }
        }
        ck_assert_int_lt(2 * count_near(line, 0.2), left);
        kf_study_free(line);
    }
    kf_space_free(one);
    kf_value_free(params);
}
END_TEST

/* Trials that were killed say nothing about their points. */
START_TEST(killed)
{
    double before[4], after[4];
    for (int i = 0; i < 20; i++)
        ck_ok(kf_study_tell(study, ask(), i));
    point_by(tpe, &jointly, 100, before);
    ck_ok(kf_study_tell_state(study, ask(), KF_TRIAL_KILLED, NULL));
    point_by(tpe, &jointly, 100, after);
    ck_assert_double_eq(before[0], after[0]);
}
END_TEST

static kf_status propose(void)
{
    kf_tpe *made = NULL;
    double point[4] = {NAN, NAN, NAN, NAN};
    size_t count;
    kf_ask question = kf__ask_start(study, &study->settings, 100);
    kf_status status = kf__tpe_new(study, &made);
    if (status == KF_OK)
        status = kf__tpe_update(made);
    if (status == KF_OK) {
        const size_t *ranked = kf__tpe_ranked(made, &count);
        status = kf__tpe_point(made, &question, &jointly, ranked, count, point);
    }
    kf__tpe_free(made);
    return status;
}

/* An update that failed is made up for by the next one. */
START_TEST(survives_lack_of_memory)
{
    for (int i = 0; i < 20; i++)
        ck_ok(kf_study_tell(study, ask(), i));
    ck_survives_nomem(propose());
    ck_survives_nomem(kf__tpe_update(tpe));
    double kept[4], made[4];
    kf_tpe *fresh;
    ck_ok(kf__tpe_new(study, &fresh));
    point_by(tpe, &jointly, 100, kept);
    point_by(fresh, &jointly, 100, made);
    ck_assert_mem_eq(kept, made, 3 * sizeof *kept);
    kf__tpe_free(fresh);
}
END_TEST

KF_TEST_MAIN_WITH(
    "tpe_point", setup, teardown, memo, good_and_bad, killed, survives_lack_of_memory)
