/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/call.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/value.h"

void kf__backend_free(kf_backend *backend)
{
    if (backend != NULL)
        backend->table->free(backend);
}

const char *kf__call_header(const kf_call *call, const char *name)
{
    for (size_t i = 0; i < call->header_count; i++)
        if (strcasecmp(call->headers[i].name, name) == 0)
            return call->headers[i].value;
    return NULL;
}

void kf__reply_header(kf_call *call, const char *name, const char *value)
{
    enum { MOST = sizeof call->reply.headers / sizeof *call->reply.headers };
    char *own_name = kf__arena_strdup(call->arena, name);
    char *own_value = kf__arena_strdup(call->arena, value);
    if (own_name != NULL && own_value != NULL && call->reply.header_count < MOST)
        call->reply.headers[call->reply.header_count++] =
            (kf_header){own_name, own_value};
}

void kf__call_fail(kf_call *call, int status, const char *format, ...)
{
    char message[2048];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    call->reply.status = status;
    call->reply.content_type = "application/json";
    kf__buf_truncate(&call->reply.body, 0);
    kf__buf_puts(&call->reply.body, "{\"error\":");
    kf__put_json_text(&call->reply.body, message, strlen(message));
    kf__buf_putc(&call->reply.body, '}');
    call->done(call);
}

bool kf__call_allows(kf_call *call, const char *method)
{
    bool gets = strcmp(method, "GET") == 0;
    if (strcmp(call->method, method) == 0 ||
        (gets && strcmp(call->method, "HEAD") == 0))
        return true;
    kf__reply_header(call, "Allow", gets ? "GET, HEAD, OPTIONS" : "POST, OPTIONS");
    if (strcmp(call->method, "OPTIONS") != 0) {
        kf__call_fail(call, 405, "Method Not Allowed");
        return false;
    }
    call->reply.status = 204;
    call->done(call);
    return false;
}

static int status_of(kf_status code)
{
    switch (code) {
    case KF_EINVAL:
    case KF_EPARSE:
    case KF_EDOCUMENT:
    case KF_ETYPE:
    case KF_EMISSING:
        return 400;
    case KF_ENOENT:
        return 404;
    case KF_ELIMIT:
        return 413;
    case KF_EUNSUPPORTED:
        return 501;
    case KF_ENOMEM:
    case KF_EBUSY:
    case KF_ESTATE:
        return 503;
    case KF_ETIMEOUT:
        return 504;
    default:
        return 500;
    }
}

void kf__call_fail_last(kf_call *call)
{
    const kf_error *error = kf_last_error();
    int status = status_of(error->code);
    if (error->where[0] != '\0')
        kf__call_fail(call, status, "%s: %s", error->where, error->message);
    else
        kf__call_fail(call, status, "%s", error->message);
}

bool kf__call_flatten(kf_call *call, kf_flat how)
{
    if (call->form == NULL)
        return true;
    kf_status status = call->form->flatten(call, how);
    call->form = NULL;
    if (status != KF_OK)
        kf__call_fail_last(call);
    return status == KF_OK;
}
