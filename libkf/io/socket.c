/* SPDX-License-Identifier: Apache-2.0 */
#include "io/socket.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
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

/* ---- TCP ---- */

kf_status kf__socket_read_address(
    const char *text, uint16_t port, kf_socket_address *out)
{
    if (text == NULL)
        text = "127.0.0.1";
    *out = (kf_socket_address){.v6 = {0}};
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
    } else if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
    } else {
        return kf__fail(KF_EINVAL, "address",
            "'%.100s' is no address: expected one such as 127.0.0.1 or ::1", text);
    }
    return KF_OK;
}

static socklen_t size_of(const kf_socket_address *address)
{
    return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

static bool begin_to_listen(int fd, kf_socket_address *address, uint16_t *port)
{
    int on = 1;
    socklen_t size = sizeof *address;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, &address->any, size_of(address)) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, &address->any, &size) != 0)
        return false;
    *port = ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port
                                                     : address->v4.sin_port);
    return true;
}

kf_status kf__socket_listen(const char *address, uint16_t *port, int *fd)
{
    kf_socket_address where;
    KF__TRY(kf__socket_read_address(address, *port, &where));
    int made =
        socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made >= 0 && begin_to_listen(made, &where, port)) {
        *fd = made;
        return KF_OK;
    }
    int error = errno;
    kf__socket_close(&made);
    const char *at = address != NULL ? address : "127.0.0.1";
    return error == EADDRINUSE
               ? kf__fail(KF_EBUSY, "port",
                     "port %u of %.100s is taken by another server", *port, at)
               : kf__fail(KF_EIO, NULL, "cannot listen on port %u of %.100s: %s", *port,
                     at, strerrordesc_np(error));
}

int kf__socket_accept(int fd)
{
    int on = 1, made;
    do {
        made = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (made < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (made >= 0)
        (void)setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return made;
}

/* ---- bells ---- */

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
