/* SPDX-License-Identifier: Apache-2.0 */
/* The thread of an experiment: it asks, starts trials, takes what they report, and tells
 * the study, one thing at a time. */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "search/tune.h"

#define POLL_NS INT64_C(200000000)
enum { MOST_OBSERVATIONS = 100000 }; /* Of one metric of one trial. */

/* ---- reporting ---- */

static kf_progress progress_of(const kf_tune *tune)
{
    return (kf_progress){.trials = tune->results.items,
        .trial_count = tune->results.count,
        .exhausted = tune->exhausted,
        .failure = tune->failure,
        .start_ms = tune->started_ms,
        .now_ms = kf__now_ms()};
}

static void report(kf_tune *tune, kf_tune_event *event)
{
    if (tune->options.on_event == NULL)
        return;
    kf_progress progress = progress_of(tune);
    kf_counts counts = kf__progress_counts(&progress);
    const kf_trial_result *best = kf__progress_best(tune->experiment, &progress);
    event->experiment = tune->id;
    event->state = (kf_state)atomic_load(&tune->state);
    event->seconds = (double)(progress.now_ms - tune->begun_ms) / 1000;
    event->counts = (kf_tune_counts){counts.running, counts.succeeded, counts.failed,
        counts.killed, counts.early_stopped, counts.unavailable};
    event->max_trials = kf_experiment_max_trials(tune->experiment);
    event->best = best == NULL ? -1 : best - tune->results.items;
    event->best_value =
        best == NULL ? (double)NAN : kf__result_value(tune->experiment, best);
    event->best_params = best == NULL ? NULL : best->params;
    if (tune->options.on_event(event, tune->options.payload) != 0)
        kf_tune_cancel(tune);
}

static void report_trial(kf_tune *tune, const kf_slot *slot, kf_tune_event_kind kind,
    double value, const char *message)
{
    kf_tune_event event = {.kind = kind,
        .trial = slot->number,
        .trial_state = tune->results.items[slot->number].state,
        .params = slot->params,
        .value = value,
        .message = message};
    report(tune, &event);
}

/* ---- starting trials ---- */

static void slot_free(kf_slot *slot)
{
    if (slot == NULL)
        return;
    if (slot->stop_fd >= 0)
        (void)close(slot->stop_fd);
    kf__vec_finish(&slot->notes);
    kf__buf_finish(&slot->message);
    kf__free(slot->run);
    kf__tree_finish(&slot->tree);
    kf__free(slot);
}

static kf_status fill_slot(kf_tune *tune, const kf_trial *trial, kf_slot *slot)
{
    kf_arena *arena = &slot->tree.arena;
    long long number = (long long)trial->number;
    size_t metrics = kf_experiment_metric_count(tune->experiment);
    slot->tune = tune;
    slot->number = trial->number;
    slot->name = kf__arena_printf(arena, "%s-%lld", tune->id, number);
    slot->folder = kf__arena_printf(
        arena, "%s/experiments/%s/trial-%lld", tune->store->home, tune->id, number);
    slot->log =
        slot->folder == NULL ? NULL : kf__arena_printf(arena, "%s/log", slot->folder);
    slot->params = kf__tree_copy(&slot->tree, trial->params);
    slot->metrics = kf__arena_alloc(arena, (metrics + 1) * sizeof *slot->metrics);
    if (slot->name == NULL || slot->log == NULL || slot->metrics == NULL ||
        kf__tree_status(&slot->tree) != KF_OK)
        return kf__nomem();
    for (size_t i = 0; i < metrics; i++)
        slot->metrics[i] =
            kf__summary(kf_experiment_metric_at(tune->experiment, i)->name);
    slot->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (slot->stop_fd < 0)
        return kf__fail(KF_EIO, NULL, "no descriptor is left to start a trial");
    return KF_OK;
}

