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
    KF_STATE_PENDING = 0, /**< Not begun, or waiting to be tried again. */
    KF_STATE_RUNNING = 1,
    KF_STATE_SUCCEEDED = 2,
    KF_STATE_SKIPPED =
        3, /**< A condition did not hold, or an upstream task did not succeed. */
    KF_STATE_FAILED = 4,
    KF_STATE_CANCELING =
        5, /**< A run only: what runs is being ended, exit tasks still run. */
    KF_STATE_CANCELED = 6,
    KF_STATE_CACHED =
        7 /**< A task only: succeeded, with the outputs of an earlier execution. */
} kf_state;

/** "PENDING", "RUNNING", …: a constant text; "UNKNOWN" for a number that is none. Any
 * thread. */
KF_API const char *kf_state_name(kf_state state);
/** True for SUCCEEDED, SKIPPED, FAILED, CANCELED and CACHED. Any thread. */
KF_API bool kf_state_is_final(kf_state state);

/* ---- the store ---- */

/**
 * @brief Open (and make, if need be) the store in the folder @p home.
 *
 * The folder holds the database `kf.db`, `runs/<run>/<task>/attempt-<n>/` with the log
 * and the files of each attempt, `environments/` of Python components, and `artifacts/`
 * unless a run has another root. Several processes and several handles may have one
 * store open, and run pipelines in it at the same time.
 * @param home NULL or "": $KF_HOME, or ~/.kf. "~/" is expanded.
 * @param[out] out The caller ends it with @ref kf_store_free, after all runs that were
 * started with it. A handle is for one thread at a time; runs have connections of their
 * own.
 * @return KF_OK; KF_EVERSION if a newer libkf wrote it; KF_EDOCUMENT if `kf.db` is no
 * store; KF_EBUSY if another process writes for more than 30 s; KF_EIO; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_store_open(const char *home, kf_store **out);
/** Close the store; NULL is fine. Runs that it started must have been freed before. */
KF_API void kf_store_free(kf_store *store);
/** The folder of the store, absolute; borrowed. */
KF_API const char *kf_store_home(const kf_store *store);

/* Queries answer with values that the caller ends with kf_value_free. Their shapes are
 * part of the contract and grow by members only. Times are text such as
 * "2026-11-24T03:13:44.123Z" (UTC), durations are seconds, sizes are bytes; what is not
 * known (yet) is null.
 *
 * Where a run is asked for: its id, a beginning of the id that no other run has, or
 * "latest". Where a task is: its path within the run, such as "for-loop-1[2]/train", or
 * its name if only one task has it.
 *
 * All of them return KF_OK; KF_ENOENT if there is no such run, task or artifact;
 * KF_EINVAL if it is ambiguous; KF_EIO, KF_EBUSY, KF_EDOCUMENT from the database;
 * KF_ENOMEM. */

typedef struct kf_runs_options {
    size_t size;
    const char *pipeline; /**< Only runs of the pipeline of this name. */
    const char *state;    /**< Only runs in this state, such as "FAILED". */
    int limit;            /**< 0: 100; -1: all. Newest first. */
} kf_runs_options;

/**
 * @brief List runs: each {id, pipeline, display_name, state, interrupted, created,
 * started, finished, duration, tasks, error}.
 *
 * `tasks` is the number of tasks that are executed (not of groups), as far as known.
 * `interrupted` is true if the state is not final and the process that executed the run
 * is gone: kf_run_resume goes on with it. `error` says why a run failed.
 * @param options NULL for the defaults. KF_EINVAL for a state that is none.
 */
KF_API KF_MUST_CHECK kf_status kf_store_runs(
    const kf_store *store, const kf_runs_options *options, kf_value **out);
