/* SPDX-License-Identifier: Apache-2.0 */
/* A trial as a run of a pipeline. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "search/trial_watch.h"

enum { WAIT_MS = 20, LOOK_WAITS = 5, EXIT_WAITS = 1500 };

/* On the run's own thread. */
static int on_event(const kf_event *event, void *payload)
{
    kf_watch *watch = payload;
    (void)event;
    atomic_store(&watch->stale, true);
    return 0;
}

static kf_status arguments_of(kf_slot *slot, kf_value **out)
{
    const kf_value *fixed = slot->tune->arguments;
    *out = kf__tree_copy(&slot->tree, slot->params);
    for (size_t i = 0; i < kf_value_length(fixed); i++)
        kf__put(&slot->tree, *out, kf_value_key(fixed, i),
            kf__tree_copy(&slot->tree, kf_value_at(fixed, i)));
    return kf__tree_status(&slot->tree);
}

static kf_run_options options_of(
    const kf_slot *slot, const kf_value *arguments, kf_watch *watch)
{
    const kf_tune_options *options = &slot->tune->options;
    return (kf_run_options){.size = sizeof(kf_run_options),
        .arguments = arguments,
        .name = slot->name,
        .trial = slot->name,
        .on_event = on_event,
        .payload = watch,
        .no_cache = options->no_cache,
        .containers = options->containers,
        .python = options->python,
        .no_environments = options->no_environments};
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

/* Go on with the run of an earlier process; where that is not to be had, a new one. A
 * run that has succeeded since needs nothing more: *out is NULL. */
static kf_status begin(kf_slot *slot, kf_store *store, kf_watch *watch, kf_run **out)
{
    kf_value *arguments;
    *out = NULL;
    KF__TRY(arguments_of(slot, &arguments));
    kf_run_options options = options_of(slot, arguments, watch);
    if (slot->run != NULL) {
        kf_status status = kf_run_resume(store, slot->run, &options, out);
        if (status == KF_OK || status == KF_ESTATE)
            return KF_OK;
        kf_clear_error();
    }
    KF__TRY(kf_run_start(store, slot->tune->pipeline, &options, out));
    return keep_id(slot, kf_run_id(*out));
}

static kf_status wait_for(kf_slot *slot, kf_run *run, kf_watch *watch)
{
    int64_t canceled = 0; /* Waits since. */
    for (int64_t waits = 0;; waits++) {
        kf_status status = kf_run_wait(run, (double)WAIT_MS / 1000);
        if (status != KF_ETIMEOUT)
            return status;
        /* Exit tasks have their time. */
        if (kf__slot_is_to_stop(slot) && canceled++ % EXIT_WAITS == 0)
            kf_run_cancel(run);
        bool look = atomic_load(&watch->stale) || waits % LOOK_WAITS == 0;
        if (canceled == 0 && look)
            KF__TRY(kf__watch_look(watch));
    }
}

static kf_status execute(kf_slot *slot, kf_store *store, kf_watch *watch)
{
    kf_run *run = NULL;
    kf_status status = begin(slot, store, watch, &run);
    if (status == KF_OK && run != NULL)
        status = wait_for(slot, run, watch);
    if (status != KF_OK)
        kf__buf_puts(&slot->message, kf_last_error()->message);
    kf_run_free(run);
    if (slot->run == NULL || status == KF_ECANCELED)
        return status;
    kf_status finished = kf__watch_finish(watch);
    return status == KF_OK ? finished : status;
}

kf_status kf__slot_run_pipeline(kf_slot *slot)
{
    kf_store *store = NULL;
    kf_watch watch = {0};
    KF__TRY(kf_store_open(slot->tune->store->home, &store));
    kf_status status = kf__watch_open(slot, store, &watch);
    if (status == KF_OK)
        status = execute(slot, store, &watch);
    kf__watch_close(&watch);
    kf_store_free(store);
    return status;
}
