/* SPDX-License-Identifier: Apache-2.0 */
/* Pi from random points: two C functions and a command are the steps of one pipeline; no Python.
 *     cc estimate_pi.c -o estimate_pi $(pkg-config --cflags --libs libkf) && ./estimate_pi */
#include <kf.h>
#include <stdio.h>
#include <stdlib.h>
enum { POINTS = 100000 };

static int throw_points(kf_call *call, void *payload) /* -> a file with a line for each hit */
{
    FILE *file = fopen(kf_call_output_path(call, "hits"), "w");
    unsigned short seed[3] = {1, 2, 3};
    for (int i = 0; file && i < POINTS; i++) {
        double x = erand48(seed), y = erand48(seed);
        if (x * x + y * y < 1)
            fprintf(file, "%f %f\n", x, y);
    }
    return file ? fclose(file) : 1;
}

static int estimate(kf_call *call, void *payload) /* the number of hits -> pi */
{
    double hits = kf_value_double(kf_call_input(call, "hits"));
    kf_value *pi = NULL;
    int failed = kf_value_new_double(4 * hits / POINTS, &pi) || kf_call_set_output(call, "pi", pi);
    kf_value_free(pi);
    return failed;
}

static const kf_function functions[] = {{"throw", throw_points, 0}, {"estimate", estimate, 0}};
static const char *const count[] = {"sh", "-c", "wc -l < \"$0\" > \"$1\"",
    "{{$.inputs.artifacts['file'].path}}", "{{$.outputs.parameters['lines'].output_file}}", NULL};

static int build(kf_component *steps[3], kf_pipeline *pipeline)
{
    kf_task_id tasks[3];
    kf_channel_id hits, lines, pi;
    return kf_component_new("throw", &steps[0]) || kf_component_set_call(steps[0], "throw") ||
        kf_component_add_output_artifact(steps[0], "hits", "system.Dataset", NULL) ||
        kf_component_new("count", &steps[1]) ||
        kf_component_add_input_artifact(steps[1], "file", "system.Dataset", NULL) ||
        kf_component_add_output(steps[1], "lines", KF_TYPE_INTEGER, NULL) ||
        kf_component_set_command(steps[1], "debian:12", count) ||
        kf_component_new("estimate", &steps[2]) || kf_component_set_call(steps[2], "estimate") ||
        kf_component_add_input(steps[2], "hits", KF_TYPE_INTEGER, NULL) ||
        kf_component_add_output(steps[2], "pi", KF_TYPE_DOUBLE, NULL) ||
        kf_pipeline_add_task(pipeline, steps[0], NULL, &tasks[0]) ||
        kf_pipeline_task_output(pipeline, tasks[0], "hits", &hits) ||
        kf_pipeline_add_task(pipeline, steps[1], NULL, &tasks[1]) ||
        kf_pipeline_set_argument(pipeline, tasks[1], "file", hits) ||
        kf_pipeline_task_output(pipeline, tasks[1], "lines", &lines) ||
        kf_pipeline_add_task(pipeline, steps[2], NULL, &tasks[2]) ||
        kf_pipeline_set_argument(pipeline, tasks[2], "hits", lines) ||
        kf_pipeline_task_output(pipeline, tasks[2], "pi", &pi) ||
        kf_pipeline_set_output(pipeline, "pi", pi);
}

int main(void)
{
    const kf_run_options *options = KF_OPTIONS(kf_run_options, .functions = functions,
        .function_count = 2, .containers = KF_CONTAINERS_HOST);
    kf_component *steps[3] = {NULL};
    kf_pipeline *pipeline = NULL;
    kf_store *store = NULL;
    kf_run *run = NULL;
    kf_value *pi = NULL;
    if (kf_pipeline_new("estimate-pi", NULL, &pipeline) || build(steps, pipeline) ||
        kf_store_open(NULL, &store) || kf_run_start(store, pipeline, options, &run) ||
        kf_run_wait(run, -1) || kf_run_output(run, "pi", &pi))
        return fprintf(stderr, "%s\n", kf_last_error()->message), 1;
    printf("pi is about %g\n", kf_value_double(pi));
    kf_value_free(pi);
    kf_run_free(run);
    kf_store_free(store);
    kf_pipeline_free(pipeline);
    for (int i = 0; i < 3; i++)
        kf_component_free(steps[i]);
    return 0;
}
