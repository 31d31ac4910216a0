/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/backend_forward.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/mem.h"
#include "call_test.h"
#include "http_server.h"
#include "serving/backend_remote.h"

static kf_backend *remote, *forward;
static atomic_int done;

static void set_up(void)
{
    ck_ok(kf__backend_remote(2, &remote));
    atomic_store(&done, 0);
    forward = NULL;
}

static void tear_down(void)
{
    kf__backend_free(forward);
    kf__backend_free(remote);
}

static void count(kf_call *call)
{
    (void)call;
    atomic_fetch_add(&done, 1);
}

static void ask(test_call *made)
{
    made->call.done = count;
    made->call.payload = &done;
    kf__serve(forward, &made->call);
    for (int i = 0; i < 20000 && atomic_load(&done) == 0; i++)
        kf__sleep_ms(1);
    ck_assert_int_eq(atomic_load(&done), 1);
    ck_assert_ptr_eq(made->call.payload, &done);
}

static bool answer_echo(int fd, const char *request, int number)
{
    (void)number;
    return reply_text(fd, "500 Sad",
        "Content-Type: text/x-echo\r\nInference-Header-Content-Length: 7\r\n"
        "GRPC-Status: 3\r\nX-Other: 1\r\n",
        request);
}

static const char *reply_header(const test_call *made, const char *name)
{
    const kf_reply *reply = &made->call.reply;
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return "none";
}

START_TEST(hands_calls_on)
{
    static const kf_header headers[] = {{"x-word", "w"}, {"Host", "elsewhere"},
        {"Connection", "close"}, {"Content-Length", "99"},
        {"inference-header-content-length", "2"}};
    test_call made;
    serve_with(answer_echo);
    ck_ok(kf__backend_forward(remote, server_url("/base/"), &forward));
    test_call_init(&made, "/v2/models/m/infer", "{}");
    made.call.query = "a=b";
    made.call.headers = headers;
    made.call.header_count = 5;
    ask(&made);
    const char *request = kf__buf_text(&made.call.reply.body);
    ck_assert_ptr_eq(
        strstr(request, "POST /base/v2/models/m/infer?a=b HTTP/1.1\r\n"), request);
    ck_assert_str_eq(request_header(request, "x-word"), "w");
    ck_assert_str_eq(request_header(request, "inference-header-content-length"), "2");
    ck_assert_ptr_null(strstr(request, "elsewhere"));
    ck_assert_ptr_null(strstr(request, "close"));
    ck_assert_ptr_null(strstr(request, "99"));
    ck_assert_int_eq(made.call.reply.status, 500);
    ck_assert_str_eq(reply_header(&made, "inference-header-content-length"), "7");
    ck_assert_str_eq(reply_header(&made, "grpc-status"), "3");
    ck_assert_str_eq(reply_header(&made, "x-other"), "none");
    test_call_finish(&made);
}
END_TEST

START_TEST(says_who_does_not_answer)
{
    test_call made;
    ck_ok(kf__backend_forward(remote, "http://127.0.0.1:1", &forward));
    test_call_init(&made, "/v2", NULL);
    ask(&made);
    ck_assert_int_eq(made.call.reply.status, 502);
    ck_assert_ptr_nonnull(strstr(
        kf__buf_text(&made.call.reply.body), "http://127.0.0.1:1 does not answer: "));
    test_call_finish(&made);
}
END_TEST

static kf_status make_and_forget(void)
{
    kf_backend *made = NULL;
    kf_status status = kf__backend_forward(remote, "http://a", &made);
    kf__backend_free(made);
    return status;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(make_and_forget());
}
END_TEST

KF_TEST_MAIN_WITH("backend_forward", set_up, tear_down, hands_calls_on,
    says_who_does_not_answer, out_of_memory)
