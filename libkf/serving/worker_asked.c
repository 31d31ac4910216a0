/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that workers make: a transformer asks its predictor. */
#include "base/error.h"
#include "io/socket.h"
#include "serving/worker_parts.h"

struct kf_asked {
    kf_call call;
    kf_arena arena;
    kf_workers *pool;
    uint64_t life; /* Of who asks. */
    uint64_t id;
    kf_asked *next;
};

static void put_reply(kf_buf *head, const kf_reply *reply)
{
    enum { MOST = sizeof reply->headers / sizeof *reply->headers };
    kf_header headers[MOST + 1] = {{"content-type",
        reply->content_type != NULL ? reply->content_type : "application/json"}};
    memcpy(headers + 1, reply->headers, reply->header_count * sizeof *headers);
    kf__buf_printf(head, "{\"status\":%d,", reply->status);
    kf__head_put_headers(head, headers, reply->header_count + 1);
    kf__buf_putc(head, '}');
}

static kf_replica *find(const kf_workers *pool, uint64_t life)
{
    for (size_t i = 0; i < pool->replicas.count; i++)
        if (pool->replicas.items[i]->life == life &&
            pool->replicas.items[i]->socket >= 0)
            return pool->replicas.items[i];
    return NULL;
}

static void answered(kf_call *call)
{
    kf_asked *nested = call->payload;
    kf_workers *pool = nested->pool;
    kf_buf head = KF__BUF_INIT;
    put_reply(&head, &call->reply);
    kf__mutex_lock(&pool->mutex);
    kf_replica *replica = find(pool, nested->life);
    if (replica != NULL) {
        kf__replica_owe(replica, KF__FRAME_REPLY, nested->id, head.data, head.length,
            call->reply.body.data, call->reply.body.length);
        (void)kf__replica_flush(replica);
    }
    pool->nested--;
    /* The last thing that is done to the pool, which may be waited for. */
    kf__bell_ring(pool->bell);
    kf__mutex_unlock(&pool->mutex);
    kf__buf_finish(&head);
    kf__buf_finish(&call->reply.body);
    kf__arena_finish(&nested->arena);
    kf__free(nested);
}

/* Everything that the call is made of is copied: the frame is gone when it is served. */
static kf_status fill(kf_asked *nested, const kf_frame *frame, uint64_t *of)
{
    kf_head head;
    KF__TRY(kf__head_read(&nested->arena, frame->head, frame->head_length, &head));
    if (head.path == NULL)
        return kf__fail(KF_EPARSE, NULL, "it made a call without a path");
    char *body = kf__arena_strndup(&nested->arena, frame->body, frame->body_length);
    if (body == NULL)
        return KF_ENOMEM;
    nested->call = (kf_call){.method = head.method != NULL ? head.method : "POST",
        .path = head.path,
        .query = head.query,
        .headers = head.headers,
        .header_count = head.header_count,
        .body = body,
        .body_length = frame->body_length,
        .arena = &nested->arena,
        .done = answered,
        .payload = nested};
    *of = head.of;
    return KF_OK;
}

kf_status kf__asked_take(kf_workers *pool, kf_replica *replica, const kf_frame *frame)
{
    uint64_t of = 0;
    kf_asked *nested = kf__calloc(1, sizeof *nested);
    kf_status status = nested == NULL ? KF_ENOMEM : fill(nested, frame, &of);
    if (status != KF_OK) {
        if (nested != NULL)
            kf__arena_finish(&nested->arena);
        kf__free(nested);
        return status;
    }
    const kf_ticket *ticket = kf__ticket_find(pool, replica, of);
    nested->call.deadline_ns = ticket != NULL ? ticket->deadline_ns : 0;
    nested->pool = pool;
    nested->life = replica->life;
    nested->id = frame->id;
    nested->next = pool->asked;
    pool->asked = nested;
    pool->nested++;
    return KF_OK;
}

void kf__asked_serve(kf_workers *pool, kf_asked *list)
{
    while (list != NULL) {
        kf_asked *nested = list;
        list = nested->next;
        if (pool->options.predictor != NULL)
            kf__serve(pool->options.predictor, &nested->call);
        else
            kf__call_fail(&nested->call, 503, "this service has no predictor to call");
    }
}
