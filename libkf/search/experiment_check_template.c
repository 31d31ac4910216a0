/* SPDX-License-Identifier: Apache-2.0 */
/* Trial templates. */
#include "search/experiment_check.h"

#include <string.h>

#include "base/map.h"
#include "base/gjson.h"
#include "search/template.h"

static const kf_place template_place = {
    .up = &(const kf_place){.name = "spec"}, .name = "trialTemplate"};

/* ---- placeholders ---- */

typedef struct scan {
    kf_map names; /* Of the trial parameters: their places in `used`. */
    bool *used;   /* By index. */
    kf_report *report;
    const kf_place *place;
} scan;

static void scan_text(const scan *self, const kf_value *at, const char *text)
{
    kf_mark mark;
    void *used;
    for (; kf__mark_find(text, &mark); text = mark.end) {
        if (kf__map_find(&self->names, mark.name, mark.name_length, &used))
            *(bool *)used = true;
        else
            kf__find_error(self->report, KF_ENOENT, self->place, at,
                "${trialParameters.%.*s} is in the template, but not among the "
                "trialParameters",
                (int)(mark.name_length < 100 ? mark.name_length : 100), mark.name);
    }
}

static void scan_value(const scan *self, const kf_value *value)
{
    if (kf__is(value, KF_KIND_STRING))
        scan_text(self, value, kf_value_string(value));
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const kf_value *below = kf_value_at(value, i);
        if (kf__is(value, KF_KIND_STRUCT))
            scan_text(self, below, kf_value_key(value, i));
        if (below != NULL)
            scan_value(self, below);
    }
}

/* ---- trial parameters ---- */

static bool is_parameter(const kf_value *parameters, const char *name)
{
    for (size_t i = 0; i < kf_value_length(parameters); i++)
        if (kf__equals_text(kf_value_get(kf_value_at(parameters, i), "name"), name))
            return true;
    return false;
}

static const char *next_parameter(const void *state, size_t index)
{
    const kf_value *parameter = kf_value_at(state, index);
    const char *name = kf__get_text(parameter, "name");
    return parameter == NULL ? NULL : name != NULL ? name : "";
}

static void check_reference(const kf_experiment *experiment, const kf_place *place,
    const kf_value *given, const kf_value *trial, kf_report *report)
{
    const kf_value *parameters = kf__experiment_spec(experiment, "parameters");
    const kf_value *value = kf_value_get(given, "reference");
    const char *reference = kf_value_string(value), *key;
    size_t length;
    bool is_meta = kf__meta_of(reference, &key, &length) != KF__META_NONE;
    if (!is_meta && kf_value_length(parameters) > 0 &&
        !is_parameter(parameters, reference))
        kf__find_error(report, KF_ENOENT, KF__PLACE(place, "reference"), value,
            "'%.100s' is no parameter of the experiment%s", reference,
            kf__hint_of(reference, next_parameter, parameters).text);
    if (is_meta && trial != NULL &&
        kf__meta_text(experiment, trial, "name", reference) == NULL)
        kf__find_error(report, KF_ENOENT, KF__PLACE(place, "reference"), value,
            "the trial template has nothing that '%.100s' refers to", reference);
}

static bool stands_before(
    const kf_value *list, size_t index, const char *field, const char *text)
{
    for (size_t i = 0; i < index; i++)
        if (kf__equals_text(kf_value_get(kf_value_at(list, i), field), text))
            return true;
    return false;
}

static void check_trial_parameter(const kf_experiment *experiment, const kf_value *list,
    size_t index, const kf_value *trial, const bool *used, kf_report *report)
{
    const kf_value *given = kf_value_at(list, index);
    const kf_place *place =
        KF__PLACE_AT(KF__PLACE(&template_place, "trialParameters"), index);
    const char *name = kf__given(given, "name");
    const char *reference = kf__given(given, "reference");
    if (name == NULL || reference == NULL) {
        kf__find_error(report, KF_EMISSING, place, given,
            "a trial parameter needs a name and a reference");
        return;
    }
    const kf_value *at = kf_value_get(given, "name");
    if (strpbrk(name, "{}") != NULL)
        kf__find_error(report, KF_EINVAL, KF__PLACE(place, "name"), at,
            "'%.100s' must not have braces", name);
    else if (stands_before(list, index, "name", name))
        kf__find_error(report, KF_EEXIST, KF__PLACE(place, "name"), at,
            "there is a trial parameter '%.100s' already", name);
    else if (trial != NULL && !used[index])
        kf__find_error(report, KF_ENOENT, KF__PLACE(place, "name"), at,
            "the template has no ${trialParameters.%.100s}", name);
    if (stands_before(list, index, "reference", reference))
        kf__find_error(report, KF_EEXIST, KF__PLACE(place, "reference"),
            kf_value_get(given, "reference"),
            "another trial parameter refers to '%.100s' already", reference);
    else
        check_reference(experiment, place, given, trial, report);
}

