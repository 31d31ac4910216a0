/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of serving, made by programs. */
#include "serving/service.h"

#include <string.h>

#include "base/options.h"
#include "base/text.h"

/* A document under construction. */
typedef struct build {
    kf_tree tree;
    const char *bad; /* The field with text that is not UTF-8; NULL: none. */
} build;

static void put(build *self, kf_value *object, const char *key, const char *text)
{
    if (text == NULL)
        return;
    if (!kf__utf8_valid(text, strlen(text), NULL))
        self->bad = key;
    else
        kf__put_text(&self->tree, object, key, text);
}

static void put_value(
    build *self, kf_value *object, const char *key, const kf_value *value)
{
    if (value != NULL)
        kf__put(&self->tree, object, key, kf__tree_copy(&self->tree, value));
}

static void put_number(build *self, kf_value *object, const char *key, int64_t number)
{
    if (number != 0)
        kf__put_int(&self->tree, object, key, number);
}

/* What there is beside stays. */
static void put_more(build *self, kf_value *object, const kf_value *more)
{
    for (size_t i = 0; i < kf_value_length(more); i++)
        put_value(self, object, kf_value_key(more, i), kf_value_at(more, i));
}

/* Names to texts become a list; a list stays. */
static void put_env(build *self, kf_value *container, const kf_value *env)
{
    kf_tree *tree = &self->tree;
    if (!kf__is(env, KF_KIND_STRUCT)) {
        put_value(self, container, "env", env);
        return;
    }
    kf_value *list = kf__put_list(tree, container, "env");
    for (size_t i = 0; i < kf_value_length(env); i++) {
        kf_value *variable = kf__tree_struct(tree);
        kf__put_text(tree, variable, "name", kf_value_key(env, i));
        put_value(self, variable, "value", kf_value_at(env, i));
        kf__push(tree, list, variable);
    }
}

static void put_variable(
    build *self, kf_value *container, const char *name, const char *value)
{
    if (value == NULL)
        return;
    kf_value *variable = kf__tree_struct(&self->tree);
    kf__put_text(&self->tree, variable, "name", name);
    put(self, variable, "value", value);
    kf__push(&self->tree, kf__put_list(&self->tree, container, "env"), variable);
}

static kf_value *begin(build *self, const char *kind, const char *version,
    const char *name, const char *name_space)
{
    kf_value *document = kf__tree_struct(&self->tree);
    kf__put(&self->tree, document, "apiVersion",
        kf__tree_printf(&self->tree, "%s/%s", KF__SERVING_GROUP, version));
    kf__put_text(&self->tree, document, "kind", kind);
    kf_value *metadata = kf__put_struct(&self->tree, document, "metadata");
    put(self, metadata, "name", name);
    put(self, metadata, "namespace", name_space);
    return document;
}

static void put_metadata(build *self, kf_value *document, const kf_value *labels,
    const kf_value *annotations)
{
    kf_value *metadata = kf__get(document, "metadata");
    put_value(self, metadata, "labels", labels);
    put_value(self, metadata, "annotations", annotations);
}

static kf_status finish(build *self, const kf_value *document, kf_service **out)
{
    kf_status status = kf__tree_status(&self->tree);
    if (status == KF_OK && self->bad != NULL)
        status = kf__fail(KF_EINVAL, self->bad, "%s is no text in UTF-8", self->bad);
    if (status == KF_OK)
        status = kf_service_of_value(document, out);
    kf__tree_finish(&self->tree);
    return status;
}

/* ---- InferenceService ---- */

static void put_container(
    build *self, kf_value *container, const kf_service_component_options *from)
{
    put(self, container, "image", from->image);
    put_value(self, container, "command", from->command);
    put_value(self, container, "args", from->args);
    if (from->env != NULL)
        put_env(self, container, from->env);
    put_value(self, container, "resources", from->resources);
    put_more(self, container, from->container);
}

static void put_model(
    build *self, kf_value *component, const kf_service_component_options *from)
{
    kf_value *model = kf__put_struct(&self->tree, component, "model");
    kf_value *format = kf__put_struct(&self->tree, model, "modelFormat");
    put(self, format, "name", from->format);
    put(self, format, "version", from->format_version);
    put(self, model, "runtime", from->runtime);
    put(self, model, "runtimeVersion", from->runtime_version);
    put(self, model, "protocolVersion", from->protocol);
    put(self, model, "storageUri", from->storage_uri);
    put_value(self, model, "storage", from->storage);
    put_container(self, model, from);
}

