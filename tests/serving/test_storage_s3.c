/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage.h"

#include "base/clock.h"
#include "storage_test.h"

static const char *settings[12];

static void set(const char *setting)
{
    size_t i = 0, name = strcspn(setting, "=") + 1;
    while (settings[i] != NULL && strncmp(settings[i], setting, name) != 0)
        i++;
    settings[i] = setting;
}

static void set_up(void)
{
    static char endpoint[100];
    begin_storage();
    serve_with(answer_store);
    (void)snprintf(endpoint, sizeof endpoint, "AWS_ENDPOINT_URL=%s", server_url(""));
    set(endpoint);
    set("AWS_ACCESS_KEY_ID=key");
    set("AWS_SECRET_ACCESS_KEY=secret");
}

static kf_status get(const char *uri)
{
    return FETCH(uri, .env = settings);
}

START_TEST(all_below_a_path)
{
    store_text("m/model.json", "{}");
    store_text("m/sub//deep & \xc3\xa4/b", "b");
    store_text("m/empty", "");
    store_text("m/", "");
    store_text("m/folder/", "");
    store_text("m/other_$folder$", "");
    store_text("m2/model.json", "of another model");
    ck_ok(get("s3://b/m"));
    ck_assert_int_eq(count_in(fetched), 3);
    check_file(in_model("model.json"), "{}");
    check_file(in_model("sub/deep & \xc3\xa4/b"), "b");
    check_file(in_model("empty"), "");
    char *first = kf__strdup(fetched);
    ck_ok(get("s3://b/m/"));
    ck_assert_str_eq(fetched, first);
    kf__free(first);
}
END_TEST

START_TEST(one_object)
{
    store_text("m/model.json", "{}");
    store_text("m/model.json.bak", "old");
    store_text("m/model.json/a", "below");
    ck_ok(get("s3://b/m/model.json"));
    ck_assert_int_eq(count_in(fetched), 1);
    check_file(in_model("model.json"), "{}");
    ck_assert_int_eq(store_count(&store.lists), 1);
}
END_TEST

/* What some tools put where a folder is must not hide it. */
START_TEST(an_empty_object_of_that_name)
{
    store_text("m", "");
    store_text("m/model.json", "{}");
    ck_ok(get("s3://b/m"));
    check_file(in_model("model.json"), "{}");
}
END_TEST

START_TEST(the_whole_bucket)
{
    store_text("model.json", "{}");
    store_text("sub/b", "b");
    ck_ok(get("s3://b"));
    check_file(in_model("sub/b"), "b");
    ck_ok(get("s3://b/"));
    ck_assert_int_eq(count_in(fetched), 2);
}
END_TEST

START_TEST(pages)
{
    static char texts[20][8];
    server_change(store.page = 3);
    for (int i = 0; i < 20; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "m/%02d", i);
        (void)snprintf(texts[i], sizeof texts[i], "%d", i);
        store_text(key, texts[i]);
    }
    ck_ok(get("s3://b/m"));
    ck_assert_int_eq(count_in(fetched), 20);
    check_file(in_model("19"), "19");
    ck_assert_int_eq(store_count(&store.lists), 1 + 7);
    ck_assert_int_eq(store_count(&store.gets), 20);
}
END_TEST

START_TEST(only_what_changed_is_downloaded)
{
    store_text("m/a", "a");
    store_text("m/b", "b");
    ck_ok(get("s3://b/m"));
    char *first = kf__strdup(fetched);
    ck_ok(get("s3://b/m"));
    ck_assert_str_eq(fetched, first);
    ck_assert_int_eq(store_count(&store.gets), 2);
    store_text("m/b", "another b");
    store_text("m/c", "c");
    ck_ok(get("s3://b/m"));
    ck_assert_int_eq(store_count(&store.gets), 4);
    check_file(in_model("a"), "a");
    check_file(in_model("b"), "another b");
    ck_assert_int_eq(count_in(first), 2);
    ck_assert_str_ne(fetched, first);
    kf__free(first);
}
END_TEST

