/* SPDX-License-Identifier: Apache-2.0 */
#include "base/proto.h"

#include "kf_test.h"

#define BYTES(...) ((const unsigned char[]){__VA_ARGS__})
#define PROTO(...) kf__proto_of(BYTES(__VA_ARGS__), sizeof BYTES(__VA_ARGS__))

/* The examples of the description of protobuf's encoding. */
START_TEST(reads_fields)
{
    kf_proto_field field;
    kf_proto from = PROTO(0x08, 0x96, 0x01, 0x12, 0x07, 't', 'e', 's', 't', 'i', 'n',
        'g', 0x1d, 0, 0, 0x80, 0x3f, 0x21, 0, 0, 0, 0, 0, 0, 0, 0xc0);
    ck_assert(kf__proto_read_field(&from, &field));
    ck_assert_uint_eq(field.number, 1);
    ck_assert_int_eq(field.type, KF__PROTO_VARINT);
    ck_assert_uint_eq(field.integer, 150);
    ck_assert(kf__proto_read_field(&from, &field));
    ck_assert_uint_eq(field.number, 2);
    ck_assert_int_eq(field.type, KF__PROTO_BYTES);
    ck_assert_uint_eq(kf__proto_length(field.data), 7);
    ck_assert_mem_eq(field.data.at, "testing", 7);
    ck_assert(kf__proto_read_field(&from, &field));
    ck_assert_int_eq(field.type, KF__PROTO_FIXED32);
    ck_assert_float_eq(kf__proto_float(field.integer), 1);
    ck_assert(kf__proto_read_field(&from, &field));
    ck_assert_int_eq(field.type, KF__PROTO_FIXED64);
    ck_assert_double_eq(kf__proto_double(field.integer), -2);
    ck_assert_ptr_eq(from.at, from.end);
}
END_TEST

START_TEST(reads_long_numbers)
{
    uint64_t value;
    kf_proto minus_two =
        PROTO(0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
    ck_assert(kf__proto_read_varint(&minus_two, &value));
    ck_assert_int_eq((int64_t)value, -2);
    kf_proto padded = PROTO(0x81, 0x80, 0x00);
    ck_assert(kf__proto_read_varint(&padded, &value));
    ck_assert_uint_eq(value, 1);
}
END_TEST

static const struct {
    const unsigned char *bytes;
    size_t length;
} refused[] = {
#define CASE(...)                                                                      \
    {                                                                                  \
        BYTES(__VA_ARGS__), sizeof BYTES(__VA_ARGS__)                                  \
    }
    CASE(0x80),             /* A key that goes on. */
    CASE(0x08),             /* No value. */
    CASE(0x08, 0x80),       /* A value that goes on. */
    CASE(0x12, 0x02, 'a'),  /* Shorter than it says. */
    CASE(0x12, 0x80),       /* A length that goes on. */
    CASE(0x0d, 0, 0, 0),    /* 3 bytes of 4. */
    CASE(0x09, 0, 0, 0, 0), /* 4 bytes of 8. */
    CASE(0x00, 0x01),       /* Number 0. */
    CASE(0x0b),             /* A group. */
    CASE(0x0c),             /* Its end. */
    CASE(0x0e),             /* A type that there is not. */
    CASE(0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0),
    CASE(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
};

START_TEST(refuses)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        kf_proto_field field;
        kf_proto from = kf__proto_of(refused[i].bytes, refused[i].length);
        ck_assert_msg(!kf__proto_read_field(&from, &field), "case %zu", i);
    }
}
END_TEST

START_TEST(writes)
{
    kf_buf out = KF__BUF_INIT;
    kf__proto_put_integer(&out, 1, 150);
    size_t message = kf__proto_begin(&out, 3);
    kf__proto_put_text(&out, 2, "ab");
    kf__proto_put_double(&out, 4, -2);
    kf__proto_end(&out, message);
    kf__proto_put_bytes(&out, 16, "", 0);
    static const unsigned char expected[] = {0x08, 0x96, 0x01, 0x1a, 0x0d, 0x12, 0x02,
        'a', 'b', 0x21, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0x82, 0x01, 0x00};
    ck_assert_uint_eq(out.length, sizeof expected);
    ck_assert_mem_eq(out.data, expected, sizeof expected);
    kf__buf_finish(&out);
}
END_TEST

/* A length of more than one byte moves what was put. */
START_TEST(writes_long_messages)
{
    kf_buf out = KF__BUF_INIT;
    kf_proto_field field;
    size_t message = kf__proto_begin(&out, 1);
    kf__buf_fill(&out, 'x', 299);
    kf__buf_putc(&out, 'y');
    kf__proto_end(&out, message);
    kf_proto from = kf__proto_of(out.data, out.length);
    ck_assert(kf__proto_read_field(&from, &field));
    ck_assert_uint_eq(kf__proto_length(field.data), 300);
    ck_assert_int_eq(field.data.at[0], 'x');
    ck_assert_int_eq(field.data.end[-1], 'y');
    ck_assert_ptr_eq(from.at, from.end);
    kf__buf_finish(&out);
}
END_TEST

KF_TEST_MAIN(
    "proto", reads_fields, reads_long_numbers, refuses, writes, writes_long_messages)
