/* SPDX-License-Identifier: Apache-2.0 */
/* How a value lies in memory; for base/value*.c alone. */
#ifndef KF_BASE_VALUE_NODE_H
#define KF_BASE_VALUE_NODE_H

#include "base/value.h"

typedef struct kf_member {
    const char *key;
    kf_value *value;
} kf_member;

/* 24 bytes. A list has room for 1 << room items. A struct has room for 1 << room
 * members, and from KF__INDEXED_ROOM on its members are followed by twice as many slots
 * of a hash index (uint32_t: number of the member + 1, 0 if free). The index is kept by
 * whatever changes the struct, so that reading a value never writes, and threads may
 * read one value together. */
struct kf_value {
    uint8_t kind;
    uint8_t is_root; /* The value heads a kf_root. */
    uint8_t room;
    uint32_t length;
    int32_t line;
    int32_t column;
    union {
        bool boolean;
        int64_t integer;
        double number;
        const char *text;
        kf_value **items;
        kf_member *members;
    } as;
};

typedef struct kf_root {
    kf_value value;
    kf_tree tree; /* Where it and all below it live. */
} kf_root;

enum { KF__INDEXED_ROOM = 5 };
#define KF__ABSENT UINT32_MAX

static inline uint32_t *kf__slots(const kf_value *object)
{
    return (uint32_t *)(void *)(object->as.members + ((size_t)1 << object->room));
}

/* The number of the member, or KF__ABSENT. */
uint32_t kf__member_find(const kf_value *object, const char *key);
/* Copy that refuses what is nested deeper than KF__LIMIT_DEPTH, `depth` counted from 0.
 */
kf_value *kf__tree_copy_below(kf_tree *tree, const kf_value *value, int depth);

#endif
