/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "json_test.h"
#include "model_test.h"
#include "oip_messages.h"
#include "serving/oip.h"

static kf_oip_request request;
static kf_arena arena;
static kf_tree tree;
static kf_buf message;

static void setup(void)
{
    memset(&request, 0, sizeof request);
    arena = KF__ARENA_INIT;
    tree = KF__TREE_INIT;
    message = KF__BUF_INIT;
}

static void teardown(void)
{
    kf__oip_request_finish(&request);
    kf__arena_finish(&arena);
    kf__tree_finish(&tree);
    kf__buf_finish(&message);
}

static kf_status read_message(void)
{
    return kf__oip_read(
        &request, &arena, &tree, kf__proto_of(message.data, message.length));
}

static void ck_json(const kf_value *value, const char *expected)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, value, KF_JSON_COMPACT);
    ck_assert_str_eq(kf__buf_text(&text), expected);
    kf__buf_finish(&text);
}

START_TEST(reads_all_of_a_request)
{
    ck_ok(kf__oip_read(&request, &arena, &tree, OIP_BYTES(OIP_REQUEST)));
    ck_assert_str_eq(request.model, "m");
    ck_assert_str_eq(request.id, "7");
    ck_json(request.parameters, "{\"a\":true,\"b\":-5,\"c\":\"x\"}");
    ck_assert_uint_eq(request.inputs.count, 1);
    const kf_oip_input *input = &request.inputs.items[0];
    ck_assert_str_eq(input->name, "i");
    ck_assert_int_eq(input->datatype, KF_DATATYPE_INT64);
    ck_assert_uint_eq(input->rank, 2);
    ck_assert_int_eq(input->shape[0], 2);
    ck_assert_int_eq(input->shape[1], 1);
    ck_json(input->parameters, "{\"q\":\"v\"}");
    ck_assert(input->has_contents);
    ck_assert_uint_eq(request.outputs.count, 1);
    ck_assert_str_eq(request.outputs.items[0].name, "o");
    ck_json(request.outputs.items[0].parameters, "{\"classification\":2}");
    ck_assert_uint_eq(request.raw.count, 0);
}
END_TEST

START_TEST(asks_what_was_asked)
{
    kf_inference inference = KF__INFERENCE_INIT;
    ck_ok(kf__oip_read(&request, &arena, &tree, OIP_BYTES(OIP_REQUEST)));
    ck_ok(kf__oip_read_rest(&request, &inference));
    ck_assert_str_eq(inference.id, "7");
    ck_json(kf_inference_parameters(&inference), "{\"a\":true,\"b\":-5,\"c\":\"x\"}");
    ck_assert_uint_eq(inference.requested.count, 1);
    ck_assert_str_eq(inference.requested.items[0].name, "o");
    ck_assert_int_eq(inference.requested.items[0].classification, 2);
    kf__inference_finish(&inference);
}
END_TEST

/* Of Triton: fields 4 and 5. What is not known is skipped, the last of several counts. */
START_TEST(reads_parameters_of_triton)
{
    for (int i = 0; i < 4; i++) {
        size_t entry = kf__proto_begin(&message, 4);
        kf__proto_put_text(&message, 1, (const char *[]){"d", "u", "v", "w"}[i]);
        size_t value = kf__proto_begin(&message, 2);
        if (i == 0)
            kf__proto_put_double(&message, 4, 0.5);
        else if (i == 1)
            kf__proto_put_integer(&message, 5, 7);
        else if (i == 2)
            kf__proto_put_integer(&message, 5, UINT64_MAX);
        kf__proto_put_integer(&message, 99, 1);
        kf__proto_end(&message, value);
        kf__proto_end(&message, entry);
    }
    kf__proto_put_text(&message, 1, "first");
    kf__proto_put_text(&message, 1, "last");
    ck_ok(read_message());
    ck_json(request.parameters, "{\"d\":0.5,\"u\":7,\"v\":1.8446744073709552e+19}");
    ck_assert_str_eq(request.model, "last");
}
END_TEST

START_TEST(reads_texts_of_small_messages)
{
    const char *text;
    kf__proto_put_text(&message, 2, "version");
    kf__proto_put_text(&message, 1, "iris");
    kf_proto bytes = kf__proto_of(message.data, message.length);
    ck_ok(kf__oip_text(&arena, bytes, 1, &text));
    ck_assert_str_eq(text, "iris");
    ck_ok(kf__oip_text(&arena, bytes, 3, &text));
    ck_assert_str_eq(text, "");
    ck_fails(kf__oip_text(&arena, OIP_BYTES("\x0a\x02\xff\xfe"), 1, &text), KF_EINVAL,
        "no message of this method");
    ck_fails(kf__oip_text(&arena, OIP_BYTES("\x0a\x01\0"), 1, &text), KF_EINVAL,
        "no message of this method");
    ck_fails(
        kf__oip_text(&arena, OIP_BYTES("\x08\x01"), 1, &text), KF_EINVAL, "no message");
    ck_fails(
        kf__oip_text(&arena, OIP_BYTES("\xff"), 9, &text), KF_EINVAL, "no message");
}
END_TEST

/* ---- what is refused ---- */

/* An input of FP32[1], with more in it. */
static size_t begin_input(const char *name, const char *datatype)
{
    size_t input = kf__proto_begin(&message, 5);
    kf__proto_put_text(&message, 1, name);
    if (datatype != NULL)
        kf__proto_put_text(&message, 2, datatype);
    return input;
}

