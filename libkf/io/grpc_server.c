/* SPDX-License-Identifier: Apache-2.0 */
/* Loops and connections: bytes between sockets and HTTP/2. */
#include "io/grpc_server.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/grpc_parts.h"
#include "io/socket.h"

enum {
    EVENTS_AT_ONCE = 64,
    INPUT_BYTES = 64 << 10, /* Of one connection before the others have their turn. */
    OUTPUT_BYTES = 64 << 10,
    LOOK_MS = 1000,    /* Between looks for what stands still. */
    REST_MS = 100,     /* When there are no files left for connections. */
    DEADLINE_MS = 5,   /* As late as a deadline may be told. */
    WINDOW = 16 << 20, /* Bytes that a client may send before it is told to go on. */
    MESSAGE_LIMIT = 8 << 20 /* As KServe's server. */
};

/* ---- connections ---- */

static void close_later(kf_grpc_connection *connection)
{
    if (connection->is_closing)
        return;
    connection->is_closing = true;
    connection->closing_next = connection->loop->closing;
    connection->loop->closing = connection;
}

/* Its calls that are handled hold what is left of it. */
static void let_go(kf_grpc_connection *connection)
{
    kf_grpc_loop *loop = connection->loop;
    if (connection->fd >= 0) {
        *(connection->previous != NULL ? &connection->previous->next : &loop->first) =
            connection->next;
        if (connection->next != NULL)
            connection->next->previous = connection->previous;
        kf__grpc_leave(connection);
        kf__http2_free(connection->http2);
        kf__buf_finish(&connection->out);
        kf__socket_close(&connection->fd);
        atomic_fetch_sub(&loop->server->connections, 1);
    }
    connection->is_closing = false;
    if (connection->unanswered == 0)
        kf__free(connection);
}

static void close_all_that_are_to(kf_grpc_loop *loop)
{
    while (loop->closing != NULL) {
        kf_grpc_connection *connection = loop->closing;
        loop->closing = connection->closing_next;
        let_go(connection);
    }
}

static void watch_room(kf_grpc_connection *connection, bool waits)
{
    struct epoll_event event = {
        .events = EPOLLIN | (waits ? EPOLLOUT : 0), .data.ptr = connection};
    if (connection->waits_for_room == waits)
        return;
    connection->waits_for_room = waits;
    (void)epoll_ctl(connection->loop->epoll, EPOLL_CTL_MOD, connection->fd, &event);
}

/* False: the other side is gone. */
static bool send_out(kf_grpc_connection *connection)
{
    kf_buf *out = &connection->out;
    struct iovec rest = {.iov_base = out->data + connection->out_sent,
        .iov_len = out->length - connection->out_sent};
    ssize_t sent = rest.iov_len > 0 ? kf__socket_send(connection->fd, &rest, 1) : 0;
    if (sent < 0)
        return false;
    connection->out_sent += (size_t)sent;
    if (connection->out_sent == out->length) {
        connection->out_sent = 0;
        kf__buf_truncate(out, 0);
    }
    return true;
}

static bool send_all(kf_grpc_connection *connection)
{
    for (;;) {
        if (connection->out.length == 0 &&
            !kf__http2_send(connection->http2, &connection->out, OUTPUT_BYTES))
            return false;
        if (connection->out.length == 0)
            break;
        if (!send_out(connection))
            return false;
        if (connection->out.length > 0)
            break;
    }
    watch_room(connection, connection->out.length > 0);
    return connection->out.length > 0 || !kf__http2_is_over(connection->http2);
}

static void flush(kf_grpc_connection *connection)
{
    if (connection->fd < 0)
        close_later(connection);
    else if (!connection->is_closing && !send_all(connection))
        close_later(connection);
}

static void receive(kf_grpc_connection *connection)
{
    kf_grpc_loop *loop = connection->loop;
    kf__buf_truncate(&loop->input, 0);
    kf_received got = kf__socket_receive(connection->fd, &loop->input, INPUT_BYTES);
    if (got == KF__RECEIVED_NONE)
        return;
    if (got != KF__RECEIVED_SOME) {
        if (got == KF__RECEIVED_NOMEM)
            kf__buf_finish(&loop->input);
        close_later(connection);
        return;
    }
    if (!kf__http2_receive(connection->http2, loop->input.data, loop->input.length)) {
        (void)send_all(connection);
        close_later(connection);
    }
}

