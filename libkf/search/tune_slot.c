/* SPDX-License-Identifier: Apache-2.0 */
/* Trials that begin, and are stopped. */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "search/past.h"
#include "search/tune.h"

void kf__slot_free(kf_slot *slot)
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
    slot->last_step = -1;
    slot->parent = kf__noted_int(trial, "parent");
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

static kf_status read_text(kf_stmt *stmt, char **out)
{
    bool row = false;
    KF__TRY(kf__db_step(stmt, &row));
    if (row && !kf__column_is_null(stmt, 0)) {
        *out = kf__strdup(kf__column_text(stmt, 0));
        if (*out == NULL) {
            kf__db_reset(stmt);
            return kf__nomem();
        }
    }
    kf__db_reset(stmt);
    return KF_OK;
}

/* Of a trial that was running before: the run it knew, or one that had just been begun
 * for it. */
static kf_status read_run(kf_tune *tune, kf_slot *slot)
{
    kf_stmt *stmt;
    kf_db *db = tune->study->journal->db;
    KF__TRY(kf__db_prepare(
        db, "SELECT run FROM trials WHERE experiment = ?1 AND number = ?2", &stmt));
    kf__bind_int(stmt, 1, tune->row);
    kf__bind_int(stmt, 2, slot->number);
    KF__TRY(read_text(stmt, &slot->run));
    if (slot->run != NULL)
        return KF_OK;
    kf_buf option = KF__BUF_INIT;
    kf__buf_puts(&option, "\"trial\":");
    kf__put_json_text(&option, slot->name, strlen(slot->name));
    kf_status status = option.status;
    if (status == KF_OK)
        status = kf__db_prepare(db,
            "SELECT id FROM runs WHERE display_name = ?1 AND instr(options, ?2) > 0"
            " AND created >= ?3 ORDER BY number DESC LIMIT 1",
            &stmt);
    if (status == KF_OK) {
        kf__bind_text(stmt, 1, slot->name);
        kf__bind_text(stmt, 2, kf__buf_text(&option));
        kf__bind_int(stmt, 3, tune->started_ms);
        status = read_text(stmt, &slot->run);
    }
    kf__buf_finish(&option);
    return status;
}

static kf_status start_slot(kf_tune *tune, const kf_trial *trial, kf_slot *slot)
{
    KF__TRY(fill_slot(tune, trial, slot));
    if (tune->pipeline != NULL && tune->results.items[slot->number].pending)
        KF__TRY(read_run(tune, slot));
    KF__TRY(kf__tune_put_trial(tune, slot));
    kf_trial_result *result = &tune->results.items[trial->number];
    result->name = kf__arena_strdup(&tune->tree.arena, slot->name);
    result->pending = false;
    if (result->name == NULL)
        return kf__nomem();
    KF__TRY(kf__vec_push(&tune->slots, slot));
    kf__tune_report_trial(tune, slot, KF_TUNE_TRIAL_STARTED, (double)NAN, NULL);
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
        kf__slot_free(slot);
    return status;
}

/* Trials that were running when an earlier process ended. */
kf_status kf__tune_start_pending(kf_tune *tune)
{
    for (size_t i = 0; i < tune->results.count; i++) {
        if ((int64_t)tune->slots.count >= kf_experiment_parallel(tune->experiment))
            return KF_OK;
        if (tune->results.items[i].pending)
            KF__TRY(start_trial(tune, (int64_t)i));
    }
    return KF_OK;
}

kf_status kf__tune_start_new(kf_tune *tune)
{
    kf_progress progress = kf__tune_progress(tune);
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

void kf__slot_stop(kf_slot *slot, kf_trial_state state, const char *message)
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
