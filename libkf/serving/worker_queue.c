/* SPDX-License-Identifier: Apache-2.0 */
/* Which worker gets which call, and what becomes of calls whose worker or time is gone. */
#include "base/clock.h"
#include "base/error.h"
#include "io/socket.h"
#include "serving/worker_parts.h"

/* One that does a call after the other has the next one at hand when it ends one, or as
 * many as it does in about two milliseconds, so that short ones travel together. The rest
 * waits here, where any worker may take it. */
enum { AHEAD = 2, AHEAD_MOST = 16, AT_ONCE = 1024, AHEAD_NS = 2000000 };

static size_t ahead_of(const kf_replica *replica)
{
    int64_t count = AHEAD_NS / (replica->mean_ns + 1);
    return count < AHEAD ? AHEAD : count > AHEAD_MOST ? AHEAD_MOST : (size_t)count;
}

static size_t capacity_of(const kf_workers *pool, const kf_replica *replica)
{
    size_t most = replica->serial ? ahead_of(replica) : AT_ONCE;
    size_t wanted = pool->options.concurrency;
    return wanted > 0 && wanted < most ? wanted : most;
}

/* A call under which a worker ended may be what ended it: it is alone when it is tried
 * again, so that it takes no others along and is not blamed for what they do. */
static bool is_suspect(const kf_ticket *ticket)
{
    return ticket != NULL && ticket->lost > 0;
}

static bool takes_calls(const kf_replica *replica)
{
    return replica->phase == KF__REPLICA_READY && !replica->leaving &&
           !replica->stalled && !is_suspect(replica->has.first);
}

static bool may_have(
    const kf_workers *pool, const kf_replica *replica, const kf_ticket *ticket)
{
    if (!takes_calls(replica))
        return false;
    if (replica->reserved != NULL && replica->reserved != ticket)
        return false;
    return is_suspect(ticket) ? replica->has.count == 0
                              : replica->has.count < capacity_of(pool, replica);
}

static kf_replica *choose(const kf_workers *pool, const kf_ticket *ticket)
{
    kf_replica *best = NULL;
    for (size_t i = 0; i < pool->replicas.count; i++) {
        kf_replica *each = pool->replicas.items[i];
        if (may_have(pool, each, ticket) &&
            (best == NULL || each->has.count < best->has.count))
            best = each;
    }
    return best;
}

/* Keep one for a suspect, which is to become empty. */
static bool reserve(const kf_workers *pool, kf_ticket *ticket)
{
    kf_replica *best = NULL;
    for (size_t i = 0; i < pool->replicas.count; i++) {
        kf_replica *each = pool->replicas.items[i];
        if (each->reserved == ticket)
            return true;
        if (each->reserved == NULL && takes_calls(each) &&
            (best == NULL || each->has.count < best->has.count))
            best = each;
    }
    if (best != NULL)
        best->reserved = ticket;
    return best != NULL;
}

static void give(kf_workers *pool, kf_replica *replica, kf_ticket *ticket)
{
    kf__tickets_remove(&pool->queue, ticket);
    kf__tickets_append(&replica->has, ticket);
    ticket->replica = replica;
    ticket->sent = 0;
    replica->reserved = NULL;
    if (replica->unsent == NULL)
        replica->unsent = ticket;
    if (replica->has.count == 1)
        replica->heard_ns = kf__monotonic_ns();
}

bool kf__pool_pump(kf_workers *pool)
{
    bool look = false;
    for (kf_ticket *ticket = pool->queue.first, *next; ticket != NULL; ticket = next) {
        next = ticket->next;
        kf_replica *replica = choose(pool, ticket);
        if (replica != NULL) {
            give(pool, replica, ticket);
            look |= kf__replica_flush(replica);
        } else if (!is_suspect(ticket) || !reserve(pool, ticket)) {
            break;
        }
    }
    return look;
}

static void forget(const kf_workers *pool, const kf_ticket *ticket)
{
    for (size_t i = 0; i < pool->replicas.count; i++)
        if (pool->replicas.items[i]->reserved == ticket)
            pool->replicas.items[i]->reserved = NULL;
}

/* ---- time ---- */

static bool is_late(kf_workers *pool, const kf_ticket *ticket, int64_t now)
{
    if (ticket->deadline_ns == 0 || ticket->answered)
        return false;
    if (ticket->deadline_ns <= now)
        return true;
    if (pool->deadline_ns == 0 || ticket->deadline_ns < pool->deadline_ns)
        pool->deadline_ns = ticket->deadline_ns;
    return false;
}

/* The body of a call is its owner's once it is answered, so what is left of it is
 * copied. */
