/* SPDX-License-Identifier: Apache-2.0 */
/* What a server of one model says of itself, to whoever reaches it by the service's own
 * host or path: KServe's pods each are such a server. */
#include <string.h>

#include "base/value.h"
#include "serving/backend_model.h"

static void put_alive(kf_buf *out, const char *name)
{
    (void)name;
    kf__buf_puts(out, "{\"status\":\"alive\"}");
}

static void put_live(kf_buf *out, const char *name)
{
    (void)name;
    kf__buf_puts(out, "{\"live\":true}");
}

static void put_ready(kf_buf *out, const char *name)
{
    (void)name;
    kf__buf_puts(out, "{\"ready\":true}");
}

static void put_models(kf_buf *out, const char *name)
{
    kf__buf_puts(out, "{\"models\":[");
    kf__put_json_text(out, name, strlen(name));
    kf__buf_puts(out, "]}");
}

void kf__put_server(kf_buf *out)
{
    kf__buf_printf(out,
        "{\"name\":\"libkf\",\"version\":\"%s\",\"extensions\":[\"binary_tensor_data\","
        "\"classification\",\"model_repository_extension\"]}",
        kf_version());
}

static void put_server(kf_buf *out, const char *name)
{
    (void)name;
    kf__put_server(out);
}

bool kf__model_server_answer(const char *name, kf_call *call)
{
    static const struct {
        const char *path;
        void (*put)(kf_buf *out, const char *name);
    } own[] = {
        {"/", put_alive},
        {"/v1/models", put_models},
        {"/v2", put_server},
        {"/v2/health/live", put_live},
        {"/v2/health/ready", put_ready},
        {"/v2/models", put_models},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (strcmp(call->path, own[i].path) != 0)
            continue;
        if (!kf__call_allows(call, "GET"))
            return true;
        own[i].put(&call->reply.body, name);
        call->reply.status = 200;
        call->reply.content_type = "application/json";
        call->done(call);
        return true;
    }
    return false;
}
