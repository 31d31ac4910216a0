/* SPDX-License-Identifier: Apache-2.0 */
/* pkg/apis/serving/v1alpha1 of KServe: runtimes, graphs, trained models, storage. */
#include "serving/service_schema.h"

static const kf_field runtime_pod[] = {KF__F_STRUCT("affinity", kf__affinity_fields),
    KF__F_TEXTS("annotations"),
    {.name = "containers",
        .type = KF__FIELD_STRUCT,
        .is_list = true,
        .is_required = true,
        .fields = kf__container_fields},
    KF__F_BOOL("hostIPC"), KF__F_LIST("imagePullSecrets", kf__local_reference_fields),
    KF__F_TEXTS("labels"), KF__F_TEXTS("nodeSelector"),
    KF__F_KEYED("resourceClaims", kf__resource_claim_fields, "name"),
    KF__F_TEXT("schedulerName"), KF__F_LIST("tolerations", kf__toleration_fields),
    KF__F_LIST("volumes", kf__volume_fields), KF__F_END};

static const kf_field runtime_worker[] = {KF__F_INLINE(runtime_pod),
    KF__F_LONG("pipelineParallelSize"), KF__F_LONG("tensorParallelSize"), KF__F_END};

static const kf_field built_in_adapter[] = {KF__F_LIST("env", kf__env_var_fields),
    KF__F_LONG("memBufferBytes"), KF__F_LONG("modelLoadingTimeoutMillis"),
    KF__F_LONG("runtimeManagementPort"), KF__F_TEXT("serverType"), KF__F_END};

static const kf_field storage_helper[] = {KF__F_BOOL("disabled"), KF__F_END};

static const kf_field supported_model_format[] = {KF__F_BOOL("autoSelect"),
    KF__F_NEEDED_TEXT("name"), KF__F_INT("priority"), KF__F_TEXT("version"), KF__F_END};

static const kf_field runtime_spec[] = {KF__F_INLINE(runtime_pod),
    KF__F_STRUCT("builtInAdapter", built_in_adapter), KF__F_BOOL("disabled"),
    KF__F_TEXT("grpcDataEndpoint"), KF__F_TEXT("grpcEndpoint"),
    KF__F_TEXT("httpDataEndpoint"), KF__F_BOOL("multiModel"),
    KF__F_TEXT_LIST("protocolVersions"), KF__F_LONG("replicas"),
    KF__F_STRUCT("storageHelper", storage_helper),
    KF__F_LIST("supportedModelFormats", supported_model_format),
    KF__F_STRUCT("workerSpec", runtime_worker), KF__F_END};

const kf_field kf__serving_runtime_fields[] = {KF__F_TEXT("apiVersion"),
    KF__F_TEXT("kind"), KF__F_STRUCT("metadata", kf__metadata_fields),
    KF__F_NEEDED_STRUCT("spec", runtime_spec), KF__F_OBJECT("status"), KF__F_END};

static const kf_field step[] = {KF__F_TEXT("condition"), KF__F_TEXT("data"),
    KF__F_CHOICE("dependency", "Soft Hard"), KF__F_BOOL("mapPredictionsToInstances"),
    KF__F_TEXT("name"), KF__F_TEXT("nodeName"), KF__F_TEXT("serviceName"),
    KF__F_TEXT("serviceUrl"), KF__F_LONG("weight"), KF__F_END};

static const kf_field nodes[] = {{.name = "routerType",
                                     .type = KF__FIELD_STRING,
                                     .is_required = true,
                                     .choices = "Sequence Splitter Ensemble Switch"},
    KF__F_LIST("steps", step), KF__F_END};

static const kf_field router_timeouts[] = {KF__F_LONG("serverIdle"),
    KF__F_LONG("serverRead"), KF__F_LONG("serverWrite"), KF__F_LONG("serviceClient"),
    KF__F_END};

static const kf_field graph_spec[] = {KF__F_STRUCT("affinity", kf__affinity_fields),
    KF__F_INT("maxReplicas"), KF__F_INT("minReplicas"), KF__F_TEXT("nodeName"),
    KF__F_TEXTS("nodeSelector"),
    {.name = "nodes",
        .type = KF__FIELD_STRUCT,
        .is_map = true,
        .is_required = true,
        .fields = nodes},
    KF__F_STRUCT("resources", kf__resources_fields),
    KF__F_STRUCT("routerTimeouts", router_timeouts),
    KF__F_CHOICE("scaleMetric", "cpu memory concurrency rps"), KF__F_INT("scaleTarget"),
    KF__F_TEXT("serviceAccountName"), KF__F_LONG("timeout"),
    KF__F_LIST("tolerations", kf__toleration_fields), KF__F_END};

const kf_field kf__inference_graph_fields[] = {KF__F_TEXT("apiVersion"),
    KF__F_TEXT("kind"), KF__F_STRUCT("metadata", kf__metadata_fields),
    KF__F_NEEDED_STRUCT("spec", graph_spec), KF__F_OBJECT("status"), KF__F_END};

static const kf_field model[] = {KF__F_NEEDED_TEXT("framework"),
    {.name = "memory", .type = KF__FIELD_QUANTITY, .is_required = true},
    KF__F_NEEDED_TEXT("storageUri"), KF__F_END};

static const kf_field trained_model_spec[] = {KF__F_NEEDED_TEXT("inferenceService"),
    KF__F_NEEDED_STRUCT("model", model), KF__F_END};

const kf_field kf__trained_model_fields[] = {KF__F_TEXT("apiVersion"),
    KF__F_TEXT("kind"), KF__F_STRUCT("metadata", kf__metadata_fields),
    KF__F_NEEDED_STRUCT("spec", trained_model_spec), KF__F_OBJECT("status"), KF__F_END};

static const kf_field supported_uri_format[] = {
    KF__F_TEXT("prefix"), KF__F_TEXT("regex"), KF__F_END};

static const kf_field storage_container_spec[] = {
    KF__F_NEEDED_STRUCT("container", kf__container_fields),
    {.name = "supportedUriFormats",
        .type = KF__FIELD_STRUCT,
        .is_list = true,
        .is_required = true,
        .fields = supported_uri_format},
    KF__F_BOOL("supportsMultiModelDownload"), KF__F_TEXT("workloadType"), KF__F_END};

const kf_field kf__storage_container_fields[] = {KF__F_TEXT("apiVersion"),
    KF__F_TEXT("kind"), KF__F_STRUCT("metadata", kf__metadata_fields),
    KF__F_BOOL("disabled"), KF__F_NEEDED_STRUCT("spec", storage_container_spec),
    KF__F_END};
