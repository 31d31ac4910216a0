/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of one HTTP/2 connection without its socket, with libnghttp2, which
 * is opened when the first one starts: bytes in, bytes out. One thread at a time. */
#ifndef KF_IO_HTTP2_H
#define KF_IO_HTTP2_H

#include "base/buf.h"
#include "base/error.h"

typedef struct kf_http2 kf_http2;

typedef struct kf_http2_header {
    const char *name; /* In lower case. */
    const char *value;
} kf_http2_header;

/* What is answered on a stream; it and all it points to live until the stream ends. */
typedef struct kf_http2_answer {
    kf_http2_header headers[6];
    size_t header_count;
    const char *head; /* What the body begins with; both parts may be empty. */
    size_t head_length;
    const char *body;
    size_t body_length;
    size_t sent; /* Bytes of the two that went. */
    kf_http2_header trailers[4];
    size_t trailer_count; /* 0: the headers are all. */
} kf_http2_answer;

/* What happens to streams, while kf__http2_receive and kf__http2_send run. `stream` is
 * what `opened` has returned. */
typedef struct kf_http2_events {
    /* NULL: it is refused. */
    void *(*opened)(void *payload, int32_t id);
    void (*header)(void *stream, const char *name, size_t name_length,
        const char *value, size_t value_length);
    void (*data)(void *stream, const char *data, size_t length);
    /* All headers are there. */
    void (*begun)(void *stream);
    /* The request is whole. */
    void (*whole)(void *stream);
    /* Some of the answer went. */
    void (*progressed)(void *stream);
    /* Nothing more comes or goes. */
    void (*ended)(void *stream);
} kf_http2_events;

typedef enum kf_http2_code { /* Of RFC 9113. */
    KF__HTTP2_NO_ERROR = 0,
    KF__HTTP2_REFUSED_STREAM = 7,
    KF__HTTP2_CANCEL = 8
} kf_http2_code;

/* KF_EUNSUPPORTED: libnghttp2 is not there. */
kf_status kf__http2_open(void);
/* `streams` at once. The events outlive it. KF_ENOMEM. */
kf_status kf__http2_new(const kf_http2_events *events, void *payload, unsigned streams,
    unsigned window, kf_http2 **out);
/* `ended` is not called for streams that are open. NULL is fine. */
void kf__http2_free(kf_http2 *self);
/* False: the other side does not speak HTTP/2, or not as it should: what there is to
 * send tells it so, and then it is over. */
bool kf__http2_receive(kf_http2 *self, const char *data, size_t length);
/* Append what there is to send, until `out` has `most` bytes or a little more. False:
 * out of memory. */
bool kf__http2_send(kf_http2 *self, kf_buf *out, size_t most);
/* Nothing more will be received, and nothing is to be sent. */
bool kf__http2_is_over(const kf_http2 *self);
/* Both may be called by events. Out of memory: the stream is reset. */
void kf__http2_answer(kf_http2 *self, int32_t id, kf_http2_answer *answer);
void kf__http2_reset(kf_http2 *self, int32_t id, kf_http2_code code);
/* No event of this stream comes any more. */
void kf__http2_forget(kf_http2 *self, int32_t id);
/* Take no more streams; those that are open go on. */
void kf__http2_go_away(kf_http2 *self);

#endif
