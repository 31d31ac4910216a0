/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief A server of models: KServe's services on this machine.
 *
 * A server answers the V1 and V2 protocols (the latter is the Open Inference Protocol)
 * over HTTP, and the second over gRPC too, for the InferenceServices, InferenceGraphs
 * and TrainedModels that it is given, and for models of the program's own. A service
 * called iris in the namespace default is asked at `/v1/models/iris:predict` and
 * `/v2/models/iris/infer`, at the same paths below `/serving/default/iris`, and at any
 * path with the header `Host: iris.default.example.com`; over gRPC by its name as that
 * of the model, or by that host as the authority of the channel. A TrainedModel of it is
 * asked by its own name in the same places; where services are named it is "iris/name".
 *
 * Threads: a server may be used by several threads at once; it is freed by one, when no
 * other uses it.
 */
#ifndef KF_SERVER_H
#define KF_SERVER_H

#include <kf/model.h>
#include <kf/service.h>

KF_BEGIN_DECLS

/** A server that runs. */
typedef struct kf_server kf_server;

/** How a server is started. */
typedef struct kf_server_options {
    size_t size;
    const char *home;    /**< Folder of the state and of fetched models; NULL: $KF_HOME,
                            or ~/.kf. */
    const char *address; /**< An IPv4 or IPv6 address; NULL: loopback, 127.0.0.1. */
    uint16_t port;       /**< 0: one that is free, see @ref kf_server_port. */
    int threads;         /**< That answer requests; 0: 1. */
    const char *certificate; /**< PEM file, for TLS; NULL: plain HTTP. */
    const char *key;         /**< PEM file of its key. */
    const char *token; /**< What requests must have as `Authorization: Bearer …`; NULL:
                          nothing. Health and metrics are free. */
    size_t body_limit;  /**< Bytes of one request; 0: 1 GiB. */
    bool host_commands; /**< The commands of custom containers may be run on this
                             machine, as they stand, without their image. */
    const char *python; /**< Interpreter of models in Python, which has the package
                               kf; NULL: $KF_PYTHON, or python3. */
    const char *domain; /**< Of hosts; NULL: the configuration's, example.com. */
    bool grpc; /**< Speak gRPC from the start; else once a document's protocolVersion is
                    grpc-v1 or grpc-v2. */
    uint16_t grpc_port; /**< Of gRPC; 0: one that is free, see @ref
                           kf_server_grpc_port. */
    size_t grpc_limit;  /**< Bytes of one message over gRPC; 0: 8388608. */
} kf_server_options;

/**
 * @brief Start a server without services.
 *
 * A prediction that comes in its first second, before it has been told what to serve,
 * waits for that; later it is answered with 503.
 * @param options NULL for the defaults.
 * @return KF_OK; KF_EUNSUPPORTED: libmicrohttpd is not installed, or libnghttp2 if gRPC
 * is to be spoken, which has no TLS; KF_EBUSY: the port is taken; KF_EINVAL: no such
 * address, or no such certificate; KF_EIO; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_server_start(
    const kf_server_options *options, kf_server **out);
/**
 * @brief Stop it: no more connections are taken, requests under way are answered, models
 * and workers end. NULL is fine.
 */
KF_API void kf_server_free(kf_server *server);
/** The port it listens on. Any thread. */
KF_API uint16_t kf_server_port(const kf_server *server);
/** The port of gRPC; 0: it is not spoken, or not yet. Any thread. */
KF_API uint16_t kf_server_grpc_port(kf_server *server);
/** Where it listens: "http://127.0.0.1:8080". Borrowed until the server is freed. */
KF_API const char *kf_server_url(const kf_server *server);

/**
 * @brief Serve these documents, and no others.
 *
 * What is not changed goes on; a changed component gets a new revision, which is loaded
 * beside the old one and takes over its traffic, or the part of it that
 * canaryTrafficPercent says, once it is ready. Services that are not among the documents
 * any more end. The call returns before anything is loaded: see @ref kf_server_wait.
 * @param documents Copied.
 * @return KF_OK; KF_EDOCUMENT and what else @ref kf_services_check finds: nothing is
 * changed; KF_EBUSY: another process, or another server here, serves one of them; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_server_apply(
    kf_server *server, const kf_services *documents);
/**
 * @brief Serve a model of the program's own at /v1/models/@p name.
 * @param model The server's from now on, also on failure.
 * @return KF_OK; KF_EEXIST: the name is taken; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_server_add_model(
    kf_server *server, const char *name, kf_model *model);
/**
 * @brief Serve at /v1/models/@p name what another server has there: its requests are
 * handed on to it over HTTP, those of V2 that came over gRPC too.
 * @param url What comes before the path, as "http://127.0.0.1:8080".
 * @return KF_OK; KF_EINVAL: it is no URL of HTTP; KF_EEXIST: the name is taken;
 * KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_server_add_remote(
    kf_server *server, const char *name, const char *url);
/**
 * @brief Wait until every service is ready, or has failed.
 * @param name Of one service, "name" or "namespace/name"; NULL: all of them.
 * @param timeout_ms Below 0: for ever.
 * @return KF_OK: all are ready; KF_EFAILED: one is not and will not be, the message says
 * which and why; KF_ETIMEOUT; KF_ENOENT: no such service.
 */
