/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/options.h"
#include "run/artifact.h"
#include "run/store.h"

/* ---- runs ---- */

static void put_text_or_null(
    kf_tree *tree, kf_value *object, const char *name, const char *text)
{
    kf__put_ref(
        tree, object, name, text ? kf__tree_string(tree, text) : kf__tree_null(tree));
}

static void put_duration(
    kf_tree *tree, kf_value *object, int64_t started, int64_t finished, bool going)
{
    if (started && !finished && going)
        finished = kf__now_ms();
    kf__put_ref(tree, object, "duration",
        started && finished ? kf__tree_double(tree, (double)(finished - started) / 1000)
                            : kf__tree_null(tree));
}

static kf_value *run_value(kf_tree *tree, const kf_run_row *row)
{
    kf_value *run = kf__tree_struct(tree);
    bool final = kf_state_is_final(row->state);
    bool alive = !final && kf__run_is_alive(row);
    kf__put_text(tree, run, "id", row->id);
    kf__put_text(tree, run, "pipeline", row->pipeline);
    kf__put_text(tree, run, "display_name", row->display_name);
    kf__put_text(tree, run, "state", kf_state_name(row->state));
    kf__put_bool(tree, run, "interrupted", !final && !alive);
    kf__put_ref(tree, run, "created", kf__time_value(tree, row->created));
    kf__put_ref(tree, run, "started", kf__time_value(tree, row->started));
    kf__put_ref(tree, run, "finished", kf__time_value(tree, row->finished));
    put_duration(tree, run, row->started, row->finished, alive);
    kf__put_int(tree, run, "tasks", row->tasks);
    put_text_or_null(tree, run, "error",
        row->error || final || alive
            ? row->error
            : "the process that executed the run ended; the run can be resumed");
    return run;
}

static int state_number(const char *name)
{
    for (int state = KF_STATE_PENDING; state <= KF_STATE_CACHED; state++)
        if (strcmp(kf_state_name((kf_state)state), name) == 0)
            return state;
    return -1;
}

static kf_status read_runs(const kf_store *store, const kf_runs_options *options,
    kf_tree *tree, kf_value *list)
{
    kf_stmt *stmt = NULL;
    bool more = true;
    int state = options->state ? state_number(options->state) : -1;
    if (options->state && state < 0)
        return kf__fail(KF_EINVAL, "options.state",
            "there is no state '%s'; the states are PENDING, RUNNING, SUCCEEDED, "
            "SKIPPED, FAILED, CANCELING, CANCELED and CACHED",
            options->state);
    KF__TRY(kf__db_prepare(store->db,
        "SELECT " KF__RUN_COLUMNS " FROM runs WHERE (?1 IS NULL OR pipeline = ?1)"
        " AND (?2 < 0 OR state = ?2) ORDER BY number DESC LIMIT ?3",
        &stmt));
    kf__bind_text(stmt, 1, options->pipeline);
    kf__bind_int(stmt, 2, state);
    kf__bind_int(stmt, 3, options->limit == 0 ? 100 : options->limit);
    while (more) {
        kf_run_row row = {0};
        KF__TRY(kf__db_step(stmt, &more));
        if (more) {
            kf__run_row_read(stmt, &row);
            kf__push(tree, list, run_value(tree, &row));
        }
        kf__run_row_finish(&row);
    }
    return kf__tree_status(tree);
}

kf_status kf_store_runs(
    const kf_store *store, const kf_runs_options *options, kf_value **out)
{
    KF__REQUIRE(store != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_runs_options, given, options);
    kf_tree tree = KF__TREE_INIT;
    kf_value *list = kf__tree_list(&tree);
    kf_status status = read_runs(store, &given, &tree, list);
    if (status == KF_OK)
        status = kf__tree_take(&tree, list, out);
    kf__tree_finish(&tree);
    return status;
}

/* ---- one run ---- */

