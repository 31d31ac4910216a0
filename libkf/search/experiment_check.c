/* SPDX-License-Identifier: Apache-2.0 */
#include "search/experiment_check.h"

#include <string.h>

static const kf_place spec_place = {.name = "spec"};

static kf_hint hint_among(const char *given, const char *names)
{
    kf_value *list = NULL;
    kf_hint hint = {""};
    if (given != NULL && kf_value_parse(names, strlen(names), &list) == KF_OK)
        hint = kf__hint(given, list);
    kf_value_free(list);
    return hint;
}

static const char *text_of(const kf_value *object, const char *name)
{
    const char *text = kf__get_text(object, name);
    return text != NULL ? text : "";
}

/* ---- metadata ---- */

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static void check_name(
    kf_report *report, const kf_place *place, const kf_value *name, size_t most)
{
    const char *text = kf_value_string(name);
    size_t length = strlen(text);
    bool sound = is_name_character(text[0]) && is_name_character(text[length - 1]);
    for (const char *at = text; *at != '\0'; at++)
        sound = sound && (is_name_character(*at) || *at == '-' ||
                             (*at == '.' && is_name_character(at[1])));
    if (length > most)
        kf__find_error(report, KF_EINVAL, place, name,
            "the name has %zu characters: expected at most %zu", length, most);
    else if (!sound)
        kf__find_error(report, KF_EINVAL, place, name,
            "'%.100s' is no name to Kubernetes: expected lower-case letters, digits "
            "and "
            "'-', a letter or digit at both ends",
            text);
}

static void check_metadata(const kf_experiment *experiment, kf_report *report)
{
    const kf_value *metadata = kf_value_get(experiment->full, "metadata");
    const kf_place *place = KF__PLACE(NULL, "metadata");
    const char *name = kf__given(metadata, "name");
    if (name == NULL) {
        if (kf__given(metadata, "generateName") == NULL)
            kf__find_error(report, KF_EMISSING, KF__PLACE(place, "name"),
                metadata != NULL ? metadata : experiment->document,
                "an experiment needs a name");
        return;
    }
    const kf_value *value = kf_value_get(metadata, "name");
    if (name[0] < 'a' || name[0] > 'z')
        kf__find_error(report, KF_EINVAL, KF__PLACE(place, "name"), value,
            "the name '%.100s' must begin with a lower-case letter", name);
    else
        check_name(report, KF__PLACE(place, "name"), value, 40);
}

/* ---- counts ---- */

static void check_positive(
    kf_report *report, const kf_value *spec, const char *field, int64_t least)
{
    const kf_value *value = kf_value_get(spec, field);
    if (value == NULL || kf_value_int(value) >= least)
        return;
    kf__find_error(report, KF_EINVAL, KF__PLACE(&spec_place, field), value,
        "%s is %lld: expected %s", field, (long long)kf_value_int(value),
        least == 0 ? "0 or more" : "1 or more");
}

static void check_within_max(
    kf_report *report, const kf_value *spec, const char *field, const char *note)
{
    const kf_value *value = kf_value_get(spec, field);
    const kf_value *max = kf_value_get(spec, "maxTrialCount");
    if (value == NULL || max == NULL || kf_value_int(value) <= kf_value_int(max))
        return;
    kf__find_error(report, KF_EINVAL, KF__PLACE(&spec_place, field),
        kf__line(value) > 0 ? value : max,
        "%s is %lld%s, more than maxTrialCount, %lld", field,
        (long long)kf_value_int(value), note, (long long)kf_value_int(max));
}

static void check_counts(const kf_experiment *experiment, kf_report *report)
{
    const kf_value *spec = kf_experiment_spec(experiment);
    bool given = kf_value_get(kf_value_get(experiment->typed, "spec"),
                     "parallelTrialCount") != NULL;
    check_positive(report, spec, "maxFailedTrialCount", 0);
    check_positive(report, spec, "maxTrialCount", 1);
    check_positive(report, spec, "parallelTrialCount", 1);
    check_within_max(report, spec, "maxFailedTrialCount", "");
    check_within_max(
        report, spec, "parallelTrialCount", given ? "" : " when it is not given");
    if (kf_value_get(spec, "maxTrialCount") == NULL &&
        kf_value_get(kf_value_get(spec, "objective"), "goal") == NULL)
        kf__find_warning(report, KF_EMISSING, &spec_place, spec,
            "neither maxTrialCount nor objective.goal is given: it goes on for ever");
}

