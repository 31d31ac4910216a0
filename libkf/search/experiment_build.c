/* SPDX-License-Identifier: Apache-2.0 */
/* The Experiment of a space, an objective and a template. */
#include "search/experiment.h"

#include <string.h>

#include "base/options.h"
#include "base/text.h"
#include "search/space.h"

static kf_value *text_of(kf_tree *tree, const kf_value *value)
{
    if (kf__is(value, KF_KIND_STRING))
        return kf__tree_copy(tree, value);
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, value, KF_JSON_COMPACT);
    kf_value *made = kf__tree_string(tree, kf__buf_text(&text));
    if (text.status != KF_OK)
        tree->status = text.status;
    kf__buf_finish(&text);
    return made;
}

/* ---- parameters ---- */

static void put_number(
    kf_tree *tree, kf_value *object, const char *name, bool is_int, double number)
{
    kf_value *value =
        is_int ? kf__tree_int(tree, (int64_t)number) : kf__tree_double(tree, number);
    kf__put(tree, object, name, text_of(tree, value));
}

static kf_value *parameter_of(kf_tree *tree, const kf_parameter *parameter)
{
    static const char *const types[] = {"double", "int", "discrete", "categorical"};
    static const char *const distributions[] = {
        "uniform", "logUniform", "normal", "logNormal"};
    kf_value *made = kf__tree_struct(tree);
    kf__put_text(tree, made, "name", parameter->axis.name);
    kf__put_text(tree, made, "parameterType", types[parameter->type]);
    kf_value *space = kf__put_struct(tree, made, "feasibleSpace");
    if (parameter->choices != NULL) {
        kf_value *list = kf__put_list(tree, space, "list");
        for (size_t i = 0; i < kf_value_length(parameter->choices); i++)
            kf__push(tree, list, text_of(tree, kf_value_at(parameter->choices, i)));
        return made;
    }
    bool is_int = parameter->type == KF__PARAMETER_INT;
    put_number(tree, space, "min", is_int, parameter->min);
    put_number(tree, space, "max", is_int, parameter->max);
    if (parameter->step > 0 && parameter->min < parameter->max &&
        !(is_int && parameter->step == 1))
        put_number(tree, space, "step", is_int, parameter->step);
    if (parameter->distribution != KF_UNIFORM)
        kf__put_text(
            tree, space, "distribution", distributions[parameter->distribution]);
    return made;
}

static kf_value *condition_of(
    kf_tree *tree, const kf_space *space, const kf_parameter *parameter)
{
    const kf_parameter *parent = &space->parameters.items[parameter->axis.parent];
    kf_value *condition = kf__tree_struct(tree);
    kf__put_text(tree, condition, "parent", parent->axis.name);
    kf_value *values = kf__put_list(tree, condition, "values");
    for (size_t i = 0; i < (size_t)parent->axis.levels; i++)
        if (parameter->allowed[i])
            kf__push(tree, values, text_of(tree, kf_value_at(parent->choices, i)));
    return condition;
}

static void put_annotation(
    kf_tree *tree, kf_value *document, const char *name, const kf_value *value)
{
    kf_value *annotations =
        kf__put_struct(tree, kf__put_struct(tree, document, "metadata"), "annotations");
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, value, KF_JSON_SPACED);
    kf__put_text(tree, annotations, name, kf__buf_text(&text));
    if (text.status != KF_OK)
        tree->status = text.status;
    kf__buf_finish(&text);
}

static void put_parameters(
    kf_tree *tree, kf_value *document, kf_value *spec, const kf_space *space)
{
    kf_value *list = kf__put_list(tree, spec, "parameters");
    kf_value *conditions = kf__tree_struct(tree);
    for (size_t i = 0; i < space->parameters.count; i++) {
        const kf_parameter *parameter = &space->parameters.items[i];
        kf__push(tree, list, parameter_of(tree, parameter));
        if (parameter->allowed != NULL)
            kf__put(tree, conditions, parameter->axis.name,
                condition_of(tree, space, parameter));
    }
    if (kf_value_length(conditions) > 0)
        put_annotation(tree, document, KF__CONDITIONS, conditions);
}

