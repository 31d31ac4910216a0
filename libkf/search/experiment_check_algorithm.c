/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithms and their settings: what Katib's suggestion services refuse. */
#include "search/experiment_check.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "search/sampler.h"

static const kf_place spec_place = {.name = "spec"};

/* manifests/v1beta1/installs/katib-standalone/katib-config.yaml */
static const char *const known_to_katib[] = {"random", "tpe", "grid",
    "multivariate-tpe", "bayesianoptimization", "cmaes", "sobol", "hyperband", "pbt",
    "enas", "darts", NULL};
static const char *const stoppers_of_katib[] = {"medianstop", NULL};

static bool is_among(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* ---- settings ---- */

static size_t setting_index(const kf_value *list, const char *name)
{
    size_t found = kf_value_length(list);
    for (size_t i = 0; i < kf_value_length(list); i++)
        if (kf__equals_text(kf_value_get(kf_value_at(list, i), "name"), name))
            found = i;
    return found;
}

/* Findings of kf__settings_read name the setting: give them its place. */
static void place_findings(const kf_report *found, const kf_place *place,
    const kf_value *algorithm, kf_report *report)
{
    const kf_value *list = kf_value_get(algorithm, "algorithmSettings");
    for (size_t i = 0; i < kf_report_count(found); i++) {
        const kf_finding *finding = kf_report_at(found, i);
        size_t index = setting_index(list, finding->where);
        const kf_value *setting = kf_value_at(list, index);
        const char *field = finding->code == KF_ENOENT ? "name" : "value";
        if (setting != NULL)
            kf__find_error(report, finding->code,
                KF__PLACE(KF__PLACE_AT(place, index), field), setting, "%s",
                finding->message);
        else
            kf__find_error(
                report, finding->code, place, algorithm, "%s", finding->message);
    }
}

static kf_status check_settings(const char *name, const kf_setting *table, size_t count,
    const kf_value *given, const kf_place *place, const kf_value *algorithm,
    kf_report *report)
{
    kf_report *found;
    kf_settings settings = {0};
    KF__TRY(kf__report_new(&found));
    kf_status status = kf__settings_read(name, table, count, given, found, &settings);
    if (status == KF_OK)
        place_findings(found, place, algorithm, report);
    kf__settings_finish(&settings);
    kf_report_free(found);
    return status;
}

static void check_setting_names(
    const kf_place *place, const kf_value *algorithm, kf_report *report)
{
    const kf_value *list = kf_value_get(algorithm, "algorithmSettings");
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *setting = kf_value_at(list, i);
        const char *name = kf__given(setting, "name");
        const kf_place *here = KF__PLACE(KF__PLACE_AT(place, i), "name");
        if (name == NULL)
            kf__find_error(
                report, KF_EMISSING, here, setting, "a setting needs a name");
        else if (setting_index(list, name) != i)
            kf__find_warning(report, KF_EEXIST, here, setting,
                "the setting '%.100s' is given again below, and that counts", name);
    }
}

/* ---- what an algorithm needs ---- */

typedef struct context {
    const kf_experiment *experiment;
    const kf_value *spec;
    const kf_value *settings;
    const kf_place *place; /* Of the algorithm. */
    const kf_value *at;
    kf_report *report;
} context;

static size_t count_types(const kf_value *parameters, const char *a, const char *b)
{
    size_t count = 0;
    for (size_t i = 0; i < kf_value_length(parameters); i++) {
        const kf_value *type =
            kf_value_get(kf_value_at(parameters, i), "parameterType");
        count += kf__equals_text(type, a) || kf__equals_text(type, b);
    }
    return count;
}

static void check_cmaes(const context *self)
{
    size_t count = count_types(kf_value_get(self->spec, "parameters"), "int", "double");
    if (count < 2)
        kf__find_error(self->report, KF_EUNSUPPORTED, self->place, self->at,
            "cmaes needs two parameters of type int or double, and there %s %zu",
            count == 1 ? "is" : "are", count);
}

/* How many configurations there are; INFINITY where some parameter is continuous. */
static double combinations(const kf_experiment *experiment, kf_report *report)
{
    kf_space *space = NULL;
    double product = 1;
    kf_status status = kf_experiment_space(experiment, &space);
    if (status == KF_ENOMEM)
        kf__report_add_last(report);
    if (status != KF_OK)
        return INFINITY;
    for (size_t i = 0; i < kf_space_count(space); i++) {
        int64_t levels = kf_space_axis(space, i)->levels;
        product *= levels > 0 ? (double)levels : (double)INFINITY;
    }
    kf_space_free(space);
    return product;
}

