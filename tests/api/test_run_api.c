/* SPDX-License-Identifier: Apache-2.0 */
/* Running pipelines of C functions through libkf.so: results, failures, cancel, cache, lineage. */
#include "kf_test.h"

#include <kf.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char home[] = "/tmp/kf-api-XXXXXX";
static kf_store *store;
static atomic_int executions;

static int write_number(kf_call *call, void *payload)
{
    executions++;
    FILE *file = fopen(kf_call_output_path(call, "number"), "w");
    if (!file)
        return 1;
    fprintf(file, "%lld", (long long)kf_value_int(kf_call_input(call, "x")));
    return fclose(file);
}

static int read_number(kf_call *call, void *payload)
{
    long long number = 0;
    FILE *file = fopen(kf_call_input_path(call, "number"), "r");
    int failed = !file || fscanf(file, "%lld", &number) != 1;
    kf_value *value = NULL;
    if (file)
        fclose(file);
    failed = failed || kf_value_new_int(number, &value) ||
             kf_call_set_output(call, "y", value) ||
             kf_call_set_metadata(call, "metrics", "seen", value);
    kf_value_free(value);
    return failed;
}

static int refuse(kf_call *call, void *payload)
{
    kf_call_fail(call, "it was meant to");
    return 1;
}

static int wait_for_cancel(kf_call *call, void *payload)
{
    while (!kf_call_canceled(call))
        usleep(1000);
    return 1;
}

static const kf_function functions[] = {{"write_number", write_number, NULL},
    {"read_number", read_number, NULL}, {"refuse", refuse, NULL},
    {"wait_for_cancel", wait_for_cancel, NULL}};

static void set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(home));
    ck_ok(kf_store_open(home, &store));
}

static kf_component *component_of(const char *function)
{
    kf_component *component = NULL;
    ck_ok(kf_component_new(function, &component));
    ck_ok(kf_component_set_call(component, function));
    return component;
}

static kf_pipeline *write_and_read(void)
{
    kf_component *writing = component_of("write_number"),
                 *reading = component_of("read_number");
    kf_pipeline *pipeline = NULL;
    kf_channel_id x, number, y;
    kf_task_id written, readback;
    ck_ok(kf_component_add_input(writing, "x", KF_TYPE_INTEGER, NULL));
    ck_ok(kf_component_add_output_artifact(writing, "number", "system.Dataset", NULL));
    ck_ok(kf_component_add_input_artifact(reading, "number", "system.Dataset", NULL));
    ck_ok(kf_component_add_output(reading, "y", KF_TYPE_INTEGER, NULL));
    ck_ok(kf_component_add_output_artifact(reading, "metrics", "system.Metrics", NULL));
    ck_ok(kf_pipeline_new("write-and-read", NULL, &pipeline));
    ck_ok(kf_pipeline_add_input(pipeline, "x", KF_TYPE_INTEGER, NULL, &x));
    ck_ok(kf_pipeline_add_task(pipeline, writing, NULL, &written));
    ck_ok(kf_pipeline_set_argument(pipeline, written, "x", x));
    ck_ok(kf_pipeline_task_output(pipeline, written, "number", &number));
    ck_ok(kf_pipeline_add_task(pipeline, reading, NULL, &readback));
    ck_ok(kf_pipeline_set_argument(pipeline, readback, "number", number));
    ck_ok(kf_pipeline_task_output(pipeline, readback, "y", &y));
    ck_ok(kf_pipeline_set_output(pipeline, "y", y));
    kf_component_free(writing);
    kf_component_free(reading);
    return pipeline;
}

static kf_status start(const kf_pipeline *pipeline, const char *arguments, kf_run **out)
{
    kf_value *values = NULL;
    ck_ok(kf_value_parse(arguments, strlen(arguments), &values));
    kf_status status = kf_run_start(store, pipeline,
        KF_OPTIONS(kf_run_options, .arguments = values, .functions = functions,
            .function_count = sizeof functions / sizeof *functions),
        out);
    kf_value_free(values);
    return status;
}

