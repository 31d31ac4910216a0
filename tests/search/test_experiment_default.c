/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#include "io/yaml.h"

/* A part of the spec with its defaults, as YAML. */
static void has(const kf_value *value, const char *expected)
{
    kf_buf buf = KF__BUF_INIT;
    kf__yaml_write_short(&buf, value);
    ck_assert_str_eq(kf__buf_text(&buf), expected);
    kf__buf_finish(&buf);
}

#define HEAD "apiVersion: kubeflow.org/v1beta1\nkind: Experiment\nspec:\n"

static kf_experiment *experiment;

static const kf_value *part(const char *spec, const char *name)
{
    kf_buf text = KF__BUF_INIT;
    kf_experiment_free(experiment);
    kf__buf_printf(&text, HEAD "%s", spec);
    experiment = load(kf__buf_text(&text));
    kf__buf_finish(&text);
    return kf_value_get(kf_experiment_spec(experiment), name);
}

static void teardown(void)
{
    kf_experiment_free(experiment);
    experiment = NULL;
}

START_TEST(counts)
{
    ck_assert_int_eq(kf_value_int(part("  {}\n", "parallelTrialCount")), 3);
    ck_assert_str_eq(kf_experiment_resume_policy(experiment), "Never");
    ck_assert_ptr_null(kf_value_get(kf_experiment_spec(experiment), "maxTrialCount"));
    ck_assert_ptr_null(
        kf_value_get(kf_experiment_spec(experiment), "maxFailedTrialCount"));
}
END_TEST

START_TEST(strategies)
{
    has(part("  objective: {type: maximize, objectiveMetricName: a, "
             "additionalMetricNames: [b, c], metricStrategies: [{name: b, value: "
             "latest}]}\n",
            "objective"),
        "additionalMetricNames: [b, c]\n"
        "metricStrategies:\n"
        "- {name: b, value: latest}\n"
        "- {name: a, value: max}\n"
        "- {name: c, value: max}\n"
        "objectiveMetricName: a\n"
        "type: maximize\n");
    has(part("  objective: {type: most, objectiveMetricName: a}\n", "objective"),
        "objectiveMetricName: a\ntype: most\n");
}
END_TEST

START_TEST(distributions)
{
    has(part("  parameters: [{name: a}, {name: b, feasibleSpace: {distribution: "
             "normal}}]\n",
            "parameters"),
        "- feasibleSpace: {distribution: uniform}\n"
        "  name: a\n"
        "- feasibleSpace: {distribution: normal}\n"
        "  name: b\n");
}
END_TEST

START_TEST(conditions)
{
    has(part("  trialTemplate: {trialSpec: {kind: Job}}\n", "trialTemplate"),
        "failureCondition: "
        "status.conditions.#(type==\"Failed\")#|#(status==\"True\")#\n"
        "successCondition: "
        "status.conditions.#(type==\"Complete\")#|#(status==\"True\")#\n"
        "trialSpec: {kind: Job}\n");
    static const char *const kinds[] = {"TFJob", "PyTorchJob", "XGBoostJob", "MPIJob"};
    for (size_t i = 0; i < 4; i++) {
        char spec[100];
        (void)snprintf(
            spec, sizeof spec, "  trialTemplate: {trialSpec: {kind: %s}}\n", kinds[i]);
        const kf_value *given = part(spec, "trialTemplate");
        ck_assert_str_eq(kf__get_text(given, "successCondition"),
            "status.conditions.#(type==\"Succeeded\")#|#(status==\"True\")#");
        has(kf_value_get(given, "primaryPodLabels"),
            "training.kubeflow.org/job-role: master\n");
    }
    const kf_value *given =
        part("  trialTemplate: {trialSpec: {kind: TrainJob}, successCondition: a, "
             "primaryPodLabels: {}}\n",
            "trialTemplate");
    ck_assert_str_eq(kf__get_text(given, "successCondition"), "a");
    ck_assert_str_eq(kf__get_text(given, "failureCondition"),
        "status.conditions.#(type==\"Failed\")#|#(status==\"True\")#");
    has(kf_value_get(given, "primaryPodLabels"),
        "batch.kubernetes.io/job-completion-index: '0'\n"
        "jobset.sigs.k8s.io/replicatedjob-name: node\n");
    given = part("  trialTemplate: {trialSpec: {kind: Workflow}}\n", "trialTemplate");
    ck_assert_ptr_null(kf_value_get(given, "successCondition"));
}
END_TEST

START_TEST(collectors)
{
    has(part("  {}\n", "metricsCollectorSpec"), "collector: {kind: StdOut}\n");
    has(part("  metricsCollectorSpec: {collector: {kind: File}}\n",
            "metricsCollectorSpec"),
        "collector: {kind: File}\n"
        "source:\n"
        "  fileSystemPath: {format: TEXT, kind: File, path: "
        "/var/log/katib/metrics.log}\n");
    has(part("  metricsCollectorSpec: {collector: {kind: File}, source: "
             "{fileSystemPath: {path: /a, format: JSON}}}\n",
            "metricsCollectorSpec"),
        "collector: {kind: File}\n"
        "source:\n"
        "  fileSystemPath: {format: JSON, kind: File, path: /a}\n");
    has(part("  metricsCollectorSpec: {collector: {kind: TensorFlowEvent}}\n",
            "metricsCollectorSpec"),
        "collector: {kind: TensorFlowEvent}\n"
        "source:\n"
        "  fileSystemPath: {kind: Directory, path: /var/log/katib/tfevent/}\n");
    has(part("  metricsCollectorSpec: {collector: {kind: PrometheusMetric}}\n",
            "metricsCollectorSpec"),
        "collector: {kind: PrometheusMetric}\n"
        "source:\n"
        "  httpGet: {path: /metrics, port: 8080}\n");
    has(part("  metricsCollectorSpec: {collector: {kind: PrometheusMetric}, source: "
             "{httpGet: {port: '0', path: /m}}}\n",
            "metricsCollectorSpec"),
        "collector: {kind: PrometheusMetric}\n"
        "source:\n"
        "  httpGet: {path: /m, port: 8080}\n");
}
END_TEST

KF_TEST_MAIN_WITH("search/experiment_default", NULL, teardown, counts, strategies,
    distributions, conditions, collectors)
