/* SPDX-License-Identifier: Apache-2.0 */
#include "search/journal.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "io/json.h"
#include "io/process.h"
#include "run/store.h"

/* ---- values as text ---- */

static kf_status put_value(kf_stmt *stmt, int index, const kf_value *value)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, value, KF_JSON_COMPACT);
    kf_status status = text.status;
    if (status == KF_OK)
        kf__bind_text(stmt, index, kf__buf_text(&text));
    kf__buf_finish(&text);
    return status;
}

/* Doubles to the last digit; NaN is null. */
static kf_status put_numbers(
    kf_stmt *stmt, int index, const double *numbers, size_t count)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_putc(&text, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            kf__buf_putc(&text, ',');
        if (isnan(numbers[i]))
            kf__buf_puts(&text, "null");
        else
            kf__put_double(&text, numbers[i]);
    }
    kf__buf_putc(&text, ']');
    kf_status status = text.status;
    if (status == KF_OK)
        kf__bind_text(stmt, index, kf__buf_text(&text));
    kf__buf_finish(&text);
    return status;
}

/* ---- writing ---- */

static kf_status put_trial(const kf_study *study, const kf_trial *trial)
{
    const kf_journal *journal = study->journal;
    kf_stmt *stmt;
    bool ended = trial->state != KF_TRIAL_RUNNING;
    int64_t now = kf__now_ms();
    KF__TRY(kf__db_prepare(journal->db,
        "INSERT INTO trials (experiment, number, state, point, params, attributes,"
        " \"values\", message, ended, foreign_point, started, finished)"
        " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)"
        " ON CONFLICT (experiment, number) DO UPDATE SET state = ?3, \"values\" = ?7,"
        " message = ?8, ended = ?9, finished = ?12",
        &stmt));
    kf__bind_int(stmt, 1, journal->experiment);
    kf__bind_int(stmt, 2, trial->number);
    kf__bind_int(stmt, 3, trial->state);
    KF__TRY(put_numbers(stmt, 4, trial->point, kf_space_count(study->space)));
    KF__TRY(put_value(stmt, 5, trial->params));
    KF__TRY(put_value(stmt, 6, trial->attributes));
    if (trial->values != NULL)
        KF__TRY(put_numbers(stmt, 7, trial->values, study->objective_count));
    else
        kf__bind_null(stmt, 7);
    kf__bind_text(stmt, 8, trial->message);
    kf__bind_int(stmt, 9, trial->order);
    kf__bind_int(stmt, 10, trial->foreign);
    kf__bind_int(stmt, 11, now);
    kf__bind_int(stmt, 12, ended ? now : 0);
    return kf__db_run(stmt);
}

static kf_status take_from_queue(const kf_journal *journal)
{
    kf_stmt *stmt;
    KF__TRY(kf__db_prepare(journal->db,
        "DELETE FROM trial_queue WHERE experiment = ?1 AND position ="
        " (SELECT min(position) FROM trial_queue WHERE experiment = ?1)",
        &stmt));
    kf__bind_int(stmt, 1, journal->experiment);
    return kf__db_run(stmt);
}

static kf_status finish(kf_db *db, kf_status status)
{
    if (status == KF_OK)
        status = kf__db_commit(db);
    if (status != KF_OK)
        kf__db_rollback(db);
    return status;
}

/* The least loss of all trials but one. */
static double least_loss(const kf_study *study, int64_t number)
{
    double least = INFINITY;
    for (size_t i = 0; i < study->entries.count; i++) {
        double loss = kf__trial_loss(&study->entries.items[i]->trial);
        if ((int64_t)i != number && loss < least)
            least = loss;
    }
    return least;
}

/* Written where a trial is better than all before it, so that lists need not look. */
static kf_status put_best(const kf_study *study, const kf_trial *trial)
{
    kf_journal *journal = study->journal;
    double loss = kf__trial_loss(trial);
    kf_stmt *stmt;
    if (!journal->knows_best)
        journal->best = least_loss(study, trial->number);
    journal->knows_best = true;
    if (!(loss < journal->best))
        return KF_OK;
    journal->best = loss;
    KF__TRY(kf__db_prepare(
        journal->db, "UPDATE experiments SET best = ?2 WHERE number = ?1", &stmt));
    kf__bind_int(stmt, 1, journal->experiment);
    kf__bind_double(stmt, 2, trial->values[0]);
    return kf__db_run(stmt);
}

