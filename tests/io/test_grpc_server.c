/* SPDX-License-Identifier: Apache-2.0 */
#include "io/grpc_server.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/thread.h"
#include "grpc_client.h"

enum { LIMIT = 1000 };
#define EXTRA(...) ((const char *const[][2]){__VA_ARGS__})

static kf_grpc_server *server;
static grpc_client client;
static kf_mutex mutex = PTHREAD_MUTEX_INITIALIZER;
static kf_grpc_request *waiting[4096];
static size_t waiting_count;
static atomic_bool holds; /* Requests are kept for the test to answer. */

/* "path length x-word" of what was asked; of "/fail" a status. */
static void answer(kf_grpc_request *request)
{
    kf_buf out = KF__BUF_INIT;
    size_t length;
    const char *word = kf__grpc_header(request, "x-word");
    const char *message = kf__grpc_message(request, &length);
    if (strcmp(kf__grpc_method(request), "/fail") == 0) {
        kf__grpc_answer(
            request, KF__GRPC_NOT_FOUND, "no '\xc3\xa9' \n is 100% there", &out);
    } else if (strcmp(kf__grpc_method(request), "/large") == 0) {
        kf__buf_fill(&out, 'x', LIMIT + 1);
        kf__grpc_answer(request, KF__GRPC_OK, NULL, &out);
    } else {
        kf__buf_printf(&out, "%s %zu %s %.3s", kf__grpc_method(request), length,
            word != NULL ? word : "-", message);
        kf__grpc_answer(request, KF__GRPC_OK, NULL, &out);
    }
    kf__buf_finish(&out);
}

static void handle(void *payload, kf_grpc_request *request)
{
    ck_assert_ptr_eq(payload, &server);
    if (!atomic_load(&holds)) {
        answer(request);
        return;
    }
    kf__mutex_lock(&mutex);
    waiting[waiting_count++] = request;
    kf__mutex_unlock(&mutex);
}

static size_t held(void)
{
    kf__mutex_lock(&mutex);
    size_t count = waiting_count;
    kf__mutex_unlock(&mutex);
    return count;
}

static void wait_for(size_t count)
{
    while (held() < count)
        kf__sleep_ms(1);
}

static void answer_all(void)
{
    for (size_t i = 0; i < waiting_count; i++)
        answer(waiting[i]);
    waiting_count = 0;
}

static void start(kf_grpc_server_options options)
{
    options.handle = handle;
    options.payload = &server;
    if (options.message_limit == 0)
        options.message_limit = LIMIT;
    atomic_store(&holds, false);
    waiting_count = 0;
    ck_ok(kf__grpc_server_start(&options, &server));
    grpc_open(&client, kf__grpc_server_port(server));
}

static void setup(void)
{
    start((kf_grpc_server_options){0});
}

static void teardown(void)
{
    grpc_close(&client);
    kf__grpc_server_free(server);
}

static void restart(kf_grpc_server_options options)
{
    teardown();
    start(options);
}

static void wait_until_none_is_pending(void)
{
    while (kf__grpc_server_pending(server) > 0)
        kf__sleep_ms(1);
}

/* Whoever sends nonsense does not disturb the others. */
static void check_alive(void)
{
    grpc_client other;
    grpc_call call = {0};
    grpc_open(&other, kf__grpc_server_port(server));
    const char *said = grpc_ask(&other, &call, "/alive", "abcd", 4);
    ck_assert_str_eq(said, "/alive 4 - abc");
    ck_assert_str_eq(call.status, "0");
    grpc_finish(&call);
    grpc_close(&other);
}

/* ---- calls ---- */

START_TEST(answers_at_once)
{
    grpc_call call = {0};
    grpc_put(&call, "abcd", 4);
    grpc_begin(&client, &call, "/s/m", EXTRA({"x-word", "w"}), 1);
    grpc_wait(&client, &call);
    ck_assert_str_eq(call.http_status, "200");
    ck_assert_str_eq(call.status, "0");
    ck_assert_str_eq(call.message, "");
    ck_assert_str_eq(call.encodings, "identity");
    ck_assert_mem_eq(call.answer.data, "\0\0\0\0\x0c/s/m 4 w abc", 17);
    grpc_finish(&call);
    ck_assert_str_eq(grpc_ask(&client, &call, "/s/m", "", 0), "/s/m 0 - ");
    grpc_finish(&call);
}
END_TEST

