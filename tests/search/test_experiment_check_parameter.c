/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#define SPACE "spec.parameters[0].feasibleSpace"
#define LR "parameterType: double\n    feasibleSpace: {min: '0.01', max: '0.05'}"
#define LAYERS "parameterType: int\n    feasibleSpace: {min: '1', max: '4'}"
#define ACT "parameterType: categorical\n    feasibleSpace: {list: [relu, gelu]}"

START_TEST(rules_of_the_webhook)
{
    finds("parameterType: double", "parameterType: doubel",
        "error spec.parameters[0].parameterType: parameterType 'doubel': expected "
        "double, int, discrete or categorical; did you mean 'double'?\n");
    finds("parameterType: double", "parameterType: unknown",
        "error spec.parameters[0].parameterType: parameterType 'unknown': expected "
        "double, int, discrete or categorical\n");
    finds("max: '0.05'", "max: '0.05', distribution: loguniform",
        "error " SPACE ".distribution: distribution 'loguniform': expected uniform, "
        "logUniform, normal or logNormal; did you mean 'logUniform'?\n");
    finds("max: '0.05'", "max: '0.05', list: ['1']",
        "error " SPACE ".list: a parameter of type double has min and max, and no "
        "list\n");
    finds("min: '0.01', max: '0.05'", "",
        "error " SPACE ".min: a parameter of type double needs a min\n"
        "error " SPACE ".max: a parameter of type double needs a max\n");
    finds("{min: '1', max: '4'}", "{min: '1'}",
        "error spec.parameters[1].feasibleSpace.max: a parameter of type int needs a "
        "max\n");
    finds("list: [relu, gelu]", "list: [relu, gelu], min: '1', max: '2', step: '1'",
        "error spec.parameters[2].feasibleSpace.min: a parameter of type categorical "
        "has "
        "a list, and no min\n"
        "error spec.parameters[2].feasibleSpace.max: a parameter of type categorical "
        "has "
        "a list, and no max\n"
        "error spec.parameters[2].feasibleSpace.step: a parameter of type categorical "
        "has a list, and no step\n");
    finds("restartPolicy: Never\n",
        "restartPolicy: Never\n  nasConfig:\n    graphConfig: {numLayers: 1}\n    "
        "operations: [{operationType: pool, parameters: []}]\n",
        "error spec.algorithm: random searches parameters: a nasConfig is for enas and "
        "darts\n"
        "error spec.nasConfig: an experiment has either parameters or a nasConfig, not "
        "both\n");
}
END_TEST

START_TEST(numbers)
{
    finds("'0.01'", "'a'",
        "error " SPACE ".min: min of parameter 'lr' is 'a': expected a number\n");
    finds("'0.01'", "inf",
        "error " SPACE ".min: min of parameter 'lr' is 'inf': expected a number\n");
    finds(
        "'0.01'", "'0.06'", "error " SPACE ": min of 'lr' is 0.06, above max, 0.05\n");
    finds("min: '1', max: '4'", "min: '1', max: '9007199254740993'",
        "error spec.parameters[1].feasibleSpace: min and max of 'layers' must be "
        "within 2^53\n");
    finds("max: '0.05'", "max: '0.05', step: '1e-30'",
        "error " SPACE ": step of 'lr' is 1e-30, too small for its range: leave it "
        "out\n");
    finds("min: '0.01', max: '0.05'", "min: '-1e308', max: '1e308'",
        "error " SPACE ": min and max of 'lr' must be finite\n");
    finds("'0.01'", "'0.05'", "warning " SPACE ": 'lr' has one value only\n");
    finds("max: '0.05'", "max: '0.05', step: '0'",
        "error " SPACE
        ".step: step of parameter 'lr' is 0: expected a number above 0\n");
    finds("max: '0.05'", "max: '0.05', step: '-0.1'",
        "error " SPACE ".step: step of parameter 'lr' is -0.1: expected a number above "
        "0\n");
    finds("max: '0.05'", "max: '0.05', step: x",
        "error " SPACE ".step: step of parameter 'lr' is 'x': expected a number\n");
    finds("max: '0.05'", "max: '0.05', step: '0.1'",
        "warning " SPACE ": 'lr' has one value only\n");
    finds("'1', max: '4'", "'1', max: '4', step: '5'",
        "warning spec.parameters[1].feasibleSpace: 'layers' has one value only\n");
    finds("'1', max: '4'", "'1.5', max: '4'",
        "error spec.parameters[1].feasibleSpace.min: min of parameter 'layers' is "
        "'1.5': expected a whole number\n");
    finds("'1', max: '4'", "'1', max: '4', step: '0'",
        "error spec.parameters[1].feasibleSpace.step: step of parameter 'layers' is 0: "
        "expected a number above 0\n");
    finds("min: '0.01', max: '0.05'", "min: '0', max: '0.05', distribution: logUniform",
        "error " SPACE
        ": min of 'lr' is 0: a logarithmic distribution needs a positive "
        "one\n");
    finds("min: '1', max: '4'", "min: '-1', max: '4', distribution: logNormal",
        "error spec.parameters[1].feasibleSpace: min of 'layers' is -1: a logarithmic "
        "distribution needs a positive one\n");
}
END_TEST

