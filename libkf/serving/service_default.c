/* SPDX-License-Identifier: Apache-2.0 */
/* What the mutating webhook of KServe fills in (inference_service_defaults.go), in its
 * order. */
#include "serving/service.h"

#include <string.h>

const char *const kf__frameworks[] = {"sklearn", "tensorflow", "xgboost", "pytorch",
    "triton", "onnx", "huggingface", "pmml", "lightgbm", "paddle", NULL};

/* ---- parts of documents ---- */

const char *kf__service_given(const kf_value *object, const char *name)
{
    const char *text = kf__get_text(object, name);
    return text == NULL || *text == '\0' ? NULL : text;
}

const kf_value *kf__named(const kf_value *list, const char *name)
{
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *item = kf_value_at(list, i);
        if (kf__equals_text(kf_value_get(item, "name"), name))
            return item;
    }
    return NULL;
}

const kf_value *kf__container_variable(const kf_value *container, const char *name)
{
    return kf__named(kf_value_get(container, "env"), name);
}

const char *kf__role_name(kf_service_role role)
{
    static const char *const names[] = {"predictor", "transformer", "explainer"};
    return names[role];
}

static size_t count_named(const kf_value *list, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < kf_value_length(list); i++)
        count += kf__equals_text(kf_value_get(kf_value_at(list, i), "name"), name);
    return count;
}

/* Containers called kserve-container count each; without any implementation the first
 * container is one, whatever its name. */
size_t kf__implementations(kf_service_role role, const kf_value *component)
{
    const kf_value *containers = kf_value_get(component, "containers");
    size_t count = 0;
    if (role == KF_SERVICE_TRANSFORMER)
        return kf_value_length(containers) > 0;
    if (role == KF_SERVICE_EXPLAINER)
        return (kf_value_get(component, "art") != NULL) +
               (kf_value_length(containers) > 0);
    for (size_t i = 0; kf__frameworks[i] != NULL; i++)
        count += kf_value_get(component, kf__frameworks[i]) != NULL;
    count += kf_value_get(component, "model") != NULL;
    count += count_named(containers, KF__KSERVE_CONTAINER);
    return count == 0 ? kf_value_length(containers) > 0 : count;
}

const kf_value *kf__custom_container(kf_service_role role, const kf_value *component)
{
    const kf_value *containers = kf_value_get(component, "containers");
    if (kf__implementations(role, component) != 1 || kf_value_length(containers) == 0 ||
        kf_value_get(component, "model") != NULL ||
        kf_value_get(component, "art") != NULL)
        return NULL;
    for (size_t i = 0; kf__frameworks[i] != NULL; i++)
        if (kf_value_get(component, kf__frameworks[i]) != NULL)
            return NULL;
    const kf_value *named = kf__named(containers, KF__KSERVE_CONTAINER);
    return role == KF_SERVICE_PREDICTOR && named != NULL ? named
                                                         : kf_value_at(containers, 0);
}

/* ---- the deployment mode ---- */

static void default_mode(kf_tree *tree, kf_value *full, const kf_value *config)
{
    kf_value *metadata = kf__put_struct(tree, full, "metadata");
    const char *mode =
        kf__get_text(kf_value_get(metadata, "annotations"), KF__ANNOTATION_MODE);
    if (mode != NULL && strcmp(mode, "RawDeployment") == 0)
        kf__put_text(
            tree, kf__get(metadata, "annotations"), KF__ANNOTATION_MODE, "Standard");
    else if (mode != NULL && strcmp(mode, "Serverless") == 0)
        kf__put_text(
            tree, kf__get(metadata, "annotations"), KF__ANNOTATION_MODE, "Knative");
    if (mode != NULL)
        return;
    mode = kf__get_text(kf_value_get(config, "deploy"), "defaultDeploymentMode");
    if (mode != NULL &&
        (strcmp(mode, "Standard") == 0 || strcmp(mode, "ModelMesh") == 0))
        kf__put_text(tree, kf__put_struct(tree, metadata, "annotations"),
            KF__ANNOTATION_MODE, mode);
}

/* ---- the model ---- */

static bool speaks_v2(const char *framework)
{
    return strcmp(framework, "triton") == 0 || strcmp(framework, "onnx") == 0 ||
           strcmp(framework, "huggingface") == 0;
}

/* The first framework becomes the model; any other stays, which the check refuses. */
static void default_framework(kf_tree *tree, kf_value *predictor)
{
    for (size_t i = 0; kf__frameworks[i] != NULL; i++) {
        kf_value *framework = kf__get(predictor, kf__frameworks[i]);
        if (framework == NULL)
            continue;
        kf_value *model = kf__tree_struct(tree), *format = kf__tree_struct(tree);
        kf__put_text(tree, format, "name", kf__frameworks[i]);
        kf__put(tree, model, "modelFormat", format);
        if (speaks_v2(kf__frameworks[i]) &&
            kf_value_get(framework, "protocolVersion") == NULL)
            kf__put_text(tree, framework, "protocolVersion", "v2");
        for (size_t k = 0; k < kf_value_length(framework); k++)
            kf__put(tree, model, kf_value_key(framework, k), kf__at(framework, k));
        if (model != NULL)
            kf__mark(model, kf__line(framework), kf__column(framework));
        kf__put(tree, predictor, "model", model);
        kf__remove(predictor, kf__frameworks[i]);
        return;
    }
}

