/* SPDX-License-Identifier: Apache-2.0 */
/* The package kf.serving for interpreters that do not have it: written from what libkf
 * carries into <home>/runtime, once for each content. */
#ifndef KF_SERVING_WORKER_PACKAGE_H
#define KF_SERVING_WORKER_PACKAGE_H

#include "base/buf.h"

/* What a worker runs: python -u -c kf__worker_program FOLDER. The interpreter's own
 * package comes first. */
extern const char kf__worker_program[];
/* Append FOLDER. KF_EIO, KF_ENOMEM. */
kf_status kf__worker_package(const char *home, kf_buf *folder);

#endif
