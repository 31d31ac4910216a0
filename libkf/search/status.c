/* SPDX-License-Identifier: Apache-2.0 */
/* ExperimentStatus of experiment_types.go, OptimizationJobStatus of the trainer. */
#include "search/status.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "search/template.h"

/* ---- parts ---- */

/* Kubernetes' metav1.Time has whole seconds. */
static void put_time(kf_tree *tree, kf_value *object, const char *name, int64_t ms)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_time(&text, ms);
    if (text.length > 5) {
        kf__buf_truncate(&text, text.length - 5);
        kf__buf_putc(&text, 'Z');
    }
    kf__put_text(tree, object, name, kf__buf_text(&text));
    if (text.status != KF_OK)
        tree->status = text.status;
    kf__buf_finish(&text);
}

static void put_number(kf_tree *tree, kf_value *object, const char *name, double number)
{
    kf_buf text = KF__BUF_INIT;
    if (isfinite(number))
        kf__put_double(&text, number);
    else
        kf__buf_puts(&text, "unavailable");
    kf__put_text(tree, object, name, kf__buf_text(&text));
    if (text.status != KF_OK)
        tree->status = text.status;
    kf__buf_finish(&text);
}

static void put_params(kf_tree *tree, kf_value *list, const kf_value *params)
{
    for (size_t i = 0; i < kf_value_length(params); i++) {
        kf_buf text = KF__BUF_INIT;
        kf_value *param = kf__tree_struct(tree);
        kf__put_text(tree, param, "name", kf_value_key(params, i));
        kf__put_parameter(&text, kf_value_at(params, i));
        kf__put_text(tree, param, "value", kf__buf_text(&text));
        if (text.status != KF_OK)
            tree->status = text.status;
        kf__buf_finish(&text);
        kf__push(tree, list, param);
    }
}

static void put_best(const kf_experiment *experiment, const kf_trial_result *best,
    kf_tree *tree, kf_value *status)
{
    kf_value *optimal = kf__put_struct(tree, status, "currentOptimalTrial");
    if (best == NULL)
        return;
    kf__put_text(tree, optimal, "bestTrialName", best->name);
    put_params(tree, kf__put_list(tree, optimal, "parameterAssignments"), best->params);
    kf_value *metrics =
        kf__put_list(tree, kf__put_struct(tree, optimal, "observation"), "metrics");
    for (size_t i = 0; i < kf_experiment_metric_count(experiment); i++) {
        kf_value *metric = kf__tree_struct(tree);
        kf__put_text(
            tree, metric, "name", kf_experiment_metric_at(experiment, i)->name);
        put_number(tree, metric, "min", best->metrics[i].min);
        put_number(tree, metric, "max", best->metrics[i].max);
        if (best->metrics[i].text != NULL)
            kf__put_text(tree, metric, "latest", best->metrics[i].text);
        else
            put_number(tree, metric, "latest", best->metrics[i].latest);
        kf__push(tree, metrics, metric);
    }
}

/* ---- trials ---- */

static const char *list_of(const kf_trial_result *trial)
{
    switch (trial->state) {
    case KF_TRIAL_RUNNING:
        return trial->pending ? "pendingTrialList" : "runningTrialList";
    case KF_TRIAL_SUCCEEDED:
        return "succeededTrialList";
    case KF_TRIAL_FAILED:
        return "failedTrialList";
    case KF_TRIAL_KILLED:
        return "killedTrialList";
    case KF_TRIAL_EARLY_STOPPED:
        return "earlyStoppedTrialList";
    default:
        return "metricsUnavailableTrialList";
    }
}

static void put_trials(const kf_progress *progress, kf_tree *tree, kf_value *status)
{
    kf_counts counts = kf__progress_counts(progress);
    const struct {
        const char *name;
        int64_t count;
    } fields[] = {{"trials", (int64_t)progress->trial_count},
        {"trialsSucceeded", counts.succeeded}, {"trialsFailed", counts.failed},
        {"trialsKilled", counts.killed}, {"trialsPending", counts.pending},
        {"trialsRunning", counts.running}, {"trialsEarlyStopped", counts.early_stopped},
        {"trialMetricsUnavailable", counts.unavailable}};
    for (size_t i = 0; i < progress->trial_count; i++) {
        const kf_trial_result *trial = &progress->trials[i];
        kf__push(tree, kf__put_list(tree, status, list_of(trial)),
            kf__tree_string(tree, trial->name));
    }
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].count > 0)
            kf__put_int(tree, status, fields[i].name, fields[i].count);
}

/* ---- conditions ---- */

static const kf_value *condition_before(const kf_progress *progress, const char *type)
{
    const kf_value *list = kf_value_get(progress->before, "conditions");
    for (size_t i = 0; i < kf_value_length(list); i++)
        if (kf__equals_text(kf_value_get(kf_value_at(list, i), "type"), type))
            return kf_value_at(list, i);
    return NULL;
}

typedef struct condition {
    const char *type;
    bool holds;
    const char *reason;
    const char *message;
    int64_t since; /* If it is new. */
} condition;

