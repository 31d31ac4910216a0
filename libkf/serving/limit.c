/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/limit.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"

/* A call in the gate: of the call's arena. */
typedef struct passage {
    kf_limit *limit;
    kf_call *call;
    void (*done)(kf_call *call);
    void *payload;
    int64_t deadline_ns;
    struct passage *next;
} passage;

struct kf_limit {
    kf_limit_options options;
    kf_mutex mutex; /* Over all that follows. */
    kf_backend *inner;
    bool is_open;
    size_t capacity;
    int fail_status; /* 0: calls wait while it is closed. */
    char *fail_message;
    bool woken; /* Since it was closed. */
    bool pumping;
    size_t announced;
    size_t through;
    size_t waiting;
    passage *first, **last;
    kf_load load;
};

kf_status kf__limit_new(const kf_limit_options *options, kf_limit **out)
{
    kf_limit *limit = kf__calloc(1, sizeof *limit);
    if (limit == NULL)
        return KF_ENOMEM;
    kf_status status = kf__mutex_init(&limit->mutex);
    if (status != KF_OK) {
        kf__free(limit);
        return status;
    }
    limit->options = *options;
    limit->last = &limit->first;
    limit->load.at_ns = kf__monotonic_ns();
    *out = limit;
    return KF_OK;
}

void kf__limit_free(kf_limit *limit)
{
    if (limit == NULL)
        return;
    kf__mutex_finish(&limit->mutex);
    kf__free(limit->fail_message);
    kf__free(limit);
}

/* ---- load ---- */

static void advance(kf_limit *limit, int64_t now_ns)
{
    kf_load *load = &limit->load;
    if (now_ns > load->at_ns) {
        load->concurrency_ns += (double)load->now * (double)(now_ns - load->at_ns);
        load->at_ns = now_ns;
    }
}

kf_load kf__limit_load(kf_limit *limit, int64_t now_ns)
{
    kf__mutex_lock(&limit->mutex);
    advance(limit, now_ns);
    kf_load load = limit->load;
    kf__mutex_unlock(&limit->mutex);
    return load;
}

size_t kf__limit_through(kf_limit *limit)
{
    kf__mutex_lock(&limit->mutex);
    size_t count = limit->through;
    kf__mutex_unlock(&limit->mutex);
    return count;
}

size_t kf__limit_waiting(kf_limit *limit)
{
    kf__mutex_lock(&limit->mutex);
    size_t count = limit->waiting + limit->announced;
    kf__mutex_unlock(&limit->mutex);
    return count;
}

/* ---- calls ---- */

static void unlink_from(kf_limit *limit, passage **link)
{
    passage *gone = *link;
    *link = gone->next;
    if (limit->last == &gone->next)
        limit->last = link;
    gone->next = NULL;
    limit->waiting--;
    limit->load.now--;
}

static void give_back(passage *here)
{
    here->call->done = here->done;
    here->call->payload = here->payload;
}

static bool may_pass(const kf_limit *limit)
{
    return limit->is_open && (limit->capacity == 0 || limit->through < limit->capacity);
}

/* Let through what waits and may pass. An answer may come before kf__serve is back, and
 * then calls this again: whoever pumps already takes care of it. */
static void pump(kf_limit *limit)
{
    if (limit->pumping)
        return;
    limit->pumping = true;
    while (limit->first != NULL && may_pass(limit)) {
        passage *next = limit->first;
        unlink_from(limit, &limit->first);
        limit->load.now++;
        limit->through++;
        kf_backend *inner = limit->inner;
        kf__mutex_unlock(&limit->mutex);
        kf__serve(inner, next->call);
        kf__mutex_lock(&limit->mutex);
    }
    limit->pumping = false;
}

static void answered(kf_call *call)
{
    passage *here = call->payload;
    kf_limit *limit = here->limit;
    give_back(here);
    kf__mutex_lock(&limit->mutex);
    advance(limit, kf__monotonic_ns());
    limit->through--;
    limit->load.now--;
    pump(limit);
    kf__mutex_unlock(&limit->mutex);
    call->done(call);
}

static void refuse(kf_call *call, int status, const char *message)
{
    if (status == 503)
        kf__reply_header(call, "Retry-After", "1");
    kf__call_fail(call, status, "%s", message);
}

void kf__limit_enter(kf_limit *limit)
{
    kf__mutex_lock(&limit->mutex);
    limit->announced++;
    kf__mutex_unlock(&limit->mutex);
}

typedef enum outcome {
    PASSES,
    WAITS,
    WAITS_FIRST, /* And whoever opens the gate must be told. */
    REFUSED,
    FAILS
} outcome;

