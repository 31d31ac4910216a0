/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#include "base/mem.h"
#include "search/space.h"

static const kf_parameter *parameter(const kf_space *space, size_t index)
{
    return &space->parameters.items[index];
}

START_TEST(parameters)
{
    kf_experiment *experiment = load_edited(
        "  - name: act\n    parameterType: categorical\n    feasibleSpace: "
        "{list: [relu, gelu]}\n",
        "  - name: act\n    parameterType: discrete\n    feasibleSpace: {list: "
        "['32', '8.5', '16']}\n  - name: step\n    parameterType: double\n    "
        "feasibleSpace: {min: '1e-3', max: '0.1', step: '0.001', distribution: "
        "logNormal}\n  - name: big\n    parameterType: int\n    feasibleSpace: {min: "
        "'-10', max: '10', step: '5', distribution: normal}\n");
    kf_space *space;
    ck_ok(kf_experiment_space(experiment, &space));
    ck_assert_uint_eq(kf_space_count(space), 5);
    ck_assert_str_eq(parameter(space, 0)->axis.name, "lr");
    ck_assert_int_eq(parameter(space, 0)->type, KF__PARAMETER_DOUBLE);
    ck_assert_double_eq(parameter(space, 0)->min, 0.01);
    ck_assert_double_eq(parameter(space, 0)->max, 0.05);
    ck_assert_double_eq(parameter(space, 0)->step, 0);
    ck_assert_int_eq(parameter(space, 1)->axis.levels, 4);
    ck_assert_int_eq(parameter(space, 2)->type, KF__PARAMETER_DISCRETE);
    ck_assert_double_eq(kf__space_number(space, 2, 0), 8.5);
    ck_assert_int_eq(parameter(space, 3)->axis.levels, 100);
    ck_assert_int_eq(parameter(space, 3)->distribution, KF_LOG_NORMAL);
    ck_assert_int_eq(parameter(space, 4)->axis.levels, 5);
    ck_assert_int_eq(parameter(space, 4)->distribution, KF_NORMAL);
    kf_space_free(space);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(as_katib_takes_it)
{
    kf_experiment *experiment = load_edited("list: [relu, gelu]", "list: [b, a, b, a]");
    kf_space *space;
    ck_ok(kf_experiment_space(experiment, &space));
    ck_assert_int_eq(kf_space_axis(space, 2)->levels, 2);
    kf_space_free(space);
    kf_experiment_free(experiment);
    experiment = load_edited("parameterType: categorical\n    feasibleSpace: {list: "
                             "[relu, gelu]}",
        "parameterType: discrete\n    feasibleSpace: {list: ['1', x]}");
    ck_ok(kf_experiment_space(experiment, &space));
    ck_assert_int_eq(kf_space_axis(space, 2)->kind, KF_AXIS_CATEGORICAL);
    kf_space_free(space);
    kf_experiment_free(experiment);
    experiment = load_edited("max: '0.05'", "max: '0.05', step: '1'");
    ck_ok(kf_experiment_space(experiment, &space));
    ck_assert_int_eq(kf_space_axis(space, 0)->levels, 1);
    ck_assert_double_eq(kf__space_number(space, 0, 0.9), 0.01);
    kf_space_free(space);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(conditions)
{
    kf_experiment *experiment = load_edited("  name: tuning\nspec:\n",
        "  name: tuning\n  annotations: {libkf/conditions: '{\"lr\": {\"parent\": "
        "\"opt\", \"values\": [\"sgd\"]}}'}\nspec:\n");
    kf_space *space;
    ck_fails(kf_experiment_space(experiment, &space), KF_ENOENT, "opt");
    kf_experiment_free(experiment);
    char *text = kf_edited(sound, "  name: tuning\n",
        "  name: tuning\n  annotations: {libkf/conditions: '{\"lr\": {\"parent\": "
        "\"opt\", \"values\": [\"sgd\"]}}'}\n");
    char *both = kf_edited(text, "  - name: lr\n",
        "  - name: opt\n    parameterType: categorical\n    feasibleSpace: {list: "
        "[adam, "
        "sgd]}\n  - name: lr\n");
    experiment = load(both);
    ck_ok(kf_experiment_space(experiment, &space));
    ck_assert_int_eq(kf_space_axis(space, 1)->parent, 0);
    double sgd[4] = {1, 0.5, 0.5, 0}, adam[4] = {0, 0.5, 0.5, 0};
    ck_assert(kf__space_is_active(space, 1, sgd));
    ck_assert(!kf__space_is_active(space, 1, adam));
    kf_space_free(space);
    kf_experiment_free(experiment);
    kf_text_free(text);
    kf_text_free(both);
}
END_TEST

START_TEST(errors)
{
    kf_space *space;
    kf_experiment *experiment = load_edited("min: '0.01'", "min: a");
    ck_fails(kf_experiment_space(experiment, &space), KF_ETYPE,
        "min of parameter 'lr' is 'a': expected a number");
    kf_experiment_free(experiment);
    experiment = load_edited("parameterType: int", "parameterType: long");
    ck_fails(kf_experiment_space(experiment, &space), KF_EINVAL,
        "parameterType of 'layers' is 'long'");
    kf_experiment_free(experiment);
    experiment = load_edited("restartPolicy: Never\n",
        "restartPolicy: Never\n  nasConfig: {graphConfig: {numLayers: 1}}\n");
    ck_fails(kf_experiment_space(experiment, &space), KF_EUNSUPPORTED,
        "the experiment searches an architecture, which is no space of parameters");
    kf_experiment_free(experiment);
    experiment = load_edited("  parameters:\n", "  parameters: []\n  others:\n");
    ck_fails(kf_experiment_space(experiment, &space), KF_EMISSING,
        "there are no parameters");
    kf_experiment_free(experiment);
}
END_TEST

static kf_status make(const kf_experiment *experiment)
{
    kf_space *space = NULL;
    kf_status status = kf_experiment_space(experiment, &space);
    kf_space_free(space);
    return status;
}

START_TEST(out_of_memory)
{
    kf_experiment *experiment = load(sound);
    ck_survives_nomem(make(experiment));
    kf_experiment_free(experiment);
}
END_TEST

KF_TEST_MAIN("search/experiment_space", parameters, as_katib_takes_it, conditions,
    errors, out_of_memory)
