/* SPDX-License-Identifier: Apache-2.0 */
/* Loops and exit handlers (KFP: for_loop.py, tasks_group.py). */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/options.h"
#include "pipeline/pipeline.h"
#include "pipeline/type.h"

#define ITEM "-loop-item"

/* ---- loops ---- */

static const kf_channel plain_item = {
    .kind = KF__CHANNEL_ITEM, .task = KF__NONE, .group = KF__NONE, .source = KF__NONE};

static kf_status check_constant_items(const kf_value *items)
{
    size_t count = kf_value_length(items);
    if (!kf__is(items, KF_KIND_LIST))
        return kf__fail(KF_ETYPE, NULL, "a loop goes over a list");
    if (count == 0)
        return kf__fail(KF_EINVAL, NULL, "a loop over an empty list runs nothing");
    if (count > KF__LIMIT_LOOP_ITEMS)
        return kf__fail(KF_ELIMIT, NULL,
            "a loop can have %u items (KF__LIMIT_LOOP_ITEMS), and this one has %zu",
            KF__LIMIT_LOOP_ITEMS, count);
    if (kf__value_embeds(items))
        return kf__fail(KF_EUNSUPPORTED, NULL,
            "the constant items of a loop cannot embed channels: make a list of them "
            "in a task, and loop over its output");
    return KF_OK;
}

/* KFP: from_raw_items; the item takes a number of its own from the groups' counter. */
static kf_status take_constant_items(
    kf_pipeline *pipeline, const kf_value *items, kf_group *loop, kf_channel *item)
{
    KF__TRY(check_constant_items(items));
    loop->constant_items = kf__tree_copy(&pipeline->tree, items);
    KF__TRY(kf__pipeline_settle(pipeline));
    *item = plain_item;
    item->name =
        kf__arena_printf(&pipeline->tree.arena, "loop-item-param-%d", loop->number);
    if (item->name == NULL)
        return KF_ENOMEM;
    kf__type_of_first(item, loop->constant_items);
    loop->number++;
    return KF_OK;
}

/* KFP: from_pipeline_channel. What a member of an item is, nobody can tell. */
static kf_status check_iterable(const kf_channel *items)
{
    if (items->type == KF_TYPE_NONE
            ? items->is_list
            : items->type == KF_TYPE_LIST || items->kind == KF__CHANNEL_MEMBER)
        return KF_OK;
    return kf__fail(KF_ETYPE, NULL,
        "a loop goes over a list, and the channel \"%s\" is %s", items->name,
        items->type == KF_TYPE_NONE ? "a single artifact" : kf_type_name(items->type));
}

/* What a collected output is called once the groups around its task surface it. */
static kf_status name_collected(
    kf_pipeline *pipeline, const kf_channel *items, kf_channel *item)
{
    kf_group_id common = kf__group_common(pipeline, items->home, pipeline->current);
    kf_group_id below = kf__group_below(pipeline, common, items->home);
    item->owner = pipeline->groups.items[below].name;
    item->name = kf__arena_printf(&pipeline->tree.arena, "pipelinechannel--%s-%s" ITEM,
        items->owner, items->name);
    return item->name == NULL ? KF_ENOMEM : KF_OK;
}

static kf_status name_item(
    kf_pipeline *pipeline, const kf_channel *items, kf_channel *item)
{
    if (items->kind == KF__CHANNEL_COLLECTED)
        return name_collected(pipeline, items, item);
    item->owner = items->owner;
    item->name = kf__arena_printf(&pipeline->tree.arena, "%s" ITEM, items->name);
    return item->name == NULL ? KF_ENOMEM : KF_OK;
}

