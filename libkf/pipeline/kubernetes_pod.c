/* SPDX-License-Identifier: Apache-2.0 */
/* The pod and its containers: metadata, images, time, identity, init containers. */
#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "pipeline/kubernetes.h"

/* ---- metadata ---- */

static kf_status add_metadata(kf_pipeline *pipeline, kf_task_id task,
    const char *member, const char *key, const char *value)
{
    KF__TRY(kf__k8s_check_constant("the key of a label or annotation", key));
    KF__TRY(kf__k8s_check_optional("the value of a label or annotation", value));
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    kf_value *metadata = kf__put_struct(&edit.tree, edit.config, "podMetadata");
    kf__put_text(&edit.tree, kf__put_struct(&edit.tree, metadata, member), key, value);
    return kf__k8s_end(&edit);
}

kf_status kf_kubernetes_add_pod_label(
    kf_pipeline *pipeline, kf_task_id task, const char *key, const char *value)
{
    KF__REQUIRE(pipeline != NULL && key != NULL && value != NULL);
    return add_metadata(pipeline, task, "labels", key, value);
}

kf_status kf_kubernetes_add_pod_annotation(
    kf_pipeline *pipeline, kf_task_id task, const char *key, const char *value)
{
    KF__REQUIRE(pipeline != NULL && key != NULL && value != NULL);
    return add_metadata(pipeline, task, "annotations", key, value);
}

/* ---- images ---- */

kf_status kf_kubernetes_set_image_pull_policy(
    kf_pipeline *pipeline, kf_task_id task, const char *policy)
{
    static const char *const policies[] = {"Always", "Never", "IfNotPresent", NULL};
    KF__REQUIRE(pipeline != NULL && policy != NULL);
    KF__TRY(kf__k8s_check_choice("the image pull policy", policy, policies));
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    kf__put_text(&edit.tree, edit.config, "imagePullPolicy", policy);
    return kf__k8s_end(&edit);
}

kf_status kf_kubernetes_set_image_pull_secrets(
    kf_pipeline *pipeline, kf_task_id task, const kf_value *secrets)
{
    KF__REQUIRE(pipeline != NULL && secrets != NULL);
    if (!kf__is(secrets, KF_KIND_LIST))
        return kf__fail(
            KF_ETYPE, NULL, "the image pull secrets must be a list of names");
    for (size_t i = 0; i < kf_value_length(secrets); i++) {
        const char *name = kf_value_string(kf_value_at(secrets, i));
        if (name == NULL)
            return kf__fail(KF_ETYPE, NULL,
                "image pull secret %zu is not a string, but must be a name", i);
        KF__TRY(kf__k8s_check_name(pipeline, "the name of an image pull secret", name));
    }
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    for (size_t i = 0; i < kf_value_length(secrets); i++)
        kf__k8s_put_name(&edit, kf__k8s_append(&edit, "imagePullSecret"), "secretName",
            kf_value_string(kf_value_at(secrets, i)));
    return kf__k8s_end(&edit);
}

/* ---- time and identity ---- */

kf_status kf_kubernetes_set_timeout(
    kf_pipeline *pipeline, kf_task_id task, int64_t seconds)
{
    KF__REQUIRE(pipeline != NULL);
    if (seconds < 0)
        return kf__fail(KF_EINVAL, NULL,
            "a timeout cannot be %lld seconds: expected 0, which takes it back, or "
            "more",
            (long long)seconds);
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    if (seconds == 0)
        kf__remove(edit.config, "activeDeadlineSeconds");
    else
        kf__k8s_put_int64(&edit, edit.config, "activeDeadlineSeconds", seconds);
    return kf__k8s_end(&edit);
}

static kf_status check_id(const char *what, bool given, int64_t id)
{
    if (given && id < 0)
        return kf__fail(KF_EINVAL, NULL, "%s cannot be %lld: expected 0 or more", what,
            (long long)id);
    return KF_OK;
}

kf_status kf_kubernetes_set_security_context(
    kf_pipeline *pipeline, kf_task_id task, const kf_kubernetes_security *security)
{
    KF__REQUIRE(pipeline != NULL && security != NULL);
    KF__TAKE_OPTIONS(kf_kubernetes_security, known, security);
    if (!known.has_user && !known.has_group && !known.has_non_root)
        return kf__fail(KF_EINVAL, NULL,
            "a security context must say at least one of user, group and non-root");
    KF__TRY(check_id("the user", known.has_user, known.run_as_user));
    KF__TRY(check_id("the group", known.has_group, known.run_as_group));
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    kf_value *context = kf__put_struct(&edit.tree, edit.config, "securityContext");
    if (known.has_user)
        kf__k8s_put_int64(&edit, context, "runAsUser", known.run_as_user);
    if (known.has_group)
        kf__k8s_put_int64(&edit, context, "runAsGroup", known.run_as_group);
    if (known.has_non_root)
        kf__put_bool(&edit.tree, context, "runAsNonRoot", known.run_as_non_root);
    return kf__k8s_end(&edit);
}

/* ---- init containers ---- */

static const char *const mount_members[] = {"name", "mountPath", "subPath",
    "subPathExpr", "readOnly", "recursiveReadOnly", "mountPropagation", NULL};

