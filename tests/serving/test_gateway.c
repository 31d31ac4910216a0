/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/gateway.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "model_test.h"
#include "serving/backend_model.h"

static kf_gateway *gateway;
static kf_backend *weigher;
static atomic_llong deadline;

static kf_backend *route(void *payload, kf_call *call)
{
    atomic_store(&deadline, call->deadline_ns);
    if (strcmp(call->path, "/query") != 0)
        return payload;
    call->reply.status = 200;
    kf__buf_puts(&call->reply.body, call->query != NULL ? call->query : "none");
    call->done(call);
    return NULL;
}

static void start(const char *token, kf_metrics *metrics)
{
    kf_gateway_options options = {.route = route,
        .payload = weigher,
        .token = token,
        .metrics = metrics,
        .timeout_ms = 60000,
        .body_limit = 120 << 20};
    ck_ok(kf__gateway_start(&options, &gateway));
}

static void setup(void)
{
    ck_ok(kf__backend_of_model("m", test_model(false), &weigher));
}

static void teardown(void)
{
    kf__gateway_free(gateway);
    kf__backend_free(weigher);
}

/* ---- a client ---- */

static int connected(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_port = htons(kf__gateway_port(gateway)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {20, 0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    size_t length = strlen(text);
    ck_assert_int_eq(send(fd, text, length, MSG_NOSIGNAL), (ssize_t)length);
}

/* All that comes until `end` is in it `times` times. */
static const char *heard(int fd, const char *end, int times)
{
    static char text[65536];
    size_t length = 0;
    for (;;) {
        int found = 0;
        text[length] = '\0';
        for (const char *at = text; (at = strstr(at, end)) != NULL; at++)
            found++;
        if (found >= times)
            return text;
        ssize_t got = recv(fd, text + length, sizeof text - 1 - length, 0);
        ck_assert_msg(got > 0, "nothing more after: %s", text);
        length += (size_t)got;
    }
}

static const char *ask(const char *request, const char *end)
{
    int fd = connected();
    say(fd, request);
    const char *text = heard(fd, end, 1);
    (void)close(fd);
    return text;
}

#define POST "POST /v1/models/m:predict HTTP/1.1\r\nHost: x\r\n"
#define ROW "{\"instances\":[[1,2,3]]}" /* 23 bytes. */
#define WHOLE POST "Content-Length: 23\r\n\r\n" ROW
#define ANSWER "{\"predictions\":[321.0]}"

START_TEST(answers)
{
    start(NULL, NULL);
    const char *text = ask(WHOLE, ANSWER);
    ck_assert_ptr_eq(strstr(text, "HTTP/1.1 200"), text);
    ck_assert_ptr_nonnull(strstr(text, "Content-Type: application/json\r\n"));
    ck_assert_int_gt(atomic_load(&deadline), 0);
    (void)ask("GET /v1/models/m// HTTP/1.1\r\nHost: x\r\n\r\n", "\"ready\":true}");
    (void)ask("GET /query?a=%20b&c HTTP/1.1\r\nHost: x\r\n\r\n", "a=%20b&c");
    (void)ask("GET /query HTTP/1.1\r\nHost: x\r\n\r\n", "none");
    (void)ask("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", "has a NUL in it");
    (void)ask("GET /v1/models/%6d HTTP/1.1\r\nHost: x\r\n\r\n", "\"ready\":true}");
    text = ask("OPTIONS /v1/models/m HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\n");
    ck_assert_ptr_nonnull(strstr(text, "HTTP/1.1 204"));
    ck_assert_ptr_nonnull(strstr(text, "Allow: GET, HEAD, OPTIONS"));
    text = ask("HEAD /v1/models/m HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\n");
    ck_assert_ptr_nonnull(strstr(text, "HTTP/1.1 200"));
    ck_assert_ptr_nonnull(strstr(text, "Content-Length: 25\r\n"));
}
END_TEST

START_TEST(needs_the_token)
{
    static const struct {
        const char *head;
        const char *status;
    } table[] = {{POST, "401"}, {POST "Authorization: Bearer secret\r\n", "200"},
        {POST "Authorization: Bearer secre\r\n", "401"},
        {POST "Authorization: Bearer secretsecret\r\n", "401"},
        {POST "Authorization: Bearer \r\n", "401"},
        {POST "Authorization: Basic secret\r\n", "401"},
        {POST "Authorization: Bearer secreT\r\n", "401"}};
    start("secret", NULL);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char request[512], status[24];
        (void)snprintf(request, sizeof request, "%sContent-Length: 23\r\n\r\n%s",
            table[i].head, ROW);
        (void)snprintf(status, sizeof status, "HTTP/1.1 %s", table[i].status);
        (void)ask(request, status);
    }
    const char *text = ask(WHOLE, "none or another\"}");
    ck_assert_ptr_nonnull(strstr(text, "WWW-Authenticate: Bearer\r\n"));
    (void)ask("GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200");
}
END_TEST

START_TEST(counts_requests)
{
    kf_metrics *metrics;
    kf_buf out = KF__BUF_INIT;
    ck_ok(kf__metrics_new(&metrics));
    start(NULL, metrics);
    (void)ask(WHOLE, ANSWER);
    (void)ask(POST "Content-Length: 1\r\n\r\n{", "HTTP/1.1 400");
    kf__metrics_put(metrics, &out);
    ck_assert_ptr_nonnull(
        strstr(out.data, "http_requests_total{status=\"200\"} 1.0\n"));
    ck_assert_ptr_nonnull(
        strstr(out.data, "http_requests_total{status=\"400\"} 1.0\n"));
    ck_assert_ptr_nonnull(strstr(out.data, "http_request_seconds_count 2.0\n"));
    kf__buf_finish(&out);
    kf__gateway_free(gateway);
    gateway = NULL;
    kf__metrics_free(metrics);
}
END_TEST

/* Requests one behind the other are answered in that order. */
START_TEST(pipelining)
{
    start(NULL, NULL);
    int fd = connected();
    for (int i = 0; i < 50; i++)
        say(fd, WHOLE);
    (void)heard(fd, ANSWER, 50);
    say(fd, WHOLE WHOLE "GET /query?last HTTP/1.1\r\nHost: x\r\n\r\n");
    const char *text = heard(fd, "last", 1);
    ck_assert(strstr(text, ANSWER) < strstr(text, "last"));
    (void)close(fd);
}
END_TEST

/* What is half sent holds up nobody, and comes to an end. */
START_TEST(half_sent)
{
    start(NULL, NULL);
    int slow[64];
    for (int i = 0; i < 64; i++) {
        slow[i] = connected();
        say(slow[i],
            i % 2 == 0 ? "POST /v1/mod" : POST "Content-Length: 23\r\n\r\n{\"inst");
    }
    (void)ask(WHOLE, ANSWER);
    for (int i = 0; i < 32; i++)
        (void)close(slow[i]);
    for (int i = 33; i < 64; i += 2) {
        say(slow[i], "ances\":[[1,2,3]]}");
        (void)heard(slow[i], ANSWER, 1);
    }
    for (int i = 32; i < 64; i++)
        (void)close(slow[i]);
    (void)ask(WHOLE, ANSWER);
    int fd = connected();
    const char *body = ROW;
    say(fd, POST "Content-Length: 23\r\n\r\n");
    for (; *body != '\0'; body++) {
        ck_assert_int_eq(send(fd, body, 1, MSG_NOSIGNAL), 1);
        (void)usleep(500);
    }
    (void)heard(fd, ANSWER, 1);
    (void)close(fd);
}
END_TEST

START_TEST(expectations)
{
    start(NULL, NULL);
    int fd = connected();
    say(fd, POST "Expect: 100-continue\r\nContent-Length: 23\r\n\r\n");
    (void)heard(fd, "HTTP/1.1 100", 1);
    say(fd, ROW);
    (void)heard(fd, ANSWER, 1);
    (void)close(fd);
    /* What is too large is refused before it is sent. */
    (void)ask(POST "Expect: 100-continue\r\nContent-Length: 999999999\r\n\r\n",
        "HTTP/1.1 413");
    (void)ask(
        POST "Transfer-Encoding: chunked\r\n\r\n17\r\n" ROW "\r\n0\r\n\r\n", ANSWER);
}
END_TEST

/* 100 MB of blanks before the row, and as much of a row that never ends. */
START_TEST(a_hundred_megabytes)
{
    enum { CHUNK = 1 << 20, CHUNKS = 100 };
    static char blanks[CHUNK];
    char head[256];
    start(NULL, NULL);
    for (int round = 0; round < 2; round++) {
        int fd = connected();
        memset(blanks, round == 0 ? ' ' : '[', sizeof blanks);
        (void)snprintf(
            head, sizeof head, POST "Content-Length: %d\r\n\r\n", CHUNK * CHUNKS + 23);
        say(fd, head);
        for (int i = 0; i < CHUNKS; i++)
            for (size_t sent = 0; sent < sizeof blanks;) {
                ssize_t more =
                    send(fd, blanks + sent, sizeof blanks - sent, MSG_NOSIGNAL);
                ck_assert_int_gt(more, 0);
                sent += (size_t)more;
            }
        say(fd, ROW);
        (void)heard(fd, round == 0 ? ANSWER : "HTTP/1.1 400", 1);
        (void)close(fd);
    }
}
END_TEST

START_TEST(a_thousand_connections)
{
    enum { COUNT = 1000 };
    static int fds[COUNT];
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    int count = limit.rlim_cur >= 2 * COUNT + 64 ? COUNT : 100;
    start(NULL, NULL);
    for (int i = 0; i < count; i++)
        fds[i] = connected();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < count; i++)
            say(fds[i], WHOLE);
        for (int i = 0; i < count; i++)
            (void)heard(fds[i], ANSWER, 1);
    }
    for (int i = 0; i < count; i++)
        (void)close(fds[i]);
}
END_TEST

KF_TEST_MAIN_WITH("serving/gateway", setup, teardown, answers, needs_the_token,
    counts_requests, pipelining, half_sent, expectations, a_hundred_megabytes,
    a_thousand_connections)
