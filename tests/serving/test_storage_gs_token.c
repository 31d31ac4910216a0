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
    put_credentials("external_account");
    ck_fails(find(env), KF_EUNSUPPORTED, "external_account");
    put_credentials("service_account");
    ck_fails(find(env), KF_EDOCUMENT, "has no text \"client_email\"");
    put_credentials("authorized_user");
    ck_ok(find(env));
    ck_assert_str_eq(token, "abc");
    ck_fails(find(env), KF_EDOCUMENT, "without a token");
    server_change(status_of_token = 401);
    ck_fails(find(env), KF_EIO, "status 401");
    put_file(in_folder("credentials.json"), "{\"type\": \"authorized_user\"}");
    ck_fails(find(env), KF_EDOCUMENT, "has no text \"client_id\"");
}
END_TEST

/* A key that openssl genpkey made for this test, as JSON has it. */
#define KEY                                                                            \
    "-----BEGIN PRIVATE KEY-----\\n"                                                   \
    "MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBANnLb5WgeI9d080d\\n"              \
    "t9TDf+kazehtDt4wHDv2i/M7B98BmsfYaO4Swaxhzbb/9gwNlacd6M6Dkb3ylQxZ\\n"              \
    "KiKvXcFrse5KUT1H+77LXK7sddDZZTnJqiduGTxKiRVqSapMwJULvN8kUKBvCXkU\\n"              \
    "TIVlkNJK4Nl0Ba0GSN2eCO9grCCbAgMBAAECgYAkQaebwxEO3NHLjazysHD0v0+T\\n"              \
    "58PX3S52FP8LSMJwr3Wy2yXsrBatucJjOo0dSI2nOmVtK53xfxas7ZMEHyl+IOlt\\n"              \
    "Cbh0mpRsd+dy1E6Dv39la/lDaf9+bDo6zbV9c7m8JxphGbMBND5/MMBnFJek2omn\\n"              \
    "j3rLLIphZZT3rg028QJBAPH+RE2BYA3RIlZLOwVo9nLcYVL1PI4cpS3ISWHVRGyb\\n"              \
    "e7U9GqvGGXbe5Zi+DNHjagVTRna4AP4x9dSPzYngMacCQQDmZptpmzOlnFfuwhPw\\n"              \
    "B3R4MzmHTbvqekHlIF44ONE4uEXCqK9l0FZGN4q5d0q0Fq7Zamv26aZqasUPY7Po\\n"              \
    "C6/tAkA/SQKtzj7DfkTfkm8N/CQvZ6jgHBhJBf7AmVdviWmKiaLxg9hcwcLZDnO2\\n"              \
    "3UTXAwUv/VY5J+fCkmg6vZzACOyTAkBVWQsXCsQOBCVar5AdKVXOtQMJiRUkXdeN\\n"              \
    "HflpEDsIrNJCsqQOridXaXm9DGCi54grx81osNLRtu16ru9U9QddAkEAir0RGDcg\\n"              \
    "YW3updnlUW9PGDeTOVuEQ2ItHZfT+sTy8Y5V98L19GoB8hnE8Ks4rg8fUfQk2Ejw\\n"              \
    "bzxybWHNi6LQWw==\\n"                                                              \
    "-----END PRIVATE KEY-----\\n"

static char assertion[4000];

static bool answer_assertion(int fd, const char *request, int number)
{
    const char *body = strstr(request, "\r\n\r\n") + 4;
    static const char grant[] = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3A"
                                "jwt-bearer&assertion=";
    if (strncmp(body, grant, sizeof grant - 1) != 0)
        return reply_text(fd, "400 Bad Request", "", "");
    (void)snprintf(assertion, sizeof assertion, "%s", body + sizeof grant - 1);
    return reply_text(fd, "200 OK", "", "{\"access_token\": \"signed\"}");
}

static bool has(const kf_buf *text, const char *part)
{
    return strstr(kf__buf_text(text), part) != NULL;
}

/* The signature itself is compared with openssl's in test_rsa.c. */
START_TEST(a_service_account)
{
    char setting[300], text[3000];
    const char *const env[] = {setting, NULL};
    kf_buf header = KF__BUF_INIT, claims = KF__BUF_INIT, signature = KF__BUF_INIT;
    serve_with(answer_assertion);
    (void)snprintf(setting, sizeof setting, "GOOGLE_APPLICATION_CREDENTIALS=%s",
        in_folder("credentials.json"));
    (void)snprintf(text, sizeof text,
        "{\"type\": \"service_account\", \"client_email\": \"reader@p.example\","
        "\"private_key\": \"%s\", \"token_uri\": \"%s\"}",
        KEY, server_url("/token"));
    put_file(in_folder("credentials.json"), text);
    ck_ok(find(env));
    ck_assert_str_eq(token, "signed");
    server_settle();
    (void)pthread_mutex_unlock(&server.lock);
    size_t first = strcspn(assertion, "."), second = first + 1;
    second += strcspn(assertion + second, ".");
    ck_assert(kf__parse_base64(&header, assertion, first));
    ck_assert(kf__parse_base64(&claims, assertion + first + 1, second - first - 1));
    ck_assert(kf__parse_base64(
        &signature, assertion + second + 1, strlen(assertion + second + 1)));
    ck_assert_str_eq(kf__buf_text(&header), "{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
    ck_assert(has(&claims, "{\"iss\":\"reader@p.example\",\"scope\":\"https:"));
    ck_assert(has(&claims, "/auth/devstorage.read_only\",\"aud\":\"http:"));
    ck_assert_uint_eq(signature.length, 128);
    kf__buf_finish(&header);
    kf__buf_finish(&claims);
    kf__buf_finish(&signature);
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

KF_TEST_MAIN_WITH("storage_gs_token", begin_storage, tear_down, none, a_file,
    a_service_account, the_file_of_gcloud)
