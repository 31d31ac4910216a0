/* SPDX-License-Identifier: Apache-2.0 */
#include "progress_test.h"

#include "base/mem.h"
#include "io/yaml.h"

static kf_value *params;

static void setup(void)
{
    params = json("{\"lr\": 0.02, \"layers\": 3, \"act\": \"relu\"}");
}

static void teardown(void)
{
    kf_value_free(params);
}

/* 2023-11-14T22:13:20Z and one minute later. */
#define START 1700000000000
#define NOW (START + 60000)

static char *status_text(const kf_experiment *experiment, const kf_progress *progress)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *status;
    kf_buf buf = KF__BUF_INIT;
    char *text = NULL;
    ck_ok(kf__status_build(experiment, progress, &tree, &status));
    kf__yaml_write_short(&buf, status);
    ck_ok(kf__buf_take(&buf, &text));
    kf__tree_finish(&tree);
    return text;
}

START_TEST(running)
{
    kf_experiment *experiment = load(sound);
    kf_metric_summary metrics[2][2];
    kf_trial_result trials[2] = {
        result("tuning-1", KF_TRIAL_SUCCEEDED, metrics[0], 0.5, 0.75),
        result("tuning-2", KF_TRIAL_RUNNING, metrics[1], (double)NAN, 0.5)};
    trials[0].params = params;
    kf__summary_add(&metrics[0][0], &(kf_metric_record){"loss", KF__NO_TIME, 0.25, ""});
    kf__summary_add(
        &metrics[0][1], &(kf_metric_record){"accuracy", KF__NO_TIME, (double)NAN, ""});
    kf_progress progress = {
        .trials = trials, .trial_count = 2, .start_ms = START, .now_ms = NOW};
    char *text = status_text(experiment, &progress);
    ck_assert_str_eq(text,
        "conditions:\n"
        "- lastTransitionTime: '2023-11-14T22:13:20Z'\n"
        "  lastUpdateTime: '2023-11-14T22:13:20Z'\n"
        "  message: The experiment was made\n"
        "  reason: ExperimentCreated\n"
        "  status: 'True'\n"
        "  type: Created\n"
        "- lastTransitionTime: '2023-11-14T22:13:20Z'\n"
        "  lastUpdateTime: '2023-11-14T22:13:20Z'\n"
        "  message: The experiment runs\n"
        "  reason: ExperimentRunning\n"
        "  status: 'True'\n"
        "  type: Running\n"
        "currentOptimalTrial:\n"
        "  bestTrialName: tuning-1\n"
        "  observation:\n"
        "    metrics:\n"
        "    - {latest: '0.25', max: '0.5', min: '0.25', name: loss}\n"
        "    - {latest: unavailable, max: '0.75', min: '0.75', name: accuracy}\n"
        "  parameterAssignments:\n"
        "  - {name: lr, value: '0.02'}\n"
        "  - {name: layers, value: '3'}\n"
        "  - {name: act, value: relu}\n"
        "lastReconcileTime: '2023-11-14T22:14:20Z'\n"
        "runningTrialList: [tuning-2]\n"
        "startTime: '2023-11-14T22:13:20Z'\n"
        "succeededTrialList: [tuning-1]\n"
        "trials: 2\n"
        "trialsRunning: 1\n"
        "trialsSucceeded: 1\n");
    kf_text_free(text);
    kf_experiment_free(experiment);
}
END_TEST

static const char *reason_of(
    const kf_value *status, const char *type, const char *field)
{
    const kf_value *list = kf_value_get(status, "conditions");
    for (size_t i = 0; i < kf_value_length(list); i++)
        if (kf__equals_text(kf_value_get(kf_value_at(list, i), "type"), type))
            return kf__get_text(kf_value_at(list, i), field);
    return "";
}

