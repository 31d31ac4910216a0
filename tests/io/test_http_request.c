/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http_client.h"

#include "base/mem.h"
#include "http_server.h"

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

#define ASK(...) ask(&(kf_http_client_request){__VA_ARGS__})

/* "/STATUS/rest" leads to "/rest", which is echoed. */
static bool answer_redirect(int fd, const char *request, int number)
{
    char status[8], rest[200], headers[300];
    if (sscanf(request, "%*s /%3[0-9]/%199s", status, rest) != 2)
        return reply_text(fd, "200 OK", "", request);
    (void)snprintf(headers, sizeof headers, "Location: /%s\r\n", rest);
    char line[32];
    (void)snprintf(line, sizeof line, "%s Elsewhere", status);
    return reply_text(fd, line, headers, "go on");
}

START_TEST(follows)
{
    serve_with(answer_redirect);
    ck_ok(ASK(.url = server_url("/301/302/307/308/303/end?x=1"), .redirects = 5));
    ck_assert_int_eq(reply.status, 200);
    ck_assert(strncmp(reply.body.data, "GET /end?x=1 HTTP", 17) == 0);
    ck_assert_int_eq(requests_served(), 6);
}
END_TEST

START_TEST(does_not_follow_further)
{
    serve_with(answer_redirect);
    ck_fails(ASK(.url = server_url("/301/302/307/end"), .redirects = 2), KF_ELIMIT,
        "more redirects than are followed");
    ck_ok(ASK(.url = server_url("/301/end")));
    ck_assert_int_eq(reply.status, 301);
    ck_assert_str_eq(reply.body.data, "go on");
    ck_assert_str_eq(kf__http_reply_header(&reply, "location"), "/end");
}
END_TEST

static bool answer_loop(int fd, const char *request, int number)
{
    return reply_text(fd, "302 Found", "Location: /again\r\n", "");
}

START_TEST(loops_end)
{
    serve_with(answer_loop);
    ck_fails(ASK(.url = server_url("/"), .redirects = 10), KF_ELIMIT, "redirects");
    ck_assert_int_eq(requests_served(), 11);
}
END_TEST

START_TEST(what_was_posted)
{
    serve_with(answer_redirect);
    ck_ok(ASK(.url = server_url("/303/end"), .method = "POST", .body = "x",
        .body_length = 1, .redirects = 1));
    ck_assert(strncmp(reply.body.data, "GET /end", 8) == 0);
    ck_ok(ASK(.url = server_url("/307/end"), .method = "POST", .body = "x",
        .body_length = 1, .redirects = 1));
    ck_assert(strncmp(reply.body.data, "POST /end", 9) == 0);
    ck_ok(ASK(.url = server_url("/302/end"), .method = "POST", .body = "x",
        .body_length = 1, .redirects = 1));
    ck_assert_int_eq(reply.status, 302);
}
END_TEST

static bool answer_other_scheme(int fd, const char *request, int number)
{
    const char *where = number == 0 ? "file:///etc/hostname" : "gopher://127.0.0.1/x";
    char headers[100];
    (void)snprintf(headers, sizeof headers, "Location: %s\r\n", where);
    return reply_text(fd, "302 Found", headers, "");
}

START_TEST(only_http)
{
    serve_with(answer_other_scheme);
    for (int i = 0; i < 2; i++)
        ck_fails(ASK(.url = server_url("/"), .redirects = 3), KF_EUNSUPPORTED,
            "only http and https");
}
END_TEST

static kf_status sign(void *payload, kf_http_headers *out)
{
    int *count = payload;
    return kf__http_headers_add(out, "X-Signature: %d", ++*count);
}

/* localhost and 127.0.0.1 are the same server and two origins. */
static bool answer_elsewhere(int fd, const char *request, int number)
{
    char headers[100];
    const char *host = strstr(request, "Host: 127") != NULL ? "localhost" : "127.0.0.1";
    if (strncmp(request, "GET /end", 8) == 0)
        return reply_text(fd, "200 OK", "", request);
    (void)snprintf(headers, sizeof headers, "Location: http://%s:%d/%s\r\n", host,
        server.port, strncmp(request, "GET /two", 8) == 0 ? "one" : "end");
    return reply_text(fd, "302 Found", headers, "");
}

