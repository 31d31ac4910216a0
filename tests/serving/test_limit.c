/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/limit.h"

#include <stdatomic.h>

#include "call_test.h"

#include "base/clock.h"
#include "base/thread.h"

enum { CALLS = 6 };
static kf_limit *limit;
static test_backend inner;
static test_call calls[CALLS];
static int woken;

static void wake(void *payload)
{
    ck_assert_ptr_eq(payload, &woken);
    woken++;
}

static void setup(void)
{
    kf_limit_options options = {
        .queue = 3, .timeout_ns = 1000000000, .wake = wake, .payload = &woken};
    woken = 0;
    ck_ok(kf__limit_new(&options, &limit));
    test_backend_init(&inner, "a", true);
    for (int i = 0; i < CALLS; i++)
        test_call_init(&calls[i], "/", NULL);
}

static void teardown(void)
{
    for (int i = 0; i < CALLS; i++)
        test_call_finish(&calls[i]);
    kf__limit_free(limit);
}

static void serve(int index)
{
    kf__limit_enter(limit);
    kf__limit_serve(limit, &calls[index].call);
}

/* Statuses of the calls so far, 0: not answered. */
static void answers(const char *expected)
{
    char text[64] = "";
    size_t length = 0;
    for (int i = 0; i < CALLS; i++) {
        length += (size_t)snprintf(
            text + length, sizeof text - length, "%d ", calls[i].call.reply.status);
        ck_assert_int_eq(calls[i].done, calls[i].call.reply.status != 0);
    }
    ck_assert_str_eq(text, expected);
}

START_TEST(capacity)
{
    kf__limit_open(limit, &inner.backend, 2);
    for (int i = 0; i < 4; i++)
        serve(i);
    ck_assert_uint_eq(inner.count, 2);
    ck_assert_uint_eq(kf__limit_through(limit), 2);
    ck_assert_uint_eq(kf__limit_waiting(limit), 2);
    test_backend_release(&inner);
    answers("200 0 0 0 0 0 ");
    ck_assert_uint_eq(inner.count, 2);
    kf__limit_open(limit, &inner.backend, 0);
    ck_assert_uint_eq(inner.count, 3);
    while (inner.count > 0)
        test_backend_release(&inner);
    answers("200 200 200 200 0 0 ");
    ck_assert_uint_eq(kf__limit_through(limit) + kf__limit_waiting(limit), 0);
    ck_assert_int_eq(woken, 0);
}
END_TEST

START_TEST(queue_is_full)
{
    for (int i = 0; i < 5; i++)
        serve(i);
    answers("0 0 0 503 503 0 ");
    ck_assert_str_eq(calls[3].call.reply.headers[0].name, "Retry-After");
    ck_assert_int_eq(woken, 1);
    kf__limit_open(limit, &inner.backend, 1);
    inner.holds = false;
    test_backend_release(&inner);
    answers("200 200 200 503 503 0 ");
    ck_assert_str_eq(kf__buf_text(&calls[2].call.reply.body), "a");
}
END_TEST

START_TEST(wakes_once_each_time)
{
    serve(0);
    serve(1);
    ck_assert_int_eq(woken, 1);
    inner.holds = false;
    kf__limit_open(limit, &inner.backend, 0);
    answers("200 200 0 0 0 0 ");
    kf__limit_close(limit);
    serve(2);
    ck_assert_int_eq(woken, 2);
    kf__limit_open(limit, &inner.backend, 0);
    answers("200 200 200 0 0 0 ");
}
END_TEST

START_TEST(closes_when_idle)
{
    kf__limit_open(limit, &inner.backend, 0);
    kf__limit_enter(limit);
    ck_assert(!kf__limit_close_idle(limit));
    kf__limit_serve(limit, &calls[0].call);
    ck_assert(!kf__limit_close_idle(limit));
    test_backend_release(&inner);
    ck_assert(kf__limit_close_idle(limit));
    serve(1);
    answers("200 0 0 0 0 0 ");
    ck_assert_int_eq(woken, 1);
    ck_assert(!kf__limit_close_idle(limit));
    inner.holds = false;
    kf__limit_open(limit, &inner.backend, 0);
}
END_TEST

