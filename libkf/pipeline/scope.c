/* SPDX-License-Identifier: Apache-2.0 */
/* Where channels can be read (KFP: get_dependencies, InvalidTopologyException). */
#include "base/error.h"
#include "pipeline/pipeline.h"

int kf__group_depth(const kf_pipeline *pipeline, kf_group_id group)
{
    int depth = 0;
    while ((group = pipeline->groups.items[group].parent) != KF__NONE)
        depth++;
    return depth;
}

bool kf__group_holds(const kf_pipeline *pipeline, kf_group_id outer, kf_group_id inner)
{
    while (inner != KF__NONE && inner != outer)
        inner = pipeline->groups.items[inner].parent;
    return inner == outer;
}

kf_group_id kf__group_common(const kf_pipeline *pipeline, kf_group_id a, kf_group_id b)
{
    const kf_group *groups = pipeline->groups.items;
    int a_depth = kf__group_depth(pipeline, a), b_depth = kf__group_depth(pipeline, b);
    for (; a_depth > b_depth; a_depth--)
        a = groups[a].parent;
    for (; b_depth > a_depth; b_depth--)
        b = groups[b].parent;
    while (a != b) {
        a = groups[a].parent;
        b = groups[b].parent;
    }
    return a;
}

kf_group_id kf__group_below(
    const kf_pipeline *pipeline, kf_group_id outer, kf_group_id inner)
{
    kf_group_id below = KF__NONE;
    while (inner != outer) {
        below = inner;
        inner = pipeline->groups.items[inner].parent;
    }
    return below;
}

const char *kf__group_noun(kf_group_kind kind)
{
    static const char *const nouns[] = {[KF__GROUP_ROOT] = "pipeline",
        [KF__GROUP_IF] = "if",
        [KF__GROUP_ELIF] = "elif",
        [KF__GROUP_ELSE] = "else",
        [KF__GROUP_BRANCHES] = "branches",
        [KF__GROUP_LOOP] = "loop",
        [KF__GROUP_EXIT] = "exit handler"};
    return nouns[kind];
}

static kf_status fail_scope(const kf_pipeline *pipeline, const kf_channel *channel,
    kf_group_id barrier, const char *reader, const char *advice)
{
    const kf_group *group = &pipeline->groups.items[barrier];
    kf_buf what = KF__BUF_INIT;
    kf__put_channel(&what, pipeline, channel);
    kf_status status = kf__fail(KF_ESCOPE, NULL,
        "%s reads %s, which is made in the %s \"%s\" and cannot be read outside of "
        "it%s",
        reader, kf__buf_text(&what), kf__group_noun(group->kind), group->name, advice);
    kf__buf_finish(&what);
    return status;
}

static const char *advice_for(kf_group_kind kind)
{
    switch (kind) {
    case KF__GROUP_LOOP:
        return ": collect it to read all its values (kf_pipeline_collected, "
               "dsl.Collected)";
    case KF__GROUP_BRANCHES:
        return ": to read that of whichever branch ran, give one of each branch "
               "(kf_pipeline_one_of, dsl.OneOf)";
    default:
        return "";
    }
}

/* There must be a loop to collect from. */
static kf_status check_looped(const kf_pipeline *pipeline, const kf_channel *channel,
    kf_group_id common, const char *reader)
{
    for (kf_group_id at = channel->home; at != common;
         at = pipeline->groups.items[at].parent)
        if (pipeline->groups.items[at].kind == KF__GROUP_LOOP)
            return KF_OK;
    return kf__fail(KF_ESCOPE, NULL,
        "%s collects the output \"%s\" of task \"%s\", which is in no loop that the "
        "reader is not in as well",
        reader, channel->name, channel->owner);
}

