/* SPDX-License-Identifier: Apache-2.0 */
/* A reply into a file. What is there of it lies in <path>.part; what the server called
 * that version, in <path>.part.tag: only with both is a download gone on with. */
#include "io/http_exchange.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/vec.h"
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ERROR_BODY = 64 << 10, TAG_BYTES = 4096 };

typedef struct download {
    kf_http_client *client;
    const kf_http_client_request *asked;
    const kf_http_download *download;
    char *part;
    char *tag_path;
    int fd;
    kf_buf tag;     /* Names the version that the part is of; empty: it has no name. */
    int64_t offset; /* Bytes in the part. */
    int64_t total;  /* -1: unknown. */
    int64_t farthest; /* That any try came to. */
    bool writing;     /* The reply is the file, not a message. */
    bool anew;        /* The server had another version: begin at 0, at once. */
    kf_buf message;
} download;

/* ---- the version ---- */

/* What names the version in If-Range; NULL: nothing that can be relied on. */
static const char *version_of(const kf_http_reply *reply)
{
    const char *tag = kf__http_reply_header(reply, "etag");
    if (tag != NULL && *tag == '"')
        return tag;
    return tag == NULL ? kf__http_reply_header(reply, "last-modified") : NULL;
}

static kf_status write_tag(download *self, const kf_http_reply *reply)
{
    const char *version = version_of(reply);
    kf__buf_truncate(&self->tag, 0);
    if (version != NULL && strlen(version) < TAG_BYTES)
        kf__buf_puts(&self->tag, version);
    KF__TRY(self->tag.status);
    if (self->tag.length > 0)
        return kf__file_write(self->tag_path, self->tag.data, self->tag.length);
    (void)unlink(self->tag_path);
    return KF_OK;
}

/* ---- the part ---- */

static kf_status empty_part(download *self)
{
    if (ftruncate(self->fd, 0) != 0)
        return kf__file_fail(self->part, "empty");
    self->offset = 0;
    return KF_OK;
}

