/* SPDX-License-Identifier: Apache-2.0 */
/* The compact form: what is equal is one component. Kubeflow's backend visits each
 * component once and hangs its executor, its platform configuration and its retry policy
 * on it, so these must be equal as well. Everything is found by a hash of its content,
 * and compared. */
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "pipeline/lower.h"

typedef struct leaf {
    const kf_value *component, *executor;
    int32_t next; /* Of the same hash, or none. */
} leaf;

typedef struct shared_variant {
    kf_variant variant;
    int32_t next;
} shared_variant;

typedef struct shared_dag {
    const kf_value *component, *retry;
    const char *name;
    int32_t next;
} shared_dag;

typedef struct kf_sharing {
    KF__VEC(leaf) leaves;
    KF__VEC(shared_variant) variants;
    KF__VEC(shared_dag) dags;
    kf_pairs leaf_places, variant_places, dag_places; /* Hash to the newest. */
} kf_sharing;

/* ---- hashes ---- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    a ^= b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2);
    return a * 0xff51afd7ed558ccdu ^ a >> 31;
}

/* The order of members does not matter, and 1 is 1.0, as for kf_value_equal. */
static uint64_t hash_value(const kf_value *value)
{
    kf_kind kind = kf_value_kind(value);
    uint64_t hash = kind == KF_KIND_INT ? KF_KIND_DOUBLE : (uint64_t)kind;
    double number = kf_value_double(value);
    switch (kind) {
    case KF_KIND_NULL:
        return value == NULL ? 0 : 1;
    case KF_KIND_BOOL:
        return mix(hash, kf_value_bool(value));
    case KF_KIND_INT:
    case KF_KIND_DOUBLE:
        number += 0.0; /* -0.0 is 0.0. */
        return mix(hash, kf__hash64(&number, sizeof number));
    case KF_KIND_STRING:
        return mix(hash, kf__hash64(kf_value_string(value), kf_value_length(value)));
    case KF_KIND_LIST:
        for (size_t i = 0; i < kf_value_length(value); i++)
            hash = mix(hash, hash_value(kf_value_at(value, i)));
        return hash;
    case KF_KIND_STRUCT:
        for (size_t i = 0; i < kf_value_length(value); i++) {
            const char *key = kf_value_key(value, i);
            hash +=
                mix(kf__hash64(key, strlen(key)), hash_value(kf_value_at(value, i)));
        }
        return hash;
    }
    return hash;
}

static bool equal(const kf_value *a, const kf_value *b)
{
    return a == b || (a != NULL && b != NULL && kf_value_equal(a, b));
}

static kf_status sharing_of(kf_lower *lower, kf_sharing **out)
{
    if (lower->sharing == NULL) {
        lower->sharing = kf__calloc(1, sizeof *lower->sharing);
        if (lower->sharing == NULL)
            return KF_ENOMEM;
    }
    *out = lower->sharing;
    return KF_OK;
}

void kf__share_finish(kf_lower *lower)
{
    kf_sharing *sharing = lower->sharing;
    if (sharing == NULL)
        return;
    kf__vec_finish(&sharing->leaves);
    kf__vec_finish(&sharing->variants);
    kf__vec_finish(&sharing->dags);
    kf__pairs_finish(&sharing->leaf_places);
    kf__pairs_finish(&sharing->variant_places);
    kf__pairs_finish(&sharing->dag_places);
    kf__free(sharing);
    lower->sharing = NULL;
}

/* ---- leaves ---- */

kf_status kf__share_leaf(
    kf_lower *lower, const kf_value *component, const kf_value *executor, int32_t *out)
{
    kf_sharing *sharing = NULL;
    KF__TRY(sharing_of(lower, &sharing));
    uint64_t hash = mix(hash_value(component), hash_value(executor));
    int32_t newest = kf__pairs_get(&sharing->leaf_places, hash);
    for (int32_t at = newest; at != KF__NONE; at = sharing->leaves.items[at].next) {
        const leaf *known = &sharing->leaves.items[at];
        if (equal(known->component, component) && equal(known->executor, executor)) {
            *out = at;
            return KF_OK;
        }
    }
    leaf added = {.next = newest};
    /* The caller's may be changed, or end with its component. */
    added.component = kf__tree_copy(lower->tree, component);
    added.executor = kf__tree_copy(lower->tree, executor);
    KF__TRY(kf__tree_status(lower->tree));
    KF__TRY(kf__vec_push(&sharing->leaves, added));
    *out = (int32_t)(sharing->leaves.count - 1);
    return kf__pairs_set(&sharing->leaf_places, hash, *out);
}

/* ---- variants ---- */

static uint64_t hash_variant(const kf_variant *variant)
{
    uint64_t hash = mix((uint64_t)variant->leaf, hash_value(variant->changes));
    return mix(mix(hash, hash_value(variant->platforms)), hash_value(variant->retry));
}

const char *kf__share_find(const kf_lower *lower, const kf_variant *variant)
{
    const kf_sharing *sharing = lower->sharing;
    if (sharing == NULL)
        return NULL;
    int32_t at = kf__pairs_get(&sharing->variant_places, hash_variant(variant));
    for (; at != KF__NONE; at = sharing->variants.items[at].next) {
        const kf_variant *known = &sharing->variants.items[at].variant;
        if (known->leaf == variant->leaf && equal(known->changes, variant->changes) &&
            equal(known->platforms, variant->platforms) &&
            equal(known->retry, variant->retry))
            return known->component;
    }
    return NULL;
}

kf_status kf__share_remember(kf_lower *lower, const kf_variant *variant)
{
    kf_sharing *sharing = NULL;
    KF__TRY(sharing_of(lower, &sharing));
    uint64_t hash = hash_variant(variant);
    shared_variant added = {
        .variant = *variant, .next = kf__pairs_get(&sharing->variant_places, hash)};
    KF__TRY(kf__vec_push(&sharing->variants, added));
    return kf__pairs_set(
        &sharing->variant_places, hash, (int32_t)(sharing->variants.count - 1));
}

/* ---- DAGs ---- */

static uint64_t hash_dag(const kf_value *component, const kf_value *retry)
{
    return mix(hash_value(component), hash_value(retry));
}

const char *kf__share_find_dag(
    const kf_lower *lower, const kf_value *component, const kf_value *retry)
{
    const kf_sharing *sharing = lower->sharing;
    if (sharing == NULL)
        return NULL;
    int32_t at = kf__pairs_get(&sharing->dag_places, hash_dag(component, retry));
    for (; at != KF__NONE; at = sharing->dags.items[at].next) {
        const shared_dag *known = &sharing->dags.items[at];
        if (equal(known->component, component) && equal(known->retry, retry))
            return known->name;
    }
    return NULL;
}

kf_status kf__share_remember_dag(
    kf_lower *lower, const kf_value *component, const kf_value *retry, const char *name)
{
    kf_sharing *sharing = NULL;
    KF__TRY(sharing_of(lower, &sharing));
    uint64_t hash = hash_dag(component, retry);
    shared_dag added = {.component = component,
        .retry = retry,
        .name = name,
        .next = kf__pairs_get(&sharing->dag_places, hash)};
    KF__TRY(kf__vec_push(&sharing->dags, added));
    return kf__pairs_set(
        &sharing->dag_places, hash, (int32_t)(sharing->dags.count - 1));
}
