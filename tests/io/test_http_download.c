/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http_client.h"

#include "base/clock.h"
#include "base/mem.h"
#include "folder.h"
#include "http_server.h"

#include <sys/stat.h>

enum { SIZE = 300000 };
static char content[SIZE];
static kf_http_client *client;
static kf_http_reply reply;

static void set_up(void)
{
    make_test_folder();
    uint32_t state = 1;
    for (size_t i = 0; i < SIZE; i++) {
        state = state * 1664525 + 1013904223;
        content[i] = (char)(state >> 24);
    }
    ck_ok(kf__http_client_new(&client));
}

static void tear_down(void)
{
    kf__http_reply_finish(&reply);
    kf__http_client_free(client);
    remove_test_folder();
}

static kf_status get(
    const kf_http_client_request *request, const kf_http_download *download)
{
    return kf__http_download(client, request, download, &reply);
}

#define GET_AS(count, ...)                                                             \
    get(&(kf_http_client_request){.url = server_url("/model"),                         \
            .tries = (count),                                                          \
            .pause_ms = 1,                                                             \
            .stall_timeout_ms = 5000},                                                 \
        &(kf_http_download){.path = in_folder("model"), __VA_ARGS__})
#define GET(count) GET_AS(count, .size = -1)

static void check_content(void)
{
    kf_buf found = KF__BUF_INIT;
    ck_ok(kf__file_read(in_folder("model"), SIZE, &found));
    ck_assert_uint_eq(found.length, SIZE);
    ck_assert_int_eq(memcmp(found.data, content, SIZE), 0);
    kf__buf_finish(&found);
    ck_assert(!kf__file_exists(in_folder("model.part")));
    ck_assert(!kf__file_exists(in_folder("model.part.tag")));
}

static int64_t part_size(void)
{
    struct stat info;
    return stat(in_folder("model.part"), &info) == 0 ? (int64_t)info.st_size : -1;
}

/* What the server does; it breaks off after `cut` bytes of each of its replies. */
static struct {
    const char *etag;
    bool ignores_ranges, ignores_conditions, no_length;
    int cuts; /* How many replies are cut. */
    size_t cut;
} model;

static size_t first_byte(const char *request)
{
    const char *condition = request_header(request, "If-Range");
    if (!model.ignores_conditions && *condition != '\0' &&
        strcmp(condition, model.etag) != 0)
        return 0;
    const char *range = request_header(request, "Range");
    return *range != '\0' && !model.ignores_ranges
               ? strtoul(range + strlen("bytes="), NULL, 10)
               : 0;
}

static bool answer_model(int fd, const char *request, int number)
{
    size_t start = first_byte(request);
    char range[100] = "", length[60] = "";
    if (start > 0)
        (void)snprintf(range, sizeof range, "Content-Range: bytes %zu-%d/%d\r\n", start,
            SIZE - 1, SIZE);
    if (!model.no_length)
        (void)snprintf(length, sizeof length, "Content-Length: %zu\r\n", SIZE - start);
    say(fd, "HTTP/1.1 %s\r\n%s%s%s%s%s\r\n", start > 0 ? "206 Part" : "200 OK", range,
        length, model.etag != NULL ? "ETag: " : "",
        model.etag != NULL ? model.etag : "", model.etag != NULL ? "\r\n" : "");
    bool cut = number < model.cuts;
    say_bytes(fd, content + start,
        cut && model.cut < SIZE - start ? model.cut : SIZE - start);
    return !cut && !model.no_length;
}

START_TEST(downloads)
{
    serve_with(answer_model);
    put_file(in_folder("model"), "old");
    ck_ok(GET_AS(1, .size = SIZE));
    ck_assert_int_eq(reply.status, 200);
    check_content();
}
END_TEST

START_TEST(goes_on_where_it_stopped)
{
    model.etag = "\"one\"";
    model.cuts = 4;
    model.cut = 50000;
    serve_with(answer_model);
    ck_ok(GET(2));
    check_content();
    ck_assert_int_eq(requests_served(), 5);
    ck_assert_ptr_null(strstr(request_number(0), "Range"));
    ck_assert_ptr_nonnull(strstr(request_number(1), "\r\nRange: bytes=50000-\r\n"));
    ck_assert_ptr_nonnull(strstr(request_number(1), "\r\nIf-Range: \"one\"\r\n"));
    ck_assert_ptr_nonnull(strstr(request_number(4), "\r\nRange: bytes=200000-\r\n"));
}
END_TEST

