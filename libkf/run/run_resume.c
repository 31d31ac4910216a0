/* SPDX-License-Identifier: Apache-2.0 */
/* Going on with a run from what the store knows of it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "io/file.h"
#include "io/json.h"
#include "io/process.h"
#include "run/run_handle.h"

/* ---- what an earlier process did ---- */

static kf_status put_past(kf_engine *engine, kf_stmt *stmt)
{
    kf_arena *arena = &engine->past_arena;
    kf_past *past = kf__arena_alloc(arena, sizeof *past);
    const char *path = kf__arena_strdup(arena, kf__column_text(stmt, 1));
    const char *outputs = kf__column_text(stmt, 4);
    if (!past || !path)
        return KF_ENOMEM;
    past->number = (uint32_t)(kf__column_int(stmt, 0) & KF__RUN_LAST);
    past->state = (kf_state)kf__column_int(stmt, 2);
    past->attempts = (int)kf__column_int(stmt, 3);
    if (outputs) {
        past->outputs = kf__arena_strdup(arena, outputs);
        if (!past->outputs)
            return KF_ENOMEM;
    }
    if (past->number > engine->numbers)
        engine->numbers = past->number;
    return kf__map_set(&engine->past, path, past);
}

static kf_status read_past(kf_run *run)
{
    kf_stmt *stmt = NULL;
    bool row = false;
    int64_t first = run->row.number << KF__RUN_BITS;
    KF__TRY(kf__db_prepare(run->writer,
        "SELECT id, path, state, attempts, outputs FROM tasks WHERE id BETWEEN ? AND ?",
        &stmt));
    kf__bind_int(stmt, 1, first);
    kf__bind_int(stmt, 2, first + KF__RUN_LAST);
    for (;;) {
        KF__TRY(kf__db_step(stmt, &row));
        if (!row)
            return KF_OK;
        kf_status status = put_past(&run->engine, stmt);
        if (status != KF_OK) {
            kf__db_reset(stmt);
            return status;
        }
    }
}

static kf_status read_last_artifact(kf_run *run)
{
    kf_stmt *stmt = NULL;
    bool row = false;
    int64_t first = run->row.number << KF__RUN_BITS;
    KF__TRY(kf__db_prepare(
        run->writer, "SELECT max(id) FROM artifacts WHERE id BETWEEN ? AND ?", &stmt));
    kf__bind_int(stmt, 1, first);
    kf__bind_int(stmt, 2, first + KF__RUN_LAST);
    KF__TRY(kf__db_step(stmt, &row));
    if (row && !kf__column_is_null(stmt, 0))
        run->engine.artifact_numbers =
            (uint32_t)(kf__column_int(stmt, 0) & KF__RUN_LAST);
    kf__db_reset(stmt);
    return KF_OK;
}

/* What an attempt of the killed process started may still be at work. */
static void end_processes(const char *log)
{
    const char *end = strrchr(log, '/');
    kf_buf path = KF__BUF_INIT, text = KF__BUF_INIT;
    kf__buf_append(&path, log, end ? (size_t)(end - log) : 0);
    kf__buf_puts(&path, "/" KF__PID_FILE);
    if (path.status == KF_OK && kf__file_read_plain(kf__buf_text(&path),
                                    KF__LIMIT_NAME_BYTES, &text) == KF_OK) {
        long long pid, start;
        int used = 0;
        const char *at = kf__buf_text(&text);
        for (; sscanf(at, "%lld %lld%n", &pid, &start, &used) == 2; at += used)
            if (pid > 1 && start > 0 && kf__process_alive((pid_t)pid, start))
                (void)kill(-(pid_t)pid, SIGKILL);
    }
    kf__buf_finish(&path);
    kf__buf_finish(&text);
}

/* Those that it did not come to write down. */
static void end_marked(const kf_run *run)
{
    kf_buf mark = KF__BUF_INIT;
    kf__buf_printf(&mark, KF__ATTEMPT_MARK "=%s/", run->engine.run_folder);
    if (mark.status == KF_OK)
        kf__process_end_marked(kf__buf_text(&mark));
    kf__buf_finish(&mark);
}

static kf_status end_attempts(kf_run *run)
{
    kf_stmt *stmt = NULL;
    bool row = false;
    int64_t first = run->row.number << KF__RUN_BITS;
    KF__TRY(kf__db_prepare(run->writer,
        "SELECT log FROM attempts WHERE task BETWEEN ? AND ? AND state = ?"
        " AND log IS NOT NULL",
        &stmt));
    kf__bind_int(stmt, 1, first);
    kf__bind_int(stmt, 2, first + KF__RUN_LAST);
    kf__bind_int(stmt, 3, KF_STATE_RUNNING);
    for (;;) {
        KF__TRY(kf__db_step(stmt, &row));
        if (!row)
            break;
        end_processes(kf__column_text(stmt, 0));
    }
    end_marked(run);
    return kf__store_end_tasks(run->writer, run->row.number);
}

kf_status kf__run_recall(kf_run *run)
{
    KF__TRY(end_attempts(run));
    KF__TRY(read_past(run));
    return read_last_artifact(run);
}

/* ---- taking it over ---- */

