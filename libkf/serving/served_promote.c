/* SPDX-License-Identifier: Apache-2.0 */
/* Promotion and rollback of a service. */
#include <string.h>

#include "base/text.h"
#include "serving/served.h"

/* A part that has a canary, or that can go back. */
static bool any_part(const kf_served *served, bool (*is)(const kf_part *part))
{
    for (int i = 0; i < KF__ROLES; i++) {
        const kf_part *part = kf__served_part(served, (kf_service_role)i);
        if (part != NULL && is(part))
            return true;
    }
    return false;
}

static bool has_canary(const kf_part *part)
{
    const kf_rollout *rollout = &part->stable->rollout;
    return rollout->latest_ready != rollout->latest_rolled_out;
}

static bool can_go_back(const kf_part *part)
{
    const kf_rollout *rollout = &part->stable->rollout;
    return has_canary(part) ||
           (rollout->previous_rolled_out != 0 &&
               rollout->previous_rolled_out != rollout->latest_rolled_out);
}

/* The mode Standard, with canaries in the document. */
static bool has_canaries(const kf_served *served)
{
    return kf_service_canary_count(served->service) > 0 &&
           kf__served_part(served, KF_SERVICE_PREDICTOR) != NULL &&
           served->parts[KF_SERVICE_PREDICTOR]->is_standard;
}

static const char *next_canary(const void *state, size_t index)
{
    const kf_service_component *canary = kf_service_canary_at(state, index);
    return canary != NULL ? canary->name : NULL;
}

/* The canary of that name, or the only one. */
static kf_status choose_canary(
    const kf_served *served, const char *name, const char **out)
{
    const kf_service *service = served->service;
    size_t count = kf_service_canary_count(service);
    if (name == NULL && count == 1) {
        *out = kf_service_canary_at(service, 0)->name;
        return KF_OK;
    }
    if (name == NULL)
        return kf__fail(KF_EINVAL, served->key,
            "there are %zu canaries, '%.100s' and '%.100s' among them: say which",
            count, kf_service_canary_at(service, 0)->name,
            kf_service_canary_at(service, 1)->name);
    for (size_t i = 0; i < count; i++)
        if (strcmp(kf_service_canary_at(service, i)->name, name) == 0) {
            *out = name;
            return KF_OK;
        }
    const char *nearest = kf__nearest(name, next_canary, service);
    return kf__fail(KF_ENOENT, served->key, "there is no canary '%.100s'%s%s%s", name,
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* What the user of KServe does in the document: the canary's name and model become the
 * stable predictor's, and its entry goes. */
static kf_status promote_canary(
    kf_served *served, const char *name, void (*wake)(void *payload))
{
    const char *chosen = NULL;
    kf_part *part = served->parts[KF_SERVICE_PREDICTOR];
    KF__TRY(choose_canary(served, name, &chosen));
    if (strcmp(part->stable->name, chosen) == 0)
        return kf__fail(
            KF_ESTATE, served->key, "the canary '%.100s' is promoted already", chosen);
    const kf_variant *variant = kf__variant_find(part, chosen, strlen(chosen));
    const kf_revision *revision = kf__part_latest(part, variant);
    if (revision != NULL && kf__revision_has_failed(revision))
        return kf__fail(KF_ESTATE, served->key, "the canary '%.100s' is not ready: %s",
            chosen, revision->failure);
    return kf__served_override(served, KF__NO_CANARY, chosen, wake);
}

static kf_status refuse_models(const kf_served *served)
{
    return kf__served_is_model(served)
               ? kf__fail(KF_ESTATE, served->key,
                     "a TrainedModel has no canaries: its document says its model")
               : KF_OK;
}

kf_status kf__served_promote(
    kf_served *served, const char *canary, void (*wake)(void *payload))
{
    KF__TRY(refuse_models(served));
    if (has_canaries(served))
        return promote_canary(served, canary, wake);
    if (canary != NULL)
        return kf__fail(
            KF_ENOENT, served->key, "the document has no canary '%.100s'", canary);
    if (!any_part(served, has_canary))
        return kf__fail(KF_ESTATE, served->key,
            "there is no canary to promote: the latest revision that is ready has all "
            "of the traffic");
    return kf__served_override(served, KF__NO_CANARY, NULL, wake);
}

kf_status kf__served_rollback(kf_served *served, void (*wake)(void *payload))
{
    KF__TRY(refuse_models(served));
    if (!has_canaries(served) && !any_part(served, can_go_back))
        return kf__fail(
            KF_ESTATE, served->key, "there is no earlier revision to go back to");
    return kf__served_override(served, 0, NULL, wake);
}
