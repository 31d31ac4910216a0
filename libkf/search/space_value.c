/* SPDX-License-Identifier: Apache-2.0 */
/* Values as coordinates, and back. A coordinate is the value's place in the parameter's
 * cumulative distribution. */
#include "search/space.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "search/normal.h"

static const kf_parameter *at(const kf_space *space, size_t index)
{
    return &space->parameters.items[index];
}

static bool is_normal(const kf_parameter *parameter)
{
    return parameter->distribution == KF_NORMAL ||
           parameter->distribution == KF_LOG_NORMAL;
}

static bool is_log(const kf_parameter *parameter)
{
    return parameter->distribution == KF_LOG_UNIFORM ||
           parameter->distribution == KF_LOG_NORMAL;
}

/* Bounds are three standard deviations from the mean; cells reach a little further. */
static double deviations(const kf_parameter *parameter, double transformed)
{
    double min = is_log(parameter) ? log(parameter->min) : parameter->min;
    double max = is_log(parameter) ? log(parameter->max) : parameter->max;
    return max > min ? (transformed - (min + max) / 2) / ((max - min) / 6) : 0;
}

static double from_deviations(const kf_parameter *parameter, double z)
{
    double min = is_log(parameter) ? log(parameter->min) : parameter->min;
    double max = is_log(parameter) ? log(parameter->max) : parameter->max;
    return (min + max) / 2 + z * (max - min) / 6;
}

static double clamp(double number, double low, double high)
{
    return number < low ? low : number > high ? high : number;
}

/* The coordinate of a number, before any snapping. */
static double place(const kf_parameter *parameter, double number)
{
    double low = parameter->low, high = parameter->high;
    double value = is_log(parameter) ? log(fmax(number, 1e-300)) : number;
    if (!(high > low))
        return 0.5;
    value = clamp(value, low, high);
    if (!is_normal(parameter))
        return (value - low) / (high - low);
    double first = kf__normal_cdf(deviations(parameter, low));
    double last = kf__normal_cdf(deviations(parameter, high));
    if (!(last > first))
        return 0.5;
    return clamp(
        (kf__normal_cdf(deviations(parameter, value)) - first) / (last - first), 0, 1);
}

static double number_at(const kf_parameter *parameter, double coordinate)
{
    double low = parameter->low, high = parameter->high;
    double value;
    if (!is_normal(parameter)) {
        value = low + coordinate * (high - low);
    } else {
        double first = kf__normal_cdf(deviations(parameter, low));
        double last = kf__normal_cdf(deviations(parameter, high));
        value = from_deviations(
            parameter, kf__normal_quantile(first + coordinate * (last - first)));
        value = clamp(value, low, high);
    }
    return is_log(parameter) ? exp(value) : value;
}

static int64_t clamp_level(const kf_parameter *parameter, double level)
{
    return (int64_t)clamp(level, 0, (double)(parameter->axis.levels - 1));
}

int64_t kf__space_level(const kf_space *space, size_t index, double coordinate)
{
    const kf_parameter *parameter = at(space, index);
    if (parameter->axis.kind == KF_AXIS_CATEGORICAL)
        return clamp_level(parameter, floor(coordinate + 0.5));
    if (parameter->choices != NULL)
        return clamp_level(
            parameter, floor(coordinate * (double)parameter->axis.levels));
    double number = number_at(parameter, coordinate);
    return clamp_level(
        parameter, floor((number - parameter->min) / parameter->step + 0.5));
}

/* Where the cell of a level begins; of level `levels`, where the last one ends. */
static double edge(const kf_parameter *parameter, int64_t level)
{
    if (level <= 0)
        return 0;
    if (level >= parameter->axis.levels)
        return 1;
    if (parameter->choices != NULL)
        return (double)level / (double)parameter->axis.levels;
    return place(parameter, parameter->min + ((double)level - 0.5) * parameter->step);
}

double kf__space_level_coordinate(const kf_space *space, size_t index, int64_t level)
{
    const kf_parameter *parameter = at(space, index);
    if (parameter->axis.kind == KF_AXIS_CATEGORICAL)
        return (double)level;
    return (edge(parameter, level) + edge(parameter, level + 1)) / 2;
}

void kf__space_cell(
    const kf_space *space, size_t index, double coordinate, double *low, double *high)
{
    int64_t level = kf__space_level(space, index, coordinate);
    *low = edge(at(space, index), level);
    *high = edge(at(space, index), level + 1);
}

