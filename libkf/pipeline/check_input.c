/* SPDX-License-Identifier: Apache-2.0 */
/* Where the inputs of a task come from, and whether that fits what its component takes. */
#include <stdio.h>
#include <string.h>

#include "pipeline/check.h"
#include "pipeline/expr.h"
#include "pipeline/placeholder.h"

/* One input of a task. */
typedef struct input {
    kf_check_task *task;
    const char *name;
    const kf_value *source;
    const kf_value *definition; /* In the task's component; NULL: none there. */
    const kf_place *place;
} input;

static kf_report *report_of(const input *self)
{
    return self->task->dag->check->report;
}

/* Whether what is given fits the input; if not, nothing is said of it yet. */
static bool agrees(const input *self, const kf_io *given, bool looped, kf_io *expected)
{
    bool is_parameter = given->type != KF_TYPE_NONE;
    if (self->definition == NULL)
        return true;
    *expected = is_parameter ? kf__check_parameter_io(self->definition)
                             : kf__check_artifact_io(self->definition);
    return (is_parameter && expected->type == KF_TYPE_NONE) ||
           kf__check_fits(given, expected, looped);
}

static void mismatch(const input *self, const kf_value *at, const char *what,
    const kf_io *given, const kf_io *expected)
{
    bool widens = given->type == KF_TYPE_INTEGER && expected->type == KF_TYPE_DOUBLE;
    kf__check_mismatch(report_of(self),
        widens ? KF_SEVERITY_WARNING : KF_SEVERITY_ERROR, self->place, at, what, given,
        "the input takes", expected);
}

/* ---- outputs of other tasks ---- */

static kf_status check_task_output(
    const input *self, const kf_value *output, const kf_place *place, bool is_parameter)
{
    kf_check_dag *dag = self->task->dag;
    const char *key_field = is_parameter ? "outputParameterKey" : "outputArtifactKey";
    const char *key = kf__get_text(output, key_field);
    size_t producer;
    if (!kf__check_producer(dag, KF__PLACE(place, "producerTask"), output,
            kf__get_text(output, "producerTask"), &producer))
        return KF_OK;
    KF__TRY(kf__check_edge(dag, self->task->number, producer));
    kf_check_component *callee = kf__check_callee(dag, producer);
    if (callee == NULL)
        return KF_OK;
    const kf_value *outputs =
        is_parameter ? callee->output_parameters : callee->output_artifacts;
    const kf_value *others =
        is_parameter ? callee->output_artifacts : callee->output_parameters;
    const kf_value *definition = kf_value_get(outputs, key);
    const char *name = kf_value_key(dag->tasks, producer);
    if (definition == NULL) {
        kf__find_error(report_of(self), KF_ENOENT, KF__PLACE(place, key_field), output,
            kf_value_get(others, key) != NULL
                ? "the output '%.100s' of task '%.100s' is no %s%s"
                : "'%.100s' is no output of task '%.100s': no such %s%s",
            key != NULL ? key : "", name, is_parameter ? "parameter" : "artifact",
            kf__hint(key != NULL ? key : "", outputs).text);
        return KF_OK;
    }
    if (kf_value_get(self->source, "parameterExpressionSelector") != NULL)
        return KF_OK;
    kf_io given = is_parameter ? kf__check_parameter_io(definition)
                               : kf__check_artifact_io(definition);
    const kf_value *spec = kf_value_at(dag->tasks, producer);
    bool looped = kf_value_get(spec, "parameterIterator") != NULL ||
                  kf_value_get(spec, "artifactIterator") != NULL;
    kf_io expected;
    if ((is_parameter && given.type == KF_TYPE_NONE) ||
        agrees(self, &given, looped, &expected))
        return KF_OK;
    char what[256];
    (void)snprintf(
        what, sizeof what, "the output '%.100s' of task '%.100s'", key, name);
    mismatch(self, output, what, &given, &expected);
    return KF_OK;
}