KF_API KF_MUST_CHECK kf_status kf_server_wait(
    kf_server *server, const char *name, int64_t timeout_ms);
/**
 * @brief A service with its status, as KServe writes it.
 * @param[out] out The InferenceService; the caller's.
 * @return KF_OK; KF_ENOENT: no such service, the nearest is named; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_server_status(
    kf_server *server, const char *name, kf_value **out);
/**
 * @brief Give all of the traffic to the latest revision, as if canaryTrafficPercent were
 * taken out of the document; of a service with `spec.canary` (the mode Standard), make
 * its only canary the stable predictor: see @ref kf_server_promote_canary. It holds
 * until the document is changed.
 * @return KF_OK; KF_ENOENT; KF_ESTATE: there is no canary, or it is not ready and will
 * not be; KF_EINVAL: there are several; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_server_promote(kf_server *server, const char *name);
/**
 * @brief Make a canary of `spec.canary` the stable predictor, as if its name and model
 * were the predictor's and its entry were gone: nothing is loaded again, other canaries
 * keep their shares. It holds until the document is changed.
 * @param canary Its `predictor.name`.
 * @return KF_OK; KF_ENOENT: no such service, or canary; KF_ESTATE: it is not ready and
 * will not be, or was promoted before; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_server_promote_canary(
    kf_server *server, const char *name, const char *canary);
/**
 * @brief Give all of the traffic to the revision that was rolled out before, as if
 * canaryTrafficPercent were 0; of a service with `spec.canary`, to its stable predictor,
 * as if there were no canaries. It holds until the document is changed.
 * @return KF_OK; KF_ENOENT; KF_ESTATE: there is none to go back to; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_server_rollback(kf_server *server, const char *name);

/** @name Models in the cache
 * What `kf cache models` shows, and removes.
 * @{ */
/**
 * @brief Models that were fetched from elsewhere and are kept.
 * @param home NULL: $KF_HOME, or ~/.kf.
 * @param[out] out A list of {"key", "uri", "tree" (the digest of its content), "size",
 * "used" (when last: "2026-11-24T03:13:44.000Z"), "in_use" (by a process that serves
 * it)}.
 */
KF_API KF_MUST_CHECK kf_status kf_server_models(const char *home, kf_value **out);
/**
 * @brief Remove models that no process uses.
 * @param key The beginning of a key; NULL: all, and what is left of downloads and of
 * earlier contents.
 * @param older_than Only what was not used for so many seconds.
 * @param[out] out A list of what was removed, as above.
 * @return KF_ENOENT: no such key; KF_EBUSY: that model is in use.
 */
KF_API KF_MUST_CHECK kf_status kf_server_models_clear(
    const char *home, const char *key, double older_than, kf_value **out);
/** @} */

/** @name Services of other processes
 * What `kf services`, `kf promote` and `kf rollback` do.
 * @{ */
/**
 * @brief The services that were served with @p home, by this process or another.
 * @param home NULL: $KF_HOME, or ~/.kf.
 * @param[out] out A list of {"key": "namespace/name", "url", "pid", "alive", "updated"
 * (milliseconds since the epoch), "status" (the InferenceService with its status)}.
 */
KF_API KF_MUST_CHECK kf_status kf_server_services(const char *home, kf_value **out);
/** One of them: KF_ENOENT, or KF_EINVAL if several namespaces have one. */
KF_API KF_MUST_CHECK kf_status kf_server_service(
    const char *home, const char *name, kf_value **out);
/**
 * @brief Have the server of a service promote it or roll it back.
 * @param action "promote", "promote CANARY" (see @ref kf_server_promote_canary) or
 * "rollback".
 * @return What it answers; KF_ESTATE: no process serves it; KF_ETIMEOUT: it did not
 * answer in 10 seconds.
 */
KF_API KF_MUST_CHECK kf_status kf_server_ask(
    const char *home, const char *name, const char *action);
/** @} */

KF_END_DECLS

#endif
