/* SPDX-License-Identifier: Apache-2.0 */
/* The status of an InferenceService as KServe writes it (inference_service_status.go),
 * made of what is known: a pure function. */
#ifndef KF_SERVING_STATUS_H
#define KF_SERVING_STATUS_H

#include "serving/service.h"

typedef enum kf_truth { KF__UNKNOWN = 0, KF__TRUE, KF__FALSE } kf_truth;

typedef enum kf_model_state {
    KF__MODEL_PENDING = 0,
    KF__MODEL_STANDBY,
    KF__MODEL_LOADING,
    KF__MODEL_LOADED,
    KF__MODEL_FAILED_TO_LOAD
} kf_model_state;

/* What texts may be NULL: there is none. Nothing is copied before it is written. */

typedef struct kf_traffic_status {
    const char *revision;
    int percent;
    bool is_latest;
    const char *tag;
    const char *url;
} kf_traffic_status;

typedef struct kf_component_status {
    bool is_given;
    kf_truth ready; /* Of its newest revision. */
    kf_truth route; /* Of the way to it. */
    const char *reason;
    const char *message;
    const char *latest_created;
    const char *latest_ready;
    const char *latest_rolled_out;
    const char *previous_rolled_out;
    const kf_traffic_status *traffic;
    size_t traffic_count;
    const char *url;
    const char *rest_url;
    const char *grpc_url;
    const char *address; /* A URL. */
} kf_component_status;

typedef struct kf_failure_status {
    const char *reason; /* "ModelLoadFailed", "NoSupportingRuntime", … */
    const char *message;
    const char *location;
    const char *revision;
    int64_t time_ms; /* 0: unknown. */
    int exit_code;
} kf_failure_status;

typedef struct kf_model_status {
    kf_model_state target; /* Of the newest revision. */
    bool has_active;       /* Another one serves, or the same. */
    kf_model_state active;
    bool is_invalid; /* The document cannot be served at all: InvalidSpec. */
    const kf_failure_status *failure;
    int64_t total_copies; /* That are ready. */
    int64_t failed_copies;
} kf_model_status;

typedef struct kf_canary_status {
    const char *name;
    bool is_ready;
    int percent;
    kf_model_status model;
} kf_canary_status;

typedef struct kf_service_status {
    int64_t generation; /* observedGeneration. */
    int64_t now_ms;
    bool is_stopped;
    const char *url;
    const char *address; /* A URL. */
    kf_truth ingress;    /* Whether requests reach it. */
    const char *ingress_reason;
    const char *ingress_message;
    kf_component_status components[3]; /* By kf_service_role. */
    kf_model_status model;             /* Of the stable predictor. */
    const char *runtime;
    bool is_cluster_runtime;
    const kf_canary_status *canaries;
    size_t canary_count;
} kf_service_status;

/* In the tree. `before`: the status until now (NULL: none), from which a condition that
 * is as it was keeps its time. */
kf_value *kf__status_make(kf_tree *tree, const kf_service *service,
    const kf_service_status *status, const kf_value *before);

/* The same of an InferenceGraph, of which `ingress` says whether it is ready. */
kf_value *kf__status_of_graph(kf_tree *tree, const kf_service *service,
    const kf_service_status *status, const kf_value *before);

/* A TrainedModel (trained_model_status.go). `message` says why it is not served. */
typedef struct kf_trained_status {
    int64_t generation;
    int64_t now_ms;
    const char *url;
    const char *address;
    kf_truth parent;    /* Its InferenceService is ready. */
    kf_truth multi;     /* … and its predictor is for TrainedModels, */
    kf_truth framework; /* of this framework, */
    kf_truth memory;    /* with memory for it. */
    kf_truth loaded;
    const char *message;        /* Of the first of those that is false; NULL: none. */
    const char *failure_reason; /* Why it was not loaded. */
    const char *failure;
} kf_trained_status;

kf_value *kf__status_of_trained(
    kf_tree *tree, const kf_trained_status *status, const kf_value *before);

#endif