kf_status kf__journal_trial(
    const kf_study *study, const kf_entry *entry, bool from_queue)
{
    kf_journal *journal = study->journal;
    if (journal == NULL)
        return KF_OK;
    KF__TRY(kf__db_begin(journal->db));
    kf_status status = put_trial(study, &entry->trial);
    if (status == KF_OK)
        status = put_best(study, &entry->trial);
    if (status == KF_OK && from_queue)
        status = take_from_queue(journal);
    status = finish(journal->db, status);
    journal->knows_best = journal->knows_best && status == KF_OK;
    return status;
}

kf_status kf__journal_observation(const kf_study *study, const kf_trial *trial,
    int64_t position, const kf_observation *observation)
{
    const kf_journal *journal = study->journal;
    kf_stmt *stmt;
    if (journal == NULL)
        return KF_OK;
    KF__TRY(kf__db_prepare(journal->db,
        "INSERT INTO observations (experiment, trial, metric, position, step, value,"
        " time) VALUES (?1,?2,?3,?4,?5,?6,?7)",
        &stmt));
    kf__bind_int(stmt, 1, journal->experiment);
    kf__bind_int(stmt, 2, trial->number);
    kf__bind_text(stmt, 3, study->objectives[0]);
    kf__bind_int(stmt, 4, position);
    kf__bind_int(stmt, 5, observation->step);
    kf__bind_double(stmt, 6, observation->value);
    kf__bind_int(stmt, 7, kf__now_ms());
    return kf__db_run(stmt);
}

kf_status kf__journal_enqueue(const kf_study *study, const kf_value *params)
{
    const kf_journal *journal = study->journal;
    kf_stmt *stmt;
    if (journal == NULL)
        return KF_OK;
    KF__TRY(kf__db_prepare(journal->db,
        "INSERT INTO trial_queue (experiment, position, params) VALUES (?1,"
        " (SELECT coalesce(max(position), 0) + 1 FROM trial_queue WHERE experiment = "
        "?1),"
        " ?2)",
        &stmt));
    kf__bind_int(stmt, 1, journal->experiment);
    KF__TRY(put_value(stmt, 2, params));
    return kf__db_run(stmt);
}

/* ---- reading ---- */

static kf_status read_json(kf_tree *tree, const char *text, kf_value **out)
{
    *out = NULL;
    return text == NULL ? KF_OK : kf__json_read(tree, text, strlen(text), out);
}

static void get_numbers(const kf_value *list, double *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const kf_value *item = kf_value_at(list, i);
        out[i] =
            kf_value_kind(item) == KF_KIND_NULL ? (double)NAN : kf_value_double(item);
    }
}

/* The columns of a trial that are JSON. */
typedef struct columns {
    kf_value *point, *params, *attributes, *values;
} columns;

static kf_status read_columns(kf_stmt *stmt, kf_tree *tree, columns *out)
{
    KF__TRY(read_json(tree, kf__column_text(stmt, 2), &out->point));
    KF__TRY(read_json(tree, kf__column_text(stmt, 3), &out->params));
    KF__TRY(read_json(tree, kf__column_text(stmt, 4), &out->attributes));
    return read_json(tree, kf__column_text(stmt, 5), &out->values);
}

static kf_status restore(kf_study *study, kf_stmt *stmt, const columns *from)
{
    kf_entry *entry;
    double values[KF__LIMIT_OBJECTIVES];
    KF__TRY(kf__entry_new(study, &entry));
    get_numbers(from->point, entry->point, kf_space_count(study->space));
    get_numbers(from->values, values, study->objective_count);
    entry->trial.order = kf__column_int(stmt, 7);
    entry->trial.foreign = kf__column_int(stmt, 8) != 0;
    study->ended += entry->trial.order >= 0;
    return kf__entry_restore(study, entry, from->params, from->attributes,
        (kf_trial_state)kf__column_int(stmt, 1), from->values != NULL ? values : NULL,
        kf__column_text(stmt, 6));
}

static kf_status read_trial(kf_study *study, kf_stmt *stmt)
{
    kf_tree scratch = KF__TREE_INIT;
    columns read;
    kf_status status = read_columns(stmt, &scratch, &read);
    if (status == KF_OK)
        status = restore(study, stmt, &read);
    kf__tree_finish(&scratch);
    return status;
}