static bool same_owner(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_taken_around(const kf_pipeline *pipeline, const kf_channel *item)
{
    const kf_group *groups = pipeline->groups.items;
    for (kf_group_id at = pipeline->current; at != KF__NONE; at = groups[at].parent) {
        if (groups[at].kind != KF__GROUP_LOOP)
            continue;
        const kf_channel *outer = &pipeline->channels.items[groups[at].item];
        if (strcmp(outer->name, item->name) == 0 &&
            same_owner(outer->owner, item->owner))
            return true;
    }
    return false;
}

/* A loop within a loop over the same channel would hide the outer item. */
static kf_status make_distinct(kf_pipeline *pipeline, kf_channel *item)
{
    const char *base = item->name;
    for (int index = 2; is_taken_around(pipeline, item); index++) {
        item->name = kf__arena_printf(&pipeline->tree.arena, "%s-%d", base, index);
        if (item->name == NULL)
            return KF_ENOMEM;
    }
    return KF_OK;
}

static kf_status take_channel_items(
    kf_pipeline *pipeline, kf_channel_id id, kf_group *loop, kf_channel *item)
{
    KF__REQUIRE(kf__pipeline_has_channel(pipeline, id));
    const kf_channel *items = &pipeline->channels.items[id];
    KF__TRY(check_iterable(items));
    KF__TRY(kf__scope_check(pipeline, id, pipeline->current, "a loop"));
    loop->items = id;
    *item = plain_item;
    item->source = id;
    KF__TRY(name_item(pipeline, items, item));
    KF__TRY(make_distinct(pipeline, item));
    if (items->type == KF_TYPE_NONE) {
        item->schema_title = items->schema_title;
        item->schema_version = items->schema_version;
    } else {
        kf__type_of_item(item, items->type_text);
    }
    return KF_OK;
}

kf_status kf_pipeline_begin_loop(kf_pipeline *pipeline, kf_operand items,
    const kf_loop_options *options, kf_group_id *out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_loop_options, known, options);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__TRY(kf__group_check_depth(pipeline));
    if (known.parallelism < 0)
        return kf__fail(KF_EINVAL, NULL,
            "the parallelism of a loop must be 0 (unlimited) or more, and it is %d",
            known.parallelism);
    kf_group loop = kf__group_new(pipeline, KF__GROUP_LOOP);
    kf_channel item;
    KF__TRY(items.value != NULL
                ? take_constant_items(pipeline, items.value, &loop, &item)
                : take_channel_items(pipeline, items.channel, &loop, &item));
    loop.parallelism = known.parallelism;
    item.home = (kf_group_id)pipeline->groups.count;
    KF__TRY(kf__group_prepare(pipeline, &loop, known.name));
    kf_status status = kf__channel_add_derived(pipeline, &item, &loop.item);
    if (status != KF_OK) {
        kf__group_abandon(pipeline, &loop);
        return status;
    }
    *out = kf__group_open(pipeline, &loop);
    pipeline->group_count = loop.number;
    return KF_OK;
}

/* ---- exit handlers ---- */

static kf_status check_exit_argument(
    const kf_pipeline *pipeline, const kf_task *task, kf_channel_id id)
{
    if (pipeline->channels.items[id].kind == KF__CHANNEL_INPUT)
        return KF_OK;
    return kf__fail(KF_EINVAL, NULL,
        "the exit task \"%s\" must not depend on other tasks, and it reads \"%s\" of "
        "\"%s\"",
        task->name, pipeline->channels.items[id].name,
        pipeline->channels.items[id].owner != NULL ? pipeline->channels.items[id].owner
                                                   : "a loop");
}

typedef struct exit_check {
    const kf_pipeline *pipeline;
    const kf_task *task;
} exit_check;

static kf_status check_exit_channel(kf_channel_id channel, void *payload)
{
    const exit_check *check = payload;
    return check_exit_argument(check->pipeline, check->task, channel);
}

static kf_status check_exit_task(const kf_pipeline *pipeline, kf_task_id id)
{
    const kf_task *task = &pipeline->tasks.items[id];
    if (task->group != KF__ROOT)
        return kf__fail(KF_EINVAL, NULL,
            "the exit task \"%s\" must be added before and outside of all groups",
            task->name);
    if (task->exit_of != KF__NONE)
        return kf__fail(KF_EINVAL, NULL,
            "\"%s\" is the exit task of another exit handler already", task->name);
    if (task->after != NULL)
        return kf__fail(KF_EINVAL, NULL,
            "the exit task \"%s\" must not run after another task", task->name);
    if (kf__task_body(pipeline, task)->kind == KF__COMPONENT_IMPORTER)
        return kf__fail(
            KF_EINVAL, NULL, "the importer \"%s\" cannot be an exit task", task->name);
    exit_check check = {.pipeline = pipeline, .task = task};
    return kf__task_visit(pipeline, id, check_exit_channel, &check);
}

kf_status kf_pipeline_begin_exit_handler(
    kf_pipeline *pipeline, kf_task_id exit_task, const char *name, kf_group_id *out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__REQUIRE(kf__pipeline_has_task(pipeline, exit_task));
    if (pipeline->current != KF__ROOT)
        return kf__fail(KF_ESTATE, NULL,
            "an exit handler can only stand at the root of a pipeline, and here the %s "
            "\"%s\" is open",
            kf__group_noun(pipeline->groups.items[pipeline->current].kind),
            pipeline->groups.items[pipeline->current].name);
    KF__TRY(check_exit_task(pipeline, exit_task));
    kf_group group = kf__group_new(pipeline, KF__GROUP_EXIT);
    group.exit_task = exit_task;
    KF__TRY(kf__group_prepare(pipeline, &group, name));
    *out = kf__group_open(pipeline, &group);
    pipeline->tasks.items[exit_task].exit_of = *out;
    return KF_OK;
}
