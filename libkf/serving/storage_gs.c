/* SPDX-License-Identifier: Apache-2.0 */
/* One object, or all below a path, of a bucket of Google Cloud Storage, by its JSON API. */
#include "base/base64.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"
#include "io/json.h"
#include "serving/storage_job.h"

#include <stdio.h>

typedef struct bucket {
    const char *name;
    const char *path;
    const char *api;   /* "https://storage.googleapis.com" */
    const char *token; /* NULL: as anybody. */
} bucket;

/* An emulator is given as "host:port" or as a URL. */
static kf_status take_api(kf_storage_job *job, bucket *self)
{
    const char *emulator = kf__storage_setting(job, "STORAGE_EMULATOR_HOST");
    self->api = "https://storage.googleapis.com";
    if (emulator == NULL)
        return KF_OK;
    size_t length = strlen(emulator);
    while (length > 0 && emulator[length - 1] == '/')
        length--;
    self->api = kf__arena_printf(&job->tree.arena, "%s%.*s",
        strstr(emulator, "://") != NULL ? "" : "http://", (int)length, emulator);
    job->identity = self->api;
    return self->api != NULL ? KF_OK : KF_ENOMEM;
}

static kf_status explain(
    const kf_storage_job *job, const char *url, const kf_http_reply *reply)
{
    const bucket *self = job->access.secret;
    if (reply->status == 404)
        return kf__fail(
            KF_ENOENT, NULL, "%s: there is no such bucket or object", job->shown);
    if (reply->status == 412)
        return kf__fail(KF_EIO, NULL, "%s changed while it was downloaded", job->shown);
    if (reply->status == 401 || reply->status == 403)
        return kf__fail(KF_EIO, NULL, "%s: access is denied (status %d)%s", job->shown,
            reply->status,
            self->token == NULL
                ? " to anybody: set GOOGLE_APPLICATION_CREDENTIALS to a file of "
                  "credentials, or GOOGLE_OAUTH_ACCESS_TOKEN to a token"
                : " to these credentials");
    return kf__fail(KF_EIO, NULL, "%s: the storage answered with status %d", job->shown,
        reply->status);
}

/* ---- listing ---- */

static kf_status put_list_url(
    const bucket *self, const char *prefix, const char *token, kf_buf *url)
{
    kf__buf_printf(url,
        "%s/storage/v1/b/%s/o?fields=nextPageToken,items(name,size,"
        "generation,md5Hash,crc32c)&prefix=",
        self->api, self->name);
    kf__http_put_encoded(url, prefix, strlen(prefix), false);
    if (token != NULL) {
        kf__buf_puts(url, "&pageToken=");
        kf__http_put_encoded(url, token, strlen(token), false);
    }
    return url->status;
}

static const char *object_url(
    kf_storage_job *job, const bucket *self, const char *name, const char *generation)
{
    kf_buf url = KF__BUF_INIT;
    const char *out = NULL;
    kf__buf_printf(&url, "%s/storage/v1/b/%s/o/", self->api, self->name);
    kf__http_put_encoded(&url, name, strlen(name), false);
    kf__buf_puts(&url, "?alt=media");
    if (generation != NULL) {
        kf__buf_puts(&url, "&ifGenerationMatch=");
        kf__http_put_encoded(&url, generation, strlen(generation), false);
    }
    if (url.status == KF_OK)
        out = kf__arena_strdup(&job->tree.arena, url.data);
    kf__buf_finish(&url);
    return out;
}

/* Numbers are texts in this API, and numbers in some emulators. */
static const char *text_of(kf_storage_job *job, const kf_value *item, const char *name)
{
    const kf_value *value = kf_value_get(item, name);
    if (kf__is(value, KF_KIND_STRING))
        return kf_value_string(value);
    return kf__is(value, KF_KIND_INT) ? kf__arena_printf(&job->tree.arena, "%lld",
                                            (long long)kf_value_int(value))
                                      : NULL;
}

static bool decode(const char *text, unsigned char *out, size_t size)
{
    kf_buf data = KF__BUF_INIT;
    bool good = text != NULL && kf__parse_base64(&data, text, strlen(text)) &&
                data.length == size;
    if (good)
        memcpy(out, data.data, size);
    kf__buf_finish(&data);
    return good;
}

static kf_status take_digests(
    kf_storage_job *job, const kf_value *item, kf_storage_object *object)
{
    unsigned char md5[16], crc[4];
    if (decode(kf__get_text(item, "md5Hash"), md5, sizeof md5)) {
        char *hex = kf__arena_alloc(&job->tree.arena, 33);
        if (hex == NULL)
            return KF_ENOMEM;
        kf__hex(md5, sizeof md5, hex);
        object->md5 = hex;
    } else if (decode(kf__get_text(item, "crc32c"), crc, sizeof crc)) {
        object->crc32c = (int64_t)crc[0] << 24 | crc[1] << 16 | crc[2] << 8 | crc[3];
    }
    return KF_OK;
}

static kf_status add_item(kf_storage_job *job, const bucket *self, const kf_value *item,
    size_t prefix_length, bool filter)
{
    const char *name = kf__get_text(item, "name"), *size = text_of(job, item, "size");
    const char *generation = text_of(job, item, "generation");
    kf_storage_object object = {.size = -1, .crc32c = -1};
    if (name == NULL || size == NULL || !kf__parse_int64(size, &object.size) ||
        object.size < 0 || strlen(name) < prefix_length)
        return kf__fail(KF_EDOCUMENT, NULL,
            "%s: the listing has an object without a name or size", job->shown);
    if (kf__ends_with(name, "/"))
        return KF_OK;
    KF__TRY(take_digests(job, item, &object));
    object.name = name + prefix_length;
    object.url = object_url(job, self, name, generation);
    object.version = kf__arena_printf(&job->tree.arena, "%s %s %s",
        generation != NULL ? generation : "", object.md5 != NULL ? object.md5 : "",
        size);
    if (object.url == NULL || object.version == NULL)
        return KF_ENOMEM;
    return kf__storage_add(job, &object, filter);
}

