/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Documents of serving: KServe's InferenceService (serving.kserve.io/v1beta1),
 * ServingRuntime, ClusterServingRuntime, InferenceGraph, TrainedModel and
 * ClusterStorageContainer (v1alpha1), read, defaulted, checked, made and written.
 *
 * A document is read as Kubernetes' API server would: a field of a wrong type is an
 * error, an unknown one is kept and written again. What the mutating webhook of KServe
 * 0.20 fills in is seen by the accessors, and written if asked for.
 *
 * @ref kf_services is a set of documents, found by kind, namespace and name. Documents
 * of other kinds (Secret, ServiceAccount, ConfigMap, …) are kept in it as they are. The
 * ConfigMap `inferenceservice-config` among them is KServe's configuration: it decides
 * the defaults of all others.
 */
#ifndef KF_SERVICE_H
#define KF_SERVICE_H

#include <kf/value.h>

KF_BEGIN_DECLS

/** One document. */
typedef struct kf_service kf_service;
/** Documents, each with a kind, namespace and name of its own. */
typedef struct kf_services kf_services;

/** What a document is. */
typedef enum kf_service_kind {
    KF_SERVICE_OTHER = 0, /**< Kept as it is: Secret, ConfigMap, ServiceAccount, … */
    KF_SERVICE_INFERENCE_SERVICE = 1,
    KF_SERVICE_SERVING_RUNTIME = 2,
    KF_SERVICE_CLUSTER_SERVING_RUNTIME = 3,
    KF_SERVICE_INFERENCE_GRAPH = 4,
    KF_SERVICE_TRAINED_MODEL = 5,
    KF_SERVICE_CLUSTER_STORAGE_CONTAINER = 6
} kf_service_kind;

/** A part of an InferenceService. */
typedef enum kf_service_role {
    KF_SERVICE_PREDICTOR = 0,
    KF_SERVICE_TRANSFORMER = 1,
    KF_SERVICE_EXPLAINER = 2
} kf_service_role;

/** Where and what a component logs of its requests (its `logger`). */
typedef struct kf_service_logger {
    const char *url;  /**< NULL: the configuration's, "logger", "defaultUrl". */
    const char *mode; /**< "all", "request" or "response". */
    const kf_value *metadata_headers;     /**< A list of texts; NULL: none. */
    const kf_value *metadata_annotations; /**< A list of texts; NULL: none. */
    const kf_value *storage;              /**< path, parameters, key; NULL: none. */
    const char *marshaller_url;           /**< NULL: none is given. */
    int64_t batch_size;                   /**< Records written at once; 1 or more. */
    const char *batch_interval;           /**< As "5s"; NULL: none is given. */
} kf_service_logger;

/** How a component gathers requests (its `batcher`). */
typedef struct kf_service_batcher {
    int64_t max_batch_size; /**< Instances; 32 if none is given. */
    int64_t max_latency;    /**< Milliseconds; 5000 if none is given. */
    int64_t timeout;        /**< Of KServe, which does not use it; 0: none is given. */
} kf_service_batcher;

/** A component with its defaults; all that it points to is the document's. */
typedef struct kf_service_component {
    kf_service_role role;
    const kf_value *spec;         /**< Its part of the defaulted document. */
    const char *name;             /**< predictor.name; NULL: none. */
    const char *format;           /**< Of the model; NULL: a custom container. */
    const char *format_version;   /**< NULL: any. */
    const char *runtime;          /**< The runtime it asks for; NULL: to be selected. */
    const char *runtime_version;  /**< NULL: that of the runtime's image. */
    const char *protocol;         /**< "v1", "v2", "grpc-v1" or "grpc-v2". */
    bool has_protocol;            /**< Whether the document names the protocol. */
    const char *storage_uri;      /**< storageUri, or STORAGE_URI of the container's
                                     environment; NULL: none. */
    const kf_value *storage_uris; /**< A list of {uri, mountPath}; NULL: none. */
    const kf_value *storage;      /**< {path, parameters, key}; NULL: none. */
    const kf_value *container; /**< The custom container, or what the model changes in
                                     that of its runtime; NULL: none. */
    const kf_value *transformer_container; /**< A transformer in the predictor's own
                                              pod; NULL: none. */
    int32_t min_replicas;                  /**< 1 if none is given; 0: may sleep. */
    int32_t max_replicas;                  /**< 0: no limit. */
    const char *scale_metric;              /**< NULL: none is given. */
    int32_t scale_target;                  /**< 0: none is given. */
    int64_t concurrency;    /**< Requests at a time in one replica; 0: no limit. */
    int64_t timeout;        /**< Seconds; 0: none is given, which is 300 to Knative. */
    int64_t canary_percent; /**< canaryTrafficPercent, or a canary's trafficPercent; -1:
                               none. */
    const kf_service_logger *logger;   /**< NULL: none. */
    const kf_service_batcher *batcher; /**< NULL: none. */
} kf_service_component;

