/* SPDX-License-Identifier: Apache-2.0 */
/* Names and contents are what pkg/logger of KServe 0.20 gives. */
#include "serving/backend_log.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/digest.h"
#include "call_test.h"
#include "io/file.h"
#include "io/json.h"
#include "serving/backend_log_parts.h"
#include "storage_test.h"

static test_backend model;
static kf_backend *logger;
static kf_log_options options;
static char endpoint[100];
static const char *const settings[] = {
    endpoint, "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret", NULL};

/* The store, and beside it a service that makes the content of records. */
static bool answer_marshaller(int fd, const char *request, int number)
{
    if (strncmp(request, "POST /marshal", 13) != 0)
        return answer_store(fd, request, number);
    const char *body = strstr(request, "\r\n\r\n") + 4;
    ck_assert_int_eq(strncmp(body, "[{\"url\":", 8), 0);
    if (strstr(body, "\"id\":\"bad\"") != NULL)
        return reply_text(fd, "500 No", "", "");
    return reply_text(fd, "200 OK",
        strstr(body, "\"id\":\"1\"") != NULL   ? "X-Log-Marshal-Extension: txt.gz\r\n"
        : strstr(body, "\"id\":\"2\"") != NULL ? "X-Log-Marshal-Extension: ../x\r\n"
                                               : "",
        "made elsewhere");
}

static void set_up(void)
{
    begin_storage();
    serve_with(answer_marshaller);
    (void)snprintf(endpoint, sizeof endpoint, "AWS_ENDPOINT_URL=%s", server_url(""));
    options = (kf_log_options){.url = "s3://b/prefix",
        .mode = "all",
        .source = "iris-predictor-00001",
        .service = "iris",
        .name_space = "ns",
        .component = "predictor",
        .store_path = "/logs",
        .env = settings};
    test_backend_init(&model, "{\"predictions\":[1]}", false);
}

static void begin(void)
{
    ck_ok(kf__backend_log(&model.backend, &options, &logger));
}

static void ask(const char *id, const char *body)
{
    test_call made;
    const kf_header headers[] = {
        {"ce-id", id}, {"X-User", "ann"}, {"x-user", "bob"}, {"content-type", "a/b"}};
    test_call_init(&made, "/v1/models/iris:predict", body);
    made.call.headers = headers;
    made.call.header_count = 4;
    kf__serve(logger, &made.call);
    ck_assert_int_eq(made.done, 1);
    test_call_finish(&made);
}

static const char *text_at(const char *key)
{
    static char text[8192];
    const struct stored *object = store_find(key);
    ck_assert_msg(object != NULL, "%s", key);
    (void)snprintf(text, sizeof text, "%.*s", (int)object->size, object->data);
    return text;
}

static const kf_value *json_at(kf_tree *tree, const char *key)
{
    kf_value *value = NULL;
    const char *text = text_at(key);
    ck_ok(kf__json_read(tree, text, strlen(text), &value));
    return value;
}

static void is_json(const kf_value *value, const char *name, const char *expected)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, kf_value_get(value, name), KF_JSON_COMPACT);
    ck_assert_str_eq(kf__buf_text(&text), expected);
    kf__buf_finish(&text);
}

