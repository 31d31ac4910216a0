/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline of C functions and a command, built and run by libkf: pi from random points.
 * cc estimate_pi.c -o estimate_pi $(pkg-config --cflags --libs libkf) && ./estimate_pi */
#include <kf.h>
#include <stdio.h>
#include <stdlib.h>

#define TRY(call) do { if ((call) != KF_OK) goto failed; } while (0)

static int throw_points(kf_call *call, void *payload) /* points -> a file, one point a line */
{
    FILE *file = fopen(kf_call_output_path(call, "hits"), "w");
    if (!file)
        return 1;
    unsigned short state[3] = {1, 2, 3};
    for (int64_t left = kf_value_int(kf_call_input(call, "points")); left > 0; left--) {
        double x = erand48(state), y = erand48(state);
        if (x * x + y * y < 1)
            fprintf(file, "%f %f\n", x, y);
    }
    return fclose(file);
}

static int estimate(kf_call *call, void *payload) /* hits, points -> a metric */
{
    double hits = atof(kf_value_string(kf_call_input(call, "hits")));
    kf_value *pi = NULL;
    int failed = kf_value_new_double(4 * hits / kf_value_double(kf_call_input(call, "points")), &pi);
    failed = failed || kf_call_set_metadata(call, "metrics", "pi", pi);
    kf_value_free(pi);
    return failed;
}

static int print_event(const kf_event *event, void *payload)
{
    if (event->task && kf_state_is_final(event->state))
        printf("%-10s %s\n", kf_state_name(event->state), event->task);
    return 0;
}

int main(void)
{
    kf_component *throwing = NULL, *counting = NULL, *estimating = NULL;
    kf_pipeline *pipeline = NULL;
    kf_store *store = NULL;
    kf_run *run = NULL;
    kf_value *result = NULL;
    char *text = NULL;
    kf_task_id thrown, counted, estimated;
    kf_channel_id points, file, lines;
    const char *count[] = {"sh", "-c", "wc -l < \"$0\" > \"$1\"", "{{$.inputs.artifacts['file'].path}}",
        "{{$.outputs.parameters['lines'].output_file}}", NULL};
    const kf_function functions[] = {{"throw_points", throw_points, NULL}, {"estimate", estimate, NULL}};

    TRY(kf_component_new("throw points", &throwing));
    TRY(kf_component_add_input(throwing, "points", KF_TYPE_INTEGER, NULL));
    TRY(kf_component_add_output_artifact(throwing, "hits", "system.Dataset", NULL));
    TRY(kf_component_set_call(throwing, "throw_points"));
    TRY(kf_component_new("count lines", &counting));
    TRY(kf_component_add_input_artifact(counting, "file", "system.Dataset", NULL));
    TRY(kf_component_add_output(counting, "lines", KF_TYPE_STRING, NULL));
    TRY(kf_component_set_command(counting, "debian:12", count));
    TRY(kf_component_new("estimate", &estimating));
    TRY(kf_component_add_input(estimating, "hits", KF_TYPE_STRING, NULL));
    TRY(kf_component_add_input(estimating, "points", KF_TYPE_INTEGER, NULL));
    TRY(kf_component_add_output_artifact(estimating, "metrics", "system.Metrics", NULL));
    TRY(kf_component_set_call(estimating, "estimate"));

    TRY(kf_pipeline_new("estimate-pi", NULL, &pipeline));
    TRY(kf_pipeline_add_input(pipeline, "points", KF_TYPE_INTEGER, NULL, &points));
    TRY(kf_pipeline_add_task(pipeline, throwing, NULL, &thrown));
    TRY(kf_pipeline_set_argument(pipeline, thrown, "points", points));
    TRY(kf_pipeline_task_output(pipeline, thrown, "hits", &file));
    TRY(kf_pipeline_add_task(pipeline, counting, NULL, &counted));
    TRY(kf_pipeline_set_argument(pipeline, counted, "file", file));
    TRY(kf_pipeline_task_output(pipeline, counted, NULL, &lines));
    TRY(kf_pipeline_add_task(pipeline, estimating, NULL, &estimated));
    TRY(kf_pipeline_set_argument(pipeline, estimated, "hits", lines));
    TRY(kf_pipeline_set_argument(pipeline, estimated, "points", points));
    TRY(kf_pipeline_save(pipeline, "estimate_pi.yaml", NULL));

    TRY(kf_value_parse("{\"points\": 100000}", 18, &result));
    TRY(kf_store_open(NULL, &store));
    TRY(kf_run_start(store, pipeline, KF_OPTIONS(kf_run_options, .arguments = result,
        .containers = KF_CONTAINERS_HOST, .functions = functions, .function_count = 2,
        .on_event = print_event), &run));
    TRY(kf_run_wait(run, -1));
    printf("compiled to estimate_pi.yaml; kf show %s shows the run\n", kf_run_id(run));
    return 0;
failed:
    fprintf(stderr, "%s: %s\n", kf_last_error()->where, kf_last_error()->message);
    return 1;
}
