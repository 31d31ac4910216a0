/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of the fields in the .proto files of KServe and of Triton, which has more. */
#ifndef KF_SERVING_OIP_PARTS_H
#define KF_SERVING_OIP_PARTS_H

#include "serving/oip.h"

enum {
    KF__OIP_REQUEST_MODEL = 1,
    KF__OIP_REQUEST_ID = 3,
    KF__OIP_REQUEST_PARAMETERS = 4,
    KF__OIP_REQUEST_INPUTS = 5,
    KF__OIP_REQUEST_OUTPUTS = 6,
    KF__OIP_REQUEST_RAW = 7,

    KF__OIP_RESPONSE_MODEL = 1,
    KF__OIP_RESPONSE_ID = 3,
    KF__OIP_RESPONSE_PARAMETERS = 4,
    KF__OIP_RESPONSE_OUTPUTS = 5,
    KF__OIP_RESPONSE_RAW = 6,

    /* Of inputs and of outputs. */
    KF__OIP_TENSOR_NAME = 1,
    KF__OIP_TENSOR_DATATYPE = 2,
    KF__OIP_TENSOR_SHAPE = 3,
    KF__OIP_TENSOR_PARAMETERS = 4,
    KF__OIP_TENSOR_CONTENTS = 5,

    KF__OIP_REQUESTED_NAME = 1,
    KF__OIP_REQUESTED_PARAMETERS = 2,

    KF__OIP_ENTRY_KEY = 1,
    KF__OIP_ENTRY_VALUE = 2,

    KF__OIP_PARAMETER_BOOL = 1,
    KF__OIP_PARAMETER_INT64 = 2,
    KF__OIP_PARAMETER_STRING = 3,
    KF__OIP_PARAMETER_DOUBLE = 4,
    KF__OIP_PARAMETER_UINT64 = 5,

    KF__OIP_CONTENTS_BYTES = 8
};

/* Where InferTensorContents has the values of a type; number 0: nowhere. */
typedef struct kf_oip_field {
    uint32_t number;
    const char *name;
    size_t size; /* Bytes on the wire; 0: they differ. */
} kf_oip_field;
kf_oip_field kf__oip_field_of(kf_datatype datatype);

/* A struct as a map of InferParameters; members that cannot be one are left out. */
void kf__oip_put_parameters(kf_buf *out, uint32_t number, const kf_value *parameters);

#endif
