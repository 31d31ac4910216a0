/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of tasks: conditions, loops, exit handlers (KFP: tasks_group.py). */
#include "base/error.h"
#include "base/limits.h"
#include "pipeline/pipeline.h"
#include "pipeline/type.h"

/* ---- the tree of groups ---- */

static const char *const prefixes[] = {[KF__GROUP_IF] = "condition",
    [KF__GROUP_ELIF] = "condition",
    [KF__GROUP_ELSE] = "condition",
    [KF__GROUP_BRANCHES] = "condition-branches",
    [KF__GROUP_LOOP] = "for-loop",
    [KF__GROUP_EXIT] = "exit-handler"};

static kf_status take_name(kf_pipeline *pipeline, kf_group *group)
{
    const char *base = kf__arena_printf(
        &pipeline->tree.arena, "%s-%d", prefixes[group->kind], group->number);
    if (base == NULL)
        return KF_ENOMEM;
    return kf__name_take(pipeline, base, KF__NONE, &group->name);
}

kf_group kf__group_new(const kf_pipeline *pipeline, kf_group_kind kind)
{
    return (kf_group){.kind = kind,
        .number = pipeline->group_count + 1,
        .parent = pipeline->current,
        .first_child = KF__NONE,
        .last_child = KF__NONE,
        .next = KF__NONE,
        .previous = KF__NONE,
        .first_task = KF__NONE,
        .last_task = KF__NONE,
        .condition = KF__NONE,
        .items = KF__NONE,
        .item = KF__NONE,
        .exit_task = KF__NONE};
}

kf_status kf__group_check_depth(const kf_pipeline *pipeline)
{
    if (kf__group_depth(pipeline, pipeline->current) + 2 <= KF__LIMIT_GROUP_DEPTH)
        return KF_OK;
    return kf__fail(KF_ELIMIT, NULL,
        "conditions, loops and exit handlers can be nested %d deep "
        "(KF__LIMIT_GROUP_DEPTH)",
        KF__LIMIT_GROUP_DEPTH);
}

static void link_last(kf_pipeline *pipeline, kf_group_id id)
{
    kf_group *groups = pipeline->groups.items;
    kf_group *parent = &groups[groups[id].parent];
    groups[id].previous = parent->last_child;
    groups[id].next = KF__NONE;
    if (parent->last_child == KF__NONE)
        parent->first_child = id;
    else
        groups[parent->last_child].next = id;
    parent->last_child = id;
}

static void unlink_last(kf_pipeline *pipeline, kf_group_id parent_id)
{
    kf_group *groups = pipeline->groups.items;
    kf_group *parent = &groups[parent_id];
    parent->last_child = groups[parent->last_child].previous;
    if (parent->last_child == KF__NONE)
        parent->first_child = KF__NONE;
    else
        groups[parent->last_child].next = KF__NONE;
}

/* Room for one more group, so that appending it cannot fail. */
static kf_status make_room(kf_pipeline *pipeline)
{
    if (pipeline->groups.count >= KF__LIMIT_TASKS)
        return kf__fail(KF_ELIMIT, NULL,
            "a pipeline can have %u groups (KF__LIMIT_TASKS)", KF__LIMIT_TASKS);
    return kf__vec_grow((void **)&pipeline->groups.items, pipeline->groups.count,
        &pipeline->groups.capacity, sizeof *pipeline->groups.items);
}

static kf_group_id append(kf_pipeline *pipeline, const kf_group *group)
{
    kf_group_id id = (kf_group_id)pipeline->groups.count++;
    pipeline->groups.items[id] = *group;
    link_last(pipeline, id);
    pipeline->group_count++;
    return id;
}

static kf_status check_display_name(const char *name)
{
    return name == NULL ? KF_OK : kf__component_check_text("the name of a group", name);
}

kf_status kf__group_prepare(
    kf_pipeline *pipeline, kf_group *group, const char *display_name)
{
    KF__TRY(check_display_name(display_name));
    group->display_name = kf__pipeline_keep(pipeline, display_name);
    KF__TRY(kf__pipeline_settle(pipeline));
    KF__TRY(make_room(pipeline));
    return take_name(pipeline, group);
}

kf_group_id kf__group_open(kf_pipeline *pipeline, const kf_group *group)
{
    pipeline->current = append(pipeline, group);
    return pipeline->current;
}