START_TEST(answers_later)
{
    grpc_call calls[20] = {0};
    atomic_store(&holds, true);
    for (size_t i = 0; i < 20; i++) {
        grpc_put(&calls[i], "a", 1);
        grpc_begin(&client, &calls[i], "/later", NULL, 0);
    }
    wait_for(20);
    ck_assert_uint_eq(kf__grpc_server_pending(server), 20);
    answer_all();
    for (size_t i = 0; i < 20; i++) {
        grpc_wait(&client, &calls[i]);
        ck_assert_str_eq(calls[i].status, "0");
        ck_assert_str_eq(calls[i].answer.data + 5, "/later 1 - a");
        grpc_finish(&calls[i]);
    }
    wait_until_none_is_pending();
}
END_TEST

START_TEST(answers_with_statuses)
{
    grpc_call call = {0};
    (void)grpc_ask(&client, &call, "/fail", "", 0);
    ck_assert_str_eq(call.http_status, "200");
    ck_assert_str_eq(call.status, "5");
    ck_assert_str_eq(call.message, "no '%C3%A9' %0A is 100%25 there");
    ck_assert_uint_eq(call.answer.length, 0);
    grpc_finish(&call);
    (void)grpc_ask(&client, &call, "/large", "", 0);
    ck_assert_str_eq(call.status, "8");
    ck_assert_str_eq(call.message, "Sent message larger than max (1001 vs. 1000)");
    grpc_finish(&call);
}
END_TEST

/* More than a window of HTTP/2 has, both ways. */
START_TEST(takes_large_messages)
{
    enum { BYTES = 40 << 20 };
    restart((kf_grpc_server_options){.message_limit = BYTES});
    char *message = malloc(BYTES);
    ck_assert_ptr_nonnull(message);
    memset(message, 'z', BYTES);
    grpc_call call = {0};
    grpc_put(&call, message, BYTES);
    grpc_begin(&client, &call, "/b", NULL, 0);
    grpc_wait(&client, &call);
    ck_assert_str_eq(call.answer.data + 5, "/b 41943040 - zzz");
    grpc_finish(&call);
    free(message);
}
END_TEST

/* ---- what is refused ---- */

static void check_refused(const char *bytes, size_t length,
    const char *const (*headers)[2], size_t count, const char *status,
    const char *message)
{
    grpc_call call = {0};
    kf__buf_append(&call.sent, bytes, length);
    grpc_begin(&client, &call, "/s/m", headers, count);
    grpc_wait(&client, &call);
    ck_assert_str_eq(call.status, status);
    ck_assert_str_eq(call.message, message);
    grpc_finish(&call);
}

START_TEST(refuses_messages)
{
    check_refused("", 0, NULL, 0, "12", "no message where one is expected");
    check_refused("\0\0\0", 3, NULL, 0, "13", "the message ends before it is whole");
    check_refused(
        "\0\0\0\0\x02y", 6, NULL, 0, "13", "the message ends before it is whole");
    check_refused("\0\0\0\0\x01yz", 7, NULL, 0, "12",
        "more than one message where one is expected");
    check_refused("\0\0\0\x03\xe9", 5, NULL, 0, "8",
        "Received message larger than max (1001 vs. 1000)");
    check_refused("\0\xff\xff\xff\xff", 5, NULL, 0, "8",
        "Received message larger than max (4294967295 vs. 1000)");
    check_refused("\x01\0\0\0\x01y", 6, NULL, 0, "13",
        "a message is compressed, and nothing says how");
    check_refused("\x01\0\0\0\x01y", 6, EXTRA({"grpc-encoding", "gzip"}), 1, "12",
        "messages that are compressed by gzip are not understood here");
    check_alive();
}
END_TEST