static void put_condition(
    const kf_progress *progress, kf_tree *tree, kf_value *list, const condition *given)
{
    const kf_value *before = condition_before(progress, given->type);
    bool same = kf__equals_text(
        kf_value_get(before, "status"), given->holds ? "True" : "False");
    const char *since = same ? kf__get_text(before, "lastTransitionTime") : NULL;
    bool equal = same && kf__equals_text(kf_value_get(before, "reason"), given->reason);
    kf_value *made = kf__tree_struct(tree);
    kf__put_text(tree, made, "type", given->type);
    kf__put_text(tree, made, "status", given->holds ? "True" : "False");
    kf__put_text(tree, made, "reason", given->reason);
    kf__put_text(tree, made, "message", given->message);
    put_time(tree, made, "lastUpdateTime", given->since);
    put_time(tree, made, "lastTransitionTime", given->since);
    if (equal && kf_value_get(before, "lastUpdateTime") != NULL)
        kf__put(tree, made, "lastUpdateTime",
            kf__tree_copy(tree, kf_value_get(before, "lastUpdateTime")));
    if (since != NULL)
        kf__put_text(tree, made, "lastTransitionTime", since);
    kf__push(tree, list, made);
}

static condition ending(
    const kf_experiment *experiment, const kf_progress *progress, kf_outcome outcome)
{
    condition made = {.type = "Succeeded", .holds = true, .since = progress->now_ms};
    switch (outcome) {
    case KF__OUTCOME_GOAL:
        made.reason = "ExperimentGoalReached";
        made.message = "The objective has reached its goal";
        break;
    case KF__OUTCOME_MAX_TRIALS:
        made.reason = "ExperimentMaxTrialsReached";
        made.message = "As many trials as maxTrialCount have ended";
        break;
    case KF__OUTCOME_END:
        made.reason = "ExperimentSuggestionEndReached";
        made.message = "The algorithm has no more configurations to try";
        break;
    default:
        made.type = "Failed";
        made.reason = "ExperimentFailed";
        made.message = progress->failure != NULL
                           ? progress->failure
                           : "As many trials as maxFailedTrialCount have failed";
        break;
    }
    return made;
}

static void put_conditions(const kf_experiment *experiment, const kf_progress *progress,
    kf_outcome outcome, kf_tree *tree, kf_value *status)
{
    kf_value *list = kf__put_list(tree, status, "conditions");
    bool running = outcome == KF__OUTCOME_RUNNING;
    put_condition(progress, tree, list,
        &(condition){"Created", true, "ExperimentCreated", "The experiment was made",
            progress->start_ms});
    if (running && progress->restarting) {
        put_condition(progress, tree, list,
            &(condition){"Restarting", true, "ExperimentRestarting",
                "The experiment goes on with more trials", progress->now_ms});
        return;
    }
    put_condition(progress, tree, list,
        &(condition){"Running", running, "ExperimentRunning", "The experiment runs",
            running ? progress->start_ms : progress->now_ms});
    if (running)
        return;
    condition end = ending(experiment, progress, outcome);
    put_condition(progress, tree, list, &end);
}

/* ---- OptimizationJob ---- */

static void put_job(const kf_experiment *experiment, const kf_progress *progress,
    kf_outcome outcome, kf_tree *tree, kf_value *status)
{
    kf_value *list = kf__put_list(tree, status, "conditions");
    const kf_trial_result *best = kf__progress_best(experiment, progress);
    condition end = ending(experiment, progress, outcome);
    put_condition(progress, tree, list,
        &(condition){
            "Created", true, "JobCreated", "The search was begun", progress->start_ms});
    if (outcome == KF__OUTCOME_FAILED)
        put_condition(progress, tree, list,
            &(condition){"Failed", true, "TrialFailed",
                progress->failure != NULL ? progress->failure : "A trial has failed",
                end.since});
    else if (outcome != KF__OUTCOME_RUNNING)
        put_condition(progress, tree, list,
            &(condition){"Complete", true, "TrialsCompleted", end.message, end.since});
    for (size_t i = 0; i < kf_value_length(list); i++)
        kf__remove(kf__at(list, i), "lastUpdateTime");
    if (best == NULL)
        return;
    kf_value *result = kf__put_struct(tree, status, "result");
    kf__put_text(
        tree, result, "trainJobName", best->job != NULL ? best->job : best->name);
    put_params(tree, kf__put_list(tree, result, "parameters"), best->params);
}

/* ---- all of it ---- */

static void put_completion(
    const kf_progress *progress, kf_outcome outcome, kf_tree *tree, kf_value *status)
{
    const kf_value *before = kf_value_get(progress->before, "completionTime");
    if (outcome == KF__OUTCOME_RUNNING)
        return;
    if (kf__is(before, KF_KIND_STRING))
        kf__put(tree, status, "completionTime", kf__tree_copy(tree, before));
    else
        put_time(tree, status, "completionTime", progress->now_ms);
}

kf_status kf__status_build(const kf_experiment *experiment, const kf_progress *progress,
    kf_tree *tree, kf_value **out)
{
    kf_outcome outcome = kf__progress_outcome(experiment, progress);
    kf_value *status = kf__tree_struct(tree);
    if (experiment->is_job) {
        put_job(experiment, progress, outcome, tree, status);
    } else {
        put_time(tree, status, "startTime", progress->start_ms);
        put_completion(progress, outcome, tree, status);
        put_time(tree, status, "lastReconcileTime", progress->now_ms);
        put_conditions(experiment, progress, outcome, tree, status);
        put_best(experiment, kf__progress_best(experiment, progress), tree, status);
        put_trials(progress, tree, status);
    }
    KF__TRY(kf__tree_status(tree));
    *out = status;
    return KF_OK;
}
