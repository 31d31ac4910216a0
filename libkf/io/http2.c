/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http2.h"

#ifdef KF_WITH_HTTP2

#include <nghttp2/nghttp2.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/library.h"

/* The functions of libnghttp2 that are used. */
#define FUNCTIONS(each)                                                                      \
    each(nghttp2_session_callbacks_new) each(nghttp2_session_callbacks_del) each(            \
        nghttp2_session_callbacks_set_on_begin_headers_callback)                             \
        each(nghttp2_session_callbacks_set_on_header_callback) each(                         \
            nghttp2_session_callbacks_set_on_data_chunk_recv_callback)                       \
            each(nghttp2_session_callbacks_set_on_frame_recv_callback) each(                 \
                nghttp2_session_callbacks_set_on_frame_send_callback)                        \
                each(nghttp2_session_callbacks_set_on_stream_close_callback) each(           \
                    nghttp2_option_new) each(nghttp2_option_del)                             \
                    each(nghttp2_option_set_no_closed_streams) each(                         \
                        nghttp2_session_server_new2) each(nghttp2_session_del)               \
                        each(nghttp2_submit_settings) each(                                  \
                            nghttp2_session_set_local_window_size)                           \
                            each(nghttp2_session_mem_recv) each(                             \
                                nghttp2_session_mem_send) each(nghttp2_session_want_read)    \
                                each(nghttp2_session_want_write) each(                       \
                                    nghttp2_submit_response) each(nghttp2_submit_trailer)    \
                                    each(nghttp2_submit_rst_stream) each(                    \
                                        nghttp2_submit_goaway)                               \
                                        each(nghttp2_session_terminate_session) each(        \
                                            nghttp2_session_get_last_proc_stream_id)         \
                                            each(nghttp2_session_get_stream_user_data) each( \
                                                nghttp2_session_set_stream_user_data)        \
                                                each(                                        \
                                                    nghttp2_session_get_stream_remote_close)

#define POINTER(name) __typeof__(name) *name;
static struct {
    FUNCTIONS(POINTER)
} h2;

#define NAME(name) #name,
static const char *const names[] = {FUNCTIONS(NAME)};

enum {
    HEADER_LIST = 32 << 10,
    /* Streams that a client opens and resets: so many at once, and so many a second
       (CVE-2023-44487). */
    RESETS_MOST = 1000,
    RESETS_A_SECOND = 33
};

struct kf_http2 {
    nghttp2_session *session;
    const kf_http2_events *events;
    void *payload;
    int64_t resets;    /* That it may make at once. */
    int64_t filled_ns; /* When they were counted last. */
    bool is_broken;
};

kf_status kf__http2_open(void)
{
    return kf__library_open("libnghttp2.so.14", "libnghttp2-14", names,
        sizeof names / sizeof *names, (void **)&h2);
}

/* ---- what comes ---- */

