/* SPDX-License-Identifier: Apache-2.0 */
/* How channels are written where they are read. */
#include <string.h>

#include "base/error.h"
#include "pipeline/lower.h"
#include "pipeline/type.h"

const kf_channel *kf__lower_channel(const kf_lower *lower, kf_channel_id channel)
{
    size_t count = lower->pipeline->channels.count;
    return (size_t)channel < count ? &lower->pipeline->channels.items[channel]
                                   : lower->surfaced.items[(size_t)channel - count];
}

/* ---- collected outputs ---- */

static kf_status add_surfaced(kf_lower *lower, const kf_channel *collected,
    kf_group_id outermost, kf_channel_id *out)
{
    const kf_group *group = &lower->pipeline->groups.items[outermost];
    kf_channel *surfaced = kf__arena_alloc(&lower->arena, sizeof *surfaced);
    if (surfaced == NULL)
        return KF_ENOMEM;
    *surfaced = *collected;
    surfaced->kind = KF__CHANNEL_SURFACED;
    surfaced->owner = group->name;
    surfaced->name = kf__lower_injected(lower, collected->source);
    surfaced->group = outermost;
    surfaced->home = group->parent;
    KF__TRY(kf__tree_status(lower->tree));
    KF__TRY(kf__vec_push(&lower->surfaced, surfaced));
    *out = (kf_channel_id)(lower->pipeline->channels.count + lower->surfaced.count - 1);
    return KF_OK;
}

/* The same output may be read by tasks on several levels. */
static kf_status surface(kf_lower *lower, const kf_channel *collected,
    kf_group_id outermost, kf_channel_id *out)
{
    uint64_t key = kf__pair(collected->source, outermost);
    *out = kf__pairs_get(&lower->surfaced_places, key);
    if (*out != KF__NONE)
        return KF_OK;
    KF__TRY(add_surfaced(lower, collected, outermost, out));
    KF__TRY(kf__pairs_set(&lower->surfaced_places, key, *out));
    return kf__lower_surface_collected(lower, collected->source, outermost);
}

kf_status kf__lower_resolve(
    kf_lower *lower, kf_channel_id id, kf_group_id group, kf_channel_id *out)
{
    const kf_channel *channel = kf__lower_channel(lower, id);
    *out = id;
    if (channel->kind == KF__CHANNEL_ONE_OF)
        return kf__lower_surface_one_of(lower, id);
    if (channel->kind != KF__CHANNEL_COLLECTED)
        return KF_OK;
    kf_group_id common = kf__group_common(lower->pipeline, channel->home, group);
    kf_group_id outermost = kf__group_below(lower->pipeline, common, channel->home);
    return surface(lower, channel, outermost, out);
}

/* ---- names ---- */

static bool is_of_loop(const kf_channel *channel)
{
    return channel->kind == KF__CHANNEL_ITEM || channel->kind == KF__CHANNEL_MEMBER;
}

/* Loops side by side over one list have items of one name; anything else that would be
 * called alike gets an index. */
static bool may_share(const kf_lower *lower, const char *name, kf_channel_id id)
{
    size_t other;
    if (!kf__map_find_index(&lower->injected_channels, name, &other))
        return true;
    return (kf_channel_id)other == id ||
           (is_of_loop(kf__lower_channel(lower, id)) &&
               is_of_loop(kf__lower_channel(lower, (kf_channel_id)other)));
}

static const char *make_injected(kf_lower *lower, kf_channel_id id)
{
    const kf_channel *channel = kf__lower_channel(lower, id);
    const char *owner = channel->owner != NULL ? channel->owner : "";
    const char *dash = channel->owner != NULL ? "-" : "";
    const char *name =
        kf__lower_printf(lower, KF__INJECTED "%s%s%s", owner, dash, channel->name);
    for (int index = 2; name != NULL && !may_share(lower, name, id); index++)
        name = kf__lower_printf(
            lower, KF__INJECTED "%s%s%s-%d", owner, dash, channel->name, index);
    if (name == NULL)
        return NULL;
    if (kf__map_set_index(&lower->injected_channels, name, (size_t)id) != KF_OK)
        lower->tree->status = KF_ENOMEM;
    return name;
}

const char *kf__lower_injected(kf_lower *lower, kf_channel_id id)
{
    while (lower->injected.count <= (size_t)id)
        if (kf__vec_push(&lower->injected, NULL) != KF_OK) {
            lower->tree->status = KF_ENOMEM;
            return NULL;
        }
    if (lower->injected.items[id] == NULL)
        lower->injected.items[id] = make_injected(lower, id);
    return lower->injected.items[id];
}

