/* SPDX-License-Identifier: Apache-2.0 */
/* A runtime's container with what the model changes in it. */
#include "serving/runtime.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

/* ---- strategic merge ---- */

/* What tells the items of a container's lists apart; NULL: the list is one thing. */
static const char *merge_key(const char *list)
{
    static const char *const keys[][2] = {{"env", "name"}, {"ports", "containerPort"},
        {"volumeMounts", "mountPath"}, {"volumeDevices", "devicePath"}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(list, keys[i][0]) == 0)
            return keys[i][1];
    return NULL;
}

static void merge_struct(kf_tree *tree, kf_value *into, const kf_value *from);

/* Where the item stands; the length of the list: nowhere. */
static size_t position(const kf_value *list, const char *key, const kf_value *item)
{
    size_t i = 0;
    for (; i < kf_value_length(list); i++) {
        const kf_value *found = kf_value_get(kf_value_at(list, i), key);
        const kf_value *wanted = kf_value_get(item, key);
        if (found != NULL && wanted != NULL && kf_value_equal(found, wanted))
            break;
    }
    return i;
}

/* The next item from `at` on that the patch does not have. */
static size_t next_own(
    const kf_value *base, const kf_value *patch, const char *key, size_t at)
{
    while (at < kf_value_length(base) &&
           position(patch, key, kf_value_at(base, at)) < kf_value_length(patch))
        at++;
    return at;
}

/* The items of the patch in their order, and before each of them those of the base that
 * stand before it there. */
static kf_value *merge_list(
    kf_tree *tree, const kf_value *base, const kf_value *patch, const char *key)
{
    kf_value *made = kf__tree_list(tree);
    size_t own = next_own(base, patch, key, 0), count = kf_value_length(base);
    for (size_t i = 0; i < kf_value_length(patch); i++) {
        const kf_value *item = kf_value_at(patch, i);
        size_t at = position(base, key, item);
        for (; at < count && own < at; own = next_own(base, patch, key, own + 1))
            kf__push(tree, made, kf__tree_copy(tree, kf_value_at(base, own)));
        kf_value *merged =
            kf__tree_copy(tree, at < count ? kf_value_at(base, at) : item);
        if (at < count)
            merge_struct(tree, merged, item);
        kf__push(tree, made, merged);
    }
    for (; own < count; own = next_own(base, patch, key, own + 1))
        kf__push(tree, made, kf__tree_copy(tree, kf_value_at(base, own)));
    return made;
}

/* Of a variable one of the two counts: the one that came last. */
static void settle_value(kf_value *variable, const kf_value *patch)
{
    if (kf_value_get(patch, "valueFrom") != NULL)
        kf__remove(variable, "value");
    else if (kf__service_given(patch, "value") != NULL)
        kf__remove(variable, "valueFrom");
}

static void merge_struct(kf_tree *tree, kf_value *into, const kf_value *from)
{
    for (size_t i = 0; i < kf_value_length(from); i++) {
        const char *name = kf_value_key(from, i);
        const kf_value *value = kf_value_at(from, i);
        kf_value *had = kf__get(into, name);
        const char *key = merge_key(name);
        if (kf__is(value, KF_KIND_STRUCT) && kf__is(had, KF_KIND_STRUCT))
            merge_struct(tree, had, value);
        else if (kf__is(value, KF_KIND_LIST) && kf__is(had, KF_KIND_LIST) &&
                 key != NULL)
            kf__put(tree, into, name, merge_list(tree, had, value, key));
        else if (!kf__equals_text(value, "") || had == NULL)
            kf__put(tree, into, name, kf__tree_copy(tree, value));
    }
}

/* Arguments are extended, not replaced. */
static void merge_args(
    kf_tree *tree, kf_value *made, const kf_value *base, const kf_value *patch)
{
    const kf_value *first = kf_value_get(base, "args");
    const kf_value *second = kf_value_get(patch, "args");
    kf__remove(made, "args");
    if (kf_value_length(first) + kf_value_length(second) == 0)
        return;
    kf_value *args = kf__put_list(tree, made, "args");
    for (size_t i = 0; i < kf_value_length(first); i++)
        kf__push(tree, args, kf__tree_copy(tree, kf_value_at(first, i)));
    for (size_t i = 0; i < kf_value_length(second); i++)
        kf__push(tree, args, kf__tree_copy(tree, kf_value_at(second, i)));
}

