/* SPDX-License-Identifier: Apache-2.0 */
#include "base/proto.h"

enum { VARINT_MOST = 10 };

/* ---- reading ---- */

bool kf__proto_read_varint(kf_proto *from, uint64_t *out)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        if (from->at == from->end)
            return false;
        unsigned char byte = *from->at++;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *out = value;
            return true;
        }
    }
    return false;
}

bool kf__proto_read_fixed(kf_proto *from, size_t size, uint64_t *out)
{
    *out = 0;
    if (kf__proto_length(*from) < size)
        return false;
    for (size_t i = 0; i < size; i++)
        *out |= (uint64_t)from->at[i] << (8 * i);
    from->at += size;
    return true;
}

bool kf__proto_read_field(kf_proto *from, kf_proto_field *out)
{
    uint64_t key, length;
    if (!kf__proto_read_varint(from, &key) || key >> 3 == 0 || key >> 3 >= 1u << 29)
        return false;
    out->number = (uint32_t)(key >> 3);
    out->type = (kf_proto_type)(key & 7);
    out->integer = 0;
    out->data = (kf_proto){NULL, NULL};
    switch (out->type) {
    case KF__PROTO_VARINT:
        return kf__proto_read_varint(from, &out->integer);
    case KF__PROTO_FIXED64:
        return kf__proto_read_fixed(from, 8, &out->integer);
    case KF__PROTO_FIXED32:
        return kf__proto_read_fixed(from, 4, &out->integer);
    case KF__PROTO_BYTES:
        if (!kf__proto_read_varint(from, &length) || length > kf__proto_length(*from))
            return false;
        out->data = (kf_proto){from->at, from->at + length};
        from->at += length;
        return true;
    default:
        return false;
    }
}

/* ---- writing ---- */

static size_t write_varint(unsigned char to[VARINT_MOST], uint64_t value)
{
    size_t length = 0;
    for (; value >= 0x80; value >>= 7)
        to[length++] = (unsigned char)(value | 0x80);
    to[length++] = (unsigned char)value;
    return length;
}

void kf__proto_put_varint(kf_buf *out, uint64_t value)
{
    unsigned char bytes[VARINT_MOST];
    kf__buf_append(out, bytes, write_varint(bytes, value));
}

void kf__proto_put_key(kf_buf *out, uint32_t number, kf_proto_type type)
{
    kf__proto_put_varint(out, (uint64_t)number << 3 | (uint64_t)type);
}

void kf__proto_put_integer(kf_buf *out, uint32_t number, uint64_t value)
{
    kf__proto_put_key(out, number, KF__PROTO_VARINT);
    kf__proto_put_varint(out, value);
}

void kf__proto_put_double(kf_buf *out, uint32_t number, double value)
{
    uint64_t bits;
    unsigned char bytes[sizeof bits];
    memcpy(&bits, &value, sizeof bits);
    for (size_t i = 0; i < sizeof bits; i++)
        bytes[i] = (unsigned char)(bits >> (8 * i));
    kf__proto_put_key(out, number, KF__PROTO_FIXED64);
    kf__buf_append(out, bytes, sizeof bytes);
}

void kf__proto_put_bytes(kf_buf *out, uint32_t number, const void *data, size_t length)
{
    kf__proto_put_key(out, number, KF__PROTO_BYTES);
    kf__proto_put_varint(out, length);
    kf__buf_append(out, data, length);
}

void kf__proto_put_text(kf_buf *out, uint32_t number, const char *text)
{
    kf__proto_put_bytes(out, number, text, strlen(text));
}

size_t kf__proto_begin(kf_buf *out, uint32_t number)
{
    kf__proto_put_key(out, number, KF__PROTO_BYTES);
    return out->length;
}

/* Its length, which goes before it, is not known before. */
void kf__proto_end(kf_buf *out, size_t begun)
{
    unsigned char bytes[VARINT_MOST];
    if (out->status != KF_OK)
        return;
    size_t length = out->length - begun, size = write_varint(bytes, length);
    kf__buf_append(out, bytes, size);
    if (out->status != KF_OK)
        return;
    memmove(out->data + begun + size, out->data + begun, length);
    memcpy(out->data + begun, bytes, size);
}
