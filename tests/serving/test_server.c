/* SPDX-License-Identifier: Apache-2.0 */
#include "server_test.h"

START_TEST(serves)
{
    answers(PREDICT, 503, "{\"error\":\"the server has nothing to serve yet\"}");
    apply(iris("a", ""));
    ck_ok(kf_server_wait(server, "iris", 10000));
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    answers("GET /serving/default/iris/v1/models/iris HTTP/1.1\r\nHost: x", 200,
        "iris-predictor-00001 /v1/models/iris");
    answers("GET /any HTTP/1.1\r\nHost: iris.default.example.com:80", 200,
        "iris-predictor-00001 /any");
    answers("GET /any HTTP/1.1\r\nHost: iris-predictor.default.svc.cluster.local", 200,
        "iris-predictor-00001 /any");
    answers("GET /v1/models/other HTTP/1.1\r\nHost: x", 404,
        "{\"error\":\"Model with name other does not exist.\"}");
}
END_TEST

#define POST(where) "POST " where "\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
#define PREDICTION POST("/v1/models/iris:predict HTTP/1.1\r\nHost: x")

static void *predict_early(void *body)
{
    int status = request(PREDICTION, body, 256);
    return (void *)(intptr_t)status;
}

START_TEST(predictions_wait_for_the_first_documents)
{
    char body[256];
    void *status = NULL;
    pthread_t early;
    ck_assert_int_eq(pthread_create(&early, NULL, predict_early, body), 0);
    while (kf__limit_waiting(server->hall) == 0)
        sched_yield();
    apply(iris("a", ""));
    ck_assert_int_eq(pthread_join(early, &status), 0);
    ck_assert_int_eq((int)(intptr_t)status, 200);
    ck_assert_str_eq(body, "iris-predictor-00001 /v1/models/iris:predict");
}
END_TEST

#define IN(space, uri)                                                                 \
    "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"                  \
    "metadata: {name: iris, namespace: " space "}\nspec: {predictor: {model: "         \
    "{modelFormat: {name: xgboost}, storageUri: " uri "}}}\n---\n"

/* The second one has been changed, which tells them apart. */
START_TEST(one_name_in_two_namespaces)
{
    apply(IN("two", "a"));
    apply(IN("two", "b"));
    ck_ok(kf_server_wait(server, NULL, 10000));
    apply(IN("one", "a") IN("two", "b"));
    ck_ok(kf_server_wait(server, NULL, 10000));
    answers(
        "GET /serving/one/iris/x HTTP/1.1\r\nHost: x", 200, "iris-predictor-00001 /x");
    answers(
        "GET /serving/two/iris/x HTTP/1.1\r\nHost: x", 200, "iris-predictor-00002 /x");
    answers("GET /x HTTP/1.1\r\nHost: iris.one.example.com", 200,
        "iris-predictor-00001 /x");
    answers(PREDICT, 200, "iris-predictor-00002 /v1/models/iris");
    apply(IN("one", "a"));
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    answers("GET /x HTTP/1.1\r\nHost: iris.two.example.com", 404,
        "{\"error\":\"Not Found\"}");
}
END_TEST

START_TEST(predictions_do_not_wait_for_documents_for_ever)
{
    answers(PREDICTION, 503, "{\"error\":\"the server has nothing to serve yet\"}");
    apply(iris("a", ""));
    answers(PREDICTION, 200, "iris-predictor-00001 /v1/models/iris:predict");
}
END_TEST

START_TEST(canary_promotion_rollback)
{
    char body[256];
    apply(iris("a", ""));
    ck_ok(kf_server_wait(server, NULL, 10000));
    ck_fails(kf_server_promote(server, "iris"), KF_ESTATE, "no canary");
    ck_fails(kf_server_rollback(server, "iris"), KF_ESTATE, "no earlier revision");
    apply(iris("b", "    canaryTrafficPercent: 0\n"));
    ck_ok(kf_server_wait(server, NULL, 10000));
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    apply(iris("b", "    canaryTrafficPercent: 50\n"));
    int seen[3] = {0};
    for (int i = 0; i < 200; i++) {
        ck_assert_int_eq(request(PREDICT, body, sizeof body), 200);
        seen[body[19] - '0']++;
    }
    /* Six standard deviations: sqrt(200 / 4) = 7. */
    ck_assert_int_gt(seen[1], 57);
    ck_assert_int_gt(seen[2], 57);
    ck_ok(kf_server_promote(server, "iris"));
    for (int i = 0; i < 20; i++)
        answers(PREDICT, 200, "iris-predictor-00002 /v1/models/iris");
    ck_ok(kf_server_rollback(server, "iris"));
    ck_ok(kf_server_wait(server, NULL, 10000));
    for (int i = 0; i < 20; i++)
        answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    ck_assert_int_le(atomic_load(&launched), 3);
}
END_TEST