static kf_status scan_template(
    const kf_value *list, const kf_value *trial, scan *self, kf_arena *arena)
{
    self->used = kf__arena_alloc(arena, kf_value_length(list) + 1);
    if (self->used == NULL)
        return kf__nomem();
    for (size_t i = kf_value_length(list); i-- > 0;) {
        const char *name = kf__given(kf_value_at(list, i), "name");
        if (name != NULL)
            KF__TRY(kf__map_set(&self->names, name, &self->used[i]));
    }
    if (trial != NULL)
        scan_value(self, trial);
    return KF_OK;
}

static kf_status check_trial_parameters(const kf_experiment *experiment,
    const kf_place *place, const kf_value *trial, kf_report *report)
{
    const kf_value *list =
        kf_value_get(kf_experiment_template(experiment), "trialParameters");
    kf_arena arena = KF__ARENA_INIT;
    scan self = {.report = report, .place = place};
    kf_status status = scan_template(list, trial, &self, &arena);
    for (size_t i = 0; status == KF_OK && i < kf_value_length(list); i++)
        check_trial_parameter(experiment, list, i, trial, self.used, report);
    kf__map_finish(&self.names);
    kf__arena_finish(&arena);
    return status;
}

/* Not the other way round in Katib: a parameter that no trial sees. */
static void check_unused(const kf_experiment *experiment, kf_report *report)
{
    const kf_value *parameters = kf__experiment_spec(experiment, "parameters");
    const kf_value *list =
        kf_value_get(kf_experiment_template(experiment), "trialParameters");
    for (size_t i = 0; i < kf_value_length(parameters); i++) {
        const char *name = kf__given(kf_value_at(parameters, i), "name");
        if (name != NULL &&
            !stands_before(list, kf_value_length(list), "reference", name))
            kf__find_error(report, KF_EMISSING,
                KF__PLACE(&template_place, "trialParameters"), list,
                "no trial parameter refers to '%.100s', for which Katib makes no trial",
                name);
    }
}

/* ---- the object ---- */

static const kf_value *containers_of(const kf_value *trial)
{
    const kf_value *spec = kf_value_get(trial, "spec");
    if (!kf__equals_text(kf_value_get(trial, "kind"), "Job"))
        return NULL;
    return kf_value_get(
        kf_value_get(kf_value_get(spec, "template"), "spec"), "containers");
}

static const char *next_container(const void *state, size_t index)
{
    const kf_value *container = kf_value_at(state, index);
    const char *name = kf__get_text(container, "name");
    return container == NULL ? NULL : name != NULL ? name : "";
}

static void check_pod(const kf_experiment *experiment, const kf_place *place,
    const kf_value *trial, kf_report *report)
{
    const kf_value *given = kf_experiment_template(experiment);
    const char *primary = kf__given(given, "primaryContainerName");
    const kf_value *containers = containers_of(trial);
    const kf_value *pod =
        kf_value_get(kf_value_get(kf_value_get(trial, "spec"), "template"), "spec");
    bool found = false;
    for (size_t i = 0; i < kf_value_length(containers); i++)
        found =
            found || kf__equals_text(kf_value_get(kf_value_at(containers, i), "name"),
                         primary != NULL ? primary : "");
    const kf_place *below =
        KF__PLACE(KF__PLACE(KF__PLACE(place, "spec"), "template"), "spec");
    if (kf_value_length(containers) == 0)
        kf__find_error(report, KF_EMISSING, KF__PLACE(below, "containers"), trial,
            "a Job needs a container");
    else if (primary != NULL && !found)
        kf__find_error(report, KF_ENOENT,
            KF__PLACE(&template_place, "primaryContainerName"),
            kf_value_get(given, "primaryContainerName"),
            "the Job has no container '%.100s'%s", primary,
            kf__hint_of(primary, next_container, containers).text);
    const char *policy = kf__get_text(pod, "restartPolicy");
    if (policy == NULL ||
        (strcmp(policy, "Never") != 0 && strcmp(policy, "OnFailure") != 0))
        kf__find_error(report, KF_EINVAL, KF__PLACE(below, "restartPolicy"), pod,
            "restartPolicy of a Job must be Never or OnFailure");
}

