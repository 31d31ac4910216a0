/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "storage_test.h"

static char endpoint[100];
static const char *const settings[] = {
    endpoint, "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret", NULL};
static kf_value *list;

static void set_up(void)
{
    begin_storage();
    serve_with(answer_store);
    (void)snprintf(endpoint, sizeof endpoint, "AWS_ENDPOINT_URL=%s", server_url(""));
    store_text("one/model.json", "12345");
    store_text("two/model.json", "1234567");
    store_text("same/model.json", "12345");
    list = NULL;
}

static void tear_down(void)
{
    kf_value_free(list);
    end_storage();
}

static kf_status get(const char *uri, kf_storage_lease *lease)
{
    return FETCH(uri, .env = settings, .lease = lease);
}

/* "s3://b/one 5 used, …" in the order of the URIs. */
static const char *shown(void)
{
    static char text[512];
    static const char *const uris[] = {"s3://b/one", "s3://b/same", "s3://b/two"};
    *text = '\0';
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < kf_value_length(list); i++) {
            const kf_value *item = kf_value_at(list, i);
            if (strcmp(kf_value_string(kf_value_get(item, "uri")), uris[k]) != 0)
                continue;
            size_t length = strlen(text);
            (void)snprintf(text + length, sizeof text - length, "%s %d%s;", uris[k] + 7,
                (int)kf_value_int(kf_value_get(item, "size")),
                kf_value_bool(kf_value_get(item, "in_use")) ? " used" : "");
        }
    return text;
}

static const char *models(void)
{
    kf_value_free(list);
    list = NULL;
    ck_ok(kf__storage_models(NULL, &list));
    return shown();
}

static kf_status clear(const char *key, double older_than)
{
    kf_value_free(list);
    list = NULL;
    return kf__storage_clear(NULL, key, older_than, &list);
}

static const char *key_of(const char *uri)
{
    static char key[64];
    (void)models();
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *item = kf_value_at(list, i);
        if (strcmp(kf_value_string(kf_value_get(item, "uri")), uri) == 0)
            (void)snprintf(
                key, sizeof key, "%.12s", kf_value_string(kf_value_get(item, "key")));
    }
    return key;
}

static int trees(void)
{
    return kf__is_folder(in_folder("home/models/trees"))
               ? count_in(in_folder("home/models/trees"))
               : 0;
}

START_TEST(nothing_there)
{
    ck_assert_str_eq(models(), "");
    ck_ok(clear(NULL, 0));
    ck_assert_uint_eq(kf_value_length(list), 0);
    ck_fails(clear("abc", 0), KF_ENOENT, "no model 'abc' in the cache");
}
END_TEST

/* What has a lease stays, whoever holds it; the rest goes. */
START_TEST(what_is_used_stays)
{
    kf_storage_lease lease = {0};
    ck_ok(get("s3://b/one", &lease));
    ck_ok(get("s3://b/two", NULL));
    ck_assert_str_eq(models(), "one 5 used;two 7;");
    ck_ok(clear(NULL, 0));
    ck_assert_str_eq(shown(), "two 7;");
    ck_assert_str_eq(models(), "one 5 used;");
    ck_assert_int_eq(trees(), 1);
    ck_fails(clear(key_of("s3://b/one"), 0), KF_EBUSY, "(s3://b/one) is in use");
    ck_ok(get("s3://b/one", NULL));
    check_file(in_model("model.json"), "12345");
    kf__storage_lease_finish(&lease);
    ck_assert_str_eq(models(), "one 5;");
    ck_ok(clear(key_of("s3://b/one"), 0));
    ck_assert_str_eq(models(), "");
    ck_assert_int_eq(trees(), 0);
    ck_ok(get("s3://b/one", NULL));
    check_file(in_model("model.json"), "12345");
}
END_TEST

/* A content that two URIs lead to goes with the second of them. */
START_TEST(shared_content)
{
    kf_storage_lease lease = {0};
    ck_ok(get("s3://b/one", NULL));
    ck_ok(get("s3://b/same", &lease));
    ck_assert_str_eq(models(), "one 5 used;same 5 used;");
    ck_ok(clear(NULL, 0));
    ck_assert_str_eq(models(), "one 5 used;same 5 used;");
    kf__storage_lease_finish(&lease);
    ck_ok(clear(key_of("s3://b/one"), 0));
    ck_assert_str_eq(models(), "same 5;");
    ck_assert_int_eq(trees(), 1);
    ck_ok(clear(NULL, 0));
    ck_assert_int_eq(trees(), 0);
}
END_TEST

/* The content of before, which nothing leads to any more. */
START_TEST(earlier_contents)
{
    kf_storage_lease lease = {0};
    ck_ok(get("s3://b/one", &lease));
    store_text("one/model.json", "other");
    ck_ok(get("s3://b/one", NULL));
    ck_assert_int_eq(trees(), 2);
    ck_ok(clear(NULL, 0));
    ck_assert_str_eq(models(), "");
    ck_assert_int_eq(trees(), 1); /* The one with the lease. */
    kf__storage_lease_finish(&lease);
    ck_ok(clear(NULL, 0));
    ck_assert_int_eq(trees(), 0);
}
END_TEST

START_TEST(by_age)
{
    char path[400];
    struct timespec old[2] = {
        {.tv_sec = kf__now_ms() / 1000 - 1000}, {.tv_sec = kf__now_ms() / 1000 - 1000}};
    ck_ok(get("s3://b/one", NULL));
    (void)snprintf(path, sizeof path, "%s/%s", in_folder("home/models/uses"),
        strrchr(fetched, '/') + 1);
    ck_assert_int_eq(utimensat(AT_FDCWD, path, old, 0), 0);
    ck_ok(get("s3://b/two", NULL));
    ck_ok(clear(NULL, 2000));
    ck_assert_str_eq(models(), "one 5;two 7;");
    ck_ok(clear(NULL, 500));
    ck_assert_str_eq(models(), "two 7;");
    ck_ok(get("s3://b/two", NULL));
}
END_TEST

/* What a download left behind that nobody goes on with. */
START_TEST(partial_downloads)
{
    ck_ok(get("s3://b/one", NULL));
    ck_ok(kf__make_folders(
        in_folder("home/models/partial/0123456789abcdef0123456789abcdef/files")));
    ck_ok(kf__make_folders(in_folder("home/models/partial/other")));
    ck_ok(clear(NULL, 3600));
    ck_assert_int_eq(count_in(in_folder("home/models/partial")), 2);
    ck_ok(clear(NULL, 0));
    ck_assert_int_eq(count_in(in_folder("home/models/partial")), 1);
}
END_TEST

KF_TEST_MAIN_WITH("serving/storage_clear", set_up, tear_down, nothing_there,
    what_is_used_stays, shared_content, earlier_contents, by_age, partial_downloads)