static void put_custom(
    build *self, kf_value *component, const kf_service_component_options *from)
{
    kf_value *container = kf__tree_struct(&self->tree);
    kf__put_text(&self->tree, container, "name", KF__KSERVE_CONTAINER);
    put_container(self, container, from);
    put_variable(self, container, "PROTOCOL", from->protocol);
    put_variable(self, container, "STORAGE_URI", from->storage_uri);
    kf__push(
        &self->tree, kf__put_list(&self->tree, component, "containers"), container);
}

static void put_scaling(
    build *self, kf_value *component, const kf_service_component_options *from)
{
    if (from->min_replicas != NULL)
        kf__put_int(&self->tree, component, "minReplicas", *from->min_replicas);
    put_number(self, component, "maxReplicas", from->max_replicas);
    put(self, component, "scaleMetric", from->scale_metric);
    put_number(self, component, "scaleTarget", from->scale_target);
    put_number(self, component, "containerConcurrency", from->concurrency);
    put_number(self, component, "timeout", from->timeout);
}

static bool has_container(const kf_service_component_options *from)
{
    return from->image != NULL || from->command != NULL || from->args != NULL ||
           from->env != NULL || from->container != NULL || from->resources != NULL ||
           from->storage_uri != NULL || from->protocol != NULL;
}

/* Where there is neither model nor container, what serves is in `more`. */
static kf_value *make_component(
    build *self, const kf_service_component_options *from, bool is_canary)
{
    kf_value *component = kf__tree_struct(&self->tree);
    put(self, component, "name", from->name);
    if (from->format != NULL)
        put_model(self, component, from);
    else if (has_container(from))
        put_custom(self, component, from);
    put_value(self, component, "storageUris", from->storage_uris);
    put_scaling(self, component, from);
    if (from->canary_percent != NULL && !is_canary)
        kf__put_int(
            &self->tree, component, "canaryTrafficPercent", *from->canary_percent);
    put_value(self, component, "logger", from->logger);
    put_value(self, component, "batcher", from->batcher);
    put(self, component, "serviceAccountName", from->service_account);
    put_value(self, component, "labels", from->labels);
    put_value(self, component, "annotations", from->annotations);
    put_more(self, component, from->more);
    kf_value *logger = kf__get(component, "logger");
    if (kf__is(logger, KF_KIND_STRUCT) && kf_value_get(logger, "mode") == NULL)
        kf__put_text(&self->tree, logger, "mode", "all");
    return component;
}

static kf_status put_component(build *self, kf_value *into, const char *key,
    const kf_service_component_options *given, bool is_canary)
{
    if (given == NULL)
        return KF_OK;
    KF__TAKE_OPTIONS(kf_service_component_options, from, given);
    kf__put(&self->tree, into, key, make_component(self, &from, is_canary));
    if (is_canary)
        kf__put_int(&self->tree, into, "trafficPercent",
            from.canary_percent != NULL ? *from.canary_percent : 0);
    return KF_OK;
}

static kf_status put_components(
    build *self, kf_value *spec, const kf_service_options *options)
{
    KF__TRY(put_component(self, spec, "predictor", options->predictor, false));
    KF__TRY(put_component(self, spec, "transformer", options->transformer, false));
    KF__TRY(put_component(self, spec, "explainer", options->explainer, false));
    for (size_t i = 0; i < options->canary_count; i++) {
        kf_value *canary = kf__tree_struct(&self->tree);
        KF__REQUIRE(options->canaries != NULL && options->canaries[i] != NULL);
        KF__TRY(put_component(self, canary, "predictor", options->canaries[i], true));
        kf__push(&self->tree, kf__put_list(&self->tree, spec, "canary"), canary);
    }
    return KF_OK;
}

kf_status kf_service_new(const kf_service_options *options, kf_service **out)
{
    KF__REQUIRE(out != NULL);
    KF__TAKE_OPTIONS(kf_service_options, known, options);
    if (known.predictor == NULL)
        return kf__fail(
            KF_EMISSING, "predictor", "an InferenceService needs a predictor");
    build self = {.bad = NULL};
    kf_value *document = begin(&self, "InferenceService", "v1beta1",
        known.name != NULL ? known.name : "service", known.name_space);
    put_metadata(&self, document, known.labels, known.annotations);
    if (known.mode != NULL)
        put(&self,
            kf__put_struct(&self.tree, kf__get(document, "metadata"), "annotations"),
            KF__ANNOTATION_MODE, known.mode);
    kf_status status =
        put_components(&self, kf__put_struct(&self.tree, document, "spec"), &known);
    if (status != KF_OK) {
        kf__tree_finish(&self.tree);
        return status;
    }
    return finish(&self, document, out);
}

/* ---- InferenceGraph ---- */

