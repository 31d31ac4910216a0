/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks as entries of a DAG (KFP: build_task_spec_for_task). */
#include <string.h>

#include "base/error.h"
#include "pipeline/lower.h"
#include "pipeline/type.h"

/* ---- arguments ---- */

static kf_value *constant(kf_lower *lower, kf_value *value)
{
    kf_tree *tree = lower->tree;
    kf_value *runtime = kf__tree_struct(tree), *entry = kf__tree_struct(tree);
    kf__put_ref(tree, runtime, "constant", value);
    kf__put_ref(tree, entry, "runtimeValue", runtime);
    return entry;
}

/* Several channels are a constant list of placeholders. */
static kf_value *list_of(
    kf_lower *lower, const kf_argument *argument, kf_group_id group, kf_value *inputs)
{
    kf_value *list = kf__tree_list(lower->tree);
    for (uint32_t i = 0; i < argument->channel_count; i++)
        kf__push(lower->tree, list,
            kf__lower_placeholder(lower, argument->channels[i], group, inputs));
    return list;
}

static kf_status put_argument(kf_lower *lower, const char *name,
    const kf_argument *argument, kf_group_id group, kf_value *inputs)
{
    kf_channel_id id;
    kf_value *value;
    switch (argument->kind) {
    case KF__ARGUMENT_NONE:
        return KF_OK;
    case KF__ARGUMENT_CHANNEL:
        KF__TRY(kf__lower_resolve(lower, argument->channel, group, &id));
        kf__lower_put_input(lower, inputs,
            kf__lower_channel(lower, id)->type == KF_TYPE_NONE, name,
            kf__lower_reference(lower, id, group));
        return KF_OK;
    case KF__ARGUMENT_LIST:
        kf__lower_put_input(lower, inputs, false, name,
            constant(lower, list_of(lower, argument, group, inputs)));
        return KF_OK;
    case KF__ARGUMENT_CONSTANT:
        value = argument->embeds ? kf__lower_embedding_value(
                                       lower, argument->constant, group, inputs)
                                 : kf__document_value(lower->tree, argument->constant);
        kf__lower_put_input(lower, inputs, false, name, constant(lower, value));
        return KF_OK;
    }
    return KF_OK;
}

/* KFP hands resources and an image that are known only at run time to the driver as
 * inputs, under these names. */
static const char *const resource_inputs[] = {[KF_RESOURCE_CPU_REQUEST] = "cpu_request",
    [KF_RESOURCE_CPU_LIMIT] = "cpu_limit",
    [KF_RESOURCE_MEMORY_REQUEST] = "memory_request",
    [KF_RESOURCE_MEMORY_LIMIT] = "memory_limit",
    [KF_RESOURCE_ACCELERATOR_TYPE] = "accelerator_type",
    [KF_RESOURCE_ACCELERATOR_COUNT] = "accelerator_count"};

static void put_setting(kf_lower *lower, const kf_task *task, const char *name,
    const char *text, kf_value *inputs)
{
    kf_embedded embedded;
    if (text == NULL || !kf__embedded_next(text, &embedded))
        return;
    kf_value *value = kf__lower_embedding_text(lower, text, task->group, inputs);
    const kf_component_body *body = kf__task_body(lower->pipeline, task);
    if (!kf__map_has(&body->input_index, name))
        kf__lower_put_input(lower, inputs, false, name, constant(lower, value));
}

static void put_settings(kf_lower *lower, const kf_task *task, kf_value *inputs)
{
    const kf_settings *settings = task->settings;
    for (int i = 0; settings->has_resources && i < KF__RESOURCES; i++)
        put_setting(lower, task, resource_inputs[i], settings->resources[i], inputs);
    put_setting(lower, task, "base_image", settings->image, inputs);
    if (settings->env != NULL && kf__value_embeds(settings->env))
        (void)kf__lower_embedding_value(lower, settings->env, task->group, inputs);
}

/* ---- what must be there ---- */

