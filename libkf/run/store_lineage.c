/* SPDX-License-Identifier: Apache-2.0 */
/* What an artifact came from and what was made of it. */
#include <string.h>

#include "base/error.h"
#include "base/vec.h"
#include "io/file.h"
#include "run/store.h"

#define ARTIFACT_COLUMNS                                                               \
    "artifacts.id, artifacts.name, artifacts.type, artifacts.uri, artifacts.path,"     \
    " artifacts.digest, artifacts.size, artifacts.metadata, artifacts.created,"        \
    " runs.id, tasks.path, artifacts.output"
#define ARTIFACT_TABLES                                                                \
    " FROM artifacts LEFT JOIN tasks ON tasks.id = artifacts.task"                     \
    " LEFT JOIN runs ON runs.number = artifacts.task >> 28 "

static void put_or_null(
    kf_tree *tree, kf_value *object, const char *name, const char *text)
{
    kf__put_ref(
        tree, object, name, text ? kf__tree_string(tree, text) : kf__tree_null(tree));
}

static kf_value *artifact_value(kf_tree *tree, kf_stmt *stmt)
{
    kf_value *artifact = kf__tree_struct(tree);
    kf__put_int(tree, artifact, "id", kf__column_int(stmt, 0));
    kf__put_text(tree, artifact, "name", kf__column_text(stmt, 1));
    kf__put_text(tree, artifact, "type", kf__column_text(stmt, 2));
    kf__put_text(tree, artifact, "uri", kf__column_text(stmt, 3));
    put_or_null(tree, artifact, "path", kf__column_text(stmt, 4));
    put_or_null(tree, artifact, "digest", kf__column_text(stmt, 5));
    kf__put_ref(tree, artifact, "size",
        kf__column_is_null(stmt, 6) ? kf__tree_null(tree)
                                    : kf__tree_int(tree, kf__column_int(stmt, 6)));
    kf__put_ref(
        tree, artifact, "metadata", kf__json_column(tree, kf__column_text(stmt, 7)));
    kf__put_ref(
        tree, artifact, "created", kf__time_value(tree, kf__column_int(stmt, 8)));
    put_or_null(tree, artifact, "run", kf__column_text(stmt, 9));
    put_or_null(tree, artifact, "task", kf__column_text(stmt, 10));
    kf__put_text(tree, artifact, "output", kf__column_text(stmt, 11));
    return artifact;
}

static kf_status read_artifacts(
    const kf_store *store, int64_t first, int64_t last, kf_tree *tree, kf_value *list)
{
    kf_stmt *stmt = NULL;
    bool more = true;
    KF__TRY(kf__db_prepare(store->db,
        "SELECT " ARTIFACT_COLUMNS ARTIFACT_TABLES
        "WHERE artifacts.id BETWEEN ? AND ? ORDER BY artifacts.id",
        &stmt));
    kf__bind_int(stmt, 1, first);
    kf__bind_int(stmt, 2, last);
    for (;;) {
        KF__TRY(kf__db_step(stmt, &more));
        if (!more)
            return kf__tree_status(tree);
        kf__push(tree, list, artifact_value(tree, stmt));
    }
}

kf_status kf_store_artifacts(const kf_store *store, const char *run, kf_value **out)
{
    KF__REQUIRE(store != NULL && out != NULL);
    kf_tree tree = KF__TREE_INIT;
    int64_t first = 0, last = INT64_MAX;
    if (run) {
        kf_run_row row = {0};
        KF__TRY(kf__store_find_run(store->db, run, &row));
        first = row.number << KF__RUN_BITS;
        last = first + KF__RUN_LAST;
        kf__run_row_finish(&row);
    }
    kf_value *list = kf__tree_list(&tree);
    kf_status status = read_artifacts(store, first, last, &tree, list);
    if (status == KF_OK)
        status = kf__tree_take(&tree, list, out);
    kf__tree_finish(&tree);
    return status;
}

/* ---- lineage ---- */

