/* SPDX-License-Identifier: Apache-2.0 */
/* Experiments in the store. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "io/json.h"
#include "io/process.h"
#include "search/tune.h"

#define COLUMNS                                                                        \
    "number, id, name, document, error, options, kind, created, started, finished,"    \
    " owner_pid, owner_start, state, cancel, reason"

static kf_db *writer(const kf_tune *tune)
{
    return tune->study != NULL && tune->study->journal != NULL &&
                   tune->study->journal->db != NULL
               ? tune->study->journal->db
               : tune->store->db;
}

/* ---- rows ---- */

static const char *text_of(kf_tune_row *row, kf_stmt *stmt, int column)
{
    const char *text = kf__column_text(stmt, column);
    if (text == NULL)
        return NULL;
    const char *copy = kf__arena_strdup(&row->tree.arena, text);
    if (copy == NULL)
        row->tree.status = KF_ENOMEM;
    return copy;
}

static kf_status read_row(kf_tune_row *row, kf_stmt *stmt)
{
    row->number = kf__column_int(stmt, 0);
    row->id = text_of(row, stmt, 1);
    row->name = text_of(row, stmt, 2);
    row->document = text_of(row, stmt, 3);
    row->error = text_of(row, stmt, 4);
    row->options_text = text_of(row, stmt, 5);
    row->options = kf__json_column(&row->tree, row->options_text);
    row->kind = kf__column_int(stmt, 6);
    row->created = kf__column_int(stmt, 7);
    row->started = kf__column_int(stmt, 8);
    row->finished = kf__column_int(stmt, 9);
    row->owner_pid = kf__column_int(stmt, 10);
    row->owner_start = kf__column_int(stmt, 11);
    row->state = (kf_state)kf__column_int(stmt, 12);
    row->cancel = kf__column_int(stmt, 13) != 0;
    row->reason = text_of(row, stmt, 14);
    return kf__tree_status(&row->tree);
}

static kf_status find(kf_db *db, const char *id, kf_tune_row *out)
{
    kf_stmt *stmt;
    bool row = false;
    KF__TRY(kf__db_prepare(db,
        "SELECT " COLUMNS ", id = ?1 FROM experiments WHERE id = ?1"
        " OR substr(id, 1, length(?1)) = ?1 OR (?1 = 'latest' AND number ="
        " (SELECT max(number) FROM experiments)) ORDER BY id = ?1 DESC, number DESC"
        " LIMIT 2",
        &stmt));
    kf__bind_text(stmt, 1, id);
    KF__TRY(kf__db_step(stmt, &row));
    if (!row)
        return kf__fail(KF_ENOENT, id,
            "there is no experiment '%.200s' in the store: kf experiments lists them",
            id);
    kf_status status = read_row(out, stmt);
    bool exact = kf__column_int(stmt, 15) != 0;
    if (status == KF_OK && !exact && kf__db_step(stmt, &row) == KF_OK && row &&
        strcmp(id, "latest") != 0)
        status = kf__fail(KF_EINVAL, id, "several experiments begin with '%.200s'", id);
    kf__db_reset(stmt);
    return status;
}

kf_status kf__tune_find(kf_db *db, const char *id, kf_tune_row *out)
{
    *out = (kf_tune_row){0};
    kf_status status = find(db, id, out);
    if (status != KF_OK)
        kf__tune_row_finish(out);
    return status;
}

void kf__tune_row_finish(kf_tune_row *row)
{
    kf__tree_finish(&row->tree);
}

bool kf__tune_row_is_alive(const kf_tune_row *row)
{
    return row->owner_pid > 0 && !kf_state_is_final(row->state) &&
           kf__process_alive((pid_t)row->owner_pid, row->owner_start);
}

/* ---- an experiment ---- */

