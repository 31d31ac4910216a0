/* SPDX-License-Identifier: Apache-2.0 */
/* Expected numbers are worked out by hand from the rule of Knative's autoscaler. */
#include "serving/scale.h"

#include <string.h>

#include "kf_test.h"

static kf_scale scale;
static kf_load load;
static kf_scale_rule rule;

static void setup(void)
{
    scale = (kf_scale){0};
    load = (kf_load){.at_ns = 1000000000000};
    rule = (kf_scale_rule){.target = 70,
        .min = 1,
        .stable_seconds = 60,
        .panic_seconds = 6,
        .panic_threshold = 2,
        .up_rate = 1000,
        .down_rate = 2,
        .grace_seconds = 30};
}

/* After so many seconds with so many calls at a time, in ticks of two: the last answer. */
static int64_t after(int seconds, double concurrency, int64_t ready)
{
    int64_t wanted = -1;
    for (int i = 0; i < seconds; i += 2) {
        load.at_ns += 2000000000;
        load.concurrency_ns += concurrency * 2e9;
        load.arrived += (uint64_t)(concurrency * 2);
        load.now = (size_t)concurrency;
        wanted = kf__scale_decide(&scale, &rule, load, ready);
    }
    return wanted;
}

START_TEST(steady)
{
    ck_assert_int_eq(after(120, 50, 1), 1); /* 50 / 70 */
    setup();
    ck_assert_int_eq(after(120, 100, 2), 2); /* 100 / 70 = 1.4 */
    ck_assert(!scale.in_panic);
    setup();
    ck_assert_int_eq(after(120, 700, 9), 10);
}
END_TEST

/* At 60 s the stable window has 54 s of 10 and 6 s of 700: (540 + 4200) / 60 = 79, two
 * replicas; the panic window has 700 alone, ten. */
START_TEST(panic)
{
    ck_assert_int_eq(after(60, 10, 1), 1);
    ck_assert_int_eq(after(6, 700, 1), 10);
    ck_assert(scale.in_panic);
    /* It does not go down in panic, … */
    ck_assert_int_eq(after(56, 10, 10), 10);
    /* … and ends a stable window after the last time it was too much: by then ten
     * calls at a time are left, one replica, but never less than half. */
    ck_assert_int_eq(after(8, 10, 10), 5);
    ck_assert(!scale.in_panic);
    ck_assert_int_eq(after(2, 10, 5), 2);
    ck_assert_int_eq(after(2, 10, 2), 1);
}
END_TEST

START_TEST(to_zero)
{
    rule.min = 0;
    ck_assert_int_eq(after(60, 10, 1), 1);
    /* Calls are in the stable window for 60 s, and the grace is 30 s. */
    ck_assert_int_eq(after(60, 0, 1), 1);
    ck_assert_int_eq(after(28, 0, 1), 1);
    ck_assert_int_eq(after(4, 0, 1), 0);
    ck_assert_int_eq(after(2, 1, 0), 1);
}
END_TEST

START_TEST(one_stays_for_a_window)
{
    /* Nobody ever asks: 60 s from the first look, then the grace of 30 s. */
    rule.min = 0;
    ck_assert_int_eq(after(90, 0, 1), 1);
    ck_assert_int_eq(after(4, 0, 1), 0);
    setup();
    rule.min = 0;
    rule.grace_seconds = 0;
    ck_assert_int_eq(after(60, 0, 1), 1);
    ck_assert_int_eq(after(2, 0, 1), 0);
}
END_TEST

START_TEST(bounds)
{
    rule.min = 2;
    rule.max = 4;
    ck_assert_int_eq(after(60, 0, 2), 2);
    ck_assert_int_eq(after(60, 7000, 2), 4);
}
END_TEST

START_TEST(by_rate)
{
    rule.by_rate = true;
    rule.target = 140;
    ck_assert_int_eq(after(120, 500, 3), 4); /* 500 a second / 140 = 3.6 */
}
END_TEST

START_TEST(down_delay)
{
    rule.down_delay_seconds = 100;
    ck_assert_int_eq(after(120, 200, 3), 3);
    /* The stable window comes below 140, two replicas, when more than 60 · 60 / 190 =
       18.9 s of it are of 10: at 20 s. Three are wanted last at 18 s. */
    ck_assert_int_eq(after(118, 10, 3), 3);
    ck_assert_int_eq(after(2, 10, 3), 2);
    /* It comes below 70 after 60 · 130 / 190 = 41.05 s: two are wanted last at 40 s. */
    ck_assert_int_eq(after(20, 10, 3), 2);
    ck_assert_int_eq(after(2, 10, 3), 1);
}
END_TEST

static kf_scale_rule of(const char *annotations, const char *predictor)
{
    char text[1024];
    kf_service *service;
    (void)snprintf(text, sizeof text,
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
        "metadata: {name: iris, annotations: {%s}}\nspec:\n  predictor:\n"
        "    model: {modelFormat: {name: xgboost}, storageUri: a}\n%s",
        annotations, predictor);
    ck_ok(kf_service_load(text, strlen(text), &service));
    kf_scale_rule made =
        kf__scale_rule(service, kf_service_component_of(service, KF_SERVICE_PREDICTOR));
    kf_service_free(service);
    return made;
}

START_TEST(documents)
{
    kf_scale_rule made = of("", "");
    ck_assert_double_eq_tol(made.target, 70, 1e-9);
    ck_assert_int_eq(made.min, 1);
    ck_assert_double_eq(made.panic_seconds, 6);
    made = of("", "    containerConcurrency: 10\n    minReplicas: 0\n");
    ck_assert_double_eq_tol(made.target, 7, 1e-9);
    ck_assert_int_eq(made.min, 0);
    made = of("", "    scaleMetric: rps\n");
    ck_assert(made.by_rate);
    ck_assert_double_eq_tol(made.target, 140, 1e-9);
    made = of("autoscaling.knative.dev/target: \"5\", "
              "autoscaling.knative.dev/target-utilization-percentage: \"100\", "
              "autoscaling.knative.dev/window: 1m30s, "
              "autoscaling.knative.dev/scale-to-zero-pod-retention-period: 1.5s",
        "");
    ck_assert_double_eq_tol(made.target, 5, 1e-9);
    ck_assert_double_eq(made.stable_seconds, 90);
    ck_assert_double_eq(made.panic_seconds, 9);
    ck_assert_double_eq_tol(made.grace_seconds, 1.5, 1e-9);
    made = of("autoscaling.knative.dev/window: soon", "    scaleTarget: 3\n");
    ck_assert_double_eq(made.stable_seconds, 60);
    ck_assert_double_eq_tol(made.target, 2.1, 1e-9);
}
END_TEST

KF_TEST_MAIN_WITH("serving/scale", setup, NULL, steady, panic, to_zero,
    one_stays_for_a_window, bounds, by_rate, down_delay, documents)