static void default_model(kf_tree *tree, kf_value *full, kf_value *predictor)
{
    default_framework(tree, predictor);
    kf_value *model = kf__get(predictor, "model");
    const char *format = kf__service_given(kf_value_get(model, "modelFormat"), "name");
    if (format == NULL)
        return;
    if (kf_value_get(model, "protocolVersion") == NULL &&
        (strcmp(format, "triton") == 0 || strcmp(format, "vLLM") == 0))
        kf__put_text(tree, model, "protocolVersion", "v2");
    kf_value *annotations =
        kf__put_struct(tree, kf__put_struct(tree, full, "metadata"), "annotations");
    if (kf_value_get(annotations, "modelFormat") == NULL)
        kf__put_text(tree, annotations, "modelFormat", format);
}

/* ---- containers ---- */

static void default_amount(kf_tree *tree, kf_value *resources, const kf_value *amounts,
    const char *list, const char *resource, const char *setting)
{
    const char *amount = kf__service_given(amounts, setting);
    kf_value *into = kf__put_struct(tree, resources, list);
    if (amount != NULL && kf_value_get(into, resource) == NULL)
        kf__put_text(tree, into, resource, amount);
}

static void default_resources(
    kf_tree *tree, kf_value *container, const kf_value *config)
{
    kf_value *resources = kf__put_struct(tree, container, "resources");
    const kf_value *amounts =
        kf_value_get(kf_value_get(config, "inferenceService"), "resource");
    default_amount(tree, resources, amounts, "requests", "cpu", "cpuRequest");
    default_amount(tree, resources, amounts, "requests", "memory", "memoryRequest");
    default_amount(tree, resources, amounts, "limits", "cpu", "cpuLimit");
    default_amount(tree, resources, amounts, "limits", "memory", "memoryLimit");
}

/* The predictor's first container keeps its name beside others. */
static void default_container(
    kf_tree *tree, kf_service_role role, kf_value *component, const kf_value *config)
{
    kf_value *containers = kf__get(component, "containers");
    kf_value *first = kf__at(containers, 0);
    if (role != KF_SERVICE_PREDICTOR || kf_value_length(containers) == 1 ||
        kf__service_given(first, "name") == NULL)
        kf__put_text(tree, first, "name", KF__KSERVE_CONTAINER);
    default_resources(tree, first, config);
}

static void default_art(kf_tree *tree, kf_value *art, const kf_value *config)
{
    const kf_value *shipped = kf_value_get(kf_value_get(config, "explainers"), "art");
    kf__put_text(tree, art, "name", KF__KSERVE_CONTAINER);
    if (kf_value_get(art, "runtimeVersion") == NULL)
        kf__put_text(
            tree, art, "runtimeVersion", kf__get_text(shipped, "defaultImageVersion"));
    default_resources(tree, art, config);
}

/* ---- all of it ---- */

static void default_storage(kf_tree *tree, kf_value *component)
{
    kf_value *list = kf__get(component, "storageUris");
    for (size_t i = 0; i < kf_value_length(list); i++)
        if (kf_value_get(kf_value_at(list, i), "mountPath") == NULL)
            kf__put_text(tree, kf__at(list, i), "mountPath", "/mnt/models");
}

static void default_component(
    kf_tree *tree, kf_service_role role, kf_value *component, const kf_value *config)
{
    if (kf__implementations(role, component) == 1) {
        if (role == KF_SERVICE_EXPLAINER && kf_value_get(component, "art") != NULL)
            default_art(tree, kf__get(component, "art"), config);
        else if (kf__custom_container(role, component) != NULL)
            default_container(tree, role, component, config);
    }
}

static void default_token(kf_tree *tree, kf_value *component, const kf_value *config)
{
    const kf_value *automount =
        kf_value_get(kf_value_get(config, "security"), "autoMountServiceAccountToken");
    if (!kf_value_bool(automount) &&
        kf_value_get(component, "automountServiceAccountToken") == NULL)
        kf__put_bool(tree, component, "automountServiceAccountToken", false);
}

void kf__service_default(kf_tree *tree, kf_value *full, const kf_value *config)
{
    kf_value *spec = kf__put_struct(tree, full, "spec");
    kf_value *predictor = kf__put_struct(tree, spec, "predictor");
    default_mode(tree, full, config);
    const char *mode =
        kf__get_text(kf_value_get(kf_value_get(full, "metadata"), "annotations"),
            KF__ANNOTATION_MODE);
    bool mesh = mode != NULL && strcmp(mode, "ModelMesh") == 0;
    if (!mesh)
        default_model(tree, full, predictor);
    for (int i = KF_SERVICE_PREDICTOR; i <= KF_SERVICE_EXPLAINER; i++) {
        kf_service_role role = (kf_service_role)i;
        kf_value *component = kf__get(spec, kf__role_name(role));
        if (component == NULL)
            continue;
        default_storage(tree, component);
        if (!mesh || role != KF_SERVICE_PREDICTOR)
            default_component(tree, role, component, config);
        default_token(tree, component, config);
    }
    kf_value *canaries = kf__get(spec, "canary");
    for (size_t i = 0; i < kf_value_length(canaries); i++)
        default_storage(tree, kf__get(kf__at(canaries, i), "predictor"));
}
