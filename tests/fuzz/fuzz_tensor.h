/* SPDX-License-Identifier: Apache-2.0 */
/* A tensor's data is as large as its shape says. */
#ifndef KF_FUZZ_TENSOR_H
#define KF_FUZZ_TENSOR_H

#include "fuzz.h"

#include <string.h>

#include "serving/inference.h"

static inline void fuzz_tensor(const kf_tensor *tensor)
{
    size_t elements, size = 0;
    fuzz_check(kf__shape_elements(tensor->shape, tensor->rank, &elements));
    if (tensor->datatype != KF_DATATYPE_BYTES) {
        fuzz_check(tensor->size == elements * kf__datatype_size(tensor->datatype));
        return;
    }
    for (size_t i = 0; i < elements; i++) {
        uint32_t length;
        fuzz_check(tensor->size - size >= sizeof length);
        memcpy(&length, (const char *)tensor->data + size, sizeof length);
        size += sizeof length + length;
        fuzz_check(size <= tensor->size);
    }
    fuzz_check(size == tensor->size);
}

#endif
