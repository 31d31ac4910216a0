/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/split.h"

#include <string.h>

#include "base/mem.h"
#include "base/thread.h"

struct kf_split {
    kf_backend backend;
    kf_mutex mutex;
    uint64_t state; /* Of SplitMix64 (Steele, Lea and Flood, 2014). */
    kf_split_target targets[KF__SPLIT_MOST];
    size_t count;
};

static uint64_t draw(kf_split *split)
{
    uint64_t bits = split->state += 0x9e3779b97f4a7c15u;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111ebu;
    return bits ^ bits >> 31;
}

/* Chosen and announced in one step, so that the gate is not idle in between. */
static kf_limit *choose(kf_split *split)
{
    kf_limit *chosen = NULL;
    kf__mutex_lock(&split->mutex);
    if (split->count == 1) {
        chosen = split->targets[0].limit;
    } else if (split->count > 1) {
        int at = (int)((draw(split) >> 32) * 100 >> 32);
        for (size_t i = 0; i < split->count && chosen == NULL; i++) {
            at -= split->targets[i].percent;
            if (at < 0)
                chosen = split->targets[i].limit;
        }
    }
    if (chosen != NULL)
        kf__limit_enter(chosen);
    kf__mutex_unlock(&split->mutex);
    return chosen;
}

static void serve(kf_backend *self, kf_call *call)
{
    kf_limit *limit = choose((kf_split *)self);
    if (limit != NULL)
        kf__limit_serve(limit, call);
    else
        kf__call_fail(call, 503, "no revision of this service is ready");
}

static void end(kf_backend *self)
{
    kf__split_free((kf_split *)self);
}

kf_status kf__split_new(uint64_t seed, kf_split **out)
{
    static const kf_backend_table table = {serve, end};
    kf_split *split = kf__calloc(1, sizeof *split);
    if (split == NULL)
        return KF_ENOMEM;
    kf_status status = kf__mutex_init(&split->mutex);
    if (status != KF_OK) {
        kf__free(split);
        return status;
    }
    split->backend.table = &table;
    split->state = seed;
    *out = split;
    return KF_OK;
}

void kf__split_free(kf_split *split)
{
    if (split == NULL)
        return;
    kf__mutex_finish(&split->mutex);
    kf__free(split);
}

void kf__split_set(kf_split *split, const kf_split_target *targets, size_t count)
{
    kf__mutex_lock(&split->mutex);
    split->count = 0;
    for (size_t i = 0; i < count && split->count < KF__SPLIT_MOST; i++)
        if (targets[i].percent > 0)
            split->targets[split->count++] = targets[i];
    kf__mutex_unlock(&split->mutex);
}

kf_backend *kf__split_backend(kf_split *split)
{
    return &split->backend;
}
