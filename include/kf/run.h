/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Running pipelines on this machine, and the store that remembers what was run.
 */
#ifndef KF_RUN_H
#define KF_RUN_H

#include <kf/ext/executor.h>
#include <kf/pipeline.h>

KF_BEGIN_DECLS

typedef struct kf_store kf_store;
typedef struct kf_run kf_run;

/** States of runs and of tasks (KFP: RuntimeState of run.proto). */
typedef enum kf_state {
    KF_STATE_PENDING = 0,
    KF_STATE_RUNNING = 1,
    KF_STATE_SUCCEEDED = 2,
    KF_STATE_SKIPPED = 3, /**< A condition did not hold, or an upstream task did not succeed. */
    KF_STATE_FAILED = 4,
    KF_STATE_CANCELING = 5,
    KF_STATE_CANCELED = 6,
    KF_STATE_CACHED = 7 /**< Succeeded, with the outputs of an earlier execution. */
} kf_state;

/** "PENDING", "RUNNING", …; "UNKNOWN" for a number that is none. */
KF_API const char *kf_state_name(kf_state state);
/** True for SUCCEEDED, SKIPPED, FAILED, CANCELED and CACHED. */
KF_API bool kf_state_is_final(kf_state state);

/* ---- the store ---- */

/**
 * @brief Open (and make, if need be) the store in the folder @p home.
 * @param home NULL: $KF_HOME, or ~/.kf.
 * @return KF_OK, KF_EVERSION if a newer libkf wrote it, KF_EBUSY, KF_EIO, KF_ENOMEM.
 * Several processes and several handles may hold one store open.
 */
KF_API KF_MUST_CHECK kf_status kf_store_open(const char *home, kf_store **out);
KF_API void kf_store_free(kf_store *store);
/** The folder of the store, absolute; borrowed. */
KF_API const char *kf_store_home(const kf_store *store);

/* Queries answer with values; their shapes are part of the contract and grow by members only. */

typedef struct kf_runs_options {
    size_t size;
    const char *pipeline; /**< Only runs of the pipeline of this name. */
    const char *state;    /**< Only runs in this state, such as "FAILED". */
    int limit;            /**< 0: 100; -1: all. Newest first. */
} kf_runs_options;

/** List of {id, pipeline, display_name, state, created, started, finished, duration, tasks, error}. */
KF_API KF_MUST_CHECK kf_status kf_store_runs(
    const kf_store *store, const kf_runs_options *options, kf_value **out);
/** One run with `arguments`, `outputs` and `tasks`: list of {name, path, state, cached, attempts,
 * started, finished, duration, inputs, outputs, artifacts, metrics, error, log}.
 * @param run An id, a unique beginning of one, or "latest". KF_ENOENT. */
KF_API KF_MUST_CHECK kf_status kf_store_run(const kf_store *store, const char *run, kf_value **out);
/** List of the artifacts {id, name, type, uri, path, digest, size, metadata, run, task, created} of a
 * run (NULL: of all). */
KF_API KF_MUST_CHECK kf_status kf_store_artifacts(
    const kf_store *store, const char *run, kf_value **out);
/** {artifact, upstream, downstream}: the executions and artifacts it came from and went to.
 * @param artifact An id, a uri or a path. KF_ENOENT. */
KF_API KF_MUST_CHECK kf_status kf_store_lineage(
    const kf_store *store, const char *artifact, kf_value **out);
/** List of {task, attempt, path}: the log files of a run, or of one task of it. */
KF_API KF_MUST_CHECK kf_status kf_store_logs(
    const kf_store *store, const char *run, const char *task, kf_value **out);
/** List of the cache's entries {key, component, created, used, hits, outputs, size}. */
KF_API KF_MUST_CHECK kf_status kf_store_cache(const kf_store *store, kf_value **out);
/** Why the execution of @p task in @p run did or did not come from the cache:
 * {hit, key, parts, nearest, differs}. */
KF_API KF_MUST_CHECK kf_status kf_store_cache_explain(
    const kf_store *store, const char *run, const char *task, kf_value **out);