static int on_begin_headers(
    nghttp2_session *session, const nghttp2_frame *frame, void *payload)
{
    kf_http2 *self = payload;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    int32_t id = frame->hd.stream_id;
    void *stream = self->events->opened(self->payload, id);
    if (stream == NULL)
        (void)h2.nghttp2_submit_rst_stream(
            session, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    else
        (void)h2.nghttp2_session_set_stream_user_data(session, id, stream);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame,
    const uint8_t *name, size_t name_length, const uint8_t *value, size_t value_length,
    uint8_t flags, void *payload)
{
    kf_http2 *self = payload;
    (void)flags;
    void *stream =
        h2.nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (stream != NULL && frame->hd.type == NGHTTP2_HEADERS &&
        frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        self->events->header(
            stream, (const char *)name, name_length, (const char *)value, value_length);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id,
    const uint8_t *data, size_t length, void *payload)
{
    kf_http2 *self = payload;
    (void)flags;
    void *stream = h2.nghttp2_session_get_stream_user_data(session, id);
    if (stream != NULL)
        self->events->data(stream, (const char *)data, length);
    return 0;
}

static void count_reset(kf_http2 *self)
{
    int64_t now = kf__monotonic_ns();
    int64_t more = (now - self->filled_ns) / (1000000000 / RESETS_A_SECOND);
    if (more > 0) {
        self->filled_ns = now;
        self->resets += more;
        if (self->resets > RESETS_MOST)
            self->resets = RESETS_MOST;
    }
    if (self->resets-- <= 0)
        (void)h2.nghttp2_session_terminate_session(
            self->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *payload)
{
    kf_http2 *self = payload;
    void *stream =
        h2.nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (frame->hd.type == NGHTTP2_RST_STREAM)
        count_reset(self);
    if (stream == NULL ||
        (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        self->events->begun(stream);
    /* It may have been answered, and forgotten. */
    stream = h2.nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (stream != NULL && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        self->events->whole(stream);
    return 0;
}

static int on_stream_close(
    nghttp2_session *session, int32_t id, uint32_t code, void *payload)
{
    kf_http2 *self = payload;
    (void)code;
    void *stream = h2.nghttp2_session_get_stream_user_data(session, id);
    if (stream != NULL)
        self->events->ended(stream);
    return 0;
}

/* Answered before the request was whole: the rest of it is not wanted. */
static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *payload)
{
    (void)payload;
    bool is_last = frame->hd.type == NGHTTP2_HEADERS &&
                   (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (is_last &&
        h2.nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0)
        (void)h2.nghttp2_submit_rst_stream(
            session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    return 0;
}

bool kf__http2_receive(kf_http2 *self, const char *data, size_t length)
{
    ssize_t taken =
        h2.nghttp2_session_mem_recv(self->session, (const uint8_t *)data, length);
    self->is_broken |= taken < 0;
    return taken >= 0;
}

/* ---- what goes ---- */

static nghttp2_nv header_of(const kf_http2_header *header)
{
    return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)header->name,
        .value = (uint8_t *)(uintptr_t)header->value,
        .namelen = strlen(header->name),
        .valuelen = strlen(header->value)};
}

static size_t copy_part(
    uint8_t *to, size_t room, const char *part, size_t length, size_t *skip)
{
    if (*skip >= length) {
        *skip -= length;
        return 0;
    }
    size_t count = length - *skip < room ? length - *skip : room;
    memcpy(to, part + *skip, count);
    *skip = 0;
    return count;
}

static ssize_t read_answer(nghttp2_session *session, int32_t id, uint8_t *to,
    size_t room, uint32_t *flags, nghttp2_data_source *source, void *payload)
{
    kf_http2 *self = payload;
    kf_http2_answer *answer = source->ptr;
    size_t skip = answer->sent;
    size_t count = copy_part(to, room, answer->head, answer->head_length, &skip);
    count +=
        copy_part(to + count, room - count, answer->body, answer->body_length, &skip);
    answer->sent += count;
    void *stream = h2.nghttp2_session_get_stream_user_data(session, id);
    if (stream != NULL)
        self->events->progressed(stream);
    if (answer->sent < answer->head_length + answer->body_length)
        return (ssize_t)count;
    nghttp2_nv trailers[sizeof answer->trailers / sizeof *answer->trailers];
    for (size_t i = 0; i < answer->trailer_count; i++)
        trailers[i] = header_of(&answer->trailers[i]);
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    if (h2.nghttp2_submit_trailer(session, id, trailers, answer->trailer_count) != 0)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return (ssize_t)count;
}

void kf__http2_answer(kf_http2 *self, int32_t id, kf_http2_answer *answer)
{
    nghttp2_nv headers[sizeof answer->headers / sizeof *answer->headers];
    for (size_t i = 0; i < answer->header_count; i++)
        headers[i] = header_of(&answer->headers[i]);
    nghttp2_data_provider provider = {
        .source.ptr = answer, .read_callback = read_answer};
    answer->sent = 0;
    if (h2.nghttp2_submit_response(self->session, id, headers, answer->header_count,
            answer->trailer_count > 0 ? &provider : NULL) != 0)
        kf__http2_reset(self, id, KF__HTTP2_CANCEL);
}

void kf__http2_reset(kf_http2 *self, int32_t id, kf_http2_code code)
{
    (void)h2.nghttp2_submit_rst_stream(
        self->session, NGHTTP2_FLAG_NONE, id, (uint32_t)code);
}

void kf__http2_forget(kf_http2 *self, int32_t id)
{
    (void)h2.nghttp2_session_set_stream_user_data(self->session, id, NULL);
}

void kf__http2_go_away(kf_http2 *self)
{
    (void)h2.nghttp2_submit_goaway(self->session, NGHTTP2_FLAG_NONE,
        h2.nghttp2_session_get_last_proc_stream_id(self->session), NGHTTP2_NO_ERROR,
        NULL, 0);
}

bool kf__http2_send(kf_http2 *self, kf_buf *out, size_t most)
{
    while (out->length < most) {
        const uint8_t *data;
        ssize_t length = h2.nghttp2_session_mem_send(self->session, &data);
        if (length < 0)
            return false;
        if (length == 0)
            break;
        kf__buf_append(out, data, (size_t)length);
    }
    return out->status == KF_OK;
}

bool kf__http2_is_over(const kf_http2 *self)
{
    return self->is_broken || (h2.nghttp2_session_want_read(self->session) == 0 &&
                                  h2.nghttp2_session_want_write(self->session) == 0);
}

/* ---- begin and end ---- */

static int make_session(kf_http2 *self)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    int code = h2.nghttp2_session_callbacks_new(&callbacks);
    if (code == 0)
        code = h2.nghttp2_option_new(&option);
    if (code == 0) {
        h2.nghttp2_session_callbacks_set_on_begin_headers_callback(
            callbacks, on_begin_headers);
        h2.nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        h2.nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
            callbacks, on_data);
        h2.nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        h2.nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
        h2.nghttp2_session_callbacks_set_on_stream_close_callback(
            callbacks, on_stream_close);
        h2.nghttp2_option_set_no_closed_streams(option, 1);
        code = h2.nghttp2_session_server_new2(&self->session, callbacks, self, option);
    }
    h2.nghttp2_option_del(option);
    h2.nghttp2_session_callbacks_del(callbacks);
    return code;
}

static int introduce(kf_http2 *self, unsigned streams, unsigned window)
{
    nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADER_LIST},
    };
    int code = h2.nghttp2_submit_settings(
        self->session, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof *settings);
    return code != 0 ? code
                     : h2.nghttp2_session_set_local_window_size(
                           self->session, NGHTTP2_FLAG_NONE, 0, (int32_t)window);
}

kf_status kf__http2_new(const kf_http2_events *events, void *payload, unsigned streams,
    unsigned window, kf_http2 **out)
{
    KF__TRY(kf__http2_open());
    kf_http2 *self = kf__calloc(1, sizeof *self);
    if (self == NULL)
        return KF_ENOMEM;
    self->events = events;
    self->payload = payload;
    self->resets = RESETS_MOST;
    self->filled_ns = kf__monotonic_ns();
    if (make_session(self) != 0 || introduce(self, streams, window) != 0) {
        kf__http2_free(self);
        return kf__nomem();
    }
    *out = self;
    return KF_OK;
}

void kf__http2_free(kf_http2 *self)
{
    if (self == NULL)
        return;
    if (self->session != NULL)
        h2.nghttp2_session_del(self->session);
    kf__free(self);
}

#else /* A build without libnghttp2. */

kf_status kf__http2_open(void)
{
    return kf__fail(KF_EUNSUPPORTED, NULL,
        "this build of libkf does not speak gRPC: it was made without the header of "
        "libnghttp2 (on Debian, libnghttp2-dev)");
}

kf_status kf__http2_new(const kf_http2_events *events, void *payload, unsigned streams,
    unsigned window, kf_http2 **out)
{
    (void)events;
    (void)payload;
    (void)streams;
    (void)window;
    (void)out;
    return kf__http2_open();
}

/* Nobody has one to call these with. */
void kf__http2_free(kf_http2 *self)
{
    (void)self;
}

bool kf__http2_receive(kf_http2 *self, const char *data, size_t length)
{
    (void)self;
    (void)data;
    (void)length;
    return false;
}

bool kf__http2_send(kf_http2 *self, kf_buf *out, size_t most)
{
    (void)self;
    (void)out;
    (void)most;
    return false;
}

bool kf__http2_is_over(const kf_http2 *self)
{
    (void)self;
    return true;
}

void kf__http2_answer(kf_http2 *self, int32_t id, kf_http2_answer *answer)
{
    (void)self;
    (void)id;
    (void)answer;
}

void kf__http2_reset(kf_http2 *self, int32_t id, kf_http2_code code)
{
    (void)self;
    (void)id;
    (void)code;
}

void kf__http2_forget(kf_http2 *self, int32_t id)
{
    (void)self;
    (void)id;
}

void kf__http2_go_away(kf_http2 *self)
{
    (void)self;
}

#endif