static bool add(kf_grpc_loop *loop, kf_grpc_connection *connection)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    unsigned streams = loop->server->options.streams;
    if (kf__http2_new(&kf__grpc_events, connection, streams, WINDOW,
            &connection->http2) != KF_OK ||
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        return false;
    connection->next = loop->first;
    if (loop->first != NULL)
        loop->first->previous = connection;
    loop->first = connection;
    return true;
}

static void welcome(kf_grpc_loop *loop, int fd)
{
    kf_grpc_server *server = loop->server;
    kf_grpc_connection *connection = NULL;
    if (atomic_fetch_add(&server->connections, 1) < server->options.connections)
        connection = kf__calloc(1, sizeof *connection);
    if (connection != NULL) {
        connection->loop = loop;
        connection->fd = fd;
        connection->idle_since_ns = kf__monotonic_ns();
        if (add(loop, connection)) {
            flush(connection);
            return;
        }
        kf__http2_free(connection->http2);
        kf__free(connection);
    }
    kf__socket_close(&fd);
    atomic_fetch_sub(&server->connections, 1);
}

static kf_status watch(kf_grpc_loop *loop, int fd, unsigned events, void *what)
{
    struct epoll_event event = {.events = events, .data.ptr = what};
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0
               ? KF_OK
               : kf__fail(KF_EIO, NULL, "cannot wait for calls");
}

static kf_status begin_to_accept(kf_grpc_loop *loop)
{
    loop->accept_again_ns = 0;
    return watch(loop, loop->server->listener, EPOLLIN | EPOLLEXCLUSIVE, loop->server);
}

/* Without this, a connection that cannot be taken would be told again and again. */
static void rest_from_accepting(kf_grpc_loop *loop)
{
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, loop->server->listener, NULL);
    loop->accept_again_ns = kf__monotonic_ns() + REST_MS * 1000000LL;
}

static void accept_some(kf_grpc_loop *loop)
{
    for (int i = 0; i < EVENTS_AT_ONCE; i++) {
        int fd = kf__socket_accept(loop->server->listener);
        if (fd < 0) {
            if (errno != EAGAIN)
                rest_from_accepting(loop);
            return;
        }
        welcome(loop, fd);
    }
}

/* ---- the loop ---- */

/* Takes no more calls; connections without any end at once. */
static void go_away(kf_grpc_loop *loop)
{
    loop->has_gone_away = true;
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, loop->server->listener, NULL);
    for (kf_grpc_connection *each = loop->first; each != NULL; each = each->next) {
        kf__http2_go_away(each->http2);
        flush(each);
    }
}

static void look_at(kf_grpc_connection *connection, int64_t now_ns)
{
    kf_grpc_loop *loop = connection->loop;
    int64_t idle_ns = (int64_t)loop->server->options.idle_seconds * 1000000000;
    if (!kf__grpc_look(connection, now_ns, &loop->next_deadline_ns)) {
        close_later(connection);
        return;
    }
    if (connection->first == NULL && now_ns - connection->idle_since_ns > idle_ns)
        kf__http2_go_away(connection->http2);
    flush(connection);
}

static void look(kf_grpc_loop *loop)
{
    int64_t now_ns = kf__monotonic_ns();
    if (loop->accept_again_ns != 0 && now_ns >= loop->accept_again_ns &&
        !loop->has_gone_away)
        (void)begin_to_accept(loop);
    bool is_due = loop->next_deadline_ns != 0 && now_ns >= loop->next_deadline_ns;
    if (!is_due && now_ns < loop->next_look_ns)
        return;
    loop->next_look_ns = now_ns + LOOK_MS * 1000000LL;
    loop->next_deadline_ns = 0;
    for (kf_grpc_connection *each = loop->first; each != NULL; each = each->next)
        look_at(each, now_ns);
}

static int patience_ms(const kf_grpc_loop *loop)
{
    if (loop->accept_again_ns != 0)
        return REST_MS;
    if (loop->first == NULL)
        return -1;
    if (loop->next_deadline_ns == 0)
        return LOOK_MS;
    int64_t left_ms = (loop->next_deadline_ns - kf__monotonic_ns()) / 1000000;
    return left_ms < DEADLINE_MS ? DEADLINE_MS
           : left_ms < LOOK_MS   ? (int)left_ms
                                 : LOOK_MS;
}

