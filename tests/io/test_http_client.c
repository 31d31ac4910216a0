/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http_client.h"

#include "base/clock.h"
#include "base/mem.h"
#include "http_server.h"

#include <signal.h>

static kf_http_client *client;
static kf_http_reply reply;

static void set_up(void)
{
    ck_ok(kf__http_client_new(&client));
}

static void tear_down(void)
{
    kf__http_reply_finish(&reply);
    kf__http_client_free(client);
}

static kf_status ask(const kf_http_client_request *request)
{
    return kf__http_request(client, request, &reply);
}

#define ASK(...) ask(&(kf_http_client_request){.pause_ms = 1, __VA_ARGS__})

static bool answer_echo(int fd, const char *request, int number)
{
    return reply_text(
        fd, "200 OK", "X-One: 1\r\nx-two:  two words \r\nX-One: 2\r\n", request);
}

static bool contains(const char *text)
{
    return strstr(kf__buf_text(&reply.body), text) != NULL;
}

START_TEST(asks)
{
    serve_with(answer_echo);
    ck_ok(ASK(.url = server_url("/a/b?c=d"),
        .headers = (const char *const[]){"X-Mine: yes", "X-Empty:", NULL}));
    ck_assert_int_eq(reply.status, 200);
    ck_assert_str_eq(kf__http_reply_header(&reply, "x-one"), "1");
    ck_assert_str_eq(kf__http_reply_header(&reply, "x-two"), "two words");
    ck_assert_ptr_null(kf__http_reply_header(&reply, "x"));
    ck_assert(contains("GET /a/b?c=d HTTP/1.1\r\n"));
    ck_assert(contains("\r\nX-Mine: yes\r\n"));
    ck_assert(contains("\r\nX-Empty:\r\n"));
    ck_assert(contains("\r\nUser-Agent: libkf/" KF_VERSION "\r\n"));
}
END_TEST

START_TEST(sends_bodies)
{
    serve_with(answer_echo);
    ck_ok(ASK(.url = server_url("/"), .method = "POST", .body = "a\0b",
        .body_length = 3));
    ck_assert(contains("POST / HTTP/1.1\r\n"));
    ck_assert(contains("Content-Length: 3\r\n"));
    ck_assert(!contains("Expect"));
    ck_ok(ASK(.url = server_url("/"), .method = "PUT", .body = "", .body_length = 0));
    ck_assert(contains("PUT / HTTP/1.1\r\n"));
    ck_assert(contains("Content-Length: 0\r\n"));
    ck_ok(ASK(.url = server_url("/"), .method = "DELETE"));
    ck_assert(contains("DELETE / HTTP/1.1\r\n"));
    ck_ok(ASK(.url = server_url("/")));
    ck_assert(contains("GET / HTTP/1.1\r\n"));
}
END_TEST

static bool answer_head(int fd, const char *request, int number)
{
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n");
    return true;
}

START_TEST(asks_for_the_head_alone)
{
    serve_with(answer_head);
    ck_ok(ASK(.url = server_url("/"), .method = "HEAD"));
    ck_assert_int_eq(reply.status, 200);
    ck_assert_uint_eq(reply.body.length, 0);
    ck_assert_str_eq(kf__http_reply_header(&reply, "content-length"), "12345");
}
END_TEST

START_TEST(connections_are_kept)
{
    serve_with(answer_echo);
    for (int i = 0; i < 3; i++)
        ck_ok(ASK(.url = server_url("/")));
    ck_assert_int_eq(requests_served(), 3);
    /* Nobody takes a new connection from here on. */
    ck_assert_int_eq(shutdown(server.fd, SHUT_RDWR), 0);
    ck_ok(ASK(.url = server_url("/")));
}
END_TEST

static bool answer_status(int fd, const char *request, int number)
{
    int wanted = 0;
    char line[64];
    ck_assert_int_eq(sscanf(request, "%*s /%d", &wanted), 1);
    (void)snprintf(line, sizeof line, "%d Whatever", wanted);
    return reply_text(fd, number < 2 ? line : "200 OK", "", "said");
}

START_TEST(any_status_is_a_reply)
{
    serve_with(answer_status);
    ck_ok(ASK(.url = server_url("/404"), .tries = 3));
    ck_assert_int_eq(reply.status, 404);
    ck_assert_str_eq(kf__buf_text(&reply.body), "said");
    ck_assert(!reply.may_pass);
    ck_assert_int_eq(requests_served(), 1);
    ck_ok(ASK(.url = server_url("/503")));
    ck_assert_int_eq(reply.status, 503);
    ck_assert(reply.may_pass);
}
END_TEST

