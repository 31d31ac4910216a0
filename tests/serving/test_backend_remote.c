/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/backend_remote.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "call_test.h"
#include "http_server.h"
#include "serving/backend_log.h"

static kf_backend *remote;
static atomic_int done;

static void set_up(void)
{
    ck_ok(kf__backend_remote(2, &remote));
    atomic_store(&done, 0);
}

static void tear_down(void)
{
    kf__backend_free(remote);
}

static bool answer_echo(int fd, const char *request, int number)
{
    return reply_text(fd, "418 Tea", "Content-Type: text/x-echo\r\n", request);
}

static void count(kf_call *call)
{
    (void)call;
    atomic_fetch_add(&done, 1);
}

static void wait_for(int answers)
{
    for (int i = 0; i < 10000 && atomic_load(&done) < answers; i++)
        kf__sleep_ms(1);
    ck_assert_int_eq(atomic_load(&done), answers);
}

static bool contains(const test_call *made, const char *text)
{
    return strstr(kf__buf_text(&made->call.reply.body), text) != NULL;
}

START_TEST(asks)
{
    static const kf_header header = {"Kf-Graph-Depth", "3"};
    test_call made[5];
    serve_with(answer_echo);
    for (int i = 0; i < 5; i++) {
        test_call_init(&made[i], server_url("/a/b?c=d"), "{\"instances\":[1]}");
        made[i].call.headers = &header;
        made[i].call.header_count = 1;
        made[i].call.done = count;
        kf__serve(remote, &made[i].call);
    }
    wait_for(5);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(made[i].call.reply.status, 418);
        ck_assert_str_eq(made[i].call.reply.content_type, "text/x-echo");
        ck_assert(contains(&made[i], "POST /a/b?c=d HTTP/1.1\r\n"));
        ck_assert(contains(&made[i], "\r\nKf-Graph-Depth: 3\r\n"));
        test_call_finish(&made[i]);
    }
}
END_TEST

START_TEST(no_answer)
{
    test_call made;
    test_call_init(&made, "nothing://x", "{}");
    made.call.done = count;
    kf__serve(remote, &made.call);
    wait_for(1);
    ck_assert_int_eq(made.call.reply.status, 0);
    ck_assert_uint_gt(made.call.reply.body.length, 0);
    test_call_finish(&made);
    test_call_init(&made, "http://127.0.0.1:1/", "{}");
    made.call.done = count;
    made.call.deadline_ns = 1;
    kf__serve(remote, &made.call);
    wait_for(2);
    ck_assert_str_eq(
        kf__buf_text(&made.call.reply.body), "there is no time left to ask");
    test_call_finish(&made);
}
END_TEST

/* ---- a logger is a client, too ---- */

static char seen[4096];
static atomic_bool has_seen;

static bool answer_sink(int fd, const char *request, int number)
{
    (void)snprintf(seen, sizeof seen, "%s", request);
    atomic_store(&has_seen, true);
    return reply_text(fd, "202 Accepted", "", "");
}

START_TEST(logs)
{
    test_backend model;
    test_call made;
    kf_backend *logger;
    serve_with(answer_sink);
    kf_log_options options = {.url = server_url("/sink"),
        .mode = "request",
        .source = "iris-predictor-00001",
        .service = "iris",
        .name_space = "default",
        .component = "predictor"};
    test_backend_init(&model, "{}", false);
    ck_ok(kf__backend_log(&model.backend, &options, &logger));
    test_call_init(&made, "/v1/models/iris:predict", "{\"instances\":[1]}");
    kf__serve(logger, &made.call);
    test_call_finish(&made);
    for (int i = 0; i < 10000 && kf__backend_log_counts(logger).sent == 0; i++)
        kf__sleep_ms(1);
    ck_assert_uint_eq(kf__backend_log_counts(logger).sent, 1);
    kf__backend_free(logger);
    ck_assert(atomic_load(&has_seen));
    ck_assert_ptr_nonnull(strstr(seen, "POST /sink HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(strstr(seen, "\r\nce-specversion: 1.0\r\n"));
    ck_assert_ptr_nonnull(
        strstr(seen, "\r\nce-type: org.kubeflow.serving.inference.request\r\n"));
    ck_assert_ptr_nonnull(strstr(seen, "\r\nce-inferenceservicename: iris\r\n"));
    ck_assert_ptr_nonnull(strstr(seen, "\r\nContent-Type: application/json\r\n"));
}
END_TEST

KF_TEST_MAIN_WITH("serving/backend_remote", set_up, tear_down, asks, no_answer, logs)
