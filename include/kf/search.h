/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Searching for good parameters: spaces, and studies that are asked and told.
 */
#ifndef KF_SEARCH_H
#define KF_SEARCH_H

#include <kf/ext/sampler.h>
#include <kf/run.h>

KF_BEGIN_DECLS

/* ---- spaces ---- */

/** Parameters to search, each with the values it may take. */
typedef struct kf_space kf_space;

/** How values of a double or int are distributed (Katib: feasibleSpace.distribution). */
typedef enum kf_distribution {
    KF_UNIFORM = 0,
    KF_LOG_UNIFORM = 1, /**< The logarithm is uniform. */
    /** Mean (min + max) / 2, standard deviation (max - min) / 6, truncated to the
     * bounds. */
    KF_NORMAL = 2,
    KF_LOG_NORMAL = 3 /**< The logarithm is normal, in the same way. */
} kf_distribution;

/** Make a space without parameters. KF_OK or KF_ENOMEM. */
KF_API KF_MUST_CHECK kf_status kf_space_new(kf_space **out);
/** Copy a space. KF_OK or KF_ENOMEM. */
KF_API KF_MUST_CHECK kf_status kf_space_dup(const kf_space *space, kf_space **out);
/** End a space. NULL is fine. */
KF_API void kf_space_free(kf_space *space);

/**
 * @brief Add a real number in [@p min, @p max].
 * @param step 0: any number; otherwise the values are min, min + step, … up to max.
 * @return KF_OK; KF_EEXIST if the name is taken; KF_EINVAL for an empty name, bounds
 * that are not finite or min >= max (min = max is fine), a step that is negative or
 * larger than the range, a logarithm of what is not positive; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_space_add_double(kf_space *space, const char *name,
    double min, double max, double step, kf_distribution distribution);
/** Add an integer in [@p min, @p max], both within ±2^53. @p step 0 is 1. As above. */
KF_API KF_MUST_CHECK kf_status kf_space_add_int(kf_space *space, const char *name,
    int64_t min, int64_t max, int64_t step, kf_distribution distribution);
/**
 * @brief Add a choice among numbers, which have an order.
 * @param values A list of numbers, or of text that reads as numbers; kept as they are.
 * @return As above; KF_EINVAL if it is empty, or one of them is no number or occurs
 * twice.
 */
KF_API KF_MUST_CHECK kf_status kf_space_add_discrete(
    kf_space *space, const char *name, const kf_value *values);
/** Add a choice among values of any kind, without order: a list, none of them twice. */
KF_API KF_MUST_CHECK kf_status kf_space_add_categorical(
    kf_space *space, const char *name, const kf_value *values);
/**
 * @brief Let @p name be a parameter only where @p parent has one of @p values.
 * @param parent Discrete or categorical, added before @p name; it may have a condition
 * itself.
 * @return KF_OK; KF_ENOENT for an unknown name or value; KF_EINVAL; KF_ESTATE if it has
 * a condition already; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_space_set_condition(
    kf_space *space, const char *name, const char *parent, const kf_value *values);
/** How many parameters there are. */
KF_API size_t kf_space_count(const kf_space *space);
/** Of the parameter at @p index; NULL past the end. */
KF_API const kf_axis *kf_space_axis(const kf_space *space, size_t index);

/* ---- studies: ask and tell ---- */

typedef struct kf_study kf_study;

typedef enum kf_direction { KF_MINIMIZE = 0, KF_MAXIMIZE = 1 } kf_direction;

typedef struct kf_study_options {
    size_t size;
    const char *const *objectives;     /**< Names; NULL: one, called "objective". */
    const kf_direction *directions;    /**< One per objective; NULL: all minimised. */
    size_t objective_count;            /**< 0: 1. */
    const char *algorithm;             /**< NULL: "auto". */
    const kf_value *settings;          /**< Of the algorithm: a struct. */
    const char *early_stopping;        /**< "medianstop"; NULL: none. */
    const kf_value *stopping_settings; /**< A struct. */
    uint64_t seed;                     /**< The same seed gives the same trials. */
    const kf_sampler *sampler; /**< One of the caller's, in place of algorithm. */
    /** Katib's nasConfig, for algorithms that search an architecture; the space may then
     * be empty. */
    const kf_value *nas_config;
    int64_t max_trials; /**< What is planned, for algorithms that care; 0: unknown. */
    int parallel;       /**< Trials at a time, as planned; 0: unknown. */
    /** Keep the study in this store, which must outlive it, under `name`; go on with it
     * if it is there. NULL: in memory only. */
    const kf_store *store;
    const char *name; /**< Of the study in the store. */
} kf_study_options;

/**
 * @brief Begin a study of @p space, or go on with one in a store.
 *
 * In a store every change is durable when its call returns, and after the end of the
 * process at any instant the study goes on as if nothing had happened: trials that ran
 * are still running, and may be told.
 * @param options NULL for the defaults; all is copied, a sampler's tables are borrowed.
 * @return KF_OK; KF_ENOENT for an unknown algorithm or setting, with the nearest name;
 * KF_EINVAL, KF_ETYPE, KF_EMISSING for settings; KF_EUNSUPPORTED if the algorithm
 * cannot search this space; of a store: KF_EEXIST if there is a study of that name with
 * another space or other options, KF_EBUSY if it is open elsewhere, KF_EIO; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_study_new(
    const kf_space *space, const kf_study_options *options, kf_study **out);
/** End a study and all its trials. NULL is fine. */
KF_API void kf_study_free(kf_study *study);

