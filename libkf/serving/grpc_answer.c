/* SPDX-License-Identifier: Apache-2.0 */
/* The methods, and from replies of V2 to what they answer. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "io/json.h"
#include "serving/grpc_parts.h"

/* ---- statuses ---- */

static kf_grpc_status status_of(int http)
{
    switch (http) {
    case 400:
    case 405:
    case 415:
    case 422:
        return KF__GRPC_INVALID_ARGUMENT;
    case 401:
        return KF__GRPC_UNAUTHENTICATED;
    case 403:
        return KF__GRPC_PERMISSION_DENIED;
    case 404:
        return KF__GRPC_NOT_FOUND;
    case 409:
        return KF__GRPC_ABORTED;
    case 412:
        return KF__GRPC_FAILED_PRECONDITION;
    case 413:
    case 429:
        return KF__GRPC_RESOURCE_EXHAUSTED;
    case 499:
        return KF__GRPC_CANCELLED;
    case 501:
        return KF__GRPC_UNIMPLEMENTED;
    case 502:
    case 503:
        return KF__GRPC_UNAVAILABLE;
    case 408:
    case 504:
        return KF__GRPC_DEADLINE_EXCEEDED;
    default:
        return KF__GRPC_INTERNAL;
    }
}

static const char *reply_header(const kf_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcasecmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return NULL;
}

/* Workers know better what a status of HTTP stands for. */
static kf_grpc_status status_of_reply(const kf_reply *reply)
{
    const char *given = reply_header(reply, "grpc-status");
    int64_t status;
    if (given != NULL && kf__parse_int64(given, &status) && status > KF__GRPC_OK &&
        status <= KF__GRPC_UNAUTHENTICATED)
        return (kf_grpc_status)status;
    return status_of(reply->status);
}

void kf__grpc_passage_fail(
    kf_grpc_passage *here, kf_grpc_status status, const char *format, ...)
{
    char message[2048];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    kf__utf8_mend(message, strlen(message));
    kf__buf_truncate(&here->out, 0);
    kf__grpc_answer(here->request, status, message, &here->out);
}

/* {"error": "…"}, or whatever else it says. */
static void fail_as(kf_grpc_passage *here, const kf_reply *reply)
{
    const kf_buf *body = &reply->body;
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = NULL;
    const char *text = NULL;
    if (kf__json_read(&tree, kf__buf_text(body), body->length, &value) == KF_OK)
        text = kf_value_string(kf_value_get(value, "error"));
    if (text == NULL || text[0] == '\0')
        text = kf__buf_text(body);
    kf__grpc_passage_fail(here, status_of_reply(reply), "%.2000s", text);
    kf__tree_finish(&tree);
}

/* ---- answers ---- */

static kf_status write_true(kf_grpc_passage *here, kf_buf *out)
{
    if (here->call.reply.status == 200)
        kf__proto_put_integer(out, 1, 1);
    return out->status;
}

/* SERVING or NOT_SERVING */
static kf_status write_health(kf_grpc_passage *here, kf_buf *out)
{
    kf__proto_put_integer(out, 1, here->call.reply.status == 200 ? 1 : 2);
    return out->status;
}

/* model_name, and that it is done. */
static kf_status write_loaded(kf_grpc_passage *here, kf_buf *out)
{
    kf__proto_put_text(out, 1, here->model);
    kf__proto_put_integer(out, 2, 1);
    return out->status;
}

static kf_status write_from_json(kf_grpc_passage *here, kf_buf *out,
    kf_status (*write)(const kf_value *metadata, kf_buf *out))
{
    const kf_buf *body = &here->call.reply.body;
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = NULL;
    kf_status status = kf__json_read(&tree, kf__buf_text(body), body->length, &value);
    if (status == KF_OK)
        status = write(value, out);
    kf__tree_finish(&tree);
    return status;
}

static kf_status write_server(kf_grpc_passage *here, kf_buf *out)
{
    return write_from_json(here, out, kf__oip_of_server);
}