kf_value *kf__merge_containers(
    kf_tree *tree, const kf_value *base, const kf_value *patch)
{
    kf_value *made = kf__tree_copy(tree, base);
    merge_struct(tree, made, patch);
    merge_args(tree, made, base, patch);
    const kf_value *env = kf_value_get(patch, "env");
    for (size_t i = 0; i < kf_value_length(env); i++) {
        const kf_value *variable = kf_value_at(env, i);
        kf_value *merged = kf__get(made, "env");
        settle_value(kf__at(merged, position(merged, "name", variable)), variable);
    }
    return made;
}

/* ---- what servers want ---- */

const char *kf__server_type(const kf_value *document)
{
    static const char *const names[][2] = {{"kserve-mlserver", "mlserver"},
        {"kserve-torchserve", "torchserve"}, {"kserve-tritonserver", "tritonserver"},
        {"kserve-tensorflow-serving", "tensorflow-serving"},
        {"kserve-huggingfaceserver", "huggingfaceserver"},
        {"kserve-vllmserver", "vllmserver"}};
    const kf_value *metadata = kf_value_get(document, "metadata");
    const char *type = kf__get_text(
        kf_value_get(metadata, "annotations"), KF__SERVING_GROUP "/server-type");
    const char *name = kf__get_text(metadata, "name");
    if (type != NULL)
        return type;
    for (size_t i = 0; name != NULL && i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i][0]) == 0)
            return names[i][1];
    return "";
}

/* In the place of the one with its name, or left alone for it. */
static void put_variable(kf_tree *tree, kf_value *container, const char *name,
    const char *value, bool replaces)
{
    kf_value *env = kf__put_list(tree, container, "env");
    kf_value *variable = kf__tree_struct(tree);
    size_t at = 0, count = kf_value_length(env);
    kf__put_text(tree, variable, "name", name);
    kf__put_text(tree, variable, "value", value);
    while (at < count &&
           !kf__equals_text(kf_value_get(kf_value_at(env, at), "name"), name))
        at++;
    if (at == count)
        kf__push(tree, env, variable);
    else if (replaces)
        kf__set_at(env, at, variable);
}

static void want_mlserver(kf_tree *tree, kf_value *model, kf_value *labels,
    const kf_service_component *component, const char *name)
{
    static const char *const classes[][2] = {
        {"xgboost", "mlserver_xgboost.XGBoostModel"},
        {"lightgbm", "mlserver_lightgbm.LightGBMModel"},
        {"mlflow", "mlserver_mlflow.MLflowRuntime"}};
    const char *class = "mlserver_sklearn.SKLearnModel";
    for (size_t i = 0; i < 3; i++)
        if (strcmp(component->format, classes[i][0]) == 0)
            class = classes[i][1];
    kf__put_text(tree, labels, "modelClass", class);
    if (kf_value_get(model, "storageUri") == NULL && component->storage == NULL) {
        put_variable(tree, model, "MLSERVER_LOAD_MODELS_AT_STARTUP", "false", false);
    } else {
        put_variable(tree, model, "MLSERVER_MODEL_NAME", name, false);
        put_variable(tree, model, "MLSERVER_MODEL_URI", "/mnt/models", false);
    }
}

static void want_torchserve(
    kf_tree *tree, kf_value *model, kf_value *labels, const char *protocol)
{
    bool second = strcmp(protocol, "v2") == 0 || strcmp(protocol, "grpc-v2") == 0;
    kf__put_text(tree, labels, "serviceEnvelope", second ? "kservev2" : "kserve");
    put_variable(tree, model, "PROTOCOL_VERSION", protocol, true);
}

/* SetRuntimeDefaults; `protocol` is that of the model, or what the server gives it. */
static void want(kf_tree *tree, kf_value *model, kf_value *labels,
    const kf_service *service, const kf_service_component *component,
    const char *server, const char **protocol)
{
    bool given = kf_value_get(model, "protocolVersion") != NULL;
    if (strcmp(server, "mlserver") == 0) {
        *protocol = given ? *protocol : "v2";
        want_mlserver(tree, model, labels, component, kf_service_name(service));
    } else if (strcmp(server, "torchserve") == 0) {
        *protocol = given ? *protocol : "v1";
        want_torchserve(tree, model, labels, *protocol);
    } else if (strcmp(server, "tritonserver") == 0) {
        *protocol = given ? *protocol : "v2";
        if (kf_value_get(model, "storageUri") == NULL && component->storage == NULL)
            kf__push(tree, kf__put_list(tree, model, "args"),
                kf__tree_string(tree, "--model-control-mode=explicit"));
    }
}