static kf_status read_run(kf_tune *tune, kf_slot *slot)
{
    kf_stmt *stmt;
    bool row = false;
    if (tune->pipeline == NULL)
        return KF_OK;
    KF__TRY(kf__db_prepare(tune->study->journal->db,
        "SELECT run FROM trials WHERE experiment = ?1 AND number = ?2", &stmt));
    kf__bind_int(stmt, 1, tune->row);
    kf__bind_int(stmt, 2, slot->number);
    KF__TRY(kf__db_step(stmt, &row));
    if (row && !kf__column_is_null(stmt, 0))
        slot->run = kf__strdup(kf__column_text(stmt, 0));
    kf__db_reset(stmt);
    return KF_OK;
}

static kf_status start_slot(kf_tune *tune, const kf_trial *trial, kf_slot *slot)
{
    KF__TRY(fill_slot(tune, trial, slot));
    KF__TRY(read_run(tune, slot));
    KF__TRY(kf__tune_put_trial(tune, slot));
    kf_trial_result *result = &tune->results.items[trial->number];
    result->name = kf__arena_strdup(&tune->tree.arena, slot->name);
    result->pending = false;
    if (result->name == NULL)
        return kf__nomem();
    KF__TRY(kf__vec_push(&tune->slots, slot));
    report_trial(tune, slot, KF_TUNE_TRIAL_STARTED, (double)NAN, NULL);
    kf_status status = kf__thread_start(&slot->thread, kf__slot_thread, slot);
    tune->slots.count -= status != KF_OK;
    return status;
}

static kf_status start_trial(kf_tune *tune, int64_t number)
{
    kf_slot *slot = kf__calloc(1, sizeof *slot);
    if (slot == NULL)
        return kf__nomem();
    slot->stop_fd = -1;
    kf_status status = start_slot(tune, kf_study_trial(tune->study, number), slot);
    if (status != KF_OK)
        slot_free(slot);
    return status;
}

/* Trials that were running when an earlier process ended. */
static kf_status start_pending(kf_tune *tune)
{
    for (size_t i = 0; i < tune->results.count; i++) {
        if ((int64_t)tune->slots.count >= kf_experiment_parallel(tune->experiment))
            return KF_OK;
        if (tune->results.items[i].pending)
            KF__TRY(start_trial(tune, (int64_t)i));
    }
    return KF_OK;
}

static kf_status start_new(kf_tune *tune)
{
    kf_progress progress = progress_of(tune);
    int64_t wanted = kf__progress_wanted(tune->experiment, &progress);
    for (; wanted > 0; wanted--) {
        int64_t number;
        kf_status status = kf_study_ask(tune->study, &number);
        if (status == KF_ENOENT) {
            tune->exhausted = true;
            return KF_OK;
        }
        KF__TRY(status);
        const kf_trial *trial = kf_study_trial(tune->study, number);
        kf_trial_result result = {
            .name = "", .state = KF_TRIAL_RUNNING, .params = trial->params};
        KF__TRY(kf__vec_push(&tune->results, result));
        KF__TRY(start_trial(tune, number));
    }
    return KF_OK;
}

/* ---- what trials report ---- */

static void stop_slot(kf_slot *slot, kf_trial_state state, const char *message)
{
    const uint64_t one = 1;
    if (slot->stopped)
        return;
    slot->stopped = true;
    slot->stop_state = state;
    slot->stop_message = message;
    (void)!write(slot->stop_fd, &one, sizeof one);
    kf__mutex_lock(&slot->tune->mutex);
    slot->quiet = true;
    kf__cond_broadcast(&slot->tune->room);
    kf__mutex_unlock(&slot->tune->mutex);
}

static kf_status take_objective(kf_tune *tune, kf_slot *slot, const kf_note *note)
{
    bool stop = false;
    int64_t step = note->step > slot->last_step ? note->step : slot->last_step + 1;
    slot->last_step = step;
    KF__TRY(kf_study_report(tune->study, slot->number, step, note->value, &stop));
    if (stop)
        stop_slot(slot, KF_TRIAL_EARLY_STOPPED, "stopped early");
    return KF_OK;
}