static kf_status check_mount(const kf_value *mount)
{
    if (!kf__is(mount, KF_KIND_STRUCT))
        return kf__fail(KF_ETYPE, NULL, "a volume mount must be a struct");
    for (size_t i = 0; i < kf_value_length(mount); i++) {
        const char *key = kf_value_key(mount, i);
        const kf_value *value = kf_value_at(mount, i);
        KF__TRY(kf__k8s_check_choice("a member of a volume mount", key, mount_members));
        bool good = strcmp(key, "readOnly") == 0 ? kf__is(value, KF_KIND_BOOL)
                                                 : kf__is(value, KF_KIND_STRING);
        if (!good)
            return kf__fail(KF_ETYPE, NULL, "\"%s\" of a volume mount must be a %s",
                key, strcmp(key, "readOnly") == 0 ? "bool" : "string");
        if (kf_value_string(value) != NULL)
            KF__TRY(kf__k8s_check_optional("a volume mount", kf_value_string(value)));
    }
    if (kf__get_text(mount, "name") == NULL || kf__get_text(mount, "mountPath") == NULL)
        return kf__fail(
            KF_EMISSING, NULL, "a volume mount needs a name and a mountPath");
    return KF_OK;
}

static kf_status check_mounts(const kf_value *mounts)
{
    if (mounts == NULL || kf__is(mounts, KF_KIND_STRUCT))
        return kf__k8s_check_members("the volume mounts", mounts);
    if (!kf__is(mounts, KF_KIND_LIST))
        return kf__fail(KF_ETYPE, NULL,
            "the volume mounts must be a struct of names to paths, or a list of "
            "structs");
    for (size_t i = 0; i < kf_value_length(mounts); i++)
        KF__TRY(check_mount(kf_value_at(mounts, i)));
    return KF_OK;
}

static kf_status check_container(const kf_kubernetes_init_container *container)
{
    static const char *const policies[] = {"Always", NULL};
    if (container->name == NULL || container->image == NULL)
        return kf__fail(
            KF_EMISSING, NULL, "an init container needs a name and an image");
    KF__TRY(kf__k8s_check_constant("the name of an init container", container->name));
    KF__TRY(kf__k8s_check_constant("the image of an init container", container->image));
    KF__TRY(
        kf__k8s_check_texts("the command of an init container", container->command));
    KF__TRY(kf__k8s_check_texts("the arguments of an init container", container->args));
    KF__TRY(
        kf__k8s_check_members("the environment of an init container", container->env));
    KF__TRY(check_mounts(container->volume_mounts));
    if (container->restart_policy != NULL)
        KF__TRY(kf__k8s_check_choice("the restart policy of an init container",
            container->restart_policy, policies));
    KF__TRY(
        kf__k8s_check_members("the resource requests", container->resource_requests));
    return kf__k8s_check_members("the resource limits", container->resource_limits);
}

static void put_words(
    kf_k8s_edit *edit, kf_value *into, const char *key, const kf_value *words)
{
    if (kf_value_length(words) > 0)
        kf__put(&edit->tree, into, key, kf__tree_copy(&edit->tree, words));
}

/* A struct of strings as a list of structs {name, `member`}. */
static void put_pairs(kf_k8s_edit *edit, kf_value *into, const char *key,
    const char *member, const kf_value *texts)
{
    kf_tree *tree = &edit->tree;
    for (size_t i = 0; i < kf_value_length(texts); i++) {
        kf_value *pair = kf__tree_struct(tree);
        kf__put_text(tree, pair, "name", kf_value_key(texts, i));
        kf__put_text(tree, pair, member, kf_value_string(kf_value_at(texts, i)));
        kf__push(tree, kf__put_list(tree, into, key), pair);
    }
}

static void put_resources(
    kf_k8s_edit *edit, kf_value *into, const char *key, const kf_value *quantities)
{
    if (kf_value_length(quantities) == 0)
        return;
    kf_value *resources = kf__put_struct(&edit->tree, into, "resources");
    kf__k8s_put_members(edit, kf__put_struct(&edit->tree, resources, key), quantities);
}

static void put_container(
    kf_k8s_edit *edit, const kf_kubernetes_init_container *container)
{
    kf_value *item = kf__k8s_append(edit, "initContainers");
    kf__put_text(&edit->tree, item, "name", container->name);
    kf__put_text(&edit->tree, item, "image", container->image);
    put_words(edit, item, "command", container->command);
    put_words(edit, item, "args", container->args);
    put_pairs(edit, item, "env", "value", container->env);
    if (kf__is(container->volume_mounts, KF_KIND_STRUCT))
        put_pairs(edit, item, "volumeMounts", "mountPath", container->volume_mounts);
    else
        put_words(edit, item, "volumeMounts", container->volume_mounts);
    kf__k8s_put_text(edit, item, "restartPolicy", container->restart_policy);
    put_resources(edit, item, "requests", container->resource_requests);
    put_resources(edit, item, "limits", container->resource_limits);
}

static bool has_container(const kf_k8s_edit *edit, const char *name)
{
    const kf_value *containers = kf_value_get(edit->config, "initContainers");
    for (size_t i = 0; i < kf_value_length(containers); i++)
        if (kf__equals_text(kf_value_get(kf_value_at(containers, i), "name"), name))
            return true;
    return false;
}

kf_status kf_kubernetes_add_init_container(kf_pipeline *pipeline, kf_task_id task,
    const kf_kubernetes_init_container *container)
{
    KF__REQUIRE(pipeline != NULL && container != NULL);
    KF__TAKE_OPTIONS(kf_kubernetes_init_container, known, container);
    KF__TRY(check_container(&known));
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    if (has_container(&edit, known.name))
        return kf__k8s_abandon(
            &edit, kf__fail(KF_EEXIST, NULL,
                       "the task \"%s\" already has an init container \"%s\"",
                       kf_pipeline_task_name(pipeline, task), known.name));
    put_container(&edit, &known);
    return kf__k8s_end(&edit);
}
