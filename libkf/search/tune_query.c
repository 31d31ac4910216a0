/* SPDX-License-Identifier: Apache-2.0 */
/* Experiments as the store remembers them. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "io/json.h"
#include "search/tune.h"

/* An experiment with its trials, as they were read. */
typedef struct view {
    kf_tree *tree;
    kf_db *db;
    kf_tune_row row;
    kf_experiment *experiment; /* NULL: a study. */
    kf_value *document;        /* Of a study. */
    kf_value *trials;
    KF__VEC(kf_trial_result) results;
    KF__VEC(double) values; /* Of the first objective, one per trial. */
} view;

static kf_value *number_of(kf_tree *tree, double value)
{
    return isfinite(value) ? kf__tree_double(tree, value) : kf__tree_null(tree);
}

static void put_text(
    kf_tree *tree, kf_value *object, const char *name, const char *text)
{
    kf__put_ref(tree, object, name,
        text != NULL ? kf__tree_string(tree, text) : kf__tree_null(tree));
}

static void put_times(
    kf_tree *tree, kf_value *object, int64_t started, int64_t finished, bool runs)
{
    int64_t end = finished > 0 ? finished : runs ? kf__now_ms() : 0;
    kf__put_ref(tree, object, "started", kf__time_value(tree, started));
    kf__put_ref(tree, object, "finished", kf__time_value(tree, finished));
    kf__put_ref(tree, object, "duration",
        started > 0 && end > 0 ? kf__tree_double(tree, (double)(end - started) / 1000)
                               : kf__tree_null(tree));
}

/* ---- trials ---- */

static size_t objective_count(const view *self)
{
    return self->experiment != NULL
               ? kf_experiment_objective_count(self->experiment)
               : kf_value_length(kf_value_get(self->document, "objectives"));
}

static const char *objective_name(const view *self, size_t index)
{
    if (self->experiment != NULL)
        return kf_experiment_metric_at(self->experiment, index)->name;
    return kf__get_text(
        kf_value_at(kf_value_get(self->document, "objectives"), index), "name");
}

static bool is_maximized(const view *self)
{
    if (self->experiment != NULL)
        return kf_experiment_metric_at(self->experiment, 0)->direction == KF_MAXIMIZE;
    return kf__equals_text(
        kf_value_get(
            kf_value_at(kf_value_get(self->document, "objectives"), 0), "type"),
        "maximize");
}

static void put_values(view *self, kf_value *trial, const kf_value *values)
{
    if (values == NULL || kf_value_kind(values) == KF_KIND_NULL) {
        kf__put_ref(self->tree, trial, "values", kf__tree_null(self->tree));
        return;
    }
    kf_value *object = kf__put_struct(self->tree, trial, "values");
    for (size_t i = 0; i < objective_count(self); i++)
        kf__put(self->tree, object, objective_name(self, i),
            kf__tree_copy(self->tree, kf_value_at(values, i)));
}

static void put_metrics(view *self, kf_value *trial, const kf_metric_summary *metrics)
{
    kf_value *object = kf__put_struct(self->tree, trial, "metrics");
    if (self->experiment == NULL)
        return;
    for (size_t i = 0; i < kf_experiment_metric_count(self->experiment); i++) {
        if (metrics[i].count == 0)
            continue;
        kf_value *metric = kf__put_struct(self->tree, object, metrics[i].name);
        kf__put_ref(self->tree, metric, "min", number_of(self->tree, metrics[i].min));
        kf__put_ref(self->tree, metric, "max", number_of(self->tree, metrics[i].max));
        kf__put_ref(self->tree, metric, "latest",
            metrics[i].text != NULL ? kf__tree_string(self->tree, metrics[i].text)
                                    : number_of(self->tree, metrics[i].latest));
    }
}

