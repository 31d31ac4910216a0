/* SPDX-License-Identifier: Apache-2.0 */
/* One call: from what comes on its stream to its answer. */
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/grpc_parts.h"
#include "io/socket.h"

enum {
    HEADER_MOST = 16 << 10, /* Bytes of all names and values, as over HTTP/1.1. */
    LARGEST_KEPT = 1 << 18, /* Bytes of a buffer, from request to request. */
    SPARES_MOST = 256,
    BUFFERED_MESSAGES = 16 /* Of the largest, not whole yet, of one connection. */
};

/* ---- lists ---- */

static void attach(kf_grpc_connection *connection, kf_grpc_request *request)
{
    request->connection = connection;
    request->previous = NULL;
    request->next = connection->first;
    if (connection->first != NULL)
        connection->first->previous = request;
    connection->first = request;
}

static void detach(kf_grpc_request *request)
{
    kf_grpc_connection *connection = request->connection;
    if (connection == NULL)
        return;
    if (request->state == KF__GRPC_RECEIVING)
        connection->buffered -= request->message.length;
    *(request->previous != NULL ? &request->previous->next : &connection->first) =
        request->next;
    if (request->next != NULL)
        request->next->previous = request->previous;
    if (connection->first == NULL)
        connection->idle_since_ns = kf__monotonic_ns();
    request->connection = NULL;
}

static void free_request(kf_grpc_request *request)
{
    if (request->free_slot != NULL)
        request->free_slot(request->slot);
    kf__arena_finish(&request->arena);
    kf__vec_finish(&request->headers);
    kf__buf_finish(&request->message);
    kf__buf_finish(&request->answer);
    kf__buf_finish(&request->text);
    kf__free(request);
}

/* Large ones are not kept for the next request. */
static void clear(kf_buf *buf)
{
    kf__buf_truncate(buf, 0);
    if (buf->capacity > LARGEST_KEPT || buf->status != KF_OK)
        kf__buf_finish(buf);
}

static void recycle(kf_grpc_request *request)
{
    kf_grpc_loop *loop = request->loop;
    detach(request);
    if (loop->spare_count >= SPARES_MOST) {
        free_request(request);
        return;
    }
    clear(&request->message);
    clear(&request->answer);
    clear(&request->text);
    request->next = loop->spare;
    loop->spare = request;
    loop->spare_count++;
}

static kf_grpc_request *take_spare(kf_grpc_loop *loop)
{
    kf_grpc_request *request = loop->spare;
    if (request == NULL)
        return kf__calloc(1, sizeof *request);
    loop->spare = request->next;
    loop->spare_count--;
    kf__arena_reset(&request->arena);
    request->headers.count = 0;
    return request;
}

void kf__grpc_free_spares(kf_grpc_loop *loop)
{
    while (loop->spare != NULL) {
        kf_grpc_request *request = loop->spare;
        loop->spare = request->next;
        free_request(request);
    }
}

/* ---- answers ---- */

static void put_header(
    kf_http2_header *list, size_t *count, const char *name, const char *value)
{
    list[(*count)++] = (kf_http2_header){name, value};
}

static void put_status(kf_grpc_request *request, kf_http2_header *list, size_t *count)
{
    (void)snprintf(
        request->status_text, sizeof request->status_text, "%d", (int)request->status);
    put_header(list, count, "grpc-status", request->status_text);
    if (request->text.length > 0)
        put_header(list, count, "grpc-message", kf__buf_text(&request->text));
}

static void send_answer(kf_grpc_request *request)
{
    kf_http2_answer *sending = &request->sending;
    *sending = (kf_http2_answer){.header_count = 0};
    request->progress_ns = kf__monotonic_ns();
    put_header(sending->headers, &sending->header_count, ":status", "200");
    put_header(
        sending->headers, &sending->header_count, "content-type", "application/grpc");
    put_header(
        sending->headers, &sending->header_count, "grpc-accept-encoding", "identity");
    if (request->status == KF__GRPC_OK) {
        kf__grpc_write_prefix(request->answer_prefix, request->answer.length);
        sending->head = request->answer_prefix;
        sending->head_length = sizeof request->answer_prefix;
        sending->body = kf__buf_text(&request->answer);
        sending->body_length = request->answer.length;
        put_status(request, sending->trailers, &sending->trailer_count);
    } else {
        put_status(request, sending->headers, &sending->header_count);
    }
    kf__http2_answer(request->connection->http2, request->id, sending);
}