static kf_status take_note(kf_tune *tune, kf_slot *slot, const kf_note *note)
{
    kf_metric_summary *summary = &slot->metrics[note->metric];
    const kf_metric_record record = {.name = summary->name,
        .time_ns = note->time_ns,
        .value = isfinite(note->value) ? note->value : (double)NAN};
    bool keep = isfinite(note->value) && summary->count < MOST_OBSERVATIONS;
    kf_status status = KF_OK;
    if (keep && note->metric != 0)
        status = kf__tune_put_observation(
            tune, slot, note, note->step >= 0 ? note->step : (int64_t)summary->count);
    kf__summary_add(summary, &record);
    if (keep && note->metric == 0)
        status = take_objective(tune, slot, note);
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
        status = kf__db_commit(tune->study->journal->db);
    if (status != KF_OK)
        kf__db_rollback(tune->study->journal->db);
    else if (slot->metrics[0].count > before)
        report_trial(tune, slot, KF_TUNE_TRIAL_REPORTED, slot->metrics[0].latest, NULL);
    return status;
}

/* ---- ends of trials ---- */

static const char *what_was_looked_for(kf_tune *tune, kf_slot *slot)
{
    const kf_experiment_metric *objective =
        kf_experiment_metric_at(tune->experiment, 0);
    const char *kind = kf_experiment_collector_kind(tune->experiment);
    const char *where = tune->pipeline != NULL ? "metrics and outputs of the run"
                        : kind == NULL || strcmp(kind, "StdOut") == 0
                            ? "lines that it printed, such as name=0.5"
                            : kind;
    const char *text = kf__arena_printf(&slot->tree.arena,
        slot->metrics[0].count > 0 ? "the objective '%s' is not a finite number (%s)"
                                   : "no value of the objective '%s' was found in %s",
        objective->name,
        slot->metrics[0].count > 0 ? "as it was reported last" : where);
    return text != NULL ? text : "no value of the objective";
}

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

static kf_status keep_result(kf_tune *tune, kf_slot *slot, const kf_trial *trial)
{
    kf_trial_result *result = &tune->results.items[slot->number];
    size_t count = kf_experiment_metric_count(tune->experiment);
    kf_metric_summary *kept =
        kf__arena_alloc(&tune->tree.arena, (count + 1) * sizeof *kept);
    if (kept == NULL)
        return kf__nomem();
    memcpy(kept, slot->metrics, count * sizeof *kept);
    result->metrics = kept;
    result->state = trial->state;
    return KF_OK;
}

