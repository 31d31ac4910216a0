/* SPDX-License-Identifier: Apache-2.0 */
#include "model_test.h"
#include "oip_messages.h"
#include "serving/oip.h"

static kf_oip_request request;
static kf_inference inference;

static void setup(void)
{
    memset(&request, 0, sizeof request);
    inference = KF__INFERENCE_INIT;
}

static void teardown(void)
{
    kf__oip_request_finish(&request);
    kf__inference_finish(&inference);
}

/* One input x of two elements, but for `rank` 0. */
static kf_status read_one(
    kf_datatype datatype, kf_proto contents, const int64_t *shape, size_t rank)
{
    kf_oip_input input = {.name = "x",
        .datatype = datatype,
        .rank = rank,
        .contents = contents,
        .has_contents = true};
    if (rank > 0)
        memcpy(input.shape, shape, rank * sizeof *shape);
    request.inputs.count = request.raw.count = 0;
    kf__inference_reset(&inference);
    ck_ok(kf__vec_push(&request.inputs, input));
    return kf__oip_read_tensors(&request, &inference);
}

static kf_status read_raw(
    kf_datatype datatype, kf_proto raw, const int64_t *shape, size_t rank)
{
    kf_oip_input input = {.name = "x", .datatype = datatype, .rank = rank};
    if (rank > 0)
        memcpy(input.shape, shape, rank * sizeof *shape);
    request.inputs.count = request.raw.count = 0;
    kf__inference_reset(&inference);
    ck_ok(kf__vec_push(&request.inputs, input));
    ck_ok(kf__vec_push(&request.raw, raw));
    return kf__oip_read_tensors(&request, &inference);
}

static void ck_tensor(const char *expected)
{
    kf_buf text = KF__BUF_INIT;
    ck_assert_uint_eq(inference.inputs.count, 1);
    test_describe(&inference.inputs.items[0], &text);
    ck_assert_str_eq(kf__buf_text(&text), expected);
    ck_assert_uint_eq((uintptr_t)inference.inputs.items[0].data % 64, 0);
    kf__buf_finish(&text);
}

static const int64_t two[] = {2};

/* As protobuf writes them. */
static const struct {
    kf_datatype datatype;
    const char *contents;
    size_t length;
    const char *raw;
    size_t raw_length;
    const char *expected;
} types[] = {
#define TYPE(datatype, contents, raw, expected)                                        \
    {                                                                                  \
        datatype, contents, sizeof(contents) - 1, raw, sizeof(raw) - 1, expected       \
    }
    TYPE(KF_DATATYPE_BOOL, "\x0a\x02\x01\x00", "\1\0", "BOOL[2]: 1 0"),
    TYPE(KF_DATATYPE_UINT8, "\x22\x03\x01\xff\x01", "\1\xff", "UINT8[2]: 1 255"),
    TYPE(KF_DATATYPE_UINT16, "\x22\x04\x01\xff\xff\x03", "\1\0\xff\xff",
        "UINT16[2]: 1 65535"),
    TYPE(KF_DATATYPE_UINT32, "\x22\x06\x01\xff\xff\xff\xff\x0f",
        "\1\0\0\0\xff\xff\xff\xff", "UINT32[2]: 1 4294967295"),
    TYPE(KF_DATATYPE_UINT64, "\x2a\x0b\x01\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
        "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80", "UINT64[2]: 1 9.2233720368547758e+18"),
    TYPE(KF_DATATYPE_INT8, "\x12\x0b\x80\xff\xff\xff\xff\xff\xff\xff\xff\x01\x7f",
        "\x80\x7f", "INT8[2]: -128 127"),
    TYPE(KF_DATATYPE_INT16, "\x12\x0b\x80\x80\xfe\xff\xff\xff\xff\xff\xff\x01\x01",
        "\0\x80\1\0", "INT16[2]: -32768 1"),
    TYPE(KF_DATATYPE_INT32, "\x12\x0b\x80\x80\x80\x80\xf8\xff\xff\xff\xff\x01\x01",
        "\0\0\0\x80\1\0\0\0", "INT32[2]: -2147483648 1"),
    TYPE(KF_DATATYPE_INT64, "\x1a\x0b\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01\x02",
        "\0\0\0\0\0\0\0\x80\2\0\0\0\0\0\0\0", "INT64[2]: -9.2233720368547758e+18 2"),
    TYPE(KF_DATATYPE_FP32, "\x32\x08\x00\x00\xc0\x3f\x00\x00\x00\xc0",
        "\x00\x00\xc0\x3f\x00\x00\x00\xc0", "FP32[2]: 1.5 -2"),
    TYPE(KF_DATATYPE_FP64,
        "\x3a\x10\x00\x00\x00\x00\x00\x00\xf8\x3f\x00\x00\x00\x00\x00\x00\x00\xc0",
        "\x00\x00\x00\x00\x00\x00\xf8\x3f\x00\x00\x00\x00\x00\x00\x00\xc0",
        "FP64[2]: 1.5 -2"),
    TYPE(KF_DATATYPE_BYTES, "\x42\x02\x61\x62\x42\x00", "\2\0\0\0ab\0\0\0\0",
        "BYTES[2]: ab "),
};

START_TEST(reads_contents)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        ck_ok(read_one(types[i].datatype,
            kf__proto_of(types[i].contents, types[i].length), two, 1));
        ck_tensor(types[i].expected);
    }
}
END_TEST