static bool is_missing(const kf_io *io, const kf_argument *argument)
{
    return argument->kind == KF__ARGUMENT_NONE && !io->optional &&
           io->type != KF_TYPE_TASK_FINAL_STATUS;
}

static kf_status fail_missing(
    const kf_lower *lower, const kf_task *task, const kf_component_body *body)
{
    kf_buf names = KF__BUF_INIT, where = KF__BUF_INIT;
    size_t count = 0;
    for (size_t i = 0; i < body->inputs.count; i++)
        if (is_missing(&body->inputs.items[i], &task->arguments[i]))
            kf__buf_printf(&names, "%s\"%s\"", count++ > 0 ? ", " : "",
                body->inputs.items[i].name);
    kf__buf_printf(&where, "tasks.%s", task->name);
    kf_status status = kf__fail(KF_EMISSING, kf__buf_text(&where),
        "task \"%s\" of pipeline \"%s\" lacks the required %s %s", task->name,
        kf_pipeline_name(lower->pipeline), count > 1 ? "inputs" : "input",
        kf__buf_text(&names));
    kf__buf_finish(&names);
    kf__buf_finish(&where);
    return status;
}

static kf_status put_arguments(kf_lower *lower, const kf_task *task, kf_value *inputs)
{
    const kf_component_body *body = kf__task_body(lower->pipeline, task);
    for (size_t i = 0; i < body->inputs.count; i++) {
        const kf_io *io = &body->inputs.items[i];
        if (is_missing(io, &task->arguments[i]))
            return fail_missing(lower, task, body);
        KF__TRY(
            put_argument(lower, io->name, &task->arguments[i], task->group, inputs));
    }
    if (task->settings != NULL)
        put_settings(lower, task, inputs);
    return KF_OK;
}

/* ---- final status ---- */

static kf_value *final_status(kf_lower *lower, const char *producer)
{
    kf_tree *tree = lower->tree;
    kf_value *status = kf__tree_struct(tree), *entry = kf__tree_struct(tree);
    kf__put_ref(tree, status, "producerTask", kf__tree_string(tree, producer));
    kf__put_ref(tree, entry, "taskFinalStatus", status);
    return entry;
}

/* KFP: modify_task_for_ignore_upstream_failure. */
static kf_status find_final(kf_lower *lower, const kf_task *task, const kf_io *io,
    const kf_value *spec, const char **out)
{
    const kf_pipeline *pipeline = lower->pipeline;
    if (task->exit_of != KF__NONE) {
        *out = pipeline->groups.items[task->exit_of].name;
        return KF_OK;
    }
    if (task->settings == NULL || !task->settings->ignores_failure)
        return kf__fail(KF_EINVAL, NULL,
            "task \"%s\" has the input \"%s\" of type TASK_FINAL_STATUS, which only an "
            "exit task and a task that ignores upstream failure can have",
            task->name, io->name);
    const kf_value *upstream = kf_value_get(spec, "dependentTasks");
    size_t count = kf_value_length(upstream);
    if (count != 1)
        return kf__fail(KF_ESCOPE, NULL,
            "task \"%s\" reads the final status of the task before it, and waits for "
            "%zu in its group: expected exactly one",
            task->name, count);
    *out = kf_value_string(kf_value_at(upstream, 0));
    return KF_OK;
}

static kf_status put_final_status(
    kf_lower *lower, const kf_task *task, const kf_value *spec, kf_value *inputs)
{
    const kf_component_body *body = kf__task_body(lower->pipeline, task);
    for (size_t i = 0; i < body->inputs.count; i++) {
        const kf_io *io = &body->inputs.items[i];
        const char *producer = NULL;
        if (io->type != KF_TYPE_TASK_FINAL_STATUS ||
            task->arguments[i].kind != KF__ARGUMENT_NONE)
            continue;
        KF__TRY(find_final(lower, task, io, spec, &producer));
        kf__lower_put_input(
            lower, inputs, false, io->name, final_status(lower, producer));
    }
    return KF_OK;
}

/* ---- the rest ---- */

