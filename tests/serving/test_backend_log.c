/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/backend_log.h"

#include "base/clock.h"
#include "call_test.h"
#include "folder.h"
#include "io/file.h"
#include "io/json.h"

static test_backend model;
static kf_backend *logger;

static void begin(const char *url, const char *mode)
{
    static const char *const headers[] = {"X-User"};
    kf_log_options options = {.url = url,
        .mode = mode,
        .source = "iris-predictor-00001",
        .service = "iris",
        .name_space = "default",
        .component = "predictor",
        .headers = headers,
        .header_count = 1,
        .annotations = "{\"team\":\"a\"}"};
    test_backend_init(&model, "{\"predictions\":[1]}", false);
    ck_ok(kf__backend_log(&model.backend, &options, &logger));
}

static void ask(const char *body)
{
    test_call made;
    const kf_header headers[] = {{"ce-id", "7"}, {"x-user", "ann"}};
    test_call_init(&made, "/v1/models/iris:predict", body);
    made.call.headers = headers;
    made.call.header_count = 2;
    kf__serve(logger, &made.call);
    ck_assert_int_eq(made.done, 1);
    test_call_finish(&made);
}

static const char *url_of(const char *name)
{
    static char url[512];
    (void)snprintf(url, sizeof url, "file://%s", in_folder(name));
    return url;
}

/* Line `number` of the log, in the tree. */
static const kf_value *line(kf_tree *tree, const char *name, size_t number)
{
    kf_buf text = KF__BUF_INIT;
    kf_value *value = NULL;
    ck_ok(kf__file_read(in_folder(name), 1 << 20, &text));
    const char *at = kf__buf_text(&text);
    for (; number > 0; number--)
        at = strchr(at, '\n') + 1;
    ck_ok(kf__json_read(tree, at, strcspn(at, "\n"), &value));
    kf__buf_finish(&text);
    return value;
}

static void has(const kf_value *event, const char *name, const char *value)
{
    ck_assert_str_eq(kf_value_string(kf_value_get(event, name)), value);
}

START_TEST(lines_of_a_file)
{
    kf_tree tree = KF__TREE_INIT;
    begin(url_of("log/a.jsonl"), "all");
    ask("{\"instances\":[[1.5]]}");
    ask("no\nJSON");
    ask(NULL); /* A GET. */
    kf__backend_free(logger);
    const kf_value *event = line(&tree, "log/a.jsonl", 0);
    has(event, "specversion", "1.0");
    has(event, "id", "7");
    has(event, "type", "org.kubeflow.serving.inference.request");
    has(event, "source", "iris-predictor-00001");
    has(event, "inferenceservicename", "iris");
    has(event, "namespace", "default");
    has(event, "component", "predictor");
    has(event, "metadata", "{\"X-User\":[\"ann\"]}");
    has(event, "annotations", "{\"team\":\"a\"}");
    ck_assert_double_eq(
        kf_value_double(kf_value_at(
            kf_value_at(kf_value_get(kf_value_get(event, "data"), "instances"), 0), 0)),
        1.5);
    event = line(&tree, "log/a.jsonl", 1);
    has(event, "type", "org.kubeflow.serving.inference.response");
    has(event, "id", "7");
    ck_assert_ptr_nonnull(kf_value_get(kf_value_get(event, "data"), "predictions"));
    has(line(&tree, "log/a.jsonl", 2), "data", "no\nJSON");
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(modes)
{
    kf_tree tree = KF__TREE_INIT;
    begin(url_of("b.jsonl"), "response");
    ask("{}");
    for (int i = 0; i < 5000 && kf__backend_log_counts(logger).sent == 0; i++)
        kf__sleep_ms(1);
    ck_assert_uint_eq(kf__backend_log_counts(logger).sent, 1);
    kf__backend_free(logger);
    has(line(&tree, "b.jsonl", 0), "type", "org.kubeflow.serving.inference.response");
    kf__tree_finish(&tree);
}
END_TEST

/* What is too much is dropped; nobody waits for it. */
START_TEST(drops)
{
    static char much[(64 << 20) + 2];
    memset(much, 'x', sizeof much - 1);
    begin(url_of("c.jsonl"), "request");
    ask(much);
    ck_assert_uint_eq(kf__backend_log_counts(logger).dropped, 1);
    kf__backend_free(logger);
}
END_TEST

START_TEST(refuses)
{
    kf_log_options options = {.url = "file:///x/.profile",
        .mode = "all",
        .source = "s",
        .service = "s",
        .name_space = "n",
        .component = "predictor"};
    test_backend_init(&model, "", false);
    ck_fails(kf__backend_log(&model.backend, &options, &logger), KF_EUNSUPPORTED,
        "file:///….jsonl");
    options.url = "s3://bucket";
    ck_fails(kf__backend_log(&model.backend, &options, &logger), KF_EUNSUPPORTED,
        "expected http://, https:// or file://");
}
END_TEST

KF_TEST_MAIN_WITH("serving/backend_log", make_test_folder, remove_test_folder,
    lines_of_a_file, modes, drops, refuses)