START_TEST(patterns)
{
    static const char *const json[] = {"*.json", NULL};
    static const char *const secret[] = {"sub/*", "*.bin", NULL};
    store_text("m/a.json", "a");
    store_text("m/b.bin", "b");
    store_text("m/sub/c.json", "c");
    ck_ok(FETCH("s3://b/m", .env = settings, .allow = json));
    ck_assert_int_eq(count_in(fetched), 2);
    ck_ok(FETCH("s3://b/m", .env = settings, .allow = json, .ignore = secret));
    ck_assert_int_eq(count_in(fetched), 1);
    check_file(in_model("a.json"), "a");
    set("STORAGE_IGNORE_PATTERNS=[\"*.json\"]");
    set("STORAGE_ALLOW_PATTERNS= *.bin , *.txt ");
    ck_ok(get("s3://b/m"));
    check_file(in_model("b.bin"), "b");
    set("STORAGE_IGNORE_PATTERNS=");
    set("STORAGE_ALLOW_PATTERNS= \"*.bin \" ");
    ck_ok(get("s3://b/m"));
    ck_assert_int_eq(count_in(fetched), 1);
    set("STORAGE_ALLOW_PATTERNS=[ab].*");
    ck_ok(get("s3://b/m"));
    ck_assert_int_eq(count_in(fetched), 2);
    set("STORAGE_ALLOW_PATTERNS=[ \"*.bin\"");
    ck_fails(get("s3://b/m"), KF_EPARSE, "JSON");
    set("STORAGE_ALLOW_PATTERNS=*.bin");
    ck_ok(get("s3://b/m/a.json")); /* What is asked for by name is not filtered. */
    check_file(in_model("a.json"), "a");
    static const char *const none[] = {"*.none", NULL};
    ck_fails(FETCH("s3://b/m", .env = settings, .allow = none), KF_ENOENT, "patterns");
}
END_TEST

START_TEST(what_is_not_there)
{
    store_text("m/a", "a");
    ck_fails(get("s3://b/none"), KF_ENOENT, "there is no model");
    ck_fails(get("s3://other/m"), KF_ENOENT, "no such bucket");
    ck_fails(get("s3:///m"), KF_EINVAL, "names no bucket");
    ck_fails(get("s3://b?x/m"), KF_EINVAL, "names no bucket");
    ck_fails(get("s3://b@host/m"), KF_EINVAL, "names no bucket");
}
END_TEST

START_TEST(names_that_lead_out)
{
    store_text("m/../../victim", "hostile");
    ck_fails(get("s3://b/m"), KF_EDOCUMENT, "no path below a folder");
    ck_assert(!kf__file_exists(in_folder("home/models/victim")));
    ck_assert_int_eq(store_count(&store.gets), 0);
}
END_TEST

START_TEST(a_file_where_a_folder_is)
{
    store_text("m/a", "file");
    store_text("m/a/b", "below it");
    ck_fails(get("s3://b/m"), KF_EIO, "");
    ck_assert_int_eq(count_in(in_folder("home/models/trees")), 0);
}
END_TEST

START_TEST(credentials)
{
    static const char *const none[] = {NULL, NULL};
    static const char *anonymous[] = {NULL, "awsAnonymousCredential=True", NULL};
    store_text("m/a", "a");
    ck_fails(FETCH("s3://b/m", .env = none), KF_EMISSING, "awsAnonymousCredential");
    anonymous[0] = settings[0];
    ck_ok(FETCH("s3://b/m", .env = anonymous));
    ck_assert_str_eq(request_header(request_number(0), "Authorization"), "");
    set("AWS_SESSION_TOKEN=token");
    set("AWS_DEFAULT_REGION=eu-west-1");
    ck_ok(get("s3://b/m"));
    const char *request = request_number(requests_served() - 1);
    ck_assert_str_eq(request_header(request, "x-amz-security-token"), "token");
    ck_assert_ptr_nonnull(strstr(request_header(request, "Authorization"),
        "/eu-west-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
        "x-amz-security-token, Signature="));
    server_change(store.token = "nobody");
    ck_fails(get("s3://b/m"), KF_EIO, "AccessDenied (Access Denied): look at");
}
END_TEST

START_TEST(settings_that_are_none)
{
    store_text("m/a", "a");
    set("S3_MAX_ATTEMPTS=many");
    ck_fails(get("s3://b/m"), KF_EINVAL, "S3_MAX_ATTEMPTS is a number");
    settings[3] = "AWS_DEFAULT_REGION=eu/west";
    ck_fails(get("s3://b/m"), KF_EINVAL, "no region");
    settings[3] = "AWS_CA_BUNDLE=/nowhere/ca.pem";
    ck_fails(get("s3://b/m"), KF_ENOENT, "/nowhere/ca.pem");
    set("S3_VERIFY_SSL=False");
    ck_ok(get("s3://b/m"));
    settings[0] = "AWS_ENDPOINT_URL=s3.example";
    ck_fails(get("s3://b/m"), KF_EINVAL, "no endpoint");
}
END_TEST

