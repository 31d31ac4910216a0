/* SPDX-License-Identifier: Apache-2.0 */
/* What the components of an InferenceService come to. */
#include "serving/service.h"

#include <string.h>

#include "base/text.h"

static int64_t number_of(const kf_value *object, const char *name, int64_t otherwise)
{
    const kf_value *value = kf_value_get(object, name);
    return value == NULL ? otherwise : kf_value_int(value);
}

/* ---- logger and batcher ---- */

static const kf_service_logger *view_logger(
    kf_service_logger *logger, const kf_value *spec)
{
    const kf_value *value = kf_value_get(spec, "logger");
    if (value == NULL)
        return NULL;
    const char *mode = kf__service_given(value, "mode");
    int64_t size = number_of(value, "batchSize", 1);
    *logger = (kf_service_logger){.url = kf__service_given(value, "url"),
        .mode = mode != NULL ? mode : "all",
        .metadata_headers = kf_value_get(value, "metadataHeaders"),
        .metadata_annotations = kf_value_get(value, "metadataAnnotations"),
        .storage = kf_value_get(value, "storage"),
        .marshaller_url = kf__service_given(value, "marshallerUrl"),
        .batch_size = size > 1 ? size : 1,
        .batch_interval = kf__service_given(value, "batchInterval")};
    return logger;
}

/* A number of the configuration, which has it as text. */
static int64_t setting(const kf_value *config, const char *name, int64_t otherwise)
{
    const kf_value *value = kf_value_get(kf_value_get(config, "batcher"), name);
    int64_t number = kf_value_int(value);
    if (kf__is(value, KF_KIND_STRING) &&
        !kf__parse_int64(kf_value_string(value), &number))
        number = 0;
    return number > 0 ? number : otherwise;
}

static const kf_service_batcher *view_batcher(
    kf_service_batcher *batcher, const kf_value *spec, const kf_value *config)
{
    const kf_value *value = kf_value_get(spec, "batcher");
    if (value == NULL)
        return NULL;
    int64_t size = number_of(value, "maxBatchSize", 0);
    int64_t latency = number_of(value, "maxLatency", 0);
    *batcher = (kf_service_batcher){
        .max_batch_size = size > 0 ? size : setting(config, "maxBatchSize", 32),
        .max_latency = latency > 0 ? latency : setting(config, "maxLatency", 5000),
        .timeout = number_of(value, "timeout", 0)};
    return batcher;
}

/* ---- what serves ---- */

static const char *variable_text(const kf_value *container, const char *name)
{
    return kf__service_given(kf__container_variable(container, name), "value");
}

/* The protocol of a custom predictor is that of the transformer beside it. */
static void view_custom(kf_service_component *view)
{
    const kf_value *containers = kf_value_get(view->spec, "containers");
    const kf_value *speaker = view->transformer_container;
    if (view->role != KF_SERVICE_PREDICTOR || speaker == NULL)
        speaker = kf_value_at(containers, 0);
    const char *protocol = variable_text(speaker, "PROTOCOL");
    view->container = kf__custom_container(view->role, view->spec);
    view->storage_uri = variable_text(view->container, "STORAGE_URI");
    if (protocol != NULL && view->role != KF_SERVICE_EXPLAINER) {
        view->protocol = protocol;
        view->has_protocol = true;
    }
}

static void view_model(kf_service_component *view, const kf_value *model)
{
    const kf_value *format = kf_value_get(model, "modelFormat");
    const char *protocol = kf__service_given(model, "protocolVersion");
    view->format = kf__service_given(format, "name");
    if (view->format == NULL)
        view->format = "";
    view->format_version = kf__get_text(format, "version");
    view->runtime = kf__get_text(model, "runtime");
    view->runtime_version = kf__get_text(model, "runtimeVersion");
    view->storage_uri = kf__service_given(model, "storageUri");
    view->storage = kf_value_get(model, "storage");
    view->container = model;
    view->has_protocol = protocol != NULL;
    if (protocol != NULL)
        view->protocol = protocol;
}

static void view_art(kf_service_component *view, const kf_value *art)
{
    view->format = "art";
    view->runtime_version = kf__get_text(art, "runtimeVersion");
    view->storage_uri = kf__service_given(art, "storageUri");
    view->storage = kf_value_get(art, "storage");
    view->container = art;
}

static void view_scaling(kf_service_component *view)
{
    const kf_value *spec = view->spec;
    view->min_replicas = (int32_t)number_of(spec, "minReplicas", 1);
    view->max_replicas = (int32_t)number_of(spec, "maxReplicas", 0);
    view->scale_metric = kf__service_given(spec, "scaleMetric");
    view->scale_target = (int32_t)number_of(spec, "scaleTarget", 0);
    view->concurrency = number_of(spec, "containerConcurrency", 0);
    view->timeout = number_of(spec, "timeout", 0);
    view->canary_percent = number_of(spec, "canaryTrafficPercent", -1);
}

static void view_component(kf_component_view *out, kf_service_role role,
    const kf_value *spec, const kf_value *config)
{
    kf_service_component *view = &out->component;
    *view = (kf_service_component){.role = role,
        .spec = spec,
        .name = kf__service_given(spec, "name"),
        .protocol = "v1",
        .storage_uris = kf_value_get(spec, "storageUris"),
        .logger = view_logger(&out->logger, spec),
        .batcher = view_batcher(&out->batcher, spec, config)};
    out->is_given = true;
    if (role == KF_SERVICE_PREDICTOR)
        view->transformer_container =
            kf__named(kf_value_get(spec, "containers"), KF__TRANSFORMER_CONTAINER);
    view_scaling(view);
    const kf_value *model = kf_value_get(spec, "model");
    const kf_value *art = kf_value_get(spec, "art");
    if (role == KF_SERVICE_PREDICTOR && model != NULL)
        view_model(view, model);
    else if (role == KF_SERVICE_EXPLAINER && art != NULL)
        view_art(view, art);
    else
        view_custom(view);
}

