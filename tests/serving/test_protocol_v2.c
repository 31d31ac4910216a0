/* SPDX-License-Identifier: Apache-2.0 */
#include "model_test.h"

#include "serving/protocol.h"

static kf_inference inference;

static void teardown(void)
{
    kf__inference_finish(&inference);
}

static kf_status read(const char *json, const void *binary, size_t size)
{
    kf_buf body = KF__BUF_INIT;
    kf__buf_puts(&body, json);
    kf__buf_append(&body, binary, size);
    kf__inference_reset(&inference);
    kf_status status = kf__v2_read(&inference, body.data, body.length,
        binary != NULL ? (int64_t)strlen(json) : -1);
    kf__buf_finish(&body);
    return status;
}

static void check_input(size_t index, const char *name, const char *expected)
{
    kf_buf out = KF__BUF_INIT;
    ck_assert_uint_lt(index, inference.inputs.count);
    ck_assert_str_eq(inference.inputs.items[index].name, name);
    test_describe(&inference.inputs.items[index], &out);
    ck_assert_str_eq(kf__buf_text(&out), expected);
    kf__buf_finish(&out);
}

START_TEST(json_inputs)
{
    ck_ok(read(
        "{\"id\":\"4\\u0032\",\"inputs\":["
        "{\"name\":\"a\",\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":[1,2,3,4]},"
        "{\"data\":[[1],[0]],\"datatype\":\"bool\",\"shape\":[2],\"name\":\"b\"},"
        "{\"name\":\"c\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"x\"],"
        "\"parameters\":{\"p\":[1,{}]}},"
        "{\"name\":\"d\",\"datatype\":\"INT64\",\"shape\":[-1,2],"
        "\"data\":[1,2,3,4,5,6],\"parameters\":null}],"
        "\"parameters\":{\"content_type\":\"pd\"},\"outputs\":null}",
        NULL, 0));
    ck_assert_str_eq(inference.id, "42");
    ck_assert_uint_eq(inference.inputs.count, 4);
    check_input(0, "a", "FP32[2,2]: 1 2 3 4");
    check_input(1, "b", "BOOL[2]: 1 0");
    check_input(2, "c", "BYTES[1]: x");
    check_input(3, "d", "INT64[3,2]: 1 2 3 4 5 6");
    ck_assert_str_eq(kf_value_string(kf_value_get(
                         kf_inference_parameters(&inference), "content_type")),
        "pd");
}
END_TEST

START_TEST(binary_inputs)
{
    struct __attribute__((packed)) {
        float a[3];
        uint16_t b[2];
        uint32_t first;
        char text[2];
        uint32_t second;
        int64_t d;
    } bytes = {{1, NAN, -2.5f}, {0x3c00, 0x4000}, 2, {'h', 'i'}, 0, -7};
    ck_ok(read("{\"inputs\":["
               "{\"name\":\"a\",\"shape\":[1,3],\"datatype\":\"FP32\",\"parameters\":"
               "{\"binary_data_size\":12}},"
               "{\"name\":\"b\",\"shape\":[-1],\"datatype\":\"FP16\",\"parameters\":"
               "{\"binary_data_size\":4}},"
               "{\"name\":\"c\",\"shape\":[2],\"datatype\":\"BYTES\",\"parameters\":"
               "{\"binary_data_size\":10}},"
               "{\"name\":\"j\",\"shape\":[1],\"datatype\":\"FP64\",\"data\":[5]},"
               "{\"name\":\"d\",\"shape\":[1],\"datatype\":\"INT64\",\"parameters\":"
               "{\"binary_data_size\":8},\"data\":null}],"
               "\"outputs\":[{\"name\":\"x\",\"parameters\":{\"binary_data\":false}},"
               "{\"name\":\"y\",\"parameters\":{\"classification\":3}}],"
               "\"parameters\":{\"binary_data_output\":true}}",
        &bytes, sizeof bytes));
    check_input(0, "a", "FP32[1,3]: 1 nan -2.5");
    check_input(1, "b", "FP16[2]: 1 2");
    check_input(2, "c", "BYTES[2]: hi ");
    check_input(3, "j", "FP64[1]: 5");
    check_input(4, "d", "INT64[1]: -7");
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq((uintptr_t)inference.inputs.items[i].data % 64, 0);
    ck_assert(inference.binary_output);
    ck_assert_uint_eq(inference.requested.count, 2);
    ck_assert(inference.requested.items[0].says_binary);
    ck_assert(!inference.requested.items[0].binary);
    ck_assert(!inference.requested.items[1].says_binary);
    ck_assert_int_eq(inference.requested.items[1].classification, 3);
}
END_TEST

