/* SPDX-License-Identifier: Apache-2.0 */
#include "run/plan.h"

#include "base/error.h"

static kf_status read_selector(const kf_map *index, const char *output,
    const kf_value *spec, const char *key, struct kf_plan_selector *selector)
{
    size_t producer = 0;
    const char *task = kf__get_text(spec, "producerSubtask");
    selector->key = kf__get_text(spec, key);
    if (!task || !kf__map_find_index(index, task, &producer))
        return kf__fail(KF_ENOENT, output, "the output '%s' is of an unknown task '%s'",
            output, task ? task : "");
    if (!selector->key)
        return kf__fail(KF_EDOCUMENT, output,
            "the output '%s' does not say which of '%s'", output, task);
    selector->producer = (uint32_t)producer;
    return KF_OK;
}

/* `list`: several selectors; else `spec` is the only one. */
static kf_status read_selectors(kf_plan *plan, const kf_map *index,
    const kf_value *list, const kf_value *spec, kf_plan_output *output)
{
    const char *key = output->artifact ? "outputArtifactKey" : "outputParameterKey";
    size_t count = list ? kf_value_length(list) : 1;
    if (count == 0 || (!list && !spec))
        return kf__fail(
            KF_EDOCUMENT, output->name, "the output '%s' has no source", output->name);
    output->one_of = count > 1;
    output->selectors =
        kf__arena_alloc(&plan->arena, count * sizeof *output->selectors);
    if (!output->selectors)
        return KF_ENOMEM;
    for (size_t i = 0; i < count; i++)
        KF__TRY(read_selector(index, output->name, list ? kf_value_at(list, i) : spec,
            key, &output->selectors[output->selector_count++]));
    return KF_OK;
}

static kf_status read_parameter(
    kf_plan *plan, const kf_map *index, const kf_value *spec, kf_plan_output *output)
{
    const kf_value *one_of = kf_value_get(spec, "valueFromOneof");
    return read_selectors(plan, index, kf_value_get(one_of, "parameterSelectors"),
        kf_value_get(spec, "valueFromParameter"), output);
}

kf_status kf__plan_outputs(
    kf_plan *plan, const kf_value *outputs, const kf_map *index, kf_plan_dag *dag)
{
    const kf_value *parameters = kf_value_get(outputs, "parameters");
    const kf_value *artifacts = kf_value_get(outputs, "artifacts");
    size_t count = kf_value_length(parameters) + kf_value_length(artifacts);
    if (count == 0)
        return KF_OK;
    dag->outputs = kf__arena_alloc(&plan->arena, count * sizeof *dag->outputs);
    if (!dag->outputs)
        return KF_ENOMEM;
    for (size_t i = 0; i < kf_value_length(parameters); i++) {
        kf_plan_output *output = &dag->outputs[dag->output_count++];
        output->name = kf_value_key(parameters, i);
        KF__TRY(read_parameter(plan, index, kf_value_at(parameters, i), output));
    }
    for (size_t i = 0; i < kf_value_length(artifacts); i++) {
        kf_plan_output *output = &dag->outputs[dag->output_count++];
        output->name = kf_value_key(artifacts, i);
        output->artifact = true;
        KF__TRY(read_selectors(plan, index,
            kf_value_get(kf_value_at(artifacts, i), "artifactSelectors"), NULL,
            output));
    }
    return KF_OK;
}