START_TEST(damaged_revision_gets_nothing)
{
    apply(iris("a", ""));
    ck_ok(kf_server_wait(server, NULL, 10000));
    apply(iris("damaged", ""));
    ck_fails(kf_server_wait(server, NULL, 10000), KF_EFAILED,
        "iris-predictor-00002 is not ready: ModelLoadFailed: model.json: the file is "
        "damaged");
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    apply(iris("c", ""));
    ck_ok(kf_server_wait(server, NULL, 10000));
    answers(PREDICT, 200, "iris-predictor-00003 /v1/models/iris");
}
END_TEST

START_TEST(damaged_from_the_start)
{
    apply(iris("damaged", ""));
    ck_fails(kf_server_wait(server, NULL, 10000), KF_EFAILED, "damaged");
    answers(PREDICT, 503, "{\"error\":\"model.json: the file is damaged\"}");
}
END_TEST

/* What does not load is tried again, and what is said of it stays until then. */
START_TEST(failures_that_pass)
{
    apply(iris("passing", ""));
    ck_fails(kf_server_wait(server, NULL, 10000), KF_EFAILED, "the network is away");
    answers(PREDICT, 503, "{\"error\":\"the network is away\"}");
    while (atomic_load(&launched) < 2)
        kf__sleep_ms(5);
    ck_fails(kf_server_wait(server, NULL, 10000), KF_EFAILED, "the network is away");
    atomic_store(&hold, false);
    int status = 503;
    for (char body[256]; status == 503; kf__sleep_ms(5))
        status = request(PREDICT, body, sizeof body);
    ck_assert_int_eq(status, 200);
    ck_ok(kf_server_wait(server, NULL, 0));
}
END_TEST

static const char *text_in(const kf_value *value, const char *a, const char *b)
{
    value = kf_value_get(kf_value_get(value, "status"), a);
    return kf_value_string(b != NULL ? kf_value_get(value, b) : value);
}

static void check_condition(const kf_value *status, const char *type, const char *text)
{
    const kf_value *list = kf_value_get(kf_value_get(status, "status"), "conditions");
    for (size_t i = 0; i < kf_value_length(list); i++)
        if (strcmp(kf_value_string(kf_value_get(kf_value_at(list, i), "type")), type) ==
            0) {
            ck_assert_str_eq(
                kf_value_string(kf_value_get(kf_value_at(list, i), "status")), text);
            return;
        }
    ck_abort_msg("no condition %s", type);
}

static void check_status(const char *ready, const char *active, const char *reason)
{
    kf_value *status;
    ck_ok(kf_server_status(server, "iris", &status));
    check_condition(status, "Ready", ready);
    check_condition(status, "PredictorReady", ready);
    check_condition(status, "IngressReady", ready);
    const kf_value *model = kf_value_get(kf_value_get(status, "status"), "modelStatus");
    ck_assert_str_eq(kf_value_string(kf_value_get(
                         kf_value_get(model, "states"), "activeModelState")),
        active);
    const char *failure =
        kf_value_string(kf_value_get(kf_value_get(model, "lastFailureInfo"), "reason"));
    ck_assert(reason != NULL ? failure != NULL && strcmp(failure, reason) == 0
                             : failure == NULL);
    ck_assert_str_eq(text_in(status, "modelStatus", "transitionStatus"),
        reason != NULL ? "BlockedByFailedLoad" : "UpToDate");
    kf_value_free(status);
}

#define READY "GET /v2/health/ready HTTP/1.1\r\nHost: x"

