/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the gRPC server share: loops, connections, requests. */
#ifndef KF_IO_GRPC_PARTS_H
#define KF_IO_GRPC_PARTS_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/thread.h"
#include "base/vec.h"
#include "io/grpc_server.h"
#include "io/http2.h"

typedef struct kf_grpc_loop kf_grpc_loop;
typedef struct kf_grpc_connection kf_grpc_connection;

typedef enum kf_grpc_state {
    KF__GRPC_RECEIVING,
    KF__GRPC_HANDLING, /* An answer is owed. */
    KF__GRPC_ANSWERING /* It is on its way. */
} kf_grpc_state;

/* One stream. Of its loop's thread, but for what the one who answers fills. */
struct kf_grpc_request {
    kf_grpc_loop *loop;
    kf_grpc_connection *connection; /* NULL: its stream has ended. */
    kf_grpc_connection *owner;      /* Where it came in, as long as it is handled. */
    int32_t id;
    kf_grpc_state state;
    bool is_refused; /* The other side is told why; what still comes is dropped. */
    kf_arena arena;
    KF__VEC(kf_http2_header) headers;
    size_t header_bytes;
    char prefix[KF__GRPC_PREFIX];
    size_t prefix_length;
    size_t expected; /* Bytes of the message. */
    kf_buf message;
    int64_t deadline_ns;
    int64_t progress_ns;
    kf_grpc_request *previous, *next; /* Of its connection. */
    void *slot;
    void (*free_slot)(void *slot);
    /* The answer. */
    kf_grpc_status status;
    kf_buf answer;
    kf_buf text;
    char status_text[4];
    char answer_prefix[KF__GRPC_PREFIX];
    kf_http2_answer sending;
    kf_grpc_request *answered_next;
};

struct kf_grpc_connection {
    kf_grpc_loop *loop;
    int fd;
    kf_http2 *http2;
    kf_buf out;
    size_t out_sent;
    bool waits_for_room; /* EPOLLOUT is asked for. */
    bool is_closing;
    size_t buffered; /* Bytes of messages that are not whole. */
    /* Calls of it that are handled, also of streams that ended: it is freed after them.
     */
    size_t unanswered;
    int64_t idle_since_ns; /* Without requests. */
    kf_grpc_request *first;
    kf_grpc_connection *previous, *next; /* Of its loop. */
    kf_grpc_connection *closing_next;
};

struct kf_grpc_loop {
    kf_grpc_server *server;
    int epoll;
    int bell;
    pthread_t thread;
    pthread_t self; /* The same; of the thread itself. */
    bool has_thread, has_mutex;
    bool has_gone_away;
    kf_grpc_connection *first;
    kf_grpc_connection *closing;
    int64_t next_deadline_ns; /* 0: none. */
    int64_t next_look_ns;     /* For what stands still. */
    int64_t accept_again_ns;  /* There were no files left; 0: it listens. */
    kf_grpc_request *spare;
    size_t spare_count;
    kf_buf input;
    kf_mutex mutex; /* Over `answered`. */
    kf_grpc_request *answered;
};

struct kf_grpc_server {
    kf_grpc_server_options options;
    int listener;
    uint16_t port;
    kf_grpc_loop *loops;
    size_t loop_count;
    atomic_size_t pending;
    atomic_size_t connections;
    atomic_bool is_quiet, is_ending;
};

/* ---- grpc_request ---- */

extern const kf_http2_events kf__grpc_events;
/* All streams of the connection have ended. */
void kf__grpc_leave(kf_grpc_connection *connection);
/* Hand on what has been answered. `changed`: the connection has something to send, or has
 * no call any more. */
void kf__grpc_take_answers(
    kf_grpc_loop *loop, void (*changed)(kf_grpc_connection *connection));
/* Tell those whose time is over, and reset what stands still; false: the connection itself
 * does. *next_deadline_ns: the first of the others', if it is before. */
bool kf__grpc_look(
    kf_grpc_connection *connection, int64_t now_ns, int64_t *next_deadline_ns);
void kf__grpc_free_spares(kf_grpc_loop *loop);

#endif
