/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters and architectures. */
#include "search/experiment_check.h"

#include <string.h>

static const char *text_of(const kf_value *object, const char *name)
{
    const char *text = kf__get_text(object, name);
    return text != NULL ? text : "";
}

static const char *next_of(const void *state, size_t index)
{
    return ((const char *const *)state)[index];
}

static const char *const types[] = {"double", "int", "discrete", "categorical", NULL};
static const char *const distributions[] = {
    "uniform", "logUniform", "normal", "logNormal", NULL};

static bool is_among(const char *text, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(*names, text) == 0)
            return true;
    return false;
}

/* ---- the rules of the webhook ---- */

static void check_range_fields(kf_report *report, const kf_place *place,
    const kf_value *feasible, const char *type)
{
    if (kf_value_length(kf_value_get(feasible, "list")) > 0)
        kf__find_error(report, KF_EINVAL, KF__PLACE(place, "list"),
            kf_value_get(feasible, "list"),
            "a parameter of type %s has min and max, and no list", type);
    static const char *const bounds[] = {"min", "max"};
    for (size_t i = 0; i < 2; i++)
        if (kf__given(feasible, bounds[i]) == NULL)
            kf__find_error(report, KF_EMISSING, KF__PLACE(place, bounds[i]), feasible,
                "a parameter of type %s needs a %s", type, bounds[i]);
}

static void check_list_fields(kf_report *report, const kf_place *place,
    const kf_value *feasible, const char *type)
{
    static const char *const fields[] = {"min", "max", "step"};
    for (size_t i = 0; i < 3; i++)
        if (kf__given(feasible, fields[i]) != NULL)
            kf__find_error(report, KF_EINVAL, KF__PLACE(place, fields[i]),
                kf_value_get(feasible, fields[i]),
                "a parameter of type %s has a list, and no %s", type, fields[i]);
}

static bool check_fields(
    kf_report *report, const kf_place *place, const kf_value *parameter)
{
    const kf_value *feasible = kf_value_get(parameter, "feasibleSpace");
    const kf_place *below = KF__PLACE(place, "feasibleSpace");
    const char *type = text_of(parameter, "parameterType");
    const char *distribution = text_of(feasible, "distribution");
    size_t errors = kf_report_errors(report);
    if (!is_among(type, types))
        kf__find_error(report, KF_EINVAL, KF__PLACE(place, "parameterType"), parameter,
            "parameterType '%.100s': expected double, int, discrete or categorical%s",
            type, kf__hint_of(type, next_of, types).text);
    if (!is_among(distribution, distributions))
        kf__find_error(report, KF_EINVAL, KF__PLACE(below, "distribution"),
            kf_value_get(feasible, "distribution"),
            "distribution '%.100s': expected uniform, logUniform, normal or "
            "logNormal%s",
            distribution, kf__hint_of(distribution, next_of, distributions).text);
    if (strcmp(type, "double") == 0 || strcmp(type, "int") == 0)
        check_range_fields(report, below, feasible, type);
    else if (is_among(type, types))
        check_list_fields(report, below, feasible, type);
    return kf_report_errors(report) == errors;
}

/* ---- what Katib leaves to the suggestion service ---- */

void kf__check_add_parameter(kf_report *report, const kf_place *place,
    const kf_value *parameter, kf_space *space)
{
    const kf_value *feasible = kf_value_get(parameter, "feasibleSpace");
    if (kf__experiment_add_parameter(space, parameter) == KF_OK)
        return;
    const char *where = kf_last_error()->where;
    static const char *const below[] = {"min", "max", "step", "list", NULL};
    kf_place inner = {.up = place, .name = "feasibleSpace"};
    kf_place field = {.up = &inner};
    const kf_value *at = feasible != NULL ? feasible : parameter;
    if (kf_last_error()->code == KF_EEXIST || strcmp(where, "name") == 0) {
        field = (kf_place){.up = place, .name = "name"};
        at = parameter;
    } else if (is_among(where, below)) {
        for (size_t i = 0; below[i] != NULL; i++)
            if (strcmp(below[i], where) == 0)
                field.name = below[i];
        if (kf_value_get(feasible, field.name) != NULL)
            at = kf_value_get(feasible, field.name);
    } else {
        field = inner;
    }
    kf__find_last(report, &field, at);
}

