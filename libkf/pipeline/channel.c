/* SPDX-License-Identifier: Apache-2.0 */
/* Channels: what tasks and conditions can read. */
#include <string.h>

#include "base/error.h"
#include "pipeline/pipeline.h"
#include "pipeline/type.h"

kf_status kf__channel_add(
    kf_pipeline *pipeline, const kf_channel *channel, kf_channel_id *out)
{
    if (pipeline->channels.count >= INT32_MAX)
        return kf__fail(KF_ELIMIT, NULL, "a pipeline can have %d channels", INT32_MAX);
    KF__TRY(kf__vec_push(&pipeline->channels, *channel));
    *out = (kf_channel_id)(pipeline->channels.count - 1);
    return KF_OK;
}

/* A collected channel has the names of the output it collects. */
static const char *derived_key(kf_pipeline *pipeline, const kf_channel *channel)
{
    kf_arena *arena = &pipeline->tree.arena;
    const char *kind = channel->kind == KF__CHANNEL_COLLECTED ? "LIST:" : "";
    if (channel->owner == NULL)
        return kf__arena_printf(arena, "%s%s", kind, channel->name);
    return kf__arena_printf(arena, "%s%s-%s", kind, channel->owner, channel->name);
}

/* The place of the name among those of derived channels, where it may be new. */
static kf_status place_of_name(kf_pipeline *pipeline, const char *key, size_t *out)
{
    if (kf__map_find_index(&pipeline->derived, key, out))
        return KF_OK;
    KF__TRY(kf__vec_push(&pipeline->derived_newest, KF__NONE));
    *out = pipeline->derived_newest.count - 1;
    kf_status status = kf__map_set_index(&pipeline->derived, key, *out);
    if (status != KF_OK)
        pipeline->derived_newest.count--;
    return status;
}

kf_status kf__channel_add_derived(
    kf_pipeline *pipeline, const kf_channel *channel, kf_channel_id *out)
{
    const char *key = derived_key(pipeline, channel);
    size_t place;
    kf_channel_id id = KF__NONE;
    if (key == NULL)
        return KF_ENOMEM;
    KF__TRY(place_of_name(pipeline, key, &place));
    KF__TRY(kf__channel_add(pipeline, channel, &id));
    kf_status status = kf__pairs_set(
        &pipeline->derived_at, kf__pair((int32_t)place, channel->home), id);
    if (status != KF_OK) {
        pipeline->channels.count--;
        return status;
    }
    pipeline->derived_newest.items[place] = id;
    *out = id;
    return KF_OK;
}

kf_channel_id kf__channel_find_derived(
    const kf_pipeline *pipeline, const char *name, size_t length, kf_group_id group)
{
    void *found;
    if (!kf__map_find(&pipeline->derived, name, length, &found))
        return KF__NONE;
    size_t place = (size_t)(uintptr_t)found;
    for (; group != KF__NONE; group = pipeline->groups.items[group].parent) {
        kf_channel_id id =
            kf__pairs_get(&pipeline->derived_at, kf__pair((int32_t)place, group));
        if (id != KF__NONE)
            return id;
    }
    return pipeline->derived_newest.items[place];
}

kf_io kf__channel_io(const kf_channel *channel)
{
    return (kf_io){.name = channel->name,
        .type = channel->type,
        .schema_title = channel->schema_title,
        .schema_version = channel->schema_version,
        .is_list = channel->is_list,
        .type_text = channel->type_text};
}

void kf__put_channel(
    kf_buf *buf, const kf_pipeline *pipeline, const kf_channel *channel)
{
    const kf_group *groups = pipeline->groups.items;
    switch (channel->kind) {
    case KF__CHANNEL_INPUT:
        kf__buf_printf(buf, "the input \"%s\" of the pipeline", channel->name);
        break;
    case KF__CHANNEL_OUTPUT:
        kf__buf_printf(
            buf, "the output \"%s\" of task \"%s\"", channel->name, channel->owner);
        break;
    case KF__CHANNEL_COLLECTED:
        kf__buf_printf(buf, "the collected output \"%s\" of task \"%s\"", channel->name,
            channel->owner);
        break;
    case KF__CHANNEL_ITEM:
        kf__buf_printf(buf, "the item of the loop \"%s\"", groups[channel->home].name);
        break;
    case KF__CHANNEL_MEMBER:
        kf__buf_printf(buf, "\"%s\" of the item of the loop \"%s\"", channel->key,
            groups[channel->home].name);
        break;
    case KF__CHANNEL_ONE_OF:
    case KF__CHANNEL_SURFACED:
        kf__buf_printf(buf, "the output \"%s\" of \"%s\"", channel->name,
            groups[channel->group].name);
        break;
    }
}