START_TEST(tries_again)
{
    serve_with(answer_status);
    ck_ok(ASK(.url = server_url("/503"), .tries = 3));
    ck_assert_int_eq(reply.status, 200);
    ck_assert_str_eq(kf__buf_text(&reply.body), "said");
    ck_assert_int_eq(requests_served(), 3);
}
END_TEST

START_TEST(tries_end)
{
    serve_with(answer_status);
    ck_ok(ASK(.url = server_url("/500"), .tries = 2));
    ck_assert_int_eq(reply.status, 500);
    ck_assert_int_eq(requests_served(), 2);
}
END_TEST

START_TEST(nobody_is_there)
{
    serve_with(answer_echo);
    char url[64];
    (void)snprintf(
        url, sizeof url, "http://me:secret@127.0.0.1:%d/x?key=secret", server.port);
    (void)shutdown(server.fd, SHUT_RDWR);
    (void)close(server.fd);
    ck_fails(ASK(.url = url, .tries = 2), KF_EIO, "cannot GET http://127.0.0.1");
    ck_assert_ptr_null(strstr(kf_last_error()->message, "secret"));
    ck_assert(reply.may_pass);
}
END_TEST

START_TEST(what_is_no_request)
{
    ck_fails(ASK(.url = "file:///etc/hostname"), KF_EINVAL, "file:///etc/hostname");
    ck_fails(ASK(.url = "ftp://127.0.0.1/"), KF_EINVAL, "ftp://127.0.0.1/");
    ck_fails(ASK(.url = "http://"), KF_EINVAL, "http://");
    ck_fails(ASK(.url = "http://127.0.0.1:99999/"), KF_EINVAL, "99999");
    const char *const smuggled[] = {"A: b\r\nC: d", NULL};
    ck_fails(ASK(.url = "http://127.0.0.1/", .headers = smuggled), KF_EINVAL, "\"A\"");
    const char *const nameless[] = {"A", NULL};
    ck_fails(ASK(.url = "http://127.0.0.1/", .headers = nameless), KF_EINVAL, "\"A\"");
}
END_TEST

/* 100 bytes are announced, and what comes is cut. */
static bool answer_cut(int fd, const char *request, int number)
{
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
    return false;
}

static bool answer_nothing(int fd, const char *request, int number)
{
    return false;
}

static bool answer_nonsense(int fd, const char *request, int number)
{
    say(fd, "220 smtp.example.com ready\r\n");
    return false;
}

START_TEST(cut_replies)
{
    serve_with(answer_cut);
    ck_fails(ASK(.url = server_url("/"), .tries = 2), KF_EIO, "cannot GET");
    ck_assert_uint_eq(reply.body.length, 0);
    ck_assert_int_eq(requests_served(), 2);
    server_change(server.answer = answer_nothing);
    ck_fails(ASK(.url = server_url("/")), KF_EIO, "cannot GET");
    server_change(server.answer = answer_nonsense);
    ck_fails(ASK(.url = server_url("/")), KF_EIO, "cannot GET");
}
END_TEST

static atomic_bool leave;

static bool answer_late(int fd, const char *request, int number)
{
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
    while (!atomic_load(&leave))
        kf__sleep_ms(5);
    return false;
}

START_TEST(stalls_end)
{
    serve_with(answer_late);
    ck_fails(ASK(.url = server_url("/"), .stall_timeout_ms = 100), KF_ETIMEOUT,
        "no byte came");
    ck_assert(reply.may_pass);
    ck_fails(ASK(.url = server_url("/"), .timeout_ms = 100), KF_ETIMEOUT, "cannot GET");
    atomic_store(&leave, true);
}
END_TEST

static void *cancel_soon(void *cancel)
{
    while (requests_served() == 0)
        kf__sleep_ms(1);
    atomic_store((atomic_bool *)cancel, true);
    return NULL;
}

START_TEST(another_thread_cancels)
{
    atomic_bool cancel = false;
    pthread_t thread;
    serve_with(answer_late);
    ck_assert_int_eq(pthread_create(&thread, NULL, cancel_soon, &cancel), 0);
    ck_fails(ASK(.url = server_url("/"), .tries = 9, .cancel = &cancel), KF_ECANCELED,
        "cancel");
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(requests_served(), 1);
    ck_fails(ASK(.url = server_url("/"), .cancel = &cancel), KF_ECANCELED, "cancel");
    atomic_store(&leave, true);
}
END_TEST

