/* SPDX-License-Identifier: Apache-2.0 */
/* The histograms of KServe (python/kserve/kserve/metrics.py), with finer buckets below
 * its finest, and what prometheus_client says of a process on Linux. */
#include "serving/metrics.h"

#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/thread.h"
#include "io/file.h"
#include "io/process.h"

static const struct bucket {
    int64_t nanoseconds;
    const char *text;
} buckets[] = {{10000, "1e-05"}, {25000, "2.5e-05"}, {50000, "5e-05"},
    {100000, "0.0001"}, {250000, "0.00025"}, {500000, "0.0005"}, {1000000, "0.001"},
    {2500000, "0.0025"}, {5000000, "0.005"}, {10000000, "0.01"}, {25000000, "0.025"},
    {50000000, "0.05"}, {75000000, "0.075"}, {100000000, "0.1"}, {250000000, "0.25"},
    {500000000, "0.5"}, {750000000, "0.75"}, {1000000000, "1.0"}, {2500000000, "2.5"},
    {5000000000, "5.0"}, {7500000000, "7.5"}, {10000000000, "10.0"},
    {INT64_MAX, "+Inf"}};
enum { BUCKETS = sizeof buckets / sizeof *buckets };

typedef struct histogram {
    atomic_ullong counts[BUCKETS]; /* Not added up. */
    atomic_ullong nanoseconds;
} histogram;

struct kf_model_metrics {
    kf_model_metrics *next;
    char *label; /* {model_name="…"}, without the braces. */
    char *name;
    histogram steps[KF__STEPS];
};

enum { FIRST_STATUS = 100, STATUSES = 500 };

struct kf_metrics {
    kf_mutex mutex; /* Over adding models. */
    kf_model_metrics *_Atomic models;
    atomic_ullong statuses[STATUSES];
    histogram requests;
};

kf_status kf__metrics_new(kf_metrics **out)
{
    kf_metrics *metrics = kf__calloc(1, sizeof *metrics);
    if (metrics == NULL)
        return KF_ENOMEM;
    kf_status status = kf__mutex_init(&metrics->mutex);
    if (status != KF_OK) {
        kf__free(metrics);
        return status;
    }
    *out = metrics;
    return KF_OK;
}

static void free_model(kf_model_metrics *model)
{
    kf__free(model->label);
    kf__free(model->name);
    kf__free(model);
}

void kf__metrics_free(kf_metrics *metrics)
{
    if (metrics == NULL)
        return;
    kf_model_metrics *model = metrics->models;
    while (model != NULL) {
        kf_model_metrics *next = model->next;
        free_model(model);
        model = next;
    }
    kf__mutex_finish(&metrics->mutex);
    kf__free(metrics);
}

/* ---- counting ---- */

