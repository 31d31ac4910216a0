/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/thread.h"
#include "kf_test.h"

static kf_http_server *server;
static kf_http_request *waiting;
static atomic_bool wait_for_answer;
static atomic_bool there;

/* "METHOD path body-length x-header" */
static void answer(kf_http_request *request)
{
    kf_buf body = KF__BUF_INIT;
    size_t length;
    (void)kf__http_body(request, &length);
    const char *header = kf__http_header(request, "X-Word");
    const char *query = kf__http_query(request, "q");
    kf__buf_printf(&body, "%s %s %zu %s %s", kf__http_method(request),
        kf__http_path(request), length, header ? header : "-", query ? query : "-");
    kf_http_header more = {"X-More", "yes"};
    kf__http_answer(request, 201, "text/plain", &more, 1, &body);
    kf__buf_finish(&body);
}

static void handle(void *payload, kf_http_request *request)
{
    ck_assert_ptr_eq(payload, &server);
    if (!atomic_load(&wait_for_answer)) {
        answer(request);
        return;
    }
    waiting = request;
    atomic_store(&there, true);
}

static void setup(void)
{
    kf_http_server_options options = {
        .handle = handle, .payload = &server, .body_limit = 1000};
    atomic_store(&wait_for_answer, false);
    atomic_store(&there, false);
    ck_ok(kf__http_server_start(&options, &server));
}

static void teardown(void)
{
    kf__http_server_free(server);
}

static int connected(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_port = htons(kf__http_server_port(server)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (int)strlen(text));
}

/* All that comes until `end` is in it. */
static const char *heard(int fd, const char *end)
{
    static char text[4096];
    size_t length = 0;
    text[0] = '\0';
    while (strstr(text, end) == NULL) {
        ssize_t got = recv(fd, text + length, sizeof text - 1 - length, 0);
        ck_assert_msg(got > 0, "closed after: %s", text);
        length += (size_t)got;
        text[length] = '\0';
    }
    return text;
}

