/* SPDX-License-Identifier: Apache-2.0 */
/* The Open Inference Protocol over gRPC: messages of its package inference, to tensors
 * and back, and to bodies of V2 and back. Pure functions. */
#ifndef KF_SERVING_OIP_H
#define KF_SERVING_OIP_H

#include "base/proto.h"
#include "base/value.h"
#include "serving/inference.h"

typedef struct kf_oip_input {
    const char *name;
    kf_datatype datatype;
    int64_t shape[8];
    size_t rank;
    kf_value *parameters; /* NULL: none. */
    kf_proto contents;
    bool has_contents;
} kf_oip_input;

typedef struct kf_oip_output {
    const char *name;
    kf_value *parameters;
} kf_oip_output;

/* A ModelInferRequest. Bytes of tensors are those of the message. */
typedef struct kf_oip_request {
    const char *model;
    const char *id; /* NULL: none. */
    kf_value *parameters;
    KF__VEC(kf_oip_input) inputs;
    KF__VEC(kf_oip_output) outputs;
    KF__VEC(kf_proto) raw; /* raw_input_contents */
} kf_oip_request;
void kf__oip_request_finish(kf_oip_request *request);

/* The first text or boolean of a field of a small message, such as a ModelReadyRequest. *out:
 * "" if it is not there. KF_EINVAL: it is no such message; KF_ENOMEM. */
kf_status kf__oip_text(
    kf_arena *arena, kf_proto message, uint32_t number, const char **out);

/* All but the tensors' data; texts are of the arena, parameters of the tree. KF_EINVAL: it is
 * no such message, or one that contradicts itself; KF_ENOMEM. */
kf_status kf__oip_read(
    kf_oip_request *request, kf_arena *arena, kf_tree *tree, kf_proto message);
/* The tensors, into the inference's inputs, which are none yet. The statuses of kf__v2_read. */
kf_status kf__oip_read_tensors(const kf_oip_request *request, kf_inference *inference);
/* What else was asked: the id, the parameters and the outputs. KF_ENOMEM. */
kf_status kf__oip_read_rest(const kf_oip_request *request, kf_inference *inference);

/* A ModelInferResponse: the outputs that were asked for, in raw_output_contents if `raw` or
 * if one of them cannot be anywhere else. The statuses of kf__v2_write. */
kf_status kf__oip_write(
    const kf_inference *inference, const char *model, bool raw, kf_buf *out);

/* The request as a body of V2: `inference` has its tensors. They come behind the JSON, and
 * those of the answer are asked for so: *json_length is what comes before them; or, if it
 * is NULL, they are in the JSON. KF_EUNSUPPORTED: they cannot be; KF_ENOMEM. */
kf_status kf__oip_write_v2(const kf_oip_request *request, const kf_inference *inference,
    kf_buf *out, int64_t *json_length);
/* Whether the numbers of the inputs are the same when they come back from JSON, where NaN and
 * infinity are null. */
bool kf__oip_is_exact_json(const kf_inference *inference);
/* A ModelInferResponse of an answer of V2, raw also if it has binary tensors. KF_EPARSE and
 * so on: it is none. */
kf_status kf__oip_of_v2(const char *body, size_t length, int64_t json_length,
    const char *model, bool raw, kf_buf *out);
/* A ModelMetadataResponse, a ServerMetadataResponse, and a RepositoryIndexResponse of Triton,
 * of what V2 says in JSON. */
kf_status kf__oip_of_model(const kf_value *metadata, kf_buf *out);
kf_status kf__oip_of_server(const kf_value *metadata, kf_buf *out);
kf_status kf__oip_of_index(const kf_value *index, kf_buf *out);

#endif
