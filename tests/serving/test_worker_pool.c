/* SPDX-License-Identifier: Apache-2.0 */
#include "workers_test.h"

#include "base/mem.h"

#include <signal.h>

START_TEST(answers)
{
    POOL(.replicas = 1);
    waited_call call;
    send_call(&call, "/echo", "hello");
    ck_assert_int_eq(wait_call(&call), 200);
    ck_assert_str_eq(body_of(&call), "hello");
    ck_assert_str_eq(call.made.call.reply.content_type, "text/plain");
    ck_assert_uint_eq(call.made.call.reply.header_count, 1);
    ck_assert_str_eq(call.made.call.reply.headers[0].name, "x-pid");
    finish_call(&call);
    asks("/nowhere", "", 404, "no such order");
}
END_TEST

START_TEST(tells_what_was_asked)
{
    POOL(.replicas = 1);
    waited_call call;
    kf_header headers[] = {{"X-Name", "a \"b\" \xc3\xa9"}, {"Accept", "*/*"}};
    test_call_init(&call.made, "/head", "");
    atomic_store(&call.over, 0);
    call.made.call.done = waited_done;
    call.made.call.query = "a=1&b=%20";
    call.made.call.headers = headers;
    call.made.call.header_count = 2;
    kf__serve(kf__workers_backend(pool), &call.made.call);
    ck_assert_int_eq(wait_call(&call), 200);
    ck_assert_str_eq(body_of(&call),
        "{\"method\": \"POST\", \"path\": \"/head\", \"query\": \"a=1&b=%20\", "
        "\"headers\": [[\"X-Name\", \"a \\\"b\\\" \\u00e9\"], [\"Accept\", \"*/*\"]]}");
    ck_assert_str_eq(call.made.call.reply.content_type, "application/json");
    finish_call(&call);
}
END_TEST

START_TEST(large_bodies)
{
    enum { SIZE = 20 << 20 };
    char *body = malloc(SIZE + 1);
    memset(body, 'x', SIZE);
    body[SIZE] = '\0';
    POOL(.replicas = 1);
    waited_call first, second;
    send_call(&first, "/echo", body);
    send_call(&second, "/big/30000000", "");
    ck_assert_int_eq(wait_call(&first), 200);
    ck_assert_uint_eq(first.made.call.reply.body.length, SIZE);
    ck_assert_mem_eq(body_of(&first), body, SIZE);
    ck_assert_int_eq(wait_call(&second), 200);
    ck_assert_uint_eq(second.made.call.reply.body.length, 30000000);
    finish_call(&first);
    finish_call(&second);
    free(body);
}
END_TEST

/* ---- many ---- */

enum { MANY = 1000 };

START_TEST(a_thousand_at_once)
{
    static waited_call calls[MANY];
    static char bodies[MANY][16];
    POOL(.replicas = 3);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(bodies[i], sizeof bodies[i], "body %d", i);
        send_call(&calls[i], "/echo", bodies[i]);
    }
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(wait_call(&calls[i]), 200);
        ck_assert_str_eq(body_of(&calls[i]), bodies[i]);
        finish_call(&calls[i]);
    }
    waits_until(state.in_flight == 0 && state.queued == 0);
}
END_TEST

START_TEST(many_under_way_in_one)
{
    static waited_call calls[100];
    POOL(.replicas = 1, .start = "{\"serial\": false}");
    for (int i = 0; i < 100; i++)
        send_call(&calls[i], "/hold", "a");
    waits_until(state.in_flight == 100);
    asks("/release", "", 200, "released");
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(wait_call(&calls[i]), 200);
        finish_call(&calls[i]);
    }
}
END_TEST

START_TEST(concurrency)
{
    static waited_call calls[5];
    POOL(.replicas = 2, .start = "{\"serial\": false}", .concurrency = 1);
    waits_until(state.ready == 2);
    for (int i = 0; i < 5; i++)
        send_call(&calls[i], "/sleep/0.05", "a");
    waits_until(state.in_flight == 2 && state.queued == 3);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(wait_call(&calls[i]), 200);
        finish_call(&calls[i]);
    }
}
END_TEST

START_TEST(queue_is_full)
{
    static waited_call calls[4];
    POOL(.queue = 3);
    for (int i = 0; i < 4; i++)
        send_call(&calls[i], "/echo", "a");
    ck_assert_int_eq(wait_call(&calls[3]), 503);
    ck_assert_str_eq(calls[3].made.call.reply.headers[0].name, "Retry-After");
    kf__workers_scale(pool, 1);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(wait_call(&calls[i]), i < 3 ? 200 : 503);
        finish_call(&calls[i]);
    }
}
END_TEST

/* ---- scaling ---- */

