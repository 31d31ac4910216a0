/* SPDX-License-Identifier: Apache-2.0 */
/* Redirects, tries, headers: what surrounds an exchange. */
#include "io/http_exchange.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/vec.h"

#include <stdarg.h>

enum { PAUSE_MS = 250, LONGEST_PAUSE_MS = 30000, LOOK_MS = 20 };

/* ---- headers ---- */

kf_status kf__http_headers_add(kf_http_headers *headers, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *line = kf__arena_vprintf(&headers->arena, format, arguments);
    va_end(arguments);
    return line != NULL ? kf__vec_push(headers, line) : KF_ENOMEM;
}

void kf__http_headers_finish(kf_http_headers *headers)
{
    kf__vec_finish(headers);
    kf__arena_finish(&headers->arena);
}

void kf__http_reply_finish(kf_http_reply *reply)
{
    kf__buf_finish(&reply->body);
    kf__http_headers_finish(&reply->headers);
    *reply = KF__HTTP_REPLY_INIT;
}

const char *kf__http_reply_header(const kf_http_reply *reply, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < reply->headers.count; i++) {
        const char *line = reply->headers.items[i];
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " \t");
    }
    return NULL;
}

/* ---- URLs ---- */

/* Where the part ends that says with whom one speaks: scheme, user, host, port. */
static size_t origin_length(const char *url)
{
    const char *host = strstr(url, "://");
    size_t scheme = host != NULL ? (size_t)(host - url) + 3 : 0;
    return scheme + strcspn(url + scheme, "/?#\\");
}

/* Behind "user:password@". */
static const char *host_of(const char *url, size_t end)
{
    const char *scheme = strstr(url, "://");
    const char *host = scheme != NULL ? scheme + 3 : url;
    for (const char *at = host; at < url + end; at++) {
        if (*at == '@')
            host = at + 1;
    }
    return host;
}

void kf__http_put_url(kf_buf *buf, const char *url)
{
    size_t end = origin_length(url);
    const char *scheme = strstr(url, "://");
    const char *host = host_of(url, end);
    if (scheme != NULL)
        kf__buf_append(buf, url, (size_t)(scheme + 3 - url));
    kf__buf_append(buf, host, strcspn(host, "?#"));
}

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static bool same_text(const char *a, size_t a_length, const char *b, size_t b_length)
{
    bool same = a_length == b_length;
    for (size_t i = 0; i < a_length && same; i++)
        same = lower(a[i]) == lower(b[i]);
    return same;
}

bool kf__http_same_origin(const char *a, const char *b)
{
    size_t a_end = origin_length(a), b_end = origin_length(b);
    const char *a_host = host_of(a, a_end), *b_host = host_of(b, b_end);
    const char *a_scheme = strstr(a, "://"), *b_scheme = strstr(b, "://");
    return a_scheme != NULL && b_scheme != NULL &&
           same_text(a, (size_t)(a_scheme - a), b, (size_t)(b_scheme - b)) &&
           same_text(a_host, (size_t)(a + a_end - a_host), b_host,
               (size_t)(b + b_end - b_host));
}

void kf__http_put_encoded(kf_buf *buf, const char *text, size_t length, bool keep_slash)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~";
    for (size_t i = 0; i < length; i++) {
        if ((text[i] == '/' && keep_slash) ||
            (text[i] != '\0' && strchr(plain, text[i]) != NULL))
            kf__buf_putc(buf, text[i]);
        else
            kf__buf_printf(buf, "%%%02X", (unsigned)(unsigned char)text[i]);
    }
}

/* ---- redirects ---- */

static bool goes_along(const char *header)
{
    static const char *const names[] = {"accept", "content-type", "range", "if-range",
        "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"};
    size_t length = strcspn(header, ":");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (same_text(header, length, names[i], strlen(names[i])))
            return true;
    }
    return false;
}

