/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations: what KServe's controller makes of the same containers. */
#include "service_test.h"

#include "serving/runtime.h"

static kf_value *parse(const char *text)
{
    kf_value *value = NULL;
    ck_ok(kf_value_parse(text, strlen(text), &value));
    return value;
}

static void merges(const char *base, const char *patch, const char *expected)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *first = parse(base), *second = parse(patch);
    check_json(kf__merge_containers(&tree, first, second), expected);
    kf_value_free(first);
    kf_value_free(second);
    kf__tree_finish(&tree);
}

START_TEST(fields)
{
    merges("{\"name\":\"k\",\"image\":\"a\",\"command\":[\"x\",\"y\"]}",
        "{\"name\":\"\",\"image\":\"b\",\"command\":[\"z\"]}",
        "{\"name\":\"k\",\"image\":\"b\",\"command\":[\"z\"]}");
    merges("{\"args\":[\"a\"]}", "{\"args\":[\"b\"]}", "{\"args\":[\"a\",\"b\"]}");
    merges("{\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"2Gi\"}}}",
        "{\"resources\":{\"limits\":{\"cpu\":2},\"requests\":{\"cpu\":1}}}",
        "{\"resources\":{\"limits\":{\"cpu\":2,\"memory\":\"2Gi\"},\"requests\":{"
        "\"cpu\":1}}}");
    merges("{\"securityContext\":{\"capabilities\":{\"drop\":[\"A\"]}}}",
        "{\"securityContext\":{\"capabilities\":{\"drop\":[\"B\"]}}}",
        "{\"securityContext\":{\"capabilities\":{\"drop\":[\"B\"]}}}");
}
END_TEST

#define ENV(items) "{\"env\":[" items "]}"
#define V(name, value) "{\"name\":\"" name "\",\"value\":\"" value "\"}"

/* The model's come first, and before each of them what stands before it in the runtime.
 */
START_TEST(environments)
{
    merges(ENV(V("A", "1") "," V("B", "2")), ENV(V("C", "3")),
        ENV(V("C", "3") "," V("A", "1") "," V("B", "2")));
    merges(ENV(V("A", "1") "," V("B", "2") "," V("C", "3")),
        ENV(V("Z", "9") "," V("B", "8")),
        ENV(V("Z", "9") "," V("A", "1") "," V("B", "8") "," V("C", "3")));
    merges(ENV(V("A", "1")), ENV("{\"name\":\"A\",\"valueFrom\":{\"fieldRef\":{}}}"),
        ENV("{\"name\":\"A\",\"valueFrom\":{\"fieldRef\":{}}}"));
    merges(ENV("{\"name\":\"A\",\"valueFrom\":{\"fieldRef\":{}}}"), ENV(V("A", "1")),
        ENV(V("A", "1")));
    merges("{\"volumeMounts\":[{\"name\":\"a\",\"mountPath\":\"/x\"}]}",
        "{\"volumeMounts\":[{\"name\":\"b\",\"mountPath\":\"/x\"},{\"name\":\"c\","
        "\"mountPath\":\"/y\"}]}",
        "{\"volumeMounts\":[{\"name\":\"b\",\"mountPath\":\"/x\"},{\"name\":\"c\","
        "\"mountPath\":\"/y\"}]}");
}
END_TEST