START_TEST(failures_that_pass)
{
    store_text("m/a", "a");
    server_change(store.fail_with = 503);
    server_change(store.fail_times = 2);
    ck_ok(get("s3://b/m"));
    server_change(store.fail_times = 3);
    set("S3_MAX_ATTEMPTS=2");
    ck_ok(get("s3://b/m")); /* What is cached is used. */
    ck_assert_int_eq(store_count(&store.fail_times), 1);
    server_change(store.fail_with = 500);
    server_change(store.fail_times = 9);
    ck_fails(get("s3://b/m/a"), KF_EIO, "status 500, SlowDown");
    ck_assert_int_eq(store_count(&store.fail_times), 7);
}
END_TEST

START_TEST(a_download_that_breaks_off_goes_on)
{
    enum { SIZE = 200000 };
    static char data[SIZE];
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (char)(i * i >> 5);
    store_bytes("m/a", data, SIZE);
    store_text("m/b", "b");
    server_change(store.cut_after = 70000);
    ck_ok(get("s3://b/m"));
    kf_buf found = KF__BUF_INIT;
    ck_ok(kf__file_read(in_model("a"), SIZE, &found));
    ck_assert_uint_eq(found.length, SIZE);
    ck_assert_int_eq(memcmp(found.data, data, SIZE), 0);
    kf__buf_finish(&found);
    bool ranged = false;
    for (int i = 0; i < requests_served(); i++)
        ranged = ranged || strcmp(request_header(request_number(i), "Range"),
                               "bytes=70000-") == 0;
    ck_assert(ranged);
}
END_TEST

static void replace_once(void)
{
    static int count;
    if (count++ == 0)
        store_text("m/b", "new b");
}

START_TEST(what_changes_meanwhile_is_listed_again)
{
    store_text("m/a", "a");
    store_text("m/b", "b");
    server_change(store.before_get = replace_once);
    set("S3_MAX_FILE_CONCURRENCY=1");
    ck_ok(get("s3://b/m"));
    check_file(in_model("a"), "a");
    check_file(in_model("b"), "new b");
}
END_TEST

static void replace_always(void)
{
    static char texts[1000][8];
    static int count;
    (void)snprintf(texts[count], sizeof texts[count], "%d", count);
    store_text("m/b", texts[count++]);
}

START_TEST(what_always_changes)
{
    store_text("m/b", "b");
    server_change(store.before_get = replace_always);
    ck_fails(get("s3://b/m"), KF_EIO, "changed while it was downloaded");
    ck_assert_int_eq(count_in(in_folder("home/models/trees")), 0);
}
END_TEST

START_TEST(content_that_is_not_what_was_listed)
{
    store_text("m/a", "a");
    (void)snprintf(store.objects[0].tag, sizeof store.objects[0].tag,
        "\"00000000000000000000000000000000\"");
    ck_fails(get("s3://b/m"), KF_EDOCUMENT, "its MD5 is another");
    /* A tag of several parts is no MD5. */
    (void)snprintf(store.objects[0].tag, sizeof store.objects[0].tag,
        "\"00000000000000000000000000000000-2\"");
    ck_ok(get("s3://b/m"));
}
END_TEST

static int stop_at_once(int64_t done, int64_t total, void *payload)
{
    *(int64_t *)payload = total;
    return 1;
}

static int count_bytes(int64_t done, int64_t total, void *payload)
{
    *(int64_t *)payload = done;
    return 0;
}

START_TEST(progress)
{
    int64_t seen = 0;
    store_text("m/a", "four");
    store_text("m/b", "seven b");
    ck_fails(
        FETCH("s3://b/m", .env = settings, .progress = stop_at_once, .payload = &seen),
        KF_ECALLBACK, "stopped");
    ck_assert_int_eq(seen, 11);
    ck_ok(
        FETCH("s3://b/m", .env = settings, .progress = count_bytes, .payload = &seen));
    ck_assert_int_eq(seen, 11);
    store_text("m/b", "eight bb"); /* What is not changed counts as well. */
    ck_ok(
        FETCH("s3://b/m", .env = settings, .progress = count_bytes, .payload = &seen));
    ck_assert_int_eq(seen, 12);
}
END_TEST

static bool answer_late(int fd, const char *request, int number)
{
    if (strstr(request, "prefix=") != NULL)
        return answer_store(fd, request, number);
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
    kf__sleep_ms(60000);
    return false;
}

static void *cancel_soon(void *cancel)
{
    while (requests_served() < 3)
        kf__sleep_ms(1);
    atomic_store((atomic_bool *)cancel, true);
    return NULL;
}