/** @name Documents
 * @{ */
/**
 * @brief Read the one document in @p text, YAML or JSON.
 * @return KF_OK; KF_EPARSE with line and column; KF_EDOCUMENT: no document, or more than
 * one, or one of a kind that is no longer served; KF_ETYPE: a field of a wrong type;
 * KF_ELIMIT; KF_ENOMEM. Whether it is sound is for @ref kf_service_check.
 */
KF_API KF_MUST_CHECK kf_status kf_service_load(
    const char *text, size_t length, kf_service **out);
/** The same of a value, which is copied. */
KF_API KF_MUST_CHECK kf_status kf_service_of_value(
    const kf_value *document, kf_service **out);
/** Copy a document; KF_OK or KF_ENOMEM. */
KF_API KF_MUST_CHECK kf_status kf_service_dup(
    const kf_service *service, kf_service **out);
/** End a document that is the caller's. NULL is fine. */
KF_API void kf_service_free(kf_service *service);

/** How documents are written. */
typedef struct kf_service_write_options {
    size_t size;
    bool json;              /**< JSON; several as a Kubernetes List. */
    bool defaults;          /**< With what KServe's defaulting fills in. */
    const kf_value *status; /**< In place of the one it has; NULL: that one. Of one
                               document, not of a set. */
} kf_service_write_options;

/**
 * @brief Write a document.
 * @param options NULL for the defaults: YAML, as it was read.
 * @param[out] out NUL-terminated; end it with @ref kf_text_free.
 */
KF_API KF_MUST_CHECK kf_status kf_service_write(
    const kf_service *service, const kf_service_write_options *options, char **out);

/** What it is. */
KF_API kf_service_kind kf_service_what(const kf_service *service);
/** Its kind as it is written: "InferenceService", "Secret", …; never NULL. */
KF_API const char *kf_service_kind_name(const kf_service *service);
/** metadata.name, or what metadata.generateName begins with; never NULL. */
KF_API const char *kf_service_name(const kf_service *service);
/** metadata.namespace, "default" if none is given; "" for kinds of the cluster. */
KF_API const char *kf_service_namespace(const kf_service *service);
/** The annotation @p name with defaults; NULL: none. */
KF_API const char *kf_service_annotation(const kf_service *service, const char *name);
/** The label @p name with defaults; NULL: none. */
KF_API const char *kf_service_label(const kf_service *service, const char *name);
/** The document as it was read. */
KF_API const kf_value *kf_service_document(const kf_service *service);
/** The document with defaults. */
KF_API const kf_value *kf_service_full(const kf_service *service);
/** spec with defaults; NULL: none. */
KF_API const kf_value *kf_service_spec(const kf_service *service);
/** "Knative", "Standard" or "ModelMesh": the annotation
 * serving.kserve.io/deploymentMode, or the configuration's default. */
KF_API const char *kf_service_mode(const kf_service *service);
/** Whether the annotation serving.kserve.io/stop is "true". */
KF_API bool kf_service_is_stopped(const kf_service *service);
/** A component of an InferenceService; NULL: it has none. */
KF_API const kf_service_component *kf_service_component_of(
    const kf_service *service, kf_service_role role);
/** How many canaries (spec.canary) it has. */
KF_API size_t kf_service_canary_count(const kf_service *service);
/** The predictor of the canary at @p index; NULL past the end. */
KF_API const kf_service_component *kf_service_canary_at(
    const kf_service *service, size_t index);
/** @} */

/** @name Making documents
 * All that is given is copied. What a document then amounts to is checked by
 * @ref kf_service_check; here only its types are.
 * @{ */
