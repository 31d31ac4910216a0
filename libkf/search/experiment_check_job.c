/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of an OptimizationJob: optimizationjob_types.go of the trainer. */
#include "search/experiment_check.h"

#include <string.h>

#include "base/map.h"

enum { MOST_ITEMS = 100, MOST_NAME = 64 };

static const kf_place spec_place = {.name = "spec"};

static const char *text_of(const kf_value *object, const char *name)
{
    const char *text = kf__get_text(object, name);
    return text != NULL ? text : "";
}

static const kf_value *or_else(const kf_value *value, const kf_value *otherwise)
{
    return value != NULL ? value : otherwise;
}

/* ---- objectives, counts, algorithm ---- */

static void check_objectives(const kf_value *spec, kf_report *report)
{
    const kf_value *list = kf_value_get(spec, "objectives");
    const kf_place *place = KF__PLACE(&spec_place, "objectives");
    if (kf_value_length(list) != 1)
        kf__find_error(report, KF_EINVAL, place, or_else(list, spec),
            "there are %zu objectives: expected one", kf_value_length(list));
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *objective = kf_value_at(list, i);
        size_t length = kf_value_length(kf_value_get(objective, "metric"));
        const char *direction = text_of(objective, "direction");
        const kf_place *here = KF__PLACE_AT(place, i);
        if (length < 1 || length > MOST_NAME)
            kf__find_error(report, KF_EINVAL, KF__PLACE(here, "metric"), objective,
                "an objective needs a metric of 1 to %d characters", MOST_NAME);
        if (*direction != '\0' && strcmp(direction, "Maximize") != 0 &&
            strcmp(direction, "Minimize") != 0)
            kf__find_error(report, KF_EINVAL, KF__PLACE(here, "direction"), objective,
                "direction '%.100s': expected Maximize or Minimize", direction);
    }
}

static void check_count(const kf_value *spec, const char *field, kf_report *report)
{
    const kf_value *value = kf_value_get(spec, field);
    int64_t count = value == NULL ? 1 : kf_value_int(value);
    if (count < 1 || count > MOST_ITEMS)
        kf__find_error(report, KF_EINVAL, KF__PLACE(&spec_place, field), value,
            "%s is %lld: expected 1 to %d", field, (long long)count, MOST_ITEMS);
}

static void check_counts(
    const kf_experiment *experiment, const kf_value *spec, kf_report *report)
{
    int64_t parallel = kf_experiment_parallel(experiment);
    int64_t all = kf_experiment_max_trials(experiment);
    check_count(spec, "numTrials", report);
    check_count(spec, "parallelTrials", report);
    if (parallel > all)
        kf__find_error(report, KF_EINVAL, KF__PLACE(&spec_place, "parallelTrials"),
            kf_value_get(spec, "parallelTrials"),
            "parallelTrials is %lld, more than numTrials, %lld", (long long)parallel,
            (long long)all);
}

static void check_algorithm(const kf_value *spec, kf_report *report)
{
    const kf_value *algorithm = kf_value_get(spec, "searchAlgorithm");
    const kf_place *place = KF__PLACE(&spec_place, "searchAlgorithm");
    bool random = kf_value_get(algorithm, "random") != NULL;
    bool grid = kf_value_get(algorithm, "grid") != NULL;
    const kf_value *parameters = kf_value_get(spec, "parameters");
    if (algorithm != NULL && random == grid)
        kf__find_error(report, KF_EINVAL, place, algorithm,
            "a search algorithm is either random or grid");
    if (!grid)
        return;
    kf__find_warning(report, KF_EUNSUPPORTED, KF__PLACE(place, "grid"), algorithm,
        "the trainer's controller knows random alone yet: grid runs here only");
    for (size_t i = 0; i < kf_value_length(parameters); i++) {
        const kf_value *parameter = kf_value_at(parameters, i);
        const kf_value *space = kf_value_get(parameter, "searchSpace");
        if (kf_value_get(space, "categorical") == NULL)
            kf__find_error(report, KF_EUNSUPPORTED,
                KF__PLACE(KF__PLACE_AT(KF__PLACE(&spec_place, "parameters"), i),
                    "searchSpace"),
                parameter, "grid takes categorical parameters alone");
    }
}

/* ---- parameters ---- */

static bool is_name(const char *name)
{
    for (const char *at = name; *at != '\0'; at++)
        if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '_' ||
                (*at >= '0' && *at <= '9' && at > name)))
            return false;
    return *name != '\0' && strlen(name) <= MOST_NAME;
}

/* ^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$ */
static bool is_number(const char *text)
{
    text += *text == '-';
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || (*text == '0' && digits > 1))
        return false;
    text += digits;
    if (*text == '.') {
        digits = strspn(text + 1, "0123456789");
        if (digits == 0)
            return false;
        text += digits + 1;
    }
    if (*text != 'e' && *text != 'E')
        return *text == '\0';
    text++;
    text += *text == '+' || *text == '-';
    digits = strspn(text, "0123456789");
    return digits > 0 && text[digits] == '\0';
}

