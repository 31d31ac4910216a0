/* SPDX-License-Identifier: Apache-2.0 */
/* From the elements of a tensor to nested lists of JSON. */
#include <math.h>
#include <string.h>

#include "base/decimal.h"
#include "base/text.h"
#include "base/value.h"
#include "serving/protocol.h"

static void put_whole(kf_buf *out, bool negative, uint64_t magnitude)
{
    char text[24] = "-";
    int count = kf__decimal_digits(magnitude, text + negative);
    kf__buf_append(out, text, (size_t)(count + negative));
}

static void put_float(kf_buf *out, double number)
{
    if (isfinite(number))
        kf__put_double(out, number);
    else
        kf__buf_puts(out, "null"); /* As orjson does, which KServe answers with. */
}

static bool is_signed(kf_datatype datatype)
{
    return datatype >= KF_DATATYPE_INT8 && datatype <= KF_DATATYPE_INT64;
}

static uint64_t bits_of(const void *data, size_t at, size_t size)
{
    switch (size) {
    case 1:
        return ((const uint8_t *)data)[at];
    case 2:
        return ((const uint16_t *)data)[at];
    case 4:
        return ((const uint32_t *)data)[at];
    default:
        return ((const uint64_t *)data)[at];
    }
}

static void write_integer(const kf_tensor *tensor, size_t at, kf_buf *out)
{
    size_t size = kf__datatype_size(tensor->datatype);
    uint64_t bits = bits_of(tensor->data, at, size);
    unsigned unused = 64 - 8 * (unsigned)size;
    bool negative = is_signed(tensor->datatype) && (bits >> (8 * size - 1)) != 0;
    /* Two's complement, over 64 bits. */
    put_whole(out, negative, negative ? (0 - (bits << unused)) >> unused : bits);
}

static void write_element(const kf_tensor *tensor, size_t at, kf_buf *out)
{
    switch (tensor->datatype) {
    case KF_DATATYPE_BOOL:
        kf__buf_puts(out, ((const uint8_t *)tensor->data)[at] ? "true" : "false");
        break;
    case KF_DATATYPE_FP16:
    case KF_DATATYPE_BF16:
    case KF_DATATYPE_FP32:
    case KF_DATATYPE_FP64:
        put_float(out, kf__tensor_number(tensor, at));
        break;
    default:
        write_integer(tensor, at, out);
    }
}

/* Texts lie one behind the other. */
static void write_text(const char **at, kf_buf *out)
{
    uint32_t length;
    memcpy(&length, *at, sizeof length);
    kf__put_json_text(out, *at + sizeof length, length);
    *at += sizeof length + length;
}

typedef struct writer {
    const kf_tensor *tensor;
    size_t next;
    const char *text;
    kf_buf *out;
} writer;

static void write_level(writer *self, size_t level)
{
    if (level == self->tensor->rank) {
        if (self->tensor->datatype == KF_DATATYPE_BYTES)
            write_text(&self->text, self->out);
        else
            write_element(self->tensor, self->next++, self->out);
        return;
    }
    kf__buf_putc(self->out, '[');
    for (int64_t i = 0; i < self->tensor->shape[level]; i++) {
        if (i > 0)
            kf__buf_putc(self->out, ',');
        write_level(self, level + 1);
    }
    kf__buf_putc(self->out, ']');
}

void kf__nested_write(const kf_tensor *tensor, bool flat, kf_buf *out)
{
    size_t count = 0;
    writer self = {tensor, 0, tensor->data, out};
    if (!flat) {
        write_level(&self, 0);
        return;
    }
    (void)kf__shape_elements(tensor->shape, tensor->rank, &count);
    int64_t shape[] = {(int64_t)count};
    kf_tensor list = *tensor;
    list.rank = 1;
    list.shape = shape;
    self.tensor = &list;
    write_level(&self, 0);
}
