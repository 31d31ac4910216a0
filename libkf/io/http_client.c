/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http_exchange.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/library.h"

#ifndef KF_WITH_HTTP_CLIENT

kf_status kf__http_client_new(kf_http_client **out)
{
    return kf__fail(KF_EUNSUPPORTED, NULL,
        "this libkf was built without its HTTP client: to have it, build with "
        "libcurl's headers (Debian's package libcurl4-openssl-dev)");
}

void kf__http_client_free(kf_http_client *client)
{
}

kf_status kf__http_exchange(kf_http_client *client,
    const kf_http_client_request *request, const kf_http_sink *sink,
    kf_http_reply *reply, const char **redirect)
{
    return kf__http_client_new(&client);
}

#else

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

enum {
    LOOK_MS = 50, /* Between two looks at what may stop a request. */
    WAIT_MS = 1000,
    CONNECT_MS = 15000
};

/* ---- opening the library ---- */

#define FUNCTIONS(X)                                                                   \
    X(global_init)                                                                     \
    X(easy_init)                                                                       \
    X(easy_cleanup)                                                                    \
    X(easy_reset)                                                                      \
    X(easy_setopt)                                                                     \
    X(easy_getinfo)                                                                    \
    X(easy_strerror)                                                                   \
    X(multi_init)                                                                      \
    X(multi_cleanup)                                                                   \
    X(multi_add_handle)                                                                \
    X(multi_remove_handle)                                                             \
    X(multi_perform)                                                                   \
    X(multi_poll)                                                                      \
    X(multi_info_read)                                                                 \
    X(multi_strerror)                                                                  \
    X(slist_append)                                                                    \
    X(slist_free_all)

static struct {
#define DECLARE(name) __typeof__(curl_##name) *name;
    FUNCTIONS(DECLARE)
#undef DECLARE
} curl_library;

static pthread_once_t curl_begun = PTHREAD_ONCE_INIT;
static CURLcode curl_beginning;

static void begin_library(void)
{
    curl_beginning = curl_library.global_init(CURL_GLOBAL_DEFAULT);
}

static kf_status open_library(void)
{
#define NAME(name) "curl_" #name,
    static const char *const names[] = {FUNCTIONS(NAME)};
#undef NAME
    KF__TRY(kf__library_open("libcurl.so.4", "libcurl4", names,
        sizeof names / sizeof *names, (void **)&curl_library));
    (void)pthread_once(&curl_begun, begin_library);
    return curl_beginning == CURLE_OK
               ? KF_OK
               : kf__fail(KF_EUNSUPPORTED, NULL, "libcurl does not begin");
}

/* ---- a connection that the other side has closed ---- */

/* libcurl leaves SIGPIPE to the program when it must not touch signals, and what writes
 * for TLS may raise it. It is blocked in this thread meanwhile, and one that came is
 * taken away. */
typedef struct pipe_guard {
    sigset_t before;
    bool was_pending;
} pipe_guard;

static bool is_pending(int number)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, number) == 1;
}

static pipe_guard begin_quiet(void)
{
    sigset_t pipe;
    pipe_guard guard = {.was_pending = is_pending(SIGPIPE)};
    (void)sigemptyset(&pipe);
    (void)sigaddset(&pipe, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe, &guard.before);
    return guard;
}

static void end_quiet(const pipe_guard *guard)
{
    static const struct timespec at_once;
    sigset_t pipe;
    (void)sigemptyset(&pipe);
    (void)sigaddset(&pipe, SIGPIPE);
    if (!guard->was_pending && is_pending(SIGPIPE))
        (void)sigtimedwait(&pipe, NULL, &at_once);
    (void)pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}

struct kf_http_client {
    CURL *easy;
    CURLM *multi;
};

kf_status kf__http_client_new(kf_http_client **out)
{
    KF__REQUIRE(out != NULL);
    KF__TRY(open_library());
    kf_http_client *client = kf__calloc(1, sizeof *client);
    if (client == NULL)
        return KF_ENOMEM;
    client->easy = curl_library.easy_init();
    client->multi = curl_library.multi_init();
    if (client->easy == NULL || client->multi == NULL) {
        kf__http_client_free(client);
        return kf__nomem();
    }
    *out = client;
    return KF_OK;
}

