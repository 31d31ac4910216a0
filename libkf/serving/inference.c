/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/inference.h"

#include <string.h>

#include "base/limits.h"
#include "serving/protocol.h"

enum { ALIGNMENT = 64 };

void kf__inference_reset(kf_inference *inference)
{
    kf__arena_finish(&inference->arena);
    kf__tree_finish(&inference->tree);
    inference->inputs.count = inference->outputs.count = inference->requested.count = 0;
    inference->parameters = NULL;
    inference->parameters_text = NULL;
    inference->id = NULL;
    inference->binary_output = inference->refused = false;
}

void kf__inference_finish(kf_inference *inference)
{
    kf__inference_reset(inference);
    kf__vec_finish(&inference->inputs);
    kf__vec_finish(&inference->outputs);
    kf__vec_finish(&inference->requested);
}

/* ---- what is given ---- */

size_t kf_inference_input_count(const kf_inference *inference)
{
    return inference->inputs.count;
}

const kf_tensor *kf_inference_input(const kf_inference *inference, size_t index)
{
    return index < inference->inputs.count ? &inference->inputs.items[index] : NULL;
}

const kf_tensor *kf_inference_input_named(
    const kf_inference *inference, const char *name)
{
    for (size_t i = 0; i < inference->inputs.count; i++)
        if (strcmp(inference->inputs.items[i].name, name) == 0)
            return &inference->inputs.items[i];
    return NULL;
}

const kf_value *kf_inference_parameters(const kf_inference *inference)
{
    return inference->parameters;
}

/* ---- tensors ---- */

/* All but the data. */
static kf_status make_tensor(kf_inference *inference, const char *name,
    kf_datatype datatype, const int64_t *shape, size_t rank, size_t *elements,
    kf_tensor *out)
{
    if (!kf__shape_elements(shape, rank, elements))
        return kf__fail(KF_ELIMIT, name,
            "a shape of negative numbers, or over the limit of %u elements",
            KF__LIMIT_TENSOR_ELEMENTS);
    int64_t *copy = kf__arena_alloc(&inference->arena, (rank + 1) * sizeof *copy);
    char *own = kf__arena_strdup(&inference->arena, name);
    if (copy == NULL || own == NULL)
        return KF_ENOMEM;
    if (rank > 0)
        memcpy(copy, shape, rank * sizeof *copy);
    *out = (kf_tensor){.name = own,
        .datatype = datatype,
        .rank = rank,
        .shape = copy,
        .size = *elements * kf__datatype_size(datatype)};
    return KF_OK;
}

static kf_status make_numbers(kf_inference *inference, const char *name,
    kf_datatype datatype, const int64_t *shape, size_t rank, void **data,
    kf_tensor *out)
{
    size_t elements;
    KF__TRY(make_tensor(inference, name, datatype, shape, rank, &elements, out));
    *data =
        kf__arena_alloc_aligned(&inference->arena, out->size + ALIGNMENT, ALIGNMENT);
    out->data = *data;
    return *data != NULL ? KF_OK : KF_ENOMEM;
}

kf_status kf__inference_add_input(kf_inference *inference, const char *name,
    kf_datatype datatype, const int64_t *shape, size_t rank, void **data)
{
    kf_tensor tensor;
    void *made;
    KF__TRY(make_numbers(inference, name, datatype, shape, rank, &made, &tensor));
    KF__TRY(kf__vec_push(&inference->inputs, tensor));
    *data = made;
    return KF_OK;
}

kf_status kf__inference_take_input(
    kf_inference *inference, const char *name, const kf_nested *nested)
{
    kf_tensor tensor;
    size_t elements;
    KF__TRY(make_tensor(inference, name, nested->datatype, nested->shape, nested->rank,
        &elements, &tensor));
    tensor.data = nested->data;
    tensor.size = nested->bytes;
    return kf__vec_push(&inference->inputs, tensor);
}

static kf_status check_output(const kf_inference *inference, const char *name)
{
    for (size_t i = 0; i < inference->outputs.count; i++)
        if (strcmp(inference->outputs.items[i].name, name) == 0)
            return kf__fail(KF_EINVAL, NULL, "the output '%s' is given twice", name);
    return KF_OK;
}

kf_status kf_inference_add_output(kf_inference *inference, const char *name,
    kf_datatype datatype, const int64_t *shape, size_t rank, void **data)
{
    KF__REQUIRE(inference != NULL && name != NULL && data != NULL);
    KF__REQUIRE(shape != NULL || rank == 0);
    kf_tensor tensor;
    void *made;
    if (kf__datatype_size(datatype) == 0)
        return kf__fail(KF_EINVAL, NULL,
            "the output '%s' has datatype %d: expected one of numbers", name,
            (int)datatype);
    KF__TRY(check_output(inference, name));
    KF__TRY(make_numbers(inference, name, datatype, shape, rank, &made, &tensor));
    KF__TRY(kf__vec_push(&inference->outputs, tensor));
    *data = made;
    return KF_OK;
}

kf_status kf_inference_add_texts(kf_inference *inference, const char *name,
    const int64_t *shape, size_t rank, const char *const *texts)
{
    KF__REQUIRE(inference != NULL && name != NULL && texts != NULL);
    KF__REQUIRE(shape != NULL || rank == 0);
    kf_tensor tensor;
    size_t elements, size = 0;
    KF__TRY(check_output(inference, name));
    KF__TRY(make_tensor(
        inference, name, KF_DATATYPE_BYTES, shape, rank, &elements, &tensor));
    for (size_t i = 0; i < elements; i++)
        size += 4 + strlen(texts[i]);
    char *data = kf__arena_alloc_aligned(&inference->arena, size + 1, ALIGNMENT);
    if (data == NULL)
        return KF_ENOMEM;
    tensor.data = data;
    tensor.size = size;
    for (size_t i = 0; i < elements; i++) {
        uint32_t length = (uint32_t)strlen(texts[i]);
        memcpy(data, &length, 4);
        memcpy(data + 4, texts[i], length);
        data += 4 + length;
    }
    return kf__vec_push(&inference->outputs, tensor);
}

kf_status kf_inference_refuse(kf_inference *inference, const char *message)
{
    inference->refused = true;
    return kf__fail(KF_EINVAL, NULL, "%s", message);
}

kf_status kf_model_fail(kf_status code, const char *message)
{
    return kf__fail(code, NULL, "%s", message);
}
