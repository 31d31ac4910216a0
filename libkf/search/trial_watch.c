/* SPDX-License-Identifier: Apache-2.0 */
#include "search/trial_watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "run/executor.h"

kf_status kf__watch_open(kf_slot *slot, const kf_store *store, kf_watch *out)
{
    *out = (kf_watch){.slot = slot,
        .store = store,
        .pushed = {.slot = slot, .source = KF__SOURCE_PUSH}};
    atomic_store(&out->stale, true);
    return kf_pipeline_spec(slot->tune->pipeline, NULL, &out->spec);
}

void kf__watch_close(kf_watch *self)
{
    kf__collector_close(&self->pushed);
    kf__map_finish(&self->noted);
    kf_value_free(self->spec);
    kf_value_free(self->run);
    kf_value_free(self->files);
}

/* ---- values ---- */

static void note(kf_slot *slot, size_t metric, const kf_value *value)
{
    double number = kf__is(value, KF_KIND_INT) || kf__is(value, KF_KIND_DOUBLE)
                        ? kf_value_double(value)
                    : kf__is(value, KF_KIND_STRING)
                        ? kf__metric_number(kf_value_string(value))
                        : (double)NAN;
    kf__slot_push(slot, &(kf_note){metric, -1, KF__NO_TIME, number, NULL});
}

/* "name" of any task, or "task.name". */
static const kf_value *find_in_task(const kf_value *task, const char *name)
{
    const char *path = kf__get_text(task, "path");
    size_t length = path != NULL ? strlen(path) : 0;
    if (length > 0 && strncmp(name, path, length) == 0 && name[length] == '.')
        name += length + 1;
    const kf_value *found = kf_value_get(kf_value_get(task, "metrics"), name);
    return found != NULL ? found : kf_value_get(kf_value_get(task, "outputs"), name);
}

/* What the pipeline itself gives out is not what a task within it calls the same. */
static bool is_output(const kf_watch *self, const char *name)
{
    const kf_value *outputs =
        kf_value_get(kf_value_get(self->spec, "root"), "outputDefinitions");
    return kf_value_get(kf_value_get(outputs, "parameters"), name) != NULL;
}

static size_t metric_count(const kf_watch *self)
{
    return kf_experiment_metric_count(self->slot->tune->experiment);
}

static const char *metric_name(const kf_watch *self, size_t index)
{
    return kf_experiment_metric_at(self->slot->tune->experiment, index)->name;
}

/* ---- tasks ---- */

static bool has_succeeded(const kf_value *task)
{
    const kf_value *state = kf_value_get(task, "state");
    return kf__equals_text(state, "SUCCEEDED") || kf__equals_text(state, "CACHED");
}

static kf_status read_files(kf_watch *self, const kf_value *task, bool last)
{
    const kf_value *list = kf_value_get(self->files, kf__get_text(task, "path"));
    for (size_t i = 0; i < kf_value_length(list); i++)
        KF__TRY(kf__collector_read(
            &self->pushed, kf_value_string(kf_value_at(list, i)), last));
    return KF_OK;
}

static kf_status take_task(kf_watch *self, const kf_value *task)
{
    const char *path =
        kf__arena_strdup(&self->slot->tree.arena, kf__get_text(task, "path"));
    if (path == NULL)
        return kf__nomem();
    KF__TRY(read_files(self, task, true));
    for (size_t i = 0; i < metric_count(self); i++) {
        const kf_value *found = is_output(self, metric_name(self, i))
                                    ? NULL
                                    : find_in_task(task, metric_name(self, i));
        if (found != NULL)
            note(self->slot, i, found);
    }
    return kf__map_set(&self->noted, path, self);
}

/* The one that ended first of those that are new; of several the one that began to be
 * known first. */
static const kf_value *next_ended(const kf_watch *self)
{
    const kf_value *next = NULL;
    const kf_value *tasks = kf_value_get(self->run, "tasks");
    for (size_t i = 0; i < kf_value_length(tasks); i++) {
        const kf_value *task = kf_value_at(tasks, i);
        if (!has_succeeded(task) ||
            kf__map_has(&self->noted, kf__get_text(task, "path")))
            continue;
        const char *finished = kf__get_text(task, "finished");
        const char *first = kf__get_text(next, "finished");
        if (next == NULL ||
            (finished != NULL && first != NULL && strcmp(finished, first) < 0))
            next = task;
    }
    return next;
}

