/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/grpc.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "grpc_client.h"
#include "model_test.h"
#include "oip_messages.h"
#include "serving/backend_model.h"

#define SERVICE "/inference.GRPCInferenceService/"
#define HEALTH "/grpc.health.v1.Health/Check"

static kf_grpc_gateway *gateway;
static grpc_client client;
static kf_backend *echoer;

/* What was asked last, and what is answered by whoever is no model. */
static struct {
    kf_buf said;
    kf_flat flat;
    int status;
    const char *body, *header, *value;
    size_t body_length;
    int64_t deadline_ns;
} other;

static void other_serve(kf_backend *self, kf_call *call)
{
    (void)self;
    if (!kf__call_flatten(call, other.flat))
        return;
    static const char *const shown[] = {"content-type",
        "inference-header-content-length", "x-word", "kf-protocol", "te", "host",
        "grpc-timeout"};
    kf__buf_truncate(&other.said, 0);
    kf__buf_printf(&other.said, "%s %s", call->method, call->path);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        const char *value = kf__call_header(call, shown[i]);
        if (value != NULL)
            kf__buf_printf(&other.said, " %s=%s", shown[i], value);
    }
    kf__buf_putc(&other.said, ' ');
    kf__buf_append(&other.said, call->body, call->body_length);
    other.deadline_ns = call->deadline_ns;
    call->reply.status = other.status;
    call->reply.content_type = "application/json";
    if (other.header != NULL)
        kf__reply_header(call, other.header, other.value);
    kf__buf_append(&call->reply.body, other.body, other.body_length);
    call->done(call);
}

static void other_free(kf_backend *self)
{
    (void)self;
}

static const kf_backend_table other_table = {other_serve, other_free};
static kf_backend other_backend = {&other_table};

/* Of /v2/models/m a model; of what has "absent" in it nothing. */
static kf_backend *route(void *payload, kf_call *call)
{
    ck_assert_ptr_eq(payload, &gateway);
    if (strstr(call->path, "absent") != NULL) {
        kf__call_fail(call, 404, "Model with name absent does not exist.");
        return NULL;
    }
    return strncmp(call->path, "/v2/models/m", 12) == 0 ? echoer : &other_backend;
}

static void answers(int status, const char *body)
{
    other.status = status;
    other.body = body;
    other.body_length = strlen(body);
    other.header = other.value = NULL;
    other.flat = KF__FLAT_AS_GIVEN;
}

static void start(const char *token)
{
    kf_gateway_options options = {.route = route, .payload = &gateway, .token = token};
    ck_ok(kf__grpc_gateway_start(&options, &gateway));
    grpc_open(&client, kf__grpc_gateway_port(gateway));
}

static void stop(void)
{
    grpc_close(&client);
    ck_assert(kf__grpc_gateway_drain(gateway, 20000));
    kf__grpc_gateway_free(gateway);
}

static void setup(void)
{
    memset(&other, 0, sizeof other);
    answers(200, "{}");
    ck_ok(kf__backend_of_model("m", test_echoer(), &echoer));
    start(NULL);
}

static void teardown(void)
{
    stop();
    kf__backend_free(echoer);
    kf__buf_finish(&other.said);
}

static void check(const char *method, const char *message, size_t length,
    const char *status, const char *text, size_t text_length)
{
    grpc_call call = {0};
    const char *answer = grpc_ask(&client, &call, method, message, length);
    size_t size = call.answer.length > 5 ? call.answer.length - 5 : 0;
    if (strcmp(status, "0") != 0) {
        ck_assert_str_eq(call.message, text);
        ck_assert_str_eq(call.status, status);
    } else {
        ck_assert_msg(strcmp(call.status, "0") == 0, "%s: %s", method, call.message);
        ck_assert_uint_eq(size, text_length);
        ck_assert_mem_eq(answer, text, size);
    }
    grpc_finish(&call);
}
#define CHECK(method, message, status, text)                                           \
    check(method, message, sizeof(message) - 1, status, text, sizeof(text) - 1)
#define IRIS "\x0a\x04iris"
#define YES "\x08\x01"

/* ---- methods ---- */

START_TEST(asks_about_the_server)
{
    CHECK(SERVICE "ServerLive", "", "0", YES);
    ck_assert_ptr_eq(strstr(kf__buf_text(&other.said), "GET /v2/health/live "),
        kf__buf_text(&other.said));
    CHECK(SERVICE "ServerReady", "", "0", YES);
    answers(503, "{\"ready\":false}");
    CHECK(SERVICE "ServerReady", "", "0", "");
    CHECK(SERVICE "ServerLive", "", "14", "{\"ready\":false}");
    answers(200, "{\"name\":\"s\",\"version\":\"1\",\"extensions\":[\"a\"]}");
    CHECK(SERVICE "ServerMetadata", "", "0",
        "\x0a\x01s\x12\x01"
        "1\x1a\x01"
        "a");
}
END_TEST

