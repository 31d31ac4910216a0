/* SPDX-License-Identifier: Apache-2.0 */
/* A service here: the parts of an InferenceService chained as KServe routes them. */
#ifndef KF_SERVING_SERVED_H
#define KF_SERVING_SERVED_H

#include "serving/part.h"

enum { KF__ENTRY = 3 };

typedef struct kf_served {
    kf_entry entries[4]; /* By role, and the service's own. */
    kf_entry models;     /* To its TrainedModels. */
    char *key;        /* "default/iris"; of a TrainedModel of it "default/iris/name". */
    const char *name; /* Behind the '/' of the key. */
    kf_service *service;
    _Atomic(kf_part *) parts[KF__ROLES]; /* By role; NULL: it has none. */
    _Atomic(kf_backend *) graph;  /* Of an InferenceGraph, which has no parts; NULL. */
    KF__VEC(kf_backend *) former; /* Graphs that calls may still be on their way to. */
    atomic_bool has_models;       /* TrainedModels, and none of its own. */
    atomic_bool speaks_v2;        /* The protocol of its predictor. */
    int64_t generation;           /* Of the document: 1, 2, … */
    char digest[65];              /* Of the document. */
    kf_override override;
    char *refusal;          /* Why a TrainedModel is not served; NULL: it is. */
    bool is_leaving;        /* It is not to be served any more. */
    bool is_dirty;          /* The registry has not seen its state. */
    atomic_size_t users;    /* Calls, and whoever is about to make one. */
    atomic_ullong requests; /* Answered. */
    atomic_ullong failures; /* Of them, those answered with 500 and beyond. */
    kf_value *status;       /* As it was written last; NULL: never. */
    void *payload;          /* The server's. */
} kf_served;

/* traffic: see kf_entry; the caller's. */
void kf__entry_init(
    kf_entry *entry, struct kf_served *served, int role, kf_traffic *traffic);

/* "default/iris", the caller's. */
kf_status kf__served_key(const kf_service *service, char **out);
kf_status kf__served_new(const kf_service *service, void *payload, kf_served **out);
/* Nothing of it is loaded, and it has no users. NULL is fine. */
void kf__served_free(kf_served *served);
/* "namespace/name", and of a TrainedModel "namespace/service/name". */
kf_status kf__served_key(const kf_service *service, char **out);
/* Its name in paths: that of the model, or of the service. */
const char *kf__served_label(const kf_served *served);
bool kf__served_is_model(const kf_served *served); /* A TrainedModel. */
/* The document as it is now; a document of another content has the next generation and
 * takes what was promoted or rolled back in its own hands. runs: the InferenceService
 * that it comes to, which is itself but for a TrainedModel; NULL: it is not served. */
kf_status kf__served_apply(kf_served *served, const kf_service *service,
    const kf_service *runs, void (*wake)(void *payload));
/* It is an InferenceGraph, and this its router; calls in the one before go on. */
void kf__served_be_graph(kf_served *served, kf_backend *graph);
void kf__served_settle(kf_served *served);
/* As kf_override says, from now on until the document changes; `promoted` is copied. */
kf_status kf__served_override(
    kf_served *served, int percent, const char *promoted, void (*wake)(void *payload));
/* canary NULL: the only one. KF_ESTATE, KF_EINVAL, KF_ENOENT: see kf_server_promote,
 * kf_server_promote_canary and kf_server_rollback. */
kf_status kf__served_promote(
    kf_served *served, const char *canary, void (*wake)(void *payload));
kf_status kf__served_rollback(kf_served *served, void (*wake)(void *payload));
/* One more call, to be followed by kf__serve of one of its entries. */
void kf__served_enter(kf_served *served);
kf_part *kf__served_part(
    const kf_served *served, kf_service_role role); /* NULL: none. */
/* The part that a request is for: the explainer, the transformer, or the predictor. */
kf_part *kf__served_entry(const kf_served *served, const char *path);

/* Requests are answered by a model: something has been ready in each part. */
bool kf__served_answers(const kf_served *served);
/* As KServe's condition Ready has it: in the Knative mode, what was made last serves, in
 * the mode Standard, something does. */
bool kf__served_is_ready(const kf_served *served);
/* All that was made last is there, canaries too; or what keeps it from that: NULL while
 * it is on its way. */
bool kf__served_is_done(const kf_served *served);
const kf_revision *kf__served_failure(const kf_served *served);
/* The same of its canaries. */
const kf_revision *kf__served_canary_failure(const kf_served *served);

kf_value *kf__served_save(const kf_served *served, kf_tree *tree);
kf_status kf__served_restore(
    kf_served *served, const kf_value *saved, void (*wake)(void *payload));

#endif
