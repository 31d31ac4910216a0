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
    KF__VEC(int64_t) ends;  /* When it ended. */
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

static bool is_maximized(const view *self, size_t index)
{
    if (self->experiment != NULL)
        return kf_experiment_metric_at(self->experiment, index)->direction ==
               KF_MAXIMIZE;
    return kf__equals_text(
        kf_value_get(
            kf_value_at(kf_value_get(self->document, "objectives"), index), "type"),
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
    KF__TRY(kf__vec_push(&self->ends, kf__column_int(stmt, 7)));
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
    kf__vec_finish(&self->ends);
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

const char *kf__tune_reason(kf_state state, kf_outcome outcome)
{
    if (!kf_state_is_final(state))
        return NULL;
    if (state == KF_STATE_CANCELED)
        return "Canceled";
    if (state == KF_STATE_FAILED)
        return "ExperimentFailed";
    return outcome == KF__OUTCOME_GOAL         ? "ExperimentGoalReached"
           : outcome == KF__OUTCOME_MAX_TRIALS ? "ExperimentMaxTrialsReached"
                                               : "ExperimentSuggestionEndReached";
}

static const char *reason_of(const view *self)
{
    kf_progress progress = progress_of(self);
    if (self->experiment == NULL || !kf_state_is_final(self->row.state))
        return NULL;
    return kf__tune_reason(
        self->row.state, kf__progress_outcome(self->experiment, &progress));
}

static const kf_value *best_of(const view *self)
{
    const kf_value *best = NULL;
    double best_value = (double)NAN;
    bool maximize = objective_count(self) > 0 && is_maximized(self, 0);
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
        objective_count(self) > 0 && is_maximized(self, 0) ? "maximize" : "minimize");
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

/* 0 and less are none. */
static void put_limit(kf_tree *tree, kf_value *out, const char *name, int64_t limit)
{
    kf__put_ref(
        tree, out, name, limit > 0 ? kf__tree_int(tree, limit) : kf__tree_null(tree));
}

static void put_settings(
    kf_tree *tree, kf_value *out, const char *name, const kf_value *settings)
{
    kf__put_ref(tree, out, name,
        settings != NULL ? kf__tree_copy(tree, settings) : kf__tree_struct(tree));
}

static void put_objectives(const view *self, kf_value *out)
{
    kf_value *list = kf__put_list(self->tree, out, "objectives");
    for (size_t i = 0; i < objective_count(self); i++) {
        kf_value *item = kf__tree_struct(self->tree);
        kf__put_text(self->tree, item, "name", objective_name(self, i));
        kf__put_text(self->tree, item, "direction",
            is_maximized(self, i) ? "maximize" : "minimize");
        kf__push(self->tree, list, item);
    }
}

/* How it searches. */
static void put_plan(const view *self, kf_value *out)
{
    kf_tree *tree = self->tree;
    const kf_experiment *experiment = self->experiment;
    const kf_experiment_metric *objective = kf_experiment_metric_at(experiment, 0);
    bool has_goal = objective != NULL && objective->has_goal;
    put_settings(tree, out, "settings",
        experiment != NULL ? kf_experiment_settings(experiment)
                           : kf_value_get(self->document, "settings"));
    put_text(tree, out, "early_stopping",
        experiment != NULL ? kf_experiment_early_stopping(experiment)
                           : kf__get_text(self->document, "earlyStopping"));
    put_settings(tree, out, "stopping_settings",
        experiment != NULL ? kf_experiment_stopping_settings(experiment)
                           : kf_value_get(self->document, "stoppingSettings"));
    kf__put_ref(tree, out, "goal",
        has_goal ? kf__tree_double(tree, objective->goal) : kf__tree_null(tree));
    put_limit(tree, out, "max_trials", kf_experiment_max_trials(experiment));
    put_limit(tree, out, "max_failed", kf_experiment_max_failed_trials(experiment));
    put_limit(tree, out, "parallel", kf_experiment_parallel(experiment));
    put_objectives(self, out);
}

/* Each trial that was better than all before it. */
static void put_history(const view *self, kf_value *out)
{
    kf_tree *tree = self->tree;
    kf_value *list = kf__put_list(tree, out, "history");
    bool maximize = objective_count(self) > 0 && is_maximized(self, 0);
    double best = (double)NAN;
    for (size_t i = 0; i < self->values.count; i++) {
        double value = self->values.items[i];
        if (isnan(value) || (!isnan(best) && !(maximize ? value > best : value < best)))
            continue;
        best = value;
        kf_value *item = kf__tree_struct(tree);
        int64_t after = self->ends.items[i] - self->row.created;
        kf__put(tree, item, "trial",
            kf__tree_copy(tree, kf_value_get(kf_value_at(self->trials, i), "number")));
        kf__put_ref(tree, item, "value", kf__tree_double(tree, value));
        kf__put_ref(tree, item, "after",
            after >= 0 ? kf__tree_double(tree, (double)after / 1000)
                       : kf__tree_null(tree));
        kf__push(tree, list, item);
    }
}

/* What the trial has reported last of the first objective; null. */
static kf_status put_report(view *self, kf_value *trial)
{
    kf_stmt *stmt;
    bool row = false;
    kf_value *report = kf__tree_null(self->tree);
    KF__TRY(kf__db_prepare(self->db,
        "SELECT step, value FROM observations WHERE experiment = ?1 AND trial = ?2 AND"
        " metric = ?3 ORDER BY position DESC LIMIT 1",
        &stmt));
    kf__bind_int(stmt, 1, self->row.number);
    kf__bind_int(stmt, 2, kf_value_int(kf_value_get(trial, "number")));
    kf__bind_text(stmt, 3, objective_name(self, 0));
    KF__TRY(kf__db_step(stmt, &row));
    if (row) {
        report = kf__tree_struct(self->tree);
        kf__put_int(self->tree, report, "step", kf__column_int(stmt, 0));
        kf__put_ref(self->tree, report, "value",
            number_of(self->tree, kf__column_double(stmt, 1)));
    }
    kf__db_reset(stmt);
    kf__put_ref(self->tree, trial, "report", report);
    return KF_OK;
}

static kf_status put_reports(view *self)
{
    for (size_t i = 0; i < self->results.count; i++)
        if (self->results.items[i].state == KF_TRIAL_RUNNING)
            KF__TRY(put_report(self, kf__at(self->trials, i)));
    return KF_OK;
}

static kf_value *describe(const view *self)
{
    kf_tree *tree = self->tree;
    kf_value *out = kf__tree_struct(tree);
    const kf_value *best = best_of(self);
    put_head(self, out);
    put_plan(self, out);
    put_counts(self, out);
    kf__put_ref(tree, out, "best",
        best != NULL ? kf__tree_copy(tree, best) : kf__tree_null(tree));
    put_history(self, out);
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
    if (status == KF_OK)
        status = put_reports(&self);
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

kf_status kf__tune_summary(
    const kf_store *store, const char *id, kf_tree *tree, kf_value **out)
{
    view self = {0};
    kf_status status = view_open(&self, store, tree, id);
    if (status == KF_OK) {
        const kf_value *best = best_of(&self);
        const kf_value *values = kf_value_get(best, "values");
        *out = kf__tree_struct(tree);
        put_head(&self, *out);
        kf__put_int(tree, *out, "trials", (int64_t)self.results.count);
        kf__put_ref(tree, *out, "best",
            kf_value_length(values) > 0 ? kf__tree_copy(tree, kf_value_at(values, 0))
                                        : kf__tree_null(tree));
    }
    view_close(&self);
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
