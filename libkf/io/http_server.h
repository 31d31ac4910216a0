/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP in, with libmicrohttpd, which is opened when the first server starts. */
#ifndef KF_IO_HTTP_SERVER_H
#define KF_IO_HTTP_SERVER_H

#include "base/buf.h"
#include "base/error.h"

typedef struct kf_http_server kf_http_server;
typedef struct kf_http_request kf_http_request;

typedef struct kf_http_server_options {
    const char *address; /* "127.0.0.1", "::1", "0.0.0.0"; NULL: loopback. */
    uint16_t port;       /* 0: one that is free. */
    int threads;         /* Loops; 0: one. */
    size_t body_limit; /* Bytes; 0: KF__LIMIT_BODY_BYTES. More is answered with 413. */
    int idle_seconds;  /* Of a connection that sends or takes nothing; 0: 60. */
    unsigned connections; /* At once; requests of more are answered with 503. 0: as many
                                as there may be open files for, at most 16384. */
    const char *certificate; /* PEM, for TLS; NULL: plain. */
    const char *key;         /* PEM. */
    /* Called on a thread of the server when the whole request is there; it must answer
     * it by kf__http_answer, then or later. */
    void (*handle)(void *payload, kf_http_request *request);
    void *payload;
} kf_http_server_options;

/* KF_EUNSUPPORTED: libmicrohttpd is not installed, or cannot do TLS; KF_EBUSY: the port
 * is taken; KF_EINVAL: no such address, or no such certificate; KF_EIO; KF_ENOMEM. */
kf_status kf__http_server_start(
    const kf_http_server_options *options, kf_http_server **out);
uint16_t kf__http_server_port(const kf_http_server *server);
/* Take no more connections. Those that are open are closed with their next answer, or by
 * kf__http_server_free. */
void kf__http_server_quiesce(kf_http_server *server);
/* How many requests are not answered yet; and those with the ones whose answer is still
 * being sent. */
size_t kf__http_server_unanswered(const kf_http_server *server);
size_t kf__http_server_pending(const kf_http_server *server);
/* Every request must have been answered. NULL is fine. */
void kf__http_server_free(kf_http_server *server);

const char *kf__http_method(const kf_http_request *request);
const char *kf__http_path(
    const kf_http_request *request); /* As sent, decoded, without the query. */
/* As sent, behind the '?'; NULL: none. */
const char *kf__http_query_text(const kf_http_request *request);
const char *kf__http_query(
    const kf_http_request *request, const char *name); /* NULL: none. */
const char *kf__http_header(const kf_http_request *request, const char *name);
/* All headers, one after the other, until `each` returns false. */
void kf__http_headers(const kf_http_request *request,
    bool (*each)(void *payload, const char *name, const char *value), void *payload);
const char *kf__http_body(const kf_http_request *request, size_t *length);
/* Memory that lives as long as the request and is used again by the next one of its
 * connection. */
void *kf__http_slot(kf_http_request *request);
void kf__http_set_slot(kf_http_request *request, void *slot, void (*free)(void *slot));

/* Answer, from any thread, once. The body is handed over, in exchange for another one
 * with room that the connection has done with; the rest is copied. */
typedef struct kf_http_header {
    const char *name;
    const char *value;
} kf_http_header;
void kf__http_answer(kf_http_request *request, int status, const char *content_type,
    const kf_http_header *headers, size_t header_count, kf_buf *body);

#endif