/* An answer of HTTP, for what does not speak gRPC. */
static void send_http(kf_grpc_request *request, const char *status)
{
    request->is_refused = true;
    request->sending = (kf_http2_answer){
        .headers = {{":status", status}, {"content-length", "0"}}, .header_count = 2};
    kf__http2_answer(request->connection->http2, request->id, &request->sending);
}

static void refuse(kf_grpc_request *request, kf_grpc_status status, const char *text)
{
    request->is_refused = true;
    request->status = status;
    kf__buf_truncate(&request->text, 0);
    kf__grpc_put_message(&request->text, text);
    send_answer(request);
}

/* ---- what comes ---- */

static void *opened(void *payload, int32_t id)
{
    kf_grpc_connection *connection = payload;
    kf_grpc_loop *loop = connection->loop;
    /* Streams that are reset while their calls are under way leave these behind. */
    if (connection->unanswered >= 2 * (size_t)loop->server->options.streams)
        return NULL;
    kf_grpc_request *request = take_spare(loop);
    if (request == NULL)
        return NULL;
    request->loop = loop;
    request->id = id;
    request->state = KF__GRPC_RECEIVING;
    request->is_refused = false;
    request->header_bytes = request->prefix_length = request->expected = 0;
    request->deadline_ns = 0;
    request->progress_ns = kf__monotonic_ns();
    attach(connection, request);
    return request;
}

static void header(void *stream, const char *name, size_t name_length,
    const char *value, size_t value_length)
{
    kf_grpc_request *request = stream;
    request->header_bytes += name_length + value_length;
    if (request->header_bytes > HEADER_MOST)
        return;
    kf_http2_header made = {kf__arena_strndup(&request->arena, name, name_length),
        kf__arena_strndup(&request->arena, value, value_length)};
    if (made.name == NULL || made.value == NULL ||
        kf__vec_push(&request->headers, made) != KF_OK)
        request->header_bytes = SIZE_MAX / 2;
}

static const char *find(const kf_grpc_request *request, const char *name)
{
    for (size_t i = 0; i < request->headers.count; i++)
        if (strcmp(request->headers.items[i].name, name) == 0)
            return request->headers.items[i].value;
    return NULL;
}

static void read_timeout(kf_grpc_request *request, const char *text)
{
    int64_t timeout_ns;
    kf_grpc_loop *loop = request->loop;
    if (!kf__grpc_read_timeout(text, &timeout_ns)) {
        refuse(request, KF__GRPC_INTERNAL, "grpc-timeout is no time");
        return;
    }
    request->deadline_ns = kf__monotonic_ns() + timeout_ns;
    if (loop->next_deadline_ns == 0 || request->deadline_ns < loop->next_deadline_ns)
        loop->next_deadline_ns = request->deadline_ns;
}

static void begun(void *stream)
{
    kf_grpc_request *request = stream;
    if (request->header_bytes > HEADER_MOST) {
        refuse(request, KF__GRPC_RESOURCE_EXHAUSTED,
            "the metadata is larger than this server takes");
        return;
    }
    const char *method = find(request, ":method"), *path = find(request, ":path"),
               *type = find(request, "content-type"),
               *timeout = find(request, "grpc-timeout");
    if (method == NULL || strcmp(method, "POST") != 0)
        send_http(request, "405");
    else if (path == NULL || type == NULL || !kf__grpc_is_content_type(type))
        send_http(request, "415");
    else if (timeout != NULL)
        read_timeout(request, timeout);
}

static void refuse_compressed(kf_grpc_request *request)
{
    char text[128];
    const char *encoding = find(request, "grpc-encoding");
    if (encoding == NULL || strcmp(encoding, "identity") == 0) {
        refuse(request, KF__GRPC_INTERNAL,
            "a message is compressed, and nothing says how");
        return;
    }
    (void)snprintf(text, sizeof text,
        "messages that are compressed by %.40s are not understood here", encoding);
    refuse(request, KF__GRPC_UNIMPLEMENTED, text);
}

static void begin_message(kf_grpc_request *request)
{
    bool is_compressed;
    char text[128];
    size_t limit = request->loop->server->options.message_limit;
    request->expected = kf__grpc_read_prefix(request->prefix, &is_compressed);
    if (is_compressed) {
        refuse_compressed(request);
    } else if (request->expected > limit) {
        (void)snprintf(text, sizeof text,
            "Received message larger than max (%zu vs. %zu)", request->expected, limit);
        refuse(request, KF__GRPC_RESOURCE_EXHAUSTED, text);
    } else {
        kf__buf_reserve(&request->message,
            request->expected < (1u << 20) ? request->expected : 1u << 20);
    }
}

