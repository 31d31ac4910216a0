/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of pipeline_spec.proto. tests/golden/ir_schema.txt lists the same from KFP's
 * own descriptors. */
#include "pipeline/ir_schema_table.h"

static const char *const primitive_type_values[] = {
    "PRIMITIVE_TYPE_UNSPECIFIED", "INT", "DOUBLE", "STRING", NULL};
static const kf_ir_enum primitive_type = {
    "PrimitiveType.PrimitiveTypeEnum", primitive_type_values};

static const char *const parameter_type_values[] = {"PARAMETER_TYPE_ENUM_UNSPECIFIED",
    "NUMBER_DOUBLE", "NUMBER_INTEGER", "STRING", "BOOLEAN", "LIST", "STRUCT",
    "TASK_FINAL_STATUS", "TASK_CONFIG", NULL};
static const kf_ir_enum parameter_type = {
    "ParameterType.ParameterTypeEnum", parameter_type_values};

static const char *const pipeline_task_spec_trigger_policy_trigger_strategy_values[] = {
    "TRIGGER_STRATEGY_UNSPECIFIED", "ALL_UPSTREAM_TASKS_SUCCEEDED",
    "ALL_UPSTREAM_TASKS_COMPLETED", NULL};
static const kf_ir_enum pipeline_task_spec_trigger_policy_trigger_strategy = {
    "PipelineTaskSpec.TriggerPolicy.TriggerStrategy",
    pipeline_task_spec_trigger_policy_trigger_strategy_values};

static const char *const task_config_passthrough_type_values[] = {"NONE", "RESOURCES",
    "ENV", "KUBERNETES_AFFINITY", "KUBERNETES_TOLERATIONS", "KUBERNETES_NODE_SELECTOR",
    "KUBERNETES_VOLUMES", NULL};
static const kf_ir_enum task_config_passthrough_type = {
    "TaskConfigPassthroughType.TaskConfigPassthroughTypeEnum",
    task_config_passthrough_type_values};

static const kf_ir_field pipeline_info_fields[] = {
    ONE("name", STRING),
    ONE("displayName", STRING),
    ONE("description", STRING),
    END,
};
static const kf_ir_message pipeline_info = {"PipelineInfo", pipeline_info_fields};

static const kf_ir_field pipeline_container_spec_lifecycle_exec_fields[] = {
    MANY("command", STRING),
    MANY("args", STRING),
    END,
};
static const kf_ir_message pipeline_container_spec_lifecycle_exec = {
    "PipelineContainerSpec.Lifecycle.Exec",
    pipeline_container_spec_lifecycle_exec_fields};

static const kf_ir_field pipeline_container_spec_lifecycle_fields[] = {
    SUB("preCacheCheck", pipeline_container_spec_lifecycle_exec),
    END,
};
static const kf_ir_message pipeline_container_spec_lifecycle = {
    "PipelineContainerSpec.Lifecycle", pipeline_container_spec_lifecycle_fields};

static const kf_ir_field
    pipeline_container_spec_resource_spec_accelerator_config_fields[] = {
        ONE("type", STRING),
        ONE("count", INT64),
        ONE("resourceType", STRING),
        ONE("resourceCount", STRING),
        END,
};
static const kf_ir_message pipeline_container_spec_resource_spec_accelerator_config = {
    "PipelineContainerSpec.ResourceSpec.AcceleratorConfig",
    pipeline_container_spec_resource_spec_accelerator_config_fields};

static const kf_ir_field pipeline_container_spec_resource_spec_fields[] = {
    ONE("cpuLimit", DOUBLE),
    ONE("memoryLimit", DOUBLE),
    ONE("cpuRequest", DOUBLE),
    ONE("memoryRequest", DOUBLE),
    ONE("resourceCpuLimit", STRING),
    ONE("resourceMemoryLimit", STRING),
    ONE("resourceCpuRequest", STRING),
    ONE("resourceMemoryRequest", STRING),
    SUB("accelerator", pipeline_container_spec_resource_spec_accelerator_config),
    END,
};
static const kf_ir_message pipeline_container_spec_resource_spec = {
    "PipelineContainerSpec.ResourceSpec", pipeline_container_spec_resource_spec_fields};

