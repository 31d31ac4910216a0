/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/call.h"

#include <string.h>

#include "kf_test.h"

static int over;

static void done(kf_call *call)
{
    (void)call;
    over++;
}

START_TEST(failures)
{
    kf_arena arena = KF__ARENA_INIT;
    kf_call call = {.done = done, .arena = &arena};
    over = 0;
    kf__call_fail(&call, 404, "no model \"%s\"", "a\n");
    ck_assert_int_eq(call.reply.status, 404);
    ck_assert_str_eq(
        kf__buf_text(&call.reply.body), "{\"error\":\"no model \\\"a\\n\\\"\"}");
    (void)kf__fail(KF_EPARSE, "inputs[0]", "expected a list");
    kf__call_fail_last(&call);
    ck_assert_int_eq(call.reply.status, 400);
    ck_assert_str_eq(
        kf__buf_text(&call.reply.body), "{\"error\":\"inputs[0]: expected a list\"}");
    ck_assert_int_eq(over, 2);
    kf__buf_finish(&call.reply.body);
    kf__arena_finish(&arena);
}
END_TEST

START_TEST(headers)
{
    kf_arena arena = KF__ARENA_INIT;
    kf_header given[] = {{"Content-Type", "a"}, {"ce-id", "7"}};
    kf_call call = {.done = done, .arena = &arena, .headers = given, .header_count = 2};
    ck_assert_str_eq(kf__call_header(&call, "CE-ID"), "7");
    ck_assert_ptr_null(kf__call_header(&call, "ce"));
    for (int i = 0; i < 20; i++)
        kf__reply_header(&call, "a", "b");
    ck_assert_uint_eq(call.reply.header_count, 16);
    ck_assert_str_eq(call.reply.headers[15].value, "b");
    kf__arena_finish(&arena);
}
END_TEST

static kf_flat asked;

static kf_status flatten(kf_call *call, kf_flat how)
{
    asked = how;
    call->body = "{}";
    call->body_length = 2;
    return how == KF__FLAT_JSON ? kf__fail(KF_EUNSUPPORTED, NULL, "no JSON") : KF_OK;
}

/* Once; what cannot be is answered. */
START_TEST(flattens)
{
    static const kf_call_form form = {.flatten = flatten};
    kf_arena arena = KF__ARENA_INIT;
    kf_call call = {.done = done, .arena = &arena, .form = &form};
    over = 0;
    ck_assert(kf__call_flatten(&call, KF__FLAT_READABLE));
    ck_assert_ptr_null(call.form);
    ck_assert_str_eq(call.body, "{}");
    ck_assert(kf__call_flatten(&call, KF__FLAT_JSON));
    ck_assert_int_eq(asked, KF__FLAT_READABLE);
    ck_assert_int_eq(over, 0);
    call.form = &form;
    ck_assert(!kf__call_flatten(&call, KF__FLAT_JSON));
    ck_assert_int_eq(over, 1);
    ck_assert_int_eq(call.reply.status, 501);
    ck_assert_str_eq(kf__buf_text(&call.reply.body), "{\"error\":\"no JSON\"}");
    kf__buf_finish(&call.reply.body);
    kf__arena_finish(&arena);
}
END_TEST

KF_TEST_MAIN("serving/call", failures, headers, flattens)
