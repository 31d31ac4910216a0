/* SPDX-License-Identifier: Apache-2.0 */
/* What groups must be given so that what is in them can be read (KFP:
 * get_inputs_for_all_groups).
 *
 * KFP's walk also gives groups inputs that nothing in them reads, and those are part of
 * its documents, so the walk is repeated here step by step. It forgets some inputs, and
 * gives groups items of loops that they are not in; so what cannot be had is left out,
 * and whatever is read is given. */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "pipeline/lower.h"

/* ---- giving ---- */

static bool is_static(const kf_lower *lower, const kf_channel *channel)
{
    return lower->pipeline->groups.items[channel->home].items == KF__NONE;
}

static bool is_of_loop(const kf_channel *channel)
{
    return channel->kind == KF__CHANNEL_ITEM || channel->kind == KF__CHANNEL_MEMBER;
}

static kf_status give(kf_lower *lower, kf_group_id group, kf_channel_id id);

/* See to it that what stands in `group` can refer to the channel. */
static kf_status require(kf_lower *lower, kf_group_id group, kf_channel_id id)
{
    const kf_channel *channel = kf__lower_channel(lower, id);
    if (channel->kind == KF__CHANNEL_MEMBER)
        id = channel->source;
    return channel->home == group ? KF_OK : give(lower, group, id);
}

/* Give the group an input, and what it is taken from to the group around. */
static kf_status give(kf_lower *lower, kf_group_id group, kf_channel_id id)
{
    uint64_t key = kf__pair(group, id);
    if (kf__pairs_get(&lower->needed, key) != KF__NONE)
        return KF_OK;
    kf_lowered_input *input = kf__arena_alloc(&lower->arena, sizeof *input);
    if (input == NULL)
        return KF_ENOMEM;
    *input = (kf_lowered_input){.channel = id};
    *lower->groups[group].last_input = input;
    lower->groups[group].last_input = &input->next;
    KF__TRY(kf__pairs_set(&lower->needed, key, 0));
    return require(lower, lower->pipeline->groups.items[group].parent, id);
}

/* What KFP would give, if it can be had there. */
static kf_status offer(kf_lower *lower, kf_group_id group, kf_channel_id id)
{
    const kf_channel *channel = kf__lower_channel(lower, id);
    const kf_group *groups = lower->pipeline->groups.items;
    if (group == channel->home ||
        !kf__group_holds(lower->pipeline, channel->home, group))
        return KF_OK;
    if (channel->kind == KF__CHANNEL_MEMBER && groups[group].kind == KF__GROUP_LOOP &&
        is_static(lower, channel))
        return KF_OK;
    return give(lower, group, id);
}

/* ---- KFP's walk ---- */

/* A channel and what it is taken from: a member, its item, what the loop goes over, … */
typedef struct chain {
    kf_channel_id links[2 * KF__LIMIT_GROUP_DEPTH + 2];
    size_t first, end; /* Those not yet used up. */
} chain;

static kf_status make_chain(kf_lower *lower, kf_channel_id id, chain *out)
{
    *out = (chain){.links = {id}, .end = 1};
    for (;;) {
        const kf_channel *channel = kf__lower_channel(lower, id);
        if (!is_of_loop(channel) || channel->source == KF__NONE)
            return KF_OK;
        id = channel->source;
        if (channel->kind == KF__CHANNEL_ITEM) {
            kf_group_id reader = lower->pipeline->groups.items[channel->home].parent;
            KF__TRY(kf__lower_resolve(lower, id, reader, &id));
        }
        out->links[out->end++] = id;
    }
}

/* Whether KFP takes the loop for the one that uses the channel up: by its name. */
static bool is_used_up(kf_lower *lower, const kf_group *loop, kf_channel_id id)
{
    const char *item = kf__lower_injected(lower, loop->item);
    const char *name = kf__lower_injected(lower, id);
    return item != NULL && name != NULL &&
           strstr(item + strlen(KF__INJECTED), name + strlen(KF__INJECTED)) != NULL;
}

/* From the group below `from` down to `reader`, the last link first. */
static kf_status walk_down(
    kf_lower *lower, kf_group_id from, kf_group_id reader, chain *links)
{
    const kf_pipeline *pipeline = lower->pipeline;
    for (kf_group_id at = from; at != reader && links->end > links->first;) {
        at = kf__group_below(pipeline, at, reader);
        kf_channel_id last = links->links[links->end - 1];
        const kf_group *group = &pipeline->groups.items[at];
        KF__TRY(offer(lower, at, last));
        if (group->kind == KF__GROUP_LOOP && is_used_up(lower, group, last))
            links->end--;
    }
    return KF_OK;
}

/* From `reader` up to the root, the first link first: for what stems from constants. */
static kf_status walk_up(kf_lower *lower, kf_group_id reader, chain *links)
{
    const kf_group *groups = lower->pipeline->groups.items;
    for (kf_group_id at = reader; at != KF__ROOT && links->end > links->first;
         at = groups[at].parent) {
        kf_channel_id first = links->links[links->first];
        KF__TRY(offer(lower, at, first));
        if (groups[at].kind == KF__GROUP_LOOP && is_used_up(lower, &groups[at], first))
            links->first++;
    }
    return KF_OK;
}

