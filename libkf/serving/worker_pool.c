/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/worker_pool.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "io/socket.h"
#include "serving/worker_parts.h"

#define SECOND INT64_C(1000000000)

/* ---- options ---- */

static kf_status copy_list(
    kf_arena *arena, const char *const *list, const char *const **out)
{
    size_t count = 0;
    while (list != NULL && list[count] != NULL)
        count++;
    const char **copy = kf__arena_alloc(arena, (count + 1) * sizeof *copy);
    if (copy == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < count; i++)
        if ((copy[i] = kf__arena_strdup(arena, list[i])) == NULL)
            return KF_ENOMEM;
    *out = copy;
    return KF_OK;
}

static kf_status copy_text(kf_arena *arena, const char *text, const char **out)
{
    *out = kf__arena_strdup(arena, text);
    return text != NULL && *out == NULL ? KF_ENOMEM : KF_OK;
}

static kf_status copy_options(kf_workers *pool, const kf_workers_options *from)
{
    kf_workers_options *own = &pool->options;
    kf_arena *arena = &pool->arena;
    *own = *from;
    KF__TRY(copy_list(arena, from->argv, &own->argv));
    KF__TRY(copy_list(arena, from->env, &own->env));
    KF__TRY(copy_text(arena, from->folder, &own->folder));
    KF__TRY(copy_text(arena, from->start != NULL ? from->start : "{}", &own->start));
    return copy_text(arena, from->log, &own->log);
}

static void take_defaults(kf_workers_options *own)
{
    if (own->log_limit == 0)
        own->log_limit = 4 << 20;
    if (own->queue == 0)
        own->queue = 10000;
    if (own->hang_ns == 0 && own->timeout_ns > 0)
        own->hang_ns = own->timeout_ns + 2 * SECOND;
    if (own->load_timeout_ns == 0)
        own->load_timeout_ns = 600 * SECOND;
    if (own->retries == 0)
        own->retries = 2;
    if (own->retries < 0)
        own->retries = 0;
    if (own->body_limit == 0)
        own->body_limit = KF__LIMIT_BODY_BYTES;
    if (own->grace_ms == 0)
        own->grace_ms = 5000;
}

/* ---- calls ---- */

/* Whether it only asks if the model is ready. */
static bool is_probe(const kf_call *call)
{
    static const char v1[] = "/v1/models/";
    if (strcmp(call->method, "GET") != 0 && strcmp(call->method, "HEAD") != 0)
        return false;
    if (kf__starts_with(call->path, v1))
        return strchr(call->path + sizeof v1 - 1, '/') == NULL;
    return kf__starts_with(call->path, "/v2/models/") &&
           kf__ends_with(call->path, "/ready");
}

/* Why a call is not taken; NULL: it is. */
static const char *refusal(const kf_workers *pool, const kf_call *call)
{
    if (kf__pool_is_failing(pool) || (is_probe(call) && kf__pool_is_ill(pool)))
        return pool->state.message;
    if (pool->queue.count >= pool->options.queue)
        return "too many requests wait for this model";
    return NULL;
}

/* The keeper sleeps beyond the time at which this call, or a worker that hangs with it,
 * is to be looked at. */
static bool wakes(const kf_workers *pool, const kf_ticket *ticket)
{
    int64_t hang = pool->options.hang_ns;
    bool sleeps = pool->until_ns == 0;
    return (ticket->deadline_ns != 0 &&
               (sleeps || ticket->deadline_ns < pool->until_ns)) ||
           (hang > 0 && (sleeps || pool->until_ns > kf__monotonic_ns() + hang));
}

static bool take(kf_workers *pool, kf_call *call)
{
    kf_ticket *ticket = kf__ticket_new(pool, call);
    if (ticket == NULL)
        return false;
    int64_t deadline = ticket->deadline_ns;
    if (deadline != 0 && (pool->deadline_ns == 0 || deadline < pool->deadline_ns))
        pool->deadline_ns = deadline;
    bool look = wakes(pool, ticket);
    kf__tickets_append(&pool->queue, ticket);
    look |= kf__pool_pump(pool);
    if (look)
        kf__bell_ring(pool->bell);
    return true;
}

