/* SPDX-License-Identifier: Apache-2.0 */
#include "run/store.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "io/json.h"
#include "io/process.h"

static const char *kept(kf_run_row *row, kf_stmt *stmt, int column)
{
    const char *text = kf__column_text(stmt, column);
    return text ? kf__arena_strdup(&row->arena, text) : NULL;
}

void kf__run_row_read(kf_stmt *stmt, kf_run_row *row)
{
    row->number = kf__column_int(stmt, 0);
    row->id = kept(row, stmt, 1);
    row->pipeline = kept(row, stmt, 2);
    row->display_name = kept(row, stmt, 3);
    row->document = kept(row, stmt, 4);
    row->arguments = kept(row, stmt, 5);
    row->options = kept(row, stmt, 6);
    row->root = kept(row, stmt, 7);
    row->state = (kf_state)kf__column_int(stmt, 8);
    row->created = kf__column_int(stmt, 9);
    row->started = kf__column_int(stmt, 10);
    row->finished = kf__column_int(stmt, 11);
    row->outputs = kept(row, stmt, 12);
    row->error = kept(row, stmt, 13);
    row->code = (kf_status)kf__column_int(stmt, 14);
    row->tasks = kf__column_int(stmt, 15);
    row->owner_pid = kf__column_int(stmt, 16);
    row->owner_start = kf__column_int(stmt, 17);
    row->cancel = kf__column_int(stmt, 18) != 0;
}

void kf__run_row_finish(kf_run_row *row)
{
    kf__arena_finish(&row->arena);
}

static kf_status take_only_row(kf_stmt *stmt, const char *run, kf_run_row *out)
{
    bool row = false;
    KF__TRY(kf__db_step(stmt, &row));
    if (!row)
        return kf__fail(KF_ENOENT, NULL, "the store has no run '%s'", run);
    kf__run_row_read(stmt, out);
    kf_status status = out->id && out->arguments ? KF_OK : KF_ENOMEM;
    if (status == KF_OK)
        status = kf__db_step(stmt, &row);
    if (status == KF_OK && row)
        status = kf__fail(
            KF_EINVAL, NULL, "several runs begin with '%s'; give more of the id", run);
    kf__db_reset(stmt);
    return status;
}

kf_status kf__store_find_run(kf_db *db, const char *run, kf_run_row *out)
{
    kf_stmt *stmt = NULL;
    kf_run_row found = {0};
    bool latest = strcmp(run, "latest") == 0;
    kf_status status = kf__db_prepare(db,
        latest ? "SELECT " KF__RUN_COLUMNS " FROM runs ORDER BY number DESC LIMIT 1"
               : "SELECT " KF__RUN_COLUMNS
                 " FROM runs WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 2",
        &stmt);
    if (status == KF_OK) {
        if (!latest)
            kf__bind_text(stmt, 1, run);
        status = take_only_row(stmt, run, &found);
    }
    if (status != KF_OK) {
        kf__run_row_finish(&found);
        return status;
    }
    *out = found;
    return KF_OK;
}

kf_status kf__store_document(
    kf_db *db, const char *digest, char **spec, char **platform)
{
    kf_stmt *stmt = NULL;
    bool row = false;
    KF__TRY(kf__db_prepare(
        db, "SELECT spec, platform FROM documents WHERE digest = ?", &stmt));
    kf__bind_text(stmt, 1, digest);
    KF__TRY(kf__db_step(stmt, &row));
    if (!row)
        return kf__fail(KF_ENOENT, NULL, "the document of the run is not in the store");
    char *first = kf__strdup(kf__column_text(stmt, 0));
    char *second = kf__strdup(kf__column_text(stmt, 1));
    kf__db_reset(stmt);
    if (!first || !second) {
        kf__free(first);
        kf__free(second);
        return KF_ENOMEM;
    }
    *spec = first;
    *platform = second;
    return KF_OK;
}

/* The tasks of a run whose process ended do not run any more. */
kf_status kf__store_end_tasks(kf_db *db, int64_t run)
{
    static const char *const texts[] = {
        "UPDATE tasks SET state = ?4, finished = ?5, error = 'its process ended'"
        " WHERE id BETWEEN ?1 AND ?2 AND state IN (?3, 0)",
        "UPDATE attempts SET state = ?4, finished = ?5, error = 'its process ended'"
        " WHERE task BETWEEN ?1 AND ?2 AND state = ?3"};
    for (size_t i = 0; i < 2; i++) {
        kf_stmt *stmt = NULL;
        KF__TRY(kf__db_prepare(db, texts[i], &stmt));
        kf__bind_int(stmt, 1, run << KF__RUN_BITS);
        kf__bind_int(stmt, 2, (run << KF__RUN_BITS) + KF__RUN_LAST);
        kf__bind_int(stmt, 3, KF_STATE_RUNNING);
        kf__bind_int(stmt, 4, KF_STATE_CANCELED);
        kf__bind_int(stmt, 5, kf__now_ms());
        KF__TRY(kf__db_run(stmt));
    }
    return KF_OK;
}

bool kf__run_is_alive(const kf_run_row *row)
{
    return row->owner_pid > 0 &&
           kf__process_alive((pid_t)row->owner_pid, row->owner_start);
}

static kf_status find_task_by(kf_db *db, const char *sql, const kf_run_row *run,
    const char *task, int64_t *out, int *found)
{
    kf_stmt *stmt = NULL;
    bool row = false;
    KF__TRY(kf__db_prepare(db, sql, &stmt));
    kf__bind_int(stmt, 1, run->number << KF__RUN_BITS);
    kf__bind_int(stmt, 2, (run->number << KF__RUN_BITS) + KF__RUN_LAST);
    kf__bind_text(stmt, 3, task);
    for (*found = 0; *found < 2; (*found)++) {
        KF__TRY(kf__db_step(stmt, &row));
        if (!row)
            return KF_OK;
        *out = kf__column_int(stmt, 0);
    }
    kf__db_reset(stmt);
    return KF_OK;
}

kf_status kf__store_find_task(
    kf_db *db, const kf_run_row *run, const char *task, int64_t *out)
{
    int found = 0;
    int64_t id = 0;
    KF__TRY(
        find_task_by(db, "SELECT id FROM tasks WHERE id BETWEEN ? AND ? AND path = ?",
            run, task, &id, &found));
    if (found == 0)
        KF__TRY(find_task_by(db,
            "SELECT id FROM tasks WHERE id BETWEEN ? AND ? AND name = ?", run, task,
            &id, &found));
    if (found == 0)
        return kf__fail(KF_ENOENT, NULL, "the run %s has no task '%s'", run->id, task);
    if (found > 1)
        return kf__fail(KF_EINVAL, NULL,
            "the run %s has several tasks '%s'; give the path of one", run->id, task);
    *out = id;
    return KF_OK;
}

kf_value *kf__time_value(kf_tree *tree, int64_t epoch_ms)
{
    if (epoch_ms == 0)
        return kf__tree_null(tree);
    kf_buf text = KF__BUF_INIT;
    kf__put_time(&text, epoch_ms);
    kf_value *made = kf__tree_string(tree, kf__buf_text(&text));
    if (text.status != KF_OK)
        tree->status = text.status;
    kf__buf_finish(&text);
    return made;
}

kf_value *kf__json_column(kf_tree *tree, const char *text)
{
    kf_value *value = NULL;
    if (!text)
        return kf__tree_null(tree);
    kf_status status = kf__json_read(tree, text, strlen(text), &value);
    if (status == KF_ENOMEM)
        tree->status = status;
    return status == KF_OK ? value : kf__tree_null(tree);
}
