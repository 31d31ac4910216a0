/* SPDX-License-Identifier: Apache-2.0 */
/* The cache as its users see it. How it is used is in attempt_cache.c. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "run/store.h"

static int64_t size_of(const kf_value *bundle)
{
    int64_t size = 0;
    const kf_value *artifacts = kf_value_get(bundle, "artifacts");
    for (size_t i = 0; i < kf_value_length(artifacts); i++) {
        const kf_value *list = kf_value_at(artifacts, i);
        for (size_t j = 0; j < kf_value_length(list); j++)
            size += kf_value_int(kf_value_get(kf_value_at(list, j), "size"));
    }
    return size;
}

static kf_value *entry_value(kf_tree *tree, kf_stmt *stmt)
{
    kf_value *entry = kf__tree_struct(tree);
    kf_value *bundle = kf__json_column(tree, kf__column_text(stmt, 5));
    kf_value *outputs = kf__get(bundle, "parameters");
    if (!outputs)
        outputs = kf__tree_struct(tree);
    const kf_value *artifacts = kf_value_get(bundle, "artifacts");
    for (size_t i = 0; i < kf_value_length(artifacts); i++) {
        kf_value *first = kf__at(kf_value_at(artifacts, i), 0);
        kf__put(tree, outputs, kf_value_key(artifacts, i), kf__get(first, "uri"));
    }
    kf__put_text(tree, entry, "key", kf__column_text(stmt, 0));
    kf__put_text(tree, entry, "component", kf__column_text(stmt, 1));
    kf__put_ref(tree, entry, "created", kf__time_value(tree, kf__column_int(stmt, 2)));
    kf__put_ref(tree, entry, "used", kf__time_value(tree, kf__column_int(stmt, 3)));
    kf__put_int(tree, entry, "hits", kf__column_int(stmt, 4));
    kf__put_ref(tree, entry, "outputs", outputs);
    kf__put_int(tree, entry, "size", size_of(bundle));
    kf__put_text(tree, entry, "run", kf__column_text(stmt, 6));
    kf__put_text(tree, entry, "task", kf__column_text(stmt, 7));
    return entry;
}

static kf_status read_entries(const kf_store *store, kf_tree *tree, kf_value *list)
{
    kf_stmt *stmt = NULL;
    bool more = true;
    KF__TRY(kf__db_prepare(store->db,
        "SELECT key, cache.component, cache.created, used, hits, tasks.outputs, "
        "runs.id,"
        " tasks.path FROM cache JOIN tasks ON tasks.id = cache.task"
        " JOIN runs ON runs.number = cache.task >> 28 ORDER BY used DESC, key",
        &stmt));
    for (;;) {
        KF__TRY(kf__db_step(stmt, &more));
        if (!more)
            return kf__tree_status(tree);
        kf__push(tree, list, entry_value(tree, stmt));
    }
}

kf_status kf_store_cache(const kf_store *store, kf_value **out)
{
    KF__REQUIRE(store != NULL && out != NULL);
    kf_tree tree = KF__TREE_INIT;
    kf_value *list = kf__tree_list(&tree);
    kf_status status = read_entries(store, &tree, list);
    if (status == KF_OK)
        status = kf__tree_take(&tree, list, out);
    kf__tree_finish(&tree);
    return status;
}

kf_status kf_store_cache_clear(
    kf_store *store, const char *key, double older_than_seconds)
{
    KF__REQUIRE(store != NULL);
    kf_stmt *stmt = NULL;
    KF__TRY(kf__db_prepare(store->db,
        "DELETE FROM cache WHERE (?1 IS NULL OR (key >= ?1 AND key < ?1 || 'g'))"
        " AND (?2 IS NULL OR used < ?2)",
        &stmt));
    kf__bind_text(stmt, 1, key);
    if (older_than_seconds > 0)
        kf__bind_int(stmt, 2, kf__now_ms() - (int64_t)(older_than_seconds * 1000));
    KF__TRY(kf__db_run(stmt));
    if (key && kf__db_changes(store->db) == 0 && older_than_seconds <= 0)
        return kf__fail(KF_ENOENT, NULL, "the cache has no entry '%s'", key);
    return KF_OK;
}

/* ---- why a task did or did not come from the cache ---- */

/* The names of the parts that are not the same, "inputs.x" for those within one. */
static void put_differences(kf_tree *tree, const kf_value *mine, const kf_value *other,
    const char *prefix, kf_value *into)
{
    for (int side = 0; side < 2; side++) {
        const kf_value *names = side == 0 ? mine : other;
        for (size_t i = 0; i < kf_value_length(names); i++) {
            const char *name = kf_value_key(names, i);
            const kf_value *left = kf_value_get(mine, name);
            const kf_value *right = kf_value_get(other, name);
            if ((side == 1 && left) || (left && right && kf_value_equal(left, right)))
                continue;
            kf_value *path = kf__tree_printf(tree, "%s%s", prefix, name);
            if (kf__is(left, KF_KIND_STRUCT) && kf__is(right, KF_KIND_STRUCT) && path) {
                kf_buf below = KF__BUF_INIT;
                kf__buf_printf(&below, "%s.", kf_value_string(path));
                put_differences(tree, left, right, kf__buf_text(&below), into);
                kf__buf_finish(&below);
                continue;
            }
            kf_value *difference = kf__tree_struct(tree);
            kf__put_ref(tree, difference, "part", path);
            kf__put_ref(tree, difference, "now",
                left ? kf__tree_copy(tree, left) : kf__tree_null(tree));
            kf__put_ref(tree, difference, "then",
                right ? kf__tree_copy(tree, right) : kf__tree_null(tree));
            kf__push(tree, into, difference);
        }
    }
}

