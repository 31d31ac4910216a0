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
    return part != NULL && !atomic_load(&part->is_gone) ? part : NULL;
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

/* The traffic that an entry leads to; NULL: it leads nowhere. */
static kf_traffic *traffic_of(const kf_entry *entry, const char *path)
{
    kf_served *served = entry->served;
    if (entry->traffic != NULL)
        return kf__traffic_is_empty(entry->traffic) ? NULL : entry->traffic;
    kf_part *part = entry->role != KF__ENTRY ? kf__served_part(served, entry->role)
                                             : kf__served_entry(served, path);
    return part != NULL ? part->traffic : NULL;
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
    kf_traffic *traffic = traffic_of(entry, call->path);
    if (traffic != NULL)
        kf__serve(kf__traffic_backend(traffic), call);
    else
        kf__call_fail(call, 404, "there is no such revision of %s", served->key);
}

static void end(kf_backend *self)
{
    (void)self; /* It ends with its service. */
}

void kf__entry_init(
    kf_entry *entry, struct kf_served *served, int role, kf_traffic *traffic)
{
    static const kf_backend_table table = {serve, end};
    *entry = (kf_entry){{&table}, served, role, traffic};
}

void kf__served_enter(kf_served *served)
{
    atomic_fetch_add(&served->users, 1);
}

/* ---- what it is ---- */

kf_status kf__served_key(const kf_service *service, char **out)
{
    kf_buf key = KF__BUF_INIT;
    const char *parent =
        kf_service_what(service) == KF_SERVICE_TRAINED_MODEL
            ? kf__get_text(kf_service_spec(service), "inferenceService")
            : NULL;
    kf__buf_printf(&key, "%s/%s%s%s", kf_service_namespace(service),
        parent != NULL ? parent : "", parent != NULL ? "/" : "",
        kf_service_name(service));
    return kf__buf_take(&key, out);
}

bool kf__served_is_model(const kf_served *served)
{
    return strchr(served->name, '/') != NULL;
}

const char *kf__served_label(const kf_served *served)
{
    const char *slash = strchr(served->name, '/');
    return slash != NULL ? slash + 1 : served->name;
}

