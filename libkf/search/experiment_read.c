/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to an experiment. */
#include "search/experiment.h"

#include <string.h>

#include "base/limits.h"
#include "io/json.h"
#include "io/yaml.h"
#include "search/experiment_schema.h"

static bool is_kind(const kf_value *document, const char *kind)
{
    return kf__equals_text(kf_value_get(document, "kind"), kind);
}

/* ---- which of the documents ---- */

/* A List stands for its items. */
static void add_documents(kf_tree *tree, kf_value *into, kf_value *from)
{
    for (size_t i = 0; i < kf_value_length(from); i++) {
        kf_value *document = kf__at(from, i);
        kf_value *items = kf__get(document, "items");
        if (is_kind(document, "List") && kf__is(items, KF_KIND_LIST))
            for (size_t k = 0; k < kf_value_length(items); k++)
                kf__push(tree, into, kf__at(items, k));
        else if (kf_value_kind(document) != KF_KIND_NULL)
            kf__push(tree, into, document);
    }
}

static kf_status fail_kind(const kf_value *document)
{
    const char *kind = kf__get_text(document, "kind");
    const char *expected = "expected kind Experiment of " KF__EXPERIMENT_API
                           " or OptimizationJob of " KF__JOB_API;
    int line = kf__line(document), column = kf__column(document);
    if (!kf__is(document, KF_KIND_STRUCT))
        return kf__fail_at(
            KF_EDOCUMENT, "", line, column, "the document is no mapping: %s", expected);
    if (kind == NULL)
        return kf__fail_at(KF_EDOCUMENT, "kind", line, column,
            "the document has no kind: %s", expected);
    if (is_kind(document, "Trial") || is_kind(document, "Suggestion"))
        return kf__fail_at(KF_EDOCUMENT, "kind", line, column,
            "a %s is what a running experiment makes, and cannot be run itself: %s",
            kind, expected);
    return kf__fail_at(
        KF_EDOCUMENT, "kind", line, column, "kind %.100s: %s", kind, expected);
}

static bool is_experiment(const kf_value *document)
{
    return is_kind(document, "Experiment") || is_kind(document, "OptimizationJob");
}

static kf_status check_version(kf_experiment *experiment)
{
    const kf_value *document = experiment->document;
    const kf_value *value = kf_value_get(document, "apiVersion");
    experiment->is_job = is_kind(document, "OptimizationJob");
    const char *wanted = experiment->is_job ? KF__JOB_API : KF__EXPERIMENT_API;
    if (kf__equals_text(value, wanted))
        return KF_OK;
    const char *given = kf_value_string(value);
    return kf__fail_at(KF_EDOCUMENT, "apiVersion",
        kf__line(value != NULL ? value : document),
        kf__column(value != NULL ? value : document),
        "apiVersion %s%.100s%s of the %s: expected %s", given != NULL ? "'" : "",
        given != NULL ? given : "is missing", given != NULL ? "'" : "",
        kf__get_text(document, "kind"), wanted);
}

static kf_status find_experiment(kf_experiment *experiment)
{
    const kf_value *documents = experiment->documents;
    for (size_t i = 0; i < kf_value_length(documents); i++) {
        kf_value *document = kf__at(documents, i);
        if (!is_experiment(document))
            continue;
        if (experiment->document != NULL)
            return kf__fail_at(KF_EDOCUMENT, "kind", kf__line(document),
                kf__column(document),
                "the text holds more than one experiment: expected one");
        experiment->document = document;
    }
    if (experiment->document != NULL)
        return check_version(experiment);
    if (kf_value_length(documents) == 0)
        return kf__fail_at(KF_EDOCUMENT, "", 1, 1,
            "the text holds no document: expected an Experiment");
    return fail_kind(kf_value_at(documents, 0));
}

/* ---- what it means ---- */

