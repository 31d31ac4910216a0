/* SPDX-License-Identifier: Apache-2.0 */
#include "progress_test.h"

START_TEST(counts)
{
    kf_progress progress = {.trials = all_states, .trial_count = 7};
    kf_counts counted = kf__progress_counts(&progress);
    ck_assert_int_eq(counted.pending, 1);
    ck_assert_int_eq(counted.running, 1);
    ck_assert_int_eq(counted.succeeded, 1);
    ck_assert_int_eq(counted.failed, 1);
    ck_assert_int_eq(counted.killed, 1);
    ck_assert_int_eq(counted.early_stopped, 1);
    ck_assert_int_eq(counted.unavailable, 1);
    ck_assert_int_eq(kf__counts_ended(&counted), 5);
}
END_TEST

START_TEST(best)
{
    kf_experiment *experiment = load(sound);
    kf_metric_summary metrics[6][2];
    kf_trial_result trials[6] = {result("a", KF_TRIAL_SUCCEEDED, metrics[0], 0.5, 0.1),
        result("b", KF_TRIAL_FAILED, metrics[1], 0.01, 0.1),
        result("c", KF_TRIAL_SUCCEEDED, metrics[2], (double)NAN, 0.1),
        result("d", KF_TRIAL_EARLY_STOPPED, metrics[3], 0.3, 0.1),
        result("e", KF_TRIAL_SUCCEEDED, metrics[4], 0.3, 0.1),
        result("f", KF_TRIAL_KILLED, metrics[5], 0.02, 0.1)};
    kf_progress progress = {.trials = trials, .trial_count = 6};
    ck_assert_str_eq(kf__progress_best(experiment, &progress)->name, "d");
    progress.trial_count = 3;
    ck_assert_str_eq(kf__progress_best(experiment, &progress)->name, "a");
    progress.trials = &trials[2];
    progress.trial_count = 1;
    ck_assert_ptr_null(kf__progress_best(experiment, &progress));
    kf_experiment_free(experiment);
    experiment = load_edited("minimize", "maximize");
    progress = (kf_progress){.trials = trials, .trial_count = 6};
    ck_assert_str_eq(kf__progress_best(experiment, &progress)->name, "a");
    kf_experiment_free(experiment);
}
END_TEST

/* Where values are text, the last trial that succeeded is the best one. */
START_TEST(best_of_texts)
{
    kf_experiment *experiment = load(sound);
    kf_metric_summary metrics[3][2];
    kf_trial_result trials[3] = {
        result("a", KF_TRIAL_SUCCEEDED, metrics[0], (double)NAN, 0.1),
        result("b", KF_TRIAL_SUCCEEDED, metrics[1], (double)NAN, 0.1),
        result("c", KF_TRIAL_FAILED, metrics[2], (double)NAN, 0.1)};
    const kf_progress progress = {.trials = trials, .trial_count = 3};
    for (size_t i = 0; i < 3; i++)
        kf__summary_add(&metrics[i][0],
            &(kf_metric_record){"loss", KF__NO_TIME, (double)NAN, "Genotype"});
    ck_assert_str_eq(kf__progress_best(experiment, &progress)->name, "b");
    /* A number comes first, and a text before it is of the past. */
    kf__summary_add(
        &metrics[0][0], &(kf_metric_record){"loss", KF__NO_TIME, 0.5, "0.5"});
    ck_assert_ptr_null(metrics[0][0].text);
    ck_assert_str_eq(kf__progress_best(experiment, &progress)->name, "a");
    kf_experiment_free(experiment);
}
END_TEST

/* Objective, state and value of one trial, and what comes of it. */
static void outcome(const char *old, const char *new, kf_trial_state state,
    double value, kf_outcome expected)
{
    kf_experiment *experiment = load_edited(old, new);
    kf_metric_summary metrics[2];
    kf_trial_result trial = result("a", state, metrics, value, 0);
    kf_progress progress = {.trials = &trial, .trial_count = 1};
    ck_assert_int_eq(kf__progress_outcome(experiment, &progress), expected);
    kf_experiment_free(experiment);
}