static kf_status options_text(const kf_tune *tune, kf_buf *out)
{
    const kf_tune_options *options = &tune->options;
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = kf__tree_struct(&tree);
    kf__put_int(&tree, value, "max_trials", options->max_trials);
    kf__put_int(&tree, value, "jobs", options->jobs);
    kf__put(&tree, value, "seed",
        kf__tree_printf(&tree, "%llu", (unsigned long long)options->seed));
    kf__put_int(&tree, value, "containers", options->containers);
    kf__put_text(&tree, value, "python", options->python);
    kf__put_bool(&tree, value, "no_environments", options->no_environments);
    kf__put_bool(&tree, value, "no_cache", options->no_cache);
    if (tune->arguments != NULL)
        kf__put(&tree, value, "arguments", kf__tree_copy(&tree, tune->arguments));
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK && tune->pipeline != NULL) {
        char *text = NULL;
        status = kf_pipeline_write(tune->pipeline, NULL, &text);
        if (status == KF_OK)
            kf__put_text(&tree, value, "pipeline", text);
        kf_text_free(text);
    }
    if (status == KF_OK)
        status = kf__tree_status(&tree);
    kf__put_json(out, value, KF_JSON_COMPACT);
    kf__tree_finish(&tree);
    return status == KF_OK ? out->status : status;
}

static kf_status insert_as(
    kf_tune *tune, const char *id, const char *document, const char *options)
{
    kf_stmt *stmt;
    KF__TRY(kf__db_prepare(tune->store->db,
        "INSERT INTO experiments (id, name, kind, document, options, state, created,"
        " started, owner_pid, owner_start, head) VALUES"
        " (?1,?2,?3,?4,?5,?6,?7,?7,?8,?9,?10)",
        &stmt));
    const kf_experiment_metric *objective =
        kf_experiment_metric_at(tune->experiment, 0);
    kf__bind_text(stmt, 1, id);
    kf__bind_text(stmt, 2, kf_experiment_name(tune->experiment));
    kf__bind_int(stmt, 3, KF__EXPERIMENT_TUNE);
    kf__bind_text(stmt, 4, document);
    kf__bind_text(stmt, 5, options);
    kf__bind_int(stmt, 6, KF_STATE_RUNNING);
    kf__bind_int(stmt, 7, tune->started_ms);
    kf__bind_int(stmt, 8, getpid());
    kf__bind_int(stmt, 9, kf__process_start_time(getpid()));
    KF__TRY(kf__bind_head(stmt, 10, kf_experiment_algorithm(tune->experiment),
        objective->name, objective->direction));
    KF__TRY(kf__db_run(stmt));
    tune->row = kf__db_last_id(tune->store->db);
    tune->id = kf__arena_strdup(&tune->tree.arena, id);
    return tune->id != NULL ? KF_OK : kf__nomem();
}

static kf_status insert_numbered(
    kf_tune *tune, const char *document, const char *options)
{
    const char *name = kf_experiment_name(tune->experiment);
    const char *id = *name != '\0' ? name : "experiment";
    kf_status status = insert_as(tune, id, document, options);
    for (int i = 2; status == KF_EEXIST && i < 1000000; i++) {
        const char *next = kf__arena_printf(&tune->tree.arena, "%s-%d", id, i);
        status = next == NULL ? kf__nomem() : insert_as(tune, next, document, options);
    }
    return status;
}

kf_status kf__tune_insert(kf_tune *tune, const char *name, const char *document)
{
    kf_buf options = KF__BUF_INIT;
    kf_status status = options_text(tune, &options);
    if (status == KF_OK && name == NULL)
        status = insert_numbered(tune, document, kf__buf_text(&options));
    else if (status == KF_OK)
        status = insert_as(tune, name, document, kf__buf_text(&options));
    kf__buf_finish(&options);
    if (status == KF_EEXIST)
        return kf__fail(KF_EEXIST, name,
            "the store has an experiment '%.200s' already: give this one another name, "
            "or resume that one",
            name);
    return status;
}

static kf_status put_row(kf_tune *tune, const kf_tune_row *row, const char *options)
{
    kf_stmt *stmt;
    KF__TRY(kf__db_prepare(writer(tune),
        "UPDATE experiments SET state = ?2, owner_pid = ?3, owner_start = ?4,"
        " options = ?5, cancel = ?6, error = ?7, finished = ?8, reason = ?9"
        " WHERE number = ?1",
        &stmt));
    kf__bind_int(stmt, 1, tune->row);
    kf__bind_int(stmt, 2, row->state);
    kf__bind_int(stmt, 3, row->owner_pid);
    kf__bind_int(stmt, 4, row->owner_start);
    kf__bind_text(stmt, 5, options);
    kf__bind_int(stmt, 6, row->cancel);
    kf__bind_text(stmt, 7, row->error);
    kf__bind_int(stmt, 8, row->finished);
    kf__bind_text(stmt, 9, row->reason);
    return kf__db_run(stmt);
}