static void add(atomic_ullong *counter, uint64_t more)
{
    atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

static void observe(histogram *self, int64_t nanoseconds)
{
    size_t bucket = 0;
    while (nanoseconds > buckets[bucket].nanoseconds)
        bucket++;
    add(&self->counts[bucket], 1);
    add(&self->nanoseconds, nanoseconds > 0 ? (uint64_t)nanoseconds : 0);
}

void kf__metrics_step(kf_model_metrics *metrics, kf_step step, int64_t nanoseconds)
{
    if (metrics != NULL)
        observe(&metrics->steps[step], nanoseconds);
}

void kf__metrics_request(kf_metrics *metrics, int status, int64_t nanoseconds)
{
    if (metrics == NULL)
        return;
    observe(&metrics->requests, nanoseconds);
    if (status >= FIRST_STATUS && status < FIRST_STATUS + STATUSES)
        add(&metrics->statuses[status - FIRST_STATUS], 1);
}

/* ---- models ---- */

/* As the text format escapes a label's value. */
static kf_status make_label(const char *name, char **out)
{
    kf_buf label = KF__BUF_INIT;
    kf__buf_puts(&label, "model_name=\"");
    for (; *name != '\0'; name++) {
        if (*name == '\\' || *name == '"' || *name == '\n')
            kf__buf_putc(&label, '\\');
        kf__buf_putc(&label, *name == '\n' ? 'n' : *name);
    }
    kf__buf_puts(&label, "\"");
    return kf__buf_take(&label, out);
}

static kf_status new_model(const char *name, kf_model_metrics **out)
{
    kf_model_metrics *model = kf__calloc(1, sizeof *model);
    if (model == NULL)
        return KF_ENOMEM;
    model->name = kf__strdup(name);
    kf_status status =
        model->name != NULL ? make_label(name, &model->label) : KF_ENOMEM;
    if (status != KF_OK) {
        free_model(model);
        return status;
    }
    *out = model;
    return KF_OK;
}

static kf_status find_or_add(
    kf_metrics *metrics, const char *name, kf_model_metrics **out)
{
    for (kf_model_metrics *model = metrics->models; model != NULL; model = model->next)
        if (strcmp(model->name, name) == 0) {
            *out = model;
            return KF_OK;
        }
    kf_model_metrics *model = NULL;
    KF__TRY(new_model(name, &model));
    model->next = metrics->models;
    metrics->models = model;
    *out = model;
    return KF_OK;
}

kf_status kf__metrics_model(
    kf_metrics *metrics, const char *name, kf_model_metrics **out)
{
    kf__mutex_lock(&metrics->mutex);
    kf_status status = find_or_add(metrics, name, out);
    kf__mutex_unlock(&metrics->mutex);
    return status;
}

/* ---- writing ---- */

static void put_head(kf_buf *out, const char *name, const char *help, const char *type)
{
    kf__buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_value(kf_buf *out, const char *name, const char *label, double value)
{
    kf__buf_puts(out, name);
    if (label[0] != '\0')
        kf__buf_printf(out, "{%s}", label);
    kf__buf_putc(out, ' ');
    kf__put_double(out, value);
    kf__buf_putc(out, '\n');
}

static void put_histogram(
    kf_buf *out, const char *name, const char *label, histogram *self)
{
    unsigned long long count = 0;
    const char *comma = label[0] != '\0' ? "," : "";
    char part[80];
    for (size_t i = 0; i < BUCKETS; i++) {
        count += atomic_load_explicit(&self->counts[i], memory_order_relaxed);
        kf__buf_printf(out, "%s_bucket{%s%sle=\"%s\"} %llu.0\n", name, label, comma,
            buckets[i].text, count);
    }
    (void)snprintf(part, sizeof part, "%s_count", name);
    put_value(out, part, label, (double)count);
    (void)snprintf(part, sizeof part, "%s_sum", name);
    put_value(out, part, label, (double)atomic_load(&self->nanoseconds) / 1e9);
}

static void put_steps(kf_metrics *metrics, kf_buf *out)
{
    static const struct {
        const char *name;
        const char *help;
    } steps[] = {{"request_preprocess_seconds", "pre-process request latency"},
        {"request_predict_seconds", "predict request latency"},
        {"request_explain_seconds", "explain request latency"},
        {"request_postprocess_seconds", "post-process request latency"}};
    for (size_t i = 0; i < KF__STEPS; i++) {
        put_head(out, steps[i].name, steps[i].help, "histogram");
        for (kf_model_metrics *model = metrics->models; model; model = model->next)
            put_histogram(out, steps[i].name, model->label, &model->steps[i]);
    }
}

static void put_requests(kf_metrics *metrics, kf_buf *out)
{
    static const char total[] = "http_requests_total", time[] = "http_request_seconds";
    put_head(out, total, "Requests answered over HTTP, by status.", "counter");
    for (int i = 0; i < STATUSES; i++) {
        char label[32];
        unsigned long long count = atomic_load(&metrics->statuses[i]);
        (void)snprintf(label, sizeof label, "status=\"%d\"", FIRST_STATUS + i);
        if (count > 0)
            put_value(out, total, label, (double)count);
    }
    put_head(out, time, "From the whole request to its answer.", "histogram");
    put_histogram(out, time, "", &metrics->requests);
}

/* ---- the process ---- */

static void put_number(
    kf_buf *out, const char *name, const char *help, const char *type, double value)
{
    put_head(out, name, help, type);
    put_value(out, name, "", value);
}

static void put_memory(kf_buf *out)
{
    kf_buf text = KF__BUF_INIT;
    unsigned long long pages = 0, resident = 0;
    double page = (double)sysconf(_SC_PAGESIZE);
    if (kf__file_read("/proc/self/statm", 4096, &text) == KF_OK &&
        sscanf(kf__buf_text(&text), "%llu %llu", &pages, &resident) == 2) {
        put_number(out, "process_virtual_memory_bytes", "Virtual memory size in bytes.",
            "gauge", (double)pages * page);
        put_number(out, "process_resident_memory_bytes",
            "Resident memory size in bytes.", "gauge", (double)resident * page);
    }
    kf__buf_finish(&text);
}

static void put_files(kf_buf *out)
{
    struct rlimit limit;
    DIR *folder = opendir("/proc/self/fd");
    int count = -3; /* "." and ".." and the folder itself. */
    for (; folder != NULL && readdir(folder) != NULL; count++)
        ;
    if (folder == NULL)
        return;
    (void)closedir(folder);
    put_number(out, "process_open_fds", "Number of open file descriptors.", "gauge",
        (double)count);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        put_number(out, "process_max_fds", "Maximum number of open file descriptors.",
            "gauge", (double)limit.rlim_cur);
}

static void put_start(kf_buf *out)
{
    struct timespec now, up;
    int64_t ticks = kf__process_start_time(getpid());
    if (ticks == 0 || clock_gettime(CLOCK_REALTIME, &now) != 0 ||
        clock_gettime(CLOCK_BOOTTIME, &up) != 0)
        return;
    double boot =
        (double)(now.tv_sec - up.tv_sec) + (double)(now.tv_nsec - up.tv_nsec) / 1e9;
    put_number(out, "process_start_time_seconds",
        "Start time of the process since unix epoch in seconds.", "gauge",
        boot + (double)ticks / (double)sysconf(_SC_CLK_TCK));
}

static void put_process(kf_buf *out)
{
    struct timespec used;
    put_memory(out);
    put_start(out);
    put_files(out);
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0)
        put_number(out, "process_cpu_seconds_total",
            "Total user and system CPU time spent in seconds.", "counter",
            (double)used.tv_sec + (double)used.tv_nsec / 1e9);
}

void kf__metrics_put(kf_metrics *metrics, kf_buf *out)
{
    put_process(out);
    put_requests(metrics, out);
    put_steps(metrics, out);
}