kf_type kf_pipeline_channel_type(const kf_pipeline *pipeline, kf_channel_id channel)
{
    return kf__pipeline_has_channel(pipeline, channel)
               ? pipeline->channels.items[channel].type
               : KF_TYPE_NONE;
}

/* ---- outputs of tasks ---- */

static kf_status find_output(
    const kf_pipeline *pipeline, const kf_task *task, const char *output, size_t *out)
{
    const kf_component_body *body = kf__task_body(pipeline, task);
    if (output != NULL) {
        if (kf__map_find_index(&body->output_index, output, out))
            return KF_OK;
        return kf__fail_unknown_io(
            body->name, "output", output, body->outputs.items, body->outputs.count);
    }
    *out = 0;
    if (body->outputs.count == 1)
        return KF_OK;
    return kf__fail(KF_ENOENT, NULL,
        "task \"%s\" has %zu outputs: name the one that is meant", task->name,
        body->outputs.count);
}

static kf_status make_places(kf_pipeline *pipeline, kf_task *task)
{
    size_t count = kf__task_body(pipeline, task)->outputs.count;
    kf_channel_id *places =
        kf__arena_alloc(&pipeline->tree.arena, count * sizeof *places);
    if (places == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < count; i++)
        places[i] = KF__NONE;
    task->outputs = places;
    return KF_OK;
}

kf_status kf_pipeline_task_output(
    kf_pipeline *pipeline, kf_task_id task, const char *output, kf_channel_id *out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__REQUIRE(kf__pipeline_has_task(pipeline, task));
    kf_task *maker = &pipeline->tasks.items[task];
    size_t at = 0;
    KF__TRY(find_output(pipeline, maker, output, &at));
    if (maker->outputs == NULL)
        KF__TRY(make_places(pipeline, maker));
    if (maker->outputs[at] == KF__NONE) {
        const kf_io *io = &kf__task_body(pipeline, maker)->outputs.items[at];
        kf_channel channel = {.kind = KF__CHANNEL_OUTPUT,
            .type = io->type,
            .is_list = io->is_list,
            .schema_title = io->schema_title,
            .schema_version = io->schema_version,
            .type_text = io->type_text,
            .owner = maker->name,
            .name = io->name,
            .task = task,
            .home = maker->group,
            .group = KF__NONE,
            .source = KF__NONE};
        KF__TRY(kf__channel_add(pipeline, &channel, &maker->outputs[at]));
    }
    *out = maker->outputs[at];
    return KF_OK;
}

/* ---- collected outputs ---- */

kf_status kf_pipeline_collected(
    kf_pipeline *pipeline, kf_channel_id channel, kf_channel_id *out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__REQUIRE(kf__pipeline_has_channel(pipeline, channel));
    kf_channel collected = pipeline->channels.items[channel];
    if (collected.kind != KF__CHANNEL_OUTPUT)
        return kf__fail(
            KF_EINVAL, NULL, "only the output of a task in a loop can be collected");
    collected.kind = KF__CHANNEL_COLLECTED;
    collected.source = channel;
    collected.text = NULL;
    collected.type_text = NULL;
    if (collected.type == KF_TYPE_NONE)
        collected.is_list = true;
    else
        collected.type = KF_TYPE_LIST;
    return kf__channel_add_derived(pipeline, &collected, out);
}

/* ---- one of several branches ---- */

static kf_status fail_one_of(kf_status status, const char *why)
{
    return kf__fail(status, NULL,
        "one of several channels: %s: expected one output of a task in each branch of "
        "one if, elif and else",
        why);
}

