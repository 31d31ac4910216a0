/* SPDX-License-Identifier: Apache-2.0 */
/* The program of the template process, run/worker/worker.py; written into C while building. */
#ifndef KF_RUN_WORKER_SOURCE_H
#define KF_RUN_WORKER_SOURCE_H

#include <stddef.h>

extern const char kf__worker_source[];
extern const size_t kf__worker_source_length;

#endif
