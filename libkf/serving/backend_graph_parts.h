/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a graph: what it is, and a request on its way through it. */
#ifndef KF_SERVING_BACKEND_GRAPH_PARTS_H
#define KF_SERVING_BACKEND_GRAPH_PARTS_H

#include <stdatomic.h>

#include "base/thread.h"
#include "base/vec.h"
#include "io/regex.h"
#include "serving/backend_graph.h"

#define KF__GRAPH_DEPTH "Kf-Graph-Depth"

typedef struct kf_graph_step {
    const char *name; /* NULL: none. */
    const struct kf_graph_node *node;
    const char *service;
    const char *url;
    const char *condition; /* NULL: none. */
    int64_t weight;
    bool takes_response; /* data: $response */
    bool maps;           /* mapPredictionsToInstances */
    bool is_hard;
} kf_graph_step;

typedef enum kf_graph_router {
    KF__GRAPH_OTHER = 0,
    KF__GRAPH_SEQUENCE,
    KF__GRAPH_SPLITTER,
    KF__GRAPH_ENSEMBLE,
    KF__GRAPH_SWITCH
} kf_graph_router;

typedef struct kf_graph_node {
    const char *name;
    kf_graph_router router;
    kf_graph_step *steps;
    size_t count;
} kf_graph_node;

/* Which headers of a request go along to the steps. */
typedef struct kf_graph_headers {
    KF__VEC(kf_regex *) patterns;
    kf_mutex mutex; /* Over the patterns while they are used. */
    bool has_mutex;
} kf_graph_headers;

typedef struct kf_graph {
    kf_backend backend;
    kf_arena arena;
    kf_graph_node *nodes;
    size_t count;
    kf_graph_step root;
    int64_t timeout_ns;        /* Of a request; 0: none. */
    int64_t client_timeout_ns; /* Of a step's call; 0: none. */
    kf_graph_headers headers;
    kf_graph_find find;
    void *payload;
    atomic_size_t users;
} kf_graph;

/* One request. */
typedef struct kf_graph_run {
    kf_graph *graph;
    kf_call *call;
    int64_t deadline_ns;
    kf_header *headers; /* Of all calls. */
    size_t header_count;
    atomic_size_t steps;
} kf_graph_run;

/* A step of a request: a call, or a node with its steps. */
typedef struct kf_graph_task {
    kf_graph_run *run;
    struct kf_graph_task *parent; /* NULL: it is the request. */
    const kf_graph_step *step;
    size_t level;
    const char *input; /* Of the parent, or of the request. */
    size_t input_length;
    /* What came of it. */
    int status;
    kf_buf body;
    char type[128];  /* Of the body; "": unknown. */
    char cause[256]; /* Why there is no answer; "": there is one. */
    /* Of a call. */
    kf_call call;
    kf_arena arena;
    /* Of a node. */
    size_t at;                    /* The step that comes next. */
    kf_buf request;               /* What the response became as a request. */
    atomic_bool turn;             /* See go_on. */
    atomic_size_t awaited;        /* Of an ensemble. */
    struct kf_graph_task **parts; /* The same, by step. */
} kf_graph_task;

/* Begin; kf__graph_finish is called once. NULL parent: of the request. */
void kf__graph_start(kf_graph_run *run, const char *input, size_t length);
void kf__graph_finish(kf_graph_run *run, kf_graph_task *root);

/* ---- backend_graph_choose ---- */

/* The first step whose condition the JSON meets; NULL: none. */
const kf_graph_step *kf__graph_switch(
    const kf_graph_node *node, const char *text, size_t length);
/* By weight, at random. */
const kf_graph_step *kf__graph_split(const kf_graph_node *node);
/* *met: there is something at that path. KF_EPARSE: it is no JSON. */
kf_status kf__graph_meets(
    const char *condition, const char *text, size_t length, bool *met);
/* The "predictions" of the JSON become the "instances" of a request. False: it stays as
 * it is. */
bool kf__graph_as_request(const char *text, size_t length, kf_buf *out);
bool kf__graph_is_json(const kf_buf *text);

/* ---- backend_graph_headers ---- */

/* patterns: regular expressions of Go, separated by commas; NULL: none. One that is none
 * is left out, with a warning. */
kf_status kf__graph_headers_read(kf_graph_headers *headers, const char *patterns);
void kf__graph_headers_finish(kf_graph_headers *headers);
/* Those of the request that go along, with a content type and `depth`: of its arena. */
kf_status kf__graph_headers_choose(
    kf_graph_headers *headers, kf_graph_run *run, const char *depth);

#endif
