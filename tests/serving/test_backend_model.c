/* SPDX-License-Identifier: Apache-2.0 */
/* Whole answers, as clients see them: what KServe 0.21 answers, but for what
 * docs/serving-differences.md tells of. */
#include "call_test.h"
#include "model_test.h"

#include <stdlib.h>

#include "serving/backend_model.h"

static kf_backend *weigher, *echoer;
static test_call made;

static void setup(void)
{
    ck_ok(kf__backend_of_model("m", test_model(true), &weigher));
    ck_ok(kf__backend_of_model("e:1", test_echoer(), &echoer));
}

static void teardown(void)
{
    kf__backend_free(weigher);
    kf__backend_free(echoer);
}

static const char *ask_with(kf_backend *backend, const char *path, const char *body,
    const kf_header *headers, size_t count)
{
    static char answer[4096];
    test_call_init(&made, path, body);
    made.call.headers = headers;
    made.call.header_count = count;
    kf__serve(backend, &made.call);
    ck_assert_int_eq(made.done, 1);
    (void)snprintf(answer, sizeof answer, "%d %s", made.call.reply.status,
        kf__buf_text(&made.call.reply.body));
    return answer;
}

static const char *ask(kf_backend *backend, const char *path, const char *body)
{
    const char *answer = ask_with(backend, path, body, NULL, 0);
    test_call_finish(&made);
    return answer;
}

#define PREDICT "/v1/models/m:predict"
#define INFER "/v2/models/m/infer"
#define V2_INPUT(data)                                                                 \
    "{\"id\":\"1\",\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\"," \
    "\"data\":" data "}]}"

