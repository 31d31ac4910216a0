/* SPDX-License-Identifier: Apache-2.0 */
#include "check_test.h"

static void update_finds(const char *before, const char *after, const char *expected)
{
    kf_service *old = load(before), *changed = load(after);
    kf_report *report = NULL;
    ck_ok(kf_service_check_update(old, changed, &report));
    char *found = shown(report);
    ck_assert_str_eq(found, expected);
    kf_text_free(found);
    kf_report_free(report);
    kf_service_free(old);
    kf_service_free(changed);
}

#define STATUS "status: {deploymentMode: RawDeployment}\n"

START_TEST(modes)
{
    static const char old[] = PREDICTOR(SKLEARN) STATUS;
    update_finds(old, PREDICTOR(SKLEARN), "nothing\n");
    update_finds(old, ANNOTATED(STANDARD, "  predictor: {" SKLEARN "}\n"), "nothing\n");
    update_finds(old,
        ANNOTATED("serving.kserve.io/deploymentMode: Serverless",
            "  predictor: {" SKLEARN "}\n"),
        "error metadata.annotations['serving.kserve.io/deploymentMode']: the "
        "deployment "
        "mode of a service that is deployed cannot be changed: it is Standard\n");
    update_finds(PREDICTOR(SKLEARN),
        ANNOTATED("serving.kserve.io/deploymentMode: Serverless",
            "  predictor: {" SKLEARN "}\n"),
        "nothing\n");
}
END_TEST

START_TEST(predictor_names)
{
    update_finds(PREDICTOR(SKLEARN), PREDICTOR("name: b, " SKLEARN),
        "error spec.predictor.name: the name of the predictor changes with its model: "
        "storageUri is still 's3://b/m'\n");
    update_finds(PREDICTOR(SKLEARN),
        PREDICTOR("name: b, sklearn: {storageUri: 's3://b/2'}"), "nothing\n");
    update_finds(PREDICTOR("name: b, sklearn: {storageUri: 's3://b/m'}"),
        PREDICTOR("name: b, " SKLEARN), "nothing\n");
}
END_TEST

#define TRAINED(memory)                                                                \
    "apiVersion: serving.kserve.io/v1alpha1\nkind: TrainedModel\n"                     \
    "metadata: {name: m}\n"                                                            \
    "spec: {inferenceService: iris, model: {framework: a, memory: " memory             \
    ", storageUri: 's3://a'}}\n"

START_TEST(memory)
{
    update_finds(TRAINED("1Gi"), TRAINED("1024Mi"), "nothing\n");
    update_finds(TRAINED("1Gi"), TRAINED("1G"),
        "error spec.model.memory: the memory of a model that is deployed cannot be "
        "changed\n");
}
END_TEST

#define RT(fields)                                                                     \
    RUNTIME(                                                                           \
        "ServingRuntime", "name: a", "containers: [{name: kserve-container}]" fields)

START_TEST(workers)
{
    update_finds(RT(", workerSpec: {containers: [{name: a}]}"), RT(""),
        "error spec.workerSpec: the workerSpec of a runtime cannot be removed\n");
    update_finds(RT(", workerSpec: {containers: [{name: a}]}"), RT(", disabled: true"),
        "nothing\n");
}
END_TEST

START_TEST(other_documents)
{
    update_finds(PREDICTOR(SKLEARN), RT(""),
        "error metadata: the document is another than the InferenceService 'iris' that "
        "it is to change\n");
    update_finds(PREDICTOR(SKLEARN),
        ISVC_WITH(", namespace: m", "  predictor: {" SKLEARN ", minReplicas: -1}\n"),
        "error metadata: the document is another than the InferenceService 'iris' that "
        "it is to change\n"
        "error spec.predictor.minReplicas: minReplicas is -1: expected 0 or more\n");
}
END_TEST

KF_TEST_MAIN(
    "serving/check_update", modes, predictor_names, memory, workers, other_documents)
