/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/backend_log.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "base/thread.h"
#include "base/value.h"
#include "serving/backend_log_parts.h"

enum {
    EVENT_MOST = 1000,
    BYTES_MOST = 64 << 20,
    EVENT_BYTES = 1024, /* What one takes beside its body, about. */
    BATCH_MOST = 1 << 16,
    END_MS = 30000,   /* For what waits when it ends, */
    FAILURES_MOST = 3 /* and failures until that is given up. */
};

typedef struct logger {
    kf_backend backend;
    kf_backend *inner;
    kf_log_target target;
    bool logs_request, logs_response;
    kf_mutex mutex; /* Over all that follows. */
    kf_cond changed;
    kf_log_event *first, **last;
    size_t count, bytes;
    kf_log_counts counts;
    bool is_ending, has_ended, gives_up;
    unsigned failed_in_a_row;
    int64_t next_ns; /* When what waits is written, however little; 0: never. */
    bool has_locks, has_thread;
    pthread_t thread;
} logger;

/* A call on its way: of its arena. */
typedef struct visit {
    logger *self;
    const char *id;
    const char *type;
    const char *metadata;
    void (*done)(kf_call *call);
    void *payload;
} visit;

/* ---- the queue ---- */

static void free_event(kf_log_event *event)
{
    kf__free(event->body);
    kf__arena_finish(&event->arena);
    kf__free(event);
}

/* What was sent need not be UTF-8. */
static const char *copy_text(kf_arena *arena, const char *text)
{
    char *copy = kf__arena_strdup(arena, text);
    if (copy != NULL)
        kf__utf8_mend(copy, strlen(copy));
    return copy;
}

static kf_log_event *new_event(
    const visit *here, bool is_response, const char *body, size_t length)
{
    kf_log_event *made = kf__calloc(1, sizeof *made);
    if (made == NULL)
        return NULL;
    made->is_response = is_response;
    made->at_ms = kf__now_ms();
    made->id = copy_text(&made->arena, here->id);
    made->type = copy_text(&made->arena, here->type);
    made->metadata = kf__arena_strdup(&made->arena, here->metadata);
    made->length = length;
    made->body = kf__alloc(length + 1);
    if (made->body == NULL || made->id == NULL || made->type == NULL ||
        made->metadata == NULL) {
        free_event(made);
        return NULL;
    }
    if (length > 0)
        memcpy(made->body, body, length);
    made->body[length] = '\0';
    return made;
}

static size_t batch_of(const logger *self)
{
    int64_t size = self->target.options.batch_size;
    if (!self->target.stores || size <= 1)
        return 1;
    return size < BATCH_MOST ? (size_t)size : BATCH_MOST;
}

static bool has_room(const logger *self, size_t length)
{
    size_t most = EVENT_MOST + 2 * batch_of(self);
    size_t used = self->bytes + self->count * EVENT_BYTES;
    return self->count < most && used < BYTES_MOST && length <= BYTES_MOST - used;
}

static void put(const visit *here, bool is_response, const char *body, size_t length)
{
    logger *self = here->self;
    kf__mutex_lock(&self->mutex);
    bool room = has_room(self, length);
    kf__mutex_unlock(&self->mutex);
    kf_log_event *made = room ? new_event(here, is_response, body, length) : NULL;
    kf__mutex_lock(&self->mutex);
    if (made != NULL && has_room(self, length)) {
        *self->last = made;
        self->last = &made->next;
        self->count++;
        self->bytes += length;
        made = NULL;
        kf__cond_signal(&self->changed);
    } else if (self->counts.dropped++ == 0) {
        kf__log(KF_LOG_WARNING, "%s: requests come faster than they are logged to %s",
            self->target.options.source, self->target.options.url);
    }
    kf__mutex_unlock(&self->mutex);
    if (made != NULL)
        free_event(made);
}

static kf_log_event *take(logger *self)
{
    kf_log_event *event = self->first;
    self->first = event->next;
    if (self->first == NULL)
        self->last = &self->first;
    self->count--;
    self->bytes -= event->length;
    return event;
}