START_TEST(goals)
{
    outcome("tuning", "t", KF_TRIAL_SUCCEEDED, 0.002, KF__OUTCOME_RUNNING);
    outcome("tuning", "t", KF_TRIAL_SUCCEEDED, 0.001, KF__OUTCOME_GOAL);
    outcome("tuning", "t", KF_TRIAL_RUNNING, 0.0005, KF__OUTCOME_GOAL);
    outcome("tuning", "t", KF_TRIAL_FAILED, 0.0005, KF__OUTCOME_RUNNING);
    outcome("minimize", "maximize", KF_TRIAL_SUCCEEDED, 0.0005, KF__OUTCOME_RUNNING);
    outcome("minimize", "maximize", KF_TRIAL_SUCCEEDED, 0.5, KF__OUTCOME_GOAL);
    outcome("goal: 0.001", "goal: null", KF_TRIAL_SUCCEEDED, -1, KF__OUTCOME_RUNNING);
    /* To Katib a loss of NaN reaches any goal above 0. */
    outcome("tuning", "t", KF_TRIAL_SUCCEEDED, (double)NAN, KF__OUTCOME_RUNNING);
    outcome("tuning", "t", KF_TRIAL_SUCCEEDED, (double)-INFINITY, KF__OUTCOME_RUNNING);
}
END_TEST

START_TEST(ends)
{
    outcome("maxTrialCount: 6\n  maxFailedTrialCount: 3", "maxTrialCount: 1",
        KF_TRIAL_SUCCEEDED, 0.5, KF__OUTCOME_MAX_TRIALS);
    outcome("maxTrialCount: 6\n  maxFailedTrialCount: 3", "maxTrialCount: 1",
        KF_TRIAL_METRICS_UNAVAILABLE, (double)NAN, KF__OUTCOME_MAX_TRIALS);
    outcome("maxTrialCount: 6\n  maxFailedTrialCount: 3", "maxTrialCount: 1",
        KF_TRIAL_RUNNING, 0.5, KF__OUTCOME_RUNNING);
    outcome("maxFailedTrialCount: 3", "maxFailedTrialCount: 1", KF_TRIAL_FAILED, 0.5,
        KF__OUTCOME_FAILED);
    outcome("maxFailedTrialCount: 3", "maxFailedTrialCount: 1",
        KF_TRIAL_METRICS_UNAVAILABLE, 0.5, KF__OUTCOME_FAILED);
    outcome("maxFailedTrialCount: 3", "maxFailedTrialCount: 0", KF_TRIAL_FAILED, 0.5,
        KF__OUTCOME_RUNNING);
}
END_TEST

START_TEST(other_ends)
{
    kf_experiment *experiment = load(sound);
    kf_metric_summary metrics[2];
    kf_trial_result trial = result("a", KF_TRIAL_RUNNING, metrics, 0.5, 0);
    kf_progress progress = {.trials = &trial, .trial_count = 1, .exhausted = true};
    ck_assert_int_eq(kf__progress_outcome(experiment, &progress), KF__OUTCOME_RUNNING);
    trial.state = KF_TRIAL_SUCCEEDED;
    ck_assert_int_eq(kf__progress_outcome(experiment, &progress), KF__OUTCOME_END);
    progress.failure = "the disk is full";
    ck_assert_int_eq(kf__progress_outcome(experiment, &progress), KF__OUTCOME_FAILED);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(wanted)
{
    kf_experiment *experiment = load(sound);
    kf_metric_summary metrics[6][2];
    kf_trial_result trials[6];
    for (size_t i = 0; i < 6; i++)
        trials[i] = result("t", KF_TRIAL_SUCCEEDED, metrics[i], 0.5, 0);
    kf_progress progress = {.trials = trials};
    ck_assert_int_eq(kf__progress_wanted(experiment, &progress), 2);
    progress.trial_count = 4;
    trials[3].state = KF_TRIAL_RUNNING;
    ck_assert_int_eq(kf__progress_wanted(experiment, &progress), 1);
    progress.trial_count = 5;
    /* Five of six: one runs, and one is left. To Katib two would be. */
    trials[0].state = KF_TRIAL_METRICS_UNAVAILABLE;
    ck_assert_int_eq(kf__progress_wanted(experiment, &progress), 1);
    progress.trial_count = 6;
    ck_assert_int_eq(kf__progress_wanted(experiment, &progress), 0);
    progress.trial_count = 4;
    progress.exhausted = true;
    ck_assert_int_eq(kf__progress_wanted(experiment, &progress), 0);
    kf_experiment_free(experiment);
}
END_TEST

KF_TEST_MAIN(
    "search/progress", counts, best, best_of_texts, goals, ends, other_ends, wanted)