static const kf_ir_field pipeline_container_spec_env_var_fields[] = {
    ONE("name", STRING),
    ONE("value", STRING),
    END,
};
static const kf_ir_message pipeline_container_spec_env_var = {
    "PipelineContainerSpec.EnvVar", pipeline_container_spec_env_var_fields};

static const kf_ir_field pipeline_container_spec_fields[] = {
    ONE("image", STRING),
    MANY("command", STRING),
    MANY("args", STRING),
    SUB("lifecycle", pipeline_container_spec_lifecycle),
    SUB("resources", pipeline_container_spec_resource_spec),
    SUBS("env", pipeline_container_spec_env_var),
    END,
};
static const kf_ir_message pipeline_container_spec = {
    "PipelineContainerSpec", pipeline_container_spec_fields};

static const kf_ir_field value_fields[] = {
    CHOICE("intValue", INT64),
    CHOICE("doubleValue", DOUBLE),
    CHOICE("stringValue", STRING),
    END,
};
static const kf_ir_message value = {"Value", value_fields};

static const kf_ir_field value_or_runtime_parameter_fields[] = {
    CHOICE_SUB("constantValue", value),
    CHOICE("runtimeParameter", STRING),
    CHOICE("constant", VALUE),
    END,
};
static const kf_ir_message value_or_runtime_parameter = {
    "ValueOrRuntimeParameter", value_or_runtime_parameter_fields};

static const kf_ir_field artifact_type_schema_fields[] = {
    CHOICE("schemaTitle", STRING),
    CHOICE("schemaUri", STRING),
    CHOICE("instanceSchema", STRING),
    ONE("schemaVersion", STRING),
    END,
};
static const kf_ir_message artifact_type_schema = {
    "ArtifactTypeSchema", artifact_type_schema_fields};

static const kf_ir_field importer_spec_fields[] = {
    SUB("artifactUri", value_or_runtime_parameter),
    SUB("typeSchema", artifact_type_schema),
    SUBMAP("properties", value_or_runtime_parameter),
    SUBMAP("customProperties", value_or_runtime_parameter),
    ONE("reimport", BOOL),
    ONE("metadata", STRUCT),
    ONE("downloadToWorkspace", BOOL),
    END,
};
const kf_ir_message kf__ir_importer_spec = {"ImporterSpec", importer_spec_fields};

static const kf_ir_field resolver_spec_artifact_query_spec_fields[] = {
    ONE("filter", STRING),
    ONE("limit", INT32),
    END,
};
static const kf_ir_message resolver_spec_artifact_query_spec = {
    "ResolverSpec.ArtifactQuerySpec", resolver_spec_artifact_query_spec_fields};

static const kf_ir_field resolver_spec_fields[] = {
    SUBMAP("outputArtifactQueries", resolver_spec_artifact_query_spec),
    END,
};
static const kf_ir_message resolver_spec = {"ResolverSpec", resolver_spec_fields};

static const kf_ir_field ai_platform_custom_job_spec_fields[] = {
    ONE("customJob", STRUCT),
    END,
};
static const kf_ir_message ai_platform_custom_job_spec = {
    "AIPlatformCustomJobSpec", ai_platform_custom_job_spec_fields};

static const kf_ir_field executor_spec_fields[] = {
    CHOICE_SUB("container", pipeline_container_spec),
    CHOICE_SUB("importer", kf__ir_importer_spec),
    CHOICE_SUB("resolver", resolver_spec),
    CHOICE_SUB("customJob", ai_platform_custom_job_spec),
    END,
};
static const kf_ir_message executor_spec = {"ExecutorSpec", executor_spec_fields};

