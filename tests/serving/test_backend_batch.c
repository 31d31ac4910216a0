/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/backend_batch.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "call_test.h"

/* A model: what it was asked, and what it says. */
static char asked[512];
static const char *says;
static int status;
static atomic_int calls;

static void model_serve(kf_backend *self, kf_call *call)
{
    (void)self;
    (void)snprintf(
        asked, sizeof asked, "%s %.*s", call->path, (int)call->body_length, call->body);
    atomic_fetch_add(&calls, 1);
    test_answer(call, status, says);
}

static kf_backend *make(int64_t size, int64_t latency_ms)
{
    static const kf_backend_table table = {model_serve, test_backend_free};
    static kf_backend model = {&table};
    kf_backend *batcher;
    status = 200;
    atomic_store(&calls, 0);
    ck_ok(kf__backend_batch(&model, size, latency_ms, &batcher));
    return batcher;
}

/* Without the id of the batch, which is by chance. */
static void is_answer(test_call *made, int expected, const char *body)
{
    const char *text = kf__buf_text(&made->call.reply.body);
    const char *id = strstr(text, "\"batchId\":\"");
    char seen[512];
    if (id != NULL)
        (void)snprintf(seen, sizeof seen, "%.*s%s", (int)(id - text), text, id + 49);
    else
        (void)snprintf(seen, sizeof seen, "%s", text);
    ck_assert_int_eq(made->done, 1);
    ck_assert_int_eq(made->call.reply.status, expected);
    ck_assert_str_eq(seen, body);
    test_call_finish(made);
}

static void ask(
    kf_backend *batcher, test_call *made, const char *path, const char *body)
{
    test_call_init(made, path, body);
    kf__serve(batcher, &made->call);
}

#define PREDICT "/v1/models/m:predict"
#define ONE "{\"instances\":[[1,2.5]]}"
#define TWO "{\"instances\":[[3,4],\"x\"]}"

START_TEST(by_size)
{
    test_call one, two;
    kf_backend *batcher = make(3, 3600000);
    says = "{\"predictions\":[1,[2],0.1]}";
    ask(batcher, &one, PREDICT, ONE);
    ck_assert_int_eq(one.done, 0);
    ask(batcher, &two, PREDICT, TWO);
    ck_assert_str_eq(asked, PREDICT " {\"instances\":[[1,2.5],[3,4],\"x\"]}");
    is_answer(&one, 200, "{\"message\":\"\",\"predictions\":[1]}");
    is_answer(&two, 200, "{\"message\":\"\",\"predictions\":[[2],0.1]}");
    kf__backend_free(batcher);
}
END_TEST

/* A model of another path has a batch of its own. */
START_TEST(by_path)
{
    test_call one, two;
    kf_backend *batcher = make(2, 3600000);
    says = "{\"predictions\":[7]}";
    ask(batcher, &one, "/v1/models/a:predict", ONE);
    says = "{\"predictions\":[7]}";
    ask(batcher, &two, "/v1/models/b:predict", TWO);
    ck_assert_int_eq(atomic_load(&calls), 2);
    is_answer(&one, 200, "{\"message\":\"\",\"predictions\":[7]}");
    is_answer(&two, 500,
        "{\"error\":\"size of prediction is not equal to the size of instances\"}");
    kf__backend_free(batcher);
}
END_TEST

START_TEST(by_time)
{
    test_call one;
    kf_backend *batcher = make(100, 1);
    says = "{\"predictions\":[7]}";
    ask(batcher, &one, PREDICT, ONE);
    for (int i = 0; i < 10000 && atomic_load(&calls) == 0; i++)
        kf__sleep_ms(1);
    kf__backend_free(batcher); /* Waits for what is under way. */
    is_answer(&one, 200, "{\"message\":\"\",\"predictions\":[7]}");
}
END_TEST

START_TEST(errors)
{
    test_call one, two;
    kf_backend *batcher = make(2, 3600000);
    says = "{\"error\":\"no\"}";
    status = 503;
    ask(batcher, &one, PREDICT, ONE);
    ask(batcher, &two, PREDICT, ONE);
    is_answer(&one, 503, "{\"error\":\"no\"}");
    is_answer(&two, 503, "{\"error\":\"no\"}");
    ask(batcher, &one, PREDICT, "{\"inputs\":[1]}");
    is_answer(&one, 400, "{\"error\":\"no instances in the request\"}");
    ask(batcher, &one, PREDICT, "{\"instances\":");
    ck_assert_int_eq(one.call.reply.status, 400);
    test_call_finish(&one);
    kf__backend_free(batcher);
}
END_TEST

