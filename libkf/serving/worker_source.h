/* SPDX-License-Identifier: Apache-2.0 */
/* The package kf.serving (python/kf/serving), written into C while building: for
 * interpreters that do not have it. */
#ifndef KF_SERVING_WORKER_SOURCE_H
#define KF_SERVING_WORKER_SOURCE_H

#include <stddef.h>

typedef struct kf_worker_file {
    const char *name; /* "kf/serving/_base.py"; NULL at the end of the list. */
    const char *text;
    size_t length;
} kf_worker_file;

extern const kf_worker_file kf__worker_files[];

#endif
