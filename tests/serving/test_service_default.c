/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations: what the webhook of KServe 0.20 makes of the same documents. */
#include "service_test.h"

static void becomes(const char *text, const char *expected)
{
    kf_service *service = load(text);
    check_json(kf_value_get(kf_service_spec(service), "predictor"), expected);
    kf_service_free(service);
}

START_TEST(frameworks)
{
    becomes(PREDICTOR("sklearn: {storageUri: s3://b/m, resources: {limits: {cpu: 1}}}"),
        "{\"model\":{\"modelFormat\":{\"name\":\"sklearn\"},\"storageUri\":\"s3://b/"
        "m\","
        "\"resources\":{\"limits\":{\"cpu\":1}}}}");
    becomes(PREDICTOR("xgboost: {protocolVersion: v2}"),
        "{\"model\":{\"modelFormat\":{\"name\":\"xgboost\"},\"protocolVersion\":\"v2\"}"
        "}");
    static const char *const speak_v2[] = {"triton", "onnx", "huggingface"};
    static const char *const speak_v1[] = {
        "sklearn", "tensorflow", "xgboost", "pytorch", "pmml", "lightgbm", "paddle"};
    for (size_t i = 0; i < 10; i++) {
        const char *name = i < 3 ? speak_v2[i] : speak_v1[i - 3];
        char *text = kf_edited(PREDICTOR("X: {}"), "X", name);
        kf_service *service = load(text);
        const kf_service_component *predictor =
            kf_service_component_of(service, KF_SERVICE_PREDICTOR);
        ck_assert_str_eq(predictor->format, name);
        ck_assert_str_eq(predictor->protocol, i < 3 ? "v2" : "v1");
        ck_assert_int_eq(predictor->has_protocol, i < 3);
        ck_assert_str_eq(kf_service_annotation(service, "modelFormat"), name);
        kf_service_free(service);
        kf_text_free(text);
    }
}
END_TEST

/* Two are wrong, and the check must still see both. */
START_TEST(two_frameworks)
{
    becomes(PREDICTOR("xgboost: {}, sklearn: {}"),
        "{\"xgboost\":{},\"model\":{\"modelFormat\":{\"name\":\"sklearn\"}}}");
}
END_TEST

START_TEST(formats)
{
    becomes(PREDICTOR("model: {modelFormat: {name: triton}}"),
        "{\"model\":{\"modelFormat\":{\"name\":\"triton\"},\"protocolVersion\":\"v2\"}"
        "}");
    becomes(PREDICTOR("model: {modelFormat: {name: vLLM}}"),
        "{\"model\":{\"modelFormat\":{\"name\":\"vLLM\"},\"protocolVersion\":\"v2\"}}");
    becomes(PREDICTOR("model: {modelFormat: {name: onnx}}"),
        "{\"model\":{\"modelFormat\":{\"name\":\"onnx\"}}}");
    kf_service *service =
        load(ANNOTATED("modelFormat: mine", "  predictor: {" SKLEARN "}\n"));
    ck_assert_str_eq(kf_service_annotation(service, "modelFormat"), "mine");
    kf_service_free(service);
}
END_TEST

#define RESOURCES                                                                      \
    "\"resources\":{\"requests\":{\"cpu\":\"1\",\"memory\":\"2Gi\"},\"limits\":{"      \
    "\"cpu\":\"1\",\"memory\":\"2Gi\"}}"