/* ---- objective, algorithm ---- */

static const char *type_at(const kf_experiment_options *options, size_t index)
{
    return options->directions != NULL && options->directions[index] == KF_MAXIMIZE
               ? "maximize"
               : "minimize";
}

static void put_objectives(kf_tree *tree, kf_value *document, kf_value *spec,
    const kf_experiment_options *options)
{
    kf_value *objective = kf__put_struct(tree, spec, "objective");
    kf_value *all = kf__tree_list(tree);
    kf_value *more = kf__tree_list(tree);
    kf_value *strategies = kf__tree_list(tree);
    for (size_t i = 0; i < options->objective_count; i++) {
        const char *name =
            options->objectives != NULL ? options->objectives[i] : "objective";
        kf_value *item = kf__tree_struct(tree);
        kf__put_text(tree, item, "name", name);
        kf__put_text(tree, item, "type", type_at(options, i));
        kf__push(tree, all, item);
        kf_value *strategy = kf__tree_struct(tree);
        bool maximize = strcmp(type_at(options, i), "maximize") == 0;
        kf__put_text(tree, strategy, "name", name);
        kf__put_text(tree, strategy, "value", maximize ? "max" : "min");
        kf__push(tree, strategies, strategy);
        if (i > 0)
            kf__push(tree, more, kf__tree_string(tree, name));
    }
    for (size_t i = 0; i < options->metric_count; i++)
        kf__push(tree, more, kf__tree_string(tree, options->metrics[i]));
    const kf_value *first = kf_value_at(all, 0);
    kf__put_text(tree, objective, "type", kf__get_text(first, "type"));
    if (options->goal != NULL)
        kf__put(tree, objective, "goal", kf__tree_double(tree, *options->goal));
    kf__put_text(tree, objective, "objectiveMetricName", kf__get_text(first, "name"));
    if (kf_value_length(more) > 0)
        kf__put(tree, objective, "additionalMetricNames", more);
    if (options->objective_count > 1) {
        kf__put(tree, objective, "metricStrategies", strategies);
        put_annotation(tree, document, KF__OBJECTIVES, all);
    }
}

static void put_algorithm(kf_tree *tree, kf_value *spec, const char *field,
    const char *name, const kf_value *settings)
{
    if (name == NULL)
        return;
    kf_value *algorithm = kf__put_struct(tree, spec, field);
    kf__put_text(tree, algorithm, "algorithmName", name);
    for (size_t i = 0; i < kf_value_length(settings); i++) {
        const kf_value *value = kf_value_at(settings, i);
        kf_value *setting = kf__tree_struct(tree);
        kf__put_text(tree, setting, "name", kf_value_key(settings, i));
        kf__put(tree, setting, "value",
            kf_value_kind(value) == KF_KIND_NULL ? kf__tree_string(tree, "None")
                                                 : text_of(tree, value));
        kf__push(tree, kf__put_list(tree, algorithm, "algorithmSettings"), setting);
    }
}

static void put_template(kf_tree *tree, kf_value *spec, const kf_space *space,
    const kf_experiment_options *options)
{
    if (options->trial_spec == NULL)
        return;
    kf_value *made = kf__put_struct(tree, spec, "trialTemplate");
    kf__put_text(tree, made, "primaryContainerName",
        options->primary_container != NULL ? options->primary_container
                                           : "training-container");
    kf_value *list = kf__put_list(tree, made, "trialParameters");
    for (size_t i = 0; i < space->parameters.count; i++) {
        kf_value *reference = kf__tree_struct(tree);
        kf__put_text(tree, reference, "name", space->parameters.items[i].axis.name);
        kf__put_text(
            tree, reference, "reference", space->parameters.items[i].axis.name);
        kf__push(tree, list, reference);
    }
    kf__put(tree, made, "trialSpec", kf__tree_copy(tree, options->trial_spec));
}

