/* SPDX-License-Identifier: Apache-2.0 */
/* Streams to others: never waiting, closed on exec, and a write to one that the other side
 * has left raises no signal. */
#ifndef KF_IO_SOCKET_H
#define KF_IO_SOCKET_H

#include "base/buf.h"

#include <netinet/in.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef union kf_socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} kf_socket_address;
/* "127.0.0.1", "::1"; NULL: loopback. KF_EINVAL. */
kf_status kf__socket_read_address(
    const char *text, uint16_t port, kf_socket_address *out);
/* A socket of TCP that listens; *port: where. KF_EINVAL; KF_EBUSY: the port is taken;
 * KF_EIO. */
kf_status kf__socket_listen(const char *address, uint16_t *port, int *fd);
/* One that has connected, without delay of what is sent; -1: none now. */
int kf__socket_accept(int fd);

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
