/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of kubernetes_executor_config.proto. tests/golden/ir_schema.txt lists the
 * same from KFP's own descriptors. */
#include "pipeline/ir_schema_table.h"

static const kf_ir_field secret_as_volume_fields[] = {
    ONE("secretName", STRING),
    ONE("mountPath", STRING),
    ONE("optional", BOOL),
    SUB("secretNameParameter", kf__ir_task_inputs_spec_input_parameter_spec),
    END,
};
static const kf_ir_message secret_as_volume = {
    "SecretAsVolume", secret_as_volume_fields};

static const kf_ir_field secret_as_env_secret_key_to_env_map_fields[] = {
    ONE("secretKey", STRING),
    ONE("envVar", STRING),
    END,
};
static const kf_ir_message secret_as_env_secret_key_to_env_map = {
    "SecretAsEnv.SecretKeyToEnvMap", secret_as_env_secret_key_to_env_map_fields};

static const kf_ir_field secret_as_env_fields[] = {
    ONE("secretName", STRING),
    SUBS("keyToEnv", secret_as_env_secret_key_to_env_map),
    ONE("optional", BOOL),
    SUB("secretNameParameter", kf__ir_task_inputs_spec_input_parameter_spec),
    END,
};
static const kf_ir_message secret_as_env = {"SecretAsEnv", secret_as_env_fields};

static const kf_ir_field pvc_mount_fields[] = {
    CHOICE_SUB("taskOutputParameter",
        kf__ir_task_inputs_spec_input_parameter_spec_task_output_parameter_spec),
    CHOICE("constant", STRING),
    CHOICE("componentInputParameter", STRING),
    ONE("mountPath", STRING),
    SUB("pvcNameParameter", kf__ir_task_inputs_spec_input_parameter_spec),
    ONE("subPath", STRING),
    END,
};
static const kf_ir_message pvc_mount = {"PvcMount", pvc_mount_fields};

static const kf_ir_field node_selector_fields[] = {
    MAP("labels", STRING),
    SUB("nodeSelectorJson", kf__ir_task_inputs_spec_input_parameter_spec),
    END,
};
static const kf_ir_message node_selector = {"NodeSelector", node_selector_fields};

static const kf_ir_field pod_metadata_fields[] = {
    MAP("labels", STRING),
    MAP("annotations", STRING),
    END,
};
static const kf_ir_message pod_metadata = {"PodMetadata", pod_metadata_fields};

static const kf_ir_field image_pull_secret_fields[] = {
    ONE("secretName", STRING),
    SUB("secretNameParameter", kf__ir_task_inputs_spec_input_parameter_spec),
    END,
};
static const kf_ir_message image_pull_secret = {
    "ImagePullSecret", image_pull_secret_fields};

static const kf_ir_field config_map_as_volume_fields[] = {
    ONE("configMapName", STRING),
    ONE("mountPath", STRING),
    ONE("optional", BOOL),
    SUB("configMapNameParameter", kf__ir_task_inputs_spec_input_parameter_spec),
    END,
};
static const kf_ir_message config_map_as_volume = {
    "ConfigMapAsVolume", config_map_as_volume_fields};

static const kf_ir_field config_map_as_env_config_map_key_to_env_map_fields[] = {
    ONE("configMapKey", STRING),
    ONE("envVar", STRING),
    END,
};
static const kf_ir_message config_map_as_env_config_map_key_to_env_map = {
    "ConfigMapAsEnv.ConfigMapKeyToEnvMap",
    config_map_as_env_config_map_key_to_env_map_fields};

static const kf_ir_field config_map_as_env_fields[] = {
    ONE("configMapName", STRING),
    SUBS("keyToEnv", config_map_as_env_config_map_key_to_env_map),
    SUB("configMapNameParameter", kf__ir_task_inputs_spec_input_parameter_spec),
    ONE("optional", BOOL),
    END,
};
static const kf_ir_message config_map_as_env = {
    "ConfigMapAsEnv", config_map_as_env_fields};

static const kf_ir_field field_path_as_env_fields[] = {
    ONE("name", STRING),
    ONE("fieldPath", STRING),
    END,
};
static const kf_ir_message field_path_as_env = {
    "FieldPathAsEnv", field_path_as_env_fields};

