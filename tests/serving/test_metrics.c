/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/metrics.h"

#include <pthread.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "kf_test.h"

static kf_metrics *metrics;
static kf_buf out;

static void setup(void)
{
    out = KF__BUF_INIT;
    ck_ok(kf__metrics_new(&metrics));
}

static void teardown(void)
{
    kf__metrics_free(metrics);
    kf__buf_finish(&out);
}

static void check(const char *line)
{
    if (out.length == 0)
        kf__metrics_put(metrics, &out);
    ck_assert_msg(strstr(kf__buf_text(&out), line) != NULL, "not there: %s\n%s", line,
        kf__buf_text(&out));
}

/* Buckets are added up, and a value on a bound is below it. */
START_TEST(histograms)
{
    kf_model_metrics *model, *same;
    ck_ok(kf__metrics_model(metrics, "a\"b\\\n", &model));
    ck_ok(kf__metrics_model(metrics, "a\"b\\\n", &same));
    ck_assert_ptr_eq(model, same);
    kf__metrics_step(model, KF_STEP_PREDICT, 5000000);
    kf__metrics_step(model, KF_STEP_PREDICT, 5000001);
    kf__metrics_step(model, KF_STEP_PREDICT, 20000000000);
    kf__metrics_step(model, KF_STEP_PREDICT, -5);
    kf__metrics_step(NULL, KF_STEP_PREDICT, 1);
    check("# HELP request_predict_seconds predict request latency\n"
          "# TYPE request_predict_seconds histogram\n");
    check("request_predict_seconds_bucket{model_name=\"a\\\"b\\\\\\n\",le=\"1e-05\"} "
          "1.0\n");
    check("request_predict_seconds_bucket{model_name=\"a\\\"b\\\\\\n\",le=\"0.005\"} "
          "2.0\n");
    check("request_predict_seconds_bucket{model_name=\"a\\\"b\\\\\\n\",le=\"0.01\"} "
          "3.0\n");
    check("request_predict_seconds_bucket{model_name=\"a\\\"b\\\\\\n\",le=\"10.0\"} "
          "3.0\n");
    check("request_predict_seconds_bucket{model_name=\"a\\\"b\\\\\\n\",le=\"+Inf\"} "
          "4.0\n");
    check("request_predict_seconds_count{model_name=\"a\\\"b\\\\\\n\"} 4.0\n");
    check("request_predict_seconds_sum{model_name=\"a\\\"b\\\\\\n\"} 20.010000001\n");
    check("request_explain_seconds_count{model_name=\"a\\\"b\\\\\\n\"} 0.0\n");
}
END_TEST

START_TEST(requests)
{
    kf__metrics_request(metrics, 200, 1000);
    kf__metrics_request(metrics, 200, 1000);
    kf__metrics_request(metrics, 503, 1000);
    kf__metrics_request(metrics, 0, 1000);
    kf__metrics_request(NULL, 200, 1000);
    check("http_requests_total{status=\"200\"} 2.0\n");
    check("http_requests_total{status=\"503\"} 1.0\n");
    check("http_request_seconds_bucket{le=\"+Inf\"} 4.0\n");
    check("http_request_seconds_count 4.0\n");
}
END_TEST

START_TEST(the_process)
{
    check("# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes ");
    check("# TYPE process_virtual_memory_bytes gauge\n");
    check("# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds ");
    check("# TYPE process_open_fds gauge\n");
    check("# TYPE process_max_fds gauge\n");
    check("# TYPE process_cpu_seconds_total counter\n");
}
END_TEST

static void *work(void *argument)
{
    (void)argument;
    kf_model_metrics *model = NULL;
    for (int i = 0; i < 1000; i++) {
        char name[] = {(char)('a' + i % 10), '\0'};
        if (kf__metrics_model(metrics, name, &model) == KF_OK)
            kf__metrics_step(model, KF_STEP_PREDICT, i);
        kf__metrics_request(metrics, 200, i);
    }
    return NULL;
}

START_TEST(several_threads)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, NULL), 0);
    for (int i = 0; i < 20; i++) {
        kf_buf text = KF__BUF_INIT;
        kf__metrics_put(metrics, &text);
        kf__buf_finish(&text);
    }
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    check("http_requests_total{status=\"200\"} 4000.0\n");
    check("request_predict_seconds_count{model_name=\"c\"} 400.0\n");
}
END_TEST

static kf_status make(void)
{
    kf_metrics *made = NULL;
    kf_model_metrics *model;
    KF__TRY(kf__metrics_new(&made));
    kf_status status = kf__metrics_model(made, "a", &model);
    kf__metrics_free(made);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    ck_survives_nomem(make());
}
END_TEST

KF_TEST_MAIN_WITH("serving/metrics", setup, teardown, histograms, requests, the_process,
    several_threads, survives_lack_of_memory)
