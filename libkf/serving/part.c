/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/part.h"

#include <string.h>

#include "base/mem.h"
#include "io/json.h"

kf_status kf__part_new(struct kf_served *served, kf_service_role role, kf_part **out)
{
    kf_part *part = kf__calloc(1, sizeof *part);
    if (part == NULL)
        return KF_ENOMEM;
    kf_status status = kf__traffic_new((uint64_t)(uintptr_t)part, &part->traffic);
    if (status != KF_OK) {
        kf__free(part);
        return status;
    }
    part->served = served;
    part->role = role;
    part->canary = KF__NO_CANARY;
    *out = part;
    return KF_OK;
}

void kf__part_free(kf_part *part)
{
    if (part == NULL)
        return;
    for (size_t i = 0; i < part->revisions.count; i++)
        kf__revision_free(part->revisions.items[i]);
    kf__vec_finish(&part->revisions);
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

/* ---- what the document says ---- */

static kf_status add_revision(kf_part *part, const kf_service *service, int number,
    const char *digest, void (*wake)(void *payload))
{
    kf_revision *revision;
    KF__TRY(kf__revision_new(service, part->role, number, digest, wake, &revision));
    revision->part = part;
    kf_status status = kf__vec_push(&part->revisions, revision);
    if (status != KF_OK)
        kf__revision_free(revision);
    return status;
}

kf_status kf__part_apply(
    kf_part *part, const kf_service *service, void (*wake)(void *payload))
{
    char digest[65];
    int64_t canary = kf_service_component_of(service, part->role)->canary_percent;
    kf_revision *latest = kf__part_revision(part, part->rollout.latest_created);
    KF__TRY(kf__revision_digest(service, part->role, digest));
    part->is_gone = false;
    if (latest == NULL || strcmp(latest->digest, digest) != 0) {
        int number = part->rollout.latest_created + 1;
        KF__TRY(add_revision(part, service, number, digest, wake));
        kf__rollout_create(&part->rollout, number);
    } else if (latest->state == KF__REVISION_FAILED) {
        latest->state = KF__REVISION_PENDING; /* Applied again: once more. */
    }
    part->canary = canary < 0 ? KF__NO_CANARY : (int)canary;
    return KF_OK;
}

/* ---- who gets the traffic ---- */

static bool has_share(const kf_part *part, int number)
{
    for (size_t i = 0; i < part->share_count; i++)
        if (part->shares[i].revision == number)
            return true;
    return false;
}

bool kf__part_needs(const kf_part *part, const kf_revision *revision)
{
    if (part->is_gone)
        return false;
    if (has_share(part, revision->number) ||
        revision->number == part->rollout.latest_created)
        return true;
    return !part->is_settled && revision->state == KF__REVISION_READY;
}

static void want(const kf_part *part, kf_revision *revision)
{
    if (!part->is_gone && revision->state == KF__REVISION_PENDING)
        revision->wanted = true;
}

/* Until something is there, calls wait at the gate of what is to be. */
static void wait_for_first(kf_part *part)
{
    kf_revision *latest = kf__part_revision(part, part->rollout.latest_created);
    if (latest == NULL)
        return;
    kf_traffic_target target = {latest->gate, 100};
    kf__traffic_set(part->traffic, &target, 1);
}

void kf__part_settle(kf_part *part)
{
    kf_traffic_target targets[2];
    bool all_there = true;
    part->share_count = kf__rollout_settle(&part->rollout, part->canary, part->shares);
    for (size_t i = 0; i < part->share_count; i++) {
        kf_revision *revision = kf__part_revision(part, part->shares[i].revision);
        targets[i] = (kf_traffic_target){revision->gate, part->shares[i].percent};
        all_there &= kf__revision_serves(revision);
        want(part, revision);
    }
    kf_revision *latest = kf__part_revision(part, part->rollout.latest_created);
    if (latest != NULL)
        want(part, latest);
    part->is_settled = part->share_count > 0 && all_there;
    if (part->is_settled || (part->share_count > 0 && !part->has_traffic))
        kf__traffic_set(part->traffic, targets, part->share_count);
    else if (part->share_count == 0)
        wait_for_first(part);
    part->has_traffic |= part->is_settled;
}

/* ---- keeping it ---- */

static kf_value *save_revision(const kf_revision *revision, kf_tree *tree)
{
    kf_value *saved = kf__tree_struct(tree);
    kf__put_int(tree, saved, "number", revision->number);
    kf__put_text(tree, saved, "digest", revision->digest);
    kf__put(tree, saved, "document",
        kf__tree_copy(tree, kf_service_document(revision->service)));
    return saved;
}

kf_value *kf__part_save(const kf_part *part, kf_tree *tree)
{
    kf_value *saved = kf__tree_struct(tree);
    const kf_rollout *rollout = &part->rollout;
    kf__put_int(tree, saved, "created", rollout->latest_created);
    kf__put_int(tree, saved, "ready", rollout->latest_ready);
    kf__put_int(tree, saved, "rolledOut", rollout->latest_rolled_out);
    kf__put_int(tree, saved, "previous", rollout->previous_rolled_out);
    kf_value *list = kf__put_list(tree, saved, "revisions");
    for (size_t i = 0; i < part->revisions.count; i++) {
        const kf_revision *revision = part->revisions.items[i];
        if (kf__rollout_names(rollout, revision->number))
            kf__push(tree, list, save_revision(revision, tree));
    }
    return saved;
}

static int number_of(const kf_value *saved, const char *name)
{
    return (int)kf_value_int(kf_value_get(saved, name));
}

static kf_status restore_revision(
    kf_part *part, const kf_value *saved, void (*wake)(void *payload))
{
    kf_service *service;
    const char *digest = kf__get_text(saved, "digest");
    KF__TRY(kf_service_of_value(kf_value_get(saved, "document"), &service));
    kf_status status = KF_OK;
    if (digest != NULL && kf_service_component_of(service, part->role) != NULL)
        status = add_revision(part, service, number_of(saved, "number"), digest, wake);
    kf_service_free(service);
    return status;
}

/* A number of a revision that could not be restored is none. */
static int known(const kf_part *part, int number)
{
    return kf__part_revision(part, number) != NULL ? number : 0;
}

kf_status kf__part_restore(
    kf_part *part, const kf_value *saved, void (*wake)(void *payload))
{
    const kf_value *list = kf_value_get(saved, "revisions");
    kf_rollout *rollout = &part->rollout;
    for (size_t i = 0; i < kf_value_length(list); i++)
        KF__TRY(restore_revision(part, kf_value_at(list, i), wake));
    rollout->latest_created = number_of(saved, "created");
    rollout->latest_ready = known(part, number_of(saved, "ready"));
    rollout->latest_rolled_out = known(part, number_of(saved, "rolledOut"));
    rollout->previous_rolled_out = known(part, number_of(saved, "previous"));
    return KF_OK;
}
