/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC in: calls of one message that are answered by one message or by a status. */
#ifndef KF_IO_GRPC_SERVER_H
#define KF_IO_GRPC_SERVER_H

#include "base/buf.h"
#include "base/error.h"
#include "io/grpc.h"

typedef struct kf_grpc_server kf_grpc_server;
typedef struct kf_grpc_request kf_grpc_request;

typedef struct kf_grpc_server_options {
    const char *address;  /* "127.0.0.1", "::1", "0.0.0.0"; NULL: loopback. */
    uint16_t port;        /* 0: one that is free. */
    int threads;          /* Loops; 0: one. */
    size_t message_limit; /* Bytes, of what comes and of what goes; 0: 8 MiB. */
    int stall_seconds; /* Of a call that comes in, or goes out, and stands still; 0: 60. */
    int idle_seconds;     /* Of a connection without calls; 0: 300. */
    unsigned connections; /* At once; more are closed at once; 0: 4096. */
    unsigned streams;     /* Of one connection, at once; 0: 256. */
    /* Called on a thread of the server when the whole message is there; it must answer it
     * by kf__grpc_answer, then or later. */
    void (*handle)(void *payload, kf_grpc_request *request);
    void *payload;
} kf_grpc_server_options;

/* KF_EUNSUPPORTED: libnghttp2 is not installed; KF_EBUSY: the port is taken; KF_EINVAL: no
 * such address; KF_EIO; KF_ENOMEM. */
kf_status kf__grpc_server_start(
    const kf_grpc_server_options *options, kf_grpc_server **out);
uint16_t kf__grpc_server_port(const kf_grpc_server *server);
/* Take no more connections and no more calls. */
void kf__grpc_server_quiesce(kf_grpc_server *server);
/* How many calls are handled and their answers not sent yet. */
size_t kf__grpc_server_pending(const kf_grpc_server *server);
/* Every call must have been answered. NULL is fine. */
void kf__grpc_server_free(kf_grpc_server *server);

/* "/inference.GRPCInferenceService/ModelInfer" */
const char *kf__grpc_method(const kf_grpc_request *request);
/* By its name in lower case; ":authority" too. NULL: none. */
const char *kf__grpc_header(const kf_grpc_request *request, const char *name);
/* All of them but those that begin with ':'. */
void kf__grpc_headers(const kf_grpc_request *request,
    bool (*each)(void *payload, const char *name, const char *value), void *payload);
const char *kf__grpc_message(const kf_grpc_request *request, size_t *length);
int64_t kf__grpc_deadline_ns(const kf_grpc_request *request); /* Monotonic; 0: none. */
/* Memory that lives as long as the request and is used again by a later one. */
void *kf__grpc_slot(kf_grpc_request *request);
void kf__grpc_set_slot(kf_grpc_request *request, void *slot, void (*free)(void *slot));

/* Answer, from any thread, once. The message is handed over, in exchange for another
 * buffer with room. With a status other than OK it is not sent, but `text`. */
void kf__grpc_answer(
    kf_grpc_request *request, kf_grpc_status status, const char *text, kf_buf *message);

#endif
