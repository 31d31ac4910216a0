/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/served.h"

#include <string.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

/* ---- requests ---- */

/* A call that is in the service: of the call's arena. */
typedef struct visit {
    kf_served *served;
    void (*done)(kf_call *call);
    void *payload;
} visit;

static void leave(kf_call *call)
{
    visit *here = call->payload;
    kf_served *served = here->served;
    call->done = here->done;
    call->payload = here->payload;
    atomic_fetch_add(&served->requests, 1);
    if (call->reply.status >= 500)
        atomic_fetch_add(&served->failures, 1);
    call->done(call);
    atomic_fetch_sub(&served->users, 1);
}

kf_part *kf__served_part(const kf_served *served, kf_service_role role)
{
    kf_part *part = served->parts[role];
    return part != NULL && !part->is_gone ? part : NULL;
}

/* KServe's route of an explainer: ^/v1/models/[\w-]+:explain$ */
static bool is_explain(const char *path)
{
    return kf__starts_with(path, "/v1/models/") && kf__ends_with(path, ":explain");
}

kf_part *kf__served_entry(const kf_served *served, const char *path)
{
    if (kf__served_part(served, KF_SERVICE_EXPLAINER) != NULL && is_explain(path))
        return served->parts[KF_SERVICE_EXPLAINER];
    kf_part *transformer = kf__served_part(served, KF_SERVICE_TRANSFORMER);
    return transformer != NULL ? transformer : served->parts[KF_SERVICE_PREDICTOR];
}

static void serve(kf_backend *self, kf_call *call)
{
    const kf_entry *entry = (const kf_entry *)self;
    kf_served *served = entry->served;
    visit *here = kf__arena_alloc(call->arena, sizeof *here);
    if (here == NULL) {
        kf__call_fail(call, 503, "out of memory");
        atomic_fetch_sub(&served->users, 1);
        return;
    }
    *here = (visit){served, call->done, call->payload};
    call->done = leave;
    call->payload = here;
    kf_backend *graph = atomic_load(&served->graph);
    if (graph != NULL) {
        kf__serve(graph, call);
        return;
    }
    kf_part *part = entry->role != KF__ENTRY ? served->parts[entry->role]
                                             : kf__served_entry(served, call->path);
    kf__serve(kf__traffic_backend(part->traffic), call);
}

static void end(kf_backend *self)
{
    (void)self; /* It ends with its service. */
}

void kf__served_enter(kf_served *served)
{
    atomic_fetch_add(&served->users, 1);
}

/* ---- what it is ---- */

kf_status kf__served_new(const kf_service *service, void *payload, kf_served **out)
{
    static const kf_backend_table table = {serve, end};
    kf_served *served = kf__calloc(1, sizeof *served);
    if (served == NULL)
        return KF_ENOMEM;
    kf_buf key = KF__BUF_INIT;
    kf__buf_printf(
        &key, "%s/%s", kf_service_namespace(service), kf_service_name(service));
    kf_status status = kf__buf_take(&key, &served->key);
    if (status != KF_OK) {
        kf__free(served);
        return status;
    }
    served->name = strchr(served->key, '/') + 1;
    for (int i = 0; i <= KF__ENTRY; i++)
        served->entries[i] = (kf_entry){{&table}, served, i};
    served->payload = payload;
    *out = served;
    return KF_OK;
}

static void free_former(kf_served *served)
{
    for (size_t i = 0; i < served->former.count; i++)
        kf__backend_free(served->former.items[i]);
    kf__vec_finish(&served->former);
}

void kf__served_be_graph(kf_served *served, kf_backend *graph)
{
    kf_backend *before = atomic_exchange(&served->graph, graph);
    /* Calls that come from now on find the new one. */
    if (atomic_load(&served->users) == 0)
        free_former(served);
    if (before != NULL && kf__vec_push(&served->former, before) != KF_OK)
        kf__log(KF_LOG_WARNING, "%s: a former graph is lost", served->key);
}

void kf__served_free(kf_served *served)
{
    if (served == NULL)
        return;
    for (int i = 0; i < KF__ROLES; i++)
        kf__part_free(served->parts[i]);
    kf__backend_free(atomic_load(&served->graph));
    free_former(served);
    kf_service_free(served->service);
    kf_value_free(served->status);
    kf__free(served->key);
    kf__free(served);
}

static kf_status digest_document(const kf_service *service, char out[65])
{
    kf_buf text = KF__BUF_INIT;
    kf_sha256 sha;
    kf__put_json_sorted(&text, kf_service_document(service));
    kf_status status = text.status;
    if (status == KF_OK) {
        kf__sha256_init(&sha);
        kf__sha256_update(&sha, text.data, text.length);
        kf__sha256_hex(&sha, out);
    }
    kf__buf_finish(&text);
    return status;
}

static kf_status apply_parts(
    kf_served *served, const kf_service *service, void (*wake)(void *payload))
{
    for (int i = 0; i < KF__ROLES; i++) {
        kf_service_role role = (kf_service_role)i;
        if (kf_service_component_of(service, role) == NULL) {
            if (served->parts[i] != NULL)
                served->parts[i]->is_gone = true;
            continue;
        }
        if (served->parts[i] == NULL)
            KF__TRY(kf__part_new(served, role, &served->parts[i]));
        KF__TRY(kf__part_apply(served->parts[i], service, wake));
    }
    return KF_OK;
}