#define INPUT(members) "{\"inputs\":[{\"name\":\"a\"," members "}]}"

static const struct {
    const char *body;
    kf_status status;
    const char *where;
    const char *message;
    size_t binary; /* Bytes behind the JSON. */
} bad[] = {{"", KF_EPARSE, "", "an object with \"inputs\"", 0},
    {"[]", KF_EPARSE, "", "an object with \"inputs\", not '['", 0},
    {"{}", KF_EMISSING, "inputs", "has no inputs", 0},
    {"{\"inputs\":{}}", KF_EPARSE, "inputs", "a list", 0},
    {"{\"inputs\":[5]}", KF_EPARSE, "inputs[0]", "an object", 0},
    {"{\"inputs\":[],\"inputs\":[]}", KF_EINVAL, "inputs", "twice", 0},
    {"{\"inputs\":[],\"id\":5}", KF_EPARSE, "id", "text in quotes", 0},
    {"{\"inputs\":[],\"parameters\":5}", KF_EPARSE, "parameters", "an object", 0},
    {"{\"inputs\":[],\"outputs\":{}}", KF_EPARSE, "outputs", "a list", 0},
    {"{\"inputs\":[],\"outputs\":[{}]}", KF_EMISSING, "outputs[0].name", "no name", 0},
    {"{\"inputs\":[]} ,", KF_EPARSE, "", "the end of the text", 0},
    {"{\"inputs\":[{\"shape\":[1]}]}", KF_EMISSING, "inputs[0].name", "no name", 0},
    {INPUT("\"shape\":[1],\"data\":[1]"), KF_EMISSING, "inputs[0].datatype",
        "no datatype", 0},
    {INPUT("\"datatype\":\"FP32\",\"data\":[1]"), KF_EMISSING, "inputs[0].shape",
        "no shape", 0},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[1]"), KF_EMISSING, "inputs[0]",
        "'data' field is missing for input 'a'", 0},
    {INPUT("\"datatype\":\"FP31\""), KF_EPARSE, "inputs[0]", "a datatype: BOOL", 0},
    {INPUT("\"datatype\":\"BYTESBYTES\""), KF_EPARSE, "inputs[0]", "a datatype", 0},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[2],\"data\":[1]"), KF_EINVAL,
        "inputs[0].data", "1 elements are given where the shape has 2", 0},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[1],\"data\":1"), KF_EPARSE,
        "inputs[0].data", "a list", 0},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[-2],\"data\":[1]"), KF_EPARSE, "inputs[0]",
        "a dimension of 0 or more, or one -1, not '-'", 0},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[-1,-1],\"data\":[1]"), KF_EPARSE,
        "inputs[0]", "a dimension", 0},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[-1,2],\"data\":[1]"), KF_EINVAL,
        "inputs[0].shape", "1 elements cannot be cut into parts of 2", 0},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[-1,0],\"data\":[]"), KF_EINVAL,
        "inputs[0].shape", "parts of 0", 0},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data\":[1]"),
        KF_EPARSE, "inputs[0]", "at most 8 dimensions", 0},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[9999999999,9999999999],\"data\":[1]"),
        KF_ELIMIT, "inputs[0].shape", "too large", 0},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[999999999],\"data\":[1]"), KF_ELIMIT,
        "inputs[0].shape", "over the limit", 0},
    {INPUT("\"datatype\":\"FP16\",\"shape\":[1],\"data\":[1]"), KF_EINVAL, "inputs[0]",
        "Sending FP16 data via JSON is not supported", 0},
    {INPUT("\"datatype\":\"BF16\",\"shape\":[1],\"data\":[1]"), KF_EINVAL, "inputs[0]",
        "Sending BF16 data via JSON is not supported", 0},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[1],\"data\":[1],\"parameters\":"
           "{\"binary_data_size\":4}"),
        KF_EINVAL, "inputs[0]", "both 'data'", 4},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[1],\"parameters\":"
           "{\"binary_data_size\":-4}"),
        KF_EPARSE, "inputs[0]", "a number of bytes, not '-'", 4},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[2],\"parameters\":"
           "{\"binary_data_size\":4}"),
        KF_EINVAL, "inputs[0].parameters.binary_data_size",
        "4 bytes are not 2 elements of FP32", 4},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[2],\"parameters\":"
           "{\"binary_data_size\":8}"),
        KF_EINVAL, "inputs[0].parameters.binary_data_size",
        "8 bytes, but the body has 4 bytes left", 4},
    {INPUT("\"datatype\":\"FP32\",\"shape\":[1],\"parameters\":"
           "{\"binary_data_size\":4}"),
        KF_EINVAL, "", "4 bytes of the body belong to no input", 8},
    {INPUT("\"datatype\":\"BYTES\",\"shape\":[1],\"parameters\":"
           "{\"binary_data_size\":3}"),
        KF_EINVAL, "inputs[0].parameters.binary_data_size", "not 1 elements", 3},
    {INPUT("\"datatype\":\"BYTES\",\"shape\":[2],\"parameters\":"
           "{\"binary_data_size\":4}"),
        KF_EINVAL, "inputs[0].parameters.binary_data_size", "not 2 elements", 4},
    {"{\"inputs\":[{\"name\":\"a\",\"datatype\":\"FP32\",\"shape\":[0],\"data\":[]}"
     ","
     "{\"name\":\"a\",\"datatype\":\"FP32\",\"shape\":[0],\"data\":[]}]}",
        KF_EINVAL, "inputs[1].name", "two inputs are called 'a'", 0}};

