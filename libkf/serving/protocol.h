/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests to tensors, and tensors to bodies of answers: pure functions. */
#ifndef KF_SERVING_PROTOCOL_H
#define KF_SERVING_PROTOCOL_H

#include <kf/model.h>

#include "base/scan.h"
#include "serving/inference.h"

/* V1: {"instances": [...]} or {"inputs": ...} to one tensor "input-0" of the model's
 * v1_datatype, or of BYTES if there are texts; rows that are objects are put in the
 * order of the model's features. null is NaN. The body may be the data of a CloudEvent in its
 * structured form: *is_event.
 * KF_EPARSE, KF_ETYPE, KF_EMISSING, KF_EINVAL, KF_ELIMIT with the place; KF_ENOMEM. */
kf_status kf__v1_read(kf_inference *inference, const kf_model *model, const char *body,
    size_t length, bool *is_event);
/* "parameters" of V1 are an extension, for explanations: those of a body that was read,
 * which is still there. KF_EPARSE; KF_ELIMIT; KF_ENOMEM. */
kf_status kf__v1_read_parameters(kf_inference *inference);
/* {"predictions": [...]} of one output, or of objects of several. KF_EUNSUPPORTED: a
 * text is no UTF-8; KF_ENOMEM. */
kf_status kf__v1_write(const kf_inference *inference, const char *name, kf_buf *out);

/* V2. `json_length`: bytes of the JSON before the tensors that follow it in binary; -1:
 * there is no such header. */
kf_status kf__v2_read(
    kf_inference *inference, const char *body, size_t length, int64_t json_length);
/* An answer of another server or of a worker; its outputs become the inputs of the
 * inference. The same statuses. */
kf_status kf__v2_read_answer(
    kf_inference *inference, const char *body, size_t length, int64_t json_length);
/* The answer; *json_length: of the JSON if binary tensors follow it, else -1.
 * KF_EINVAL: an output was asked for that there is not; KF_EUNSUPPORTED: a text is no
 * UTF-8; KF_ENOMEM. */
kf_status kf__v2_write(const kf_inference *inference, const char *model, kf_buf *out,
    int64_t *json_length);

/* Elements of a JSON value, nested lists or not, in order of rows. */
typedef struct kf_nested {
    kf_datatype datatype;
    void *data; /* Of the inference's arena. */
    size_t count;
    size_t bytes;
    int64_t shape[8];
    size_t rank;
} kf_nested;
kf_status kf__nested_read(kf_scan *scan, kf_inference *inference, kf_datatype datatype,
    const char *where, kf_nested *out);
/* The elements of a tensor as nested lists, or (flat) as one list. */
void kf__nested_write(const kf_tensor *tensor, bool flat, kf_buf *out);

#endif