typedef struct redirection {
    kf_http_client_request request; /* As it is sent now. */
    kf_buf url;
    KF__VEC(const char *) headers;
} redirection;

static kf_status refuse(
    kf_status code, const char *from, const char *to, const char *reason)
{
    kf_buf text = KF__BUF_INIT;
    kf__http_put_url(&text, from);
    kf__buf_puts(&text, " leads to ");
    kf__http_put_url(&text, to);
    kf_status status = kf__fail(code, NULL, "%s: %s", kf__buf_text(&text), reason);
    kf__buf_finish(&text);
    return status;
}

static kf_status check_target(const char *from, const char *to)
{
    if (!kf__starts_with(to, "http://") && !kf__starts_with(to, "https://"))
        return refuse(KF_EUNSUPPORTED, from, to, "only http and https are followed");
    if (kf__starts_with(from, "https://") && !kf__starts_with(to, "https://"))
        return refuse(KF_EUNSUPPORTED, from, to, "from https only https is followed");
    return KF_OK;
}

/* To another origin what may be a secret stays here. */
static kf_status leave_secrets(redirection *self)
{
    self->request.sign = NULL;
    const char *const *headers = self->request.headers;
    if (headers == NULL)
        return KF_OK;
    size_t kept = 0;
    if (headers == self->headers.items) {
        for (size_t i = 0; headers[i] != NULL; i++) {
            if (goes_along(headers[i]))
                self->headers.items[kept++] = headers[i];
        }
        self->headers.items[kept] = NULL;
        return KF_OK;
    }
    for (; *headers != NULL; headers++) {
        if (goes_along(*headers))
            KF__TRY(kf__vec_push(&self->headers, *headers));
    }
    KF__TRY(kf__vec_push(&self->headers, NULL));
    self->request.headers = self->headers.items;
    return KF_OK;
}

static kf_status turn(redirection *self, int status, const char *target)
{
    KF__TRY(check_target(self->request.url, target));
    if (!kf__http_same_origin(self->request.url, target))
        KF__TRY(leave_secrets(self));
    const char *method = self->request.method;
    if (status == 303 && (method == NULL || strcmp(method, "HEAD") != 0)) {
        self->request.method = "GET";
        self->request.body = NULL;
        self->request.body_length = 0;
    }
    kf_buf url = KF__BUF_INIT; /* The target may lie where the URL is. */
    kf__buf_puts(&url, target);
    kf__buf_finish(&self->url);
    self->url = url;
    self->request.url = url.data;
    return url.status;
}

/* What was posted is not sent again elsewhere unless the status says so. */
static bool may_follow(const kf_http_client_request *request, int status)
{
    bool reads = request->method == NULL || strcmp(request->method, "GET") == 0 ||
                 strcmp(request->method, "HEAD") == 0;
    return status == 303 || status == 307 || status == 308 ||
           (reads && (status == 301 || status == 302));
}

/* The body of a reply that is followed goes nowhere. */
typedef struct filter {
    const kf_http_sink *sink;
    const kf_http_client_request *request;
    bool drop;
} filter;

static kf_status begin_filtered(void *payload, const kf_http_reply *reply)
{
    filter *self = payload;
    self->drop = self->request->redirects > 0 &&
                 may_follow(self->request, reply->status) &&
                 kf__http_reply_header(reply, "location") != NULL;
    return self->drop || self->sink->begin == NULL
               ? KF_OK
               : self->sink->begin(self->sink->payload, reply);
}

static kf_status write_filtered(void *payload, const void *data, size_t length)
{
    filter *self = payload;
    return self->drop ? KF_OK : self->sink->write(self->sink->payload, data, length);
}