static void detach(kf_replica *replica, kf_ticket *ticket)
{
    const kf_call *call = ticket->call;
    size_t head = ticket->head.length;
    size_t at = ticket->sent;
    kf_buf rest = KF__BUF_INIT;
    if (at < head)
        kf__buf_append(&rest, ticket->head.data + at, head - at);
    size_t from = at > head ? at - head : 0;
    kf__buf_append(&rest, call->body + from, call->body_length - from);
    kf__buf_append(&rest, replica->owed.data, replica->owed.length);
    kf__buf_finish(&replica->owed);
    replica->owed = rest;
    replica->owed_at = 0;
    ticket->sent = head + call->body_length;
    replica->unsent = ticket->next;
}

static void cancel(kf_workers *pool, kf_replica *replica, kf_ticket *ticket)
{
    if (ticket->sent == 0) {
        if (replica->unsent == ticket)
            replica->unsent = ticket->next;
        kf__tickets_remove(&replica->has, ticket);
        kf__ticket_leave(pool, ticket);
    } else {
        if (replica->unsent == ticket)
            detach(replica, ticket);
        kf__replica_owe(replica, KF__FRAME_CANCEL, ticket->id, NULL, 0, NULL, 0);
        replica->stalled = true;
    }
    kf__ticket_answer(pool, ticket, 504,
        "the model did not answer in the time that the service gives it");
}

void kf__pool_expire(kf_workers *pool, int64_t now)
{
    pool->deadline_ns = 0;
    for (kf_ticket *ticket = pool->queue.first, *next; ticket != NULL; ticket = next) {
        next = ticket->next;
        if (!is_late(pool, ticket, now))
            continue;
        forget(pool, ticket);
        kf__tickets_remove(&pool->queue, ticket);
        kf__ticket_answer(pool, ticket, 504,
            "the request waited longer for the model than the service's timeout");
    }
    for (size_t i = 0; i < pool->replicas.count; i++) {
        kf_replica *replica = pool->replicas.items[i];
        for (kf_ticket *ticket = replica->has.first, *next; ticket != NULL;
             ticket = next) {
            next = ticket->next;
            if (is_late(pool, ticket, now))
                cancel(pool, replica, ticket);
        }
    }
}

/* ---- loss ---- */

static bool is_begun(const kf_replica *replica, const kf_ticket *ticket)
{
    return ticket->sent > 0 && ticket != replica->unsent &&
           (!replica->serial || ticket == replica->has.first);
}

static void lose(kf_workers *pool, kf_ticket *ticket, bool begun, const char *why)
{
    ticket->lost += begun;
    if (!begun || (ticket->retriable && ticket->lost <= pool->options.retries)) {
        kf__tickets_prepend(&pool->queue, ticket);
        return;
    }
    kf_buf text = KF__BUF_INIT;
    kf__buf_printf(&text, "the model's process ended while it had the request%s: %s",
        ticket->lost > 1 ? ", each time it was tried" : "", why);
    kf__ticket_answer(pool, ticket, 503, kf__buf_text(&text));
    kf__buf_finish(&text);
}

void kf__pool_take_back(kf_workers *pool, kf_replica *replica, const char *why)
{
    while (replica->has.last != NULL) {
        kf_ticket *ticket = replica->has.last;
        bool begun = is_begun(replica, ticket);
        kf__tickets_remove(&replica->has, ticket);
        kf__ticket_leave(pool, ticket);
        if (!ticket->answered)
            lose(pool, ticket, begun, why);
    }
    replica->unsent = NULL;
    replica->reserved = NULL;
}

bool kf__pool_is_failing(const kf_workers *pool)
{
    size_t hopeless = 0;
    for (size_t i = 0; i < pool->replicas.count; i++) {
        const kf_replica *each = pool->replicas.items[i];
        if (each->phase == KF__REPLICA_READY ||
            (each->load_failures == 0 && !each->leaving))
            return false;
        hopeless += !each->leaving;
    }
    return hopeless > 0;
}

bool kf__pool_is_ill(const kf_workers *pool)
{
    for (size_t i = 0; i < pool->replicas.count; i++)
        if (pool->replicas.items[i]->phase == KF__REPLICA_READY)
            return false;
    return pool->wanted > 0 && pool->state.failed_ms != 0;
}

void kf__pool_refuse(kf_workers *pool)
{
    while (pool->queue.first != NULL) {
        kf_ticket *ticket = pool->queue.first;
        forget(pool, ticket);
        kf__tickets_remove(&pool->queue, ticket);
        kf__ticket_answer(pool, ticket, 503, pool->state.message);
    }
}
