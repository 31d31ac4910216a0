/* SPDX-License-Identifier: Apache-2.0 */
#include "model_test.h"
#include "oip_messages.h"
#include "serving/oip.h"

static kf_oip_request request;
static kf_inference inference;
static kf_buf out;

static void setup(void)
{
    memset(&request, 0, sizeof request);
    inference = KF__INFERENCE_INIT;
    out = KF__BUF_INIT;
}

static void teardown(void)
{
    kf__oip_request_finish(&request);
    kf__inference_finish(&inference);
    kf__buf_finish(&out);
}

static void take(kf_proto message)
{
    ck_ok(kf__oip_read(&request, &inference.arena, &inference.tree, message));
    ck_ok(kf__oip_read_tensors(&request, &inference));
}

START_TEST(writes_json)
{
    take(OIP_BYTES(OIP_REQUEST));
    ck_ok(kf__oip_write_v2(&request, &inference, &out, NULL));
    ck_assert_str_eq(kf__buf_text(&out),
        "{\"inputs\":[{\"name\":\"i\",\"shape\":[2,1],\"datatype\":\"INT64\","
        "\"parameters\":{\"q\":\"v\"},\"data\":[-1,300]}],\"id\":\"7\",\"parameters\":"
        "{\"a\":true,\"b\":-5,\"c\":\"x\"},\"outputs\":[{\"name\":\"o\",\"parameters\":"
        "{\"classification\":2}}]}");
    ck_assert(kf__oip_is_exact_json(&inference));
}
END_TEST

START_TEST(writes_binary)
{
    int64_t length;
    static const char json[] =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"FP32\","
        "\"parameters\":{\"binary_data_size\":8}},{\"name\":\"t\",\"shape\":[1],"
        "\"datatype\":\"BYTES\",\"parameters\":{\"binary_data_size\":6}}],"
        "\"parameters\":{\"binary_data_output\":true}}";
    take(OIP_BYTES(OIP_RAW));
    ck_ok(kf__oip_write_v2(&request, &inference, &out, &length));
    ck_assert_int_eq(length, sizeof json - 1);
    ck_assert_uint_eq(out.length, sizeof json - 1 + 14);
    ck_assert_mem_eq(out.data, json, sizeof json - 1);
    ck_assert_mem_eq(out.data + length, "\0\0\xc0\x3f\0\0\0\xc0\2\0\0\0hi", 14);
    kf__buf_truncate(&out, 0);
    kf__inference_reset(&inference);
    take(OIP_BYTES(OIP_REQUEST));
    ck_ok(kf__oip_write_v2(&request, &inference, &out, &length));
    ck_assert_ptr_nonnull(
        strstr(out.data, "\"parameters\":{\"q\":\"v\",\"binary_data_size\":16}"));
    ck_assert_ptr_nonnull(
        strstr(out.data, "{\"classification\":2,\"binary_data\":true}"));
    ck_assert_ptr_nonnull(strstr(out.data, "\"c\":\"x\",\"binary_data_output\":true}"));
}
END_TEST

/* x FP16[1] raw; x BYTES[1] of bytes that are no UTF-8; x FP32[1] of NaN. */
START_TEST(says_what_json_cannot_hold)
{
    take(OIP_BYTES("\x2a\x0c\x0a\x01x\x12\x04"
                   "FP16\x1a\x01\x01\x3a\x02\0\x3c"));
    ck_fails(kf__oip_write_v2(&request, &inference, &out, NULL), KF_EUNSUPPORTED,
        "the input 'x' of FP16 cannot be JSON");
    kf__inference_reset(&inference);
    take(OIP_BYTES("\x2a\x12\x0a\x01x\x12\x05"
                   "BYTES\x1a\x01\x01\x2a\x03\x42\x01\xff"));
    ck_fails(kf__oip_write_v2(&request, &inference, &out, NULL), KF_EUNSUPPORTED,
        "no UTF-8");
    kf__inference_reset(&inference);
    take(OIP_BYTES("\x2a\x0c\x0a\x01x\x12\x04"
                   "FP32\x1a\x01\x01\x3a\x04\0\0\xc0\x7f"));
    ck_assert(!kf__oip_is_exact_json(&inference));
}
END_TEST