static bool answer_wait(int fd, const char *request, int number)
{
    return reply_text(fd, "503 Busy", "Retry-After: 20\r\n", "");
}

START_TEST(a_pause_is_canceled)
{
    atomic_bool cancel = false;
    pthread_t thread;
    serve_with(answer_wait);
    ck_assert_int_eq(pthread_create(&thread, NULL, cancel_soon, &cancel), 0);
    ck_fails(ASK(.url = server_url("/"), .tries = 9, .cancel = &cancel), KF_ECANCELED,
        "cancel");
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(requests_served(), 1);
}
END_TEST

static bool answer_long(int fd, const char *request, int number)
{
    char line[1000];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    say(fd, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 1000; i++)
        say(fd, "X-Long: %s\r\n", line);
    say(fd, "\r\n");
    return false;
}

START_TEST(ceilings)
{
    serve_with(answer_echo);
    ck_fails(
        ASK(.url = server_url("/"), .body_limit = 10), KF_ELIMIT, "more than 10 bytes");
    server_change(server.answer = answer_long);
    ck_fails(ASK(.url = server_url("/new")), KF_ELIMIT, "KF__LIMIT_HTTP_HEADERS");
}
END_TEST

static bool answer_with_a_signal(int fd, const char *request, int number)
{
    return reply_text(fd, "200 OK", "", "");
}

static kf_status raise_it(void *payload, kf_http_headers *out)
{
    return raise(SIGPIPE) == 0 ? KF_OK : KF_EIO;
}

/* What a thread had blocked stays so, and a SIGPIPE of the request's own ends nothing. */
START_TEST(signals)
{
    sigset_t before, after;
    serve_with(answer_with_a_signal);
    (void)sigemptyset(&before);
    (void)sigaddset(&before, SIGUSR1);
    ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    ck_ok(ASK(.url = server_url("/"), .sign = raise_it));
    ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
    ck_assert_int_eq(sigismember(&after, SIGPIPE), 0);
    ck_assert_int_eq(sigismember(&after, SIGUSR1), 1);
}
END_TEST

START_TEST(out_of_memory)
{
    serve_with(answer_echo);
    kf_http_client_request request = {
        .url = server_url("/"), .headers = (const char *const[]){"A: b", NULL}};
    ck_survives_nomem(ask(&request));
    kf_http_client *other = NULL;
    ck_survives_nomem(kf__http_client_new(&other));
    kf__http_client_free(other);
    kf__http_client_free(NULL);
}
END_TEST

static void *ask_often(void *argument)
{
    kf_http_client *mine = NULL;
    kf_http_reply got = KF__HTTP_REPLY_INIT;
    ck_ok(kf__http_client_new(&mine));
    for (int i = 0; i < 20; i++) {
        kf_http_client_request request = {.url = argument};
        ck_ok(kf__http_request(mine, &request, &got));
        ck_assert_int_eq(got.status, 200);
    }
    kf__http_reply_finish(&got);
    kf__http_client_free(mine);
    return NULL;
}

/* None of them has opened the library when they begin. */
START_TEST(threads)
{
    enum { COUNT = 8 };
    pthread_t list[COUNT];
    char url[64];
    serve_with(answer_echo);
    (void)snprintf(url, sizeof url, "%s", server_url("/"));
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(pthread_create(&list[i], NULL, ask_often, url), 0);
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(pthread_join(list[i], NULL), 0);
    ck_assert_int_eq(requests_served(), COUNT * 20);
}
END_TEST

/* A proxy of the environment is used where a request says so. */
START_TEST(proxies)
{
    serve_with(answer_echo);
    ck_assert_int_eq(setenv("http_proxy", server_url(""), 1), 0);
    ck_assert_int_eq(unsetenv("no_proxy"), 0);
    ck_ok(ASK(.url = "http://model.invalid/x", .proxies = true));
    ck_assert(contains("GET http://model.invalid/x HTTP/1.1\r\n"));
    ck_fails(ASK(.url = "http://model.invalid/x"), KF_EIO, "model.invalid");
}
END_TEST

KF_TEST_MAIN_WITH("http_client", set_up, tear_down, asks, sends_bodies,
    asks_for_the_head_alone, connections_are_kept, any_status_is_a_reply, tries_again,
    tries_end, nobody_is_there, what_is_no_request, cut_replies, stalls_end,
    another_thread_cancels, a_pause_is_canceled, ceilings, signals, out_of_memory,
    threads, proxies)