kf_status kf__served_apply(
    kf_served *served, const kf_service *service, void (*wake)(void *payload))
{
    char digest[65];
    kf_service *own;
    KF__TRY(digest_document(service, digest));
    KF__TRY(kf_service_dup(service, &own));
    kf_status status = apply_parts(served, service, wake);
    if (status != KF_OK) {
        kf_service_free(own);
        return status;
    }
    kf_service_free(served->service);
    served->service = own;
    const kf_service_component *predictor =
        kf_service_component_of(own, KF_SERVICE_PREDICTOR);
    atomic_store(&served->speaks_v2, predictor != NULL && predictor->protocol != NULL &&
                                         strcmp(predictor->protocol, "v2") == 0);
    if (strcmp(digest, served->digest) != 0) {
        served->generation++;
        served->has_override = false;
        memcpy(served->digest, digest, sizeof digest);
    }
    served->is_dirty = true;
    return KF_OK;
}

void kf__served_settle(kf_served *served)
{
    for (int i = 0; i < KF__ROLES; i++)
        if (served->parts[i] != NULL) {
            if (served->has_override)
                served->parts[i]->canary = served->override;
            kf__part_settle(served->parts[i]);
        }
    served->is_dirty = true;
}

/* ---- promotion ---- */

/* A part that has a canary, or that can go back. */
static bool any_part(const kf_served *served, bool (*is)(const kf_part *part))
{
    for (int i = 0; i < KF__ROLES; i++)
        if (kf__served_part(served, (kf_service_role)i) != NULL && is(served->parts[i]))
            return true;
    return false;
}

static bool has_canary(const kf_part *part)
{
    return part->rollout.latest_ready != part->rollout.latest_rolled_out;
}

static bool can_go_back(const kf_part *part)
{
    return has_canary(part) ||
           (part->rollout.previous_rolled_out != 0 &&
               part->rollout.previous_rolled_out != part->rollout.latest_rolled_out);
}

kf_status kf__served_promote(kf_served *served)
{
    if (!any_part(served, has_canary))
        return kf__fail(KF_ESTATE, served->key,
            "there is no canary to promote: the latest revision that is ready has all "
            "of the traffic");
    served->has_override = true;
    served->override = KF__NO_CANARY;
    kf__served_settle(served);
    return KF_OK;
}

kf_status kf__served_rollback(kf_served *served)
{
    if (!any_part(served, can_go_back))
        return kf__fail(
            KF_ESTATE, served->key, "there is no earlier revision to go back to");
    served->has_override = true;
    served->override = 0;
    kf__served_settle(served);
    return KF_OK;
}

/* ---- how it is ---- */

static const kf_revision *latest(const kf_part *part)
{
    return kf__part_revision(part, part->rollout.latest_created);
}

static bool part_is_ready(const kf_part *part)
{
    const kf_revision *revision = latest(part);
    return part->is_settled && revision != NULL && kf__revision_serves(revision);
}

bool kf__served_is_ready(const kf_served *served)
{
    for (int i = 0; i < KF__ROLES; i++)
        if (kf__served_part(served, (kf_service_role)i) != NULL &&
            !part_is_ready(served->parts[i]))
            return false;
    return true;
}

const kf_revision *kf__served_failure(const kf_served *served)
{
    for (int i = 0; i < KF__ROLES; i++) {
        const kf_part *part = kf__served_part(served, (kf_service_role)i);
        const kf_revision *revision = part != NULL ? latest(part) : NULL;
        if (revision != NULL && revision->state == KF__REVISION_FAILED)
            return revision;
    }
    return NULL;
}

/* ---- keeping it ---- */

kf_value *kf__served_save(const kf_served *served, kf_tree *tree)
{
    kf_value *saved = kf__tree_struct(tree);
    kf__put_int(tree, saved, "generation", served->generation);
    kf__put_text(tree, saved, "digest", served->digest);
    if (served->has_override)
        kf__put_int(tree, saved, "override", served->override);
    for (int i = 0; i < KF__ROLES; i++)
        if (kf__served_part(served, (kf_service_role)i) != NULL)
            kf__put(tree, saved, kf__role_name((kf_service_role)i),
                kf__part_save(served->parts[i], tree));
    return saved;
}

kf_status kf__served_restore(
    kf_served *served, const kf_value *saved, void (*wake)(void *payload))
{
    const char *digest = kf__get_text(saved, "digest");
    const kf_value *override = kf_value_get(saved, "override");
    served->generation = kf_value_int(kf_value_get(saved, "generation"));
    if (digest != NULL && strlen(digest) < sizeof served->digest)
        memcpy(served->digest, digest, strlen(digest) + 1);
    served->has_override = override != NULL;
    served->override = (int)kf_value_int(override);
    for (int i = 0; i < KF__ROLES; i++) {
        const kf_value *part = kf_value_get(saved, kf__role_name((kf_service_role)i));
        if (part == NULL)
            continue;
        KF__TRY(kf__part_new(served, (kf_service_role)i, &served->parts[i]));
        KF__TRY(kf__part_restore(served->parts[i], part, wake));
    }
    return KF_OK;
}
