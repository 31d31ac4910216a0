/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/backend_batch.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "call_test.h"

/* A model: what it was asked, and what it says. */
static char asked[256];
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

KF_TEST_MAIN("serving/backend_batch", by_size, by_path, by_time, errors, others_pass)