static void find_template_text(kf_experiment *experiment)
{
    const kf_value *map = kf_value_get(
        kf_value_get(kf__experiment_spec(experiment, "trialTemplate"), "configMap"),
        "templatePath");
    const kf_value *source =
        kf_value_get(kf__experiment_spec(experiment, "trialTemplate"), "configMap");
    const char *name = kf__given(source, "configMapName");
    if (name == NULL || kf_value_string(map) == NULL)
        return;
    for (size_t i = 0; i < kf_value_length(experiment->documents); i++) {
        const kf_value *document = kf_value_at(experiment->documents, i);
        const kf_value *metadata = kf_value_get(document, "metadata");
        const char *name_space = kf__get_text(metadata, "namespace");
        if (is_kind(document, "ConfigMap") &&
            kf__equals_text(kf_value_get(metadata, "name"), name) &&
            (name_space == NULL ||
                kf__equals_text(
                    kf_value_get(source, "configMapNamespace"), name_space)))
            experiment->template_text =
                kf__get_text(kf_value_get(document, "data"), kf_value_string(map));
    }
}

static kf_value *settings_of(kf_tree *tree, const kf_value *algorithm)
{
    kf_value *settings = kf__tree_struct(tree);
    const kf_value *list = kf_value_get(algorithm, "algorithmSettings");
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *setting = kf_value_at(list, i);
        const char *name = kf__get_text(setting, "name");
        const char *value = kf__get_text(setting, "value");
        if (name != NULL)
            kf__put_text(tree, settings, name, value != NULL ? value : "");
    }
    return settings;
}

/* An annotation with JSON; KF_EPARSE: it is none. */
static kf_status read_annotation(
    kf_experiment *experiment, const char *name, kf_kind kind, kf_value **out)
{
    const kf_value *annotations =
        kf_value_get(kf_value_get(experiment->full, "metadata"), "annotations");
    const char *text = kf__get_text(annotations, name);
    *out = NULL;
    if (text == NULL)
        return KF_OK;
    kf_value *value;
    kf_status status = kf_value_parse(text, strlen(text), &value);
    if (status != KF_OK && status != KF_EPARSE)
        return status;
    if (status != KF_OK || !kf__is(value, kind)) {
        if (status == KF_OK)
            kf_value_free(value);
        return kf__fail(KF_EPARSE, NULL, "the annotation %s must be a JSON %s", name,
            kind == KF_KIND_LIST ? "list" : "object");
    }
    *out = kf__tree_copy(&experiment->tree, value);
    kf_value_free(value);
    return KF_OK;
}

static kf_strategy strategy_of(const kf_value *objective, const char *metric)
{
    const kf_value *list = kf_value_get(objective, "metricStrategies");
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *strategy = kf_value_at(list, i);
        const kf_value *value = kf_value_get(strategy, "value");
        if (!kf__equals_text(kf_value_get(strategy, "name"), metric))
            continue;
        return kf__equals_text(value, "min")   ? KF_STRATEGY_MIN
               : kf__equals_text(value, "max") ? KF_STRATEGY_MAX
                                               : KF_STRATEGY_LATEST;
    }
    return KF_STRATEGY_LATEST;
}

static bool has_metric(const kf_experiment *experiment, const char *name)
{
    for (size_t i = 0; i < experiment->metrics.count; i++)
        if (strcmp(experiment->metrics.items[i].name, name) == 0)
            return true;
    return false;
}

static kf_direction direction_of(const kf_value *type)
{
    return kf__equals_text(type, "maximize") ? KF_MAXIMIZE : KF_MINIMIZE;
}

static kf_status read_objectives(kf_experiment *experiment, const kf_value *objectives)
{
    const kf_value *objective = kf__experiment_spec(experiment, "objective");
    const char *name = kf__given(objective, "objectiveMetricName");
    if (name == NULL)
        return KF_OK;
    const kf_value *goal = kf_value_get(objective, "goal");
    kf_experiment_metric first = {.name = name,
        .is_objective = true,
        .direction = direction_of(kf_value_get(objective, "type")),
        .strategy = strategy_of(objective, name),
        .has_goal = goal != NULL,
        .goal = kf_value_double(goal)};
    KF__TRY(kf__vec_push(&experiment->metrics, first));
    for (size_t i = 0; i < kf_value_length(objectives); i++) {
        const kf_value *item = kf_value_at(objectives, i);
        const char *other = kf__given(item, "name");
        kf_experiment_metric metric = {.name = other,
            .is_objective = true,
            .direction = direction_of(kf_value_get(item, "type"))};
        if (other == NULL || has_metric(experiment, other))
            continue;
        metric.strategy = strategy_of(objective, other);
        KF__TRY(kf__vec_push(&experiment->metrics, metric));
    }
    experiment->objective_count = experiment->metrics.count;
    return KF_OK;
}

