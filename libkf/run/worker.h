/* SPDX-License-Identifier: Apache-2.0 */
/* The template process of a Python interpreter, which forks a process for each task
 * (run/worker/worker.py says how the two talk). Any number of threads may do work on
 * one worker at a time. */
#ifndef KF_RUN_WORKER_H
#define KF_RUN_WORKER_H

#include "base/buf.h"

typedef struct kf_worker kf_worker;

/* Start the interpreter `python` (a path, or a name on the PATH), which keeps its files
 * below the folder `home`. KF_ENOENT, KF_EIO, KF_EUNSUPPORTED if it is no Python that
 * will do. */
kf_status kf__worker_start(const char *python, const char *home, kf_worker **out);
/* Ends what still runs. */
void kf__worker_free(kf_worker *worker);
/* {"version", "executable", "prefix"} of the interpreter, as JSON text; borrowed. */
const char *kf__worker_identity(const kf_worker *worker);

typedef struct kf_work {
    const char *source;  /* Of the component, or NULL. */
    const char *request; /* JSON: {function, input, env, folder}, or {judge}. */
    const char *log;     /* Path of the file that output is appended to; NULL: none. */
    int cancel_fd;       /* Readable when the work is to stop; -1: none. */
    int64_t deadline;    /* On the monotonic clock in ns; 0: none. */
    int exit_code;       /* Filled: 0..255, or -signal. */
    kf_buf message;      /* Filled: the exception's last line, or the result. */
    bool lost;           /* Filled: the template has gone, and the worker is useless. */
} kf_work;

/* Have work done in a process of its own. KF_OK: it ended with status 0. KF_EFAILED: it
 * did not; exit_code and message say how. KF_ECANCELED, KF_ETIMEOUT: it was ended, with
 * all processes that descend from it. KF_ESTATE: the template has gone and the work was
 * not begun. KF_EIO: the template went while it was done, or the log cannot be
 * written. */
kf_status kf__worker_do(kf_worker *worker, kf_work *work);

#endif
