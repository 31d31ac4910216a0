/* SPDX-License-Identifier: Apache-2.0 */
#include "run/plan.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "run/executor.h"

enum { NEW, OPEN, DONE };

const kf_plan_io *kf__plan_find_input(
    const kf_plan_component *component, const char *name)
{
    for (uint32_t i = 0; i < component->input_count; i++)
        if (strcmp(component->inputs[i].name, name) == 0)
            return &component->inputs[i];
    return NULL;
}

double kf__plan_seconds(const kf_value *duration, double fallback)
{
    const char *text = duration ? kf_value_string(duration) : NULL;
    size_t length = text ? strlen(text) : 0;
    if (length < 2 || length > 40 || text[length - 1] != 's')
        return fallback;
    char number[40];
    memcpy(number, text, length - 1);
    number[length - 1] = '\0';
    double seconds = 0;
    return kf__parse_double(number, &seconds) && seconds >= 0 ? seconds : fallback;
}

kf_status kf__plan_expression(kf_plan *plan, const char *text, kf_expr **out)
{
    kf_expr *expression = NULL;
    KF__TRY(kf__expr_parse(text, strlen(text), &expression));
    if (kf__vec_push(&plan->expressions, expression) != KF_OK) {
        kf__expr_free(expression);
        return KF_ENOMEM;
    }
    *out = expression;
    return KF_OK;
}

static void read_parameter(const kf_value *spec, kf_plan_io *io)
{
    const char *type = kf__get_text(spec, "parameterType");
    const char *old = kf__get_text(spec, "type");
    const kf_value *literals = kf_value_get(spec, "literals");
    io->type = type ? kf__type_of_name(type) : KF_TYPE_STRING;
    if (!type && old)
        io->type = strcmp(old, "INT") == 0      ? KF_TYPE_INTEGER
                   : strcmp(old, "DOUBLE") == 0 ? KF_TYPE_DOUBLE
                                                : KF_TYPE_STRING;
    io->default_value = kf_value_get(spec, "defaultValue");
    if (io->default_value && kf_value_kind(io->default_value) == KF_KIND_NULL)
        io->default_value = NULL;
    io->literals = kf_value_length(literals) ? literals : NULL;
    io->expands = kf__plan_expands(io->default_value);
    io->optional = kf_value_bool(kf_value_get(spec, "isOptional")) || io->default_value;
}

static kf_status read_inputs(kf_plan *plan, kf_plan_component *component)
{
    const kf_value *definitions = kf_value_get(component->spec, "inputDefinitions");
    const kf_value *parameters = kf_value_get(definitions, "parameters");
    const kf_value *artifacts = kf_value_get(definitions, "artifacts");
    size_t count = kf_value_length(parameters) + kf_value_length(artifacts);
    if (count == 0)
        return KF_OK;
    component->inputs = kf__arena_alloc(&plan->arena, count * sizeof(kf_plan_io));
    if (!component->inputs)
        return KF_ENOMEM;
    for (size_t i = 0; i < kf_value_length(parameters); i++) {
        kf_plan_io *io = &component->inputs[component->input_count++];
        io->name = kf_value_key(parameters, i);
        io->spec = kf_value_at(parameters, i);
        read_parameter(io->spec, io);
    }
    for (size_t i = 0; i < kf_value_length(artifacts); i++) {
        kf_plan_io *io = &component->inputs[component->input_count++];
        io->name = kf_value_key(artifacts, i);
        io->spec = kf_value_at(artifacts, i);
        io->optional = kf_value_bool(kf_value_get(io->spec, "isOptional"));
        io->is_list = kf_value_bool(kf_value_get(io->spec, "isArtifactList"));
    }
    return KF_OK;
}

/* Seconds; 0 for none. Protobuf's JSON writes integers of 64 bits as strings. */
static double read_deadline(const kf_value *deadline)
{
    double seconds = 0;
    if (!kf__is(deadline, KF_KIND_STRING))
        return kf_value_double(deadline);
    return kf__parse_double(kf_value_string(deadline), &seconds) ? seconds : 0;
}

static kf_status read_executor(
    kf_plan *plan, kf_plan_component *component, const char *label)
{
    const kf_value *deployment = kf_value_get(plan->spec, "deploymentSpec");
    const kf_value *executors = kf_value_get(deployment, "executors");
    const kf_value *executor = kf_value_get(executors, label);
    if (!executor)
        return kf__fail(KF_EDOCUMENT, component->name,
            "the executor '%s' is not in deploymentSpec.executors", label);
    component->container = kf_value_get(executor, "container");
    component->importer = kf_value_get(executor, "importer");
    if (!component->container && !component->importer)
        return kf__fail(KF_EUNSUPPORTED, component->name,
            "the executor '%s' is neither a container nor an importer", label);
    const kf_value *platform =
        kf_value_get(kf_value_get(plan->platform, "deploymentSpec"), "executors");
    const kf_value *deadline =
        kf_value_get(kf_value_get(platform, label), "activeDeadlineSeconds");
    component->timeout = read_deadline(deadline);
    return KF_OK;
}

