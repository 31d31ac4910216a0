/* SPDX-License-Identifier: Apache-2.0 */
/* Experiments begun, and taken up again. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/options.h"
#include "base/text.h"
#include "io/file.h"
#include "io/process.h"
#include "run/executor.h"
#include "search/tune.h"

/* ---- making ---- */

static void release(kf_tune *tune)
{
    kf_study_free(tune->study);
    kf__vec_finish(&tune->slots);
    kf__vec_finish(&tune->results);
    kf_experiment_free(tune->experiment);
    kf_pipeline_free(tune->pipeline);
    if (tune->locks_ready) {
        kf__cond_finish(&tune->news);
        kf__cond_finish(&tune->room);
        kf__cond_finish(&tune->ended);
        kf__mutex_finish(&tune->mutex);
    }
    kf_store_free(tune->store);
    kf__tree_finish(&tune->tree);
    kf__free(tune);
}

static kf_status copy_options(kf_tune *tune, const kf_tune_options *options)
{
    kf_tune_options *copy = &tune->options;
    *copy = *options;
    copy->pipeline = NULL;
    copy->name = NULL;
    copy->arguments = NULL;
    if (options->arguments != NULL && !kf__is(options->arguments, KF_KIND_STRUCT))
        return kf__fail(
            KF_ETYPE, "options.arguments", "the arguments are not a struct");
    if (options->arguments != NULL)
        tune->arguments = kf__tree_copy(&tune->tree, options->arguments);
    KF__TRY(kf__tree_status(&tune->tree));
    if (copy->jobs < 0 || copy->max_trials < 0)
        return kf__fail(KF_EINVAL, "options", "at least one trial, and one at a time");
    if (copy->python != NULL) {
        copy->python = kf__arena_strdup(&tune->tree.arena, copy->python);
        if (copy->python == NULL)
            return kf__nomem();
    }
    return KF_OK;
}

static kf_status prepare(
    kf_tune *tune, const kf_store *store, const kf_tune_options *options)
{
    KF__TRY(copy_options(tune, options));
    KF__TRY(kf__mutex_init(&tune->mutex));
    KF__TRY(kf__cond_init(&tune->news));
    KF__TRY(kf__cond_init(&tune->room));
    KF__TRY(kf__cond_init(&tune->ended));
    tune->locks_ready = true;
    tune->begun_ms = kf__now_ms();
    return kf_store_open(store->home, &tune->store);
}

void kf__tune_override(kf_experiment *experiment, int64_t max_trials, int jobs)
{
    kf_value *spec = kf__get(experiment->full, "spec");
    if (max_trials > 0)
        kf__put_int(&experiment->tree, spec, "maxTrialCount", max_trials);
    if (jobs > 0)
        kf__put_int(&experiment->tree, spec, "parallelTrialCount", jobs);
}

/* Where a pipeline is the trial the document goes to no cluster. */
static bool does_not_matter(const kf_tune *tune, const char *where)
{
    return tune->pipeline != NULL &&
           (kf__starts_with(where, "spec.trialTemplate") ||
               kf__starts_with(where, "spec.metricsCollectorSpec") ||
               kf__starts_with(where, "metadata.name"));
}

static kf_status check(const kf_tune *tune)
{
    kf_report *report = NULL;
    kf_status status = KF_OK;
    KF__TRY(kf_experiment_check(tune->experiment, &report));
    for (size_t i = 0; i < kf_report_count(report) && status == KF_OK; i++) {
        const kf_finding *finding = kf_report_at(report, i);
        const char *where = finding->where != NULL ? finding->where : "";
        if (finding->severity != KF_SEVERITY_ERROR || does_not_matter(tune, where))
            continue;
        status = kf__fail_at(finding->code, where, finding->line, finding->column, "%s",
            finding->message);
    }
    kf_report_free(report);
    return status;
}

static kf_status refuse(const kf_tune *tune)
{
    if (tune->pipeline != NULL || tune->options.containers == KF_CONTAINERS_HOST)
        return KF_OK;
    return kf__fail(KF_EUNSUPPORTED, "spec.trialTemplate",
        "the trials are containers, which libkf does not run: allow their commands to "
        "run on this machine (kf tune --host-commands, or kf_tune_options.containers = "
        "KF_CONTAINERS_HOST), or run the experiment on a cluster");
}

static kf_status copy_experiment(kf_tune *tune, const char *text)
{
    KF__TRY(kf_experiment_load(text, strlen(text), &tune->experiment));
    kf__tune_override(tune->experiment, tune->options.max_trials, tune->options.jobs);
    return kf__tree_status(&tune->experiment->tree);
}

static kf_status open_study(kf_tune *tune)
{
    const kf_experiment *experiment = tune->experiment;
    kf_space *space = NULL;
    KF__TRY(kf__experiment_any_space(experiment, &space));
    const kf_study_options options = {.size = sizeof options,
        .algorithm = kf_experiment_algorithm(experiment),
        .settings = kf_experiment_settings(experiment),
        .early_stopping = kf_experiment_early_stopping(experiment),
        .stopping_settings = kf_experiment_stopping_settings(experiment),
        .seed = tune->options.seed};
    kf_status status = kf__tune_fit(tune, space);
    if (status == KF_OK)
        status = kf__experiment_study(experiment, space, &options, &tune->study);
    kf_space_free(space);
    return status;
}