/* ---- answers ---- */

static const char json_answer[] =
    "{\"model_name\": \"elsewhere\", \"model_version\": null, \"id\": \"7\", "
    "\"parameters\": null, \"outputs\": [{\"name\": \"o\", \"shape\": [2], "
    "\"datatype\": "
    "\"INT8\", \"parameters\": null, \"data\": [-1, 5]}, {\"name\": \"t\", \"shape\": "
    "[1], \"datatype\": \"BYTES\", \"data\": [\"hi\"]}]}";

static const char binary_answer[] =
    "{\"id\": \"7\", \"outputs\": [{\"name\": \"o\", \"shape\": [2], \"datatype\": "
    "\"INT8\", \"parameters\": {\"binary_data_size\": 2}}, {\"name\": \"h\", "
    "\"shape\": "
    "[1, 1], \"datatype\": \"FP16\", \"parameters\": {\"binary_data_size\": 2}}]}"
    "\xff\x05\0\x3c";

START_TEST(reads_answers)
{
    ck_ok(kf__oip_of_v2(json_answer, sizeof json_answer - 1, -1, "m", false, &out));
    ck_assert_uint_eq(out.length, sizeof OIP_RESPONSE - 1);
    ck_assert_mem_eq(out.data, OIP_RESPONSE, out.length);
    kf__buf_truncate(&out, 0);
    ck_ok(kf__oip_of_v2(binary_answer, sizeof binary_answer - 1,
        sizeof binary_answer - 5, "m", false, &out));
    ck_assert_uint_eq(out.length, sizeof OIP_RAW_RESPONSE - 1);
    ck_assert_mem_eq(out.data, OIP_RAW_RESPONSE, out.length);
}
END_TEST

/* {n: 3}, which JSON says and a list that no parameter can be. */
START_TEST(keeps_parameters_of_answers)
{
    static const char json[] =
        "{\"parameters\": {\"n\": 3, \"l\": []}, \"outputs\": []}";
    static const char expected[] = "\x0a\x01m\x22\x07\x0a\x01n\x12\x02\x10\x03";
    ck_ok(kf__oip_of_v2(json, sizeof json - 1, -1, "m", false, &out));
    ck_assert_uint_eq(out.length, sizeof expected - 1);
    ck_assert_mem_eq(out.data, expected, out.length);
}
END_TEST

START_TEST(refuses_answers)
{
    static const struct {
        const char *json, *message;
    } cases[] = {
        {"{}", "the answer has no outputs"},
        {"[]", "expected an object with \"outputs\""},
        {"no", "expected"},
        {"{\"outputs\": [{\"name\": \"o\"}]}", "the input has no datatype"},
        {"{\"outputs\": []} more", "expected"},
        {"{\"outputs\": [], \"outputs\": []}", "they are given twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kf_status status =
            kf__oip_of_v2(cases[i].json, strlen(cases[i].json), -1, "m", false, &out);
        ck_assert_int_ne(status, KF_OK);
        ck_assert_msg(strstr(kf_last_error()->message, cases[i].message) != NULL,
            "%s: %s", cases[i].json, kf_last_error()->message);
    }
}
END_TEST

static kf_status convert_and_forget(void)
{
    kf_buf own = KF__BUF_INIT;
    kf_status status =
        kf__oip_of_v2(json_answer, sizeof json_answer - 1, -1, "m", true, &own);
    kf__buf_finish(&own);
    return status;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(convert_and_forget());
}
END_TEST

KF_TEST_MAIN_WITH("oip_v2", setup, teardown, writes_json, writes_binary,
    says_what_json_cannot_hold, reads_answers, keeps_parameters_of_answers,
    refuses_answers, out_of_memory)