static kf_value *named(kf_lower *lower, const char *name)
{
    kf_value *value = kf__tree_struct(lower->tree);
    kf__put_ref(lower->tree, value, "name", kf__tree_string_ref(lower->tree, name));
    return value;
}

/* Most tasks have the same, which is one node. */
static kf_value *caching(kf_lower *lower, const kf_settings *settings)
{
    kf_tree *tree = lower->tree;
    const char *key = settings != NULL ? settings->cache_key : NULL;
    bool has_key = key != NULL && *key != '\0';
    bool enabled = settings == NULL || !settings->caching_is_off;
    bool usual = enabled && !has_key;
    if (usual && lower->usual_caching != NULL)
        return lower->usual_caching;
    kf_value *options = kf__tree_struct(tree);
    if (has_key)
        kf__put_ref(tree, options, "cacheKey", kf__tree_string(tree, key));
    if (enabled)
        kf__put_ref(tree, options, "enableCache", kf__tree_bool(tree, true));
    if (usual)
        lower->usual_caching = options;
    return options;
}

/* Exit tasks, and those that ignore failure, run when all before them has ended. */
static void put_strategy(kf_lower *lower, kf_value *spec)
{
    kf_tree *tree = lower->tree;
    kf_value *policy = kf__tree_struct(tree);
    kf__put_ref(tree, policy, "strategy",
        kf__tree_string_ref(tree, "ALL_UPSTREAM_TASKS_COMPLETED"));
    kf__put_ref(tree, spec, "triggerPolicy", policy);
}

static kf_status put_dependents(
    kf_lower *lower, kf_task_id id, const kf_task *task, kf_value *spec)
{
    if (task->exit_of == KF__NONE)
        return kf__lower_put_dependents(lower, kf__task_node(id), spec);
    kf_tree *tree = lower->tree;
    kf_value *upstream = kf__tree_list(tree);
    kf__push(tree, upstream,
        kf__tree_string(tree, lower->pipeline->groups.items[task->exit_of].name));
    kf__put_ref(tree, spec, "dependentTasks", upstream);
    return KF_OK;
}

static kf_status put_policies(
    kf_lower *lower, const kf_task *task, const char *name, kf_value *spec)
{
    const kf_settings *settings = task->settings;
    const char *shown = settings != NULL ? settings->display_name : NULL;
    kf_value *retry = kf__lower_retry(lower, settings);
    if (retry != NULL)
        kf__put_ref(lower->tree, spec, "retryPolicy", retry);
    kf__put_ref(lower->tree, spec, "taskInfo",
        named(lower,
            shown != NULL && *shown != '\0' ? kf__lower_text(lower, shown) : name));
    bool ignores = settings != NULL && settings->ignores_failure;
    if (ignores)
        KF__TRY(kf__task_check_ignoring(lower->pipeline, task));
    if (ignores || task->exit_of != KF__NONE)
        put_strategy(lower, spec);
    return KF_OK;
}

/* Members are put in the order in which they are written. */
kf_status kf__lower_task(kf_lower *lower, kf_task_id id, kf_value *dag_tasks)
{
    kf_tree *tree = lower->tree;
    const kf_task *task = &lower->pipeline->tasks.items[id];
    kf_value *spec = kf__tree_struct(tree), *inputs = kf__tree_struct(tree);
    const char *component = NULL, *name = kf__lower_text(lower, task->name);
    KF__TRY(put_arguments(lower, task, inputs));
    KF__TRY(kf__lower_component(lower, id, &component));
    kf__put_ref(tree, spec, "cachingOptions", caching(lower, task->settings));
    kf__put_ref(tree, spec, "componentRef", named(lower, component));
    KF__TRY(put_dependents(lower, id, task, spec));
    KF__TRY(put_final_status(lower, task, spec, inputs));
    if (kf_value_length(inputs) > 0)
        kf__put_ref(tree, spec, "inputs", inputs);
    KF__TRY(put_policies(lower, task, name, spec));
    if (name != NULL)
        kf__put_ref(tree, dag_tasks, name, spec);
    return kf__tree_status(tree);
}