static kf_value *artifact_value(kf_tree *tree, const kf_value *kept)
{
    static const char *const members[] = {
        "id", "name", "uri", "digest", "size", "metadata"};
    kf_value *artifact = kf__tree_struct(tree);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        kf_value *member = kf__get(kept, members[i]);
        kf__put_ref(tree, artifact, members[i], member ? member : kf__tree_null(tree));
    }
    put_text_or_null(tree, artifact, "type",
        kf__get_text(kf_value_get(kept, "type"), "schemaTitle"));
    put_text_or_null(tree, artifact, "path", kf__artifact_path(kept));
    return artifact;
}

/* One artifact as such, several as a list. */
static void put_artifacts(kf_tree *tree, kf_value *into, const kf_value *artifacts)
{
    for (size_t i = 0; i < kf_value_length(artifacts); i++) {
        const kf_value *kept = kf_value_at(artifacts, i);
        kf_value *shown = kf__tree_list(tree);
        for (size_t j = 0; j < kf_value_length(kept); j++)
            kf__push(tree, shown, artifact_value(tree, kf_value_at(kept, j)));
        kf__put(tree, into, kf_value_key(artifacts, i),
            kf_value_length(shown) == 1 ? kf__at(shown, 0) : shown);
    }
}

static bool holds_metrics(const char *type)
{
    return type && (strcmp(type, "system.Metrics") == 0 ||
                       strcmp(type, "system.ClassificationMetrics") == 0 ||
                       strcmp(type, "system.SlicedClassificationMetrics") == 0);
}

/* Metrics by their names; by output and name where two outputs have the same. */
static void put_metrics(kf_tree *tree, kf_value *into, const kf_value *artifacts)
{
    for (size_t i = 0; i < kf_value_length(artifacts); i++) {
        const kf_value *first = kf_value_at(kf_value_at(artifacts, i), 0);
        const kf_value *metadata = kf_value_get(first, "metadata");
        if (!holds_metrics(kf__get_text(kf_value_get(first, "type"), "schemaTitle")))
            continue;
        for (size_t j = 0; j < kf_value_length(metadata); j++) {
            const char *name = kf_value_key(metadata, j);
            kf_value *value = kf__at(metadata, j);
            if (!kf_value_get(into, name)) {
                kf__put(tree, into, name, value);
                continue;
            }
            kf_value *key =
                kf__tree_printf(tree, "%s.%s", kf_value_key(artifacts, i), name);
            if (key)
                kf__put(tree, into, kf_value_string(key), value);
        }
    }
}

static void put_outcome(kf_tree *tree, kf_value *task, kf_stmt *stmt)
{
    int64_t kind = kf__column_int(stmt, 2);
    kf_value *inputs = kf__json_column(tree, kf__column_text(stmt, 9));
    kf_value *outputs = kf__json_column(tree, kf__column_text(stmt, 10));
    kf_value *values = kf__get(inputs, "parameters");
    kf_value *results = kf__get(outputs, "parameters");
    const kf_value *made = kf_value_get(outputs, "artifacts");
    kf_value *artifacts = kf__tree_struct(tree);
    kf_value *metrics = kf__tree_struct(tree);
    if (!values)
        values = kf__tree_struct(tree);
    put_artifacts(tree, values, kf_value_get(inputs, "artifacts"));
    if (!results)
        results = kf__tree_struct(tree);
    /* What a group gives out was made, and is shown, by tasks within it. */
    bool makes = kind == KF__TASK_EXECUTED || kind == KF__TASK_IMPORTER;
    put_artifacts(tree, makes ? artifacts : results, made);
    if (makes)
        put_metrics(tree, metrics, made);
    kf__put_ref(tree, task, "inputs", values);
    kf__put_ref(tree, task, "outputs", results);
    kf__put_ref(tree, task, "artifacts", artifacts);
    kf__put_ref(tree, task, "metrics", metrics);
}

