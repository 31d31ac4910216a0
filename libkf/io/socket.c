/* SPDX-License-Identifier: Apache-2.0 */
#include "io/socket.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static kf_status fail_system(const char *what)
{
    return kf__fail(errno == ENOMEM ? KF_ENOMEM : KF_EIO, NULL, "cannot make %s: %s",
        what, strerror(errno));
}

static kf_status keep(const int pair[2], int *mine, int *theirs)
{
    (void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
    *mine = pair[0];
    *theirs = pair[1];
    return KF_OK;
}

kf_status kf__socket_pair(int *mine, int *theirs)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return fail_system("a socket");
    return keep(pair, mine, theirs);
}

kf_status kf__socket_pipe(int *mine, int *theirs)
{
    int pair[2];
    if (pipe2(pair, O_CLOEXEC) != 0)
        return fail_system("a pipe");
    return keep(pair, mine, theirs);
}

ssize_t kf__socket_send(int fd, const struct iovec *parts, int count)
{
    struct iovec copy[4];
    if (count > 4)
        count = 4;
    memcpy(copy, parts, (size_t)count * sizeof *copy);
    struct msghdr message = {.msg_iov = copy, .msg_iovlen = (size_t)count};
    ssize_t sent;
    do {
        sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ? 0 : -1;
}

kf_received kf__socket_receive(int fd, kf_buf *into, size_t most)
{
    ssize_t count;
    kf__buf_reserve(into, most);
    if (into->status != KF_OK)
        return KF__RECEIVED_NOMEM;
    do {
        count = read(fd, into->data + into->length, most);
    } while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN)
        return KF__RECEIVED_NONE;
    if (count <= 0)
        return KF__RECEIVED_END;
    into->length += (size_t)count;
    into->data[into->length] = '\0';
    return KF__RECEIVED_SOME;
}

kf_status kf__bell_open(int *fd)
{
    int made = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made < 0)
        return fail_system("an event");
    *fd = made;
    return KF_OK;
}

void kf__bell_ring(int fd)
{
    (void)!write(fd, &(uint64_t){1}, sizeof(uint64_t));
}

void kf__bell_hush(int fd)
{
    uint64_t rung;
    (void)!read(fd, &rung, sizeof rung);
}

void kf__socket_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}
