/* SPDX-License-Identifier: Apache-2.0 */
/* What workers print: into a file that does not grow beyond a size (what comes before is
 * in a file ".1" beside it), and the last of it in memory, which tells why one ended. */
#ifndef KF_SERVING_WORKER_LOG_H
#define KF_SERVING_WORKER_LOG_H

#include "base/buf.h"

typedef struct kf_worker_log {
    const char *path; /* Borrowed; NULL: no file. */
    size_t limit;
    int fd;
    size_t size;
} kf_worker_log;

/* KF_EIO, KF_ENOENT: the file cannot be made. */
kf_status kf__worker_log_open(kf_worker_log *log, const char *path, size_t limit);
/* What cannot be written is lost. */
void kf__worker_log_write(kf_worker_log *log, const char *text, size_t length);
void kf__worker_log_close(kf_worker_log *log);

enum { KF__WORKER_TAIL = 4096 };
/* Append, and forget all but the last KF__WORKER_TAIL bytes or so. */
void kf__worker_tail_add(kf_buf *tail, const char *text, size_t length);
/* Append the last lines, `lines` at most, without blank ones at the end, as UTF-8. */
void kf__worker_tail_put(const kf_buf *tail, int lines, kf_buf *out);

#endif