static kf_value *task_value(kf_tree *tree, kf_stmt *stmt, bool alive)
{
    kf_value *task = kf__tree_struct(tree);
    kf_state state = (kf_state)kf__column_int(stmt, 5);
    int64_t started = kf__column_int(stmt, 7), finished = kf__column_int(stmt, 8);
    kf__put_text(tree, task, "name", kf__column_text(stmt, 0));
    kf__put_text(tree, task, "path", kf__column_text(stmt, 1));
    kf__put_text(tree, task, "kind", kf__task_kind_name(kf__column_int(stmt, 2)));
    kf__put_text(tree, task, "display_name", kf__column_text(stmt, 3));
    kf__put_text(tree, task, "component", kf__column_text(stmt, 4));
    kf__put_text(tree, task, "state", kf_state_name(state));
    kf__put_bool(tree, task, "cached", state == KF_STATE_CACHED);
    kf__put_int(tree, task, "attempts", kf__column_int(stmt, 6));
    kf__put_ref(tree, task, "started", kf__time_value(tree, started));
    kf__put_ref(tree, task, "finished", kf__time_value(tree, finished));
    put_duration(tree, task, started, finished, alive);
    put_outcome(tree, task, stmt);
    put_text_or_null(tree, task, "error", kf__column_text(stmt, 11));
    put_text_or_null(tree, task, "log", kf__column_text(stmt, 12));
    return task;
}

/* The tasks with the ids from `first` to `last`. */
static kf_status read_tasks(const kf_store *store, const kf_run_row *row, int64_t first,
    int64_t last, kf_tree *tree, kf_value *list)
{
    kf_stmt *stmt = NULL;
    bool more = true;
    bool alive = kf__run_is_alive(row);
    KF__TRY(kf__db_prepare(store->db,
        "SELECT name, path, kind, display_name, component, tasks.state, attempts,"
        " tasks.started, tasks.finished, inputs, outputs, tasks.error, attempts.log"
        " FROM tasks LEFT JOIN attempts"
        " ON attempts.task = tasks.id AND attempts.attempt = tasks.attempts"
        " WHERE id BETWEEN ? AND ? ORDER BY id",
        &stmt));
    kf__bind_int(stmt, 1, first);
    kf__bind_int(stmt, 2, last);
    for (;;) {
        KF__TRY(kf__db_step(stmt, &more));
        if (!more)
            return kf__tree_status(tree);
        kf__push(tree, list, task_value(tree, stmt, alive));
    }
}

static kf_value *run_outputs(kf_tree *tree, const kf_run_row *row)
{
    kf_value *bundle = kf__json_column(tree, row->outputs);
    kf_value *outputs = kf__get(bundle, "parameters");
    if (!outputs)
        outputs = kf__tree_struct(tree);
    put_artifacts(tree, outputs, kf_value_get(bundle, "artifacts"));
    return outputs;
}

static kf_status read_run(
    const kf_store *store, const kf_run_row *row, kf_tree *tree, kf_value **out)
{
    kf_value *run = run_value(tree, row);
    kf__put_ref(tree, run, "arguments", kf__json_column(tree, row->arguments));
    kf__put_ref(tree, run, "outputs", run_outputs(tree, row));
    kf__put_text(tree, run, "pipeline_root", row->root);
    kf_value *tasks = kf__tree_list(tree);
    int64_t first = row->number << KF__RUN_BITS;
    KF__TRY(read_tasks(store, row, first, first + KF__RUN_LAST, tree, tasks));
    kf__put_ref(tree, run, "tasks", tasks);
    *out = run;
    return kf__tree_status(tree);
}

kf_status kf_store_run(const kf_store *store, const char *run, kf_value **out)
{
    KF__REQUIRE(store != NULL && run != NULL && out != NULL);
    kf_run_row row = {0};
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = NULL;
    KF__TRY(kf__store_find_run(store->db, run, &row));
    kf_status status = read_run(store, &row, &tree, &value);
    if (status == KF_OK)
        status = kf__tree_take(&tree, value, out);
    kf__tree_finish(&tree);
    kf__run_row_finish(&row);
    return status;
}

