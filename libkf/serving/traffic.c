/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/traffic.h"

#include <string.h>

#include "base/mem.h"
#include "base/thread.h"

struct kf_traffic {
    kf_backend backend;
    kf_mutex mutex;
    uint64_t state; /* Of SplitMix64 (Steele, Lea and Flood, 2014). */
    kf_traffic_target targets[KF__TRAFFIC_MOST];
    size_t count;
};

static uint64_t draw(kf_traffic *traffic)
{
    uint64_t bits = traffic->state += 0x9e3779b97f4a7c15u;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111ebu;
    return bits ^ bits >> 31;
}

/* Chosen and announced in one step, so that the gate is not idle in between. */
static kf_limit *choose(kf_traffic *traffic)
{
    kf_limit *chosen = NULL;
    kf__mutex_lock(&traffic->mutex);
    if (traffic->count == 1) {
        chosen = traffic->targets[0].limit;
    } else if (traffic->count > 1) {
        int at = (int)((draw(traffic) >> 32) * 100 >> 32);
        for (size_t i = 0; i < traffic->count && chosen == NULL; i++) {
            at -= traffic->targets[i].percent;
            if (at < 0)
                chosen = traffic->targets[i].limit;
        }
    }
    if (chosen != NULL)
        kf__limit_enter(chosen);
    kf__mutex_unlock(&traffic->mutex);
    return chosen;
}

static void serve(kf_backend *self, kf_call *call)
{
    kf_limit *limit = choose((kf_traffic *)self);
    if (limit != NULL)
        kf__limit_serve(limit, call);
    else
        kf__call_fail(call, 503, "no revision of this service is ready");
}

static void end(kf_backend *self)
{
    kf__traffic_free((kf_traffic *)self);
}

kf_status kf__traffic_new(uint64_t seed, kf_traffic **out)
{
    static const kf_backend_table table = {serve, end};
    kf_traffic *traffic = kf__calloc(1, sizeof *traffic);
    if (traffic == NULL)
        return KF_ENOMEM;
    kf_status status = kf__mutex_init(&traffic->mutex);
    if (status != KF_OK) {
        kf__free(traffic);
        return status;
    }
    traffic->backend.table = &table;
    traffic->state = seed;
    *out = traffic;
    return KF_OK;
}

void kf__traffic_free(kf_traffic *traffic)
{
    if (traffic == NULL)
        return;
    kf__mutex_finish(&traffic->mutex);
    kf__free(traffic);
}

void kf__traffic_set(
    kf_traffic *traffic, const kf_traffic_target *targets, size_t count)
{
    kf__mutex_lock(&traffic->mutex);
    traffic->count = 0;
    for (size_t i = 0; i < count && traffic->count < KF__TRAFFIC_MOST; i++)
        if (targets[i].percent > 0)
            traffic->targets[traffic->count++] = targets[i];
    kf__mutex_unlock(&traffic->mutex);
}

kf_backend *kf__traffic_backend(kf_traffic *traffic)
{
    return &traffic->backend;
}

bool kf__traffic_is_empty(kf_traffic *traffic)
{
    kf__mutex_lock(&traffic->mutex);
    bool is_empty = traffic->count == 0;
    kf__mutex_unlock(&traffic->mutex);
    return is_empty;
}
