/* SPDX-License-Identifier: Apache-2.0 */
/* pkg/apis/controller/{common,experiments}/v1beta1 of Katib, optimizationjob_types.go
 * of the trainer. */
#include "search/experiment_schema.h"

static const kf_field named[] = {KF__F_TEXT("name"), KF__F_TEXT("value"), KF__F_END};

static const kf_field feasible_space[] = {KF__F_TEXT("min"), KF__F_TEXT("max"),
    KF__F_TEXT("step"), KF__F_TEXT_LIST("list"), KF__F_TEXT("distribution"), KF__F_END};

static const kf_field parameter[] = {KF__F_TEXT("name"), KF__F_TEXT("parameterType"),
    KF__F_STRUCT("feasibleSpace", feasible_space), KF__F_END};

static const kf_field objective[] = {KF__F_TEXT("type"),
    {.name = "goal", .type = KF__FIELD_DOUBLE}, KF__F_TEXT("objectiveMetricName"),
    KF__F_TEXT_LIST("additionalMetricNames"), KF__F_LIST("metricStrategies", named),
    KF__F_END};

static const kf_field algorithm[] = {
    KF__F_TEXT("algorithmName"), KF__F_LIST("algorithmSettings", named), KF__F_END};

static const kf_field config_map[] = {KF__F_TEXT("configMapName"),
    KF__F_TEXT("configMapNamespace"), KF__F_TEXT("templatePath"), KF__F_END};

static const kf_field trial_parameter[] = {
    KF__F_TEXT("name"), KF__F_TEXT("description"), KF__F_TEXT("reference"), KF__F_END};

static const kf_field trial_template[] = {{.name = "retain", .type = KF__FIELD_BOOL},
    KF__F_OBJECT("trialSpec"), KF__F_STRUCT("configMap", config_map),
    KF__F_LIST("trialParameters", trial_parameter), KF__F_TEXTS("primaryPodLabels"),
    KF__F_TEXT("primaryContainerName"), KF__F_TEXT("successCondition"),
    KF__F_TEXT("failureCondition"), KF__F_END};

static const kf_field http_get[] = {KF__F_TEXT("path"), KF__F_TEXT("host"),
    KF__F_TEXT("scheme"), {.name = "port", .type = KF__FIELD_PORT},
    KF__F_LIST("httpHeaders", named), KF__F_END};

static const kf_field file_system_path[] = {
    KF__F_TEXT("path"), KF__F_TEXT("kind"), KF__F_TEXT("format"), KF__F_END};

static const kf_field filter[] = {KF__F_TEXT_LIST("metricsFormat"), KF__F_END};

static const kf_field source[] = {KF__F_STRUCT("httpGet", http_get),
    KF__F_STRUCT("fileSystemPath", file_system_path), KF__F_STRUCT("filter", filter),
    KF__F_END};

static const kf_field collector[] = {
    KF__F_TEXT("kind"), KF__F_OBJECT("customCollector"), KF__F_END};

static const kf_field collector_spec[] = {
    KF__F_STRUCT("source", source), KF__F_STRUCT("collector", collector), KF__F_END};

static const kf_field operation[] = {
    KF__F_TEXT("operationType"), KF__F_LIST("parameters", parameter), KF__F_END};

static const kf_field graph_config[] = {KF__F_INT("numLayers"),
    {.name = "inputSizes", .type = KF__FIELD_INT32, .is_list = true},
    {.name = "outputSizes", .type = KF__FIELD_INT32, .is_list = true}, KF__F_END};

static const kf_field nas_config[] = {KF__F_STRUCT("graphConfig", graph_config),
    KF__F_LIST("operations", operation), KF__F_END};

static const kf_field experiment_spec[] = {KF__F_LIST("parameters", parameter),
    KF__F_STRUCT("objective", objective), KF__F_STRUCT("algorithm", algorithm),
    KF__F_STRUCT("earlyStopping", algorithm),
    KF__F_STRUCT("trialTemplate", trial_template), KF__F_INT("parallelTrialCount"),
    KF__F_INT("maxTrialCount"), KF__F_INT("maxFailedTrialCount"),
    KF__F_STRUCT("metricsCollectorSpec", collector_spec),
    KF__F_STRUCT("nasConfig", nas_config), KF__F_TEXT("resumePolicy"), KF__F_END};

const kf_field kf__experiment_fields[] = {KF__F_TEXT("apiVersion"), KF__F_TEXT("kind"),
    KF__F_STRUCT("metadata", kf__metadata_fields),
    KF__F_STRUCT("spec", experiment_spec), KF__F_OBJECT("status"), KF__F_END};

/* ---- OptimizationJob ---- */

static const kf_field job_objective[] = {
    KF__F_TEXT("metric"), KF__F_TEXT("direction"), KF__F_END};

static const kf_field job_range[] = {
    KF__F_TEXT("min"), KF__F_TEXT("max"), KF__F_TEXT("type"), KF__F_END};

static const kf_field job_choices[] = {KF__F_TEXT_LIST("choices"), KF__F_END};

static const kf_field job_space[] = {KF__F_STRUCT("uniform", job_range),
    KF__F_STRUCT("logUniform", job_range), KF__F_STRUCT("categorical", job_choices),
    KF__F_END};

static const kf_field job_parameter[] = {
    KF__F_TEXT("name"), KF__F_STRUCT("searchSpace", job_space), KF__F_END};

static const kf_field job_random[] = {
    {.name = "seed", .type = KF__FIELD_INT64}, KF__F_END};

static const kf_field job_algorithm[] = {
    KF__F_STRUCT("random", job_random), KF__F_OBJECT("grid"), KF__F_END};

static const kf_field job_template[] = {
    KF__F_STRUCT("metadata", kf__metadata_fields), KF__F_OBJECT("spec"), KF__F_END};

static const kf_field job_spec[] = {KF__F_LIST("objectives", job_objective),
    KF__F_STRUCT("searchAlgorithm", job_algorithm),
    KF__F_LIST("parameters", job_parameter), KF__F_INT("numTrials"),
    KF__F_INT("parallelTrials"), KF__F_STRUCT("trainJobTemplate", job_template),
    KF__F_END};

const kf_field kf__job_fields[] = {KF__F_TEXT("apiVersion"), KF__F_TEXT("kind"),
    KF__F_STRUCT("metadata", kf__metadata_fields), KF__F_STRUCT("spec", job_spec),
    KF__F_OBJECT("status"), KF__F_END};