START_TEST(refuses_headers)
{
    char large[17000];
    memset(large, 'a', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    check_refused("\0\0\0\0", 5, EXTRA({"grpc-timeout", "1x"}), 1, "13",
        "grpc-timeout is no time");
    check_refused("\0\0\0\0", 5, EXTRA({"x-word", large}), 1, "8",
        "the metadata is larger than this server takes");
    static const struct {
        const char *name, *value, *status;
    } http[] = {{":method", "GET", "405"}, {"content-type", "application/json", "415"}};
    for (size_t i = 0; i < 2; i++) {
        grpc_call call = {0};
        grpc_put(&call, "", 0);
        grpc_begin(&client, &call, "/s/m", EXTRA({http[i].name, http[i].value}), 1);
        grpc_wait(&client, &call);
        ck_assert_str_eq(call.http_status, http[i].status);
        ck_assert_str_eq(call.status, "");
        grpc_finish(&call);
    }
}
END_TEST

/* The answer does not wait for a request that goes on. */
START_TEST(refuses_before_the_end)
{
    grpc_call call = {.holds = true};
    kf__buf_append(&call.sent, "\0\xff\xff\xff\xff", 5);
    grpc_begin(&client, &call, "/s/m", NULL, 0);
    grpc_wait(&client, &call);
    ck_assert_str_eq(call.status, "8");
    ck_assert_uint_eq(call.error, NGHTTP2_NO_ERROR);
    grpc_finish(&call);
    check_alive();
}
END_TEST

START_TEST(refuses_calls_that_are_too_large_together)
{
    grpc_call calls[17] = {0};
    char bytes[LIMIT + 5] = {0, 0, 0, 3, (char)0xe8};
    for (size_t i = 0; i < 17; i++) {
        calls[i].holds = true;
        kf__buf_append(&calls[i].sent, bytes, sizeof bytes - 1);
        grpc_begin(&client, &calls[i], "/s/m", NULL, 0);
    }
    grpc_wait(&client, &calls[16]);
    ck_assert_str_eq(calls[16].status, "8");
    ck_assert_ptr_nonnull(strstr(calls[16].message, "too large together"));
    for (size_t i = 0; i < 16; i++)
        ck_assert(!calls[i].is_over);
    check_alive();
    grpc_close(&client);
    grpc_open(&client, kf__grpc_server_port(server));
    for (size_t i = 0; i < 17; i++)
        grpc_finish(&calls[i]);
}
END_TEST

/* ---- time ---- */

START_TEST(tells_deadlines)
{
    grpc_call slow = {0}, partial = {.holds = true}, patient = {0};
    atomic_store(&holds, true);
    grpc_put(&slow, "a", 1);
    grpc_put(&patient, "a", 1);
    grpc_begin(&client, &patient, "/m", EXTRA({"grpc-timeout", "1H"}), 1);
    wait_for(1);
    grpc_begin(&client, &slow, "/m", EXTRA({"grpc-timeout", "20m"}), 1);
    grpc_begin(&client, &partial, "/m", EXTRA({"grpc-timeout", "20m"}), 1);
    grpc_wait(&client, &slow);
    grpc_wait(&client, &partial);
    ck_assert_str_eq(slow.status, "4");
    ck_assert_str_eq(slow.message, "Deadline Exceeded");
    ck_assert_str_eq(partial.status, "4");
    ck_assert(!patient.is_over);
    /* If it was handled by then, it still is. */
    ck_assert_uint_eq(kf__grpc_server_pending(server), held());
    ck_assert_int_gt(
        kf__grpc_deadline_ns(waiting[0]), kf__monotonic_ns() + INT64_C(3000000000000));
    answer_all();
    grpc_wait(&client, &patient);
    ck_assert_str_eq(patient.status, "0");
    wait_until_none_is_pending();
    grpc_finish(&slow);
    grpc_finish(&partial);
    grpc_finish(&patient);
}
END_TEST

START_TEST(resets_what_stands_still)
{
    grpc_call call = {.holds = true};
    restart((kf_grpc_server_options){.stall_seconds = 1});
    kf__buf_append(&call.sent, "\0\0\0", 3);
    grpc_begin(&client, &call, "/m", NULL, 0);
    grpc_wait(&client, &call);
    ck_assert_uint_eq(call.error, NGHTTP2_CANCEL);
    grpc_finish(&call);
}
END_TEST

START_TEST(lets_idle_connections_go)
{
    restart((kf_grpc_server_options){.idle_seconds = 1});
    grpc_flush(&client);
    while (!client.is_closed) {
        grpc_receive(&client);
        grpc_flush(&client);
    }
    ck_assert(client.has_gone_away);
    ck_assert_uint_eq(client.gone_away_error, NGHTTP2_NO_ERROR);
}
END_TEST

/* ---- the other side goes ---- */

START_TEST(drops_answers_of_streams_that_are_reset)
{
    grpc_call call = {0};
    atomic_store(&holds, true);
    grpc_put(&call, "a", 1);
    grpc_begin(&client, &call, "/m", NULL, 0);
    wait_for(1);
    ck_assert_int_eq(nghttp2_submit_rst_stream(
                         client.session, NGHTTP2_FLAG_NONE, call.id, NGHTTP2_CANCEL),
        0);
    grpc_flush(&client);
    ck_assert(call.is_over);
    answer_all();
    wait_until_none_is_pending();
    atomic_store(&holds, false);
    check_alive();
    grpc_finish(&call);
}
END_TEST

START_TEST(drops_answers_of_connections_that_are_gone)
{
    grpc_call calls[3] = {0};
    atomic_store(&holds, true);
    for (size_t i = 0; i < 3; i++) {
        grpc_put(&calls[i], "a", 1);
        grpc_begin(&client, &calls[i], "/m", NULL, 0);
    }
    wait_for(3);
    grpc_close(&client);
    grpc_open(&client, kf__grpc_server_port(server));
    kf__sleep_ms(20);
    answer_all();
    wait_until_none_is_pending();
    for (size_t i = 0; i < 3; i++)
        grpc_finish(&calls[i]);
}
END_TEST

START_TEST(answers_what_is_under_way_when_it_ends)
{
    grpc_call call = {0}, late = {0};
    atomic_store(&holds, true);
    grpc_put(&call, "a", 1);
    grpc_begin(&client, &call, "/m", NULL, 0);
    wait_for(1);
    kf__grpc_server_quiesce(server);
    while (!client.has_gone_away)
        grpc_receive(&client);
    ck_assert_uint_eq(client.gone_away_error, NGHTTP2_NO_ERROR);
    ck_assert(!call.is_over);
    answer_all();
    grpc_wait(&client, &call);
    ck_assert_str_eq(call.status, "0");
    while (!client.is_closed)
        grpc_receive(&client);
    wait_until_none_is_pending();
    grpc_finish(&call);
    grpc_finish(&late);
}
END_TEST

/* ---- many, and nonsense ---- */

START_TEST(serves_a_thousand_calls_at_once)
{
    enum { COUNT = 1000 };
    static grpc_call calls[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        grpc_put(&calls[i], "abc", 3);
        grpc_begin(&client, &calls[i], "/m", NULL, 0);
    }
    for (size_t i = 0; i < COUNT; i++) {
        grpc_wait(&client, &calls[i]);
        ck_assert_str_eq(calls[i].status, "0");
        ck_assert_str_eq(calls[i].answer.data + 5, "/m 3 - abc");
        grpc_finish(&calls[i]);
    }
}
END_TEST

/* CVE-2023-44487: streams that are reset as soon as they are opened. */
START_TEST(stops_rapid_resets)
{
    enum { MOST = 5000 };
    static grpc_call calls[MOST];
    size_t opened = 0;
    atomic_store(&holds, true);
    while (opened < MOST && !client.has_gone_away && !client.is_closed) {
        grpc_call *call = &calls[opened++];
        call->holds = true;
        grpc_begin(&client, call, "/m", NULL, 0);
        (void)nghttp2_submit_rst_stream(
            client.session, NGHTTP2_FLAG_NONE, call->id, NGHTTP2_CANCEL);
        grpc_flush(&client);
        if (opened % 50 == 0) {
            uint8_t byte;
            while (!client.is_closed && !client.has_gone_away &&
                   recv(client.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
                grpc_receive(&client);
        }
    }
    while (!client.has_gone_away && !client.is_closed)
        grpc_receive(&client);
    ck_assert_uint_ge(opened, 900);
    ck_assert_uint_lt(opened, MOST);
    ck_assert_uint_eq(held(), 0);
    atomic_store(&holds, false);
    check_alive();
    for (size_t i = 0; i < opened; i++)
        grpc_finish(&calls[i]);
}
END_TEST

/* The same with calls that are handled: their number is bounded. */
START_TEST(bounds_calls_of_streams_that_are_reset)
{
    static grpc_call calls[200];
    restart((kf_grpc_server_options){.streams = 10});
    atomic_store(&holds, true);
    for (size_t i = 0; i < 200; i++) {
        grpc_put(&calls[i], "a", 1);
        grpc_begin(&client, &calls[i], "/m", NULL, 0);
        (void)nghttp2_submit_rst_stream(
            client.session, NGHTTP2_FLAG_NONE, calls[i].id, NGHTTP2_CANCEL);
        grpc_flush(&client);
    }
    atomic_store(&holds, false);
    grpc_call last = {0};
    atomic_store(&holds, true);
    grpc_put(&last, "a", 1);
    grpc_begin(&client, &last, "/m", NULL, 0);
    grpc_wait(&client, &last);
    ck_assert_uint_eq(last.error, NGHTTP2_REFUSED_STREAM);
    ck_assert_uint_le(held(), 20);
    answer_all();
    wait_until_none_is_pending();
    grpc_finish(&last);
    for (size_t i = 0; i < 200; i++)
        grpc_finish(&calls[i]);
}
END_TEST

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\0\x04\0\0\0\0\0"

static const struct {
    const char *bytes;
    size_t length;
} nonsense[] = {
#define CASE(text)                                                                     \
    {                                                                                  \
        text, sizeof(text) - 1                                                         \
    }
    CASE("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"), /* TLS. */
    CASE("\0"),
    CASE("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"),
    CASE(PREFACE "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
    CASE(PREFACE SETTINGS "\0\x40\x01\x04\0\0\0\0\0"), /* A frame that is too long. */
    CASE(PREFACE SETTINGS "\0\0\x04\x01\x05\0\0\0\x01\xff\xff\xff\xff"), /* No HPACK. */
    CASE(PREFACE SETTINGS "\0\0\x01\0\x01\0\0\0\x01z"),      /* DATA of no stream. */
    CASE(PREFACE SETTINGS "\0\0\x01\x09\x04\0\0\0\x01\x82"), /* CONTINUATION of none. */
    CASE(PREFACE SETTINGS "\0\0\x04\x08\0\0\0\0\0\0\0\0\0"), /* A window of 0. */
    CASE(PREFACE SETTINGS "\0\0\x01\x01\x05\0\0\0\x02\x82"), /* An even stream. */
    CASE(PREFACE SETTINGS "\0\0\x06\x04\0\0\0\0\0\0\x04\xff\xff\xff\xff"),
};

START_TEST(survives_nonsense)
{
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        char byte;
        int fd = grpc_connect(kf__grpc_server_port(server));
        ck_assert_int_eq(send(fd, nonsense[i].bytes, nonsense[i].length, MSG_NOSIGNAL),
            (ssize_t)nonsense[i].length);
        (void)shutdown(fd, SHUT_WR);
        while (recv(fd, &byte, 1, 0) > 0)
            continue;
        (void)close(fd);
    }
    check_alive();
}
END_TEST

/* Frames that are cut anywhere, byte by byte. */
START_TEST(takes_bytes_one_by_one)
{
    static const char bytes[] = PREFACE SETTINGS
        /* :method POST, :scheme http, :path /m, content-type application/grpc */
        "\0\0\x27\x01\x04\0\0\0\x01\x83\x86\x04\x02/m\x0f\x10\x10"
        "application/grpc"
        "\x0f\x10\x01"
        "p"
        "\0\0\x07\0\x01\0\0\0\x01\0\0\0\0\x02hi";
    int fd = grpc_connect(kf__grpc_server_port(server));
    for (size_t i = 0; i + 1 < sizeof bytes; i++)
        ck_assert_int_eq(send(fd, bytes + i, 1, MSG_NOSIGNAL), 1);
    (void)close(fd);
    check_alive();
}
END_TEST

START_TEST(survives_noise)
{
    unsigned seed = 1;
    for (int round = 0; round < 200; round++) {
        char bytes[600] = PREFACE SETTINGS;
        size_t length = sizeof PREFACE SETTINGS - 1;
        while (length < sizeof bytes) {
            seed = seed * 1103515245 + 12345;
            /* Short frames of known types, and their payloads. */
            bytes[length] = length % 16 < 2 ? 0 : (char)((seed >> 16) % 12);
            length++;
        }
        int fd = grpc_connect(kf__grpc_server_port(server));
        (void)send(fd, bytes, sizeof bytes, MSG_NOSIGNAL);
        (void)close(fd);
    }
    check_alive();
}
END_TEST

START_TEST(refuses_connections_past_the_limit)
{
    restart((kf_grpc_server_options){.connections = 2});
    grpc_call call = {0};
    (void)grpc_ask(&client, &call, "/m", "", 0);
    grpc_finish(&call);
    int second = grpc_connect(kf__grpc_server_port(server));
    int third = grpc_connect(kf__grpc_server_port(server));
    char byte;
    ck_assert_int_eq(recv(third, &byte, 1, 0), 0);
    ck_assert_int_eq(recv(second, &byte, 1, 0), 1);
    (void)close(second);
    (void)close(third);
}
END_TEST

START_TEST(a_port_that_is_taken)
{
    kf_grpc_server *other = NULL;
    kf_grpc_server_options options = {
        .port = kf__grpc_server_port(server), .handle = handle};
    ck_fails(kf__grpc_server_start(&options, &other), KF_EBUSY, "is taken");
    options.address = "localhost";
    ck_fails(kf__grpc_server_start(&options, &other), KF_EINVAL, "is no address");
    ck_assert_ptr_null(other);
}
END_TEST

START_TEST(several_loops)
{
    grpc_client clients[8];
    restart((kf_grpc_server_options){.threads = 3});
    for (size_t i = 0; i < 8; i++)
        grpc_open(&clients[i], kf__grpc_server_port(server));
    for (size_t round = 0; round < 20; round++)
        for (size_t i = 0; i < 8; i++) {
            grpc_call call = {0};
            ck_assert_str_eq(
                grpc_ask(&clients[i], &call, "/m", "abc", 3), "/m 3 - abc");
            grpc_finish(&call);
        }
    for (size_t i = 0; i < 8; i++)
        grpc_close(&clients[i]);
}
END_TEST

KF_TEST_MAIN_WITH("grpc_server", setup, teardown, answers_at_once, answers_later,
    answers_with_statuses, takes_large_messages, refuses_messages, refuses_headers,
    refuses_before_the_end, refuses_calls_that_are_too_large_together, tells_deadlines,
    resets_what_stands_still, lets_idle_connections_go,
    drops_answers_of_streams_that_are_reset, drops_answers_of_connections_that_are_gone,
    answers_what_is_under_way_when_it_ends, serves_a_thousand_calls_at_once,
    stops_rapid_resets, bounds_calls_of_streams_that_are_reset, survives_nonsense,
    takes_bytes_one_by_one, survives_noise, refuses_connections_past_the_limit,
    a_port_that_is_taken, several_loops)
