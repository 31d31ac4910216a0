/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage_sign.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/vec.h"

#include <stdlib.h>

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* "20130524T000000Z"; the first eight are the day. */
static void put_stamp(char out[17], int64_t now_ms)
{
    kf_buf time = KF__BUF_INIT;
    size_t length = 0;
    kf__put_time(&time, now_ms);
    for (const char *at = kf__buf_text(&time); *at != '\0' && *at != '.'; at++) {
        if (*at != '-' && *at != ':' && length < 15)
            out[length++] = *at;
    }
    out[length++] = 'Z';
    out[length] = '\0';
    kf__buf_finish(&time);
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

typedef KF__VEC(const char *) texts;

/* The parts of the query in the order of their bytes, each with a '='. */
static kf_status put_query(kf_arena *arena, const char *query, kf_buf *out)
{
    texts parts = {0};
    kf_status status = KF_OK;
    while (*query != '\0' && status == KF_OK) {
        size_t length = strcspn(query, "&");
        bool has_value = memchr(query, '=', length) != NULL;
        const char *part =
            kf__arena_printf(arena, "%.*s%s", (int)length, query, has_value ? "" : "=");
        status = part != NULL ? kf__vec_push(&parts, part) : KF_ENOMEM;
        query += length + (query[length] == '&');
    }
    if (parts.count > 1)
        qsort(parts.items, parts.count, sizeof *parts.items, compare_text);
    for (size_t i = 0; i < parts.count; i++)
        kf__buf_printf(out, "%s%s", i > 0 ? "&" : "", parts.items[i]);
    kf__vec_finish(&parts);
    return status != KF_OK ? status : out->status;
}

typedef struct signing {
    const kf_sign *sign;
    const char *body; /* Its SHA-256. */
    kf_arena arena;
    char stamp[17];
    texts headers;  /* "name:value", sorted. */
    kf_buf names;   /* "host;x-amz-date" */
    kf_buf request; /* In its canonical form. */
    kf_buf text;    /* What is signed. */
} signing;

static kf_status add_header(signing *self, const char *line)
{
    return line != NULL ? kf__vec_push(&self->headers, line) : KF_ENOMEM;
}

static kf_status collect_headers(
    signing *self, const char *host, size_t host_length, const char *const *more)
{
    const char *token = self->sign->session_token;
    kf_arena *arena = &self->arena;
    KF__TRY(
        add_header(self, kf__arena_printf(arena, "host:%.*s", (int)host_length, host)));
    KF__TRY(add_header(
        self, kf__arena_printf(arena, "x-amz-content-sha256:%s", self->body)));
    KF__TRY(add_header(self, kf__arena_printf(arena, "x-amz-date:%s", self->stamp)));
    if (token != NULL)
        KF__TRY(add_header(
            self, kf__arena_printf(arena, "x-amz-security-token:%s", token)));
    for (; more != NULL && *more != NULL; more++) {
        size_t name = strcspn(*more, ":");
        const char *value = *more + name + 1 + strspn(*more + name + 1, " ");
        KF__TRY(add_header(
            self, kf__arena_printf(arena, "%.*s:%s", (int)name, *more, value)));
    }
    qsort(self->headers.items, self->headers.count, sizeof *self->headers.items,
        compare_text);
    return KF_OK;
}

static void put_headers(signing *self)
{
    for (size_t i = 0; i < self->headers.count; i++) {
        const char *line = self->headers.items[i];
        kf__buf_printf(&self->request, "%s\n", line);
        if (i > 0)
            kf__buf_putc(&self->names, ';');
        kf__buf_append(&self->names, line, strcspn(line, ":"));
    }
    kf__buf_printf(&self->request, "\n%s\n%s", kf__buf_text(&self->names), self->body);
}

static kf_status put_request(
    signing *self, const char *method, const char *url, const char *const *more)
{
    const char *host = strstr(url, "://");
    host = host != NULL ? host + 3 : url;
    size_t host_length = strcspn(host, "/?");
    const char *path = host + host_length;
    size_t path_length = strcspn(path, "?");
    const char *query = path + path_length + (path[path_length] == '?');
    kf__buf_printf(&self->request, "%s\n%.*s\n", method,
        path_length > 0 ? (int)path_length : 1, path_length > 0 ? path : "/");
    KF__TRY(put_query(&self->arena, query, &self->request));
    kf__buf_putc(&self->request, '\n');
    KF__TRY(collect_headers(self, host, host_length, more));
    put_headers(self);
    return self->request.status != KF_OK ? self->request.status : self->names.status;
}

static kf_status put_text(signing *self)
{
    char hex[65];
    kf_sha256 sha;
    kf__sha256_init(&sha);
    kf__sha256_update(&sha, self->request.data, self->request.length);
    kf__sha256_hex(&sha, hex);
    kf__buf_printf(&self->text, "AWS4-HMAC-SHA256\n%s\n%.8s/%s/%s/aws4_request\n%s",
        self->stamp, self->stamp, self->sign->region, self->sign->service, hex);
    return self->text.status;
}

static kf_status put_signature(signing *self, char hex[65])
{
    unsigned char key[32];
    kf_buf secret = KF__BUF_INIT;
    kf__buf_printf(&secret, "AWS4%s", self->sign->secret_key);
    kf_status status = secret.status;
    if (status == KF_OK) {
        const char *region = self->sign->region, *service = self->sign->service;
        kf__hmac_sha256(secret.data, secret.length, self->stamp, 8, key);
        kf__hmac_sha256(key, sizeof key, region, strlen(region), key);
        kf__hmac_sha256(key, sizeof key, service, strlen(service), key);
        kf__hmac_sha256(key, sizeof key, "aws4_request", 12, key);
        kf__hmac_sha256(key, sizeof key, self->text.data, self->text.length, key);
        kf__hex(key, sizeof key, hex);
    }
    kf__buf_finish(&secret);
    return status;
}

static kf_status put_out(signing *self, kf_http_headers *out)
{
    const kf_sign *sign = self->sign;
    char hex[65];
    KF__TRY(put_signature(self, hex));
    KF__TRY(kf__http_headers_add(out, "x-amz-date: %s", self->stamp));
    KF__TRY(kf__http_headers_add(out, "x-amz-content-sha256: %s", self->body));
    if (sign->session_token != NULL)
        KF__TRY(
            kf__http_headers_add(out, "x-amz-security-token: %s", sign->session_token));
    return kf__http_headers_add(out,
        "Authorization: AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/%s/aws4_request, "
        "SignedHeaders=%s, Signature=%s",
        sign->access_key, self->stamp, sign->region, sign->service,
        kf__buf_text(&self->names), hex);
}

kf_status kf__sign_v4(const kf_sign *sign, const char *method, const char *url,
    const char *const *more, kf_http_headers *out)
{
    signing self = {.sign = sign,
        .body = sign->body_sha256 != NULL ? sign->body_sha256 : EMPTY_SHA256};
    put_stamp(self.stamp, sign->now_ms);
    kf_status status = put_request(&self, method, url, more);
    if (status == KF_OK)
        status = put_text(&self);
    if (status == KF_OK)
        status = put_out(&self, out);
    kf__buf_finish(&self.names);
    kf__buf_finish(&self.request);
    kf__buf_finish(&self.text);
    kf__vec_finish(&self.headers);
    kf__arena_finish(&self.arena);
    return status;
}