static kf_status read_trials(kf_study *study)
{
    kf_stmt *stmt;
    bool row = false;
    KF__TRY(kf__db_prepare(study->journal->db,
        "SELECT number, state, point, params, attributes, \"values\", message, ended,"
        " foreign_point FROM trials WHERE experiment = ?1 ORDER BY number",
        &stmt));
    kf__bind_int(stmt, 1, study->journal->experiment);
    for (;;) {
        KF__TRY(kf__db_step(stmt, &row));
        if (!row)
            return KF_OK;
        kf_status status = read_trial(study, stmt);
        if (status != KF_OK) {
            kf__db_reset(stmt);
            return status;
        }
    }
}

static kf_status read_observations(kf_study *study)
{
    kf_stmt *stmt;
    bool row = false;
    KF__TRY(kf__db_prepare(study->journal->db,
        "SELECT trial, step, value FROM observations WHERE experiment = ?1 AND"
        " metric = ?2 ORDER BY trial, position",
        &stmt));
    kf__bind_int(stmt, 1, study->journal->experiment);
    kf__bind_text(stmt, 2, study->objectives[0]);
    for (;;) {
        KF__TRY(kf__db_step(stmt, &row));
        if (!row)
            return KF_OK;
        int64_t number = kf__column_int(stmt, 0);
        if (number < 0 || (size_t)number >= study->entries.count)
            continue;
        kf_status status = kf__entry_observe(study->entries.items[number],
            kf__column_int(stmt, 1), kf__column_double(stmt, 2));
        if (status != KF_OK) {
            kf__db_reset(stmt);
            return status;
        }
    }
}

static kf_status read_queue(kf_study *study)
{
    kf_stmt *stmt;
    bool row = false;
    KF__TRY(kf__db_prepare(study->journal->db,
        "SELECT params FROM trial_queue WHERE experiment = ?1 ORDER BY position",
        &stmt));
    kf__bind_int(stmt, 1, study->journal->experiment);
    for (;;) {
        KF__TRY(kf__db_step(stmt, &row));
        if (!row)
            return KF_OK;
        kf_value *params;
        kf_tree scratch = KF__TREE_INIT;
        kf_status status = read_json(&scratch, kf__column_text(stmt, 0), &params);
        if (status == KF_OK)
            status = kf__study_queue(study, params);
        kf__tree_finish(&scratch);
        if (status != KF_OK) {
            kf__db_reset(stmt);
            return status;
        }
    }
}

/* ---- opening ---- */

static kf_status study_document(const kf_study *study, kf_buf *out)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *document = kf__tree_struct(&tree);
    kf__put(&tree, document, "parameters", kf__space_document(study->space, &tree));
    kf_value *objectives = kf__put_list(&tree, document, "objectives");
    for (size_t i = 0; i < study->objective_count; i++) {
        kf_value *objective = kf__tree_struct(&tree);
        kf__put_text(&tree, objective, "name", study->objectives[i]);
        kf__put_text(&tree, objective, "type",
            study->directions[i] == KF_MAXIMIZE ? "maximize" : "minimize");
        kf__push(&tree, objectives, objective);
    }
    if (study->nas_config != NULL)
        kf__put(&tree, document, "nasConfig", kf__tree_copy(&tree, study->nas_config));
    kf__put_text(&tree, document, "algorithm", study->sampler->name);
    kf__put(&tree, document, "settings", kf__tree_copy(&tree, study->settings.values));
    kf__put_text(&tree, document, "earlyStopping",
        study->stopper != NULL ? study->stopper->name : NULL);
    if (study->stopper != NULL)
        kf__put(&tree, document, "stoppingSettings",
            kf__tree_copy(&tree, study->stopping.values));
    kf__put(&tree, document, "seed",
        kf__tree_printf(&tree, "%llu", (unsigned long long)study->seed));
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK)
        kf__put_json_sorted_as(out, document, KF_JSON_COMPACT);
    kf__tree_finish(&tree);
    return status == KF_OK ? out->status : status;
}

static kf_status find_study(
    kf_journal *journal, const char *name, const char *document, bool *found)
{
    kf_stmt *stmt;
    KF__TRY(kf__db_prepare(journal->db,
        "SELECT number, document, kind, owner_pid, owner_start FROM experiments"
        " WHERE id = ?1",
        &stmt));
    kf__bind_text(stmt, 1, name);
    KF__TRY(kf__db_step(stmt, found));
    if (!*found)
        return KF_OK;
    kf_status status = KF_OK;
    int64_t owner = kf__column_int(stmt, 3);
    journal->experiment = kf__column_int(stmt, 0);
    if (kf__column_int(stmt, 2) != KF__EXPERIMENT_STUDY ||
        strcmp(kf__column_text(stmt, 1), document) != 0)
        status = kf__fail(KF_EEXIST, name,
            "the store has '%.200s' already, with another space, objective, algorithm "
            "or seed: give this study another name, or open that one as it was begun",
            name);
    else if (owner > 0 && kf__process_alive((pid_t)owner, kf__column_int(stmt, 4)))
        status = kf__fail(KF_EBUSY, name, "process %lld has the study '%.200s' open",
            (long long)owner, name);
    kf__db_reset(stmt);
    return status;
}