/* ---- inputs of the component around ---- */

static const char *iterator_item(const kf_value *task, const char *iterator)
{
    return kf__get_text(kf_value_get(task, iterator), "itemInput");
}

static void check_component_input(
    const input *self, const kf_value *reference, bool is_parameter)
{
    const kf_check_component *around = self->task->dag->component;
    const char *name = kf_value_string(reference);
    const kf_value *inputs =
        is_parameter ? around->input_parameters : around->input_artifacts;
    const kf_value *others =
        is_parameter ? around->input_artifacts : around->input_parameters;
    const char *field =
        is_parameter ? "componentInputParameter" : "componentInputArtifact";
    if (name == NULL)
        return;
    const kf_value *definition = kf_value_get(inputs, name);
    if (definition == NULL) {
        kf__find_error(report_of(self), KF_ENOENT, KF__PLACE(self->place, field),
            reference,
            kf_value_get(others, name) != NULL
                ? "the input '%.100s' of %s%s is no %s%s"
                : "'%.100s' is no input of %s%s: no such %s%s",
            name, around->name != NULL ? "component " : "the pipeline",
            around->name != NULL ? around->name : "",
            is_parameter ? "parameter" : "artifact", kf__hint(name, inputs).text);
        return;
    }
    kf_io given = is_parameter ? kf__check_parameter_io(definition)
                               : kf__check_artifact_io(definition);
    /* KFP does not know the type of the items of some lists, and says STRING. */
    bool vague = given.type == KF_TYPE_STRING && strstr(name, "-loop-item") != NULL;
    if (vague || kf_value_get(self->source, "parameterExpressionSelector") != NULL ||
        (is_parameter && given.type == KF_TYPE_NONE))
        return;
    kf_io expected;
    if (agrees(self, &given, false, &expected))
        return;
    char what[256];
    (void)snprintf(what, sizeof what, "the input '%.100s' around it", name);
    mismatch(self, reference, what, &given, &expected);
}

/* ---- constants ---- */

static kf_status check_placeholder(const kf_placeholder *placeholder, void *payload)
{
    const input *self = payload;
    if (placeholder->kind != KF__PLACEHOLDER_INPUT)
        return KF_OK;
    kf_span name = placeholder->name;
    if (kf__check_get(self->task->parameters, name.text, name.length) == NULL)
        kf__find_error(report_of(self), KF_ENOENT, self->place, self->source,
            "the constant reads '%.*s', and the task has no such input parameter",
            name.length > 100 ? 100 : (int)name.length, name.text);
    return KF_OK;
}

static kf_status check_placeholders(input *self, const kf_value *value)
{
    if (kf_value_kind(value) == KF_KIND_STRING)
        return kf__placeholders_visit(kf_value_string(value), check_placeholder, self);
    if (kf_value_kind(value) < KF_KIND_LIST)
        return KF_OK;
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const char *key = kf_value_key(value, i);
        if (key != NULL)
            KF__TRY(kf__placeholders_visit(key, check_placeholder, self));
        KF__TRY(check_placeholders(self, kf_value_at(value, i)));
    }
    return KF_OK;
}

static kf_status check_runtime_value(input *self, const kf_value *runtime)
{
    const kf_place *place = KF__PLACE(self->place, "runtimeValue");
    const kf_value *constant = kf_value_get(runtime, "constant");
    const char *parameter = kf__get_text(runtime, "runtimeParameter");
    if (kf_value_kind(runtime) == KF_KIND_STRUCT && kf_value_length(runtime) == 0)
        kf__find_error(
            report_of(self), KF_EMISSING, place, runtime, "the value is missing");
    if (parameter != NULL)
        check_component_input(self, kf_value_get(runtime, "runtimeParameter"), true);
    if (constant == NULL)
        return KF_OK;
    if (self->definition != NULL)
        kf__check_constant(report_of(self), KF__PLACE(place, "constant"), constant,
            self->definition, "the constant");
    return check_placeholders(self, constant);
}

