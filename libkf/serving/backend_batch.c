/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/backend_batch_parts.h"

#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"
#include "base/thread.h"
#include "io/json.h"
#include "serving/cloudevent.h"

/* Of KServe, in place of what is none. */
enum { SIZE = 32, LATENCY_MS = 5000 };

typedef kf_batch_member member;
typedef kf_batch batch;

/* A request that is to go with others. */
typedef struct asked {
    kf_call *call;
    const kf_value *value; /* V1: its instances. */
    size_t count;
    const char *signature; /* NULL: of V1. */
    const char *id;
} asked;

typedef struct batcher {
    kf_backend backend;
    kf_backend *inner;
    size_t size;
    int64_t latency_ns;
    kf_mutex mutex; /* Over all that follows. */
    kf_cond changed;
    batch *open; /* NULL: nothing waits. */
    bool is_ending;
    bool has_locks;
    bool has_thread;
    pthread_t thread;
} batcher;

/* ---- answers ---- */

static void free_batch(batch *self)
{
    kf__vec_finish(&self->members);
    kf__buf_finish(&self->body);
    for (size_t i = 0; i < self->data.count; i++)
        kf__buf_finish(&self->data.items[i]);
    kf__vec_finish(&self->data);
    kf__tree_finish(&self->tree);
    kf__buf_finish(&self->call.reply.body);
    kf__arena_finish(&self->arena);
    kf__free(self);
}

static void put_answer(kf_buf *out, const char *id, const kf_value *predictions,
    size_t first, size_t count)
{
    kf__buf_printf(out, "{\"message\":\"\",\"batchId\":\"%s\",\"predictions\":[", id);
    for (size_t i = 0; i < count; i++) {
        kf__buf_puts(out, i > 0 ? "," : "");
        kf__put_json(out, kf_value_at(predictions, first + i), KF_JSON_COMPACT);
    }
    kf__buf_puts(out, "]}");
}

static void answer_each(batch *self, const kf_value *predictions)
{
    char id[37] = "";
    size_t first = 0;
    (void)kf__uuid4(id);
    for (size_t i = 0; i < self->members.count; i++) {
        member *each = &self->members.items[i];
        kf_reply *reply = &each->call->reply;
        put_answer(&reply->body, id, predictions, first, each->count);
        first += each->count;
        reply->status = 200;
        reply->content_type = "application/json";
        if (reply->body.status == KF_OK)
            each->call->done(each->call);
        else
            kf__call_fail(each->call, 503, "out of memory");
    }
}

/* All get what the model said. */
static void refuse_each(batch *self)
{
    const kf_reply *said = &self->call.reply;
    for (size_t i = 0; i < self->members.count; i++) {
        kf_call *call = self->members.items[i].call;
        call->reply.status = said->status;
        call->reply.content_type = kf__arena_strdup(call->arena, said->content_type);
        kf__buf_append(&call->reply.body, said->body.data, said->body.length);
        for (size_t k = 0; k < said->header_count; k++)
            kf__reply_header(call, said->headers[k].name, said->headers[k].value);
        call->done(call);
    }
}

static void fail_each(batch *self, const char *message)
{
    for (size_t i = 0; i < self->members.count; i++)
        kf__call_fail(self->members.items[i].call, 500, "%s", message);
}

static void answered(kf_call *call)
{
    batch *self = call->payload;
    const kf_buf *body = &call->reply.body;
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = NULL;
    if (call->reply.status < 200 || call->reply.status > 299) {
        refuse_each(self);
    } else if (kf__json_read(&tree, kf__buf_text(body), body->length, &value) !=
               KF_OK) {
        fail_each(self, "the answer to the batch is no JSON");
    } else if (self->signature != NULL) {
        if (!kf__batch_v2_answer(self, value))
            fail_each(
                self, "the outputs for a batch have not as many rows as its inputs");
    } else {
        const kf_value *predictions = kf_value_get(value, "predictions");
        if (kf__is(predictions, KF_KIND_LIST) &&
            kf_value_length(predictions) == self->count)
            answer_each(self, predictions);
        else
            fail_each(self, "size of prediction is not equal to the size of instances");
    }
    kf__tree_finish(&tree);
    free_batch(self);
}

