/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Documents of searches: Katib's Experiment (kubeflow.org/v1beta1) and the
 * trainer's OptimizationJob (trainer.kubeflow.org/v1alpha1), read, checked and written.
 *
 * An experiment is read as Katib's API server would: fields of a wrong type are errors,
 * unknown ones are kept and written again. What Katib's defaulting webhook fills in is
 * seen by all accessors, and written if asked for. An OptimizationJob is seen through
 * the same accessors, as the Experiment that it amounts to.
 *
 * Two things that Katib's documents have no field for stand in annotations, which Katib
 * keeps: `libkf/objectives`, a JSON list of `{"name": …, "type": "minimize"}` for a
 * search with several, the first of them being spec.objective; and `libkf/conditions`,
 * a JSON object `{parameter: {"parent": …, "values": […]}}`.
 */
#ifndef KF_EXPERIMENT_H
#define KF_EXPERIMENT_H

#include <kf/search.h>

KF_BEGIN_DECLS

/** The document of a search. */
typedef struct kf_experiment kf_experiment;

/** How the reports of a metric come to one value (Katib: metricStrategies). */
typedef enum kf_strategy {
    KF_STRATEGY_MIN = 0,
    KF_STRATEGY_MAX = 1,
    KF_STRATEGY_LATEST = 2
} kf_strategy;

/** A metric that the experiment names; text is borrowed from it. */
typedef struct kf_experiment_metric {
    const char *name;
    bool is_objective;      /**< Otherwise it is recorded only. */
    kf_direction direction; /**< Of an objective. */
    kf_strategy strategy;
    bool has_goal; /**< Of the first objective only. */
    double goal;
} kf_experiment_metric;

/**
 * @brief Read an experiment from YAML or JSON.
 *
 * The text may hold other documents beside it: a ConfigMap gives the trial template
 * that spec.trialTemplate.configMap names. A Kubernetes List is read as its items.
 * @param length Bytes of @p text.
 * @return KF_OK; KF_EPARSE with line and column; KF_EDOCUMENT: no experiment, or more
 * than one, or a field of a wrong type; KF_ELIMIT; KF_ENOMEM. Whether it is sound is for
 * @ref kf_experiment_check.
 */
KF_API KF_MUST_CHECK kf_status kf_experiment_load(
    const char *text, size_t length, kf_experiment **out);
/** The same from a file; also KF_ENOENT and KF_EIO. */
KF_API KF_MUST_CHECK kf_status kf_experiment_open(
    const char *path, kf_experiment **out);
/** End an experiment. NULL is fine. */
KF_API void kf_experiment_free(kf_experiment *experiment);

/** What an experiment is made of when a program makes it. */
typedef struct kf_experiment_options {
    size_t size;
    const char *name;               /**< NULL: "experiment". */
    const char *name_space;         /**< NULL: none is written. */
    const char *const *objectives;  /**< Names; NULL: one, called "objective". */
    const kf_direction *directions; /**< One per objective; NULL: all minimised. */
    size_t objective_count;         /**< 0: 1. */
    const char *const *metrics;     /**< More of them to record; NULL: none. */
    size_t metric_count;
    const double *goal;                /**< Of the first objective; NULL: none. */
    const char *algorithm;             /**< NULL: "random". */
    const kf_value *settings;          /**< Of the algorithm: a struct; NULL: none. */
    const char *early_stopping;        /**< NULL: none. */
    const kf_value *stopping_settings; /**< A struct; NULL: none. */
    int64_t max_trials;                /**< 0: no limit. */
    int64_t parallel;                  /**< 0: Katib's default, 3. */
    const int64_t *max_failed_trials;  /**< NULL: no limit. */
    const char *resume_policy;         /**< NULL: Katib's default, "Never". */
    const kf_value *collector;         /**< metricsCollectorSpec; NULL: StdOut. */
    /** trialSpec, with `${trialParameters.NAME}` for each parameter; NULL: none. */
    const kf_value *trial_spec;
    const char *primary_container; /**< NULL: "training-container". */
} kf_experiment_options;

