/* SPDX-License-Identifier: Apache-2.0 */
/* Trials with values of the metrics loss and accuracy. */
#ifndef KF_PROGRESS_TEST_H
#define KF_PROGRESS_TEST_H

#include "experiment_test.h"

#include "search/status.h"

static const kf_trial_result all_states[] = {
    {.name = "p", .state = KF_TRIAL_RUNNING, .pending = true},
    {.name = "r", .state = KF_TRIAL_RUNNING},
    {.name = "s", .state = KF_TRIAL_SUCCEEDED},
    {.name = "f", .state = KF_TRIAL_FAILED},
    {.name = "k", .state = KF_TRIAL_KILLED},
    {.name = "e", .state = KF_TRIAL_EARLY_STOPPED},
    {.name = "m", .state = KF_TRIAL_METRICS_UNAVAILABLE},
};

static inline kf_trial_result result(const char *name, kf_trial_state state,
    kf_metric_summary *metrics, double loss, double accuracy)
{
    metrics[0] = kf__summary("loss");
    metrics[1] = kf__summary("accuracy");
    kf__summary_add(&metrics[0], &(kf_metric_record){"loss", KF__NO_TIME, loss, NULL});
    kf__summary_add(
        &metrics[1], &(kf_metric_record){"accuracy", KF__NO_TIME, accuracy, NULL});
    return (kf_trial_result){.name = name, .state = state, .metrics = metrics};
}

#endif
