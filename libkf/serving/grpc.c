/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/grpc.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "serving/grpc_parts.h"

struct kf_grpc_gateway {
    kf_grpc_server *server;
    char *token;
    int64_t timeout_ns;
    kf_metrics *metrics;
    kf_backend *(*route)(void *payload, kf_call *call);
    void *payload;
};

/* ---- tensors without a body ---- */

static kf_status read_tensors(kf_call *call, kf_inference *inference)
{
    kf_grpc_passage *here = (kf_grpc_passage *)call;
    KF__TRY(
        kf__oip_read(&here->infer, &inference->arena, &inference->tree, here->message));
    here->is_raw = here->infer.raw.count > 0;
    KF__TRY(kf__oip_read_tensors(&here->infer, inference));
    return kf__oip_read_rest(&here->infer, inference);
}

static kf_status write_tensors(
    kf_call *call, const kf_inference *inference, const char *model)
{
    kf_grpc_passage *here = (kf_grpc_passage *)call;
    return kf__oip_write(inference, model, here->is_raw, &call->reply.body);
}

/* json_length -1: of all of it. */
static kf_status set_headers(kf_grpc_passage *here, int64_t json_length)
{
    bool binary = json_length >= 0;
    const char *length = kf__arena_printf(&here->arena, "%lld", (long long)json_length);
    if (length == NULL)
        return KF_ENOMEM;
    KF__TRY(kf__vec_push(&here->headers,
        ((kf_header){"content-type",
            binary ? "application/octet-stream" : "application/json"})));
    /* For workers: see python/kf/serving/_dataplane.py. */
    KF__TRY(kf__vec_push(&here->headers, ((kf_header){"kf-protocol", "grpc-v2"})));
    if (binary)
        KF__TRY(kf__vec_push(
            &here->headers, ((kf_header){"inference-header-content-length", length})));
    here->call.headers = here->headers.items;
    here->call.header_count = here->headers.count;
    return KF_OK;
}

static kf_status write_body(
    kf_grpc_passage *here, const kf_inference *inference, kf_flat how)
{
    int64_t json_length = -1;
    bool binary = (how == KF__FLAT_AS_GIVEN && here->is_raw) ||
                  (how != KF__FLAT_JSON && !kf__oip_is_exact_json(inference));
    kf_status status = KF_OK;
    kf__buf_truncate(&here->body, 0);
    if (!binary) {
        status = kf__oip_write_v2(&here->infer, inference, &here->body, NULL);
        binary = status == KF_EUNSUPPORTED && how != KF__FLAT_JSON;
    }
    if (binary)
        status = kf__oip_write_v2(&here->infer, inference, &here->body, &json_length);
    KF__TRY(status);
    return set_headers(here, json_length);
}

static kf_status flatten(kf_call *call, kf_flat how)
{
    kf_grpc_passage *here = (kf_grpc_passage *)call;
    kf_inference inference = KF__INFERENCE_INIT;
    kf_status status = read_tensors(call, &inference);
    if (status == KF_OK)
        status = write_body(here, &inference, how);
    kf__inference_finish(&inference);
    call->body = kf__buf_text(&here->body);
    call->body_length = here->body.length;
    return status;
}

static const kf_call_form form = {read_tensors, write_tensors, flatten};

/* ---- passages ---- */

static void free_passage(void *slot)
{
    kf_grpc_passage *here = slot;
    kf__oip_request_finish(&here->infer);
    kf__buf_finish(&here->call.reply.body);
    kf__buf_finish(&here->body);
    kf__buf_finish(&here->out);
    kf__arena_finish(&here->arena);
    kf__vec_finish(&here->headers);
    kf__free(here);
}

static void answered(kf_call *call)
{
    kf_grpc_passage *here = (kf_grpc_passage *)call;
    if (here->since != 0)
        kf__metrics_request(here->gateway->metrics, call->reply.status,
            kf__monotonic_ns() - here->since);
    kf__grpc_passage_answer(here);
}

