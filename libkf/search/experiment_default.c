/* SPDX-License-Identifier: Apache-2.0 */
/* What Katib's defaulting webhook fills in. */
#include "search/experiment.h"

#include <string.h>

static void put_default(
    kf_tree *tree, kf_value *object, const char *name, const char *value)
{
    if (kf__given(object, name) == NULL)
        kf__put_text(tree, object, name, value);
}

/* ---- objective ---- */

static bool has_strategy(const kf_value *strategies, const char *name)
{
    for (size_t i = 0; i < kf_value_length(strategies); i++)
        if (kf__equals_text(kf_value_get(kf_value_at(strategies, i), "name"), name))
            return true;
    return false;
}

static void add_strategy(
    kf_tree *tree, kf_value *strategies, const char *name, const char *value)
{
    if (name == NULL || has_strategy(strategies, name))
        return;
    kf_value *strategy = kf__tree_struct(tree);
    kf__put_text(tree, strategy, "name", name);
    kf__put_text(tree, strategy, "value", value);
    kf__push(tree, strategies, strategy);
}

/* All metrics get the rule of the objective's type. */
static void default_objective(kf_tree *tree, kf_value *objective)
{
    const kf_value *type = kf_value_get(objective, "type");
    const char *value = kf__equals_text(type, "minimize")   ? "min"
                        : kf__equals_text(type, "maximize") ? "max"
                                                            : NULL;
    if (value == NULL)
        return;
    kf_value *strategies = kf__put_list(tree, objective, "metricStrategies");
    const kf_value *more = kf_value_get(objective, "additionalMetricNames");
    add_strategy(tree, strategies, kf__given(objective, "objectiveMetricName"), value);
    for (size_t i = 0; i < kf_value_length(more); i++)
        add_strategy(tree, strategies, kf_value_string(kf_value_at(more, i)), value);
}

/* ---- parameters ---- */

static void default_parameters(kf_tree *tree, kf_value *parameters)
{
    for (size_t i = 0; i < kf_value_length(parameters); i++)
        put_default(tree, kf__put_struct(tree, kf__at(parameters, i), "feasibleSpace"),
            "distribution", "uniform");
}

static void default_operations(kf_tree *tree, kf_value *nas)
{
    kf_value *operations = kf__get(nas, "operations");
    for (size_t i = 0; i < kf_value_length(operations); i++)
        default_parameters(tree, kf__get(kf__at(operations, i), "parameters"));
}

/* ---- trial template ---- */

#define CONDITION(type) "status.conditions.#(type==\"" type "\")#|#(status==\"True\")#"

typedef struct kind_default {
    const char *kind;
    const char *success;
    const char *failure;
    const char *labels[2][2];
} kind_default;

#define TRAINING(kind)                                                                 \
    {                                                                                  \
        kind, CONDITION("Succeeded"), CONDITION("Failed"),                             \
        {                                                                              \
            {                                                                          \
                "training.kubeflow.org/job-role", "master"                             \
            }                                                                          \
        }                                                                              \
    }

static const kind_default kinds[] = {
    {"Job", CONDITION("Complete"), CONDITION("Failed"), {{NULL}}},
    TRAINING("TFJob"),
    TRAINING("PyTorchJob"),
    TRAINING("XGBoostJob"),
    TRAINING("MPIJob"),
    {"TrainJob", CONDITION("Complete"), CONDITION("Failed"),
        {{"jobset.sigs.k8s.io/replicatedjob-name", "node"},
            {"batch.kubernetes.io/job-completion-index", "0"}}},
};

static const kind_default *find_kind(const char *kind)
{
    for (size_t i = 0; kind != NULL && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return &kinds[i];
    return NULL;
}

const char *kf__default_success(const char *kind)
{
    const kind_default *known = find_kind(kind);
    return known == NULL ? NULL : known->success;
}

const char *kf__default_failure(const char *kind)
{
    const kind_default *known = find_kind(kind);
    return known == NULL ? NULL : known->failure;
}

static void default_template(kf_tree *tree, kf_value *trial_template)
{
    const kf_value *spec = kf_value_get(trial_template, "trialSpec");
    const kind_default *known = find_kind(kf__get_text(spec, "kind"));
    if (known == NULL)
        return;
    put_default(tree, trial_template, "successCondition", known->success);
    put_default(tree, trial_template, "failureCondition", known->failure);
    if (known->labels[0][0] == NULL ||
        kf_value_length(kf_value_get(trial_template, "primaryPodLabels")) > 0)
        return;
    kf__remove(trial_template, "primaryPodLabels");
    kf_value *labels = kf__put_struct(tree, trial_template, "primaryPodLabels");
    for (size_t i = 0; i < 2 && known->labels[i][0] != NULL; i++)
        kf__put_text(tree, labels, known->labels[i][0], known->labels[i][1]);
}

/* ---- metrics collector ---- */

static void default_path(kf_tree *tree, kf_value *spec, const char *path,
    const char *kind, const char *format)
{
    kf_value *file =
        kf__put_struct(tree, kf__put_struct(tree, spec, "source"), "fileSystemPath");
    put_default(tree, file, "kind", kind);
    put_default(tree, file, "path", path);
    if (format != NULL)
        put_default(tree, file, "format", format);
}

static void default_http(kf_tree *tree, kf_value *spec)
{
    kf_value *http =
        kf__put_struct(tree, kf__put_struct(tree, spec, "source"), "httpGet");
    const kf_value *port = kf_value_get(http, "port");
    put_default(tree, http, "path", "/metrics");
    if (port == NULL || kf__equals_text(port, "0") ||
        (kf__is(port, KF_KIND_INT) && kf_value_int(port) == 0))
        kf__put_int(tree, http, "port", 8080);
}

static void default_collector(kf_tree *tree, kf_value *spec)
{
    bool given = kf_value_get(spec, "collector") != NULL;
    kf_value *collector = kf__put_struct(tree, spec, "collector");
    if (!given)
        kf__put_text(tree, collector, "kind", "StdOut");
    const kf_value *kind = kf_value_get(collector, "kind");
    if (kf__equals_text(kind, "File"))
        default_path(tree, spec, "/var/log/katib/metrics.log", "File", "TEXT");
    else if (kf__equals_text(kind, "TensorFlowEvent"))
        default_path(tree, spec, "/var/log/katib/tfevent/", "Directory", NULL);
    else if (kf__equals_text(kind, "PrometheusMetric"))
        default_http(tree, spec);
}

void kf__experiment_default(kf_tree *tree, kf_value *full)
{
    kf_value *spec = kf__put_struct(tree, full, "spec");
    if (kf_value_get(spec, "parallelTrialCount") == NULL)
        kf__put_int(tree, spec, "parallelTrialCount", 3);
    put_default(tree, spec, "resumePolicy", "Never");
    if (kf_value_get(spec, "objective") != NULL)
        default_objective(tree, kf__get(spec, "objective"));
    default_parameters(tree, kf__get(spec, "parameters"));
    if (kf_value_get(spec, "nasConfig") != NULL)
        default_operations(tree, kf__get(spec, "nasConfig"));
    if (kf_value_get(spec, "trialTemplate") != NULL)
        default_template(tree, kf__get(spec, "trialTemplate"));
    default_collector(tree, kf__put_struct(tree, spec, "metricsCollectorSpec"));
}
