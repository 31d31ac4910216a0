/* SPDX-License-Identifier: Apache-2.0 */
/* A request to a model on its way: tensors in, tensors out, whatever the protocol. One
 * is kept per connection and used again, so that most requests allocate nothing. */
#ifndef KF_SERVING_INFERENCE_H
#define KF_SERVING_INFERENCE_H

#include <kf/ext/model.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/value.h"
#include "base/vec.h"

/* What is asked of an output by name (V2). */
typedef struct kf_requested_output {
    const char *name;
    bool says_binary; /* `binary` was given. */
    bool binary;
    int64_t classification; /* 0: none. */
} kf_requested_output;

struct kf_inference {
    kf_arena arena; /* All that the request is made of. */
    KF__VEC(kf_tensor) inputs;
    KF__VEC(kf_tensor) outputs;
    KF__VEC(kf_requested_output) requested; /* Empty: all of them. */
    kf_value *parameters;                   /* NULL: none. */
    const char *parameters_text; /* Of V1, before anybody asks for them; NULL: none. */
    size_t parameters_length;
    kf_tree tree;       /* Of the parameters. */
    const char *id;     /* NULL: none. */
    bool binary_output; /* All outputs binary unless they say otherwise. */
    bool refused;       /* The sender is at fault. */
};

#define KF__INFERENCE_INIT ((kf_inference){0})
/* For the next request. */
void kf__inference_reset(kf_inference *inference);
void kf__inference_finish(kf_inference *inference);

/* Bytes of an element; 0 for BYTES and for what is no datatype. */
size_t kf__datatype_size(kf_datatype datatype);
const char *kf__datatype_name(kf_datatype datatype);          /* "FP32"; NULL. */
kf_datatype kf__datatype_of(const char *name, size_t length); /* 0: none. */
/* In lower case as well, as KServe takes it. */
kf_datatype kf__datatype_read(const char *name, size_t length);
/* A shape with one -1 for what is left over, as numpy's reshape. KF_ELIMIT, KF_EINVAL. */
kf_status kf__shape_close(int64_t *shape, size_t rank, size_t elements);
/* Each text is as long as it says, and they fill the bytes. */
bool kf__texts_fill(const char *data, size_t size, size_t elements);
/* Product of a shape; false: over KF__LIMIT_TENSOR_ELEMENTS. */
bool kf__shape_elements(const int64_t *shape, size_t rank, size_t *out);
/* An element of any type but BYTES. */
double kf__tensor_number(const kf_tensor *tensor, size_t index);
/* A tensor of `datatype` that owns nothing; its data, zeroed, is of the arena. */
kf_status kf__inference_add_input(kf_inference *inference, const char *name,
    kf_datatype datatype, const int64_t *shape, size_t rank, void **data);

struct kf_nested;
/* The elements that were read as an input; their data is of the arena already. */
kf_status kf__inference_take_input(
    kf_inference *inference, const char *name, const struct kf_nested *nested);

#endif