/**
 * @brief Describe one run: what kf_store_runs gives of it, and {arguments, outputs,
 * pipeline_root, tasks}.
 *
 * `arguments` is what was given; `outputs` has the parameters by name, and artifacts as
 * below (a list where there are several). `tasks` is a list, in the order of their
 * beginning, of {name, path, kind, display_name, component, state, cached, attempts,
 * started, finished, duration, inputs, outputs, artifacts, metrics, error, log}:
 *  - `kind` is "task" (it is executed), "importer", "group" (a condition, an exit
 *    handler, a nested pipeline), "loop", or "iteration" of a loop;
 *  - `inputs` has the parameters by name, and input artifacts;
 *  - `outputs` has the output parameters; of groups and loops also the artifacts they
 *    give out;
 *  - `artifacts` has what the task made (or took from the cache), by output: {id, name,
 *    type, uri, path, digest, size, metadata}, a list where an output has several;
 *  - `metrics` has the metadata of its Metrics artifacts by name, "output.name" where
 *    two clash;
 *  - `error` says why it failed or was skipped; `log` is the path of its last attempt's
 *    log.
 */
KF_API KF_MUST_CHECK kf_status kf_store_run(
    const kf_store *store, const char *run, kf_value **out);
/**
 * @brief Describe one task of a run, as it stands in the `tasks` of @ref kf_store_run.
 */
KF_API KF_MUST_CHECK kf_status kf_store_task(
    const kf_store *store, const char *run, const char *task, kf_value **out);
/**
 * @brief List artifacts, oldest first: each {id, name, type, uri, path, digest, size,
 * metadata, created, run, task, output}.
 *
 * `type` is the schema title, `path` where it lies on this machine (null: elsewhere),
 * `digest` the SHA-256 of the file, or of the names and contents of a folder. `task` is
 * null for an artifact that was an argument of the run; `output` is then the input's
 * name.
 * @param run NULL: of all runs.
 */
KF_API KF_MUST_CHECK kf_status kf_store_artifacts(
    const kf_store *store, const char *run, kf_value **out);
/**
 * @brief {artifact, upstream, downstream}: what an artifact came from and went to.
 *
 * `artifact` is as in @ref kf_store_artifacts. The two others are lists, nearest first,
 * each entry once: executions {depth, task, run, state, component, pipeline} at odd
 * depths, artifacts (as above, with `depth`) at even ones. A task that took its outputs
 * from the cache stands beside the one that made them.
 * @param artifact An id, a uri or a path; the newest where several have been there.
 */
KF_API KF_MUST_CHECK kf_status kf_store_lineage(
    const kf_store *store, const char *artifact, kf_value **out);
/**
 * @brief List {task, attempt, path}: the log files, standard output and error together,
 * of a run.
 * @param task NULL: of all its tasks.
 */
KF_API KF_MUST_CHECK kf_status kf_store_logs(
    const kf_store *store, const char *run, const char *task, kf_value **out);
/**
 * @brief List the cache's entries, used last first: each {key, component, created,
 * used, hits, outputs, size, run, task}.
 *
 * `outputs` has parameters, and the uris of artifacts; `size` is that of the artifacts;
 * `run` and `task` say whose outputs they are.
 */
KF_API KF_MUST_CHECK kf_status kf_store_cache(const kf_store *store, kf_value **out);
/**
 * @brief Why a task did or did not come from the cache: {hit, reason, key, parts,
 * nearest, differs}.
 *
 * `reason` is a sentence. `key` is the SHA-256 of `parts`, which has by name all that
 * the outcome depends on: image, command, args, env, outputs, `inputs` by name,
 * `artifacts` by name (content, type and metadata), and, for functions of the host,
 * `call`: the program that holds them; or `cache_key` with the component. Long parts
 * are shown by their digest. `nearest` {key, run, task} is, for a hit, where the
 * outputs came from; for a miss the entry of the same component that differs least, and
 * `differs` lists {part, now, then} where it does. `key`, `parts` and `nearest` are
 * null where there is none.
 */
KF_API KF_MUST_CHECK kf_status kf_store_cache_explain(
    const kf_store *store, const char *run, const char *task, kf_value **out);