/* ---- canaries ---- */

/* As Go's mergo merges with override: what is not empty takes the place, structs are
 * merged, lists are not. */
static void merge(kf_tree *tree, kf_value *into, const kf_value *from)
{
    for (size_t i = 0; i < kf_value_length(from); i++) {
        const char *key = kf_value_key(from, i);
        const kf_value *value = kf_value_at(from, i);
        kf_value *had = kf__get(into, key);
        if (kf__is(value, KF_KIND_STRUCT) && kf__is(had, KF_KIND_STRUCT))
            merge(tree, had, value);
        else
            kf__put(tree, into, key, kf__tree_copy(tree, value));
    }
}

static void remove_all(kf_value *object, const char *const *names)
{
    for (; *names != NULL; names++)
        kf__remove(object, *names);
}

static int64_t replicas_of(
    const kf_value *stable, const kf_value *canary, int64_t percent)
{
    int64_t replicas = number_of(stable, "minReplicas", 1);
    if (percent < 0 || percent > 100 || replicas < 0)
        percent = replicas = 0;
    return number_of(canary, "minReplicas", (replicas * percent + 99) / 100);
}

/* The stable predictor with what the canary says over it. */
static kf_value *make_canary(kf_tree *tree, const kf_value *stable,
    const kf_value *canary, const kf_value *config)
{
    static const char *const of_stable[] = {"maxReplicas", "scaleTarget", "scaleMetric",
        "autoScaling", "canaryTrafficPercent", NULL};
    static const char *const models[] = {"model", NULL};
    static const char *const custom[] = {"containers", NULL};
    kf_value *document = kf__tree_struct(tree);
    kf_value *spec = kf__put_struct(tree, document, "spec");
    kf_value *own = kf__tree_copy(tree, kf_value_get(canary, "predictor"));
    if (own == NULL)
        own = kf__tree_struct(tree);
    kf__put(tree, spec, "predictor", own);
    kf__service_default(tree, document, config);
    kf_value *made = kf__tree_copy(tree, stable);
    remove_all(made, of_stable);
    if (kf_value_get(own, "model") == NULL && kf_value_length(own) > 0 &&
        kf_value_get(own, "containers") != NULL)
        remove_all(made, models);
    else if (kf__custom_container(KF_SERVICE_PREDICTOR, stable) != NULL)
        remove_all(made, custom);
    int64_t percent = number_of(canary, "trafficPercent", 0);
    int64_t replicas = replicas_of(stable, own, percent);
    merge(tree, made, own);
    remove_all(made, of_stable);
    kf__put_int(tree, made, "minReplicas", replicas);
    return made;
}

static kf_status view_canaries(kf_service *service, const kf_value *config)
{
    kf_tree *tree = &service->tree;
    const kf_value *spec = kf_value_get(service->full, "spec");
    const kf_value *canaries = kf_value_get(spec, "canary");
    size_t count = kf_value_length(canaries);
    service->canary_count = 0;
    if (count == 0)
        return KF_OK;
    service->canaries =
        kf__arena_alloc(&tree->arena, count * sizeof *service->canaries);
    if (service->canaries == NULL)
        return kf__nomem();
    for (size_t i = 0; i < count; i++) {
        const kf_value *canary = kf_value_at(canaries, i);
        kf_value *made =
            make_canary(tree, kf_value_get(spec, "predictor"), canary, config);
        KF__TRY(kf__tree_status(tree));
        view_component(&service->canaries[i], KF_SERVICE_PREDICTOR, made, config);
        service->canaries[i].component.canary_percent =
            number_of(canary, "trafficPercent", 0);
    }
    service->canary_count = count;
    return KF_OK;
}

kf_status kf__service_variant(
    const kf_service *service, size_t canary, kf_service **out)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *document = kf__tree_copy(&tree, service->document);
    kf_value *spec = kf__get(document, "spec");
    kf__remove(spec, "canary");
    kf__put(&tree, spec, "predictor",
        kf__tree_copy(&tree, kf_service_canary_at(service, canary)->spec));
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK)
        status = kf__service_read(document, service->settings, NULL, NULL, out);
    kf__tree_finish(&tree);
    return status;
}

/* ---- all of it ---- */

static const char *mode_of(const kf_value *full, const kf_value *config)
{
    const char *mode =
        kf__get_text(kf_value_get(kf_value_get(full, "metadata"), "annotations"),
            KF__ANNOTATION_MODE);
    static const char *const modes[] = {"Knative", "Standard", "ModelMesh"};
    const char *given = mode;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; given != NULL && i < 3; i++)
            if (strcmp(given, modes[i]) == 0)
                return modes[i];
        given = kf__get_text(kf_value_get(config, "deploy"), "defaultDeploymentMode");
    }
    return modes[0];
}

kf_status kf__service_view(kf_service *service, const kf_value *config)
{
    memset(service->components, 0, sizeof service->components);
    service->mode = mode_of(service->full, config);
    if (service->kind != KF_SERVICE_INFERENCE_SERVICE)
        return KF_OK;
    const kf_value *spec = kf_value_get(service->full, "spec");
    for (int i = KF_SERVICE_PREDICTOR; i <= KF_SERVICE_EXPLAINER; i++) {
        kf_service_role role = (kf_service_role)i;
        const kf_value *component = kf_value_get(spec, kf__role_name(role));
        if (component != NULL)
            view_component(&service->components[i], role, component, config);
    }
    return view_canaries(service, config);
}