static kf_status claim(kf_run *run, const char *id)
{
    kf_run_row *row = &run->row;
    KF__TRY(kf__store_find_run(run->store->db, id, row));
    row->attempted = true;
    if (kf__run_is_alive(row))
        return kf__fail(KF_EBUSY, row->id,
            "the run is being executed by the process %lld", (long long)row->owner_pid);
    if (row->state == KF_STATE_SUCCEEDED)
        return kf__fail(KF_ESTATE, row->id, "the run has succeeded");
    row->state = KF_STATE_RUNNING;
    row->finished = 0;
    row->error = row->outputs = NULL;
    row->code = KF_OK;
    row->cancel = false;
    row->owner_pid = getpid();
    row->owner_start = kf__process_start_time(getpid());
    KF__TRY(kf__store_put_run(run->store->db, row));
    kf_stmt *stmt = NULL;
    KF__TRY(kf__db_prepare(
        run->store->db, "UPDATE runs SET cancel = 0 WHERE number = ?", &stmt));
    kf__bind_int(stmt, 1, row->number);
    return kf__db_run(stmt);
}

static kf_status claim_alone(kf_run *run, const char *id)
{
    KF__TRY(kf__db_begin(run->store->db));
    kf_status status = claim(run, id);
    if (status == KF_OK)
        status = kf__db_commit(run->store->db);
    if (status != KF_OK)
        kf__db_rollback(run->store->db);
    return status;
}

static kf_status read_value(const char *text, kf_value **out)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = NULL;
    kf_status status = kf__json_read(&tree, text, strlen(text), &value);
    if (status == KF_OK)
        status = kf__tree_take(&tree, value, out);
    kf__tree_finish(&tree);
    return status;
}

static kf_status read_document(kf_run *run)
{
    char *spec = NULL, *platform = NULL;
    KF__TRY(kf__store_document(run->store->db, run->row.document, &spec, &platform));
    kf_status status = read_value(spec, &run->spec);
    if (status == KF_OK)
        status = read_value(platform, &run->platform);
    kf__free(spec);
    kf__free(platform);
    return status;
}

/* The artifacts that came in with the arguments are those of the first time. */
static kf_status recall_arguments(kf_run *run)
{
    kf_stmt *stmt = NULL;
    bool row = false;
    kf_value *artifacts = run->arguments->artifacts;
    kf_tree *tree = &run->arguments->tree;
    KF__TRY(kf__db_prepare(run->writer,
        "SELECT id, digest, size FROM artifacts WHERE task = ? AND output = ?"
        " ORDER BY id",
        &stmt));
    for (size_t i = 0; i < kf_value_length(artifacts); i++) {
        kf_value *list = kf__at(artifacts, i);
        kf__bind_int(stmt, 1, run->row.number << KF__RUN_BITS);
        kf__bind_text(stmt, 2, kf_value_key(artifacts, i));
        for (size_t j = 0; j < kf_value_length(list); j++) {
            KF__TRY(kf__db_step(stmt, &row));
            if (!row)
                break;
            kf_value *artifact = kf__at(list, j);
            kf__put_ref(
                tree, artifact, "id", kf__tree_int(tree, kf__column_int(stmt, 0)));
            if (!kf__column_is_null(stmt, 1)) {
                kf__put_ref(tree, artifact, "digest",
                    kf__tree_string(tree, kf__column_text(stmt, 1)));
                kf__put_ref(tree, artifact, "size",
                    kf__tree_int(tree, kf__column_int(stmt, 2)));
            }
        }
        kf__db_reset(stmt);
    }
    return kf__tree_status(tree);
}

static kf_status go_on(kf_run *run)
{
    kf_value *arguments = NULL;
    KF__TRY(kf__run_options_recall(&run->tree, run->row.options, &run->options));
    run->options.pipeline_root = run->row.root;
    KF__TRY(read_document(run));
    KF__TRY(kf__run_prepare(run));
    KF__TRY(read_value(run->row.arguments, &arguments));
    kf_status status = kf__run_arguments(run, arguments, &run->arguments);
    kf_value_free(arguments);
    KF__TRY(status);
    KF__TRY(recall_arguments(run));
    return kf__run_launch(run);
}

/* It could not be taken up again: nobody executes it. */
static void give_back(kf_run *run)
{
    kf_run_row row = run->row;
    row.owner_pid = row.owner_start = 0;
    row.state = KF_STATE_FAILED;
    row.finished = kf__now_ms();
    row.error = kf_last_error()->message;
    (void)kf__store_put_run(run->store->db, &row);
}

kf_status kf__run_resume(
    kf_store *store, const char *id, const kf_run_options *options, kf_run **out)
{
    kf_run *run = kf__run_new(store);
    if (!run)
        return KF_ENOMEM;
    kf_status status = kf__run_options_copy(&run->tree, options, &run->options);
    if (status == KF_OK)
        status = claim_alone(run, id);
    if (status == KF_OK) {
        status = go_on(run);
        if (status != KF_OK)
            give_back(run);
    }
    if (status != KF_OK) {
        kf__run_release(run);
        return status;
    }
    *out = run;
    return KF_OK;
}