/* ---- objective ---- */

static void check_more_metrics(
    const kf_value *objective, const kf_place *place, kf_report *report)
{
    const kf_value *more = kf_value_get(objective, "additionalMetricNames");
    const kf_place *list = KF__PLACE(place, "additionalMetricNames");
    const char *name = kf__given(objective, "objectiveMetricName");
    for (size_t i = 0; i < kf_value_length(more); i++) {
        const kf_value *item = kf_value_at(more, i);
        if (name != NULL && kf__equals_text(item, name))
            kf__find_error(report, KF_EINVAL, KF__PLACE_AT(list, i), item,
                "'%.100s' is the objective's metric already: leave it out here", name);
        for (size_t k = 0; k < i; k++)
            if (kf_value_equal(kf_value_at(more, k), item))
                kf__find_warning(report, KF_EEXIST, KF__PLACE_AT(list, i), item,
                    "'%.100s' stands in the list twice", kf_value_string(item));
    }
}

static bool names_metric(const kf_experiment *experiment, const char *name)
{
    for (size_t i = 0; i < experiment->metrics.count; i++)
        if (strcmp(experiment->metrics.items[i].name, name) == 0)
            return true;
    return false;
}

static void check_strategies(const kf_experiment *experiment, const kf_value *objective,
    const kf_place *place, kf_report *report)
{
    const kf_value *list = kf_value_get(objective, "metricStrategies");
    const kf_place *above = KF__PLACE(place, "metricStrategies");
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *strategy = kf_value_at(list, i);
        const char *value = text_of(strategy, "value"),
                   *name = text_of(strategy, "name");
        const kf_place *here = KF__PLACE_AT(above, i);
        if (strcmp(value, "min") != 0 && strcmp(value, "max") != 0 &&
            strcmp(value, "latest") != 0)
            kf__find_warning(report, KF_EINVAL, KF__PLACE(here, "value"), strategy,
                "strategy '%.100s' is none of min, max and latest: the latest value "
                "counts",
                value);
        if (!names_metric(experiment, name))
            kf__find_warning(report, KF_ENOENT, KF__PLACE(here, "name"), strategy,
                "'%.100s' is no metric of this experiment", name);
    }
}

static void check_objectives(
    const kf_experiment *experiment, const kf_value *objective, kf_report *report)
{
    const kf_value *annotations =
        kf_value_get(kf_value_get(experiment->full, "metadata"), "annotations");
    const kf_value *text = kf_value_get(annotations, KF__OBJECTIVES);
    const kf_place *place = KF__PLACE(
        KF__PLACE(KF__PLACE(NULL, "metadata"), "annotations"), KF__OBJECTIVES);
    kf_value *list = NULL;
    if (text == NULL)
        return;
    kf_status status =
        kf_value_parse(kf_value_string(text), kf_value_length(text), &list);
    if (status == KF_ENOMEM)
        kf__report_add_last(report);
    else if (status != KF_OK || !kf__is(list, KF_KIND_LIST))
        kf__find_error(report, KF_EPARSE, place, text,
            "the annotation must be a JSON list of {\"name\", \"type\"}");
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *item = kf_value_at(list, i);
        const char *type = text_of(item, "type");
        if (kf__given(item, "name") == NULL ||
            (strcmp(type, "minimize") != 0 && strcmp(type, "maximize") != 0))
            kf__find_error(report, KF_EINVAL, KF__PLACE_AT(place, i), text,
                "each objective needs a name, and minimize or maximize as its type");
        else if (i == 0 && strcmp(kf__given(item, "name"),
                               text_of(objective, "objectiveMetricName")) != 0)
            kf__find_error(report, KF_EINVAL, KF__PLACE_AT(place, i), text,
                "the first objective must be objectiveMetricName, '%.100s'",
                text_of(objective, "objectiveMetricName"));
    }
    kf_value_free(list);
}

