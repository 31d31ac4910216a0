/* SPDX-License-Identifier: Apache-2.0 */
/* From nested lists of JSON to the elements of a tensor. */
#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/value.h"
#include "serving/protocol.h"

enum { MOST_DIMENSIONS = 8 };

typedef struct reader {
    kf_scan *scan;
    kf_nested *out;
    kf_buf bytes; /* Of BYTES. */
    kf_buf scratch;
    size_t room;                  /* Elements that `data` can take. */
    bool closed[MOST_DIMENSIONS]; /* The length of the dimension is known. */
    bool is_uneven;
} reader;

static bool put_number(reader *self)
{
    kf_scan *scan = self->scan;
    double number = NAN;
    size_t at = self->out->count;
    char first = kf__scan_peek(scan);
    bool boolean;
    if (first == '-' || first == 'N' || first == 'I' ||
        (first >= '0' && first <= '9')) {
        /* Floats are rounded twice, by way of a double, as numpy has them of JSON. */
        kf_scan before = *scan;
        if (!kf__scan_double(scan, true, &number))
            return false;
        if (self->out->datatype == KF_DATATYPE_FP32 && !isinf(number) &&
            isinf((float)number)) {
            *scan = before;
            return kf__scan_expected(scan, "a number that a float can hold");
        }
    } else if (first == 'n') {
        if (!kf__scan_null(scan))
            return false;
    } else if (first == 't' || first == 'f') {
        if (!kf__scan_bool(scan, &boolean))
            return false;
        number = boolean;
    } else {
        return kf__scan_expected(scan, "a number");
    }
    if (self->out->datatype == KF_DATATYPE_FP32)
        ((float *)self->out->data)[at] = (float)number;
    else
        ((double *)self->out->data)[at] = number;
    return true;
}

static bool in_range(kf_datatype datatype, int64_t number)
{
    switch (datatype) {
    case KF_DATATYPE_UINT8:
        return number >= 0 && number <= UINT8_MAX;
    case KF_DATATYPE_UINT16:
        return number >= 0 && number <= UINT16_MAX;
    case KF_DATATYPE_UINT32:
        return number >= 0 && number <= UINT32_MAX;
    case KF_DATATYPE_INT8:
        return number >= INT8_MIN && number <= INT8_MAX;
    case KF_DATATYPE_INT16:
        return number >= INT16_MIN && number <= INT16_MAX;
    case KF_DATATYPE_INT32:
        return number >= INT32_MIN && number <= INT32_MAX;
    default:
        return true;
    }
}

static void put_bits(void *data, size_t at, size_t size, uint64_t bits)
{
    switch (size) {
    case 1:
        ((uint8_t *)data)[at] = (uint8_t)bits;
        break;
    case 2:
        ((uint16_t *)data)[at] = (uint16_t)bits;
        break;
    case 4:
        ((uint32_t *)data)[at] = (uint32_t)bits;
        break;
    default:
        ((uint64_t *)data)[at] = bits;
    }
}

static bool is_written_whole(const char *at, const char *end)
{
    for (; at < end; at++)
        if (*at == '.' || *at == 'e' || *at == 'E')
            return false;
    return true;
}

/* A number without a fraction that may have been written with one: 1.0, 1e3. */
static bool take_whole(kf_scan *scan, bool is_unsigned, uint64_t *bits)
{
    (void)kf__scan_peek(scan);
    kf_scan before = *scan;
    int64_t whole = 0;
    double number;
    if (is_unsigned ? kf__scan_uint64(scan, bits) : kf__scan_int64(scan, &whole)) {
        *bits = is_unsigned ? *bits : (uint64_t)whole;
        return true;
    }
    *scan = before;
    if (!kf__scan_double(scan, false, &number))
        return false;
    if (is_written_whole(before.at, scan->at)) {
        *scan = before; /* As a double it might be rounded to what fits. */
        return kf__scan_expected(scan, "a number that the datatype can hold");
    }
    if (number != floor(number) ||
        (is_unsigned ? number < 0 || number >= 0x1p64
                     : number < -0x1p63 || number >= 0x1p63)) {
        *scan = before;
        return kf__scan_expected(scan, "a whole number");
    }
    *bits = is_unsigned ? (uint64_t)number : (uint64_t)(int64_t)number;
    return true;
}

static bool put_integer(reader *self)
{
    (void)kf__scan_peek(self->scan);
    kf_scan before = *self->scan;
    kf_datatype datatype = self->out->datatype;
    uint64_t bits;
    if (!take_whole(self->scan, datatype == KF_DATATYPE_UINT64, &bits))
        return false;
    if (datatype != KF_DATATYPE_UINT64 && !in_range(datatype, (int64_t)bits)) {
        *self->scan = before;
        return kf__scan_expected(self->scan, "a number that the datatype can hold");
    }
    put_bits(self->out->data, self->out->count, kf__datatype_size(datatype), bits);
    return true;
}