static const kf_ir_field pipeline_deployment_config_fields[] = {
    SUBMAP("executors", executor_spec),
    END,
};
static const kf_ir_message pipeline_deployment_config = {
    "PipelineDeploymentConfig", pipeline_deployment_config_fields};

static const kf_ir_field component_inputs_spec_artifact_spec_fields[] = {
    SUB("artifactType", artifact_type_schema),
    ONE("isArtifactList", BOOL),
    ONE("isOptional", BOOL),
    ONE("description", STRING),
    END,
};
static const kf_ir_message component_inputs_spec_artifact_spec = {
    "ComponentInputsSpec.ArtifactSpec", component_inputs_spec_artifact_spec_fields};

static const kf_ir_field component_inputs_spec_parameter_spec_fields[] = {
    ENUM("type", primitive_type),
    ENUM("parameterType", parameter_type),
    ONE("defaultValue", VALUE),
    ONE("isOptional", BOOL),
    ONE("description", STRING),
    MANY("literals", VALUE),
    END,
};
static const kf_ir_message component_inputs_spec_parameter_spec = {
    "ComponentInputsSpec.ParameterSpec", component_inputs_spec_parameter_spec_fields};

static const kf_ir_field component_inputs_spec_fields[] = {
    SUBMAP("artifacts", component_inputs_spec_artifact_spec),
    SUBMAP("parameters", component_inputs_spec_parameter_spec),
    END,
};
static const kf_ir_message component_inputs_spec = {
    "ComponentInputsSpec", component_inputs_spec_fields};

static const kf_ir_field component_outputs_spec_artifact_spec_fields[] = {
    SUB("artifactType", artifact_type_schema),
    SUBMAP("properties", value_or_runtime_parameter),
    SUBMAP("customProperties", value_or_runtime_parameter),
    ONE("metadata", STRUCT),
    ONE("isArtifactList", BOOL),
    ONE("description", STRING),
    END,
};
static const kf_ir_message component_outputs_spec_artifact_spec = {
    "ComponentOutputsSpec.ArtifactSpec", component_outputs_spec_artifact_spec_fields};

static const kf_ir_field component_outputs_spec_parameter_spec_fields[] = {
    ENUM("type", primitive_type),
    ENUM("parameterType", parameter_type),
    ONE("description", STRING),
    END,
};
static const kf_ir_message component_outputs_spec_parameter_spec = {
    "ComponentOutputsSpec.ParameterSpec", component_outputs_spec_parameter_spec_fields};

static const kf_ir_field component_outputs_spec_fields[] = {
    SUBMAP("artifacts", component_outputs_spec_artifact_spec),
    SUBMAP("parameters", component_outputs_spec_parameter_spec),
    END,
};
static const kf_ir_message component_outputs_spec = {
    "ComponentOutputsSpec", component_outputs_spec_fields};

static const kf_ir_field pipeline_task_info_fields[] = {
    ONE("name", STRING),
    END,
};
static const kf_ir_message pipeline_task_info = {
    "PipelineTaskInfo", pipeline_task_info_fields};

static const kf_ir_field
    task_inputs_spec_input_parameter_spec_task_output_parameter_spec_fields[] = {
        ONE("producerTask", STRING),
        ONE("outputParameterKey", STRING),
        END,
};
const kf_ir_message
    kf__ir_task_inputs_spec_input_parameter_spec_task_output_parameter_spec = {
        "TaskInputsSpec.InputParameterSpec.TaskOutputParameterSpec",
        task_inputs_spec_input_parameter_spec_task_output_parameter_spec_fields};

static const kf_ir_field
    task_inputs_spec_input_parameter_spec_task_final_status_fields[] = {
        ONE("producerTask", STRING),
        END,
};
static const kf_ir_message task_inputs_spec_input_parameter_spec_task_final_status = {
    "TaskInputsSpec.InputParameterSpec.TaskFinalStatus",
    task_inputs_spec_input_parameter_spec_task_final_status_fields};

