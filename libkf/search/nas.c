/* SPDX-License-Identifier: Apache-2.0 */
#include "search/nas.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

enum { MOST_LAYERS = 256, MOST_OPERATIONS = 4096 };

static const kf_value *member(const kf_value *value, const char *a, const char *b)
{
    return kf_value_get(kf_value_get(value, a), b);
}

kf_status kf__nas_layers(const kf_value *nas_config, int *out)
{
    const kf_value *layers = member(nas_config, "graphConfig", "numLayers");
    int64_t count = kf_value_int(layers);
    if (!kf__is(layers, KF_KIND_INT) && !kf__is(layers, KF_KIND_DOUBLE))
        return kf__fail(KF_EMISSING, "nasConfig.graphConfig.numLayers",
            "a search for an architecture needs numLayers");
    if (count < 1 || count > MOST_LAYERS)
        return kf__fail(KF_EINVAL, "nasConfig.graphConfig.numLayers",
            "numLayers is %lld: expected one from 1 to %d", (long long)count,
            MOST_LAYERS);
    *out = (int)count;
    return KF_OK;
}

/* ---- the values of one parameter ---- */

static kf_status number_of(const kf_value *feasible, const char *name,
    const char *parameter, double fallback, double *out)
{
    const kf_value *given = kf_value_get(feasible, name);
    *out = given == NULL ? fallback : kf_value_double(given);
    if (kf__is(given, KF_KIND_STRING) &&
        (!kf__parse_double(kf_value_string(given), out) || !isfinite(*out)))
        return kf__fail(
            KF_EINVAL, parameter, "%s of '%.100s' is no number", name, parameter);
    if (isnan(*out))
        return kf__fail(KF_EMISSING, parameter, "'%.100s' needs %s", parameter, name);
    return KF_OK;
}

static kf_status range_values(kf_tree *tree, const kf_value *feasible, const char *name,
    bool is_int, kf_value *out)
{
    double min, max, step;
    KF__TRY(number_of(feasible, "min", name, (double)NAN, &min));
    KF__TRY(number_of(feasible, "max", name, (double)NAN, &max));
    KF__TRY(number_of(feasible, "step", name, is_int ? 1 : (double)NAN, &step));
    if (!(step > 0) || min > max || (max - min) / step > MOST_OPERATIONS)
        return kf__fail(KF_EINVAL, name,
            "'%.100s' needs min <= max, and a step of which there are not more than %d "
            "between them",
            name, MOST_OPERATIONS);
    for (double i = 0; min + i * step <= max + 1e-9 * step; i++) {
        kf_buf text = KF__BUF_INIT;
        if (is_int)
            kf__buf_printf(&text, "%lld", llround(min + i * step));
        else
            kf__put_double(&text, min + i * step);
        kf__push(tree, out, kf__tree_string(tree, kf__buf_text(&text)));
        kf__buf_finish(&text);
    }
    return kf__tree_status(tree);
}

static kf_status parameter_values(
    kf_tree *tree, const kf_value *parameter, kf_value **out)
{
    const kf_value *feasible = kf_value_get(parameter, "feasibleSpace");
    const char *name = kf__get_text(parameter, "name");
    const char *type = kf__get_text(parameter, "parameterType");
    const kf_value *list = kf_value_get(feasible, "list");
    if (name == NULL || type == NULL)
        return kf__fail(KF_EMISSING, "nasConfig.operations",
            "a parameter of an operation needs a name and a parameterType");
    *out = kf__tree_list(tree);
    if (strcmp(type, "int") == 0 || strcmp(type, "double") == 0)
        return range_values(tree, feasible, name, *type == 'i', *out);
    if (!kf__is(list, KF_KIND_LIST) || kf_value_length(list) == 0)
        return kf__fail(KF_EMISSING, name, "'%.100s' needs a list of values", name);
    *out = kf__tree_copy(tree, list);
    return kf__tree_status(tree);
}

/* ---- all combinations ---- */

typedef struct combining {
    kf_tree *tree;
    const char *type;
    const kf_value *parameters;
    kf_value *values; /* A list of lists. */
    kf_value *out;
} combining;

static kf_status add_combination(combining *self, const size_t *chosen)
{
    kf_value *operation = kf__tree_struct(self->tree);
    int64_t id = (int64_t)kf_value_length(self->out);
    if (id >= MOST_OPERATIONS)
        return kf__fail(KF_ELIMIT, "nasConfig.operations",
            "operations and their parameters make more than %d combinations",
            MOST_OPERATIONS);
    kf__put_int(self->tree, operation, "opt_id", id);
    kf__put_text(self->tree, operation, "opt_type", self->type);
    kf_value *params = kf__put_struct(self->tree, operation, "opt_params");
    for (size_t i = 0; i < kf_value_length(self->parameters); i++)
        kf__put(self->tree, params,
            kf__get_text(kf_value_at(self->parameters, i), "name"),
            kf__tree_copy(
                self->tree, kf_value_at(kf_value_at(self->values, i), chosen[i])));
    kf__push(self->tree, self->out, operation);
    return kf__tree_status(self->tree);
}

/* The last parameter changes fastest. */
static bool advance(const combining *self, size_t *chosen)
{
    for (size_t i = kf_value_length(self->values); i > 0; i--) {
        if (++chosen[i - 1] < kf_value_length(kf_value_at(self->values, i - 1)))
            return true;
        chosen[i - 1] = 0;
    }
    return false;
}

static kf_status combine(combining *self)
{
    enum { MOST_PARAMETERS = 32 };
    size_t chosen[MOST_PARAMETERS] = {0};
    self->values = kf__tree_list(self->tree);
    if (kf_value_length(self->parameters) > MOST_PARAMETERS)
        return kf__fail(KF_ELIMIT, "nasConfig.operations",
            "an operation has more than %d parameters", MOST_PARAMETERS);
    for (size_t i = 0; i < kf_value_length(self->parameters); i++) {
        kf_value *values = NULL;
        KF__TRY(
            parameter_values(self->tree, kf_value_at(self->parameters, i), &values));
        kf__push(self->tree, self->values, values);
    }
    KF__TRY(kf__tree_status(self->tree));
    do
        KF__TRY(add_combination(self, chosen));
    while (advance(self, chosen));
    return KF_OK;
}

kf_status kf__nas_operations(const kf_value *nas_config, kf_tree *tree, kf_value **out)
{
    const kf_value *operations = kf_value_get(nas_config, "operations");
    kf_value *all = kf__tree_list(tree);
    if (!kf__is(operations, KF_KIND_LIST) || kf_value_length(operations) == 0)
        return kf__fail(KF_EMISSING, "nasConfig.operations",
            "a search for an architecture needs operations");
    for (size_t i = 0; i < kf_value_length(operations); i++) {
        const kf_value *operation = kf_value_at(operations, i);
        const char *type = kf__get_text(operation, "operationType");
        if (type == NULL)
            return kf__fail(KF_EMISSING, "nasConfig.operations",
                "operation %zu needs an operationType", i + 1);
        combining self = {tree, type, kf_value_get(operation, "parameters"), NULL, all};
        KF__TRY(combine(&self));
    }
    *out = all;
    return kf__tree_status(tree);
}

kf_value *kf__nas_text(kf_tree *tree, const kf_value *value)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, value, KF_JSON_SPACED);
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] == '"')
            text.data[i] = '\'';
    kf_value *out = kf__tree_string_n(tree, kf__buf_text(&text), text.length);
    if (text.status != KF_OK)
        tree->status = text.status;
    kf__buf_finish(&text);
    return out;
}
