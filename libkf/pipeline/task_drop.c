/* SPDX-License-Identifier: Apache-2.0 */
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

void kf__task_drop_last(kf_pipeline *pipeline)
{
    kf_task_id task = (kf_task_id)pipeline->tasks.count - 1;
    unlink_last(pipeline, task);
    kf__name_give_back(
        pipeline, kf__task_body(pipeline, &pipeline->tasks.items[task])->name);
    pipeline->tasks.count--;
}
