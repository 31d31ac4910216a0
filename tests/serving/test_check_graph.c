/* SPDX-License-Identifier: Apache-2.0 */
#include "check_test.h"

#define ROOT(type, steps)                                                              \
    GRAPH("    root: {routerType: " type ", steps: [" steps "]}\n")
#define AT(step) "spec.nodes.root.steps[" step "]"

START_TEST(sound)
{
    finds(ROOT("Sequence", "{serviceName: a, data: $request}, {serviceUrl: 'http://b', "
                           "data: $response, condition: 'predictions.0'}"),
        "nothing\n");
    finds(GRAPH("    root: {routerType: Splitter, steps: [{nodeName: a, weight: 30}, "
                "{nodeName: b, weight: 70}]}\n"
                "    a: {routerType: Switch, steps: [{serviceName: a, condition: "
                "'#(x==1)'}]}\n"
                "    b: {routerType: Ensemble, steps: [{name: one, serviceName: a}, "
                "{name: two, nodeName: a}]}\n"),
        "nothing\n");
}
END_TEST

START_TEST(roots)
{
    finds(GRAPH("    rooot: {routerType: Sequence, steps: [{serviceName: a}]}\n"),
        "error spec.nodes: there is no node called root, which a request comes to "
        "first; "
        "did you mean 'rooot'?\n");
    finds("apiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\n"
          "metadata: {name: a}\nspec: {}\n",
        "error spec.nodes: the field 'nodes' is missing\n"
        "error spec.nodes: there is no node called root, which a request comes to "
        "first\n");
    finds(GRAPH("    root: {routerType: Sequense, steps: [{serviceName: a}]}\n"),
        "error spec.nodes.root.routerType: 'Sequense': expected one of Sequence, "
        "Splitter, Ensemble, Switch; did you mean 'Sequence'?\n");
    finds(
        ROOT("Sequence", ""), "warning spec.nodes.root.steps: the node has no steps\n");
}
END_TEST

START_TEST(targets)
{
    finds(ROOT("Sequence", "{name: a}"),
        "error " AT("0") ": the step leads nowhere: expected nodeName, serviceName or "
                         "serviceUrl\n");
    finds(ROOT("Sequence", "{serviceName: a, serviceUrl: b}"),
        "error " AT("0") ": the step leads to 2 places: expected one of nodeName, "
                         "serviceName and serviceUrl\n");
    finds(ROOT("Sequence", "{nodeName: b}"),
        "error " AT("0") ".nodeName: there is no node 'b'\n");
    finds(ROOT("Sequence", "{name: a, serviceName: a}, {name: a, serviceName: b}"),
        "error " AT("1") ".name: two steps of the node are called 'a'\n");
    finds(ROOT("Sequence", "{serviceName: a, dependency: Firm}"),
        "error " AT("0") ".dependency: 'Firm': expected one of Soft, Hard\n");
}
END_TEST

START_TEST(weights)
{
    finds(ROOT("Splitter", "{serviceName: a, weight: 99}"),
        "error spec.nodes.root.steps: the weights of the Splitter sum up to 99: "
        "expected "
        "100\n");
    finds(ROOT("Splitter", "{serviceName: a, weight: 100}, {serviceName: b}"),
        "error " AT("1") ".weight: a step of a Splitter needs a weight\n");
    finds(ROOT("Splitter", "{serviceName: a, weight: 150}, {serviceName: b, weight: "
                           "-50}"),
        "error " AT("1") ".weight: the weight is -50: expected 0 to 100\n");
    finds(
        ROOT("Splitter", "{serviceName: a, weight: 9223372036854775807}, {serviceName: "
                         "b, weight: 9223372036854775807}"),
        "error spec.nodes.root.steps: the weights of the Splitter sum up to "
        "9223372036854775807: expected 100\n");
    finds(ROOT("Sequence", "{serviceName: a, weight: 1}"),
        "warning " AT("0") ".weight: only a Splitter heeds weights: it is ignored\n");
}
END_TEST

START_TEST(conditions)
{
    finds(ROOT("Switch", "{serviceName: a, condition: '#(x'}"),
        "error " AT(
            "0") ".condition: column 2 of the path '#(x': a bracket is not closed\n");
    finds(ROOT("Switch", "{serviceName: a}"),
        "warning " AT(
            "0") ".condition: a step of a Switch without a condition is never "
                 "taken\n");
    finds(ROOT("Ensemble", "{serviceName: a, condition: a}"),
        "warning " AT("0") ".condition: a Ensemble asks for no condition: it is "
                           "ignored\n");
    finds(ROOT("Sequence", "{serviceName: a, data: $answer}"),
        "warning " AT(
            "0") ".data: data '$answer' is neither $request nor $response: the "
                 "request is passed on\n");
}
END_TEST

#define TO(node) "{routerType: Sequence, steps: [{nodeName: " node "}]}\n"
#define END "{routerType: Sequence, steps: [{serviceName: s}]}\n"

START_TEST(cycles)
{
    finds(GRAPH("    root: " TO("a") "    a: " TO("b") "    b: " TO("a")),
        "error spec.nodes.b.steps[0].nodeName: the step leads back to 'a', which leads "
        "here: no request would ever come to an end\n");
    finds(GRAPH("    root: " TO("root")),
        "error spec.nodes.root.steps[0].nodeName: the step leads back to 'root', which "
        "leads here: no request would ever come to an end\n");
    finds(GRAPH("    b: " END "    root: " TO("b") "    c: " TO("d") "    d: " TO("c")),
        "warning spec.nodes.c: nothing leads from root to the node 'c'\n"
        "error spec.nodes.d.steps[0].nodeName: the step leads back to 'c', which leads "
        "here: no request would ever come to an end\n");
}
END_TEST

START_TEST(numbers)
{
    finds("apiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\n"
          "metadata: {name: a}\nspec: {minReplicas: 3, maxReplicas: 2, timeout: -1, "
          "nodes: {root: " END "}}\n",
        "error spec.timeout: timeout is -1: expected 0 or more\n"
        "error spec.maxReplicas: maxReplicas is 2, less than minReplicas, 3\n");
}
END_TEST

KF_TEST_MAIN(
    "serving/check_graph", sound, roots, targets, weights, conditions, cycles, numbers)