/* And no condition around the loop may leave it out. */
static kf_status check_collected(const kf_pipeline *pipeline, const kf_channel *channel,
    kf_group_id group, const char *reader)
{
    kf_group_id common = kf__group_common(pipeline, channel->home, group);
    kf_group_id barrier = kf__group_below(pipeline, common, channel->home);
    KF__TRY(check_looped(pipeline, channel, common, reader));
    if (pipeline->groups.items[barrier].kind == KF__GROUP_LOOP)
        return KF_OK;
    return fail_scope(pipeline, channel, barrier, reader, "");
}

static bool is_exit_output(const kf_pipeline *pipeline, const kf_channel *channel)
{
    return channel->kind == KF__CHANNEL_OUTPUT &&
           pipeline->tasks.items[channel->task].exit_of != KF__NONE;
}

kf_status kf__scope_check(const kf_pipeline *pipeline, kf_channel_id id,
    kf_group_id group, const char *reader)
{
    const kf_channel *channel = &pipeline->channels.items[id];
    if (channel->kind == KF__CHANNEL_COLLECTED)
        return check_collected(pipeline, channel, group, reader);
    if (is_exit_output(pipeline, channel))
        return kf__fail(KF_ESCOPE, NULL,
            "%s reads the output \"%s\" of the exit task \"%s\", which runs after "
            "everything else",
            reader, channel->name, channel->owner);
    if (channel->kind == KF__CHANNEL_ONE_OF &&
        kf__group_holds(pipeline, channel->group, group))
        return kf__fail(KF_ESCOPE, NULL,
            "%s reads the output of whichever branch of \"%s\" ran, and is in one "
            "itself",
            reader, channel->owner);
    if (kf__group_holds(pipeline, channel->home, group))
        return KF_OK;
    kf_group_id common = kf__group_common(pipeline, channel->home, group);
    kf_group_id barrier = kf__group_below(pipeline, common, channel->home);
    return fail_scope(pipeline, channel, barrier, reader,
        channel->kind == KF__CHANNEL_OUTPUT
            ? advice_for(pipeline->groups.items[barrier].kind)
            : "");
}

kf_status kf__scope_check_output(
    const kf_pipeline *pipeline, kf_channel_id id, const char *reader)
{
    const kf_channel *channel = &pipeline->channels.items[id];
    /* KFP surfaces what a pipeline collects through any group. */
    if (channel->kind == KF__CHANNEL_COLLECTED)
        return check_looped(pipeline, channel, KF__ROOT, reader);
    /* What a pipeline gives out is read when its exit tasks have run. */
    if (is_exit_output(pipeline, channel))
        return KF_OK;
    return kf__scope_check(pipeline, id, KF__ROOT, reader);
}

kf_status kf__scope_check_task(
    const kf_pipeline *pipeline, kf_channel_id id, kf_task_id task_id)
{
    const kf_task *task = &pipeline->tasks.items[task_id];
    const kf_channel *channel = &pipeline->channels.items[id];
    if (task->exit_of != KF__NONE && channel->kind != KF__CHANNEL_INPUT)
        return kf__fail(KF_ESCOPE, NULL,
            "the exit task \"%s\" can read the pipeline's inputs only, as it must not "
            "depend on any task",
            task->name);
    if (channel->kind == KF__CHANNEL_OUTPUT && channel->task == task_id)
        return kf__fail(
            KF_ECYCLE, NULL, "task \"%s\" reads its own output", task->name);
    /* The text of the reader is needed for messages alone. */
    if (channel->kind == KF__CHANNEL_INPUT ||
        (channel->kind == KF__CHANNEL_OUTPUT && channel->home == task->group &&
            pipeline->tasks.items[channel->task].exit_of == KF__NONE))
        return KF_OK;
    kf_buf reader = KF__BUF_INIT;
    kf__buf_printf(&reader, "task \"%s\"", task->name);
    kf_status status = reader.status == KF_OK ? kf__scope_check(pipeline, id,
                                                    task->group, kf__buf_text(&reader))
                                              : reader.status;
    kf__buf_finish(&reader);
    return status;
}
