/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets, config maps and volumes. */
#include "base/error.h"
#include "base/options.h"
#include "pipeline/kubernetes.h"

/* How a Secret and a ConfigMap differ in the document. */
typedef struct source {
    const char *what, *env_list, *volume_list, *name, *key;
} source;

static const source secret_source = {"the name of the Secret", "secretAsEnv",
    "secretAsVolume", "secretName", "secretKey"};
static const source config_map_source = {"the name of the ConfigMap", "configMapAsEnv",
    "configMapAsVolume", "configMapName", "configMapKey"};

static kf_status use_as_env(const source *kind, kf_pipeline *pipeline, kf_task_id task,
    const char *name, const kf_value *key_to_env, bool optional)
{
    KF__TRY(kf__k8s_check_name(pipeline, kind->what, name));
    KF__TRY(kf__k8s_check_members("key_to_env", key_to_env));
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    kf_tree *tree = &edit.tree;
    kf_value *item = kf__k8s_append(&edit, kind->env_list);
    kf__k8s_put_name(&edit, item, kind->name, name);
    kf__put_bool(tree, item, "optional", optional);
    for (size_t i = 0; i < kf_value_length(key_to_env); i++) {
        kf_value *pair = kf__tree_struct(tree);
        kf__put_text(tree, pair, kind->key, kf_value_key(key_to_env, i));
        kf__k8s_put_text(
            &edit, pair, "envVar", kf_value_string(kf_value_at(key_to_env, i)));
        kf__push(tree, kf__put_list(tree, item, "keyToEnv"), pair);
    }
    return kf__k8s_end(&edit);
}

static kf_status use_as_volume(const source *kind, kf_pipeline *pipeline,
    kf_task_id task, const char *name, const char *mount_path, bool optional)
{
    KF__TRY(kf__k8s_check_name(pipeline, kind->what, name));
    KF__TRY(kf__k8s_check_constant("the mount path", mount_path));
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    kf_value *item = kf__k8s_append(&edit, kind->volume_list);
    kf__k8s_put_name(&edit, item, kind->name, name);
    kf__put_text(&edit.tree, item, "mountPath", mount_path);
    kf__put_bool(&edit.tree, item, "optional", optional);
    return kf__k8s_end(&edit);
}

kf_status kf_kubernetes_use_secret_as_env(kf_pipeline *pipeline, kf_task_id task,
    const char *secret, const kf_value *key_to_env, bool optional)
{
    KF__REQUIRE(pipeline != NULL && secret != NULL && key_to_env != NULL);
    return use_as_env(&secret_source, pipeline, task, secret, key_to_env, optional);
}

kf_status kf_kubernetes_use_secret_as_volume(kf_pipeline *pipeline, kf_task_id task,
    const char *secret, const char *mount_path, bool optional)
{
    KF__REQUIRE(pipeline != NULL && secret != NULL && mount_path != NULL);
    return use_as_volume(&secret_source, pipeline, task, secret, mount_path, optional);
}

kf_status kf_kubernetes_use_config_map_as_env(kf_pipeline *pipeline, kf_task_id task,
    const char *config_map, const kf_value *key_to_env, bool optional)
{
    KF__REQUIRE(pipeline != NULL && config_map != NULL && key_to_env != NULL);
    return use_as_env(
        &config_map_source, pipeline, task, config_map, key_to_env, optional);
}

kf_status kf_kubernetes_use_config_map_as_volume(kf_pipeline *pipeline, kf_task_id task,
    const char *config_map, const char *mount_path, bool optional)
{
    KF__REQUIRE(pipeline != NULL && config_map != NULL && mount_path != NULL);
    return use_as_volume(
        &config_map_source, pipeline, task, config_map, mount_path, optional);
}

kf_status kf_kubernetes_use_field_path_as_env(kf_pipeline *pipeline, kf_task_id task,
    const char *env_name, const char *field_path)
{
    KF__REQUIRE(pipeline != NULL && env_name != NULL && field_path != NULL);
    KF__TRY(kf__k8s_check_constant("the name of the environment variable", env_name));
    KF__TRY(kf__k8s_check_constant("the field path", field_path));
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    kf_value *item = kf__k8s_append(&edit, "fieldPathAsEnv");
    kf__put_text(&edit.tree, item, "name", env_name);
    kf__put_text(&edit.tree, item, "fieldPath", field_path);
    return kf__k8s_end(&edit);
}

/* The claim's name: a constant or a reference, as members of the mount itself for older
 * backends, and as a parameter for newer ones. */
static void put_claim(kf_k8s_edit *edit, kf_value *item, const char *pvc_name)
{
    kf_tree *tree = &edit->tree;
    kf_value *parameter = kf__k8s_parameter(edit, kf__tree_string(tree, pvc_name));
    if (kf__k8s_is_channel(edit->pipeline, pvc_name))
        kf__merge(tree, item, parameter);
    else
        kf__put_text(tree, item, "constant", pvc_name);
    kf__put(tree, item, "pvcNameParameter", parameter);
}