static kf_status walk(kf_lower *lower, kf_group_id reader, kf_channel_id id)
{
    const kf_channel *channel = kf__lower_channel(lower, id);
    if (reader == KF__ROOT || (channel->home == reader && !is_of_loop(channel)))
        return KF_OK;
    chain links;
    KF__TRY(make_chain(lower, id, &links));
    if (channel->owner != NULL) {
        const kf_channel *origin = kf__lower_channel(lower, links.links[links.end - 1]);
        return walk_down(lower, origin->home, reader, &links);
    }
    if (is_of_loop(channel) && is_static(lower, channel))
        return walk_up(lower, reader, &links);
    return walk_down(lower, KF__ROOT, reader, &links);
}

/* ---- who reads what ---- */

typedef struct reader {
    kf_lower *lower;
    kf_task_id task;
    kf_group_id group;
    int32_t node;
} reader;

/* A task needs the channel in its group, and waits for who makes it. */
static kf_status task_reads(kf_channel_id id, void *payload)
{
    const reader *r = payload;
    KF__TRY(kf__lower_resolve(r->lower, id, r->group, &id));
    KF__TRY(kf__lower_wait(r->lower, r->node, r->group, id));
    KF__TRY(walk(r->lower, r->group, id));
    return require(r->lower, r->group, id);
}

/* A condition's group has the channel as an input of its own. */
static kf_status condition_reads(kf_channel_id id, void *payload)
{
    const reader *r = payload;
    kf_group_id around = r->lower->pipeline->groups.items[r->group].parent;
    KF__TRY(kf__lower_resolve(r->lower, id, around, &id));
    KF__TRY(kf__lower_wait(r->lower, r->node, around, id));
    return give(r->lower, r->group, id);
}

/* KFP counts what the conditions around a task read as read by the task. */
static kf_status task_is_under(kf_channel_id id, void *payload)
{
    const reader *r = payload;
    KF__TRY(kf__lower_resolve(r->lower, id, r->group, &id));
    return walk(r->lower, r->group, id);
}

static bool has_own_task(const kf_lower *lower, kf_group_id group)
{
    const kf_pipeline *pipeline = lower->pipeline;
    kf_task_id task = pipeline->groups.items[group].first_task;
    while (task != KF__NONE && pipeline->tasks.items[task].exit_of != KF__NONE)
        task = pipeline->tasks.items[task].next;
    return task != KF__NONE;
}

static bool is_condition(kf_group_kind kind)
{
    return kind == KF__GROUP_IF || kind == KF__GROUP_ELIF || kind == KF__GROUP_ELSE;
}

static kf_status gather_group(kf_lower *lower, kf_group_id id)
{
    const kf_group *groups = lower->pipeline->groups.items;
    const kf_group *group = &groups[id];
    reader r = {.lower = lower, .group = id, .node = kf__group_node(lower, id)};
    if (is_condition(group->kind))
        KF__TRY(kf__lower_condition_visit(lower, id, condition_reads, &r));
    if (group->kind == KF__GROUP_LOOP && group->items != KF__NONE) {
        reader around = r;
        around.group = group->parent;
        KF__TRY(task_reads(group->items, &around));
    }
    if (!has_own_task(lower, id))
        return KF_OK;
    for (kf_group_id at = id; at != KF__NONE; at = groups[at].parent)
        if (is_condition(groups[at].kind))
            KF__TRY(kf__lower_condition_visit(lower, at, task_is_under, &r));
    return KF_OK;
}

static kf_status check_platform_scope(kf_channel_id id, void *payload)
{
    const reader *r = payload;
    return kf__scope_check_task(r->lower->pipeline, id, r->task);
}

static kf_status gather_task(kf_lower *lower, kf_task_id id)
{
    const kf_task *task = &lower->pipeline->tasks.items[id];
    reader r = {
        .lower = lower, .task = id, .group = task->group, .node = kf__task_node(id)};
    /* What a platform refers to is looked up by name, and checked only here. */
    if (task->settings != NULL || task->exit_of != KF__NONE)
        KF__TRY(kf__task_visit(lower->pipeline, id, check_platform_scope, &r));
    if (task->exit_of != KF__NONE)
        return KF_OK;
    KF__TRY(kf__task_visit(lower->pipeline, id, task_reads, &r));
    return kf__lower_wait_after(lower, id);
}

kf_status kf__lower_gather(kf_lower *lower)
{
    const kf_pipeline *pipeline = lower->pipeline;
    for (size_t i = 0; i < pipeline->groups.count; i++) {
        lower->groups[i].last_input = &lower->groups[i].inputs;
        lower->groups[i].last_output = &lower->groups[i].outputs;
    }
    for (size_t i = 0; i < pipeline->tasks.count; i++)
        KF__TRY(gather_task(lower, (kf_task_id)i));
    for (size_t i = 1; i < pipeline->groups.count; i++)
        KF__TRY(gather_group(lower, (kf_group_id)i));
    return kf__tree_status(lower->tree);
}