static kf_status put_owner(kf_journal *journal, pid_t pid)
{
    kf_stmt *stmt;
    journal->owned = pid > 0;
    KF__TRY(kf__db_prepare(journal->db,
        "UPDATE experiments SET owner_pid = ?2, owner_start = ?3 WHERE number = ?1",
        &stmt));
    kf__bind_int(stmt, 1, journal->experiment);
    kf__bind_int(stmt, 2, (int64_t)pid);
    kf__bind_int(stmt, 3, pid > 0 ? kf__process_start_time(pid) : 0);
    return kf__db_run(stmt);
}

kf_status kf__bind_head(kf_stmt *stmt, int index, const char *algorithm,
    const char *objective, kf_direction direction)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *head = kf__tree_struct(&tree);
    kf__put_text(&tree, head, "algorithm", algorithm);
    kf__put_text(&tree, head, "objective", objective);
    kf__put_text(
        &tree, head, "direction", direction == KF_MAXIMIZE ? "maximize" : "minimize");
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK)
        status = put_value(stmt, index, head);
    kf__tree_finish(&tree);
    return status;
}

static kf_status begin_study(
    const kf_study *study, const char *name, const char *document)
{
    kf_journal *journal = study->journal;
    kf_stmt *stmt;
    KF__TRY(kf__db_prepare(journal->db,
        "INSERT INTO experiments (id, name, kind, document, state, created, started,"
        " head) VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?5, ?6)",
        &stmt));
    kf__bind_text(stmt, 1, name);
    kf__bind_int(stmt, 2, KF__EXPERIMENT_STUDY);
    kf__bind_text(stmt, 3, document);
    kf__bind_int(stmt, 4, KF_STATE_RUNNING);
    kf__bind_int(stmt, 5, kf__now_ms());
    KF__TRY(kf__bind_head(
        stmt, 6, study->sampler->name, study->objectives[0], study->directions[0]));
    KF__TRY(kf__db_run(stmt));
    journal->experiment = kf__db_last_id(journal->db);
    return KF_OK;
}

static kf_status enter(const kf_study *study, const char *name, const char *document)
{
    kf_journal *journal = study->journal;
    bool found = false;
    KF__TRY(kf__db_begin(journal->db));
    kf_status status = find_study(journal, name, document, &found);
    if (status == KF_OK && !found)
        status = begin_study(study, name, document);
    if (status == KF_OK)
        status = put_owner(journal, getpid());
    return finish(journal->db, status);
}

static kf_status read_all(kf_study *study)
{
    KF__TRY(read_trials(study));
    KF__TRY(read_observations(study));
    return read_queue(study);
}

static kf_status new_journal(kf_study *study, const kf_store *store)
{
    study->journal = kf__calloc(1, sizeof *study->journal);
    if (study->journal == NULL)
        return kf__nomem();
    return kf__db_open(store->path, kf__store_migrations, &study->journal->db);
}

kf_status kf__journal_open(kf_study *study, const kf_store *store, const char *name)
{
    kf_buf document = KF__BUF_INIT;
    KF__TRY(new_journal(study, store));
    kf_status status = study_document(study, &document);
    if (status == KF_OK)
        status = enter(study, name, kf__buf_text(&document));
    kf__buf_finish(&document);
    return status == KF_OK ? read_all(study) : status;
}

kf_status kf__journal_attach(kf_study *study, const kf_store *store, int64_t experiment)
{
    KF__TRY(new_journal(study, store));
    study->journal->experiment = experiment;
    return read_all(study);
}

kf_status kf__journal_read(kf_study *study, kf_db *db, int64_t experiment)
{
    kf_journal journal = {.db = db, .experiment = experiment};
    study->journal = &journal;
    kf_status status = read_trials(study);
    if (status == KF_OK)
        status = read_observations(study);
    study->journal = NULL;
    return status;
}

void kf__journal_close(kf_journal *journal)
{
    if (journal == NULL)
        return;
    if (journal->owned)
        (void)put_owner(journal, 0);
    kf__db_close(journal->db);
    kf__free(journal);
}