/**
 * @brief Ask for a configuration to try. Any number may be asked before one is told.
 * @param[out] number Of the new trial.
 * @return KF_OK; KF_ENOENT if the space is exhausted (grid); what a sampler of the
 * caller's returned; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_study_ask(kf_study *study, int64_t *number);
/** A trial by number; NULL if there is none. Borrowed until the study changes. */
KF_API const kf_trial *kf_study_trial(const kf_study *study, int64_t number);
/** How many trials there are, in any state. */
KF_API size_t kf_study_trial_count(const kf_study *study);
/** How many values each trial has. */
KF_API size_t kf_study_objective_count(const kf_study *study);
/**
 * @brief Report a value of the first objective on the way.
 * @param step Of the trial; larger than that of the report before.
 * @param[out] stop Whether the trial should stop now (early stopping): then tell it
 * with @ref kf_study_tell_state and KF_TRIAL_EARLY_STOPPED. May be NULL.
 * @return KF_OK; KF_ENOENT; KF_ESTATE if it has ended; KF_EINVAL for NaN, infinity, or
 * a step that does not grow; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_study_report(
    kf_study *study, int64_t number, int64_t step, double value, bool *stop);
/**
 * @brief Tell the value of a trial with one objective.
 *
 * NaN and infinities end it as KF_TRIAL_METRICS_UNAVAILABLE.
 * @return KF_OK; KF_ENOENT; KF_ESTATE if it has ended; KF_EINVAL if the study has
 * several objectives; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_study_tell(
    kf_study *study, int64_t number, double value);
/** The same with @p count values, one per objective. */
KF_API KF_MUST_CHECK kf_status kf_study_tell_values(
    kf_study *study, int64_t number, const double *values, size_t count);
/**
 * @brief End a trial that has no value, or was stopped: its value is then its last
 * report.
 * @param state KF_TRIAL_FAILED, _KILLED, _EARLY_STOPPED or _METRICS_UNAVAILABLE.
 * @param message Why; NULL.
 */
KF_API KF_MUST_CHECK kf_status kf_study_tell_state(
    kf_study *study, int64_t number, kf_trial_state state, const char *message);
/**
 * @brief Let one of the next trials have these values; what is not given is sampled.
 * @param params A struct: values by parameter.
 * @return KF_OK; KF_ENOENT for an unknown parameter; KF_EINVAL for a value that it
 * cannot take, or one of a parameter that is not active; KF_ETYPE; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_study_enqueue(
    kf_study *study, const kf_value *params);
/**
 * @brief Add a trial known from elsewhere, with all its parameters.
 * @param values One per objective; NULL with a state that has none.
 * @param[out] number May be NULL.
 */
KF_API KF_MUST_CHECK kf_status kf_study_add(kf_study *study, const kf_value *params,
    kf_trial_state state, const double *values, int64_t *number);
/**
 * @brief The best trial of the first objective, or NULL if none has a value.
 *
 * The first one of equals; trials that were stopped early count.
 */
KF_API const kf_trial *kf_study_best(const kf_study *study);

/**
 * @brief The trials that no other is better than in all objectives: a list of numbers.
 * @param[out] out The caller's, to be freed. KF_OK or KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_study_front(const kf_study *study, kf_value **out);
/**
 * @brief The volume between all trials and a point that is worse than they are.
 * @param reference One value per objective, as they are told.
 * @return KF_OK or KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_study_hypervolume(
    const kf_study *study, const double *reference, double *out);

/**
 * @brief How much each parameter matters for the first objective, from the trials so far:
 * a struct of shares that add up to 1, all 0 where there are too few trials (fANOVA).
 * @param[out] out The caller's, to be freed. KF_OK or KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_study_importance(
    const kf_study *study, kf_value **out);

/** How the trials of a study are written. */
typedef enum kf_study_format {
    KF_STUDY_CSV =
        0, /**< A row per trial: number, state, objectives, parameters, message. */
    KF_STUDY_JSON =
        1, /**< A list of {number, state, params, values, observations, …}. */
    KF_STUDY_HTML = 2, /**< A fragment with pictures, for a page or a notebook. */
    KF_STUDY_PAGE =
        3 /**< A whole page of HTML with the same, which needs nothing else. */
} kf_study_format;
/**
 * @brief Write all trials.
 * @param[out] out NUL-terminated; end it with kf_text_free.
 * @return KF_OK, KF_EINVAL for a format that is none, KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_study_write(
    const kf_study *study, kf_study_format format, char **out);

/** "RUNNING", "SUCCEEDED", …; "UNKNOWN" for a number that is none. */
KF_API const char *kf_trial_state_name(kf_trial_state state);
/** Name of the algorithm at @p index, as Katib has it where it does; NULL past the
 * end. */
KF_API const char *kf_algorithm_name(size_t index);

KF_END_DECLS

#endif