kf_status kf_kubernetes_mount_pvc(kf_pipeline *pipeline, kf_task_id task,
    const char *pvc_name, const char *mount_path, const char *sub_path)
{
    KF__REQUIRE(pipeline != NULL && pvc_name != NULL && mount_path != NULL);
    KF__TRY(kf__k8s_check_name(
        pipeline, "the name of the PersistentVolumeClaim", pvc_name));
    KF__TRY(kf__k8s_check_constant("the mount path", mount_path));
    KF__TRY(kf__k8s_check_optional("the sub-path", sub_path));
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    kf_value *item = kf__k8s_append(&edit, "pvcMount");
    put_claim(&edit, item, pvc_name);
    kf__put_text(&edit.tree, item, "mountPath", mount_path);
    kf__k8s_put_text(&edit, item, "subPath", sub_path);
    return kf__k8s_end(&edit);
}

kf_status kf_kubernetes_empty_dir_mount(kf_pipeline *pipeline, kf_task_id task,
    const char *volume_name, const char *mount_path, const char *medium,
    const char *size_limit)
{
    KF__REQUIRE(pipeline != NULL && volume_name != NULL && mount_path != NULL);
    KF__TRY(kf__k8s_check_constant("the name of the volume", volume_name));
    KF__TRY(kf__k8s_check_constant("the mount path", mount_path));
    KF__TRY(kf__k8s_check_optional("the medium", medium));
    KF__TRY(kf__k8s_check_optional("the size limit", size_limit));
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    kf_value *item = kf__k8s_append(&edit, "emptyDirMounts");
    kf__put_text(&edit.tree, item, "volumeName", volume_name);
    kf__put_text(&edit.tree, item, "mountPath", mount_path);
    /* These two have presence in the protocol buffer: empty text is kept. */
    if (medium != NULL)
        kf__put_text(&edit.tree, item, "medium", medium);
    if (size_limit != NULL)
        kf__put_text(&edit.tree, item, "sizeLimit", size_limit);
    return kf__k8s_end(&edit);
}

static kf_status check_ephemeral(const kf_kubernetes_ephemeral_volume *volume)
{
    if (volume->volume_name == NULL || volume->mount_path == NULL ||
        volume->access_modes == NULL || volume->storage_size == NULL)
        return kf__fail(KF_EMISSING, NULL,
            "an ephemeral volume needs a volume name, a mount path, access modes and a "
            "size");
    KF__TRY(kf__k8s_check_constant("the name of the volume", volume->volume_name));
    KF__TRY(kf__k8s_check_constant("the mount path", volume->mount_path));
    KF__TRY(kf__k8s_check_constant("the size of the volume", volume->storage_size));
    KF__TRY(kf__k8s_check_optional("the storage class", volume->storage_class_name));
    KF__TRY(kf__k8s_check_texts("the access modes", volume->access_modes));
    KF__TRY(kf__k8s_check_members("the labels", volume->labels));
    return kf__k8s_check_members("the annotations", volume->annotations);
}

static void put_metadata(
    kf_k8s_edit *edit, kf_value *item, const char *key, const kf_value *members)
{
    if (kf_value_length(members) == 0)
        return;
    kf_value *metadata = kf__put_struct(&edit->tree, item, "metadata");
    kf__k8s_put_members(edit, kf__put_struct(&edit->tree, metadata, key), members);
}

kf_status kf_kubernetes_add_ephemeral_volume(kf_pipeline *pipeline, kf_task_id task,
    const kf_kubernetes_ephemeral_volume *volume)
{
    KF__REQUIRE(pipeline != NULL && volume != NULL);
    KF__TAKE_OPTIONS(kf_kubernetes_ephemeral_volume, known, volume);
    KF__TRY(check_ephemeral(&known));
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    kf_tree *tree = &edit.tree;
    kf_value *item = kf__k8s_append(&edit, "genericEphemeralVolume");
    kf__put_text(tree, item, "volumeName", known.volume_name);
    kf__put_text(tree, item, "mountPath", known.mount_path);
    if (kf_value_length(known.access_modes) > 0)
        kf__put(tree, item, "accessModes", kf__tree_copy(tree, known.access_modes));
    kf__put_text(tree, item, "size", known.storage_size);
    if (known.storage_class_name == NULL)
        kf__put_bool(tree, item, "defaultStorageClass", true);
    kf__k8s_put_text(&edit, item, "storageClassName", known.storage_class_name);
    put_metadata(&edit, item, "labels", known.labels);
    put_metadata(&edit, item, "annotations", known.annotations);
    return kf__k8s_end(&edit);
}