static void check_objective(const kf_experiment *experiment, kf_report *report)
{
    const kf_value *spec = kf_experiment_spec(experiment);
    const kf_value *objective = kf_value_get(spec, "objective");
    const kf_place *place = KF__PLACE(&spec_place, "objective");
    if (objective == NULL) {
        kf__find_error(
            report, KF_EMISSING, place, spec, "an experiment needs an objective");
        return;
    }
    const char *type = text_of(objective, "type");
    if (strcmp(type, "minimize") != 0 && strcmp(type, "maximize") != 0)
        kf__find_error(report, KF_EINVAL, KF__PLACE(place, "type"), objective,
            "type '%.100s': expected minimize or maximize%s", type,
            hint_among(type, "{\"minimize\": 0, \"maximize\": 0}").text);
    if (kf__given(objective, "objectiveMetricName") == NULL)
        kf__find_error(report, KF_EMISSING, KF__PLACE(place, "objectiveMetricName"),
            objective, "the objective needs the name of its metric");
    check_more_metrics(objective, place, report);
    check_strategies(experiment, objective, place, report);
    check_objectives(experiment, objective, report);
}

static void check_resume_policy(const kf_experiment *experiment, kf_report *report)
{
    const kf_value *value = kf__experiment_spec(experiment, "resumePolicy");
    if (kf__equals_text(value, "Never") || kf__equals_text(value, "LongRunning") ||
        kf__equals_text(value, "FromVolume"))
        return;
    kf__find_error(report, KF_EINVAL, KF__PLACE(&spec_place, "resumePolicy"), value,
        "resumePolicy '%.100s': expected Never, LongRunning or FromVolume%s",
        kf_value_string(value),
        hint_among(kf_value_string(value),
            "{\"Never\": 0, \"LongRunning\": 0, \"FromVolume\": 0}")
            .text);
}

/* ---- all of it ---- */

static kf_status check_all(const kf_experiment *experiment, kf_report *report)
{
    if (experiment->is_job) {
        check_metadata(experiment, report);
        KF__TRY(kf__check_job(experiment, report));
        return kf__report_status(report);
    }
    check_metadata(experiment, report);
    check_counts(experiment, report);
    check_objective(experiment, report);
    KF__TRY(kf__check_algorithm(experiment, report));
    check_resume_policy(experiment, report);
    KF__TRY(kf__check_template(experiment, report));
    kf__check_parameters(experiment, report);
    KF__TRY(kf__check_collector(experiment, report));
    return kf__report_status(report);
}

static kf_status check_fields(const kf_experiment *experiment, kf_report *report)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *ignored;
    kf_status status = kf__experiment_read_fields(experiment, &tree, report, &ignored);
    kf__tree_finish(&tree);
    return status == KF_OK ? check_all(experiment, report) : status;
}

static kf_status take_report(kf_status status, kf_report *report, kf_report **out)
{
    if (status == KF_OK)
        status = kf__report_status(report);
    if (status == KF_OK)
        *out = report;
    else
        kf_report_free(report);
    return status == KF_ENOMEM ? kf__nomem() : status;
}

kf_status kf_experiment_check(const kf_experiment *experiment, kf_report **out)
{
    KF__REQUIRE(experiment != NULL && out != NULL);
    kf_report *report;
    KF__TRY(kf__report_new(&report));
    return take_report(check_fields(experiment, report), report, out);
}

kf_status kf_experiment_check_text(const char *text, size_t length, kf_report **out)
{
    KF__REQUIRE(text != NULL && out != NULL);
    kf_experiment *experiment = NULL;
    kf_report *report;
    KF__TRY(kf__report_new(&report));
    kf_status status = kf__experiment_read(text, length, report, &experiment);
    if (status == KF_OK) {
        status = check_all(experiment, report);
    } else if (status != KF_ENOMEM) {
        kf__report_add_last(report);
        status = KF_OK;
    }
    kf_experiment_free(experiment);
    return take_report(status, report, out);
}