static kf_status write_model(kf_grpc_passage *here, kf_buf *out)
{
    return write_from_json(here, out, kf__oip_of_model);
}

static kf_status write_index(kf_grpc_passage *here, kf_buf *out)
{
    return write_from_json(here, out, kf__oip_of_index);
}

/* Who took the tensors as they came has written the message. */
static kf_status write_infer(kf_grpc_passage *here, kf_buf *out)
{
    kf_reply *reply = &here->call.reply;
    const char *given = reply_header(reply, "Inference-Header-Content-Length");
    int64_t length = -1;
    if (here->call.form != NULL) {
        kf_buf before = *out;
        *out = reply->body;
        reply->body = before;
        return out->status;
    }
    if (given != NULL && (!kf__parse_int64(given, &length) || length < 0 ||
                             (uint64_t)length > reply->body.length))
        return kf__fail(KF_EINVAL, NULL,
            "Inference-Header-Content-Length is no number of bytes of this body");
    return kf__oip_of_v2(kf__buf_text(&reply->body), reply->body.length, length,
        here->model, here->is_raw, out);
}

void kf__grpc_passage_answer(kf_grpc_passage *here)
{
    const kf_grpc_method *method = here->method;
    const kf_reply *reply = &here->call.reply;
    kf__buf_truncate(&here->out, 0);
    if (reply->body.status != KF_OK) {
        kf__grpc_passage_fail(here, KF__GRPC_RESOURCE_EXHAUSTED, "out of memory");
    } else if (reply->status != 200 && !(method->tells_ready && reply->status == 503)) {
        fail_as(here, reply);
    } else if (method->write(here, &here->out) != KF_OK) {
        kf__grpc_passage_fail(here, KF__GRPC_INTERNAL,
            "the model's answer is none of V2: %s", kf_last_error()->message);
    } else {
        kf__grpc_answer(here->request, KF__GRPC_OK, NULL, &here->out);
    }
}

/* ---- methods ---- */

#define SERVICE "/inference.GRPCInferenceService/"

static const kf_grpc_method methods[] = {
    {.name = SERVICE "ModelInfer",
        .verb = "POST",
        .path = "/v2/models/%s/infer",
        .model = 1,
        .write = write_infer},
    {.name = SERVICE "ServerLive",
        .verb = "GET",
        .path = "/v2/health/live",
        .is_free = true,
        .write = write_true},
    {.name = SERVICE "ServerReady",
        .verb = "GET",
        .path = "/v2/health/ready",
        .is_free = true,
        .write = write_true,
        .tells_ready = true},
    {.name = SERVICE "ModelReady",
        .verb = "GET",
        .path = "/v2/models/%s/ready",
        .model = 1,
        .write = write_true,
        .tells_ready = true},
    {.name = SERVICE "ServerMetadata",
        .verb = "GET",
        .path = "/v2",
        .write = write_server},
    {.name = SERVICE "ModelMetadata",
        .verb = "GET",
        .path = "/v2/models/%s",
        .model = 1,
        .write = write_model},
    {.name = SERVICE "RepositoryIndex",
        .verb = "POST",
        .path = "/v2/repository/index",
        .write = write_index},
    {.name = SERVICE "RepositoryModelLoad",
        .verb = "POST",
        .path = "/v2/repository/models/%s/load",
        .model = 1,
        .model_of_triton = 2,
        .write = write_loaded},
    {.name = SERVICE "RepositoryModelUnload",
        .verb = "POST",
        .path = "/v2/repository/models/%s/unload",
        .model = 1,
        .model_of_triton = 2,
        .write = write_loaded},
    {.name = "/grpc.health.v1.Health/Check",
        .verb = "GET",
        .path = "/v2/health/ready",
        .is_free = true,
        .write = write_health,
        .tells_ready = true},
};

const kf_grpc_method *kf__grpc_method_of(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}
