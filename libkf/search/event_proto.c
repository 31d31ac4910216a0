/* SPDX-License-Identifier: Apache-2.0 */
/* The scalars of an Event. */
#include "search/event.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/proto.h"
#include "base/text.h"
#include "search/metric.h"

/* Numbers of the fields in the .proto files. */
enum {
    EVENT_WALL_TIME = 1,
    EVENT_STEP = 2,
    EVENT_SUMMARY = 5,
    SUMMARY_VALUE = 1,
    VALUE_TAG = 1,
    VALUE_SIMPLE = 2,
    VALUE_TENSOR = 8,
    TENSOR_DTYPE = 1,
    TENSOR_SHAPE = 2,
    TENSOR_CONTENT = 4,
    TENSOR_FLOAT = 5,
    TENSOR_DOUBLE = 6,
    TENSOR_INT = 7,
    TENSOR_INT64 = 10,
    TENSOR_BOOL = 11,
    TENSOR_HALF = 13,
    SHAPE_DIM = 2,
    DIM_SIZE = 1
};

static kf_status fail(void)
{
    return kf__fail(
        KF_EPARSE, NULL, "a record of the event file is no Event of TensorFlow");
}

/* ---- tensors ---- */

static double as_half(uint64_t bits)
{
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 1023);
    double sign = (bits >> 15 & 1) != 0 ? -1 : 1;
    if (exponent == 31)
        return fraction == 0 ? sign * (double)INFINITY : (double)NAN;
    return sign * (exponent == 0 ? ldexp(fraction, -24)
                                 : ldexp(1024 + fraction, exponent - 25));
}

/* Numbers of DataType in types.proto; the kf_proto of one element, 0: no number. */
static size_t size_of(uint64_t dtype)
{
    switch (dtype) {
    case 2:  /* double */
    case 9:  /* int64 */
    case 23: /* uint64 */
        return 8;
    case 1:  /* float */
    case 3:  /* int32 */
    case 22: /* uint32 */
        return 4;
    case 5:  /* int16 */
    case 14: /* bfloat16 */
    case 17: /* uint16 */
    case 19: /* half */
        return 2;
    case 4:  /* uint8 */
    case 6:  /* int8 */
    case 10: /* bool */
        return 1;
    default:
        return 0;
    }
}

static double element(uint64_t dtype, uint64_t bits)
{
    switch (dtype) {
    case 1:
        return (double)kf__proto_float(bits);
    case 2:
        return kf__proto_double(bits);
    case 3:
        return (double)(int32_t)(uint32_t)bits;
    case 5:
        return (double)(int16_t)(uint16_t)bits;
    case 6:
        return (double)(int8_t)(uint8_t)bits;
    case 9:
        return (double)(int64_t)bits;
    case 14:
        return (double)kf__proto_float(bits << 16);
    case 19:
        return as_half(bits);
    default:
        return (double)bits;
    }
}

typedef struct tensor {
    uint64_t dtype;
    bool scalar;      /* By its shape. */
    size_t count;     /* Values found. */
    double value;     /* The first one. */
    kf_proto content; /* tensor_content */
} tensor;

static bool read_shape(kf_proto from, tensor *out)
{
    kf_proto_field dim, size;
    while (from.at < from.end) {
        if (!kf__proto_read_field(&from, &dim))
            return false;
        if (dim.number != SHAPE_DIM || dim.type != KF__PROTO_BYTES)
            continue;
        uint64_t elements = 0;
        while (dim.data.at < dim.data.end) {
            if (!kf__proto_read_field(&dim.data, &size))
                return false;
            if (size.number == DIM_SIZE && size.type == KF__PROTO_VARINT)
                elements = size.integer;
        }
        out->scalar = out->scalar && elements == 1;
    }
    return true;
}

static void take(tensor *out, double value)
{
    if (out->count++ == 0)
        out->value = value;
}

/* A repeated number, packed or not. */
static bool read_values(const kf_proto_field *from, tensor *out)
{
    uint64_t bits;
    kf_proto packed = from->data;
    size_t size = from->number == TENSOR_FLOAT    ? 4
                  : from->number == TENSOR_DOUBLE ? 8
                                                  : 0;
    if (from->type != KF__PROTO_BYTES) {
        bits = from->integer;
        take(out, size == 4   ? (double)kf__proto_float(bits)
                  : size == 8 ? kf__proto_double(bits)
                              : element(out->dtype, bits));
        return true;
    }
    while (packed.at < packed.end) {
        if (!(size > 0 ? kf__proto_read_fixed(&packed, size, &bits)
                       : kf__proto_read_varint(&packed, &bits)))
            return false;
        take(out, size == 4   ? (double)kf__proto_float(bits)
                  : size == 8 ? kf__proto_double(bits)
                              : element(out->dtype, bits));
    }
    return true;
}

