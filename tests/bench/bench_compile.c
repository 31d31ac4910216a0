/* SPDX-License-Identifier: Apache-2.0 */
/* bench_compile TASKS: build a chain, lower it and write it; prints JSON: seconds, bytes of the
 * document, peak resident memory in MB. */
#include "bench.h"

int main(int argc, char **argv)
{
    const char *const words[] = {
        "sh", "-c", "echo $0", "{{$.inputs.parameters['x']}}", NULL};
    int count = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 10000;
    kf_component *component = NULL;
    kf_pipeline *pipeline = NULL;
    char *text = NULL;
    double start = bench_now();
    kf_status status = bench_component("step", &component);
    if (status == KF_OK)
        status = kf_component_set_command(component, "debian:12", words);
    if (status == KF_OK)
        status = kf_pipeline_new("bench", NULL, &pipeline);
    if (status == KF_OK)
        status = bench_add_tasks(pipeline, component, count, true);
    if (status == KF_OK)
        status = kf_pipeline_write(pipeline, NULL, &text);
    if (status == KF_OK)
        printf("{\"seconds\": %.5f, \"bytes\": %zu, \"peak_mb\": %.1f}\n",
            bench_now() - start, strlen(text), bench_peak_mb());
    kf_text_free(text);
    kf_pipeline_free(pipeline);
    kf_component_free(component);
    return bench_end(status);
}
