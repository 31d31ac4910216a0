/* SPDX-License-Identifier: Apache-2.0 */
/* Executors of tasks (KFP: build_container_spec_for_task, build_importer_spec_for_task,
 * RetryPolicy.to_proto). */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/lower.h"
#include "pipeline/resource.h"

kf_value *kf__lower_executor(kf_lower *lower, const kf_component_body *body)
{
    kf_tree *tree = lower->tree;
    kf_value *executor = kf__tree_struct(tree);
    if (body->kind == KF__COMPONENT_IMPORTER) {
        kf__put_ref(tree, executor, "importer", kf__tree_copy(tree, body->importer));
        return executor;
    }
    kf_value *container = kf__tree_struct(tree);
    kf__put_ref(tree, container, "image", kf__tree_string(tree, body->image));
    if (body->command != NULL)
        kf__put_ref(tree, container, "command", kf__tree_copy(tree, body->command));
    if (body->args != NULL)
        kf__put_ref(tree, container, "args", kf__tree_copy(tree, body->args));
    if (body->env != NULL)
        kf__put_ref(tree, container, "env", kf__tree_copy(tree, body->env));
    kf__put_ref(tree, executor, "container", container);
    return executor;
}

/* ---- resources ---- */

typedef struct quantity {
    const char *number, *text; /* Members of ResourceSpec, old and new. */
    double (*measure)(const char *quantity);
} quantity;

static const quantity quantities[] = {[KF_RESOURCE_CPU_REQUEST] = {"cpuRequest",
                                          "resourceCpuRequest", kf__resource_cores},
    [KF_RESOURCE_CPU_LIMIT] = {"cpuLimit", "resourceCpuLimit", kf__resource_cores},
    [KF_RESOURCE_MEMORY_REQUEST] = {"memoryRequest", "resourceMemoryRequest",
        kf__resource_gigabytes},
    [KF_RESOURCE_MEMORY_LIMIT] = {
        "memoryLimit", "resourceMemoryLimit", kf__resource_gigabytes}};
#define QUANTITIES (sizeof quantities / sizeof *quantities)

static bool embeds(const char *text)
{
    kf_embedded embedded;
    return kf__embedded_next(text, &embedded);
}

static void put_quantity(kf_lower *lower, const kf_task *task, const quantity *q,
    const char *text, kf_value *resources)
{
    kf_tree *tree = lower->tree;
    kf__put_ref(tree, resources, q->text,
        kf__lower_embedding_text(lower, text, task->group, NULL));
    double number = embeds(text) ? 0 : q->measure(text);
    if (number != 0)
        kf__put_ref(tree, resources, q->number, kf__tree_double(tree, number));
}

/* Protobuf's JSON has a 64-bit integer as text. */
static void put_accelerator(kf_lower *lower, const kf_task *task, kf_value *resources)
{
    kf_tree *tree = lower->tree;
    const char *type = task->settings->resources[KF_RESOURCE_ACCELERATOR_TYPE];
    const char *count = task->settings->resources[KF_RESOURCE_ACCELERATOR_COUNT];
    kf_value *accelerator = kf__tree_struct(tree);
    if (type != NULL) {
        kf__put_ref(tree, accelerator, "resourceType",
            kf__lower_embedding_text(lower, type, task->group, NULL));
        if (!embeds(type))
            kf__put_ref(tree, accelerator, "type", kf__tree_string(tree, type));
    }
    if (count == NULL)
        count = "1";
    kf__put_ref(tree, accelerator, "resourceCount",
        kf__lower_embedding_text(lower, count, task->group, NULL));
    int64_t number = embeds(count) ? 0 : kf__resource_count(count);
    if (number != 0)
        kf__put_ref(tree, accelerator, "count",
            kf__tree_printf(tree, "%lld", (long long)number));
    kf__put_ref(tree, resources, "accelerator", accelerator);
}

