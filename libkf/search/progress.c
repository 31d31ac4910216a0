/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an experiment goes on: ReconcileTrials and UpdateExperimentStatus of Katib's
 * experiment controller, without their faults. */
#include "search/status.h"

static void count(kf_counts *counts, const kf_trial_result *trial)
{
    switch (trial->state) {
    case KF_TRIAL_RUNNING:
        counts->pending += trial->pending;
        counts->running += !trial->pending;
        break;
    case KF_TRIAL_SUCCEEDED:
        counts->succeeded++;
        break;
    case KF_TRIAL_FAILED:
        counts->failed++;
        break;
    case KF_TRIAL_KILLED:
        counts->killed++;
        break;
    case KF_TRIAL_EARLY_STOPPED:
        counts->early_stopped++;
        break;
    case KF_TRIAL_METRICS_UNAVAILABLE:
        counts->unavailable++;
        break;
    }
}

kf_counts kf__progress_counts(const kf_progress *progress)
{
    kf_counts counts = {0};
    for (size_t i = 0; i < progress->trial_count; i++)
        count(&counts, &progress->trials[i]);
    return counts;
}

int64_t kf__counts_ended(const kf_counts *counts)
{
    return counts->succeeded + counts->failed + counts->killed + counts->early_stopped +
           counts->unavailable;
}

double kf__result_value(const kf_experiment *experiment, const kf_trial_result *trial)
{
    const kf_experiment_metric *objective = kf_experiment_metric_at(experiment, 0);
    if (objective == NULL || trial->metrics == NULL ||
        trial->state == KF_TRIAL_FAILED || trial->state == KF_TRIAL_KILLED)
        return (double)NAN;
    double value = kf__summary_value(&trial->metrics[0], objective->strategy);
    return isfinite(value) ? value : (double)NAN;
}

static bool is_better(kf_direction direction, double value, double best)
{
    return direction == KF_MAXIMIZE ? value > best : value < best;
}

/* What is found within trials, as darts does, is text: the last one counts. */
static const kf_trial_result *last_text(const kf_progress *progress)
{
    for (size_t i = progress->trial_count; i-- > 0;) {
        const kf_trial_result *trial = &progress->trials[i];
        if (trial->state == KF_TRIAL_SUCCEEDED && trial->metrics != NULL &&
            trial->metrics[0].text != NULL)
            return trial;
    }
    return NULL;
}

const kf_trial_result *kf__progress_best(
    const kf_experiment *experiment, const kf_progress *progress)
{
    const kf_experiment_metric *objective = kf_experiment_metric_at(experiment, 0);
    const kf_trial_result *best = NULL;
    double best_value = (double)NAN;
    for (size_t i = 0; i < progress->trial_count; i++) {
        double value = kf__result_value(experiment, &progress->trials[i]);
        if (isnan(value) ||
            (best != NULL && !is_better(objective->direction, value, best_value)))
            continue;
        best = &progress->trials[i];
        best_value = value;
    }
    return best != NULL ? best : last_text(progress);
}

bool kf__is_goal(const kf_experiment_metric *objective, double value)
{
    return objective->has_goal &&
           (value == objective->goal ||
               is_better(objective->direction, value, objective->goal));
}

static bool goal_reached(const kf_experiment *experiment, const kf_progress *progress)
{
    const kf_experiment_metric *objective = kf_experiment_metric_at(experiment, 0);
    const kf_trial_result *best = kf__progress_best(experiment, progress);
    return objective != NULL && best != NULL &&
           kf__is_goal(objective, kf__result_value(experiment, best));
}

kf_outcome kf__progress_outcome(
    const kf_experiment *experiment, const kf_progress *progress)
{
    kf_counts counts = kf__progress_counts(progress);
    int64_t most_failed = kf_experiment_max_failed_trials(experiment);
    int64_t most = kf_experiment_max_trials(experiment);
    if (goal_reached(experiment, progress))
        return KF__OUTCOME_GOAL;
    if (progress->failure != NULL ||
        (most_failed > 0 && counts.failed + counts.unavailable >= most_failed))
        return KF__OUTCOME_FAILED;
    if (most > 0 && kf__counts_ended(&counts) >= most)
        return KF__OUTCOME_MAX_TRIALS;
    if (progress->exhausted && counts.pending + counts.running == 0)
        return KF__OUTCOME_END;
    return KF__OUTCOME_RUNNING;
}

int64_t kf__progress_wanted(
    const kf_experiment *experiment, const kf_progress *progress)
{
    if (progress->exhausted ||
        kf__progress_outcome(experiment, progress) != KF__OUTCOME_RUNNING)
        return 0;
    kf_counts counts = kf__progress_counts(progress);
    int64_t active = counts.pending + counts.running;
    int64_t wanted = kf_experiment_parallel(experiment) - active;
    int64_t most = kf_experiment_max_trials(experiment);
    int64_t left = most - kf__counts_ended(&counts) - active;
    if (most > 0 && wanted > left)
        wanted = left;
    return wanted > 0 ? wanted : 0;
}
