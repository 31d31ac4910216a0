/* SPDX-License-Identifier: Apache-2.0 */
/* Text to pointer, in the order of insertion. Keys are borrowed: they must outlive the
 * map. */
#ifndef KF_BASE_MAP_H
#define KF_BASE_MAP_H

#include <kf/base.h>

typedef struct kf_map_entry {
    const char *key;
    size_t key_length;
    uint64_t hash;
    void *value;
} kf_map_entry;

typedef struct kf_map {
    kf_map_entry *entries; /* Dense, in the order of insertion. */
    size_t count;
    size_t capacity;
    uint32_t *slots; /* Index + 1 into entries; 0: free. Built past 8 entries. */
    size_t slot_count;
} kf_map;

#define KF__MAP_INIT ((kf_map){0})
kf_status kf__map_set(kf_map *map, const char *key, void *value); /* Replaces. */
kf_status kf__map_set_index(kf_map *map, const char *key, size_t index);
void *kf__map_get(const kf_map *map, const char *key); /* NULL if absent. */
bool kf__map_find(const kf_map *map, const char *key, size_t length, void **out);
bool kf__map_find_index(const kf_map *map, const char *key, size_t *out);
bool kf__map_has(const kf_map *map, const char *key);
/* Remove the entry that was inserted last; the map is not empty. */
void kf__map_drop_last(kf_map *map);
void kf__map_finish(kf_map *map);

#endif