static bool put_bool(reader *self)
{
    char first = kf__scan_peek(self->scan);
    int64_t whole;
    bool boolean = false;
    if (first == 't' || first == 'f') {
        if (!kf__scan_bool(self->scan, &boolean))
            return false;
    } else {
        kf_scan before = *self->scan;
        if (!kf__scan_int64(self->scan, &whole) || (whole != 0 && whole != 1)) {
            *self->scan = before;
            return kf__scan_expected(self->scan, "true or false");
        }
        boolean = whole == 1;
    }
    ((uint8_t *)self->out->data)[self->out->count] = boolean;
    return true;
}

static bool put_text(reader *self)
{
    const char *text;
    size_t length;
    if (!kf__scan_string(self->scan, &text, &length, &self->scratch))
        return false;
    uint32_t size = (uint32_t)length;
    kf__buf_append(&self->bytes, &size, sizeof size);
    kf__buf_append(&self->bytes, text, length);
    return true;
}

static bool put_element(reader *self)
{
    bool done;
    if (self->out->count == self->room)
        return kf__scan_expected(self->scan, "fewer elements");
    switch (self->out->datatype) {
    case KF_DATATYPE_BYTES:
        done = put_text(self);
        break;
    case KF_DATATYPE_BOOL:
        done = put_bool(self);
        break;
    case KF_DATATYPE_FP32:
    case KF_DATATYPE_FP64:
        done = put_number(self);
        break;
    default:
        done = put_integer(self);
    }
    self->out->count += done;
    return done;
}

static bool read_level(reader *self, size_t level)
{
    kf_nested *out = self->out;
    if (kf__scan_peek(self->scan) != '[') {
        if (level < out->rank && out->count > 0)
            self->is_uneven = true;
        if (out->count == 0)
            out->rank = level;
        return put_element(self);
    }
    if (level == MOST_DIMENSIONS)
        return kf__scan_expected(self->scan, "at most 8 dimensions");
    if (out->count > 0 && level >= out->rank)
        self->is_uneven = true;
    int64_t length = 0;
    if (!kf__scan_list(self->scan))
        return false;
    for (; kf__scan_item(self->scan); length++)
        if (!read_level(self, level + 1))
            return false;
    if (self->closed[level] && out->shape[level] != length)
        self->is_uneven = true;
    if (out->count == 0 && level + 1 > out->rank)
        out->rank = level + 1;
    self->closed[level] = true;
    out->shape[level] = length;
    return self->scan->status == KF_OK;
}

/* No more elements than this: each but the first stands behind a comma. */
static size_t most_elements(const kf_scan *scan)
{
    enum { SMALL = 4096 }; /* Bytes that are not worth a look. */
    size_t commas = 0, length = (size_t)(scan->end - scan->at);
    if (length <= SMALL)
        return length / 2 + 1;
    for (const char *at = scan->at; at < scan->end; at++)
        commas += *at == ',';
    return commas + 1;
}

/* Lists without elements beside others may go unnoticed until here. */
static bool fills(const kf_nested *nested)
{
    size_t elements;
    return kf__shape_elements(nested->shape, nested->rank, &elements) &&
           elements == nested->count;
}

kf_status kf__nested_read(kf_scan *scan, kf_inference *inference, kf_datatype datatype,
    const char *where, kf_nested *out)
{
    *out = (kf_nested){.datatype = datatype};
    reader self = {.scan = scan, .out = out, .room = most_elements(scan)};
    size_t size = kf__datatype_size(datatype);
    if (self.room > KF__LIMIT_TENSOR_ELEMENTS)
        return kf__fail(KF_ELIMIT, where, "over the limit of %u elements",
            KF__LIMIT_TENSOR_ELEMENTS);
    if (size > 0) {
        out->data =
            kf__arena_alloc_aligned(&inference->arena, self.room * size + 64, 64);
        if (out->data == NULL)
            return KF_ENOMEM;
    }
    kf_status status = KF_OK;
    if (!read_level(&self, 0))
        status = kf__scan_status(scan, where);
    else if (self.is_uneven || !fills(out))
        status = kf__fail(KF_EINVAL, where,
            "the lists are not of the same length everywhere: expected a tensor");
    if (status == KF_OK && size == 0) {
        status = self.bytes.status;
        out->data =
            kf__arena_alloc_aligned(&inference->arena, self.bytes.length + 64, 64);
        if (out->data == NULL)
            status = KF_ENOMEM;
        else if (self.bytes.length > 0)
            memcpy(out->data, self.bytes.data, self.bytes.length);
        out->bytes = self.bytes.length;
    } else {
        out->bytes = out->count * size;
    }
    kf__buf_finish(&self.bytes);
    kf__buf_finish(&self.scratch);
    return status;
}
