/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/trained.h"

#include <stdio.h>
#include <string.h>

#include "base/schema.h"

static const char *parent_of(const kf_service *model)
{
    const char *name = kf__service_given(kf_service_spec(model), "inferenceService");
    return name != NULL ? name : "";
}

static const kf_value *model_of(const kf_service *model)
{
    return kf_value_get(kf_service_spec(model), "model");
}

static bool is_of(const kf_service *model, const kf_service *parent)
{
    return kf_service_what(model) == KF_SERVICE_TRAINED_MODEL &&
           strcmp(parent_of(model), kf_service_name(parent)) == 0 &&
           strcmp(kf_service_namespace(model), kf_service_namespace(parent)) == 0;
}

/* utils.go: IsMMSPredictor. Containers that serve several models by themselves are
 * started by KServe alone. */
static bool is_multi(const kf_service *parent)
{
    const kf_service_component *predictor =
        kf_service_component_of(parent, KF_SERVICE_PREDICTOR);
    return predictor != NULL && predictor->format != NULL &&
           predictor->storage_uri == NULL && predictor->storage == NULL &&
           kf_value_length(predictor->storage_uris) == 0 &&
           strcmp(predictor->format, "huggingface") != 0;
}

/* Triton serves what it has a backend for. */
static bool knows(const kf_service *parent, const char *framework)
{
    const char *format = kf_service_component_of(parent, KF_SERVICE_PREDICTOR)->format;
    return framework != NULL &&
           (strcmp(format, framework) == 0 || strcmp(format, "triton") == 0);
}

/* ---- memory ---- */

/* Of the container that is started, which may have its runtime's limit. False: it has
 * none. */
static bool limit_of(
    const kf_services *documents, const kf_service *parent, double *out)
{
    kf_service_runtime *runtime = NULL;
    if (kf_service_runtime_select(parent, documents, NULL, &runtime) != KF_OK)
        return false;
    const kf_value *resources =
        kf_value_get(kf_service_runtime_container(runtime), "resources");
    const kf_value *memory = kf_value_get(kf_value_get(resources, "limits"), "memory");
    bool is_given = memory != NULL && kf__quantity(memory, out);
    kf_service_runtime_free(runtime);
    return is_given;
}

/* Each model is given what it asks for, in their order, while there is enough. */
static bool fits(
    const kf_services *documents, const kf_service *model, const kf_service *parent)
{
    double limit, taken = 0;
    if (!limit_of(documents, parent, &limit))
        return true;
    for (size_t i = 0; i < kf_services_count(documents); i++) {
        const kf_service *other = kf_services_at(documents, i);
        double asked = 0;
        if (!is_of(other, parent))
            continue;
        (void)kf__quantity(kf_value_get(model_of(other), "memory"), &asked);
        bool enough = taken + asked <= limit;
        if (strcmp(kf_service_name(other), kf_service_name(model)) == 0)
            return enough;
        taken += enough ? asked : 0;
    }
    return true;
}

/* ---- all of it ---- */

static void explain(const kf_service *model, kf_trained *out)
{
    const char *framework = kf__get_text(model_of(model), "framework");
    if (out->parent == NULL)
        (void)snprintf(out->message, sizeof out->message,
            "there is no InferenceService '%.100s'", out->parent_name);
    else if (!out->is_multi)
        (void)snprintf(out->message, sizeof out->message,
            "the predictor of '%.80s' has a model of its own, or is none that serves "
            "TrainedModels",
            out->parent_name);
    else if (!out->knows_framework)
        (void)snprintf(out->message, sizeof out->message,
            "the predictor of '%.80s' serves models of %.50s, not of %.50s",
            out->parent_name,
            kf_service_component_of(out->parent, KF_SERVICE_PREDICTOR)->format,
            framework != NULL ? framework : "none");
    else if (!out->has_memory)
        (void)snprintf(out->message, sizeof out->message,
            "the predictor of '%.80s' has not enough memory for it beside the models "
            "before it",
            out->parent_name);
}

void kf__trained_look(
    const kf_services *documents, const kf_service *model, kf_trained *out)
{
    const char *framework = kf__get_text(model_of(model), "framework");
    *out = (kf_trained){.parent_name = parent_of(model)};
    out->parent = kf_services_find(
        documents, "InferenceService", kf_service_namespace(model), out->parent_name);
    if (out->parent != NULL && kf_service_is_stopped(out->parent))
        out->parent = NULL;
    out->is_multi = out->parent != NULL && is_multi(out->parent);
    out->knows_framework = out->is_multi && knows(out->parent, framework);
    out->has_memory = out->knows_framework && fits(documents, model, out->parent);
    explain(model, out);
}

kf_status kf__trained_service(
    const kf_service *model, const kf_service *parent, kf_service **out)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *document = kf__tree_copy(&tree, kf_service_full(parent));
    kf_value *spec = kf__tree_struct(&tree);
    kf_value *predictor =
        kf__tree_copy(&tree, kf_value_get(kf_service_spec(parent), "predictor"));
    kf_value *own = kf__get(predictor, "model");
    kf__remove(predictor, "canaryTrafficPercent");
    kf__remove(predictor, "name");
    kf__put_text(&tree, kf__put_struct(&tree, own, "modelFormat"), "name",
        kf__get_text(model_of(model), "framework"));
    kf__put_text(&tree, own, "storageUri", kf__get_text(model_of(model), "storageUri"));
    kf__put(&tree, spec, "predictor", predictor);
    kf__put(&tree, document, "spec", spec);
    kf__put_text(&tree, kf__get(document, "metadata"), "name", kf_service_name(model));
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK)
        status = kf__service_read(document, parent->settings, NULL, NULL, out);
    kf__tree_finish(&tree);
    return status;
}

bool kf__trained_has(const kf_services *documents, const kf_service *service)
{
    bool any = false;
    for (size_t i = 0; i < kf_services_count(documents); i++)
        any = any || is_of(kf_services_at(documents, i), service);
    return any && is_multi(service);
}