static void check_object(const kf_experiment *experiment, const kf_place *place,
    const kf_value *trial, kf_report *report)
{
    const kf_value *metadata = kf_value_get(trial, "metadata");
    static const char *const omitted[] = {"name", "namespace"};
    static const char *const required[] = {"apiVersion", "kind"};
    for (size_t i = 0; i < 2; i++)
        if (kf__given(metadata, omitted[i]) != NULL)
            kf__find_error(report, KF_EINVAL,
                KF__PLACE(KF__PLACE(place, "metadata"), omitted[i]), metadata,
                "%s must be left out: each trial has its own", omitted[i]);
    for (size_t i = 0; i < 2; i++)
        if (kf__given(trial, required[i]) == NULL)
            kf__find_error(report, KF_EMISSING, KF__PLACE(place, required[i]), trial,
                "the trial needs %s", required[i]);
    if (!kf__equals_text(kf_value_get(trial, "apiVersion"), "batch/v1") ||
        !kf__equals_text(kf_value_get(trial, "kind"), "Job"))
        return;
    size_t errors = kf_report_errors(report);
    kf__check_batch_job(report, place, trial);
    if (kf_report_errors(report) == errors)
        check_pod(experiment, place, trial, report);
}

/* ---- the template ---- */

static void check_conditions(const kf_value *given, kf_report *report)
{
    static const char *const fields[] = {"successCondition", "failureCondition"};
    for (size_t i = 0; i < 2; i++) {
        const char *path = kf__given(given, fields[i]);
        const kf_place *place = KF__PLACE(&template_place, fields[i]);
        if (path == NULL)
            kf__find_error(report, KF_EMISSING, place, given,
                "the template needs a %s: Katib knows that of Jobs and training jobs "
                "in a trialSpec alone",
                fields[i]);
        else if (kf__gjson_check(path) != KF_OK)
            kf__find_last(report, place, kf_value_get(given, fields[i]));
    }
}

static bool check_source(const kf_value *given, kf_report *report)
{
    const kf_value *spec = kf_value_get(given, "trialSpec");
    const kf_value *source = kf_value_get(given, "configMap");
    if ((spec != NULL) == (source != NULL)) {
        kf__find_error(report, KF_EMISSING,
            KF__PLACE(&template_place, spec != NULL ? "configMap" : "trialSpec"), given,
            "a template needs either a trialSpec or a configMap%s",
            spec != NULL ? ", not both" : "");
        return spec != NULL;
    }
    static const char *const fields[] = {
        "configMapName", "configMapNamespace", "templatePath"};
    bool complete = true;
    for (size_t i = 0; source != NULL && i < 3; i++) {
        if (kf__given(source, fields[i]) != NULL)
            continue;
        complete = false;
        kf__find_error(report, KF_EMISSING,
            KF__PLACE(KF__PLACE(&template_place, "configMap"), fields[i]), source,
            "the ConfigMap of the template needs %s", fields[i]);
    }
    return complete;
}

static kf_status check_trial(
    const kf_experiment *experiment, const kf_value *given, kf_report *report)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *trial = NULL;
    bool inlined = kf_value_get(given, "trialSpec") != NULL;
    const kf_place *place =
        KF__PLACE(&template_place, inlined ? "trialSpec" : "configMap");
    kf_status status = kf__template_value(experiment, &tree, &trial);
    if (status == KF_ENOENT)
        kf__find_warning(report, KF_ENOENT, place, kf_value_get(given, "configMap"),
            "%s", kf_last_error()->message);
    else if (status == KF_EPARSE || status == KF_ELIMIT)
        kf__find_last(report, place, kf_value_get(given, "configMap"));
    if (status != KF_ENOMEM)
        status = check_trial_parameters(experiment, place, trial, report);
    if (status == KF_OK && trial != NULL)
        check_object(experiment, place, trial, report);
    kf__tree_finish(&tree);
    return status;
}

kf_status kf__check_template(const kf_experiment *experiment, kf_report *report)
{
    const kf_value *given = kf_experiment_template(experiment);
    if (given == NULL) {
        kf__find_error(report, KF_EMISSING, &template_place,
            kf_experiment_spec(experiment), "an experiment needs a trialTemplate");
        return KF_OK;
    }
    if (kf__given(given, "primaryContainerName") == NULL)
        kf__find_error(report, KF_EMISSING,
            KF__PLACE(&template_place, "primaryContainerName"), given,
            "the template needs the name of its primary container");
    check_conditions(given, report);
    if (kf_value_get(given, "trialParameters") == NULL)
        kf__find_error(report, KF_EMISSING,
            KF__PLACE(&template_place, "trialParameters"), given,
            "the template needs trialParameters");
    else
        check_unused(experiment, report);
    return check_source(given, report) ? check_trial(experiment, given, report) : KF_OK;
}
