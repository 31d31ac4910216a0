/* SPDX-License-Identifier: Apache-2.0 */
#include "search/space.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

/* 2^53: a double holds every integer up to it. */
#define LARGEST_INT INT64_C(9007199254740992)
#define MOST_LEVELS 9007199254740992.0

kf_status kf_space_new(kf_space **out)
{
    KF__REQUIRE(out != NULL);
    kf_space *space = kf__calloc(1, sizeof *space);
    if (space == NULL)
        return kf__nomem();
    *out = space;
    return KF_OK;
}

void kf_space_free(kf_space *space)
{
    if (space == NULL)
        return;
    kf__map_finish(&space->names);
    kf__vec_finish(&space->parameters);
    kf__tree_finish(&space->tree);
    kf__free(space);
}

size_t kf_space_count(const kf_space *space)
{
    return space == NULL ? 0 : space->parameters.count;
}

const kf_axis *kf_space_axis(const kf_space *space, size_t index)
{
    return index < kf_space_count(space) ? &space->parameters.items[index].axis : NULL;
}

/* ---- adding ---- */

static kf_status check_name(const kf_space *space, const char *name)
{
    if (*name == '\0' || !kf__utf8_valid(name, strlen(name), NULL))
        return kf__fail(KF_EINVAL, NULL,
            "the name of a parameter must be text of at least one character");
    if (kf__map_has(&space->names, name))
        return kf__fail(KF_EEXIST, name, "there is a parameter '%.200s' already", name);
    return KF_OK;
}

static kf_status add(kf_space *space, const char *name, kf_parameter *parameter)
{
    parameter->axis.name = kf__arena_strdup(&space->tree.arena, name);
    parameter->axis.parent = -1;
    if (parameter->axis.name == NULL || kf__tree_status(&space->tree) != KF_OK)
        return kf__nomem();
    KF__TRY(kf__vec_push(&space->parameters, *parameter));
    kf_status status = kf__map_set_index(
        &space->names, parameter->axis.name, space->parameters.count - 1);
    if (status != KF_OK)
        space->parameters.count--;
    return status;
}

static bool is_log(kf_distribution distribution)
{
    return distribution == KF_LOG_UNIFORM || distribution == KF_LOG_NORMAL;
}

static kf_status check_range(const char *name, const kf_parameter *parameter)
{
    double min = parameter->min, max = parameter->max, step = parameter->step;
    if (!isfinite(min) || !isfinite(max) || !isfinite(max - min))
        return kf__fail(
            KF_EINVAL, name, "min and max of '%.200s' must be finite", name);
    if (min > max)
        return kf__fail(KF_EINVAL, name, "min of '%.200s' is %s, above max, %s", name,
            kf__shown(min).text, kf__shown(max).text);
    if (!(step >= 0) || !isfinite(step))
        return kf__fail(KF_EINVAL, name,
            "step of '%.200s' is %s: expected a positive number", name,
            kf__shown(step).text);
    if (step > max - min && max > min)
        return kf__fail(KF_EINVAL, name,
            "step of '%.200s' is %s, more than from min to max", name,
            kf__shown(step).text);
    if (step > 0 && (max - min) / step >= MOST_LEVELS)
        return kf__fail(KF_ELIMIT, name,
            "step of '%.200s' is %s, too small for its range: leave it out", name,
            kf__shown(step).text);
    if ((unsigned)parameter->distribution > KF_LOG_NORMAL)
        return kf__fail(
            KF_EINVAL, name, "'%.200s' has a distribution that is none", name);
    if (is_log(parameter->distribution) && min <= 0)
        return kf__fail(KF_EINVAL, name,
            "min of '%.200s' is %s: a logarithmic distribution needs a positive one",
            name, kf__shown(min).text);
    return KF_OK;
}

static double transform(const kf_parameter *parameter, double value)
{
    return is_log(parameter->distribution) ? log(value) : value;
}

/* Half a step beyond the bounds, so that every value has a cell of its own. The cell of
 * the least value of a logarithm begins at half of it where that is nearer. */
static void set_edges(kf_parameter *parameter)
{
    double half = parameter->step / 2;
    double low = parameter->min - half;
    double last =
        parameter->min +
        parameter->step *
            (double)(parameter->axis.levels > 0 ? parameter->axis.levels - 1 : 0);
    double high = parameter->step > 0 ? last + half : parameter->max;
    if (is_log(parameter->distribution) && low <= 0)
        low = parameter->min / 2;
    parameter->low = transform(parameter, low);
    parameter->high = transform(parameter, high);
}

