/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/traffic.h"

#include "call_test.h"

static kf_traffic *traffic;
static kf_limit *limits[3];
static test_backend inner[3];

static void setup(void)
{
    static const char *const names[] = {"a", "b", "c"};
    kf_limit_options options = {.queue = 8};
    ck_ok(kf__traffic_new(7, &traffic));
    for (int i = 0; i < 3; i++) {
        ck_ok(kf__limit_new(&options, &limits[i]));
        test_backend_init(&inner[i], names[i], false);
        kf__limit_open(limits[i], &inner[i].backend, 0);
    }
}

static void teardown(void)
{
    kf__backend_free(kf__traffic_backend(traffic));
    for (int i = 0; i < 3; i++)
        kf__limit_free(limits[i]);
}

static int ask(const char **body)
{
    static char text[64];
    test_call made;
    test_call_init(&made, "/", NULL);
    kf__serve(kf__traffic_backend(traffic), &made.call);
    ck_assert_int_eq(made.done, 1);
    int status = made.call.reply.status;
    (void)snprintf(text, sizeof text, "%.63s", kf__buf_text(&made.call.reply.body));
    *body = text;
    test_call_finish(&made);
    return status;
}

START_TEST(shares)
{
    const char *body;
    kf_traffic_target targets[] = {{limits[0], 10}, {limits[1], 90}, {limits[2], 0}};
    kf__traffic_set(traffic, targets, 3);
    for (int i = 0; i < 10000; i++)
        ck_assert_int_eq(ask(&body), 200);
    /* Five standard deviations of a binomial distribution: sqrt(10000 · 0.1 · 0.9) = 30. */
    ck_assert_uint_gt(inner[0].served, 850);
    ck_assert_uint_lt(inner[0].served, 1150);
    ck_assert_uint_eq(inner[0].served + inner[1].served, 10000);
    ck_assert_uint_eq(inner[2].served, 0);
}
END_TEST

START_TEST(all_or_none)
{
    const char *body;
    ck_assert_int_eq(ask(&body), 503);
    ck_assert_ptr_nonnull(strstr(body, "no revision of this service is ready"));
    kf_traffic_target targets[] = {{limits[0], 0}, {limits[2], 100}};
    kf__traffic_set(traffic, targets, 2);
    for (int i = 0; i < 100; i++)
        (void)ask(&body);
    ck_assert_uint_eq(inner[2].served, 100);
}
END_TEST

KF_TEST_MAIN_WITH("serving/traffic", setup, teardown, shares, all_or_none)