static const kf_ir_field task_inputs_spec_input_parameter_spec_fields[] = {
    CHOICE_SUB("taskOutputParameter",
        kf__ir_task_inputs_spec_input_parameter_spec_task_output_parameter_spec),
    CHOICE_SUB("runtimeValue", value_or_runtime_parameter),
    CHOICE("componentInputParameter", STRING),
    CHOICE_SUB(
        "taskFinalStatus", task_inputs_spec_input_parameter_spec_task_final_status),
    ONE("parameterExpressionSelector", STRING),
    END,
};
const kf_ir_message kf__ir_task_inputs_spec_input_parameter_spec = {
    "TaskInputsSpec.InputParameterSpec", task_inputs_spec_input_parameter_spec_fields};

static const kf_ir_field
    task_inputs_spec_input_artifact_spec_task_output_artifact_spec_fields[] = {
        ONE("producerTask", STRING),
        ONE("outputArtifactKey", STRING),
        END,
};
static const kf_ir_message
    task_inputs_spec_input_artifact_spec_task_output_artifact_spec = {
        "TaskInputsSpec.InputArtifactSpec.TaskOutputArtifactSpec",
        task_inputs_spec_input_artifact_spec_task_output_artifact_spec_fields};

static const kf_ir_field task_inputs_spec_input_artifact_spec_fields[] = {
    CHOICE_SUB("taskOutputArtifact",
        task_inputs_spec_input_artifact_spec_task_output_artifact_spec),
    CHOICE("componentInputArtifact", STRING),
    END,
};
static const kf_ir_message task_inputs_spec_input_artifact_spec = {
    "TaskInputsSpec.InputArtifactSpec", task_inputs_spec_input_artifact_spec_fields};

static const kf_ir_field task_inputs_spec_fields[] = {
    SUBMAP("parameters", kf__ir_task_inputs_spec_input_parameter_spec),
    SUBMAP("artifacts", task_inputs_spec_input_artifact_spec),
    END,
};
static const kf_ir_message task_inputs_spec = {
    "TaskInputsSpec", task_inputs_spec_fields};

static const kf_ir_field pipeline_task_spec_caching_options_fields[] = {
    ONE("enableCache", BOOL),
    ONE("cacheKey", STRING),
    END,
};
static const kf_ir_message pipeline_task_spec_caching_options = {
    "PipelineTaskSpec.CachingOptions", pipeline_task_spec_caching_options_fields};

static const kf_ir_field component_ref_fields[] = {
    ONE("name", STRING),
    END,
};
static const kf_ir_message component_ref = {"ComponentRef", component_ref_fields};

static const kf_ir_field pipeline_task_spec_trigger_policy_fields[] = {
    ONE("condition", STRING),
    ENUM("strategy", pipeline_task_spec_trigger_policy_trigger_strategy),
    END,
};
static const kf_ir_message pipeline_task_spec_trigger_policy = {
    "PipelineTaskSpec.TriggerPolicy", pipeline_task_spec_trigger_policy_fields};

static const kf_ir_field artifact_iterator_spec_items_spec_fields[] = {
    ONE("inputArtifact", STRING),
    END,
};
static const kf_ir_message artifact_iterator_spec_items_spec = {
    "ArtifactIteratorSpec.ItemsSpec", artifact_iterator_spec_items_spec_fields};

static const kf_ir_field artifact_iterator_spec_fields[] = {
    SUB("items", artifact_iterator_spec_items_spec),
    ONE("itemInput", STRING),
    END,
};
static const kf_ir_message artifact_iterator_spec = {
    "ArtifactIteratorSpec", artifact_iterator_spec_fields};

static const kf_ir_field parameter_iterator_spec_items_spec_fields[] = {
    CHOICE("raw", STRING),
    CHOICE("inputParameter", STRING),
    END,
};
static const kf_ir_message parameter_iterator_spec_items_spec = {
    "ParameterIteratorSpec.ItemsSpec", parameter_iterator_spec_items_spec_fields};