START_TEST(asks_about_models)
{
    CHECK(SERVICE "ModelReady", IRIS, "0", YES);
    ck_assert_ptr_eq(strstr(kf__buf_text(&other.said), "GET /v2/models/iris/ready "),
        kf__buf_text(&other.said));
    answers(503, "{\"error\":\"not yet\"}");
    CHECK(SERVICE "ModelReady", IRIS, "0", "");
    CHECK(SERVICE "ModelMetadata", IRIS, "14", "not yet");
    answers(200, "{\"name\":\"iris\",\"platform\":\"p\",\"inputs\":[]}");
    CHECK(SERVICE "ModelMetadata", IRIS, "0", "\x0a\x04iris\x1a\x01p");
    CHECK(SERVICE "ModelMetadata",
        "\x0a\x06"
        "absent",
        "5", "Model with name absent does not exist.");
    CHECK(SERVICE "ModelMetadata", "", "5", "Model with name  does not exist.");
    CHECK(SERVICE "ModelReady", "\x0a\x0ciris/../live", "5",
        "Model with name iris/../live does not exist.");
    CHECK(SERVICE "ModelReady", "\x0a\x7f", "3",
        "the message is no message of this method");
    CHECK(
        SERVICE "ServerLive", "\xff", "3", "the message is no message of this method");
}
END_TEST

/* KServe has the model's name first, Triton the repository's. */
START_TEST(loads_and_unloads)
{
    CHECK(SERVICE "RepositoryModelLoad", IRIS, "0", IRIS "\x10\x01");
    ck_assert_ptr_nonnull(
        strstr(kf__buf_text(&other.said), "POST /v2/repository/models/iris/load "));
    CHECK(SERVICE "RepositoryModelUnload", "\x12\x04iris", "0", IRIS "\x10\x01");
    ck_assert_ptr_nonnull(
        strstr(kf__buf_text(&other.said), "POST /v2/repository/models/iris/unload "));
    answers(200, "[{\"name\":\"iris\",\"version\":\"\",\"state\":\"READY\"}]");
    CHECK(SERVICE "RepositoryIndex", "", "0",
        "\x0a\x0f" IRIS "\x12\x00"
        "\x1a\x05READY");
    ck_assert_ptr_nonnull(
        strstr(kf__buf_text(&other.said), "POST /v2/repository/index "));
    answers(501, "{\"error\":\"it stays\"}");
    CHECK(SERVICE "RepositoryModelUnload", IRIS, "12", "it stays");
}
END_TEST

START_TEST(tells_its_health)
{
    CHECK(HEALTH, "", "0", YES);
    CHECK(HEALTH, "\x0a\x1einference.GRPCInferenceService", "0", YES);
    CHECK(HEALTH, IRIS, "5", "unknown service");
    answers(503, "{\"ready\":false}");
    CHECK(HEALTH, "", "0", "\x08\x02");
}
END_TEST

START_TEST(knows_no_other_methods)
{
    CHECK(SERVICE "ModelStreamInfer", "", "12", "Method not found!");
    CHECK("/other.Service/ModelInfer", "", "12", "Method not found!");
    CHECK("/", "", "12", "Method not found!");
}
END_TEST

/* ---- inference ---- */

/* Tensors to a model, and back as they were. */
START_TEST(infers)
{
    grpc_call call = {0};
    const char *answer =
        grpc_ask(&client, &call, SERVICE "ModelInfer", OIP_RAW, sizeof OIP_RAW - 1);
    ck_assert_str_eq(call.status, "0");
    kf_proto from = kf__proto_of(answer, call.answer.length - 5);
    kf_proto_field field;
    static const char expected[] = "\x0a\x01x\x12\x04"
                                   "FP32\x1a\x01\x02";
    ck_assert(kf__proto_read_field(&from, &field)); /* The model's name. */
    ck_assert_mem_eq(field.data.at, "m", 1);
    ck_assert(kf__proto_read_field(&from, &field)); /* An id is made. */
    ck_assert_uint_eq(kf__proto_length(field.data), 36);
    ck_assert(kf__proto_read_field(&from, &field));
    ck_assert_uint_eq(kf__proto_length(field.data), sizeof expected - 1);
    ck_assert_mem_eq(field.data.at, expected, sizeof expected - 1);
    /* The other output, and the bytes of both. */
    ck_assert_mem_eq(answer + call.answer.length - 5 - 18,
        "\x32\x08\0\0\xc0\x3f\0\0\0\xc0\x32\x06\2\0\0\0hi", 18);
    grpc_finish(&call);
}
END_TEST

