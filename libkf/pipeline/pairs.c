/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pairs.h"

#include "base/mem.h"

enum { FIRST_CAPACITY = 16 };

static uint64_t mix(uint64_t key)
{
    key ^= key >> 32;
    key *= 0x9e3779b97f4a7c15u;
    return key ^ key >> 29;
}

/* The entry that holds the key, or the free one where it belongs. */
static kf_pair_entry *entry_of(kf_pair_entry *entries, size_t capacity, uint64_t key)
{
    size_t at = (size_t)mix(key) & (capacity - 1);
    while (entries[at].value >= 0 && entries[at].key != key)
        at = (at + 1) & (capacity - 1);
    return &entries[at];
}

int32_t kf__pairs_get(const kf_pairs *pairs, uint64_t key)
{
    return pairs->count == 0 ? -1
                             : entry_of(pairs->entries, pairs->capacity, key)->value;
}

static kf_status grow(kf_pairs *pairs)
{
    size_t capacity = pairs->capacity > 0 ? 2 * pairs->capacity : FIRST_CAPACITY;
    kf_pair_entry *entries = kf__reallocarray(NULL, capacity, sizeof *entries);
    if (entries == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < capacity; i++)
        entries[i].value = -1;
    for (size_t i = 0; i < pairs->capacity; i++)
        if (pairs->entries[i].value >= 0)
            *entry_of(entries, capacity, pairs->entries[i].key) = pairs->entries[i];
    kf__free(pairs->entries);
    pairs->entries = entries;
    pairs->capacity = capacity;
    return KF_OK;
}

kf_status kf__pairs_set(kf_pairs *pairs, uint64_t key, int32_t value)
{
    if (2 * (pairs->count + 1) > pairs->capacity && grow(pairs) != KF_OK)
        return KF_ENOMEM;
    kf_pair_entry *entry = entry_of(pairs->entries, pairs->capacity, key);
    if (entry->value < 0)
        pairs->count++;
    *entry = (kf_pair_entry){.key = key, .value = value};
    return KF_OK;
}

void kf__pairs_finish(kf_pairs *pairs)
{
    kf__free(pairs->entries);
    *pairs = (kf_pairs){0};
}