kf_status kf_store_task(
    const kf_store *store, const char *run, const char *task, kf_value **out)
{
    KF__REQUIRE(store != NULL && run != NULL && task != NULL && out != NULL);
    kf_run_row row = {0};
    int64_t id = 0;
    kf_tree tree = KF__TREE_INIT;
    KF__TRY(kf__store_find_run(store->db, run, &row));
    kf_value *list = kf__tree_list(&tree);
    kf_status status = kf__store_find_task(store->db, &row, task, &id);
    if (status == KF_OK)
        status = read_tasks(store, &row, id, id, &tree, list);
    if (status == KF_OK)
        status = kf__tree_take(&tree, kf__at(list, 0), out);
    kf__tree_finish(&tree);
    kf__run_row_finish(&row);
    return status;
}

/* ---- logs ---- */

static kf_status read_logs(const kf_store *store, const kf_run_row *row,
    const char *task, kf_tree *tree, kf_value *list)
{
    kf_stmt *stmt = NULL;
    bool more = true;
    int64_t first = row->number << KF__RUN_BITS, last = first + KF__RUN_LAST;
    if (task) {
        KF__TRY(kf__store_find_task(store->db, row, task, &first));
        last = first;
    }
    KF__TRY(kf__db_prepare(store->db,
        "SELECT path, attempt, log FROM attempts JOIN tasks ON id = task"
        " WHERE task BETWEEN ? AND ? AND log IS NOT NULL ORDER BY task, attempt",
        &stmt));
    kf__bind_int(stmt, 1, first);
    kf__bind_int(stmt, 2, last);
    for (;;) {
        KF__TRY(kf__db_step(stmt, &more));
        if (!more)
            return kf__tree_status(tree);
        kf_value *log = kf__tree_struct(tree);
        kf__put_text(tree, log, "task", kf__column_text(stmt, 0));
        kf__put_int(tree, log, "attempt", kf__column_int(stmt, 1));
        kf__put_text(tree, log, "path", kf__column_text(stmt, 2));
        kf__push(tree, list, log);
    }
}

kf_status kf_store_logs(
    const kf_store *store, const char *run, const char *task, kf_value **out)
{
    KF__REQUIRE(store != NULL && run != NULL && out != NULL);
    kf_run_row row = {0};
    kf_tree tree = KF__TREE_INIT;
    KF__TRY(kf__store_find_run(store->db, run, &row));
    kf_value *list = kf__tree_list(&tree);
    kf_status status = read_logs(store, &row, task, &tree, list);
    if (status == KF_OK)
        status = kf__tree_take(&tree, list, out);
    kf__tree_finish(&tree);
    kf__run_row_finish(&row);
    return status;
}

/* ---- a request to end ---- */

static kf_status cancel(kf_store *store, const char *run)
{
    kf_run_row row = {0};
    kf_stmt *stmt = NULL;
    KF__TRY(kf__store_find_run(store->db, run, &row));
    kf_status status = KF_OK;
    bool alive = kf__run_is_alive(&row);
    if (kf_state_is_final(row.state))
        status = kf__fail(
            KF_ESTATE, row.id, "the run has ended: %s", kf_state_name(row.state));
    if (status == KF_OK)
        status = kf__db_prepare(store->db,
            alive ? "UPDATE runs SET cancel = 1 WHERE number = ?1"
                  : "UPDATE runs SET state = 6, finished = ?2, owner_pid = 0,"
                    " error = 'canceled after its process had ended' WHERE number = ?1",
            &stmt);
    if (status == KF_OK) {
        kf__bind_int(stmt, 1, row.number);
        if (!alive)
            kf__bind_int(stmt, 2, kf__now_ms());
        status = kf__db_run(stmt);
    }
    if (status == KF_OK && !alive)
        status = kf__store_end_tasks(store->db, row.number);
    kf__run_row_finish(&row);
    return status;
}

kf_status kf_store_cancel(kf_store *store, const char *run)
{
    KF__REQUIRE(store != NULL && run != NULL);
    KF__TRY(kf__db_begin(store->db));
    kf_status status = cancel(store, run);
    if (status == KF_OK)
        status = kf__db_commit(store->db);
    if (status != KF_OK)
        kf__db_rollback(store->db);
    return status;
}
