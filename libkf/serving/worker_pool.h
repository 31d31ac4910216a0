/* SPDX-License-Identifier: Apache-2.0 */
/* A backend that is a pool of warm worker processes: Python models, for the most part.
 * Each replica is one process that says by serving/worker_frame.h when it has loaded, and
 * then takes calls, many at once. A worker that ends, hangs or writes what it must not is
 * started again, and its calls go to another where that can be. */
#ifndef KF_SERVING_WORKER_POOL_H
#define KF_SERVING_WORKER_POOL_H

#include "serving/call.h"

typedef struct kf_workers kf_workers;

typedef struct kf_workers_options {
    /* The command of a worker, NULL-terminated, and what its environment has beside this
     * process's ("NAME=value"; NULL: nothing). KF_WORKER_FD names its socket there. */
    const char *const *argv;
    const char *const *env;
    const char *folder; /* It starts there; NULL: where this process is. */
    const char *start;  /* JSON that it is told first; NULL: {}. */
    const char *log;    /* File for what the workers print; NULL: none. */
    size_t log_limit;   /* Bytes of it, and as many before them; 0: 4 MiB. */
    size_t replicas;    /* To begin with; 0: none until kf__workers_scale. */
    size_t concurrency; /* Calls at once in a replica; 0: as many as there are. */
    size_t queue;       /* Calls that may wait, others get 503; 0: 10,000. */
    int64_t timeout_ns; /* From the arrival of a call; past it, or past the call's own
                           deadline, 504. 0: none. */
    int64_t
        hang_ns; /* A worker that has calls and says nothing for so long is ended; 0:
                           timeout_ns and two seconds, or never if that is 0 too. */
    int64_t load_timeout_ns; /* From its start to READY; 0: ten minutes. */
    int retries;       /* How often a call may go to a worker again after one ended
                                under it; 0: twice; -1: never. */
    size_t body_limit; /* Of what a worker answers; 0: KF__LIMIT_BODY_BYTES. */
    int64_t grace_ms;  /* For a worker that was told to end; 0: five seconds. */
    kf_backend
        *predictor; /* What calls of the workers go to; NULL: they are refused. It
                              must be there as long as the pool is. */
    /* Whether a call may be done twice; NULL: what V1 and V2 say, so all but loading and
     * unloading of models. */
    bool (*retriable)(const kf_call *call);
    /* kf__workers_state would say something else than before; on a thread of the pool,
     * which is not to wait for it. May be NULL. */
    void (*changed)(void *payload);
    void *payload;
} kf_workers_options;

/* KF_OK: processes start meanwhile. KF_EIO: no thread, or the log cannot be written;
 * KF_ENOMEM. What is given is copied. */
kf_status kf__workers_new(const kf_workers_options *options, kf_workers **out);
/* No call is under way. Ends all processes. NULL is fine. */
void kf__workers_free(kf_workers *pool);
/* It may be freed as a backend or by kf__workers_free. */
kf_backend *kf__workers_backend(kf_workers *pool);
/* From now on so many replicas. Those that are too many end once they have answered what
 * they have. At 0 calls wait. Any thread. */
void kf__workers_scale(kf_workers *pool, size_t replicas);

typedef struct kf_workers_state {
    size_t wanted;
    size_t starting;   /* Loading, or waiting for another try. */
    size_t ready;      /* Loaded. */
    size_t in_flight;  /* Calls that a worker has. */
    size_t queued;     /* Calls that wait. */
    uint64_t restarts; /* Processes that ended without being told to. */
    /* No replica is ready, and the last one to try failed: calls are answered with 503 and
     * `message` until one loads. Tries go on, less and less often. */
    bool failing;
    /* No replica is ready, and the last one that ended was not told to: whoever asks
     * whether the model is ready gets 503 and `message`, other calls wait. */
    bool ill;
    const char *reason; /* "" as long as nothing failed, or KServe's: "ModelLoadFailed",
                           "RuntimeUnhealthy" (ended after it had loaded). */
    char message[1024]; /* Why the last one ended: what it said, its last lines. */
    int exit_code;      /* 0..255 or -signal. */
    int64_t failed_ms;  /* When, since the epoch; 0: never. */
} kf_workers_state;
void kf__workers_state(kf_workers *pool, kf_workers_state *out); /* Any thread. */

#endif