static size_t take_prefix(kf_grpc_request *request, const char *data, size_t length)
{
    size_t count = sizeof request->prefix - request->prefix_length;
    if (count > length)
        count = length;
    memcpy(request->prefix + request->prefix_length, data, count);
    request->prefix_length += count;
    if (request->prefix_length == sizeof request->prefix)
        begin_message(request);
    return count;
}

static void take_message(kf_grpc_request *request, const char *data, size_t length)
{
    kf_grpc_connection *connection = request->connection;
    size_t most = BUFFERED_MESSAGES * request->loop->server->options.message_limit;
    if (length > request->expected - request->message.length) {
        refuse(request, KF__GRPC_UNIMPLEMENTED,
            "more than one message where one is expected");
        return;
    }
    if (connection->buffered + length > most) {
        refuse(request, KF__GRPC_RESOURCE_EXHAUSTED,
            "the calls of this connection that are not whole are too large together");
        return;
    }
    kf__buf_append(&request->message, data, length);
    if (request->message.status != KF_OK)
        refuse(request, KF__GRPC_RESOURCE_EXHAUSTED, "out of memory");
    else
        connection->buffered += length;
}

static void data(void *stream, const char *data, size_t length)
{
    kf_grpc_request *request = stream;
    if (request->state != KF__GRPC_RECEIVING || request->is_refused)
        return;
    request->progress_ns = kf__monotonic_ns();
    if (request->prefix_length < sizeof request->prefix) {
        size_t count = take_prefix(request, data, length);
        data += count;
        length -= count;
    }
    if (!request->is_refused && length > 0)
        take_message(request, data, length);
}

static void whole(void *stream)
{
    kf_grpc_request *request = stream;
    if (request->state != KF__GRPC_RECEIVING || request->is_refused)
        return;
    if (request->prefix_length < sizeof request->prefix ||
        request->message.length < request->expected) {
        refuse(request,
            request->prefix_length == 0 ? KF__GRPC_UNIMPLEMENTED : KF__GRPC_INTERNAL,
            request->prefix_length == 0 ? "no message where one is expected"
                                        : "the message ends before it is whole");
        return;
    }
    kf_grpc_server *server = request->loop->server;
    request->connection->buffered -= request->message.length;
    request->owner = request->connection;
    request->owner->unanswered++;
    request->state = KF__GRPC_HANDLING;
    atomic_fetch_add(&server->pending, 1);
    server->options.handle(server->options.payload, request);
}

/* ---- what is answered ---- */

void kf__grpc_answer(
    kf_grpc_request *request, kf_grpc_status status, const char *text, kf_buf *message)
{
    kf_grpc_loop *loop = request->loop;
    size_t limit = loop->server->options.message_limit;
    char too_large[96];
    kf_buf before = request->answer;
    request->answer = *message;
    *message = before;
    if (status == KF__GRPC_OK && request->answer.status != KF_OK) {
        status = KF__GRPC_RESOURCE_EXHAUSTED;
        text = "out of memory";
    } else if (status == KF__GRPC_OK && request->answer.length > limit) {
        status = KF__GRPC_RESOURCE_EXHAUSTED;
        (void)snprintf(too_large, sizeof too_large,
            "Sent message larger than max (%zu vs. %zu)", request->answer.length,
            limit);
        text = too_large;
    }
    request->status = status;
    kf__buf_truncate(&request->text, 0);
    if (status != KF__GRPC_OK && text != NULL)
        kf__grpc_put_message(&request->text, text);
    kf__mutex_lock(&loop->mutex);
    request->answered_next = loop->answered;
    loop->answered = request;
    kf__mutex_unlock(&loop->mutex);
    /* The loop looks itself at what its own thread has answered. */
    if (!pthread_equal(pthread_self(), loop->self))
        kf__bell_ring(loop->bell);
}

/* In the order in which they were answered. */
static kf_grpc_request *take_answered(kf_grpc_loop *loop)
{
    kf_grpc_request *list = NULL;
    kf__mutex_lock(&loop->mutex);
    kf_grpc_request *next = loop->answered;
    loop->answered = NULL;
    kf__mutex_unlock(&loop->mutex);
    while (next != NULL) {
        kf_grpc_request *request = next;
        next = request->answered_next;
        request->answered_next = list;
        list = request;
    }
    return list;
}

