/* SPDX-License-Identifier: Apache-2.0 */
/* Streams between this process and its children: never waiting, closed on exec, and a
 * write to one that the other side has left raises no signal. */
#ifndef KF_IO_SOCKET_H
#define KF_IO_SOCKET_H

#include "base/buf.h"

#include <sys/types.h>
#include <sys/uio.h>

/* A socket to write and read; `theirs` waits, and is for the child to keep. */
kf_status kf__socket_pair(int *mine, int *theirs);
/* A pipe to read what a child prints. */
kf_status kf__socket_pipe(int *mine, int *theirs);
/* How many bytes went; 0: none now; -1: the other side has gone. */
ssize_t kf__socket_send(int fd, const struct iovec *parts, int count);
typedef enum kf_received {
    KF__RECEIVED_SOME,
    KF__RECEIVED_NONE, /* Nothing has come yet. */
    KF__RECEIVED_END,  /* And nothing will come. */
    KF__RECEIVED_NOMEM
} kf_received;
/* Append what has come, `most` bytes at most. */
kf_received kf__socket_receive(int fd, kf_buf *into, size_t most);

/* Something that a thread that polls can be woken by: readable once it was rung. */
kf_status kf__bell_open(int *fd);
void kf__bell_ring(int fd);
void kf__bell_hush(int fd);
void kf__socket_close(int *fd); /* -1 is fine, and is what it becomes. */

#endif
