/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage_job.h"

#include "storage_test.h"

static kf_storage_job job;
static const char *token;
static int status_of_token;

static bool answer_token(int fd, const char *request, int number)
{
    if (strstr(request, "\r\n\r\ngrant_type=refresh_token&client_id=id&client_secret="
                        "s%26t&refresh_token=r") == NULL)
        return reply_text(fd, "400 Bad Request", "", "");
    return reply_text(fd, status_of_token == 0 ? "200 OK" : "401 No", "",
        number == 0 ? "{\"access_token\": \"abc\", \"expires_in\": 3599}" : "{}");
}

static kf_status find(const char *const *env)
{
    kf_storage_options options = {.env = env};
    kf__storage_job_finish(&job);
    ck_ok(kf__storage_job_begin(&job, "gs://b/m", &options));
    kf_status status = kf__storage_gs_token(&job, &token);
    job.options = NULL;
    return status;
}

static void tear_down(void)
{
    kf__storage_job_finish(&job);
    end_storage();
}

static void put_credentials(const char *type)
{
    char text[500];
    (void)snprintf(text, sizeof text,
        "{\"type\": \"%s\", \"client_id\": \"id\", \"client_secret\": \"s&t\","
        "\"refresh_token\": \"r\", \"token_uri\": \"%s\"}",
        type, server_url("/token"));
    put_file(in_folder("credentials.json"), text);
}

START_TEST(none)
{
    static const char *const env[] = {NULL};
    ck_ok(find(env));
    ck_assert_ptr_null(token);
}
END_TEST

START_TEST(a_file)
{
    char setting[300];
    const char *const env[] = {setting, NULL};
    (void)snprintf(setting, sizeof setting, "GOOGLE_APPLICATION_CREDENTIALS=%s",
        in_folder("credentials.json"));
    ck_fails(find(env), KF_ENOENT, "credentials.json");
    put_file(in_folder("credentials.json"), "no JSON");
    ck_fails(find(env), KF_EDOCUMENT, "no file of Google's credentials");
    serve_with(answer_token);
    put_credentials("service_account");
    ck_fails(find(env), KF_EUNSUPPORTED, "service_account");
    put_credentials("authorized_user");
    ck_ok(find(env));
    ck_assert_str_eq(token, "abc");
    ck_fails(find(env), KF_EDOCUMENT, "without a token");
    status_of_token = 401;
    ck_fails(find(env), KF_EIO, "status 401");
    put_file(in_folder("credentials.json"), "{\"type\": \"authorized_user\"}");
    ck_fails(find(env), KF_EDOCUMENT, "has no text \"client_id\"");
}
END_TEST

START_TEST(the_file_of_gcloud)
{
    static const char *const env[] = {NULL};
    serve_with(answer_token);
    put_credentials("authorized_user");
    ck_ok(kf__make_folders(in_folder(".config/gcloud")));
    ck_assert_int_eq(
        rename(in_folder("credentials.json"),
            in_folder(".config/gcloud/application_default_credentials.json")),
        0);
    ck_ok(find(env));
    ck_assert_str_eq(token, "abc");
}
END_TEST

KF_TEST_MAIN_WITH(
    "storage_gs_token", begin_storage, tear_down, none, a_file, the_file_of_gcloud)