static kf_value *resources_of(kf_lower *lower, const kf_task *task)
{
    const kf_settings *settings = task->settings;
    kf_value *resources = kf__tree_struct(lower->tree);
    for (size_t i = 0; i < QUANTITIES; i++)
        if (settings->resources[i] != NULL)
            put_quantity(
                lower, task, &quantities[i], settings->resources[i], resources);
    if (settings->resources[KF_RESOURCE_ACCELERATOR_TYPE] != NULL ||
        settings->resources[KF_RESOURCE_ACCELERATOR_COUNT] != NULL)
        put_accelerator(lower, task, resources);
    return resources;
}

/* ---- environment ---- */

static kf_value *variable(kf_lower *lower, const char *name, kf_value *value)
{
    kf_tree *tree = lower->tree;
    kf_value *entry = kf__tree_struct(tree);
    kf__put_ref(tree, entry, "name", kf__tree_string(tree, name));
    if (kf_value_length(value) > 0)
        kf__put_ref(tree, entry, "value", value);
    return entry;
}

static const kf_value *find_variable(const kf_value *env, const char *name)
{
    for (size_t i = 0; i < kf_value_length(env); i++)
        if (kf__equals_text(kf_value_get(kf_value_at(env, i), "name"), name))
            return kf_value_at(env, i);
    return NULL;
}

static void push_variable(
    kf_lower *lower, const kf_task *task, kf_value *env, const kf_value *entry)
{
    const char *text = kf__get_text(entry, "value");
    kf__push(lower->tree, env,
        variable(lower, kf__get_text(entry, "name"),
            kf__lower_embedding_text(
                lower, text != NULL ? text : "", task->group, NULL)));
}

/* The component's variables, with the task's own values where it has some, and then the
 * task's others. */
static kf_value *env_of(
    kf_lower *lower, const kf_task *task, const kf_component_body *body)
{
    const kf_value *own = task->settings->env;
    kf_value *env = kf__tree_list(lower->tree);
    for (size_t i = 0; i < kf_value_length(body->env); i++) {
        const kf_value *entry = kf_value_at(body->env, i);
        const kf_value *changed = find_variable(own, kf__get_text(entry, "name"));
        push_variable(lower, task, env, changed != NULL ? changed : entry);
    }
    for (size_t i = 0; i < kf_value_length(own); i++) {
        const kf_value *entry = kf_value_at(own, i);
        if (find_variable(body->env, kf__get_text(entry, "name")) == NULL)
            push_variable(lower, task, env, entry);
    }
    return env;
}

/* ---- changes ---- */

kf_value *kf__lower_container_changes(kf_lower *lower, const kf_task *task)
{
    kf_tree *tree = lower->tree;
    const kf_settings *settings = task->settings;
    const kf_component_body *body = kf__task_body(lower->pipeline, task);
    if (settings->image == NULL && settings->env == NULL && !settings->has_resources)
        return NULL;
    kf_value *changes = kf__tree_struct(tree);
    if (settings->image != NULL)
        kf__put_ref(tree, changes, "image",
            kf__lower_embedding_text(lower, settings->image, task->group, NULL));
    if (settings->env != NULL)
        kf__put_ref(tree, changes, "env", env_of(lower, task, body));
    if (settings->has_resources)
        kf__put_ref(tree, changes, "resources", resources_of(lower, task));
    return changes;
}

kf_value *kf__lower_changed_executor(
    kf_lower *lower, const kf_value *executor, const kf_value *changes)
{
    kf_tree *tree = lower->tree;
    const kf_value *container = kf_value_get(executor, "container");
    kf_value *changed = kf__tree_struct(tree), *outer = kf__tree_struct(tree);
    for (size_t i = 0; i < kf_value_length(container); i++)
        kf__put_ref(tree, changed, kf_value_key(container, i), kf__at(container, i));
    for (size_t i = 0; i < kf_value_length(changes); i++)
        kf__put_ref(tree, changed, kf_value_key(changes, i), kf__at(changes, i));
    kf__put_ref(tree, outer, "container", changed);
    return outer;
}

/* ---- passthroughs ---- */