static kf_workers_state state_now(void)
{
    kf_workers_state state;
    kf__workers_state(pool, &state);
    return state;
}

START_TEST(scales_while_loaded)
{
    static waited_call calls[MANY];
    POOL(.replicas = 1);
    for (int i = 0; i < MANY; i++) {
        send_call(&calls[i], "/sleep/0.001", "a");
        if (i % 100 == 50)
            kf__workers_scale(pool, i / 100 % 2 == 0 ? 4 : 1);
        if (i % 10 == 0)
            kf__sleep_ms(2);
    }
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(wait_call(&calls[i]), 200);
        finish_call(&calls[i]);
    }
    kf__workers_scale(pool, 2);
    waits_until(state.ready == 2 && state.starting == 0);
    kf__workers_scale(pool, 0);
    waits_until(state.ready == 0 && state.starting == 0);
    ck_assert_uint_eq(state_now().restarts, 0);
    waited_call call;
    send_call(&call, "/echo", "a");
    kf__sleep_ms(20);
    ck_assert_int_eq(atomic_load(&call.over), 0);
    kf__workers_scale(pool, 1);
    ck_assert_int_eq(wait_call(&call), 200);
    finish_call(&call);
}
END_TEST

static int pid_of_worker(void)
{
    waited_call call;
    send_call(&call, "/echo", "");
    ck_assert_int_eq(wait_call(&call), 200);
    int pid = (int)strtol(call.made.call.reply.headers[0].value, NULL, 10);
    finish_call(&call);
    return pid;
}

START_TEST(ends_processes)
{
    POOL(.replicas = 1);
    int pid = pid_of_worker();
    ck_assert(kf__process_alive(pid, 0));
    kf__workers_free(pool);
    pool = NULL;
    ck_assert(!kf__process_alive(pid, 0));
}
END_TEST

/* ---- faults ---- */

START_TEST(retries_after_a_crash)
{
    char path[300];
    POOL(.replicas = 1);
    (void)snprintf(path, sizeof path, "/exit-once%s", in_folder("once"));
    asks(path, "a", 200, "back");
    ck_assert_uint_eq(state_now().restarts, 1);
    ck_assert_str_eq(state_now().reason, "RuntimeUnhealthy");
    ck_assert_int_eq(state_now().exit_code, 3);
    ck_assert_str_eq(
        state_now().message, "exit code 3; it printed at last:\ngoing down");
}
END_TEST

START_TEST(gives_up_on_what_ends_workers)
{
    static waited_call calls[20];
    POOL(.replicas = 2);
    for (int i = 0; i < 20; i++)
        send_call(&calls[i], i == 7 ? "/exit/9" : "/sleep/0.002", "a");
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(wait_call(&calls[i]), i == 7 ? 503 : 200);
        if (i == 7)
            ck_assert_ptr_nonnull(strstr(body_of(&calls[i]), "exit code 9"));
        finish_call(&calls[i]);
    }
    ck_assert_uint_eq(state_now().restarts, 3);
}
END_TEST

static bool never(const kf_call *call)
{
    (void)call;
    return false;
}

START_TEST(tries_once_what_may_not_be_repeated)
{
    POOL(.replicas = 1, .retriable = never);
    asks("/exit/1", "a", 503, "the model's process ended while it had the request");
    ck_assert_uint_eq(state_now().restarts, 1);
    asks("/echo", "a", 200, "a");
}
END_TEST

/* Workers are killed from outside while calls come: none is lost. */
START_TEST(killed_under_load)
{
    static waited_call calls[MANY];
    POOL(.replicas = 3);
    int pid = pid_of_worker();
    for (int i = 0; i < MANY; i++) {
        send_call(&calls[i], "/sleep/0.001", "a");
        if (i % 20 == 0)
            kf__sleep_ms(4);
        if (i % 250 == 100) {
            (void)kill(pid, SIGKILL);
            pid = pid_of_worker();
        }
    }
    for (int i = 0; i < MANY; i++) {
        ck_assert_msg(wait_call(&calls[i]) == 200, "%d: %s", i, body_of(&calls[i]));
        finish_call(&calls[i]);
    }
    ck_assert_uint_ge(state_now().restarts, 3);
}
END_TEST

START_TEST(too_late)
{
    POOL(.replicas = 1, .timeout_ns = 150000000, .hang_ns = 60000000000);
    waits_until(state.ready == 1);
    int pid = pid_of_worker();
    asks("/sleep/0.3", "a", 504, "did not answer in the time");
    waits_until(state.in_flight == 0);
    ck_assert_int_eq(pid_of_worker(), pid);
}
END_TEST

