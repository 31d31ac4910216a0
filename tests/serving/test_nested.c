/* SPDX-License-Identifier: Apache-2.0 */
#include "model_test.h"

#include "serving/protocol.h"

static kf_inference inference;

static void teardown(void)
{
    kf__inference_finish(&inference);
}

static kf_status read(const char *text, kf_datatype datatype, kf_nested *out)
{
    kf_scan scan;
    kf__scan_start(&scan, text, strlen(text));
    return kf__nested_read(&scan, &inference, datatype, "data", out);
}

/* What is read, described, and written again. */
static void check(
    kf_datatype datatype, const char *text, const char *described, const char *written)
{
    kf_nested nested;
    kf_buf out = KF__BUF_INIT;
    ck_ok(read(text, datatype, &nested));
    kf_tensor tensor = {
        "t", datatype, nested.rank, nested.shape, nested.data, nested.bytes};
    test_describe(&tensor, &out);
    ck_assert_str_eq(kf__buf_text(&out), described);
    kf__buf_truncate(&out, 0);
    kf__nested_write(&tensor, false, &out);
    ck_assert_str_eq(kf__buf_text(&out), written != NULL ? written : text);
    kf__buf_finish(&out);
}

START_TEST(numbers)
{
    check(
        KF_DATATYPE_FP32, "[[0.5,-1.0],[3.25,4.0]]", "FP32[2,2]: 0.5 -1 3.25 4", NULL);
    check(KF_DATATYPE_FP64, " [ 1 , 2e3 , -0.0 ] ", "FP64[3]: 1 2000 -0",
        "[1.0,2000.0,-0.0]");
    check(KF_DATATYPE_FP32, "[0.1]", "FP32[1]: 0.10000000149011612",
        "[0.10000000149011612]");
    /* By way of doubles: this one is half-way between two floats, and goes to the even. */
    check(KF_DATATYPE_FP32, "[1.0000000596046448]", "FP32[1]: 1", "[1.0]");
    check(KF_DATATYPE_FP64, "[null,NaN,Infinity,-Infinity,true,false]",
        "FP64[6]: nan nan inf -inf 1 0", "[null,null,null,null,1.0,0.0]");
    check(KF_DATATYPE_FP32, "[[[1.0]],[[2.0]]]", "FP32[2,1,1]: 1 2", NULL);
    check(KF_DATATYPE_FP64, "3.5", "FP64[]: 3.5", NULL);
    check(KF_DATATYPE_FP64, "[[],[]]", "FP64[2,0]:", NULL);
    check(KF_DATATYPE_FP64, "[]", "FP64[0]:", NULL);
    check(KF_DATATYPE_FP64, "[[[[[[[[1.0]]]]]]]]", "FP64[1,1,1,1,1,1,1,1]: 1", NULL);
}
END_TEST

START_TEST(whole_numbers)
{
    check(KF_DATATYPE_INT8, "[-128,127,0]", "INT8[3]: -128 127 0", NULL);
    check(KF_DATATYPE_INT16, "[-32768,32767]", "INT16[2]: -32768 32767", NULL);
    check(KF_DATATYPE_INT32, "[-2147483648,2147483647]",
        "INT32[2]: -2147483648 2147483647", NULL);
    check(KF_DATATYPE_INT64, "[-9223372036854775808,9223372036854775807]",
        "INT64[2]: -9.2233720368547758e+18 9.2233720368547758e+18", NULL);
    check(KF_DATATYPE_UINT8, "[255]", "UINT8[1]: 255", NULL);
    check(KF_DATATYPE_UINT16, "[65535]", "UINT16[1]: 65535", NULL);
    check(KF_DATATYPE_UINT32, "[4294967295]", "UINT32[1]: 4294967295", NULL);
    check(KF_DATATYPE_UINT64, "[18446744073709551615,18446744073709551614]",
        "UINT64[2]: 1.8446744073709552e+19 1.8446744073709552e+19", NULL);
    check(KF_DATATYPE_INT32, "[1.0,2e3]", "INT32[2]: 1 2000", "[1,2000]");
    check(KF_DATATYPE_BOOL, "[true,false,1,0]", "BOOL[4]: 1 0 1 0",
        "[true,false,true,false]");
}
END_TEST

START_TEST(texts)
{
    check(KF_DATATYPE_BYTES, "[\"a\",\"\",\"\\u00e9\\n\"]", "BYTES[3]: a  \xC3\xA9\n",
        "[\"a\",\"\",\"\xC3\xA9\\n\"]");
    check(KF_DATATYPE_BYTES, "[[\"a\"],[\"b\"]]", "BYTES[2,1]: a b", NULL);
}
END_TEST

