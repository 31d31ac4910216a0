/* SPDX-License-Identifier: Apache-2.0 */
/* What Prometheus is told. Counting takes no lock. */
#ifndef KF_SERVING_METRICS_H
#define KF_SERVING_METRICS_H

#include "base/buf.h"

typedef struct kf_metrics kf_metrics;
typedef struct kf_model_metrics kf_model_metrics;

/* The steps of a request, as KServe names them. */
typedef enum kf_step {
    KF_STEP_PREPROCESS, /* Reading the body. */
    KF_STEP_PREDICT,
    KF_STEP_EXPLAIN,
    KF_STEP_POSTPROCESS, /* Writing the answer. */
    KF__STEPS
} kf_step;

kf_status kf__metrics_new(kf_metrics **out);
void kf__metrics_free(kf_metrics *metrics); /* NULL is fine. */
/* Those of a model by its name, made at the first call; they live as long as `metrics`.
 * KF_ENOMEM. */
kf_status kf__metrics_model(
    kf_metrics *metrics, const char *name, kf_model_metrics **out);
/* A step took so long. NULL is fine. */
void kf__metrics_step(kf_model_metrics *metrics, kf_step step, int64_t nanoseconds);
/* A request over HTTP was answered, so long after it came. NULL is fine. */
void kf__metrics_request(kf_metrics *metrics, int status, int64_t nanoseconds);
/* All of it, and the process itself, in Prometheus's text format. */
void kf__metrics_put(kf_metrics *metrics, kf_buf *out);

#endif
