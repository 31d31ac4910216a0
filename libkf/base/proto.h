/* SPDX-License-Identifier: Apache-2.0 */
/* The wire format of protobuf: fields one after the other, each with its number and one
 * of four types. */
#ifndef KF_BASE_PROTO_H
#define KF_BASE_PROTO_H

#include "base/buf.h"

/* What is left of a message, or the bytes of a field. */
typedef struct kf_proto {
    const unsigned char *at;
    const unsigned char *end;
} kf_proto;

typedef enum kf_proto_type {
    KF__PROTO_VARINT = 0,
    KF__PROTO_FIXED64 = 1,
    KF__PROTO_BYTES = 2, /* Texts, messages, and lists of numbers that are packed. */
    KF__PROTO_FIXED32 = 5
} kf_proto_type;

typedef struct kf_proto_field {
    uint32_t number;
    kf_proto_type type;
    uint64_t integer; /* Of all but BYTES; else 0. */
    kf_proto data;    /* Of BYTES, borrowed; else empty. */
} kf_proto_field;

static inline kf_proto kf__proto_of(const void *data, size_t length)
{
    const unsigned char *at = data;
    return (kf_proto){at, length > 0 ? at + length : at};
}
static inline size_t kf__proto_length(kf_proto bytes)
{
    return (size_t)(bytes.end - bytes.at);
}

/* ---- reading: false: the bytes are no such thing ---- */

bool kf__proto_read_varint(kf_proto *from, uint64_t *out);
/* 4 or 8 bytes, little endian. */
bool kf__proto_read_fixed(kf_proto *from, size_t size, uint64_t *out);
/* Groups, which nobody writes any more, are none. */
bool kf__proto_read_field(kf_proto *from, kf_proto_field *out);
static inline double kf__proto_double(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}
static inline float kf__proto_float(uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float number;
    memcpy(&number, &low, sizeof number);
    return number;
}

/* ---- writing ---- */

void kf__proto_put_varint(kf_buf *out, uint64_t value);
void kf__proto_put_key(kf_buf *out, uint32_t number, kf_proto_type type);
/* Numbers, booleans and enums; also 0, which readers take for a field that is not there.
 */
void kf__proto_put_integer(kf_buf *out, uint32_t number, uint64_t value);
void kf__proto_put_double(kf_buf *out, uint32_t number, double value);
void kf__proto_put_bytes(kf_buf *out, uint32_t number, const void *data, size_t length);
void kf__proto_put_text(kf_buf *out, uint32_t number, const char *text);
/* A message: what is put between begin and end. */
size_t kf__proto_begin(kf_buf *out, uint32_t number);
void kf__proto_end(kf_buf *out, size_t begun);

#endif