/**
 * @brief Forget cache entries; artifacts stay.
 * @param key A key or its beginning; NULL: all.
 * @param older_than_seconds Only entries not used for so long; 0: of any age.
 * @return KF_OK; KF_ENOENT if no entry has that key; KF_EIO, KF_EBUSY, KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_store_cache_clear(
    kf_store *store, const char *key, double older_than_seconds);
/**
 * @brief Ask the process that executes the run to cancel it, which it does within a
 * second; a run whose process is gone ends as CANCELED at once.
 * @return KF_OK; KF_ENOENT; KF_EINVAL; KF_ESTATE if the run has ended; KF_EIO,
 * KF_EBUSY, KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_store_cancel(kf_store *store, const char *run);

/* ---- runs ---- */

/** Something happened. All text is borrowed for the length of the call. */
typedef struct kf_event {
    const char *run;
    /** Path within the run such as "for-loop-1[2]/train"; NULL: the run itself. */
    const char *task;
    const char *display_name;
    /** PENDING with a message: an attempt failed, and there will be another. */
    kf_state state;
    int attempt;         /**< From 1; 0: the task was not attempted. */
    double seconds;      /**< Since the task or run started. */
    const char *message; /**< Why it failed or was skipped, what it waits for; NULL. */
    /** Tasks that are executed; more become known as groups start. */
    size_t tasks_done, tasks_known;
    const char *log; /**< Path of the attempt's log; NULL: it has none. */
} kf_event;

/**
 * Called for the run itself, for tasks that are executed, and for groups that are
 * skipped or cannot start. It is called on the run's own thread, one event at a time,
 * in order, and only when what it reports is durable in the store. While it runs
 * nothing is written or reported: keep it short. It may call kf_run_cancel and
 * kf_run_state, and use a store handle of its own.
 * @return Non-zero cancels the run.
 */
typedef int (*kf_event_callback)(const kf_event *event, void *payload);

/** Where the commands of container components run. */
typedef enum kf_containers {
    KF_CONTAINERS_REFUSE = 0, /**< The task fails with an error that says what to do. */
    KF_CONTAINERS_HOST = 1 /**< As processes on this machine; the image is not used. */
} kf_containers;

typedef struct kf_run_options {
    size_t size;
    /** A struct: values of the pipeline's inputs. An artifact is its uri or path, or a
     * struct {uri, name, metadata}; a list of these for a list. Null is as if not
     * given. */
    const kf_value *arguments;
    const char *name; /**< Display name; NULL: the pipeline's. */
    /** Folder for artifacts; NULL: artifacts/ in the store. They go to
     * <root>/<pipeline>/<run>/<task>/<output>. */
    const char *pipeline_root;
    /** A folder that serves as the workspace; kept. NULL: one per run, where the
     * pipeline asks for a workspace. */
    const char *workspace_root;
    int jobs;      /**< Tasks at a time; 0: the processors of this machine. */
    bool no_cache; /**< Execute every task. */
    /** After a failure go on with what does not depend on it. Otherwise nothing new
     * starts but exit tasks, tasks that ignore the failure of others, and what follows
     * them (KFP's backend). */
    bool keep_going;
    kf_containers containers;
    const char *python; /**< Of Python components; NULL: python3 on the PATH. */
    /** Run Python components in `python` itself, installing nothing. */
    bool no_environments;
    const kf_function *functions; /**< Of the host, for components made of them. */
    size_t function_count;
    kf_event_callback on_event;
    void *payload; /**< For on_event. */
    /** Name of the run's folder in the root, without "/"; NULL: "<pipeline>/<run>".
     * Nobody else may write there. Resuming goes on in it. */
    const char *run_folder;
    /** A struct of texts: environment variables of the processes of tasks, besides those
     * that tasks have of their own, which win. The cache does not look at them. */
    const kf_value *environment;
    /** The run is the trial of this name of an experiment: its tasks have the variables
     * KATIB_TRIAL_NAME, and KF_TRIAL_METRICS, a file of its own for each attempt to which
     * kf.search.report appends. NULL: it is none. */
    const char *trial;
} kf_run_options;