void kf__http_client_free(kf_http_client *client)
{
    if (client == NULL)
        return;
    pipe_guard guard = begin_quiet();
    if (client->easy != NULL)
        curl_library.easy_cleanup(client->easy);
    if (client->multi != NULL)
        (void)curl_library.multi_cleanup(client->multi);
    end_quiet(&guard);
    kf__free(client);
}

/* ---- one exchange ---- */

typedef struct exchange {
    kf_http_client *client;
    const kf_http_client_request *request;
    const kf_http_sink *sink;
    kf_http_reply *reply;
    struct curl_slist *headers;
    size_t header_bytes;
    bool begun;       /* The sink knows of the reply. */
    kf_status status; /* What stopped it from within. */
    int64_t active;   /* When the last byte moved, monotonic. */
    curl_off_t moved;
    char error[CURL_ERROR_SIZE];
} exchange;

static kf_status add_reply_header(exchange *self, const char *line, size_t length)
{
    while (length > 0 && strchr("\r\n \t", line[length - 1]) != NULL)
        length--;
    const char *colon = memchr(line, ':', length);
    if (colon == NULL)
        return KF_OK;
    KF__TRY(kf__http_headers_add(&self->reply->headers, "%.*s", (int)length, line));
    char *copy = kf__arena_strdup(&self->reply->headers.arena,
        self->reply->headers.items[self->reply->headers.count - 1]);
    if (copy == NULL)
        return KF_ENOMEM;
    for (char *at = copy; *at != ':' && *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    }
    self->reply->headers.items[self->reply->headers.count - 1] = copy;
    return KF_OK;
}

/* A status line begins the headers anew: those before it were of an interim reply. */
static size_t take_header(char *line, size_t size, size_t count, void *payload)
{
    exchange *self = payload;
    size_t length = size * count;
    self->header_bytes += length;
    if (self->header_bytes > KF__LIMIT_HTTP_HEADERS)
        self->status = kf__fail(KF_ELIMIT, NULL,
            "the headers of the reply have more than %u bytes (KF__LIMIT_HTTP_HEADERS)",
            KF__LIMIT_HTTP_HEADERS);
    else if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
        kf__http_headers_finish(&self->reply->headers);
    else
        self->status = add_reply_header(self, line, length);
    return self->status == KF_OK ? length : 0;
}

static void note_status(exchange *self)
{
    long status = 0;
    (void)curl_library.easy_getinfo(
        self->client->easy, CURLINFO_RESPONSE_CODE, &status);
    self->reply->status = (int)status;
}

static kf_status begin_body(exchange *self)
{
    if (self->begun)
        return KF_OK;
    self->begun = true;
    note_status(self);
    return self->sink->begin != NULL
               ? self->sink->begin(self->sink->payload, self->reply)
               : KF_OK;
}

static size_t take_body(char *data, size_t size, size_t count, void *payload)
{
    exchange *self = payload;
    self->status = begin_body(self);
    if (self->status == KF_OK)
        self->status = self->sink->write(self->sink->payload, data, size * count);
    return self->status == KF_OK ? size * count : 0;
}

static int take_progress(void *payload, curl_off_t down_total, curl_off_t down,
    curl_off_t up_total, curl_off_t up)
{
    exchange *self = payload;
    if (down + up != self->moved) {
        self->moved = down + up;
        self->active = kf__monotonic_ns();
    }
    return 0;
}

static kf_status add_header(exchange *self, const char *line)
{
    if (line[strcspn(line, "\r\n")] != '\0' || strchr(line, ':') == NULL)
        return kf__fail(KF_EINVAL, NULL,
            "a header is \"Name: value\" on one line, not \"%.*s\"",
            (int)strcspn(line, "\r\n:"), line);
    /* What ends in a colon would take the header away in curl; a semicolon sends it. */
    kf_buf text = KF__BUF_INIT;
    size_t name = strcspn(line, ":");
    bool empty = line[name + 1 + strspn(line + name + 1, " ")] == '\0';
    kf__buf_append(&text, line, name);
    kf__buf_puts(&text, empty ? ";" : line + name);
    struct curl_slist *longer =
        text.status == KF_OK ? curl_library.slist_append(self->headers, text.data)
                             : NULL;
    kf__buf_finish(&text);
    if (longer == NULL)
        return kf__nomem();
    self->headers = longer;
    return KF_OK;
}

static kf_status add_signed_headers(exchange *self)
{
    kf_http_headers more = {0};
    kf_status status = self->request->sign(self->request->sign_payload, &more);
    for (size_t i = 0; i < more.count && status == KF_OK; i++)
        status = add_header(self, more.items[i]);
    kf__http_headers_finish(&more);
    return status;
}