/* ---- requests ---- */

static void send_batch(batcher *self, batch *full)
{
    kf_call *call = &full->call;
    if (full->signature != NULL)
        (void)kf__batch_v2_body(full);
    else
        kf__buf_puts(&full->body, "]}");
    if (full->body.status != KF_OK) {
        fail_each(full, "out of memory");
        free_batch(full);
        return;
    }
    full->type = (kf_header){"Content-Type", "application/json"};
    call->method = "POST";
    call->headers = &full->type;
    call->header_count = 1;
    call->body = full->body.data;
    call->body_length = full->body.length;
    call->arena = &full->arena;
    call->done = answered;
    call->payload = full;
    kf__serve(self->inner, call);
}

static batch *new_batch(
    const batcher *self, const kf_call *first, const char *signature)
{
    batch *made = kf__calloc(1, sizeof *made);
    if (made == NULL)
        return NULL;
    made->until_ns = kf__monotonic_ns() + self->latency_ns;
    made->call.path = kf__arena_strdup(&made->arena, first->path);
    made->call.deadline_ns = first->deadline_ns;
    made->signature = kf__arena_strdup(&made->arena, signature);
    if (signature == NULL)
        kf__buf_puts(&made->body, "{\"instances\":[");
    if (made->call.path == NULL || (made->signature == NULL) != (signature == NULL)) {
        free_batch(made);
        return NULL;
    }
    return made;
}

static void put_instances(batch *self, const kf_value *instances)
{
    for (size_t i = 0; i < kf_value_length(instances); i++) {
        kf__buf_puts(&self->body, self->count + i > 0 ? "," : "");
        kf__put_json(&self->body, kf_value_at(instances, i), KF_JSON_COMPACT);
    }
}

static bool put_member(batch *self, const asked *call)
{
    member made = {call->call, call->count, call->id};
    if (kf__vec_push(&self->members, made) != KF_OK)
        return false;
    if (self->signature == NULL)
        put_instances(self, call->value);
    else if (kf__batch_v2_add(self, call->value) != KF_OK)
        self->body.status = KF_ENOMEM;
    self->count += made.count;
    /* As long as the most patient of them waits. */
    int64_t until = call->call->deadline_ns;
    if (until == 0 || self->call.deadline_ns == 0)
        self->call.deadline_ns = 0;
    else if (until > self->call.deadline_ns)
        self->call.deadline_ns = until;
    return true;
}

static bool goes_with(const batch *open, const asked *call)
{
    return strcmp(open->call.path, call->call->path) == 0 &&
           (open->signature == NULL) == (call->signature == NULL) &&
           (open->signature == NULL || strcmp(open->signature, call->signature) == 0);
}

static void add(batcher *self, const asked *call)
{
    batch *ready[2] = {NULL, NULL};
    kf__mutex_lock(&self->mutex);
    if (self->open != NULL && !goes_with(self->open, call)) {
        ready[0] = self->open;
        self->open = NULL;
    }
    if (self->open == NULL &&
        (self->open = new_batch(self, call->call, call->signature)) != NULL)
        kf__cond_signal(&self->changed);
    bool is_in = self->open != NULL && put_member(self->open, call);
    if (is_in && self->open->count >= self->size) {
        ready[1] = self->open;
        self->open = NULL;
    }
    kf__mutex_unlock(&self->mutex);
    for (int i = 0; i < 2; i++)
        if (ready[i] != NULL)
            send_batch(self, ready[i]);
    if (!is_in)
        kf__call_fail(call->call, 503, "out of memory");
}

static void serve_v1(batcher *self, kf_call *call)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = NULL;
    if (kf__json_read(&tree, call->body, call->body_length, &value) != KF_OK) {
        kf__call_fail_last(call);
    } else {
        const kf_value *instances = kf_value_get(value, "instances");
        size_t count = kf_value_length(instances);
        if (kf__is(instances, KF_KIND_LIST) && count > 0)
            add(self, &(asked){call, instances, count, NULL, NULL});
        else
            kf__call_fail(call, 400, "no instances in the request");
    }
    kf__tree_finish(&tree);
}