START_TEST(infers_from_lists)
{
    static const char message[] = "\x0a\x01m\x1a\x01"
                                  "7\x2a\x12\x0a\x01o\x12\x05INT64\x1a\x01\x01\x2a\x03"
                                  "\x18\xac\x02";
    static const char expected[] = "\x0a\x01m\x1a\x01"
                                   "7\x2a\x13\x0a\x01o\x12\x05INT64\x1a\x01\x01\x2a\x04"
                                   "\x1a\x02\xac\x02";
    CHECK(SERVICE "ModelInfer", message, "0", expected);
}
END_TEST

START_TEST(refuses_requests)
{
    static const char short_raw[] = "\x0a\x01m\x2a\x0c\x0a\x01x\x12\x04"
                                    "FP32\x1a\x01\x02\x3a\x04"
                                    "abcd";
    CHECK(SERVICE "ModelInfer", short_raw, "3",
        "inputs[0].raw_input_contents: 4 bytes are not 2 elements of FP32, as the "
        "shape "
        "has it");
    CHECK(SERVICE "ModelInfer", OIP_RAW "\x32\x04\x0a\x02zz", "3",
        "Unexpected inference output 'zz' for model 'm'");
    CHECK(SERVICE "ModelInfer", "\x0a\x01m\x2a\x01\xff", "3",
        "inputs[0]: the message is no ModelInferRequest");
    CHECK(SERVICE "ModelInfer",
        "\x0a\x06"
        "absent",
        "5", "Model with name absent does not exist.");
}
END_TEST

#define INT64_INPUT "\x2a\x12\x0a\x01o\x12\x05INT64\x1a\x01\x01\x2a\x03\x18\xac\x02"

/* Whoever takes no tensors gets a body of V2, and answers with one. */
START_TEST(asks_others_by_v2)
{
    static const char json[] = "{\"id\":\"7\",\"outputs\":[{\"name\":\"o\",\"shape\":["
                               "2],\"datatype\":\"INT8\","
                               "\"data\":[-1,5]},{\"name\":\"t\",\"shape\":[1],"
                               "\"datatype\":\"BYTES\",\"data\":"
                               "[\"hi\"]}]}";
    grpc_call call = {0};
    answers(200, json);
    grpc_put(&call, IRIS INT64_INPUT, sizeof(IRIS INT64_INPUT) - 1);
    grpc_begin(&client, &call, SERVICE "ModelInfer",
        (const char *const[][2]){{"x-word", "w"}, {"grpc-timeout", "1H"},
            {"kf-protocol", "mine"}, {"inference-header-content-length", "9"}},
        4);
    grpc_wait(&client, &call);
    ck_assert_str_eq(call.status, "0");
    ck_assert_str_eq(kf__buf_text(&other.said),
        "POST /v2/models/iris/infer content-type=application/json x-word=w "
        "kf-protocol=grpc-v2 host=localhost "
        "{\"inputs\":[{\"name\":\"o\",\"shape\":[1],\"datatype\":\"INT64\",\"data\":"
        "[300]}]}");
    ck_assert_int_gt(other.deadline_ns, kf__monotonic_ns());
    /* The name is the one that was asked. */
    ck_assert_mem_eq(call.answer.data + 5, IRIS, 6);
    ck_assert_uint_eq(call.answer.length - 5 - 6, sizeof OIP_RESPONSE - 1 - 3);
    ck_assert_mem_eq(call.answer.data + 11, &OIP_RESPONSE[3], sizeof OIP_RESPONSE - 4);
    grpc_finish(&call);
}
END_TEST

/* x FP32[1] of `value` raw. */
#define RAW_INPUT(value)                                                               \
    "\x2a\x0c\x0a\x01x\x12\x04"                                                        \
    "FP32\x1a\x01\x01\x3a\x04" value

