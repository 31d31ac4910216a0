/* SPDX-License-Identifier: Apache-2.0 */
/* Platform configurations of tasks (KFP: platform_config_to_platform_spec). */
#include <string.h>

#include "base/error.h"
#include "pipeline/lower.h"
#include "pipeline/type.h"

/* The channel that a reference names; none if it names none. */
static kf_channel_id find_reference(
    const kf_lower *lower, const kf_value *object, kf_group_id group)
{
    const kf_value *output = kf_value_get(object, "taskOutputParameter");
    const char *name = output != NULL ? kf__get_text(output, "outputParameterKey")
                                      : kf__get_text(object, "componentInputParameter");
    if (name == NULL)
        return KF__NONE;
    return kf__channel_named(
        lower->pipeline, kf__get_text(output, "producerTask"), name, group);
}

static bool is_reference(const char *key)
{
    return strcmp(key, "componentInputParameter") == 0 ||
           strcmp(key, "taskOutputParameter") == 0;
}

static kf_value *rewrite(kf_lower *lower, const kf_value *value, kf_group_id group);

/* What refers to a channel refers to it as a task in the group does. A selector goes
 * with it where there is a place for one: in an InputParameterSpec, which has nothing
 * but the reference. */
static kf_value *rewrite_struct(
    kf_lower *lower, const kf_value *object, kf_group_id group)
{
    kf_tree *tree = lower->tree;
    kf_value *copy = kf__tree_struct(tree);
    kf_channel_id id = find_reference(lower, object, group);
    bool is_spec = kf_value_length(object) == 1;
    for (size_t i = 0; i < kf_value_length(object); i++) {
        const char *key = kf_value_key(object, i);
        if (id == KF__NONE || !is_reference(key))
            kf__put(tree, copy, key, rewrite(lower, kf_value_at(object, i), group));
    }
    if (id == KF__NONE)
        return copy;
    if (kf__lower_resolve(lower, id, group, &id) != KF_OK) {
        tree->status = KF_ENOMEM;
        return copy;
    }
    const kf_value *reference = kf__lower_reference(lower, id, group);
    bool whole = is_spec || kf_value_length(reference) == 1;
    for (size_t i = 0; whole && i < kf_value_length(reference); i++)
        kf__put_ref(tree, copy, kf_value_key(reference, i), kf__at(reference, i));
    return copy;
}

static kf_value *rewrite(kf_lower *lower, const kf_value *value, kf_group_id group)
{
    if (kf__is(value, KF_KIND_STRUCT))
        return rewrite_struct(lower, value, group);
    if (!kf__is(value, KF_KIND_LIST))
        return kf__document_value(lower->tree, value);
    kf_value *copy = kf__tree_list(lower->tree);
    for (size_t i = 0; i < kf_value_length(value); i++)
        kf__push(lower->tree, copy, rewrite(lower, kf_value_at(value, i), group));
    return copy;
}

/* KFP leaves an importer's configuration out. */
kf_value *kf__lower_platforms(kf_lower *lower, const kf_task *task)
{
    const kf_value *platforms = task->settings->platforms;
    if (platforms == NULL ||
        kf__task_body(lower->pipeline, task)->kind != KF__COMPONENT_CONTAINER)
        return NULL;
    kf_value *copy = kf__tree_struct(lower->tree);
    for (size_t i = 0; i < kf_value_length(platforms); i++)
        kf__put(lower->tree, copy, kf_value_key(platforms, i),
            rewrite(lower, kf_value_at(platforms, i), task->group));
    return copy;
}

static kf_value *within(kf_lower *lower, kf_value *object, const char *key)
{
    return kf__put_struct(lower->tree, object, key);
}

void kf__lower_put_platforms(
    kf_lower *lower, const kf_value *configs, const char *label)
{
    for (size_t i = 0; i < kf_value_length(configs); i++) {
        kf_value *platform = within(lower, lower->platforms, kf_value_key(configs, i));
        kf_value *deployment = within(lower, platform, "deploymentSpec");
        kf__put(lower->tree, within(lower, deployment, "executors"), label,
            kf__at(configs, i));
    }
}
