/* SPDX-License-Identifier: Apache-2.0 */
/* InferenceGraphs that are served: where their steps lead. */
#include <string.h>

#include "serving/backend_graph.h"
#include "serving/server.h"

/* ---- services by name ---- */

/* In the namespace of the graph. */
static kf_backend *to_service(const kf_served *graph, const char *name, kf_call *call)
{
    kf_server *server = graph->payload;
    const char *path = NULL;
    int length = (int)(graph->name - graph->key);
    const char *key = kf__arena_printf(call->arena, "%.*s%s", length, graph->key, name);
    if (key == NULL)
        return NULL;
    kf__mutex_lock(&server->routes);
    kf_served *served = kf__server_find(server, key);
    if (served != NULL && served->graph == NULL)
        path = kf__arena_printf(call->arena,
            atomic_load(&served->speaks_v2) ? "/v2/models/%s/infer"
                                            : "/v1/models/%s:predict",
            name);
    else
        (void)kf__fail(KF_ENOENT, key, "there is no InferenceService '%.200s'", name);
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

kf_status kf__server_graph(kf_served *served)
{
    kf_backend *made;
    const kf_value *spec = kf_service_spec(served->service);
    KF__TRY(kf__backend_graph(spec, find, served, &made));
    kf__served_be_graph(served, made);
    return KF_OK;
}