/** What a component is made of; zero and NULL: leave it out. */
typedef struct kf_service_component_options {
    size_t size;
    const char *name;   /**< Of a predictor; needed of a canary. */
    const char *format; /**< Of the model; NULL: a custom container. */
    const char *format_version;
    const char *runtime;
    const char *runtime_version;
    const char *protocol;         /**< Of a custom container: its variable PROTOCOL. */
    const char *storage_uri;      /**< Of a custom container: STORAGE_URI. */
    const kf_value *storage_uris; /**< A list of {uri, mountPath}. */
    const kf_value *storage;      /**< {key, path, parameters} */
    const char *image;
    const kf_value *command;   /**< A list of texts. */
    const kf_value *args;      /**< A list of texts. */
    const kf_value *env;       /**< Names to texts, or a list as Kubernetes has it. */
    const kf_value *resources; /**< {requests: {cpu: …}, limits: {memory: …}} */
    const kf_value *container; /**< Other fields of the container. */
    const int32_t *min_replicas;
    int32_t max_replicas;
    const char *scale_metric;
    int32_t scale_target;
    int64_t concurrency;           /**< containerConcurrency. */
    int64_t timeout;               /**< Seconds. */
    const int64_t *canary_percent; /**< canaryTrafficPercent; of a canary its share. */
    const kf_value *logger;        /**< As the document has it; {} is all requests. */
    const kf_value *batcher;       /**< As the document has it. */
    const char *service_account;
    const kf_value *labels;      /**< Names to texts. */
    const kf_value *annotations; /**< Names to texts. */
    const kf_value *more;        /**< Other fields of the component. */
} kf_service_component_options;

/** What an InferenceService is made of. */
typedef struct kf_service_options {
    size_t size;
    const char *name;       /**< NULL: "service". */
    const char *name_space; /**< NULL: none is written. */
    const kf_value *labels;
    const kf_value *annotations;
    const char *mode; /**< "Standard" or "Knative"; NULL: the configuration's. */
    const kf_service_component_options *predictor; /**< Needed. */
    const kf_service_component_options *transformer;
    const kf_service_component_options *explainer;
    const kf_service_component_options *const *canaries; /**< In the mode Standard. */
    size_t canary_count;
} kf_service_options;

/**
 * @brief Make an InferenceService.
 * @return KF_OK; KF_EMISSING without a predictor; KF_EINVAL for text that is not UTF-8;
 * KF_ETYPE for values of another type than the document has; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_service_new(
    const kf_service_options *options, kf_service **out);

/** A step of a node of an InferenceGraph. */
typedef struct kf_service_step {
    const char *name;       /**< NULL: none. */
    const char *service;    /**< serviceName, or NULL. */
    const char *node;       /**< nodeName, or NULL. */
    const char *url;        /**< serviceUrl, or NULL. */
    const char *data;       /**< "$request" or "$response"; NULL: none is given. */
    const char *condition;  /**< A path of GJSON; NULL: none. */
    const int64_t *weight;  /**< Of a Splitter, in percent; NULL: none. */
    const char *dependency; /**< "Soft" or "Hard"; NULL: none is given. */
    /** mapPredictionsToInstances: what it gets is an answer with `predictions`, which
     * become the `instances` of its request. */
    bool map_predictions;
} kf_service_step;

/** A node of an InferenceGraph. */
typedef struct kf_service_node {
    const char *name; /**< That of the first is "root". */
    const char *type; /**< "Sequence", "Switch", "Ensemble" or "Splitter". */
    const kf_service_step *steps;
    size_t step_count;
} kf_service_node;

/** What an InferenceGraph is made of. */
typedef struct kf_service_graph_options {
    size_t size;
    const char *name;       /**< NULL: "graph". */
    const char *name_space; /**< NULL: none is written. */
    const kf_value *labels;
    const kf_value *annotations;
    const kf_service_node *nodes;
    size_t node_count;
    int64_t timeout;      /**< Seconds; 0: none is written. */
    const kf_value *more; /**< Other fields of spec. */
} kf_service_graph_options;

/** Make an InferenceGraph; statuses as of @ref kf_service_new. */
KF_API KF_MUST_CHECK kf_status kf_service_new_graph(
    const kf_service_graph_options *options, kf_service **out);

