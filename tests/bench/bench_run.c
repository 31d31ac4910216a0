/* SPDX-License-Identifier: Apache-2.0 */
/* bench_run TASKS chain|parallel HOME: run TASKS `call` components with the durable
 * store in HOME, then again from the cache; prints JSON: seconds, cached_seconds, peak
 * resident memory in MB. */
#include "bench.h"

static int add_one(kf_call *call, void *payload)
{
    kf_value *sum = NULL;
    int failed =
        kf_value_new_int(kf_value_int(kf_call_input(call, "x")) + 1, &sum) != KF_OK ||
        kf_call_set_output(call, "Output", sum) != KF_OK;
    kf_value_free(sum);
    return failed;
}

static kf_status run_once(kf_store *store, const kf_pipeline *pipeline, double *seconds)
{
    const kf_function functions[] = {{"add_one", add_one, NULL}};
    kf_run *run = NULL;
    double start = bench_now();
    kf_status status = kf_run_start(store, pipeline,
        KF_OPTIONS(kf_run_options, .functions = functions, .function_count = 1), &run);
    if (status == KF_OK)
        status = kf_run_wait(run, -1);
    *seconds = bench_now() - start;
    kf_run_free(run);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: bench_run TASKS chain|parallel HOME\n");
        return EXIT_FAILURE;
    }
    kf_component *component = NULL;
    kf_pipeline *pipeline = NULL;
    kf_store *store = NULL;
    double first = 0, again = 0;
    kf_status status = bench_component("add one", &component);
    if (status == KF_OK)
        status = kf_component_set_call(component, "add_one");
    if (status == KF_OK)
        status = kf_pipeline_new("bench", NULL, &pipeline);
    if (status == KF_OK)
        status = bench_add_tasks(pipeline, component, (int)strtol(argv[1], NULL, 10),
            strcmp(argv[2], "chain") == 0);
    if (status == KF_OK)
        status = kf_store_open(argv[3], &store);
    if (status == KF_OK)
        status = run_once(store, pipeline, &first);
    if (status == KF_OK)
        status = run_once(store, pipeline, &again);
    if (status == KF_OK)
        printf("{\"seconds\": %.4f, \"cached_seconds\": %.4f, \"peak_mb\": %.1f}\n",
            first, again, bench_peak_mb());
    kf_store_free(store);
    kf_pipeline_free(pipeline);
    kf_component_free(component);
    return bench_end(status);
}