static void put_contents(const char *bytes)
{
    kf__proto_put_bytes(&message, 5, bytes, strlen(bytes));
}

START_TEST(refuses_raw_that_is_not_of_all)
{
    size_t input = begin_input("x", "FP32");
    kf__proto_end(&message, input);
    kf__proto_put_bytes(&message, 7, "1234", 4);
    kf__proto_put_bytes(&message, 7, "1234", 4);
    kf__proto_put_text(&message, 1, "m");
    ck_fails(read_message(), KF_EINVAL,
        "the number of inputs (1) does not match the expected number of raw input "
        "contents (2) for model 'm'.");
    kf__buf_truncate(&message, 0);
    input = begin_input("x", "FP32");
    put_contents("");
    kf__proto_end(&message, input);
    kf__proto_put_bytes(&message, 7, "1234", 4);
    ck_fails(read_message(), KF_EINVAL,
        "contents field must not be specified when using raw_input_contents for input "
        "'x' for model ''");
}
END_TEST

START_TEST(refuses_inputs)
{
    static const struct {
        const char *datatype;
        int64_t shape[9];
        size_t rank;
        const char *where, *message;
    } cases[] = {
        {NULL, {1}, 1, "inputs[0].datatype", "the input has no datatype"},
        {"FP33", {1}, 1, "inputs[0].datatype", "'FP33' is none: expected BOOL"},
        {"FP32", {-2}, 1, "inputs[0].shape", "dimensions of 0 or more, or one -1"},
        {"FP32", {-1, -1}, 2, "inputs[0].shape", "dimensions of 0 or more, or one -1"},
        {"FP32", {1, 1, 1, 1, 1, 1, 1, 1, 1}, 9, "inputs[0].shape", "8 dimensions"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kf__buf_truncate(&message, 0);
        size_t input = begin_input("x", cases[i].datatype);
        for (size_t k = 0; k < cases[i].rank; k++) /* Not packed, which is as good. */
            kf__proto_put_integer(&message, 3, (uint64_t)cases[i].shape[k]);
        kf__proto_end(&message, input);
        ck_fails(read_message(), cases[i].datatype ? KF_EINVAL : KF_EMISSING,
            cases[i].message);
        ck_assert_str_eq(kf_last_error()->where, cases[i].where);
    }
}
END_TEST

START_TEST(refuses_what_is_given_twice)
{
    for (int i = 0; i < 2; i++) {
        size_t input = begin_input("x", "fp32");
        kf__proto_end(&message, input);
    }
    ck_fails(read_message(), KF_EINVAL, "two inputs are called 'x'");
    kf__buf_truncate(&message, 0);
    size_t input = begin_input("x", "FP32");
    put_contents("");
    put_contents("");
    kf__proto_end(&message, input);
    ck_fails(read_message(), KF_EINVAL, "they are given twice");
}
END_TEST

START_TEST(refuses_classifications_of_none)
{
    kf_inference inference = KF__INFERENCE_INIT;
    size_t output = kf__proto_begin(&message, 6);
    size_t entry = kf__proto_begin(&message, 2);
    kf__proto_put_text(&message, 1, "classification");
    size_t value = kf__proto_begin(&message, 2);
    kf__proto_put_integer(&message, 2, 0);
    kf__proto_end(&message, value);
    kf__proto_end(&message, entry);
    kf__proto_end(&message, output);
    ck_ok(read_message());
    ck_fails(kf__oip_read_rest(&request, &inference), KF_EINVAL,
        "expected a number of classes above 0");
    kf__inference_finish(&inference);
}
END_TEST

/* Each of them cut anywhere but between its fields. */
START_TEST(refuses_messages_that_are_cut)
{
    static const size_t whole[] = {0, 3, 6, 15, 33, 43, 85};
    for (size_t length = 0; length < sizeof OIP_REQUEST - 1; length++) {
        bool is_whole = false;
        for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
            is_whole |= length == whole[i];
        kf_status status =
            kf__oip_read(&request, &arena, &tree, kf__proto_of(OIP_REQUEST, length));
        ck_assert_msg(status == (is_whole ? KF_OK : KF_EINVAL), "%zu bytes: %s", length,
            kf_status_name(status));
    }
}
END_TEST

static kf_status read_and_forget(void)
{
    kf_inference inference = KF__INFERENCE_INIT;
    kf_oip_request own = {0};
    kf_status status =
        kf__oip_read(&own, &inference.arena, &inference.tree, OIP_BYTES(OIP_REQUEST));
    if (status == KF_OK)
        status = kf__oip_read_tensors(&own, &inference);
    if (status == KF_OK)
        status = kf__oip_read_rest(&own, &inference);
    kf__inference_finish(&inference);
    kf__oip_request_finish(&own);
    return status;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(read_and_forget());
}
END_TEST

KF_TEST_MAIN_WITH("oip_read", setup, teardown, reads_all_of_a_request,
    asks_what_was_asked, reads_parameters_of_triton, reads_texts_of_small_messages,
    refuses_raw_that_is_not_of_all, refuses_inputs, refuses_what_is_given_twice,
    refuses_classifications_of_none, refuses_messages_that_are_cut, out_of_memory)