static void put_counts(
    kf_tree *tree, kf_value *spec, const kf_experiment_options *options)
{
    if (options->parallel > 0)
        kf__put_int(tree, spec, "parallelTrialCount", options->parallel);
    if (options->max_trials > 0)
        kf__put_int(tree, spec, "maxTrialCount", options->max_trials);
    if (options->max_failed_trials != NULL)
        kf__put_int(tree, spec, "maxFailedTrialCount", *options->max_failed_trials);
    if (options->resume_policy != NULL)
        kf__put_text(tree, spec, "resumePolicy", options->resume_policy);
}

static void put_document(kf_experiment *experiment, const kf_space *space,
    const kf_experiment_options *options)
{
    kf_tree *tree = &experiment->tree;
    kf_value *document = kf__tree_struct(tree);
    kf__put_text(tree, document, "apiVersion", KF__EXPERIMENT_API);
    kf__put_text(tree, document, "kind", "Experiment");
    kf_value *metadata = kf__put_struct(tree, document, "metadata");
    kf__put_text(
        tree, metadata, "name", options->name != NULL ? options->name : "experiment");
    if (options->name_space != NULL)
        kf__put_text(tree, metadata, "namespace", options->name_space);
    kf_value *spec = kf__put_struct(tree, document, "spec");
    put_objectives(tree, document, spec, options);
    put_algorithm(tree, spec, "algorithm",
        options->algorithm != NULL ? options->algorithm : "random", options->settings);
    put_algorithm(tree, spec, "earlyStopping", options->early_stopping,
        options->stopping_settings);
    put_counts(tree, spec, options);
    if (options->collector != NULL)
        kf__put(tree, spec, "metricsCollectorSpec",
            kf__tree_copy(tree, options->collector));
    put_parameters(tree, document, spec, space);
    put_template(tree, spec, space, options);
    experiment->document = document;
    experiment->documents = kf__tree_list(tree);
    kf__push(tree, experiment->documents, document);
}

static kf_status require_struct(const kf_value *value, const char *what)
{
    if (value == NULL || kf__is(value, KF_KIND_STRUCT))
        return KF_OK;
    return kf__fail(KF_ETYPE, what, "%s must be a struct", what);
}

static bool all_utf8(const char *const *texts, size_t count)
{
    for (size_t i = 0; texts != NULL && i < count; i++)
        if (texts[i] == NULL || !kf__utf8_valid(texts[i], strlen(texts[i]), NULL))
            return false;
    return true;
}

static kf_status check_options(const kf_experiment_options *options)
{
    KF__TRY(require_struct(options->settings, "settings"));
    KF__TRY(require_struct(options->stopping_settings, "stopping_settings"));
    KF__TRY(require_struct(options->collector, "collector"));
    KF__TRY(require_struct(options->trial_spec, "trial_spec"));
    const char *const texts[] = {options->name != NULL ? options->name : "",
        options->name_space != NULL ? options->name_space : "",
        options->algorithm != NULL ? options->algorithm : "",
        options->early_stopping != NULL ? options->early_stopping : "",
        options->resume_policy != NULL ? options->resume_policy : "",
        options->primary_container != NULL ? options->primary_container : ""};
    if (!all_utf8(texts, sizeof texts / sizeof *texts) ||
        !all_utf8(options->objectives, options->objective_count) ||
        !all_utf8(options->metrics, options->metric_count))
        return kf__fail(KF_EINVAL, NULL, "names must be text in UTF-8");
    return KF_OK;
}

kf_status kf_experiment_new(
    const kf_space *space, const kf_experiment_options *options, kf_experiment **out)
{
    KF__REQUIRE(space != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_experiment_options, known, options);
    if (known.objective_count == 0)
        known.objective_count = 1;
    KF__TRY(check_options(&known));
    kf_experiment *experiment = kf__calloc(1, sizeof *experiment);
    kf_report *report = NULL;
    if (experiment == NULL || kf__report_new(&report) != KF_OK) {
        kf__free(experiment);
        return kf__nomem();
    }
    put_document(experiment, space, &known);
    kf_status status = kf__tree_status(&experiment->tree);
    if (status == KF_OK)
        status = kf__experiment_finish_read(experiment, report);
    if (status == KF_OK)
        status = kf__report_fail_first(report);
    kf_report_free(report);
    if (status == KF_OK)
        *out = experiment;
    else
        kf_experiment_free(experiment);
    return status;
}
