/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing a revision of a component to life: its model found, fetched and opened, or
 * its workers started. */
#ifndef KF_SERVING_LAUNCH_H
#define KF_SERVING_LAUNCH_H

#include <kf/service.h>
#include <stdatomic.h>

#include "base/value.h"
#include "serving/call.h"
#include "serving/metrics.h"
#include "serving/storage.h"

/* What is to be launched; borrowed for the call. */
typedef struct kf_launch {
    const kf_services *documents; /* Runtimes, secrets, configuration. */
    const kf_service *service;    /* As of the revision. */
    const kf_service_component *component;
    const char *revision;  /* "iris-predictor-00002" */
    const char *home;      /* KF_HOME. */
    kf_backend *predictor; /* What a transformer or explainer asks; NULL: it is none. */
    kf_backend *models;    /* What serves its TrainedModels; NULL: it has none. */
    const char *python;    /* Of workers; NULL: $KF_PYTHON, or python3. */
    bool host_commands;    /* The commands of containers may run on this machine. */
    kf_metrics *metrics;   /* Where models of this process count; NULL: nowhere. */
    const atomic_bool *cancel;
} kf_launch;

/* How workers in processes of their own are. */
typedef struct kf_health {
    size_t ready;       /* Replicas that take calls. */
    bool is_ill;        /* None does, and the last to end was not told to. */
    bool is_failing;    /* And it did not load again, when it was tried. */
    const char *reason; /* "RuntimeUnhealthy", "ModelLoadFailed"; a constant. */
    int exit_code;
    int64_t failed_ms; /* Since the epoch. */
    char message[1024];
} kf_health;

/* What came of it. */
typedef struct kf_launched {
    kf_backend *backend; /* Owned; freed by kf__backend_free when no call is in it. */
    size_t concurrency; /* Calls that it takes at once; 0: any number, or it has a queue
                            of its own. */
    /* Workers in processes of their own: how many there are to be, and how they are.
     * NULL: the model is in this process, and one is as good as many. */
    void (*scale)(kf_backend *pool, size_t replicas);
    void (*health)(kf_backend *pool, kf_health *out);
    kf_backend *pool;  /* What they are called with; the backend, or within it. */
    char runtime[128]; /* The runtime that was selected; "": a custom container. */
    bool is_cluster_runtime; /* A ClusterServingRuntime. */
    kf_storage_lease lease;  /* Of the model's files; owned, also without a backend. */
} kf_launched;

/* Why it failed, as modelStatus.lastFailureInfo has it; the message is the thread's
 * error. */
typedef struct kf_launch_failure {
    const char *reason; /* "ModelLoadFailed", "NoSupportingRuntime", …; a constant. */
    int exit_code;
} kf_launch_failure;

typedef kf_status (*kf_launcher)(void *payload, const kf_launch *launch,
    kf_launched *out, kf_launch_failure *failure);

/* A predictor of `models`, which stays the caller's. */
kf_status kf__launch_models(const kf_launch *launch, kf_launched *out);

/* The launcher of libkf; payload: not used. */
kf_status kf__launch(void *payload, const kf_launch *launch, kf_launched *out,
    kf_launch_failure *failure);

/* ---- launch_worker: a pool of processes, waited for until one is ready ---- */

/* What the worker is told, see python/kf/serving/_worker.py: "format", "class" or
 * "command" of `what`, completed with the name, the path (may be NULL) and the predictor. */
kf_status kf__launch_workers(const kf_launch *launch, kf_tree *tree, kf_value *what,
    const char *path, kf_launched *out, kf_launch_failure *failure);

/* ---- launch_env ---- */

/* "NAME=value" of what fetches the URI, NULL-terminated, in the tree: the variables of
 * the ClusterStorageContainer, the credentials of the service account or `more` (what a
 * storage spec says; NULL: none), and the variables of the component's container. */
kf_status kf__launch_storage_env(const kf_launch *launch, kf_tree *tree,
    const char *uri, const char *const *more, const char *const **out);
/* The same of what the logger stores: of the component's account and the logger's. */
kf_status kf__launch_logger_env(const kf_launch *launch, kf_tree *tree,
    const char *account, const char *const **out);
/* The data of a Secret among the documents, decoded; NULL: there is none. */
const kf_value *kf__launch_secret(
    const kf_launch *launch, kf_tree *tree, const char *name);
/* What an item of a container's `env` says, also by a Secret or ConfigMap among the
 * documents; NULL: nothing that is known here. */
const char *kf__launch_variable(
    const kf_launch *launch, kf_tree *tree, const kf_value *item);
/* The component in the document. */
const kf_value *kf__launch_component(const kf_launch *launch);

/* ---- launch_agent: what stands before it, the agent of KServe ---- */

kf_status kf__launch_agent(const kf_launch *launch, kf_launched *out);

/* ---- launch_container ---- */

/* A custom container: its command, or the class that the annotation libkf/class names. */
kf_status kf__launch_container(
    const kf_launch *launch, kf_launched *out, kf_launch_failure *failure);

/* ---- launch_fetch ---- */

/* The model's files, fetched: those of storageUri, of storage, or of all storageUris,
 * then *places says, in the tree, which folder stands for each mountPath; else it is
 * NULL. *path NULL: there are none. */
kf_status kf__launch_fetch(const kf_launch *launch, kf_tree *tree, kf_value **places,
    char **path, kf_storage_lease *lease);

/* Whether requests to it are of V2 and not of V1. NULL: no component, which does not. */
bool kf__speaks_v2(const kf_service_component *component);

#endif