/* The branches around what the channels come from. */
static kf_status find_branches(const kf_pipeline *pipeline,
    const kf_channel_id *channels, size_t count, kf_group_id *out)
{
    for (size_t i = 0; i < count; i++) {
        const kf_channel *channel = &pipeline->channels.items[channels[i]];
        if (channel->kind != KF__CHANNEL_OUTPUT)
            return fail_one_of(KF_EINVAL, "not all of them are outputs of tasks");
        kf_group_id parent = pipeline->groups.items[channel->home].parent;
        if (parent == KF__NONE ||
            pipeline->groups.items[parent].kind != KF__GROUP_BRANCHES)
            return fail_one_of(
                KF_ESCOPE, "not all of them are made directly in a branch");
        if (i > 0 && parent != *out)
            return fail_one_of(KF_ESCOPE, "they are of several ifs");
        *out = parent;
    }
    return KF_OK;
}

static size_t count_in(const kf_pipeline *pipeline, const kf_channel_id *channels,
    size_t count, kf_group_id branch)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += pipeline->channels.items[channels[i]].home == branch;
    return found;
}

/* Exactly one of them must come to be, whichever branch runs. */
static kf_status check_exhaustive(const kf_pipeline *pipeline,
    const kf_channel_id *channels, size_t count, kf_group_id branches)
{
    const kf_group *groups = pipeline->groups.items;
    if (groups[groups[branches].last_child].kind != KF__GROUP_ELSE)
        return fail_one_of(KF_ESCOPE, "the branches have no else");
    for (kf_group_id branch = groups[branches].first_child; branch != KF__NONE;
         branch = groups[branch].next) {
        size_t found = count_in(pipeline, channels, count, branch);
        if (found == 0)
            return kf__fail(KF_ESCOPE, NULL,
                "one of several channels: none of them comes to be if the branch "
                "\"%s\" runs: expected one of each branch",
                groups[branch].name);
        if (found > 1)
            return fail_one_of(KF_EINVAL, "two of them are of one branch");
    }
    return KF_OK;
}

static kf_status check_alike(
    const kf_pipeline *pipeline, const kf_channel_id *channels, size_t count)
{
    const kf_channel *first = &pipeline->channels.items[channels[0]];
    for (size_t i = 1; i < count; i++) {
        const kf_channel *other = &pipeline->channels.items[channels[i]];
        bool alike = first->type == other->type && first->is_list == other->is_list;
        if (alike && first->type == KF_TYPE_NONE)
            alike = strcmp(first->schema_title, other->schema_title) == 0 &&
                    strcmp(first->schema_version, other->schema_version) == 0;
        if (!alike)
            return fail_one_of(KF_ETYPE, "they are of several types");
    }
    return KF_OK;
}

kf_status kf_pipeline_one_of(kf_pipeline *pipeline, const kf_channel_id *channels,
    size_t count, kf_channel_id *out)
{
    KF__REQUIRE(pipeline != NULL && channels != NULL && count > 0 && out != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    for (size_t i = 0; i < count; i++)
        KF__REQUIRE(kf__pipeline_has_channel(pipeline, channels[i]));
    kf_group_id branches = KF__NONE;
    KF__TRY(find_branches(pipeline, channels, count, &branches));
    KF__TRY(check_exhaustive(pipeline, channels, count, branches));
    KF__TRY(check_alike(pipeline, channels, count));
    kf_arena *arena = &pipeline->tree.arena;
    kf_group *group = &pipeline->groups.items[branches];
    kf_channel_id *choices = kf__arena_alloc(arena, count * sizeof *choices);
    const char *name = kf__arena_printf(
        arena, "pipelinechannel--%s-oneof-%d", group->name, group->choices + 1);
    if (choices == NULL || name == NULL)
        return KF_ENOMEM;
    memcpy(choices, channels, count * sizeof *choices);
    kf_channel channel = pipeline->channels.items[channels[0]];
    channel.kind = KF__CHANNEL_ONE_OF;
    channel.owner = group->name;
    channel.name = name;
    channel.task = KF__NONE;
    channel.home = group->parent;
    channel.group = branches;
    channel.choices = choices;
    channel.choice_count = count;
    channel.text = NULL;
    KF__TRY(kf__channel_add_derived(pipeline, &channel, out));
    group->choices++;
    return KF_OK;
}
