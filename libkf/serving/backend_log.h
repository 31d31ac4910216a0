/* SPDX-License-Identifier: Apache-2.0 */
/* The logger of KServe's agent: requests and answers as CloudEvents. */
#ifndef KF_SERVING_BACKEND_LOG_H
#define KF_SERVING_BACKEND_LOG_H

#include "serving/call.h"

/* What is logged and where; copied. */
typedef struct kf_log_options {
    const char *url;  /* http://, https:// or file:///….jsonl; with store_path s3://,
                        gs:// or file:///, below which records are kept. */
    const char *mode; /* "all", "request" or "response" */
    const char *source;         /* Of the events: the revision. */
    const char *service;        /* Its name, */
    const char *name_space;     /* and namespace, */
    const char *component;      /* "predictor" */
    const char *const *headers; /* Of requests, that are logged too. */
    size_t header_count;
    const char *annotations; /* JSON that goes with each; NULL: none. */
    const char *certificate; /* The name that records give; NULL: KServe's. */
    bool insecure;           /* Of https://: any certificate will do. */
    /* Of records. */
    const char *store_path;     /* NULL: events are sent. */
    const char *store_format;   /* "json", "csv", "parquet"; NULL: JSON. */
    const char *marshaller_url; /* Who makes the content of records; NULL: libkf. */
    int64_t batch_size;         /* Records of one object; 0: 1. */
    int64_t batch_interval_ms;  /* How long they may wait for others; 0: for ever. */
    const char *const *env;     /* As of kf_storage_options; NULL: none. */
} kf_log_options;

/* Requests with a body, and what is answered to them with 200, are sent by a thread of
 * its own. Nobody waits for it: what there is no room for is dropped, and counted. When
 * it ends, what waits is sent first, unless that fails or takes half a minute.
 * `inner` is the new backend's from now on, also on failure. KF_EUNSUPPORTED: no such
 * URL, or libcurl is missing. */
kf_status kf__backend_log(
    kf_backend *inner, const kf_log_options *options, kf_backend **out);

typedef struct kf_log_counts {
    uint64_t sent, dropped, failed;
} kf_log_counts;
kf_log_counts kf__backend_log_counts(kf_backend *backend);

#endif
