/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/gateway.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/vec.h"
#include "io/http_server.h"

enum { SEND_MS = 5000 }; /* For clients to take their answers when the server ends. */

struct kf_gateway {
    kf_http_server *http;
    char *token;
    int64_t timeout_ns;
    kf_metrics *metrics;
    kf_backend *(*route)(void *payload, kf_call *call);
    void *payload;
};

/* One per connection, used again by each of its requests. */
typedef struct passage {
    kf_call call;
    kf_gateway *gateway;
    int64_t since; /* Monotonic; 0: nobody asks. */
    kf_arena arena;
    KF__VEC(kf_header) headers;
} passage;

static void free_passage(void *slot)
{
    passage *here = slot;
    kf__buf_finish(&here->call.reply.body);
    kf__arena_finish(&here->arena);
    kf__vec_finish(&here->headers);
    kf__free(here);
}

static void answer(kf_call *call)
{
    passage *here = (passage *)call;
    kf_http_header headers[sizeof call->reply.headers / sizeof *call->reply.headers];
    for (size_t i = 0; i < call->reply.header_count; i++)
        headers[i] =
            (kf_http_header){call->reply.headers[i].name, call->reply.headers[i].value};
    if (call->reply.body.status != KF_OK)
        call->reply.status = 503;
    if (here->since != 0)
        kf__metrics_request(here->gateway->metrics, call->reply.status,
            kf__monotonic_ns() - here->since);
    kf__http_answer(call->payload, call->reply.status, call->reply.content_type,
        headers, call->reply.header_count, &call->reply.body);
}

static bool add_header(void *payload, const char *name, const char *value)
{
    passage *here = payload;
    return kf__vec_push(&here->headers, ((kf_header){name, value})) == KF_OK;
}

static passage *passage_of(kf_gateway *gateway, kf_http_request *request)
{
    passage *here = kf__http_slot(request);
    if (here == NULL) {
        here = kf__calloc(1, sizeof *here);
        if (here == NULL)
            return NULL;
        kf__http_set_slot(request, here, free_passage);
    }
    here->gateway = gateway;
    kf__arena_reset(&here->arena);
    kf_buf body = here->call.reply.body;
    kf__buf_truncate(&body, 0);
    here->headers.count = 0;
    kf__http_headers(request, add_header, here);
    here->call = (kf_call){.method = kf__http_method(request),
        .path = kf__http_path(request),
        .query = kf__http_query_text(request),
        .reply.body = body,
        .headers = here->headers.items,
        .header_count = here->headers.count,
        .arena = &here->arena,
        .done = answer,
        .payload = request};
    here->call.body = kf__http_body(request, &here->call.body_length);
    bool is_timed = gateway->metrics != NULL || gateway->timeout_ns != 0;
    here->since = is_timed ? kf__monotonic_ns() : 0;
    if (gateway->timeout_ns != 0)
        here->call.deadline_ns = here->since + gateway->timeout_ns;
    return here;
}

/* "/v1/models/" is "/v1/models": where KServe redirects, it is answered at once. */
static kf_status trim_path(kf_call *call)
{
    size_t length = strlen(call->path);
    if (length < 2 || call->path[length - 1] != '/')
        return KF_OK;
    while (length > 1 && call->path[length - 1] == '/')
        length--;
    call->path = kf__arena_strndup(call->arena, call->path, length);
    return call->path != NULL ? KF_OK : KF_ENOMEM;
}

/* Probes and monitoring come without a token. */
static bool is_free(const char *path)
{
    return strcmp(path, "/") == 0 || strcmp(path, "/metrics") == 0 ||
           kf__starts_with(path, "/v2/health/");
}

/* In a time that does not tell how much of it was right. */
bool kf__token_fits(const char *given, const char *token)
{
    static const char start[] = "Bearer ";
    if (given == NULL || !kf__starts_with(given, start))
        return false;
    given += sizeof start - 1;
    size_t length = strlen(token), given_length = strlen(given);
    unsigned char difference = length != given_length;
    for (size_t i = 0; i < given_length; i++)
        difference |= (unsigned char)(given[i] ^ token[length > 0 ? i % length : 0]);
    return difference == 0;
}

static void handle(void *payload, kf_http_request *request)
{
    kf_gateway *gateway = payload;
    passage *here = passage_of(gateway, request);
    if (here == NULL) {
        kf_buf body = KF__BUF_INIT;
        kf__http_answer(request, 503, NULL, NULL, 0, &body);
        kf__buf_finish(&body);
        return;
    }
    kf_call *call = &here->call;
    if (trim_path(call) != KF_OK) {
        kf__call_fail(call, 503, "out of memory");
        return;
    }
    if (gateway->token != NULL && !is_free(call->path) &&
        !kf__token_fits(kf__call_header(call, "Authorization"), gateway->token)) {
        kf__reply_header(call, "WWW-Authenticate", "Bearer");
        kf__call_fail(
            call, 401, "a bearer token is needed, and this is none or another");
        return;
    }
    kf_backend *backend = gateway->route(gateway->payload, call);
    if (backend != NULL)
        kf__serve(backend, call);
}

kf_status kf__gateway_start(const kf_gateway_options *options, kf_gateway **out)
{
    kf_gateway *gateway = kf__calloc(1, sizeof *gateway);
    if (gateway == NULL)
        return KF_ENOMEM;
    gateway->route = options->route;
    gateway->payload = options->payload;
    gateway->metrics = options->metrics;
    gateway->timeout_ns = options->timeout_ms * 1000000;
    gateway->token = kf__strdup(options->token);
    kf_http_server_options http = {.address = options->address,
        .port = options->port,
        .threads = options->threads,
        .body_limit = options->body_limit,
        .certificate = options->certificate,
        .key = options->key,
        .handle = handle,
        .payload = gateway};
    kf_status status = options->token != NULL && gateway->token == NULL
                           ? KF_ENOMEM
                           : kf__http_server_start(&http, &gateway->http);
    if (status != KF_OK) {
        kf__gateway_free(gateway);
        return status;
    }
    *out = gateway;
    return KF_OK;
}

uint16_t kf__gateway_port(const kf_gateway *gateway)
{
    return kf__http_server_port(gateway->http);
}

static bool wait_for_none(const kf_http_server *http,
    size_t (*count)(const kf_http_server *http), int64_t timeout_ms)
{
    int64_t until = kf__monotonic_ns() + timeout_ms * 1000000;
    while (count(http) > 0) {
        if (kf__monotonic_ns() > until)
            return false;
        kf__sleep_ms(5);
    }
    return true;
}

bool kf__gateway_drain(kf_gateway *gateway, int64_t timeout_ms)
{
    kf__http_server_quiesce(gateway->http);
    if (!wait_for_none(gateway->http, kf__http_server_unanswered, timeout_ms))
        return false;
    (void)wait_for_none(gateway->http, kf__http_server_pending, SEND_MS);
    return true;
}

void kf__gateway_free(kf_gateway *gateway)
{
    if (gateway == NULL)
        return;
    kf__http_server_free(gateway->http);
    kf__free(gateway->token);
    kf__free(gateway);
}
