/* SPDX-License-Identifier: Apache-2.0 */
/* What an experiment tells of itself while it is executed. */
#include "search/tune.h"

#include "base/clock.h"

kf_progress kf__tune_progress(const kf_tune *tune)
{
    return (kf_progress){.trials = tune->results.items,
        .trial_count = tune->results.count,
        .exhausted = tune->exhausted,
        .failure = tune->failure,
        .start_ms = tune->started_ms,
        .now_ms = kf__now_ms()};
}

void kf__tune_report(kf_tune *tune, kf_tune_event *event)
{
    if (tune->options.on_event == NULL)
        return;
    kf_progress progress = kf__tune_progress(tune);
    kf_counts counts = kf__progress_counts(&progress);
    const kf_trial_result *best = kf__progress_best(tune->experiment, &progress);
    event->experiment = tune->id;
    event->state = (kf_state)atomic_load(&tune->state);
    event->seconds = (double)(progress.now_ms - tune->begun_ms) / 1000;
    event->counts = (kf_tune_counts){counts.running, counts.succeeded, counts.failed,
        counts.killed, counts.early_stopped, counts.unavailable};
    event->max_trials = kf_experiment_max_trials(tune->experiment);
    event->best_value =
        best == NULL ? (double)NAN : kf__result_value(tune->experiment, best);
    if (isnan(event->best_value))
        best = NULL;
    event->best = best == NULL ? -1 : best - tune->results.items;
    event->best_params = best == NULL ? NULL : best->params;
    if (tune->options.on_event(event, tune->options.payload) != 0)
        kf_tune_cancel(tune);
}

void kf__tune_report_trial(kf_tune *tune, const kf_slot *slot, kf_tune_event_kind kind,
    double value, const char *message)
{
    kf_tune_event event = {.kind = kind,
        .trial = slot->number,
        .trial_state = tune->results.items[slot->number].state,
        .params = slot->params,
        .value = value,
        .message = message};
    kf__tune_report(tune, &event);
}
