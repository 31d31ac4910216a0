/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "pipeline/pipeline.h"

static void unlink_last(kf_pipeline *pipeline, kf_task_id id)
{
    kf_group *group = &pipeline->groups.items[pipeline->tasks.items[id].group];
    if (group->first_task == id) {
        group->first_task = group->last_task = KF__NONE;
        return;
    }
    kf_task_id before = group->first_task;
    while (pipeline->tasks.items[before].next != id)
        before = pipeline->tasks.items[before].next;
    pipeline->tasks.items[before].next = KF__NONE;
    group->last_task = before;
}

/* The name is free again, and so is its number. */
static void give_name_back(kf_pipeline *pipeline, const kf_task *task)
{
    const char *base = kf__task_body(pipeline, task)->name;
    kf__map_drop_last(&pipeline->names);
    pipeline->name_uses.count--;
    size_t length = strlen(base), at;
    int64_t number;
    if (kf__starts_with(task->name, base) && task->name[length] == '-' &&
        kf__parse_int64(task->name + length + 1, &number) &&
        kf__map_find_index(&pipeline->names, base, &at))
        pipeline->name_uses.items[at].next = (uint32_t)number;
}

void kf__task_drop_last(kf_pipeline *pipeline)
{
    kf_task_id task = (kf_task_id)pipeline->tasks.count - 1;
    unlink_last(pipeline, task);
    give_name_back(pipeline, &pipeline->tasks.items[task]);
    pipeline->tasks.count--;
}
