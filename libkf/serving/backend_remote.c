/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/backend_remote.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/vec.h"
#include "io/http_client.h"

enum { WAITING_MOST = 1000, REDIRECTS = 10, TIMEOUT_MS = 300000 };

/* A call that waits: of its arena. */
typedef struct order {
    kf_call *call;
    struct order *next;
} order;

typedef struct remote {
    kf_backend backend;
    size_t most;
    kf_mutex mutex; /* Over all that follows. */
    kf_cond changed;
    order *first, **last;
    size_t waiting;
    size_t idle; /* Threads that wait for calls. */
    bool is_ending;
    KF__VEC(pthread_t) threads;
} remote;

/* ---- one call ---- */

static void no_answer(kf_call *call, const char *why)
{
    call->reply.status = 0;
    kf__buf_truncate(&call->reply.body, 0);
    kf__buf_puts(&call->reply.body, why);
    call->done(call);
}

static const char *const *headers_of(const kf_call *call)
{
    const char **lines =
        kf__arena_alloc(call->arena, (call->header_count + 1) * sizeof *lines);
    for (size_t i = 0; lines != NULL && i < call->header_count; i++) {
        lines[i] = kf__arena_printf(
            call->arena, "%s: %s", call->headers[i].name, call->headers[i].value);
        if (lines[i] == NULL)
            return NULL;
    }
    return lines;
}

static void take_reply(kf_call *call, kf_http_reply *reply)
{
    const char *type = kf__http_reply_header(reply, "content-type");
    static const char *const kept[] = {
        "inference-header-content-length", "grpc-status"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const char *value = kf__http_reply_header(reply, kept[i]);
        if (value != NULL)
            kf__reply_header(call, kept[i], value);
    }
    call->reply.status = reply->status;
    call->reply.content_type =
        kf__arena_strdup(call->arena, type != NULL ? type : "application/json");
    kf__buf_finish(&call->reply.body);
    call->reply.body = reply->body;
    reply->body = KF__BUF_INIT;
}

static void ask(kf_http_client *client, kf_call *call)
{
    kf_http_reply reply = KF__HTTP_REPLY_INIT;
    int64_t left = TIMEOUT_MS;
    if (call->deadline_ns > 0)
        left = (call->deadline_ns - kf__monotonic_ns()) / 1000000;
    kf_http_client_request request = {.method = call->method,
        .url = call->path,
        .headers = headers_of(call),
        .body = call->body,
        .body_length = call->body_length,
        .timeout_ms = left,
        .redirects = REDIRECTS};
    kf_status status =
        left <= 0 ? kf__fail(KF_ETIMEOUT, NULL, "there is no time left to ask")
        : request.headers == NULL ? KF_ENOMEM
                                  : kf__http_request(client, &request, &reply);
    if (status == KF_OK) {
        take_reply(call, &reply);
        call->done(call);
    } else {
        no_answer(call, kf_last_error()->message);
    }
    kf__http_reply_finish(&reply);
}

/* ---- threads ---- */

static order *take(remote *self)
{
    order *taken = self->first;
    self->first = taken->next;
    if (self->first == NULL)
        self->last = &self->first;
    self->waiting--;
    return taken;
}

static void *work(void *argument)
{
    remote *self = argument;
    kf_http_client *client = NULL;
    kf__mutex_lock(&self->mutex);
    while (self->first != NULL || !self->is_ending) {
        if (self->first == NULL) {
            self->idle++;
            kf__cond_wait(&self->changed, &self->mutex);
            self->idle--;
            continue;
        }
        kf_call *call = take(self)->call;
        kf__mutex_unlock(&self->mutex);
        if (client != NULL || kf__http_client_new(&client) == KF_OK)
            ask(client, call);
        else
            no_answer(call, kf_last_error()->message);
        kf__mutex_lock(&self->mutex);
    }
    kf__mutex_unlock(&self->mutex);
    kf__http_client_free(client);
    return NULL;
}

/* One more thread if all have something to do; false: there is none at all. */
static bool has_thread(remote *self)
{
    size_t count = self->threads.count;
    /* Room first, so that every thread is known and waited for. */
    if (self->idle <= self->waiting && count < self->most &&
        kf__vec_grow((void **)&self->threads.items, count, &self->threads.capacity,
            sizeof *self->threads.items) == KF_OK &&
        kf__thread_start(&self->threads.items[count], work, self) == KF_OK)
        self->threads.count++;
    return self->threads.count > 0;
}

static void serve(kf_backend *backend, kf_call *call)
{
    remote *self = (remote *)backend;
    if (!kf__call_flatten(call, KF__FLAT_AS_GIVEN))
        return;
    order *made = kf__arena_alloc(call->arena, sizeof *made);
    bool taken = false;
    kf__mutex_lock(&self->mutex);
    if (made != NULL && self->waiting < WAITING_MOST && has_thread(self)) {
        made->call = call;
        *self->last = made;
        self->last = &made->next;
        self->waiting++;
        taken = true;
        kf__cond_signal(&self->changed);
    }
    kf__mutex_unlock(&self->mutex);
    if (!taken)
        no_answer(call, "too many requests wait for servers elsewhere");
}

static void end(kf_backend *backend)
{
    remote *self = (remote *)backend;
    kf__mutex_lock(&self->mutex);
    self->is_ending = true;
    kf__cond_broadcast(&self->changed);
    kf__mutex_unlock(&self->mutex);
    for (size_t i = 0; i < self->threads.count; i++)
        (void)pthread_join(self->threads.items[i], NULL);
    kf__vec_finish(&self->threads);
    kf__mutex_finish(&self->mutex);
    kf__cond_finish(&self->changed);
    kf__free(self);
}

kf_status kf__backend_remote(size_t threads, kf_backend **out)
{
    static const kf_backend_table table = {serve, end};
    remote *self = kf__calloc(1, sizeof *self);
    if (self == NULL)
        return KF_ENOMEM;
    self->backend.table = &table;
    self->most = threads;
    self->last = &self->first;
    kf_status status = kf__mutex_init(&self->mutex);
    if (status == KF_OK && (status = kf__cond_init(&self->changed)) != KF_OK)
        kf__mutex_finish(&self->mutex);
    if (status != KF_OK) {
        kf__free(self);
        return status;
    }
    *out = &self->backend;
    return KF_OK;
}