/* A record without headers and annotations, as the agent writes it. */
START_TEST(one_by_one)
{
    kf_tree tree = KF__TREE_INIT;
    begin();
    ask("7", "{}");
    kf__backend_free(logger);
    ck_assert_uint_eq(store.count, 2);
    const kf_value *record =
        json_at(&tree, "prefix/ns/iris/predictor/logs/7-request.json");
    static const char *const members[][2] = {
        {"url", "{\"Scheme\":\"s3\",\"Opaque\":\"\",\"User\":null,\"Host\":\"b\","
                "\"Path\":\"/prefix\",\"Fragment\":\"\",\"RawQuery\":\"\","
                "\"RawPath\":\"\",\"RawFragment\":\"\",\"ForceQuery\":false,"
                "\"OmitHost\":false}"},
        {"bytes", "\"e30=\""}, {"contentType", "\"a/b\""},
        {"reqType", "\"org.kubeflow.serving.inference.request\""}, {"id", "\"7\""},
        {"sourceUri",
            "{\"Scheme\":\"\",\"Opaque\":\"\",\"User\":null,\"Host\":\"\","
            "\"Path\":\"iris-predictor-00001\",\"Fragment\":\"\",\"RawQuery\":\"\","
            "\"RawPath\":\"\",\"RawFragment\":\"\",\"ForceQuery\":false,"
            "\"OmitHost\":false}"},
        {"inferenceService", "\"iris\""}, {"namespace", "\"ns\""},
        {"component", "\"predictor\""}, {"certName", "\"service-ca.crt\""}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        ck_assert_str_eq(kf_value_key(record, i), members[i][0]);
        is_json(record, members[i][0], members[i][1]);
    }
    ck_assert_uint_eq(kf_value_length(record), 11);
    ck_assert_str_eq(kf_value_key(record, 10), "occurrenceTime");
    record = json_at(&tree, "prefix/ns/iris/predictor/logs/7-response.json");
    is_json(record, "bytes", "\"eyJwcmVkaWN0aW9ucyI6WzFdfQ==\"");
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(metadata_and_annotations)
{
    static const char *const headers[] = {"X-User", "X-None"};
    kf_tree tree = KF__TREE_INIT;
    options.headers = headers;
    options.header_count = 2;
    options.annotations = "{\"team\":\"a\"}";
    options.insecure = true;
    options.mode = "request";
    begin();
    ask("7", "");
    kf__backend_free(logger);
    const kf_value *record =
        json_at(&tree, "prefix/ns/iris/predictor/logs/7-request.json");
    is_json(record, "metadata", "{\"X-User\":[\"ann\",\"bob\"]}");
    is_json(record, "annotations", "{\"team\":\"a\"}");
    is_json(record, "tlsSkipVerify", "true");
    is_json(record, "bytes", "\"\"");
    kf__tree_finish(&tree);
}
END_TEST

/* Three of two: the rest comes at the end, under the names of the first of each. */
START_TEST(by_size)
{
    kf_tree tree = KF__TREE_INIT;
    options.mode = "request";
    options.batch_size = 2;
    begin();
    ask("1", "{}");
    ask("2", "{}");
    ask("3", "{}");
    for (int i = 0; i < 5000 && kf__backend_log_counts(logger).sent < 2; i++)
        kf__sleep_ms(1);
    ck_assert_uint_eq(kf__backend_log_counts(logger).sent, 2);
    kf__backend_free(logger);
    ck_assert_uint_eq(store.count, 2);
    const kf_value *records =
        json_at(&tree, "prefix/ns/iris/predictor/logs/1-request.json");
    ck_assert_uint_eq(kf_value_length(records), 2);
    is_json(kf_value_at(records, 1), "id", "\"2\"");
    is_json(
        json_at(&tree, "prefix/ns/iris/predictor/logs/3-request.json"), "id", "\"3\"");
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(by_time)
{
    options.mode = "request";
    options.batch_size = 100;
    options.batch_interval_ms = 20;
    begin();
    ask("1", "{}");
    for (int i = 0; i < 5000 && kf__backend_log_counts(logger).sent == 0; i++)
        kf__sleep_ms(1);
    ck_assert_uint_eq(kf__backend_log_counts(logger).sent, 1);
    kf__backend_free(logger);
    ck_assert_uint_eq(store.count, 1);
}
END_TEST

START_TEST(csv)
{
    static const char *const headers[] = {"X-User"};
    options.headers = headers;
    options.header_count = 1;
    options.store_format = "csv";
    options.mode = "request";
    options.batch_size = 2;
    begin();
    ask("1", "{}");
    ask("2", "a");
    kf__backend_free(logger);
#define ROW(bytes, id)                                                                 \
    "s3://b/prefix," bytes ",a/b,org.kubeflow.serving.inference.request," id           \
    ",iris-predictor-00001,iris,ns,predictor,,\"{\"\"X-User\"\":[\"\"ann\"\","         \
    "\"\"bob\"\"]}\",,service-ca.crt,false\n"
    ck_assert_str_eq(text_at("prefix/ns/iris/predictor/logs/1-request.csv"),
        "url,bytes,contentType,reqType,id,sourceUri,inferenceService,namespace,"
        "component,endpoint,metadata,annotations,certName,tlsSkipVerify\n" ROW(
            "e30=", "1") ROW("YQ==", "2"));
}
END_TEST

/* pyarrow reads this file: ten rows, with these columns and ids. */
START_TEST(parquet)
{
    options.store_format = "parquet";
    options.mode = "request";
    options.batch_size = 10;
    begin();
    char id[8];
    for (int i = 0; i < 10; i++) {
        (void)snprintf(id, sizeof id, "%d", i);
        ask(id, i % 2 == 0 ? "{\"instances\":[[1.5]]}" : "");
    }
    kf__backend_free(logger);
    const struct stored *object =
        store_find("prefix/ns/iris/predictor/logs/0-request.parquet");
    ck_assert_ptr_nonnull(object);
    char hex[65];
    kf_sha256 sha;
    kf__sha256_init(&sha);
    kf__sha256_update(&sha, object->data, object->size);
    kf__sha256_hex(&sha, hex);
    ck_assert_str_eq(
        hex, "2f88b118e83ac2730b2b9167d1eaf010f2c70b9b3cc1a68cdfdabd92c234cf62");
}
END_TEST

START_TEST(another_marshaller)
{
    static char url[100];
    (void)snprintf(url, sizeof url, "%s", server_url("/marshal"));
    options.marshaller_url = url;
    options.mode = "request";
    begin();
    ask("1", "{}");
    ask("2", "{}");
    ask("bad", "{}");
    ask("4", "{}");
    for (int i = 0; i < 5000 && kf__backend_log_counts(logger).sent < 3; i++)
        kf__sleep_ms(1);
    ck_assert_uint_eq(kf__backend_log_counts(logger).failed, 1);
    kf__backend_free(logger);
    ck_assert_uint_eq(store.count, 3);
    ck_assert_str_eq(
        text_at("prefix/ns/iris/predictor/logs/1-request.txt.gz"), "made elsewhere");
    ck_assert_str_eq(
        text_at("prefix/ns/iris/predictor/logs/2-request.json"), "made elsewhere");
    ck_assert_str_eq(
        text_at("prefix/ns/iris/predictor/logs/4-request.json"), "made elsewhere");
}
END_TEST

/* Whoever asks chooses the id, and nothing else of the name. */
START_TEST(names)
{
    options.url = "s3://b";
    options.store_path = "a/./b/../c//d/../../../../../../../e";
    options.mode = "request";
    begin();
    ask("../../other?x#y/z", "{}");
    kf__backend_free(logger);
    ck_assert_uint_eq(store.count, 1);
    ck_assert_str_eq(store.objects[0].key, "e/.._.._other_x_y_z-request.json");
}
END_TEST

START_TEST(files)
{
    char url[300];
    (void)snprintf(url, sizeof url, "file://%s", in_folder("log"));
    options.url = url;
    options.mode = "response";
    begin();
    ask("../7", "{}");
    kf__backend_free(logger);
    ck_assert(
        kf__file_exists(in_folder("log/ns/iris/predictor/logs/.._7-response.json")));
}
END_TEST

/* All that was asked before it ends is there afterwards. */
START_TEST(nothing_is_lost_at_the_end)
{
    char id[8];
    options.mode = "request";
    begin();
    for (int i = 0; i < 40; i++) {
        (void)snprintf(id, sizeof id, "%d", i);
        ask(id, "{}");
    }
    kf__backend_free(logger);
    ck_assert_uint_eq(store.count, 40);
}
END_TEST

START_TEST(refuses)
{
    options.url = "abfs://b";
    ck_fails(kf__backend_log(&model.backend, &options, &logger), KF_EUNSUPPORTED,
        "nothing is written to \"abfs://b\"");
    options.url = "s3://b";
    options.store_path = NULL;
    ck_fails(kf__backend_log(&model.backend, &options, &logger), KF_EUNSUPPORTED,
        "for s3:// and gs:// logger.storage is needed as well");
}
END_TEST

KF_TEST_MAIN_WITH("serving/backend_log_store", set_up, end_storage, one_by_one,
    metadata_and_annotations, by_size, by_time, csv, parquet, another_marshaller, names,
    files, nothing_is_lost_at_the_end, refuses)