kf_status kf_pipeline_end(kf_pipeline *pipeline)
{
    KF__REQUIRE(pipeline != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    const kf_group *groups = pipeline->groups.items;
    const kf_group *group = &groups[pipeline->current];
    if (group->kind == KF__GROUP_ROOT)
        return kf__fail(KF_ESTATE, NULL, "no group is open that could be closed");
    if (group->first_task == KF__NONE && group->first_child == KF__NONE)
        return kf__fail(KF_EMISSING, NULL,
            "the %s \"%s\" holds no task: Kubeflow refuses empty groups",
            kf__group_noun(group->kind), group->name);
    kf_group_id parent = group->parent;
    if (groups[parent].kind == KF__GROUP_BRANCHES)
        parent = groups[parent].parent;
    pipeline->current = parent;
    return KF_OK;
}

/* ---- conditions ---- */

typedef struct reading {
    const kf_pipeline *pipeline;
    kf_group_id group;
} reading;

static kf_status check_readable(kf_channel_id channel, void *payload)
{
    const reading *read = payload;
    return kf__scope_check(read->pipeline, channel, read->group, "a condition");
}

static kf_status check_condition(const kf_pipeline *pipeline, kf_condition_id condition)
{
    reading read = {.pipeline = pipeline, .group = pipeline->current};
    KF__REQUIRE(condition >= 0 && (size_t)condition < pipeline->conditions.count);
    return kf__condition_visit(pipeline, condition, check_readable, &read);
}

kf_status kf_pipeline_begin_if(kf_pipeline *pipeline, kf_condition_id condition,
    const char *name, kf_group_id *out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__TRY(kf__group_check_depth(pipeline));
    KF__TRY(check_condition(pipeline, condition));
    kf_group group = kf__group_new(pipeline, KF__GROUP_IF);
    group.condition = condition;
    KF__TRY(kf__group_prepare(pipeline, &group, name));
    *out = kf__group_open(pipeline, &group);
    return KF_OK;
}

/* The if before becomes the first of branches: they take its place and its number, and
 * it gets the next one (KFP: maybe_make_and_insert_conditional_branches_group). */
static kf_status wrap(kf_pipeline *pipeline, kf_group_id first, kf_group_id *out)
{
    kf_group branches = kf__group_new(pipeline, KF__GROUP_BRANCHES);
    kf_group renamed = pipeline->groups.items[first];
    renamed.number = branches.number;
    branches.number = pipeline->groups.items[first].number;
    KF__TRY(take_name(pipeline, &branches));
    KF__TRY(take_name(pipeline, &renamed));
    KF__TRY(make_room(pipeline));
    unlink_last(pipeline, pipeline->current);
    *out = append(pipeline, &branches);
    kf_group *wrapped = &pipeline->groups.items[first];
    wrapped->name = renamed.name;
    wrapped->number = renamed.number;
    wrapped->parent = *out;
    link_last(pipeline, first);
    return KF_OK;
}

/* The branches that an elif or else after the group closed last belongs to. */
static kf_status find_branches(
    kf_pipeline *pipeline, const char *what, kf_group_id *out)
{
    const kf_group *groups = pipeline->groups.items;
    kf_group_id last = groups[pipeline->current].last_child;
    kf_group_kind kind = last != KF__NONE ? groups[last].kind : KF__GROUP_ROOT;
    if (kind == KF__GROUP_IF)
        return wrap(pipeline, last, out);
    if (kind == KF__GROUP_BRANCHES &&
        groups[groups[last].last_child].kind != KF__GROUP_ELSE) {
        *out = last;
        return KF_OK;
    }
    return kf__fail(KF_ESTATE, NULL,
        "an %s can only follow an if or an elif, and before this one comes %s", what,
        kind == KF__GROUP_BRANCHES ? "an else" : "none");
}

static kf_status begin_branch(kf_pipeline *pipeline, kf_group_kind kind,
    kf_condition_id condition, const char *name, kf_group_id *out)
{
    kf_group_id around = pipeline->current;
    KF__TRY(check_display_name(name));
    KF__TRY(kf__group_check_depth(pipeline));
    kf_group_id branches = KF__NONE;
    KF__TRY(find_branches(pipeline, kf__group_noun(kind), &branches));
    pipeline->current = branches;
    kf_group group = kf__group_new(pipeline, kind);
    group.condition = condition;
    kf_status status = kf__group_prepare(pipeline, &group, name);
    if (status == KF_OK)
        *out = kf__group_open(pipeline, &group);
    else
        pipeline->current = around;
    return status;
}

kf_status kf_pipeline_begin_elif(kf_pipeline *pipeline, kf_condition_id condition,
    const char *name, kf_group_id *out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__TRY(check_condition(pipeline, condition));
    return begin_branch(pipeline, KF__GROUP_ELIF, condition, name, out);
}

kf_status kf_pipeline_begin_else(
    kf_pipeline *pipeline, const char *name, kf_group_id *out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    return begin_branch(pipeline, KF__GROUP_ELSE, KF__NONE, name, out);
}
