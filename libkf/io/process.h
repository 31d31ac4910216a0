/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes: started without fork handlers running in the child (posix_spawn),
 * each the first of a session and so of a process group of its own: a signal from the
 * terminal does not reach it, and its whole tree can be ended. It begins with no signal
 * blocked or ignored, and with no descriptor open but the three standard ones and
 * `keep_fd`. */
#ifndef KF_IO_PROCESS_H
#define KF_IO_PROCESS_H

#include "base/buf.h"
#include <sys/types.h>

typedef struct kf_process_options {
    const char *const
        *argv; /* NULL-terminated; argv[0] is looked up on the child's PATH. */
    const char *const
        *env; /* "NAME=value" added to or replacing this process's, NULL-terminated. */
    const char *folder; /* Working directory; NULL: this one's. */
    int stdin_fd;       /* -1: /dev/null. Not closed. */
    int stdout_fd;      /* -1: /dev/null. */
    int stderr_fd;      /* -1: same as stdout. */
    int keep_fd;        /* A descriptor the child keeps at the same number, or -1. */
} kf_process_options;

typedef struct kf_process {
    pid_t pid; /* 0: it has been waited for. */
    int pidfd; /* Readable when it ended; -1 where the kernel has none. */
} kf_process;

/* KF_ENOENT: no such program or folder. KF_EIO, KF_ENOMEM. */
kf_status kf__process_start(const kf_process_options *options, kf_process *out);
/* Wait until it ends. timeout_ms < 0: for ever. KF_ETIMEOUT: it runs on. *exit_code:
 * 0..255, or -signal. What is left of its group is killed then, as when the first
 * process of a container ends. KF_EIO if somebody else in this program has taken its
 * exit status. */
kf_status kf__process_wait(kf_process *process, int64_t timeout_ms, int *exit_code);
/* Append how it ended: "exit code 3", "ended by signal 9 (SIGKILL): ...". */
void kf__put_exit(kf_buf *out, int exit_code);
/* End the whole group: SIGTERM, and SIGKILL after grace_ms. Also reaps. Nothing if it
 * ended before. */
void kf__process_end(kf_process *process, int64_t grace_ms);
/* Kill every process but this one that was given the entry "NAME=value" in its
 * environment, or one that begins so if `entry` ends in "/", in whatever group or
 * session it is; comes back when there is none. It looks at all processes of the
 * machine. */
void kf__process_end_marked(const char *entry);
/* Run to the end, standard output and error into `out`: of more than
 * KF__LIMIT_STRING_BYTES the rest is dropped. stdout_fd and stderr_fd are ignored.
 * KF_ETIMEOUT: ended at once; timeout_ms < 0: no limit. */
kf_status kf__process_run(
    const kf_process_options *options, int64_t timeout_ms, kf_buf *out, int *exit_code);
/* start_time: of kf__process_start_time, or 0 if unknown. A process that ended and was
 * not waited for (a zombie) is not alive. */
bool kf__process_alive(pid_t pid, int64_t start_time);
int64_t kf__process_start_time(pid_t pid); /* Ticks from /proc; 0 if unknown. */

#endif