kf_status kf__served_new(const kf_service *service, void *payload, kf_served **out)
{
    kf_served *served = kf__calloc(1, sizeof *served);
    if (served == NULL)
        return KF_ENOMEM;
    kf_status status = kf__served_key(service, &served->key);
    if (status != KF_OK) {
        kf__free(served);
        return status;
    }
    served->name = strchr(served->key, '/') + 1;
    for (int i = 0; i <= KF__ENTRY; i++)
        kf__entry_init(&served->entries[i], served, i, NULL);
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
    kf__free(served->override.promoted);
    kf__free(served->refusal);
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

static kf_status need_part(kf_served *served, kf_service_role role, kf_part **out)
{
    *out = served->parts[role];
    if (*out != NULL)
        return KF_OK;
    KF__TRY(kf__part_new(served, role, out));
    served->parts[role] = *out;
    return KF_OK;
}

/* "iris-predictor-v7" */
static kf_status call_after_parent(const kf_served *served, kf_line *line)
{
    kf_buf base = KF__BUF_INIT;
    const char *label = kf__served_label(served);
    kf__free(line->base);
    line->base = NULL;
    kf__buf_printf(&base, "%.*s-%s-%s", (int)(label - served->name) - 1, served->name,
        kf__role_name(KF_SERVICE_PREDICTOR), label);
    return kf__buf_take(&base, &line->base);
}

static kf_status apply_part(kf_served *served, const kf_service *service,
    kf_service_role role, const kf_override *override, void (*wake)(void *payload))
{
    kf_lines lines;
    kf_part *part;
    KF__TRY(need_part(served, role, &part));
    kf_status status = kf__lines_make(service, role, override, &lines);
    if (status == KF_OK && kf__served_is_model(served))
        status = call_after_parent(served, &lines.items.items[0]);
    if (status == KF_OK)
        status = kf__part_apply(part, &lines, wake);
    kf__lines_finish(&lines);
    return status;
}

static kf_status apply_parts(kf_served *served, const kf_service *service,
    const kf_override *override, void (*wake)(void *payload))
{
    for (int i = 0; i < KF__ROLES; i++) {
        kf_service_role role = (kf_service_role)i;
        kf_part *part = served->parts[i];
        if (service != NULL && kf_service_component_of(service, role) != NULL)
            KF__TRY(apply_part(served, service, role, override, wake));
        else if (part != NULL)
            atomic_store(&part->is_gone, true);
    }
    return KF_OK;
}

static void forget_override(kf_override *override)
{
    kf__free(override->promoted);
    *override = (kf_override){0};
}

kf_status kf__served_apply(kf_served *served, const kf_service *service,
    const kf_service *runs, void (*wake)(void *payload))
{
    char digest[65];
    kf_service *own;
    static const kf_override none = {0};
    KF__TRY(digest_document(service, digest));
    KF__TRY(kf_service_dup(service, &own));
    bool is_changed = strcmp(digest, served->digest) != 0;
    kf_status status =
        apply_parts(served, runs, is_changed ? &none : &served->override, wake);
    if (status != KF_OK) {
        kf_service_free(own);
        return status;
    }
    kf_service_free(served->service);
    served->service = own;
    const kf_service_component *predictor =
        kf_service_component_of(runs, KF_SERVICE_PREDICTOR);
    atomic_store(&served->speaks_v2, kf__speaks_v2(predictor));
    if (is_changed) {
        served->generation++;
        forget_override(&served->override);
        memcpy(served->digest, digest, sizeof digest);
    }
    served->is_dirty = true;
    return KF_OK;
}

void kf__served_settle(kf_served *served)
{
    for (int i = 0; i < KF__ROLES; i++)
        if (served->parts[i] != NULL)
            kf__part_settle(served->parts[i]);
    served->is_dirty = true;
}

kf_status kf__served_override(
    kf_served *served, int percent, const char *promoted, void (*wake)(void *payload))
{
    kf_override made = {.is_given = true, .percent = percent};
    if (promoted != NULL && (made.promoted = kf__strdup(promoted)) == NULL)
        return KF_ENOMEM;
    kf_status status = apply_parts(served, served->service, &made, wake);
    if (status != KF_OK) {
        kf__free(made.promoted);
        return status;
    }
    forget_override(&served->override);
    served->override = made;
    kf__served_settle(served);
    return KF_OK;
}

/* ---- how it is ---- */

static bool is_up(const kf_part *part, const kf_variant *variant)
{
    const kf_revision *revision = kf__part_latest(part, variant);
    return revision != NULL && kf__revision_is_well(revision);
}

/* No revision with traffic is ill. */
static bool is_sound(const kf_part *part)
{
    for (size_t i = 0; i < part->revisions.count; i++)
        if (part->revisions.items[i]->is_live && part->revisions.items[i]->is_ill)
            return false;
    return true;
}

static bool answers(const kf_part *part)
{
    return part->has_traffic && is_sound(part);
}

static bool is_ready(const kf_part *part)
{
    bool ready = part->is_standard ? kf__variant_is_ready(part, part->stable)
                                   : is_up(part, part->stable);
    return ready && part->is_settled && is_sound(part);
}

static bool is_done(const kf_part *part)
{
    for (size_t i = 0; i < part->canaries.count; i++)
        if (kf__variant_is_wanted(part, part->canaries.items[i]) &&
            !is_up(part, part->canaries.items[i]))
            return false;
    return part->is_settled && is_up(part, part->stable);
}

/* Whether all parts are so. */
static bool all_parts(const kf_served *served, bool (*are)(const kf_part *part))
{
    for (int i = 0; i < KF__ROLES; i++) {
        const kf_part *part = kf__served_part(served, (kf_service_role)i);
        if (part != NULL && !are(part))
            return false;
    }
    return true;
}

bool kf__served_answers(const kf_served *served)
{
    return all_parts(served, answers);
}

bool kf__served_is_ready(const kf_served *served)
{
    return all_parts(served, is_ready);
}

bool kf__served_is_done(const kf_served *served)
{
    return all_parts(served, is_done);
}

static const kf_revision *failed(const kf_part *part, const kf_variant *variant)
{
    const kf_revision *revision = kf__part_latest(part, variant);
    bool is_failed =
        revision != NULL && (revision->is_failing || kf__revision_has_failed(revision));
    return is_failed ? revision : NULL;
}

const kf_revision *kf__served_failure(const kf_served *served)
{
    for (int i = 0; i < KF__ROLES; i++) {
        const kf_part *part = kf__served_part(served, (kf_service_role)i);
        const kf_revision *found = part != NULL ? failed(part, part->stable) : NULL;
        if (found != NULL)
            return found;
    }
    return NULL;
}

const kf_revision *kf__served_canary_failure(const kf_served *served)
{
    const kf_part *part = kf__served_part(served, KF_SERVICE_PREDICTOR);
    for (size_t i = 0; part != NULL && i < part->canaries.count; i++) {
        const kf_revision *found = failed(part, part->canaries.items[i]);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* ---- keeping it ---- */

kf_value *kf__served_save(const kf_served *served, kf_tree *tree)
{
    kf_value *saved = kf__tree_struct(tree);
    kf__put_int(tree, saved, "generation", served->generation);
    kf__put_text(tree, saved, "digest", served->digest);
    if (served->override.is_given)
        kf__put_int(tree, saved, "override", served->override.percent);
    if (served->override.promoted != NULL)
        kf__put_text(tree, saved, "promoted", served->override.promoted);
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
    const kf_value *percent = kf_value_get(saved, "override");
    const char *promoted = kf__get_text(saved, "promoted");
    served->generation = kf_value_int(kf_value_get(saved, "generation"));
    if (digest != NULL && strlen(digest) < sizeof served->digest)
        memcpy(served->digest, digest, strlen(digest) + 1);
    if (promoted != NULL && (served->override.promoted = kf__strdup(promoted)) == NULL)
        return KF_ENOMEM;
    served->override.is_given = percent != NULL;
    served->override.percent = (int)kf_value_int(percent);
    for (int i = 0; i < KF__ROLES; i++) {
        const kf_value *own = kf_value_get(saved, kf__role_name((kf_service_role)i));
        kf_part *part;
        if (own == NULL)
            continue;
        KF__TRY(need_part(served, (kf_service_role)i, &part));
        KF__TRY(kf__part_restore(part, own, wake));
    }
    return KF_OK;
}
