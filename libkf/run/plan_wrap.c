/* SPDX-License-Identifier: Apache-2.0 */
#include "run/plan.h"

#include "base/error.h"

/* A loop walks a group. Where the document lets one iterate over what is executed
 * itself, the group is made here: a single task that takes all inputs and gives all
 * outputs. */

static kf_status wrap_inputs(kf_plan *plan, kf_plan_task *inner)
{
    const kf_plan_component *component = inner->component;
    inner->input_count = component->input_count;
    if (inner->input_count == 0)
        return KF_OK;
    inner->inputs =
        kf__arena_alloc(&plan->arena, inner->input_count * sizeof *inner->inputs);
    if (!inner->inputs)
        return KF_ENOMEM;
    for (uint32_t i = 0; i < inner->input_count; i++) {
        const kf_plan_io *io = &component->inputs[i];
        inner->inputs[i] = (kf_plan_input){.name = io->name,
            .key = io->name,
            .source = KF__SOURCE_PARENT,
            .artifact = io->type == KF_TYPE_NONE};
    }
    return KF_OK;
}

static kf_status wrap_outputs(
    kf_plan *plan, const kf_value *outputs, bool artifact, kf_plan_dag *dag)
{
    for (size_t i = 0; i < kf_value_length(outputs); i++) {
        kf_plan_output *output = &dag->outputs[dag->output_count++];
        output->name = kf_value_key(outputs, i);
        output->artifact = artifact;
        output->selector_count = 1;
        output->selectors = kf__arena_alloc(&plan->arena, sizeof *output->selectors);
        if (!output->selectors)
            return KF_ENOMEM;
        output->selectors->key = output->name;
    }
    return KF_OK;
}

static kf_status make_group(kf_plan *plan, const kf_plan_task *task, kf_plan_dag *dag)
{
    const kf_value *outputs = kf_value_get(task->component->spec, "outputDefinitions");
    const kf_value *parameters = kf_value_get(outputs, "parameters");
    const kf_value *artifacts = kf_value_get(outputs, "artifacts");
    size_t count = kf_value_length(parameters) + kf_value_length(artifacts);
    kf_plan_task *inner = kf__arena_alloc(&plan->arena, sizeof *inner);
    dag->outputs = kf__arena_alloc(&plan->arena, (count + 1) * sizeof *dag->outputs);
    if (!inner || !dag->outputs)
        return KF_ENOMEM;
    inner->name = task->name;
    inner->display_name = task->display_name;
    inner->component = task->component;
    inner->caching = task->caching;
    inner->cache_key = task->cache_key;
    inner->has_retry = task->has_retry;
    inner->retry = task->retry;
    dag->tasks = inner;
    dag->task_count = 1;
    KF__TRY(wrap_inputs(plan, inner));
    KF__TRY(wrap_outputs(plan, parameters, false, dag));
    return wrap_outputs(plan, artifacts, true, dag);
}

kf_status kf__plan_wrap(kf_plan *plan, kf_plan_task *task)
{
    kf_plan_component *group = kf__arena_alloc(&plan->arena, sizeof *group);
    kf_plan_dag *dag = kf__arena_alloc(&plan->arena, sizeof *dag);
    if (!group || !dag || kf__vec_push(&plan->components, group) != KF_OK)
        return KF_ENOMEM;
    *group = *task->component;
    group->position = (uint32_t)(plan->components.count - 1);
    KF__TRY(make_group(plan, task, dag));
    group->dag = dag;
    group->container = group->importer = NULL;
    task->component = group;
    return KF_OK;
}