static kf_log_event *take_batch(logger *self, size_t *count)
{
    kf_log_event *first = take(self), *last = first;
    for (*count = 1; *count < batch_of(self) && self->first != NULL; ++*count)
        last = last->next = take(self);
    last->next = NULL;
    return first;
}

static void deliver(logger *self, kf_log_event *first, size_t count)
{
    kf_status status = kf__log_target_put(&self->target, first);
    while (first != NULL) {
        kf_log_event *event = first;
        first = event->next;
        free_event(event);
    }
    kf__mutex_lock(&self->mutex);
    bool is_first = self->counts.failed == 0;
    if (status == KF_OK)
        self->counts.sent += count;
    else
        self->counts.failed += count;
    if (status != KF_OK && is_first)
        kf__log(KF_LOG_WARNING, "%s: requests are not logged: %s",
            self->target.options.source, kf_last_error()->message);
    /* A sink that does not work at the end is not waited for. */
    self->failed_in_a_row = status == KF_OK ? 0 : self->failed_in_a_row + 1;
    self->gives_up = self->is_ending && self->failed_in_a_row >= FAILURES_MOST;
}

/* Whether what waits is written now: as of KServe's TimedBatch and SizeBatch. */
static bool is_due(const logger *self)
{
    return self->is_ending || self->count >= batch_of(self) ||
           self->bytes + self->count * EVENT_BYTES > BYTES_MOST / 2 ||
           (self->next_ns != 0 && kf__monotonic_ns() >= self->next_ns);
}

static void wait_for_more(logger *self)
{
    if (self->first == NULL || self->next_ns == 0)
        kf__cond_wait(&self->changed, &self->mutex);
    else
        (void)kf__cond_wait_until(&self->changed, &self->mutex, self->next_ns);
}

static void *work(void *argument)
{
    logger *self = argument;
    int64_t interval =
        batch_of(self) > 1 ? self->target.options.batch_interval_ms * 1000000 : 0;
    kf__mutex_lock(&self->mutex);
    self->next_ns = kf__deadline_after(0, interval);
    while (!self->gives_up && (self->first != NULL || !self->is_ending)) {
        if (self->first == NULL || !is_due(self)) {
            wait_for_more(self);
            continue;
        }
        size_t count;
        kf_log_event *first = take_batch(self, &count);
        kf__mutex_unlock(&self->mutex);
        deliver(self, first, count);
        self->next_ns = kf__deadline_after(0, interval);
    }
    self->has_ended = true;
    kf__cond_broadcast(&self->changed);
    kf__mutex_unlock(&self->mutex);
    return NULL;
}

/* ---- requests ---- */

/* All values of that name: "Name":["a","b"] */
static void put_header(kf_buf *text, const kf_call *call, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; name != NULL && i < call->header_count; i++) {
        const char *value = call->headers[i].value;
        if (strcasecmp(call->headers[i].name, name) != 0)
            continue;
        if (count++ == 0) {
            kf__buf_puts(text, text->length > 1 ? "," : "");
            kf__put_json_text(text, name, strlen(name));
        }
        kf__buf_puts(text, count == 1 ? ":[" : ",");
        kf__put_json_text(text, value, strlen(value));
    }
    kf__buf_puts(text, count > 0 ? "]" : "");
}

/* {"Name": ["value"]} of the headers that are asked for. */
static const char *metadata_of(const logger *self, const kf_call *call)
{
    const kf_log_options *options = &self->target.options;
    kf_buf text = KF__BUF_INIT;
    kf__buf_putc(&text, '{');
    for (size_t i = 0; i < options->header_count; i++)
        put_header(&text, call, options->headers[i]);
    kf__buf_putc(&text, '}');
    const char *copy = kf__arena_strdup(call->arena, kf__buf_text(&text));
    kf__buf_finish(&text);
    return copy;
}

static void answered(kf_call *call)
{
    visit *here = call->payload;
    const kf_buf *body = &call->reply.body;
    call->done = here->done;
    call->payload = here->payload;
    if (call->reply.status == 200)
        put(here, true, kf__buf_text(body), body->length);
    call->done(call);
}