/* What cannot go with others the model looks at. */
static void serve_v2(batcher *self, kf_call *call)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = NULL;
    size_t rows = 0;
    const char *signature = NULL, *id = NULL;
    if (kf__json_read(&tree, call->body, call->body_length, &value) == KF_OK)
        signature = kf__batch_v2_signature(value, call->arena, &rows);
    if (kf__get_text(value, "id") != NULL)
        id = kf__arena_strdup(call->arena, kf__get_text(value, "id"));
    if (signature != NULL)
        add(self, &(asked){call, value, rows, signature, id});
    else
        kf__serve(self->inner, call);
    kf__tree_finish(&tree);
}

static void serve(kf_backend *backend, kf_call *call)
{
    batcher *self = (batcher *)backend;
    if (!kf__call_flatten(call, KF__FLAT_READABLE))
        return;
    if (strcmp(call->method, "POST") != 0 || kf__event_form(call) != KF_EVENT_NONE)
        kf__serve(self->inner, call);
    else if (kf__ends_with(call->path, ":predict"))
        serve_v1(self, call);
    else if (kf__starts_with(call->path, "/v2/models/") &&
             kf__ends_with(call->path, "/infer") &&
             kf__call_header(call, "Inference-Header-Content-Length") == NULL)
        serve_v2(self, call);
    else
        kf__serve(self->inner, call);
}

/* ---- time ---- */

static void *watch(void *argument)
{
    batcher *self = argument;
    kf__mutex_lock(&self->mutex);
    while (!self->is_ending) {
        batch *open = self->open;
        if (open == NULL) {
            kf__cond_wait(&self->changed, &self->mutex);
        } else if (kf__monotonic_ns() < open->until_ns) {
            (void)kf__cond_wait_until(&self->changed, &self->mutex, open->until_ns);
        } else {
            self->open = NULL;
            kf__mutex_unlock(&self->mutex);
            send_batch(self, open);
            kf__mutex_lock(&self->mutex);
        }
    }
    kf__mutex_unlock(&self->mutex);
    return NULL;
}

static void end(kf_backend *backend)
{
    batcher *self = (batcher *)backend;
    if (self->has_thread) {
        kf__mutex_lock(&self->mutex);
        self->is_ending = true;
        kf__cond_signal(&self->changed);
        kf__mutex_unlock(&self->mutex);
        (void)pthread_join(self->thread, NULL);
    }
    if (self->has_locks) {
        kf__mutex_finish(&self->mutex);
        kf__cond_finish(&self->changed);
    }
    kf__backend_free(self->inner);
    kf__free(self);
}

static kf_status begin(batcher *self)
{
    KF__TRY(kf__mutex_init(&self->mutex));
    kf_status status = kf__cond_init(&self->changed);
    if (status != KF_OK) {
        kf__mutex_finish(&self->mutex);
        return status;
    }
    self->has_locks = true;
    KF__TRY(kf__thread_start(&self->thread, watch, self));
    self->has_thread = true;
    return KF_OK;
}

kf_status kf__backend_batch(
    kf_backend *inner, int64_t size, int64_t latency_ms, kf_backend **out)
{
    static const kf_backend_table table = {serve, end};
    batcher *self = kf__calloc(1, sizeof *self);
    if (self == NULL) {
        kf__backend_free(inner);
        return KF_ENOMEM;
    }
    self->backend.table = &table;
    self->inner = inner;
    self->size = size > 0 ? (size_t)size : SIZE;
    self->latency_ns = (latency_ms > 0 ? latency_ms : LATENCY_MS) * 1000000;
    kf_status status = begin(self);
    if (status != KF_OK) {
        end(&self->backend);
        return status;
    }
    *out = &self->backend;
    return KF_OK;
}