static bool read_tensor(kf_proto from, tensor *out)
{
    kf_proto_field part;
    while (from.at < from.end) {
        if (!kf__proto_read_field(&from, &part))
            return false;
        bool sound = true;
        switch (part.number) {
        case TENSOR_DTYPE:
            out->dtype = part.type == KF__PROTO_VARINT ? part.integer : 0;
            break;
        case TENSOR_SHAPE:
            sound = part.type == KF__PROTO_BYTES && read_shape(part.data, out);
            break;
        case TENSOR_CONTENT:
            out->content =
                part.type == KF__PROTO_BYTES ? part.data : (kf_proto){NULL, NULL};
            break;
        case TENSOR_FLOAT:
        case TENSOR_DOUBLE:
        case TENSOR_INT:
        case TENSOR_INT64:
        case TENSOR_BOOL:
        case TENSOR_HALF:
            sound = read_values(&part, out);
            break;
        default:
            break;
        }
        if (!sound)
            return false;
    }
    return true;
}

/* The number of a tensor with one element. */
static bool tensor_number(kf_proto from, bool *found, double *out)
{
    tensor read = {.scalar = true};
    uint64_t bits;
    *found = false;
    if (!read_tensor(from, &read))
        return false;
    size_t size = size_of(read.dtype);
    size_t length = (size_t)(read.content.end - read.content.at);
    if (!read.scalar || size == 0)
        return true;
    if (length == size && kf__proto_read_fixed(&read.content, size, &bits)) {
        *out = element(read.dtype, bits);
        *found = true;
    } else if (length == 0 && read.count == 1) {
        *out = read.value;
        *found = true;
    }
    return true;
}

/* ---- events ---- */

static bool read_value(kf_proto from, kf_proto *tag, bool *found, double *number)
{
    kf_proto_field part;
    *tag = (kf_proto){NULL, NULL};
    *found = false;
    while (from.at < from.end) {
        if (!kf__proto_read_field(&from, &part))
            return false;
        if (part.number == VALUE_TAG && part.type == KF__PROTO_BYTES) {
            *tag = part.data;
        } else if (part.number == VALUE_SIMPLE && part.type == KF__PROTO_FIXED32) {
            *number = (double)kf__proto_float(part.integer);
            *found = true;
        } else if (part.number == VALUE_TENSOR && part.type == KF__PROTO_BYTES &&
                   !tensor_number(part.data, found, number)) {
            return false;
        }
    }
    return true;
}

static kf_status give(
    kf_proto tag, kf_event_scalar *scalar, kf_event_sink sink, void *payload)
{
    kf_arena arena = KF__ARENA_INIT;
    size_t length = (size_t)(tag.end - tag.at);
    const char *text =
        kf__arena_strndup(&arena, length > 0 ? (const char *)tag.at : "", length);
    scalar->tag = text;
    kf_status status = text == NULL ? kf__nomem() : KF_OK;
    if (status == KF_OK && kf__utf8_valid(text, strlen(text), NULL))
        status = sink(payload, scalar);
    kf__arena_finish(&arena);
    return status;
}

static kf_status read_summary(
    kf_proto from, kf_event_scalar *scalar, kf_event_sink sink, void *payload)
{
    kf_proto_field part;
    kf_proto tag;
    bool found;
    while (from.at < from.end) {
        if (!kf__proto_read_field(&from, &part))
            return fail();
        if (part.number != SUMMARY_VALUE || part.type != KF__PROTO_BYTES)
            continue;
        if (!read_value(part.data, &tag, &found, &scalar->value))
            return fail();
        if (found)
            KF__TRY(give(tag, scalar, sink, payload));
    }
    return KF_OK;
}

static int64_t time_of(double seconds)
{
    if (!(fabs(seconds) < 9.2e9) || seconds == 0)
        return KF__NO_TIME;
    double whole = floor(seconds);
    return (int64_t)whole * 1000000000 + (int64_t)((seconds - whole) * 1e9);
}

kf_status kf__event_scalars(
    const void *data, size_t length, kf_event_sink sink, void *payload)
{
    kf_proto whole = {data, (const unsigned char *)data + length};
    kf_event_scalar scalar = {.time_ns = KF__NO_TIME};
    kf_proto_field part;
    /* Time and step may stand behind the summary. */
    for (kf_proto from = whole; from.at < from.end;) {
        if (!kf__proto_read_field(&from, &part))
            return fail();
        if (part.number == EVENT_WALL_TIME && part.type == KF__PROTO_FIXED64)
            scalar.time_ns = time_of(kf__proto_double(part.integer));
        else if (part.number == EVENT_STEP && part.type == KF__PROTO_VARINT)
            scalar.step = (int64_t)part.integer;
    }
    for (kf_proto from = whole; from.at < from.end;) {
        if (!kf__proto_read_field(&from, &part))
            return fail();
        if (part.number == EVENT_SUMMARY && part.type == KF__PROTO_BYTES)
            KF__TRY(read_summary(part.data, &scalar, sink, payload));
    }
    return KF_OK;
}