static void take_event(kf_grpc_loop *loop, const struct epoll_event *event)
{
    kf_grpc_connection *connection = event->data.ptr;
    if (event->data.ptr == loop) {
        kf__bell_hush(loop->bell);
    } else if (event->data.ptr == loop->server) {
        accept_some(loop);
    } else if (!connection->is_closing) {
        if ((event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
            receive(connection);
        kf__grpc_take_answers(loop, flush);
        flush(connection);
    }
}

static void *run(void *argument)
{
    kf_grpc_loop *loop = argument;
    struct epoll_event events[EVENTS_AT_ONCE];
    loop->self = pthread_self();
    while (!atomic_load(&loop->server->is_ending)) {
        int count = epoll_wait(loop->epoll, events, EVENTS_AT_ONCE, patience_ms(loop));
        for (int i = 0; i < count; i++)
            take_event(loop, &events[i]);
        kf__grpc_take_answers(loop, flush);
        if (atomic_load(&loop->server->is_quiet) && !loop->has_gone_away)
            go_away(loop);
        look(loop);
        close_all_that_are_to(loop);
    }
    return NULL;
}

/* ---- begin ---- */

static kf_status begin_loop(kf_grpc_loop *loop)
{
    KF__TRY(kf__mutex_init(&loop->mutex));
    loop->has_mutex = true;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0)
        return kf__fail(KF_EIO, NULL, "cannot wait for calls");
    KF__TRY(kf__bell_open(&loop->bell));
    KF__TRY(watch(loop, loop->bell, EPOLLIN, loop));
    KF__TRY(begin_to_accept(loop));
    KF__TRY(kf__thread_start(&loop->thread, run, loop));
    loop->has_thread = true;
    return KF_OK;
}

static kf_status begin(kf_grpc_server *server)
{
    server->port = server->options.port;
    KF__TRY(
        kf__socket_listen(server->options.address, &server->port, &server->listener));
    server->loops = kf__calloc((size_t)server->options.threads, sizeof *server->loops);
    if (server->loops == NULL)
        return KF_ENOMEM;
    server->loop_count = (size_t)server->options.threads;
    for (size_t i = 0; i < server->loop_count; i++) {
        server->loops[i].server = server;
        server->loops[i].epoll = server->loops[i].bell = -1;
    }
    for (size_t i = 0; i < server->loop_count; i++)
        KF__TRY(begin_loop(&server->loops[i]));
    return KF_OK;
}

static void set_defaults(kf_grpc_server_options *options)
{
    if (options->threads < 1)
        options->threads = 1;
    if (options->message_limit == 0)
        options->message_limit = MESSAGE_LIMIT;
    if (options->stall_seconds == 0)
        options->stall_seconds = 60;
    if (options->idle_seconds == 0)
        options->idle_seconds = 300;
    if (options->connections == 0)
        options->connections = 4096;
    if (options->streams == 0)
        options->streams = 256;
}

kf_status kf__grpc_server_start(
    const kf_grpc_server_options *options, kf_grpc_server **out)
{
    KF__TRY(kf__http2_open());
    kf_grpc_server *server = kf__calloc(1, sizeof *server);
    if (server == NULL)
        return KF_ENOMEM;
    server->options = *options;
    server->listener = -1;
    set_defaults(&server->options);
    kf_status status = begin(server);
    if (status != KF_OK) {
        kf__grpc_server_free(server);
        return status;
    }
    *out = server;
    return KF_OK;
}

uint16_t kf__grpc_server_port(const kf_grpc_server *server)
{
    return server->port;
}

size_t kf__grpc_server_pending(const kf_grpc_server *server)
{
    return atomic_load(&server->pending);
}

/* ---- end ---- */

static void ring_all(kf_grpc_server *server)
{
    for (size_t i = 0; i < server->loop_count; i++)
        if (server->loops[i].bell >= 0)
            kf__bell_ring(server->loops[i].bell);
}

void kf__grpc_server_quiesce(kf_grpc_server *server)
{
    atomic_store(&server->is_quiet, true);
    ring_all(server);
}

static void end_loop(kf_grpc_loop *loop)
{
    if (loop->has_thread)
        (void)pthread_join(loop->thread, NULL);
    if (loop->has_mutex) {
        kf__grpc_take_answers(loop, flush);
        close_all_that_are_to(loop);
        while (loop->first != NULL)
            let_go(loop->first);
        kf__mutex_finish(&loop->mutex);
    }
    kf__grpc_free_spares(loop);
    kf__buf_finish(&loop->input);
    kf__socket_close(&loop->epoll);
    kf__socket_close(&loop->bell);
}

void kf__grpc_server_free(kf_grpc_server *server)
{
    if (server == NULL)
        return;
    atomic_store(&server->is_ending, true);
    ring_all(server);
    for (size_t i = 0; i < server->loop_count; i++)
        end_loop(&server->loops[i]);
    kf__socket_close(&server->listener);
    kf__free(server->loops);
    kf__free(server);
}
