/* SPDX-License-Identifier: Apache-2.0 */
/* pkg/apis/serving of KServe: the documents of serving. */
#include "serving/service_schema.h"

static const kf_field scaling_policy[] = {
    {.name = "periodSeconds", .type = KF__FIELD_INT32, .is_required = true},
    KF__F_NEEDED_TEXT("type"),
    {.name = "value", .type = KF__FIELD_INT32, .is_required = true}, KF__F_END};

static const kf_field scaling_rules[] = {KF__F_LIST("policies", scaling_policy),
    KF__F_TEXT("selectPolicy"), KF__F_INT("stabilizationWindowSeconds"),
    KF__F_QUANTITY("tolerance"), KF__F_END};

static const kf_field behavior[] = {KF__F_STRUCT("scaleDown", scaling_rules),
    KF__F_STRUCT("scaleUp", scaling_rules), KF__F_END};

static const kf_field named[] = {KF__F_NEEDED_TEXT("name"), KF__F_END};

static const kf_field authentication_ref[] = {KF__F_TEXT("authModes"),
    KF__F_NEEDED_STRUCT("authenticationRef", named), KF__F_END};

static const kf_field external_metric[] = {{.name = "backend",
                                               .type = KF__FIELD_STRING,
                                               .is_required = true,
                                               .choices = "prometheus graphite"},
    KF__F_TEXT("namespace"), KF__F_TEXT("query"), KF__F_TEXT("serverAddress"),
    KF__F_END};

static const kf_field metric_target[] = {KF__F_INT("averageUtilization"),
    KF__F_QUANTITY("averageValue"),
    {.name = "type",
        .type = KF__FIELD_STRING,
        .is_required = true,
        .choices = "Utilization Value AverageValue"},
    KF__F_QUANTITY("value"), KF__F_END};

static const kf_field external_source[] = {
    KF__F_STRUCT("authenticationRef", authentication_ref),
    KF__F_NEEDED_STRUCT("metric", external_metric),
    KF__F_NEEDED_STRUCT("target", metric_target), KF__F_END};

static const kf_field pod_metric[] = {{.name = "backend",
                                          .type = KF__FIELD_STRING,
                                          .is_required = true,
                                          .choices = "opentelemetry"},
    KF__F_TEXT_LIST("metricNames"), KF__F_TEXT("operationOverTime"),
    KF__F_TEXT("query"), KF__F_TEXT("serverAddress"), KF__F_END};

static const kf_field pod_source[] = {KF__F_NEEDED_STRUCT("metric", pod_metric),
    KF__F_NEEDED_STRUCT("target", metric_target), KF__F_END};

static const kf_field resource_source[] = {{.name = "name",
                                               .type = KF__FIELD_STRING,
                                               .is_required = true,
                                               .choices = "cpu memory"},
    KF__F_NEEDED_STRUCT("target", metric_target), KF__F_END};

static const kf_field metrics_spec[] = {KF__F_STRUCT("external", external_source),
    KF__F_STRUCT("podmetric", pod_source), KF__F_STRUCT("resource", resource_source),
    {.name = "type",
        .type = KF__FIELD_STRING,
        .is_required = true,
        .choices = "Resource External PodMetric"},
    KF__F_END};

static const kf_field auto_scaling[] = {
    KF__F_STRUCT("behavior", behavior), KF__F_LIST("metrics", metrics_spec), KF__F_END};

static const kf_field batcher[] = {KF__F_LONG("maxBatchSize"), KF__F_LONG("maxLatency"),
    KF__F_LONG("timeout"), KF__F_END};

static const kf_field rolling_update[] = {
    KF__F_PORT("maxSurge"), KF__F_PORT("maxUnavailable"), KF__F_END};

static const kf_field deployment_strategy[] = {
    KF__F_STRUCT("rollingUpdate", rolling_update), KF__F_TEXT("type"), KF__F_END};

static const kf_field storage[] = {KF__F_TEXT("key"), KF__F_TEXTS("parameters"),
    KF__F_TEXT("path"), KF__F_TEXT("serviceAccountName"), KF__F_END};

static const kf_field logger[] = {KF__F_TEXT("batchInterval"), KF__F_LONG("batchSize"),
    KF__F_TEXT("marshallerUrl"), KF__F_TEXT_LIST("metadataAnnotations"),
    KF__F_TEXT_LIST("metadataHeaders"), KF__F_CHOICE("mode", "all request response"),
    KF__F_STRUCT("storage", storage), KF__F_TEXT("url"), KF__F_END};

