/* SPDX-License-Identifier: Apache-2.0 */
/* A client of gRPC for tests, over libnghttp2, and bytes on the wire for what no client
 * would send. */
#ifndef KF_GRPC_CLIENT_H
#define KF_GRPC_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "kf_test.h"

/* A call and what came of it. */
typedef struct grpc_call {
    int32_t id;
    kf_buf sent; /* With its prefix; what goes as it stands. */
    size_t sent_bytes;
    bool holds; /* The end of the stream is not sent. */
    char http_status[8];
    char status[8];
    char message[4096];
    char encodings[64];
    kf_buf answer; /* With its prefix. */
    bool is_over;
    uint32_t error; /* Of a reset. */
} grpc_call;

typedef struct grpc_client {
    int fd;
    nghttp2_session *session;
    bool is_closed;
    bool has_gone_away;
    uint32_t gone_away_error;
} grpc_client;

static inline int grpc_connect(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {20, 0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int grpc_on_header(nghttp2_session *session, const nghttp2_frame *frame,
    const uint8_t *name, size_t name_length, const uint8_t *value, size_t length,
    uint8_t flags, void *payload)
{
    (void)flags;
    (void)payload;
    grpc_call *call =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    const struct {
        const char *name;
        char *to;
        size_t size;
    } wanted[] = {
        {":status", call->http_status, sizeof call->http_status},
        {"grpc-status", call->status, sizeof call->status},
        {"grpc-message", call->message, sizeof call->message},
        {"grpc-accept-encoding", call->encodings, sizeof call->encodings},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strlen(wanted[i].name) == name_length &&
            memcmp(wanted[i].name, name, name_length) == 0)
            (void)snprintf(
                wanted[i].to, wanted[i].size, "%.*s", (int)length, (const char *)value);
    return 0;
}

static int grpc_on_data(nghttp2_session *session, uint8_t flags, int32_t id,
    const uint8_t *data, size_t length, void *payload)
{
    (void)flags;
    (void)payload;
    grpc_call *call = nghttp2_session_get_stream_user_data(session, id);
    kf__buf_append(&call->answer, data, length);
    return 0;
}

static int grpc_on_close(
    nghttp2_session *session, int32_t id, uint32_t error, void *payload)
{
    (void)payload;
    grpc_call *call = nghttp2_session_get_stream_user_data(session, id);
    if (call != NULL) {
        call->is_over = true;
        call->error = error;
    }
    return 0;
}

static int grpc_on_frame(
    nghttp2_session *session, const nghttp2_frame *frame, void *payload)
{
    grpc_client *client = payload;
    (void)session;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        client->has_gone_away = true;
        client->gone_away_error = frame->goaway.error_code;
    }
    return 0;
}

static ssize_t grpc_read(nghttp2_session *session, int32_t id, uint8_t *to, size_t room,
    uint32_t *flags, nghttp2_data_source *source, void *payload)
{
    (void)session;
    (void)id;
    (void)payload;
    grpc_call *call = source->ptr;
    size_t left = call->sent.length - call->sent_bytes;
    size_t count = left < room ? left : room;
    if (count == 0 && call->holds)
        return NGHTTP2_ERR_DEFERRED;
    memcpy(to, kf__buf_text(&call->sent) + call->sent_bytes, count);
    call->sent_bytes += count;
    if (call->sent_bytes == call->sent.length && !call->holds)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)count;
}

static inline void grpc_open(grpc_client *client, uint16_t port)
{
    nghttp2_session_callbacks *callbacks;
    *client = (grpc_client){.fd = grpc_connect(port)};
    ck_assert_int_eq(nghttp2_session_callbacks_new(&callbacks), 0);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, grpc_on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, grpc_on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, grpc_on_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, grpc_on_frame);
    ck_assert_int_eq(
        nghttp2_session_client_new(&client->session, callbacks, client), 0);
    nghttp2_session_callbacks_del(callbacks);
    ck_assert_int_eq(
        nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, NULL, 0), 0);
}

static inline void grpc_close(grpc_client *client)
{
    nghttp2_session_del(client->session);
    (void)close(client->fd);
}

static inline void grpc_flush(grpc_client *client)
{
    const uint8_t *data;
    ssize_t length;
    while ((length = nghttp2_session_mem_send(client->session, &data)) > 0)
        if (send(client->fd, data, (size_t)length, MSG_NOSIGNAL) != length)
            client->is_closed = true;
}

static inline void grpc_receive(grpc_client *client)
{
    uint8_t bytes[16384];
    ssize_t got = recv(client->fd, bytes, sizeof bytes, 0);
    ck_assert_msg(got >= 0 || errno == ECONNRESET, "nothing comes");
    if (got <= 0)
        client->is_closed = true;
    else
        ck_assert_int_eq(
            nghttp2_session_mem_recv(client->session, bytes, (size_t)got), got);
}

static inline void grpc_put(grpc_call *call, const void *message, size_t length)
{
    char prefix[5] = {0, (char)(length >> 24), (char)(length >> 16),
        (char)(length >> 8), (char)length};
    kf__buf_append(&call->sent, prefix, sizeof prefix);
    kf__buf_append(&call->sent, message, length);
}

/* Headers are pairs, and replace those of the same name. */
static inline void grpc_begin(grpc_client *client, grpc_call *call, const char *path,
    const char *const (*headers)[2], size_t count)
{
    const char *all[16][2] = {{":method", "POST"}, {":scheme", "http"}, {":path", path},
        {":authority", "localhost"}, {"content-type", "application/grpc"},
        {"te", "trailers"}};
    size_t total = 6;
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < total && strcmp(all[k][0], headers[i][0]) != 0)
            k++;
        all[k][0] = headers[i][0];
        all[k][1] = headers[i][1];
        total += k == total;
    }
    nghttp2_nv list[16];
    for (size_t i = 0; i < total; i++)
        list[i] = (nghttp2_nv){(uint8_t *)(uintptr_t)all[i][0],
            (uint8_t *)(uintptr_t)all[i][1], strlen(all[i][0]), strlen(all[i][1]), 0};
    nghttp2_data_provider provider = {.source.ptr = call, .read_callback = grpc_read};
    call->id =
        nghttp2_submit_request(client->session, NULL, list, total, &provider, call);
    ck_assert_int_gt(call->id, 0);
    grpc_flush(client);
}

static inline void grpc_wait(grpc_client *client, const grpc_call *call)
{
    while (!call->is_over && !client->is_closed) {
        grpc_receive(client);
        grpc_flush(client);
    }
}

/* The whole of a call; the message of its answer, which is the call's. */
static inline const char *grpc_ask(grpc_client *client, grpc_call *call,
    const char *path, const void *message, size_t length)
{
    grpc_put(call, message, length);
    grpc_begin(client, call, path, NULL, 0);
    grpc_wait(client, call);
    ck_assert_msg(call->is_over, "the connection is closed");
    return call->answer.length >= 5 ? call->answer.data + 5 : "";
}

static inline void grpc_finish(grpc_call *call)
{
    kf__buf_finish(&call->sent);
    kf__buf_finish(&call->answer);
    *call = (grpc_call){0};
}

#endif
