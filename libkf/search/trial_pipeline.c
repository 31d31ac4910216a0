/* SPDX-License-Identifier: Apache-2.0 */
/* A trial as a run of a pipeline. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "io/file.h"
#include "search/trial_collect.h"
#include "search/tune.h"

enum { WAIT_MS = 20 };

static kf_status arguments_of(kf_slot *slot, kf_value **out)
{
    const kf_value *fixed = slot->tune->arguments;
    *out = kf__tree_copy(&slot->tree, slot->params);
    for (size_t i = 0; i < kf_value_length(fixed); i++)
        kf__put(&slot->tree, *out, kf_value_key(fixed, i),
            kf__tree_copy(&slot->tree, kf_value_at(fixed, i)));
    return kf__tree_status(&slot->tree);
}

/* What kf.search.report looks at. */
static kf_status environment_of(
    kf_slot *slot, const kf_collector *collector, kf_value **out)
{
    *out = kf__tree_struct(&slot->tree);
    kf__put_text(&slot->tree, *out, "KATIB_TRIAL_NAME", slot->name);
    kf__put_text(&slot->tree, *out, "KF_TRIAL_METRICS", collector->path);
    return kf__tree_status(&slot->tree);
}

static kf_run_options options_of(
    const kf_slot *slot, const kf_value *arguments, const kf_value *environment)
{
    const kf_tune_options *options = &slot->tune->options;
    return (kf_run_options){.size = sizeof(kf_run_options),
        .arguments = arguments,
        .name = slot->name,
        .no_cache = options->no_cache,
        .containers = options->containers,
        .python = options->python,
        .no_environments = options->no_environments,
        .environment = environment};
}

static kf_status keep_id(kf_slot *slot, const char *id)
{
    kf_tune *tune = slot->tune;
    if (slot->run != NULL && strcmp(slot->run, id) == 0)
        return KF_OK;
    char *copy = kf__strdup(id);
    if (copy == NULL)
        return kf__nomem();
    kf__mutex_lock(&tune->mutex);
    kf__free(slot->run);
    slot->run = copy;
    slot->run_is_new = true;
    tune->urgent = true;
    kf__cond_signal(&tune->news);
    kf__mutex_unlock(&tune->mutex);
    return KF_OK;
}

/* Go on with the run of an earlier process; where that is not to be had, a new one,
 * which has reported nothing. A run that has succeeded since needs nothing more: *out is
 * NULL. */
static kf_status begin(
    kf_slot *slot, kf_store *store, const kf_collector *collector, kf_run **out)
{
    kf_value *arguments, *environment;
    *out = NULL;
    KF__TRY(arguments_of(slot, &arguments));
    KF__TRY(environment_of(slot, collector, &environment));
    kf_run_options options = options_of(slot, arguments, environment);
    if (slot->run != NULL) {
        kf_status status = kf_run_resume(store, slot->run, &options, out);
        if (status == KF_OK || status == KF_ESTATE)
            return KF_OK;
        kf_clear_error();
    }
    KF__TRY(kf__remove_tree(collector->path));
    KF__TRY(kf_run_start(store, slot->tune->pipeline, &options, out));
    return keep_id(slot, kf_run_id(*out));
}

static kf_status wait_for(kf_slot *slot, kf_collector *collector, kf_run *run)
{
    bool canceled = false;
    for (;;) {
        struct pollfd stop = {.fd = slot->stop_fd, .events = POLLIN};
        kf_status status = kf_run_wait(run, (double)WAIT_MS / 1000);
        if (status != KF_ETIMEOUT)
            return status;
        KF__TRY(kf__collector_look(collector));
        if (!canceled && poll(&stop, 1, 0) > 0) {
            kf_run_cancel(run);
            canceled = true;
        }
    }
}

/* ---- what it reports ---- */

static void note(kf_slot *slot, size_t metric, const kf_value *value)
{
    double number = kf__is(value, KF_KIND_INT) || kf__is(value, KF_KIND_DOUBLE)
                        ? kf_value_double(value)
                    : kf__is(value, KF_KIND_STRING)
                        ? kf__metric_number(kf_value_string(value))
                        : (double)NAN;
    kf__slot_push(slot, &(kf_note){metric, -1, KF__NO_TIME, number});
}

/* "name" of any task, "task.name", or the name of an output parameter. */
static const kf_value *find_in_task(const kf_value *task, const char *name)
{
    const char *path = kf__get_text(task, "path");
    size_t length = path != NULL ? strlen(path) : 0;
    if (length > 0 && strncmp(name, path, length) == 0 && name[length] == '.')
        name += length + 1;
    const kf_value *found = kf_value_get(kf_value_get(task, "metrics"), name);
    return found != NULL ? found : kf_value_get(kf_value_get(task, "outputs"), name);
}

static void note_metric(
    kf_slot *slot, size_t metric, const char *name, const kf_value *run)
{
    const kf_value *tasks = kf_value_get(run, "tasks");
    const kf_value *found = kf_value_get(kf_value_get(run, "outputs"), name);
    if (found != NULL && !kf__is(found, KF_KIND_STRUCT)) {
        note(slot, metric, found);
        return;
    }
    for (size_t i = 0; i < kf_value_length(tasks); i++) {
        const kf_value *value = find_in_task(kf_value_at(tasks, i), name);
        if (value != NULL)
            note(slot, metric, value);
    }
}

static kf_status note_all(kf_slot *slot, const kf_store *store)
{
    const kf_experiment *experiment = slot->tune->experiment;
    kf_value *run;
    KF__TRY(kf_store_run(store, slot->run, &run));
    for (size_t i = 0; i < kf_experiment_metric_count(experiment); i++)
        note_metric(slot, i, kf_experiment_metric_at(experiment, i)->name, run);
    kf_value_free(run);
    return KF_OK;
}

static kf_status execute(kf_slot *slot, kf_store *store, kf_collector *collector)
{
    kf_run *run = NULL;
    kf_status status = begin(slot, store, collector, &run);
    if (status == KF_OK && run != NULL)
        status = wait_for(slot, collector, run);
    if (status != KF_OK)
        kf__buf_puts(&slot->message, kf_last_error()->message);
    kf_run_free(run);
    if (status == KF_OK)
        status = kf__collector_finish(collector);
    return status == KF_OK ? note_all(slot, store) : status;
}

kf_status kf__slot_run_pipeline(kf_slot *slot)
{
    kf_store *store = NULL;
    kf_collector collector;
    KF__TRY(kf_store_open(slot->tune->store->home, &store));
    kf_status status = kf__collector_open_push(slot, &collector);
    if (status == KF_OK)
        status = execute(slot, store, &collector);
    kf__collector_close(&collector);
    kf_store_free(store);
    return status;
}
