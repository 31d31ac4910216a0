/* SPDX-License-Identifier: Apache-2.0 */
#include "check_test.h"

#define WORKERS_WITH(annotations, model, worker)                                       \
    ANNOTATED("serving.kserve.io/autoscalerClass: none" annotations,                   \
        "  predictor: {model: {modelFormat: {name: huggingface}, " model               \
        "}, workerSpec: {" worker "}}\n")
#define WORKERS(model, worker) WORKERS_WITH("", model, worker)
#define CLAIM "storageUri: 'pvc://c/m'"
#define NO_GPU                                                                         \
    "is no kind of GPU that KServe knows: name it in the annotation "                  \
    "serving.kserve.io/gpu-resource-types, a JSON list\n"

START_TEST(workers)
{
    finds(WORKERS(CLAIM, ""), "nothing\n");
    finds(WORKERS(CLAIM, "containers: [{name: a}, {name: b}]"),
        "error spec.predictor.workerSpec.containers: a workerSpec has one container, "
        "not "
        "2\n");
    finds(WORKERS(CLAIM, "pipelineParallelSize: 0, tensorParallelSize: -1"),
        "error spec.predictor.workerSpec.pipelineParallelSize: pipelineParallelSize is "
        "0: expected 1 or more\n"
        "error spec.predictor.workerSpec.tensorParallelSize: tensorParallelSize is -1: "
        "expected 1 or more\n");
    finds(WORKERS(CLAIM ", env: [{name: TENSOR_PARALLEL_SIZE, value: '2'}]", ""),
        "error spec.predictor.model.env: TENSOR_PARALLEL_SIZE is set from "
        "workerSpec.tensorParallelSize: leave it out here\n");
}
END_TEST

START_TEST(places)
{
    finds(WORKERS("storageUri: 'oci://a'", ""), "nothing\n");
    finds(WORKERS("args: []", ""),
        "error spec.predictor.model.storageUri: a model on several machines needs "
        "storageUri\n");
    finds(WORKERS("storageUri: 's3://a'", ""),
        "error spec.predictor.model.storageUri: 's3://a': a model on several machines "
        "comes from pvc:// or oci://\n");
    finds(PREDICTOR("sklearn: {" CLAIM "}, workerSpec: {}"),
        "warning spec.predictor.sklearn: of the runtimes here and those that KServe "
        "ships, no runtime serves the format 'sklearn' with protocol v1; "
        "kserve-sklearnserver: it is for models on one machine (it has no "
        "workerSpec)\n"
        "error metadata.annotations['serving.kserve.io/autoscalerClass']: a model on "
        "several machines does not scale: expected the annotation "
        "serving.kserve.io/autoscalerClass to be none, not ''\n");
}
END_TEST

START_TEST(gpus)
{
    finds(WORKERS(CLAIM ", resources: {limits: {nvidia.com/gpu: 1, cpu: 1}}", ""),
        "nothing\n");
    finds(WORKERS(CLAIM ", resources: {limits: {my.com/gpu: 1}}", ""),
        "error spec.predictor.model.resources.limits['my.com/gpu']: "
        "'my.com/gpu' " NO_GPU);
    finds(WORKERS(CLAIM, "containers: [{name: a, resources: {requests: {my.com/gpu: "
                         "1}}}]"),
        "error "
        "spec.predictor.workerSpec.containers[0].resources.requests['my.com/gpu']: "
        "'my.com/gpu' " NO_GPU);
    finds(WORKERS_WITH(", serving.kserve.io/gpu-resource-types: '[\"my.com/gpu\"]'",
              CLAIM ", resources: {limits: {my.com/gpu: 1}}", ""),
        "nothing\n");
    finds(WORKERS_WITH(", serving.kserve.io/gpu-resource-types: '[1]'", CLAIM, ""),
        "error metadata.annotations['serving.kserve.io/gpu-resource-types']: the "
        "annotation must be a JSON list of texts\n");
}
END_TEST

KF_TEST_MAIN("serving/check_worker", workers, places, gpus)