/* ---- the final status of another task ---- */

static kf_status check_final_status(const input *self, const kf_value *status)
{
    kf_check_dag *dag = self->task->dag;
    const kf_place *place = KF__PLACE(self->place, "taskFinalStatus");
    const char *strategy =
        kf__get_text(kf_value_get(self->task->spec, "triggerPolicy"), "strategy");
    size_t producer;
    if (!kf__check_producer(dag, KF__PLACE(place, "producerTask"), status,
            kf__get_text(status, "producerTask"), &producer))
        return KF_OK;
    kf_io expected = kf__check_parameter_io(self->definition);
    if (self->definition != NULL && expected.type != KF_TYPE_TASK_FINAL_STATUS)
        kf__find_error(report_of(self), KF_ETYPE, place, status,
            "a final status goes to an input of type TASK_FINAL_STATUS, not %s",
            expected.type != KF_TYPE_NONE ? kf_type_name(expected.type) : "this");
    if (strategy == NULL || strcmp(strategy, "ALL_UPSTREAM_TASKS_COMPLETED") != 0)
        kf__find_warning(report_of(self), KF_ESTATE, place, status,
            "the task takes the final status of '%.100s', but does not run when that "
            "fails: its triggerPolicy.strategy is not ALL_UPSTREAM_TASKS_COMPLETED",
            kf_value_key(dag->tasks, producer));
    return kf__check_edge(dag, self->task->number, producer);
}

/* ---- one input ---- */

static void check_selector(const input *self)
{
    const kf_value *selector =
        kf_value_get(self->source, "parameterExpressionSelector");
    const char *text = kf_value_string(selector);
    kf_expr *expr;
    if (text == NULL)
        return;
    const kf_place *place = KF__PLACE(self->place, "parameterExpressionSelector");
    if (kf__expr_parse(text, kf_value_length(selector), &expr) != KF_OK) {
        kf__find_within(report_of(self), place, selector);
        return;
    }
    if (kf__expr_input(expr, 0) != NULL)
        kf__find_error(report_of(self), KF_EDOCUMENT, place, selector,
            "a selector reads string_value, not the parameter '%.100s'",
            kf__expr_input(expr, 0));
    kf__expr_free(expr);
}

static kf_status check_parameter(input *self)
{
    const kf_value *source = self->source;
    const kf_value *output = kf_value_get(source, "taskOutputParameter");
    const kf_value *runtime = kf_value_get(source, "runtimeValue");
    const kf_value *around = kf_value_get(source, "componentInputParameter");
    const kf_value *status = kf_value_get(source, "taskFinalStatus");
    check_selector(self);
    if (output != NULL)
        return check_task_output(
            self, output, KF__PLACE(self->place, "taskOutputParameter"), true);
    if (runtime != NULL)
        return check_runtime_value(self, runtime);
    if (status != NULL)
        return check_final_status(self, status);
    if (around != NULL)
        check_component_input(self, around, true);
    else if (kf_value_kind(source) == KF_KIND_STRUCT)
        kf__find_error(report_of(self), KF_EMISSING, self->place, source,
            "the input comes from nowhere: expected taskOutputParameter, runtimeValue, "
            "componentInputParameter or taskFinalStatus");
    return KF_OK;
}

static kf_status check_artifact(input *self)
{
    const kf_value *output = kf_value_get(self->source, "taskOutputArtifact");
    const kf_value *around = kf_value_get(self->source, "componentInputArtifact");
    if (output != NULL)
        return check_task_output(
            self, output, KF__PLACE(self->place, "taskOutputArtifact"), false);
    if (around != NULL)
        check_component_input(self, around, false);
    else if (kf_value_kind(self->source) == KF_KIND_STRUCT)
        kf__find_error(report_of(self), KF_EMISSING, self->place, self->source,
            "the input comes from nowhere: expected taskOutputArtifact or "
            "componentInputArtifact");
    return KF_OK;
}