typedef struct step {
    int64_t id; /* Of an artifact or of a task. */
    int depth;
    bool task;
} step;

typedef KF__VEC(step) step_list;

/* Each artifact and task once: a walk in breadth, over a table of what was seen. */
typedef struct walk {
    const kf_store *store;
    kf_tree *tree;
    kf_value *list;
    step_list steps;
    KF__VEC(int64_t) slots; /* Open addressing: id * 2 + task, 0 is free. */
    size_t seen;
    bool upstream;
} walk;

static kf_status grow_slots(walk *self)
{
    size_t count = self->slots.count ? self->slots.count * 2 : 64;
    int64_t *old = self->slots.items;
    size_t old_count = self->slots.count;
    int64_t *slots = kf__calloc(count, sizeof *slots);
    if (!slots)
        return KF_ENOMEM;
    for (size_t i = 0; i < old_count; i++) {
        if (!old[i])
            continue;
        size_t at = ((uint64_t)old[i] * UINT64_C(0x9E3779B97F4A7C15)) % count;
        while (slots[at])
            at = (at + 1) % count;
        slots[at] = old[i];
    }
    kf__free(old);
    self->slots.items = slots;
    self->slots.count = self->slots.capacity = count;
    return KF_OK;
}

static kf_status add_step(walk *self, int64_t id, bool task, int depth)
{
    int64_t key = id * 2 + task;
    if (self->seen * 2 >= self->slots.count)
        KF__TRY(grow_slots(self));
    size_t at = ((uint64_t)key * UINT64_C(0x9E3779B97F4A7C15)) % self->slots.count;
    while (self->slots.items[at]) {
        if (self->slots.items[at] == key)
            return KF_OK;
        at = (at + 1) % self->slots.count;
    }
    self->slots.items[at] = key;
    self->seen++;
    step made = {.id = id, .depth = depth, .task = task};
    return kf__vec_push(&self->steps, made);
}

static kf_status add_neighbours(walk *self, step from)
{
    kf_stmt *stmt = NULL;
    bool more = true;
    /* Upstream of an artifact is the task with the edge "output"; of a task, its
     * inputs. */
    bool output = from.task != self->upstream;
    KF__TRY(kf__db_prepare(self->store->db,
        from.task ? "SELECT artifact FROM edges WHERE task = ?1 AND output = ?2"
                  : "SELECT task FROM edges WHERE artifact = ?1 AND output = ?2 ORDER "
                    "BY task",
        &stmt));
    kf__bind_int(stmt, 1, from.id);
    kf__bind_int(stmt, 2, output);
    for (;;) {
        KF__TRY(kf__db_step(stmt, &more));
        if (!more)
            return KF_OK;
        kf_status status =
            add_step(self, kf__column_int(stmt, 0), !from.task, from.depth + 1);
        if (status != KF_OK) {
            kf__db_reset(stmt);
            return status;
        }
    }
}

static kf_status put_task(walk *self, step at)
{
    kf_stmt *stmt = NULL;
    bool row = false;
    KF__TRY(kf__db_prepare(self->store->db,
        "SELECT tasks.path, runs.id, tasks.state, tasks.component, runs.pipeline"
        " FROM tasks JOIN runs ON runs.number = tasks.id >> 28 WHERE tasks.id = ?",
        &stmt));
    kf__bind_int(stmt, 1, at.id);
    KF__TRY(kf__db_step(stmt, &row));
    if (!row)
        return KF_OK;
    kf_tree *tree = self->tree;
    kf_value *entry = kf__tree_struct(tree);
    kf__put_int(tree, entry, "depth", at.depth);
    kf__put_text(tree, entry, "task", kf__column_text(stmt, 0));
    kf__put_text(tree, entry, "run", kf__column_text(stmt, 1));
    kf__put_text(
        tree, entry, "state", kf_state_name((kf_state)kf__column_int(stmt, 2)));
    kf__put_text(tree, entry, "component", kf__column_text(stmt, 3));
    kf__put_text(tree, entry, "pipeline", kf__column_text(stmt, 4));
    kf__push(tree, self->list, entry);
    kf__db_reset(stmt);
    return kf__tree_status(tree);
}

