/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks Google's storage: a token as it is given, or one that the file of credentials
 * is good for. */
#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"
#include "io/json.h"
#include "serving/storage_job.h"

#define TOKEN_URI "https://oauth2.googleapis.com/token"

/* NULL: there is none. */
static kf_status find_file(kf_storage_job *job, const char **out)
{
    char *path = NULL;
    const char *given = kf__storage_setting(job, "GOOGLE_APPLICATION_CREDENTIALS");
    const char *home = kf__environment("HOME");
    *out = given;
    if (given != NULL || home == NULL || *home != '/')
        return KF_OK;
    KF__TRY(kf__absolute_path(
        "~/.config/gcloud/application_default_credentials.json", &path));
    if (kf__file_exists(path)) {
        *out = kf__arena_strdup(&job->tree.arena, path);
        kf__free(path);
        return *out != NULL ? KF_OK : KF_ENOMEM;
    }
    kf__free(path);
    return KF_OK;
}

static kf_status read_file(kf_storage_job *job, const char *path, kf_value **out)
{
    kf_buf text = KF__BUF_INIT;
    kf_status status = kf__file_read_plain(path, KF__LIMIT_STRING_BYTES, &text);
    if (status == KF_OK)
        status = kf__json_read(&job->tree, text.data, text.length, out);
    kf__buf_finish(&text);
    if (status == KF_EPARSE || (status == KF_OK && !kf__is(*out, KF_KIND_STRUCT)))
        return kf__fail(
            KF_EDOCUMENT, NULL, "\"%s\" is no file of Google's credentials", path);
    return status;
}

static void put_field(kf_buf *body, const char *name, const char *value)
{
    if (body->length > 0)
        kf__buf_putc(body, '&');
    kf__buf_printf(body, "%s=", name);
    kf__http_put_encoded(body, value, strlen(value), false);
}

static kf_status post(
    kf_storage_job *job, const char *uri, const kf_buf *body, kf_http_reply *reply)
{
    const char *const headers[] = {
        "Content-Type: application/x-www-form-urlencoded", NULL};
    kf_storage_signing signing = {job, uri};
    kf_http_client_request request;
    KF__TRY(kf__storage_client(job));
    kf__storage_request(job, &signing, &request);
    request.method = "POST";
    request.headers = headers;
    request.body = kf__buf_text(body);
    request.body_length = body->length;
    kf_status status = kf__http_request(job->client, &request, reply);
    job->unreachable = reply->may_pass;
    return status;
}

static kf_status ask_for_token(
    kf_storage_job *job, const char *uri, const kf_buf *body, const char **out)
{
    kf_http_reply reply = KF__HTTP_REPLY_INIT;
    kf_value *answer = NULL;
    kf_status status = post(job, uri, body, &reply);
    if (status == KF_OK && reply.status != 200)
        status = kf__fail(KF_EIO, NULL,
            "%s: Google gives no token for these credentials (status %d)", job->uri,
            reply.status);
    if (status == KF_OK)
        status = kf__json_read(
            &job->tree, kf__buf_text(&reply.body), reply.body.length, &answer);
    kf__http_reply_finish(&reply);
    if (status != KF_OK)
        return status;
    const char *token = kf__get_text(answer, "access_token");
    if (token == NULL)
        return kf__fail(
            KF_EDOCUMENT, NULL, "%s: Google answers without a token", job->uri);
    *out = token;
    return KF_OK;
}

static kf_status refresh(kf_storage_job *job, const kf_value *credentials,
    const char *path, const char **out)
{
    static const char *const names[] = {"client_id", "client_secret", "refresh_token"};
    const char *uri = kf__get_text(credentials, "token_uri");
    kf_buf body = KF__BUF_INIT;
    put_field(&body, "grant_type", "refresh_token");
    kf_status status = KF_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names && status == KF_OK; i++) {
        const char *value = kf__get_text(credentials, names[i]);
        if (value == NULL)
            status = kf__fail(
                KF_EDOCUMENT, NULL, "\"%s\" has no text \"%s\"", path, names[i]);
        else
            put_field(&body, names[i], value);
    }
    if (status == KF_OK)
        status = body.status;
    if (status == KF_OK)
        status = ask_for_token(job, uri != NULL ? uri : TOKEN_URI, &body, out);
    kf__buf_finish(&body);
    return status;
}

kf_status kf__storage_gs_token(kf_storage_job *job, const char **out)
{
    kf_value *credentials = NULL;
    const char *path = NULL;
    *out = kf__storage_setting(job, "GOOGLE_OAUTH_ACCESS_TOKEN");
    if (*out != NULL || kf__storage_setting(job, "STORAGE_EMULATOR_HOST") != NULL)
        return KF_OK;
    KF__TRY(find_file(job, &path));
    if (path == NULL)
        return KF_OK;
    KF__TRY(read_file(job, path, &credentials));
    if (kf__equals_text(kf_value_get(credentials, "type"), "authorized_user"))
        return refresh(job, credentials, path, out);
    return kf__fail(KF_EUNSUPPORTED, NULL,
        "\"%s\": credentials of type \"%s\" are not used here: give a token in "
        "GOOGLE_OAUTH_ACCESS_TOKEN (gcloud auth print-access-token), or the account's "
        "HMAC key in GS_HMAC_ACCESS_ID and GS_HMAC_SECRET",
        path,
        kf__get_text(credentials, "type") != NULL ? kf__get_text(credentials, "type")
                                                  : "");
}