START_TEST(numbers_that_are_no_text)
{
    finds("min: '0.01'", "min: 1e-2",
        "error spec.parameters[0].feasibleSpace.min: text expected, not a number: "
        "write "
        "it in quotes\n");
    finds("min: '0.01'", "min: 0.01",
        "error spec.parameters[0].feasibleSpace.min: text expected, not a number: "
        "write "
        "it in quotes\n");
    finds("list: [relu, gelu]", "list: [relu, 1, true]",
        "error spec.parameters[2].feasibleSpace.list[1]: text expected, not a number: "
        "write it in quotes\n"
        "error spec.parameters[2].feasibleSpace.list[2]: text expected, not a boolean: "
        "write it in quotes\n");
    finds("maxTrialCount: 6", "maxTrialCount: '6'",
        "error spec.maxTrialCount: a whole number of 32 bits expected, not text\n");
    finds("maxTrialCount: 6", "maxTrialCount: 6.0", "nothing\n");
    finds("maxTrialCount: 6", "maxTrialCount: 6.5",
        "error spec.maxTrialCount: a whole number of 32 bits expected, not a number\n");
    finds("goal: 0.001", "goal: '0.001'",
        "error spec.objective.goal: a number expected, not text\n");
    finds("goal: 0.001", "goal: 1e-3", "nothing\n");
    finds("goal: 0.001", "goal: null", "nothing\n");
    finds("  parameters:\n", "  parallelTrialCuont: 5\n  parameters:\n",
        "warning spec.parallelTrialCuont: unknown field 'parallelTrialCuont', ignored; "
        "did you mean 'parallelTrialCount'?\n");
}
END_TEST

START_TEST(lists)
{
    finds("list: [relu, gelu]", "list: []",
        "error spec.parameters[2].feasibleSpace.list: parameter 'act' needs a list of "
        "at least one value\n");
    finds(ACT, "parameterType: categorical",
        "error spec.parameters[2].feasibleSpace.list: parameter 'act' needs a list of "
        "at least one value\n");
    finds("list: [relu, gelu]", "list: [relu, gelu, relu]",
        "warning spec.parameters[2].feasibleSpace.list: a value of 'act' stands in its "
        "list more than once\n");
    finds(ACT, "parameterType: discrete\n    feasibleSpace: {list: ['1', '2', '1.0']}",
        "warning spec.parameters[2].feasibleSpace.list: a value of 'act' stands in its "
        "list more than once\n");
    finds("list: [relu, gelu]", "list: [relu]",
        "warning spec.parameters[2].feasibleSpace: 'act' has one value only\n");
    finds("parameterType: categorical", "parameterType: discrete",
        "warning spec.parameters[2].feasibleSpace.list: not all values of 'act' are "
        "numbers: it is taken as categorical\n");
    finds(ACT,
        "parameterType: discrete\n    feasibleSpace: {list: ['16', '32'], "
        "distribution: "
        "normal}",
        "warning spec.parameters[2].feasibleSpace.distribution: a distribution has no "
        "meaning for a parameter of type discrete\n");
}
END_TEST