static kf_status follow_with(kf_http_client *client, redirection *self,
    const kf_http_sink *sink, kf_http_reply *reply)
{
    for (int followed = 0;; followed++) {
        const char *target = NULL;
        filter state = {.sink = sink, .request = &self->request};
        kf_http_sink filtered = {begin_filtered, write_filtered, &state};
        KF__TRY(kf__http_exchange(client, &self->request, &filtered, reply, &target));
        if (!state.drop || target == NULL)
            return KF_OK;
        if (followed >= self->request.redirects)
            return refuse(KF_ELIMIT, self->request.url, target,
                "there are more redirects than are followed");
        KF__TRY(turn(self, reply->status, target));
    }
}

kf_status kf__http_follow(kf_http_client *client, const kf_http_client_request *request,
    const kf_http_sink *sink, kf_http_reply *reply)
{
    redirection self = {.request = *request};
    kf_status status = follow_with(client, &self, sink, reply);
    kf__buf_finish(&self.url);
    kf__vec_finish(&self.headers);
    return status;
}

/* ---- tries ---- */

bool kf__http_canceled(const kf_http_client_request *request)
{
    return request->cancel != NULL && atomic_load(request->cancel);
}

bool kf__http_status_may_pass(int status)
{
    return status == 408 || status == 429 || status == 500 || status == 502 ||
           status == 503 || status == 504;
}

static int64_t pause_of(
    const kf_http_client_request *request, const kf_http_reply *reply, int done)
{
    int64_t pause = request->pause_ms > 0 ? request->pause_ms : PAUSE_MS;
    for (int i = 1; i < done && pause < LONGEST_PAUSE_MS; i++)
        pause *= 2;
    const char *wanted = kf__http_reply_header(reply, "retry-after");
    int64_t seconds = 0;
    if (wanted != NULL && kf__parse_int64(wanted, &seconds) && seconds > 0 &&
        seconds <= LONGEST_PAUSE_MS / 1000 && seconds * 1000 > pause)
        pause = seconds * 1000;
    return pause < LONGEST_PAUSE_MS ? pause : LONGEST_PAUSE_MS;
}

kf_status kf__http_pause(
    const kf_http_client_request *request, const kf_http_reply *reply, int done)
{
    int64_t end =
        kf__monotonic_ns() + pause_of(request, reply, done) * INT64_C(1000000);
    for (;;) {
        if (kf__http_canceled(request))
            return kf__fail(KF_ECANCELED, NULL, "the request was canceled");
        int64_t left = (end - kf__monotonic_ns()) / 1000000;
        if (left <= 0)
            return KF_OK;
        kf__sleep_ms(left < LOOK_MS ? left : LOOK_MS);
    }
}

typedef struct memory {
    kf_buf text;
    size_t limit;
} memory;

static kf_status begin_memory(void *payload, const kf_http_reply *reply)
{
    memory *self = payload;
    kf__buf_truncate(&self->text, 0);
    return KF_OK;
}

static kf_status write_memory(void *payload, const void *data, size_t length)
{
    memory *self = payload;
    if (length > self->limit - self->text.length)
        return kf__fail(KF_ELIMIT, NULL, "the reply has more than %zu bytes%s",
            self->limit,
            self->limit == KF__LIMIT_HTTP_BODY ? " (KF__LIMIT_HTTP_BODY)" : "");
    kf__buf_append(&self->text, data, length);
    return self->text.status;
}

kf_status kf__http_request(
    kf_http_client *client, const kf_http_client_request *request, kf_http_reply *reply)
{
    KF__REQUIRE(client != NULL && request != NULL && request->url != NULL);
    memory body = {
        .limit = request->body_limit > 0 ? request->body_limit : KF__LIMIT_HTTP_BODY};
    kf_http_sink sink = {begin_memory, write_memory, &body};
    kf_status status;
    for (int done = 1;; done++) {
        status = kf__http_follow(client, request, &sink, reply);
        if (done >= request->tries || !reply->may_pass)
            break;
        kf_status waited = kf__http_pause(request, reply, done);
        if (waited != KF_OK) {
            status = waited;
            break;
        }
    }
    if (status != KF_OK)
        kf__buf_finish(&body.text);
    reply->body = body.text;
    return status;
}