/** A format that a runtime serves. */
typedef struct kf_service_format {
    const char *name;
    const char *version; /**< NULL: any. */
    bool auto_select;    /**< Also for models that do not name the runtime. */
    int32_t priority;    /**< Among runtimes that serve it; 0: none is written. */
} kf_service_format;

/** What a ServingRuntime is made of. */
typedef struct kf_service_runtime_document_options {
    size_t size;
    const char *name;       /**< NULL: "runtime". */
    const char *name_space; /**< NULL: none is written. */
    bool of_cluster;        /**< A ClusterServingRuntime. */
    const kf_value *labels;
    const kf_value *annotations;
    const kf_service_format *formats;
    size_t format_count;
    const char *const *protocols; /**< "v1", "v2", …; NULL: all. */
    size_t protocol_count;
    const char *image;
    const kf_value *command; /**< A list of texts. */
    const kf_value *args;    /**< A list of texts, with `{{.Name}}` and the like. */
    const kf_value *env;     /**< Names to texts, or a list as Kubernetes has it. */
    const kf_value *resources;
    const kf_value *container; /**< Other fields of the container. */
    bool disabled;
    const kf_value *more; /**< Other fields of spec. */
} kf_service_runtime_document_options;

/** Make a ServingRuntime; statuses as of @ref kf_service_new. */
KF_API KF_MUST_CHECK kf_status kf_service_new_runtime(
    const kf_service_runtime_document_options *options, kf_service **out);
/** @} */

/** @name Sets of documents
 * @{ */
/** An empty set; KF_OK or KF_ENOMEM. */
KF_API KF_MUST_CHECK kf_status kf_services_new(kf_services **out);
/**
 * @brief Read all documents of @p text: YAML with "---" between them, JSON, a
 * Kubernetes List.
 * @return As @ref kf_service_load, and KF_EEXIST: two of one kind, namespace and name.
 * No document at all is an empty set.
 */
KF_API KF_MUST_CHECK kf_status kf_services_load(
    const char *text, size_t length, kf_services **out);
/** The same from a file; also KF_ENOENT and KF_EIO. */
KF_API KF_MUST_CHECK kf_status kf_services_open(const char *path, kf_services **out);
/** End a set and all in it. NULL is fine. */
KF_API void kf_services_free(kf_services *services);
/** How many documents it holds. */
KF_API size_t kf_services_count(const kf_services *services);
/** The document at @p index, in the order of the text; NULL past the end. */
KF_API const kf_service *kf_services_at(const kf_services *services, size_t index);
/**
 * @brief The document of that kind and name; NULL: none.
 * @param kind As it is written: "InferenceService".
 * @param name_space NULL: "default"; not looked at for kinds of the cluster.
 */
KF_API const kf_service *kf_services_find(const kf_services *services, const char *kind,
    const char *name_space, const char *name);
/** Put a copy of a document in the set, in the place of the one with its name if there
 * is one. KF_OK or KF_ENOMEM. */
KF_API KF_MUST_CHECK kf_status kf_services_put(
    kf_services *services, const kf_service *service);
/** Take a document out. KF_OK, or KF_ENOENT with the nearest name. */
KF_API KF_MUST_CHECK kf_status kf_services_remove(
    kf_services *services, const char *kind, const char *name_space, const char *name);
/** Write all documents; see @ref kf_service_write. */
KF_API KF_MUST_CHECK kf_status kf_services_write(
    const kf_services *services, const kf_service_write_options *options, char **out);
/**
 * @brief A value of KServe's configuration, from the ConfigMap inferenceservice-config
 * in the set, or as KServe ships it.
 * @param key A key of its data: "ingress", "logger", "batcher", "deploy", "credentials".
 * @param name A member of the JSON there.
 * @return NULL: none.
 */
KF_API const kf_value *kf_services_setting(
    const kf_services *services, const char *key, const char *name);
/** @} */

/** @name Selecting a runtime
 * For a model KServe selects the ServingRuntime of the namespace or the
 * ClusterServingRuntime that is to serve it, by its format, version and protocol.
 * @{ */
/** What was selected for a model, and what was not and why. */
typedef struct kf_service_runtime kf_service_runtime;

/** A runtime that was looked at; text is of the kf_service_runtime. */
typedef struct kf_service_runtime_candidate {
    const char *kind; /**< "ServingRuntime" or "ClusterServingRuntime". */
    const char *name;
    bool is_shipped;    /**< One that KServe ships, not of the documents. */
    const char *reason; /**< Why it was turned down; NULL: it would do. */
} kf_service_runtime_candidate;