static kf_status find_part(download *self)
{
    struct stat info;
    self->fd = open(self->part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (self->fd < 0 || fstat(self->fd, &info) != 0)
        return kf__file_fail(self->part, "open");
    if (!S_ISREG(info.st_mode))
        return kf__fail(KF_EIO, NULL, "\"%s\" is no file", self->part);
    kf_status status = kf__file_read_plain(self->tag_path, TAG_BYTES, &self->tag);
    if (status == KF_ENOMEM)
        return status;
    bool sound = status == KF_OK && self->tag.length > 0 &&
                 strpbrk(self->tag.data, "\r\n") == NULL;
    if (!sound) {
        kf__buf_truncate(&self->tag, 0);
        return empty_part(self);
    }
    self->offset = info.st_size;
    return KF_OK;
}

/* ---- one reply ---- */

static kf_status fail_length(
    download *self, kf_status code, const char *what, int64_t bytes, const char *limit)
{
    kf_buf url = KF__BUF_INIT;
    kf__http_put_url(&url, self->asked->url);
    kf_status status = kf__fail(code, NULL, "%s %s %lld bytes%s", kf__buf_text(&url),
        what, (long long)bytes, limit);
    kf__buf_finish(&url);
    return status;
}

static kf_status check_total(download *self)
{
    int64_t limit =
        self->download->limit > 0 ? self->download->limit : KF__LIMIT_DOWNLOAD_BYTES;
    int64_t bytes = self->total > self->offset ? self->total : self->offset;
    int64_t wanted = self->download->size;
    if (bytes > limit)
        return fail_length(self, KF_ELIMIT, "has more than the limit of", limit,
            limit == KF__LIMIT_DOWNLOAD_BYTES ? " (KF__LIMIT_DOWNLOAD_BYTES)" : "");
    if (wanted >= 0 && (bytes > wanted || (self->total >= 0 && bytes != wanted)))
        return fail_length(self, KF_EDOCUMENT, "has another length than", wanted, "");
    return KF_OK;
}

static kf_status begin_whole(download *self, const kf_http_reply *reply)
{
    const char *length = kf__http_reply_header(reply, "content-length");
    KF__TRY(empty_part(self));
    self->total = -1;
    if (length != NULL && (!kf__parse_int64(length, &self->total) || self->total < 0))
        self->total = -1;
    self->writing = true;
    KF__TRY(write_tag(self, reply));
    return check_total(self);
}

/* "bytes 100-199/200", the end and the whole length may be missing. */
static bool parse_range(const char *text, int64_t *start, int64_t *total)
{
    char first[24], whole[24];
    if (text == NULL ||
        sscanf(text, "bytes %20[0-9]-%*20[0-9]/%20[0-9*]", first, whole) != 2 ||
        !kf__parse_int64(first, start))
        return false;
    *total = -1;
    return strcmp(whole, "*") == 0 || kf__parse_int64(whole, total);
}

/* A server that gives another part, or one of another version, is asked for all. */
static kf_status begin_rest(download *self, const kf_http_reply *reply)
{
    int64_t start, total;
    const char *version = version_of(reply);
    if (!parse_range(kf__http_reply_header(reply, "content-range"), &start, &total) ||
        start != self->offset || version == NULL ||
        strcmp(version, self->tag.data) != 0) {
        self->anew = true;
        return kf__fail(KF_EIO, NULL, "another part came than was asked for");
    }
    self->total = total;
    self->writing = true;
    return check_total(self);
}

static kf_status begin(void *payload, const kf_http_reply *reply)
{
    download *self = payload;
    self->writing = false;
    kf__buf_truncate(&self->message, 0);
    if (reply->status == 200)
        return begin_whole(self, reply);
    if (reply->status == 206 && self->offset > 0)
        return begin_rest(self, reply);
    if (reply->status == 416 && self->offset > 0) {
        self->anew = true;
        return kf__fail(KF_EIO, NULL, "the rest that was asked for is not there");
    }
    return KF_OK;
}

static kf_status report(download *self)
{
    const kf_http_download *wanted = self->download;
    if (wanted->progress != NULL &&
        wanted->progress(self->offset, self->total, wanted->payload) != 0)
        return kf__fail(KF_ECALLBACK, NULL, "the download was stopped by its caller");
    return KF_OK;
}

static kf_status write_part(void *payload, const void *data, size_t length)
{
    download *self = payload;
    if (!self->writing) {
        if (length <= ERROR_BODY - self->message.length)
            kf__buf_append(&self->message, data, length);
        return self->message.status;
    }
    const char *bytes = data;
    while (length > 0) {
        ssize_t count = pwrite(self->fd, bytes, length, (off_t)self->offset);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return kf__file_fail(self->part, "write");
        self->offset += count;
        bytes += count;
        length -= (size_t)count;
    }
    KF__TRY(check_total(self));
    return report(self);
}

/* ---- tries ---- */

static kf_status push_all(kf_http_headers *out, const char *const *headers)
{
    for (; headers != NULL && *headers != NULL; headers++)
        KF__TRY(kf__vec_push(out, *headers));
    return KF_OK;
}

static kf_status try_once(download *self, kf_http_reply *reply)
{
    kf_http_headers headers = {0};
    kf_http_client_request request = *self->asked;
    kf_http_sink sink = {begin, write_part, self};
    kf_status status = push_all(&headers, request.headers);
    if (status == KF_OK && self->offset > 0) {
        status = kf__http_headers_add(
            &headers, "Range: bytes=%lld-", (long long)self->offset);
        if (status == KF_OK)
            status = kf__http_headers_add(&headers, "If-Range: %s", self->tag.data);
    }
    if (status == KF_OK)
        status = kf__vec_push(&headers, NULL);
    request.headers = headers.items;
    self->anew = false;
    if (status == KF_OK)
        status = kf__http_follow(self->client, &request, &sink, reply);
    kf__http_headers_finish(&headers);
    return status;
}

/* A reply without a length ends where the connection does. */
static kf_status check_whole(download *self, kf_http_reply *reply)
{
    int64_t wanted = self->download->size >= 0 ? self->download->size : self->total;
    if (wanted < 0 || wanted == self->offset)
        return KF_OK;
    reply->may_pass = true;
    return fail_length(self, KF_EIO, "ended before its", wanted, "");
}

static kf_status try_until_it_ends(download *self, kf_http_reply *reply)
{
    bool begun_anew = false;
    for (int done = 1;; done++) {
        kf_status status = try_once(self, reply);
        if (self->anew && !begun_anew) {
            begun_anew = true;
            kf__buf_truncate(&self->tag, 0);
            KF__TRY(empty_part(self));
            done--;
            continue;
        }
        if (status == KF_OK && self->writing)
            status = check_whole(self, reply);
        if (!reply->may_pass)
            return status;
        if (self->offset > self->farthest) {
            self->farthest = self->offset;
            done = 1;
        }
        if (done >= self->asked->tries)
            return status;
        if (self->tag.length == 0) /* What has no name is not gone on with. */
            KF__TRY(empty_part(self));
        KF__TRY(kf__http_pause(self->asked, reply, done));
    }
}

static void drop_part(download *self)
{
    (void)unlink(self->part);
    (void)unlink(self->tag_path);
}

static kf_status put_in_place(download *self)
{
    if (fsync(self->fd) != 0)
        return kf__file_fail(self->part, "write");
    if (rename(self->part, self->download->path) != 0)
        return kf__file_fail(self->download->path, "create");
    (void)unlink(self->tag_path);
    return KF_OK;
}

static kf_status prepare(download *self)
{
    kf_buf path = KF__BUF_INIT;
    kf__buf_printf(&path, "%s.part", self->download->path);
    KF__TRY(kf__buf_take(&path, &self->part));
    kf__buf_printf(&path, "%s.part.tag", self->download->path);
    KF__TRY(kf__buf_take(&path, &self->tag_path));
    return find_part(self);
}

/* Which statuses leave a part that is worth keeping: the connection broke, the time
 * passed, somebody stopped it. */
static bool keeps_part(const download *self, kf_status status)
{
    return self->offset > 0 && self->tag.length > 0 && status != KF_EDOCUMENT &&
           status != KF_ELIMIT;
}

kf_status kf__http_download(kf_http_client *client,
    const kf_http_client_request *request, const kf_http_download *wanted,
    kf_http_reply *reply)
{
    KF__REQUIRE(client != NULL && request != NULL && request->url != NULL);
    KF__REQUIRE(wanted != NULL && wanted->path != NULL);
    download self = {
        .client = client, .asked = request, .download = wanted, .fd = -1, .total = -1};
    kf_status status = prepare(&self);
    if (status == KF_OK)
        status = try_until_it_ends(&self, reply);
    if (status == KF_OK && self.writing) {
        status = put_in_place(&self);
        reply->status = 200;
    } else if (self.fd >= 0 && !keeps_part(&self, status)) {
        drop_part(&self);
    }
    if (self.fd >= 0)
        (void)close(self.fd);
    if (status == KF_OK) {
        reply->body = self.message;
        self.message = KF__BUF_INIT;
    }
    kf__buf_finish(&self.message);
    kf__buf_finish(&self.tag);
    kf__free(self.part);
    kf__free(self.tag_path);
    return status;
}