/* ---- references ---- */

static kf_value *reference_input(kf_lower *lower, bool artifact, const char *name)
{
    kf_value *entry = kf__tree_struct(lower->tree);
    kf__put_ref(lower->tree, entry,
        artifact ? "componentInputArtifact" : "componentInputParameter",
        kf__tree_string_ref(lower->tree, name));
    return entry;
}

static kf_value *reference_output(kf_lower *lower, const kf_channel *channel)
{
    kf_tree *tree = lower->tree;
    bool artifact = channel->type == KF_TYPE_NONE;
    kf_value *entry = kf__tree_struct(tree), *output = kf__tree_struct(tree);
    kf__put_ref(tree, output, artifact ? "outputArtifactKey" : "outputParameterKey",
        kf__tree_string(tree, channel->name));
    kf__put_ref(tree, output, "producerTask", kf__tree_string(tree, channel->owner));
    kf__put_ref(
        tree, entry, artifact ? "taskOutputArtifact" : "taskOutputParameter", output);
    return entry;
}

static kf_value *reference_member(kf_lower *lower, const kf_channel *member)
{
    kf_value *entry =
        reference_input(lower, false, kf__lower_injected(lower, member->source));
    kf__put_ref(lower->tree, entry, "parameterExpressionSelector",
        kf__tree_printf(lower->tree, "parseJson(string_value)[\"%s\"]", member->key));
    return entry;
}

kf_value *kf__lower_reference(kf_lower *lower, kf_channel_id id, kf_group_id group)
{
    const kf_channel *channel = kf__lower_channel(lower, id);
    bool artifact = channel->type == KF_TYPE_NONE;
    if (channel->kind == KF__CHANNEL_MEMBER)
        return reference_member(lower, channel);
    if (channel->home != group || channel->kind == KF__CHANNEL_ITEM)
        return reference_input(lower, artifact, kf__lower_injected(lower, id));
    if (channel->kind == KF__CHANNEL_INPUT)
        return reference_input(lower, artifact, kf__lower_text(lower, channel->name));
    return reference_output(lower, channel);
}

void kf__lower_put_input(
    kf_lower *lower, kf_value *inputs, bool artifact, const char *name, kf_value *entry)
{
    kf_value *kind = kf__get(inputs, artifact ? "artifacts" : "parameters");
    if (kind == NULL) {
        kind = kf__tree_struct(lower->tree);
        kf__put_ref(lower->tree, inputs, artifact ? "artifacts" : "parameters", kind);
    }
    if (name != NULL)
        kf__put(lower->tree, kind, name, entry);
}

/* ---- definitions ---- */

/* KFP passes a final status and a task configuration on as the structs that they are. */
kf_value *kf__lower_type(kf_lower *lower, kf_type type)
{
    kf_tree *tree = lower->tree;
    if (lower->types[type] == NULL) {
        kf_value *definition = kf__tree_struct(tree);
        kf__put_ref(tree, definition, "parameterType",
            kf__tree_string_ref(tree, kf_type_name(type)));
        lower->types[type] = definition;
    }
    return lower->types[type];
}

static kf_value *define_artifact(kf_lower *lower, const kf_channel *channel, bool list)
{
    kf_tree *tree = lower->tree;
    kf_value *definition = kf__tree_struct(tree), *type = kf__tree_struct(tree);
    kf__put_ref(
        tree, type, "schemaTitle", kf__tree_string(tree, channel->schema_title));
    kf__put_ref(
        tree, type, "schemaVersion", kf__tree_string(tree, channel->schema_version));
    kf__put_ref(tree, definition, "artifactType", type);
    if (list)
        kf__put_ref(tree, definition, "isArtifactList", kf__tree_bool(tree, true));
    return definition;
}

void kf__lower_define(kf_lower *lower, kf_value *definitions, const char *name,
    const kf_channel *channel, bool collected)
{
    if (channel->type == KF_TYPE_NONE) {
        kf__lower_put_input(lower, definitions, true, name,
            define_artifact(lower, channel, collected || channel->is_list));
        return;
    }
    kf_type type = collected ? KF_TYPE_LIST : channel->type;
    if (type == KF_TYPE_TASK_FINAL_STATUS || type == KF_TYPE_TASK_CONFIG)
        type = KF_TYPE_STRUCT;
    kf__lower_put_input(lower, definitions, false, name, kf__lower_type(lower, type));
}
