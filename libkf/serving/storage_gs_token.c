/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks Google's storage: a token as it is given, or one that the file of credentials
 * is good for. */
#include "base/base64.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/rsa.h"
#include "base/text.h"
#include "io/file.h"
#include "io/json.h"
#include "serving/storage_job.h"

#define TOKEN_URI "https://oauth2.googleapis.com/token"
#define SCOPE "https://www.googleapis.com/auth/devstorage."

/* As a Secret has it, in place of a file: where it is said to come from. */
static const char from_secret[] = "GOOGLE_APPLICATION_CREDENTIALS_JSON";

/* NULL: there is none. */
static kf_status find_file(kf_storage_job *job, const char **out)
{
    char *path = NULL;
    const char *given = kf__storage_setting(job, "GOOGLE_APPLICATION_CREDENTIALS");
    const char *home = kf__environment("HOME");
    if (kf__storage_setting(job, from_secret) != NULL)
        given = from_secret;
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
    kf_status status = KF_OK;
    if (path == from_secret)
        kf__buf_puts(&text, kf__storage_setting(job, from_secret));
    else
        status = kf__file_read_plain(path, KF__LIMIT_STRING_BYTES, &text);
    if (status == KF_OK)
        status = text.status;
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
            "%s: Google gives no token for these credentials (status %d)", job->shown,
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
            KF_EDOCUMENT, NULL, "%s: Google answers without a token", job->shown);
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

/* ---- a service account: it signs what it asks for ---- */

static void put_part(kf_buf *out, const kf_buf *text)
{
    kf__put_base64_url(out, kf__buf_text(text), text->length);
    if (text->status != KF_OK)
        out->status = text->status;
}

/* RFC 7523: who asks, for what, of whom, until when. */
static void put_claims(
    kf_buf *out, const char *account, const char *uri, bool writes, int64_t now_seconds)
{
    kf__buf_puts(out, "{\"iss\":");
    kf__put_json_text(out, account, strlen(account));
    kf__buf_printf(out,
        ",\"scope\":\"" SCOPE "%s\",\"aud\":", writes ? "read_write" : "read_only");
    kf__put_json_text(out, uri, strlen(uri));
    kf__buf_printf(out, ",\"iat\":%lld,\"exp\":%lld}", (long long)now_seconds,
        (long long)now_seconds + 3600);
}

static kf_status put_assertion(
    kf_buf *out, const char *account, const char *uri, const char *key, bool writes)
{
    static const char header[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
    kf_buf claims = KF__BUF_INIT, signature = KF__BUF_INIT;
    put_claims(&claims, account, uri, writes, kf__now_ms() / 1000);
    kf__put_base64_url(out, header, sizeof header - 1);
    kf__buf_putc(out, '.');
    put_part(out, &claims);
    kf_status status = out->status;
    if (status == KF_OK)
        status = kf__rsa_sign(key, out->data, out->length, &signature);
    if (status == KF_OK) {
        kf__buf_putc(out, '.');
        put_part(out, &signature);
        status = out->status;
    }
    kf__buf_finish(&claims);
    kf__buf_finish(&signature);
    return status;
}

static kf_status sign_in(kf_storage_job *job, const kf_value *credentials,
    const char *path, const char **out)
{
    const char *uri = kf__get_text(credentials, "token_uri");
    const char *account = kf__get_text(credentials, "client_email");
    const char *key = kf__get_text(credentials, "private_key");
    kf_buf assertion = KF__BUF_INIT, body = KF__BUF_INIT;
    if (account == NULL || key == NULL)
        return kf__fail(KF_EDOCUMENT, NULL, "\"%s\" has no text \"%s\"", path,
            account == NULL ? "client_email" : "private_key");
    uri = uri != NULL ? uri : TOKEN_URI;
    kf_status status = put_assertion(&assertion, account, uri, key, job->writes);
    if (status == KF_OK) {
        put_field(&body, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
        put_field(&body, "assertion", assertion.data);
        status = body.status;
    }
    if (status == KF_OK)
        status = ask_for_token(job, uri, &body, out);
    kf__buf_finish(&assertion);
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
    const kf_value *type = kf_value_get(credentials, "type");
    if (kf__equals_text(type, "authorized_user"))
        return refresh(job, credentials, path, out);
    if (kf__equals_text(type, "service_account"))
        return sign_in(job, credentials, path, out);
    return kf__fail(KF_EUNSUPPORTED, NULL,
        "\"%s\": credentials of type \"%s\" are not used here: expected "
        "service_account or "
        "authorized_user; or give a token in GOOGLE_OAUTH_ACCESS_TOKEN "
        "(gcloud auth print-access-token)",
        path, kf__is(type, KF_KIND_STRING) ? kf_value_string(type) : "");
}