START_TEST(reads_raw)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        ck_ok(read_raw(types[i].datatype,
            kf__proto_of(types[i].raw, types[i].raw_length), two, 1));
        ck_tensor(types[i].expected);
    }
    ck_ok(read_raw(KF_DATATYPE_FP16, OIP_BYTES("\0\x3c\0\xc0"), two, 1));
    ck_tensor("FP16[2]: 1 -2");
    ck_ok(read_raw(KF_DATATYPE_BF16, OIP_BYTES("\x80\x3f\0\xc0"), two, 1));
    ck_tensor("BF16[2]: 1 -2");
}
END_TEST

/* Writers may pack lists or not, and cut them. */
START_TEST(reads_lists_in_pieces)
{
    static const int64_t five[] = {5};
    ck_ok(read_one(KF_DATATYPE_INT32,
        OIP_BYTES("\x10\x01\x12\x02\x02\x03\x12\x00\x1a\x01\x63\x10\x04\x12\x01\x05"),
        five, 1));
    ck_tensor("INT32[5]: 1 2 3 4 5");
    ck_ok(read_one(
        KF_DATATYPE_FP32, OIP_BYTES("\x35\0\0\xc0\x3f\x32\x04\0\0\0\xc0"), two, 1));
    ck_tensor("FP32[2]: 1.5 -2");
    ck_ok(read_one(KF_DATATYPE_BOOL, OIP_BYTES("\x0a\x03\x05\x80\x00"), two, 1));
    ck_tensor("BOOL[2]: 1 0");
}
END_TEST

START_TEST(takes_shapes)
{
    static const int64_t open[] = {-1, 2}, none[] = {0, 3}, odd[] = {3, -1},
                         nothing[] = {0, -1};
    kf_proto contents = OIP_BYTES("\x32\x08\x00\x00\xc0\x3f\x00\x00\x00\xc0");
    ck_ok(read_one(KF_DATATYPE_FP32, contents, open, 2));
    ck_tensor("FP32[1,2]: 1.5 -2");
    ck_ok(read_one(KF_DATATYPE_FP32, OIP_BYTES("\x32\x04\0\0\xc0\x3f"), NULL, 0));
    ck_tensor("FP32[]: 1.5");
    ck_ok(read_one(KF_DATATYPE_FP32, OIP_BYTES(""), none, 2));
    ck_tensor("FP32[0,3]:");
    ck_ok(read_raw(KF_DATATYPE_FP32, OIP_BYTES(""), none, 2));
    ck_tensor("FP32[0,3]:");
    ck_fails(read_one(KF_DATATYPE_FP32, contents, odd, 2), KF_EINVAL,
        "2 elements cannot be cut into parts of 3");
    ck_fails(read_one(KF_DATATYPE_FP32, contents, nothing, 2), KF_EINVAL,
        "cannot be cut into parts of 0");
}
END_TEST

START_TEST(refuses)
{
    static const int64_t three[] = {3}, huge[] = {INT64_MAX, 4};
    static const struct {
        kf_datatype datatype;
        const char *contents;
        size_t length;
        const char *message;
    } cases[] = {
#define CASE(datatype, contents, message)                                              \
    {datatype, contents, sizeof(contents) - 1, message}
        CASE(KF_DATATYPE_FP32, "\x3a\x08\0\0\0\0\0\0\xf8\x3f",
            "0 elements are given in fp32_contents where the shape has 2"),
        CASE(KF_DATATYPE_INT8, "\x12\x03\x01\xc8\x01", "200 is no INT8"),
        CASE(KF_DATATYPE_UINT8, "\x22\x03\x01\x80\x02", "256 is no UINT8"),
        CASE(KF_DATATYPE_INT32, "\x12\x06\x01\x80\x80\x80\x80\x08",
            "2147483648 is no INT32"),
        CASE(KF_DATATYPE_FP16, "\x32\x08\0\0\0\0\0\0\0\0",
            "tensors of FP16 can be given in raw_input_contents alone"),
        CASE(KF_DATATYPE_FP32, "\x32\x07\0\0\0\0\0\0\0", "no InferTensorContents"),
        CASE(KF_DATATYPE_FP32, "\x30\x01", "no InferTensorContents"),
        CASE(KF_DATATYPE_INT32, "\x12\x02\x01\x80", "no InferTensorContents"),
        CASE(KF_DATATYPE_INT32, "\x15\0\0\0\0", "no InferTensorContents"),
        CASE(KF_DATATYPE_BYTES, "\x40\x01", "no InferTensorContents"),
        CASE(KF_DATATYPE_BYTES, "\x42\x05z", "no InferTensorContents"),
        CASE(KF_DATATYPE_FP64, "\xff", "no InferTensorContents"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_fails(read_one(cases[i].datatype,
                     kf__proto_of(cases[i].contents, cases[i].length), two, 1),
            KF_EINVAL, cases[i].message);
    ck_fails(read_raw(KF_DATATYPE_FP32, OIP_BYTES("12345678"), three, 1), KF_EINVAL,
        "8 bytes are not 3 elements of FP32, as the shape has it");
    ck_assert_str_eq(kf_last_error()->where, "inputs[0].raw_input_contents");
    ck_fails(read_raw(KF_DATATYPE_BYTES, OIP_BYTES("\x09\0\0\0z"), two, 1), KF_EINVAL,
        "5 bytes are not 2 elements of BYTES, as the shape has it");
    ck_fails(read_raw(KF_DATATYPE_FP32, OIP_BYTES("1234"), huge, 2), KF_ELIMIT,
        "the shape is too large");
}
END_TEST

KF_TEST_MAIN_WITH("oip_tensor", setup, teardown, reads_contents, reads_raw,
    reads_lists_in_pieces, takes_shapes, refuses)
