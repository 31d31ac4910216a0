/* SPDX-License-Identifier: Apache-2.0 */
/* What became of an experiment, in the form of its document's status. */
#ifndef KF_SEARCH_STATUS_H
#define KF_SEARCH_STATUS_H

#include "search/experiment.h"
#include "search/metric.h"

/* One trial as its runner knows it; all is borrowed. */
typedef struct kf_trial_result {
    const char *name;
    kf_trial_state state;
    bool pending; /* RUNNING, but not begun yet. */
    const kf_value *params;
    const kf_metric_summary *metrics; /* One per metric of the experiment, in order. */
    const char *job;                  /* TrainJob of an OptimizationJob; NULL: name. */
} kf_trial_result;

typedef struct kf_progress {
    const kf_trial_result *trials; /* In the order of their making. */
    size_t trial_count;
    bool exhausted;      /* The algorithm has no more configurations. */
    const char *failure; /* Why it cannot go on; NULL. */
    bool restarting;     /* It had ended, and is about to go on. */
    int64_t start_ms, now_ms;
    const kf_value *before; /* The status before: times of what has not changed. */
} kf_progress;

typedef enum kf_outcome {
    KF__OUTCOME_RUNNING,
    KF__OUTCOME_GOAL,       /* Succeeded: the goal is reached. */
    KF__OUTCOME_MAX_TRIALS, /* Succeeded: maxTrialCount trials have ended. */
    KF__OUTCOME_END,        /* Succeeded: the algorithm has no more to try. */
    KF__OUTCOME_FAILED
} kf_outcome;

typedef struct kf_counts {
    int64_t pending, running, succeeded, failed, killed, early_stopped, unavailable;
} kf_counts;

kf_counts kf__progress_counts(const kf_progress *progress);
/* Trials that have ended, in any way. Katib leaves out those whose metrics are
 * unavailable where it counts how many more to make, and so makes too many. */
int64_t kf__counts_ended(const kf_counts *counts);
/* The value that counts for the first objective; NaN: none. Only of trials that did not
 * fail: those that run count as well. */
double kf__result_value(const kf_experiment *experiment, const kf_trial_result *trial);
/* Whether a value of the objective is the goal, or better. */
bool kf__is_goal(const kf_experiment_metric *objective, double value);
/* The best trial, the first one of equals; where values are text the last one that
 * succeeded; NULL: none has a value. */
const kf_trial_result *kf__progress_best(
    const kf_experiment *experiment, const kf_progress *progress);
/* Goal, then failures, then the number of trials, as Katib asks. */
kf_outcome kf__progress_outcome(
    const kf_experiment *experiment, const kf_progress *progress);
/* How many more trials to make now. */
int64_t kf__progress_wanted(
    const kf_experiment *experiment, const kf_progress *progress);
/* The status: ExperimentStatus, or OptimizationJobStatus. */
kf_status kf__status_build(const kf_experiment *experiment, const kf_progress *progress,
    kf_tree *tree, kf_value **out);

#endif