static void check_grid(const context *self)
{
    const kf_value *parameters = kf_value_get(self->spec, "parameters");
    const kf_value *max = kf_value_get(self->spec, "maxTrialCount");
    for (size_t i = 0; i < kf_value_length(parameters); i++) {
        const kf_value *parameter = kf_value_at(parameters, i);
        const kf_value *feasible = kf_value_get(parameter, "feasibleSpace");
        if (kf__equals_text(kf_value_get(parameter, "parameterType"), "double") &&
            kf__given(feasible, "step") == NULL)
            kf__find_error(self->report, KF_EMISSING,
                KF__PLACE(
                    KF__PLACE(KF__PLACE_AT(KF__PLACE(&spec_place, "parameters"), i),
                        "feasibleSpace"),
                    "step"),
                feasible, "grid needs a step for '%.100s', which is a double",
                kf__get_text(parameter, "name"));
    }
    double count = combinations(self->experiment, self->report);
    if (max != NULL && (double)kf_value_int(max) > count)
        kf__find_error(self->report, KF_EINVAL, KF__PLACE(&spec_place, "maxTrialCount"),
            max,
            "maxTrialCount is %lld, but the grid has %.0f combinations: expected at "
            "most "
            "so many",
            (long long)kf_value_int(max), count);
}

static double setting_number(const context *self, const char *name, double otherwise)
{
    double number = otherwise;
    const char *text = kf__given(self->settings, name);
    return text != NULL && kf__parse_double(text, &number) ? number : otherwise;
}

static void check_hyperband(const context *self)
{
    const char *resource = kf__given(self->settings, "resource_name");
    const kf_value *parameters = kf_value_get(self->spec, "parameters");
    double most = setting_number(self, "r_l", 0), eta = setting_number(self, "eta", 3);
    bool found = false;
    for (size_t i = 0; resource != NULL && i < kf_value_length(parameters); i++)
        found =
            found ||
            kf__equals_text(kf_value_get(kf_value_at(parameters, i), "name"), resource);
    if (resource != NULL && !found)
        kf__find_error(self->report, KF_ENOENT,
            KF__PLACE(self->place, "algorithmSettings"), self->at,
            "resource_name is '%.100s', which is no parameter", resource);
    if (!(most > 1) || !(eta > 1))
        return;
    double needed = pow(eta, floor(log(most) / log(eta)));
    int64_t parallel = kf_experiment_parallel(self->experiment);
    if ((double)parallel < needed)
        kf__find_error(self->report, KF_EINVAL,
            KF__PLACE(&spec_place, "parallelTrialCount"),
            kf_value_get(self->spec, "parallelTrialCount"),
            "parallelTrialCount is %lld: hyperband with r_l %s and eta %s needs %s "
            "or more",
            (long long)parallel, kf__shown(most).text, kf__shown(eta).text,
            kf__shown(needed).text);
}

/* Defaults of libkf's own will do here. */
static void check_pbt_settings(const context *self)
{
    static const char *const needed[] = {
        "suggestion_trial_dir", "n_population", "truncation_threshold"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (kf_value_get(self->settings, needed[i]) == NULL)
            kf__find_warning(self->report, KF_EMISSING,
                KF__PLACE(self->place, "algorithmSettings"), self->at,
                "on a cluster pbt needs the setting %s", needed[i]);
}

static void check_pbt(const context *self)
{
    check_pbt_settings(self);
    const kf_value *parameters = kf_value_get(self->spec, "parameters");
    for (size_t i = 0; i < kf_value_length(parameters); i++) {
        const kf_value *parameter = kf_value_at(parameters, i);
        if (kf__equals_text(kf_value_get(parameter, "parameterType"), "double") &&
            kf__given(kf_value_get(parameter, "feasibleSpace"), "step") == NULL)
            kf__find_warning(self->report, KF_EMISSING,
                KF__PLACE_AT(KF__PLACE(&spec_place, "parameters"), i), parameter,
                "on a cluster pbt needs a step for '%.100s', which is a double",
                kf__get_text(parameter, "name"));
    }
}

/* Katib's ranges of these are open below and closed above. */
static void check_enas(const context *self)
{
    static const char *const rates[] = {
        "controller_baseline_decay", "controller_learning_rate"};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        double rate;
        const char *text = kf__get_text(self->settings, rates[i]);
        if (text != NULL && kf__parse_double(text, &rate) && rate == 0)
            kf__find_error(self->report, KF_EINVAL,
                KF__PLACE(self->place, "algorithmSettings"), self->at,
                "%s of enas is 0: expected a number above 0, and up to 1", rates[i]);
    }
}