static kf_status add_trial(view *self, kf_stmt *stmt)
{
    kf_tree *tree = self->tree;
    kf_trial_state state = (kf_trial_state)kf__column_int(stmt, 2);
    const kf_value *values = kf__json_column(tree, kf__column_text(stmt, 4));
    const char *folder = kf__column_text(stmt, 8);
    kf_metric_summary *metrics = NULL;
    kf_value *trial = kf__tree_struct(tree);
    kf__put_int(tree, trial, "number", kf__column_int(stmt, 0));
    put_text(tree, trial, "name", kf__column_text(stmt, 1));
    kf__put_text(tree, trial, "state", kf_trial_state_name(state));
    kf__put_ref(tree, trial, "params", kf__json_column(tree, kf__column_text(stmt, 3)));
    put_values(self, trial, values);
    if (self->experiment != NULL)
        KF__TRY(kf__tune_read_metrics(
            self->experiment, tree, kf__column_text(stmt, 10), &metrics));
    put_metrics(self, trial, metrics);
    put_text(tree, trial, "message", kf__column_text(stmt, 5));
    put_times(tree, trial, kf__column_int(stmt, 6), kf__column_int(stmt, 7),
        state == KF_TRIAL_RUNNING && kf__tune_row_is_alive(&self->row));
    kf__put_ref(tree, trial, "log",
        folder != NULL && kf__column_is_null(stmt, 9)
            ? kf__tree_printf(tree, "%s/log", folder)
            : kf__tree_null(tree));
    put_text(tree, trial, "run", kf__column_text(stmt, 9));
    kf__push(tree, self->trials, trial);
    KF__TRY(kf__tree_status(tree));
    const kf_value *first = kf_value_at(values, 0);
    double value = kf__is(first, KF_KIND_DOUBLE) || kf__is(first, KF_KIND_INT)
                       ? kf_value_double(first)
                       : (double)NAN;
    KF__TRY(kf__vec_push(&self->values, value));
    kf_trial_result result = {.name = kf__get_text(trial, "name"),
        .state = state,
        .params = kf_value_get(trial, "params"),
        .metrics = metrics};
    return kf__vec_push(&self->results, result);
}

static kf_status read_trials(view *self)
{
    kf_stmt *stmt;
    bool row = false;
    self->trials = kf__tree_list(self->tree);
    KF__TRY(kf__db_prepare(self->db,
        "SELECT number, name, state, params, \"values\", message, started, finished,"
        " folder, run, metrics FROM trials WHERE experiment = ?1 ORDER BY number",
        &stmt));
    kf__bind_int(stmt, 1, self->row.number);
    for (;;) {
        KF__TRY(kf__db_step(stmt, &row));
        if (!row)
            return KF_OK;
        kf_status status = add_trial(self, stmt);
        if (status != KF_OK) {
            kf__db_reset(stmt);
            return status;
        }
    }
}

/* ---- opening ---- */

static kf_status open_document(view *self)
{
    const char *text = self->row.document;
    if (self->row.kind == KF__EXPERIMENT_STUDY)
        return kf__json_read(self->tree, text, strlen(text), &self->document);
    KF__TRY(kf_experiment_load(text, strlen(text), &self->experiment));
    kf__tune_override(self->experiment,
        kf_value_int(kf_value_get(self->row.options, "max_trials")),
        (int)kf_value_int(kf_value_get(self->row.options, "jobs")));
    return KF_OK;
}

static kf_status view_open(
    view *self, const kf_store *store, kf_tree *tree, const char *id)
{
    self->tree = tree;
    self->db = store->db;
    KF__TRY(kf__tune_find(store->db, id, &self->row));
    KF__TRY(open_document(self));
    return read_trials(self);
}

static void view_close(view *self)
{
    kf_experiment_free(self->experiment);
    kf__vec_finish(&self->results);
    kf__vec_finish(&self->values);
    kf__tune_row_finish(&self->row);
}

static kf_progress progress_of(const view *self)
{
    return (kf_progress){.trials = self->results.items,
        .trial_count = self->results.count,
        .exhausted = self->row.state == KF_STATE_SUCCEEDED,
        .failure =
            self->row.state == KF_STATE_FAILED || self->row.state == KF_STATE_CANCELED
                ? (self->row.error != NULL ? self->row.error : "it failed")
                : NULL,
        .start_ms = self->row.created,
        .now_ms = self->row.finished > 0 ? self->row.finished : kf__now_ms()};
}

/* ---- answers ---- */

