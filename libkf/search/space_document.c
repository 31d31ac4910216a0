/* SPDX-License-Identifier: Apache-2.0 */
/* A space as Katib writes it. */
#include "search/journal.h"

#include "base/error.h"
#include "base/text.h"

static const char *const type_names[] = {"double", "int", "discrete", "categorical"};
static const char *const distribution_names[] = {
    "uniform", "logUniform", "normal", "logNormal"};

static void put_number(kf_tree *tree, kf_value *object, const char *key,
    const kf_parameter *parameter, double number)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_double(&text, number);
    if (parameter->type == KF__PARAMETER_INT)
        kf__put_ref(
            tree, object, key, kf__tree_printf(tree, "%lld", (long long)number));
    else
        kf__put_text(tree, object, key, kf__buf_text(&text));
    if (text.status != KF_OK)
        tree->status = text.status;
    kf__buf_finish(&text);
}

static void put_range(kf_tree *tree, kf_value *object, const kf_parameter *parameter)
{
    put_number(tree, object, "min", parameter, parameter->min);
    put_number(tree, object, "max", parameter, parameter->max);
    if (parameter->step > 0)
        put_number(tree, object, "step", parameter, parameter->step);
    kf__put_text(
        tree, object, "distribution", distribution_names[parameter->distribution]);
}

static void put_condition(const kf_space *space, kf_tree *tree, kf_value *object,
    const kf_parameter *parameter)
{
    const kf_parameter *parent = &space->parameters.items[parameter->axis.parent];
    kf_value *when = kf__put_struct(tree, object, "when");
    kf_value *values = kf__put_list(tree, when, parent->axis.name);
    for (int64_t level = 0; level < parent->axis.levels; level++)
        if (parameter->allowed[level])
            kf__push(tree, values,
                kf__tree_copy(tree, kf_value_at(parent->choices, (size_t)level)));
}

kf_value *kf__space_document(const kf_space *space, kf_tree *tree)
{
    kf_value *list = kf__tree_list(tree);
    for (size_t i = 0; i < space->parameters.count; i++) {
        const kf_parameter *parameter = &space->parameters.items[i];
        kf_value *object = kf__tree_struct(tree);
        kf__put_text(tree, object, "name", parameter->axis.name);
        kf__put_text(tree, object, "parameterType", type_names[parameter->type]);
        kf_value *feasible = kf__put_struct(tree, object, "feasibleSpace");
        if (parameter->choices == NULL)
            put_range(tree, feasible, parameter);
        else
            kf__put(tree, feasible, "list", kf__tree_copy(tree, parameter->choices));
        if (parameter->allowed != NULL)
            put_condition(space, tree, object, parameter);
        kf__push(tree, list, object);
    }
    return list;
}

/* ---- and back ---- */

static double number_at(const kf_value *feasible, const char *name)
{
    double number = 0;
    const char *text = kf__get_text(feasible, name);
    return text != NULL && kf__parse_double(text, &number) ? number : 0;
}

static kf_distribution distribution_of(const kf_value *feasible)
{
    for (int i = 0; i <= KF_LOG_NORMAL; i++)
        if (kf__equals_text(
                kf_value_get(feasible, "distribution"), distribution_names[i]))
            return (kf_distribution)i;
    return KF_UNIFORM;
}

static kf_status add_parameter(kf_space *space, const kf_value *object)
{
    const char *name = kf__get_text(object, "name");
    const kf_value *type = kf_value_get(object, "parameterType");
    const kf_value *feasible = kf_value_get(object, "feasibleSpace");
    const kf_value *list = kf_value_get(feasible, "list");
    if (name == NULL || type == NULL || feasible == NULL)
        return kf__fail(KF_EDOCUMENT, NULL, "a parameter without a name or a space");
    double min = number_at(feasible, "min"), max = number_at(feasible, "max");
    double step = number_at(feasible, "step");
    if (kf__equals_text(type, "double"))
        return kf_space_add_double(
            space, name, min, max, step, distribution_of(feasible));
    if (kf__equals_text(type, "int"))
        return kf_space_add_int(space, name, (int64_t)min, (int64_t)max, (int64_t)step,
            distribution_of(feasible));
    return kf__equals_text(type, "discrete")
               ? kf_space_add_discrete(space, name, list)
               : kf_space_add_categorical(space, name, list);
}

static kf_status add_condition(kf_space *space, const kf_value *object)
{
    const kf_value *when = kf_value_get(object, "when");
    return kf_value_length(when) == 0
               ? KF_OK
               : kf_space_set_condition(space, kf__get_text(object, "name"),
                     kf_value_key(when, 0), kf_value_at(when, 0));
}

static kf_status fill(kf_space *space, const kf_value *list)
{
    for (size_t i = 0; i < kf_value_length(list); i++) {
        KF__TRY(add_parameter(space, kf_value_at(list, i)));
        KF__TRY(add_condition(space, kf_value_at(list, i)));
    }
    return KF_OK;
}

kf_status kf__space_of_document(const kf_value *list, kf_space **out)
{
    kf_space *space;
    KF__TRY(kf_space_new(&space));
    kf_status status = fill(space, list);
    if (status == KF_OK)
        *out = space;
    else
        kf_space_free(space);
    return status;
}