START_TEST(ended)
{
    kf_experiment *experiment = load(sound);
    kf_metric_summary metrics[2];
    kf_trial_result trial =
        result("tuning-1", KF_TRIAL_SUCCEEDED, metrics, 0.0001, 0.75);
    kf_progress progress = {
        .trials = &trial, .trial_count = 1, .start_ms = START, .now_ms = NOW};
    kf_tree tree = KF__TREE_INIT;
    kf_value *status;
    ck_ok(kf__status_build(experiment, &progress, &tree, &status));
    ck_assert_str_eq(reason_of(status, "Succeeded", "reason"), "ExperimentGoalReached");
    ck_assert_str_eq(reason_of(status, "Succeeded", "status"), "True");
    ck_assert_str_eq(reason_of(status, "Running", "status"), "False");
    ck_assert_str_eq(
        reason_of(status, "Running", "lastTransitionTime"), "2023-11-14T22:14:20Z");
    ck_assert_str_eq(kf__get_text(status, "completionTime"), "2023-11-14T22:14:20Z");
    /* Seen again later: what is the same keeps its times. */
    kf_value *again;
    progress.before = status;
    progress.now_ms = NOW + 60000;
    ck_ok(kf__status_build(experiment, &progress, &tree, &again));
    ck_assert_str_eq(kf__get_text(again, "completionTime"), "2023-11-14T22:14:20Z");
    ck_assert_str_eq(kf__get_text(again, "lastReconcileTime"), "2023-11-14T22:15:20Z");
    ck_assert_str_eq(
        reason_of(again, "Succeeded", "lastUpdateTime"), "2023-11-14T22:14:20Z");
    ck_assert(kf_value_equal(
        kf_value_get(again, "conditions"), kf_value_get(status, "conditions")));
    kf__tree_finish(&tree);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(reasons)
{
    kf_experiment *experiment = load_edited("maxTrialCount: 6", "maxTrialCount: 3");
    kf_trial_result trials[3] = {{.name = "a", .state = KF_TRIAL_FAILED},
        {.name = "b", .state = KF_TRIAL_FAILED},
        {.name = "c", .state = KF_TRIAL_METRICS_UNAVAILABLE}};
    kf_progress progress = {.trials = trials, .trial_count = 3, .now_ms = NOW};
    kf_tree tree = KF__TREE_INIT;
    kf_value *status;
    ck_ok(kf__status_build(experiment, &progress, &tree, &status));
    ck_assert_str_eq(reason_of(status, "Failed", "reason"), "ExperimentFailed");
    ck_assert_str_eq(reason_of(status, "Failed", "message"),
        "As many trials as maxFailedTrialCount have failed");
    trials[0].state = KF_TRIAL_KILLED;
    ck_ok(kf__status_build(experiment, &progress, &tree, &status));
    ck_assert_str_eq(
        reason_of(status, "Succeeded", "reason"), "ExperimentMaxTrialsReached");
    progress.trial_count = 2;
    progress.exhausted = true;
    ck_ok(kf__status_build(experiment, &progress, &tree, &status));
    ck_assert_str_eq(
        reason_of(status, "Succeeded", "reason"), "ExperimentSuggestionEndReached");
    progress.failure = "no room";
    ck_ok(kf__status_build(experiment, &progress, &tree, &status));
    ck_assert_str_eq(reason_of(status, "Failed", "message"), "no room");
    progress = (kf_progress){.restarting = true};
    ck_ok(kf__status_build(experiment, &progress, &tree, &status));
    ck_assert_str_eq(reason_of(status, "Restarting", "reason"), "ExperimentRestarting");
    ck_assert_str_eq(reason_of(status, "Running", "reason"), "");
    kf__tree_finish(&tree);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(lists)
{
    kf_experiment *experiment = load(sound);
    kf_progress progress = {.trials = all_states, .trial_count = 7};
    kf_tree tree = KF__TREE_INIT;
    kf_value *status;
    ck_ok(kf__status_build(experiment, &progress, &tree, &status));
    static const char *const names[][3] = {{"pendingTrialList", "trialsPending", "p"},
        {"runningTrialList", "trialsRunning", "r"},
        {"succeededTrialList", "trialsSucceeded", "s"},
        {"failedTrialList", "trialsFailed", "f"},
        {"killedTrialList", "trialsKilled", "k"},
        {"earlyStoppedTrialList", "trialsEarlyStopped", "e"},
        {"metricsUnavailableTrialList", "trialMetricsUnavailable", "m"}};
    for (size_t i = 0; i < 7; i++) {
        const kf_value *list = kf_value_get(status, names[i][0]);
        ck_assert_uint_eq(kf_value_length(list), 1);
        ck_assert(kf__equals_text(kf_value_at(list, 0), names[i][2]));
        ck_assert_int_eq(kf_value_int(kf_value_get(status, names[i][1])), 1);
    }
    ck_assert_uint_eq(kf_value_length(kf_value_get(status, "currentOptimalTrial")), 0);
    kf__tree_finish(&tree);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(optimization_jobs)
{
    kf_experiment *experiment = load(job);
    kf_metric_summary metrics[2];
    kf_trial_result trial = result("tuning-1", KF_TRIAL_SUCCEEDED, metrics, 0.5, 0.75);
    trial.params = params;
    kf_progress progress = {.trials = &trial,
        .trial_count = 1,
        .exhausted = true,
        .start_ms = START,
        .now_ms = NOW};
    char *text = status_text(experiment, &progress);
    ck_assert_str_eq(text,
        "conditions:\n"
        "- lastTransitionTime: '2023-11-14T22:13:20Z'\n"
        "  message: The search was begun\n"
        "  reason: JobCreated\n"
        "  status: 'True'\n"
        "  type: Created\n"
        "- lastTransitionTime: '2023-11-14T22:14:20Z'\n"
        "  message: The algorithm has no more configurations to try\n"
        "  reason: TrialsCompleted\n"
        "  status: 'True'\n"
        "  type: Complete\n"
        "result:\n"
        "  parameters:\n"
        "  - {name: lr, value: '0.02'}\n"
        "  - {name: layers, value: '3'}\n"
        "  - {name: act, value: relu}\n"
        "  trainJobName: tuning-1\n");
    kf_text_free(text);
    trial.state = KF_TRIAL_FAILED;
    text = status_text(experiment, &progress);
    ck_assert_ptr_nonnull(
        strstr(text, "message: A trial has failed\n  reason: "
                     "TrialFailed\n  status: 'True'\n  type: Failed"));
    ck_assert_ptr_null(strstr(text, "result"));
    kf_text_free(text);
    kf_experiment_free(experiment);
}
END_TEST

static kf_status build(const kf_experiment *experiment, const kf_progress *progress)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *status;
    kf_status built = kf__status_build(experiment, progress, &tree, &status);
    kf__tree_finish(&tree);
    return built;
}

START_TEST(out_of_memory)
{
    kf_experiment *experiment = load(sound);
    kf_metric_summary metrics[2];
    kf_trial_result trial = result("tuning-1", KF_TRIAL_SUCCEEDED, metrics, 0.5, 0.75);
    trial.params = params;
    kf_progress progress = {.trials = &trial, .trial_count = 1};
    ck_survives_nomem(build(experiment, &progress));
    kf_experiment_free(experiment);
}
END_TEST

KF_TEST_MAIN_WITH("search/status", setup, teardown, running, ended, reasons, lists,
    optimization_jobs, out_of_memory)