/** Forget cache entries. @param key NULL: all. @param older_than_seconds 0: of any age. */
KF_API KF_MUST_CHECK kf_status kf_store_cache_clear(
    kf_store *store, const char *key, double older_than_seconds);
/** Ask the process that executes the run to cancel it; a run of a dead process ends as CANCELED. */
KF_API KF_MUST_CHECK kf_status kf_store_cancel(kf_store *store, const char *run);

/* ---- runs ---- */

/** Something happened. All text is borrowed for the length of the call. */
typedef struct kf_event {
    const char *run;
    const char *task; /**< Path within the run such as "for-loop-1[2]/train"; NULL: the run itself. */
    const char *display_name;
    kf_state state;
    int attempt;      /**< From 1. */
    double seconds;   /**< Since the task or run started. */
    const char *message; /**< Why it failed, what it waits for; NULL. */
    size_t tasks_done, tasks_known;
} kf_event;

/** Called on the run's own thread, one at a time. Non-zero cancels the run. */
typedef int (*kf_event_callback)(const kf_event *event, void *payload);

/** Where the commands of container components run. */
typedef enum kf_containers {
    KF_CONTAINERS_REFUSE = 0, /**< The task fails with an error that says what to do. */
    KF_CONTAINERS_HOST = 1    /**< As processes on this machine; the image is not used. */
} kf_containers;

typedef struct kf_run_options {
    size_t size;
    const kf_value *arguments;  /**< A struct: values of the pipeline's inputs; artifacts as uri. */
    const char *name;           /**< Display name. */
    const char *pipeline_root;  /**< Where artifacts go; NULL: $KF_HOME/artifacts. */
    const char *workspace_root; /**< A folder that serves as the workspace; kept. NULL: one per run. */
    int jobs;                   /**< Tasks at a time; 0: the processors of this machine. */
    bool no_cache;              /**< Execute every task. */
    bool keep_going;            /**< Start tasks that do not depend on a failed one. */
    kf_containers containers;
    const char *python;         /**< Interpreter of Python components; NULL: python3 on the PATH. */
    bool no_environments;       /**< Run Python components in `python` itself, installing nothing. */
    const kf_function *functions; /**< Functions of the host, for components made of them. */
    size_t function_count;
    kf_event_callback on_event;
    void *payload;
} kf_run_options;

/**
 * @brief Start a pipeline; it goes on in threads of its own.
 * @return KF_OK, KF_EMISSING and KF_ETYPE for arguments, what kf_pipeline_check would find, KF_EIO.
 * @p store must outlive the run; @p pipeline need not.
 */
KF_API KF_MUST_CHECK kf_status kf_run_start(kf_store *store, const kf_pipeline *pipeline,
    const kf_run_options *options, kf_run **out);
/** Go on with a run whose process died or that failed; finished tasks are not done again.
 * KF_EBUSY if a living process executes it, KF_ESTATE if it succeeded. */
KF_API KF_MUST_CHECK kf_status kf_run_resume(
    kf_store *store, const char *run, const kf_run_options *options, kf_run **out);
/** Wait for the end. @param seconds Negative: for ever.
 * @return KF_OK if it succeeded, KF_EFAILED, KF_ECANCELED, KF_ETIMEOUT if it goes on. */
KF_API KF_MUST_CHECK kf_status kf_run_wait(kf_run *run, double seconds);
/** Stop the run: running tasks are ended, exit tasks still run. Any thread. */
KF_API void kf_run_cancel(kf_run *run);
/** Any thread. */
KF_API kf_state kf_run_state(const kf_run *run);
/** Borrowed. */
KF_API const char *kf_run_id(const kf_run *run);
/** Value of a parameter, or the artifact, that the pipeline gives out. KF_ESTATE before the end. */
KF_API KF_MUST_CHECK kf_status kf_run_output(const kf_run *run, const char *name, kf_value **out);
/** What kf_store_run gives for this run. */
KF_API KF_MUST_CHECK kf_status kf_run_describe(const kf_run *run, kf_value **out);
/** Cancels and waits if it still goes on. */
KF_API void kf_run_free(kf_run *run);

KF_END_DECLS

#endif