static kf_status add_headers(exchange *self)
{
    struct curl_slist *first = curl_library.slist_append(NULL, "Expect:");
    if (first == NULL)
        return kf__nomem();
    self->headers = first;
    const char *const *headers = self->request->headers;
    for (; headers != NULL && *headers != NULL; headers++)
        KF__TRY(add_header(self, *headers));
    return self->request->sign != NULL ? add_signed_headers(self) : KF_OK;
}

/* An option that this libcurl does not have must not be left out without a word. */
#define SET(option, ...)                                                               \
    do {                                                                               \
        CURLcode code = curl_library.easy_setopt(easy, CURLOPT_##option, __VA_ARGS__); \
        if (code != CURLE_OK)                                                          \
            return kf__fail(code == CURLE_OUT_OF_MEMORY ? KF_ENOMEM : KF_EUNSUPPORTED, \
                NULL, "libcurl does not take " #option ": %s",                         \
                curl_library.easy_strerror(code));                                     \
    } while (0)

static kf_status set_method(exchange *self, CURL *easy)
{
    const kf_http_client_request *request = self->request;
    const char *method = request->method != NULL ? request->method : "GET";
    if (strcmp(method, "HEAD") == 0) {
        SET(NOBODY, 1L);
        return KF_OK;
    }
    if (request->body != NULL || strcmp(method, "POST") == 0) {
        SET(POST, 1L);
        SET(POSTFIELDS, request->body != NULL ? request->body : "");
        SET(POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
    }
    SET(CUSTOMREQUEST, method);
    return KF_OK;
}

static kf_status set_limits(exchange *self, CURL *easy)
{
    const kf_http_client_request *request = self->request;
    SET(NOSIGNAL, 1L);
    SET(PROTOCOLS_STR, "http,https");
    SET(FOLLOWLOCATION, 0L);
    SET(CONNECTTIMEOUT_MS,
        (long)(request->connect_timeout_ms > 0 ? request->connect_timeout_ms
                                               : CONNECT_MS));
    SET(TIMEOUT_MS, (long)request->timeout_ms);
    SET(SSL_VERIFYPEER, request->insecure ? 0L : 1L);
    SET(SSL_VERIFYHOST, request->insecure ? 0L : 2L);
    if (request->ca_file != NULL)
        SET(CAINFO, request->ca_file);
    if (!request->proxies)
        SET(PROXY, "");
    return KF_OK;
}

static kf_status set_up(exchange *self)
{
    CURL *easy = self->client->easy;
    curl_library.easy_reset(easy);
    SET(URL, self->request->url);
    SET(USERAGENT, "libkf/" KF_VERSION);
    SET(ERRORBUFFER, self->error);
    SET(HEADERFUNCTION, take_header);
    SET(HEADERDATA, self);
    SET(WRITEFUNCTION, take_body);
    SET(WRITEDATA, self);
    SET(XFERINFOFUNCTION, take_progress);
    SET(XFERINFODATA, self);
    SET(NOPROGRESS, 0L);
    KF__TRY(set_limits(self, easy));
    KF__TRY(set_method(self, easy));
    KF__TRY(add_headers(self));
    SET(HTTPHEADER, self->headers);
    return KF_OK;
}

static kf_status fail_request(exchange *self, kf_status code, const char *reason)
{
    kf_buf url = KF__BUF_INIT;
    kf__http_put_url(&url, self->request->url);
    kf_status status = kf__fail(code, NULL, "cannot %s %s: %s",
        self->request->method != NULL ? self->request->method : "GET",
        kf__buf_text(&url), reason);
    kf__buf_finish(&url);
    return status;
}

static kf_status fail_multi(exchange *self, CURLMcode code)
{
    return code == CURLM_OUT_OF_MEMORY
               ? kf__nomem()
               : fail_request(self, KF_EIO, curl_library.multi_strerror(code));
}

static kf_status check_stop(exchange *self)
{
    if (kf__http_canceled(self->request))
        return kf__fail(KF_ECANCELED, NULL, "the request was canceled");
    int64_t limit = self->request->stall_timeout_ms;
    if (limit <= 0 || kf__monotonic_ns() - self->active < limit * 1000000)
        return KF_OK;
    self->reply->may_pass = true;
    char reason[80];
    (void)snprintf(
        reason, sizeof reason, "no byte came or went for %.1f s", (double)limit / 1000);
    return fail_request(self, KF_ETIMEOUT, reason);
}

static kf_status wait_for_end(exchange *self)
{
    const kf_http_client_request *request = self->request;
    bool look = request->cancel != NULL || request->stall_timeout_ms > 0;
    self->active = kf__monotonic_ns();
    for (;;) {
        int running = 0;
        CURLMcode code = curl_library.multi_perform(self->client->multi, &running);
        if (code == CURLM_OK && running == 0)
            return KF_OK;
        KF__TRY(check_stop(self));
        if (code == CURLM_OK)
            code = curl_library.multi_poll(
                self->client->multi, NULL, 0, look ? LOOK_MS : WAIT_MS, NULL);
        if (code != CURLM_OK)
            return fail_multi(self, code);
    }
}

/* What a broken connection, a full server or a name service says may pass. */
static bool code_may_pass(CURLcode code)
{
    static const CURLcode passing[] = {CURLE_COULDNT_RESOLVE_HOST,
        CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_PARTIAL_FILE,
        CURLE_OPERATION_TIMEDOUT, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR,
        CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_SSL_CONNECT_ERROR};
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
        if (passing[i] == code)
            return true;
    }
    return false;
}

static kf_status status_of(CURLcode code)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return KF_ETIMEOUT;
    case CURLE_URL_MALFORMAT:
        return KF_EINVAL;
    case CURLE_OUT_OF_MEMORY:
        return KF_ENOMEM;
    default:
        return KF_EIO;
    }
}

