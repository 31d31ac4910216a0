/* SPDX-License-Identifier: Apache-2.0 */
/* The list of experiments: a look at each row, and none at its trials. */
#include "base/clock.h"
#include "base/error.h"
#include "io/process.h"
#include "search/tune.h"

#define SELECT                                                                         \
    "SELECT e.id, e.name, e.kind, e.state, e.error, e.head, e.reason, e.created,"      \
    " e.started, e.finished, e.owner_pid, e.owner_start, e.best,"                      \
    " (SELECT max(t.number) + 1 FROM trials t WHERE t.experiment = e.number)"          \
    " FROM experiments e ORDER BY e.number DESC"

enum {
    ID,
    NAME,
    KIND,
    STATE,
    ERROR,
    HEAD,
    REASON,
    CREATED,
    STARTED,
    FINISHED,
    OWNER,
    OWNER_START,
    BEST,
    TRIALS
};

static void put_text(kf_tree *tree, kf_value *item, const char *name, const char *text)
{
    kf__put_ref(tree, item, name,
        text != NULL ? kf__tree_string(tree, text) : kf__tree_null(tree));
}

static void put_times(kf_tree *tree, kf_value *item, kf_stmt *stmt, bool alive)
{
    int64_t started = kf__column_int(stmt, STARTED);
    int64_t finished = kf__column_int(stmt, FINISHED);
    int64_t end = finished > 0 ? finished : alive ? kf__now_ms() : 0;
    kf__put_ref(
        tree, item, "created", kf__time_value(tree, kf__column_int(stmt, CREATED)));
    kf__put_ref(tree, item, "started", kf__time_value(tree, started));
    kf__put_ref(tree, item, "finished", kf__time_value(tree, finished));
    kf__put_ref(tree, item, "duration",
        started > 0 && end > 0 ? kf__tree_double(tree, (double)(end - started) / 1000)
                               : kf__tree_null(tree));
}

static kf_value *item_of(kf_tree *tree, kf_stmt *stmt)
{
    kf_state state = (kf_state)kf__column_int(stmt, STATE);
    bool is_study = kf__column_int(stmt, KIND) == KF__EXPERIMENT_STUDY;
    int64_t owner = kf__column_int(stmt, OWNER);
    bool alive = owner > 0 && !kf_state_is_final(state) &&
                 kf__process_alive((pid_t)owner, kf__column_int(stmt, OWNER_START));
    const kf_value *head = kf__json_column(tree, kf__column_text(stmt, HEAD));
    bool maximize = kf__equals_text(kf_value_get(head, "direction"), "maximize");
    kf_value *item = kf__tree_struct(tree);
    put_text(tree, item, "id", kf__column_text(stmt, ID));
    put_text(tree, item, "name", kf__column_text(stmt, NAME));
    kf__put_text(tree, item, "kind", is_study ? "study" : "experiment");
    kf__put_text(tree, item, "state", kf_state_name(state));
    kf__put_bool(
        tree, item, "interrupted", !is_study && !kf_state_is_final(state) && !alive);
    put_text(tree, item, "reason",
        state == KF_STATE_SUCCEEDED ? kf__column_text(stmt, REASON)
                                    : kf__tune_reason(state, KF__OUTCOME_RUNNING));
    put_text(tree, item, "error", kf__column_text(stmt, ERROR));
    put_text(tree, item, "algorithm", kf__get_text(head, "algorithm"));
    put_text(tree, item, "objective", kf__get_text(head, "objective"));
    kf__put_text(tree, item, "direction", maximize ? "maximize" : "minimize");
    put_times(tree, item, stmt, alive);
    kf__put_int(tree, item, "trials", kf__column_int(stmt, TRIALS));
    kf__put_ref(tree, item, "best",
        kf__column_is_null(stmt, BEST)
            ? kf__tree_null(tree)
            : kf__tree_double(tree, kf__column_double(stmt, BEST)));
    return item;
}

/* A row of a store that an earlier version wrote. */
static bool is_old(kf_stmt *stmt)
{
    bool executed = kf__column_int(stmt, KIND) == KF__EXPERIMENT_TUNE;
    return kf__column_is_null(stmt, HEAD) ||
           (executed && kf__column_int(stmt, STATE) == KF_STATE_SUCCEEDED &&
               kf__column_is_null(stmt, REASON));
}

static kf_status read_list(const kf_store *store, kf_tree *tree, kf_value *list)
{
    kf_stmt *stmt;
    bool row = false;
    KF__TRY(kf__db_prepare(store->db, SELECT, &stmt));
    for (;;) {
        KF__TRY(kf__db_step(stmt, &row));
        if (!row)
            return kf__tree_status(tree);
        kf__push(tree, list,
            is_old(stmt) ? kf__tree_string(tree, kf__column_text(stmt, ID))
                         : item_of(tree, stmt));
    }
}

/* In the place of the ids of old rows. */
static kf_status read_old(const kf_store *store, kf_tree *tree, kf_value *list)
{
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const char *id = kf_value_string(kf_value_at(list, i));
        kf_value *item = NULL;
        if (id == NULL)
            continue;
        KF__TRY(kf__tune_summary(store, id, tree, &item));
        kf__set_at(list, i, item);
    }
    return kf__tree_status(tree);
}

kf_status kf_store_experiments(const kf_store *store, kf_value **out)
{
    KF__REQUIRE(store != NULL && out != NULL);
    kf_tree tree = KF__TREE_INIT;
    kf_value *list = kf__tree_list(&tree);
    kf_status status = read_list(store, &tree, list);
    if (status == KF_OK)
        status = read_old(store, &tree, list);
    if (status == KF_OK)
        status = kf__tree_take(&tree, list, out);
    kf__tree_finish(&tree);
    return status;
}
