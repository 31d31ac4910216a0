/* SPDX-License-Identifier: Apache-2.0 */
/* One file, of which the server says in its reply what it is. */
#include "base/base64.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "io/archive.h"
#include "io/file.h"
#include "io/json.h"
#include "serving/storage_job.h"

#include <stdio.h>
#include <unistd.h>

/* ---- what is asked for ---- */

static int hex_digit(char letter)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *found = letter != '\0' ? strchr(digits, letter) : NULL;
    int value = found != NULL ? (int)(found - digits) : -1;
    return value > 15 ? value - 6 : value;
}

/* "%41" to "A"; what is none stays. */
static void decode_percent(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        int high = *from == '%' ? hex_digit(from[1]) : -1;
        int low = high >= 0 ? hex_digit(from[2]) : -1;
        *to = low >= 0 ? (char)(high * 16 + low) : *from;
        from += low >= 0 ? 3 : 1;
    }
    *to = '\0';
}

/* The last part of the path. Where it does not say that it is an archive, the end of the
 * query may: "download?file=model.zip". */
static kf_status take_name(kf_storage_job *job, const char **out)
{
    const char *host = strstr(job->uri, "://") + 3;
    const char *path = host + strcspn(host, "/?#");
    size_t length = strcspn(path, "?#");
    size_t start = length;
    while (start > 0 && path[start - 1] != '/')
        start--;
    char *name = kf__arena_strndup(&job->tree.arena, path + start, length - start);
    char *query =
        kf__arena_strndup(&job->tree.arena, path + length, strcspn(path + length, "#"));
    if (name == NULL || query == NULL)
        return KF_ENOMEM;
    decode_percent(name);
    if (*name == '\0' || kf__name_fault(name) != NULL)
        return kf__fail(KF_EINVAL, NULL,
            "\"%s\" does not end in the name of a file, which tells what kind of model "
            "it is",
            job->shown);
    kf_archive_kind kind = kf__archive_kind(query);
    *out = name;
    if (strchr(name, '.') == NULL && (kind == KF_ARCHIVE_ZIP || kind == KF_ARCHIVE_TAR))
        *out = kf__arena_printf(
            &job->tree.arena, "%s%s", name, kind == KF_ARCHIVE_ZIP ? ".zip" : ".tar");
    return *out != NULL ? KF_OK : KF_ENOMEM;
}

/* The variable "<host>-headers" has a JSON struct of headers. */
static kf_status take_headers(kf_storage_job *job)
{
    const char *host = strstr(job->uri, "://") + 3;
    const char *end = host + strcspn(host, "/?#");
    for (const char *at = host; at < end; at++)
        host = *at == '@' ? at + 1 : host;
    int length = (int)strcspn(host, ":/?#");
    const char *name = kf__arena_printf(&job->tree.arena, "%.*s-headers", length, host);
    const char *text = name != NULL ? kf__storage_setting(job, name) : NULL;
    kf_value *value = NULL;
    if (name == NULL)
        return KF_ENOMEM;
    if (text == NULL)
        return KF_OK;
    if (kf__json_read(&job->tree, text, strlen(text), &value) == KF_ENOMEM)
        return KF_ENOMEM;
    if (!kf__is(value, KF_KIND_STRUCT))
        return kf__fail(KF_EINVAL, name, "%s is a JSON struct of headers", name);
    size_t count = kf_value_length(value);
    const char **headers =
        kf__arena_alloc(&job->tree.arena, (count + 1) * sizeof *headers);
    for (size_t i = 0; i < count && headers != NULL; i++) {
        const char *header = kf_value_string(kf_value_at(value, i));
        if (!kf__is(kf_value_at(value, i), KF_KIND_STRING))
            return kf__fail(KF_EINVAL, name, "%s: a header is a text", name);
        headers[i] = kf__arena_printf(
            &job->tree.arena, "%s: %s", kf_value_key(value, i), header);
        if (headers[i] == NULL)
            return KF_ENOMEM;
    }
    job->access.headers = headers;
    return headers != NULL ? KF_OK : KF_ENOMEM;
}

/* ---- what came ---- */

static bool has_type(const char *type, const char *const *types)
{
    for (; *types != NULL; types++) {
        if (kf__starts_with(type, *types))
            return true;
    }
    return false;
}