static kf_status claim(kf_tune *tune, const char *options, kf_tune_row *before)
{
    KF__TRY(kf__tune_find(tune->store->db, tune->id, before));
    if (kf__tune_row_is_alive(before))
        return kf__fail(KF_EBUSY, tune->id, "process %lld executes the experiment '%s'",
            (long long)before->owner_pid, tune->id);
    const kf_tune_row mine = {.state = KF_STATE_RUNNING,
        .owner_pid = getpid(),
        .owner_start = kf__process_start_time(getpid())};
    return put_row(tune, &mine, options);
}

kf_status kf__tune_claim(kf_tune *tune, kf_tune_row *before)
{
    kf_buf options = KF__BUF_INIT;
    *before = (kf_tune_row){0};
    kf_status status = options_text(tune, &options);
    if (status == KF_OK)
        status = kf__db_begin(tune->store->db);
    if (status == KF_OK) {
        status = claim(tune, kf__buf_text(&options), before);
        if (status == KF_OK)
            status = kf__db_commit(tune->store->db);
        if (status != KF_OK)
            kf__db_rollback(tune->store->db);
    }
    kf__buf_finish(&options);
    if (status != KF_OK)
        kf__tune_row_finish(before);
    return status;
}

void kf__tune_give_back(kf_tune *tune, const kf_tune_row *before)
{
    (void)put_row(tune, before, before->options_text);
}

void kf__tune_drop(kf_tune *tune)
{
    kf_stmt *stmt;
    if (kf__db_prepare(
            writer(tune), "DELETE FROM experiments WHERE number = ?1", &stmt) != KF_OK)
        return;
    kf__bind_int(stmt, 1, tune->row);
    (void)kf__db_run(stmt);
}

kf_status kf__tune_put_end(
    kf_tune *tune, kf_state state, const char *reason, const char *error)
{
    kf_stmt *stmt;
    KF__TRY(kf__db_prepare(writer(tune),
        "UPDATE experiments SET state = ?2, error = ?3, finished = ?4, owner_pid = 0,"
        " reason = ?5 WHERE number = ?1",
        &stmt));
    kf__bind_int(stmt, 1, tune->row);
    kf__bind_int(stmt, 2, state);
    kf__bind_text(stmt, 3, error);
    kf__bind_int(stmt, 4, kf__now_ms());
    kf__bind_text(stmt, 5, reason);
    return kf__db_run(stmt);
}

bool kf__tune_cancel_is_asked(kf_tune *tune)
{
    kf_stmt *stmt;
    bool row = false;
    if (kf__db_prepare(writer(tune), "SELECT cancel FROM experiments WHERE number = ?1",
            &stmt) != KF_OK)
        return false;
    kf__bind_int(stmt, 1, tune->row);
    bool asked =
        kf__db_step(stmt, &row) == KF_OK && row && kf__column_int(stmt, 0) != 0;
    kf__db_reset(stmt);
    return asked;
}

/* ---- trials ---- */

kf_status kf__tune_put_trial(kf_tune *tune, const kf_slot *slot)
{
    kf_stmt *stmt;
    KF__TRY(kf__db_prepare(writer(tune),
        "UPDATE trials SET name = ?3, folder = ?4, run = ?5 WHERE experiment = ?1 AND"
        " number = ?2",
        &stmt));
    kf__bind_int(stmt, 1, tune->row);
    kf__bind_int(stmt, 2, slot->number);
    kf__bind_text(stmt, 3, slot->name);
    kf__bind_text(stmt, 4, slot->folder);
    kf__bind_text(stmt, 5, slot->run);
    return kf__db_run(stmt);
}

static void put_number(kf_tree *tree, kf_value *object, const char *name, double value)
{
    kf__put_ref(tree, object, name,
        isfinite(value) ? kf__tree_double(tree, value) : kf__tree_null(tree));
}