void kf__grpc_take_answers(
    kf_grpc_loop *loop, void (*changed)(kf_grpc_connection *connection))
{
    kf_grpc_request *list = take_answered(loop);
    while (list != NULL) {
        kf_grpc_request *request = list;
        kf_grpc_connection *owner = request->owner;
        list = request->answered_next;
        owner->unanswered--;
        if (request->connection != NULL) {
            request->state = KF__GRPC_ANSWERING;
            send_answer(request);
        } else {
            atomic_fetch_sub(&loop->server->pending, 1);
            recycle(request);
        }
        changed(owner);
    }
}

/* ---- time ---- */

/* Whoever handles it goes on, and what it answers is dropped. */
static void give_up(kf_grpc_request *request)
{
    kf_http2_answer answer = {
        .headers = {{":status", "200"}, {"content-type", "application/grpc"},
            {"grpc-status", "4"}, {"grpc-message", "Deadline Exceeded"}},
        .header_count = 4};
    kf_http2 *http2 = request->connection->http2;
    kf__http2_answer(http2, request->id, &answer);
    kf__http2_forget(http2, request->id);
    detach(request);
}

static bool stands_still(const kf_grpc_request *request, int64_t now_ns)
{
    int64_t seconds = request->loop->server->options.stall_seconds;
    return request->state != KF__GRPC_HANDLING &&
           now_ns - request->progress_ns > seconds * 1000000000;
}

bool kf__grpc_look(
    kf_grpc_connection *connection, int64_t now_ns, int64_t *next_deadline_ns)
{
    kf_grpc_request *next = connection->first;
    while (next != NULL) {
        kf_grpc_request *request = next;
        next = request->next;
        if (stands_still(request, now_ns)) {
            if (connection->waits_for_room)
                return false;
            kf__http2_reset(connection->http2, request->id, KF__HTTP2_CANCEL);
        } else if (request->deadline_ns == 0 || request->state == KF__GRPC_ANSWERING ||
                   request->is_refused) {
            continue;
        } else if (now_ns < request->deadline_ns) {
            if (*next_deadline_ns == 0 || request->deadline_ns < *next_deadline_ns)
                *next_deadline_ns = request->deadline_ns;
        } else if (request->state == KF__GRPC_HANDLING) {
            give_up(request);
        } else {
            refuse(request, KF__GRPC_DEADLINE_EXCEEDED, "Deadline Exceeded");
        }
    }
    return true;
}

/* ---- what a request says ---- */

const char *kf__grpc_method(const kf_grpc_request *request)
{
    return find(request, ":path");
}

const char *kf__grpc_header(const kf_grpc_request *request, const char *name)
{
    return find(request, name);
}

void kf__grpc_headers(const kf_grpc_request *request,
    bool (*each)(void *payload, const char *name, const char *value), void *payload)
{
    for (size_t i = 0; i < request->headers.count; i++) {
        const kf_http2_header *header = &request->headers.items[i];
        if (header->name[0] != ':' && !each(payload, header->name, header->value))
            return;
    }
}

const char *kf__grpc_message(const kf_grpc_request *request, size_t *length)
{
    *length = request->message.length;
    return kf__buf_text(&request->message);
}

int64_t kf__grpc_deadline_ns(const kf_grpc_request *request)
{
    return request->deadline_ns;
}

void *kf__grpc_slot(kf_grpc_request *request)
{
    return request->slot;
}

void kf__grpc_set_slot(kf_grpc_request *request, void *slot, void (*free)(void *slot))
{
    request->slot = slot;
    request->free_slot = free;
}

/* ---- the end ---- */

static void progressed(void *stream)
{
    kf_grpc_request *request = stream;
    request->progress_ns = kf__monotonic_ns();
}

static void forget(kf_grpc_request *request)
{
    if (request->state == KF__GRPC_HANDLING) {
        detach(request); /* Whoever answers it ends it. */
        return;
    }
    if (request->state == KF__GRPC_ANSWERING)
        atomic_fetch_sub(&request->loop->server->pending, 1);
    recycle(request);
}

static void ended(void *stream)
{
    forget(stream);
}

const kf_http2_events kf__grpc_events = {
    .opened = opened,
    .header = header,
    .data = data,
    .begun = begun,
    .whole = whole,
    .progressed = progressed,
    .ended = ended,
};

void kf__grpc_leave(kf_grpc_connection *connection)
{
    while (connection->first != NULL)
        forget(connection->first);
}
