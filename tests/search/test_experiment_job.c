/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#include "io/yaml.h"
#include "search/space.h"

START_TEST(as_an_experiment)
{
    kf_experiment *experiment = load(job);
    kf_buf buf = KF__BUF_INIT;
    ck_assert_str_eq(kf_experiment_kind(experiment), "OptimizationJob");
    ck_assert_str_eq(kf_experiment_name(experiment), "tuning");
    kf__yaml_write_short(&buf, kf_experiment_spec(experiment));
    kf_check_same(kf__buf_text(&buf),
        "algorithm:\n"
        "  algorithmName: random\n"
        "  algorithmSettings:\n"
        "  - {name: random_state, value: '7'}\n"
        "maxFailedTrialCount: 1\n"
        "maxTrialCount: 8\n"
        "metricsCollectorSpec:\n"
        "  collector: {kind: StdOut}\n"
        "objective:\n"
        "  metricStrategies:\n"
        "  - {name: accuracy, value: max}\n"
        "  objectiveMetricName: accuracy\n"
        "  type: maximize\n"
        "parallelTrialCount: 2\n"
        "parameters:\n"
        "- feasibleSpace: {distribution: logUniform, max: '0.1', min: 1e-4}\n"
        "  name: lr\n"
        "  parameterType: double\n"
        "- feasibleSpace: {distribution: uniform, max: '4', min: '1'}\n"
        "  name: layers\n"
        "  parameterType: int\n"
        "- feasibleSpace:\n"
        "    distribution: uniform\n"
        "    list: [relu, gelu]\n"
        "  name: act\n"
        "  parameterType: categorical\n"
        "resumePolicy: Never\n"
        "trialTemplate:\n"
        "  failureCondition: "
        "status.conditions.#(type==\"Failed\")#|#(status==\"True\")#\n"
        "  primaryContainerName: node\n"
        "  primaryPodLabels:\n"
        "    batch.kubernetes.io/job-completion-index: '0'\n"
        "    jobset.sigs.k8s.io/replicatedjob-name: node\n"
        "  successCondition: "
        "status.conditions.#(type==\"Complete\")#|#(status==\"True\")#\n"
        "  trialParameters:\n"
        "  - {name: lr, reference: lr}\n"
        "  - {name: layers, reference: layers}\n"
        "  - {name: act, reference: act}\n"
        "  trialSpec:\n"
        "    apiVersion: trainer.kubeflow.org/v1alpha1\n"
        "    kind: TrainJob\n"
        "    spec:\n"
        "      runtimeRef: {name: torch-distributed}\n"
        "      trainer:\n"
        "        command: [python, train.py]\n");
    kf__buf_finish(&buf);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(defaults)
{
    char *text = kf_edited(job, "  searchAlgorithm:\n    random: {seed: 7}\n", "");
    char *fewer = kf_edited(text, "  numTrials: 8\n  parallelTrials: 2\n", "");
    char *direction = kf_edited(fewer, ", direction: Maximize", "");
    check_finds(direction, "nothing\n");
    kf_experiment *experiment = load(direction);
    ck_assert_str_eq(kf_experiment_algorithm(experiment), "random");
    ck_assert_uint_eq(kf_value_length(kf_experiment_settings(experiment)), 0);
    ck_assert_int_eq(kf_experiment_max_trials(experiment), 1);
    ck_assert_int_eq(kf_experiment_parallel(experiment), 1);
    ck_assert_int_eq(kf_experiment_metric_at(experiment, 0)->direction, KF_MINIMIZE);
    kf_experiment_free(experiment);
    kf_text_free(text);
    kf_text_free(fewer);
    kf_text_free(direction);
}
END_TEST

START_TEST(space)
{
    kf_experiment *experiment = load(job);
    kf_space *made;
    ck_ok(kf_experiment_space(experiment, &made));
    ck_assert_uint_eq(kf_space_count(made), 3);
    ck_assert_double_eq(made->parameters.items[0].min, 1e-4);
    ck_assert_int_eq(made->parameters.items[0].distribution, KF_LOG_UNIFORM);
    ck_assert_int_eq(made->parameters.items[1].type, KF__PARAMETER_INT);
    ck_assert_int_eq(kf_space_axis(made, 2)->levels, 2);
    kf_space_free(made);
    kf_experiment_free(experiment);
}
END_TEST

KF_TEST_MAIN("search/experiment_job", as_an_experiment, defaults, space)