static kf_status add_page(kf_storage_job *job, const bucket *self,
    const kf_http_reply *reply, const char *prefix, const char **next, bool *any)
{
    kf_value *page = NULL;
    KF__TRY(kf__json_read(
        &job->tree, kf__buf_text(&reply->body), reply->body.length, &page));
    const kf_value *items = kf_value_get(page, "items");
    for (size_t i = 0; i < kf_value_length(items); i++)
        KF__TRY(add_item(job, self, kf_value_at(items, i), strlen(prefix), true));
    *any = *any || kf_value_length(items) > 0;
    *next = kf__get_text(page, "nextPageToken");
    return KF_OK;
}

static kf_status list_below(
    kf_storage_job *job, const bucket *self, const char *prefix, bool *any)
{
    const char *token = NULL;
    kf_status status;
    do {
        kf_buf url = KF__BUF_INIT;
        kf_http_reply reply = KF__HTTP_REPLY_INIT;
        status = put_list_url(self, prefix, token, &url);
        if (status == KF_OK)
            status = kf__storage_ask_for(job, url.data, &reply);
        if (status == KF_OK)
            status = add_page(job, self, &reply, prefix, &token, any);
        kf__http_reply_finish(&reply);
        kf__buf_finish(&url);
    } while (status == KF_OK && token != NULL && *token != '\0');
    return status;
}

/* The object of just that name. */
static kf_status add_single(kf_storage_job *job, const bucket *self)
{
    kf_http_reply reply = KF__HTTP_REPLY_INIT;
    kf_value *item = NULL;
    kf_buf url = KF__BUF_INIT;
    kf__buf_printf(&url, "%s/storage/v1/b/%s/o/", self->api, self->name);
    kf__http_put_encoded(&url, self->path, strlen(self->path), false);
    kf_status status = url.status;
    if (status == KF_OK)
        status = kf__storage_ask_for(job, url.data, &reply);
    if (status == KF_OK)
        status = kf__json_read(
            &job->tree, kf__buf_text(&reply.body), reply.body.length, &item);
    const char *slash = strrchr(self->path, '/');
    if (status == KF_OK)
        status = add_item(job, self, item,
            slash != NULL ? (size_t)(slash + 1 - self->path) : 0, false);
    kf__http_reply_finish(&reply);
    kf__buf_finish(&url);
    return status;
}

static kf_status list(kf_storage_job *job)
{
    const bucket *self = job->access.secret;
    const char *prefix = self->path;
    size_t length = strlen(prefix);
    if (length > 0 && prefix[length - 1] != '/')
        prefix = kf__arena_printf(&job->tree.arena, "%s/", prefix);
    if (prefix == NULL)
        return KF_ENOMEM;
    bool any = false;
    KF__TRY(list_below(job, self, prefix, &any));
    if (any || length == 0 || prefix == self->path)
        return KF_OK;
    return add_single(job, self);
}

static kf_status use_token(kf_storage_job *job, bucket *self)
{
    KF__TRY(kf__storage_gs_token(job, &self->token));
    if (self->token == NULL)
        return KF_OK;
    const char **headers = kf__arena_alloc(&job->tree.arena, 2 * sizeof *headers);
    if (headers == NULL)
        return KF_ENOMEM;
    headers[0] =
        kf__arena_printf(&job->tree.arena, "Authorization: Bearer %s", self->token);
    job->access.headers = headers;
    return headers[0] != NULL ? KF_OK : KF_ENOMEM;
}

static kf_status take_place(kf_storage_job *job, bucket *self)
{
    job->access.ca_file = kf__storage_setting(job, "REQUESTS_CA_BUNDLE");
    KF__TRY(kf__storage_bucket(job, &self->name, &self->path));
    return take_api(job, self);
}

static kf_status put_upload_url(const bucket *self, kf_buf *url)
{
    kf__buf_printf(url, "%s/upload/storage/v1/b/%s/o?uploadType=media&name=", self->api,
        self->name);
    kf__http_put_encoded(url, self->path, strlen(self->path), false);
    return url->status;
}

kf_status kf__storage_gs_put(kf_storage_job *job, const kf_storage_content *content)
{
    bucket self = {0};
    kf_buf url = KF__BUF_INIT;
    const char *key = kf__storage_setting(job, "GS_HMAC_ACCESS_ID");
    const char *secret = kf__storage_setting(job, "GS_HMAC_SECRET");
    KF__TRY(take_place(job, &self));
    if (key != NULL && secret != NULL)
        return kf__storage_s3_put_at(job, self.api, key, secret, content);
    KF__TRY(use_token(job, &self));
    job->access.secret = &self;
    job->access.explain = explain;
    kf_status status = put_upload_url(&self, &url);
    if (status == KF_OK)
        status = kf__storage_send(job, "POST", url.data, content);
    kf__buf_finish(&url);
    return status;
}

kf_status kf__storage_gs(kf_storage_job *job, char **out)
{
    bucket self = {0};
    const char *key = kf__storage_setting(job, "GS_HMAC_ACCESS_ID");
    const char *secret = kf__storage_setting(job, "GS_HMAC_SECRET");
    KF__TRY(take_place(job, &self));
    if (key != NULL && secret != NULL)
        return kf__storage_s3_at(job, self.api, key, secret, out);
    KF__TRY(use_token(job, &self));
    job->access.secret = &self;
    job->access.explain = explain;
    return kf__storage_cached(job, list, out);
}