START_TEST(parameter_names)
{
    finds("name: layers", "name: lr",
        "error spec.trialTemplate.trialParameters[1].reference: 'layers' is no "
        "parameter "
        "of the experiment\n"
        "error spec.parameters[1].name: there is a parameter 'lr' already\n");
    finds("- name: layers\n    parameterType", "- parameterType",
        "error spec.trialTemplate.trialParameters[1].reference: 'layers' is no "
        "parameter "
        "of the experiment\n"
        "error spec.parameters[1].name: a parameter needs a name\n");
}
END_TEST

#define ANNOTATED(text)                                                                \
    "  name: tuning\n  annotations: {libkf/conditions: '" text "'}\n"
#define PLACE "metadata.annotations['libkf/conditions']"

START_TEST(conditions)
{
    finds("  name: tuning\n",
        ANNOTATED("{\"layers\": {\"parent\": \"lr\", \"values\": [\"1\"]}}"),
        "error " PLACE ": 'layers' can depend on values of a discrete or categorical "
        "parameter that was added before it\n");
    finds("  name: tuning\n", ANNOTATED("{\"layers\": {\"values\": [\"1\"]}}"),
        "error " PLACE ": the condition of 'layers' needs a parent and a list of "
        "values\n");
    finds("  name: tuning\n", ANNOTATED("[]"),
        "error " PLACE ": the annotation must be a JSON object of {\"parent\", "
        "\"values\"}\n");
}
END_TEST

/* ---- architectures ---- */

static const char nas[] =
    "apiVersion: kubeflow.org/v1beta1\n"
    "kind: Experiment\n"
    "metadata: {name: nas}\n"
    "spec:\n"
    "  maxTrialCount: 3\n"
    "  objective: {type: maximize, objectiveMetricName: accuracy}\n"
    "  algorithm: {algorithmName: enas}\n"
    "  nasConfig:\n"
    "    graphConfig: {numLayers: 2, inputSizes: [32, 32, 3], outputSizes: [10]}\n"
    "    operations:\n"
    "    - operationType: convolution\n"
    "      parameters:\n"
    "      - name: filter\n"
    "        parameterType: categorical\n"
    "        feasibleSpace: {list: ['3', '5']}\n"
    "  trialTemplate:\n"
    "    primaryContainerName: train\n"
    "    trialParameters:\n"
    "    - {name: nn, reference: nn_config}\n"
    "    trialSpec:\n"
    "      apiVersion: batch/v1\n"
    "      kind: Job\n"
    "      spec:\n"
    "        template:\n"
    "          spec:\n"
    "            containers:\n"
    "            - {name: train, command: ['${trialParameters.nn}']}\n"
    "            restartPolicy: Never\n";

static void finds_in_nas(const char *old, const char *new, const char *expected)
{
    char *text = kf_edited(nas, old, new);
    check_finds(text, expected);
    kf_text_free(text);
}

START_TEST(architectures)
{
    check_finds(nas, "nothing\n");
    finds_in_nas("numLayers: 2, inputSizes: [32, 32, 3], ", "",
        "error spec.nasConfig.graphConfig.inputSizes: enas needs inputSizes\n"
        "error spec.nasConfig.graphConfig.numLayers: an architecture needs at least "
        "one "
        "layer\n");
    finds_in_nas("operationType: convolution\n      parameters", "parameters",
        "error spec.nasConfig.operations[0].operationType: an operation needs an "
        "operationType\n");
    finds_in_nas("list: ['3', '5']", "list: []",
        "error spec.nasConfig.operations[0].parameters[0].feasibleSpace.list: "
        "parameter "
        "'filter' needs a list of at least one value\n");
    finds_in_nas("parameterType: categorical", "parameterType: choice",
        "error spec.nasConfig.operations[0].parameters[0].parameterType: parameterType "
        "'choice': expected double, int, discrete or categorical\n");
    finds_in_nas(
        "    operations:\n    - operationType: convolution\n      parameters:\n "
        "     - name: filter\n        parameterType: categorical\n        "
        "feasibleSpace: {list: ['3', '5']}\n",
        "",
        "error spec.nasConfig.operations: an architecture needs operations to choose "
        "from\n");
}
END_TEST

KF_TEST_MAIN("search/experiment_check_parameter", rules_of_the_webhook, numbers,
    numbers_that_are_no_text, lists, parameter_names, conditions, architectures)