START_TEST(answers_at_once)
{
    int fd = connected();
    say(fd, "GET /a%20b?q=1 HTTP/1.1\r\nHost: x\r\nX-Word: w\r\n\r\n");
    const char *text = heard(fd, "GET /a b 0 w 1");
    ck_assert_ptr_eq(strstr(text, "HTTP/1.1 201"), text);
    ck_assert_ptr_nonnull(strstr(text, "Content-Type: text/plain\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "X-More: yes\r\n"));
    say(fd, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    say(fd, "cde");
    (void)heard(fd, "POST /p 5 - -");
    say(fd, "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
            "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    (void)heard(fd, "POST /c 3 - -");
    /* It is over a little after the answer was sent. */
    while (kf__http_server_pending(server) > 0)
        (void)usleep(1000);
    (void)close(fd);
}
END_TEST

START_TEST(answers_later)
{
    atomic_store(&wait_for_answer, true);
    int fd = connected();
    say(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    while (!atomic_load(&there))
        (void)usleep(1000);
    ck_assert_uint_eq(kf__http_server_pending(server), 1);
    answer(waiting);
    (void)heard(fd, "GET /later 0 - -");
    (void)close(fd);
}
END_TEST

/* Whoever waits for an answer and goes away is no reason to fall. */
START_TEST(client_leaves)
{
    atomic_store(&wait_for_answer, true);
    int fd = connected();
    say(fd, "GET /gone HTTP/1.1\r\nHost: x\r\n\r\n");
    while (!atomic_load(&there))
        (void)usleep(1000);
    (void)close(fd);
    answer(waiting);
    atomic_store(&wait_for_answer, false);
    fd = connected();
    say(fd, "GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    (void)heard(fd, "GET /next 0 - -");
    (void)close(fd);
}
END_TEST

START_TEST(body_over_the_limit)
{
    int fd = connected();
    say(fd, "POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
    ck_assert_ptr_nonnull(strstr(heard(fd, "than this server takes"), "HTTP/1.1 413"));
    (void)close(fd);
    fd = connected();
    say(fd, "POST /big HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    char chunk[520] = "200\r\n";
    memset(chunk + 5, 'a', 512);
    memcpy(chunk + 517, "\r\n", 3);
    say(fd, chunk);
    say(fd, chunk);
    say(fd, "0\r\n\r\n");
    ck_assert_ptr_nonnull(strstr(heard(fd, "than this server takes"), "HTTP/1.1 413"));
    (void)close(fd);
}
END_TEST

#define GET "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"

/* What is too much is told so, and what comes after it is answered. */
START_TEST(too_many_connections)
{
    kf_http_server_options options = {
        .handle = handle, .payload = &server, .connections = 2};
    int fds[3];
    kf__http_server_free(server);
    ck_ok(kf__http_server_start(&options, &server));
    for (int i = 0; i < 2; i++) {
        fds[i] = connected();
        say(fds[i], GET);
        (void)heard(fds[i], "GET /a 0 - -");
    }
    fds[2] = connected();
    say(fds[2], GET);
    const char *text = heard(fds[2], "too many connections");
    ck_assert_ptr_eq(strstr(text, "HTTP/1.1 503"), text);
    ck_assert_ptr_nonnull(strstr(text, "Retry-After: 1\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "Connection: close\r\n"));
    for (int i = 0; i < 3; i++)
        (void)close(fds[i]);
    for (bool taken = false; !taken;) {
        int fd = connected();
        say(fd, GET);
        taken = strstr(heard(fd, "\r\n\r\n"), "HTTP/1.1 201") != NULL;
        (void)close(fd);
    }
}
END_TEST

static bool is_refused(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused = connect(fd, (struct sockaddr *)&address, sizeof address) != 0 &&
                   errno == ECONNREFUSED;
    (void)close(fd);
    return refused;
}

START_TEST(ends_in_order)
{
    kf_http_server_options options = {
        .handle = handle, .payload = &server, .port = kf__http_server_port(server)};
    int fd = connected(), other = connected();
    say(fd, GET);
    (void)heard(fd, "GET /a 0 - -");
    atomic_store(&wait_for_answer, true);
    say(other, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    while (!atomic_load(&there))
        (void)usleep(1000);
    kf__http_server_quiesce(server);
    ck_assert(is_refused(options.port));
    ck_assert_uint_eq(kf__http_server_unanswered(server), 1);
    answer(waiting);
    ck_assert_uint_eq(kf__http_server_unanswered(server), 0);
    const char *text = heard(other, "GET /later 0 - -");
    ck_assert_ptr_nonnull(strstr(text, "Connection: close\r\n"));
    kf__http_server_free(server);
    ck_ok(kf__http_server_start(&options, &server));
    (void)close(fd);
    (void)close(other);
}
END_TEST

START_TEST(garbage)
{
    int fd = connected();
    say(fd, "\x01\x02 nonsense\r\n\r\n");
    char byte;
    while (recv(fd, &byte, 1, 0) > 0)
        continue;
    (void)close(fd);
}
END_TEST

START_TEST(bad_options)
{
    kf_http_server *other = NULL;
    kf_http_server_options options = {.handle = handle, .payload = &server};
    options.port = kf__http_server_port(server);
    ck_fails(kf__http_server_start(&options, &other), KF_EBUSY, "is taken by another");
    options.port = 0;
    options.address = "localhost";
    ck_fails(kf__http_server_start(&options, &other), KF_EINVAL, "is no address");
    options.address = NULL;
    options.certificate = "/nonexistent/certificate";
    ck_fails(kf__http_server_start(&options, &other), KF_EINVAL, "needs both");
    options.key = "/nonexistent/key";
    ck_fails(kf__http_server_start(&options, &other), KF_ENOENT, "nonexistent");
}
END_TEST

KF_TEST_MAIN_WITH("io/http_server", setup, teardown, answers_at_once, answers_later,
    client_leaves, body_over_the_limit, too_many_connections, ends_in_order, garbage,
    bad_options)
