/* SPDX-License-Identifier: Apache-2.0 */
/* Components of tasks (KFP: build_component_spec_for_task). */
#include <string.h>

#include "base/error.h"
#include "pipeline/lower.h"

/* ---- interfaces ---- */

static void put_description(kf_lower *lower, kf_value *definition, const kf_io *io)
{
    if (io->description != NULL && *io->description != '\0')
        kf__put_ref(lower->tree, definition, "description",
            kf__tree_string(lower->tree, io->description));
}

static void put_artifact(kf_lower *lower, kf_value *definition, const kf_io *io)
{
    kf_tree *tree = lower->tree;
    kf_value *type = kf__tree_struct(tree);
    kf__put_ref(tree, type, "schemaTitle", kf__tree_string(tree, io->schema_title));
    kf__put_ref(tree, type, "schemaVersion", kf__tree_string(tree, io->schema_version));
    kf__put_ref(tree, definition, "artifactType", type);
    if (io->is_list)
        kf__put_ref(tree, definition, "isArtifactList", kf__tree_bool(tree, true));
}

static kf_value *definition_of(kf_lower *lower, const kf_io *io)
{
    kf_tree *tree = lower->tree;
    kf_value *definition = kf__tree_struct(tree);
    if (io->type == KF_TYPE_NONE)
        put_artifact(lower, definition, io);
    else
        kf__put_ref(tree, definition, "parameterType",
            kf__tree_string_ref(tree, kf_type_name(io->type)));
    if (io->optional)
        kf__put_ref(tree, definition, "isOptional", kf__tree_bool(tree, true));
    if (io->default_value != NULL)
        kf__put_ref(
            tree, definition, "defaultValue", kf__tree_copy(tree, io->default_value));
    if (io->literals != NULL)
        kf__put_ref(tree, definition, "literals", kf__tree_copy(tree, io->literals));
    put_description(lower, definition, io);
    return definition;
}

static void put_definitions(kf_lower *lower, kf_value *component, const char *key,
    const kf_io *items, size_t count)
{
    if (count == 0)
        return;
    kf_value *definitions = kf__tree_struct(lower->tree);
    for (size_t i = 0; i < count; i++)
        kf__lower_put_input(lower, definitions, items[i].type == KF_TYPE_NONE,
            items[i].name, definition_of(lower, &items[i]));
    kf__put_ref(lower->tree, component, key, definitions);
}

void kf__lower_interface(
    kf_lower *lower, const kf_component_body *body, kf_value *component)
{
    put_definitions(
        lower, component, "inputDefinitions", body->inputs.items, body->inputs.count);
    put_definitions(lower, component, "outputDefinitions", body->outputs.items,
        body->outputs.count);
    if (body->passthroughs != NULL)
        kf__put_ref(lower->tree, component, "taskConfigPassthroughs",
            kf__tree_copy(lower->tree, body->passthroughs));
}

/* ---- bodies ---- */

static kf_status prepare(kf_lower *lower, int32_t number, kf_lowered_body **out)
{
    kf_lowered_body *lowered = &lower->bodies[number];
    *out = lowered;
    if (lowered->component != NULL)
        return KF_OK;
    const kf_component_body *body = lower->pipeline->bodies.items[number];
    kf_value *component = kf__tree_struct(lower->tree);
    kf__lower_interface(lower, body, component);
    lowered->executor = kf__lower_executor(lower, body);
    KF__TRY(kf__tree_status(lower->tree));
    lowered->component = component;
    return lower->is_compact
               ? kf__share_leaf(lower, component, lowered->executor, &lowered->leaf)
               : KF_OK;
}

/* Members of `from` put under a struct of its own; their values are shared. */
static kf_value *shallow_copy(kf_lower *lower, const kf_value *from)
{
    kf_value *copy = kf__tree_struct(lower->tree);
    for (size_t i = 0; i < kf_value_length(from); i++)
        kf__put_ref(lower->tree, copy, kf_value_key(from, i), kf__at(from, i));
    return copy;
}

typedef struct leaf_task {
    const char *name;
    kf_value *changes, *platforms, *retry;
} leaf_task;

/* The component, its executor and its configurations, under names after the task. */
static kf_status put_leaf(kf_lower *lower, const leaf_task *task,
    const kf_lowered_body *body, const char **out)
{
    kf_tree *tree = lower->tree;
    const char *label =
        kf__lower_executor_name(lower, kf__lower_printf(lower, "exec-%s", task->name));
    const char *name =
        kf__lower_component_name(lower, kf__lower_printf(lower, "comp-%s", task->name));
    KF__TRY(kf__tree_status(tree));
    kf_value *component = shallow_copy(lower, body->component);
    kf__put_ref(tree, component, "executorLabel", kf__tree_string_ref(tree, label));
    kf__put_ref(tree, lower->components, name, component);
    kf__put_ref(tree, lower->executors, label,
        task->changes == NULL
            ? body->executor
            : kf__lower_changed_executor(lower, body->executor, task->changes));
    kf__lower_put_platforms(lower, task->platforms, label);
    *out = name;
    return kf__tree_status(tree);
}

static kf_status share_leaf(
    kf_lower *lower, const leaf_task *task, kf_lowered_body *body, const char **out)
{
    kf_variant variant = {.leaf = body->leaf,
        .changes = task->changes,
        .platforms = task->platforms,
        .retry = task->retry};
    *out = kf__share_find(lower, &variant);
    if (*out == NULL) {
        KF__TRY(put_leaf(lower, task, body, out));
        variant.component = *out;
        KF__TRY(kf__share_remember(lower, &variant));
    }
    if (task->changes == NULL && task->platforms == NULL && task->retry == NULL)
        body->shared = *out;
    return KF_OK;
}

/* A pipeline that was merged once in the compact form need not be again. */
static kf_status lower_graph(kf_lower *lower, const kf_task *task, const char **out)
{
    kf_lowered_body *lowered = &lower->bodies[task->body];
    kf_value *retry = kf__lower_retry(lower, task->settings);
    if (retry == NULL && lowered->shared != NULL) {
        *out = lowered->shared;
        return KF_OK;
    }
    const char *base = kf__lower_printf(lower, "comp-%s", task->name);
    KF__TRY(
        kf__lower_merge(lower, kf__task_body(lower->pipeline, task), base, retry, out));
    if (retry == NULL && lower->is_compact)
        lowered->shared = *out;
    return KF_OK;
}

kf_status kf__lower_component(kf_lower *lower, kf_task_id id, const char **out)
{
    const kf_task *task = &lower->pipeline->tasks.items[id];
    kf_lowered_body *lowered = &lower->bodies[task->body];
    if (kf__task_body(lower->pipeline, task)->kind == KF__COMPONENT_GRAPH)
        return lower_graph(lower, task, out);
    if (task->settings == NULL && lowered->shared != NULL) {
        *out = lowered->shared;
        return KF_OK;
    }
    KF__TRY(prepare(lower, task->body, &lowered));
    leaf_task leaf = {.name = task->name};
    if (task->settings != NULL) {
        KF__TRY(kf__lower_check_passthroughs(lower, task));
        leaf.changes = kf__lower_container_changes(lower, task);
        leaf.platforms = kf__lower_platforms(lower, task);
        leaf.retry = kf__lower_retry(lower, task->settings);
        KF__TRY(kf__tree_status(lower->tree));
    }
    return lower->is_compact ? share_leaf(lower, &leaf, lowered, out)
                             : put_leaf(lower, &leaf, lowered, out);
}
