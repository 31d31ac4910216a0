/* SPDX-License-Identifier: Apache-2.0 */
/* Whole servers that speak gRPC. */
#include "folder.h"
#include "grpc_client.h"
#include "io/socket.h"
#include "model_test.h"
#include "serving/backend_model.h"
#include "serving/server.h"

#define SERVICE "/inference.GRPCInferenceService/"
#define NAME "\x0a\x04iris"

static kf_server *server;
static kf_buf logged;

/* Every revision is a model that answers with what it is given. */
static kf_status launch(
    void *payload, const kf_launch *order, kf_launched *out, kf_launch_failure *failure)
{
    (void)payload;
    (void)failure;
    if (order->models != NULL)
        return kf__launch_models(order, out);
    return kf__backend_of_model(
        kf_service_name(order->service), test_echoer(), &out->backend);
}

static void keep_log(kf_log_level level, const char *message, void *payload)
{
    (void)level;
    (void)payload;
    kf__buf_puts(&logged, message);
}

static kf_status start_with(kf_server_options options, kf_server **out)
{
    options.size = sizeof options;
    options.home = test_folder;
    return kf__server_start_with(&options, launch, NULL, out);
}

static void setup(void)
{
    make_test_folder();
    server = NULL;
    logged = KF__BUF_INIT;
    kf_set_log_sink(keep_log, KF_LOG_WARNING, NULL);
}

static void teardown(void)
{
    kf_server_free(server);
    kf_set_log_sink(NULL, KF_LOG_WARNING, NULL);
    kf__buf_finish(&logged);
    remove_test_folder();
}

static void apply_text(const char *text)
{
    kf_services *documents;
    ck_ok(kf_services_load(text, strlen(text), &documents));
    ck_ok(kf_server_apply(server, documents));
    kf_services_free(documents);
    ck_ok(kf_server_wait(server, NULL, 20000));
}

static void apply(const char *protocol)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
        "metadata: {name: iris}\nspec: {predictor: {model: {modelFormat: {name: onnx}, "
        "protocolVersion: %s, storageUri: a}}}\n",
        protocol);
    apply_text(text);
}

static void check(const char *authority, const char *method, const char *message,
    size_t length, const char *status, const char *text)
{
    grpc_client client;
    grpc_call call = {0};
    grpc_open(&client, kf_server_grpc_port(server));
    grpc_put(&call, message, length);
    grpc_begin(
        &client, &call, method, (const char *const[][2]){{":authority", authority}}, 1);
    grpc_wait(&client, &call);
    ck_assert_str_eq(call.status, status);
    if (strcmp(status, "0") == 0)
        ck_assert_mem_eq(call.answer.data + 5, text, strlen(text));
    else
        ck_assert_str_eq(call.message, text);
    grpc_finish(&call);
    grpc_close(&client);
}
#define CHECK(authority, method, message, status, text)                                \
    check(authority, SERVICE method, message, sizeof(message) - 1, status, text)

static const char *grpc_url(void)
{
    static char text[64];
    kf_value *status;
    ck_ok(kf_server_status(server, "iris", &status));
    const kf_value *components =
        kf_value_get(kf_value_get(status, "status"), "components");
    const char *url =
        kf_value_string(kf_value_get(kf_value_get(components, "predictor"), "grpcUrl"));
    (void)snprintf(text, sizeof text, "%s", url != NULL ? url : "");
    kf_value_free(status);
    return text;
}

START_TEST(speaks_once_a_document_asks)
{
    char expected[64];
    ck_ok(start_with((kf_server_options){0}, &server));
    ck_assert_uint_eq(kf_server_grpc_port(server), 0);
    apply("v2");
    ck_assert_uint_eq(kf_server_grpc_port(server), 0);
    ck_assert_str_eq(grpc_url(), "");
    apply("grpc-v2");
    uint16_t port = kf_server_grpc_port(server);
    ck_assert_uint_gt(port, 0);
    (void)snprintf(expected, sizeof expected, "grpc://127.0.0.1:%u", port);
    ck_assert_str_eq(grpc_url(), expected);
    CHECK("x", "ModelReady", NAME, "0", "\x08\x01");
    CHECK("x", "ModelReady", "\x0a\x01z", "5", "Model with name z does not exist.");
    apply("v2"); /* It goes on. */
    ck_assert_uint_eq(kf_server_grpc_port(server), port);
    CHECK("x", "ModelReady", NAME, "0", "\x08\x01");
}
END_TEST