static outcome take(kf_limit *limit, passage *here)
{
    int64_t now = kf__monotonic_ns();
    advance(limit, now);
    limit->announced--;
    limit->load.arrived++;
    if (limit->fail_status != 0)
        return FAILS;
    if (limit->first == NULL && may_pass(limit)) {
        limit->through++;
        limit->load.now++;
        return PASSES;
    }
    if (limit->waiting >= limit->options.queue)
        return REFUSED;
    here->deadline_ns =
        kf__deadline_after(here->call->deadline_ns, limit->options.timeout_ns);
    *limit->last = here;
    limit->last = &here->next;
    limit->waiting++;
    limit->load.now++;
    bool wakes = !limit->is_open && !limit->woken;
    limit->woken |= wakes;
    return wakes ? WAITS_FIRST : WAITS;
}

void kf__limit_serve(kf_limit *limit, kf_call *call)
{
    passage *here = kf__arena_alloc(call->arena, sizeof *here);
    if (here == NULL) {
        kf__mutex_lock(&limit->mutex);
        limit->announced--;
        kf__mutex_unlock(&limit->mutex);
        kf__call_fail(call, 503, "out of memory");
        return;
    }
    *here = (passage){
        .limit = limit, .call = call, .done = call->done, .payload = call->payload};
    call->done = answered;
    call->payload = here;
    kf__mutex_lock(&limit->mutex);
    outcome what = take(limit, here);
    kf_backend *inner = limit->inner;
    int status = what == FAILS ? limit->fail_status : 503;
    if (what == REFUSED || what == FAILS)
        give_back(here);
    char *message =
        what == FAILS ? kf__arena_strdup(call->arena, limit->fail_message) : NULL;
    kf__mutex_unlock(&limit->mutex);
    if (what == PASSES)
        kf__serve(inner, call);
    else if (what == WAITS_FIRST && limit->options.wake != NULL)
        limit->options.wake(limit->options.payload);
    else if (what == REFUSED || what == FAILS)
        refuse(call, status,
            message != NULL ? message : "too many requests wait for this model");
}

/* ---- the gate ---- */

static void set_failure(kf_limit *limit, int status, const char *message)
{
    kf__free(limit->fail_message);
    limit->fail_message = message != NULL ? kf__strdup(message) : NULL;
    limit->fail_status = status;
}

void kf__limit_open(kf_limit *limit, kf_backend *inner, size_t capacity)
{
    kf__mutex_lock(&limit->mutex);
    set_failure(limit, 0, NULL);
    limit->inner = inner;
    limit->capacity = capacity;
    limit->is_open = true;
    advance(limit, kf__monotonic_ns());
    pump(limit);
    kf__mutex_unlock(&limit->mutex);
}

static void shut(kf_limit *limit)
{
    set_failure(limit, 0, NULL);
    limit->is_open = false;
    limit->woken = false;
}

void kf__limit_close(kf_limit *limit)
{
    kf__mutex_lock(&limit->mutex);
    shut(limit);
    kf__mutex_unlock(&limit->mutex);
}

bool kf__limit_close_idle(kf_limit *limit)
{
    kf__mutex_lock(&limit->mutex);
    bool idle = limit->announced + limit->waiting + limit->through == 0;
    if (idle)
        shut(limit);
    kf__mutex_unlock(&limit->mutex);
    return idle;
}

/* Take those out of the queue that `which` says, and answer them. */
static void answer_waiting(kf_limit *limit, bool (*which)(const passage *, int64_t),
    int64_t now_ns, int status, const char *message)
{
    passage *out = NULL, **end = &out;
    kf__mutex_lock(&limit->mutex);
    advance(limit, kf__monotonic_ns());
    for (passage **link = &limit->first; *link != NULL;) {
        passage *here = *link;
        if (!which(here, now_ns)) {
            link = &here->next;
            continue;
        }
        unlink_from(limit, link);
        give_back(here);
        *end = here;
        end = &here->next;
    }
    kf__mutex_unlock(&limit->mutex);
    while (out != NULL) {
        kf_call *call = out->call;
        out = out->next;
        refuse(call, status, message);
    }
}

static bool all(const passage *here, int64_t now_ns)
{
    (void)here;
    (void)now_ns;
    return true;
}

static bool is_late(const passage *here, int64_t now_ns)
{
    return here->deadline_ns != 0 && here->deadline_ns <= now_ns;
}

void kf__limit_fail(kf_limit *limit, int status, const char *message)
{
    kf__mutex_lock(&limit->mutex);
    set_failure(limit, status, message);
    limit->is_open = false;
    kf__mutex_unlock(&limit->mutex);
    answer_waiting(limit, all, 0, status, message);
}

void kf__limit_expire(kf_limit *limit, int64_t now_ns)
{
    answer_waiting(limit, is_late, now_ns, 504,
        "the request waited longer for the model than the service's timeout");
}
