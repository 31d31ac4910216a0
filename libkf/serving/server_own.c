/* SPDX-License-Identifier: Apache-2.0 */
/* What a server says of itself: python/kserve/kserve/protocol/rest of KServe. */
#include <string.h>

#include "base/value.h"
#include "serving/backend_model.h"
#include "serving/server.h"

static void put_name(kf_buf *out, const char *text, bool *first)
{
    kf__buf_puts(out, *first ? "" : ",");
    kf__put_json_text(out, text, strlen(text));
    *first = false;
}

/* But a TrainedModel that cannot be served. */
static bool answers(const kf_served *served)
{
    return !kf__served_is_model(served) ||
           kf__served_part(served, KF_SERVICE_PREDICTOR) != NULL;
}

/* What a model of its name answers for. */
static bool is_listed(const kf_served *served)
{
    return answers(served) && !atomic_load(&served->has_models);
}

static void put_models(kf_server *server, kf_buf *out)
{
    bool first = true;
    kf__buf_puts(out, "{\"models\":[");
    kf__mutex_lock(&server->routes);
    for (size_t i = 0; i < server->services.count; i++)
        if (is_listed(server->services.items[i]))
            put_name(out, kf__served_label(server->services.items[i]), &first);
    for (size_t i = 0; i < server->models.count; i++)
        put_name(out, server->models.items[i].name, &first);
    kf__mutex_unlock(&server->routes);
    kf__buf_puts(out, "]}");
}

static void put_server(kf_server *server, kf_buf *out)
{
    (void)server;
    kf__put_server(out);
}

/* Requests are answered, also while something newer is loaded; of a graph, where its
 * steps lead somewhere: services are looked at by themselves. */
static bool is_up(const kf_server *server, const kf_served *served)
{
    bool ready = false;
    if (atomic_load(&served->graph) == NULL)
        return kf__served_answers(served);
    return kf__server_look(server, served, &ready) != KF_ENOENT;
}

static void put_entry(kf_buf *out, const char *name, bool is_ready, bool *first)
{
    kf__buf_puts(out, *first ? "{\"name\":" : ",{\"name\":");
    kf__put_json_text(out, name, strlen(name));
    kf__buf_printf(out, ",\"version\":\"\",\"state\":\"%s\",\"reason\":\"\"}",
        is_ready ? "READY" : "UNAVAILABLE");
    *first = false;
}

/* As Triton's extension of model repositories. */
static void put_index(kf_server *server, kf_buf *out)
{
    bool first = true;
    kf__buf_putc(out, '[');
    kf__mutex_lock(&server->mutex);
    for (size_t i = 0; i < server->services.count; i++) {
        kf_served *served = server->services.items[i];
        if (is_listed(served))
            put_entry(out, kf__served_label(served), is_up(server, served), &first);
    }
    kf__mutex_lock(&server->routes);
    for (size_t i = 0; i < server->models.count; i++)
        put_entry(out, server->models.items[i].name, true, &first);
    kf__mutex_unlock(&server->routes);
    kf__mutex_unlock(&server->mutex);
    kf__buf_putc(out, ']');
}

static void put_alive(kf_server *server, kf_buf *out)
{
    (void)server;
    kf__buf_puts(out, "{\"status\":\"alive\"}");
}

static void put_live(kf_server *server, kf_buf *out)
{
    (void)server;
    kf__buf_puts(out, "{\"live\":true}");
}

static bool is_ready(kf_server *server)
{
    bool ready = true;
    kf__mutex_lock(&server->mutex);
    for (size_t i = 0; ready && i < server->services.count; i++)
        ready = !answers(server->services.items[i]) ||
                is_up(server, server->services.items[i]);
    kf__mutex_unlock(&server->mutex);
    return ready;
}

static void put_ready(kf_server *server, kf_buf *out)
{
    kf__buf_printf(out, "{\"ready\":%s}", is_ready(server) ? "true" : "false");
}

static void put_metrics(kf_server *server, kf_buf *out)
{
    kf__buf_puts(out, "# HELP kf_requests_total Requests answered, by service.\n"
                      "# TYPE kf_requests_total counter\n");
    kf__mutex_lock(&server->routes);
    for (size_t i = 0; i < server->services.count; i++) {
        kf_served *served = server->services.items[i];
        kf__buf_printf(out, "kf_requests_total{service=\"%s\"} %llu\n", served->key,
            (unsigned long long)atomic_load(&served->requests));
    }
    kf__buf_puts(out, "# HELP kf_failures_total Of them, those answered with 500 and "
                      "beyond.\n# TYPE kf_failures_total counter\n");
    for (size_t i = 0; i < server->services.count; i++) {
        kf_served *served = server->services.items[i];
        kf__buf_printf(out, "kf_failures_total{service=\"%s\"} %llu\n", served->key,
            (unsigned long long)atomic_load(&served->failures));
    }
    kf__mutex_unlock(&server->routes);
    kf__metrics_put(server->metrics, out);
}

static const struct own {
    const char *path;
    void (*put)(kf_server *server, kf_buf *out);
} own[] = {
    {"/", put_alive},
    {"/v1/models", put_models},
    {"/v2", put_server},
    {"/v2/health/live", put_live},
    {"/v2/health/ready", put_ready},
    {"/v2/models", put_models},
    {"/v2/repository/index", put_index},
    {"/metrics", put_metrics},
};

bool kf__server_answer(kf_server *server, kf_call *call)
{
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (strcmp(call->path, own[i].path) != 0)
            continue;
        if (!kf__call_allows(call, own[i].put == put_index ? "POST" : "GET"))
            return true;
        own[i].put(server, &call->reply.body);
        bool unready = own[i].put == put_ready && !is_ready(server);
        call->reply.status = unready ? 503 : 200;
        call->reply.content_type = own[i].put == put_metrics
                                       ? "text/plain; version=0.0.4; charset=utf-8"
                                       : "application/json";
        call->done(call);
        return true;
    }
    return false;
}
