/* SPDX-License-Identifier: Apache-2.0 */
/* ModelInferResponse and the messages of metadata. */
#include <string.h>

#include "serving/oip_parts.h"
#include "serving/protocol_parts.h"

/* ---- parameters ---- */

static void put_parameter(kf_buf *out, const kf_value *value)
{
    switch (kf_value_kind(value)) {
    case KF_KIND_BOOL:
        kf__proto_put_integer(out, KF__OIP_PARAMETER_BOOL, kf_value_bool(value));
        break;
    case KF_KIND_INT:
        kf__proto_put_integer(
            out, KF__OIP_PARAMETER_INT64, (uint64_t)kf_value_int(value));
        break;
    case KF_KIND_DOUBLE:
        kf__proto_put_double(out, KF__OIP_PARAMETER_DOUBLE, kf_value_double(value));
        break;
    default:
        kf__proto_put_text(out, KF__OIP_PARAMETER_STRING, kf_value_string(value));
    }
}

static bool is_parameter(const kf_value *value)
{
    kf_kind kind = kf_value_kind(value);
    return kind == KF_KIND_BOOL || kind == KF_KIND_INT || kind == KF_KIND_DOUBLE ||
           kind == KF_KIND_STRING;
}

void kf__oip_put_parameters(kf_buf *out, uint32_t number, const kf_value *parameters)
{
    for (size_t i = 0; i < kf_value_length(parameters); i++) {
        const kf_value *value = kf_value_at(parameters, i);
        if (!is_parameter(value))
            continue;
        size_t entry = kf__proto_begin(out, number);
        kf__proto_put_text(out, KF__OIP_ENTRY_KEY, kf_value_key(parameters, i));
        size_t parameter = kf__proto_begin(out, KF__OIP_ENTRY_VALUE);
        put_parameter(out, value);
        kf__proto_end(out, parameter);
        kf__proto_end(out, entry);
    }
}

/* ---- tensors ---- */

static uint64_t integer_of(const kf_tensor *tensor, size_t index)
{
    switch (tensor->datatype) {
    case KF_DATATYPE_BOOL:
    case KF_DATATYPE_UINT8:
        return ((const uint8_t *)tensor->data)[index];
    case KF_DATATYPE_UINT16:
        return ((const uint16_t *)tensor->data)[index];
    case KF_DATATYPE_UINT32:
        return ((const uint32_t *)tensor->data)[index];
    case KF_DATATYPE_INT8:
        return (uint64_t)((const int8_t *)tensor->data)[index];
    case KF_DATATYPE_INT16:
        return (uint64_t)((const int16_t *)tensor->data)[index];
    case KF_DATATYPE_INT32:
        return (uint64_t)((const int32_t *)tensor->data)[index];
    default:
        return ((const uint64_t *)tensor->data)[index];
    }
}

static void put_texts(kf_buf *out, const kf_tensor *tensor)
{
    const char *data = tensor->data, *end = data + tensor->size;
    uint32_t length;
    for (; data < end; data += sizeof length + length) {
        memcpy(&length, data, sizeof length);
        kf__proto_put_bytes(out, KF__OIP_CONTENTS_BYTES, data + sizeof length, length);
    }
}

static void put_contents(kf_buf *out, const kf_tensor *tensor)
{
    kf_oip_field field = kf__oip_field_of(tensor->datatype);
    if (tensor->datatype == KF_DATATYPE_BYTES) {
        put_texts(out, tensor);
    } else if (field.size > 0) {
        kf__proto_put_bytes(out, field.number, tensor->data, tensor->size);
    } else {
        size_t count = tensor->size / kf__datatype_size(tensor->datatype);
        size_t list = kf__proto_begin(out, field.number);
        for (size_t i = 0; i < count; i++)
            kf__proto_put_varint(out, integer_of(tensor, i));
        kf__proto_end(out, list);
    }
}

static void put_shape(kf_buf *out, const int64_t *shape, size_t rank)
{
    if (rank == 0)
        return;
    size_t list = kf__proto_begin(out, KF__OIP_TENSOR_SHAPE);
    for (size_t i = 0; i < rank; i++)
        kf__proto_put_varint(out, (uint64_t)shape[i]);
    kf__proto_end(out, list);
}

static void put_output(kf_buf *out, const kf_tensor *tensor, bool raw)
{
    size_t output = kf__proto_begin(out, KF__OIP_RESPONSE_OUTPUTS);
    kf__proto_put_text(out, KF__OIP_TENSOR_NAME, tensor->name);
    kf__proto_put_text(
        out, KF__OIP_TENSOR_DATATYPE, kf__datatype_name(tensor->datatype));
    put_shape(out, tensor->shape, tensor->rank);
    if (!raw) {
        size_t contents = kf__proto_begin(out, KF__OIP_TENSOR_CONTENTS);
        put_contents(out, tensor);
        kf__proto_end(out, contents);
    }
    kf__proto_end(out, output);
}