static const kf_ir_field parameter_iterator_spec_fields[] = {
    SUB("items", parameter_iterator_spec_items_spec),
    ONE("itemInput", STRING),
    END,
};
static const kf_ir_message parameter_iterator_spec = {
    "ParameterIteratorSpec", parameter_iterator_spec_fields};

static const kf_ir_field pipeline_task_spec_retry_policy_fields[] = {
    ONE("maxRetryCount", INT32),
    ONE("backoffDuration", DURATION),
    ONE("backoffFactor", DOUBLE),
    ONE("backoffMaxDuration", DURATION),
    END,
};
static const kf_ir_message pipeline_task_spec_retry_policy = {
    "PipelineTaskSpec.RetryPolicy", pipeline_task_spec_retry_policy_fields};

static const kf_ir_field pipeline_task_spec_iterator_policy_fields[] = {
    ONE("parallelismLimit", INT32),
    END,
};
static const kf_ir_message pipeline_task_spec_iterator_policy = {
    "PipelineTaskSpec.IteratorPolicy", pipeline_task_spec_iterator_policy_fields};

static const kf_ir_field pipeline_task_spec_fields[] = {
    SUB("taskInfo", pipeline_task_info),
    SUB("inputs", task_inputs_spec),
    MANY("dependentTasks", STRING),
    SUB("cachingOptions", pipeline_task_spec_caching_options),
    SUB("componentRef", component_ref),
    SUB("triggerPolicy", pipeline_task_spec_trigger_policy),
    CHOICE_SUB("artifactIterator", artifact_iterator_spec),
    CHOICE_SUB("parameterIterator", parameter_iterator_spec),
    SUB("retryPolicy", pipeline_task_spec_retry_policy),
    SUB("iteratorPolicy", pipeline_task_spec_iterator_policy),
    END,
};
static const kf_ir_message pipeline_task_spec = {
    "PipelineTaskSpec", pipeline_task_spec_fields};

static const kf_ir_field dag_outputs_spec_artifact_selector_spec_fields[] = {
    ONE("producerSubtask", STRING),
    ONE("outputArtifactKey", STRING),
    END,
};
static const kf_ir_message dag_outputs_spec_artifact_selector_spec = {
    "DagOutputsSpec.ArtifactSelectorSpec",
    dag_outputs_spec_artifact_selector_spec_fields};

static const kf_ir_field dag_outputs_spec_dag_output_artifact_spec_fields[] = {
    SUBS("artifactSelectors", dag_outputs_spec_artifact_selector_spec),
    END,
};
static const kf_ir_message dag_outputs_spec_dag_output_artifact_spec = {
    "DagOutputsSpec.DagOutputArtifactSpec",
    dag_outputs_spec_dag_output_artifact_spec_fields};

static const kf_ir_field dag_outputs_spec_parameter_selector_spec_fields[] = {
    ONE("producerSubtask", STRING),
    ONE("outputParameterKey", STRING),
    END,
};
static const kf_ir_message dag_outputs_spec_parameter_selector_spec = {
    "DagOutputsSpec.ParameterSelectorSpec",
    dag_outputs_spec_parameter_selector_spec_fields};

static const kf_ir_field dag_outputs_spec_parameter_selectors_spec_fields[] = {
    SUBS("parameterSelectors", dag_outputs_spec_parameter_selector_spec),
    END,
};
static const kf_ir_message dag_outputs_spec_parameter_selectors_spec = {
    "DagOutputsSpec.ParameterSelectorsSpec",
    dag_outputs_spec_parameter_selectors_spec_fields};

static const kf_ir_field dag_outputs_spec_dag_output_parameter_spec_fields[] = {
    CHOICE_SUB("valueFromParameter", dag_outputs_spec_parameter_selector_spec),
    CHOICE_SUB("valueFromOneof", dag_outputs_spec_parameter_selectors_spec),
    END,
};
static const kf_ir_message dag_outputs_spec_dag_output_parameter_spec = {
    "DagOutputsSpec.DagOutputParameterSpec",
    dag_outputs_spec_dag_output_parameter_spec_fields};

