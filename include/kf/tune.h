/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Whole experiments on this machine: trials as processes or as runs of a pipeline.
 */
#ifndef KF_TUNE_H
#define KF_TUNE_H

#include <kf/experiment.h>

KF_BEGIN_DECLS

/** An experiment that is being executed. */
typedef struct kf_tune kf_tune;

/** What happened. */
typedef enum kf_tune_event_kind {
    KF_TUNE_TRIAL_STARTED = 0,
    KF_TUNE_TRIAL_REPORTED = 1, /**< A value of the first objective. */
    KF_TUNE_TRIAL_ENDED = 2,
    KF_TUNE_ENDED = 3 /**< The experiment itself; `trial` is -1. */
} kf_tune_event_kind;

/** How many trials are in each state. */
typedef struct kf_tune_counts {
    int64_t running, succeeded, failed, killed, early_stopped, metrics_unavailable;
} kf_tune_counts;

/** Something happened. All is borrowed for the length of the call. */
typedef struct kf_tune_event {
    const char *experiment; /**< Its id. */
    kf_tune_event_kind kind;
    int64_t trial;
    kf_trial_state trial_state;
    kf_state state;         /**< Of the experiment. */
    const kf_value *params; /**< Of the trial; NULL. */
    double value;           /**< Of the first objective; NaN: none. */
    const char *message;    /**< Why it ended so; NULL. */
    double seconds;         /**< Since the experiment was begun, or taken up again. */
    kf_tune_counts counts;
    int64_t max_trials; /**< 0: no limit. */
    int64_t best;       /**< The best trial so far; -1: none. */
    double best_value;
    const kf_value *best_params;
} kf_tune_event;

/**
 * Called on the experiment's own thread, one event at a time, when what it reports is
 * durable. It may call kf_tune_cancel. @return Non-zero cancels the experiment.
 */
typedef int (*kf_tune_callback)(const kf_tune_event *event, void *payload);

typedef struct kf_tune_options {
    size_t size;
    /** Id in the store; NULL: the experiment's name, with "-2", "-3", … if that is
     * taken. */
    const char *name;
    int64_t max_trials; /**< In place of maxTrialCount; 0: as the document says. */
    int jobs;           /**< In place of parallelTrialCount; 0: as it says. */
    uint64_t seed;      /**< Of the algorithm, unless its settings have one. */
    kf_containers
        containers; /**< KF_CONTAINERS_HOST: trials may run on this machine. */
    /** Each trial is a run of it: its inputs are the parameters, its logged metrics and
     * output parameters the observation. A choice that is text stands for what it reads
     * as where the input is of another type. NULL: the trial template's command. */
    const kf_pipeline *pipeline;
    const char *python;   /**< Of Python components, as in kf_run_options. */
    bool no_environments; /**< As in kf_run_options. */
    bool no_cache;        /**< As in kf_run_options. */
    kf_tune_callback on_event;
    void *payload; /**< For on_event. */
    /** A struct: values of inputs of the pipeline that are not searched, the same in
     * every trial; as in kf_run_options. */
    const kf_value *arguments;
} kf_tune_options;

/**
 * @brief Start an experiment; it goes on in threads of its own.
 *
 * It ends when what a trial reports reaches the goal, when maxTrialCount trials have
 * ended, when maxFailedTrialCount have failed or given no metrics, or when the algorithm
 * has no more to try; what still runs is killed then. The trial that reaches the goal is
 * stopped, and has succeeded. A trial's `log` is in the folder
 * `experiments/<id>/trial-<n>/` of the store; it runs in `work` beside it.
 * @param store Must outlive it.
 * @param options NULL for the defaults. All is copied.
 * @param[out] out The caller ends it with @ref kf_tune_free.
 * @return KF_OK; what kf_experiment_check finds; KF_ENOENT, KF_ETYPE and KF_EMISSING if
 * the inputs of the pipeline are not as the parameters; KF_EUNSUPPORTED if commands may
 * not run here; KF_EEXIST if the name is taken; KF_EINVAL; KF_EIO, KF_EBUSY, KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_tune_start(kf_store *store,
    const kf_experiment *experiment, const kf_tune_options *options, kf_tune **out);
/**
 * @brief Go on with an experiment whose process ended, that was canceled, or (resumePolicy
 * LongRunning or FromVolume) that had ended and is given more trials.
 *
 * Trials that ran are run again, with the same number and parameters; those that ended
 * stay. What options leave at its default is as before.
 * @return As kf_tune_start, and KF_ENOENT; KF_EBUSY if a living process executes it;
 * KF_ESTATE if there is nothing to go on with.
 */