static kf_value *make_step(build *self, const kf_service_step *from)
{
    kf_value *step = kf__tree_struct(&self->tree);
    put(self, step, "name", from->name);
    put(self, step, "serviceName", from->service);
    put(self, step, "nodeName", from->node);
    put(self, step, "serviceUrl", from->url);
    put(self, step, "data", from->data);
    put(self, step, "condition", from->condition);
    if (from->weight != NULL)
        kf__put_int(&self->tree, step, "weight", *from->weight);
    put(self, step, "dependency", from->dependency);
    if (from->map_predictions)
        kf__put_bool(&self->tree, step, "mapPredictionsToInstances", true);
    return step;
}

static void put_node(
    build *self, kf_value *nodes, const kf_service_node *from, const char *otherwise)
{
    const char *name = from->name != NULL ? from->name : otherwise;
    kf_value *node = kf__tree_struct(&self->tree);
    put(self, node, "routerType", from->type);
    for (size_t i = 0; i < from->step_count; i++)
        kf__push(&self->tree, kf__put_list(&self->tree, node, "steps"),
            make_step(self, &from->steps[i]));
    if (!kf__utf8_valid(name, strlen(name), NULL))
        self->bad = "name";
    else
        kf__put(&self->tree, nodes, name, node);
}

kf_status kf_service_new_graph(
    const kf_service_graph_options *options, kf_service **out)
{
    KF__REQUIRE(out != NULL);
    KF__TAKE_OPTIONS(kf_service_graph_options, known, options);
    KF__REQUIRE(known.nodes != NULL || known.node_count == 0);
    build self = {.bad = NULL};
    kf_value *document = begin(&self, "InferenceGraph", "v1alpha1",
        known.name != NULL ? known.name : "graph", known.name_space);
    put_metadata(&self, document, known.labels, known.annotations);
    kf_value *spec = kf__put_struct(&self.tree, document, "spec");
    kf_value *nodes = kf__put_struct(&self.tree, spec, "nodes");
    for (size_t i = 0; i < known.node_count; i++)
        put_node(&self, nodes, &known.nodes[i], i == 0 ? "root" : "");
    put_number(&self, spec, "timeout", known.timeout);
    put_more(&self, spec, known.more);
    return finish(&self, document, out);
}

/* ---- ServingRuntime ---- */

static void put_formats(
    build *self, kf_value *spec, const kf_service_runtime_document_options *from)
{
    for (size_t i = 0; i < from->format_count; i++) {
        const kf_service_format *format = &from->formats[i];
        kf_value *made = kf__tree_struct(&self->tree);
        put(self, made, "name", format->name);
        put(self, made, "version", format->version);
        if (format->auto_select)
            kf__put_bool(&self->tree, made, "autoSelect", true);
        put_number(self, made, "priority", format->priority);
        kf__push(&self->tree, kf__put_list(&self->tree, spec, "supportedModelFormats"),
            made);
    }
}

static void put_protocols(
    build *self, kf_value *spec, const kf_service_runtime_document_options *from)
{
    for (size_t i = 0; from->protocols != NULL && i < from->protocol_count; i++) {
        const char *text = from->protocols[i];
        if (text == NULL || !kf__utf8_valid(text, strlen(text), NULL))
            self->bad = "protocols";
        else
            kf__push(&self->tree, kf__put_list(&self->tree, spec, "protocolVersions"),
                kf__tree_string(&self->tree, text));
    }
}

kf_status kf_service_new_runtime(
    const kf_service_runtime_document_options *options, kf_service **out)
{
    KF__REQUIRE(out != NULL);
    KF__TAKE_OPTIONS(kf_service_runtime_document_options, known, options);
    KF__REQUIRE(known.formats != NULL || known.format_count == 0);
    build self = {.bad = NULL};
    kf_value *document =
        begin(&self, known.of_cluster ? "ClusterServingRuntime" : "ServingRuntime",
            "v1alpha1", known.name != NULL ? known.name : "runtime",
            known.of_cluster ? NULL : known.name_space);
    put_metadata(&self, document, known.labels, known.annotations);
    kf_value *spec = kf__put_struct(&self.tree, document, "spec");
    put_formats(&self, spec, &known);
    put_protocols(&self, spec, &known);
    kf_value *container = kf__tree_struct(&self.tree);
    kf__put_text(&self.tree, container, "name", KF__KSERVE_CONTAINER);
    put_container(&self, container,
        &(kf_service_component_options){.image = known.image,
            .command = known.command,
            .args = known.args,
            .env = known.env,
            .resources = known.resources,
            .container = known.container});
    kf__push(&self.tree, kf__put_list(&self.tree, spec, "containers"), container);
    if (known.disabled)
        kf__put_bool(&self.tree, spec, "disabled", true);
    put_more(&self, spec, known.more);
    return finish(&self, document, out);
}