static bool check_range(kf_report *report, const kf_place *place, const kf_value *range)
{
    static const char *const bounds[] = {"min", "max"};
    const char *type = text_of(range, "type");
    size_t errors = kf_report_errors(report);
    for (size_t i = 0; i < 2; i++)
        if (!is_number(text_of(range, bounds[i])))
            kf__find_error(report, KF_EINVAL, KF__PLACE(place, bounds[i]), range,
                "%s is '%.100s': expected a number", bounds[i],
                text_of(range, bounds[i]));
    if (*type != '\0' && strcmp(type, "Int") != 0 && strcmp(type, "Float") != 0)
        kf__find_error(report, KF_EINVAL, KF__PLACE(place, "type"), range,
            "type '%.100s': expected Int or Float", type);
    return kf_report_errors(report) == errors;
}

static bool check_choices(
    kf_report *report, const kf_place *place, const kf_value *categorical)
{
    const kf_value *choices = kf_value_get(categorical, "choices");
    size_t errors = kf_report_errors(report);
    size_t count = kf_value_length(choices);
    if (count < 1 || count > MOST_ITEMS)
        kf__find_error(report, KF_EINVAL, KF__PLACE(place, "choices"), categorical,
            "there are %zu choices: expected 1 to %d", count, MOST_ITEMS);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (kf_value_equal(kf_value_at(choices, k), kf_value_at(choices, i)))
                kf__find_error(report, KF_EEXIST,
                    KF__PLACE_AT(KF__PLACE(place, "choices"), i),
                    kf_value_at(choices, i), "'%.100s' stands in the list twice",
                    kf_value_string(kf_value_at(choices, i)));
    for (size_t i = 0; i < count; i++)
        if (kf_value_length(kf_value_at(choices, i)) > MOST_NAME)
            kf__find_error(report, KF_EINVAL,
                KF__PLACE_AT(KF__PLACE(place, "choices"), i), kf_value_at(choices, i),
                "a choice has more than %d characters", MOST_NAME);
    return kf_report_errors(report) == errors;
}

static bool check_space(
    kf_report *report, const kf_place *place, const kf_value *parameter)
{
    static const char *const kinds[] = {"uniform", "logUniform", "categorical"};
    const kf_value *space = kf_value_get(parameter, "searchSpace");
    const kf_value *found = NULL;
    size_t count = 0, which = 0;
    for (size_t i = 0; i < 3; i++) {
        const kf_value *one = kf_value_get(space, kinds[i]);
        if (one == NULL)
            continue;
        count++;
        which = i;
        found = one;
    }
    if (count != 1) {
        kf__find_error(report, KF_EINVAL, place, or_else(space, parameter),
            "a search space is one of uniform, logUniform and categorical");
        return false;
    }
    const kf_place *here = KF__PLACE(place, kinds[which]);
    return which == 2 ? check_choices(report, here, found)
                      : check_range(report, here, found);
}

static kf_status check_parameters(
    const kf_experiment *experiment, const kf_value *spec, kf_report *report)
{
    const kf_value *list = kf_value_get(spec, "parameters");
    const kf_value *as_katib = kf__experiment_spec(experiment, "parameters");
    const kf_place *place = KF__PLACE(&spec_place, "parameters");
    kf_space *space;
    if (kf_value_length(list) < 1 || kf_value_length(list) > MOST_ITEMS)
        kf__find_error(report, KF_EINVAL, place, or_else(list, spec),
            "there are %zu parameters: expected 1 to %d", kf_value_length(list),
            MOST_ITEMS);
    KF__TRY(kf_space_new(&space));
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *parameter = kf_value_at(list, i);
        const char *name = text_of(parameter, "name");
        const kf_place *here = KF__PLACE_AT(place, i);
        if (!is_name(name))
            kf__find_error(report, KF_EINVAL, KF__PLACE(here, "name"), parameter,
                "name '%.100s': expected 1 to %d letters, digits and '_', no digit "
                "first",
                name, MOST_NAME);
        else if (check_space(report, KF__PLACE(here, "searchSpace"), parameter) &&
                 kf__experiment_add_parameter(space, kf_value_at(as_katib, i)) != KF_OK)
            kf__find_last(report, here, parameter);
    }
    kf_space_free(space);
    return KF_OK;
}

kf_status kf__check_job(const kf_experiment *experiment, kf_report *report)
{
    const kf_value *spec = kf_value_get(experiment->typed, "spec");
    const kf_value *job = kf_value_get(spec, "trainJobTemplate");
    const kf_value *metadata = kf_value_get(job, "metadata");
    check_objectives(spec, report);
    check_counts(experiment, spec, report);
    check_algorithm(spec, report);
    const kf_place *place = KF__PLACE(&spec_place, "trainJobTemplate");
    if (kf_value_get(job, "spec") == NULL)
        kf__find_error(report, KF_EMISSING, KF__PLACE(place, "spec"),
            or_else(job, spec), "the job needs the spec of its TrainJobs");
    static const char *const omitted[] = {"name", "namespace"};
    for (size_t i = 0; i < 2; i++)
        if (kf__given(metadata, omitted[i]) != NULL)
            kf__find_error(report, KF_EINVAL,
                KF__PLACE(KF__PLACE(place, "metadata"), omitted[i]), metadata,
                "%s must be left out: each trial has its own", omitted[i]);
    return check_parameters(experiment, spec, report);
}
