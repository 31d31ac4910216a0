/* SPDX-License-Identifier: Apache-2.0 */
/* The thread of a pool. */
#include <poll.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "io/socket.h"
#include "serving/worker_parts.h"

typedef KF__VEC(struct pollfd) poll_set;

/* ---- so many replicas as are wanted ---- */

static bool can_go(const kf_replica *a, const kf_replica *than)
{
    if (than == NULL)
        return true;
    if ((a->phase == KF__REPLICA_READY) != (than->phase == KF__REPLICA_READY))
        return a->phase != KF__REPLICA_READY;
    return a->has.count < than->has.count;
}

static void leave(kf_workers *pool, size_t count)
{
    for (; count > 0; count--) {
        kf_replica *best = NULL;
        for (size_t i = 0; i < pool->replicas.count; i++) {
            kf_replica *each = pool->replicas.items[i];
            if (!each->leaving && can_go(each, best))
                best = each;
        }
        best->reserved = NULL;
        best->leaving = true;
        if (best->phase == KF__REPLICA_LOADING)
            kf__replica_stop(pool, best);
    }
}

static void stay_or_come(kf_workers *pool, size_t count)
{
    for (size_t i = 0; i < pool->replicas.count && count > 0; i++) {
        kf_replica *each = pool->replicas.items[i];
        if (each->leaving && each->phase == KF__REPLICA_READY) {
            each->leaving = false;
            count--;
        }
    }
    for (; count > 0; count--) {
        kf_replica *made = kf__replica_new(pool);
        if (made == NULL || kf__vec_push(&pool->replicas, made) != KF_OK) {
            kf__replica_free(made);
            return;
        }
    }
}

static void remove_gone(kf_workers *pool)
{
    size_t kept = 0;
    for (size_t i = 0; i < pool->replicas.count; i++) {
        kf_replica *each = pool->replicas.items[i];
        if (each->leaving && each->phase == KF__REPLICA_WAITING)
            kf__replica_free(each);
        else
            pool->replicas.items[kept++] = each;
    }
    pool->replicas.count = kept;
}

static void reconcile(kf_workers *pool)
{
    size_t wanted = pool->ending ? 0 : pool->wanted, staying = 0;
    for (size_t i = 0; i < pool->replicas.count; i++)
        staying += !pool->replicas.items[i]->leaving;
    if (staying > wanted)
        leave(pool, staying - wanted);
    else if (staying < wanted)
        stay_or_come(pool, wanted - staying);
    remove_gone(pool);
}

static void sooner(int64_t *until, int64_t time)
{
    if (time > 0 && (*until == 0 || time < *until))
        *until = time;
}

/* When to look again; 0: when something happens. */
static int64_t tend(kf_workers *pool)
{
    int64_t now = kf__monotonic_ns(), until = 0;
    reconcile(pool);
    for (size_t i = 0; i < pool->replicas.count; i++)
        sooner(&until, kf__replica_tend(pool, pool->replicas.items[i], now));
    if (pool->deadline_ns != 0 && now >= pool->deadline_ns)
        kf__pool_expire(pool, now);
    if (kf__pool_is_failing(pool))
        kf__pool_refuse(pool);
    (void)kf__pool_pump(pool);
    sooner(&until, pool->deadline_ns);
    if (pool->replicas.count < (pool->ending ? 0 : pool->wanted))
        sooner(&until, now + 100000000); /* There was no memory for one. */
    return until;
}

/* ---- telling others, outside of the mutex ---- */

static bool tell(kf_workers *pool)
{
    kf_ticket *over = pool->over;
    kf_asked *asked = pool->asked;
    bool changed = pool->changed, complains = pool->complains;
    char complaint[sizeof pool->state.message];
    if (over == NULL && asked == NULL && !changed)
        return false;
    if (complains)
        memcpy(complaint, pool->state.message, sizeof complaint);
    pool->over = NULL;
    pool->asked = NULL;
    pool->changed = pool->complains = false;
    kf__mutex_unlock(&pool->mutex);
    kf__tickets_settle(over);
    kf__asked_serve(pool, asked);
    if (complains)
        kf__log(KF_LOG_WARNING, "worker %s: %s", pool->options.argv[0], complaint);
    if (changed && pool->options.changed != NULL)
        pool->options.changed(pool->options.payload);
    kf__mutex_lock(&pool->mutex);
    kf__tickets_settled(pool, over);
    return true;
}

/* ---- waiting ---- */

enum { FDS = 3 };

static kf_status fill(const kf_workers *pool, poll_set *set)
{
    set->count = 0;
    struct pollfd bell = {.fd = pool->bell, .events = POLLIN};
    KF__TRY(kf__vec_push(set, bell));
    for (size_t i = 0; i < pool->replicas.count; i++) {
        const kf_replica *each = pool->replicas.items[i];
        bool writes = each->unsent != NULL || each->owed.length > 0;
        struct pollfd fds[FDS] = {
            {.fd = each->socket, .events = (short)(POLLIN | (writes ? POLLOUT : 0))},
            {.fd = each->output, .events = POLLIN},
            {.fd = each->process.pid > 0 ? each->process.pidfd : -1, .events = POLLIN}};
        for (int k = 0; k < FDS; k++)
            KF__TRY(kf__vec_push(set, fds[k]));
    }
    return KF_OK;
}

static void take_events(kf_workers *pool, kf_replica *replica, const struct pollfd *fds)
{
    if (fds[1].revents != 0 && replica->output >= 0)
        kf__replica_read_output(pool, replica);
    if ((fds[0].revents & POLLOUT) != 0)
        (void)kf__replica_flush(replica);
    if (((fds[0].revents & ~POLLOUT) != 0 || fds[2].revents != 0) &&
        replica->socket >= 0)
        kf__replica_listen(pool, replica);
    /* It ended, and what it said before is heard. */
    if (fds[2].revents != 0)
        kf__replica_ended(replica);
}

static void wait(kf_workers *pool, poll_set *set, int64_t until)
{
    int most = -1;
    size_t count = pool->replicas.count;
    if (until > 0) {
        int64_t left = (until - kf__monotonic_ns() + 999999) / 1000000;
        most = left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
    }
    pool->until_ns = until;
    bool filled = fill(pool, set) == KF_OK;
    kf__mutex_unlock(&pool->mutex);
    int ready = filled ? poll(set->items, set->count, most) : 0;
    if (!filled)
        kf__sleep_ms(10);
    kf__mutex_lock(&pool->mutex);
    if (ready <= 0)
        return;
    if (set->items[0].revents != 0)
        kf__bell_hush(pool->bell);
    for (size_t i = 0; i < count; i++)
        take_events(pool, pool->replicas.items[i], set->items + 1 + FDS * i);
}

void *kf__keeper_run(void *payload)
{
    kf_workers *pool = payload;
    poll_set set = {0};
    kf__mutex_lock(&pool->mutex);
    while (true) {
        int64_t until = tend(pool);
        if (tell(pool))
            continue;
        if (pool->ending && pool->replicas.count == 0 && pool->nested == 0)
            break;
        wait(pool, &set, until);
    }
    kf__mutex_unlock(&pool->mutex);
    kf__vec_finish(&set);
    return NULL;
}