START_TEST(cancellation)
{
    atomic_bool cancel = false;
    pthread_t thread;
    store_text("m/a", "four");
    store_text("m/b", "four");
    server_change(server.answer = answer_late);
    ck_assert_int_eq(pthread_create(&thread, NULL, cancel_soon, &cancel), 0);
    ck_fails(
        FETCH("s3://b/m", .env = settings, .cancel = &cancel), KF_ECANCELED, "cancel");
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

static bool answer_region(int fd, const char *request, int number)
{
    if (strstr(request_header(request, "Authorization"), "/eu-west-1/s3/") == NULL)
        return reply_text(fd, "400 Bad Request", "",
            "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region>"
            "</Error>");
    return answer_store(fd, request, number);
}

START_TEST(another_region)
{
    store_text("m/a", "a");
    server_change(server.answer = answer_region);
    ck_ok(get("s3://b/m"));
    check_file(in_model("a"), "a");
    ck_assert_int_eq(requests_served(), 4);
}
END_TEST

static bool answer_by_host(int fd, const char *request, int number)
{
    static char moved[SERVER_REQUEST_BYTES];
    ck_assert(strncmp(request_header(request, "Host"), "b.localhost:", 12) == 0);
    (void)snprintf(moved, sizeof moved, "GET /b%s", request + strlen("GET "));
    return answer_store(fd, moved, number);
}

START_TEST(by_host)
{
    static char endpoint[100];
    store_text("m/a", "a");
    server_change(server.answer = answer_by_host);
    (void)snprintf(endpoint, sizeof endpoint, "AWS_ENDPOINT_URL=http://localhost:%d/",
        server.port);
    settings[0] = endpoint;
    set("S3_USER_VIRTUAL_BUCKET=true");
    ck_ok(get("s3://b/m"));
    check_file(in_model("a"), "a");
}
END_TEST

static bool answer_nonsense(int fd, const char *request, int number)
{
    return reply_text(fd, "200 OK", "", number == 0 ? "<ListBucketResult>" : "<a></a>");
}

/* Amazon is asked through a proxy that says no: the host is in what it is asked. */
static bool answer_connect(int fd, const char *request, int number)
{
    return reply_text(fd, "403 Forbidden", "", "");
}

static void check_host(const char *uri, const char *more, const char *host)
{
    char expected[200];
    const char *const env[] = {"AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret",
        "S3_MAX_ATTEMPTS=1", more, NULL};
    ck_fails(FETCH(uri, .env = env), KF_EIO, "cannot GET https://");
    (void)snprintf(expected, sizeof expected, "CONNECT %s:443 HTTP", host);
    const char *request = request_number(requests_served() - 1);
    ck_assert_msg(
        strncmp(request, expected, strlen(expected)) == 0, "%s: %s", uri, request);
}

START_TEST(hosts_of_amazon)
{
    server_change(server.answer = answer_connect);
    ck_assert_int_eq(setenv("https_proxy", server_url(""), 1), 0);
    check_host("s3://bucket/m", NULL, "bucket.s3.us-east-1.amazonaws.com");
    check_host("s3://bucket/m", "AWS_DEFAULT_REGION=eu-west-1",
        "bucket.s3.eu-west-1.amazonaws.com");
    check_host("s3://bucket/m", "AWS_DEFAULT_REGION=cn-north-1",
        "bucket.s3.cn-north-1.amazonaws.com.cn");
    check_host("s3://bucket/m", "S3_USE_ACCELERATE=true",
        "bucket.s3-accelerate.amazonaws.com");
    check_host("s3://with.dots/m", NULL, "s3.us-east-1.amazonaws.com");
    check_host("s3://Upper/m", NULL, "s3.us-east-1.amazonaws.com");
    check_host("s3://bucket/m", "AWS_ENDPOINT_URL=https://s3.amazonaws.com",
        "bucket.s3.us-east-1.amazonaws.com");
    check_host("s3://bucket/m", "AWS_ENDPOINT_URL=https://s3.example.com:443/",
        "s3.example.com");
}
END_TEST

START_TEST(what_is_no_listing)
{
    server_change(server.answer = answer_nonsense);
    ck_fails(get("s3://b/m"), KF_EPARSE, "malformed XML");
    ck_fails(get("s3://b/m"), KF_EDOCUMENT, "expected a listing");
}
END_TEST

START_TEST(out_of_memory)
{
    store_text("m/a", "a");
    ck_survives_nomem(get("s3://b/m"));
    check_file(in_model("a"), "a");
}
END_TEST

KF_TEST_MAIN_WITH("storage_s3", set_up, end_storage, all_below_a_path, one_object,
    an_empty_object_of_that_name, the_whole_bucket, pages,
    only_what_changed_is_downloaded, patterns, what_is_not_there, names_that_lead_out,
    a_file_where_a_folder_is, credentials, settings_that_are_none, failures_that_pass,
    a_download_that_breaks_off_goes_on, what_changes_meanwhile_is_listed_again,
    what_always_changes, content_that_is_not_what_was_listed, progress, cancellation,
    another_region, by_host, hosts_of_amazon, what_is_no_listing, out_of_memory)