START_TEST(asks_others_in_binary)
{
    static const struct {
        kf_flat flat;
        const char *bytes;
        bool is_binary;
    } cases[] = {
        {KF__FLAT_AS_GIVEN, "\0\0\xc0\x3f", true},
        {KF__FLAT_READABLE, "\0\0\xc0\x3f", false},
        {KF__FLAT_READABLE, "\0\0\xc0\x7f", true}, /* NaN. */
        {KF__FLAT_JSON, "\0\0\xc0\x3f", false},
        {KF__FLAT_JSON, "\0\0\xc0\x7f", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char message[] = IRIS RAW_INPUT("0000");
        answers(200, "{\"outputs\":[]}");
        other.flat = cases[i].flat;
        memcpy(message + sizeof message - 5, cases[i].bytes, 4);
        CHECK(SERVICE "ModelInfer", message, "0", IRIS);
        bool is_binary = strstr(kf__buf_text(&other.said),
                             "inference-header-content-length=") != NULL;
        ck_assert_msg(is_binary == cases[i].is_binary, "case %zu: %s", i,
            kf__buf_text(&other.said));
    }
    ck_assert_ptr_nonnull(strstr(kf__buf_text(&other.said), "\"data\":[null]"));
}
END_TEST

START_TEST(takes_binary_answers)
{
    static const char answer[] = "{\"outputs\":[{\"name\":\"o\",\"shape\":[1],"
                                 "\"datatype\":\"INT8\",\"parameters\":{"
                                 "\"binary_data_size\":1}}]}\x05";
    answers(200, answer);
    other.header = "Inference-Header-Content-Length";
    other.value = "92";
    ck_assert_uint_eq(sizeof answer - 2, 92);
    CHECK(SERVICE "ModelInfer", IRIS INT64_INPUT, "0",
        IRIS "\x2a\x0c\x0a\x01o\x12\x04INT8\x1a\x01\x01\x32\x01\x05");
    other.value = "97";
    CHECK(SERVICE "ModelInfer", IRIS INT64_INPUT, "13",
        "the model's answer is none of V2: Inference-Header-Content-Length is no "
        "number "
        "of bytes of this body");
}
END_TEST

START_TEST(tells_what_cannot_be_json)
{
    other.flat = KF__FLAT_JSON;
    CHECK(SERVICE "ModelInfer",
        IRIS "\x2a\x0c\x0a\x01x\x12\x04"
             "FP16\x1a\x01\x01\x3a\x02\x01\x02",
        "12", "the input 'x' of FP16 cannot be JSON, and nothing else is taken here");
}
END_TEST

START_TEST(answers_by_statuses_of_http)
{
    static const struct {
        int http;
        const char *status;
    } cases[] = {{400, "3"}, {401, "16"}, {403, "7"}, {404, "5"}, {408, "4"},
        {409, "10"}, {412, "9"}, {413, "8"}, {422, "3"}, {429, "8"}, {499, "1"},
        {500, "13"}, {501, "12"}, {502, "14"}, {503, "14"}, {504, "4"}, {508, "13"},
        {302, "13"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        answers(cases[i].http, "{\"error\":\"so it is\"}");
        CHECK(SERVICE "ModelInfer", IRIS, cases[i].status, "so it is");
    }
    answers(500, "no JSON");
    CHECK(SERVICE "ModelInfer", IRIS, "13", "no JSON");
    answers(200, "no JSON");
    CHECK(SERVICE "ModelInfer", IRIS, "13",
        "the model's answer is none of V2: expected an object with \"outputs\", not "
        "'n'");
    answers(500, "{\"error\":\"so it is\"}");
    other.header = "grpc-status";
    other.value = "3";
    CHECK(SERVICE "ModelInfer", IRIS, "3", "so it is");
    other.value = "0";
    CHECK(SERVICE "ModelInfer", IRIS, "13", "so it is");
    other.value = "17";
    CHECK(SERVICE "ModelInfer", IRIS, "13", "so it is");
}
END_TEST

/* ---- who may ask ---- */

START_TEST(wants_a_token)
{
    stop();
    start("secret");
    CHECK(SERVICE "ServerLive", "", "0", YES);
    CHECK(SERVICE "ServerReady", "", "0", YES);
    CHECK(HEALTH, "", "0", YES);
    CHECK(SERVICE "ModelReady", IRIS, "16",
        "a bearer token is needed, and this is none or another");
    CHECK(SERVICE "ModelInfer", OIP_RAW, "16",
        "a bearer token is needed, and this is none or another");
    grpc_call call = {0};
    grpc_put(&call, IRIS, sizeof IRIS - 1);
    grpc_begin(&client, &call, SERVICE "ModelReady",
        (const char *const[][2]){{"authorization", "Bearer secret"}}, 1);
    grpc_wait(&client, &call);
    ck_assert_str_eq(call.status, "0");
    grpc_finish(&call);
}
END_TEST

KF_TEST_MAIN_WITH("grpc", setup, teardown, asks_about_the_server, asks_about_models,
    loads_and_unloads, tells_its_health, knows_no_other_methods, infers,
    infers_from_lists, refuses_requests, asks_others_by_v2, asks_others_in_binary,
    takes_binary_answers, tells_what_cannot_be_json, answers_by_statuses_of_http,
    wants_a_token)
