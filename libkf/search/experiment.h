/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of an experiment: what was read, and what it means. */
#ifndef KF_SEARCH_EXPERIMENT_H
#define KF_SEARCH_EXPERIMENT_H

#include <kf/experiment.h>

#include "base/error.h"
#include "base/value.h"
#include "base/vec.h"

struct kf_experiment {
    kf_tree tree;
    kf_value *documents;       /* All of the text, in their order. */
    kf_value *document;        /* The experiment among them, as it was read. */
    kf_value *typed;           /* The same without what Go would not read. */
    kf_value *full;            /* An Experiment with defaults; what accessors show. */
    bool is_job;               /* An OptimizationJob: `full` is what it amounts to. */
    const char *template_text; /* Of a ConfigMap in the text; NULL: none. */
    kf_value *settings;
    kf_value *stopping_settings;
    kf_value *conditions; /* Of the annotation; NULL: none. */
    KF__VEC(kf_experiment_metric) metrics;
    size_t objective_count;
};

#define KF__OBJECTIVES "libkf/objectives"
#define KF__CONDITIONS "libkf/conditions"
#define KF__EXPERIMENT_API "kubeflow.org/v1beta1"
#define KF__JOB_API "trainer.kubeflow.org/v1alpha1"
#define KF__DEFAULT_FILTER "([\\w|-]+)\\s*=\\s*([+-]?\\d*(\\.\\d+)?([Ee][+-]?\\d+)?)"

/* experiment_read: with a report, KF_OK says that there is an experiment, sound or not;
 * without one the first finding is the error. */
kf_status kf__experiment_read(
    const char *text, size_t length, kf_report *report, kf_experiment **out);
/* Of a document in its own tree, all of it still to be made from `documents`. */
kf_status kf__experiment_finish_read(kf_experiment *experiment, kf_report *report);
/* The fields again, for the findings. */
kf_status kf__experiment_read_fields(
    const kf_experiment *experiment, kf_tree *tree, kf_report *report, kf_value **out);

/* experiment_default: as experiment_defaults.go of Katib. */
void kf__experiment_default(kf_tree *tree, kf_value *full);
/* experiment_job: the Experiment that an OptimizationJob amounts to. */
kf_value *kf__experiment_of_job(kf_tree *tree, const kf_value *job);
/* The conditions of success and failure of a kind that Katib knows; NULL: none. */
const char *kf__default_success(const char *kind);
const char *kf__default_failure(const char *kind);

/* experiment_space: add one parameter as spec.parameters has it. */
kf_status kf__experiment_add_parameter(kf_space *space, const kf_value *parameter);

/* experiment_study: its space, which is empty where it searches an architecture. */
kf_status kf__experiment_any_space(const kf_experiment *experiment, kf_space **out);
/* The study of `space` with its objectives and counts, and what options say. */
kf_status kf__experiment_study(const kf_experiment *experiment, const kf_space *space,
    const kf_study_options *options, kf_study **out);

/* The member at a path of up to 4 names; NULL: none. */
const kf_value *kf__experiment_spec(const kf_experiment *experiment, const char *name);
/* A text that is not empty; NULL: none, or empty, which is the same to Go. */
const char *kf__given(const kf_value *object, const char *name);

#endif
