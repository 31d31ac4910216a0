/* SPDX-License-Identifier: Apache-2.0 */
/* Pi from random points: a pipeline of two C functions and a command, built and run by libkf.
 * cc estimate_pi.c -o estimate_pi $(pkg-config --cflags --libs libkf) && ./estimate_pi */
#include <kf.h>
#include <stdio.h>
#include <stdlib.h>

enum { POINTS = 100000 };

static int throw_points(kf_call *call, void *payload) /* -> a file, one hit a line */
{
    FILE *file = fopen(kf_call_output_path(call, "hits"), "w");
    unsigned short state[3] = {1, 2, 3};
    for (int i = 0; file && i < POINTS; i++) {
        double x = erand48(state), y = erand48(state);
        if (x * x + y * y < 1)
            fprintf(file, "%f %f\n", x, y);
    }
    return file ? fclose(file) : 1;
}

static int estimate(kf_call *call, void *payload) /* hits -> a metric */
{
    double hits = strtod(kf_value_string(kf_call_input(call, "hits")), NULL);
    kf_value *pi = NULL;
    int failed = kf_value_new_double(4 * hits / POINTS, &pi) ||
        kf_call_set_metadata(call, "metrics", "pi", pi);
    kf_value_free(pi);
    return failed;
}

static int print_event(const kf_event *event, void *payload)
{
    if (event->task && kf_state_is_final(event->state))
        printf("%-10s %s\n", kf_state_name(event->state), event->task);
    return 0;
}

static int build(kf_component *steps[3], kf_pipeline **out)
{
    const char *const count[] = {"sh", "-c", "wc -l < \"$0\" > \"$1\"",
        "{{$.inputs.artifacts['file'].path}}", "{{$.outputs.parameters['lines'].output_file}}", NULL};
    kf_task_id task[3];
    kf_channel_id file, lines;
    return kf_component_new("throw points", &steps[0]) ||
        kf_component_add_output_artifact(steps[0], "hits", "system.Dataset", NULL) ||
        kf_component_set_call(steps[0], "throw_points") ||
        kf_component_new("count hits", &steps[1]) ||
        kf_component_add_input_artifact(steps[1], "file", "system.Dataset", NULL) ||
        kf_component_add_output(steps[1], "lines", KF_TYPE_STRING, NULL) ||
        kf_component_set_command(steps[1], "debian:12", count) ||
        kf_component_new("estimate", &steps[2]) ||
        kf_component_add_input(steps[2], "hits", KF_TYPE_STRING, NULL) ||
        kf_component_add_output_artifact(steps[2], "metrics", "system.Metrics", NULL) ||
        kf_component_set_call(steps[2], "estimate") ||
        kf_pipeline_new("estimate-pi", NULL, out) ||
        kf_pipeline_add_task(*out, steps[0], NULL, &task[0]) ||
        kf_pipeline_task_output(*out, task[0], "hits", &file) ||
        kf_pipeline_add_task(*out, steps[1], NULL, &task[1]) ||
        kf_pipeline_set_argument(*out, task[1], "file", file) ||
        kf_pipeline_task_output(*out, task[1], "lines", &lines) ||
        kf_pipeline_add_task(*out, steps[2], NULL, &task[2]) ||
        kf_pipeline_set_argument(*out, task[2], "hits", lines);
}

int main(void)
{
    const kf_function functions[] = {{"throw_points", throw_points, NULL},
        {"estimate", estimate, NULL}};
    kf_component *steps[3] = {NULL};
    kf_pipeline *pipeline = NULL;
    kf_store *store = NULL;
    kf_run *run = NULL;
    int failed = build(steps, &pipeline) || kf_pipeline_save(pipeline, "estimate_pi.yaml", NULL) ||
        kf_store_open(NULL, &store) ||
        kf_run_start(store, pipeline, KF_OPTIONS(kf_run_options,
            .functions = functions, .function_count = 2, .containers = KF_CONTAINERS_HOST,
            .on_event = print_event), &run) ||
        kf_run_wait(run, -1);
    if (failed)
        fprintf(stderr, "%s: %s\n", kf_last_error()->where, kf_last_error()->message);
    else
        printf("kf show %s prints the run; estimate_pi.yaml is its document\n", kf_run_id(run));
    kf_run_free(run);
    kf_store_free(store);
    kf_pipeline_free(pipeline);
    for (int i = 0; i < 3; i++)
        kf_component_free(steps[i]);
    return failed != 0;
}