static visit *new_visit(logger *self, kf_call *call)
{
    char made_id[37] = "";
    visit *here = kf__arena_alloc(call->arena, sizeof *here);
    const char *id = kf__call_header(call, "ce-id");
    const char *type = kf__call_header(call, "content-type");
    if (here == NULL || (id == NULL && kf__uuid4(made_id) != KF_OK))
        return NULL;
    *here = (visit){.self = self,
        .id = id != NULL ? id : kf__arena_strdup(call->arena, made_id),
        .type = type != NULL ? type : "application/json",
        .metadata = metadata_of(self, call),
        .done = call->done,
        .payload = call->payload};
    return here->id != NULL && here->metadata != NULL ? here : NULL;
}

static void serve(kf_backend *backend, kf_call *call)
{
    logger *self = (logger *)backend;
    if (!kf__call_flatten(call, KF__FLAT_READABLE))
        return;
    visit *here = strcmp(call->method, "POST") == 0 ? new_visit(self, call) : NULL;
    if (here != NULL && self->logs_request)
        put(here, false, call->body, call->body_length);
    if (here != NULL && self->logs_response) {
        call->done = answered;
        call->payload = here;
    }
    kf__serve(self->inner, call);
}

kf_log_counts kf__backend_log_counts(kf_backend *backend)
{
    logger *self = (logger *)backend;
    kf__mutex_lock(&self->mutex);
    kf_log_counts counts = self->counts;
    kf__mutex_unlock(&self->mutex);
    return counts;
}

/* ---- begin and end ---- */

static void stop(logger *self)
{
    int64_t until = kf__monotonic_ns() + END_MS * 1000000LL;
    kf__mutex_lock(&self->mutex);
    self->is_ending = true;
    kf__cond_broadcast(&self->changed);
    while (!self->has_ended && kf__cond_wait_until(&self->changed, &self->mutex, until))
        continue;
    while (self->first != NULL) {
        self->counts.dropped++;
        free_event(take(self));
    }
    kf__mutex_unlock(&self->mutex);
    atomic_store(&self->target.cancel, true);
    (void)pthread_join(self->thread, NULL);
    if (self->counts.dropped + self->counts.failed > 0)
        kf__log(KF_LOG_WARNING, "%s: %llu requests and answers were not logged",
            self->target.options.source,
            (unsigned long long)(self->counts.dropped + self->counts.failed));
}

static void end(kf_backend *backend)
{
    logger *self = (logger *)backend;
    if (self->has_thread)
        stop(self);
    if (self->has_locks) {
        kf__mutex_finish(&self->mutex);
        kf__cond_finish(&self->changed);
    }
    kf__backend_free(self->inner);
    kf__log_target_close(&self->target);
    kf__free(self);
}

static kf_status begin(logger *self, const kf_log_options *options)
{
    KF__TRY(kf__log_target_open(&self->target, options));
    KF__TRY(kf__mutex_init(&self->mutex));
    kf_status status = kf__cond_init(&self->changed);
    if (status != KF_OK) {
        kf__mutex_finish(&self->mutex);
        return status;
    }
    self->has_locks = true;
    KF__TRY(kf__thread_start(&self->thread, work, self));
    self->has_thread = true;
    return KF_OK;
}

kf_status kf__backend_log(
    kf_backend *inner, const kf_log_options *options, kf_backend **out)
{
    static const kf_backend_table table = {serve, end};
    logger *self = kf__calloc(1, sizeof *self);
    if (self == NULL) {
        kf__backend_free(inner);
        return KF_ENOMEM;
    }
    self->backend.table = &table;
    self->inner = inner;
    self->last = &self->first;
    self->logs_request = strcmp(options->mode, "response") != 0;
    self->logs_response = strcmp(options->mode, "request") != 0;
    kf_status status = begin(self, options);
    if (status != KF_OK) {
        end(&self->backend);
        return status;
    }
    *out = &self->backend;
    return KF_OK;
}
