/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/error.h"
#include "run/attempt.h"
#include "run/scheduler.h"

static kf_status add_worker(kf_engine *engine)
{
    pthread_t thread = {0};
    KF__TRY(kf__vec_push(&engine->workers, thread));
    kf_status status = kf__thread_start(
        &engine->workers.items[engine->workers.count - 1], kf__engine_worker, engine);
    if (status != KF_OK)
        engine->workers.count--;
    return status;
}

void kf__engine_wake(kf_engine *engine)
{
    size_t wanted = engine->ready_count;
    kf_status status = KF_OK;
    size_t spare = (size_t)engine->idle;
    for (size_t i = spare;
         i < wanted && status == KF_OK && engine->workers.count < (size_t)engine->jobs;
         i++)
        status = add_worker(engine);
    if (wanted && engine->workers.count == 0) {
        /* Nobody is there to do anything, not even to give up in order. */
        engine->broken = status;
        engine->over = true;
        kf__cond_signal(&engine->news);
    }
    if (wanted == 1 && spare)
        kf__cond_signal(&engine->work);
    else if (wanted && spare)
        kf__cond_broadcast(&engine->work);
}

static const kf_plan_retry *retry_of(const kf_node *node)
{
    /* A policy of a nested pipeline holds for each of its tasks that has none. */
    for (; node; node = node->scope->owner)
        if (node->task->has_retry)
            return &node->task->retry;
    return NULL;
}

static bool may_repeat(const kf_engine *engine, const kf_node *node, kf_status code)
{
    kf_state stop;
    const kf_plan_retry *retry = retry_of(node);
    bool own_fault = code == KF_EFAILED || code == KF_ETIMEOUT || code == KF_EIO ||
                     code == KF_EMISSING || code == KF_ETYPE;
    return own_fault && retry && node->attempt - node->first_attempt <= retry->max &&
           !kf__node_is_stopped(engine, node, &stop);
}

static double delay_of(const kf_node *node)
{
    const kf_plan_retry *retry = retry_of(node);
    int before = node->attempt - node->first_attempt - 1;
    double delay = retry->backoff * pow(retry->factor, before);
    return delay > retry->backoff_max ? retry->backoff_max : delay;
}

static void repeat(kf_engine *engine, kf_attempt *attempt)
{
    kf_node *node = attempt->node;
    double delay = delay_of(node);
    kf_record *record = attempt->record;
    attempt->record = NULL;
    node->state = KF_STATE_PENDING;
    record->state = KF_STATE_PENDING;
    record->finished = 0;
    record->message = kf__arena_printf(&record->arena, "%s; trying again in %g s",
        attempt->error ? attempt->error : "failed", delay);
    kf__record_add(engine, record, node);
    kf__bundle_free(node->inputs);
    node->inputs = NULL;
    if (delay <= 0) {
        kf__list_push(&engine->ready, node);
        engine->ready_count++;
        return;
    }
    node->due_ns = kf__monotonic_ns() + (int64_t)(delay * 1e9);
    kf__list_push(&engine->delayed, node);
    engine->urgent = true;
    kf__cond_signal(&engine->news);
}

/* The lock is held. */
static void complete(kf_engine *engine, kf_attempt *attempt)
{
    kf_node *node = attempt->node;
    if (!attempt->record || attempt->code == KF_ENOMEM)
        kf__engine_break(engine, KF_ENOMEM);
    if (attempt->record && attempt->code != KF_OK &&
        may_repeat(engine, node, attempt->code)) {
        repeat(engine, attempt);
        return;
    }
    node->outputs = attempt->outputs;
    attempt->outputs = NULL;
    node->code = (int8_t)attempt->code;
    kf__free(node->error);
    node->error = attempt->error;
    attempt->error = NULL;
    node->finished = attempt->finished;
    kf_record *record = attempt->record;
    attempt->record = NULL;
    kf__node_finish(engine, node, attempt->state, record);
}

/* Whether the node is to be executed now; if not, it is final. */
static bool begin(kf_engine *engine, kf_node *node)
{
    bool holds = true;
    if (kf__node_stop(engine, node))
        return false;
    if (!node->started)
        node->started = kf__now_ms();
    kf_status status = kf__resolve_inputs(engine, node, &node->inputs);
    if (status == KF_OK)
        status = kf__resolve_condition(node->task, node->inputs, &holds);
    if (status != KF_OK) {
        kf__node_fail(engine, node);
        return false;
    }
    if (!holds) {
        kf__node_skip(engine, node, KF_STATE_SKIPPED, "its condition does not hold");
        return false;
    }
    if (kf__node_number(engine, node) != KF_OK) {
        kf__engine_break(engine, KF_ENOMEM);
        node->state = KF_STATE_CANCELED;
        kf__node_finish(engine, node, KF_STATE_CANCELED, NULL);
        return false;
    }
    node->state = KF_STATE_RUNNING;
    node->fresh = true;
    node->attempt++;
    return true;
}

static kf_node *next_node(kf_engine *engine)
{
    for (;;) {
        kf_node *node = kf__list_pop(&engine->ready);
        if (!node)
            return NULL;
        engine->ready_count--;
        if (begin(engine, node))
            return node;
        kf__engine_drain(engine);
    }
}

static void execute(kf_engine *engine, kf_node *node)
{
    kf_attempt attempt = {.engine = engine, .node = node};
    engine->in_flight++;
    kf__mutex_unlock(&engine->mutex);
    kf__attempt_run(&attempt);
    kf__mutex_lock(&engine->mutex);
    engine->in_flight--;
    complete(engine, &attempt);
    kf__engine_drain(engine);
    /* This worker takes the next task itself. */
    kf__mutex_unlock(&engine->mutex);
    kf__attempt_finish(&attempt);
    kf__mutex_lock(&engine->mutex);
}

void *kf__engine_worker(void *argument)
{
    kf_engine *engine = argument;
    kf__mutex_lock(&engine->mutex);
    while (!engine->over) {
        kf_node *node = next_node(engine);
        kf__engine_wake(engine); /* Others, for what this one leaves. */
        if (node) {
            execute(engine, node);
            continue;
        }
        if (engine->over)
            break;
        engine->idle++;
        kf__cond_wait(&engine->work, &engine->mutex);
        engine->idle--;
    }
    kf__mutex_unlock(&engine->mutex);
    return NULL;
}

void kf__engine_end_workers(kf_engine *engine)
{
    kf__mutex_lock(&engine->mutex);
    kf__cond_broadcast(&engine->work);
    kf__mutex_unlock(&engine->mutex);
    for (size_t i = 0; i < engine->workers.count; i++)
        (void)pthread_join(engine->workers.items[i], NULL);
    kf__vec_finish(&engine->workers);
}

int64_t kf__engine_promote(kf_engine *engine, int64_t now_ns)
{
    kf_engine_list waiting = engine->delayed;
    int64_t next = INT64_MAX;
    kf_node *node;
    engine->delayed = (kf_engine_list){0};
    while ((node = kf__list_pop(&waiting))) {
        if (node->due_ns > now_ns) {
            next = node->due_ns < next ? node->due_ns : next;
            kf__list_push(&engine->delayed, node);
            continue;
        }
        kf__list_push(&engine->ready, node);
        engine->ready_count++;
    }
    kf__engine_wake(engine);
    return next;
}
