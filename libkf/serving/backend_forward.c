/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/backend_forward.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

typedef struct forward {
    kf_backend backend;
    kf_backend *remote;
    char *url;
} forward;

/* A call on its way: of its arena. */
typedef struct visit {
    const forward *self;
    void (*done)(kf_call *call);
    void *payload;
} visit;

static void answered(kf_call *call)
{
    visit *here = call->payload;
    call->done = here->done;
    call->payload = here->payload;
    if (call->reply.status != 0) {
        call->done(call);
        return;
    }
    const char *why = kf__arena_strdup(call->arena, kf__buf_text(&call->reply.body));
    kf__call_fail(call, 502, "%s does not answer: %s", here->self->url,
        why != NULL ? why : "out of memory");
}

/* What is about the connection that it came by, and not about the request. */
static bool is_of_the_way(const char *name)
{
    static const char *const names[] = {"connection", "content-length", "expect",
        "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(names[i], name) == 0)
            return true;
    return false;
}

static bool keep_headers(kf_call *call)
{
    kf_header *kept =
        kf__arena_alloc(call->arena, (call->header_count + 1) * sizeof *kept);
    size_t count = 0;
    for (size_t i = 0; kept != NULL && i < call->header_count; i++)
        if (!is_of_the_way(call->headers[i].name))
            kept[count++] = call->headers[i];
    call->headers = kept;
    call->header_count = count;
    return kept != NULL;
}

static void serve(kf_backend *backend, kf_call *call)
{
    forward *self = (forward *)backend;
    if (!kf__call_flatten(call, KF__FLAT_AS_GIVEN))
        return;
    visit *here = kf__arena_alloc(call->arena, sizeof *here);
    const char *url = kf__arena_printf(call->arena, "%s%s%s%s", self->url, call->path,
        call->query != NULL ? "?" : "", call->query != NULL ? call->query : "");
    if (here == NULL || url == NULL || !keep_headers(call)) {
        kf__call_fail(call, 503, "out of memory");
        return;
    }
    *here = (visit){self, call->done, call->payload};
    call->path = url;
    call->done = answered;
    call->payload = here;
    kf__serve(self->remote, call);
}

static void end(kf_backend *backend)
{
    forward *self = (forward *)backend;
    kf__free(self->url);
    kf__free(self);
}

kf_status kf__backend_forward(kf_backend *remote, const char *url, kf_backend **out)
{
    static const kf_backend_table table = {serve, end};
    forward *self = kf__calloc(1, sizeof *self);
    if (self == NULL)
        return KF_ENOMEM;
    size_t length = strlen(url);
    while (length > 0 && url[length - 1] == '/')
        length--;
    self->backend.table = &table;
    self->remote = remote;
    self->url = kf__strndup(url, length);
    if (self->url == NULL) {
        end(&self->backend);
        return KF_ENOMEM;
    }
    *out = &self->backend;
    return KF_OK;
}