START_TEST(speaks_from_the_start)
{
    static const char infer[] = NAME "\x2a\x0c\x0a\x01x\x12\x04"
                                     "FP32\x1a\x01\x01\x3a\x04"
                                     "abcd";
    ck_ok(start_with((kf_server_options){.grpc = true}, &server));
    CHECK("x", "ServerLive", "", "0", "\x08\x01");
    CHECK("x", "ModelReady", NAME, "0", "");
    CHECK("x", "ModelInfer", infer, "14", "the server has nothing to serve yet");
    apply("v2");
    CHECK("x", "ModelInfer", infer, "0", NAME);
    /* By the host of the service, and of one that there is not. */
    CHECK("iris.default.example.com", "ModelInfer", infer, "0", NAME);
    CHECK(
        "iris-predictor.default.svc.cluster.local:80", "ModelInfer", infer, "0", NAME);
    CHECK("iris-transformer.default.example.com", "ModelInfer", infer, "0", NAME);
    CHECK("x", "ServerReady", "", "0", "\x08\x01");
}
END_TEST

/* TrainedModels are asked by their own names. */
START_TEST(models_of_a_service)
{
    ck_ok(start_with((kf_server_options){.grpc = true}, &server));
    apply_text("apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
               "metadata: {name: iris}\nspec: {predictor: {model: {modelFormat: {name: "
               "onnx}, protocolVersion: v2}}}\n"
               "---\napiVersion: serving.kserve.io/v1alpha1\nkind: TrainedModel\n"
               "metadata: {name: rose}\nspec: {inferenceService: iris, model: "
               "{framework: onnx, storageUri: 's3://a', memory: 1Mi}}\n");
    CHECK("x", "ModelReady", "\x0a\x04rose", "0", "\x08\x01");
    CHECK("iris.default.example.com", "ModelReady", "\x0a\x04rose", "0", "\x08\x01");
    CHECK("x", "ModelReady", NAME, "5", "Model with name iris does not exist.");
}
END_TEST

START_TEST(limits_messages)
{
    ck_ok(start_with((kf_server_options){.grpc = true, .grpc_limit = 10}, &server));
    CHECK("x", "ModelInfer", "0123456789x", "8",
        "Received message larger than max (11 vs. 10)");
}
END_TEST

START_TEST(a_port_that_is_taken)
{
    kf_server *second = NULL;
    ck_ok(start_with((kf_server_options){.grpc = true}, &server));
    uint16_t port = kf_server_grpc_port(server);
    kf_server_options options = {.grpc = true, .grpc_port = port};
    ck_fails(start_with(options, &second), KF_EBUSY, "is taken by another server");
    ck_assert_ptr_null(second);
    /* A document only asks: what else is served goes on. */
    kf_server_free(server);
    int holder;
    uint16_t held = 0;
    ck_ok(kf__socket_listen(NULL, &held, &holder));
    ck_ok(start_with((kf_server_options){.grpc_port = held}, &server));
    apply("grpc-v2");
    apply("grpc-v2");
    ck_assert_uint_eq(kf_server_grpc_port(server), 0);
    ck_assert_str_eq(grpc_url(), "");
    const char *first =
        strstr(kf__buf_text(&logged), "gRPC is not spoken, HTTP alone: ");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "gRPC is not spoken"));
    kf__socket_close(&holder);
}
END_TEST

START_TEST(has_no_tls)
{
    ck_ok(start_with((kf_server_options){0}, &server));
    server->options.certificate = "certificate.pem";
    ck_fails(kf__server_grpc_start(server), KF_EUNSUPPORTED, "without TLS alone");
    server->options.certificate = NULL;
}
END_TEST

START_TEST(refuses_remote_servers)
{
    ck_ok(start_with((kf_server_options){0}, &server));
    ck_fails(kf_server_add_remote(server, "far", "grpc://127.0.0.1:1"), KF_EINVAL,
        "begins with http://");
    ck_ok(kf_server_add_remote(server, "far", "http://127.0.0.1:1"));
    ck_fails(kf_server_add_remote(server, "far", "http://127.0.0.1:1"), KF_EEXIST,
        "there is a model 'far' already");
}
END_TEST

KF_TEST_MAIN_WITH("server_grpc", setup, teardown, speaks_once_a_document_asks,
    speaks_from_the_start, models_of_a_service, limits_messages, a_port_that_is_taken,
    has_no_tls, refuses_remote_servers)
