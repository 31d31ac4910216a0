/* SPDX-License-Identifier: Apache-2.0 */
/* What trials report, and what becomes of them. */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "search/tune.h"

enum { MOST_OBSERVATIONS = 100000 }; /* Of one metric of one trial. */

/* ---- what trials report ---- */

static bool read_values(kf_tune *tune, const kf_slot *slot, double *values)
{
    size_t count = kf_experiment_objective_count(tune->experiment);
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        values[i] = kf__summary_value(
            &slot->metrics[i], kf_experiment_metric_at(tune->experiment, i)->strategy);
        all = all && isfinite(values[i]);
    }
    return all;
}

static kf_status take_objective(kf_tune *tune, kf_slot *slot, const kf_note *note)
{
    bool stop = false;
    int64_t next = slot->last_step < 0 ? 1 : slot->last_step + 1;
    int64_t step = note->step > slot->last_step ? note->step : next;
    slot->last_step = step;
    KF__TRY(kf_study_report(tune->study, slot->number, step, note->value, &stop));
    if (stop)
        kf__slot_stop(slot, KF_TRIAL_EARLY_STOPPED, "stopped early");
    return KF_OK;
}

static bool reaches_goal(kf_tune *tune, const kf_slot *slot)
{
    double values[KF__LIMIT_OBJECTIVES];
    const kf_experiment_metric *objective =
        kf_experiment_metric_at(tune->experiment, 0);
    return objective->has_goal && read_values(tune, slot, values) &&
           kf__is_goal(objective, values[0]);
}

static kf_status take_note(kf_tune *tune, kf_slot *slot, const kf_note *note)
{
    kf_metric_summary *summary = &slot->metrics[note->metric];
    const kf_metric_record record = {.name = summary->name,
        .time_ns = note->time_ns,
        .text = note->text,
        .value = isfinite(note->value) ? note->value : (double)NAN};
    bool keep = isfinite(note->value) && summary->count < MOST_OBSERVATIONS;
    kf_status status = KF_OK;
    if (keep && note->metric != 0)
        status = kf__tune_put_observation(
            tune, slot, note, note->step >= 0 ? note->step : (int64_t)summary->count);
    kf__summary_add(summary, &record);
    if (keep && note->metric == 0)
        status = take_objective(tune, slot, note);
    if (status == KF_OK && reaches_goal(tune, slot)) {
        kf__slot_stop(slot, KF_TRIAL_SUCCEEDED, NULL);
        tune->goal_reached = true;
    }
    return status;
}

static kf_status take_notes(
    kf_tune *tune, kf_slot *slot, const kf_note *notes, size_t count)
{
    kf_status status = KF_OK;
    size_t before = slot->metrics[0].count;
    KF__TRY(kf__db_begin(tune->study->journal->db));
    for (size_t i = 0; i < count && status == KF_OK && !slot->stopped; i++)
        status = take_note(tune, slot, &notes[i]);
    if (status == KF_OK)
        status = kf__tune_put_metrics(tune, slot);
    if (status == KF_OK)
        status = kf__db_commit(tune->study->journal->db);
    if (status != KF_OK)
        kf__db_rollback(tune->study->journal->db);
    else if (slot->metrics[0].count > before)
        kf__tune_report_trial(
            tune, slot, KF_TUNE_TRIAL_REPORTED, slot->metrics[0].latest, NULL);
    return status;
}

/* ---- ends of trials ---- */

static const char *where_to_look(const kf_tune *tune)
{
    const char *kind = kf_experiment_collector_kind(tune->experiment);
    return tune->pipeline != NULL ? "metrics and outputs of the run"
           : kind == NULL || strcmp(kind, "StdOut") == 0
               ? "lines that it printed, such as name=0.5"
               : kind;
}

static const char *what_was_looked_for(kf_tune *tune, kf_slot *slot)
{
    kf_arena *arena = &slot->tree.arena;
    const char *objective = kf_experiment_metric_at(tune->experiment, 0)->name;
    const char *text =
        slot->metrics[0].count > 0
            ? kf__arena_printf(arena,
                  "the objective '%s' is not a finite number as it was reported last",
                  objective)
            : kf__arena_printf(arena, "no value of the objective '%s' was found in %s",
                  objective, where_to_look(tune));
    if (text != NULL && slot->remark != NULL)
        text = kf__arena_printf(arena, "%s; %s", text, slot->remark);
    return text != NULL ? text : "no value of the objective";
}

