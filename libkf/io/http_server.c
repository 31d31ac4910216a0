/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http_server.h"

#ifdef KF_WITH_HTTP_SERVER

#include <errno.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/thread.h"
#include "io/file.h"
#include "io/library.h"
#include "io/socket.h"

/* The functions of libmicrohttpd that are used. */
#define FUNCTIONS(each)                                                                \
    each(MHD_start_daemon) each(MHD_stop_daemon) each(MHD_quiesce_daemon)              \
        each(MHD_get_daemon_info) each(MHD_get_connection_info)                        \
            each(MHD_get_connection_values) each(MHD_lookup_connection_value)          \
                each(MHD_create_response_from_buffer) each(MHD_add_response_header)    \
                    each(MHD_queue_response) each(MHD_destroy_response)                \
                        each(MHD_suspend_connection) each(MHD_resume_connection)       \
                            each(MHD_is_feature_supported)

enum {
    LARGEST_KEPT = 1 << 18, /* Bytes of a buffer, from request to request. */
    /* Of a connection: the head of a request, with its headers, must fit. All of it is
       cleared for each request. */
    HEAD_BYTES = 16 << 10,
    MOST_CONNECTIONS = 16384,
    OTHER_FILES = 128, /* Open at once beside connections. */
    REFUSED_MOST = 256 /* Connections beyond the limit, to be told that. */
};

#define POINTER(name) __typeof__(name) *name;
static struct {
    FUNCTIONS(POINTER)
} mhd;

#define NAME(name) #name,
static const char *const names[] = {FUNCTIONS(NAME)};

struct kf_http_server {
    struct MHD_Daemon *daemon;
    kf_http_server_options options;
    kf_buf certificate;
    kf_buf key;
    uint16_t port;
    int listener; /* Of a server that takes no more connections. */
    atomic_bool is_ending;
    atomic_size_t connections;
    atomic_size_t unanswered;
    atomic_size_t pending; /* Unanswered, or not sent to their end. */
};

typedef enum request_state {
    IDLE, /* Between requests, or while one comes in. */
    HANDLING,
    WAITING, /* For its answer, the connection suspended. */
    ANSWERED
} request_state;

/* One per connection, used for one request after the other. */
struct kf_http_request {
    kf_http_server *server;
    struct MHD_Connection *connection;
    const char *method;
    const char *path;
    kf_buf query; /* As sent, behind the '?'; empty: none. */
    kf_buf body;
    kf_buf answer; /* What the response points to. */
    bool too_large;
    bool has_null; /* In its path, which would end there. */
    bool counted;
    kf_mutex mutex; /* Over what follows. */
    request_state state;
    struct MHD_Response *response; /* NULL though ANSWERED: there was no memory. */
    unsigned status;
    void *slot;
    void (*free_slot)(void *slot);
};

/* ---- connections and requests ---- */

static void connection_changed(void *payload, struct MHD_Connection *connection,
    void **context, enum MHD_ConnectionNotificationCode code)
{
    kf_http_request *request = *context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        request = kf__calloc(1, sizeof *request);
        if (request != NULL && kf__mutex_init(&request->mutex) != KF_OK) {
            kf__free(request);
            request = NULL;
        }
        if (request != NULL) {
            request->server = payload;
            request->connection = connection;
            atomic_fetch_add(&request->server->connections, 1);
        }
        *context = request;
    } else if (request != NULL) {
        atomic_fetch_sub(&request->server->connections, 1);
        /* The client left before it could be sent. */
        if (request->response != NULL)
            mhd.MHD_destroy_response(request->response);
        if (request->free_slot != NULL)
            request->free_slot(request->slot);
        kf__buf_finish(&request->body);
        kf__buf_finish(&request->query);
        kf__buf_finish(&request->answer);
        kf__mutex_finish(&request->mutex);
        kf__free(request);
        *context = NULL;
    }
}

