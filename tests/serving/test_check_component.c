/* SPDX-License-Identifier: Apache-2.0 */
#include "check_test.h"

#define ONE_PREDICTOR "a model, or a container called kserve-container\n"

START_TEST(one_that_serves)
{
    finds(PREDICTOR("minReplicas: 1"),
        "error spec.predictor: the predictor has nothing that serves: "
        "expected " ONE_PREDICTOR);
    finds(PREDICTOR("sklearn: {}, xgboost: {}"),
        "error spec.predictor: the predictor has 2 that serve: expected "
        "one, " ONE_PREDICTOR);
    /* The webhook's defaults put the one in the place of the other. */
    finds(PREDICTOR("sklearn: {}, model: {modelFormat: {name: xgboost}}"),
        "error spec.predictor: the predictor has 2 that serve: expected "
        "one, " ONE_PREDICTOR);
    FINDS_BESIDE("containers: [{name: kserve-container, image: a}]",
        "error spec.predictor: the predictor has 2 that serve: expected "
        "one, " ONE_PREDICTOR);
    FINDS_BESIDE("containers: [{name: other, image: a}]", "nothing\n");
    /* The one without a name is given it. */
    finds(PREDICTOR("containers: [{image: a}, {name: kserve-container, image: b}]"),
        "error spec.predictor: the predictor has 2 that serve: expected "
        "one, " ONE_PREDICTOR);
    finds(ISVC("  predictor: {" SKLEARN "}\n  explainer: {}\n"),
        "error spec.explainer: the explainer has nothing that serves: expected art or "
        "containers\n");
    finds(ISVC("  predictor: {" SKLEARN "}\n  explainer: {art: {type: SquareAttack}, "
               "containers: [{name: a, image: a}]}\n"),
        "error spec.explainer: the explainer has 2 that serve: expected one, art or "
        "containers\n");
    finds("apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
          "metadata: {name: a}\n",
        "error spec: the field 'spec' is missing\n"
        "error spec.predictor: the predictor has nothing that serves: "
        "expected " ONE_PREDICTOR);
}
END_TEST

START_TEST(containers)
{
    finds(PREDICTOR("containers: [{name: a, image: a}, {name: b, image: b}]"),
        "error spec.predictor.containers: none of the containers is called "
        "kserve-container: KServe cannot tell which of them serves\n");
    finds(
        PREDICTOR("containers: [{image: a, env: [{name: PROTOCOL, value: grpc-v2}]}]"),
        "error spec.predictor.containers[0].env: PROTOCOL is 'grpc-v2': expected v1 or "
        "v2\n");
    finds(PREDICTOR("containers: [{image: a, env: [{name: PROTOCOL, value: v2}]}]"),
        "nothing\n");
    finds(PREDICTOR("containers: [{image: a, env: [{name: A}, {name: A}], ports: "
                    "[{protocol: TCP}]}]"),
        "error spec.predictor.containers[0].env[1]: 'A' stands in the list twice\n"
        "error spec.predictor.containers[0].ports[0].containerPort: the field "
        "'containerPort' is missing\n");
}
END_TEST

START_TEST(numbers)
{
    FINDS_BESIDE("containerConcurrency: -1",
        "error spec.predictor.containerConcurrency: containerConcurrency is -1: "
        "expected "
        "0 or more\n");
    FINDS_BESIDE("timeout: -1",
        "error spec.predictor.timeout: timeout is -1: expected 0 or more\n");
    FINDS_BESIDE("maxReplicas: -2",
        "error spec.predictor.maxReplicas: maxReplicas is -2: expected 0 or more\n");
    FINDS_BESIDE("minReplicas: 3, maxReplicas: 2",
        "error spec.predictor.maxReplicas: maxReplicas is 2, less than minReplicas, "
        "3\n");
    FINDS_BESIDE("minReplicas: 3, maxReplicas: 0", "nothing\n");
    FINDS_BESIDE("minReplicas: 0, maxReplicas: 1", "nothing\n");
}
END_TEST

START_TEST(loggers)
{
    FINDS_BESIDE("logger: {mode: response, url: 'http://a'}", "nothing\n");
    FINDS_BESIDE("logger: {mode: requests}",
        "error spec.predictor.logger.mode: 'requests': expected one of all, request, "
        "response; did you mean 'request'?\n");
    FINDS_BESIDE("logger: {}",
        "warning spec.predictor.logger.mode: the mode is all when it is not given, but "
        "KServe 0.20 refuses to do without: write mode: all\n");
    FINDS_BESIDE("logger: {mode: all, storage: {path: p, key: k}}",
        "error spec.predictor.logger.storage.parameters: the storage of a logger needs "
        "path, parameters and key\n");
    FINDS_BESIDE(
        "logger: {mode: all, storage: {path: p, parameters: {}, key: k}}", "nothing\n");
}
END_TEST

START_TEST(batchers)
{
    FINDS_BESIDE("batcher: {maxBatchSize: 8, maxLatency: 10}", "nothing\n");
    FINDS_BESIDE("batcher: {maxBatchSize: 0}",
        "warning spec.predictor.batcher.maxBatchSize: maxBatchSize is 0: the default "
        "counts\n");
}
END_TEST

KF_TEST_MAIN(
    "serving/check_component", one_that_serves, containers, numbers, loggers, batchers)