/**
 * @brief Start a pipeline; it goes on in threads of its own.
 *
 * All of KFP's control flow is walked as its backend does: a task begins when the tasks
 * before it have succeeded; it is skipped if one failed or was skipped, unless its
 * trigger is "all upstream tasks completed" (exit tasks, ignore_upstream_failure).
 * Retries, backoff, parallelism limits, timeouts (activeDeadlineSeconds of an executor,
 * for each attempt; of the pipeline, for the run) and caching are those of the
 * document. A retry policy of a nested pipeline holds for its tasks that have none.
 *
 * Killed at any instant, a run can be resumed: what was reported as finished stays so.
 * @param store Must outlive the run.
 * @param pipeline Need not.
 * @param options NULL for the defaults. All is copied; `payload`s are passed on as they
 * are.
 * @param[out] out The caller ends it with @ref kf_run_free.
 * @return KF_OK; what kf_pipeline_check finds; KF_EMISSING, KF_ETYPE, KF_EINVAL
 * (literals) and KF_ENOENT (names, files) for arguments; KF_EINVAL for options;
 * KF_EUNSUPPORTED for a root elsewhere or a document that cannot run here; KF_EIO,
 * KF_EBUSY, KF_ENOMEM. Nothing is left in the store then.
 */
KF_API KF_MUST_CHECK kf_status kf_run_start(kf_store *store,
    const kf_pipeline *pipeline, const kf_run_options *options, kf_run **out);
/**
 * @brief Go on with a run that failed, was canceled, or whose process ended.
 *
 * Finished tasks are not done again, unless their artifacts are gone; exit tasks are if
 * what they wait for is. Attempts are counted on. Document, arguments and root are
 * those of the run; jobs, no_cache, keep_going, containers, python, no_environments and
 * workspace_root are remembered where @p options leave them at their default; functions
 * and callbacks have to be given again.
 * @param run An id, a unique beginning of one, or "latest".
 * @param[out] out The caller ends it with @ref kf_run_free.
 * @return As kf_run_start, and KF_ENOENT; KF_EBUSY if a living process executes it;
 * KF_ESTATE if it succeeded.
 */
KF_API KF_MUST_CHECK kf_status kf_run_resume(
    kf_store *store, const char *run, const kf_run_options *options, kf_run **out);
/**
 * @brief Wait for the end. Any thread, several at a time.
 * @param seconds Negative: for ever. 0: only look.
 * @return KF_OK if it succeeded; KF_EFAILED, with the first failure as the message;
 * KF_ECANCELED; KF_ETIMEOUT if it goes on; KF_EIO if the store could not be written
 * (disk full) and KF_ENOMEM, which also end a run as FAILED.
 */
KF_API KF_MUST_CHECK kf_status kf_run_wait(kf_run *run, double seconds);
/** Stop the run: running tasks are ended with all processes they started, exit tasks
 * still run. Once more: these are ended too. Returns at once; nothing if it has ended.
 * Any thread. */
KF_API void kf_run_cancel(kf_run *run);
/** The state as it is now. Any thread. */
KF_API kf_state kf_run_state(const kf_run *run);
/** The run's id, borrowed for as long as the run is there. Any thread. */
KF_API const char *kf_run_id(const kf_run *run);
/**
 * @brief Value of a parameter that the pipeline gives out, or the artifact {id, name,
 * type {schemaTitle, schemaVersion}, uri, metadata, digest, size}, or a list of these.
 * @param[out] out The caller ends it with kf_value_free.
 * @return KF_OK; KF_ESTATE before the end; KF_ENOENT if it gave none of that name;
 * KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_run_output(
    const kf_run *run, const char *name, kf_value **out);
/** What kf_store_run gives for this run; on the thread that uses its store. The caller
 * ends @p out with kf_value_free. @return As kf_store_run. */
KF_API KF_MUST_CHECK kf_status kf_run_describe(const kf_run *run, kf_value **out);
/** End the handle; NULL is fine. A run that still goes on is canceled, and its end waited
 * for. Not from its own callbacks and functions. */
KF_API void kf_run_free(kf_run *run);

KF_END_DECLS

#endif