/* The rule of KServe: a page that says that one must log in is not a model. */
static kf_status check_type(
    const kf_storage_job *job, const char *name, const kf_http_reply *reply)
{
    static const char *const plain[] = {"application/octet-stream", NULL};
    static const char *const zip[] = {"application/zip", "application/x-zip-compressed",
        "application/zip-compressed", NULL};
    static const char *const tar[] = {"application/x-tar", "application/x-gtar",
        "application/gzip", "application/x-gzip", NULL};
    const char *type = kf__http_reply_header(reply, "content-type");
    kf_archive_kind kind = kf__archive_kind(name);
    const char *const *types = kind == KF_ARCHIVE_ZIP   ? zip
                               : kind == KF_ARCHIVE_TAR ? tar
                                                        : plain;
    if (type != NULL && has_type(type, types))
        return KF_OK;
    return kf__fail(KF_EDOCUMENT, NULL,
        "%s has the content type \"%s\", where KServe takes a file of that name only "
        "with \"%s\"%s",
        job->shown, type != NULL ? type : "", types[0],
        types[1] != NULL ? " and the like" : "");
}

/* The base64 text up to any of `ends` as hexadecimal of so many bytes, or NULL. */
static const char *decode(
    kf_storage_job *job, const char *text, const char *ends, size_t bytes)
{
    kf_buf data = KF__BUF_INIT;
    const char *hex = NULL;
    if (kf__parse_base64(&data, text, strcspn(text, ends)) && data.length == bytes) {
        char *out = kf__arena_alloc(&job->tree.arena, 2 * bytes + 1);
        if (out != NULL)
            kf__hex((const unsigned char *)data.data, bytes, out);
        hex = out;
    }
    kf__buf_finish(&data);
    return hex;
}

/* "name=base64" in a list with commas. */
static const char *digest_in(kf_storage_job *job, const kf_http_reply *reply,
    const char *header, const char *name, size_t bytes)
{
    const char *text = kf__http_reply_header(reply, header);
    const char *found = text != NULL ? strstr(text, name) : NULL;
    if (found == NULL || (found > text && strchr(", ", found[-1]) == NULL))
        return NULL;
    found += strlen(name);
    return decode(job, found + (*found == ':'), ",:; ", bytes);
}

/* Digests that servers give. The older ones are of what was sent, so they count only
 * where all was sent at once. */
static void take_digests(
    kf_storage_job *job, const kf_http_reply *reply, kf_storage_object *object)
{
    bool whole = kf__http_reply_header(reply, "content-range") == NULL;
    const char *md5 = kf__http_reply_header(reply, "content-md5");
    object->sha256 = digest_in(job, reply, "repr-digest", "sha-256=", 32);
    object->md5 = digest_in(job, reply, "x-goog-hash", "md5=", 16);
    if (whole && object->sha256 == NULL)
        object->sha256 = digest_in(job, reply, "digest", "sha-256=", 32);
    if (whole && object->sha256 == NULL)
        object->sha256 = digest_in(job, reply, "digest", "SHA-256=", 32);
    if (whole && md5 != NULL && object->md5 == NULL)
        object->md5 = decode(job, md5, " ", 16);
}

/* What names this version; something that never comes again where the server has no
 * name for it. */
static const char *version_of(kf_storage_job *job, const kf_http_reply *reply)
{
    char id[37];
    const char *tag = kf__http_reply_header(reply, "etag");
    const char *time = kf__http_reply_header(reply, "last-modified");
    if (tag != NULL)
        return kf__arena_printf(&job->tree.arena, "ETag %s", tag);
    if (time != NULL)
        return kf__arena_printf(&job->tree.arena, "Last-Modified %s", time);
    return kf__uuid4(id) == KF_OK ? kf__arena_strdup(&job->tree.arena, id) : NULL;
}

/* ---- asking ---- */

typedef struct asking {
    kf_storage_job *job;
    kf_storage_object object;
    const char *known; /* Version that is cached, or NULL. */
    kf_buf path;
} asking;

static int note_progress(int64_t done, int64_t total, void *payload)
{
    const kf_storage_options *options = payload;
    return options->progress(done, total, options->payload);
}

