/* SPDX-License-Identifier: Apache-2.0 */
/* The PlatformSpec beside the pipeline. */
#include <string.h>

#include "base/text.h"
#include "pipeline/check.h"

static void check_executors(
    kf_check *self, const kf_place *place, const kf_value *executors)
{
    for (size_t i = 0; kf_value_key(executors, i) != NULL; i++) {
        const char *name = kf_value_key(executors, i);
        if (kf_value_get(self->executors, name) == NULL)
            kf__find_warning(self->report, KF_ENOENT, KF__PLACE(place, name),
                kf_value_at(executors, i),
                "the configuration is for '%.100s', and the pipeline has no such "
                "executor%s",
                name, kf__hint(name, self->executors).text);
    }
}

static void check_config(kf_check *self, const kf_place *place, const kf_value *config)
{
    static const char *const seconds[] = {"resourceTtlOnCompletion",
        "resourceTtlOnSuccess", "resourceTtlOnFailure", "activeDeadlineSeconds"};
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        const kf_value *value = kf_value_get(config, seconds[i]);
        if (kf_value_int(value) < 0)
            kf__find_error(self->report, KF_EINVAL, KF__PLACE(place, seconds[i]), value,
                "a number of seconds cannot be negative");
    }
}

static bool wants_workspace(const kf_check *self, const char **executor)
{
    for (size_t i = 0; kf_value_key(self->executors, i) != NULL; i++) {
        const kf_value *importer =
            kf_value_get(kf_value_at(self->executors, i), "importer");
        *executor = kf_value_key(self->executors, i);
        if (kf_value_bool(kf_value_get(importer, "downloadToWorkspace")))
            return true;
    }
    return false;
}

/* KFP: write_pipeline_spec_to_file of pipeline_spec_builder.py. */
static void check_workspace(kf_check *self, bool has_workspace)
{
    const char *executor;
    if (has_workspace || !wants_workspace(self, &executor))
        return;
    kf__find_error(self->report, KF_EMISSING,
        KF__PLACE(KF__PLACE(KF__PLACE(NULL, "deploymentSpec"), "executors"), executor),
        kf_value_get(self->executors, executor),
        "the importer downloads to the workspace, and the pipeline has none: its "
        "pipelineConfig has no workspace");
}

void kf__check_platform(kf_check *self)
{
    const kf_value *platforms = kf_value_get(self->document->platform, "platforms");
    const kf_place *place = KF__PLACE(NULL, "platforms");
    bool has_workspace = false;
    for (size_t i = 0; kf_value_key(platforms, i) != NULL; i++) {
        const kf_value *platform = kf_value_at(platforms, i);
        const kf_place *here = KF__PLACE(place, kf_value_key(platforms, i));
        const kf_value *config = kf_value_get(platform, "pipelineConfig");
        check_executors(self, KF__PLACE(KF__PLACE(here, "deploymentSpec"), "executors"),
            kf_value_get(kf_value_get(platform, "deploymentSpec"), "executors"));
        check_config(self, KF__PLACE(here, "pipelineConfig"), config);
        has_workspace = has_workspace || kf_value_get(config, "workspace") != NULL;
    }
    check_workspace(self, has_workspace);
}

/* ---- references in the configuration of a task ---- */

static void check_reference(
    kf_check_task *self, const kf_place *place, const kf_value *reference)
{
    kf_check_dag *dag = self->dag;
    kf_report *report = dag->check->report;
    const kf_value *around = dag->component->input_parameters;
    const char *input = kf__get_text(reference, "componentInputParameter");
    const kf_value *output = kf_value_get(reference, "taskOutputParameter");
    if (input != NULL && input[0] != '\0' && kf_value_get(around, input) == NULL)
        kf__find_error(report, KF_ENOENT, KF__PLACE(place, "componentInputParameter"),
            reference,
            "the configuration of task '%.100s' reads '%.100s', which is no input "
            "parameter around it%s",
            self->name, input, kf__hint(input, around).text);
    if (output == NULL)
        return;
    const kf_place *here = KF__PLACE(place, "taskOutputParameter");
    const char *key = kf__get_text(output, "outputParameterKey");
    size_t producer;
    if (!kf__check_producer(dag, KF__PLACE(here, "producerTask"), output,
            kf__get_text(output, "producerTask"), &producer))
        return;
    const kf_check_component *callee = kf__check_callee(dag, producer);
    if (callee != NULL && kf_value_get(callee->output_parameters, key) == NULL)
        kf__find_error(report, KF_ENOENT, KF__PLACE(here, "outputParameterKey"), output,
            "'%.100s' is no output parameter of task '%.100s'%s",
            key != NULL ? key : "", kf_value_key(dag->tasks, producer),
            kf__hint(key != NULL ? key : "", callee->output_parameters).text);
}

static void check_references(
    kf_check_task *self, const kf_place *place, const kf_value *value)
{
    if (kf_value_kind(value) < KF_KIND_LIST)
        return;
    if (kf_value_kind(value) == KF_KIND_STRUCT)
        check_reference(self, place, value);
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const char *key = kf_value_key(value, i);
        check_references(self,
            key != NULL ? KF__PLACE(place, key) : KF__PLACE_AT(place, i),
            kf_value_at(value, i));
    }
}

void kf__check_platform_task(kf_check_task *self)
{
    const char *executor = self->callee != NULL ? self->callee->executor : NULL;
    const kf_value *config = kf_value_get(self->dag->check->platforms, executor);
    if (config == NULL)
        return;
    const kf_place *place = KF__PLACE(KF__PLACE(NULL, "platforms"), "kubernetes");
    place = KF__PLACE(KF__PLACE(place, "deploymentSpec"), "executors");
    check_references(self, KF__PLACE(place, executor), config);
}