static void warn_about(kf_report *report, const kf_place *place,
    const kf_value *parameter, const kf_space *space)
{
    const kf_axis *axis = kf_space_axis(space, kf_space_count(space) - 1);
    if (axis->levels == 1)
        kf__find_warning(report, KF_EINVAL, KF__PLACE(place, "feasibleSpace"),
            parameter, "'%.100s' has one value only", axis->name);
    const char *type = text_of(parameter, "parameterType");
    const kf_value *feasible = kf_value_get(parameter, "feasibleSpace");
    const kf_value *list = kf_value_get(feasible, "list");
    const char *distribution = text_of(feasible, "distribution");
    if (strcmp(type, "discrete") == 0 && axis->kind == KF_AXIS_CATEGORICAL)
        kf__find_warning(report, KF_EINVAL,
            KF__PLACE(KF__PLACE(place, "feasibleSpace"), "list"), list,
            "not all values of '%.100s' are numbers: it is taken as categorical",
            axis->name);
    if (list != NULL && (size_t)axis->levels < kf_value_length(list))
        kf__find_warning(report, KF_EEXIST,
            KF__PLACE(KF__PLACE(place, "feasibleSpace"), "list"), list,
            "a value of '%.100s' stands in its list more than once", axis->name);
    if ((strcmp(type, "discrete") == 0 || strcmp(type, "categorical") == 0) &&
        strcmp(distribution, "uniform") != 0)
        kf__find_warning(report, KF_EINVAL,
            KF__PLACE(KF__PLACE(place, "feasibleSpace"), "distribution"), parameter,
            "a distribution has no meaning for a parameter of type %s", type);
}

static void check_list(kf_report *report, const kf_place *place, const kf_value *list,
    bool is_architecture, kf_space *space)
{
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *parameter = kf_value_at(list, i);
        const kf_place *here = KF__PLACE_AT(place, i);
        size_t before = kf_space_count(space);
        if (!check_fields(report, here, parameter))
            continue;
        kf__check_add_parameter(report, here, parameter, space);
        if (kf_space_count(space) > before && !is_architecture)
            warn_about(report, here, parameter, space);
    }
}

static kf_space *new_space(kf_report *report)
{
    kf_space *space = NULL;
    if (kf_space_new(&space) != KF_OK)
        kf__report_add_last(report);
    return space;
}

/* ---- architectures ---- */

static void check_operation(
    kf_report *report, const kf_place *place, const kf_value *operation)
{
    const kf_value *list = kf_value_get(operation, "parameters");
    kf_space *space = new_space(report);
    if (kf__given(operation, "operationType") == NULL)
        kf__find_error(report, KF_EMISSING, KF__PLACE(place, "operationType"),
            operation, "an operation needs an operationType");
    if (space != NULL)
        check_list(report, KF__PLACE(place, "parameters"), list, true, space);
    kf_space_free(space);
}

static void check_nas(kf_report *report, const kf_place *place, const kf_value *nas)
{
    const kf_value *graph = kf_value_get(nas, "graphConfig");
    const kf_value *layers = kf_value_get(graph, "numLayers");
    const kf_value *operations = kf_value_get(nas, "operations");
    if (kf_value_int(layers) < 1)
        kf__find_error(report, KF_EINVAL,
            KF__PLACE(KF__PLACE(place, "graphConfig"), "numLayers"),
            graph != NULL ? graph : nas, "an architecture needs at least one layer");
    if (kf_value_length(operations) == 0)
        kf__find_error(report, KF_EMISSING, KF__PLACE(place, "operations"), nas,
            "an architecture needs operations to choose from");
    for (size_t i = 0; i < kf_value_length(operations); i++)
        check_operation(report, KF__PLACE_AT(KF__PLACE(place, "operations"), i),
            kf_value_at(operations, i));
}

static void check_conditions(
    const kf_experiment *experiment, size_t errors, kf_report *report)
{
    const kf_value *annotations =
        kf_value_get(kf_value_get(experiment->full, "metadata"), "annotations");
    const kf_value *text = kf_value_get(annotations, KF__CONDITIONS);
    const kf_place *place = KF__PLACE(
        KF__PLACE(KF__PLACE(NULL, "metadata"), "annotations"), KF__CONDITIONS);
    kf_space *space = NULL;
    if (text != NULL && experiment->conditions == NULL)
        kf__find_error(report, KF_EPARSE, place, text,
            "the annotation must be a JSON object of {\"parent\", \"values\"}");
    if (experiment->conditions == NULL || kf_report_errors(report) > errors)
        return;
    if (kf_experiment_space(experiment, &space) != KF_OK)
        kf__find_last(report, place, text);
    kf_space_free(space);
}

void kf__check_parameters(const kf_experiment *experiment, kf_report *report)
{
    const kf_value *spec = kf_experiment_spec(experiment);
    const kf_value *list = kf_value_get(spec, "parameters");
    const kf_value *nas = kf_value_get(spec, "nasConfig");
    const kf_place *place = KF__PLACE(NULL, "spec");
    size_t errors = kf_report_errors(report);
    if (kf_value_length(list) == 0 && nas == NULL)
        kf__find_error(report, KF_EMISSING, KF__PLACE(place, "parameters"), spec,
            "an experiment needs parameters or a nasConfig");
    if (kf_value_length(list) > 0 && nas != NULL)
        kf__find_error(report, KF_EINVAL, KF__PLACE(place, "nasConfig"), nas,
            "an experiment has either parameters or a nasConfig, not both");
    kf_space *space = new_space(report);
    if (space != NULL)
        check_list(report, KF__PLACE(place, "parameters"), list, false, space);
    kf_space_free(space);
    if (nas != NULL)
        check_nas(report, KF__PLACE(place, "nasConfig"), nas);
    check_conditions(experiment, errors, report);
}