static void serve(kf_backend *backend, kf_call *call)
{
    kf_workers *pool = (kf_workers *)backend;
    if (!kf__call_flatten(call, KF__FLAT_AS_GIVEN))
        return;
    kf__mutex_lock(&pool->mutex);
    const char *refused = refusal(pool, call);
    char *message = refused != NULL ? kf__arena_strdup(call->arena, refused) : NULL;
    bool taken = refused == NULL && take(pool, call);
    kf__mutex_unlock(&pool->mutex);
    if (taken)
        return;
    kf__reply_header(call, "Retry-After", "1");
    kf__call_fail(call, 503, "%s", message != NULL ? message : "out of memory");
}

static void free_backend(kf_backend *backend)
{
    kf__workers_free((kf_workers *)backend);
}

/* ---- the pool ---- */

static void finish(kf_workers *pool)
{
    for (size_t i = 0; i < pool->tickets.count; i++) {
        kf__buf_finish(&pool->tickets.items[i]->head);
        kf__free(pool->tickets.items[i]);
    }
    kf__vec_finish(&pool->tickets);
    kf__vec_finish(&pool->replicas);
    kf__worker_log_close(&pool->log);
    kf__buf_finish(&pool->block);
    kf__socket_close(&pool->bell);
    kf__arena_finish(&pool->arena);
}

static kf_status begin(kf_workers *pool, const kf_workers_options *options)
{
    KF__TRY(copy_options(pool, options));
    take_defaults(&pool->options);
    KF__TRY(
        kf__worker_log_open(&pool->log, pool->options.log, pool->options.log_limit));
    KF__TRY(kf__bell_open(&pool->bell));
    KF__TRY(kf__mutex_init(&pool->mutex));
    kf_status status = kf__thread_start(&pool->keeper, kf__keeper_run, pool);
    if (status != KF_OK)
        kf__mutex_finish(&pool->mutex);
    return status;
}

kf_status kf__workers_new(const kf_workers_options *options, kf_workers **out)
{
    static const kf_backend_table table = {serve, free_backend};
    KF__REQUIRE(options->argv != NULL && options->argv[0] != NULL);
    kf_workers *pool = kf__calloc(1, sizeof *pool);
    if (pool == NULL)
        return KF_ENOMEM;
    pool->backend.table = &table;
    pool->bell = pool->log.fd = -1;
    pool->wanted = options->replicas;
    pool->state.reason = "";
    kf_status status = begin(pool, options);
    if (status == KF_OK) {
        *out = pool;
        return KF_OK;
    }
    finish(pool);
    kf__free(pool);
    return status;
}

void kf__workers_free(kf_workers *pool)
{
    if (pool == NULL)
        return;
    kf__mutex_lock(&pool->mutex);
    pool->ending = true;
    kf__bell_ring(pool->bell);
    kf__mutex_unlock(&pool->mutex);
    (void)pthread_join(pool->keeper, NULL);
    kf__mutex_finish(&pool->mutex);
    finish(pool);
    kf__free(pool);
}

kf_backend *kf__workers_backend(kf_workers *pool)
{
    return &pool->backend;
}

void kf__workers_scale(kf_workers *pool, size_t replicas)
{
    kf__mutex_lock(&pool->mutex);
    pool->wanted = replicas;
    kf__bell_ring(pool->bell);
    kf__mutex_unlock(&pool->mutex);
}

void kf__workers_state(kf_workers *pool, kf_workers_state *out)
{
    kf__mutex_lock(&pool->mutex);
    *out = pool->state;
    out->wanted = pool->wanted;
    out->queued = pool->queue.count;
    out->failing = kf__pool_is_failing(pool);
    out->ill = kf__pool_is_ill(pool);
    for (size_t i = 0; i < pool->replicas.count; i++) {
        const kf_replica *each = pool->replicas.items[i];
        out->in_flight += each->has.count;
        out->ready += each->phase == KF__REPLICA_READY && !each->leaving;
        out->starting += each->phase != KF__REPLICA_READY && !each->leaving;
    }
    kf__mutex_unlock(&pool->mutex);
}
