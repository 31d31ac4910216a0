/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#include "io/file.h"

START_TEST(what_it_says)
{
    kf_experiment *experiment = load(sound);
    ck_assert_str_eq(kf_experiment_kind(experiment), "Experiment");
    ck_assert_str_eq(kf_experiment_name(experiment), "tuning");
    ck_assert_ptr_null(kf_experiment_namespace(experiment));
    ck_assert_uint_eq(kf_experiment_metric_count(experiment), 2);
    ck_assert_uint_eq(kf_experiment_objective_count(experiment), 1);
    const kf_experiment_metric *loss = kf_experiment_metric_at(experiment, 0);
    ck_assert_str_eq(loss->name, "loss");
    ck_assert(loss->is_objective && loss->has_goal);
    ck_assert_double_eq(loss->goal, 0.001);
    ck_assert_int_eq(loss->direction, KF_MINIMIZE);
    ck_assert_int_eq(loss->strategy, KF_STRATEGY_MIN);
    const kf_experiment_metric *accuracy = kf_experiment_metric_at(experiment, 1);
    ck_assert_str_eq(accuracy->name, "accuracy");
    ck_assert(!accuracy->is_objective && !accuracy->has_goal);
    ck_assert_int_eq(accuracy->strategy, KF_STRATEGY_MIN);
    ck_assert_ptr_null(kf_experiment_metric_at(experiment, 2));
    ck_assert_str_eq(kf_experiment_algorithm(experiment), "random");
    ck_assert_uint_eq(kf_value_length(kf_experiment_settings(experiment)), 0);
    ck_assert_ptr_null(kf_experiment_early_stopping(experiment));
    ck_assert_int_eq(kf_experiment_max_trials(experiment), 6);
    ck_assert_int_eq(kf_experiment_max_failed_trials(experiment), 3);
    ck_assert_int_eq(kf_experiment_parallel(experiment), 2);
    ck_assert_str_eq(kf_experiment_resume_policy(experiment), "Never");
    ck_assert_str_eq(kf_experiment_collector_kind(experiment), "StdOut");
    ck_assert_str_eq(
        kf__get_text(kf_experiment_template(experiment), "primaryContainerName"),
        "train");
    ck_assert_ptr_eq(kf_value_get(kf_experiment_spec(experiment), "trialTemplate"),
        kf_experiment_template(experiment));
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(more_of_it)
{
    kf_experiment *experiment = load_edited(
        "  name: tuning\n", "  generateName: tune-\n  namespace: kubeflow\n");
    ck_assert_str_eq(kf_experiment_name(experiment), "tune-");
    ck_assert_str_eq(kf_experiment_namespace(experiment), "kubeflow");
    kf_experiment_free(experiment);
    experiment = load_edited("algorithmName: random\n",
        "algorithmName: random\n    algorithmSettings: [{name: random_state, value: "
        "'1'}, {name: random_state, value: '2'}]\n  earlyStopping:\n    algorithmName: "
        "medianstop\n    algorithmSettings: [{name: start_step, value: '5'}]\n");
    ck_assert_str_eq(
        kf__get_text(kf_experiment_settings(experiment), "random_state"), "2");
    ck_assert_str_eq(kf_experiment_early_stopping(experiment), "medianstop");
    ck_assert_str_eq(
        kf__get_text(kf_experiment_stopping_settings(experiment), "start_step"), "5");
    kf_experiment_free(experiment);
    experiment = load_edited("[accuracy]",
        "[accuracy]\n    metricStrategies: [{name: accuracy, value: max}, {name: loss, "
        "value: latest}]");
    ck_assert_int_eq(
        kf_experiment_metric_at(experiment, 0)->strategy, KF_STRATEGY_LATEST);
    ck_assert_int_eq(kf_experiment_metric_at(experiment, 1)->strategy, KF_STRATEGY_MAX);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(several_objectives)
{
    kf_experiment *experiment = load_edited("  name: tuning\n",
        "  name: tuning\n  annotations:\n    libkf/objectives: '[{\"name\": \"loss\", "
        "\"type\": \"minimize\"}, {\"name\": \"accuracy\", \"type\": "
        "\"maximize\"}]'\n");
    ck_assert_uint_eq(kf_experiment_metric_count(experiment), 2);
    ck_assert_uint_eq(kf_experiment_objective_count(experiment), 2);
    ck_assert_int_eq(kf_experiment_metric_at(experiment, 0)->direction, KF_MINIMIZE);
    ck_assert_int_eq(kf_experiment_metric_at(experiment, 1)->direction, KF_MAXIMIZE);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(of_nothing)
{
    kf_experiment *experiment =
        load("{apiVersion: kubeflow.org/v1beta1, kind: Experiment}");
    ck_assert_str_eq(kf_experiment_name(experiment), "");
    ck_assert_uint_eq(kf_experiment_metric_count(experiment), 0);
    ck_assert_ptr_null(kf_experiment_algorithm(experiment));
    ck_assert_ptr_null(kf_experiment_template(experiment));
    ck_assert_int_eq(kf_experiment_max_trials(experiment), 0);
    kf_space *space;
    ck_fails(kf_experiment_space(experiment, &space), KF_EMISSING, "no parameters");
    kf_experiment_free(experiment);
    ck_assert_str_eq(kf_experiment_name(NULL), "");
    ck_assert_uint_eq(kf_experiment_metric_count(NULL), 0);
    ck_assert_ptr_null(kf_experiment_algorithm(NULL));
    kf_experiment_free(NULL);
}
END_TEST

START_TEST(files)
{
    kf_experiment *experiment = NULL;
    ck_fails(kf_experiment_open("/nowhere/experiment.yaml", &experiment), KF_ENOENT,
        "/nowhere/experiment.yaml");
    char name[] = "/tmp/kf-experiment-XXXXXX";
    int file = mkstemp(name);
    ck_assert_int_ge(file, 0);
    ck_ok(kf__file_write(name, sound, strlen(sound)));
    ck_ok(kf_experiment_open(name, &experiment));
    ck_assert_str_eq(kf_experiment_name(experiment), "tuning");
    kf_experiment_free(experiment);
    (void)remove(name);
}
END_TEST

KF_TEST_MAIN("search/experiment", what_it_says, more_of_it, several_objectives,
    of_nothing, files)
