/* SPDX-License-Identifier: Apache-2.0 */
/* Pools of tests/serving/workers/worker.py, and calls to them that can be waited for. */
#ifndef KF_WORKERS_TEST_H
#define KF_WORKERS_TEST_H

#include <stdatomic.h>

#include "call_test.h"
#include "folder.h"

#include "base/clock.h"
#include "base/thread.h"
#include "io/process.h"
#include "serving/worker_pool.h"

static kf_workers *pool;

#define WORKER                                                                         \
    ((const char *const[]){                                                            \
        "python3", KF_TEST_GOLDEN "/../serving/workers/worker.py", NULL})
#define POOL(...)                                                                      \
    ck_ok(kf__workers_new(&(kf_workers_options){.argv = WORKER, __VA_ARGS__}, &pool))

static inline void pool_setup(void)
{
    make_test_folder();
    pool = NULL;
}

static inline void pool_teardown(void)
{
    kf__workers_free(pool);
    remove_test_folder();
}

/* One that another thread answers. */
typedef struct waited_call {
    test_call made;
    atomic_int over;
} waited_call;

static inline void waited_done(kf_call *call)
{
    atomic_fetch_add(&((waited_call *)call)->over, 1);
}

static inline void send_call(waited_call *call, const char *path, const char *body)
{
    test_call_init(&call->made, path, body);
    atomic_store(&call->over, 0);
    call->made.call.done = waited_done;
    kf__serve(kf__workers_backend(pool), &call->made.call);
}

static inline int wait_call(waited_call *call)
{
    while (atomic_load(&call->over) == 0)
        kf__sleep_ms(1);
    ck_assert_int_eq(atomic_load(&call->over), 1);
    return call->made.call.reply.status;
}

static inline const char *body_of(const waited_call *call)
{
    return kf__buf_text(&call->made.call.reply.body);
}

static inline void finish_call(waited_call *call)
{
    test_call_finish(&call->made);
}

/* Send, wait, compare. */
static inline void asks(
    const char *path, const char *body, int status, const char *part)
{
    waited_call call;
    send_call(&call, path, body);
    int got = wait_call(&call);
    ck_assert_msg(got == status, "%s: %d: %s", path, got, body_of(&call));
    ck_assert_msg(
        strstr(body_of(&call), part) != NULL, "%s: body is: %s", path, body_of(&call));
    finish_call(&call);
}

#define waits_until(condition)                                                         \
    do {                                                                               \
        kf_workers_state state;                                                        \
        do {                                                                           \
            kf__sleep_ms(1);                                                           \
            kf__workers_state(pool, &state);                                           \
        } while (!(condition));                                                        \
    } while (0)

#endif