double kf__space_snap(const kf_space *space, size_t index, double coordinate)
{
    const kf_parameter *parameter = at(space, index);
    if (isnan(coordinate))
        return coordinate;
    if (parameter->axis.kind == KF_AXIS_CONTINUOUS)
        return clamp(coordinate, 0, 1);
    return kf__space_level_coordinate(
        space, index, kf__space_level(space, index, coordinate));
}

#define MOST_DECIMALS 12

/* How many decimals a number has as a person would write it; -1: many. */
static int decimals(double number)
{
    double scale = 1;
    for (int places = 0; places <= MOST_DECIMALS; places++, scale *= 10) {
        double scaled = number * scale;
        if (fabs(scaled - round(scaled)) <= 1e-12 * fmax(1, fabs(scaled)))
            return places;
    }
    return -1;
}

/* min + level × step without the error of binary fractions: 0.3, not
 * 0.30000000000000004. */
static double stepped(const kf_parameter *parameter, int64_t level)
{
    double exact = parameter->min + (double)level * parameter->step;
    int of_min = decimals(parameter->min), of_step = decimals(parameter->step);
    double scale = pow(10, of_min > of_step ? of_min : of_step);
    if (of_min < 0 || of_step < 0 || fabs(exact * scale) > 1e15)
        return exact;
    return clamp(round(exact * scale) / scale, parameter->min, parameter->max);
}

double kf__space_number(const kf_space *space, size_t index, double coordinate)
{
    const kf_parameter *parameter = at(space, index);
    if (parameter->axis.kind == KF_AXIS_CONTINUOUS)
        return clamp(number_at(parameter, coordinate), parameter->min, parameter->max);
    int64_t level = kf__space_level(space, index, coordinate);
    if (parameter->type == KF__PARAMETER_CATEGORICAL)
        return (double)level;
    if (parameter->type != KF__PARAMETER_DISCRETE)
        return stepped(parameter, level);
    return kf__space_given(kf_value_at(parameter->choices, (size_t)level));
}

double kf__space_given(const kf_value *value)
{
    double number = kf_value_double(value);
    if (kf__is(value, KF_KIND_STRING))
        (void)kf__parse_double(kf_value_string(value), &number);
    return number;
}

kf_value *kf__space_value(
    const kf_space *space, size_t index, double coordinate, kf_tree *tree)
{
    const kf_parameter *parameter = at(space, index);
    if (parameter->choices != NULL)
        return kf__tree_copy(
            tree, kf_value_at(parameter->choices,
                      (size_t)kf__space_level(space, index, coordinate)));
    double number = kf__space_number(space, index, coordinate);
    return parameter->type == KF__PARAMETER_INT
               ? kf__tree_int(tree, (int64_t)llround(number))
               : kf__tree_double(tree, number);
}

/* ---- from values ---- */

static double place_choice(const kf_space *space, size_t index, double number)
{
    double nearest = INFINITY, out = 0;
    for (int64_t level = 0; level < at(space, index)->axis.levels; level++) {
        double coordinate = kf__space_level_coordinate(space, index, level);
        double off = fabs(kf__space_number(space, index, coordinate) - number);
        if (off < nearest) {
            nearest = off;
            out = coordinate;
        }
    }
    return out;
}

double kf__space_place(const kf_space *space, size_t index, double number)
{
    const kf_parameter *parameter = at(space, index);
    return parameter->choices != NULL
               ? place_choice(space, index, number)
               : kf__space_snap(space, index,
                     place(parameter, clamp(number, parameter->min, parameter->max)));
}

static kf_status choice_coordinate(
    const kf_space *space, size_t index, const kf_value *value, double *out)
{
    const kf_parameter *parameter = at(space, index);
    for (size_t i = 0; i < kf_value_length(parameter->choices); i++) {
        if (kf_value_equal(kf_value_at(parameter->choices, i), value)) {
            *out = kf__space_level_coordinate(space, index, (int64_t)i);
            return KF_OK;
        }
    }
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, parameter->choices, KF_JSON_SPACED);
    kf_status status = kf__fail(KF_EINVAL, parameter->axis.name,
        "a value of '%.200s' is none of its choices, %.500s", parameter->axis.name,
        kf__buf_text(&text));
    kf__buf_finish(&text);
    return status;
}