static kf_status add_condition(const asking *self, kf_http_client_request *request)
{
    static const char tag[] = "ETag ", time[] = "Last-Modified ";
    size_t count = 0;
    kf_arena *arena = &self->job->tree.arena;
    while (request->headers != NULL && request->headers[count] != NULL)
        count++;
    const char **headers = kf__arena_alloc(arena, (count + 2) * sizeof *headers);
    if (headers == NULL)
        return KF_ENOMEM;
    if (count > 0)
        memcpy(headers, request->headers, count * sizeof *headers);
    request->headers = headers;
    if (self->known == NULL)
        return KF_OK;
    if (kf__starts_with(self->known, tag))
        headers[count] =
            kf__arena_printf(arena, "If-None-Match: %s", self->known + strlen(tag));
    else if (kf__starts_with(self->known, time))
        headers[count] = kf__arena_printf(
            arena, "If-Modified-Since: %s", self->known + strlen(time));
    else
        return KF_OK;
    return headers[count] != NULL ? KF_OK : KF_ENOMEM;
}

static kf_status get(asking *self, kf_http_reply *reply)
{
    kf_storage_job *job = self->job;
    kf_storage_signing signing = {job, job->uri};
    kf_http_client_request request;
    kf_http_download wanted = {.path = self->path.data,
        .size = -1,
        .progress = job->options->progress != NULL ? note_progress : NULL,
        .payload = (void *)(uintptr_t)job->options};
    kf__storage_request(job, &signing, &request);
    KF__TRY(add_condition(self, &request));
    kf_status status = kf__http_download(job->client, &request, &wanted, reply);
    job->unreachable = reply->may_pass;
    return status;
}

/* Under the name of the version that came, where the cache looks for it. */
static kf_status stage(asking *self, const kf_http_reply *reply)
{
    kf_storage_job *job = self->job;
    kf_buf staged = KF__BUF_INIT;
    KF__TRY(check_type(job, self->object.name, reply));
    self->object.version = version_of(job, reply);
    if (self->object.version == NULL)
        return KF_ENOMEM;
    take_digests(job, reply, &self->object);
    kf_status status =
        kf__storage_staged(job, self->object.name, self->object.version, &staged);
    if (status == KF_OK && rename(self->path.data, staged.data) != 0)
        status = kf__file_fail(staged.data, "create");
    kf__buf_finish(&staged);
    return status;
}

static kf_status ask(asking *self, kf_http_reply *reply)
{
    kf_storage_job *job = self->job;
    KF__TRY(get(self, reply));
    if (reply->status == 304 && self->known != NULL)
        self->object.version = self->known;
    else if (reply->status != 200)
        return kf__storage_explain(job, job->uri, reply);
    else
        KF__TRY(stage(self, reply));
    return kf__storage_add(job, &self->object, false);
}

static const char *known_version(const kf_storage_job *job, const char *name)
{
    const kf_value *files = kf_value_get(job->record, "files");
    return kf__get_text(kf_value_get(files, name), "version");
}

static kf_status list(kf_storage_job *job)
{
    kf_http_reply reply = KF__HTTP_REPLY_INIT;
    asking self = {.job = job, .object = {.url = job->uri, .size = -1, .crc32c = -1}};
    KF__TRY(take_name(job, &self.object.name));
    KF__TRY(take_headers(job));
    KF__TRY(kf__storage_client(job));
    self.known = known_version(job, self.object.name);
    kf_status status = kf__storage_staged(job, self.object.name, "", &self.path);
    if (status == KF_OK)
        status = ask(&self, &reply);
    if (status != KF_OK && self.path.length > 0)
        (void)unlink(self.path.data);
    kf__http_reply_finish(&reply);
    kf__buf_finish(&self.path);
    return status;
}

kf_status kf__storage_http(kf_storage_job *job, char **out)
{
    job->gunzip = true;
    job->access.ca_file = kf__storage_setting(job, "REQUESTS_CA_BUNDLE");
    job->access.hint = "set a variable \"<host>-headers\" to a JSON struct of headers, "
                       "such as {\"Authorization\": \"Bearer …\"}";
    return kf__storage_cached(job, list, out);
}
