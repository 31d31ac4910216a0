/* SPDX-License-Identifier: Apache-2.0 */
/* Datatypes, shapes and elements of tensors. */
#include <string.h>

#include "base/limits.h"
#include "serving/inference.h"

static const struct datatype {
    const char *name;
    size_t size;
} datatypes[] = {
    [KF_DATATYPE_BOOL] = {"BOOL", 1},
    [KF_DATATYPE_UINT8] = {"UINT8", 1},
    [KF_DATATYPE_UINT16] = {"UINT16", 2},
    [KF_DATATYPE_UINT32] = {"UINT32", 4},
    [KF_DATATYPE_UINT64] = {"UINT64", 8},
    [KF_DATATYPE_INT8] = {"INT8", 1},
    [KF_DATATYPE_INT16] = {"INT16", 2},
    [KF_DATATYPE_INT32] = {"INT32", 4},
    [KF_DATATYPE_INT64] = {"INT64", 8},
    [KF_DATATYPE_FP16] = {"FP16", 2},
    [KF_DATATYPE_FP32] = {"FP32", 4},
    [KF_DATATYPE_FP64] = {"FP64", 8},
    [KF_DATATYPE_BYTES] = {"BYTES", 0},
    [KF_DATATYPE_BF16] = {"BF16", 2},
};
enum { DATATYPES = sizeof datatypes / sizeof *datatypes, ALIGNMENT = 64 };

static bool is_datatype(kf_datatype datatype)
{
    return datatype >= KF_DATATYPE_BOOL && (size_t)datatype < DATATYPES;
}

size_t kf__datatype_size(kf_datatype datatype)
{
    return is_datatype(datatype) ? datatypes[datatype].size : 0;
}

const char *kf__datatype_name(kf_datatype datatype)
{
    return is_datatype(datatype) ? datatypes[datatype].name : NULL;
}

kf_datatype kf__datatype_of(const char *name, size_t length)
{
    for (size_t i = KF_DATATYPE_BOOL; i < DATATYPES; i++)
        if (strlen(datatypes[i].name) == length &&
            memcmp(datatypes[i].name, name, length) == 0)
            return (kf_datatype)i;
    return (kf_datatype)0;
}

kf_datatype kf__datatype_read(const char *name, size_t length)
{
    char upper[8];
    if (length >= sizeof upper)
        return 0;
    for (size_t i = 0; i < length; i++)
        upper[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 32) : name[i];
    return kf__datatype_of(upper, length);
}

bool kf__shape_elements(const int64_t *shape, size_t rank, size_t *out)
{
    size_t count = 1;
    for (size_t i = 0; i < rank; i++)
        if (shape[i] < 0 || __builtin_mul_overflow(count, (size_t)shape[i], &count) ||
            count > KF__LIMIT_TENSOR_ELEMENTS)
            return false;
    *out = count;
    return true;
}

static float half(uint16_t bits)
{
    uint32_t sign = (uint32_t)(bits & 0x8000u) << 16, exponent = (bits >> 10) & 31u;
    uint32_t fraction = bits & 1023u, whole;
    float value;
    if (exponent == 0) {
        value = (float)fraction * 0x1p-24f;
        return sign != 0 ? -value : value;
    }
    whole = sign | (exponent == 31 ? 255u : exponent + 112u) << 23 | fraction << 13;
    memcpy(&value, &whole, sizeof value);
    return value;
}

double kf__tensor_number(const kf_tensor *tensor, size_t index)
{
    switch (tensor->datatype) {
    case KF_DATATYPE_BOOL:
    case KF_DATATYPE_UINT8:
        return ((const uint8_t *)tensor->data)[index];
    case KF_DATATYPE_UINT16:
        return ((const uint16_t *)tensor->data)[index];
    case KF_DATATYPE_UINT32:
        return ((const uint32_t *)tensor->data)[index];
    case KF_DATATYPE_UINT64:
        return (double)((const uint64_t *)tensor->data)[index];
    case KF_DATATYPE_INT8:
        return ((const int8_t *)tensor->data)[index];
    case KF_DATATYPE_INT16:
        return ((const int16_t *)tensor->data)[index];
    case KF_DATATYPE_INT32:
        return ((const int32_t *)tensor->data)[index];
    case KF_DATATYPE_INT64:
        return (double)((const int64_t *)tensor->data)[index];
    case KF_DATATYPE_FP16:
        return (double)half(((const uint16_t *)tensor->data)[index]);
    case KF_DATATYPE_BF16: {
        uint32_t bits = (uint32_t)((const uint16_t *)tensor->data)[index] << 16;
        float value;
        memcpy(&value, &bits, sizeof value);
        return (double)value;
    }
    case KF_DATATYPE_FP32:
        return (double)((const float *)tensor->data)[index];
    default:
        return ((const double *)tensor->data)[index];
    }
}

/* ---- what is given against its shape ---- */

kf_status kf__shape_close(int64_t *shape, size_t rank, size_t elements)
{
    size_t others = 1;
    int64_t *open = NULL;
    for (size_t i = 0; i < rank; i++)
        if (shape[i] == -1)
            open = &shape[i];
        else if (__builtin_mul_overflow(others, (size_t)shape[i], &others))
            return kf__fail(KF_ELIMIT, "shape", "the shape is too large");
    if (open == NULL)
        return KF_OK;
    if (others == 0 || elements % others != 0)
        return kf__fail(KF_EINVAL, "shape",
            "%zu elements cannot be cut into parts of %zu", elements, others);
    *open = (int64_t)(elements / others);
    return KF_OK;
}

bool kf__texts_fill(const char *data, size_t size, size_t elements)
{
    for (size_t i = 0; i < elements; i++) {
        uint32_t length;
        if (size < sizeof length)
            return false;
        memcpy(&length, data, sizeof length);
        if (size - sizeof length < length)
            return false;
        data += sizeof length + length;
        size -= sizeof length + length;
    }
    return size == 0;
}