/* ---- the answer ---- */

static void put_answer(kf_buf *out, const kf_inference *inference, const char *model,
    const kf_chosen_output *outputs, size_t count, bool raw)
{
    for (size_t i = 0; i < count; i++)
        raw |= kf__oip_field_of(outputs[i].tensor.datatype).number == 0;
    kf__proto_put_text(out, KF__OIP_RESPONSE_MODEL, model);
    if (inference->id != NULL)
        kf__proto_put_text(out, KF__OIP_RESPONSE_ID, inference->id);
    for (size_t i = 0; i < count; i++)
        put_output(out, &outputs[i].tensor, raw);
    for (size_t i = 0; raw && i < count; i++)
        kf__proto_put_bytes(
            out, KF__OIP_RESPONSE_RAW, outputs[i].tensor.data, outputs[i].tensor.size);
}

kf_status kf__oip_write(
    const kf_inference *inference, const char *model, bool raw, kf_buf *out)
{
    kf_arena arena = KF__ARENA_INIT;
    size_t count = kf__outputs_count(inference);
    kf_chosen_output few[4];
    kf_chosen_output *outputs =
        count <= 4 ? few : kf__arena_alloc(&arena, count * sizeof *outputs);
    kf_status status = outputs == NULL
                           ? KF_ENOMEM
                           : kf__outputs_choose(&arena, inference, model, outputs);
    if (status == KF_OK) {
        put_answer(out, inference, model, outputs, count, raw);
        status = out->status;
    }
    kf__arena_finish(&arena);
    return status;
}

/* ---- metadata ---- */

static void put_text_of(
    kf_buf *out, uint32_t number, const kf_value *object, const char *key)
{
    const kf_value *value = kf_value_get(object, key);
    if (kf_value_kind(value) == KF_KIND_STRING)
        kf__proto_put_text(out, number, kf_value_string(value));
}

static void put_texts_of(
    kf_buf *out, uint32_t number, const kf_value *object, const char *key)
{
    const kf_value *list = kf_value_get(object, key);
    for (size_t i = 0; i < kf_value_length(list); i++)
        if (kf_value_kind(kf_value_at(list, i)) == KF_KIND_STRING)
            kf__proto_put_text(out, number, kf_value_string(kf_value_at(list, i)));
}

static void put_specs(
    kf_buf *out, uint32_t number, const kf_value *object, const char *key)
{
    const kf_value *list = kf_value_get(object, key);
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *spec = kf_value_at(list, i);
        const kf_value *shape = kf_value_get(spec, "shape");
        size_t tensor = kf__proto_begin(out, number);
        put_text_of(out, KF__OIP_TENSOR_NAME, spec, "name");
        put_text_of(out, KF__OIP_TENSOR_DATATYPE, spec, "datatype");
        size_t dimensions = kf__proto_begin(out, KF__OIP_TENSOR_SHAPE);
        for (size_t k = 0; k < kf_value_length(shape); k++)
            kf__proto_put_varint(out, (uint64_t)kf_value_int(kf_value_at(shape, k)));
        kf__proto_end(out, dimensions);
        kf__proto_end(out, tensor);
    }
}

kf_status kf__oip_of_model(const kf_value *metadata, kf_buf *out)
{
    put_text_of(out, 1, metadata, "name");
    put_texts_of(out, 2, metadata, "versions");
    put_text_of(out, 3, metadata, "platform");
    put_specs(out, 4, metadata, "inputs");
    put_specs(out, 5, metadata, "outputs");
    return out->status;
}

kf_status kf__oip_of_server(const kf_value *metadata, kf_buf *out)
{
    put_text_of(out, 1, metadata, "name");
    put_text_of(out, 2, metadata, "version");
    put_texts_of(out, 3, metadata, "extensions");
    return out->status;
}

kf_status kf__oip_of_index(const kf_value *index, kf_buf *out)
{
    static const char *const members[] = {"name", "version", "state", "reason"};
    for (size_t i = 0; i < kf_value_length(index); i++) {
        size_t model = kf__proto_begin(out, 1);
        for (uint32_t k = 0; k < 4; k++)
            put_text_of(out, k + 1, kf_value_at(index, i), members[k]);
        kf__proto_end(out, model);
    }
    return out->status;
}
