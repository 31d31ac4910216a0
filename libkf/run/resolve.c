/* SPDX-License-Identifier: Apache-2.0 */
/* Where a task's inputs come from and what a group gives out. */
#include <string.h>

#include "base/error.h"
#include "run/scheduler.h"

static kf_value *borrowed(const kf_value *value)
{
    /* Values below a task's inputs are only read. */
    return (kf_value *)(uintptr_t)value;
}

static const kf_value *scope_value(
    const kf_scope *scope, const char *name, bool artifact)
{
    const kf_bundle *bundle = scope->inputs;
    if (scope->item_input && strcmp(scope->item_input, name) == 0)
        bundle = scope->item;
    return artifact ? kf__bundle_artifacts(bundle, name)
                    : kf__bundle_parameter(bundle, name);
}

static const kf_value *output_value(
    const kf_scope *scope, uint32_t producer, const char *key, bool artifact)
{
    const kf_bundle *outputs = scope->nodes[producer].outputs;
    return artifact ? kf__bundle_artifacts(outputs, key)
                    : kf__bundle_parameter(outputs, key);
}

/* Code of google.rpc.Code, which is what a final status speaks. */
static int rpc_code(kf_status status)
{
    switch (status) {
    case KF_ECANCELED:
        return 1;
    case KF_ETYPE:
    case KF_EMISSING:
    case KF_EINVAL:
        return 3;
    case KF_ETIMEOUT:
        return 4;
    case KF_ENOENT:
        return 5;
    case KF_EUNSUPPORTED:
        return 12;
    case KF_EFAILED:
        return 2;
    default:
        return 13;
    }
}

static kf_value *final_status(
    const kf_engine *engine, kf_tree *tree, const kf_node *node)
{
    kf_state state = (kf_state)node->state;
    kf_value *status = kf__tree_struct(tree);
    kf_value *error = kf__tree_struct(tree);
    kf__put_text(tree, status, "state",
        state == KF_STATE_CACHED     ? "SUCCEEDED"
        : state == KF_STATE_CANCELED ? "CANCELLED"
                                     : kf_state_name(state));
    kf__put_text(tree, status, "pipelineJobResourceName",
        kf__get_text(engine->variables, "pipeline_job_resource_name"));
    kf__put_text(tree, status, "pipelineTaskName", node->task->name);
    if (state == KF_STATE_FAILED || state == KF_STATE_CANCELED) {
        kf_status code =
            state == KF_STATE_CANCELED ? KF_ECANCELED : (kf_status)node->code;
        kf__put_int(tree, error, "code", rpc_code(code));
        kf__put_text(
            tree, error, "message", node->error ? node->error : "the run was canceled");
    }
    kf__put(tree, status, "error", error);
    return status;
}

static kf_status expand(const kf_engine *engine, const kf_node *node,
    const kf_value *constant, kf_bundle *bundle, kf_value **out)
{
    kf_tree *tree = &bundle->tree;
    kf_value *input = kf__tree_struct(tree);
    kf_value *inputs = kf__put_struct(tree, input, "inputs");
    kf__put(tree, inputs, "parameterValues", bundle->parameters);
    kf_value *artifacts = kf__put_struct(tree, inputs, "artifacts");
    for (size_t i = 0; i < kf_value_length(bundle->artifacts); i++)
        kf__put(tree,
            kf__put_struct(tree, artifacts, kf_value_key(bundle->artifacts, i)),
            "artifacts", kf__at(bundle->artifacts, i));
    kf_value *variables = kf__node_variables(engine, node, tree);
    KF__TRY(kf__tree_status(tree));
    const kf_placeholders placeholders = {input, variables};
    return kf__placeholders_expand_value(&placeholders, constant, tree, out);
}

/* Whether the value of a group's input `key` is an argument of the run or the default of
 * a pipeline around it: placeholders in them stand for the task that reads them, as with
 * KFP's local runner. */
