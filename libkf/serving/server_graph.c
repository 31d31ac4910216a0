/* SPDX-License-Identifier: Apache-2.0 */
/* InferenceGraphs that are served: where their steps lead. */
#include <string.h>

#include "io/file.h"
#include "serving/backend_graph.h"
#include "serving/server.h"

/* ---- services by name ---- */

/* In the namespace of the graph. */
static kf_backend *to_service(const kf_served *graph, const char *name, kf_call *call)
{
    kf_server *server = graph->payload;
    const char *path = NULL;
    kf__mutex_lock(&server->routes);
    kf_served *served = kf__server_beside(server, graph, name);
    if (served != NULL && served->graph == NULL)
        path = kf__arena_printf(call->arena,
            atomic_load(&served->speaks_v2) ? "/v2/models/%s/infer"
                                            : "/v1/models/%s:predict",
            name);
    else
        (void)kf__fail(KF_ENOENT,
            kf__arena_printf(call->arena, "%.*s%s", (int)(graph->name - graph->key),
                graph->key, name),
            "there is no InferenceService '%.200s'", name);
    if (path != NULL)
        kf__served_enter(served);
    kf__mutex_unlock(&server->routes);
    if (path == NULL)
        return NULL;
    call->path = path;
    return &served->entries[KF__ENTRY].backend;
}

/* ---- URLs ---- */

/* A URL of this server, or of a host that is served here, asked as if it had come from
 * outside; NULL: it leads elsewhere. */
static kf_backend *to_here(kf_server *server, const char *url, kf_call *call)
{
    const char *at = strstr(url, "://");
    at = at != NULL ? at + 3 : url;
    size_t length = strcspn(at, "/?#");
    const char *host = kf__arena_strndup(call->arena, at, length);
    const char *own = strstr(server->url, "://") + 3;
    const char *path =
        kf__arena_strdup(call->arena, at[length] == '/' ? at + length : "/");
    kf_header *headers =
        kf__arena_alloc(call->arena, (call->header_count + 1) * sizeof *headers);
    if (host == NULL || path == NULL || headers == NULL)
        return NULL;
    memcpy(headers, call->headers, call->header_count * sizeof *headers);
    headers[call->header_count] = (kf_header){"Host", host};
    kf_call asked = *call;
    asked.headers = headers;
    asked.header_count++;
    char *query = strchr(path, '?');
    if (query != NULL)
        *query++ = '\0';
    asked.path = path;
    asked.query = query;
    kf_backend *found = kf__server_route_to(server, &asked, strcmp(host, own) == 0);
    if (found != NULL)
        *call = asked;
    return found;
}

static kf_backend *find(
    void *payload, const char *service, const char *url, kf_call *call)
{
    kf_served *graph = payload;
    if (service != NULL)
        return to_service(graph, service, call);
    if (url == NULL) {
        (void)kf__fail(KF_EMISSING, graph->key, "the step leads nowhere");
        return NULL;
    }
    kf_server *server = graph->payload;
    kf_backend *here = to_here(server, url, call);
    if (here != NULL)
        return here;
    call->path = url;
    return server->remote;
}

/* ---- headers ---- */

/* PROPAGATE_HEADERS of KServe's router, which the controller sets by its configuration;
 * NULL: none. */
static const char *propagated(kf_server *server, kf_buf *text)
{
    const kf_value *headers =
        kf_services_setting(server->documents, "router", "headers");
    const kf_value *list = kf_value_get(headers, "propagate");
    if (list == NULL)
        return kf__environment("PROPAGATE_HEADERS");
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const char *pattern = kf_value_string(kf_value_at(list, i));
        kf__buf_printf(text, "%s%s", i > 0 ? "," : "", pattern != NULL ? pattern : "");
    }
    return kf__buf_text(text);
}

kf_status kf__server_graph(kf_served *served)
{
    kf_backend *made = NULL;
    kf_buf headers = KF__BUF_INIT;
    const char *propagate = propagated(served->payload, &headers);
    kf_status status = headers.status;
    if (status == KF_OK)
        status = kf__backend_graph(
            kf_service_spec(served->service), propagate, find, served, &made);
    kf__buf_finish(&headers);
    if (status == KF_OK)
        kf__served_be_graph(served, made);
    return status;
}

/* ---- readiness ---- */

static kf_status look_at_step(
    const kf_server *server, const kf_served *graph, const kf_value *step, bool *ready)
{
    const char *name = kf__get_text(step, "serviceName");
    bool there = false;
    if (name == NULL || name[0] == '\0')
        return KF_OK;
    const kf_served *target = kf__server_beside(server, graph, name);
    if (target == NULL || atomic_load(&target->graph) != NULL)
        return kf__fail(
            KF_ENOENT, graph->key, "there is no InferenceService '%.200s'", name);
    kf_status status = kf__server_look(server, target, &there);
    *ready &= there;
    return status;
}

static kf_status look_at_steps(
    const kf_server *server, const kf_served *graph, bool *ready)
{
    const kf_value *nodes = kf_value_get(kf_service_spec(graph->service), "nodes");
    for (size_t i = 0; i < kf_value_length(nodes); i++) {
        const kf_value *steps = kf_value_get(kf_value_at(nodes, i), "steps");
        for (size_t k = 0; k < kf_value_length(steps); k++)
            KF__TRY(look_at_step(server, graph, kf_value_at(steps, k), ready));
    }
    return KF_OK;
}

kf_status kf__server_failed(const kf_served *served, const kf_revision *revision)
{
    return kf__fail(KF_EFAILED, served->key, "revision %s is not ready: %s: %s",
        revision->name, revision->reason, revision->failure);
}

kf_status kf__server_look(const kf_server *server, const kf_served *served, bool *ready)
{
    const kf_revision *failure = kf__served_failure(served);
    kf_status status = KF_OK;
    *ready = failure == NULL && kf__served_is_ready(served);
    if (served->refusal != NULL)
        status = kf__fail(KF_EFAILED, served->key, "%s", served->refusal);
    else if (failure != NULL)
        status = kf__server_failed(served, failure);
    else if (atomic_load(&served->graph) != NULL)
        status = look_at_steps(server, served, ready);
    *ready &= status == KF_OK;
    return status;
}