/** How a runtime is selected. */
typedef struct kf_service_runtime_options {
    size_t size;
    size_t canary;        /**< Of the canary with this number, from 1; 0: the stable
                             predictor. */
    bool without_shipped; /**< Leave out what KServe ships. */
} kf_service_runtime_options;

/**
 * @brief Select the runtime for the model of an InferenceService, as the controller of
 * KServe 0.20 does.
 *
 * A runtime that the document names must be there, enabled, and serve the format; else
 * those that serve it are ordered: the namespace's before the cluster's, then by the
 * priority of the format, by protocol, by age, by name.
 * @param services Where runtimes are looked for, beside those that KServe ships; may be
 * NULL.
 * @param options NULL for the defaults.
 * @param[out] out The caller's, also if there is none: see @ref kf_service_runtime_name.
 * @return KF_OK; KF_EUNSUPPORTED: it is no InferenceService, or has no model; KF_EINVAL:
 * there is no such canary; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_service_runtime_select(const kf_service *service,
    const kf_services *services, const kf_service_runtime_options *options,
    kf_service_runtime **out);
/** End it. NULL is fine. */
KF_API void kf_service_runtime_free(kf_service_runtime *runtime);
/** Name of the one that was selected; NULL: none. */
KF_API const char *kf_service_runtime_name(const kf_service_runtime *runtime);
/** "ServingRuntime" or "ClusterServingRuntime"; NULL: none was selected. */
KF_API const char *kf_service_runtime_kind(const kf_service_runtime *runtime);
/** The protocol that it is to speak: "v1", "v2", "grpc-v1", "grpc-v2", or "" if neither
 * model nor runtime names one; NULL: none was selected. */
KF_API const char *kf_service_runtime_protocol(const kf_service_runtime *runtime);
/** spec of the runtime; NULL: none was selected. */
KF_API const kf_value *kf_service_runtime_spec(const kf_service_runtime *runtime);
/** Its container kserve-container with what the model changes in it: environment and
 * mounts merged, arguments one after the other, `{{.Name}}` and the like filled in, the
 * image by runtimeVersion and GPU. NULL: none was selected, or they do not merge. */
KF_API const kf_value *kf_service_runtime_container(const kf_service_runtime *runtime);
/** Why there is none, or why it cannot be used, as KServe says it in
 * modelStatus.lastFailureInfo.reason: "NoSupportingRuntime", "RuntimeNotRecognized",
 * "RuntimeDisabled" or "InvalidPredictorSpec". NULL: all is well. */
KF_API const char *kf_service_runtime_failure(const kf_service_runtime *runtime);
/** The same in words; NULL: all is well. */
KF_API const char *kf_service_runtime_message(const kf_service_runtime *runtime);
/** How many runtimes were looked at. */
KF_API size_t kf_service_runtime_candidate_count(const kf_service_runtime *runtime);
/** One of them, those that would do first and in their order; NULL past the end. */
KF_API const kf_service_runtime_candidate *kf_service_runtime_candidate_at(
    const kf_service_runtime *runtime, size_t index);
/** @} */

/** @name Checking
 * An error is what Kubernetes' API server or KServe's webhooks refuse, and what they take
 * and KServe then fails at; `where` is the path of the field, in a set of several
 * documents below the name of its document. The report is the caller's, also if there
 * are no findings. KF_OK or KF_ENOMEM.
 * @{ */
/** Find all that is wrong with a document by itself. */
KF_API KF_MUST_CHECK kf_status kf_service_check(
    const kf_service *service, kf_report **out);
/** Find what is wrong with @p changed, and with putting it in the place of @p service,
 * whose status counts. */
KF_API KF_MUST_CHECK kf_status kf_service_check_update(
    const kf_service *service, const kf_service *changed, kf_report **out);
/** Find all that is wrong with the documents, and with what they say of each other. */
KF_API KF_MUST_CHECK kf_status kf_services_check(
    const kf_services *services, kf_report **out);
/** The same of a text, all that keeps it from being read included. */
KF_API KF_MUST_CHECK kf_status kf_services_check_text(
    const char *text, size_t length, kf_report **out);
/** @} */

KF_END_DECLS

#endif