static bool is_given(const kf_scope *scope, const char *key, const kf_value *value)
{
    if (!kf__plan_expands(value))
        return false;
    for (; scope->owner; scope = scope->owner->scope) {
        const kf_plan_io *io = kf__plan_find_input(scope->component, key);
        const kf_plan_input *input = NULL;
        if (io && io->expands && kf_value_equal(io->default_value, value))
            return true;
        const kf_plan_task *task = scope->owner->task;
        for (uint32_t i = 0; i < task->input_count; i++)
            if (strcmp(task->inputs[i].name, key) == 0)
                input = &task->inputs[i];
        if (!input || input->source != KF__SOURCE_PARENT)
            return false;
        key = input->key;
    }
    return true;
}

/* *out stays NULL if the source has no value. */
static kf_status find_source(const kf_engine *engine, const kf_node *node,
    const kf_plan_input *input, kf_bundle *bundle, const kf_value **out)
{
    const kf_scope *scope = node->scope;
    kf_value *made = NULL;
    switch (input->source) {
    case KF__SOURCE_CONSTANT:
        *out = input->constant;
        break;
    case KF__SOURCE_PARENT:
        *out = scope_value(scope, input->key, input->artifact);
        if (*out && !node->task->component->dag && is_given(scope, input->key, *out))
            KF__TRY(expand(engine, node, *out, bundle, &made));
        *out = made ? made : *out;
        break;
    case KF__SOURCE_OUTPUT:
        *out = output_value(scope, input->producer, input->key, input->artifact);
        break;
    case KF__SOURCE_FINAL_STATUS:
        *out = final_status(engine, &bundle->tree, &scope->nodes[input->producer]);
        break;
    }
    if (!*out || !input->selector)
        return KF_OK;
    KF__TRY(kf__expr_select(input->selector, *out, &bundle->tree, &made));
    *out = made;
    return KF_OK;
}

/* A value that did not come to be is no error yet: the input may have a default. */
static kf_status refuse_gap(const kf_node *node, const kf_plan_input *input)
{
    const kf_plan_io *io = kf__plan_find_input(node->task->component, input->name);
    if (input->source != KF__SOURCE_OUTPUT || !io || io->optional)
        return KF_OK;
    const kf_plan_task *producer = node->scope->nodes[input->producer].task;
    return kf__fail(KF_EMISSING, node->task->name,
        "the input '%s' needs the output '%s' of the task '%s', which it did not give",
        input->name, input->key, producer->name);
}

static kf_status resolve_plain(
    const kf_engine *engine, const kf_node *node, kf_bundle *bundle, bool *expands)
{
    const kf_plan_task *task = node->task;
    for (uint32_t i = 0; i < task->input_count; i++) {
        const kf_plan_input *input = &task->inputs[i];
        const kf_value *value = NULL;
        *expands = *expands || input->expands;
        if (input->expands)
            continue;
        KF__TRY(find_source(engine, node, input, bundle, &value));
        if (!value || kf_value_kind(value) == KF_KIND_NULL) {
            KF__TRY(refuse_gap(node, input));
            continue;
        }
        kf__put_ref(&bundle->tree,
            input->artifact ? bundle->artifacts : bundle->parameters, input->name,
            borrowed(value));
    }
    return kf__tree_status(&bundle->tree);
}

/* Constants with placeholders: these may stand for the other inputs. */
static kf_status resolve_expanding(
    const kf_engine *engine, const kf_node *node, kf_bundle *bundle)
{
    for (uint32_t i = 0; i < node->task->input_count; i++) {
        const kf_plan_input *input = &node->task->inputs[i];
        kf_value *value = NULL;
        if (!input->expands)
            continue;
        KF__TRY(expand(engine, node, input->constant, bundle, &value));
        kf__put_ref(&bundle->tree, bundle->parameters, input->name, value);
    }
    return kf__tree_status(&bundle->tree);
}

/* A default whose placeholders stand for this task. */
static kf_status expand_default(const kf_engine *engine, const kf_node *node,
    const kf_plan_io *io, kf_bundle *bundle, const kf_value **value)
{
    kf_value *made = NULL;
    if (!io->expands || !node || node->task->component->dag)
        return KF_OK;
    KF__TRY(expand(engine, node, *value, bundle, &made));
    *value = made;
    return KF_OK;
}