/* The body stays the request's: it is sent before the next one of the connection. */
static struct MHD_Response *new_response(const kf_buf *body)
{
    return mhd.MHD_create_response_from_buffer(
        body->length, body->length > 0 ? body->data : NULL, MHD_RESPMEM_PERSISTENT);
}

/* Closes the connection if there is nothing to send. */
static enum MHD_Result queue(kf_http_request *request)
{
    struct MHD_Response *response = request->response;
    request->response = NULL;
    request->state = IDLE;
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result result =
        mhd.MHD_queue_response(request->connection, request->status, response);
    mhd.MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(kf_http_request *request, int status, const char *message)
{
    static const kf_http_header again = {"Retry-After", "1"};
    kf_buf body = KF__BUF_INIT;
    kf__buf_printf(&body, "{\"error\": \"%s\"}", message);
    kf__http_answer(
        request, status, "application/json", &again, status == 503 ? 1 : 0, &body);
    kf__buf_finish(&body);
    return queue(request);
}

/* Large ones are not kept for the next request. */
static void clear(kf_buf *buf)
{
    kf__buf_truncate(buf, 0);
    if (buf->capacity > LARGEST_KEPT || buf->status != KF_OK)
        kf__buf_finish(buf);
}

static enum MHD_Result begin(
    kf_http_request *request, const char *method, const char *path)
{
    size_t limit = request->server->options.body_limit;
    const char *length = mhd.MHD_lookup_connection_value(
        request->connection, MHD_HEADER_KIND, "Content-Length");
    request->method = method;
    request->path = path;
    request->too_large = false;
    clear(&request->body);
    clear(&request->answer);
    unsigned long long bytes = length != NULL ? strtoull(length, NULL, 10) : 0;
    if (atomic_load(&request->server->connections) >
        request->server->options.connections)
        return refuse(request, 503, "the server has too many connections");
    if (bytes > limit)
        return refuse(request, 413, "the body is larger than this server takes");
    if (request->has_null)
        return refuse(request, 400, "the path has a NUL in it");
    if (bytes > 0)
        kf__buf_reserve(&request->body, bytes < (1u << 20) ? bytes : 1u << 20);
    return MHD_YES;
}

static enum MHD_Result receive(
    kf_http_request *request, const char *data, size_t *length)
{
    if (request->body.length + *length > request->server->options.body_limit)
        request->too_large = true;
    if (!request->too_large)
        kf__buf_append(&request->body, data, *length);
    else
        kf__buf_finish(&request->body);
    *length = 0;
    return MHD_YES;
}

static enum MHD_Result handle(kf_http_request *request)
{
    kf_http_server *server = request->server;
    if (request->too_large)
        return refuse(request, 413, "the body is larger than this server takes");
    if (request->body.status != KF_OK)
        return refuse(request, 503, "out of memory");
    request->state = HANDLING;
    request->counted = true;
    atomic_fetch_add(&server->pending, 1);
    atomic_fetch_add(&server->unanswered, 1);
    server->options.handle(server->options.payload, request);
    kf__mutex_lock(&request->mutex);
    bool answered = request->state == ANSWERED;
    if (!answered) {
        mhd.MHD_suspend_connection(request->connection);
        request->state = WAITING;
    }
    kf__mutex_unlock(&request->mutex);
    return answered ? queue(request) : MHD_YES;
}

static enum MHD_Result on_request(void *payload, struct MHD_Connection *connection,
    const char *path, const char *method, const char *version, const char *data,
    size_t *length, void **state)
{
    (void)payload;
    (void)version;
    kf_http_request *request = *state;
    if (request == NULL) {
        const union MHD_ConnectionInfo *info =
            mhd.MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        *state = request = info != NULL ? info->socket_context : NULL;
        return request != NULL ? begin(request, method, path) : MHD_NO;
    }
    if (*length > 0)
        return receive(request, data, length);
    if (request->state == ANSWERED)
        return queue(request);
    return request->state == IDLE ? handle(request) : MHD_YES;
}

/* The first to see a request: as it is sent, before it is taken apart. */
static void *on_uri(void *payload, const char *uri, struct MHD_Connection *connection)
{
    (void)payload;
    const union MHD_ConnectionInfo *info =
        mhd.MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    kf_http_request *request = info != NULL ? info->socket_context : NULL;
    if (request == NULL)
        return NULL;
    const char *query = strchr(uri, '?');
    clear(&request->query);
    if (query != NULL)
        kf__buf_puts(&request->query, query + 1);
    const char *null = strstr(uri, "%00");
    request->has_null = null != NULL && (query == NULL || null < query);
    return NULL;
}

static void completed(void *payload, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
    (void)connection;
    (void)code;
    kf_http_server *server = payload;
    kf_http_request *request = *state;
    if (request != NULL && request->counted) {
        request->counted = false;
        atomic_fetch_sub(&server->pending, 1);
    }
    *state = NULL;
}

/* ---- the request, seen by its handler ---- */

const char *kf__http_method(const kf_http_request *request)
{
    return request->method;
}

const char *kf__http_path(const kf_http_request *request)
{
    return request->path;
}

const char *kf__http_query_text(const kf_http_request *request)
{
    return request->query.length > 0 ? request->query.data : NULL;
}

const char *kf__http_query(const kf_http_request *request, const char *name)
{
    return mhd.MHD_lookup_connection_value(
        request->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *kf__http_header(const kf_http_request *request, const char *name)
{
    return mhd.MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

typedef struct header_walk {
    bool (*each)(void *payload, const char *name, const char *value);
    void *payload;
} header_walk;

static enum MHD_Result on_header(
    void *payload, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    header_walk *walk = payload;
    return walk->each(walk->payload, name, value != NULL ? value : "") ? MHD_YES
                                                                       : MHD_NO;
}

void kf__http_headers(const kf_http_request *request,
    bool (*each)(void *payload, const char *name, const char *value), void *payload)
{
    header_walk walk = {each, payload};
    (void)mhd.MHD_get_connection_values(
        request->connection, MHD_HEADER_KIND, on_header, &walk);
}

const char *kf__http_body(const kf_http_request *request, size_t *length)
{
    *length = request->body.length;
    return kf__buf_text(&request->body);
}

void *kf__http_slot(kf_http_request *request)
{
    return request->slot;
}

void kf__http_set_slot(kf_http_request *request, void *slot, void (*free)(void *slot))
{
    request->slot = slot;
    request->free_slot = free;
}

static bool closes(const kf_http_server *server)
{
    return atomic_load(&server->is_ending) ||
           atomic_load(&server->connections) > server->options.connections;
}

void kf__http_answer(kf_http_request *request, int status, const char *content_type,
    const kf_http_header *headers, size_t header_count, kf_buf *body)
{
    kf_buf before = request->answer;
    request->answer = *body;
    *body = before;
    if (request->answer.status != KF_OK) {
        status = 503;
        kf__buf_finish(&request->answer);
    }
    struct MHD_Response *response = new_response(&request->answer);
    if (response != NULL && content_type != NULL)
        (void)mhd.MHD_add_response_header(response, "Content-Type", content_type);
    for (size_t i = 0; response != NULL && i < header_count; i++)
        (void)mhd.MHD_add_response_header(response, headers[i].name, headers[i].value);
    if (response != NULL && closes(request->server))
        (void)mhd.MHD_add_response_header(response, "Connection", "close");
    kf__mutex_lock(&request->mutex);
    request_state before_that = request->state;
    request->response = response;
    request->status = (unsigned)status;
    request->state = ANSWERED;
    kf_http_server *server = request->server;
    struct MHD_Connection *connection = request->connection;
    kf__mutex_unlock(&request->mutex);
    /* From here on the request may be gone. */
    if (before_that == WAITING)
        mhd.MHD_resume_connection(connection);
    if (before_that != IDLE)
        atomic_fetch_sub(&server->unanswered, 1);
}

/* ---- the server ---- */

static kf_status read_certificate(
    const kf_http_server_options *options, kf_http_server *server)
{
    if (options->certificate == NULL && options->key == NULL)
        return KF_OK;
    if (options->certificate == NULL || options->key == NULL)
        return kf__fail(KF_EINVAL, "certificate",
            "TLS needs both a certificate and its key, as files in PEM");
    if (mhd.MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
        return kf__fail(KF_EUNSUPPORTED, "certificate",
            "the libmicrohttpd that is installed was built without TLS");
    KF__TRY(kf__file_read(
        options->certificate, KF__LIMIT_STRING_BYTES, &server->certificate));
    return kf__file_read(options->key, KF__LIMIT_STRING_BYTES, &server->key);
}

/* Some are taken beyond the limit, so that they can be told. */
static size_t refused_most(const kf_http_server_options *options)
{
    size_t most = options->connections / 8 + 8;
    return most < REFUSED_MOST ? most : REFUSED_MOST;
}

/* As many as there may be open files for. */
static unsigned usual_connections(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return MOST_CONNECTIONS;
    rlim_t files = limit.rlim_cur;
    rlim_t usable =
        files > 2 * OTHER_FILES ? files - OTHER_FILES - files / 8 : files / 4 + 1;
    return usable < MOST_CONNECTIONS ? (unsigned)usable : MOST_CONNECTIONS;
}

static kf_status start(kf_http_server *server, const kf_socket_address *address)
{
    const kf_http_server_options *options = &server->options;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                     MHD_USE_TURBO | MHD_USE_ITC;
    struct MHD_OptionItem items[16];
    size_t count = 0;
    if (address->any.sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    items[count++] =
        (struct MHD_OptionItem){MHD_OPTION_SOCK_ADDR, 0, (void *)(uintptr_t)address};
    items[count++] = (struct MHD_OptionItem){
        MHD_OPTION_CONNECTION_TIMEOUT, options->idle_seconds, NULL};
    items[count++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_LIMIT,
        (intptr_t)(options->connections + refused_most(options)), NULL};
    items[count++] =
        (struct MHD_OptionItem){MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_BYTES, NULL};
    if (options->threads > 1)
        items[count++] = (struct MHD_OptionItem){
            MHD_OPTION_THREAD_POOL_SIZE, options->threads, NULL};
    if (server->certificate.length > 0) {
        flags |= MHD_USE_TLS;
        items[count++] = (struct MHD_OptionItem){
            MHD_OPTION_HTTPS_MEM_CERT, 0, server->certificate.data};
        items[count++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, server->key.data};
    }
    items[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    errno = 0;
    server->daemon = mhd.MHD_start_daemon(flags, options->port, NULL, NULL, on_request,
        server, MHD_OPTION_NOTIFY_CONNECTION, connection_changed, server,
        MHD_OPTION_NOTIFY_COMPLETED, completed, server, MHD_OPTION_URI_LOG_CALLBACK,
        on_uri, server, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    if (server->daemon != NULL)
        return KF_OK;
    const char *at = options->address != NULL ? options->address : "127.0.0.1";
    if (errno == EADDRINUSE)
        return kf__fail(KF_EBUSY, "port",
            "port %u of %.100s is taken by another server", options->port, at);
    if (server->certificate.length > 0 && errno == 0)
        return kf__fail(KF_EINVAL, "certificate",
            "'%.200s' and '%.200s' are no certificate and its key",
            options->certificate, options->key);
    return kf__fail(KF_EIO, NULL, "cannot listen on port %u of %.100s: %s",
        options->port, at, errno != 0 ? strerrordesc_np(errno) : "unknown reason");
}

kf_status kf__http_server_start(
    const kf_http_server_options *options, kf_http_server **out)
{
    kf_socket_address address;
    KF__TRY(kf__library_open("libmicrohttpd.so.12", "libmicrohttpd12", names,
        sizeof names / sizeof *names, (void **)&mhd));
    KF__TRY(kf__socket_read_address(options->address, options->port, &address));
    kf_http_server *server = kf__calloc(1, sizeof *server);
    if (server == NULL)
        return KF_ENOMEM;
    server->options = *options;
    server->listener = -1;
    if (server->options.body_limit == 0)
        server->options.body_limit = KF__LIMIT_BODY_BYTES;
    if (server->options.idle_seconds == 0)
        server->options.idle_seconds = 60;
    if (server->options.connections == 0)
        server->options.connections = usual_connections();
    kf_status status = read_certificate(options, server);
    if (status == KF_OK)
        status = start(server, &address);
    if (status != KF_OK) {
        kf__http_server_free(server);
        return status;
    }
    const union MHD_DaemonInfo *info =
        mhd.MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    server->port = info != NULL ? info->port : options->port;
    *out = server;
    return KF_OK;
}

uint16_t kf__http_server_port(const kf_http_server *server)
{
    return server->port;
}

void kf__http_server_quiesce(kf_http_server *server)
{
    atomic_store(&server->is_ending, true);
    if (server->listener >= 0)
        return;
    /* Its threads may still use the socket, so it is closed later; whoever connects is
     * refused from now on. */
    server->listener = mhd.MHD_quiesce_daemon(server->daemon);
    if (server->listener >= 0)
        (void)shutdown(server->listener, SHUT_RDWR);
}

size_t kf__http_server_unanswered(const kf_http_server *server)
{
    return atomic_load(&server->unanswered);
}

size_t kf__http_server_pending(const kf_http_server *server)
{
    return atomic_load(&server->pending);
}

void kf__http_server_free(kf_http_server *server)
{
    if (server == NULL)
        return;
    if (server->daemon != NULL)
        mhd.MHD_stop_daemon(server->daemon);
    if (server->listener >= 0)
        (void)close(server->listener);
    kf__buf_finish(&server->certificate);
    kf__buf_finish(&server->key);
    kf__free(server);
}

#else /* A build without libmicrohttpd. */

kf_status kf__http_server_start(
    const kf_http_server_options *options, kf_http_server **out)
{
    (void)options;
    (void)out;
    return kf__fail(KF_EUNSUPPORTED, NULL,
        "this build of libkf cannot serve: it was made without the header of "
        "libmicrohttpd (on Debian, libmicrohttpd-dev)");
}

/* Nobody has a server to call these with. */
uint16_t kf__http_server_port(const kf_http_server *server)
{
    (void)server;
    return 0;
}

void kf__http_server_quiesce(kf_http_server *server)
{
    (void)server;
}

size_t kf__http_server_unanswered(const kf_http_server *server)
{
    (void)server;
    return 0;
}

size_t kf__http_server_pending(const kf_http_server *server)
{
    (void)server;
    return 0;
}

void kf__http_server_free(kf_http_server *server)
{
    (void)server;
}

const char *kf__http_method(const kf_http_request *request)
{
    (void)request;
    return NULL;
}

const char *kf__http_path(const kf_http_request *request)
{
    (void)request;
    return NULL;
}

const char *kf__http_query_text(const kf_http_request *request)
{
    (void)request;
    return NULL;
}

const char *kf__http_query(const kf_http_request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

const char *kf__http_header(const kf_http_request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

void kf__http_headers(const kf_http_request *request,
    bool (*each)(void *payload, const char *name, const char *value), void *payload)
{
    (void)request;
    (void)each;
    (void)payload;
}

const char *kf__http_body(const kf_http_request *request, size_t *length)
{
    (void)request;
    *length = 0;
    return NULL;
}

void *kf__http_slot(kf_http_request *request)
{
    (void)request;
    return NULL;
}

void kf__http_set_slot(kf_http_request *request, void *slot, void (*free)(void *slot))
{
    (void)request;
    (void)slot;
    (void)free;
}

void kf__http_answer(kf_http_request *request, int status, const char *content_type,
    const kf_http_header *headers, size_t header_count, kf_buf *body)
{
    (void)request;
    (void)status;
    (void)content_type;
    (void)headers;
    (void)header_count;
    (void)body;
}

#endif
