/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of kf_run. */
#ifndef KF_RUN_RUN_HANDLE_H
#define KF_RUN_RUN_HANDLE_H

#include <stdatomic.h>

#include "run/scheduler.h"

struct kf_run {
    kf_tree tree; /* Of all text that lives as long as the run. */
    const kf_store *store;
    kf_value *spec, *platform;
    kf_plan plan;
    kf_run_options options;
    kf_run_row row;
    kf_engine engine;
    kf_bundle *arguments; /* Until the engine takes them. */
    kf_db *writer;        /* Of the run's own thread. */
    pthread_t thread;
    bool engine_ready, thread_started;
    kf_cond ended;
    bool over; /* Final and durable; with the engine's lock. */
    atomic_int state;
    kf_bundle *outputs;
    kf_status result;
    bool store_lost;       /* It could not be written to. */
    char *store_error;     /* Why, or NULL. */
    bool cancel_announced; /* Of the run's own thread, as the one before. */
};

/* run_options.c: copies, with defaults; and what a resume remembers of them. */
kf_status kf__run_options_copy(
    kf_tree *tree, const kf_run_options *options, kf_run_options *out);
void kf__run_options_write(const kf_run_options *options, kf_buf *out);
kf_status kf__run_options_recall(
    kf_tree *tree, const char *json, kf_run_options *options);

/* run_arguments.c: arguments checked against the inputs of the root; artifacts
 * registered. */
kf_status kf__run_arguments(kf_run *run, const kf_value *arguments, kf_bundle **out);
kf_status kf__run_put_arguments(kf_run *run);
/* JSON of them, for the store. */
kf_status kf__run_arguments_text(kf_run *run, const char **out);

/* run_start.c */
kf_run *kf__run_new(const kf_store *store);
/* From a document as values, which are copied; `platform` may be NULL or empty. */
kf_status kf__run_start(kf_store *store, const kf_value *spec, const kf_value *platform,
    const kf_run_options *options, kf_run **out);
kf_status kf__run_prepare(kf_run *run); /* Plan, folders, databases, locks. */
kf_status kf__run_launch(kf_run *run);
void kf__run_release(kf_run *run);

/* run_resume.c */
kf_status kf__run_resume(
    kf_store *store, const char *id, const kf_run_options *options, kf_run **out);
kf_status kf__run_recall(kf_run *run);

/* run.c. `again`: exit tasks too, if it is being canceled already. */
void kf__run_cancel(kf_run *run, bool again);

/* run_thread.c */
void *kf__run_thread(void *run);

#endif