START_TEST(a_later_call_goes_on)
{
    model.etag = "\"one\"";
    model.cuts = 1;
    model.cut = 100000;
    serve_with(answer_model);
    ck_fails(GET(1), KF_EIO, "cannot GET http://127.0.0.1");
    ck_assert(!kf__file_exists(in_folder("model")));
    ck_assert_int_eq(part_size(), 100000);
    check_file(in_folder("model.part.tag"), "\"one\"");
    ck_ok(GET(1));
    check_content();
    ck_assert_ptr_nonnull(strstr(request_number(1), "Range: bytes=100000-"));
}
END_TEST

START_TEST(another_version_begins_anew)
{
    model.etag = "\"two\"";
    serve_with(answer_model);
    put_file(in_folder("model.part"), "of another version");
    put_file(in_folder("model.part.tag"), "\"one\"");
    ck_ok(GET(1));
    check_content();
    ck_assert_int_eq(requests_served(), 1);
}
END_TEST

START_TEST(a_server_that_ignores_the_condition)
{
    model.etag = "\"two\"";
    model.ignores_conditions = true;
    serve_with(answer_model);
    put_file(in_folder("model.part"), "of another version");
    put_file(in_folder("model.part.tag"), "\"one\"");
    ck_ok(GET(1));
    check_content();
    ck_assert_int_eq(requests_served(), 2);
    ck_assert_ptr_null(strstr(request_number(1), "Range"));
}
END_TEST

START_TEST(a_server_without_ranges)
{
    model.etag = "\"one\"";
    model.ignores_ranges = true;
    model.cuts = 2;
    model.cut = 100000;
    serve_with(answer_model);
    ck_ok(GET(3));
    check_content();
    ck_assert_int_eq(requests_served(), 3);
}
END_TEST

/* It would go on for ever otherwise: each try brings as many bytes as the last. */
START_TEST(tries_that_get_no_further_end)
{
    model.etag = "\"one\"";
    model.ignores_ranges = true;
    model.cuts = 100;
    model.cut = 100000;
    serve_with(answer_model);
    ck_fails(GET(3), KF_EIO, "cannot GET");
    ck_assert_int_eq(requests_served(), 3);
}
END_TEST

START_TEST(without_a_name_nothing_is_kept)
{
    model.cuts = 1;
    model.cut = 100000;
    serve_with(answer_model);
    ck_fails(GET(1), KF_EIO, "cannot GET");
    ck_assert_int_eq(part_size(), -1);
    server_change(model.cuts = 2);
    ck_ok(GET(2));
    check_content();
    for (int i = 0; i < requests_served(); i++)
        ck_assert_ptr_null(strstr(request_number(i), "Range"));
}
END_TEST

START_TEST(weak_names_do_not_count)
{
    model.etag = "W/\"one\"";
    model.cuts = 1;
    model.cut = 100000;
    serve_with(answer_model);
    ck_ok(GET(2));
    check_content();
    ck_assert_ptr_null(strstr(request_number(1), "Range"));
}
END_TEST

START_TEST(without_a_length)
{
    model.no_length = true;
    serve_with(answer_model);
    ck_ok(GET(1));
    check_content();
    ck_ok(GET_AS(1, .size = SIZE));
    check_content();
    server_change(model.cuts = 100);
    server_change(model.cut = 1000);
    ck_fails(GET_AS(1, .size = SIZE), KF_EIO, "ended before its 300000 bytes");
    ck_assert(!kf__file_exists(in_folder("model.part")));
}
END_TEST

START_TEST(another_length)
{
    serve_with(answer_model);
    ck_fails(
        GET_AS(3, .size = SIZE + 1), KF_EDOCUMENT, "another length than 300001 bytes");
    ck_fails(
        GET_AS(3, .size = SIZE - 1), KF_EDOCUMENT, "another length than 299999 bytes");
    server_change(model.no_length = true);
    ck_fails(
        GET_AS(3, .size = SIZE - 1), KF_EDOCUMENT, "another length than 299999 bytes");
    ck_fails(GET_AS(3, .size = -1, .limit = 1000), KF_ELIMIT,
        "more than the limit of 1000 bytes");
    ck_assert_int_eq(part_size(), -1);
    ck_assert(!kf__file_exists(in_folder("model")));
}
END_TEST

static bool answer_beyond(int fd, const char *request, int number)
{
    if (strstr(request, "\r\nRange: ") != NULL)
        return reply_text(fd, "416 Beyond", "Content-Range: bytes */300000\r\n", "no");
    return reply_with(fd, "200 OK", "ETag: \"one\"\r\n", content, SIZE);
}

START_TEST(a_part_that_is_too_long)
{
    serve_with(answer_beyond);
    put_file(in_folder("model.part"), "whatever");
    put_file(in_folder("model.part.tag"), "\"one\"");
    ck_ok(GET(1));
    check_content();
}
END_TEST

