/* SPDX-License-Identifier: Apache-2.0 */
#include "server_test.h"

#define PARENT(predictor)                                                              \
    "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"                  \
    "metadata: {name: iris}\nspec:\n  predictor: {" predictor "}\n"
#define MULTI "model: {modelFormat: {name: xgboost}}"
#define MODEL(name, parent, uri)                                                       \
    "---\napiVersion: serving.kserve.io/v1alpha1\nkind: TrainedModel\n"                \
    "metadata: {name: " name "}\n"                                                     \
    "spec: {inferenceService: " parent                                                 \
    ", model: {framework: xgboost, storageUri: 's3://" uri "', memory: 1Mi}}\n"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x"
#define OF_IRIS(path) "GET " path " HTTP/1.1\r\nHost: iris.default.example.com"

static void ready(void)
{
    ck_ok(kf_server_wait(server, NULL, 10000));
}

/* "InferenceServiceReady=True Loaded=False(ModelLoadFailed: text) …, url" */
static void is(const char *name, const char *expected)
{
    kf_value *document;
    kf_buf buf = KF__BUF_INIT;
    ck_ok(kf_server_status(server, name, &document));
    const kf_value *status = kf_value_get(document, "status");
    const kf_value *list = kf_value_get(status, "conditions");
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *item = kf_value_at(list, i);
        const char *reason = kf__get_text(item, "reason");
        kf__buf_printf(
            &buf, "%s=%s", kf__get_text(item, "type"), kf__get_text(item, "status"));
        if (reason != NULL)
            kf__buf_printf(&buf, "(%s: %s)", reason, kf__get_text(item, "message"));
        kf__buf_putc(&buf, ' ');
    }
    const char *url = kf__get_text(status, "url");
    if (url != NULL)
        kf__buf_puts(&buf, url + strlen(kf_server_url(server)));
    ck_assert_str_eq(kf__buf_text(&buf), expected);
    kf__buf_finish(&buf);
    kf_value_free(document);
}

START_TEST(models_of_a_service)
{
    apply(PARENT(MULTI) MODEL("a", "iris", "one") MODEL("b", "iris", "two"));
    ready();
    answers(OF_IRIS("/v1/models/a:predict"), 200,
        "iris-predictor-a-00001 /v1/models/a:predict");
    answers(OF_IRIS("/v2/models/b/infer"), 200,
        "iris-predictor-b-00001 /v2/models/b/infer");
    answers(GET("/serving/default/iris/v1/models/b:predict"), 200,
        "iris-predictor-b-00001 /v1/models/b:predict");
    answers(GET("/v1/models/b"), 200, "iris-predictor-b-00001 /v1/models/b");
    answers(OF_IRIS("/v1/models"), 200, "{\"models\":[\"a\",\"b\"]}");
    answers(OF_IRIS("/v1/models/iris:predict"), 404,
        "{\"error\":\"Model with name iris does not exist.\"}");
    answers(OF_IRIS("/v2/health/ready"), 200, "{\"ready\":true}");
    answers(GET("/v1/models"), 200, "{\"models\":[\"a\",\"b\"]}");
    is("default/iris/a",
        "FrameworkSupported=True InferenceServiceReady=True IsMMSPredictor=True "
        "Loaded=True MemoryResourceAvailable=True Ready=True "
        "/serving/default/iris/v1/models/a:predict");
    /* One goes, one is new, one is as it was. */
    apply(PARENT(MULTI) MODEL("b", "iris", "two") MODEL("c", "iris", "three"));
    ready();
    answers(OF_IRIS("/v1/models/a"), 404,
        "{\"error\":\"Model with name a does not exist.\"}");
    answers(OF_IRIS("/v1/models"), 200, "{\"models\":[\"b\",\"c\"]}");
    answers(OF_IRIS("/v1/models/b"), 200, "iris-predictor-b-00001 /v1/models/b");
    apply(PARENT(MULTI) MODEL("b", "iris", "four"));
    ready();
    answers(OF_IRIS("/v1/models/b"), 200, "iris-predictor-b-00002 /v1/models/b");
    ck_assert_int_eq(atomic_load(&launched), 5);
}
END_TEST