static kf_status add_range(kf_space *space, const char *name, kf_parameter *parameter)
{
    KF__TRY(check_name(space, name));
    KF__TRY(check_range(name, parameter));
    if (parameter->min == parameter->max && parameter->step == 0)
        parameter->step = 1; /* One value. */
    if (parameter->step > 0) {
        double steps = (parameter->max - parameter->min) / parameter->step;
        parameter->axis.kind = KF_AXIS_ORDERED;
        parameter->axis.levels = (int64_t)floor(steps * (1 + 1e-12) + 1e-9) + 1;
    }
    set_edges(parameter);
    return add(space, name, parameter);
}

kf_status kf_space_add_double(kf_space *space, const char *name, double min, double max,
    double step, kf_distribution distribution)
{
    KF__REQUIRE(space != NULL && name != NULL);
    kf_parameter parameter = {.type = KF__PARAMETER_DOUBLE,
        .distribution = distribution,
        .min = min,
        .max = max,
        .step = step};
    return add_range(space, name, &parameter);
}

kf_status kf_space_add_int(kf_space *space, const char *name, int64_t min, int64_t max,
    int64_t step, kf_distribution distribution)
{
    KF__REQUIRE(space != NULL && name != NULL);
    kf_parameter parameter = {.type = KF__PARAMETER_INT,
        .distribution = distribution,
        .min = (double)min,
        .max = (double)max,
        .step = step == 0 ? 1 : (double)step};
    if (min < -LARGEST_INT || max < -LARGEST_INT || min > LARGEST_INT ||
        max > LARGEST_INT)
        return kf__fail(
            KF_EINVAL, name, "min and max of '%.200s' must be within 2^53", name);
    return add_range(space, name, &parameter);
}

static bool has_twice(const kf_value *list, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (kf_value_equal(kf_value_at(list, i), kf_value_at(list, index)))
            return true;
    return false;
}

static kf_status check_choices(const char *name, const kf_value *values)
{
    if (!kf__is(values, KF_KIND_LIST) || kf_value_length(values) == 0)
        return kf__fail(KF_EINVAL, name,
            "'%.200s' needs a list of at least one value to choose from", name);
    for (size_t i = 0; i < kf_value_length(values); i++)
        if (has_twice(values, i))
            return kf__fail(KF_EINVAL, name,
                "value %zu of '%.200s' stands in its list twice", i + 1, name);
    return KF_OK;
}

static bool number_of(const kf_value *value, double *out)
{
    if (kf__is(value, KF_KIND_STRING))
        return kf__parse_double(kf_value_string(value), out) && isfinite(*out);
    *out = kf_value_double(value);
    return kf__is(value, KF_KIND_INT) || kf__is(value, KF_KIND_DOUBLE);
}

/* By insertion: lists are short, and equal numbers are found on the way. */
static kf_status sort_numbers(const char *name, kf_value *list)
{
    size_t count = kf_value_length(list);
    for (size_t i = 0; i < count; i++) {
        double number, before;
        kf_value *item = kf__at(list, i);
        if (!number_of(item, &number))
            return kf__fail(KF_EINVAL, name,
                "a value of '%.200s' is no number, as a discrete parameter needs: make "
                "it categorical",
                name);
        size_t at = i;
        for (; at > 0; at--) {
            (void)number_of(kf__at(list, at - 1), &before);
            if (before == number)
                return kf__fail(KF_EINVAL, name,
                    "%s stands in the list of '%.200s' twice", kf__shown(number).text,
                    name);
            if (before < number)
                break;
            kf__set_at(list, at, kf__at(list, at - 1));
        }
        kf__set_at(list, at, item);
    }
    return KF_OK;
}

static kf_status add_choices(
    kf_space *space, const char *name, const kf_value *values, kf_parameter *parameter)
{
    KF__TRY(check_name(space, name));
    KF__TRY(check_choices(name, values));
    parameter->choices = kf__tree_copy(&space->tree, values);
    KF__TRY(kf__tree_status(&space->tree));
    if (parameter->type == KF__PARAMETER_DISCRETE)
        KF__TRY(sort_numbers(name, parameter->choices));
    parameter->axis.levels = (int64_t)kf_value_length(values);
    return add(space, name, parameter);
}

kf_status kf_space_add_discrete(
    kf_space *space, const char *name, const kf_value *values)
{
    KF__REQUIRE(space != NULL && name != NULL && values != NULL);
    kf_parameter parameter = {
        .type = KF__PARAMETER_DISCRETE, .axis.kind = KF_AXIS_ORDERED};
    return add_choices(space, name, values, &parameter);
}