static bool answer_wrong_part(int fd, const char *request, int number)
{
    if (strstr(request, "\r\nRange: ") != NULL)
        return reply_with(fd, "206 Part",
            "ETag: \"one\"\r\nContent-Range: bytes 0-299999/300000\r\n", content, SIZE);
    return reply_with(fd, "200 OK", "ETag: \"one\"\r\n", content, SIZE);
}

START_TEST(another_part_than_asked_for)
{
    serve_with(answer_wrong_part);
    put_file(in_folder("model.part"), "whatever");
    put_file(in_folder("model.part.tag"), "\"one\"");
    ck_ok(GET(1));
    check_content();
    ck_assert_int_eq(requests_served(), 2);
}
END_TEST

START_TEST(a_tag_that_is_none)
{
    model.etag = "\"one\"";
    serve_with(answer_model);
    put_file(in_folder("model.part"), "whatever");
    put_file(in_folder("model.part.tag"), "\"one\"\r\nX-Smuggled: 1");
    ck_ok(GET(1));
    check_content();
    ck_assert_ptr_null(strstr(request_number(0), "Range"));
    put_file(in_folder("model.part"), "whatever");
    ck_ok(GET(1));
    check_content();
}
END_TEST

static bool answer_404(int fd, const char *request, int number)
{
    return reply_text(fd, "404 Not Found", "", "<Error/>");
}

START_TEST(other_replies)
{
    serve_with(answer_404);
    ck_ok(GET(3));
    ck_assert_int_eq(reply.status, 404);
    ck_assert_str_eq(kf__buf_text(&reply.body), "<Error/>");
    ck_assert(!kf__file_exists(in_folder("model")));
    ck_assert_int_eq(part_size(), -1);
    ck_assert_int_eq(requests_served(), 1);
}
END_TEST

static int stop_half_way(int64_t done, int64_t total, void *payload)
{
    ck_assert_int_eq(total, SIZE);
    *(int64_t *)payload = done;
    return done > SIZE / 2;
}

START_TEST(the_callback_stops_it)
{
    int64_t seen = 0;
    model.etag = "\"one\"";
    serve_with(answer_model);
    ck_fails(GET_AS(3, .size = -1, .progress = stop_half_way, .payload = &seen),
        KF_ECALLBACK, "caller");
    ck_assert_int_eq(part_size(), seen);
    ck_assert_int_eq(requests_served(), 1);
    ck_ok(GET(1));
    check_content();
}
END_TEST

static int cancel_half_way(int64_t done, int64_t total, void *payload)
{
    atomic_store((atomic_bool *)payload, done > SIZE / 2);
    return 0;
}

static bool answer_half(int fd, const char *request, int number)
{
    say(fd, "HTTP/1.1 200 OK\r\nETag: \"one\"\r\nContent-Length: %d\r\n\r\n", SIZE);
    say_bytes(fd, content, SIZE / 2 + 100);
    kf__sleep_ms(60000);
    return false;
}

START_TEST(cancellation)
{
    atomic_bool cancel = false;
    serve_with(answer_half);
    kf_http_client_request request = {
        .url = server_url("/"), .cancel = &cancel, .tries = 9};
    kf_http_download download = {.path = in_folder("model"),
        .size = -1,
        .progress = cancel_half_way,
        .payload = &cancel};
    ck_fails(get(&request, &download), KF_ECANCELED, "canceled");
    ck_assert_int_eq(part_size(), SIZE / 2 + 100);
}
END_TEST

START_TEST(a_place_that_cannot_be_written)
{
    serve_with(answer_model);
    kf_http_client_request request = {.url = server_url("/")};
    kf_http_download download = {.path = in_folder("no/model"), .size = -1};
    ck_fails(get(&request, &download), KF_ENOENT, "no/model.part");
    ck_assert_int_eq(symlink(in_folder("outside"), in_folder("model.part")), 0);
    ck_fails(GET(1), KF_EIO, "model.part");
    ck_assert(!kf__file_exists(in_folder("outside")));
}
END_TEST

START_TEST(out_of_memory)
{
    model.etag = "\"one\"";
    model.cuts = 1;
    model.cut = 1000;
    serve_with(answer_model);
    ck_survives_nomem(GET(1));
    check_content();
}
END_TEST

KF_TEST_MAIN_WITH("http_download", set_up, tear_down, downloads,
    goes_on_where_it_stopped, a_later_call_goes_on, another_version_begins_anew,
    a_server_that_ignores_the_condition, a_server_without_ranges,
    tries_that_get_no_further_end, without_a_name_nothing_is_kept,
    weak_names_do_not_count, without_a_length, another_length, a_part_that_is_too_long,
    another_part_than_asked_for, a_tag_that_is_none, other_replies,
    the_callback_stops_it, cancellation, a_place_that_cannot_be_written, out_of_memory)