static kf_status read_metrics(kf_experiment *experiment, const kf_value *objectives)
{
    KF__TRY(read_objectives(experiment, objectives));
    const kf_value *objective = kf__experiment_spec(experiment, "objective");
    const kf_value *more = kf_value_get(objective, "additionalMetricNames");
    for (size_t i = 0; i < kf_value_length(more); i++) {
        kf_experiment_metric metric = {.name = kf_value_string(kf_value_at(more, i))};
        if (metric.name == NULL || has_metric(experiment, metric.name))
            continue;
        metric.strategy = strategy_of(objective, metric.name);
        KF__TRY(kf__vec_push(&experiment->metrics, metric));
    }
    return KF_OK;
}

/* ---- all of it ---- */

kf_status kf__experiment_read_fields(
    const kf_experiment *experiment, kf_tree *tree, kf_report *report, kf_value **out)
{
    *out = kf__schema_read(tree, report, NULL,
        experiment->is_job ? kf__job_fields : kf__experiment_fields,
        experiment->document);
    return kf__tree_status(tree);
}

/* With a report a bad annotation is left for the check. */
static kf_status left_for_check(kf_status status, const kf_report *report)
{
    return status == KF_EPARSE && report != NULL ? KF_OK : status;
}

kf_status kf__experiment_finish_read(kf_experiment *experiment, kf_report *report)
{
    kf_tree *tree = &experiment->tree;
    kf_value *objectives = NULL;
    KF__TRY(kf__experiment_read_fields(experiment, tree, report, &experiment->typed));
    experiment->full = experiment->is_job
                           ? kf__experiment_of_job(tree, experiment->typed)
                           : kf__tree_copy(tree, experiment->typed);
    kf__experiment_default(tree, experiment->full);
    KF__TRY(kf__tree_status(tree));
    find_template_text(experiment);
    experiment->settings =
        settings_of(tree, kf__experiment_spec(experiment, "algorithm"));
    experiment->stopping_settings =
        settings_of(tree, kf__experiment_spec(experiment, "earlyStopping"));
    KF__TRY(left_for_check(
        read_annotation(experiment, KF__OBJECTIVES, KF_KIND_LIST, &objectives),
        report));
    KF__TRY(left_for_check(read_annotation(experiment, KF__CONDITIONS, KF_KIND_STRUCT,
                               &experiment->conditions),
        report));
    KF__TRY(read_metrics(experiment, objectives));
    return kf__tree_status(tree);
}

/* JSON has escapes that YAML lacks, but a flow mapping of YAML begins with a brace too.
 */
static kf_status read_documents(
    kf_tree *tree, const char *text, size_t length, kf_value **out)
{
    size_t start = 0;
    while (start < length && memchr(" \t\r\n", text[start], 4) != NULL)
        start++;
    kf_value *document = NULL;
    if (start < length && text[start] == '{' &&
        kf__json_read(tree, text, length, &document) == KF_OK) {
        *out = kf__tree_list(tree);
        kf__push(tree, *out, document);
        return kf__tree_status(tree);
    }
    KF__TRY(kf__tree_status(tree));
    return kf__yaml_read_go(tree, text, length, out);
}

static kf_status read_text(
    kf_experiment *experiment, const char *text, size_t length, kf_report *report)
{
    kf_value *documents = NULL;
    KF__TRY(read_documents(&experiment->tree, text, length, &documents));
    experiment->documents = kf__tree_list(&experiment->tree);
    add_documents(&experiment->tree, experiment->documents, documents);
    KF__TRY(kf__tree_status(&experiment->tree));
    KF__TRY(find_experiment(experiment));
    return kf__experiment_finish_read(experiment, report);
}

kf_status kf__experiment_read(
    const char *text, size_t length, kf_report *report, kf_experiment **out)
{
    kf_experiment *experiment = kf__calloc(1, sizeof *experiment);
    if (experiment == NULL)
        return kf__nomem();
    kf_status status = read_text(experiment, text, length, report);
    if (status == KF_OK)
        *out = experiment;
    else
        kf_experiment_free(experiment);
    return status;
}
