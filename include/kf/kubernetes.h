/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief What Kubernetes is told about a task's pod (KFP: kfp.kubernetes): secrets,
 * volumes, where it is placed, how long it may take.
 *
 * Each function adds to the task's configuration for the platform "kubernetes", which
 * becomes the second document of the pipeline (KFP: KubernetesExecutorConfig of
 * kubernetes_executor_config.proto). On this machine the configuration has no effect,
 * but for @ref kf_kubernetes_set_timeout.
 *
 * Where a parameter says that it may be a channel, it may be the whole of a text that
 * @ref kf_pipeline_channel_text gives: then the value is known when the pipeline runs,
 * and the task runs after the task that makes it. Every other text is a constant and
 * may not embed a channel.
 *
 * All functions return KF_OK or, beside what they say themselves:
 *  - KF_EINVAL for a task that is none of the pipeline's, for an empty name or path,
 * for text that is not UTF-8, and for a channel where only a constant can be;
 *  - KF_ETYPE for a value of another kind than is said;
 *  - KF_ESTATE if the pipeline was loaded and not built, and for a task that is itself a
 *    pipeline;
 *  - KF_ENOMEM.
 * After a failure the configuration is as it was. All that is passed is copied. As
 * everywhere: one thread at a time per pipeline.
 */
#ifndef KF_KUBERNETES_H
#define KF_KUBERNETES_H

#include <kf/pipeline.h>

KF_BEGIN_DECLS

/* ---- secrets and config maps ---- */

/**
 * @brief Set environment variables from a Secret.
 * @param secret Its name; may be a channel.
 * @param key_to_env A struct of strings: keys of the Secret to names of variables.
 * @param optional The pod starts also if the Secret does not exist.
 */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_use_secret_as_env(kf_pipeline *pipeline,
    kf_task_id task, const char *secret, const kf_value *key_to_env, bool optional);
/**
 * @brief Mount a Secret as a folder with a file per key.
 * @param secret Its name; may be a channel.
 * @param mount_path The folder in the container.
 * @param optional The pod starts also if the Secret does not exist.
 */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_use_secret_as_volume(kf_pipeline *pipeline,
    kf_task_id task, const char *secret, const char *mount_path, bool optional);
/**
 * @brief Set environment variables from a ConfigMap.
 * @param config_map Its name; may be a channel.
 * @param key_to_env A struct of strings: keys of the ConfigMap to names of variables.
 * @param optional The pod starts also if the ConfigMap does not exist.
 */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_use_config_map_as_env(
    kf_pipeline *pipeline, kf_task_id task, const char *config_map,
    const kf_value *key_to_env, bool optional);
/**
 * @brief Mount a ConfigMap as a folder with a file per key.
 * @param config_map Its name; may be a channel.
 * @param mount_path The folder in the container.
 * @param optional The pod starts also if the ConfigMap does not exist.
 */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_use_config_map_as_volume(
    kf_pipeline *pipeline, kf_task_id task, const char *config_map,
    const char *mount_path, bool optional);
/** Set an environment variable from a field of the pod, such as "metadata.name" or
 * "status.podIP". */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_use_field_path_as_env(
    kf_pipeline *pipeline, kf_task_id task, const char *env_name,
    const char *field_path);

/* ---- volumes ---- */

/**
 * @brief Mount a PersistentVolumeClaim.
 * @param pvc_name Its name; may be a channel, such as the output `name` of a task that
 * @ref kf_kubernetes_create_pvc made.
 * @param mount_path The folder in the container.
 * @param sub_path A path within the volume; NULL or "" for its root.
 */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_mount_pvc(kf_pipeline *pipeline,
    kf_task_id task, const char *pvc_name, const char *mount_path,
    const char *sub_path);
/** @brief Mount an empty folder that lives as long as the pod.
 * @param volume_name Name of the volume in the pod.
 * @param mount_path The folder in the container.
 * @param medium NULL: the node's disk; "Memory"; or "HugePages" and its sizes.
 * @param size_limit The most it may hold, such as "5Gi"; NULL: no limit. */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_empty_dir_mount(kf_pipeline *pipeline,
    kf_task_id task, const char *volume_name, const char *mount_path,
    const char *medium, const char *size_limit);

/** A volume that is made for the pod and removed with it (Kubernetes: generic ephemeral
 * volume). */
