/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that are made by hand, and a backend that answers when it is told to. */
#ifndef KF_CALL_TEST_H
#define KF_CALL_TEST_H

#include "kf_test.h"

#include <string.h>

#include "serving/call.h"

typedef struct test_call {
    kf_call call;
    kf_arena arena;
    int done;
} test_call;

static inline void test_call_done(kf_call *call)
{
    ((test_call *)call)->done++;
}

static inline void test_call_init(test_call *made, const char *path, const char *body)
{
    memset(made, 0, sizeof *made);
    made->call = (kf_call){.method = body != NULL ? "POST" : "GET",
        .path = path,
        .body = body != NULL ? body : "",
        .body_length = body != NULL ? strlen(body) : 0,
        .arena = &made->arena,
        .done = test_call_done};
}

static inline void test_call_finish(test_call *made)
{
    kf__buf_finish(&made->call.reply.body);
    kf__arena_finish(&made->arena);
}

/* Holds the calls it gets, or answers at once with its name. */
typedef struct test_backend {
    kf_backend backend;
    const char *name;
    bool holds;
    kf_call *held[64];
    size_t count; /* Of those held. */
    size_t served;
} test_backend;

static inline void test_answer(kf_call *call, int status, const char *body)
{
    call->reply.status = status;
    call->reply.content_type = "application/json";
    kf__buf_puts(&call->reply.body, body);
    call->done(call);
}

static inline void test_backend_serve(kf_backend *self, kf_call *call)
{
    test_backend *backend = (test_backend *)self;
    backend->served++;
    if (backend->holds)
        backend->held[backend->count++] = call;
    else
        test_answer(call, 200, backend->name);
}

static inline void test_backend_free(kf_backend *self)
{
    (void)self;
}

static inline void test_backend_init(test_backend *made, const char *name, bool holds)
{
    static const kf_backend_table table = {test_backend_serve, test_backend_free};
    memset(made, 0, sizeof *made);
    made->backend.table = &table;
    made->name = name;
    made->holds = holds;
}

/* Answer the call that is held for the longest time. */
static inline void test_backend_release(test_backend *backend)
{
    ck_assert_uint_gt(backend->count, 0);
    kf_call *call = backend->held[0];
    memmove(backend->held, backend->held + 1, --backend->count * sizeof *backend->held);
    test_answer(call, 200, backend->name);
}

#endif
