/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Search algorithms: what they see of a study, and what one is made of.
 *
 * To a sampler the space is a list of axes and a configuration is a point: one
 * coordinate per axis, in the order of the parameters.
 *  - A continuous or ordered axis has coordinates in [0, 1], and the parameter's
 *    distribution is uniform there: logarithms and normal distributions are taken care
 *    of by the space. The values of an ordered axis (an int, a stepped double, a
 *    discrete list) have cells that fill [0, 1]; any coordinate of the cell stands for
 *    the value, and points of trials have the middle.
 *  - A categorical axis has coordinates 0, 1, …, levels - 1, without order.
 *  - The coordinate of a parameter that is not active (its condition does not hold) is
 *    NaN.
 *
 * A sampler is a function of the study's past, its settings and the numbers it draws,
 * and of nothing else: not of time, addresses, or what it was asked before. So a study
 * goes on after an interruption as if nothing had happened. What it keeps in its state
 * is for speed alone; what must be remembered it puts into the attributes of trials.
 */
#ifndef KF_EXT_SAMPLER_H
#define KF_EXT_SAMPLER_H

#include <kf/value.h>

KF_BEGIN_DECLS

typedef enum kf_axis_kind {
    KF_AXIS_CONTINUOUS = 0,
    KF_AXIS_ORDERED = 1,
    KF_AXIS_CATEGORICAL = 2
} kf_axis_kind;

/** One parameter as samplers see it. All text is borrowed from the space. */
typedef struct kf_axis {
    const char *name;
    kf_axis_kind kind;
    int64_t levels; /**< How many values; 0: continuous. */
    int parent; /**< Axis whose value decides whether this one is active; -1: none. */
} kf_axis;

/** States of trials (Katib: TrialConditionType). */
typedef enum kf_trial_state {
    KF_TRIAL_RUNNING = 0, /**< Asked and not told yet. */
    KF_TRIAL_SUCCEEDED = 1,
    KF_TRIAL_FAILED = 2,
    KF_TRIAL_KILLED = 3,
    KF_TRIAL_EARLY_STOPPED = 4, /**< Its values are those it had when it was stopped. */
    KF_TRIAL_METRICS_UNAVAILABLE = 5 /**< It ended without a number as its objective. */
} kf_trial_state;

/** A value of the first objective on the way. */
typedef struct kf_observation {
    int64_t step;
    double value; /**< As reported, never NaN or infinite. */
} kf_observation;

/** One configuration and what became of it; borrowed until the study changes. */
typedef struct kf_trial {
    int64_t number; /**< From 0, in the order of asking. */
    kf_trial_state state;
    const double *point;  /**< One coordinate per axis. */
    const double *values; /**< One per objective, as told; NULL: none. */
    const double *losses; /**< The same, less being better; NULL: none. */
    int64_t order;        /**< How many trials had ended before it; -1: it runs. */
    bool foreign;         /**< Added from elsewhere, or its point was given. */
    size_t observation_count;
    const kf_observation *observations; /**< In the order of reporting. */
    const kf_value *params;             /**< Values by parameter; active ones only. */
    const kf_value *attributes;         /**< A struct; what samplers noted. */
    const char *message;                /**< Why it failed; NULL. */
} kf_trial;

/** A question to a sampler: the study's past, settings, and random numbers. */
typedef struct kf_ask kf_ask;

/** How many axes a point has. */
KF_API size_t kf_ask_axis_count(const kf_ask *ask);
/** Borrowed; NULL past the end. */
KF_API const kf_axis *kf_ask_axis(const kf_ask *ask, size_t index);
/** Number of the trial that a point is wanted for. */
KF_API int64_t kf_ask_number(const kf_ask *ask);
/** Trials so far, those that run included. */
KF_API size_t kf_ask_trial_count(const kf_ask *ask);
/** By number; NULL past the end. */
KF_API const kf_trial *kf_ask_trial(const kf_ask *ask, size_t index);
/** How many values each trial has. */
KF_API size_t kf_ask_objective_count(const kf_ask *ask);
/** The value of a setting: as given, or its default; NULL: neither. Borrowed. */
KF_API const kf_value *kf_ask_setting(const kf_ask *ask, const char *name);
/** The next number in [0, 1) of this trial's stream, which depends on the seed of the
 * study and the trial's number alone (Philox 4x32-10). */
KF_API double kf_ask_uniform(kf_ask *ask);
/** The next number of the standard normal distribution. */
KF_API double kf_ask_normal(kf_ask *ask);
/** An integer in [0, @p count). */
KF_API int64_t kf_ask_index(kf_ask *ask, int64_t count);
/** The coordinate that points have of the value at @p coordinate. */
KF_API double kf_ask_snap(const kf_ask *ask, size_t axis, double coordinate);
/** Note something about the trial; copied. KF_OK, KF_ENOMEM. */
KF_API KF_MUST_CHECK kf_status kf_ask_note(
    kf_ask *ask, const char *name, const kf_value *value);
/** Give the trial a parameter that is no axis of the space; copied. KF_OK, KF_ENOMEM. */
KF_API KF_MUST_CHECK kf_status kf_ask_set(
    kf_ask *ask, const char *name, const kf_value *value);
/** Set the calling thread's error and return @p status: `return kf_ask_fail(…)`. */
KF_API kf_status kf_ask_fail(kf_ask *ask, kf_status status, const char *message);

/** What a setting of an algorithm may be. */
typedef struct kf_setting {
    const char *name;
    kf_kind kind; /**< INT, DOUBLE, STRING or BOOL. */
    /** Its default as JSON; NULL: none. */
    const char *fallback;
    bool required;
    bool nullable;          /**< May also be "None" (null). */
    double least, greatest; /**< Of numbers; both 0: any. */
    bool open;              /**< least and greatest themselves are not allowed. */
    const char *choices;    /**< Of strings, separated by "|"; NULL: any. */
} kf_setting;

/** A search algorithm. */
typedef struct kf_sampler {
    size_t size; /**< sizeof(kf_sampler) */
    const char *name;
    const kf_setting *settings;
    size_t setting_count;
    /**
     * @brief Begin a study: make a state, if need be.
     * @param ask Without a past, to look at axes and settings; nothing can be drawn.
     * @return KF_OK, or why the algorithm cannot search this space (@ref kf_ask_fail).
     */
    kf_status (*open)(kf_ask *ask, void *payload, void **state);
    /**
     * @brief Give the point of the next trial.
     * @param[out] point One coordinate per axis, all of them NaN at first; what is left
     * NaN is drawn at random. Coordinates of inactive parameters are dropped.
     */
    kf_status (*ask)(kf_ask *ask, void *state, double *point);
    /** Whether a trial that just reported should stop; NULL: never. */
    bool (*should_stop)(kf_ask *ask, void *state, const kf_trial *trial);
    void (*close)(void *state); /**< NULL: nothing to do. */
    void *payload;
} kf_sampler;

KF_END_DECLS

#endif