typedef struct kf_kubernetes_ephemeral_volume {
    size_t size;
    const char *volume_name; /**< Name of the volume in the pod. Required. */
    const char *mount_path;  /**< The folder in the container. Required. */
    const kf_value
        *access_modes; /**< A list of strings such as "ReadWriteOnce". Required. */
    const char *storage_size;       /**< Such as "5Gi". Required. */
    const char *storage_class_name; /**< NULL: the cluster's default class; "": none. */
    const kf_value *labels;         /**< A struct of strings. */
    const kf_value *annotations;    /**< A struct of strings. */
} kf_kubernetes_ephemeral_volume;

/** @return KF_EMISSING for a required field that is NULL. */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_add_ephemeral_volume(kf_pipeline *pipeline,
    kf_task_id task, const kf_kubernetes_ephemeral_volume *volume);

/** A PersistentVolumeClaim that a task is to make. Every text may embed channels. */
typedef struct kf_kubernetes_pvc {
    size_t size;
    const kf_value
        *access_modes; /**< A list of strings such as "ReadWriteOnce". Required. */
    const char *storage_size;    /**< Such as "5Gi". Required. */
    const char *pvc_name;        /**< Its name. Not both this and `pvc_name_suffix`. */
    const char *pvc_name_suffix; /**< What follows the name of the run's workflow in its
                                    name. */
    const char *storage_class_name; /**< NULL or "": for a volume that exists. */
    const char
        *volume_name; /**< The PersistentVolume that it takes; NULL: a new one. */
    const kf_value *annotations; /**< A struct of strings. */
    const kf_value *data_source; /**< A struct of apiGroup, kind and name. */
} kf_kubernetes_pvc;

/**
 * @brief Add a task that makes a PersistentVolumeClaim; its output `name` is the
 * claim's name. The backend itself does it: no pod runs. The task is named "createpvc".
 * @param[out] out Id of the new task.
 * @return KF_EMISSING for a required field that is NULL, KF_EINVAL for both a name and
 * a suffix.
 */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_create_pvc(
    kf_pipeline *pipeline, const kf_kubernetes_pvc *pvc, kf_task_id *out);
/**
 * @brief Add a task, named "deletepvc", that deletes a claim.
 * @param pvc_name May embed a channel.
 * @param[out] out Id of the new task.
 */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_delete_pvc(
    kf_pipeline *pipeline, const char *pvc_name, kf_task_id *out);
/**
 * @brief The component of such tasks (KFP: CreatePVC), to be used with arguments of one's
 * own. Its inputs are access_modes, size, pvc_name, pvc_name_suffix,
 * storage_class_name, volume_name, annotations and data_source.
 * @param[out] out The caller's, to be ended with @ref kf_component_free.
 * @return KF_OK or KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_create_pvc_component(kf_component **out);
/** The component with the input pvc_name (KFP: DeletePVC). As
 * @ref kf_kubernetes_create_pvc_component. */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_delete_pvc_component(kf_component **out);

/* ---- where the pod is placed ---- */

/** Demand a label of the node; one of the same key is replaced. */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_add_node_selector(
    kf_pipeline *pipeline, kf_task_id task, const char *key, const char *value);
/**
 * @brief Demand labels of the node, all at once; replaces what an earlier call of this
 * function gave, and goes before @ref kf_kubernetes_add_node_selector on the cluster.
 * @param selector A struct of strings, or a string that is a channel of a struct.
 */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_add_node_selector_json(
    kf_pipeline *pipeline, kf_task_id task, const kf_value *selector);
/**
 * @brief Demand or prefer nodes by expressions over their labels and fields.
 * @param match_expressions, match_fields Lists of structs {key, operator, values}, or
 * NULL; the operator is In, NotIn, Exists, DoesNotExist, Gt or Lt.
 * @param weight 0: demanded; 1 to 100: preferred, with this weight.
 * @return KF_EINVAL for another weight or operator, KF_EMISSING without a key or an
 * operator.
 */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_add_node_affinity(kf_pipeline *pipeline,
    kf_task_id task, const kf_value *match_expressions, const kf_value *match_fields,
    int weight);
/**
 * @brief The affinity as Kubernetes' NodeAffinity; replaces what an earlier call of
 * this function gave.
 * @param affinity A struct whose members are
 * requiredDuringSchedulingIgnoredDuringExecution and
 * preferredDuringSchedulingIgnoredDuringExecution, or a string that is a channel of
 * one.
 * @return KF_EINVAL names a member that Kubernetes does not have.
 */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_add_node_affinity_json(
    kf_pipeline *pipeline, kf_task_id task, const kf_value *affinity);

