/* SPDX-License-Identifier: Apache-2.0 */
/* spec.parameters as a space. */
#include "search/experiment.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

static kf_status number_of(
    const kf_value *space, const char *field, const char *parameter, double *out)
{
    const char *text = kf__given(space, field);
    if (text == NULL)
        return kf__fail(
            KF_EMISSING, field, "parameter '%.200s' needs a %s", parameter, field);
    if (!kf__parse_double(text, out) || !isfinite(*out))
        return kf__fail(KF_ETYPE, field,
            "%s of parameter '%.200s' is '%.100s': expected a number", field, parameter,
            text);
    return KF_OK;
}

static kf_status int_of(
    const kf_value *space, const char *field, const char *parameter, int64_t *out)
{
    const char *text = kf__given(space, field);
    if (text == NULL)
        return kf__fail(
            KF_EMISSING, field, "parameter '%.200s' needs a %s", parameter, field);
    if (!kf__parse_int64(text, out))
        return kf__fail(KF_ETYPE, field,
            "%s of parameter '%.200s' is '%.100s': expected a whole number", field,
            parameter, text);
    return KF_OK;
}

static kf_distribution distribution_of(const kf_value *space)
{
    const kf_value *name = kf_value_get(space, "distribution");
    return kf__equals_text(name, "logUniform")  ? KF_LOG_UNIFORM
           : kf__equals_text(name, "normal")    ? KF_NORMAL
           : kf__equals_text(name, "logNormal") ? KF_LOG_NORMAL
                                                : KF_UNIFORM;
}

static kf_status fail_step(const char *name, const char *text)
{
    return kf__fail(KF_EINVAL, "step",
        "step of parameter '%.200s' is %.100s: expected a number above 0", name, text);
}

static kf_status add_double(kf_space *space, const char *name, const kf_value *feasible)
{
    double min, max, step = 0;
    KF__TRY(number_of(feasible, "min", name, &min));
    KF__TRY(number_of(feasible, "max", name, &max));
    const char *text = kf__given(feasible, "step");
    if (text != NULL)
        KF__TRY(number_of(feasible, "step", name, &step));
    if (text != NULL && step <= 0)
        return fail_step(name, text);
    /* To Katib a step beyond max leaves min. */
    if (step > max - min && max > min)
        max = min;
    return kf_space_add_double(space, name, min, max, step, distribution_of(feasible));
}

static kf_status add_int(kf_space *space, const char *name, const kf_value *feasible)
{
    int64_t min, max, step = 0;
    KF__TRY(int_of(feasible, "min", name, &min));
    KF__TRY(int_of(feasible, "max", name, &max));
    const char *text = kf__given(feasible, "step");
    if (text != NULL)
        KF__TRY(int_of(feasible, "step", name, &step));
    if (text != NULL && step <= 0)
        return fail_step(name, text);
    if (max > min && step > max - min)
        max = min;
    return kf_space_add_int(space, name, min, max, step, distribution_of(feasible));
}

static bool is_number(const kf_value *value, double *out)
{
    return kf__parse_double(kf_value_string(value), out) && isfinite(*out);
}

/* Katib tries a value more often that stands in the list twice. */
static bool stands_before(const kf_value *list, size_t index, bool is_discrete)
{
    double number, other;
    const char *text = kf_value_string(kf_value_at(list, index));
    bool counts = is_discrete && is_number(kf_value_at(list, index), &number);
    for (size_t i = 0; i < index; i++) {
        const kf_value *before = kf_value_at(list, i);
        if (strcmp(kf_value_string(before), text) == 0 ||
            (counts && is_number(before, &other) && other == number))
            return true;
    }
    return false;
}

static kf_status add_list(
    kf_space *space, const char *name, const kf_value *list, bool is_discrete)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *once = kf__tree_list(&tree);
    double number;
    /* Katib's discrete parameters are text, which need not be numbers. */
    for (size_t i = 0; i < kf_value_length(list); i++)
        is_discrete = is_discrete && is_number(kf_value_at(list, i), &number);
    for (size_t i = 0; i < kf_value_length(list); i++)
        if (!stands_before(list, i, is_discrete))
            kf__push(&tree, once, kf__tree_copy(&tree, kf_value_at(list, i)));
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK)
        status = is_discrete ? kf_space_add_discrete(space, name, once)
                             : kf_space_add_categorical(space, name, once);
    kf__tree_finish(&tree);
    return status;
}

kf_status kf__experiment_add_parameter(kf_space *space, const kf_value *parameter)
{
    const char *name = kf__given(parameter, "name");
    const kf_value *type = kf_value_get(parameter, "parameterType");
    const kf_value *feasible = kf_value_get(parameter, "feasibleSpace");
    const kf_value *list = kf_value_get(feasible, "list");
    if (name == NULL)
        return kf__fail(KF_EMISSING, "name", "a parameter needs a name");
    if (kf__equals_text(type, "double"))
        return add_double(space, name, feasible);
    if (kf__equals_text(type, "int"))
        return add_int(space, name, feasible);
    bool is_discrete = kf__equals_text(type, "discrete");
    if (!is_discrete && !kf__equals_text(type, "categorical"))
        return kf__fail(KF_EINVAL, "parameterType",
            "parameterType of '%.200s' is '%.100s': expected double, int, discrete or "
            "categorical",
            name, kf_value_string(type) != NULL ? kf_value_string(type) : "");
    if (kf_value_length(list) == 0)
        return kf__fail(KF_EMISSING, "list",
            "parameter '%.200s' needs a list of at least one value", name);
    return add_list(space, name, list, is_discrete);
}

static kf_status add_conditions(kf_space *space, const kf_value *conditions)
{
    for (size_t i = 0; i < kf_value_length(conditions); i++) {
        const char *name = kf_value_key(conditions, i);
        const kf_value *condition = kf_value_at(conditions, i);
        const char *parent = kf__given(condition, "parent");
        const kf_value *values = kf_value_get(condition, "values");
        if (parent == NULL || !kf__is(values, KF_KIND_LIST))
            return kf__fail(KF_EINVAL, name,
                "the condition of '%.200s' needs a parent and a list of values", name);
        KF__TRY(kf_space_set_condition(space, name, parent, values));
    }
    return KF_OK;
}

static kf_status fill(const kf_experiment *experiment, kf_space *space)
{
    const kf_value *parameters = kf__experiment_spec(experiment, "parameters");
    if (kf_value_length(parameters) == 0)
        return kf__fail(KF_EMISSING, "spec.parameters", "there are no parameters");
    for (size_t i = 0; i < kf_value_length(parameters); i++)
        KF__TRY(kf__experiment_add_parameter(space, kf_value_at(parameters, i)));
    return add_conditions(space, experiment->conditions);
}

kf_status kf_experiment_space(const kf_experiment *experiment, kf_space **out)
{
    KF__REQUIRE(experiment != NULL && out != NULL);
    if (kf__experiment_spec(experiment, "nasConfig") != NULL)
        return kf__fail(KF_EUNSUPPORTED, "spec.nasConfig",
            "the experiment searches an architecture, which is no space of parameters");
    kf_space *space;
    KF__TRY(kf_space_new(&space));
    kf_status status = fill(experiment, space);
    if (status == KF_OK)
        *out = space;
    else
        kf_space_free(space);
    return status;
}