START_TEST(containers)
{
    becomes(PREDICTOR("containers: [{image: a}]"),
        "{\"containers\":[{\"image\":\"a\",\"name\":\"kserve-container\"," RESOURCES
        "}]}");
    becomes(PREDICTOR("containers: [{name: mine, image: a}]"),
        "{\"containers\":[{\"name\":\"kserve-container\",\"image\":\"a\"," RESOURCES
        "}]}");
    /* The first one keeps its name beside others. */
    becomes(PREDICTOR("containers: [{name: a}, {name: kserve-container}]"),
        "{\"containers\":[{\"name\":\"a\"," RESOURCES
        "},{\"name\":\"kserve-container\"}"
        "]}");
    becomes(PREDICTOR("containers: [{name: kserve-container, resources: "
                      "{limits: {cpu: 4, nvidia.com/gpu: 1}}}]"),
        "{\"containers\":[{\"name\":\"kserve-container\",\"resources\":{\"limits\":{"
        "\"cpu\":4,\"nvidia.com/"
        "gpu\":1,\"memory\":\"2Gi\"},\"requests\":{\"cpu\":\"1\","
        "\"memory\":\"2Gi\"}}}]}");
    /* Beside a model a container is left alone. */
    becomes(PREDICTOR(SKLEARN ", containers: [{name: transformer-container}]"),
        "{\"model\":{\"modelFormat\":{\"name\":\"sklearn\"},\"storageUri\":\"s3://b/"
        "m\"},"
        "\"containers\":[{\"name\":\"transformer-container\"}]}");
}
END_TEST

START_TEST(other_components)
{
    kf_service *service = load(ISVC("  predictor: {" SKLEARN "}\n"
                                    "  transformer: {containers: [{name: a}, {}]}\n"
                                    "  explainer: {art: {type: SquareAttack}}\n"));
    const kf_value *spec = kf_service_spec(service);
    check_json(kf_value_get(spec, "transformer"),
        "{\"containers\":[{\"name\":\"kserve-container\"," RESOURCES "},{}]}");
    check_json(kf_value_get(spec, "explainer"),
        "{\"art\":{\"type\":\"SquareAttack\",\"name\":\"kserve-container\","
        "\"runtimeVersion\":\"latest\"," RESOURCES "}}");
    kf_service_free(service);
}
END_TEST

START_TEST(modes)
{
    static const char *const rows[][3] = {{"RawDeployment", "Standard", "Standard"},
        {"Serverless", "Knative", "Knative"}, {"Standard", "Standard", "Standard"},
        {"ModelMesh", "ModelMesh", "ModelMesh"}, {"Other", "Other", "Knative"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = kf_edited(ANNOTATED("serving.kserve.io/deploymentMode: X",
                                   "  predictor: {sklearn: {}}\n"),
            "X", rows[i][0]);
        kf_service *service = load(text);
        ck_assert_str_eq(
            kf_service_annotation(service, "serving.kserve.io/deploymentMode"),
            rows[i][1]);
        ck_assert_str_eq(kf_service_mode(service), rows[i][2]);
        /* ModelMesh has its own way with frameworks. */
        ck_assert_int_eq(
            kf_value_get(
                kf_value_get(kf_service_spec(service), "predictor"), "model") == NULL,
            strcmp(rows[i][0], "ModelMesh") == 0);
        kf_service_free(service);
        kf_text_free(text);
    }
    kf_service *service = load(PREDICTOR(SKLEARN));
    ck_assert_str_eq(kf_service_mode(service), "Knative");
    ck_assert_ptr_null(
        kf_service_annotation(service, "serving.kserve.io/deploymentMode"));
    kf_service_free(service);
}
END_TEST

START_TEST(storage_uris)
{
    becomes(PREDICTOR(SKLEARN ", storageUris: [{uri: s3://a}, {uri: s3://b, mountPath: "
                              "/mnt/x}]"),
        "{\"model\":{\"modelFormat\":{\"name\":\"sklearn\"},\"storageUri\":\"s3://b/"
        "m\"},"
        "\"storageUris\":[{\"uri\":\"s3://a\",\"mountPath\":\"/mnt/models\"},{\"uri\":"
        "\"s3://b\",\"mountPath\":\"/mnt/x\"}]}");
}
END_TEST

KF_TEST_MAIN("serving/service_default", frameworks, two_frameworks, formats, containers,
    other_components, modes, storage_uris)