START_TEST(secrets_stay)
{
    static const char *const headers[] = {"Authorization: secret", "X-Key: secret",
        "Accept: text/plain", "Range: bytes=1-2", NULL};
    static const char *const paths[] = {"/one", "/two"};
    serve_with(answer_elsewhere);
    for (int i = 0; i < 2; i++) {
        int count = 0;
        ck_ok(ASK(.url = server_url(paths[i]), .headers = headers, .sign = sign,
            .sign_payload = &count, .redirects = 3));
        ck_assert_int_eq(reply.status, 200);
        ck_assert_ptr_null(strstr(reply.body.data, "secret"));
        ck_assert_ptr_null(strstr(reply.body.data, "Signature"));
        ck_assert_ptr_nonnull(strstr(reply.body.data, "\r\nAccept: text/plain\r\n"));
        ck_assert_ptr_nonnull(strstr(reply.body.data, "\r\nRange: bytes=1-2\r\n"));
        ck_assert_int_eq(count, 1);
    }
    ck_assert_ptr_nonnull(strstr(request_number(0), "\r\nX-Key: secret\r\n"));
    ck_assert_ptr_nonnull(strstr(request_number(0), "\r\nX-Signature: 1\r\n"));
}
END_TEST

static bool answer_busy(int fd, const char *request, int number)
{
    return reply_text(fd, number == 0 ? "503 Busy" : "200 OK", "", request);
}

START_TEST(each_try_is_signed)
{
    int count = 0;
    serve_with(answer_busy);
    ck_ok(ASK(.url = server_url("/"), .sign = sign, .sign_payload = &count, .tries = 3,
        .pause_ms = 1));
    ck_assert_ptr_nonnull(strstr(request_number(0), "\r\nX-Signature: 1\r\n"));
    ck_assert_ptr_nonnull(strstr(request_number(1), "\r\nX-Signature: 2\r\n"));
}
END_TEST

static void check_shown(const char *url, const char *expected)
{
    kf_buf text = KF__BUF_INIT;
    kf__http_put_url(&text, url);
    ck_assert_str_eq(kf__buf_text(&text), expected);
    kf__buf_finish(&text);
}

START_TEST(urls_are_shown_without_secrets)
{
    check_shown("http://a.example/b/c", "http://a.example/b/c");
    check_shown("http://me:pass@a.example/b?sig=1#x", "http://a.example/b");
    check_shown("http:"
                "//me:p@ss@a.example?x",
        "http:"
        "//a.example");
    check_shown("http://a.example/me@b", "http://a.example/me@b");
    check_shown("nothing", "nothing");
    check_shown("", "");
}
END_TEST

START_TEST(origins)
{
    ck_assert(kf__http_same_origin("http://a.example/x", "HTTP://A.example/y?z"));
    ck_assert(kf__http_same_origin("http://u:p@a.example", "http://a.example/"));
    ck_assert(!kf__http_same_origin("http://a.example/", "https://a.example/"));
    ck_assert(!kf__http_same_origin("http://a.example/", "http://a.example:81/"));
    ck_assert(!kf__http_same_origin("http://a.example/", "http://a.example.test/"));
    ck_assert(
        !kf__http_same_origin("http://a.example/", "http://a.example@b.example/"));
    ck_assert(!kf__http_same_origin("a", "a"));
}
END_TEST

static void check_encoded(const char *text, bool keep_slash, const char *expected)
{
    kf_buf out = KF__BUF_INIT;
    kf__http_put_encoded(&out, text, strlen(text), keep_slash);
    ck_assert_str_eq(kf__buf_text(&out), expected);
    kf__buf_finish(&out);
}

START_TEST(encodes)
{
    check_encoded("azAZ09-._~", false, "azAZ09-._~");
    check_encoded("a b/c+d%", false, "a%20b%2Fc%2Bd%25");
    check_encoded("a b/c", true, "a%20b/c");
    check_encoded("\xc3\xa4\n", true, "%C3%A4%0A");
}
END_TEST

START_TEST(out_of_memory)
{
    static const char *const headers[] = {"Authorization: secret", "Accept: a", NULL};
    serve_with(answer_elsewhere);
    kf_http_client_request request = {
        .url = server_url("/two"), .headers = headers, .redirects = 3};
    ck_survives_nomem(ask(&request));
}
END_TEST

KF_TEST_MAIN_WITH("http_request", set_up, tear_down, follows, does_not_follow_further,
    loops_end, what_was_posted, only_http, secrets_stay, each_try_is_signed,
    urls_are_shown_without_secrets, origins, encodes, out_of_memory)
