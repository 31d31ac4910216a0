/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "serving/part.h"
#include "serving/served.h"

static void link_last(kf_part *part, kf_variant *variant)
{
    _Atomic(kf_variant *) *at = &part->variants;
    for (kf_variant *here = atomic_load(at); here != NULL; here = atomic_load(at))
        at = &here->next;
    atomic_store(at, variant);
}

kf_status kf__variant_new(kf_part *part, const char *name, kf_variant **out)
{
    kf_variant *variant = kf__calloc(1, sizeof *variant);
    kf_traffic *traffic = NULL;
    if (variant == NULL || (variant->name = kf__strdup(name)) == NULL ||
        kf__traffic_new((uint64_t)(uintptr_t)variant, &traffic) != KF_OK) {
        kf__variant_free(variant);
        return KF_ENOMEM;
    }
    kf__entry_init(&variant->entry, part->served, part->role, traffic);
    link_last(part, variant);
    *out = variant;
    return KF_OK;
}

void kf__variant_free(kf_variant *variant)
{
    if (variant == NULL)
        return;
    kf__traffic_free(variant->entry.traffic);
    kf__free(variant->name);
    kf__free(variant);
}

kf_variant *kf__variant_find(kf_part *part, const char *name, size_t length)
{
    for (kf_variant *here = atomic_load(&part->variants); here != NULL;
         here = atomic_load(&here->next))
        if (strlen(here->name) == length && memcmp(here->name, name, length) == 0)
            return here;
    return NULL;
}

bool kf__variant_is_wanted(const kf_part *part, const kf_variant *variant)
{
    return !atomic_load(&variant->is_gone) &&
           (variant == part->stable || variant->rule.max > 0);
}

bool kf__variant_is_ready(const kf_part *part, const kf_variant *variant)
{
    const kf_revision *ready = kf__part_revision(part, variant->rollout.latest_ready);
    return kf__variant_is_wanted(part, variant) && ready != NULL &&
           kf__revision_is_well(ready);
}
