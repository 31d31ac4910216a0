/* SPDX-License-Identifier: Apache-2.0 */
/* Calls while they are in the pool. */
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/value.h"
#include "serving/worker_parts.h"

/* ---- lists ---- */

void kf__tickets_append(kf_tickets *list, kf_ticket *ticket)
{
    ticket->next = NULL;
    ticket->previous = list->last;
    *(list->last != NULL ? &list->last->next : &list->first) = ticket;
    list->last = ticket;
    list->count++;
}

void kf__tickets_prepend(kf_tickets *list, kf_ticket *ticket)
{
    ticket->previous = NULL;
    ticket->next = list->first;
    *(list->first != NULL ? &list->first->previous : &list->last) = ticket;
    list->first = ticket;
    list->count++;
}

void kf__tickets_remove(kf_tickets *list, kf_ticket *ticket)
{
    *(ticket->previous != NULL ? &ticket->previous->next : &list->first) = ticket->next;
    *(ticket->next != NULL ? &ticket->next->previous : &list->last) = ticket->previous;
    ticket->next = ticket->previous = NULL;
    list->count--;
}

/* ---- making ---- */

static void put_head(kf_buf *head, const kf_call *call)
{
    kf__buf_truncate(head, 0);
    kf__buf_fill(head, '\0', KF__FRAME_PREFIX);
    kf__buf_puts(head, "{\"method\":");
    kf__put_json_text(head, call->method, strlen(call->method));
    kf__buf_puts(head, ",\"path\":");
    kf__put_json_text(head, call->path, strlen(call->path));
    if (call->query != NULL) {
        kf__buf_puts(head, ",\"query\":");
        kf__put_json_text(head, call->query, strlen(call->query));
    }
    kf__buf_putc(head, ',');
    kf__head_put_headers(head, call->headers, call->header_count);
    kf__buf_putc(head, '}');
}

static void make_frame(kf_ticket *ticket, const kf_call *call)
{
    put_head(&ticket->head, call);
    if (ticket->head.status == KF_OK)
        kf__frame_prefix(ticket->head.data, KF__FRAME_CALL, ticket->id,
            ticket->head.length - KF__FRAME_PREFIX, call->body_length);
}

static kf_ticket *take_spare(kf_workers *pool)
{
    kf_ticket *ticket = pool->spare;
    if (ticket != NULL) {
        pool->spare = ticket->next;
        return ticket;
    }
    ticket = kf__calloc(1, sizeof *ticket);
    if (ticket == NULL)
        return NULL;
    ticket->index = (uint32_t)pool->tickets.count;
    if (kf__vec_push(&pool->tickets, ticket) == KF_OK)
        return ticket;
    kf__free(ticket);
    return NULL;
}

/* "/v2/repository/models/iris/load" and unload change something. */
static bool is_retriable(const kf_workers *pool, const kf_call *call)
{
    if (pool->options.retriable != NULL)
        return pool->options.retriable(call);
    return strncmp(call->path, "/v2/repository/", strlen("/v2/repository/")) != 0;
}

kf_ticket *kf__ticket_new(kf_workers *pool, kf_call *call)
{
    kf_ticket *ticket = take_spare(pool);
    if (ticket == NULL)
        return NULL;
    *ticket = (kf_ticket){.index = ticket->index,
        .id = (++pool->serial & 0x7fffffff) << 32 | ticket->index,
        .call = call,
        .deadline_ns = kf__deadline_after(call->deadline_ns, pool->options.timeout_ns),
        .retriable = is_retriable(pool, call),
        .head = ticket->head};
    make_frame(ticket, call);
    if (ticket->head.status == KF_OK)
        return ticket;
    kf__buf_finish(&ticket->head);
    kf__ticket_recycle(pool, ticket);
    return NULL;
}

void kf__ticket_recycle(kf_workers *pool, kf_ticket *ticket)
{
    ticket->id = 0;
    ticket->call = NULL;
    ticket->replica = NULL;
    ticket->next = pool->spare;
    pool->spare = ticket;
}

kf_ticket *kf__ticket_find(kf_workers *pool, const kf_replica *replica, uint64_t id)
{
    size_t index = (size_t)(id & 0xffffffff);
    if (index >= pool->tickets.count)
        return NULL;
    kf_ticket *ticket = pool->tickets.items[index];
    return ticket->id == id && ticket->replica == replica ? ticket : NULL;
}

/* ---- answering ---- */

void kf__ticket_answer(
    kf_workers *pool, kf_ticket *ticket, int status, const char *message)
{
    ticket->answered = true;
    ticket->fail_status = status;
    ticket->message =
        message != NULL ? kf__arena_strdup(ticket->call->arena, message) : NULL;
    ticket->over_next = pool->over;
    pool->over = ticket;
}

void kf__ticket_leave(kf_workers *pool, kf_ticket *ticket)
{
    ticket->replica = NULL;
    if (ticket->settled)
        kf__ticket_recycle(pool, ticket);
}

void kf__tickets_settle(kf_ticket *over)
{
    for (; over != NULL; over = over->over_next) {
        kf_call *call = over->call;
        if (over->fail_status == 0) {
            call->done(call);
            continue;
        }
        kf__buf_truncate(&call->reply.body, 0);
        call->reply.header_count = 0;
        if (over->fail_status == 503)
            kf__reply_header(call, "Retry-After", "1");
        kf__call_fail(call, over->fail_status, "%s",
            over->message != NULL ? over->message : "out of memory");
    }
}

void kf__tickets_settled(kf_workers *pool, kf_ticket *over)
{
    while (over != NULL) {
        kf_ticket *ticket = over;
        over = ticket->over_next;
        ticket->settled = true;
        ticket->call = NULL;
        if (ticket->replica == NULL)
            kf__ticket_recycle(pool, ticket);
    }
}

static void fill_headers(kf_reply *reply, const kf_head *head)
{
    enum { MOST = sizeof reply->headers / sizeof *reply->headers };
    reply->content_type = "application/json";
    for (size_t i = 0; i < head->header_count; i++) {
        if (strcasecmp(head->headers[i].name, "content-type") == 0)
            reply->content_type = head->headers[i].value;
        else if (strcasecmp(head->headers[i].name, "content-length") != 0 &&
                 reply->header_count < MOST)
            reply->headers[reply->header_count++] = head->headers[i];
    }
}

kf_status kf__ticket_reply(kf_ticket *ticket, const kf_frame *frame)
{
    kf_head head;
    kf_reply *reply = &ticket->call->reply;
    KF__TRY(kf__head_read(ticket->call->arena, frame->head, frame->head_length, &head));
    if (head.status < 100 || head.status > 599)
        return kf__fail(
            KF_EPARSE, NULL, "%lld is no status of HTTP", (long long)head.status);
    reply->header_count = 0;
    fill_headers(reply, &head);
    kf__buf_truncate(&reply->body, 0);
    kf__buf_append(&reply->body, frame->body, frame->body_length);
    KF__TRY(reply->body.status);
    reply->status = (int)head.status;
    return KF_OK;
}
