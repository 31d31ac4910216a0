/* SPDX-License-Identifier: Apache-2.0 */
#include "check_test.h"

#define SERVES "containers: [{name: kserve-container, image: a}]"
#define RT(name, fields) RUNTIME("ServingRuntime", "name: " name, SERVES ", " fields)
#define FORMAT(name, priority)                                                         \
    "{name: " name ", version: '1', autoSelect: true, priority: " priority "}"

START_TEST(priorities)
{
    finds(
        RT("a", "supportedModelFormats: [" FORMAT("x", "1") ", " FORMAT("z", "2") "]"),
        "nothing\n");
    finds(
        RT("a", "supportedModelFormats: [" FORMAT("x", "1") ", " FORMAT("x", "2") "]"),
        "error spec.supportedModelFormats[1].priority: the format 'x' has priority 2 "
        "here and 1 before: a runtime has one for all versions of a format\n");
    finds(RT("a", "supportedModelFormats: [" FORMAT("x", "0") "]"),
        "error spec.supportedModelFormats[0].priority: priority is 0: expected 1 or "
        "more\n");
    finds(RT("a", "disabled: true, supportedModelFormats: [" FORMAT("x", "0") "]"),
        "nothing\n");
    /* Only what is selected by itself has an order. */
    finds(RT("a", "supportedModelFormats: [" FORMAT(
                      "x", "1") ", {name: x, version: '2', priority: 2}]"),
        "nothing\n");
}
END_TEST

START_TEST(other_runtimes)
{
    static const char both[] =
        RT("a", "protocolVersions: [v1, v2], "
                "supportedModelFormats: [" FORMAT("x", "1") "]") "---\n" RT("b",
            "protocolVersions: [v2], supportedModelFormats: [" FORMAT("X", "1") "]");
    finds(both,
        "error b.spec.supportedModelFormats[0].priority: the runtime 'a' has the "
        "same priority for the format 'X'\n");
    static const char *const edits[][2] = {
        {"protocolVersions: [v2]", "protocolVersions: [grpc-v2]"},
        {"name: X, version: '1'", "name: X, version: '2'"},
        {"name: X, version: '1', autoSelect: true", "name: X, version: '1'"},
        {"name: b", "name: b, namespace: other"},
        {"protocolVersions: [v2]", "multiModel: true, protocolVersions: [v2]"},
        {"protocolVersions: [v1, v2]", "disabled: true, protocolVersions: [v1, v2]"}};
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        char *text = kf_edited(both, edits[i][0], edits[i][1]);
        finds(text, "nothing\n");
        kf_text_free(text);
    }
}
END_TEST

START_TEST(containers)
{
    finds(RUNTIME("ClusterServingRuntime", "name: a", "containers: [{image: a}]"),
        "error spec.containers[0].name: the container needs a name\n"
        "error spec.containers: none of the containers is called kserve-container, "
        "which "
        "is the one that serves\n");
    finds(RUNTIME("ServingRuntime", "name: a", "protocolVersions: [v1]"),
        "error spec.containers: the field 'containers' is missing\n");
    finds(RUNTIME("ServingRuntime", "name: a",
              "containers: [{name: kserve-container, env: [{name: PYTHONPATH, value: "
              "a}]}]"),
        "error spec.containers[0].env[0]: PYTHONPATH may not be set: it would change "
        "the "
        "code that a server runs\n");
}
END_TEST

#define WORKER(fields) RT("a", "workerSpec: {" fields "}")

START_TEST(workers)
{
    finds(WORKER("containers: [{name: worker-container}]"), "nothing\n");
    finds(WORKER("containers: []"),
        "error spec.workerSpec.containers: a workerSpec has one container, not 0\n");
    finds(WORKER("pipelineParallelSize: 0, containers: [{name: worker-container, "
                 "resources: {limits: {my/gpu: 1}}}]"),
        "error spec.workerSpec.containers[0].resources.limits['my/gpu']: 'my/gpu' is "
        "no "
        "kind of GPU that KServe knows: name it in the annotation "
        "serving.kserve.io/gpu-resource-types, a JSON list\n"
        "error spec.workerSpec.pipelineParallelSize: pipelineParallelSize is 0: "
        "expected "
        "1 or more\n");
    finds(
        RUNTIME("ServingRuntime", "name: a",
            "containers: [{name: kserve-container, env: [{name: "
            "PIPELINE_PARALLEL_SIZE, value: '1'}]}], workerSpec: {containers: [{name: "
            "a}]}"),
        "error spec.containers[0].env: PIPELINE_PARALLEL_SIZE is set from workerSpec: "
        "leave it out here\n");
}
END_TEST

KF_TEST_MAIN("serving/check_runtime", priorities, other_runtimes, containers, workers)