START_TEST(hangs)
{
    POOL(.replicas = 1, .timeout_ns = 100000000, .hang_ns = 1500000000);
    waits_until(state.ready == 1);
    asks("/sleep/60", "a", 504, "did not answer in the time");
    waits_until(state.restarts == 1);
    ck_assert_ptr_nonnull(strstr(state_now().message, "said nothing for 1.5 s"));
    waits_until(state.ready == 1);
}
END_TEST

START_TEST(deadline_of_a_call_that_waits)
{
    POOL(.timeout_ns = 20000000);
    asks("/echo", "a", 504, "waited longer");
}
END_TEST

/* One that does many at once is told, and is not ended for it. */
START_TEST(cancels)
{
    POOL(.replicas = 1, .start = "{\"serial\": false}", .timeout_ns = 100000000,
        .hang_ns = 60000000000);
    waits_until(state.ready == 1);
    int pid = pid_of_worker();
    asks("/hold", "a", 504, "did not answer in the time");
    waits_until(state.in_flight == 0);
    ck_assert_int_eq(pid_of_worker(), pid);
}
END_TEST

/* A body that the worker has not taken when its time is over. */
START_TEST(too_late_to_be_sent)
{
    enum { SIZE = 4 << 20 };
    char *body = malloc(SIZE + 1);
    memset(body, 'x', SIZE);
    body[SIZE] = '\0';
    POOL(.replicas = 1, .timeout_ns = 100000000, .hang_ns = 60000000000);
    waits_until(state.ready == 1);
    waited_call first, second;
    send_call(&first, "/sleep/0.3", "a");
    send_call(&second, "/echo", body);
    ck_assert_int_eq(wait_call(&first), 504);
    ck_assert_int_eq(wait_call(&second), 504);
    memset(body, '!', SIZE);
    finish_call(&first);
    finish_call(&second);
    free(body);
    waits_until(state.in_flight == 0);
    asks("/echo", "b", 200, "b");
    ck_assert_uint_eq(state_now().restarts, 0);
}
END_TEST

static void is_ended_for(const char *order, const char *why)
{
    POOL(.replicas = 1, .retries = -1, .body_limit = 1 << 30);
    asks(order, "", 503, why);
    ck_assert_ptr_nonnull(strstr(state_now().message, why));
    asks("/echo", "a", 200, "a");
    kf__workers_free(pool);
    pool = NULL;
}

START_TEST(garbage)
{
    is_ended_for("/garbage", "no frame");
    is_ended_for("/stranger", "a call that it does not have");
    is_ended_for("/head-garbage", "expected");
    is_ended_for("/huge", "a body of 2147483648 bytes");
}
END_TEST

/* ---- loading ---- */

START_TEST(does_not_load)
{
    POOL(.replicas = 1, .start = "{\"mode\": \"fails\"}");
    asks("/echo", "a", 503, "the model does not load: ValueError: no weights");
    kf_workers_state state = state_now();
    ck_assert(state.failing);
    ck_assert_str_eq(state.reason, "ModelLoadFailed");
    ck_assert_str_eq(state.message,
        "the model does not load: ValueError: no weights; it printed at last:\nfirst "
        "line\nsecond line");
    ck_assert_uint_eq(state.ready, 0);
    asks("/echo", "a", 503, "no weights");
}
END_TEST

START_TEST(dies_while_loading)
{
    POOL(.replicas = 1, .start = "{\"mode\": \"dies\"}");
    asks("/echo", "a", 503, "exit code 1; it printed at last:\\ncannot open the model");
}
END_TEST

/* The end of it counts. */
START_TEST(talks_and_dies)
{
    POOL(.replicas = 1, .start = "{\"mode\": \"talks\"}",
        .env = (const char *const[]){"PYTHONIOENCODING=utf-8", NULL});
    waits_until(state.failing);
    kf_workers_state state = state_now();
    ck_assert(
        strncmp(state.message, "the model does not load: exit code 1; ", 38) == 0);
    ck_assert_ptr_nonnull(strstr(state.message, "it printed at last:\nline 4"));
    const char *end = strstr(state.message, "the end \xc3\xa9");
    ck_assert_ptr_nonnull(end);
    ck_assert_str_eq(end, "the end \xc3\xa9");
}
END_TEST

START_TEST(loads_too_long)
{
    POOL(.replicas = 1, .start = "{\"mode\": \"sleeps\"}",
        .load_timeout_ns = 200000000);
    asks("/echo", "a", 503, "did not load in the time that it has");
}
END_TEST

START_TEST(loads_at_the_second_try)
{
    char start[300];
    (void)snprintf(start, sizeof start, "{\"mode\": \"recovers\", \"file\": \"%s\"}",
        in_folder("tried"));
    POOL(.replicas = 1, .start = start);
    waits_until(state.failing);
    waits_until(state.ready == 1);
    ck_assert(!state_now().failing);
    asks("/echo", "a", 200, "a");
}
END_TEST

