/* SPDX-License-Identifier: Apache-2.0 */
/* The dag of one component: its tasks among themselves, and what it gives. */
#include <stdio.h>

#include "pipeline/check.h"

/* ---- tasks as producers ---- */

/* Where a task lives that is not in this dag. */
static kf_status find_homes(kf_check *check)
{
    if (check->has_task_homes)
        return KF_OK;
    check->has_task_homes = true;
    for (size_t i = 0; i < check->components.count; i++) {
        const kf_value *tasks = check->components.items[i].tasks;
        for (size_t task = 0; kf_value_key(tasks, task) != NULL; task++)
            KF__TRY(
                kf__map_set_index(&check->task_homes, kf_value_key(tasks, task), i));
    }
    return KF_OK;
}

static void unknown_task(
    kf_check_dag *self, const kf_place *place, const kf_value *at, const char *name)
{
    kf_check *check = self->check;
    size_t home;
    if (find_homes(check) != KF_OK) {
        kf__report_add_last(check->report);
        return;
    }
    if (!kf__map_find_index(&check->task_homes, name, &home)) {
        kf__find_error(check->report, KF_ENOENT, place, at,
            "there is no task '%.100s'%s", name, kf__hint(name, self->tasks).text);
        return;
    }
    const char *component = check->components.items[home].name;
    kf__find_error(check->report, KF_ESCOPE, place, at,
        "the task '%.100s' is not in this dag but in that of %s%s: its outputs reach "
        "others only as inputs and outputs of the components between them",
        name, component != NULL ? "component " : "the pipeline",
        component != NULL ? component : "");
}

bool kf__check_producer(kf_check_dag *self, const kf_place *place, const kf_value *at,
    const char *name, size_t *number)
{
    if (name != NULL && kf__map_find_index(&self->index, name, number))
        return true;
    if (name != NULL)
        unknown_task(self, place, at, name);
    else
        kf__find_error(
            self->check->report, KF_EMISSING, place, at, "the task is not named");
    return false;
}

kf_check_component *kf__check_callee(kf_check_dag *self, size_t number)
{
    kf_check *check = self->check;
    size_t callee = check->callees.items[self->component->first_callee + number];
    return callee == KF__NO_COMPONENT ? NULL : &check->components.items[callee];
}

kf_status kf__check_edge(kf_check_dag *self, size_t task, size_t upstream)
{
    KF__TRY(kf__vec_push(&self->edges, (uint32_t)task));
    return kf__vec_push(&self->edges, (uint32_t)upstream);
}

/* ---- outputs ---- */

static bool is_looped(const kf_value *task)
{
    return kf_value_get(task, "parameterIterator") != NULL ||
           kf_value_get(task, "artifactIterator") != NULL;
}

static void check_selector(kf_check_dag *self, const kf_place *place,
    const kf_value *selector, const kf_value *definition, bool is_parameter)
{
    kf_report *report = self->check->report;
    const char *field = is_parameter ? "outputParameterKey" : "outputArtifactKey";
    const char *key = kf__get_text(selector, field);
    size_t number;
    if (!kf__check_producer(self, KF__PLACE(place, "producerSubtask"), selector,
            kf__get_text(selector, "producerSubtask"), &number))
        return;
    const kf_check_component *callee = kf__check_callee(self, number);
    if (callee == NULL)
        return;
    const kf_value *outputs =
        is_parameter ? callee->output_parameters : callee->output_artifacts;
    const kf_value *output = kf_value_get(outputs, key);
    if (output == NULL) {
        kf__find_error(report, KF_ENOENT, KF__PLACE(place, field), selector,
            "'%.100s' is no output %s of task '%.100s'%s", key != NULL ? key : "",
            is_parameter ? "parameter" : "artifact", kf_value_key(self->tasks, number),
            kf__hint(key != NULL ? key : "", outputs).text);
        return;
    }
    kf_io given =
        is_parameter ? kf__check_parameter_io(output) : kf__check_artifact_io(output);
    kf_io expected = is_parameter ? kf__check_parameter_io(definition)
                                  : kf__check_artifact_io(definition);
    bool looped =
        self->component->is_within_loop || is_looped(kf_value_at(self->tasks, number));
    if (definition == NULL || kf__check_fits(&given, &expected, looped) ||
        (is_parameter && (given.type == KF_TYPE_NONE || expected.type == KF_TYPE_NONE)))
        return;
    char what[256];
    (void)snprintf(what, sizeof what, "the output '%.100s' of task '%.100s'", key,
        kf_value_key(self->tasks, number));
    kf__check_mismatch(report, KF_SEVERITY_ERROR, place, selector, what, &given,
        "is to be given as", &expected);
}