static bool allows(const kf_component_body *body, const char *field)
{
    for (size_t i = 0; i < kf_value_length(body->passthroughs); i++)
        if (kf__equals_text(
                kf_value_get(kf_value_at(body->passthroughs, i), "field"), field))
            return true;
    return false;
}

static bool has_any(const kf_value *config, const char *const *keys)
{
    for (; *keys != NULL; keys++)
        if (kf_value_length(kf_value_get(config, *keys)) > 0)
            return true;
    return false;
}

static const struct {
    const char *field;
    const char *const keys[4]; /* Of KubernetesExecutorConfig. */
} kubernetes_fields[] = {{"KUBERNETES_TOLERATIONS", {"tolerations"}},
    {"KUBERNETES_NODE_SELECTOR", {"nodeSelector"}},
    {"KUBERNETES_AFFINITY", {"nodeAffinity", "podAffinity"}},
    {"KUBERNETES_VOLUMES", {"pvcMount", "secretAsVolume", "configMapAsVolume"}}};
#define KUBERNETES_FIELDS (sizeof kubernetes_fields / sizeof *kubernetes_fields)

kf_status kf__lower_check_passthroughs(const kf_lower *lower, const kf_task *task)
{
    const kf_component_body *body = kf__task_body(lower->pipeline, task);
    const kf_settings *settings = task->settings;
    const kf_value *kubernetes = kf_value_get(settings->platforms, "kubernetes");
    const char *refused = NULL;
    if (body->passthroughs == NULL || body->kind != KF__COMPONENT_CONTAINER)
        return KF_OK;
    if (settings->has_resources && !allows(body, "RESOURCES"))
        refused = "RESOURCES";
    if ((settings->env != NULL || body->env != NULL) && !allows(body, "ENV"))
        refused = "ENV";
    for (size_t i = 0; i < KUBERNETES_FIELDS; i++)
        if (has_any(kubernetes, kubernetes_fields[i].keys) &&
            !allows(body, kubernetes_fields[i].field))
            refused = kubernetes_fields[i].field;
    if (refused == NULL)
        return KF_OK;
    return kf__fail(KF_EINVAL, NULL,
        "task \"%s\" sets %s, which its component \"%s\" neither applies nor passes "
        "on: "
        "it is not among its task config passthroughs",
        task->name, refused, body->name);
}

/* ---- retries ---- */

/* Protobuf's JSON of a duration: whole seconds, or 3, 6 or 9 digits of a fraction. */
static kf_value *duration(kf_lower *lower, double seconds)
{
    int64_t whole = (int64_t)seconds;
    int64_t nanos = (int64_t)llround((seconds - (double)whole) * 1e9);
    whole += nanos / 1000000000;
    nanos %= 1000000000;
    long long s = (long long)whole, n = (long long)nanos;
    if (n == 0)
        return kf__tree_printf(lower->tree, "%llds", s);
    if (n % 1000000 == 0)
        return kf__tree_printf(lower->tree, "%lld.%03llds", s, n / 1000000);
    if (n % 1000 == 0)
        return kf__tree_printf(lower->tree, "%lld.%06llds", s, n / 1000);
    return kf__tree_printf(lower->tree, "%lld.%09llds", s, n);
}

kf_value *kf__lower_retry(kf_lower *lower, const kf_settings *settings)
{
    if (settings == NULL || !settings->has_retry)
        return NULL;
    kf_tree *tree = lower->tree;
    const kf_retry *retry = &settings->retry;
    kf_value *policy = kf__tree_struct(tree);
    if (retry->max_retries != 0)
        kf__put_ref(
            tree, policy, "maxRetryCount", kf__tree_int(tree, retry->max_retries));
    kf__put_ref(
        tree, policy, "backoffDuration", duration(lower, retry->backoff_seconds));
    kf__put_ref(tree, policy, "backoffFactor",
        kf__tree_double(tree, retry->backoff_factor != 0 ? retry->backoff_factor : 2));
    kf__put_ref(tree, policy, "backoffMaxDuration",
        duration(lower,
            retry->backoff_max_seconds != 0 ? retry->backoff_max_seconds : 3600));
    return policy;
}