START_TEST(whole_answers)
{
    static const struct {
        const char *path;
        const char *body; /* NULL: GET. */
        const char *answer;
    } table[] = {
        {"/v1/models/m", NULL, "200 {\"name\":\"m\",\"ready\":true}"},
        {"/v2/models/m/ready", NULL, "200 {\"name\":\"m\",\"ready\":true}"},
        {"/v2/models/m", NULL,
            "200 "
            "{\"name\":\"m\",\"versions\":null,\"platform\":\"weigher\",\"inputs\":["
            "{\"name\":\"input-0\",\"datatype\":\"FP32\",\"shape\":[-1,3]}],"
            "\"outputs\":["
            "{\"name\":\"output-0\",\"datatype\":\"FP64\",\"shape\":[-1]}]}"},
        {"/v1/models/x", NULL, "404 {\"error\":\"Model with name x does not exist.\"}"},
        {"/v2/models/x", NULL, "404 {\"error\":\"Model with name x does not exist.\"}"},
        {"/v2/repository/models/m/load", "{}", "200 {\"name\":\"m\",\"load\":true}"},
        {"/v2/repository/models/m/load", NULL,
            "405 {\"error\":\"Method Not Allowed\"}"},
        {"/v2/repository/models/x/load", "{}",
            "404 {\"error\":\"Model with name x does not exist.\"}"},
        {"/v2/repository/models/m/unload", "{}",
            "501 {\"error\":\"a model is unloaded when its document goes, or when "
            "nobody "
            "asks it\"}"},
        {"/v2/repository/models/m/x", "{}", "404 {\"error\":\"Not Found\"}"},
        {"/v2/models/m/versions/1", NULL,
            "501 {\"error\":\"Model versioning not supported yet.\"}"},
        {"/v2/models/m/versions/1/ready", NULL,
            "501 {\"error\":\"Model versioning not supported yet.\"}"},
        {"/v2/models/m/versions/1/infer", "{}",
            "501 {\"error\":\"Model versioning not supported yet.\"}"},
        {"/v2/models/m/versions/1/x", NULL, "404 {\"error\":\"Not Found\"}"},
        {"/v1/models/", NULL, "404 {\"error\":\"Not Found\"}"},
        {"/v1/models/m/x", NULL, "404 {\"error\":\"Not Found\"}"},
        {"/v2/models/m/x", NULL, "404 {\"error\":\"Not Found\"}"},
        {"/", NULL, "200 {\"status\":\"alive\"}"},
        {"/v1/models", NULL, "200 {\"models\":[\"m\"]}"},
        {"/v2/models", NULL, "200 {\"models\":[\"m\"]}"},
        {"/v2/health/live", NULL, "200 {\"live\":true}"},
        {"/v2/health/ready", NULL, "200 {\"ready\":true}"},
        {"/v2/health/ready", "{}", "405 {\"error\":\"Method Not Allowed\"}"},
        {"/x", NULL, "404 {\"error\":\"Not Found\"}"},
        {PREDICT, NULL, "405 {\"error\":\"Method Not Allowed\"}"},
        {"/v1/models/m", "{}", "405 {\"error\":\"Method Not Allowed\"}"},
        {PREDICT, "{\"instances\":[[1,2,3],[4,5,null]]}",
            "200 {\"predictions\":[321.0,754.0]}"},
        {PREDICT, "{\"instances\":[1,2,3]}", "200 {\"predictions\":[321.0]}"},
        {PREDICT, "{\"instances\":[]}", "200 {\"predictions\":[]}"},
        {PREDICT, "{\"inputs\":[{\"b\":2,\"c\":3,\"a\":1}]}",
            "200 {\"predictions\":[321.0]}"},
        {"/v1/models/x:predict", "{}",
            "404 {\"error\":\"Model with name x does not exist.\"}"},
        {"/v1/models/m:explain", "{\"instances\":[[1,2,3]]}",
            "501 {\"error\":\"the model 'm' cannot explain\"}"},
        {INFER, V2_INPUT("[1,2,3]"),
            "200 "
            "{\"model_name\":\"m\",\"model_version\":null,\"id\":\"1\",\"parameters\":"
            "null,\"outputs\":[{\"name\":\"output-0\",\"shape\":[1],\"datatype\":"
            "\"FP64\","
            "\"parameters\":null,\"data\":[321.0]}]}"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        ck_assert_str_eq(ask(weigher, table[i].path, table[i].body), table[i].answer);
}
END_TEST

START_TEST(what_is_refused)
{
    static const struct {
        const char *path;
        const char *body;
        const char *answer;
    } table[] = {
        {PREDICT, "",
            "400 {\"error\":\"Unrecognized request format: the text ends too early: "
            "expected an object with \\\"instances\\\" or \\\"inputs\\\": line 1 "
            "column 1\"}"},
        {PREDICT, "{\"instances\":[[1,2",
            "400 {\"error\":\"Unrecognized request format: instances: the text ends "
            "too "
            "early: expected ',' or ']': line 1 column 19\"}"},
        {PREDICT, "{\"instances\":\n[[1,2,x]]}",
            "400 {\"error\":\"Unrecognized request format: instances: expected a "
            "number, "
            "not 'x': line 2 column 7\"}"},
        {PREDICT, "{}",
            "400 {\"error\":\"Expected \\\"instances\\\" or \\\"inputs\\\" in the "
            "body, a "
            "list of rows\"}"},
        {PREDICT, "{\"instances\":5}",
            "400 {\"error\":\"Expected \\\"instances\\\" to be a list\"}"},
        {PREDICT, "{\"instances\":[[1,2],[3]]}",
            "400 {\"error\":\"instances: the lists are not of the same length "
            "everywhere: "
            "expected a tensor\"}"},
        {PREDICT, "{\"instances\":[[1,2]]}",
            "400 {\"error\":\"the model has 3 features: expected [rows, 3], not the "
            "shape [1, 2]\"}"},
        {PREDICT, "{\"instances\":[\"a\"]}",
            "400 {\"error\":\"the model has 3 features: expected [rows, 3], not the "
            "shape [1]\"}"},
        {PREDICT, "{\"instances\":[{\"a\":1,\"b\":2,\"d\":3}]}",
            "400 {\"error\":\"instances[0]: no feature 'd' in the model\"}"},
        {INFER, "{\"inputs\":",
            "400 {\"error\":\"Unrecognized request format: inputs: the text ends too "
            "early: expected a list: line 1 column 11\"}"},
        {INFER, "{\"inputs\":[]}",
            "400 {\"error\":\"expected one input of rows, or one for each feature of "
            "the "
            "model\"}"},
        {INFER, V2_INPUT("[1,2]"),
            "400 {\"error\":\"inputs[0].data: 2 elements are given where the shape has "
            "3\"}"},
        {INFER, V2_INPUT("[1,2,\"a\"]"),
            "400 {\"error\":\"Unrecognized request format: inputs[0].data: expected a "
            "number, not '\\\"': line 1 column 77\"}"},
        {INFER,
            "{\"inputs\":[{\"name\":\"x\",\"shape\":[3],\"datatype\":\"FP32\",\"data\":"
            "[1,2,3]}],"
            "\"outputs\":[{\"name\":\"y\"}]}",
            "400 {\"error\":\"Unexpected inference output 'y' for model 'm'\"}"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        ck_assert_str_eq(ask(weigher, table[i].path, table[i].body), table[i].answer);
}
END_TEST

START_TEST(names_with_a_colon)
{
    ck_assert_str_eq(
        ask(echoer, "/v1/models/e:1", NULL), "200 {\"name\":\"e:1\",\"ready\":true}");
    ck_assert_str_eq(ask(echoer, "/v1/models/e:1:predict", "{\"instances\":[1]}"),
        "200 {\"predictions\":[1.0]}");
    ck_assert_str_eq(ask(echoer, "/v1/models/e:1:explain", "{\"instances\":[\"a\"]}"),
        "200 {\"explanations\":[\"a\"]}");
}
END_TEST

START_TEST(methods)
{
    test_call_init(&made, PREDICT, NULL);
    made.call.method = "OPTIONS";
    kf__serve(weigher, &made.call);
    ck_assert_int_eq(made.call.reply.status, 204);
    ck_assert_str_eq(made.call.reply.headers[0].name, "Allow");
    ck_assert_str_eq(made.call.reply.headers[0].value, "POST, OPTIONS");
    test_call_finish(&made);
    test_call_init(&made, "/v1/models/m", NULL);
    made.call.method = "HEAD";
    kf__serve(weigher, &made.call);
    ck_assert_int_eq(made.call.reply.status, 200);
    test_call_finish(&made);
    test_call_init(&made, "/v1/models/m", NULL);
    made.call.method = "DELETE";
    kf__serve(weigher, &made.call);
    ck_assert_int_eq(made.call.reply.status, 405);
    ck_assert_str_eq(made.call.reply.headers[0].value, "GET, HEAD, OPTIONS");
    test_call_finish(&made);
}
END_TEST

static const char *header(const char *name)
{
    const kf_reply *reply = &made.call.reply;
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return "";
}

START_TEST(binary_extension)
{
    static const char json[] =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\","
        "\"parameters\":"
        "{\"binary_data_size\":12}}],\"parameters\":{\"binary_data_output\":true},"
        "\"id\":\"1\"}";
    static const char expected[] =
        "{\"model_name\":\"m\",\"model_version\":null,\"id\":\"1\",\"outputs\":[{"
        "\"name\":"
        "\"output-0\",\"shape\":[1],\"datatype\":\"FP64\",\"parameters\":{"
        "\"binary_data_size\":8}}]}";
    char body[sizeof json + 11], digits[24];
    memcpy(body, json, sizeof json - 1);
    memcpy(body + sizeof json - 1, ((float[]){1, 2, 3}), 12);
    (void)snprintf(digits, sizeof digits, "%zu", sizeof json - 1);
    const kf_header headers[] = {{"inference-header-content-length", digits}};
    test_call_init(&made, INFER, "");
    made.call.headers = headers;
    made.call.header_count = 1;
    made.call.body = body;
    made.call.body_length = sizeof body;
    kf__serve(weigher, &made.call);
    ck_assert_int_eq(made.call.reply.status, 200);
    ck_assert_str_eq(made.call.reply.content_type, "application/octet-stream");
    (void)snprintf(digits, sizeof digits, "%zu", sizeof expected - 1);
    ck_assert_str_eq(header("Inference-Header-Content-Length"), digits);
    ck_assert_uint_eq(made.call.reply.body.length, sizeof expected - 1 + 8);
    ck_assert_mem_eq(made.call.reply.body.data, expected, sizeof expected - 1);
    double number;
    memcpy(&number, made.call.reply.body.data + sizeof expected - 1, 8);
    ck_assert_double_eq(number, 321);
    test_call_finish(&made);
}
END_TEST

START_TEST(wrong_length_of_json)
{
    static const char *const lengths[] = {
        "", "x", "-1", "1e1", "99999", "99999999999999999999"};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const kf_header given = {"Inference-Header-Content-Length", lengths[i]};
        ck_assert_str_eq(ask_with(weigher, INFER, "{\"inputs\":[]}", &given, 1),
            "400 {\"error\":\"Inference-Header-Content-Length is no number of bytes of "
            "this "
            "body\"}");
        test_call_finish(&made);
    }
}
END_TEST

/* KServe makes one up, of version 4. */
START_TEST(ids)
{
    const char *answer = ask(weigher, INFER,
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[3],\"datatype\":\"FP32\",\"data\":[1,"
        "2,3]}]}");
    const char *id = strstr(answer, "\"id\":\"");
    ck_assert_ptr_nonnull(id);
    id += 6;
    ck_assert_uint_eq(strcspn(id, "\""), 36);
    ck_assert_int_eq(id[14], '4');
}
END_TEST

START_TEST(events_in_headers)
{
    const kf_header headers[] = {{"ce-specversion", "1.0"}, {"ce-id", "7"},
        {"ce-source", "s"}, {"Ce-Type", "t"}, {"ce-more", "x"}};
    const char *answer =
        ask_with(weigher, PREDICT, "{\"instances\":[[1,2,3]]}", headers, 5);
    ck_assert_str_eq(answer, "200 {\"predictions\":[321.0]}");
    ck_assert_str_eq(header("ce-specversion"), "1.0");
    ck_assert_str_eq(header("ce-source"), "io.kserve.inference.m");
    ck_assert_str_eq(header("ce-type"), "io.kserve.inference.response");
    ck_assert_uint_eq(strlen(header("ce-id")), 36);
    ck_assert_ptr_nonnull(strstr(header("ce-time"), "T"));
    ck_assert_str_eq(header("ce-more"), "");
    ck_assert_str_eq(made.call.reply.content_type, "application/json");
    test_call_finish(&made);
    const kf_header old[] = {{"ce-specversion", "0.2"}, {"ce-id", "7"},
        {"ce-source", "s"}, {"ce-type", "t"}};
    ck_assert_str_eq(ask_with(weigher, PREDICT, "{\"instances\":[[1,2,3]]}", old, 4),
        "400 {\"error\":\"Cloud Event Exceptions: Found invalid specversion 0.2\"}");
    test_call_finish(&made);
}
END_TEST

#define EVENT                                                                          \
    "{\"specversion\":\"1.0\",\"id\":\"7\",\"source\":\"s\",\"type\":\"t\",\"time\":"  \
    "\"2020-01-01T00:00:00Z\",\"more\":[1],\"data\":{\"instances\":[[1,2,3]]}}"

START_TEST(events_in_bodies)
{
    const kf_header type = {"content-type", "application/cloudevents+json"};
    const char *answer = ask_with(weigher, PREDICT, EVENT, &type, 1);
    ck_assert_ptr_nonnull(strstr(answer, "200 {\"specversion\":\"1.0\",\"id\":\""));
    ck_assert_ptr_nonnull(
        strstr(answer, "\",\"source\":\"io.kserve.inference.m\",\"type\":"
                       "\"io.kserve.inference.response\",\"time\":\""));
    ck_assert_ptr_nonnull(strstr(answer, "\",\"data\":{\"predictions\":[321.0]}}"));
    ck_assert_str_eq(made.call.reply.content_type, "application/cloudevents+json");
    test_call_finish(&made);
    /* Without the type it is taken as an event, but not answered as one. */
    ck_assert_str_eq(ask(weigher, PREDICT, EVENT), "200 {\"predictions\":[321.0]}");
}
END_TEST

START_TEST(events_as_the_environment_says)
{
    const kf_header type = {
        "content-type", "application/cloudevents+json; charset=utf-8"};
    const kf_header headers[] = {{"ce-specversion", "1.0"}, {"ce-id", "7"},
        {"ce-source", "s"}, {"ce-type", "t"}, {"ce-more", "x"}};
    kf_backend *backend;
    ck_assert_int_eq(setenv("CE_MERGE", "True", 1), 0);
    ck_assert_int_eq(setenv("CE_TYPE", "own.type", 1), 0);
    ck_assert_int_eq(setenv("CE_SOURCE", "own.source", 1), 0);
    ck_ok(kf__backend_of_model("m", test_model(false), &backend));
    const char *answer = ask_with(backend, PREDICT, EVENT, &type, 1);
    ck_assert_ptr_nonnull(
        strstr(answer, "\"source\":\"own.source\",\"type\":\"own.type\""));
    ck_assert_ptr_nonnull(strstr(answer, "\"more\":[1],\"data\":{\"predictions\""));
    ck_assert_ptr_null(strstr(answer, "2020"));
    test_call_finish(&made);
    (void)ask_with(backend, PREDICT, "{\"instances\":[[1,2,3]]}", headers, 5);
    ck_assert_str_eq(header("ce-more"), "x");
    ck_assert_str_eq(header("ce-type"), "own.type");
    test_call_finish(&made);
    kf__backend_free(backend);
}
END_TEST

static kf_status fails(void *self, kf_inference *inference)
{
    (void)inference;
    return self == NULL ? kf_model_fail(KF_EIO, "the disk is gone")
                        : kf_inference_refuse(inference, "too heavy");
}

START_TEST(models_that_fail)
{
    const kf_model_table table = {.size = sizeof table, .predict = fails};
    for (int i = 0; i < 2; i++) {
        kf_model *model;
        kf_backend *backend;
        ck_ok(kf_model_new(&table, i == 0 ? NULL : &made, &model));
        ck_ok(kf__backend_of_model("m", model, &backend));
        ck_assert_str_eq(ask(backend, PREDICT, "{\"instances\":[1]}"),
            i == 0 ? "500 {\"error\":\"the disk is gone\"}"
                   : "400 {\"error\":\"too heavy\"}");
        kf__backend_free(backend);
    }
}
END_TEST

START_TEST(counts_what_it_does)
{
    kf_metrics *metrics;
    kf_buf out = KF__BUF_INIT;
    ck_ok(kf__metrics_new(&metrics));
    ck_ok(kf__backend_model_measure(weigher, metrics));
    (void)ask(weigher, PREDICT, "{\"instances\":[[1,2,3]]}");
    (void)ask(weigher, PREDICT, "{\"instances\":[[1,2,3]]}");
    (void)ask(weigher, PREDICT, "{");
    kf__metrics_put(metrics, &out);
    static const char *const lines[] = {
        "request_preprocess_seconds_count{model_name=\"m\"} 2.0\n",
        "request_predict_seconds_count{model_name=\"m\"} 2.0\n",
        "request_explain_seconds_count{model_name=\"m\"} 0.0\n",
        "request_postprocess_seconds_count{model_name=\"m\"} 2.0\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_msg(strstr(out.data, lines[i]) != NULL, "%s", out.data);
    kf__buf_finish(&out);
    kf__metrics_free(metrics);
}
END_TEST

START_TEST(packed_bodies)
{
    static const kf_header packed[] = {{"Content-Encoding", "gzip"}};
    static const kf_header plain[] = {{"Content-Encoding", "identity"}};
    static const char *const paths[] = {PREDICT, INFER};
    for (size_t i = 0; i < 2; i++) {
        ck_assert_str_eq(ask_with(weigher, paths[i], "\x1f\x8b", packed, 1),
            "415 {\"error\":\"the body is in the content coding 'gzip': expected it as "
            "it is\"}");
        test_call_finish(&made);
    }
    ck_assert_str_eq(ask_with(weigher, PREDICT, "{\"instances\":[]}", plain, 1),
        "200 {\"predictions\":[]}");
    test_call_finish(&made);
}
END_TEST

KF_TEST_MAIN_WITH("serving/backend_model", setup, teardown, whole_answers,
    what_is_refused, names_with_a_colon, methods, binary_extension,
    wrong_length_of_json, ids, events_in_headers, events_in_bodies,
    events_as_the_environment_says, models_that_fail, counts_what_it_does,
    packed_bodies)