START_TEST(others_pass)
{
    test_call one;
    kf_backend *batcher = make(2, 3600000);
    says = "{}";
    ask(batcher, &one, "/v1/models/m:explain", ONE);
    is_answer(&one, 200, "{}");
    ask(batcher, &one, "/v1/models/m", NULL);
    is_answer(&one, 200, "{}");
    kf__backend_free(batcher);
}
END_TEST

#define INFER "/v2/models/m/infer"
#define INPUT(shape, data)                                                             \
    "{\"name\":\"x\",\"shape\":[" shape "],\"datatype\":\"FP32\",\"data\":[" data "]}"
#define LABELS(count, data)                                                            \
    "{\"name\":\"s\",\"datatype\":\"BYTES\",\"shape\":[" count "],\"data\":[" data "]" \
    "}"

/* Tensors of several requests behind each other, and the rows of the answer apart. */
START_TEST(rows_of_v2)
{
    test_call one, two;
    kf_backend *batcher = make(3, 3600000);
    says =
        "{\"model_name\":\"m\",\"model_version\":null,\"id\":\"all\",\"parameters\":"
        "null,\"outputs\":[{\"name\":\"y\",\"shape\":[3,2],\"datatype\":\"FP64\","
        "\"parameters\":null,\"data\":[1,2,[3,4],[5,6.5]]},{\"name\":\"z\",\"shape\":"
        "[3],\"datatype\":\"BYTES\",\"data\":[\"a\",\"b\",\"c\"]}]}";
    ask(batcher, &one, INFER,
        "{\"id\":\"7\",\"inputs\":[" INPUT("2,2", "[1,2],[3,4.5]") "," LABELS(
            "2", "\"p\",\"q\"") "],\"outputs\":[{\"name\":\"y\"}]}");
    ck_assert_int_eq(one.done, 0);
    ask(batcher, &two, INFER,
        "{\"id\":\"8\",\"inputs\":[" INPUT("1,2", "5,6") "," LABELS(
            "1", "\"r\"") "],\"outputs\":[{\"name\":\"y\"}]}");
    ck_assert_str_eq(
        asked, INFER " {\"inputs\":[" INPUT("3,2", "1,2,3,4.5,5,6") "," LABELS(
                   "3", "\"p\",\"q\",\"r\"") "],\"outputs\":[{\"name\":\"y\"}]}");
#define START "{\"model_name\":\"m\",\"model_version\":null,\"id\":\""
    is_answer(&one, 200,
        START "7\",\"parameters\":null,\"outputs\":[{\"name\":\"y\",\"shape\":[2,2],"
              "\"datatype\":\"FP64\",\"parameters\":null,\"data\":[1,2,3,4]},{\"name\":"
              "\"z\",\"shape\":[2],\"datatype\":\"BYTES\",\"data\":[\"a\",\"b\"]}]}");
    is_answer(&two, 200,
        START "8\",\"parameters\":null,\"outputs\":[{\"name\":\"y\",\"shape\":[1,2],"
              "\"datatype\":\"FP64\",\"parameters\":null,\"data\":[5,6.5]},{\"name\":"
              "\"z\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"c\"]}]}");
    kf__backend_free(batcher);
}
END_TEST