static kf_pipeline *single(const char *function)
{
    kf_component *component = component_of(function);
    kf_pipeline *pipeline = NULL;
    kf_task_id task;
    ck_ok(kf_pipeline_new("single", NULL, &pipeline));
    ck_ok(kf_pipeline_add_task(pipeline, component, NULL, &task));
    kf_component_free(component);
    return pipeline;
}

START_TEST(results_metrics_cache_and_lineage)
{
    kf_pipeline *pipeline = write_and_read();
    kf_value *y = NULL, *run_description = NULL, *artifacts = NULL, *lineage = NULL;
    set_up();
    for (int i = 0; i < 2; i++) {
        kf_run *run = NULL;
        ck_ok(start(pipeline, "{\"x\": 42}", &run));
        ck_ok(kf_run_wait(run, -1));
        ck_assert_int_eq(kf_run_state(run), KF_STATE_SUCCEEDED);
        ck_ok(kf_run_output(run, "y", &y));
        ck_assert_int_eq(kf_value_int(y), 42);
        kf_value_free(y);
        kf_run_free(run);
    }
    ck_assert_int_eq(executions, 1); /* The second time from the cache. */
    ck_ok(kf_store_run(store, "latest", &run_description));
    const kf_value *tasks = kf_value_get(run_description, "tasks");
    ck_assert_uint_eq(kf_value_length(tasks), 2);
    const kf_value *metrics = kf_value_get(kf_value_at(tasks, 1), "metrics");
    ck_assert_str_eq(
        kf_value_string(kf_value_get(kf_value_at(tasks, 1), "state")), "CACHED");
    ck_assert_int_eq(kf_value_int(kf_value_get(metrics, "seen")), 42);
    ck_ok(kf_store_artifacts(store, NULL, &artifacts));
    ck_assert_uint_ge(kf_value_length(artifacts), 2);
    const kf_value *first = kf_value_at(artifacts, 0);
    ck_ok(
        kf_store_lineage(store, kf_value_string(kf_value_get(first, "uri")), &lineage));
    ck_assert_ptr_nonnull(kf_value_get(lineage, "upstream"));
    kf_value_free(lineage);
    kf_value_free(artifacts);
    kf_value_free(run_description);
    kf_pipeline_free(pipeline);
    kf_store_free(store);
}
END_TEST

START_TEST(arguments_are_checked)
{
    kf_pipeline *pipeline = write_and_read();
    kf_run *run = NULL;
    set_up();
    ck_fails(start(pipeline, "{}", &run), KF_EMISSING, "'x'");
    ck_fails(start(pipeline, "{\"x\": \"four\"}", &run), KF_ETYPE, "");
    ck_assert_int_ne(start(pipeline, "{\"x\": 1, \"z\": 2}", &run), KF_OK);
    ck_assert_ptr_null(run);
    kf_pipeline_free(pipeline);
    kf_store_free(store);
}
END_TEST

START_TEST(a_failure_says_why)
{
    kf_pipeline *pipeline = single("refuse");
    kf_run *run = NULL;
    set_up();
    ck_ok(start(pipeline, "{}", &run));
    ck_fails(kf_run_wait(run, -1), KF_EFAILED, "it was meant to");
    ck_assert_int_eq(kf_run_state(run), KF_STATE_FAILED);
    kf_run_free(run);
    kf_pipeline_free(pipeline);
    kf_store_free(store);
}
END_TEST

START_TEST(a_run_can_be_canceled)
{
    kf_pipeline *pipeline = single("wait_for_cancel");
    kf_run *run = NULL;
    set_up();
    ck_ok(start(pipeline, "{}", &run));
    ck_assert_int_eq(kf_run_wait(run, 0.05), KF_ETIMEOUT);
    kf_run_cancel(run);
    ck_assert_int_eq(kf_run_wait(run, 30), KF_ECANCELED);
    ck_assert_int_eq(kf_run_state(run), KF_STATE_CANCELED);
    kf_run_free(run);
    kf_pipeline_free(pipeline);
    kf_store_free(store);
}
END_TEST

KF_TEST_MAIN("run_api", results_metrics_cache_and_lineage, arguments_are_checked,
    a_failure_says_why, a_run_can_be_canceled)
