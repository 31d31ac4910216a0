/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the gateway of gRPC share. */
#ifndef KF_SERVING_GRPC_PARTS_H
#define KF_SERVING_GRPC_PARTS_H

#include "base/vec.h"
#include "io/grpc_server.h"
#include "serving/grpc.h"
#include "serving/oip.h"

typedef struct kf_grpc_method kf_grpc_method;

/* One per request of the server, used again by later ones. */
typedef struct kf_grpc_passage {
    kf_call call;
    kf_grpc_gateway *gateway;
    kf_grpc_request *request;
    const kf_grpc_method *method;
    const char *model; /* "" if the method has none. */
    kf_proto message;
    kf_oip_request infer;
    bool is_raw; /* And so is the answer. */
    kf_buf body; /* Of what was flattened. */
    kf_buf out;
    int64_t since; /* Monotonic; 0: nobody asks. */
    kf_arena arena;
    KF__VEC(kf_header) headers;
} kf_grpc_passage;

struct kf_grpc_method {
    const char *name;
    const char *verb;
    const char *path;         /* With %s for the model, or a constant. */
    uint32_t model;           /* Field of the message; 0: none. */
    uint32_t model_of_triton; /* Where Triton's clients have it; 0: no other. */
    bool is_free;             /* Of the token. */
    /* The message for a reply, which is of 200, or of 503 if `tells_ready`. */
    kf_status (*write)(kf_grpc_passage *here, kf_buf *out);
    bool tells_ready;
};

/* NULL: there is none. */
const kf_grpc_method *kf__grpc_method_of(const char *name);
/* The call has its reply: answer the request. */
void kf__grpc_passage_answer(kf_grpc_passage *here);
void kf__grpc_passage_fail(kf_grpc_passage *here, kf_grpc_status status,
    const char *format, ...) KF_PRINTF(3, 4);

#endif
