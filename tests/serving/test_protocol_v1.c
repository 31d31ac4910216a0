/* SPDX-License-Identifier: Apache-2.0 */
#include "model_test.h"

#include "serving/protocol.h"

static kf_model *plain, *named;
static kf_inference inference;

static void setup(void)
{
    plain = test_model(false);
    named = test_model(true);
}

static void teardown(void)
{
    kf__inference_finish(&inference);
    kf_model_free(plain);
    kf_model_free(named);
}

static void check(const kf_model *model, const char *body, const char *expected)
{
    bool is_event;
    kf_buf out = KF__BUF_INIT;
    kf__inference_reset(&inference);
    ck_ok(kf__v1_read(&inference, model, body, strlen(body), &is_event));
    ck_assert_uint_eq(inference.inputs.count, 1);
    ck_assert_str_eq(inference.inputs.items[0].name, "input-0");
    test_describe(&inference.inputs.items[0], &out);
    ck_assert_msg(
        strcmp(kf__buf_text(&out), expected) == 0, "%s: %s", body, kf__buf_text(&out));
    kf__buf_finish(&out);
}

START_TEST(lists)
{
    check(plain, "{\"instances\":[[1,2,3],[4,5,6]]}", "FP32[2,3]: 1 2 3 4 5 6");
    check(plain, "{\"inputs\":[[1,2,3]]}", "FP32[1,3]: 1 2 3");
    check(plain, "{\"instances\":[1,2,3]}", "FP32[3]: 1 2 3");
    check(plain, "{\"instances\":[[null,NaN,true]]}", "FP32[1,3]: nan nan 1");
    check(plain, "{\"instances\":[]}", "FP32[0,3]:");
    check(plain, "{\"instances\":[\"a\",\"b\"]}", "BYTES[2]: a b");
    check(plain,
        " {\"x\": {\"instances\": 5}, \"instances\" : [ [ 1 ] ] , \"y\":null} ",
        "FP32[1,1]: 1");
}
END_TEST

/* As KServe's get_predict_input chooses. */
START_TEST(inputs_before_instances)
{
    check(plain, "{\"inputs\":[[1]],\"instances\":[[2]]}", "FP32[1,1]: 1");
    check(plain, "{\"instances\":[[2]],\"inputs\":[[1]]}", "FP32[1,1]: 1");
    check(plain, "{\"instances\":[[2]],\"instances\":[[3]]}", "FP32[1,1]: 3");
}
END_TEST

START_TEST(objects)
{
    check(named,
        "{\"instances\":[{\"c\":3,\"a\":1,\"b\":null},{\"a\":4,\"b\":5,\"c\":6}]}",
        "FP32[2,3]: 1 nan 3 4 5 6");
    check(named, "{\"instances\":[{\"b\":[2,5],\"a\":[1,4],\"c\":[3,6]}]}",
        "FP32[2,3]: 1 2 3 4 5 6");
    check(named,
        "{\"instances\":[{\"b\":{\"0\":2,\"x\":5},\"a\":{\"0\":1,\"x\":4},"
        "\"c\":{\"0\":3,\"x\":6}},{\"a\":7,\"b\":8,\"c\":9}]}",
        "FP32[3,3]: 1 2 3 4 5 6 7 8 9");
    check(named, "{\"inputs\":[[{\"a\":1,\"b\":2,\"c\":3},{\"c\":6,\"b\":5,\"a\":4}]]}",
        "FP32[2,3]: 1 2 3 4 5 6");
    /* Without names of its own a model takes them in the order of the first. */
    check(plain,
        "{\"instances\":[{\"z\":1,\"y\":2,\"x\":true},{\"x\":6,\"y\":5,\"z\":4}]}",
        "FP32[2,3]: 1 2 1 4 5 6");
    check(named, "{\"instances\":[{\"a\":[],\"b\":[],\"c\":[]}]}", "FP32[0,3]:");
}
END_TEST

START_TEST(events)
{
    static const char body[] =
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\","
        "\"time\":\"2020-01-01T00:00:00Z\",\"data\":{\"instances\":[[1,2,3]]}}";
    bool is_event;
    check(plain, body, "FP32[1,3]: 1 2 3");
    ck_ok(kf__v1_read(&inference, plain, body, sizeof body - 1, &is_event));
    ck_assert(is_event);
    ck_ok(
        kf__v1_read(&inference, plain, "{\"inputs\":[[1]],\"data\":1}", 25, &is_event));
    ck_assert(!is_event);
}
END_TEST

