/* SPDX-License-Identifier: Apache-2.0 */
/* Python environments: a virtual environment per interpreter and set of requirements,
 * below <home>/environments, built once and shared by all tasks, runs and processes. */
#ifndef KF_RUN_ENVIRONMENT_H
#define KF_RUN_ENVIRONMENT_H

#include "base/buf.h"
#include "base/value.h"

typedef struct kf_environment {
    const char *home;
    const char *python;           /* The interpreter it is made from. */
    const char *identity;         /* What tells that interpreter from others. */
    const kf_value *options;      /* Index urls and trusted hosts: words for pip. */
    const kf_value *requirements; /* Words for pip. */
    int cancel_fd;                /* Readable when building is to stop; -1: none. */
    int64_t deadline;             /* On the monotonic clock in ns; 0: none. */
} kf_environment;

/* The name of the environment's folder: a digest of what it consists of. */
void kf__environment_key(const kf_environment *environment, char out[33]);
/* Whether it has been built; appends the path of its interpreter. */
kf_status kf__environment_find(
    const kf_environment *environment, kf_buf *python, bool *found);
/* Path of the log of its building. */
kf_status kf__environment_log(const kf_environment *environment, kf_buf *path);
/* Build it, unless it has been built meanwhile; appends the path of its interpreter.
 * Other threads and processes that want the same wait. KF_EFAILED: pip's last lines and
 * the path of its log are in the message. KF_ECANCELED, KF_ETIMEOUT, KF_EIO. Nothing
 * half-built is ever used. */
kf_status kf__environment_build(const kf_environment *environment, kf_buf *python);

#endif
