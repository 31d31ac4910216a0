/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/vec.h"

#include <string.h>

enum { PLAIN_ENTRIES = 8 };

/* Open addressing with linear probing; at most half of the slots are taken. */
static void fill_slot(kf_map *map, size_t entry)
{
    size_t mask = map->slot_count - 1;
    size_t slot = (size_t)map->entries[entry].hash & mask;
    while (map->slots[slot] != 0)
        slot = (slot + 1) & mask;
    map->slots[slot] = (uint32_t)entry + 1;
}

static kf_status grow_slots(kf_map *map)
{
    size_t count = map->slot_count > 0 ? 2 * map->slot_count : 4 * PLAIN_ENTRIES;
    uint32_t *slots = kf__calloc(count, sizeof *slots);
    if (slots == NULL)
        return KF_ENOMEM;
    kf__free(map->slots);
    map->slots = slots;
    map->slot_count = count;
    for (size_t i = 0; i < map->count; i++)
        fill_slot(map, i);
    return KF_OK;
}

static bool is_key(
    const kf_map_entry *entry, uint64_t hash, const char *key, size_t length)
{
    return entry->hash == hash && entry->key_length == length &&
           memcmp(entry->key, key, length) == 0;
}

static kf_map_entry *find(
    const kf_map *map, uint64_t hash, const char *key, size_t length)
{
    if (map->slots == NULL) {
        for (size_t i = 0; i < map->count; i++)
            if (is_key(&map->entries[i], hash, key, length))
                return &map->entries[i];
        return NULL;
    }
    size_t mask = map->slot_count - 1;
    for (size_t slot = (size_t)hash & mask; map->slots[slot] != 0;
         slot = (slot + 1) & mask) {
        kf_map_entry *entry = &map->entries[map->slots[slot] - 1];
        if (is_key(entry, hash, key, length))
            return entry;
    }
    return NULL;
}

kf_status kf__map_set(kf_map *map, const char *key, void *value)
{
    size_t length = strlen(key);
    uint64_t hash = kf__hash64(key, length);
    kf_map_entry *entry = find(map, hash, key, length);
    if (entry != NULL) {
        entry->value = value;
        return KF_OK;
    }
    if (kf__vec_grow((void **)&map->entries, map->count, &map->capacity,
            sizeof *map->entries) != KF_OK)
        return KF_ENOMEM;
    if (map->count >= PLAIN_ENTRIES && 2 * (map->count + 1) > map->slot_count &&
        grow_slots(map) != KF_OK)
        return KF_ENOMEM;
    map->entries[map->count] =
        (kf_map_entry){.key = key, .key_length = length, .hash = hash, .value = value};
    if (map->slots != NULL)
        fill_slot(map, map->count);
    map->count++;
    return KF_OK;
}

kf_status kf__map_set_index(kf_map *map, const char *key, size_t index)
{
    return kf__map_set(map, key, (void *)(uintptr_t)index);
}

bool kf__map_find(const kf_map *map, const char *key, size_t length, void **out)
{
    const kf_map_entry *entry = find(map, kf__hash64(key, length), key, length);
    if (entry == NULL)
        return false;
    if (out != NULL)
        *out = entry->value;
    return true;
}

void *kf__map_get(const kf_map *map, const char *key)
{
    void *value = NULL;
    (void)kf__map_find(map, key, strlen(key), &value);
    return value;
}

bool kf__map_find_index(const kf_map *map, const char *key, size_t *out)
{
    void *value;
    if (!kf__map_find(map, key, strlen(key), &value))
        return false;
    *out = (size_t)(uintptr_t)value;
    return true;
}

bool kf__map_has(const kf_map *map, const char *key)
{
    return kf__map_find(map, key, strlen(key), NULL);
}

void kf__map_drop_last(kf_map *map)
{
    map->count--;
    if (map->slots == NULL)
        return;
    /* Nothing was inserted after it, so that no other entry was pushed past its slot. */
    size_t mask = map->slot_count - 1;
    size_t slot = (size_t)map->entries[map->count].hash & mask;
    while (map->slots[slot] != (uint32_t)map->count + 1)
        slot = (slot + 1) & mask;
    map->slots[slot] = 0;
}

void kf__map_finish(kf_map *map)
{
    kf__free(map->entries);
    kf__free(map->slots);
    *map = KF__MAP_INIT;
}