static kf_status put_artifact(walk *self, step at)
{
    kf_value *found = kf__tree_list(self->tree);
    KF__TRY(read_artifacts(self->store, at.id, at.id, self->tree, found));
    kf_value *entry = kf__at(found, 0);
    if (!entry)
        return KF_OK;
    kf__put_int(self->tree, entry, "depth", at.depth);
    kf__push(self->tree, self->list, entry);
    return kf__tree_status(self->tree);
}

static kf_status walk_from(walk *self, int64_t artifact)
{
    KF__TRY(add_step(self, artifact, false, 0));
    for (size_t i = 0; i < self->steps.count; i++) {
        step at = self->steps.items[i];
        if (i > 0)
            KF__TRY(at.task ? put_task(self, at) : put_artifact(self, at));
        KF__TRY(add_neighbours(self, at));
    }
    return KF_OK;
}

static kf_status put_side(const kf_store *store, int64_t artifact, bool upstream,
    kf_tree *tree, kf_value *into)
{
    walk self = {.store = store, .tree = tree, .upstream = upstream};
    self.list = kf__put_list(tree, into, upstream ? "upstream" : "downstream");
    kf_status status = walk_from(&self, artifact);
    kf__vec_finish(&self.steps);
    kf__vec_finish(&self.slots);
    return status == KF_OK ? kf__tree_status(tree) : status;
}

static kf_status find_by(
    const kf_store *store, const char *sql, const char *text, int64_t *out)
{
    kf_stmt *stmt = NULL;
    bool row = false;
    KF__TRY(kf__db_prepare(store->db, sql, &stmt));
    kf__bind_text(stmt, 1, text);
    KF__TRY(kf__db_step(stmt, &row));
    if (row)
        *out = kf__column_int(stmt, 0);
    kf__db_reset(stmt);
    return KF_OK;
}

/* By id, uri or path; the newest where there are several. */
static kf_status find_artifact(const kf_store *store, const char *text, int64_t *out)
{
    char *absolute = NULL;
    *out = 0;
    KF__TRY(find_by(store,
        "SELECT id FROM artifacts WHERE id = CAST(?1 AS INTEGER)"
        " AND CAST(CAST(?1 AS INTEGER) AS TEXT) = ?1",
        text, out));
    if (!*out)
        KF__TRY(
            find_by(store, "SELECT max(id) FROM artifacts WHERE uri = ?", text, out));
    if (!*out) {
        KF__TRY(kf__absolute_path(text, &absolute));
        kf_status status = find_by(store,
            "SELECT max(id) FROM artifacts WHERE path = ?1 OR uri = ?1", absolute, out);
        kf__free(absolute);
        KF__TRY(status);
    }
    if (*out)
        return KF_OK;
    return kf__fail(KF_ENOENT, NULL, "the store has no artifact '%s'", text);
}

static kf_status read_lineage(
    const kf_store *store, int64_t artifact, kf_tree *tree, kf_value *into)
{
    kf_value *found = kf__tree_list(tree);
    KF__TRY(read_artifacts(store, artifact, artifact, tree, found));
    kf__put_ref(tree, into, "artifact", kf__at(found, 0));
    KF__TRY(put_side(store, artifact, true, tree, into));
    return put_side(store, artifact, false, tree, into);
}

kf_status kf_store_lineage(const kf_store *store, const char *artifact, kf_value **out)
{
    KF__REQUIRE(store != NULL && artifact != NULL && out != NULL);
    kf_tree tree = KF__TREE_INIT;
    int64_t id = 0;
    KF__TRY(find_artifact(store, artifact, &id));
    kf_value *lineage = kf__tree_struct(&tree);
    kf_status status = read_lineage(store, id, &tree, lineage);
    if (status == KF_OK)
        status = kf__tree_take(&tree, lineage, out);
    kf__tree_finish(&tree);
    return status;
}
