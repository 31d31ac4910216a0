/* SPDX-License-Identifier: Apache-2.0 */
/* A space as Katib writes it. */
#include "search/journal.h"

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