static const kf_ir_field dag_outputs_spec_fields[] = {
    SUBMAP("artifacts", dag_outputs_spec_dag_output_artifact_spec),
    SUBMAP("parameters", dag_outputs_spec_dag_output_parameter_spec),
    END,
};
static const kf_ir_message dag_outputs_spec = {
    "DagOutputsSpec", dag_outputs_spec_fields};

static const kf_ir_field dag_spec_fields[] = {
    SUBMAP("tasks", pipeline_task_spec),
    SUB("outputs", dag_outputs_spec),
    END,
};
static const kf_ir_message dag_spec = {"DagSpec", dag_spec_fields};

static const kf_ir_field platform_deployment_config_fields[] = {
    MAP("executors", STRUCT),
    END,
};
static const kf_ir_message platform_deployment_config = {
    "PlatformDeploymentConfig", platform_deployment_config_fields};

static const kf_ir_field kubernetes_workspace_config_fields[] = {
    ONE("pvcSpecPatch", STRUCT),
    END,
};
static const kf_ir_message kubernetes_workspace_config = {
    "KubernetesWorkspaceConfig", kubernetes_workspace_config_fields};

static const kf_ir_field workspace_config_fields[] = {
    ONE("size", STRING),
    SUB("kubernetes", kubernetes_workspace_config),
    END,
};
static const kf_ir_message workspace_config = {
    "WorkspaceConfig", workspace_config_fields};

static const kf_ir_field pipeline_config_fields[] = {
    ONE("resourceTtlOnCompletion", INT32),
    SUB("workspace", workspace_config),
    ONE("resourceTtlOnSuccess", INT32),
    ONE("resourceTtlOnFailure", INT32),
    ONE("activeDeadlineSeconds", INT32),
    END,
};
static const kf_ir_message pipeline_config = {"PipelineConfig", pipeline_config_fields};

static const kf_ir_field single_platform_spec_fields[] = {
    SUB("deploymentSpec", platform_deployment_config),
    ONE("platform", STRING),
    ONE("config", STRUCT),
    SUB("pipelineConfig", pipeline_config),
    END,
};
static const kf_ir_message single_platform_spec = {
    "SinglePlatformSpec", single_platform_spec_fields};

static const kf_ir_field task_config_passthrough_fields[] = {
    ENUM("field", task_config_passthrough_type),
    ONE("applyToTask", BOOL),
    END,
};
static const kf_ir_message task_config_passthrough = {
    "TaskConfigPassthrough", task_config_passthrough_fields};

static const kf_ir_field component_spec_fields[] = {
    SUB("inputDefinitions", component_inputs_spec),
    SUB("outputDefinitions", component_outputs_spec),
    CHOICE_SUB("dag", dag_spec),
    CHOICE("executorLabel", STRING),
    SUBS("singlePlatformSpecs", single_platform_spec),
    SUBS("taskConfigPassthroughs", task_config_passthrough),
    END,
};
static const kf_ir_message component_spec = {"ComponentSpec", component_spec_fields};

static const kf_ir_field pipeline_spec_fields[] = {
    SUB("pipelineInfo", pipeline_info),
    SUB("deploymentSpec", pipeline_deployment_config),
    ONE("sdkVersion", STRING),
    ONE("schemaVersion", STRING),
    SUBMAP("components", component_spec),
    SUB("root", component_spec),
    ONE("defaultPipelineRoot", STRING),
    END,
};
const kf_ir_message kf__ir_pipeline_spec = {"PipelineSpec", pipeline_spec_fields};

static const kf_ir_field platform_spec_fields[] = {
    SUBMAP("platforms", single_platform_spec),
    END,
};
const kf_ir_message kf__ir_platform_spec = {"PlatformSpec", platform_spec_fields};
