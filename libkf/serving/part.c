/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/part.h"

#include <string.h>

#include "base/mem.h"
#include "io/json.h"
#include "serving/served.h"

kf_status kf__part_new(struct kf_served *served, kf_service_role role, kf_part **out)
{
    kf_part *part = kf__calloc(1, sizeof *part);
    if (part == NULL)
        return KF_ENOMEM;
    part->served = served;
    part->role = role;
    part->canary = KF__NO_CANARY;
    kf_status status = kf__traffic_new((uint64_t)(uintptr_t)part, &part->traffic);
    for (int i = 0; status == KF_OK && i < KF__TAGS; i++) {
        kf_traffic *traffic = NULL;
        status = kf__traffic_new(1, &traffic);
        kf__entry_init(&part->tags[i], served, role, traffic);
    }
    if (status != KF_OK) {
        kf__part_free(part);
        return status;
    }
    *out = part;
    return KF_OK;
}

void kf__part_free(kf_part *part)
{
    if (part == NULL)
        return;
    for (size_t i = 0; i < part->revisions.count; i++)
        kf__revision_free(part->revisions.items[i]);
    for (kf_variant *here = atomic_load(&part->variants), *next; here; here = next) {
        next = atomic_load(&here->next);
        kf__variant_free(here);
    }
    for (int i = 0; i < KF__TAGS; i++)
        kf__traffic_free(part->tags[i].traffic);
    kf__vec_finish(&part->revisions);
    kf__vec_finish(&part->canaries);
    kf__traffic_free(part->traffic);
    kf__free(part);
}

kf_revision *kf__part_revision(const kf_part *part, int number)
{
    for (size_t i = 0; i < part->revisions.count; i++)
        if (part->revisions.items[i]->number == number)
            return part->revisions.items[i];
    return NULL;
}

kf_revision *kf__part_latest(const kf_part *part, const kf_variant *variant)
{
    return variant != NULL ? kf__part_revision(part, variant->rollout.latest_created)
                           : NULL;
}

/* ---- what the document says ---- */

static kf_status add_revision(kf_part *part, kf_variant *variant,
    const kf_service *service, const char *base, int number, const char *digest,
    void (*wake)(void *payload))
{
    kf_revision *revision;
    KF__TRY(
        kf__revision_new(service, part->role, base, number, digest, wake, &revision));
    revision->part = part;
    revision->variant = variant;
    kf_status status = kf__vec_push(&part->revisions, revision);
    if (status != KF_OK)
        kf__revision_free(revision);
    return status;
}

static kf_status variant_of(kf_part *part, const char *name, kf_variant **out)
{
    *out = kf__variant_find(part, name, strlen(name));
    return *out != NULL ? KF_OK : kf__variant_new(part, name, out);
}

static kf_status apply_line(
    kf_part *part, const kf_line *line, void (*wake)(void *payload), kf_variant **out)
{
    char digest[65];
    kf_variant *variant;
    KF__TRY(kf__revision_digest(line->service, part->role, digest));
    KF__TRY(variant_of(part, line->name, &variant));
    kf_revision *latest = kf__part_latest(part, variant);
    if (latest == NULL || strcmp(latest->digest, digest) != 0) {
        int number = part->newest + 1;
        KF__TRY(add_revision(
            part, variant, line->service, line->base, number, digest, wake));
        part->newest = number;
        kf__rollout_create(&variant->rollout, number);
    } else if (latest->state == KF__REVISION_FAILED) {
        latest->state = KF__REVISION_PENDING; /* Applied again: once more. */
    }
    if (latest != NULL)
        latest->is_again = false;
    variant->percent = line->percent;
    variant->rule = line->rule;
    atomic_store(&variant->is_gone, false);
    *out = variant;
    return KF_OK;
}

/* What the lines does not name is gone. */
static void leave_others(kf_part *part)
{
    for (kf_variant *here = atomic_load(&part->variants); here != NULL;
         here = atomic_load(&here->next)) {
        bool named = here == part->stable;
        for (size_t i = 0; i < part->canaries.count; i++)
            named = named || here == part->canaries.items[i];
        atomic_store(&here->is_gone, !named);
    }
}

kf_status kf__part_apply(
    kf_part *part, const kf_lines *lines, void (*wake)(void *payload))
{
    kf_variant *variant;
    part->is_standard = lines->is_standard;
    part->tags_latest = lines->tags_latest;
    part->canary = lines->canary;
    part->canaries.count = 0;
    for (size_t i = 0; i < lines->items.count; i++) {
        KF__TRY(apply_line(part, &lines->items.items[i], wake, &variant));
        if (i == 0)
            part->stable = variant;
        else
            KF__TRY(kf__vec_push(&part->canaries, variant));
    }
    leave_others(part);
    atomic_store(&part->is_gone, false);
    return KF_OK;
}

/* ---- what is needed ---- */

static bool has_share(const kf_part *part, int number)
{
    for (size_t i = 0; i < part->share_count; i++)
        if (part->shares[i].revision == number)
            return true;
    return false;
}

