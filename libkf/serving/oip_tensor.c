/* SPDX-License-Identifier: Apache-2.0 */
/* The data of tensors: raw bytes, or lists of numbers and texts. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "serving/oip_parts.h"
#include "serving/protocol.h"

enum { ALIGNMENT = 64 };

kf_oip_field kf__oip_field_of(kf_datatype datatype)
{
    static const kf_oip_field bools = {1, "bool_contents", 0},
                              ints = {2, "int_contents", 0},
                              int64s = {3, "int64_contents", 0},
                              uints = {4, "uint_contents", 0},
                              uint64s = {5, "uint64_contents", 0},
                              floats = {6, "fp32_contents", 4},
                              doubles = {7, "fp64_contents", 8},
                              texts = {KF__OIP_CONTENTS_BYTES, "bytes_contents", 0};
    switch (datatype) {
    case KF_DATATYPE_BOOL:
        return bools;
    case KF_DATATYPE_UINT8:
    case KF_DATATYPE_UINT16:
    case KF_DATATYPE_UINT32:
        return uints;
    case KF_DATATYPE_UINT64:
        return uint64s;
    case KF_DATATYPE_INT8:
    case KF_DATATYPE_INT16:
    case KF_DATATYPE_INT32:
        return ints;
    case KF_DATATYPE_INT64:
        return int64s;
    case KF_DATATYPE_FP32:
        return floats;
    case KF_DATATYPE_FP64:
        return doubles;
    case KF_DATATYPE_BYTES:
        return texts;
    default: /* Halves are no numbers of protobuf. */
        return (kf_oip_field){0, NULL, 0};
    }
}

static kf_status fail_contents(void)
{
    return kf__fail(KF_EINVAL, "contents", "they are no InferTensorContents");
}

/* ---- numbers ---- */

/* Numbers of one list one after the other, whether they are packed or not. */
typedef struct numbers {
    kf_oip_field field;
    kf_proto rest;   /* Of the contents. */
    kf_proto packed; /* Of the piece at hand. */
} numbers;

/* 1: there is one; 0: the end; -1: this is no such list. */
static int next_number(numbers *self, uint64_t *out)
{
    kf_proto_field piece;
    while (self->packed.at == self->packed.end) {
        if (self->rest.at == self->rest.end)
            return 0;
        if (!kf__proto_read_field(&self->rest, &piece))
            return -1;
        if (piece.number != self->field.number)
            continue;
        if (piece.type == KF__PROTO_BYTES) {
            self->packed = piece.data;
            continue;
        }
        *out = piece.integer;
        kf_proto_type type = self->field.size == 0   ? KF__PROTO_VARINT
                             : self->field.size == 4 ? KF__PROTO_FIXED32
                                                     : KF__PROTO_FIXED64;
        return piece.type == type ? 1 : -1;
    }
    bool is_read = self->field.size == 0
                       ? kf__proto_read_varint(&self->packed, out)
                       : kf__proto_read_fixed(&self->packed, self->field.size, out);
    return is_read ? 1 : -1;
}

static kf_status count_numbers(numbers self, size_t *out)
{
    uint64_t number;
    int more;
    *out = 0;
    while ((more = next_number(&self, &number)) > 0)
        ++*out;
    return more == 0 ? KF_OK : fail_contents();
}

static bool is_in(int64_t number, int64_t lowest, int64_t highest)
{
    return number >= lowest && number <= highest;
}

/* Integers of protobuf have 32 bits or more. */
static bool fits(kf_datatype datatype, uint64_t bits)
{
    switch (datatype) {
    case KF_DATATYPE_UINT8:
        return bits <= UINT8_MAX;
    case KF_DATATYPE_UINT16:
        return bits <= UINT16_MAX;
    case KF_DATATYPE_UINT32:
        return bits <= UINT32_MAX;
    case KF_DATATYPE_INT8:
        return is_in((int64_t)bits, INT8_MIN, INT8_MAX);
    case KF_DATATYPE_INT16:
        return is_in((int64_t)bits, INT16_MIN, INT16_MAX);
    case KF_DATATYPE_INT32:
        return is_in((int64_t)bits, INT32_MIN, INT32_MAX);
    default:
        return true;
    }
}

/* The low bytes are the number, on a machine that has them first. */
static kf_status copy_numbers(numbers self, kf_datatype datatype, char *to)
{
    size_t size = kf__datatype_size(datatype);
    uint64_t bits;
    while (next_number(&self, &bits) > 0) {
        if (datatype == KF_DATATYPE_BOOL)
            bits = bits != 0;
        if (!fits(datatype, bits))
            return kf__fail(KF_EINVAL, "contents", "%lld is no %s", (long long)bits,
                kf__datatype_name(datatype));
        memcpy(to, &bits, size);
        to += size;
    }
    return KF_OK;
}

/* ---- texts ---- */