static kf_status tell(kf_tune *tune, kf_slot *slot)
{
    double values[64];
    bool have = read_values(tune, slot, values);
    if (slot->stopped && slot->stop_state == KF_TRIAL_EARLY_STOPPED)
        return kf__study_end(tune->study, slot->number, KF_TRIAL_EARLY_STOPPED,
            have ? values : NULL, slot->stop_message);
    if (slot->stopped)
        return kf_study_tell_state(
            tune->study, slot->number, slot->stop_state, slot->stop_message);
    if (slot->status != KF_OK)
        return kf_study_tell_state(
            tune->study, slot->number, KF_TRIAL_FAILED, kf__buf_text(&slot->message));
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
    report_trial(tune, slot, KF_TUNE_TRIAL_ENDED,
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
    slot_free(slot);
    tune->slots.count--;
    memmove(&tune->slots.items[index], &tune->slots.items[index + 1],
        (tune->slots.count - index) * sizeof *tune->slots.items);
    return status;
}

static kf_status settle_all(kf_tune *tune)
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

/* ---- the loop ---- */

static bool wait_for_news(kf_tune *tune)
{
    int64_t until = kf__monotonic_ns() + POLL_NS;
    kf__mutex_lock(&tune->mutex);
    while (!tune->urgent && !tune->canceled)
        if (!kf__cond_wait_until(&tune->news, &tune->mutex, until))
            break;
    bool news = tune->urgent || tune->canceled;
    tune->urgent = false;
    kf__mutex_unlock(&tune->mutex);
    return news;
}

static bool is_canceled(kf_tune *tune)
{
    kf__mutex_lock(&tune->mutex);
    bool canceled = tune->canceled;
    kf__mutex_unlock(&tune->mutex);
    return canceled;
}

static kf_status work(kf_tune *tune)
{
    for (;;) {
        kf_progress progress = progress_of(tune);
        if (is_canceled(tune) ||
            kf__progress_outcome(tune->experiment, &progress) != KF__OUTCOME_RUNNING)
            return KF_OK;
        KF__TRY(start_pending(tune));
        KF__TRY(start_new(tune));
        if (tune->slots.count == 0)
            continue;
        if (!wait_for_news(tune) && kf__tune_cancel_is_asked(tune))
            kf_tune_cancel(tune);
        KF__TRY(settle_all(tune));
    }
}

static kf_status stop_all(kf_tune *tune, const char *why)
{
    kf_status status = KF_OK;
    for (size_t i = 0; i < tune->slots.count; i++)
        stop_slot(tune->slots.items[i], KF_TRIAL_KILLED, why);
    while (tune->slots.count > 0) {
        (void)wait_for_news(tune);
        kf_status settled = settle_all(tune);
        if (status == KF_OK)
            status = settled;
    }
    return status;
}

/* What was asked and never begun, in a process before this one. */
static kf_status kill_pending(kf_tune *tune)
{
    for (size_t i = 0; i < tune->results.count; i++) {
        if (!tune->results.items[i].pending)
            continue;
        KF__TRY(kf_study_tell_state(tune->study, (int64_t)i, KF_TRIAL_KILLED,
            "the experiment ended before it began"));
        tune->results.items[i].state = KF_TRIAL_KILLED;
        tune->results.items[i].pending = false;
    }
    return KF_OK;
}

static kf_status judge(kf_tune *tune, kf_status worked, kf_outcome outcome)
{
    if (worked != KF_OK)
        return worked;
    if (outcome == KF__OUTCOME_FAILED)
        tune->error =
            tune->failure != NULL
                ? tune->failure
                : kf__arena_printf(&tune->tree.arena,
                      "%lld trials have failed or given no metrics "
                      "(maxFailedTrialCount)",
                      (long long)kf_experiment_max_failed_trials(tune->experiment));
    else if (outcome == KF__OUTCOME_RUNNING)
        tune->error = "the experiment was canceled";
    return outcome == KF__OUTCOME_FAILED    ? KF_EFAILED
           : outcome == KF__OUTCOME_RUNNING ? KF_ECANCELED
                                            : KF_OK;
}

static void finish(kf_tune *tune, kf_status worked)
{
    kf_progress progress = progress_of(tune);
    kf_outcome outcome = kf__progress_outcome(tune->experiment, &progress);
    if (worked != KF_OK)
        tune->error = kf__arena_strdup(&tune->tree.arena, kf_last_error()->message);
    kf_status stopped = stop_all(tune, "killed: the experiment ended");
    if (worked == KF_OK && stopped == KF_OK)
        stopped = kill_pending(tune);
    kf_status result = judge(tune, worked == KF_OK ? stopped : worked, outcome);
    kf_state state = result == KF_OK          ? KF_STATE_SUCCEEDED
                     : result == KF_ECANCELED ? KF_STATE_CANCELED
                                              : KF_STATE_FAILED;
    kf_status written =
        kf__tune_put_end(tune, state, kf__tune_reason(state, outcome), tune->error);
    if (written != KF_OK) {
        kf__log(KF_LOG_ERROR, "experiment %s: %s", tune->id, kf_last_error()->message);
        result = result == KF_OK ? written : result;
        state = result == KF_ECANCELED ? state : KF_STATE_FAILED;
    }
    tune->result = result;
    atomic_store(&tune->state, state);
}

void *kf__tune_thread(void *argument)
{
    kf_tune *tune = argument;
    finish(tune, work(tune));
    report(tune, &(kf_tune_event){.kind = KF_TUNE_ENDED,
                     .trial = -1,
                     .value = (double)NAN,
                     .message = tune->error});
    kf__mutex_lock(&tune->mutex);
    tune->over = true;
    kf__cond_broadcast(&tune->ended);
    kf__mutex_unlock(&tune->mutex);
    return NULL;
}