static const char *reason_of(const view *self)
{
    kf_progress progress = progress_of(self);
    if (self->experiment == NULL || !kf_state_is_final(self->row.state))
        return NULL;
    if (self->row.state == KF_STATE_CANCELED)
        return "Canceled";
    if (self->row.state == KF_STATE_FAILED)
        return "ExperimentFailed";
    kf_outcome outcome = kf__progress_outcome(self->experiment, &progress);
    return outcome == KF__OUTCOME_GOAL         ? "ExperimentGoalReached"
           : outcome == KF__OUTCOME_MAX_TRIALS ? "ExperimentMaxTrialsReached"
                                               : "ExperimentSuggestionEndReached";
}

static const kf_value *best_of(const view *self)
{
    const kf_value *best = NULL;
    double best_value = (double)NAN;
    bool maximize = objective_count(self) > 0 && is_maximized(self);
    for (size_t i = 0; i < self->values.count; i++) {
        double value = self->values.items[i];
        if (isnan(value) ||
            (best != NULL && !(maximize ? value > best_value : value < best_value)))
            continue;
        best = kf_value_at(self->trials, i);
        best_value = value;
    }
    if (best != NULL || self->experiment == NULL)
        return best;
    kf_progress progress = progress_of(self);
    const kf_trial_result *last = kf__progress_best(self->experiment, &progress);
    return last == NULL || last->state != KF_TRIAL_SUCCEEDED
               ? NULL
               : kf_value_at(self->trials, (size_t)(last - self->results.items));
}

static void put_head(const view *self, kf_value *out)
{
    kf_tree *tree = self->tree;
    const kf_tune_row *row = &self->row;
    const char *algorithm = self->experiment != NULL
                                ? kf_experiment_algorithm(self->experiment)
                                : kf__get_text(self->document, "algorithm");
    bool alive = kf__tune_row_is_alive(row);
    put_text(tree, out, "id", row->id);
    put_text(tree, out, "name", row->name);
    kf__put_text(tree, out, "kind", self->experiment != NULL ? "experiment" : "study");
    kf__put_text(tree, out, "state", kf_state_name(row->state));
    kf__put_bool(tree, out, "interrupted",
        self->experiment != NULL && !kf_state_is_final(row->state) && !alive);
    put_text(tree, out, "reason", reason_of(self));
    put_text(tree, out, "error", row->error);
    put_text(tree, out, "algorithm", algorithm);
    put_text(tree, out, "objective",
        objective_count(self) > 0 ? objective_name(self, 0) : NULL);
    kf__put_text(tree, out, "direction",
        objective_count(self) > 0 && is_maximized(self) ? "maximize" : "minimize");
    kf__put_ref(tree, out, "created", kf__time_value(tree, row->created));
    put_times(tree, out, row->started, row->finished, alive);
}

static void put_counts(const view *self, kf_value *out)
{
    kf_progress progress = progress_of(self);
    kf_counts counts = kf__progress_counts(&progress);
    kf_value *object = kf__put_struct(self->tree, out, "counts");
    kf__put_int(self->tree, object, "running", counts.running + counts.pending);
    kf__put_int(self->tree, object, "succeeded", counts.succeeded);
    kf__put_int(self->tree, object, "failed", counts.failed);
    kf__put_int(self->tree, object, "killed", counts.killed);
    kf__put_int(self->tree, object, "early_stopped", counts.early_stopped);
    kf__put_int(self->tree, object, "metrics_unavailable", counts.unavailable);
}

static kf_value *describe(const view *self)
{
    kf_tree *tree = self->tree;
    kf_value *out = kf__tree_struct(tree);
    const kf_value *best = best_of(self);
    put_head(self, out);
    kf__put_ref(tree, out, "max_trials",
        self->experiment != NULL && kf_experiment_max_trials(self->experiment) > 0
            ? kf__tree_int(tree, kf_experiment_max_trials(self->experiment))
            : kf__tree_null(tree));
    put_counts(self, out);
    kf__put_ref(tree, out, "best",
        best != NULL ? kf__tree_copy(tree, best) : kf__tree_null(tree));
    kf__put(tree, out, "trials", self->trials);
    return out;
}

kf_status kf_store_experiment(const kf_store *store, const char *id, kf_value **out)
{
    KF__REQUIRE(store != NULL && id != NULL && out != NULL);
    kf_tree tree = KF__TREE_INIT;
    view self = {0};
    kf_value *answer = NULL;
    kf_status status = view_open(&self, store, &tree, id);
    if (status == KF_OK) {
        answer = describe(&self);
        status = kf__tree_take(&tree, answer, out);
    }
    view_close(&self);
    kf__tree_finish(&tree);
    return status;
}