static kf_status take_tasks(kf_watch *self, bool last)
{
    for (const kf_value *task; (task = next_ended(self)) != NULL;)
        KF__TRY(take_task(self, task));
    const kf_value *tasks = kf_value_get(self->run, "tasks");
    for (size_t i = 0; i < kf_value_length(tasks); i++) {
        const kf_value *task = kf_value_at(tasks, i);
        if (!kf__map_has(&self->noted, kf__get_text(task, "path")))
            KF__TRY(read_files(self, task, last));
    }
    return KF_OK;
}

/* ---- reading the run ---- */

static void add_file(kf_tree *tree, kf_value *files, kf_stmt *stmt)
{
    const char *path = kf__column_text(stmt, 0), *log = kf__column_text(stmt, 1);
    const char *slash = strrchr(log, '/');
    if (slash == NULL)
        return;
    kf_value *list = kf__get(files, path);
    if (list == NULL)
        list = kf__put_list(tree, files, path);
    kf__push(tree, list,
        kf__tree_printf(tree, "%.*s/" KF__METRICS_FILE, (int)(slash - log), log));
}

/* Of attempts that did all they were to do, or still do: those that went with their
 * process are made again. What comes from the cache was reported when it was made. */
static kf_status read_attempts(
    const kf_watch *self, int64_t run, kf_tree *tree, kf_value *files)
{
    kf_stmt *stmt;
    bool row = false;
    KF__TRY(kf__db_prepare(self->store->db,
        "SELECT tasks.path, attempts.log FROM tasks JOIN attempts ON attempts.task ="
        " CASE WHEN tasks.source > 0 THEN tasks.source ELSE tasks.id END"
        " WHERE tasks.id BETWEEN ?1 AND ?2 AND attempts.log IS NOT NULL"
        " AND attempts.state <> ?3 ORDER BY tasks.id, attempts.attempt",
        &stmt));
    kf__bind_int(stmt, 1, run << KF__RUN_BITS);
    kf__bind_int(stmt, 2, (run << KF__RUN_BITS) + KF__RUN_LAST);
    kf__bind_int(stmt, 3, KF_STATE_CANCELED);
    for (;;) {
        KF__TRY(kf__db_step(stmt, &row));
        if (!row)
            return kf__tree_status(tree);
        add_file(tree, files, stmt);
    }
}

static kf_status read_run(kf_watch *self)
{
    kf_run_row row = {0};
    kf_tree tree = KF__TREE_INIT;
    KF__TRY(kf__store_find_run(self->store->db, self->slot->run, &row));
    kf_value *files = kf__tree_struct(&tree);
    kf_status status = read_attempts(self, row.number, &tree, files);
    kf__run_row_finish(&row);
    kf_value_free(self->files);
    self->files = NULL;
    if (status == KF_OK)
        status = kf__tree_take(&tree, files, &self->files);
    kf__tree_finish(&tree);
    kf_value_free(self->run);
    self->run = NULL;
    return status != KF_OK ? status
                           : kf_store_run(self->store, self->slot->run, &self->run);
}

kf_status kf__watch_look(kf_watch *self)
{
    if (atomic_exchange(&self->stale, false))
        KF__TRY(read_run(self));
    return take_tasks(self, false);
}

static void take_outputs(kf_watch *self)
{
    const kf_value *outputs = kf_value_get(self->run, "outputs");
    for (size_t i = 0; i < metric_count(self); i++) {
        const kf_value *found = kf_value_get(outputs, metric_name(self, i));
        if (found != NULL && is_output(self, metric_name(self, i)))
            note(self->slot, i, found);
    }
}

kf_status kf__watch_finish(kf_watch *self)
{
    KF__TRY(read_run(self));
    KF__TRY(take_tasks(self, true));
    take_outputs(self);
    return KF_OK;
}