static kf_status read_implementation(kf_plan *plan, kf_plan_component *component)
{
    const kf_value *dag = kf_value_get(component->spec, "dag");
    const char *label = kf__get_text(component->spec, "executorLabel");
    if (label)
        return read_executor(plan, component, label);
    if (!dag)
        return kf__fail(KF_EDOCUMENT, component->name,
            "the component '%s' has neither an executor nor tasks", component->name);
    component->dag = kf__arena_alloc(&plan->arena, sizeof *component->dag);
    if (!component->dag)
        return KF_ENOMEM;
    kf_map index = KF__MAP_INIT;
    const kf_value *tasks = kf_value_get(dag, "tasks");
    kf_status status = KF_OK;
    for (size_t i = 0; i < kf_value_length(tasks) && status == KF_OK; i++)
        status = kf__map_set_index(&index, kf_value_key(tasks, i), i);
    if (status == KF_OK)
        status = kf__plan_tasks(plan, tasks, &index, component->dag);
    if (status == KF_OK)
        status = kf__plan_outputs(
            plan, kf_value_get(dag, "outputs"), &index, component->dag);
    kf__map_finish(&index);
    return status;
}

/* The check of a document says this too; a document that is taken up again, or that
 * another program has put into the store, comes here alone. */
kf_status kf__plan_check_name(const char *what, const char *name)
{
    const char *fault = kf__name_fault(name);
    if (fault)
        return kf__fail(KF_EINVAL, name, "the name of %s %s", what, fault);
    if (strlen(name) > NAME_MAX)
        return kf__fail(KF_ELIMIT, name,
            "the name of %s has %zu bytes, and a file of this machine %d at most", what,
            strlen(name), NAME_MAX);
    return KF_OK;
}

static kf_status check_outputs(const kf_plan_component *component)
{
    const kf_value *outputs = kf_value_get(component->spec, "outputDefinitions");
    const kf_value *groups[] = {
        kf_value_get(outputs, "parameters"), kf_value_get(outputs, "artifacts")};
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < kf_value_length(groups[i]); j++)
            KF__TRY(kf__plan_check_name("an output", kf_value_key(groups[i], j)));
    if (kf_value_get(groups[1], KF__OUTPUT_FILE))
        return kf__fail(KF_EUNSUPPORTED, component->name,
            "an artifact cannot be named '" KF__OUTPUT_FILE
            "': on this machine it lies beside the file of that name, in which a task "
            "tells its outputs");
    return KF_OK;
}

static kf_status add_component(
    kf_plan *plan, const char *name, const kf_value *spec, kf_plan_component **out)
{
    kf_plan_component *component = kf__arena_alloc(&plan->arena, sizeof *component);
    if (!component || kf__vec_push(&plan->components, component) != KF_OK)
        return KF_ENOMEM;
    component->name = name;
    component->spec = spec;
    component->position = (uint32_t)(plan->components.count - 1);
    if (plan->components.count > 1) /* The root goes by no name. */
        KF__TRY(kf__map_set(&plan->index, name, component));
    if (plan->depth >= KF__LIMIT_GROUP_DEPTH)
        return kf__fail(KF_ELIMIT, name,
            "groups and pipelines are nested deeper than %d", KF__LIMIT_GROUP_DEPTH);
    component->state = OPEN;
    plan->depth++;
    kf_status status = check_outputs(component);
    if (status == KF_OK)
        status = read_inputs(plan, component);
    if (status == KF_OK)
        status = read_implementation(plan, component);
    plan->depth--;
    component->state = DONE;
    *out = component;
    return status;
}

kf_status kf__plan_component(kf_plan *plan, const char *name, kf_plan_component **out)
{
    kf_plan_component *component = kf__map_get(&plan->index, name);
    if (component && component->state == OPEN)
        return kf__fail(KF_ECYCLE, name, "the component '%s' is within itself", name);
    if (component) {
        *out = component;
        return KF_OK;
    }
    const kf_value *components = kf_value_get(plan->spec, "components");
    const kf_value *spec = kf_value_get(components, name);
    if (!spec)
        return kf__fail(KF_EDOCUMENT, NULL, "there is no component '%s'", name);
    /* The key of the document, which outlives the caller's name. */
    return add_component(plan, name, spec, out);
}

static void read_config(kf_plan *plan)
{
    const kf_value *config = kf_value_get(plan->platform, "pipelineConfig");
    const kf_value *deadline = kf_value_get(config, "activeDeadlineSeconds");
    plan->deadline = read_deadline(deadline);
    plan->workspace = kf_value_get(config, "workspace") != NULL;
}

kf_status kf__plan_make(const kf_value *spec, const kf_value *platform, kf_plan *out)
{
    memset(out, 0, sizeof *out);
    out->spec = spec;
    out->platform = kf_value_get(kf_value_get(platform, "platforms"), "kubernetes");
    out->name = kf__get_text(kf_value_get(spec, "pipelineInfo"), "name");
    if (!out->name)
        out->name = "pipeline";
    read_config(out);
    const kf_value *root = kf_value_get(spec, "root");
    if (!kf_value_get(root, "dag"))
        return kf__fail(KF_EDOCUMENT, "root", "the document has no root DAG");
    return add_component(out, "root", root, &out->root);
}

void kf__plan_finish(kf_plan *plan)
{
    for (size_t i = 0; i < plan->expressions.count; i++)
        kf__expr_free(plan->expressions.items[i]);
    kf__vec_finish(&plan->expressions);
    for (size_t i = 0; i < plan->items.count; i++)
        kf_value_free(plan->items.items[i]);
    kf__vec_finish(&plan->items);
    kf__vec_finish(&plan->components);
    kf__map_finish(&plan->index);
    kf__arena_finish(&plan->arena);
}