/* A canary may have been ready before: then that one is to come back. */
static bool is_named(const kf_part *part, const kf_revision *revision)
{
    const kf_rollout *rollout = &revision->variant->rollout;
    return revision->number == rollout->latest_created ||
           (revision->variant != part->stable &&
               revision->number == rollout->latest_ready);
}

bool kf__part_needs(const kf_part *part, const kf_revision *revision)
{
    if (atomic_load(&part->is_gone))
        return false;
    if (has_share(part, revision->number) ||
        (kf__variant_is_wanted(part, revision->variant) && is_named(part, revision)))
        return true;
    return revision->is_live;
}

static void want(const kf_part *part, kf_revision *revision)
{
    if (!atomic_load(&part->is_gone) && revision != NULL &&
        revision->state == KF__REVISION_PENDING)
        revision->wanted = true;
}

void kf__part_collect(kf_part *part)
{
    size_t kept = 0;
    for (size_t i = 0; i < part->revisions.count; i++) {
        kf_revision *revision = part->revisions.items[i];
        kf_variant *variant = revision->variant;
        bool named = !atomic_load(&variant->is_gone) &&
                     kf__rollout_names(&variant->rollout, revision->number);
        if (named || revision->is_live || !kf__revision_is_idle(revision)) {
            part->revisions.items[kept++] = revision;
            continue;
        }
        kf__rollout_forget(&variant->rollout, revision->number);
        kf__revision_free(revision);
    }
    part->revisions.count = kept;
}

/* ---- who gets the traffic ---- */

static void lead(kf_traffic *traffic, const kf_revision *revision)
{
    kf_traffic_target target = {revision != NULL ? revision->gate : NULL, 100};
    kf__traffic_set(traffic, &target, revision != NULL ? 1 : 0);
}

/* From now on, and nowhere else. */
static void set_traffic(kf_part *part, const kf_traffic_target *targets, size_t count)
{
    kf__traffic_set(part->traffic, targets, count);
    for (size_t i = 0; i < part->revisions.count; i++) {
        kf_revision *revision = part->revisions.items[i];
        revision->is_live = false;
        for (size_t k = 0; k < count; k++)
            if (targets[k].percent > 0 && targets[k].limit == revision->gate)
                revision->is_live = true;
    }
}

/* Until something is there, calls wait at the gate of what is to be. */
static void wait_for_first(kf_part *part)
{
    const kf_revision *latest = kf__part_latest(part, part->stable);
    kf_traffic_target target = {latest != NULL ? latest->gate : NULL, 100};
    set_traffic(part, &target, latest != NULL ? 1 : 0);
}

static void add_share(kf_part *part, kf_share share)
{
    if (part->share_count < KF__TRAFFIC_MOST)
        part->shares[part->share_count++] = share;
}

/* Canaries that are ready have the share that they are given, the stable predictor the
 * rest. Nothing goes anywhere before that one is ready. */
static void share(kf_part *part)
{
    kf_share stable[2], own[2];
    int rest = 100;
    part->share_count = 0;
    size_t count = kf__rollout_settle(&part->stable->rollout, part->canary, stable);
    for (size_t i = 0; i < count; i++)
        add_share(part, stable[i]);
    for (size_t i = 0; i < part->canaries.count; i++) {
        kf_variant *canary = part->canaries.items[i];
        (void)kf__rollout_settle(&canary->rollout, KF__NO_CANARY, own);
        if (count == 0 || !kf__variant_is_ready(part, canary))
            continue;
        rest -= canary->percent;
        add_share(part, (kf_share){own[0].revision, canary->percent, true});
    }
    if (part->canaries.count > 0 && count == 1)
        part->shares[0].percent = rest;
}

/* Hosts of tags, and of variants. */
static void lead_entries(kf_part *part)
{
    const kf_rollout *stable = &part->stable->rollout;
    bool split = !part->is_standard && part->share_count == 2;
    lead(part->tags[KF__TAG_PREV].traffic,
        split ? kf__part_revision(part, part->shares[1].revision) : NULL);
    lead(part->tags[KF__TAG_LATEST].traffic,
        part->tags_latest ? kf__part_revision(part, stable->latest_ready) : NULL);
    for (kf_variant *here = atomic_load(&part->variants); here != NULL;
         here = atomic_load(&here->next)) {
        bool open = here == part->stable || kf__variant_is_ready(part, here);
        lead(here->entry.traffic,
            open ? kf__part_revision(part, here->rollout.latest_ready) : NULL);
    }
}

static void want_all(kf_part *part)
{
    for (size_t i = 0; i < part->share_count; i++)
        want(part, kf__part_revision(part, part->shares[i].revision));
    want(part, kf__part_latest(part, part->stable));
    for (size_t i = 0; i < part->canaries.count; i++) {
        const kf_variant *canary = part->canaries.items[i];
        if (!kf__variant_is_wanted(part, canary))
            continue;
        want(part, kf__part_latest(part, canary));
        want(part, kf__part_revision(part, canary->rollout.latest_ready));
    }
}