/* `node`: NULL for the arguments of the pipeline itself. */
static kf_status fit_inputs(const kf_engine *engine, const kf_node *node,
    const kf_plan_component *component, kf_bundle *bundle, const char *where)
{
    kf_tree *tree = &bundle->tree;
    /* What each iteration of a loop is given. */
    const char *item = node ? node->task->item_input : NULL;
    for (uint32_t i = 0; i < component->input_count; i++) {
        const kf_plan_io *io = &component->inputs[i];
        if (item && strcmp(io->name, item) == 0)
            continue;
        kf_value *group = io->type ? bundle->parameters : bundle->artifacts;
        const kf_value *value = kf_value_get(group, io->name);
        if (!value && io->default_value) {
            value = io->default_value;
            KF__TRY(expand_default(engine, node, io, bundle, &value));
        }
        if (!value && !io->optional && io->type != KF_TYPE_TASK_FINAL_STATUS &&
            io->type != KF_TYPE_TASK_CONFIG)
            return kf__fail(
                KF_EMISSING, where, "the required input '%s' is not given", io->name);
        if (!value)
            continue;
        kf_value *fitted = borrowed(value);
        if (io->type)
            KF__TRY(kf__parameter_fit(tree, io, value, where, &fitted));
        else
            fitted = kf__tree_copy(tree, value);
        kf__put_ref(tree, group, io->name, fitted);
    }
    return kf__tree_status(tree);
}

kf_status kf__resolve_declared(
    const kf_plan_component *component, kf_bundle *bundle, const char *where)
{
    return fit_inputs(NULL, NULL, component, bundle, where);
}

/* What the component does not declare (KFP lets it: extra values for placeholders) is
 * still borrowed from other tasks and has to become the bundle's own. */
static void own_undeclared(const kf_node *node, kf_bundle *bundle)
{
    for (uint32_t i = 0; i < node->task->input_count; i++) {
        const kf_plan_input *input = &node->task->inputs[i];
        kf_value *group = input->artifact ? bundle->artifacts : bundle->parameters;
        kf_value *value = kf__get(group, input->name);
        if (value && !kf__plan_find_input(node->task->component, input->name))
            kf__put_ref(
                &bundle->tree, group, input->name, kf__tree_copy(&bundle->tree, value));
    }
}

kf_status kf__resolve_inputs(
    const kf_engine *engine, const kf_node *node, kf_bundle **out)
{
    bool expands = false;
    kf_bundle *bundle = kf__bundle_new();
    if (!bundle)
        return KF_ENOMEM;
    kf_status status = resolve_plain(engine, node, bundle, &expands);
    if (status == KF_OK && expands)
        status = resolve_expanding(engine, node, bundle);
    if (status == KF_OK)
        status =
            fit_inputs(engine, node, node->task->component, bundle, node->task->name);
    if (status == KF_OK) {
        own_undeclared(node, bundle);
        status = kf__tree_status(&bundle->tree);
    }
    if (status != KF_OK) {
        kf__bundle_free(bundle);
        return status;
    }
    *out = bundle;
    return KF_OK;
}

kf_status kf__resolve_outputs(const kf_scope *scope, kf_bundle **out)
{
    const kf_plan_dag *dag = scope->component->dag;
    kf_bundle *bundle = kf__bundle_new();
    if (!bundle)
        return KF_ENOMEM;
    for (uint32_t i = 0; i < dag->output_count; i++) {
        const kf_plan_output *output = &dag->outputs[i];
        const kf_value *value = NULL;
        for (uint32_t j = 0; j < output->selector_count && !value; j++)
            value = output_value(scope, output->selectors[j].producer,
                output->selectors[j].key, output->artifact);
        if (value)
            kf__put_ref(&bundle->tree,
                output->artifact ? bundle->artifacts : bundle->parameters, output->name,
                kf__tree_copy(&bundle->tree, value));
    }
    kf_status status = kf__tree_status(&bundle->tree);
    if (status != KF_OK) {
        kf__bundle_free(bundle);
        return status;
    }
    *out = bundle;
    return KF_OK;
}

kf_status kf__resolve_condition(
    const kf_plan_task *task, const kf_bundle *inputs, bool *holds)
{
    if (!task->condition)
        return KF_OK;
    return kf__expr_condition(task->condition, inputs->parameters, holds);
}