/* Workers that end after they were ready, and come back. */
START_TEST(workers_that_fall_ill)
{
    char body[256];
    apply(iris("worker", ""));
    ck_ok(kf_server_wait(server, NULL, 10000));
    check_status("True", "Loaded", NULL);
    atomic_store(&illness, 1);
    while (request(READY, body, sizeof body) == 200)
        kf__sleep_ms(5);
    check_status("False", "FailedToLoad", "RuntimeUnhealthy");
    ck_fails(kf_server_wait(server, NULL, 1), KF_ETIMEOUT, "not ready");
    answers("POST /v2/repository/index HTTP/1.1\r\nHost: x\r\nContent-Length: 0", 200,
        "[{\"name\":\"iris\",\"version\":\"\",\"state\":\"UNAVAILABLE\",\"reason\":"
        "\"\"}]");
    atomic_store(&illness, 2);
    kf_status status = KF_ETIMEOUT;
    while (status == KF_ETIMEOUT)
        status = kf_server_wait(server, NULL, 5);
    ck_fails(status, KF_EFAILED, "ModelLoadFailed: it fell: 2");
    atomic_store(&illness, 0);
    while (request(READY, body, sizeof body) != 200)
        kf__sleep_ms(5);
    check_status("True", "Loaded", NULL);
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
}
END_TEST

/* Requests that come while the first revision is loaded wait for it. */
START_TEST(requests_wait_for_the_first)
{
    pthread_t thread;
    apply(iris("slow", ""));
    ck_fails(kf_server_wait(server, "iris", 10), KF_ETIMEOUT, "not ready after 10 ms");
    ck_ok(kf__thread_start(&thread, release, NULL));
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    (void)pthread_join(thread, NULL);
}
END_TEST

START_TEST(goes_on_after_a_restart)
{
    apply(iris("a", ""));
    ck_ok(kf_server_wait(server, NULL, 10000));
    apply(iris("b", "    canaryTrafficPercent: 0\n"));
    ck_ok(kf_server_wait(server, NULL, 10000));
    kf_server_free(server);
    start(NULL);
    apply(iris("b", "    canaryTrafficPercent: 0\n"));
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    ck_ok(kf_server_promote(server, "default/iris"));
    ck_ok(kf_server_wait(server, NULL, 10000));
    answers(PREDICT, 200, "iris-predictor-00002 /v1/models/iris");
    kf_server_free(server);
    start(NULL);
    apply(iris("b", "    canaryTrafficPercent: 0\n"));
    answers(PREDICT, 200, "iris-predictor-00002 /v1/models/iris");
}
END_TEST

/* A service that may sleep is unloaded when nobody asked for its windows, and the next
 * request wakes it. */
START_TEST(sleeps_and_wakes)
{
    static const char text[] =
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
        "metadata: {name: iris, annotations: {autoscaling.knative.dev/window: 10ms, "
        "autoscaling.knative.dev/scale-to-zero-pod-retention-period: 1ms}}\n"
        "spec: {predictor: {minReplicas: 0, model: {modelFormat: {name: xgboost}, "
        "storageUri: a}}}\n";
    apply(text);
    ck_ok(kf_server_wait(server, NULL, 10000));
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    for (int i = 0; i < 2000 && atomic_load(&ended) == 0; i++)
        kf__sleep_ms(5);
    ck_assert_int_eq(atomic_load(&ended), 1);
    ck_ok(kf_server_wait(server, NULL, 0));
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    ck_assert_int_eq(atomic_load(&launched), 2);
}
END_TEST

START_TEST(tells_of_itself)
{
    answers("GET /v2/health/ready HTTP/1.1\r\nHost: x", 200, "{\"ready\":true}");
    apply(iris("slow", ""));
    answers("GET /v2/health/ready HTTP/1.1\r\nHost: x", 503, "{\"ready\":false}");
    answers("GET /v2/health/live HTTP/1.1\r\nHost: x", 200, "{\"live\":true}");
    atomic_store(&hold, false);
    ck_ok(kf_server_wait(server, NULL, 10000));
    answers("GET /v2/health/ready HTTP/1.1\r\nHost: x", 200, "{\"ready\":true}");
    answers("GET / HTTP/1.1\r\nHost: x", 200, "{\"status\":\"alive\"}");
    answers("POST /v2/repository/index HTTP/1.1\r\nHost: x\r\nContent-Length: 0", 200,
        "[{\"name\":\"iris\",\"version\":\"\",\"state\":\"READY\",\"reason\":\"\"}]");
    answers("GET /v1/models HTTP/1.1\r\nHost: x", 200, "{\"models\":[\"iris\"]}");
    answers("POST /v1/models HTTP/1.1\r\nHost: x\r\nContent-Length: 0", 405,
        "{\"error\":\"Method Not Allowed\"}");
    answers("GET /nothing HTTP/1.1\r\nHost: x", 404, "{\"error\":\"Not Found\"}");
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    char body[1024];
    ck_assert_int_eq(
        request("GET /metrics HTTP/1.1\r\nHost: x", body, sizeof body), 200);
    ck_assert_ptr_nonnull(
        strstr(body, "kf_requests_total{service=\"default/iris\"} 1\n"));
}
END_TEST