/* What is about the message as it came is none of the call's. */
static bool is_of_the_wire(const char *name)
{
    static const char *const names[] = {"content-type", "content-length", "te", "host",
        "inference-header-content-length", "kf-protocol"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return strncmp(name, "grpc-", strlen("grpc-")) == 0;
}

static bool add_header(void *payload, const char *name, const char *value)
{
    kf_grpc_passage *here = payload;
    return is_of_the_wire(name) ||
           kf__vec_push(&here->headers, ((kf_header){name, value})) == KF_OK;
}

/* Large ones are not kept for the next call. */
static void clear(kf_buf *buf)
{
    enum { LARGEST_KEPT = 1 << 18 };
    kf__buf_truncate(buf, 0);
    if (buf->capacity > LARGEST_KEPT || buf->status != KF_OK)
        kf__buf_finish(buf);
}

static void set_call(kf_grpc_passage *here)
{
    kf_grpc_request *request = here->request;
    const char *authority = kf__grpc_header(request, ":authority");
    size_t length;
    kf_buf body = here->call.reply.body;
    here->headers.count = 0;
    kf__grpc_headers(request, add_header, here);
    if (authority != NULL)
        (void)kf__vec_push(&here->headers, ((kf_header){"host", authority}));
    const char *message = kf__grpc_message(request, &length);
    here->message = kf__proto_of(message, length);
    here->call = (kf_call){.reply.body = body,
        .headers = here->headers.items,
        .header_count = here->headers.count,
        .deadline_ns = kf__grpc_deadline_ns(request),
        .arena = &here->arena,
        .done = answered};
}

static void set_deadline(kf_grpc_passage *here)
{
    const kf_grpc_gateway *gateway = here->gateway;
    bool is_timed = gateway->metrics != NULL || gateway->timeout_ns != 0;
    here->since = is_timed ? kf__monotonic_ns() : 0;
    int64_t latest = here->since + gateway->timeout_ns;
    if (gateway->timeout_ns != 0 &&
        (here->call.deadline_ns == 0 || latest < here->call.deadline_ns))
        here->call.deadline_ns = latest;
}

static kf_grpc_passage *passage_of(kf_grpc_gateway *gateway, kf_grpc_request *request)
{
    kf_grpc_passage *here = kf__grpc_slot(request);
    if (here == NULL) {
        here = kf__calloc(1, sizeof *here);
        if (here == NULL)
            return NULL;
        kf__grpc_set_slot(request, here, free_passage);
    }
    here->gateway = gateway;
    here->request = request;
    here->model = "";
    here->is_raw = false;
    kf__arena_reset(&here->arena);
    clear(&here->body);
    clear(&here->out);
    clear(&here->call.reply.body);
    set_call(here);
    set_deadline(here);
    return here;
}

/* ---- what is asked ---- */

/* The first field of Triton's messages is that of a repository. */
static kf_status read_model(kf_grpc_passage *here)
{
    const kf_grpc_method *method = here->method;
    if (method->model_of_triton != 0)
        KF__TRY(kf__oip_text(
            &here->arena, here->message, method->model_of_triton, &here->model));
    return here->model[0] != '\0'
               ? KF_OK
               : kf__oip_text(&here->arena, here->message, method->model, &here->model);
}

/* Every name but those of health, which has but the server's. */
static bool is_known_service(kf_grpc_passage *here)
{
    const char *service = "";
    if (strcmp(here->method->name, "/grpc.health.v1.Health/Check") != 0)
        return true;
    return kf__oip_text(&here->arena, here->message, 1, &service) == KF_OK &&
           (service[0] == '\0' ||
               strcmp(service, "inference.GRPCInferenceService") == 0);
}

static bool set_path(kf_grpc_passage *here)
{
    const kf_grpc_method *method = here->method;
    const char *model = here->model, *mark = strstr(method->path, "%s");
    here->call.method = method->verb;
    here->call.path = method->path;
    if (mark == NULL)
        return true;
    here->call.path = kf__arena_printf(&here->arena, "%.*s%s%s",
        (int)(mark - method->path), method->path, model, mark + 2);
    return here->call.path != NULL;
}

static void ask(kf_grpc_passage *here)
{
    kf_call *call = &here->call;
    if (read_model(here) != KF_OK) {
        kf__grpc_passage_fail(
            here, KF__GRPC_INVALID_ARGUMENT, "%s", kf_last_error()->message);
    } else if (!is_known_service(here)) {
        kf__grpc_passage_fail(here, KF__GRPC_NOT_FOUND, "unknown service");
    } else if (here->method->model != 0 &&
               (here->model[0] == '\0' || strchr(here->model, '/') != NULL)) {
        kf__grpc_passage_fail(here, KF__GRPC_NOT_FOUND,
            "Model with name %s does not exist.", here->model);
    } else if (!set_path(here)) {
        kf__grpc_passage_fail(here, KF__GRPC_RESOURCE_EXHAUSTED, "out of memory");
    } else {
        if (strcmp(here->method->path, "/v2/models/%s/infer") == 0)
            call->form = &form;
        kf_backend *backend = here->gateway->route(here->gateway->payload, call);
        if (backend != NULL)
            kf__serve(backend, call);
    }
}

static void handle(void *payload, kf_grpc_request *request)
{
    kf_grpc_gateway *gateway = payload;
    kf_grpc_passage *here = passage_of(gateway, request);
    if (here == NULL) {
        kf_buf none = KF__BUF_INIT;
        kf__grpc_answer(request, KF__GRPC_RESOURCE_EXHAUSTED, "out of memory", &none);
        kf__buf_finish(&none);
        return;
    }
    here->method = kf__grpc_method_of(kf__grpc_method(request));
    if (here->method == NULL)
        kf__grpc_passage_fail(here, KF__GRPC_UNIMPLEMENTED, "Method not found!");
    else if (gateway->token != NULL && !here->method->is_free &&
             !kf__token_fits(
                 kf__call_header(&here->call, "authorization"), gateway->token))
        kf__grpc_passage_fail(here, KF__GRPC_UNAUTHENTICATED,
            "a bearer token is needed, and this is none or another");
    else
        ask(here);
}

/* ---- begin and end ---- */

kf_status kf__grpc_gateway_start(
    const kf_gateway_options *options, kf_grpc_gateway **out)
{
    kf_grpc_gateway *gateway = kf__calloc(1, sizeof *gateway);
    if (gateway == NULL)
        return KF_ENOMEM;
    gateway->route = options->route;
    gateway->payload = options->payload;
    gateway->metrics = options->metrics;
    gateway->timeout_ns = options->timeout_ms * 1000000;
    gateway->token = kf__strdup(options->token);
    kf_grpc_server_options server = {.address = options->address,
        .port = options->port,
        .threads = options->threads,
        .message_limit = options->body_limit,
        .handle = handle,
        .payload = gateway};
    kf_status status = options->token != NULL && gateway->token == NULL
                           ? KF_ENOMEM
                           : kf__grpc_server_start(&server, &gateway->server);
    if (status != KF_OK) {
        kf__grpc_gateway_free(gateway);
        return status;
    }
    *out = gateway;
    return KF_OK;
}

uint16_t kf__grpc_gateway_port(const kf_grpc_gateway *gateway)
{
    return kf__grpc_server_port(gateway->server);
}

bool kf__grpc_gateway_drain(kf_grpc_gateway *gateway, int64_t timeout_ms)
{
    int64_t until = kf__monotonic_ns() + timeout_ms * 1000000;
    kf__grpc_server_quiesce(gateway->server);
    while (kf__grpc_server_pending(gateway->server) > 0) {
        if (kf__monotonic_ns() > until)
            return false;
        kf__sleep_ms(5);
    }
    return true;
}

void kf__grpc_gateway_free(kf_grpc_gateway *gateway)
{
    if (gateway == NULL)
        return;
    kf__grpc_server_free(gateway->server);
    kf__free(gateway->token);
    kf__free(gateway);
}