/**
 * @brief Make the Experiment that searches @p space.
 * @param options NULL for the defaults; all is copied.
 * @return KF_OK; KF_EINVAL or KF_ETYPE for options that cannot be; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_experiment_new(
    const kf_space *space, const kf_experiment_options *options, kf_experiment **out);

/**
 * @brief Find all that is wrong with an experiment.
 *
 * An error is what Katib's webhook refuses, and what it takes and then fails: settings
 * of the algorithm, numbers, ranges. `where` is the path of the field.
 * @param[out] out The caller's, also if there are no findings.
 * @return KF_OK or KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_experiment_check(
    const kf_experiment *experiment, kf_report **out);
/** The same of a text, all that keeps it from being read included. */
KF_API KF_MUST_CHECK kf_status kf_experiment_check_text(
    const char *text, size_t length, kf_report **out);
/**
 * @brief Find what is wrong with @p changed, and with putting it in the place of
 * @p experiment, whose status counts.
 */
KF_API KF_MUST_CHECK kf_status kf_experiment_check_update(
    const kf_experiment *experiment, const kf_experiment *changed, kf_report **out);

/** How an experiment is written. */
typedef struct kf_experiment_write_options {
    size_t size;
    bool json;     /**< JSON; with documents beside it, as a Kubernetes List. */
    bool defaults; /**< With what Katib's defaulting fills in. */
    const kf_value *status; /**< In place of the one it has; NULL: that one. */
} kf_experiment_write_options;

/**
 * @brief Write an experiment, and the documents that were read beside it.
 * @param options NULL for the defaults: YAML, as it was read.
 * @param[out] out NUL-terminated; end it with @ref kf_text_free.
 */
KF_API KF_MUST_CHECK kf_status kf_experiment_write(const kf_experiment *experiment,
    const kf_experiment_write_options *options, char **out);

/** "Experiment" or "OptimizationJob". */
KF_API const char *kf_experiment_kind(const kf_experiment *experiment);
/** metadata.name, or what metadata.generateName begins with; never NULL. */
KF_API const char *kf_experiment_name(const kf_experiment *experiment);
/** metadata.namespace; NULL: none. */
KF_API const char *kf_experiment_namespace(const kf_experiment *experiment);
/**
 * @brief The space of its parameters.
 * @param[out] out The caller's.
 * @return KF_OK; KF_EUNSUPPORTED if it searches an architecture (nasConfig); KF_EINVAL,
 * KF_EEXIST, KF_ETYPE, KF_EMISSING and KF_ENOENT for what the check finds too;
 * KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_experiment_space(
    const kf_experiment *experiment, kf_space **out);
/** How many metrics it names, objectives first. */
KF_API size_t kf_experiment_metric_count(const kf_experiment *experiment);
/** How many of them are objectives. */
KF_API size_t kf_experiment_objective_count(const kf_experiment *experiment);
/** The metric at @p index; NULL past the end. */
KF_API const kf_experiment_metric *kf_experiment_metric_at(
    const kf_experiment *experiment, size_t index);
/** Its algorithm; NULL: it names none. */
KF_API const char *kf_experiment_algorithm(const kf_experiment *experiment);
/** Settings of the algorithm: a struct of texts. */
KF_API const kf_value *kf_experiment_settings(const kf_experiment *experiment);
/** Early stopping; NULL: none. */
KF_API const char *kf_experiment_early_stopping(const kf_experiment *experiment);
/** Settings of early stopping: a struct of texts. */
KF_API const kf_value *kf_experiment_stopping_settings(const kf_experiment *experiment);
/** maxTrialCount; 0: no limit. */
KF_API int64_t kf_experiment_max_trials(const kf_experiment *experiment);
/** maxFailedTrialCount: at so many failed trials the experiment fails; 0: never. */
KF_API int64_t kf_experiment_max_failed_trials(const kf_experiment *experiment);
/** parallelTrialCount. */
KF_API int64_t kf_experiment_parallel(const kf_experiment *experiment);
/** "Never", "LongRunning" or "FromVolume". */
KF_API const char *kf_experiment_resume_policy(const kf_experiment *experiment);
/** Kind of the metrics collector: "StdOut", "File", … */
KF_API const char *kf_experiment_collector_kind(const kf_experiment *experiment);
/** spec.metricsCollectorSpec with its defaults. */
KF_API const kf_value *kf_experiment_collector(const kf_experiment *experiment);
/** spec.trialTemplate with its defaults; NULL: none. */
KF_API const kf_value *kf_experiment_template(const kf_experiment *experiment);
/** spec with its defaults, in the form of an Experiment. */
KF_API const kf_value *kf_experiment_spec(const kf_experiment *experiment);

KF_END_DECLS

#endif