START_TEST(what_is_none)
{
    static const char zeros[16];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        kf_status status =
            read(bad[i].body, bad[i].binary > 0 ? zeros : NULL, bad[i].binary);
        const kf_error *error = kf_last_error();
        ck_assert_msg(
            status == bad[i].status, "%s: %s", bad[i].body, kf_status_name(status));
        ck_assert_msg(strstr(error->message, bad[i].message) != NULL, "%s: %s",
            bad[i].body, error->message);
        ck_assert_msg(strcmp(error->where, bad[i].where) == 0, "%s: %s", bad[i].body,
            error->where);
    }
}
END_TEST

static void ask(const char *name, bool says_binary, bool binary, int64_t classification)
{
    kf_requested_output output = {name, says_binary, binary, classification};
    ck_ok(kf__vec_push(&inference.requested, output));
}

static void add_outputs(void)
{
    const int64_t shape[] = {2, 2}, one = 1;
    const char *text = "x";
    void *data;
    kf__inference_reset(&inference);
    ck_ok(kf_inference_add_output(&inference, "p", KF_DATATYPE_FP32, shape, 2, &data));
    memcpy(data, ((float[]){0.25f, 0.75f, 0.5f, 0.5f}), 16);
    ck_ok(kf_inference_add_texts(&inference, "t", &one, 1, &text));
}

static void check_written(int64_t json_length, const char *expected, size_t length)
{
    kf_buf out = KF__BUF_INIT;
    int64_t found = 77;
    ck_ok(kf__v2_write(&inference, "m", &out, &found));
    ck_assert_int_eq(found, json_length);
    ck_assert_uint_eq(out.length, length);
    if (memcmp(out.data, expected, length) != 0)
        ck_abort_msg("%s", out.data);
    kf__buf_finish(&out);
}

#define CHECK_TEXT(expected) check_written(-1, expected, sizeof(expected) - 1)

START_TEST(json_answers)
{
    add_outputs();
    CHECK_TEXT(
        "{\"model_name\":\"m\",\"model_version\":null,\"id\":null,"
        "\"parameters\":null,\"outputs\":[{\"name\":\"p\",\"shape\":[2,2],"
        "\"datatype\":\"FP32\",\"parameters\":null,\"data\":[0.25,0.75,0.5,0.5]},"
        "{\"name\":\"t\",\"shape\":[1],\"datatype\":\"BYTES\",\"parameters\":null,"
        "\"data\":[\"x\"]}]}");
    inference.id = "4\"2";
    ask("t", false, false, 0);
    CHECK_TEXT("{\"model_name\":\"m\",\"model_version\":null,\"id\":\"4\\\"2\","
               "\"parameters\":null,\"outputs\":[{\"name\":\"t\",\"shape\":[1],"
               "\"datatype\":\"BYTES\",\"parameters\":null,\"data\":[\"x\"]}]}");
}
END_TEST