kf_status kf__tune_put_metrics(kf_tune *tune, const kf_slot *slot)
{
    kf_stmt *stmt;
    kf_tree tree = KF__TREE_INIT;
    kf_buf text = KF__BUF_INIT;
    kf_value *metrics = kf__tree_struct(&tree);
    for (size_t i = 0; i < kf_experiment_metric_count(tune->experiment); i++) {
        const kf_metric_summary *summary = &slot->metrics[i];
        kf_value *metric = kf__put_struct(&tree, metrics, summary->name);
        put_number(&tree, metric, "min", summary->min);
        put_number(&tree, metric, "max", summary->max);
        put_number(&tree, metric, "latest", summary->latest);
        kf__put_int(&tree, metric, "count", (int64_t)summary->count);
        if (summary->text != NULL)
            kf__put_text(&tree, metric, "text", summary->text);
    }
    kf_status status = kf__tree_status(&tree);
    kf__put_json(&text, metrics, KF_JSON_COMPACT);
    if (status == KF_OK)
        status = text.status;
    if (status == KF_OK)
        status = kf__db_prepare(writer(tune),
            "UPDATE trials SET metrics = ?3 WHERE experiment = ?1 AND number = ?2",
            &stmt);
    if (status == KF_OK) {
        kf__bind_int(stmt, 1, tune->row);
        kf__bind_int(stmt, 2, slot->number);
        kf__bind_text(stmt, 3, kf__buf_text(&text));
        status = kf__db_run(stmt);
    }
    kf__buf_finish(&text);
    kf__tree_finish(&tree);
    return status;
}

kf_status kf__tune_put_observation(
    kf_tune *tune, const kf_slot *slot, const kf_note *note, int64_t step)
{
    kf_stmt *stmt;
    KF__TRY(kf__db_prepare(writer(tune),
        "INSERT INTO observations (experiment, trial, metric, position, step, value,"
        " time) VALUES (?1,?2,?3,?4,?5,?6,?7)",
        &stmt));
    kf__bind_int(stmt, 1, tune->row);
    kf__bind_int(stmt, 2, slot->number);
    kf__bind_text(stmt, 3, slot->metrics[note->metric].name);
    kf__bind_int(stmt, 4, (int64_t)slot->metrics[note->metric].count);
    kf__bind_int(stmt, 5, step);
    kf__bind_double(stmt, 6, note->value);
    kf__bind_int(
        stmt, 7, note->time_ns == KF__NO_TIME ? kf__now_ms() : note->time_ns / 1000000);
    return kf__db_run(stmt);
}

static kf_status forget(kf_tune *tune, const char *sql)
{
    kf_stmt *stmt;
    KF__TRY(kf__db_prepare(tune->store->db, sql, &stmt));
    kf__bind_int(stmt, 1, tune->row);
    kf__bind_int(stmt, 2, KF_TRIAL_RUNNING);
    return kf__db_run(stmt);
}

kf_status kf__tune_forget(kf_tune *tune)
{
    KF__TRY(forget(tune,
        "DELETE FROM observations WHERE experiment = ?1 AND trial IN (SELECT number"
        " FROM trials WHERE experiment = ?1 AND state = ?2)"));
    return forget(
        tune, "UPDATE trials SET metrics = NULL WHERE experiment = ?1 AND state = ?2");
}

static double get_number(const kf_value *object, const char *name)
{
    const kf_value *value = kf_value_get(object, name);
    return kf__is(value, KF_KIND_DOUBLE) || kf__is(value, KF_KIND_INT)
               ? kf_value_double(value)
               : (double)NAN;
}

kf_status kf__tune_read_metrics(const kf_experiment *experiment, kf_tree *tree,
    const char *json, kf_metric_summary **out)
{
    size_t count = kf_experiment_metric_count(experiment);
    kf_value *read = kf__json_column(tree, json);
    *out = kf__arena_alloc(&tree->arena, (count + 1) * sizeof **out);
    if (*out == NULL || kf__tree_status(tree) != KF_OK)
        return kf__nomem();
    for (size_t i = 0; i < count; i++) {
        const char *name = kf_experiment_metric_at(experiment, i)->name;
        const kf_value *metric = kf_value_get(read, name);
        (*out)[i] = kf__summary(name);
        (*out)[i].min = get_number(metric, "min");
        (*out)[i].max = get_number(metric, "max");
        (*out)[i].latest = get_number(metric, "latest");
        (*out)[i].text = kf__get_text(metric, "text");
        (*out)[i].count = (size_t)kf_value_int(kf_value_get(metric, "count"));
    }
    return KF_OK;
}