static void unknown_input(const input *self, bool is_parameter)
{
    const kf_check_component *callee = self->task->callee;
    const kf_value *inputs =
        is_parameter ? callee->input_parameters : callee->input_artifacts;
    const kf_value *others =
        is_parameter ? callee->input_artifacts : callee->input_parameters;
    kf__find_error(report_of(self), KF_ENOENT, self->place, self->source,
        kf_value_get(others, self->name) != NULL
            ? "the input '%.100s' of component '%.100s' is no %s%s"
            : "'%.100s' is no input of component '%.100s': no such %s%s",
        self->name, callee->name, is_parameter ? "parameter" : "artifact",
        kf__hint(self->name, inputs).text);
}

static kf_status check_given(kf_check_task *self, bool is_parameter)
{
    const kf_value *given = is_parameter ? self->parameters : self->artifacts;
    const kf_value *definitions = NULL;
    if (self->callee != NULL)
        definitions = is_parameter ? self->callee->input_parameters
                                   : self->callee->input_artifacts;
    const kf_place *group = KF__PLACE(
        KF__PLACE(self->place, "inputs"), is_parameter ? "parameters" : "artifacts");
    for (size_t i = 0; kf_value_key(given, i) != NULL; i++) {
        const char *name = kf_value_key(given, i);
        input one = {self, name, kf_value_at(given, i), kf_value_get(definitions, name),
            KF__PLACE(group, name)};
        if (self->callee != NULL && one.definition == NULL &&
            !(is_parameter && kf__check_is_injected(name)))
            unknown_input(&one, is_parameter);
        KF__TRY(is_parameter ? check_parameter(&one) : check_artifact(&one));
    }
    return KF_OK;
}

/* ---- what must be given ---- */

static bool fills_itself(const kf_value *definition)
{
    kf_type type = kf__check_parameter_io(definition).type;
    return type == KF_TYPE_TASK_FINAL_STATUS || type == KF_TYPE_TASK_CONFIG;
}

static void check_missing(kf_check_task *self, const kf_value *definitions,
    const kf_value *given, const char *iterator, const char *group)
{
    const char *item = iterator_item(self->spec, iterator);
    for (size_t i = 0; kf_value_key(definitions, i) != NULL; i++) {
        const char *name = kf_value_key(definitions, i);
        const kf_value *definition = kf_value_at(definitions, i);
        if (kf_value_get(given, name) != NULL || kf__check_is_optional(definition) ||
            fills_itself(definition) || (item != NULL && strcmp(item, name) == 0))
            continue;
        kf__find_error(self->dag->check->report, KF_EMISSING,
            KF__PLACE(KF__PLACE(self->place, "inputs"), group), self->spec,
            "the required input '%.100s' of component '%.100s' is not given", name,
            self->callee->name);
    }
}

/* Inputs that the executor reads though its component does not declare them. */
static void check_needs(kf_check_task *self)
{
    for (size_t i = 0; i < self->callee->needs.count; i++) {
        const char *name = self->callee->needs.items[i];
        if (kf_value_get(self->parameters, name) == NULL)
            kf__find_error(self->dag->check->report, KF_EMISSING,
                KF__PLACE(KF__PLACE(self->place, "inputs"), "parameters"), self->spec,
                "the executor '%.100s' reads the input '%.100s', which is not given",
                self->callee->executor, name);
    }
}

kf_status kf__check_inputs(kf_check_task *self)
{
    KF__TRY(check_given(self, true));
    KF__TRY(check_given(self, false));
    if (self->callee == NULL)
        return KF_OK;
    check_missing(self, self->callee->input_parameters, self->parameters,
        "parameterIterator", "parameters");
    check_missing(self, self->callee->input_artifacts, self->artifacts,
        "artifactIterator", "artifacts");
    check_needs(self);
    return KF_OK;
}