static void check_selectors(kf_check_dag *self, const kf_place *place,
    const kf_value *selectors, const kf_value *definition, bool is_parameter)
{
    if (kf_value_length(selectors) == 0)
        kf__find_error(self->check->report, KF_EMISSING, place, selectors,
            "the output comes from nowhere");
    for (size_t i = 0; i < kf_value_length(selectors); i++)
        check_selector(self, KF__PLACE_AT(place, i), kf_value_at(selectors, i),
            definition, is_parameter);
}

static void check_parameter_output(kf_check_dag *self, const kf_place *place,
    const kf_value *output, const kf_value *definition)
{
    const kf_value *one = kf_value_get(output, "valueFromParameter");
    const kf_value *any = kf_value_get(output, "valueFromOneof");
    if (one != NULL)
        check_selector(
            self, KF__PLACE(place, "valueFromParameter"), one, definition, true);
    else
        check_selectors(self,
            KF__PLACE(KF__PLACE(place, "valueFromOneof"), "parameterSelectors"),
            kf_value_get(any, "parameterSelectors"), definition, true);
}

static void check_outputs(kf_check_dag *self, const kf_place *place, bool is_parameter)
{
    const char *group = is_parameter ? "parameters" : "artifacts";
    const kf_value *outputs =
        kf_value_get(kf_value_get(self->component->dag, "outputs"), group);
    const kf_value *definitions = is_parameter ? self->component->output_parameters
                                               : self->component->output_artifacts;
    const kf_place *here = KF__PLACE(KF__PLACE(place, "outputs"), group);
    for (size_t i = 0; kf_value_key(outputs, i) != NULL; i++) {
        const char *name = kf_value_key(outputs, i);
        const kf_value *output = kf_value_at(outputs, i);
        const kf_value *definition = kf_value_get(definitions, name);
        const kf_place *one = KF__PLACE(here, name);
        if (definition == NULL)
            kf__find_error(self->check->report, KF_ENOENT, one, output,
                "'%.100s' is given but not declared in outputDefinitions.%s%s", name,
                group, kf__hint(name, definitions).text);
        if (is_parameter)
            check_parameter_output(self, one, output, definition);
        else
            check_selectors(self, KF__PLACE(one, "artifactSelectors"),
                kf_value_get(output, "artifactSelectors"), definition, false);
    }
    for (size_t i = 0; kf_value_key(definitions, i) != NULL; i++) {
        const char *name = kf_value_key(definitions, i);
        if (kf_value_get(outputs, name) == NULL)
            kf__find_error(self->check->report, KF_EMISSING, KF__PLACE(here, name),
                kf_value_at(definitions, i),
                "the output '%.100s' is declared and never given", name);
    }
}

/* ---- tasks ---- */

static kf_status check_tasks(kf_check_dag *self)
{
    for (size_t i = 0; kf_value_key(self->tasks, i) != NULL; i++)
        KF__TRY(kf__map_set_index(&self->index, kf_value_key(self->tasks, i), i));
    for (size_t i = 0; kf_value_key(self->tasks, i) != NULL; i++) {
        const char *name = kf_value_key(self->tasks, i);
        const kf_value *spec = kf_value_at(self->tasks, i);
        const kf_value *inputs = kf_value_get(spec, "inputs");
        kf_check_task task = {
            .dag = self,
            .number = i,
            .name = name,
            .spec = spec,
            .parameters = kf_value_get(inputs, "parameters"),
            .artifacts = kf_value_get(inputs, "artifacts"),
            .callee = kf__check_callee(self, i),
            .place = KF__PLACE(self->place, name),
        };
        KF__TRY(kf__check_task(&task));
    }
    return kf__check_cycles(self);
}

kf_status kf__check_dag(
    kf_check *self, kf_check_component *component, const kf_place *place)
{
    const kf_place *here = KF__PLACE(place, "dag");
    kf_check_dag dag = {
        .check = self,
        .component = component,
        .tasks = component->tasks,
        .place = KF__PLACE(here, "tasks"),
    };
    if (kf_value_length(dag.tasks) == 0)
        kf__find_error(self->report, KF_EMISSING, dag.place, component->dag,
            "%s has no tasks", component->name != NULL ? "the dag" : "the pipeline");
    kf_status status = check_tasks(&dag);
    if (status == KF_OK) {
        check_outputs(&dag, here, true);
        check_outputs(&dag, here, false);
    }
    kf__map_finish(&dag.index);
    kf__vec_finish(&dag.edges);
    return status;
}