static kf_status number_in(
    const kf_parameter *parameter, const kf_value *value, double *out)
{
    const char *name = parameter->axis.name;
    bool is_number = kf__is(value, KF_KIND_INT) || kf__is(value, KF_KIND_DOUBLE);
    *out = kf_value_double(value);
    if (kf__is(value, KF_KIND_STRING))
        is_number = kf__parse_double(kf_value_string(value), out);
    if (!is_number)
        return kf__fail(KF_ETYPE, name, "a value of '%.200s' must be a number", name);
    double slack = 1e-9 * (parameter->max - parameter->min);
    if (!(*out >= parameter->min - slack && *out <= parameter->max + slack))
        return kf__fail(KF_EINVAL, name,
            "a value of '%.200s' is %s: expected one from %s to %s", name,
            kf__shown(*out).text, kf__shown(parameter->min).text,
            kf__shown(parameter->max).text);
    if (parameter->type == KF__PARAMETER_INT && *out != floor(*out))
        return kf__fail(KF_EINVAL, name,
            "a value of '%.200s' is %s: expected an integer", name,
            kf__shown(*out).text);
    return KF_OK;
}

kf_status kf__space_coordinate(
    const kf_space *space, size_t index, const kf_value *value, double *out)
{
    const kf_parameter *parameter = at(space, index);
    double number;
    if (parameter->choices != NULL)
        return choice_coordinate(space, index, value, out);
    KF__TRY(number_in(parameter, value, &number));
    if (parameter->axis.kind == KF_AXIS_CONTINUOUS) {
        *out = place(parameter, number);
        return KF_OK;
    }
    double level = (number - parameter->min) / parameter->step;
    if (fabs(level - round(level)) > 1e-6)
        return kf__fail(KF_EINVAL, parameter->axis.name,
            "a value of '%.200s' is %s: expected %s and a multiple of %s",
            parameter->axis.name, kf__shown(number).text,
            kf__shown(parameter->min).text, kf__shown(parameter->step).text);
    *out =
        kf__space_level_coordinate(space, index, clamp_level(parameter, round(level)));
    return KF_OK;
}

/* ---- points ---- */

bool kf__space_is_active(const kf_space *space, size_t index, const double *point)
{
    const kf_parameter *parameter = at(space, index);
    if (parameter->allowed == NULL)
        return true;
    size_t parent = (size_t)parameter->axis.parent;
    return !isnan(point[parent]) &&
           parameter->allowed[kf__space_level(space, parent, point[parent])];
}

kf_value *kf__space_params(const kf_space *space, const double *point, kf_tree *tree)
{
    kf_value *params = kf__tree_struct(tree);
    for (size_t i = 0; i < space->parameters.count; i++)
        if (!isnan(point[i]))
            kf__put(tree, params, at(space, i)->axis.name,
                kf__space_value(space, i, point[i], tree));
    return params;
}

static kf_status point_part(
    const kf_space *space, const kf_value *params, bool whole, size_t i, double *point)
{
    const char *name = at(space, i)->axis.name;
    const kf_value *value = kf_value_get(params, name);
    point[i] = NAN;
    /* Where the parent is left open, the condition is too. */
    bool open = at(space, i)->allowed != NULL &&
                isnan(point[at(space, i)->axis.parent]) && !whole;
    if (!open && !kf__space_is_active(space, i, point))
        return value == NULL
                   ? KF_OK
                   : kf__fail(KF_EINVAL, name,
                         "'%.200s' is given, but it is no parameter where "
                         "'%.200s' has the value given",
                         name, at(space, (size_t)at(space, i)->axis.parent)->axis.name);
    if (value == NULL)
        return whole ? kf__fail(KF_EMISSING, name, "'%.200s' is not given", name)
                     : KF_OK;
    return kf__space_coordinate(space, i, value, &point[i]);
}

kf_status kf__space_point(
    const kf_space *space, const kf_value *params, bool whole, double *point)
{
    size_t ignored;
    for (size_t i = 0; i < kf_value_length(params); i++)
        KF__TRY(kf__space_find(space, kf_value_key(params, i), &ignored));
    for (size_t i = 0; i < space->parameters.count; i++)
        KF__TRY(point_part(space, params, whole, i, point));
    return KF_OK;
}