void kf__part_settle(kf_part *part)
{
    kf_traffic_target targets[KF__TRAFFIC_MOST];
    bool all_there = true;
    if (part->stable == NULL)
        return;
    share(part);
    for (size_t i = 0; i < part->share_count; i++) {
        kf_revision *revision = kf__part_revision(part, part->shares[i].revision);
        targets[i] = (kf_traffic_target){revision->gate, part->shares[i].percent};
        all_there &= part->shares[i].percent == 0 || kf__revision_serves(revision);
    }
    want_all(part);
    part->is_settled = part->share_count > 0 && all_there;
    if (part->is_settled || (part->share_count > 0 && !part->has_traffic))
        set_traffic(part, targets, part->share_count);
    else if (part->share_count == 0 && !part->has_traffic)
        wait_for_first(part);
    lead_entries(part);
    part->has_traffic |= part->is_settled;
}

/* ---- keeping it ---- */

static kf_value *save_revision(const kf_revision *revision, kf_tree *tree)
{
    kf_value *saved = kf__tree_struct(tree);
    kf__put_int(tree, saved, "number", revision->number);
    kf__put_text(tree, saved, "digest", revision->digest);
    kf__put(tree, saved, "base",
        kf__tree_printf(tree, "%.*s",
            (int)(strrchr(revision->name, '-') - revision->name), revision->name));
    kf__put(tree, saved, "document",
        kf__tree_copy(tree, kf_service_document(revision->service)));
    return saved;
}

static void save_variant(
    const kf_part *part, const kf_variant *variant, kf_tree *tree, kf_value *saved)
{
    const kf_rollout *rollout = &variant->rollout;
    kf__put_text(tree, saved, "name", variant->name);
    kf__put_int(tree, saved, "created", rollout->latest_created);
    kf__put_int(tree, saved, "ready", rollout->latest_ready);
    kf__put_int(tree, saved, "rolledOut", rollout->latest_rolled_out);
    kf__put_int(tree, saved, "previous", rollout->previous_rolled_out);
    kf_value *list = kf__put_list(tree, saved, "revisions");
    for (size_t i = 0; i < part->revisions.count; i++) {
        const kf_revision *revision = part->revisions.items[i];
        if (revision->variant == variant &&
            kf__rollout_names(rollout, revision->number))
            kf__push(tree, list, save_revision(revision, tree));
    }
}

kf_value *kf__part_save(const kf_part *part, kf_tree *tree)
{
    kf_value *saved = kf__tree_struct(tree);
    kf__put_int(tree, saved, "newest", part->newest);
    if (part->stable != NULL)
        save_variant(part, part->stable, tree, saved);
    for (size_t i = 0; i < part->canaries.count; i++) {
        kf_value *list = kf__put_list(tree, saved, "canaries");
        kf_value *own = kf__tree_struct(tree);
        save_variant(part, part->canaries.items[i], tree, own);
        kf__push(tree, list, own);
    }
    return saved;
}

static int number_of(const kf_value *saved, const char *name)
{
    return (int)kf_value_int(kf_value_get(saved, name));
}

static kf_status restore_revision(kf_part *part, kf_variant *variant,
    const kf_value *saved, void (*wake)(void *payload))
{
    kf_service *service;
    const char *digest = kf__get_text(saved, "digest");
    const char *base = kf__get_text(saved, "base");
    KF__TRY(kf_service_of_value(kf_value_get(saved, "document"), &service));
    kf_status status = KF_OK;
    if (digest != NULL && base != NULL &&
        kf_service_component_of(service, part->role) != NULL)
        status = add_revision(
            part, variant, service, base, number_of(saved, "number"), digest, wake);
    kf_service_free(service);
    return status;
}

/* A number of a revision that could not be restored is none. */
static int known(const kf_part *part, int number)
{
    return kf__part_revision(part, number) != NULL ? number : 0;
}

static kf_status restore_variant(
    kf_part *part, const kf_value *saved, void (*wake)(void *payload))
{
    const char *name = kf__get_text(saved, "name");
    const kf_value *list = kf_value_get(saved, "revisions");
    kf_variant *variant;
    KF__TRY(variant_of(part, name != NULL ? name : "", &variant));
    for (size_t i = 0; i < kf_value_length(list); i++)
        KF__TRY(restore_revision(part, variant, kf_value_at(list, i), wake));
    variant->rollout =
        (kf_rollout){.latest_created = known(part, number_of(saved, "created")),
            .latest_ready = known(part, number_of(saved, "ready")),
            .latest_rolled_out = known(part, number_of(saved, "rolledOut")),
            .previous_rolled_out = known(part, number_of(saved, "previous"))};
    atomic_store(&variant->is_gone, true); /* Until the document names it. */
    return KF_OK;
}

kf_status kf__part_restore(
    kf_part *part, const kf_value *saved, void (*wake)(void *payload))
{
    const kf_value *canaries = kf_value_get(saved, "canaries");
    part->newest = number_of(saved, "newest");
    if (part->newest < number_of(saved, "created"))
        part->newest = number_of(saved, "created");
    KF__TRY(restore_variant(part, saved, wake));
    for (size_t i = 0; i < kf_value_length(canaries); i++)
        KF__TRY(restore_variant(part, kf_value_at(canaries, i), wake));
    return KF_OK;
}