START_TEST(no_such_program)
{
    const char *const argv[] = {"no-such-program-at-all", NULL};
    kf_workers_options options = {.argv = argv, .replicas = 1};
    ck_ok(kf__workers_new(&options, &pool));
    asks("/echo", "a", 503, "no-such-program-at-all");
    ck_assert_str_eq(state_now().reason, "ModelLoadFailed");
}
END_TEST

static atomic_int changes;

static void changed(void *payload)
{
    ck_assert_ptr_eq(payload, &changes);
    atomic_fetch_add(&changes, 1);
}

START_TEST(tells_changes)
{
    atomic_store(&changes, 0);
    POOL(.replicas = 1, .changed = changed, .payload = &changes);
    while (atomic_load(&changes) == 0)
        kf__sleep_ms(1);
    ck_assert_uint_eq(state_now().ready, 1);
}
END_TEST

/* ---- output ---- */

START_TEST(log_is_bounded)
{
    char path[256], old[300];
    kf_buf text = KF__BUF_INIT;
    (void)snprintf(path, sizeof path, "%s", in_folder("log"));
    (void)snprintf(old, sizeof old, "%s.1", path);
    POOL(.replicas = 1, .log = path, .log_limit = 200000);
    asks("/print/3000", "", 200, "printed");
    asks("/print/1", "", 200, "printed");
    kf__workers_free(pool);
    pool = NULL;
    ck_ok(kf__file_read(path, 265536, &text));
    ck_assert_uint_gt(text.length, 0);
    ck_ok(kf__file_read(old, 265536, &text));
    kf__buf_finish(&text);
}
END_TEST

/* ---- calls of workers ---- */

START_TEST(asks_the_predictor)
{
    test_backend predictor;
    test_backend_init(&predictor, "from the predictor", false);
    POOL(.replicas = 1, .start = "{\"serial\": false}",
        .predictor = &predictor.backend);
    asks("/ask/v1/models/m:predict", "a", 200, "from the predictor");
    ck_assert_uint_eq(predictor.served, 1);
}
END_TEST

START_TEST(has_no_predictor)
{
    POOL(.replicas = 1, .start = "{\"serial\": false}");
    asks("/ask/v1/models/m:predict", "a", 503, "no predictor");
}
END_TEST

static kf_call *_Atomic asked;

static void hold_call(kf_backend *self, kf_call *call)
{
    (void)self;
    atomic_store(&asked, call);
}

/* The worker is gone when the predictor answers. */
START_TEST(predictor_answers_late)
{
    static const kf_backend_table table = {hold_call, test_backend_free};
    kf_backend predictor = {&table};
    POOL(.replicas = 1, .start = "{\"serial\": false}", .retries = -1,
        .predictor = &predictor);
    int pid = pid_of_worker();
    waited_call call;
    send_call(&call, "/ask/a", "a");
    while (atomic_load(&asked) == NULL)
        kf__sleep_ms(1);
    (void)kill(pid, SIGKILL);
    ck_assert_int_eq(wait_call(&call), 503);
    finish_call(&call);
    test_answer(atomic_load(&asked), 200, "late");
    asks("/echo", "a", 200, "a");
}
END_TEST

/* ---- memory ---- */

static kf_status make_and_free(void)
{
    kf_workers_options options = {
        .argv = WORKER, .env = (const char *const[]){"A=b", NULL}, .start = "{}"};
    kf_status status = kf__workers_new(&options, &pool);
    if (status == KF_OK)
        kf__workers_free(pool);
    pool = NULL;
    return status;
}

static kf_status ask_once(void)
{
    waited_call call;
    send_call(&call, "/echo", "a");
    int status = wait_call(&call);
    finish_call(&call);
    return status == 200 ? KF_OK : status == 503 ? KF_ENOMEM : KF_EFAILED;
}

START_TEST(allocation_failures)
{
    ck_survives_nomem(make_and_free());
    POOL(.replicas = 1);
    ck_survives_nomem(ask_once());
}
END_TEST

KF_TEST_MAIN_WITH("serving/worker_pool", pool_setup, pool_teardown, answers,
    tells_what_was_asked, large_bodies, a_thousand_at_once, many_under_way_in_one,
    concurrency, queue_is_full, scales_while_loaded, ends_processes,
    retries_after_a_crash, gives_up_on_what_ends_workers,
    tries_once_what_may_not_be_repeated, killed_under_load, too_late, hangs,
    deadline_of_a_call_that_waits, cancels, too_late_to_be_sent, garbage, does_not_load,
    dies_while_loading, talks_and_dies, loads_too_long, loads_at_the_second_try,
    no_such_program, tells_changes, log_is_bounded, asks_the_predictor,
    has_no_predictor, predictor_answers_late, allocation_failures)
