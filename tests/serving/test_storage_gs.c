/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage.h"

#include "storage_test.h"

static char host[64];
static const char *settings[6];

static void set_up(void)
{
    begin_storage();
    serve_with(answer_store);
    (void)snprintf(
        host, sizeof host, "STORAGE_EMULATOR_HOST=127.0.0.1:%d", server.port);
    settings[0] = host;
}

static kf_status get(const char *uri)
{
    return FETCH(uri, .env = settings);
}

START_TEST(all_below_a_path)
{
    store_text("m/model.json", "{}");
    store_text("m/sub/deep/b", "b");
    store_text("m/folder/", "");
    store_text("m2/model.json", "of another model");
    ck_ok(get("gs://b/m"));
    ck_assert_int_eq(count_in(fetched), 2);
    check_file(in_model("model.json"), "{}");
    check_file(in_model("sub/deep/b"), "b");
    ck_ok(get("gs://b/m/"));
    ck_assert_int_eq(count_in(fetched), 2);
    ck_ok(get("gs://b"));
    check_file(in_model("m2/model.json"), "of another model");
}
END_TEST

START_TEST(one_object)
{
    static const char *const none[] = {"*.none", NULL};
    store_text("m/model.json", "{}");
    store_text("top.json", "[]");
    ck_ok(get("gs://b/m/model.json"));
    ck_assert_int_eq(count_in(fetched), 1);
    check_file(in_model("model.json"), "{}");
    ck_ok(get("gs://b/top.json"));
    check_file(in_model("top.json"), "[]");
    ck_fails(get("gs://b/none"), KF_ENOENT, "no such bucket or object");
    ck_fails(get("gs://other/m"), KF_ENOENT, "no such bucket");
    ck_fails(FETCH("gs://b/m", .env = settings, .allow = none), KF_ENOENT, "patterns");
}
END_TEST

START_TEST(pages)
{
    server_change(store.page = 2);
    for (char name[] = "m/0"; name[2] < '7'; name[2]++)
        store_text(name, "text");
    ck_ok(get("gs://b/m"));
    ck_assert_int_eq(count_in(fetched), 7);
    ck_assert_int_eq(store_count(&store.lists), 4);
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
    store_text("m/b", "b");
    server_change(store.before_get = replace_once);
    ck_ok(get("gs://b/m"));
    check_file(in_model("b"), "new b");
}
END_TEST

START_TEST(tokens)
{
    store_text("m/a", "a");
    server_change(store.token = "Bearer abc");
    ck_fails(get("gs://b/m"), KF_EIO, "to anybody: set GOOGLE_APPLICATION_CREDENTIALS");
    settings[1] = "GOOGLE_OAUTH_ACCESS_TOKEN=abc";
    ck_ok(get("gs://b/m"));
    check_file(in_model("a"), "a");
    settings[1] = "GOOGLE_OAUTH_ACCESS_TOKEN=old";
    ck_fails(get("gs://b/m"), KF_EIO, "to these credentials");
}
END_TEST

START_TEST(keys)
{
    store_text("m/a", "a");
    settings[1] = "GS_HMAC_ACCESS_ID=GOOGKEY";
    settings[2] = "GS_HMAC_SECRET=secret";
    ck_ok(get("gs://b/m"));
    check_file(in_model("a"), "a");
    ck_assert_ptr_nonnull(strstr(
        request_header(request_number(0), "Authorization"), "Credential=GOOGKEY/"));
}
END_TEST

KF_TEST_MAIN_WITH("storage_gs", set_up, end_storage, all_below_a_path, one_object,
    pages, what_changes_meanwhile_is_listed_again, tokens, keys)