/* ---- updates ---- */

static const char *const editable[] = {
    "maxTrialCount", "parallelTrialCount", "maxFailedTrialCount"};
#define EDITABLE (sizeof editable / sizeof *editable)

static bool has_condition(const kf_value *status, const char *type, const char *reason)
{
    const kf_value *list = kf_value_get(status, "conditions");
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *condition = kf_value_at(list, i);
        if (kf__equals_text(kf_value_get(condition, "type"), type) &&
            kf__equals_text(kf_value_get(condition, "status"), "True") &&
            (reason == NULL ||
                kf__equals_text(kf_value_get(condition, "reason"), reason)))
            return true;
    }
    return false;
}

static bool is_restartable(const kf_experiment *experiment, const kf_value *status)
{
    const char *policy = kf_experiment_resume_policy(experiment);
    return has_condition(status, "Succeeded", "ExperimentMaxTrialsReached") &&
           (strcmp(policy, "LongRunning") == 0 || strcmp(policy, "FromVolume") == 0);
}

static void check_restart(
    const kf_experiment *old, const kf_experiment *changed, kf_report *report)
{
    const kf_value *before = kf_experiment_spec(old);
    const kf_value *after = kf_experiment_spec(changed);
    const kf_value *status = kf_value_get(old->document, "status");
    const kf_value *max = kf_value_get(after, "maxTrialCount");
    bool restart = false;
    for (size_t i = 0; i < EDITABLE; i++)
        restart = restart || !kf_value_equal(kf_value_get(before, editable[i]),
                                 kf_value_get(after, editable[i]));
    if (!restart)
        return;
    bool completed = has_condition(status, "Succeeded", NULL) ||
                     has_condition(status, "Failed", NULL);
    if (completed && !is_restartable(old, status))
        kf__find_error(report, KF_ESTATE, &spec_place, after,
            "the experiment has ended: it can go on only if it succeeded by reaching "
            "maxTrialCount and its resumePolicy is LongRunning or FromVolume");
    int64_t trials = kf_value_int(kf_value_get(status, "trials"));
    if (max != NULL && kf_value_int(max) <= trials)
        kf__find_error(report, KF_EINVAL, KF__PLACE(&spec_place, "maxTrialCount"), max,
            "maxTrialCount is %lld: expected more than the %lld trials there are",
            (long long)kf_value_int(max), (long long)trials);
}

static void check_frozen(
    const kf_experiment *old, const kf_experiment *changed, kf_report *report)
{
    const kf_value *before = kf_experiment_spec(old);
    const kf_value *after = kf_experiment_spec(changed);
    const kf_value *sides[2][2] = {{before, after}, {after, before}};
    for (size_t side = 0; side < 2; side++) {
        for (size_t i = 0; i < kf_value_length(sides[side][0]); i++) {
            const char *name = kf_value_key(sides[side][0], i);
            bool free = false;
            for (size_t k = 0; k < EDITABLE; k++)
                free = free || (!changed->is_job && strcmp(name, editable[k]) == 0);
            const kf_value *other = kf_value_get(sides[side][1], name);
            if (free || (side == 1 && other != NULL) ||
                kf_value_equal(kf_value_at(sides[side][0], i), other))
                continue;
            kf__find_error(report, KF_ESTATE, KF__PLACE(&spec_place, name),
                kf_value_get(after, name), "%s cannot be changed%s", name,
                changed->is_job ? ""
                                : ": only parallelTrialCount, maxTrialCount and "
                                  "maxFailedTrialCount can");
        }
    }
}

kf_status kf_experiment_check_update(
    const kf_experiment *experiment, const kf_experiment *changed, kf_report **out)
{
    KF__REQUIRE(experiment != NULL && changed != NULL && out != NULL);
    kf_report *report;
    KF__TRY(kf__report_new(&report));
    if (!changed->is_job)
        check_restart(experiment, changed, report);
    check_frozen(experiment, changed, report);
    return take_report(check_fields(changed, report), report, out);
}