START_TEST(a_model_that_does_not_load)
{
    apply(PARENT(MULTI) MODEL("a", "iris", "damaged") MODEL("b", "iris", "two"));
    ck_fails(kf_server_wait(server, "iris/a", 10000), KF_EFAILED,
        "iris-predictor-a-00001 is not ready: ModelLoadFailed: model.json: the file is "
        "damaged");
    ck_ok(kf_server_wait(server, "default/iris/b", 10000));
    ck_ok(kf_server_wait(server, "iris", 10000));
    answers(OF_IRIS("/v1/models/a"), 503,
        "{\"error\":\"model.json: the file is damaged\"}");
    answers(OF_IRIS("/v1/models/b"), 200, "iris-predictor-b-00001 /v1/models/b");
    is("iris/a",
        "FrameworkSupported=True InferenceServiceReady=True IsMMSPredictor=True "
        "Loaded=False(ModelLoadFailed: model.json: the file is damaged) "
        "MemoryResourceAvailable=True "
        "Ready=False(ModelLoadFailed: model.json: the file is damaged) "
        "/serving/default/iris/v1/models/a:predict");
    ck_fails(kf_server_promote(server, "iris/a"), KF_ESTATE, "no canaries");
    ck_fails(kf_server_rollback(server, "iris/a"), KF_ESTATE, "no canaries");
}
END_TEST

#define WAITING                                                                        \
    "FrameworkSupported=Unknown "                                                      \
    "InferenceServiceReady=False(InferenceServiceNotReady: "                           \
    "there is no InferenceService 'iris') IsMMSPredictor=Unknown Loaded=Unknown "      \
    "MemoryResourceAvailable=Unknown Ready=False(InferenceServiceNotReady: there is "  \
    "no InferenceService 'iris') "

/* The document may come before its service, and stay after it. */
START_TEST(a_service_that_comes_and_goes)
{
    apply(MODEL("a", "iris", "one"));
    ck_fails(kf_server_wait(server, NULL, 10000), KF_EFAILED,
        "there is no InferenceService 'iris'");
    is("iris/a", WAITING);
    answers(
        GET("/v1/models/a"), 404, "{\"error\":\"Model with name a does not exist.\"}");
    answers(GET("/v1/models"), 200, "{\"models\":[]}");
    apply(PARENT(MULTI) MODEL("a", "iris", "one"));
    ready();
    answers(OF_IRIS("/v1/models/a"), 200, "iris-predictor-a-00001 /v1/models/a");
    apply(PARENT("model: {modelFormat: {name: xgboost}, storageUri: own}")
            MODEL("a", "iris", "one"));
    ck_fails(
        kf_server_wait(server, "iris/a", 10000), KF_EFAILED, "has a model of its own");
    ck_ok(kf_server_wait(server, "iris", 10000));
    answers(OF_IRIS("/v1/models/iris"), 200, "iris-predictor-00002 /v1/models/iris");
    answers(
        GET("/v1/models/a"), 404, "{\"error\":\"Model with name a does not exist.\"}");
    apply(MODEL("a", "iris", "one"));
    is("iris/a", WAITING);
}
END_TEST

/* A model may be called as its service, and a service as a model of another. */
START_TEST(names)
{
    apply(PARENT(MULTI) MODEL("iris", "iris", "one") MODEL("b", "iris",
        "two") "---\napiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
               "metadata: {name: b}\nspec: {predictor: {model: {modelFormat: {name: "
               "xgboost}, storageUri: own}}}\n");
    ready();
    answers(GET("/v1/models/iris"), 200, "iris-predictor-iris-00001 /v1/models/iris");
    answers(GET("/v1/models/b"), 200, "b-predictor-00001 /v1/models/b");
    answers(OF_IRIS("/v1/models/b"), 200, "iris-predictor-b-00001 /v1/models/b");
}
END_TEST

START_TEST(after_a_restart)
{
    apply(PARENT(MULTI) MODEL("a", "iris", "one"));
    ready();
    apply(PARENT(MULTI) MODEL("a", "iris", "two"));
    ready();
    kf_server_free(server);
    start(NULL);
    apply(PARENT(MULTI) MODEL("a", "iris", "two"));
    ready();
    answers(OF_IRIS("/v1/models/a"), 200, "iris-predictor-a-00002 /v1/models/a");
    kf_value *item;
    ck_ok(kf_server_service(test_folder, "iris/a", &item));
    ck_assert_str_eq(kf__get_text(item, "key"), "default/iris/a");
    kf_value_free(item);
}
END_TEST

KF_TEST_MAIN_WITH("serving/server_trained", setup, teardown, models_of_a_service,
    a_model_that_does_not_load, a_service_that_comes_and_goes, names, after_a_restart)
