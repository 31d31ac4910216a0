/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a server: what it serves, and the thread that keeps it so. */
#ifndef KF_SERVING_SERVER_H
#define KF_SERVING_SERVER_H

#include <kf/server.h>

#include "base/map.h"
#include "base/thread.h"
#include "serving/gateway.h"
#include "serving/grpc.h"
#include "serving/registry.h"
#include "serving/served.h"

/* A model of the program's own. */
typedef struct kf_host_model {
    char *name;
    kf_backend *backend;
} kf_host_model;

/* Routes what has waited anew. */
typedef struct kf_reception {
    kf_backend backend;
    kf_server *server;
} kf_reception;

#define KF__NOTHING_YET "the server has nothing to serve yet"

struct kf_server {
    kf_server_options options; /* Its texts are of the arena. */
    kf_arena arena;
    char *url;
    kf_gateway *gateway;
    kf_registry *registry;
    kf_backend *remote; /* What steps of graphs ask elsewhere. */
    kf_metrics *metrics;
    kf_launcher launcher;
    void *launcher_payload;

    /* Where requests wait for a server that has not been told what to serve. */
    kf_limit *hall;
    kf_reception reception; /* Behind it. */
    int64_t hall_closes_ns;

    kf_mutex routes; /* Over the two lists, for requests; taken after `mutex`. */
    KF__VEC(kf_served *) services;
    kf_map by_key, by_name; /* The same: "default/iris", "iris" (the first of them). */
    bool has_no_index;      /* For want of memory. */
    KF__VEC(kf_host_model) models;

    kf_mutex mutex; /* Over all else. */
    kf_cond changed;
    kf_grpc_gateway *grpc; /* NULL: not spoken, or not yet. */
    bool has_no_grpc;      /* It was tried. */
    kf_services *documents;
    KF__VEC(kf_services *) former; /* That launches under way may still look at. */
    KF__VEC(kf_served *) leaving;
    size_t jobs;         /* Threads that load or unload. */
    atomic_bool is_told; /* What to serve: documents, or a model of the program. */
    bool is_stopping;
    bool is_poked; /* There is something for the control thread to do. */
    bool has_locks;
    bool has_control;
    pthread_t control;
    int64_t next_scale_ns;
};

/* ---- server ---- */

/* What its gateways have in common. */
kf_gateway_options kf__server_gateway_options(kf_server *server);

/* ---- server_route ---- */

/* Where a request goes, and the path that it has there; entered, if it is a service's.
 * NULL: the call has been answered. */
kf_backend *kf__server_route(kf_server *server, kf_call *call);
/* The same, without an answer. any: by its path too, and not by the host alone. */
kf_backend *kf__server_route_to(kf_server *server, kf_call *call, bool any);
/* Answer: it leads nowhere. */
void kf__server_refuse(kf_server *server, kf_call *call);
/* The model that the path of a request is for, "" without end: none. */
size_t kf__server_model_of(const char *path, const char **name);
/* Under `mutex` or `routes`. */
kf_served *kf__server_find(const kf_server *server, const char *name);
/* In the namespace of another one. */
kf_served *kf__server_beside(
    const kf_server *server, const kf_served *other, const char *service);
/* The list of services has changed, or has one more; under both. */
void kf__server_index(kf_server *server);
void kf__server_index_one(kf_server *server, kf_served *served);
kf_status kf__server_no_service(const kf_server *server, const char *name);

/* Predictions that come before the server has been told what to serve wait for it, for
 * KF__HALL_MS from its start. None of these under `mutex`. */
enum { KF__HALL_MS = 1000 };
kf_status kf__server_hall(kf_server *server);
void kf__server_told(kf_server *server);
void kf__server_close_hall(kf_server *server); /* If it is time. */

/* ---- server_graph ---- */

/* What its document, an InferenceGraph, says; under `mutex`. */
kf_status kf__server_graph(kf_served *served);
/* Whether all that it needs is ready: its parts, or the services that the steps of a
 * graph name. KF_EFAILED, KF_ENOENT: it will not be, and why; under `mutex`. */
kf_status kf__server_look(
    const kf_server *server, const kf_served *served, bool *ready);
/* KF_EFAILED, and why the revision is not there. */
kf_status kf__server_failed(const kf_served *served, const kf_revision *revision);

/* ---- server_trained ---- */

/* What a predictor of TrainedModels answers with, and its models by name. */
void kf__server_be_models(kf_served *served);
/* The model of a service ("namespace/name"; NULL: of any); under `routes`. */
kf_served *kf__server_find_model(
    kf_server *server, const char *service, const char *name, size_t length);

/* ---- server_grpc: both under `mutex` ---- */

kf_status kf__server_grpc_start(kf_server *server);
/* If one of the documents asks for it. What then fails is logged: all else goes on. */
void kf__server_grpc_ask(kf_server *server, const kf_services *documents);
/* Both gateways: true if all has been answered. Not under `mutex`. */
bool kf__server_drain(kf_server *server, int64_t timeout_ms);

/* ---- server_own ---- */

/* The paths that are about the server and not about a model: lists, health, metrics.
 * False: it is none of them. */
bool kf__server_answer(kf_server *server, kf_call *call);

/* ---- server_work: all under `mutex` ---- */

/* Do what there is to do: load what is wanted, unload what is not, let go of what has
 * left. */
void kf__server_work(kf_server *server);
/* Nothing is loaded, or asked, any more. */
bool kf__server_is_unloaded(const kf_server *server);
/* A gate's: a call waits for this revision. Takes `mutex` itself. */
void kf__server_wake(void *revision);
/* Put services to sleep that had no request for long, and scale workers. */
void kf__server_scale(kf_server *server, int64_t now_ns);
/* See whether the workers of what is ready are well. */
void kf__server_examine(kf_server *server);

/* ---- server_control ---- */

kf_status kf__server_control_start(kf_server *server);
/* What was changed, into the registry. Takes `mutex` itself. */
void kf__server_save(kf_server *server);
/* Answer all that waits at gates with 503. Takes `mutex` itself. */
void kf__server_fail_waiting(kf_server *server, const char *message);

/* ---- server_status ---- */

/* The document with its status, in the tree; under `mutex`. */
kf_value *kf__server_status(const kf_server *server, kf_served *served, kf_tree *tree);

/* For tests: with another launcher. */
kf_status kf__server_start_with(const kf_server_options *options, kf_launcher launcher,
    void *payload, kf_server **out);

#endif