KF_API KF_MUST_CHECK kf_status kf_tune_resume(
    kf_store *store, const char *id, const kf_tune_options *options, kf_tune **out);
/**
 * @brief Wait for the end. Any thread, several at a time.
 * @param seconds Negative: for ever. 0: only look.
 * @return KF_OK if it succeeded; KF_EFAILED; KF_ECANCELED; KF_ETIMEOUT if it goes on;
 * KF_EIO, KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_tune_wait(kf_tune *tune, double seconds);
/** Kill what runs and end as CANCELED. Returns at once. Any thread. */
KF_API void kf_tune_cancel(kf_tune *tune);
/** The state as it is now. Any thread. */
KF_API kf_state kf_tune_state(const kf_tune *tune);
/** Its id in the store; borrowed. */
KF_API const char *kf_tune_id(const kf_tune *tune);
/** End the handle; NULL is fine. What still goes on is canceled first. */
KF_API void kf_tune_free(kf_tune *tune);

/**
 * @brief List experiments, newest first: each {id, name, kind, state, interrupted,
 * reason, error, algorithm, objective, direction, created, started, finished, duration,
 * trials, best}.
 *
 * `kind` is "experiment", or "study" for those that a program asks and tells; `trials`
 * is their number, `best` the value of the best one.
 * @param[out] out The caller's.
 */
KF_API KF_MUST_CHECK kf_status kf_store_experiments(
    const kf_store *store, kf_value **out);
/**
 * @brief Describe one: as above, and {objectives, settings, early_stopping,
 * stopping_settings, goal, max_trials, max_failed, parallel, history}, null where there
 * is none.
 *
 * But `counts` {running, succeeded, failed, killed, early_stopped, metrics_unavailable},
 * `best` is a trial or null, and `trials` lists {number, name, state, params, values,
 * metrics, message, started, finished, duration, log, run}; one that runs has `report`
 * {step, value}, its last of the first objective, or null. `history` lists each trial
 * that was better than those before it: {trial, value, after}, seconds since the start.
 *
 * `values` has the objectives by name, `metrics` {min, max, latest} by name.
 * @param id Its id, a unique beginning of one, or "latest".
 * @return KF_OK; KF_ENOENT; KF_EINVAL if it is ambiguous; KF_EIO, KF_EBUSY, KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_store_experiment(
    const kf_store *store, const char *id, kf_value **out);
/** The status of an experiment as Katib writes it. @return As kf_store_experiment;
 * KF_EUNSUPPORTED for a study. */
KF_API KF_MUST_CHECK kf_status kf_store_experiment_status(
    const kf_store *store, const char *id, kf_value **out);
/**
 * @brief Write the trials of an experiment or study, as @ref kf_study_write.
 * @param[out] out NUL-terminated; end it with kf_text_free.
 * @return As kf_store_experiment; KF_EINVAL for a format that is none.
 */
KF_API KF_MUST_CHECK kf_status kf_store_experiment_write(
    const kf_store *store, const char *id, kf_study_format format, char **out);
/** How much each parameter matters, as @ref kf_study_importance.
 * @return As kf_store_experiment. */
KF_API KF_MUST_CHECK kf_status kf_store_experiment_importance(
    const kf_store *store, const char *id, kf_value **out);
/** Ask the process that executes the experiment to cancel it; one whose process is gone
 * ends as CANCELED at once. KF_ESTATE if it has ended. */
KF_API KF_MUST_CHECK kf_status kf_store_experiment_cancel(
    kf_store *store, const char *id);

KF_END_DECLS

#endif
