/* SPDX-License-Identifier: Apache-2.0 */
/* What trials report while they run, and what comes of it. */
#include "tune_test.h"

/* What is reported counts, not how its trial ends. */
START_TEST(goal_is_reached_while_a_trial_runs)
{
    static const char *const scripts[] = {
        "echo loss=0.5; sleep 1000", "echo loss=0.5; exit 1", "echo loss=0.5"};
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        kf_value *out;
        ck_ok(execute(experiment_of(scripts[i], ", goal: 0.6" SPEC(""), ""), 50, &out));
        ck_assert_str_eq(kf__get_text(out, "reason"), "ExperimentGoalReached");
        ck_assert_uint_eq(kf_value_length(kf_value_get(out, "trials")), 1);
        ck_assert_str_eq(state_of(out, 0), "SUCCEEDED");
        ck_assert_double_eq(loss_of(out, 0), 0.5);
        kf_value_free(out);
    }
}
END_TEST

/* Of two trials the second one to begin reaches it; what it says later is too late. */
START_TEST(goal_ends_the_others)
{
    kf_value *out;
    char script[200];
    (void)snprintf(script, sizeof script,
        "mkdir %s/first && sleep 1000; echo loss=0.5; echo loss=0.1; sleep 1000",
        folder);
    ck_ok(execute_with(experiment_of(script, ", goal: 0.5" SPEC(""), ""),
        (kf_tune_options){.max_trials = 50, .jobs = 2}, &out));
    ck_assert_str_eq(kf__get_text(out, "reason"), "ExperimentGoalReached");
    ck_assert_uint_eq(kf_value_length(kf_value_get(out, "trials")), 2);
    size_t first = strcmp(state_of(out, 0), "KILLED") == 0 ? 0 : 1;
    ck_assert_str_eq(state_of(out, first), "KILLED");
    ck_assert_str_eq(state_of(out, 1 - first), "SUCCEEDED");
    ck_assert_double_eq(loss_of(out, 1 - first), 0.5);
    kf_value_free(out);
}
END_TEST

/* The value that counts is that of the strategy, here of one that the goal is beyond. */
START_TEST(goal_is_not_reached_before_all_is_known)
{
    kf_value *out;
    ck_ok(execute(
        experiment_of("echo loss=0.7; echo loss=0.6; echo loss=0.8",
            ", goal: 0.65, metricStrategies: [{name: loss, value: max}]" SPEC(""), ""),
        2, &out));
    ck_assert_str_eq(kf__get_text(out, "reason"), "ExperimentMaxTrialsReached");
    ck_assert_double_eq(loss_of(out, 1), 0.8);
    kf_value_free(out);
}
END_TEST

/* At the rung of two reports the second trial is beaten by the first one. */
START_TEST(algorithms_stop_trials)
{
    kf_value *out;
    char script[300];
    (void)snprintf(script, sizeof script,
        "n=$(ls -d %s/experiments/quad/trial-* | wc -l); echo loss=$n; "
        "[ $n = 1 ] || sleep 0.2; echo loss=$n; [ $n = 1 ] || sleep 1000",
        folder);
    ck_ok(
        execute(experiment_of(script,
                    "}\n  algorithm: {algorithmName: asha, algorithmSettings: [{name: "
                    "eta, value: '2'}, {name: min_resource, value: '2'}]}\n",
                    ""),
            2, &out));
    ck_assert_str_eq(state_of(out, 0), "SUCCEEDED");
    ck_assert_str_eq(state_of(out, 1), "EARLY_STOPPED");
    kf_value_free(out);
}
END_TEST

/* Whoever reads the store sees what is reported, and its status, at once. */
START_TEST(reports_are_seen_while_a_trial_runs)
{
    kf_tune *tune = NULL;
    kf_value *out = NULL;
    const kf_value *latest = NULL;
    kf_experiment *experiment =
        experiment_of("echo loss=3 other=4; sleep 1000", SPEC(""), "");
    ck_ok(kf_tune_start(store, experiment,
        KF_OPTIONS(kf_tune_options, .containers = KF_CONTAINERS_HOST, .max_trials = 1),
        &tune));
    for (int i = 0; i < 1000 && latest == NULL; i++) {
        kf_value_free(out);
        ck_assert_int_eq(kf_tune_wait(tune, 0.01), KF_ETIMEOUT);
        ck_ok(kf_store_experiment(store, "quad", &out));
        const kf_value *metrics = kf_value_get(trial_at(out, 0), "metrics");
        latest = kf_value_get(kf_value_get(metrics, "other"), "latest");
    }
    ck_assert_double_eq(kf_value_double(latest), 4);
    ck_assert_str_eq(state_of(out, 0), "RUNNING");
    kf_value_free(out);
    ck_ok(kf_store_experiment_status(store, "quad", &out));
    ck_assert_str_eq(
        kf__get_text(kf_value_get(out, "currentOptimalTrial"), "bestTrialName"),
        "quad-0");
    ck_assert_int_eq(kf_value_int(kf_value_get(out, "trialsRunning")), 1);
    kf_value_free(out);
    kf_tune_free(tune);
    kf_experiment_free(experiment);
}
END_TEST

KF_TEST_MAIN_WITH("tune_settle", setup, teardown, goal_is_reached_while_a_trial_runs,
    goal_ends_the_others, goal_is_not_reached_before_all_is_known,
    algorithms_stop_trials, reports_are_seen_while_a_trial_runs)