kf_status kf_store_experiment_status(
    const kf_store *store, const char *id, kf_value **out)
{
    KF__REQUIRE(store != NULL && id != NULL && out != NULL);
    kf_tree tree = KF__TREE_INIT;
    view self = {0};
    kf_value *answer = NULL;
    kf_status status = view_open(&self, store, &tree, id);
    if (status == KF_OK && self.experiment == NULL)
        status = kf__fail(
            KF_EUNSUPPORTED, id, "'%.200s' is a study, not an experiment", self.row.id);
    if (status == KF_OK) {
        kf_progress progress = progress_of(&self);
        status = kf__status_build(self.experiment, &progress, &tree, &answer);
    }
    if (status == KF_OK)
        status = kf__tree_take(&tree, answer, out);
    view_close(&self);
    kf__tree_finish(&tree);
    return status;
}

/* ---- lists ---- */

static kf_status add_experiment(
    const kf_store *store, const char *id, kf_tree *tree, kf_value *list)
{
    view self = {0};
    kf_status status = view_open(&self, store, tree, id);
    if (status == KF_OK) {
        kf_value *item = kf__tree_struct(tree);
        const kf_value *best = best_of(&self);
        const kf_value *values = kf_value_get(best, "values");
        put_head(&self, item);
        kf__put_int(tree, item, "trials", (int64_t)self.results.count);
        kf__put_ref(tree, item, "best",
            kf_value_length(values) > 0 ? kf__tree_copy(tree, kf_value_at(values, 0))
                                        : kf__tree_null(tree));
        kf__push(tree, list, item);
    }
    view_close(&self);
    return status;
}

static kf_status read_ids(const kf_store *store, kf_tree *tree, kf_value *ids)
{
    kf_stmt *stmt;
    bool row = false;
    KF__TRY(kf__db_prepare(
        store->db, "SELECT id FROM experiments ORDER BY number DESC", &stmt));
    for (;;) {
        KF__TRY(kf__db_step(stmt, &row));
        if (!row)
            return kf__tree_status(tree);
        kf__push(tree, ids, kf__tree_string(tree, kf__column_text(stmt, 0)));
    }
}

kf_status kf_store_experiments(const kf_store *store, kf_value **out)
{
    KF__REQUIRE(store != NULL && out != NULL);
    kf_tree tree = KF__TREE_INIT;
    kf_value *list = kf__tree_list(&tree);
    kf_value *ids = kf__tree_list(&tree);
    kf_status status = read_ids(store, &tree, ids);
    for (size_t i = 0; status == KF_OK && i < kf_value_length(ids); i++)
        status =
            add_experiment(store, kf_value_string(kf_value_at(ids, i)), &tree, list);
    if (status == KF_OK)
        status = kf__tree_take(&tree, list, out);
    kf__tree_finish(&tree);
    return status;
}

kf_status kf_store_experiment_cancel(kf_store *store, const char *id)
{
    KF__REQUIRE(store != NULL && id != NULL);
    kf_tune_row row;
    kf_stmt *stmt;
    KF__TRY(kf__tune_find(store->db, id, &row));
    kf_status status = KF_OK;
    bool alive = kf__tune_row_is_alive(&row);
    if (row.kind != KF__EXPERIMENT_TUNE || kf_state_is_final(row.state))
        status = kf__fail(KF_ESTATE, row.id, "'%s' does not run: it is %s", row.id,
            row.kind == KF__EXPERIMENT_TUNE ? kf_state_name(row.state) : "a study");
    if (status == KF_OK)
        status = kf__db_prepare(store->db,
            "UPDATE experiments SET cancel = 1, state = CASE WHEN ?2 THEN state ELSE ?3"
            " END, finished = CASE WHEN ?2 THEN finished ELSE ?4 END WHERE number = ?1",
            &stmt);
    if (status == KF_OK) {
        kf__bind_int(stmt, 1, row.number);
        kf__bind_int(stmt, 2, alive);
        kf__bind_int(stmt, 3, KF_STATE_CANCELED);
        kf__bind_int(stmt, 4, kf__now_ms());
        status = kf__db_run(stmt);
    }
    kf__tune_row_finish(&row);
    return status;
}