/** A taint that the pod tolerates. */
typedef struct kf_kubernetes_toleration {
    size_t size;
    const char *key;           /**< NULL: any, with the operator "Exists". */
    const char *operator_name; /**< "Equal" or "Exists"; NULL: "Equal". */
    const char *value;         /**< NULL with "Exists". */
    const char
        *effect;      /**< "NoSchedule", "PreferNoSchedule", "NoExecute"; NULL: any. */
    bool has_seconds; /**< Whether `toleration_seconds` counts. */
    int64_t toleration_seconds; /**< How long a "NoExecute" taint is tolerated. */
} kf_kubernetes_toleration;

/** @return KF_EINVAL for another operator or effect. @param toleration NULL: nothing is
 * said in it. */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_add_toleration(
    kf_pipeline *pipeline, kf_task_id task, const kf_kubernetes_toleration *toleration);
/**
 * @brief Tolerations as Kubernetes writes them.
 * @param tolerations A struct of key, operator, value, effect and tolerationSeconds (or
 * toleration_seconds, as KFP has it), a list of such structs, or a string that is a
 * channel of a struct or a list.
 * @return KF_EINVAL names a member that is none of these.
 */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_add_toleration_json(
    kf_pipeline *pipeline, kf_task_id task, const kf_value *tolerations);

/* ---- the pod and its containers ---- */

/** Set a label of the pod, replacing one of the same key. */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_add_pod_label(
    kf_pipeline *pipeline, kf_task_id task, const char *key, const char *value);
/** Set an annotation of the pod, replacing one of the same key. */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_add_pod_annotation(
    kf_pipeline *pipeline, kf_task_id task, const char *key, const char *value);
/** @param policy "Always", "Never" or "IfNotPresent"; KF_EINVAL for another. */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_set_image_pull_policy(
    kf_pipeline *pipeline, kf_task_id task, const char *policy);
/** Add secrets to pull the image with. @param secrets A list of names; each may be a
 * channel. */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_set_image_pull_secrets(
    kf_pipeline *pipeline, kf_task_id task, const kf_value *secrets);
/**
 * @brief How long the pod may live (Kubernetes: activeDeadlineSeconds); also here, when
 * the task runs on this machine.
 * @param seconds 0 takes an earlier timeout back. KF_EINVAL if negative.
 */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_set_timeout(
    kf_pipeline *pipeline, kf_task_id task, int64_t seconds);

/** Who the container's process runs as. What is not said stays as an earlier call said.
 */
typedef struct kf_kubernetes_security {
    size_t size;
    bool has_user; /**< Whether `run_as_user` counts; user 0 is root. */
    int64_t run_as_user;
    bool has_group; /**< Whether `run_as_group` counts. */
    int64_t run_as_group;
    bool has_non_root; /**< Whether `run_as_non_root` counts. */
    bool run_as_non_root;
} kf_kubernetes_security;

/** @return KF_EINVAL if nothing is said or an id is negative. */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_set_security_context(
    kf_pipeline *pipeline, kf_task_id task, const kf_kubernetes_security *security);

/** A container that runs before the task's own, or beside it. */
typedef struct kf_kubernetes_init_container {
    size_t size;
    const char *name;              /**< Required. */
    const char *image;             /**< Required. */
    const kf_value *command;       /**< A list of strings. */
    const kf_value *args;          /**< A list of strings. */
    const kf_value *env;           /**< A struct of strings. */
    const kf_value *volume_mounts; /**< A struct of strings, names of volumes to paths;
                                      or a list of Kubernetes' VolumeMount structs. */
    const char *restart_policy; /**< NULL: it ends before the task starts; "Always": a
                                   sidecar. */
    const kf_value
        *resource_requests; /**< A struct of strings, such as {"cpu": "500m"}. */
    const kf_value *resource_limits; /**< A struct of strings. */
} kf_kubernetes_init_container;

/**
 * @brief Add an init container or a sidecar, as an item of `initContainers`, in the
 * form of Kubernetes' Container. No release of kfp-kubernetes up to 2.17.3 has this
 * function, and a backend of such a release does not know the field.
 * @return KF_EMISSING without a name or an image, KF_EEXIST if the task has one of the
 * name.
 */
KF_API KF_MUST_CHECK kf_status kf_kubernetes_add_init_container(kf_pipeline *pipeline,
    kf_task_id task, const kf_kubernetes_init_container *container);

KF_END_DECLS

#endif
