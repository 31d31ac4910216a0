/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/backend_graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "serving/backend_graph_parts.h"

enum {
    DEPTH_MOST = 16,
    WRITE_S = 60 /* KServe's routerTimeouts.serverWrite where it is not given. */
};

/* ---- the document ---- */

static const char *given(kf_graph *graph, const kf_value *object, const char *name)
{
    const char *text = kf__get_text(object, name);
    return text != NULL && text[0] != '\0' ? kf__arena_strdup(&graph->arena, text)
                                           : NULL;
}

static kf_graph_router router_of(const kf_value *node)
{
    static const char *const names[] = {
        "", "Sequence", "Splitter", "Ensemble", "Switch"};
    const char *type = kf__get_text(node, "routerType");
    for (int i = 1; type != NULL && i < 5; i++)
        if (strcmp(type, names[i]) == 0)
            return (kf_graph_router)i;
    return KF__GRAPH_OTHER;
}

static const kf_graph_node *find_node(const kf_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->count; i++)
        if (strcmp(graph->nodes[i].name, name) == 0)
            return &graph->nodes[i];
    return NULL;
}

static kf_status read_step(kf_graph *graph, const kf_value *value, kf_graph_step *out)
{
    const char *node = kf__get_text(value, "nodeName");
    *out = (kf_graph_step){.name = given(graph, value, "name"),
        .service = given(graph, value, "serviceName"),
        .url = given(graph, value, "serviceUrl"),
        .condition = given(graph, value, "condition"),
        .weight = kf_value_int(kf_value_get(value, "weight")),
        .takes_response = kf__equals_text(kf_value_get(value, "data"), "$response"),
        .maps = kf_value_bool(kf_value_get(value, "mapPredictionsToInstances")),
        .is_hard = kf__equals_text(kf_value_get(value, "dependency"), "Hard")};
    if (node == NULL || node[0] == '\0')
        return KF_OK;
    out->node = find_node(graph, node);
    return out->node != NULL
               ? KF_OK
               : kf__fail(KF_ENOENT, "nodes", "there is no node '%.100s'", node);
}

static kf_status read_steps(kf_graph *graph, const kf_value *value, kf_graph_node *node)
{
    const kf_value *steps = kf_value_get(value, "steps");
    node->count = kf_value_length(steps);
    node->steps =
        kf__arena_alloc(&graph->arena, (node->count + 1) * sizeof *node->steps);
    if (node->steps == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < node->count; i++)
        KF__TRY(read_step(graph, kf_value_at(steps, i), &node->steps[i]));
    return KF_OK;
}

/* 0: for ever. */
static int64_t seconds_of(const kf_value *object, const char *name, int64_t otherwise)
{
    const kf_value *value = kf_value_get(object, name);
    int64_t seconds = value != NULL ? kf_value_int(value) : otherwise;
    int64_t most = INT64_MAX / 2000000000;
    return (seconds < 0 ? 0 : seconds > most ? most : seconds) * 1000000000;
}

static void read_timeouts(kf_graph *graph, const kf_value *spec)
{
    const kf_value *router = kf_value_get(spec, "routerTimeouts");
    int64_t write = seconds_of(router, "serverWrite", WRITE_S);
    graph->timeout_ns = seconds_of(spec, "timeout", 0);
    if (graph->timeout_ns == 0 || (write > 0 && write < graph->timeout_ns))
        graph->timeout_ns = write;
    graph->client_timeout_ns = seconds_of(router, "serviceClient", 0);
}

static kf_status read_nodes(kf_graph *graph, const kf_value *spec)
{
    const kf_value *nodes = kf_value_get(spec, "nodes");
    size_t count = kf_value_length(nodes);
    graph->nodes = kf__arena_alloc(&graph->arena, (count + 1) * sizeof *graph->nodes);
    if (graph->nodes == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        char *name = kf__arena_strdup(&graph->arena, kf_value_key(nodes, i));
        if (name == NULL)
            return KF_ENOMEM;
        graph->nodes[i] =
            (kf_graph_node){.name = name, .router = router_of(kf_value_at(nodes, i))};
    }
    graph->count = count;
    for (size_t i = 0; i < count; i++)
        KF__TRY(read_steps(graph, kf_value_at(nodes, i), &graph->nodes[i]));
    graph->root.node = find_node(graph, "root");
    return graph->root.node != NULL
               ? KF_OK
               : kf__fail(KF_ENOENT, "nodes", "there is no node 'root'");
}