START_TEST(token)
{
    kf_server_options options = {.size = sizeof options, .token = "secret"};
    kf_server_free(server);
    start(&options);
    apply(iris("a", ""));
    ck_ok(kf_server_wait(server, NULL, 10000));
    char body[256];
    ck_assert_int_eq(request(PREDICT, body, sizeof body), 401);
    ck_assert_int_eq(
        request(PREDICT "\r\nAuthorization: Bearer secre", body, sizeof body), 401);
    ck_assert_int_eq(
        request(PREDICT "\r\nAuthorization: Bearer secret", body, sizeof body), 200);
    ck_assert_int_eq(
        request("GET /v2/health/live HTTP/1.1\r\nHost: x", body, sizeof body), 200);
}
END_TEST

START_TEST(services_end)
{
    kf_value *list;
    apply(iris("a", ""));
    ck_ok(kf_server_wait(server, NULL, 10000));
    ck_fails(kf_server_wait(server, "irsi", 0), KF_ENOENT, "did you mean 'iris'?");
    apply("");
    answers(PREDICT, 404, "{\"error\":\"Model with name iris does not exist.\"}");
    for (int i = 0; i < 1000 && atomic_load(&ended) == 0; i++)
        kf__sleep_ms(5);
    ck_assert_int_eq(atomic_load(&ended), 1);
    ck_ok(kf_server_services(test_folder, &list));
    ck_assert_uint_eq(kf_value_length(list), 0);
    kf_value_free(list);
}
END_TEST

START_TEST(graph)
{
    static const char text[] =
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
        "metadata: {name: iris}\n"
        "spec: {predictor: {model: {modelFormat: {name: xgboost}, storageUri: a}}}\n"
        "---\napiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\n"
        "metadata: {name: all}\nspec: {nodes: {root: {routerType: Sequence, steps: ["
        "{serviceName: iris}]}}}\n"
        "---\napiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\n"
        "metadata: {name: far}\nspec: {nodes: {root: {routerType: Switch, steps: ["
        "{serviceUrl: \"http://iris.default.svc.cluster.local/x?y\", condition: "
        "\"@this\"}]}}}\n"
        "---\napiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\n"
        "metadata: {name: loop}\nspec: {nodes: {root: {routerType: Sequence, steps: ["
        "{serviceUrl: \"http://loop.default.svc\"}]}}}\n";
    apply(text);
    ck_ok(kf_server_wait(server, NULL, 10000));
    answers(POST("/serving/default/all HTTP/1.1\r\nHost: x"), 200,
        "iris-predictor-00001 /v1/models/iris:predict");
    answers(POST("/any HTTP/1.1\r\nHost: all.default.example.com"), 200,
        "iris-predictor-00001 /v1/models/iris:predict");
    answers(POST("/serving/default/far HTTP/1.1\r\nHost: x"), 200,
        "iris-predictor-00001 /x");
    answers(POST("/serving/default/loop HTTP/1.1\r\nHost: x"), 508,
        "{\"error\":\"graphs lead to each other 16 times\"}");
    apply(text); /* Again: calls find the new graph. */
    answers(POST("/serving/default/all HTTP/1.1\r\nHost: x"), 200,
        "iris-predictor-00001 /v1/models/iris:predict");
}
END_TEST

#define CHAIN(step)                                                                    \
    "apiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\n"                   \
    "metadata: {name: chain}\nspec: {nodes: {root: {routerType: Sequence, steps: ["    \
    "{nodeName: next}]}, next: {routerType: Sequence, steps: [{serviceName: " step     \
    "}]}}}\n---\n"

/* "Ready=True Stopped=False /serving/default/chain" */
static void graph_is(const char *expected)
{
    kf_value *document;
    kf_buf text = KF__BUF_INIT;
    ck_ok(kf_server_status(server, "chain", &document));
    const kf_value *status = kf_value_get(document, "status");
    const kf_value *conditions = kf_value_get(status, "conditions");
    for (size_t i = 0; i < kf_value_length(conditions); i++) {
        const kf_value *condition = kf_value_at(conditions, i);
        const char *reason = kf_value_string(kf_value_get(condition, "reason"));
        kf__buf_printf(&text, "%s=%s%s%s ",
            kf_value_string(kf_value_get(condition, "type")),
            kf_value_string(kf_value_get(condition, "status")), reason ? ":" : "",
            reason ? reason : "");
    }
    const char *url = kf_value_string(kf_value_get(status, "url"));
    kf__buf_puts(&text, url != NULL ? strstr(url, "/serving") : "-");
    ck_assert_str_eq(kf__buf_text(&text), expected);
    kf__buf_finish(&text);
    kf_value_free(document);
}

