/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage.h"

#include "base/clock.h"
#include "io/http_client.h"
#include "storage_test.h"

static char endpoint[100], emulator[100];
static const char *const settings[] = {endpoint, emulator, "AWS_ACCESS_KEY_ID=key",
    "AWS_SECRET_ACCESS_KEY=secret", "GOOGLE_OAUTH_ACCESS_TOKEN=gt", NULL};
static const kf_storage_options options = {.env = settings};

static void set_up(void)
{
    begin_storage();
    serve_with(answer_store);
    (void)snprintf(endpoint, sizeof endpoint, "AWS_ENDPOINT_URL=%s", server_url(""));
    (void)snprintf(
        emulator, sizeof emulator, "STORAGE_EMULATOR_HOST=%s", server_url(""));
}

static void has(const char *key, const char *text)
{
    const struct stored *object = store_find(key);
    ck_assert_ptr_nonnull(object);
    ck_assert_uint_eq(object->size, strlen(text));
    ck_assert_int_eq(memcmp(object->data, text, object->size), 0);
}

static kf_status put(const char *uri, const char *text)
{
    return kf__storage_put(uri, &options, "text/csv", text, strlen(text), NULL);
}

START_TEST(to_a_bucket)
{
    ck_ok(put("s3://b/a/x & y.csv", "1,2"));
    has("a/x & y.csv", "1,2");
    ck_assert_str_eq(request_header(server.requests[0], "Content-Type"), "text/csv");
    ck_assert_ptr_nonnull(strstr(server.requests[0], "PUT /b/a/x%20%26%20y.csv HTTP"));
    /* printf 1,2 | sha256sum */
    ck_assert_str_eq(request_header(server.requests[0], "x-amz-content-sha256"),
        "17f8af97ad4a7f7639a4c9171d5185cbafb85462877a4746c21bdb0a4f940ca0");
    ck_ok(put("s3://b/a/x & y.csv", ""));
    has("a/x & y.csv", "");
    ck_ok(put("gs://b/a/x & y.csv", "gs"));
    has("a/x & y.csv", "gs");
    ck_ok(put("gs://b/deep/er", "1"));
    has("deep/er", "1");
}
END_TEST

/* One connection for all. */
START_TEST(with_one_client)
{
    kf_http_client *client = NULL;
    ck_ok(kf__storage_put("s3://b/1", &options, "a/b", "1", 1, &client));
    ck_assert_ptr_nonnull(client);
    kf_http_client *first = client;
    ck_ok(kf__storage_put("gs://b/2", &options, "a/b", "2", 1, &client));
    ck_assert_ptr_eq(client, first);
    has("1", "1");
    has("2", "2");
    kf__http_client_free(client);
}
END_TEST

START_TEST(to_a_file)
{
    char uri[300];
    (void)snprintf(uri, sizeof uri, "file://%s", in_folder("new/er/file"));
    ck_ok(put(uri, "text"));
    check_file(in_folder("new/er/file"), "text");
    ck_ok(put(uri, "other"));
    check_file(in_folder("new/er/file"), "other");
}
END_TEST

START_TEST(refused)
{
    store.token = "none";
    ck_fails(put("s3://b/1", "1"), KF_EIO, "s3://b/1: S3 answered with status 403");
    ck_fails(put("gs://b/1", "1"), KF_EIO, "gs://b/1: access is denied (status 403)");
    store.token = NULL;
    ck_fails(put("http://b/1", "1"), KF_EUNSUPPORTED,
        "nothing is written to \"http://b/1\": expected s3://, gs:// or file:///");
    ck_fails(put("file://b/1", "1"), KF_EUNSUPPORTED, "nothing is written");
    ck_fails(put("s3:///1", "1"), KF_EINVAL, "names no bucket");
}
END_TEST

/* What may pass is tried again. */
START_TEST(tried_again)
{
    store.fail_with = 503;
    store.fail_times = 2;
    ck_ok(put("s3://b/1", "1"));
    has("1", "1");
    ck_assert_int_eq(server.count, 3);
}
END_TEST

KF_TEST_MAIN_WITH("serving/storage_put", set_up, end_storage, to_a_bucket,
    with_one_client, to_a_file, refused, tried_again)