static const kf_ir_field toleration_fields[] = {
    ONE("key", STRING),
    ONE("operator", STRING),
    ONE("value", STRING),
    ONE("effect", STRING),
    ONE("tolerationSeconds", INT64),
    SUB("tolerationJson", kf__ir_task_inputs_spec_input_parameter_spec),
    END,
};
static const kf_ir_message toleration = {"Toleration", toleration_fields};

static const kf_ir_field generic_ephemeral_volume_fields[] = {
    ONE("volumeName", STRING),
    ONE("mountPath", STRING),
    MANY("accessModes", STRING),
    ONE("size", STRING),
    ONE("defaultStorageClass", BOOL),
    ONE("storageClassName", STRING),
    SUB("metadata", pod_metadata),
    END,
};
static const kf_ir_message generic_ephemeral_volume = {
    "GenericEphemeralVolume", generic_ephemeral_volume_fields};

static const kf_ir_field selector_requirement_fields[] = {
    ONE("key", STRING),
    ONE("operator", STRING),
    MANY("values", STRING),
    END,
};
static const kf_ir_message selector_requirement = {
    "SelectorRequirement", selector_requirement_fields};

static const kf_ir_field node_affinity_term_fields[] = {
    SUBS("matchExpressions", selector_requirement),
    SUBS("matchFields", selector_requirement),
    ONE("weight", INT32),
    SUB("nodeAffinityJson", kf__ir_task_inputs_spec_input_parameter_spec),
    END,
};
static const kf_ir_message node_affinity_term = {
    "NodeAffinityTerm", node_affinity_term_fields};

static const kf_ir_field pod_affinity_term_fields[] = {
    SUBS("matchPodExpressions", selector_requirement),
    MAP("matchPodLabels", STRING),
    ONE("topologyKey", STRING),
    MANY("namespaces", STRING),
    SUBS("matchNamespaceExpressions", selector_requirement),
    MAP("matchNamespaceLabels", STRING),
    ONE("weight", INT32),
    ONE("anti", BOOL),
    END,
};
static const kf_ir_message pod_affinity_term = {
    "PodAffinityTerm", pod_affinity_term_fields};

static const kf_ir_field enabled_shared_memory_fields[] = {
    ONE("volumeName", STRING),
    ONE("size", STRING),
    END,
};
static const kf_ir_message enabled_shared_memory = {
    "EnabledSharedMemory", enabled_shared_memory_fields};

static const kf_ir_field empty_dir_mount_fields[] = {
    ONE("volumeName", STRING),
    ONE("mountPath", STRING),
    ONE("medium", STRING),
    ONE("sizeLimit", STRING),
    END,
};
static const kf_ir_message empty_dir_mount = {"EmptyDirMount", empty_dir_mount_fields};

static const kf_ir_field security_context_fields[] = {
    ONE("runAsUser", INT64),
    ONE("runAsGroup", INT64),
    ONE("runAsNonRoot", BOOL),
    END,
};
static const kf_ir_message security_context = {
    "SecurityContext", security_context_fields};

static const kf_ir_field kubernetes_executor_config_fields[] = {
    SUBS("secretAsVolume", secret_as_volume),
    SUBS("secretAsEnv", secret_as_env),
    SUBS("pvcMount", pvc_mount),
    SUB("nodeSelector", node_selector),
    SUB("podMetadata", pod_metadata),
    SUBS("imagePullSecret", image_pull_secret),
    ONE("imagePullPolicy", STRING),
    SUBS("configMapAsVolume", config_map_as_volume),
    SUBS("configMapAsEnv", config_map_as_env),
    ONE("activeDeadlineSeconds", INT64),
    SUBS("fieldPathAsEnv", field_path_as_env),
    SUBS("tolerations", toleration),
    SUBS("genericEphemeralVolume", generic_ephemeral_volume),
    SUBS("nodeAffinity", node_affinity_term),
    SUBS("podAffinity", pod_affinity_term),
    SUB("enabledSharedMemory", enabled_shared_memory),
    SUBS("emptyDirMounts", empty_dir_mount),
    SUB("securityContext", security_context),
    END,
};
const kf_ir_message kf__ir_kubernetes_executor_config = {
    "KubernetesExecutorConfig", kubernetes_executor_config_fields};