/* A graph is ready when all services that its steps name are. */
START_TEST(graph_follows_its_services)
{
    char text[2048];
    (void)snprintf(text, sizeof text, "%s%s", CHAIN("iris"), iris("slow", ""));
    apply(text);
    ck_fails(kf_server_wait(server, "chain", 10), KF_ETIMEOUT, "not ready after 10 ms");
    graph_is(
        "ConfigurationsReady=Unknown:ServiceNotReady Ready=Unknown:ServiceNotReady "
        "RoutesReady=Unknown:ServiceNotReady Stopped=False -");
    answers("GET /v2/health/ready HTTP/1.1\r\nHost: x", 503, "{\"ready\":false}");
    atomic_store(&hold, false);
    ck_ok(kf_server_wait(server, "chain", 10000));
    graph_is("ConfigurationsReady=True Ready=True RoutesReady=True Stopped=False "
             "/serving/default/chain");
    (void)snprintf(text, sizeof text, "%s%s", CHAIN("iris"), iris("damaged", ""));
    apply(text);
    ck_fails(kf_server_wait(server, "chain", 10000), KF_EFAILED,
        "iris-predictor-00002 is not ready: ModelLoadFailed");
    graph_is("ConfigurationsReady=False:ServiceNotReady Ready=False:ServiceNotReady "
             "RoutesReady=False:ServiceNotReady Stopped=False -");
    apply(CHAIN("other"));
    ck_fails(kf_server_wait(server, NULL, 10000), KF_ENOENT,
        "there is no InferenceService 'other'");
    graph_is("ConfigurationsReady=False:ServiceNotFound Ready=False:ServiceNotFound "
             "RoutesReady=False:ServiceNotFound Stopped=False -");
}
END_TEST

/* Another process sees it as well. */
START_TEST(graph_in_the_registry)
{
    char text[2048];
    kf_value *document = NULL;
    (void)snprintf(text, sizeof text, "%s%s", CHAIN("iris"), iris("slow", ""));
    apply(text);
    kf__sleep_ms(250);
    atomic_store(&hold, false);
    ck_ok(kf_server_wait(server, "chain", 10000));
    const char *url = NULL;
    for (int i = 0; url == NULL && i < 1000; i++) {
        kf_value_free(document);
        ck_ok(kf_server_service(test_folder, "chain", &document));
        const kf_value *shown = kf_value_get(document, "status");
        url = kf_value_string(kf_value_get(kf_value_get(shown, "status"), "url"));
        kf__sleep_ms(5);
    }
    ck_assert_ptr_nonnull(url);
    kf_value_free(document);
}
END_TEST

#define ROUTER_CONFIG                                                                  \
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config}\n"     \
    "data: {router: '{\"headers\": {\"propagate\": [\"X-Trace-.*\"]}}'}\n---\n"

/* What the configuration of the router says goes to services. */
START_TEST(graph_passes_headers_on)
{
    char text[2048];
    (void)snprintf(
        text, sizeof text, "%s%s%s", ROUTER_CONFIG, CHAIN("iris"), iris("headers", ""));
    apply(text);
    ck_ok(kf_server_wait(server, NULL, 10000));
    answers(POST("/serving/default/chain HTTP/1.1\r\nHost: x\r\nx-trace-id: 7"), 200,
        "iris-predictor-00001 /v1/models/iris:predict 7");
}
END_TEST

KF_TEST_MAIN_WITH("serving/server", setup, teardown, serves,
    predictions_wait_for_the_first_documents,
    predictions_do_not_wait_for_documents_for_ever, one_name_in_two_namespaces,
    canary_promotion_rollback, damaged_revision_gets_nothing, damaged_from_the_start,
    failures_that_pass, workers_that_fall_ill, requests_wait_for_the_first,
    goes_on_after_a_restart, sleeps_and_wakes, tells_of_itself, token, services_end,
    graph, graph_follows_its_services, graph_in_the_registry, graph_passes_headers_on)