/* What differs in more than its rows does not go with the others. */
START_TEST(v2_that_differs)
{
    static const char *const others[] = {
        "{\"inputs\":[{\"name\":\"w\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":["
        "1,2]}]}",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"FP64\",\"data\":["
        "1,2]}]}",
        "{\"inputs\":[" INPUT("1,3", "1,2,3") "]}",
        "{\"inputs\":[" INPUT("1,2", "1,2") "],\"outputs\":[{\"name\":\"y\"}]}",
        "{\"inputs\":[" INPUT("1,2", "1,2") "," INPUT("1,2", "1,2") "]}", ONE};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        test_call one, two;
        kf_backend *batcher = make(2, 3600000);
        says = "{\"outputs\":[{\"name\":\"y\",\"shape\":[1],\"data\":[7]}]}";
        ask(batcher, &one, INFER,
            "{\"id\":\"a\",\"inputs\":[" INPUT("1,2", "1,2") "]}");
        ck_assert_int_eq(one.done, 0);
        ask(batcher, &two, i < 5 ? INFER : PREDICT, others[i]);
        is_answer(&one, 200,
            "{\"outputs\":[{\"name\":\"y\",\"shape\":[1],\"data\":[7]}],\"id\":\"a\"}");
        ck_assert_int_eq(two.done, 0);
        says = "{\"predictions\":[7,8],\"outputs\":[{\"shape\":[2],\"data\":[7,8]}]}";
        test_call three;
        ask(batcher, &three, i < 5 ? INFER : PREDICT, others[i]);
        ck_assert_int_eq(two.call.reply.status, 200);
        ck_assert_int_eq(three.call.reply.status, 200);
        test_call_finish(&two);
        test_call_finish(&three);
        kf__backend_free(batcher);
    }
}
END_TEST

/* What the model has to say of such requests is its own. */
START_TEST(v2_that_goes_by_itself)
{
    static const char *const bodies[] = {"no JSON", "{}", "{\"inputs\":[]}",
        "{\"inputs\":[" INPUT("2,2", "1,2,3") "]}",
        "{\"inputs\":[" INPUT("0,2", "") "]}", "{\"inputs\":[" INPUT("", "1") "]}",
        "{\"inputs\":[" INPUT("1,2", "1,2") "," LABELS("2", "\"a\",\"b\"") "]}",
        "{\"parameters\":{},\"inputs\":[" INPUT("1,2", "1,2") "]}",
        "{\"inputs\":[" INPUT("1,2", "1,2") "],\"outputs\":[{\"name\":\"y\","
                                            "\"parameters\":{\"binary_data\":true}}]}",
        "{\"inputs\":[" INPUT("9223372036854775807,9223372036854775807", "1") "]}"};
    kf_backend *batcher = make(2, 3600000);
    says = "as it came";
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        test_call one;
        char whole[512];
        ask(batcher, &one, INFER, bodies[i]);
        (void)snprintf(whole, sizeof whole, INFER " %s", bodies[i]);
        ck_assert_str_eq(asked, whole);
        is_answer(&one, 200, "as it came");
    }
    test_call one;
    const kf_header binary = {"inference-header-content-length", "9"};
    test_call_init(&one, INFER, "{\"inputs\":[" INPUT("1,2", "1,2") "]}");
    one.call.headers = &binary;
    one.call.header_count = 1;
    kf__serve(batcher, &one.call);
    is_answer(&one, 200, "as it came");
    kf__backend_free(batcher);
}
END_TEST

START_TEST(v2_without_rows)
{
    static const char *const answers[] = {"{}", "{\"outputs\":7}",
        "{\"outputs\":[{\"name\":\"y\",\"shape\":[1],\"data\":[7]}]}",
        "{\"outputs\":[{\"name\":\"y\",\"shape\":[2],\"data\":[7]}]}"};
    kf_backend *batcher = make(2, 3600000);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        test_call one;
        says = answers[i];
        ask(batcher, &one, INFER, "{\"inputs\":[" INPUT("2,2", "1,2,3,4") "]}");
        is_answer(&one, 500,
            "{\"error\":\"the outputs for a batch have not as many rows as its "
            "inputs\"}");
    }
    kf__backend_free(batcher);
}
END_TEST

/* As KServe's New(-1, -1): 32 and 5 s. */
START_TEST(defaults)
{
    test_call made[32];
    kf_backend *batcher = make(-1, -1);
    says =
        "{\"predictions\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,"
        "24,25,26,27,28,29,30,31,32]}";
    for (int i = 0; i < 32; i++) {
        ck_assert_int_eq(atomic_load(&calls), 0);
        ask(batcher, &made[i], PREDICT, ONE);
    }
    ck_assert_int_eq(atomic_load(&calls), 1);
    is_answer(&made[31], 200, "{\"message\":\"\",\"predictions\":[32]}");
    for (int i = 0; i < 31; i++)
        test_call_finish(&made[i]);
    kf__backend_free(batcher);
}
END_TEST

KF_TEST_MAIN("serving/backend_batch", by_size, by_path, by_time, errors, others_pass,
    rows_of_v2, v2_that_differs, v2_that_goes_by_itself, v2_without_rows, defaults)