static kf_status keep_result(kf_tune *tune, kf_slot *slot, const kf_trial *trial)
{
    kf_trial_result *result = &tune->results.items[slot->number];
    size_t count = kf_experiment_metric_count(tune->experiment);
    kf_metric_summary *kept =
        kf__arena_alloc(&tune->tree.arena, (count + 1) * sizeof *kept);
    if (kept == NULL)
        return kf__nomem();
    for (size_t i = 0; i < count; i++) {
        kept[i] = slot->metrics[i];
        kept[i].text = kf__arena_strdup(&tune->tree.arena, slot->metrics[i].text);
        if (kept[i].text == NULL && slot->metrics[i].text != NULL)
            return kf__nomem();
    }
    result->metrics = kept;
    result->state = trial->state;
    return KF_OK;
}

static kf_status tell(kf_tune *tune, kf_slot *slot)
{
    double values[KF__LIMIT_OBJECTIVES];
    bool have = read_values(tune, slot, values);
    if (slot->stopped && slot->stop_state == KF_TRIAL_EARLY_STOPPED)
        return kf__study_end(tune->study, slot->number, KF_TRIAL_EARLY_STOPPED,
            have ? values : NULL, slot->stop_message);
    /* What has reached the goal has done what it was to do, however it ends. */
    if (slot->stopped && slot->stop_state != KF_TRIAL_SUCCEEDED)
        return kf_study_tell_state(
            tune->study, slot->number, slot->stop_state, slot->stop_message);
    if (!slot->stopped && slot->status != KF_OK)
        return kf_study_tell_state(
            tune->study, slot->number, KF_TRIAL_FAILED, kf__buf_text(&slot->message));
    if (!have && tune->takes_text && slot->metrics[0].text != NULL)
        return kf__study_end(tune->study, slot->number, KF_TRIAL_SUCCEEDED, NULL, NULL);
    if (!have)
        return kf_study_tell_state(tune->study, slot->number,
            KF_TRIAL_METRICS_UNAVAILABLE, what_was_looked_for(tune, slot));
    return kf_study_tell_values(tune->study, slot->number, values,
        kf_experiment_objective_count(tune->experiment));
}

static kf_status end_slot(kf_tune *tune, kf_slot *slot)
{
    (void)pthread_join(slot->thread, NULL);
    KF__TRY(kf__tune_put_metrics(tune, slot));
    KF__TRY(tell(tune, slot));
    const kf_trial *trial = kf_study_trial(tune->study, slot->number);
    KF__TRY(keep_result(tune, slot, trial));
    kf__tune_report_trial(tune, slot, KF_TUNE_TRIAL_ENDED,
        trial->values != NULL ? trial->values[0] : (double)NAN, trial->message);
    return KF_OK;
}

/* One slot: what it handed over, and its end. */
static kf_status settle(kf_tune *tune, size_t index)
{
    kf_slot *slot = tune->slots.items[index];
    kf__mutex_lock(&tune->mutex);
    kf_note *notes = slot->notes.items;
    size_t count = slot->notes.count;
    memset(&slot->notes, 0, sizeof slot->notes);
    bool ended = slot->ended;
    bool new_run = slot->run_is_new;
    slot->run_is_new = false;
    kf__cond_broadcast(&tune->room);
    kf__mutex_unlock(&tune->mutex);
    kf_status status = KF_OK;
    if (new_run)
        status = kf__tune_put_trial(tune, slot);
    if (status == KF_OK && count > 0 && !slot->stopped)
        status = take_notes(tune, slot, notes, count);
    kf__free(notes);
    if (!ended)
        return status;
    if (status == KF_OK)
        status = end_slot(tune, slot);
    else
        (void)pthread_join(slot->thread, NULL);
    kf__slot_free(slot);
    tune->slots.count--;
    memmove(&tune->slots.items[index], &tune->slots.items[index + 1],
        (tune->slots.count - index) * sizeof *tune->slots.items);
    return status;
}

kf_status kf__tune_settle(kf_tune *tune)
{
    kf_status status = KF_OK;
    for (size_t i = 0; i < tune->slots.count;) {
        size_t before = tune->slots.count;
        kf_status settled = settle(tune, i);
        if (status == KF_OK)
            status = settled;
        i += tune->slots.count == before;
    }
    return status;
}