static kf_status next_text(kf_proto *from, kf_proto *out, bool *found)
{
    kf_proto_field piece;
    for (*found = false; !*found && from->at < from->end;) {
        if (!kf__proto_read_field(from, &piece))
            return fail_contents();
        if (piece.number != KF__OIP_CONTENTS_BYTES)
            continue;
        if (piece.type != KF__PROTO_BYTES)
            return fail_contents();
        *found = true;
        *out = piece.data;
    }
    return KF_OK;
}

static kf_status count_texts(kf_proto from, kf_nested *nested)
{
    kf_proto text;
    bool found;
    for (;;) {
        KF__TRY(next_text(&from, &text, &found));
        if (!found)
            return KF_OK;
        nested->count++;
        nested->bytes += sizeof(uint32_t) + kf__proto_length(text);
    }
}

static void copy_texts(kf_proto from, char *to)
{
    kf_proto text;
    bool found;
    while (next_text(&from, &text, &found) == KF_OK && found) {
        uint32_t length = (uint32_t)kf__proto_length(text);
        memcpy(to, &length, sizeof length);
        if (length > 0)
            memcpy(to + sizeof length, text.at, length);
        to += sizeof length + length;
    }
}

/* ---- one tensor ---- */

static kf_status count_elements(const kf_oip_input *input, size_t *elements)
{
    return kf__shape_elements(input->shape, input->rank, elements)
               ? KF_OK
               : kf__fail(KF_ELIMIT, "shape",
                     "the shape is over the limit of %u elements",
                     KF__LIMIT_TENSOR_ELEMENTS);
}

static kf_status allocate(kf_inference *inference, kf_nested *nested)
{
    nested->data = kf__arena_alloc_aligned(
        &inference->arena, nested->bytes + ALIGNMENT, ALIGNMENT);
    return nested->data != NULL ? KF_OK : KF_ENOMEM;
}

static kf_status take_raw(
    kf_inference *inference, kf_oip_input *input, kf_proto raw, kf_nested *nested)
{
    size_t each = kf__datatype_size(input->datatype), elements;
    const char *bytes = (const char *)raw.at;
    nested->bytes = kf__proto_length(raw);
    if (each > 0)
        KF__TRY(kf__shape_close(input->shape, input->rank, nested->bytes / each));
    KF__TRY(count_elements(input, &elements));
    if (each > 0 ? nested->bytes != elements * each
                 : !kf__texts_fill(bytes, nested->bytes, elements))
        return kf__fail(KF_EINVAL, "raw_input_contents",
            "%zu bytes are not %zu elements of %s, as the shape has it", nested->bytes,
            elements, kf__datatype_name(input->datatype));
    KF__TRY(allocate(inference, nested));
    if (nested->bytes > 0)
        memcpy(nested->data, bytes, nested->bytes);
    return KF_OK;
}

static kf_status take_contents(
    kf_inference *inference, kf_oip_input *input, kf_nested *nested)
{
    numbers list = {
        .field = kf__oip_field_of(input->datatype), .rest = input->contents};
    bool is_text = input->datatype == KF_DATATYPE_BYTES;
    size_t elements;
    if (list.field.number == 0)
        return kf__fail(KF_EINVAL, NULL,
            "tensors of %s can be given in raw_input_contents alone",
            kf__datatype_name(input->datatype));
    if (is_text)
        KF__TRY(count_texts(input->contents, nested));
    else
        KF__TRY(count_numbers(list, &nested->count));
    KF__TRY(kf__shape_close(input->shape, input->rank, nested->count));
    KF__TRY(count_elements(input, &elements));
    if (nested->count != elements)
        return kf__fail(KF_EINVAL, "contents",
            "%zu elements are given in %s where the shape has %zu", nested->count,
            list.field.name, elements);
    if (!is_text)
        nested->bytes = elements * kf__datatype_size(input->datatype);
    KF__TRY(allocate(inference, nested));
    if (!is_text)
        return copy_numbers(list, input->datatype, nested->data);
    copy_texts(input->contents, nested->data);
    return KF_OK;
}

static kf_status take(
    const kf_oip_request *request, kf_inference *inference, size_t index)
{
    kf_oip_input input = request->inputs.items[index];
    kf_nested nested = {.datatype = input.datatype};
    KF__TRY(request->raw.count > 0
                ? take_raw(inference, &input, request->raw.items[index], &nested)
                : take_contents(inference, &input, &nested));
    memcpy(nested.shape, input.shape, sizeof input.shape);
    nested.rank = input.rank;
    return kf__inference_take_input(inference, input.name, &nested);
}

kf_status kf__oip_read_tensors(const kf_oip_request *request, kf_inference *inference)
{
    for (size_t i = 0; i < request->inputs.count; i++) {
        kf_status status = take(request, inference, i);
        if (status != KF_OK) {
            char place[48];
            (void)snprintf(place, sizeof place, "inputs[%zu]", i);
            kf__error_prefix(place);
            return status;
        }
    }
    return KF_OK;
}