/* ---- the image ---- */

static const char *find_tag(const char *image)
{
    const char *at = strrchr(image, ':');
    for (const char *c = at; c != NULL && *++c != '\0';)
        if (!isalnum((unsigned char)*c) && strchr("_.-", *c) == NULL)
            return NULL;
    return at;
}

const char *kf__runtime_image(kf_tree *tree, const char *image, const char *version,
    const char *server, bool has_gpu)
{
    const char *tag = find_tag(image);
    int length = (int)(tag != NULL ? (size_t)(tag - image) : strlen(image));
    bool has_builds = strcmp(server, "tensorflow-serving") == 0 ||
                      strcmp(server, "torchserve") == 0 ||
                      strcmp(server, "huggingfaceserver") == 0;
    if (strstr(image, "@sha256:") != NULL)
        return image;
    if (version != NULL)
        return kf_value_string(
            kf__tree_printf(tree, "%.*s:%s", length, image, version));
    if (tag == NULL)
        return image;
    if (has_gpu && has_builds && !kf__ends_with(image, "-gpu"))
        return kf_value_string(kf__tree_printf(tree, "%s-gpu", image));
    if (!has_gpu && strcmp(server, "vllmserver") == 0 &&
        (length < 4 || memcmp(image + length - 4, "-cpu", 4) != 0))
        return kf_value_string(kf__tree_printf(tree, "%.*s-cpu%s", length, image, tag));
    return image;
}

static bool has_gpu(const kf_value *container)
{
    const kf_value *limits =
        kf_value_get(kf_value_get(container, "resources"), "limits");
    for (size_t i = 0; i < kf_value_length(limits); i++) {
        const char *name = kf_value_key(limits, i);
        if (strcmp(name, "nvidia.com/gpu") == 0 ||
            kf__starts_with(name, "nvidia.com/mig"))
            return true;
    }
    return false;
}

/* ---- all of it ---- */

/* What the model says of its container, and nothing else. */
static kf_value *container_of(kf_tree *tree, const kf_value *model)
{
    static const char *const others[] = {"modelFormat", "runtime", "storageUri",
        "runtimeVersion", "protocolVersion", "storage", "confidential"};
    kf_value *made = kf__tree_copy(tree, model);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        kf__remove(made, others[i]);
    return made;
}

static const kf_value *fail(
    kf_service_runtime *runtime, const char *format, const char *text)
{
    runtime->failure = "InvalidPredictorSpec";
    runtime->message = kf_value_string(kf__tree_printf(&runtime->tree, format, text));
    return NULL;
}

const kf_value *kf__runtime_merge(kf_service_runtime *runtime,
    const kf_service *service, const kf_service_component *component)
{
    kf_tree *tree = &runtime->tree;
    const kf_value *spec = kf_value_get(runtime->document, "spec");
    const kf_value *base =
        kf__named(kf_value_get(spec, "containers"), KF__KSERVE_CONTAINER);
    const char *server = kf__server_type(runtime->document);
    if (base == NULL)
        return fail(runtime, "the runtime '%.100s' has no container kserve-container",
            kf_service_runtime_name(runtime));
    kf_value *model = kf__tree_copy(tree, component->container);
    kf_value *metadata =
        kf__tree_copy(tree, kf_value_get(kf_service_full(service), "metadata"));
    if (model == NULL || metadata == NULL)
        return NULL;
    kf__put_text(tree, metadata, "namespace", kf_service_namespace(service));
    want(tree, model, kf__put_struct(tree, metadata, "labels"), service, component,
        server, &runtime->protocol);
    kf_value *made = kf__merge_containers(tree, base, container_of(tree, model));
    kf_status status = kf__fill_template(tree, made, metadata);
    if (kf__tree_status(tree) != KF_OK || status == KF_ENOMEM)
        return NULL;
    if (status != KF_OK)
        return fail(runtime,
            "the template of the runtime's container is not understood: "
            "%.300s",
            kf_last_error()->message);
    const char *image = kf__get_text(made, "image");
    if (image != NULL)
        kf__put_text(tree, made, "image",
            kf__runtime_image(
                tree, image, component->runtime_version, server, has_gpu(made)));
    return made;
}