/* ---- requests ---- */

static void release(kf_graph *graph)
{
    if (atomic_fetch_sub(&graph->users, 1) != 1)
        return;
    kf__graph_headers_finish(&graph->headers);
    kf__arena_finish(&graph->arena);
    kf__free(graph);
}

static int depth_of(const kf_call *call)
{
    const char *text = kf__call_header(call, KF__GRAPH_DEPTH);
    return text != NULL ? (int)strtol(text, NULL, 10) : 0;
}

static void serve(kf_backend *self, kf_call *call)
{
    kf_graph *graph = (kf_graph *)self;
    int depth = depth_of(call);
    if (!kf__call_flatten(call, KF__FLAT_JSON))
        return;
    if (depth < 0 || depth >= DEPTH_MOST) {
        kf__call_fail(call, 508, "graphs lead to each other %d times", DEPTH_MOST);
        return;
    }
    kf_graph_run *run = kf__arena_alloc(call->arena, sizeof *run);
    const char *next = kf__arena_printf(call->arena, "%d", depth + 1);
    if (run != NULL)
        *run = (kf_graph_run){.graph = graph, .call = call};
    if (run == NULL || next == NULL ||
        kf__graph_headers_choose(&graph->headers, run, next) != KF_OK) {
        kf__call_fail(call, 503, "out of memory");
        return;
    }
    run->deadline_ns = kf__deadline_after(call->deadline_ns, graph->timeout_ns);
    atomic_fetch_add(&graph->users, 1);
    kf__graph_start(run, call->body, call->body_length);
}

/* As KServe's router: JSON by what it is, else what the step said. */
static const char *type_of(const kf_graph_task *root, kf_arena *arena)
{
    static const char json[] = "application/json";
    if (root->cause[0] != '\0' || kf__starts_with(root->type, json) ||
        kf__graph_is_json(&root->body))
        return json;
    const char *type = root->type[0] != '\0' ? root->type : "text/plain; charset=utf-8";
    return kf__arena_strdup(arena, type);
}

/* No answer comes after the time is over: the steps may have been cut short. */
static void check_time(const kf_graph_run *run, kf_graph_task *root)
{
    if (run->deadline_ns == 0 || kf__monotonic_ns() < run->deadline_ns)
        return;
    root->status = 504;
    (void)snprintf(root->cause, sizeof root->cause, "the graph took too long");
}

void kf__graph_finish(kf_graph_run *run, kf_graph_task *root)
{
    kf_call *call = run->call;
    kf_graph *graph = run->graph;
    kf_reply *reply = &call->reply;
    check_time(run, root);
    reply->status = root->status;
    reply->content_type = type_of(root, call->arena);
    kf__buf_truncate(&reply->body, 0);
    if (root->cause[0] != '\0') {
        kf__buf_puts(
            &reply->body, "{\"error\":\"Failed to process request\",\"cause\":");
        kf__put_json_text(&reply->body, root->cause, strlen(root->cause));
        kf__buf_putc(&reply->body, '}');
    } else {
        kf__buf_finish(&reply->body);
        reply->body = root->body;
        root->body = KF__BUF_INIT;
    }
    call->done(call);
    release(graph);
}

static void end(kf_backend *self)
{
    release((kf_graph *)self);
}

kf_status kf__backend_graph(const kf_value *spec, const char *propagate,
    kf_graph_find find, void *payload, kf_backend **out)
{
    static const kf_backend_table table = {serve, end};
    kf_graph *graph = kf__calloc(1, sizeof *graph);
    if (graph == NULL)
        return KF_ENOMEM;
    graph->backend.table = &table;
    graph->find = find;
    graph->payload = payload;
    atomic_store(&graph->users, 1);
    read_timeouts(graph, spec);
    kf_status status = read_nodes(graph, spec);
    if (status == KF_OK)
        status = kf__graph_headers_read(&graph->headers, propagate);
    if (status != KF_OK) {
        release(graph);
        return status;
    }
    *out = &graph->backend;
    return KF_OK;
}
