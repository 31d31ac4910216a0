/* SPDX-License-Identifier: Apache-2.0 */
/* Experiments: making, ending, and what is asked of them. */
#include "search/experiment.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "io/file.h"

kf_status kf_experiment_load(const char *text, size_t length, kf_experiment **out)
{
    KF__REQUIRE(text != NULL && out != NULL);
    kf_report *report;
    kf_experiment *experiment = NULL;
    KF__TRY(kf__report_new(&report));
    kf_status status = kf__experiment_read(text, length, report, &experiment);
    if (status == KF_OK)
        status = kf__report_fail_first(report);
    kf_report_free(report);
    if (status == KF_OK)
        *out = experiment;
    else
        kf_experiment_free(experiment);
    return status;
}

kf_status kf_experiment_open(const char *path, kf_experiment **out)
{
    KF__REQUIRE(path != NULL && out != NULL);
    kf_buf text = KF__BUF_INIT;
    kf_status status = kf__file_read(path, KF__LIMIT_DOCUMENT_BYTES, &text);
    if (status == KF_OK)
        status = kf_experiment_load(kf__buf_text(&text), text.length, out);
    kf__buf_finish(&text);
    return status;
}

void kf_experiment_free(kf_experiment *experiment)
{
    if (experiment == NULL)
        return;
    kf__vec_finish(&experiment->metrics);
    kf__tree_finish(&experiment->tree);
    kf__free(experiment);
}

/* ---- fields ---- */

const kf_value *kf__experiment_spec(const kf_experiment *experiment, const char *name)
{
    return kf_value_get(kf_value_get(experiment->full, "spec"), name);
}

const char *kf__given(const kf_value *object, const char *name)
{
    const char *text = kf__get_text(object, name);
    return text == NULL || *text == '\0' ? NULL : text;
}

static const kf_value *spec(const kf_experiment *experiment, const char *name)
{
    return experiment == NULL ? NULL : kf__experiment_spec(experiment, name);
}

const char *kf_experiment_kind(const kf_experiment *experiment)
{
    return experiment != NULL && experiment->is_job ? "OptimizationJob" : "Experiment";
}

const char *kf_experiment_name(const kf_experiment *experiment)
{
    if (experiment == NULL)
        return "";
    const kf_value *metadata = kf_value_get(experiment->full, "metadata");
    const char *name = kf__given(metadata, "name");
    if (name == NULL)
        name = kf__given(metadata, "generateName");
    return name != NULL ? name : "";
}

const char *kf_experiment_namespace(const kf_experiment *experiment)
{
    return experiment == NULL
               ? NULL
               : kf__given(kf_value_get(experiment->full, "metadata"), "namespace");
}

size_t kf_experiment_metric_count(const kf_experiment *experiment)
{
    return experiment == NULL ? 0 : experiment->metrics.count;
}

size_t kf_experiment_objective_count(const kf_experiment *experiment)
{
    return experiment == NULL ? 0 : experiment->objective_count;
}

const kf_experiment_metric *kf_experiment_metric_at(
    const kf_experiment *experiment, size_t index)
{
    return index < kf_experiment_metric_count(experiment)
               ? &experiment->metrics.items[index]
               : NULL;
}

const char *kf_experiment_algorithm(const kf_experiment *experiment)
{
    return kf__given(spec(experiment, "algorithm"), "algorithmName");
}

const kf_value *kf_experiment_settings(const kf_experiment *experiment)
{
    return experiment == NULL ? NULL : experiment->settings;
}

const char *kf_experiment_early_stopping(const kf_experiment *experiment)
{
    return kf__given(spec(experiment, "earlyStopping"), "algorithmName");
}

const kf_value *kf_experiment_stopping_settings(const kf_experiment *experiment)
{
    return experiment == NULL ? NULL : experiment->stopping_settings;
}

int64_t kf_experiment_max_trials(const kf_experiment *experiment)
{
    return kf_value_int(spec(experiment, "maxTrialCount"));
}

int64_t kf_experiment_max_failed_trials(const kf_experiment *experiment)
{
    return kf_value_int(spec(experiment, "maxFailedTrialCount"));
}

int64_t kf_experiment_parallel(const kf_experiment *experiment)
{
    return kf_value_int(spec(experiment, "parallelTrialCount"));
}

const char *kf_experiment_resume_policy(const kf_experiment *experiment)
{
    return kf_value_string(spec(experiment, "resumePolicy"));
}

const char *kf_experiment_collector_kind(const kf_experiment *experiment)
{
    const kf_value *collector =
        kf_value_get(spec(experiment, "metricsCollectorSpec"), "collector");
    return kf_value_string(kf_value_get(collector, "kind"));
}

const kf_value *kf_experiment_collector(const kf_experiment *experiment)
{
    return spec(experiment, "metricsCollectorSpec");
}

const kf_value *kf_experiment_template(const kf_experiment *experiment)
{
    return spec(experiment, "trialTemplate");
}

const kf_value *kf_experiment_spec(const kf_experiment *experiment)
{
    return experiment == NULL ? NULL : kf_value_get(experiment->full, "spec");
}
