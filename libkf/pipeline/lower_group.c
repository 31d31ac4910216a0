/* SPDX-License-Identifier: Apache-2.0 */
/* Groups as tasks of the DAG around them, and as components of their own (KFP:
 * build_task_spec_for_group, build_component_spec_for_group). */
#include "base/error.h"
#include "pipeline/lower.h"

static kf_value *named(kf_lower *lower, const char *name)
{
    kf_value *value = kf__tree_struct(lower->tree);
    kf__put_ref(lower->tree, value, "name", kf__tree_string(lower->tree, name));
    return value;
}

/* ---- inputs ---- */

/* Put what the group is given into its definitions and its task's inputs. */
static void put_given(kf_lower *lower, kf_group_id group, kf_channel_id id,
    kf_value *definitions, kf_value *inputs)
{
    const kf_channel *channel = kf__lower_channel(lower, id);
    kf_group_id around = lower->pipeline->groups.items[group].parent;
    const char *name = kf__lower_injected(lower, id);
    kf__lower_define(lower, definitions, name, channel, false);
    kf__lower_put_input(lower, inputs, channel->type == KF_TYPE_NONE, name,
        kf__lower_reference(lower, id, around));
}

/* ---- loops ---- */

static kf_value *literal(kf_lower *lower, const char *text)
{
    return kf__tree_string_ref(lower->tree, text);
}

/* As Python's json.dumps(items, sort_keys=True). */
static kf_value *raw_items(kf_lower *lower, const kf_value *items)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_json_sorted(&text, items);
    if (text.status != KF_OK)
        lower->tree->status = text.status;
    kf_value *value = kf__tree_string_n(lower->tree, kf__buf_text(&text), text.length);
    kf__buf_finish(&text);
    return value;
}

static kf_value *loop_items(
    kf_lower *lower, const kf_group *loop, bool artifact, kf_channel_id source)
{
    kf_tree *tree = lower->tree;
    kf_value *items = kf__tree_struct(tree);
    if (loop->items == KF__NONE)
        kf__put_ref(tree, items, "raw", raw_items(lower, loop->constant_items));
    else
        kf__put_ref(tree, items, artifact ? "inputArtifact" : "inputParameter",
            literal(lower, kf__lower_injected(lower, source)));
    return items;
}

/* The item is an input of the loop's component that no task spec gives. */
static kf_status put_iterator(kf_lower *lower, kf_group_id group, kf_value *spec,
    kf_value *definitions, kf_value *inputs)
{
    kf_tree *tree = lower->tree;
    const kf_group *loop = &lower->pipeline->groups.items[group];
    const kf_channel *item = kf__lower_channel(lower, loop->item);
    bool artifact = item->type == KF_TYPE_NONE;
    kf_channel_id source = KF__NONE;
    if (loop->items != KF__NONE) {
        KF__TRY(kf__lower_resolve(lower, loop->items, loop->parent, &source));
        put_given(lower, group, source, definitions, inputs);
    }
    const char *name = kf__lower_injected(lower, loop->item);
    kf__lower_define(lower, definitions, name, item, false);
    kf_value *iterator = kf__tree_struct(tree);
    kf__put_ref(tree, iterator, "itemInput", literal(lower, name));
    kf__put_ref(tree, iterator, "items", loop_items(lower, loop, artifact, source));
    kf__put_ref(
        tree, spec, artifact ? "artifactIterator" : "parameterIterator", iterator);
    if (loop->parallelism > 0) {
        kf_value *policy = kf__tree_struct(tree);
        kf__put_ref(
            tree, policy, "parallelismLimit", kf__tree_int(tree, loop->parallelism));
        kf__put_ref(tree, spec, "iteratorPolicy", policy);
    }
    return KF_OK;
}

/* ---- conditions ---- */

static kf_status put_trigger(kf_lower *lower, kf_group_id group, kf_value *spec)
{
    kf_tree *tree = lower->tree;
    kf_buf text = KF__BUF_INIT;
    kf_status status = kf__lower_condition(lower, group, &text);
    if (status == KF_OK) {
        kf_value *policy = kf__tree_struct(tree);
        kf__put_ref(tree, policy, "condition",
            kf__tree_string_n(tree, kf__buf_text(&text), text.length));
        kf__put_ref(tree, spec, "triggerPolicy", policy);
    }
    kf__buf_finish(&text);
    return status;
}

static kf_status put_kind(kf_lower *lower, kf_group_id group, kf_value *spec,
    kf_value *definitions, kf_value *inputs)
{
    switch (lower->pipeline->groups.items[group].kind) {
    case KF__GROUP_LOOP:
        return put_iterator(lower, group, spec, definitions, inputs);
    case KF__GROUP_IF:
    case KF__GROUP_ELIF:
    case KF__GROUP_ELSE:
        return put_trigger(lower, group, spec);
    default:
        return KF_OK;
    }
}

kf_status kf__lower_group(kf_lower *lower, kf_group_id id, kf_value *dag_tasks)
{
    kf_tree *tree = lower->tree;
    const kf_group *group = &lower->pipeline->groups.items[id];
    kf_lowered_group *lowered = &lower->groups[id];
    kf_value *spec = kf__tree_struct(tree), *component = kf__tree_struct(tree);
    kf_value *inputs = kf__tree_struct(tree), *definitions = kf__tree_struct(tree);
    for (kf_lowered_input *in = lowered->inputs; in != NULL; in = in->next)
        put_given(lower, id, in->channel, definitions, inputs);
    KF__TRY(put_kind(lower, id, spec, definitions, inputs));
    if (kf_value_length(definitions) > 0)
        kf__put_ref(tree, component, "inputDefinitions", definitions);
    if (kf_value_length(inputs) > 0)
        kf__put_ref(tree, spec, "inputs", inputs);
    kf__lower_group_outputs(lower, id, component);
    lowered->component = kf__lower_component_name(
        lower, kf__lower_printf(lower, "comp-%s", group->name));
    kf__put_ref(tree, spec, "taskInfo",
        named(lower, group->display_name != NULL ? group->display_name : group->name));
    KF__TRY(kf__tree_status(tree));
    kf__put_ref(tree, spec, "componentRef", named(lower, lowered->component));
    KF__TRY(kf__lower_put_dependents(lower, kf__group_node(lower, id), spec));
    kf__put_ref(tree, lower->components, lowered->component, component);
    kf__put(tree, dag_tasks, group->name, spec);
    return kf__tree_status(tree);
}