static const kf_field component[] = {KF__F_TEXTS("annotations"),
    KF__F_STRUCT("autoScaling", auto_scaling), KF__F_STRUCT("batcher", batcher),
    KF__F_LONG("canaryTrafficPercent"), KF__F_LONG("containerConcurrency"),
    KF__F_STRUCT("deploymentStrategy", deployment_strategy), KF__F_TEXTS("labels"),
    KF__F_STRUCT("logger", logger), KF__F_INT("maxReplicas"), KF__F_INT("minReplicas"),
    KF__F_CHOICE("scaleMetric", "cpu memory concurrency rps"),
    KF__F_CHOICE("scaleMetricType", "Utilization Value AverageValue"),
    KF__F_INT("scaleTarget"), KF__F_LONG("timeout"), KF__F_END};

static const kf_field confidential[] = {
    KF__F_BOOL("enabled"), KF__F_TEXT("resourceId"), KF__F_END};

static const kf_field extension_storage[] = {KF__F_TEXT("key"),
    KF__F_TEXTS("parameters"), KF__F_TEXT("path"), KF__F_TEXT("schemaPath"), KF__F_END};

static const kf_field framework[] = {KF__F_INLINE(kf__container_fields),
    KF__F_STRUCT("confidential", confidential), KF__F_TEXT("protocolVersion"),
    KF__F_TEXT("runtimeVersion"), KF__F_STRUCT("storage", extension_storage),
    KF__F_TEXT("storageUri"), KF__F_END};

static const kf_field model_format[] = {
    KF__F_NEEDED_TEXT("name"), KF__F_TEXT("version"), KF__F_END};

static const kf_field model[] = {KF__F_INLINE(framework),
    KF__F_STRUCT("modelFormat", model_format), KF__F_TEXT("runtime"), KF__F_END};

static const kf_field worker[] = {KF__F_INLINE(kf__pod_fields),
    KF__F_LONG("pipelineParallelSize"), KF__F_LONG("tensorParallelSize"), KF__F_END};

static const kf_field storage_uri[] = {
    KF__F_TEXT("mountPath"), KF__F_NEEDED_TEXT("uri"), KF__F_END};

static const kf_field predictor[] = {KF__F_INLINE(kf__pod_fields),
    KF__F_INLINE(component), KF__F_STRUCT("huggingface", framework),
    KF__F_STRUCT("lightgbm", framework), KF__F_STRUCT("model", model),
    KF__F_TEXT("name"), KF__F_STRUCT("onnx", framework),
    KF__F_STRUCT("paddle", framework), KF__F_STRUCT("pmml", framework),
    KF__F_STRUCT("pytorch", framework), KF__F_STRUCT("sklearn", framework),
    KF__F_TEXT("storageContainerName"), KF__F_LIST("storageUris", storage_uri),
    KF__F_STRUCT("tensorflow", framework), KF__F_STRUCT("triton", framework),
    KF__F_STRUCT("workerSpec", worker), KF__F_STRUCT("xgboost", framework), KF__F_END};

static const kf_field transformer[] = {KF__F_INLINE(kf__pod_fields),
    KF__F_INLINE(component), KF__F_LIST("storageUris", storage_uri), KF__F_END};

static const kf_field art[] = {KF__F_INLINE(kf__container_fields),
    KF__F_TEXTS("config"), KF__F_TEXT("runtimeVersion"),
    KF__F_STRUCT("storage", extension_storage), KF__F_TEXT("storageUri"),
    KF__F_TEXT("type"), KF__F_END};

static const kf_field explainer[] = {KF__F_INLINE(kf__pod_fields),
    KF__F_INLINE(component), KF__F_STRUCT("art", art),
    KF__F_LIST("storageUris", storage_uri), KF__F_END};

static const kf_field canary[] = {KF__F_NEEDED_STRUCT("predictor", predictor),
    KF__F_INT("trafficPercent"), KF__F_END};

static const kf_field address[] = {KF__F_TEXT("CACerts"), KF__F_TEXT("audience"),
    KF__F_TEXT("name"), KF__F_TEXT("url"), KF__F_END};

