/* SPDX-License-Identifier: Apache-2.0 */
/* The inputs of the pipeline that is the trial: parameters and arguments must fit. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "io/file.h"
#include "io/json.h"
#include "pipeline/type.h"
#include "run/bundle.h"
#include "search/tune.h"

typedef struct inputs {
    const kf_value *parameters, *artifacts;
} inputs;

static const char *input_name(const void *state, size_t index)
{
    const inputs *self = state;
    size_t count = kf_value_length(self->parameters);
    return index < count ? kf_value_key(self->parameters, index)
                         : kf_value_key(self->artifacts, index - count);
}

static kf_status no_input(const inputs *self, const char *name)
{
    const char *nearest = kf__nearest(name, input_name, self);
    return kf__fail(KF_ENOENT, name, "the pipeline has no input '%.200s'%s%s%s", name,
        nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
        nearest != NULL ? "'?" : "");
}

static kf_type type_of(const inputs *self, const char *name)
{
    return kf__type_of_name(
        kf__get_text(kf_value_get(self->parameters, name), "parameterType"));
}

/* ---- parameters ---- */

/* Values of Katib's lists are text; for an input of another type they read as JSON. */
static kf_status read_choice(
    kf_tree *tree, kf_type type, const kf_value *choice, kf_value **out)
{
    const char *text = kf_value_string(choice);
    *out = NULL;
    if (text == NULL || type == KF_TYPE_STRING)
        *out = kf__tree_copy(tree, choice);
    else if (strcmp(text, "True") == 0 || strcmp(text, "False") == 0)
        *out = kf__tree_bool(tree, text[0] == 'T');
    else if (kf__json_read(tree, text, kf_value_length(choice), out) != KF_OK) {
        kf_clear_error();
        *out = kf__tree_copy(tree, choice);
    }
    return kf__tree_status(tree);
}

static kf_status fit_choices(kf_tree *tree, kf_type type, const kf_parameter *parameter)
{
    const char *name = parameter->axis.name;
    for (size_t i = 0; i < kf_value_length(parameter->choices); i++) {
        kf_value *read = NULL, *made = NULL;
        KF__TRY(read_choice(tree, type, kf_value_at(parameter->choices, i), &read));
        KF__TRY(kf__parameter_convert(tree, type, read, name, name, &made));
        kf__set_at(parameter->choices, i, made);
    }
    return KF_OK;
}

static bool is_whole(double number)
{
    return number == floor(number);
}

static kf_status check_range(kf_type type, const kf_parameter *parameter)
{
    const char *name = parameter->axis.name;
    bool whole =
        parameter->type == KF__PARAMETER_INT ||
        (parameter->step > 0 && is_whole(parameter->step) && is_whole(parameter->min));
    if (type == KF_TYPE_DOUBLE || type == KF_TYPE_STRING ||
        (type == KF_TYPE_INTEGER && whole))
        return KF_OK;
    return kf__fail(KF_ETYPE, name,
        "the parameter '%.200s' is %s, and the pipeline's input of that name %s", name,
        parameter->type == KF__PARAMETER_INT ? "an int" : "a double",
        type == KF_TYPE_INTEGER   ? "takes whole numbers"
        : type == KF_TYPE_BOOLEAN ? "is true or false: make it categorical"
                                  : "takes no number");
}

static kf_status fit_parameter(
    const inputs *self, kf_tree *tree, const kf_parameter *parameter)
{
    const char *name = parameter->axis.name;
    if (kf_value_get(self->artifacts, name) != NULL)
        return kf__fail(KF_ETYPE, name,
            "the pipeline's input '%.200s' is an artifact, which is no parameter to "
            "search",
            name);
    if (kf_value_get(self->parameters, name) == NULL)
        return no_input(self, name);
    kf_type type = type_of(self, name);
    return parameter->choices != NULL ? fit_choices(tree, type, parameter)
                                      : check_range(type, parameter);
}

/* ---- arguments ---- */

static bool is_elsewhere(const char *uri)
{
    return strstr(uri, "://") != NULL;
}

/* Whoever resumes may work in another folder. */
static kf_status fix_path(kf_tree *tree, kf_value *arguments, size_t index)
{
    const char *path = kf_value_string(kf_value_at(arguments, index));
    char *absolute = NULL;
    if (path == NULL || is_elsewhere(path))
        return KF_OK;
    KF__TRY(kf__absolute_path(path, &absolute));
    kf__set_at(arguments, index, kf__tree_string(tree, absolute));
    kf__free(absolute);
    return kf__tree_status(tree);
}

static kf_status fit_arguments(
    const inputs *self, const kf_space *space, kf_tree *tree, kf_value *arguments)
{
    size_t index;
    for (size_t i = 0; i < kf_value_length(arguments); i++) {
        const char *name = kf_value_key(arguments, i);
        kf_value *made = NULL;
        if (kf__map_find_index(&space->names, name, &index))
            return kf__fail(KF_EINVAL, name,
                "'%.200s' is a parameter of the search, and an argument of every trial",
                name);
        if (kf_value_get(self->artifacts, name) != NULL) {
            KF__TRY(fix_path(tree, arguments, i));
            continue;
        }
        if (kf_value_get(self->parameters, name) == NULL)
            return no_input(self, name);
        if (kf_value_kind(kf_value_at(arguments, i)) == KF_KIND_NULL)
            continue;
        KF__TRY(kf__parameter_convert(
            tree, type_of(self, name), kf_value_at(arguments, i), name, name, &made));
    }
    return KF_OK;
}

/* ---- what is left ---- */

static bool may_be_left_out(const kf_value *input)
{
    return kf_value_get(input, "defaultValue") != NULL ||
           kf_value_bool(kf_value_get(input, "isOptional"));
}

static kf_status check_required(
    const kf_value *group, const kf_space *space, const kf_value *arguments)
{
    for (size_t i = 0; i < kf_value_length(group); i++) {
        const char *name = kf_value_key(group, i);
        size_t index;
        bool searched = kf__map_find_index(&space->names, name, &index);
        if (may_be_left_out(kf_value_at(group, i)) ||
            (searched && space->parameters.items[index].allowed == NULL) ||
            kf_value_get(arguments, name) != NULL)
            continue;
        return kf__fail(KF_EMISSING, name,
            searched ? "the parameter '%.200s' has a condition, and the pipeline's "
                       "input of that name has no default to go without it"
                     : "the pipeline's input '%.200s' has no default: search it, or "
                       "give it an argument",
            name);
    }
    return KF_OK;
}

static kf_status fit(kf_tune *tune, kf_space *space, const kf_value *spec)
{
    const kf_value *root = kf_value_get(kf_value_get(spec, "root"), "inputDefinitions");
    const inputs self = {
        kf_value_get(root, "parameters"), kf_value_get(root, "artifacts")};
    for (size_t i = 0; i < space->parameters.count; i++)
        KF__TRY(fit_parameter(&self, &space->tree, &space->parameters.items[i]));
    KF__TRY(fit_arguments(&self, space, &tune->tree, tune->arguments));
    KF__TRY(check_required(self.parameters, space, tune->arguments));
    return check_required(self.artifacts, space, tune->arguments);
}

kf_status kf__tune_fit(kf_tune *tune, kf_space *space)
{
    kf_value *spec = NULL;
    if (tune->pipeline == NULL)
        return KF_OK;
    KF__TRY(kf_pipeline_spec(tune->pipeline, NULL, &spec));
    kf_status status = fit(tune, space, spec);
    kf_value_free(spec);
    return status;
}