START_TEST(images)
{
    static const struct {
        const char *image, *version, *server;
        bool has_gpu;
        const char *expected;
    } rows[] = {{"a/b:1", NULL, "sklearnserver", true, "a/b:1"},
        {"a/b:1", "2", "", false, "a/b:2"}, {"a/b", "2", "", false, "a/b:2"},
        {"h:5000/b", "2", "", false, "h:5000/b:2"},
        {"a@sha256:0f", "2", "", false, "a@sha256:0f"},
        {"a/b:1", NULL, "torchserve", true, "a/b:1-gpu"},
        {"a/b:1-gpu", NULL, "torchserve", true, "a/b:1-gpu"},
        {"a/b:1", NULL, "torchserve", false, "a/b:1"},
        {"a/b:1", "2", "torchserve", true, "a/b:2"},
        {"a/b", NULL, "huggingfaceserver", true, "a/b"},
        {"v/o:1", NULL, "vllmserver", false, "v/o-cpu:1"},
        {"v/o-cpu:1", NULL, "vllmserver", false, "v/o-cpu:1"},
        {"v/o:1", NULL, "vllmserver", true, "v/o:1"},
        {"v/o:1", "2", "vllmserver", false, "v/o:2"},
        {"v/o", NULL, "vllmserver", false, "v/o"},
        {"h:5000/v/o:1", NULL, "vllmserver", false, "h:5000/v/o-cpu:1"},
        {"h:5000/t:1", NULL, "tensorflow-serving", true, "h:5000/t:1-gpu"},
        {"h:5000/t:1", "2", "tensorflow-serving", false, "h:5000/t:2"}};
    kf_tree tree = KF__TREE_INIT;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_str_eq(kf__runtime_image(&tree, rows[i].image, rows[i].version,
                             rows[i].server, rows[i].has_gpu),
            rows[i].expected);
    kf__tree_finish(&tree);
}
END_TEST

static void serves(const char *model, const char *name, const char *expected)
{
    char *text = kf_edited(PREDICTOR("model: {X}"), "X", model);
    kf_service *service = load(text);
    kf_service_runtime *runtime = NULL;
    ck_ok(kf_service_runtime_select(service, NULL, NULL, &runtime));
    check_json(kf_value_get(kf_service_runtime_container(runtime), name), expected);
    kf_service_runtime_free(runtime);
    kf_service_free(service);
    kf_text_free(text);
}

START_TEST(servers)
{
    serves("modelFormat: {name: sklearn}, args: [--workers=2]", "args",
        "[\"--model_name=iris\",\"--model_dir=/mnt/models\",\"--http_port=8080\","
        "\"--workers=2\"]");
    serves("modelFormat: {name: xgboost}, protocolVersion: v2, storageUri: 's3://a'",
        "env",
        "[" V("MLSERVER_MODEL_NAME", "iris") "," V(
            "MLSERVER_MODEL_URI", "/mnt/models") "," V("MLSERVER_MODEL_IMPLEMENTATION",
            "mlserver_xgboost.XGBoostModel") "," V("MLSERVER_HTTP_PORT",
            "8080") "," V("MLSERVER_GRPC_PORT", "9000") "]");
    serves("modelFormat: {name: mlflow}, protocolVersion: v2", "env",
        "[" V("MLSERVER_LOAD_MODELS_AT_STARTUP", "false") "," V(
            "MLSERVER_MODEL_IMPLEMENTATION",
            "mlserver_mlflow.MLflowRuntime") "," V("MLSERVER_HTTP_PORT",
            "8080") "," V("MLSERVER_GRPC_PORT", "9000") "]");
    serves("modelFormat: {name: pytorch}, protocolVersion: v2", "env",
        "[" V("PROTOCOL_VERSION", "v2") "," V("TS_SERVICE_ENVELOPE", "kservev2") "]");
    serves("modelFormat: {name: pytorch}, env: [" V("PROTOCOL_VERSION", "x") "]", "env",
        "[" V("PROTOCOL_VERSION", "v1") "," V("TS_SERVICE_ENVELOPE", "kserve") "]");
    serves("modelFormat: {name: triton}, args: [-x]", "args",
        "[\"tritonserver\",\"--model-store=/mnt/models\",\"--grpc-port=9000\","
        "\"--http-port=8080\",\"--allow-grpc=true\",\"--allow-http=true\",\"-x\","
        "\"--model-control-mode=explicit\"]");
    serves("modelFormat: {name: tensorflow}, resources: {limits: {nvidia.com/gpu: 1}}",
        "image", "\"tensorflow/serving:2.6.2-gpu\"");
}
END_TEST

KF_TEST_MAIN("serving/runtime_merge", fields, environments, images, servers)