START_TEST(what_is_none)
{
    static const struct {
        kf_datatype datatype;
        const char *text;
        kf_status status;
        const char *message;
    } bad[] = {{KF_DATATYPE_FP32, "[1,[2]]", KF_EINVAL, "same length"},
        {KF_DATATYPE_FP32, "[[1],2]", KF_EINVAL, "same length"},
        {KF_DATATYPE_FP32, "[[1,2],[3]]", KF_EINVAL, "same length"},
        {KF_DATATYPE_FP32, "[[],[3]]", KF_EINVAL, "same length"},
        {KF_DATATYPE_FP32, "[[],2]", KF_EINVAL, "same length"},
        {KF_DATATYPE_FP32, "[[[]],[]]", KF_EINVAL, "same length"},
        {KF_DATATYPE_FP32, "[[1],[]]", KF_EINVAL, "same length"},
        {KF_DATATYPE_FP32, "[1,]", KF_EPARSE, "a number, not ']'"},
        {KF_DATATYPE_FP32, "[1 2]", KF_EPARSE, "',' or ']'"},
        {KF_DATATYPE_FP32, "[\"a\"]", KF_EPARSE, "a number"},
        {KF_DATATYPE_FP32, "[{}]", KF_EPARSE, "a number"},
        {KF_DATATYPE_FP32, "[1e60]", KF_EPARSE, "a number that a float can hold"},
        {KF_DATATYPE_FP32, "[", KF_EPARSE, "ends too early"},
        {KF_DATATYPE_FP64, "[[[[[[[[[1]]]]]]]]]", KF_EPARSE, "at most 8 dimensions"},
        {KF_DATATYPE_INT8, "[128]", KF_EPARSE, "the datatype can hold"},
        {KF_DATATYPE_UINT8, "[-1]", KF_EPARSE, "the datatype can hold"},
        {KF_DATATYPE_UINT64, "[-1]", KF_EPARSE, "that the datatype can hold"},
        {KF_DATATYPE_UINT64, "[18446744073709551616]", KF_EPARSE,
            "that the datatype can hold"},
        {KF_DATATYPE_INT64, "[-9223372036854775809]", KF_EPARSE,
            "that the datatype can hold"},
        {KF_DATATYPE_INT64, "[9223372036854775808]", KF_EPARSE,
            "that the datatype can hold"},
        {KF_DATATYPE_INT32, "[1.5]", KF_EPARSE, "a whole number, not '1'"},
        {KF_DATATYPE_INT32, "[null]", KF_EPARSE, "a number"},
        {KF_DATATYPE_INT32, "[true]", KF_EPARSE, "a number"},
        {KF_DATATYPE_BOOL, "[2]", KF_EPARSE, "true or false"},
        {KF_DATATYPE_BOOL, "[\"true\"]", KF_EPARSE, "true or false"},
        {KF_DATATYPE_BYTES, "[1]", KF_EPARSE, "text in quotes"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        kf_nested nested;
        kf_status status = read(bad[i].text, bad[i].datatype, &nested);
        ck_assert_msg(
            status == bad[i].status, "%s: %s", bad[i].text, kf_status_name(status));
        ck_assert_msg(strstr(kf_last_error()->message, bad[i].message) != NULL,
            "%s: %s", bad[i].text, kf_last_error()->message);
        ck_assert_str_eq(kf_last_error()->where, "data");
    }
}
END_TEST

/* Sixteen bits: the values of IEEE 754's half and of the upper half of a float. */
START_TEST(halves_are_written)
{
    const uint16_t half[] = {0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x3555};
    const uint16_t upper[] = {0x3f80, 0xc000, 0x7f80, 0x3eab};
    int64_t six = 6, four = 4;
    kf_tensor tensor = {"t", KF_DATATYPE_FP16, 1, &six, half, sizeof half};
    kf_buf out = KF__BUF_INIT;
    kf__nested_write(&tensor, true, &out);
    ck_assert_str_eq(kf__buf_text(&out),
        "[1.0,-2.0,5.960464477539063e-08,65504.0,null,0.333251953125]");
    kf__buf_truncate(&out, 0);
    tensor = (kf_tensor){"t", KF_DATATYPE_BF16, 1, &four, upper, sizeof upper};
    kf__nested_write(&tensor, true, &out);
    ck_assert_str_eq(kf__buf_text(&out), "[1.0,-2.0,null,0.333984375]");
    kf__buf_finish(&out);
}
END_TEST

START_TEST(large)
{
    kf_buf text = KF__BUF_INIT;
    kf_nested nested;
    for (int i = 0; i < 5000; i++)
        kf__buf_puts(&text, i == 0 ? "[[1,2.5]" : ",[1,2.5]");
    kf__buf_puts(&text, "]");
    ck_ok(read(kf__buf_text(&text), KF_DATATYPE_FP32, &nested));
    ck_assert_int_eq(nested.shape[0], 5000);
    ck_assert_uint_eq(nested.count, 10000);
    for (size_t i = 0; i < nested.count; i++)
        ck_assert(((float *)nested.data)[i] == (i % 2 == 0 ? 1 : 2.5f));
    kf__buf_finish(&text);
}
END_TEST

KF_TEST_MAIN_WITH("serving/nested", NULL, teardown, numbers, whole_numbers, texts,
    what_is_none, halves_are_written, large)