static void check_architecture(const context *self, const char *name)
{
    const kf_value *nas = kf_value_get(self->spec, "nasConfig");
    bool searches = strcmp(name, "enas") == 0 || strcmp(name, "darts") == 0;
    if (searches && nas == NULL)
        kf__find_error(self->report, KF_EMISSING, KF__PLACE(&spec_place, "nasConfig"),
            self->at, "%s searches an architecture: it needs a nasConfig", name);
    if (!searches && nas != NULL)
        kf__find_error(self->report, KF_EUNSUPPORTED, self->place, self->at,
            "%.100s searches parameters: a nasConfig is for enas and darts", name);
    if (strcmp(name, "enas") != 0 || nas == NULL)
        return;
    static const char *const sizes[] = {"inputSizes", "outputSizes"};
    const kf_value *graph = kf_value_get(nas, "graphConfig");
    for (size_t i = 0; i < 2; i++)
        if (kf_value_length(kf_value_get(graph, sizes[i])) == 0)
            kf__find_error(self->report, KF_EMISSING,
                KF__PLACE(KF__PLACE(KF__PLACE(&spec_place, "nasConfig"), "graphConfig"),
                    sizes[i]),
                graph != NULL ? graph : nas, "enas needs %s", sizes[i]);
}

static void check_needs(const context *self, const char *name)
{
    if (strcmp(name, "cmaes") == 0)
        check_cmaes(self);
    else if (strcmp(name, "grid") == 0)
        check_grid(self);
    else if (strcmp(name, "hyperband") == 0)
        check_hyperband(self);
    else if (strcmp(name, "pbt") == 0)
        check_pbt(self);
    else if (strcmp(name, "enas") == 0)
        check_enas(self);
    check_architecture(self, name);
}

/* ---- both kinds ---- */

static kf_status check_search(const context *self, const char *name)
{
    const kf_sampler *sampler;
    const kf_place *settings = KF__PLACE(self->place, "algorithmSettings");
    kf_status status = kf__sampler_find(name, &sampler);
    bool in_katib = is_among(name, known_to_katib);
    if (status == KF_ENOENT && !in_katib) {
        kf__find_last(self->report, KF__PLACE(self->place, "algorithmName"), self->at);
        return KF_OK;
    }
    if (status != KF_OK && status != KF_ENOENT)
        return status;
    if (!in_katib)
        kf__find_warning(self->report, KF_EUNSUPPORTED,
            KF__PLACE(self->place, "algorithmName"), self->at,
            "Katib has no algorithm '%.100s': the experiment runs here only", name);
    if (status == KF_OK)
        KF__TRY(check_settings(name, sampler->settings, sampler->setting_count,
            self->settings, settings, self->at, self->report));
    check_needs(self, name);
    return KF_OK;
}

static kf_status check_stopping(const context *self, const char *name)
{
    const kf_stopper *stopper;
    kf_status status = kf__stopper_find(name, &stopper);
    if (status == KF_OK)
        return check_settings(name, stopper->settings, stopper->setting_count,
            self->settings, KF__PLACE(self->place, "algorithmSettings"), self->at,
            self->report);
    if (status == KF_ENOENT && !is_among(name, stoppers_of_katib))
        kf__find_last(self->report, KF__PLACE(self->place, "algorithmName"), self->at);
    return status == KF_ENOENT ? KF_OK : status;
}

static kf_status check_one(const kf_experiment *experiment, const char *field,
    const kf_value *settings, bool required,
    kf_status (*check)(const context *, const char *), kf_report *report)
{
    const kf_value *spec = kf_experiment_spec(experiment);
    const kf_value *algorithm = kf_value_get(spec, field);
    const kf_place *place = KF__PLACE(&spec_place, field);
    const char *name = kf__given(algorithm, "algorithmName");
    if (algorithm == NULL && required)
        kf__find_error(
            report, KF_EMISSING, place, spec, "an experiment needs an algorithm");
    if (algorithm == NULL)
        return KF_OK;
    check_setting_names(KF__PLACE(place, "algorithmSettings"), algorithm, report);
    if (name == NULL) {
        kf__find_error(report, KF_EMISSING, KF__PLACE(place, "algorithmName"),
            algorithm, "%s needs an algorithmName", field);
        return KF_OK;
    }
    context self = {experiment, spec, settings, place, algorithm, report};
    return check(&self, name);
}

kf_status kf__check_algorithm(const kf_experiment *experiment, kf_report *report)
{
    KF__TRY(check_one(
        experiment, "algorithm", experiment->settings, true, check_search, report));
    return check_one(experiment, "earlyStopping", experiment->stopping_settings, false,
        check_stopping, report);
}
