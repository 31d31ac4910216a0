/* SPDX-License-Identifier: Apache-2.0 */
/* Experiments that were begun before, taken up again. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/options.h"
#include "io/file.h"
#include "io/process.h"
#include "run/executor.h"
#include "search/tune.h"

static kf_status recall_options(kf_tune *tune, const kf_value *before)
{
    kf_tune_options *options = &tune->options;
    const char *pipeline = kf__get_text(before, "pipeline");
    const char *seed = kf__get_text(before, "seed");
    const char *python = kf__get_text(before, "python");
    if (options->max_trials == 0)
        options->max_trials = kf_value_int(kf_value_get(before, "max_trials"));
    if (options->jobs == 0)
        options->jobs = (int)kf_value_int(kf_value_get(before, "jobs"));
    if (options->containers == KF_CONTAINERS_REFUSE)
        options->containers =
            (kf_containers)kf_value_int(kf_value_get(before, "containers"));
    if (options->python == NULL && python != NULL)
        options->python = kf__arena_strdup(&tune->tree.arena, python);
    options->no_environments = options->no_environments ||
                               kf_value_bool(kf_value_get(before, "no_environments"));
    options->no_cache =
        options->no_cache || kf_value_bool(kf_value_get(before, "no_cache"));
    const kf_value *arguments = kf_value_get(before, "arguments");
    if (tune->arguments == NULL && arguments != NULL)
        tune->arguments = kf__tree_copy(&tune->tree, arguments);
    KF__TRY(kf__tree_status(&tune->tree));
    options->seed = seed != NULL ? strtoull(seed, NULL, 10) : 0;
    return pipeline == NULL || tune->pipeline != NULL
               ? KF_OK
               : kf_pipeline_load(pipeline, strlen(pipeline), &tune->pipeline);
}

/* What the process that is gone had started may still be at work. */
static void end_processes(const char *folder)
{
    kf_buf text = KF__BUF_INIT, mark = KF__BUF_INIT;
    char *path = kf__join_path(folder, KF__PID_FILE);
    if (path != NULL &&
        kf__file_read_plain(path, KF__LIMIT_NAME_BYTES, &text) == KF_OK) {
        long long pid, start;
        if (sscanf(kf__buf_text(&text), "%lld %lld", &pid, &start) == 2 && pid > 1 &&
            start > 0 && kf__process_alive((pid_t)pid, start))
            (void)kill(-(pid_t)pid, SIGKILL);
    }
    /* It may have ended before it could write that file. */
    kf__buf_printf(&mark, KF__TRIAL_MARK "=%s", folder);
    if (mark.status == KF_OK)
        kf__process_end_marked(kf__buf_text(&mark));
    kf_clear_error();
    kf__free(path);
    kf__buf_finish(&text);
    kf__buf_finish(&mark);
}

static kf_status recall_trial(kf_tune *tune, kf_stmt *stmt)
{
    const kf_trial *trial = kf_study_trial(tune->study, kf__column_int(stmt, 0));
    const char *name = kf__column_text(stmt, 1);
    const char *folder = kf__column_text(stmt, 2);
    kf_metric_summary *metrics = NULL;
    if (trial == NULL)
        return KF_OK;
    bool running = trial->state == KF_TRIAL_RUNNING;
    if (running && folder != NULL)
        end_processes(folder);
    if (!running)
        KF__TRY(kf__tune_read_metrics(
            tune->experiment, &tune->tree, kf__column_text(stmt, 3), &metrics));
    kf_trial_result result = {
        .name = kf__arena_strdup(&tune->tree.arena, name != NULL ? name : ""),
        .state = trial->state,
        .pending = running,
        .params = trial->params,
        .metrics = metrics};
    return result.name == NULL ? kf__nomem() : kf__vec_push(&tune->results, result);
}

static kf_status recall_trials(kf_tune *tune)
{
    kf_stmt *stmt;
    bool row = false;
    KF__TRY(kf__db_prepare(tune->store->db,
        "SELECT number, name, folder, metrics FROM trials WHERE experiment = ?1"
        " ORDER BY number",
        &stmt));
    kf__bind_int(stmt, 1, tune->row);
    for (;;) {
        KF__TRY(kf__db_step(stmt, &row));
        if (!row)
            return KF_OK;
        kf_status status = recall_trial(tune, stmt);
        if (status != KF_OK) {
            kf__db_reset(stmt);
            return status;
        }
    }
}