#define HEAD "{\"model_name\":\"m\",\"model_version\":null,\"id\":null,\"outputs\":["
#define BINARY_P                                                                       \
    "{\"name\":\"p\",\"shape\":[2,2],\"datatype\":\"FP32\",\"parameters\":"            \
    "{\"binary_data_size\":16}}"
#define BINARY_T                                                                       \
    "{\"name\":\"t\",\"shape\":[1],\"datatype\":\"BYTES\",\"parameters\":"             \
    "{\"binary_data_size\":5}}"
#define FLOATS "\0\0\x80\x3e\0\0\x40\x3f\0\0\0\x3f\0\0\0\x3f"

START_TEST(binary_answers)
{
    static const char both[] = HEAD BINARY_P "," BINARY_T "]}" FLOATS "\1\0\0\0x";
    static const char second[] =
        HEAD "{\"name\":\"t\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"x\"]}"
             "," BINARY_P "]}" FLOATS;
    add_outputs();
    inference.binary_output = true;
    check_written((int64_t)sizeof both - 1 - 21, both, sizeof both - 1);
    /* What is asked of one output goes before what is asked of all. */
    ask("t", true, false, 0);
    ask("p", false, false, 0);
    check_written((int64_t)sizeof second - 1 - 16, second, sizeof second - 1);
}
END_TEST

/* As Triton's extension has it. */
START_TEST(classification)
{
    add_outputs();
    ask("p", false, false, 1);
    CHECK_TEXT("{\"model_name\":\"m\",\"model_version\":null,\"id\":null,"
               "\"parameters\":null,\"outputs\":[{\"name\":\"p\",\"shape\":[2,1],"
               "\"datatype\":\"BYTES\",\"parameters\":null,\"data\":[\"0.75:1\","
               "\"0.5:0\"]}]}");
    inference.requested.items[0].classification = 9;
    CHECK_TEXT("{\"model_name\":\"m\",\"model_version\":null,\"id\":null,"
               "\"parameters\":null,\"outputs\":[{\"name\":\"p\",\"shape\":[2,2],"
               "\"datatype\":\"BYTES\",\"parameters\":null,\"data\":[\"0.75:1\","
               "\"0.25:0\",\"0.5:0\",\"0.5:1\"]}]}");
    kf_buf out = KF__BUF_INIT;
    int64_t length;
    inference.requested.items[0].name = "t";
    ck_fails(kf__v2_write(&inference, "m", &out, &length), KF_EINVAL, "no numbers");
    inference.requested.items[0].name = "q";
    ck_fails(kf__v2_write(&inference, "m", &out, &length), KF_EINVAL,
        "Unexpected inference output 'q' for model 'm'");
    kf__buf_finish(&out);
}
END_TEST

static kf_status there_and_back(void)
{
    static const char body[] =
        "{\"id\":\"\\u0031\",\"parameters\":{\"a\":1},\"inputs\":[{\"name\":\"a\","
        "\"shape\":[2],\"datatype\":\"BYTES\",\"data\":[\"x\",\"\\u0079\"]}],"
        "\"outputs\":[{\"name\":\"a\"}]}";
    kf_inference once = KF__INFERENCE_INIT;
    kf_buf out = KF__BUF_INIT;
    int64_t length;
    kf_status status = kf__v2_read(&once, body, sizeof body - 1, -1);
    if (status == KF_OK)
        status = test_echo(NULL, &once);
    if (status == KF_OK)
        status = kf__v2_write(&once, "m", &out, &length);
    kf__buf_finish(&out);
    kf__inference_finish(&once);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    ck_survives_nomem(there_and_back());
}
END_TEST

KF_TEST_MAIN_WITH("serving/protocol_v2", NULL, teardown, json_inputs, binary_inputs,
    what_is_none, json_answers, binary_answers, classification, survives_lack_of_memory)