static kf_status result_of(exchange *self)
{
    int left = 0;
    const CURLMsg *message = curl_library.multi_info_read(self->client->multi, &left);
    if (self->status != KF_OK)
        return self->status;
    CURLcode code = message != NULL ? message->data.result : CURLE_RECV_ERROR;
    if (code != CURLE_OK) {
        self->reply->may_pass = code_may_pass(code);
        return fail_request(self, status_of(code),
            *self->error != '\0' ? self->error : curl_library.easy_strerror(code));
    }
    KF__TRY(begin_body(self)); /* A reply without a body begins here. */
    self->reply->may_pass = kf__http_status_may_pass(self->reply->status);
    return KF_OK;
}

static kf_status find_redirect(exchange *self, const char **out)
{
    char *url = NULL;
    *out = NULL;
    (void)curl_library.easy_getinfo(self->client->easy, CURLINFO_REDIRECT_URL, &url);
    if (url == NULL)
        return KF_OK;
    *out = kf__arena_strdup(&self->reply->headers.arena, url);
    return *out != NULL ? KF_OK : KF_ENOMEM;
}

static bool is_http(const char *url)
{
    char scheme[9] = "";
    for (size_t i = 0; i < sizeof scheme - 1 && url[i] != '\0'; i++)
        scheme[i] =
            url[i] >= 'A' && url[i] <= 'Z' ? (char)(url[i] - 'A' + 'a') : url[i];
    return kf__starts_with(scheme, "http://") || kf__starts_with(scheme, "https://");
}

static kf_status perform(exchange *self)
{
    if (!is_http(self->request->url))
        return fail_request(
            self, KF_EINVAL, "it begins with neither http:// nor https://");
    KF__TRY(set_up(self));
    CURLMcode code =
        curl_library.multi_add_handle(self->client->multi, self->client->easy);
    if (code != CURLM_OK)
        return fail_multi(self, code);
    kf_status status = wait_for_end(self);
    if (status == KF_OK)
        status = result_of(self);
    (void)curl_library.multi_remove_handle(self->client->multi, self->client->easy);
    return status;
}

kf_status kf__http_exchange(kf_http_client *client,
    const kf_http_client_request *request, const kf_http_sink *sink,
    kf_http_reply *reply, const char **redirect)
{
    exchange self = {
        .client = client, .request = request, .sink = sink, .reply = reply};
    kf__http_reply_finish(reply);
    if (kf__http_canceled(request))
        return kf__fail(KF_ECANCELED, NULL, "the request was canceled");
    pipe_guard guard = begin_quiet();
    kf_status status = perform(&self);
    if (status == KF_OK)
        status = find_redirect(&self, redirect);
    /* The handle outlives what it was told of. */
    curl_library.easy_reset(client->easy);
    curl_library.slist_free_all(self.headers);
    end_quiet(&guard);
    return status;
}

#endif