/* Of the entries of the component that are older than the task, the one that differs
 * least. */
static kf_status find_nearest(const kf_store *store, int64_t task,
    const char *component, const kf_value *parts, kf_tree *tree, kf_value *into)
{
    kf_stmt *stmt = NULL;
    bool more = true;
    size_t least = SIZE_MAX;
    KF__TRY(kf__db_prepare(store->db,
        "SELECT cache.key, runs.id, tasks.path, tasks.cache_parts FROM cache"
        " JOIN tasks ON tasks.id = cache.task JOIN runs ON runs.number = cache.task >> "
        "28"
        " WHERE cache.component = ? AND cache.task <> ? AND cache.task < ?"
        " ORDER BY cache.task DESC LIMIT 1000",
        &stmt));
    kf__bind_text(stmt, 1, component);
    kf__bind_int(stmt, 2, task);
    kf__bind_int(stmt, 3, task);
    for (;;) {
        KF__TRY(kf__db_step(stmt, &more));
        if (!more)
            return kf__tree_status(tree);
        kf_value *differences = kf__tree_list(tree);
        put_differences(tree, parts, kf__json_column(tree, kf__column_text(stmt, 3)),
            "", differences);
        if (kf_value_length(differences) >= least)
            continue;
        least = kf_value_length(differences);
        kf_value *nearest = kf__tree_struct(tree);
        kf__put_text(tree, nearest, "key", kf__column_text(stmt, 0));
        kf__put_text(tree, nearest, "run", kf__column_text(stmt, 1));
        kf__put_text(tree, nearest, "task", kf__column_text(stmt, 2));
        kf__put_ref(tree, into, "nearest", nearest);
        kf__put_ref(tree, into, "differs", differences);
    }
}

static kf_status put_source(
    const kf_store *store, int64_t source, kf_tree *tree, kf_value *into)
{
    kf_stmt *stmt = NULL;
    bool row = false;
    KF__TRY(kf__db_prepare(store->db,
        "SELECT cache_key, runs.id, path FROM tasks"
        " JOIN runs ON runs.number = tasks.id >> 28 WHERE tasks.id = ?",
        &stmt));
    kf__bind_int(stmt, 1, source);
    KF__TRY(kf__db_step(stmt, &row));
    if (!row)
        return KF_OK;
    kf_value *nearest = kf__tree_struct(tree);
    kf__put_text(tree, nearest, "key", kf__column_text(stmt, 0));
    kf__put_text(tree, nearest, "run", kf__column_text(stmt, 1));
    kf__put_text(tree, nearest, "task", kf__column_text(stmt, 2));
    kf__put_ref(tree, into, "nearest", nearest);
    kf__db_reset(stmt);
    return kf__tree_status(tree);
}

static const char *why_missed(bool keyed, const kf_value *nearest, size_t differences)
{
    if (!keyed)
        return "caching is off for the task, or it did not come so far";
    if (!nearest)
        return "the cache had no entry of this component";
    return differences
               ? "the nearest entry differs"
               : "the entry was made later, or its artifacts were gone or changed";
}

static kf_status explain(
    const kf_store *store, int64_t task, kf_tree *tree, kf_value *into)
{
    kf_stmt *stmt = NULL;
    bool row = false;
    KF__TRY(kf__db_prepare(store->db,
        "SELECT cache_key, cache_parts, source, component FROM tasks WHERE id = ?",
        &stmt));
    kf__bind_int(stmt, 1, task);
    KF__TRY(kf__db_step(stmt, &row));
    if (!row)
        return kf__fail(KF_ENOENT, NULL, "the task is gone");
    const char *key = kf__column_text(stmt, 0);
    int64_t source = kf__column_int(stmt, 2);
    kf_value *parts = kf__json_column(tree, kf__column_text(stmt, 1));
    kf_value *component = kf__tree_string(tree, kf__column_text(stmt, 3));
    kf__put_bool(tree, into, "hit", source != 0);
    kf__put_ref(
        tree, into, "key", key ? kf__tree_string(tree, key) : kf__tree_null(tree));
    bool keyed = key != NULL;
    kf__db_reset(stmt);
    kf__put_ref(tree, into, "parts", parts);
    kf__put_ref(tree, into, "nearest", kf__tree_null(tree));
    kf__put_ref(tree, into, "differs", kf__tree_list(tree));
    KF__TRY(kf__tree_status(tree));
    if (source)
        KF__TRY(put_source(store, source, tree, into));
    else if (keyed)
        KF__TRY(
            find_nearest(store, task, kf_value_string(component), parts, tree, into));
    const kf_value *nearest = kf_value_get(into, "nearest");
    kf__put_text(tree, into, "reason",
        source ? "an earlier task had the same parts"
               : why_missed(keyed, kf__is(nearest, KF_KIND_STRUCT) ? nearest : NULL,
                     kf_value_length(kf_value_get(into, "differs"))));
    return kf__tree_status(tree);
}

kf_status kf_store_cache_explain(
    const kf_store *store, const char *run, const char *task, kf_value **out)
{
    KF__REQUIRE(store != NULL && run != NULL && task != NULL && out != NULL);
    kf_tree tree = KF__TREE_INIT;
    kf_run_row row = {0};
    int64_t id = 0;
    KF__TRY(kf__store_find_run(store->db, run, &row));
    kf_value *why = kf__tree_struct(&tree);
    kf_status status = kf__store_find_task(store->db, &row, task, &id);
    kf__run_row_finish(&row);
    if (status == KF_OK)
        status = explain(store, id, &tree, why);
    if (status == KF_OK)
        status = kf__tree_take(&tree, why, out);
    kf__tree_finish(&tree);
    return status;
}