static const kf_field copies[] = {
    {.name = "failedCopies", .type = KF__FIELD_INT64, .is_required = true},
    KF__F_LONG("totalCopies"), KF__F_END};

static const kf_field last_failure_info[] = {KF__F_INT("exitCode"),
    KF__F_TEXT("location"), KF__F_TEXT("message"), KF__F_TEXT("modelRevisionName"),
    KF__F_CHOICE("reason",
        "ModelLoadFailed RuntimeUnhealthy RuntimeDisabled "
        "NoSupportingRuntime RuntimeNotRecognized InvalidPredictorSpec"),
    KF__F_TEXT("time"), KF__F_END};

static const kf_field states[] = {
    {.name = "activeModelState",
        .type = KF__FIELD_STRING,
        .is_required = true,
        .choices = " Pending Standby Loading Loaded FailedToLoad"},
    KF__F_CHOICE("targetModelState", " Pending Standby Loading Loaded FailedToLoad"),
    KF__F_END};

static const kf_field model_status[] = {KF__F_STRUCT("copies", copies),
    KF__F_STRUCT("lastFailureInfo", last_failure_info), KF__F_STRUCT("states", states),
    {.name = "transitionStatus",
        .type = KF__FIELD_STRING,
        .is_required = true,
        .choices = " UpToDate InProgress BlockedByFailedLoad InvalidSpec"},
    KF__F_END};

static const kf_field canary_status[] = {KF__F_STRUCT("modelStatus", model_status),
    KF__F_NEEDED_TEXT("name"),
    {.name = "ready", .type = KF__FIELD_BOOL, .is_required = true},
    {.name = "trafficPercent", .type = KF__FIELD_INT32, .is_required = true},
    KF__F_END};

static const kf_field traffic[] = {KF__F_TEXT("configurationName"),
    KF__F_BOOL("latestRevision"), KF__F_LONG("percent"), KF__F_TEXT("revisionName"),
    KF__F_TEXT("tag"), KF__F_TEXT("url"), KF__F_END};

static const kf_field components[] = {KF__F_STRUCT("address", address),
    KF__F_TEXT("grpcUrl"), KF__F_TEXT("latestCreatedRevision"),
    KF__F_TEXT("latestReadyRevision"), KF__F_TEXT("latestRolledoutRevision"),
    KF__F_TEXT("previousRolledoutRevision"), KF__F_TEXT("restUrl"),
    KF__F_LIST("traffic", traffic), KF__F_TEXT("url"), KF__F_END};

static const kf_field condition[] = {KF__F_TEXT("lastTransitionTime"),
    KF__F_TEXT("message"), KF__F_TEXT("reason"), KF__F_TEXT("severity"),
    KF__F_NEEDED_TEXT("status"), KF__F_NEEDED_TEXT("type"), KF__F_END};

static const kf_field status[] = {KF__F_STRUCT("address", address),
    KF__F_TEXTS("annotations"), KF__F_LIST("canaryStatuses", canary_status),
    KF__F_TEXT("clusterServingRuntimeName"),
    {.name = "components",
        .type = KF__FIELD_STRUCT,
        .is_map = true,
        .fields = components},
    KF__F_LIST("conditions", condition), KF__F_TEXT("deploymentMode"),
    KF__F_STRUCT("modelStatus", model_status), KF__F_LONG("observedGeneration"),
    KF__F_TEXT("servingRuntimeName"), KF__F_TEXT("url"), KF__F_END};

/* Since KServe 0.21, as are schedulingGroup of pods and resourceClaims of runtimes. */
static const kf_field tracing[] = {KF__F_TEXT("exporter"),
    KF__F_TEXT("exporterEndpoint"), KF__F_TEXT("sampler"), KF__F_TEXT("samplerArg"),
    KF__F_END};

static const kf_field service_spec[] = {KF__F_NEEDED_STRUCT("predictor", predictor),
    KF__F_STRUCT("transformer", transformer), KF__F_STRUCT("explainer", explainer),
    KF__F_LIST("canary", canary), KF__F_STRUCT("tracing", tracing), KF__F_END};

const kf_field kf__inference_service_fields[] = {KF__F_TEXT("apiVersion"),
    KF__F_TEXT("kind"), KF__F_STRUCT("metadata", kf__metadata_fields),
    KF__F_NEEDED_STRUCT("spec", service_spec), KF__F_STRUCT("status", status),
    KF__F_END};
