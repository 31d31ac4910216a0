/* SPDX-License-Identifier: Apache-2.0 */
/* A table of numbers by number: pairs of ids, addresses. */
#ifndef KF_PIPELINE_PAIRS_H
#define KF_PIPELINE_PAIRS_H

#include <kf/base.h>

typedef struct kf_pair_entry {
    uint64_t key;
    int32_t value; /* Negative: free. */
} kf_pair_entry;

typedef struct kf_pairs {
    kf_pair_entry *entries;
    size_t count;
    size_t capacity; /* A power of two, or 0. */
} kf_pairs;

static inline uint64_t kf__pair(int32_t a, int32_t b)
{
    return (uint64_t)(uint32_t)a << 32 | (uint32_t)b;
}

/* The number, or -1. */
int32_t kf__pairs_get(const kf_pairs *pairs, uint64_t key);
/* Replaces. `value` is not negative. */
kf_status kf__pairs_set(kf_pairs *pairs, uint64_t key, int32_t value);
void kf__pairs_finish(kf_pairs *pairs);

#endif
