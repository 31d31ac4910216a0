/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs that groups hand on (KFP: get_outputs_for_all_groups, build_oneof_dag_outputs).
 */
#include "base/error.h"
#include "pipeline/lower.h"

/* ---- finding them ---- */

static kf_status append(
    kf_lower *lower, kf_group_id group, const kf_lowered_output *output)
{
    kf_lowered_group *lowered = &lower->groups[group];
    kf_lowered_output *copy = kf__arena_alloc(&lower->arena, sizeof *copy);
    if (copy == NULL)
        return KF_ENOMEM;
    *copy = *output;
    *lowered->last_output = copy;
    lowered->last_output = &copy->next;
    return KF_OK;
}

/* From the task's own group out to `outermost`, each hands on what the one in it does. */
static kf_status surface(
    kf_lower *lower, kf_channel_id id, kf_group_id outermost, bool collected)
{
    const kf_channel *channel = kf__lower_channel(lower, id);
    const kf_group *groups = lower->pipeline->groups.items;
    const char *name = kf__lower_injected(lower, id);
    kf_lowered_output output = {.name = name,
        .channel = id,
        .collected = collected,
        .producer = channel->owner,
        .key = channel->name,
        .one_of = KF__NONE};
    KF__TRY(kf__tree_status(lower->tree));
    for (kf_group_id at = channel->home;; at = groups[at].parent) {
        uint64_t key = kf__pair(at, id);
        if (kf__pairs_get(&lower->handed_on, key) == KF__NONE) {
            KF__TRY(append(lower, at, &output));
            KF__TRY(kf__pairs_set(&lower->handed_on, key, 0));
        }
        if (at == outermost)
            return KF_OK;
        output.producer = groups[at].name;
        output.key = name;
    }
}

kf_status kf__lower_surface_collected(
    kf_lower *lower, kf_channel_id output, kf_group_id outermost)
{
    return surface(lower, output, outermost, true);
}

/* Each branch hands its own on, and the group around them the one that came to be. */
kf_status kf__lower_surface_one_of(kf_lower *lower, kf_channel_id one_of)
{
    const kf_channel *channel = kf__lower_channel(lower, one_of);
    uint64_t key = kf__pair(channel->group, one_of);
    if (kf__pairs_get(&lower->handed_on, key) != KF__NONE)
        return KF_OK;
    KF__TRY(kf__pairs_set(&lower->handed_on, key, 0));
    for (size_t i = 0; i < channel->choice_count; i++) {
        const kf_channel *choice = kf__lower_channel(lower, channel->choices[i]);
        KF__TRY(surface(lower, channel->choices[i], choice->home, false));
    }
    return append(lower, channel->group,
        &(kf_lowered_output){
            .name = channel->name, .channel = one_of, .one_of = one_of});
}

/* ---- writing them ---- */

static kf_value *selector(
    kf_lower *lower, bool artifact, const char *producer, const char *key)
{
    kf_tree *tree = lower->tree;
    kf_value *value = kf__tree_struct(tree);
    kf__put_ref(tree, value, artifact ? "outputArtifactKey" : "outputParameterKey",
        kf__tree_string(tree, key));
    kf__put_ref(tree, value, "producerSubtask", kf__tree_string(tree, producer));
    return value;
}

/* An entry of dag.outputs around its selectors. */
static kf_value *entry_of(
    kf_lower *lower, bool artifact, kf_value *selectors, bool one_of)
{
    kf_tree *tree = lower->tree;
    kf_value *entry = kf__tree_struct(tree);
    if (artifact) {
        kf__put_ref(tree, entry, "artifactSelectors", selectors);
    } else if (one_of) {
        kf_value *choice = kf__tree_struct(tree);
        kf__put_ref(tree, choice, "parameterSelectors", selectors);
        kf__put_ref(tree, entry, "valueFromOneof", choice);
    } else {
        kf__put_ref(tree, entry, "valueFromParameter", kf__at(selectors, 0));
    }
    return entry;
}

static kf_value *dag_output(kf_lower *lower, const kf_lowered_output *output)
{
    const kf_pipeline *pipeline = lower->pipeline;
    const kf_channel *channel = kf__lower_channel(lower, output->channel);
    bool artifact = channel->type == KF_TYPE_NONE;
    kf_value *selectors = kf__tree_list(lower->tree);
    if (output->producer != NULL)
        kf__push(lower->tree, selectors,
            selector(lower, artifact, output->producer, output->key));
    for (size_t i = 0; output->producer == NULL && i < channel->choice_count; i++) {
        const kf_channel *choice = kf__lower_channel(lower, channel->choices[i]);
        kf__push(lower->tree, selectors,
            selector(lower, artifact, pipeline->groups.items[choice->home].name,
                kf__lower_injected(lower, channel->choices[i])));
    }
    return entry_of(lower, artifact, selectors, output->producer == NULL);
}

/* The struct under `key`, whose name is a literal. */
static kf_value *within(kf_lower *lower, kf_value *object, const char *key)
{
    kf_value *value = kf__get(object, key);
    if (value != NULL)
        return value;
    value = kf__tree_struct(lower->tree);
    kf__put_ref(lower->tree, object, key, value);
    return value;
}

void kf__lower_group_outputs(kf_lower *lower, kf_group_id group, kf_value *component)
{
    const kf_lowered_output *output = lower->groups[group].outputs;
    if (output == NULL)
        return;
    kf_value *definitions = within(lower, component, "outputDefinitions");
    kf_value *outputs = within(lower, within(lower, component, "dag"), "outputs");
    for (; output != NULL; output = output->next) {
        const kf_channel *channel = kf__lower_channel(lower, output->channel);
        kf__lower_define(lower, definitions, output->name, channel, output->collected);
        kf__lower_put_input(lower, outputs, channel->type == KF_TYPE_NONE, output->name,
            dag_output(lower, output));
    }
}

kf_status kf__lower_root_outputs(kf_lower *lower, const kf_channel_id *channels)
{
    const kf_component_body *body = lower->pipeline->interface->body;
    kf_value *root = kf__get(lower->document->spec, "root");
    if (body->outputs.count == 0)
        return KF_OK;
    kf_value *outputs = within(lower, within(lower, root, "dag"), "outputs");
    for (size_t i = 0; i < body->outputs.count; i++) {
        const kf_channel *channel = kf__lower_channel(lower, channels[i]);
        bool artifact = channel->type == KF_TYPE_NONE;
        kf_value *selectors = kf__tree_list(lower->tree);
        kf__push(lower->tree, selectors,
            selector(lower, artifact, channel->owner, channel->name));
        kf__lower_put_input(lower, outputs, artifact, body->outputs.items[i].name,
            entry_of(lower, artifact, selectors, false));
    }
    return kf__tree_status(lower->tree);
}