/* What has ended goes on only if the document says so, and there is more to do. */
static kf_status may_go_on(kf_tune *tune, kf_state state)
{
    kf_progress progress = {
        .trials = tune->results.items, .trial_count = tune->results.count};
    kf_outcome outcome = kf__progress_outcome(tune->experiment, &progress);
    if (state != KF_STATE_SUCCEEDED && state != KF_STATE_FAILED)
        return KF_OK;
    const char *policy = kf_experiment_resume_policy(tune->experiment);
    if (policy == NULL || strcmp(policy, "Never") == 0)
        return kf__fail(KF_ESTATE, tune->id,
            "the experiment '%s' has ended (%s), and its resumePolicy is Never: "
            "LongRunning lets it go on with more trials",
            tune->id, kf_state_name(state));
    if (outcome == KF__OUTCOME_GOAL)
        return kf__fail(
            KF_ESTATE, tune->id, "the experiment '%s' has reached its goal", tune->id);
    if (outcome == KF__OUTCOME_MAX_TRIALS)
        return kf__fail(KF_ESTATE, tune->id,
            "the experiment '%s' has had its %lld trials: give it more "
            "(kf tune --resume %s --trials N)",
            tune->id, (long long)kf_experiment_max_trials(tune->experiment), tune->id);
    if (outcome == KF__OUTCOME_FAILED)
        return kf__fail(KF_ESTATE, tune->id,
            "the experiment '%s' has failed: maxFailedTrialCount is reached", tune->id);
    return KF_OK;
}

/* From here on it is ours, and nobody else touches what its trials left behind. */
static kf_status go_on(kf_tune *tune, kf_state before)
{
    KF__TRY(kf__tune_forget(tune));
    KF__TRY(kf__journal_attach(tune->study, tune->store, tune->row));
    KF__TRY(recall_trials(tune));
    KF__TRY(may_go_on(tune, before));
    return kf__tune_launch(tune);
}

static kf_status take_up(kf_tune *tune, const kf_tune_row *row)
{
    kf_tune_row before;
    if (row->kind != KF__EXPERIMENT_TUNE)
        return kf__fail(KF_ESTATE, row->id,
            "'%s' is a study that a program asks and tells: that program goes on with "
            "it",
            row->id);
    tune->id = kf__arena_strdup(&tune->tree.arena, row->id);
    tune->row = row->number;
    tune->started_ms = row->created;
    if (tune->id == NULL)
        return kf__nomem();
    KF__TRY(recall_options(tune, row->options));
    KF__TRY(kf__tune_copy_experiment(tune, row->document));
    KF__TRY(kf__tune_refuse(tune));
    KF__TRY(kf__tune_open_study(tune));
    KF__TRY(kf__tune_claim(tune, &before));
    kf__tune_lock(tune);
    kf_status status = go_on(tune, before.state);
    if (status != KF_OK)
        kf__tune_give_back(tune, &before);
    kf__tune_row_finish(&before);
    return status;
}

static kf_status resume(kf_tune *tune, const kf_store *store, const char *id,
    const kf_tune_options *options)
{
    kf_tune_row row;
    KF__TRY(kf__tune_prepare(tune, store, options));
    KF__TRY(kf__tune_load_pipeline(tune, options->pipeline));
    KF__TRY(kf__tune_find(tune->store->db, id, &row));
    kf_status status = take_up(tune, &row);
    kf__tune_row_finish(&row);
    return status;
}

kf_status kf_tune_resume(
    kf_store *store, const char *id, const kf_tune_options *options, kf_tune **out)
{
    KF__REQUIRE(store != NULL && id != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_tune_options, known, options);
    kf_tune *tune = kf__tune_new();
    if (tune == NULL)
        return kf__nomem();
    kf_status status = resume(tune, store, id, &known);
    if (status == KF_OK)
        *out = tune;
    else
        kf__tune_release(tune);
    return status;
}
