/* SPDX-License-Identifier: Apache-2.0 */
/* Experiments begun. */
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "io/file.h"
#include "search/tune.h"

/* Milliseconds; starting a process takes one. */
enum { LOCK_WAITS = 2000 };

/* ---- making ---- */

kf_tune *kf__tune_new(void)
{
    kf_tune *tune = kf__calloc(1, sizeof *tune);
    if (tune != NULL)
        tune->lock_fd = -1;
    return tune;
}

void kf__tune_release(kf_tune *tune)
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
    if (tune->lock_fd >= 0)
        (void)close(tune->lock_fd);
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

kf_status kf__tune_prepare(
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

kf_status kf__tune_copy_experiment(kf_tune *tune, const char *text)
{
    KF__TRY(kf_experiment_load(text, strlen(text), &tune->experiment));
    const char *algorithm = kf_experiment_algorithm(tune->experiment);
    tune->takes_text = algorithm != NULL && strcmp(algorithm, "darts") == 0;
    kf__tune_override(tune->experiment, tune->options.max_trials, tune->options.jobs);
    return kf__tree_status(&tune->experiment->tree);
}

kf_status kf__tune_open_study(kf_tune *tune)
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

/* A process that a trial was to become has no mark before it executes its program. Until
 * then it holds what its parent has open, even if that is gone: whoever gets the lock
 * finds all of them. A program of the caller's that was forked from its process may hold
 * it as well, and for long. */
void kf__tune_lock(kf_tune *tune)
{
    kf_buf path = KF__BUF_INIT;
    kf__buf_printf(&path, "%s/experiments/%s/lock", tune->store->home, tune->id);
    if (path.status == KF_OK && kf__make_parent_folders(kf__buf_text(&path)) == KF_OK)
        tune->lock_fd =
            open(kf__buf_text(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    for (int waits = 0; tune->lock_fd >= 0 && waits < LOCK_WAITS; waits++) {
        if (flock(tune->lock_fd, LOCK_EX | LOCK_NB) == 0)
            break;
        kf__sleep_ms(1);
    }
    kf__buf_finish(&path);
    kf_clear_error();
}

kf_status kf__tune_launch(kf_tune *tune)
{
    atomic_store(&tune->state, KF_STATE_RUNNING);
    KF__TRY(kf__thread_start(&tune->thread, kf__tune_thread, tune));
    tune->thread_started = true;
    return KF_OK;
}

/* ---- a new one ---- */

kf_status kf__tune_load_pipeline(kf_tune *tune, const kf_pipeline *pipeline)
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
    KF__TRY(kf__tune_prepare(tune, store, options));
    KF__TRY(kf__tune_load_pipeline(tune, options->pipeline));
    KF__TRY(kf_experiment_write(experiment, NULL, &text));
    kf_status status = kf__tune_copy_experiment(tune, text);
    if (status == KF_OK)
        status = check(tune);
    if (status == KF_OK)
        status = kf__tune_refuse(tune);
    if (status == KF_OK)
        status = kf__tune_open_study(tune);
    if (status == KF_OK &&
        !is_name(name != NULL ? name : kf_experiment_name(tune->experiment)))
        status = kf__fail(KF_EINVAL, "options.name",
            "'%.200s' cannot be the name of a folder",
            name != NULL ? name : kf_experiment_name(tune->experiment));
    tune->started_ms = tune->begun_ms;
    if (status == KF_OK)
        status = kf__tune_insert(tune, name, text);
    kf_text_free(text);
    KF__TRY(status);
    kf__tune_lock(tune);
    status = kf__journal_attach(tune->study, tune->store, tune->row);
    if (status == KF_OK)
        status = kf__tune_launch(tune);
    if (status != KF_OK)
        kf__tune_drop(tune);
    return status;
}

kf_status kf_tune_start(kf_store *store, const kf_experiment *experiment,
    const kf_tune_options *options, kf_tune **out)
{
    KF__REQUIRE(store != NULL && experiment != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_tune_options, known, options);
    kf_tune *tune = kf__tune_new();
    if (tune == NULL)
        return kf__nomem();
    kf_status status = begin(tune, store, experiment, &known);
    if (status == KF_OK)
        *out = tune;
    else
        kf__tune_release(tune);
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
    kf__tune_release(tune);
}
