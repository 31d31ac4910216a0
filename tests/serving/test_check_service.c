/* SPDX-License-Identifier: Apache-2.0 */
#include "check_test.h"

START_TEST(annotations)
{
    finds(ANNOTATED(
              "serving.kserve.io/autoscalerClass: hpa", "  predictor: {" SKLEARN "}\n"),
        "nothing\n");
    finds(ANNOTATED("serving.kserve.io/autoscalerClass: fast",
              "  predictor: {" SKLEARN "}\n"),
        "error metadata.annotations['serving.kserve.io/autoscalerClass']: autoscaler "
        "class 'fast': expected hpa, external, keda or none\n");
    finds(ANNOTATED(
              "serving.kserve.io/autoscalerClass: kpa", "  predictor: {" SKLEARN "}\n"),
        "error metadata.annotations['serving.kserve.io/autoscalerClass']: autoscaler "
        "class 'kpa': expected hpa, external, keda or none; Knative's own needs no "
        "annotation\n");
    finds(ANNOTATED(
              "serving.kserve.io/deploymentMode: Raw", "  predictor: {" SKLEARN "}\n"),
        "warning metadata.annotations['serving.kserve.io/deploymentMode']: deployment "
        "mode 'Raw' is none of Standard, Knative and ModelMesh: Knative counts\n");
}
END_TEST

START_TEST(models)
{
    finds(PREDICTOR("model: {modelFormat: {name: sklearn}, name: mine}"),
        "error spec.predictor.model.name: a model's container has no name of its own: "
        "leave it out\n");
    finds(PREDICTOR("xgboost: {name: mine}"),
        "error spec.predictor.xgboost.name: a model's container has no name of its "
        "own: "
        "leave it out\n");
    finds(PREDICTOR("model: {storageUri: 's3://b'}"),
        "error spec.predictor.model.modelFormat: the model needs the name of its "
        "format\n");
    finds(PREDICTOR("model: {modelFormat: {version: '1'}}"),
        "error spec.predictor.model.modelFormat.name: the field 'name' is missing\n"
        "error spec.predictor.model.modelFormat: the model needs the name of its "
        "format\n");
    finds(PREDICTOR("lightgbm: {protocolVersion: v3}"),
        "error spec.predictor.lightgbm.protocolVersion: protocol 'v3': expected v1, "
        "v2, "
        "grpc-v1 or grpc-v2\n");
    finds(ANNOTATED("serving.kserve.io/deploymentMode: ModelMesh",
              "  predictor: {sklearn: {name: mine}}\n"),
        "error spec.predictor.sklearn.name: a model's container has no name of its "
        "own: "
        "leave it out\n");
}
END_TEST

#define NO_RUNTIME(of)                                                                 \
    "of the runtimes here and those that KServe ships, no runtime serves the "         \
    "format " of

START_TEST(formats)
{
    finds(PREDICTOR("model: {modelFormat: {name: xgbost}}"),
        "warning spec.predictor.model.modelFormat.name: " NO_RUNTIME(
            "'xgbost' with protocol v1; did you mean 'xgboost'?\n"));
    finds(PREDICTOR("model: {modelFormat: {name: onnx}}"),
        "warning spec.predictor.model.modelFormat.name: " NO_RUNTIME(
            "'onnx' with protocol v1; kserve-tritonserver: it does not speak v1: v2, "
            "grpc-v2\n"));
    finds(PREDICTOR("model: {modelFormat: {name: sklearn, version: '3'}}"),
        "warning spec.predictor.model.modelFormat.name: " NO_RUNTIME(
            "'sklearn' in version 3 with protocol v1; kserve-sklearnserver: it serves "
            "'sklearn', but no version '3': 1\n"));
    finds(PREDICTOR("pmml: {protocolVersion: grpc-v2}"),
        "warning spec.predictor.pmml: " NO_RUNTIME(
            "'pmml' with protocol grpc-v2; kserve-pmmlserver: it does not speak "
            "grpc-v2: v1, v2\n"));
    finds(PREDICTOR("model: {modelFormat: {name: mine}, runtime: mine}"), "nothing\n");
    finds(PREDICTOR("model: {modelFormat: {name: mine}}") "---\n" RUNTIME(
              "ServingRuntime", "name: own",
              "supportedModelFormats: [{name: mine, version: '1', autoSelect: true}], "
              "containers: [{name: kserve-container, image: a}]"),
        "nothing\n");
}
END_TEST

START_TEST(collocated_transformers)
{
    FINDS_BESIDE("containers: [{name: transformer-container, image: t, env: [{name: "
                 "STORAGE_URI, value: 's3://b'}]}]",
        "error spec.predictor.containers[0].env: a transformer beside the predictor "
        "has "
        "no storage of its own: STORAGE_URI belongs to the predictor's container\n");
}
END_TEST

START_TEST(canary_shares)
{
    FINDS_BESIDE("canaryTrafficPercent: 0", "nothing\n");
    FINDS_BESIDE("canaryTrafficPercent: 101",
        "error spec.predictor.canaryTrafficPercent: canaryTrafficPercent is 101: "
        "expected 0 to 100\n");
    FINDS_BESIDE("canaryTrafficPercent: -1",
        "error spec.predictor.canaryTrafficPercent: canaryTrafficPercent is -1: "
        "expected "
        "0 to 100\n");
    finds(ANNOTATED(STANDARD, "  predictor: {" SKLEARN ", canaryTrafficPercent: 10}\n"),
        "warning spec.predictor.canaryTrafficPercent: KServe ignores "
        "canaryTrafficPercent in the mode Standard: expected spec.canary there\n");
}
END_TEST

KF_TEST_MAIN("serving/check_service", annotations, models, formats,
    collocated_transformers, canary_shares)
