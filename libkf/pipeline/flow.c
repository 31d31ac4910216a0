/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of tasks: conditions, loops, exit handlers (KFP: tasks_group.py). */
#include <stdio.h>

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

enum { LONGEST_NAME = 64 };

static void put_name(const kf_group *group, char name[LONGEST_NAME])
{
    (void)snprintf(name, LONGEST_NAME, "%s-%d", prefixes[group->kind], group->number);
}

static kf_status take_name(kf_pipeline *pipeline, kf_group *group)
{
    char name[LONGEST_NAME];
    put_name(group, name);
    return kf__name_take(pipeline, name, KF__NONE, &group->name);
}

void kf__group_abandon(kf_pipeline *pipeline, const kf_group *group)
{
    char name[LONGEST_NAME];
    put_name(group, name);
    kf__name_give_back(pipeline, name);
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

/* Room for `more` groups, so that appending them cannot fail. */
static kf_status make_room(kf_pipeline *pipeline, size_t more)
{
    if (pipeline->groups.count >= KF__LIMIT_TASKS)
        return kf__fail(KF_ELIMIT, NULL,
            "a pipeline can have %u groups (KF__LIMIT_TASKS)", KF__LIMIT_TASKS);
    return kf__vec_grow((void **)&pipeline->groups.items,
        pipeline->groups.count + more - 1, &pipeline->groups.capacity,
        sizeof *pipeline->groups.items);
}

static kf_group_id append(kf_pipeline *pipeline, const kf_group *group)
{
    kf_group_id id = (kf_group_id)pipeline->groups.count++;
    pipeline->groups.items[id] = *group;
    link_last(pipeline, id);
    pipeline->group_count++;
    return id;
}

static kf_status take_display_name(
    kf_pipeline *pipeline, kf_group *group, const char *name)
{
    if (name != NULL)
        KF__TRY(kf__component_check_text("the name of a group", name));
    group->display_name = kf__pipeline_keep(pipeline, name);
    return kf__pipeline_settle(pipeline);
}

kf_status kf__group_prepare(
    kf_pipeline *pipeline, kf_group *group, const char *display_name)
{
    KF__TRY(take_display_name(pipeline, group, display_name));
    KF__TRY(make_room(pipeline, 1));
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

/* What an elif or else brings about: the if before becomes the first of branches, which
 * take its place and its number, and it gets the next one (KFP:
 * maybe_make_and_insert_conditional_branches_group). */
typedef struct wrapping {
    kf_group_id first; /* The if; none if there are branches already. */
    kf_group branches, renamed;
} wrapping;

static kf_status take_names(kf_pipeline *pipeline, wrapping *w, kf_group *group)
{
    if (w->first == KF__NONE)
        return take_name(pipeline, group);
    KF__TRY(take_name(pipeline, &w->branches));
    kf_status status = take_name(pipeline, &w->renamed);
    if (status == KF_OK) {
        status = take_name(pipeline, group);
        if (status == KF_OK)
            return KF_OK;
        kf__group_abandon(pipeline, &w->renamed);
    }
    kf__group_abandon(pipeline, &w->branches);
    return status;
}

static kf_group_id wrap(kf_pipeline *pipeline, const wrapping *w)
{
    unlink_last(pipeline, pipeline->current);
    kf_group_id branches = append(pipeline, &w->branches);
    kf_group *wrapped = &pipeline->groups.items[w->first];
    wrapped->name = w->renamed.name;
    wrapped->number = w->renamed.number;
    wrapped->parent = branches;
    link_last(pipeline, w->first);
    return branches;
}

static wrapping plan_wrapping(const kf_pipeline *pipeline, kf_group_id first)
{
    wrapping w = {.first = first,
        .branches = kf__group_new(pipeline, KF__GROUP_BRANCHES),
        .renamed = pipeline->groups.items[first]};
    w.renamed.number = w.branches.number;
    w.branches.number = pipeline->groups.items[first].number;
    return w;
}

/* What was closed last must be an if, or branches that go on. */
static kf_status check_before(const kf_pipeline *pipeline, kf_group_kind kind)
{
    const kf_group *groups = pipeline->groups.items;
    kf_group_id last = groups[pipeline->current].last_child;
    kf_group_kind before = last != KF__NONE ? groups[last].kind : KF__GROUP_ROOT;
    bool ended = before == KF__GROUP_BRANCHES &&
                 groups[groups[last].last_child].kind == KF__GROUP_ELSE;
    if (before == KF__GROUP_IF || (before == KF__GROUP_BRANCHES && !ended))
        return KF_OK;
    return kf__fail(KF_ESTATE, NULL,
        "an %s can only follow an if or an elif, and before this one comes %s",
        kf__group_noun(kind), ended ? "an else" : "none");
}

static kf_status begin_branch(kf_pipeline *pipeline, kf_group_kind kind,
    kf_condition_id condition, const char *name, kf_group_id *out)
{
    KF__TRY(kf__group_check_depth(pipeline));
    KF__TRY(check_before(pipeline, kind));
    kf_group_id last = pipeline->groups.items[pipeline->current].last_child;
    bool wraps = pipeline->groups.items[last].kind == KF__GROUP_IF;
    wrapping w = {.first = KF__NONE};
    kf_group group = kf__group_new(pipeline, kind);
    group.condition = condition;
    if (wraps) {
        w = plan_wrapping(pipeline, last);
        group.number++;
    }
    KF__TRY(take_display_name(pipeline, &group, name));
    KF__TRY(make_room(pipeline, 2));
    KF__TRY(take_names(pipeline, &w, &group));
    group.parent = wraps ? wrap(pipeline, &w) : last;
    *out = kf__group_open(pipeline, &group);
    return KF_OK;
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