static kf_status launch(kf_tune *tune)
{
    atomic_store(&tune->state, KF_STATE_RUNNING);
    KF__TRY(kf__thread_start(&tune->thread, kf__tune_thread, tune));
    tune->thread_started = true;
    return KF_OK;
}

/* ---- a new one ---- */

static kf_status load_pipeline(kf_tune *tune, const kf_pipeline *pipeline)
{
    char *text = NULL;
    if (pipeline == NULL)
        return KF_OK;
    kf_status status = kf_pipeline_write(pipeline, NULL, &text);
    if (status == KF_OK)
        status = kf_pipeline_load(text, strlen(text), &tune->pipeline);
    kf_text_free(text);
    return status;
}

static bool is_name(const char *name)
{
    return *name != '\0' && *name != '.' && strchr(name, '/') == NULL &&
           strlen(name) < 200;
}

static kf_status begin(kf_tune *tune, const kf_store *store,
    const kf_experiment *experiment, const kf_tune_options *options)
{
    const char *name = options->name;
    char *text = NULL;
    KF__TRY(prepare(tune, store, options));
    KF__TRY(load_pipeline(tune, options->pipeline));
    KF__TRY(kf_experiment_write(experiment, NULL, &text));
    kf_status status = copy_experiment(tune, text);
    if (status == KF_OK)
        status = check(tune);
    if (status == KF_OK)
        status = refuse(tune);
    if (status == KF_OK)
        status = open_study(tune);
    if (status == KF_OK &&
        !is_name(name != NULL ? name : kf_experiment_name(tune->experiment)))
        status = kf__fail(KF_EINVAL, "options.name",
            "'%.200s' cannot be the name of a folder",
            name != NULL ? name : kf_experiment_name(tune->experiment));
    tune->started_ms = tune->begun_ms;
    if (status == KF_OK)
        status = kf__tune_insert(tune, name, text);
    if (status == KF_OK)
        status = kf__journal_attach(tune->study, tune->store, tune->row);
    kf_text_free(text);
    return status == KF_OK ? launch(tune) : status;
}

kf_status kf_tune_start(kf_store *store, const kf_experiment *experiment,
    const kf_tune_options *options, kf_tune **out)
{
    KF__REQUIRE(store != NULL && experiment != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_tune_options, known, options);
    kf_tune *tune = kf__calloc(1, sizeof *tune);
    if (tune == NULL)
        return kf__nomem();
    kf_status status = begin(tune, store, experiment, &known);
    if (status == KF_OK)
        *out = tune;
    else
        release(tune);
    return status;
}

/* ---- one that was begun before ---- */

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
    kf_buf text = KF__BUF_INIT;
    char *path = kf__join_path(folder, KF__PID_FILE);
    if (path != NULL && kf__file_read(path, KF__LIMIT_NAME_BYTES, &text) == KF_OK) {
        long long pid, start;
        if (sscanf(kf__buf_text(&text), "%lld %lld", &pid, &start) == 2 && pid > 1 &&
            start > 0 && kf__process_alive((pid_t)pid, start))
            (void)kill(-(pid_t)pid, SIGKILL);
    }
    kf_clear_error();
    kf__free(path);
    kf__buf_finish(&text);
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

static kf_status take_up(kf_tune *tune, const kf_tune_row *row)
{
    if (row->kind != KF__EXPERIMENT_TUNE)
        return kf__fail(KF_ESTATE, row->id,
            "'%s' is a study that a program asks and tells: that program goes on with "
            "it",
            row->id);
    if (kf__tune_row_is_alive(row))
        return kf__fail(KF_EBUSY, row->id, "process %lld executes the experiment '%s'",
            (long long)row->owner_pid, row->id);
    tune->id = kf__arena_strdup(&tune->tree.arena, row->id);
    tune->row = row->number;
    tune->started_ms = row->created;
    if (tune->id == NULL)
        return kf__nomem();
    KF__TRY(recall_options(tune, row->options));
    KF__TRY(copy_experiment(tune, row->document));
    KF__TRY(refuse(tune));
    KF__TRY(open_study(tune));
    KF__TRY(kf__tune_forget(tune));
    KF__TRY(kf__journal_attach(tune->study, tune->store, tune->row));
    KF__TRY(recall_trials(tune));
    KF__TRY(may_go_on(tune, row->state));
    KF__TRY(kf__tune_claim(tune));
    return launch(tune);
}

static kf_status resume(kf_tune *tune, const kf_store *store, const char *id,
    const kf_tune_options *options)
{
    kf_tune_row row;
    KF__TRY(prepare(tune, store, options));
    KF__TRY(load_pipeline(tune, options->pipeline));
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
    kf_tune *tune = kf__calloc(1, sizeof *tune);
    if (tune == NULL)
        return kf__nomem();
    kf_status status = resume(tune, store, id, &known);
    if (status == KF_OK)
        *out = tune;
    else
        release(tune);
    return status;
}

void kf_tune_free(kf_tune *tune)
{
    if (tune == NULL)
        return;
    if (tune->thread_started) {
        kf_tune_cancel(tune);
        (void)pthread_join(tune->thread, NULL);
    }
    release(tune);
}
