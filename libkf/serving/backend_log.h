/* SPDX-License-Identifier: Apache-2.0 */
/* The logger of KServe's agent: requests and answers as CloudEvents. */
#ifndef KF_SERVING_BACKEND_LOG_H
#define KF_SERVING_BACKEND_LOG_H

#include "serving/call.h"

/* What is logged and where; copied. */
typedef struct kf_log_options {
    const char *url;            /* http://, https:// or file:///….jsonl */
    const char *mode;           /* "all", "request" or "response" */
    const char *source;         /* Of the events: the revision. */
    const char *service;        /* Its name, */
    const char *name_space;     /* and namespace, */
    const char *component;      /* "predictor" */
    const char *const *headers; /* Of requests, that are logged too. */
    size_t header_count;
    const char *annotations; /* JSON that goes with each; NULL: none. */
} kf_log_options;

/* Requests with a body, and what is answered to them with 200, are sent by a thread of
 * its own. Nobody waits for it: what there is no room for is dropped, and counted.
 * `inner` is the new backend's from now on, also on failure. KF_EUNSUPPORTED: no such
 * URL, or libcurl is missing. */
kf_status kf__backend_log(
    kf_backend *inner, const kf_log_options *options, kf_backend **out);

typedef struct kf_log_counts {
    uint64_t sent, dropped, failed;
} kf_log_counts;
kf_log_counts kf__backend_log_counts(kf_backend *backend);

#endif
