/* SPDX-License-Identifier: Apache-2.0 */
/* What the benchmarks in C share: time, peak memory, a pipeline of many tasks of one component. */
#ifndef KF_BENCH_H
#define KF_BENCH_H

#include <kf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double bench_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Of this program alone: what getrusage tells may be of the one that started it. */
static inline double bench_peak_mb(void)
{
    char line[256];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (status != NULL)
        fclose(status);
    return (double)kib / 1024;
}

/* Add `count` tasks: a chain, each fed by the one before, or tasks that do not wait for
 * each other. */
static inline kf_status bench_add_tasks(
    kf_pipeline *pipeline, kf_component *component, int count, bool chain)
{
    kf_channel_id channel = -1;
    for (int i = 0; i < count; i++) {
        kf_task_id task;
        kf_status status = kf_pipeline_add_task(pipeline, component, NULL, &task);
        if (status == KF_OK)
            status = i == 0 || !chain
                         ? kf_pipeline_set_int(pipeline, task, "x", i)
                         : kf_pipeline_set_argument(pipeline, task, "x", channel);
        if (status == KF_OK)
            status = kf_pipeline_task_output(pipeline, task, NULL, &channel);
        if (status != KF_OK)
            return status;
    }
    return KF_OK;
}

/* A component with an integer input `x` and an integer output. */
static inline kf_status bench_component(const char *name, kf_component **out)
{
    kf_status status = kf_component_new(name, out);
    if (status == KF_OK)
        status = kf_component_add_input(*out, "x", KF_TYPE_INTEGER, NULL);
    if (status == KF_OK)
        status = kf_component_add_output(*out, "Output", KF_TYPE_INTEGER, NULL);
    return status;
}

static inline int bench_end(kf_status status)
{
    if (status != KF_OK)
        fprintf(stderr, "%s: %s\n", kf_status_name(status), kf_last_error()->message);
    return status == KF_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