kf_status kf_space_add_categorical(
    kf_space *space, const char *name, const kf_value *values)
{
    KF__REQUIRE(space != NULL && name != NULL && values != NULL);
    kf_parameter parameter = {
        .type = KF__PARAMETER_CATEGORICAL, .axis.kind = KF_AXIS_CATEGORICAL};
    return add_choices(space, name, values, &parameter);
}

/* ---- finding ---- */

static const char *next_name(const void *state, size_t index)
{
    const kf_axis *axis = kf_space_axis(state, index);
    return axis == NULL ? NULL : axis->name;
}

kf_status kf__space_find(const kf_space *space, const char *name, size_t *out)
{
    if (kf__map_find_index(&space->names, name, out))
        return KF_OK;
    const char *nearest = kf__nearest(name, next_name, space);
    return nearest == NULL
               ? kf__fail(KF_ENOENT, name, "there is no parameter '%.200s'", name)
               : kf__fail(KF_ENOENT, name,
                     "there is no parameter '%.200s': did you mean '%.200s'?", name,
                     nearest);
}

/* ---- conditions ---- */

static kf_status find_level(
    const kf_parameter *parent, const kf_value *value, size_t *out)
{
    for (size_t i = 0; i < kf_value_length(parent->choices); i++) {
        if (kf_value_equal(kf_value_at(parent->choices, i), value)) {
            *out = i;
            return KF_OK;
        }
    }
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, value, KF_JSON_SPACED);
    kf_status status = kf__fail(KF_ENOENT, parent->axis.name,
        "the condition's value %.100s is none of '%.200s'", kf__buf_text(&text),
        parent->axis.name);
    kf__buf_finish(&text);
    return status;
}

kf_status kf_space_set_condition(
    kf_space *space, const char *name, const char *parent, const kf_value *values)
{
    KF__REQUIRE(space != NULL && name != NULL && parent != NULL && values != NULL);
    size_t child, above;
    KF__TRY(kf__space_find(space, name, &child));
    KF__TRY(kf__space_find(space, parent, &above));
    kf_parameter *parameter = &space->parameters.items[child];
    const kf_parameter *decides = &space->parameters.items[above];
    if (parameter->allowed != NULL)
        return kf__fail(KF_ESTATE, name, "'%.200s' has a condition already", name);
    if (above >= child || decides->choices == NULL || !kf__is(values, KF_KIND_LIST) ||
        kf_value_length(values) == 0)
        return kf__fail(KF_EINVAL, name,
            "'%.200s' can depend on values of a discrete or categorical parameter that "
            "was added before it",
            name);
    bool *allowed = kf__arena_alloc(
        &space->tree.arena, kf_value_length(decides->choices) * sizeof *allowed);
    if (allowed == NULL)
        return kf__nomem();
    for (size_t i = 0; i < kf_value_length(values); i++) {
        size_t level = 0;
        KF__TRY(find_level(decides, kf_value_at(values, i), &level));
        allowed[level] = true;
    }
    parameter->allowed = allowed;
    parameter->axis.parent = (int)above;
    return KF_OK;
}

/* ---- copies ---- */

static kf_status copy_parameter(
    kf_space *to, const kf_space *from, const kf_parameter *parameter)
{
    kf_parameter copy = *parameter;
    if (copy.choices != NULL)
        copy.choices = kf__tree_copy(&to->tree, copy.choices);
    if (copy.allowed != NULL) {
        size_t size = (size_t)from->parameters.items[copy.axis.parent].axis.levels;
        copy.allowed = kf__arena_alloc(&to->tree.arena, size * sizeof *copy.allowed);
        if (copy.allowed == NULL)
            return kf__nomem();
        memcpy(copy.allowed, parameter->allowed, size * sizeof *copy.allowed);
    }
    KF__TRY(add(to, parameter->axis.name, &copy));
    to->parameters.items[to->parameters.count - 1].axis.parent = parameter->axis.parent;
    return KF_OK;
}

kf_status kf_space_dup(const kf_space *space, kf_space **out)
{
    KF__REQUIRE(space != NULL && out != NULL);
    kf_space *copy;
    KF__TRY(kf_space_new(&copy));
    for (size_t i = 0; i < space->parameters.count; i++) {
        kf_status status = copy_parameter(copy, space, &space->parameters.items[i]);
        if (status != KF_OK) {
            kf_space_free(copy);
            return status;
        }
    }
    *out = copy;
    return KF_OK;
}