START_TEST(failure)
{
    serve(0);
    kf__limit_fail(limit, 503, "the model is damaged");
    serve(1);
    answers("503 503 0 0 0 0 ");
    ck_assert_str_eq(kf__buf_text(&calls[1].call.reply.body),
        "{\"error\":\"the model is damaged\"}");
    kf__limit_close(limit);
    serve(2);
    inner.holds = false;
    kf__limit_open(limit, &inner.backend, 0);
    answers("503 503 200 0 0 0 ");
}
END_TEST

START_TEST(expiry)
{
    /* The earlier of the call's own time and the gate's, which is a second. */
    calls[0].call.deadline_ns = kf__monotonic_ns() + 3600000000000;
    calls[1].call.deadline_ns = 1;
    for (int i = 0; i < 3; i++)
        serve(i);
    kf__limit_expire(limit, kf__monotonic_ns());
    answers("0 504 0 0 0 0 ");
    kf__limit_expire(limit, kf__monotonic_ns() + 2000000000);
    answers("504 504 504 0 0 0 ");
    serve(3);
    inner.holds = false;
    kf__limit_open(limit, &inner.backend, 1);
    answers("504 504 504 200 0 0 ");
}
END_TEST

/* One call for the first half of the time, two for the rest. */
START_TEST(load)
{
    kf__limit_open(limit, &inner.backend, 1);
    serve(0);
    kf_load before = kf__limit_load(limit, kf__monotonic_ns());
    kf_load middle = kf__limit_load(limit, before.at_ns + 1000000000);
    ck_assert_double_eq(middle.concurrency_ns - before.concurrency_ns, 1e9);
    ck_assert_uint_eq(middle.now, 1);
    serve(1);
    kf_load after = kf__limit_load(limit, middle.at_ns + 1000000000);
    ck_assert_double_eq(after.concurrency_ns - middle.concurrency_ns, 2e9);
    ck_assert_uint_eq(after.arrived, 2);
    test_backend_release(&inner);
    test_backend_release(&inner);
    ck_assert_uint_eq(kf__limit_load(limit, 0).now, 0);
}
END_TEST

/* ---- many threads ---- */

static atomic_int inside, most, over;

static void *answer_held(void *payload)
{
    kf__sleep_ms(1);
    atomic_fetch_sub(&inside, 1);
    test_answer(payload, 200, "later");
    return NULL;
}

static void serve_on_thread(kf_backend *self, kf_call *call)
{
    (void)self;
    pthread_t thread;
    int now = atomic_fetch_add(&inside, 1) + 1;
    if (now > atomic_load(&most))
        atomic_store(&most, now);
    ck_ok(kf__thread_start(&thread, answer_held, call));
    (void)pthread_detach(thread);
}

static void one_over(kf_call *call)
{
    ck_assert_int_eq(call->reply.status, 200);
    atomic_fetch_add(&over, 1);
}

START_TEST(threads)
{
    static const kf_backend_table table = {serve_on_thread, test_backend_free};
    kf_backend backend = {&table};
    enum { MANY = 200 };
    static test_call many[MANY];
    kf_limit_options options = {.queue = MANY};
    kf_limit *wide;
    ck_ok(kf__limit_new(&options, &wide));
    for (int i = 0; i < MANY; i++) {
        test_call_init(&many[i], "/", NULL);
        many[i].call.done = one_over;
        kf__limit_enter(wide);
        kf__limit_serve(wide, &many[i].call);
    }
    kf__limit_open(wide, &backend, 3);
    while (atomic_load(&over) < MANY)
        kf__sleep_ms(1);
    ck_assert_int_eq(atomic_load(&most), 3);
    for (int i = 0; i < MANY; i++)
        test_call_finish(&many[i]);
    while (kf__limit_through(wide) > 0)
        kf__sleep_ms(1);
    kf__limit_free(wide);
}
END_TEST

KF_TEST_MAIN_WITH("serving/limit", setup, teardown, capacity, queue_is_full,
    wakes_once_each_time, closes_when_idle, failure, expiry, load, threads)