START_TEST(what_is_none)
{
    static const struct {
        const char *body;
        kf_status status;
        const char *where;
        const char *message;
    } bad[] = {{"", KF_EPARSE, "", "ends too early: expected an object"},
        {"[]", KF_EPARSE, "", "an object with \"instances\" or \"inputs\", not '['"},
        {"null", KF_EPARSE, "", "an object"}, {"{", KF_EPARSE, "", "ends too early"},
        {"{}", KF_EMISSING, "", "Expected \"instances\" or \"inputs\""},
        {"{\"instances\":5}", KF_ETYPE, "", "Expected \"instances\" to be a list"},
        {"{\"inputs\":{\"a\":1}}", KF_ETYPE, "", "Expected \"inputs\" to be a list"},
        {"{\"instances\":[[1]]} x", KF_EPARSE, "", "the end of the text"},
        {"{\"instances\":[[1],[2,3]]}", KF_EINVAL, "instances", "same length"},
        {"{\"instances\":[[1,\"a\"]]}", KF_EPARSE, "instances", "a number"},
        {"{\"instances\":[[1,2,", KF_EPARSE, "instances", "ends too early"},
        {"{\"instances\":[{\"a\":1,\"b\":2,\"d\":3}]}", KF_EINVAL, "instances[0]",
            "no feature 'd' in the model"},
        {"{\"instances\":[{\"a\":1,\"b\":2}]}", KF_EMISSING, "instances[0]",
            "the feature 'c' is missing"},
        {"{\"instances\":[{\"a\":1,\"a\":2}]}", KF_EINVAL, "instances[0]",
            "given twice"},
        {"{\"instances\":[{\"a\":[1],\"b\":[2,3],\"c\":[1]}]}", KF_EINVAL,
            "instances[0]", "'b' has 2 values where the first has 1"},
        {"{\"instances\":[{\"a\":{\"0\":1},\"b\":{\"1\":1},\"c\":1}]}", KF_EINVAL,
            "instances[0].b", "the row '1' is not where the first column has it"},
        {"{\"instances\":[{\"a\":\"x\"}]}", KF_ETYPE, "instances[0].a",
            "a number, not a text"},
        {"{\"instances\":[{\"a\":1,\"b\":2,\"c\":3},5]}", KF_EPARSE, "instances[1]",
            "an object"},
        {"{\"instances\":[{\"a\":1,\"b\":2,\"c\":[[3]]}]}", KF_EPARSE, "instances[0].c",
            "a number"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool is_event;
        kf__inference_reset(&inference);
        kf_status status =
            kf__v1_read(&inference, named, bad[i].body, strlen(bad[i].body), &is_event);
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

static void add_output(const char *name, size_t rank, const int64_t *shape,
    const double *numbers, size_t count)
{
    void *data;
    ck_ok(kf_inference_add_output(
        &inference, name, KF_DATATYPE_FP64, shape, rank, &data));
    memcpy(data, numbers, count * sizeof *numbers);
}

static void check_written(const char *expected)
{
    kf_buf out = KF__BUF_INIT;
    ck_ok(kf__v1_write(&inference, "predictions", &out));
    ck_assert_str_eq(kf__buf_text(&out), expected);
    kf__buf_finish(&out);
}

START_TEST(answers)
{
    const double numbers[] = {1, 2.5, -3e-7, NAN, 1e300, 0.1};
    const int64_t shape[] = {2, 3}, three = 3, one = 1;
    const char *texts[] = {"a", "b\"", "\xC3\xA9"};
    add_output("x", 2, shape, numbers, 6);
    check_written("{\"predictions\":[[1.0,2.5,-3e-07],[null,1e+300,0.1]]}");
    add_output("y", 1, shape, numbers, 2);
    check_written("{\"predictions\":[{\"x\":[1.0,2.5,-3e-07],\"y\":1.0},"
                  "{\"x\":[null,1e+300,0.1],\"y\":2.5}]}");
    kf__inference_reset(&inference);
    ck_ok(kf_inference_add_texts(&inference, "t", &three, 1, texts));
    check_written("{\"predictions\":[\"a\",\"b\\\"\",\"\xC3\xA9\"]}");
    add_output("n", 1, &three, numbers, 3);
    check_written(
        "{\"predictions\":[{\"t\":\"a\",\"n\":1.0},{\"t\":\"b\\\"\",\"n\":2.5},"
        "{\"t\":\"\xC3\xA9\",\"n\":-3e-07}]}");
    add_output("o", 1, &one, numbers, 1);
    check_written("{\"predictions\":{\"t\":[\"a\",\"b\\\"\",\"\xC3\xA9\"],"
                  "\"n\":[1.0,2.5,-3e-07],\"o\":[1.0]}}");
    kf__inference_reset(&inference);
    check_written("{\"predictions\":{}}");
}
END_TEST

START_TEST(texts_must_be_utf8)
{
    const int64_t one = 1;
    const char *texts[] = {"\xFF"};
    kf_buf out = KF__BUF_INIT;
    ck_ok(kf_inference_add_texts(&inference, "t", &one, 1, texts));
    ck_fails(
        kf__v1_write(&inference, "predictions", &out), KF_EUNSUPPORTED, "no UTF-8");
    kf__buf_finish(&out);
}
END_TEST

static kf_status read_once(const char *body)
{
    bool is_event;
    kf_inference once = KF__INFERENCE_INIT;
    kf_status status = kf__v1_read(&once, named, body, strlen(body), &is_event);
    kf__inference_finish(&once);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    ck_survives_nomem(read_once("{\"instances\":[[1,2,3],[4,5,6]]}"));
    ck_survives_nomem(read_once("{\"instances\":[\"\\u0061\"]}"));
    ck_survives_nomem(read_once(
        "{\"instances\":[{\"a\":{\"\\u0030\":1},\"b\":{\"0\":1},\"c\":{\"0\":1}}]}"));
}
END_TEST

KF_TEST_MAIN_WITH("serving/protocol_v1", setup, teardown, lists,
    inputs_before_instances, objects, events, what_is_none, answers, texts_must_be_utf8,
    survives_lack_of_memory)
