/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a service here, for the status that KServe would give it. */
#include <string.h>

#include "base/clock.h"
#include "serving/server.h"
#include "serving/status.h"
#include "serving/trained.h"

typedef struct writer {
    const kf_server *server;
    kf_served *served;
    kf_tree *tree;
} writer;

static const char *name_of(const kf_part *part, int number)
{
    const kf_revision *revision = kf__part_revision(part, number);
    return revision != NULL ? revision->name : NULL;
}

/* ---- components ---- */

/* What is waited for of the revision that was made last decides, as in Knative. */
static void describe_latest(kf_component_status *out, const kf_revision *revision)
{
    if (revision == NULL)
        return;
    if (kf__revision_is_well(revision)) {
        out->ready = KF__TRUE;
    } else if (revision->is_ill || kf__revision_has_failed(revision)) {
        out->ready = KF__FALSE;
        out->reason = "RevisionFailed";
        out->message = revision->failure;
    } else {
        out->reason = "Deploying";
    }
}

/* As KServe takes it over from a Deployment: what serves while the next is loaded is
 * available; that the next will not come is a failure. */
static void describe_deployment(kf_component_status *out, const kf_part *part)
{
    const kf_revision *latest = kf__part_latest(part, part->stable);
    bool is_available = kf__variant_is_ready(part, part->stable);
    bool is_failed = latest != NULL && kf__revision_has_failed(latest);
    bool is_up = latest != NULL && kf__revision_is_well(latest);
    out->ready = is_available && !is_failed ? KF__TRUE : KF__FALSE;
    out->message =
        is_failed || (latest != NULL && latest->is_ill) ? latest->failure : NULL;
    out->reason = !is_available ? "MinimumReplicasUnavailable"
                  : is_failed   ? "ProgressDeadlineExceeded"
                  : is_up       ? "NewReplicaSetAvailable"
                                : "MinimumReplicasAvailable";
}

/* "http://prev-iris-predictor.default.example.com"; tag: "prev-" or "". */
static const char *url_of(
    const writer *self, const kf_part *part, const char *tag, const char *domain)
{
    return kf_value_string(kf__tree_printf(self->tree, "%s%s%s-%s.%s.%s", "http://",
        tag, self->served->name, kf__role_name(part->role),
        kf_service_namespace(self->served->service), domain));
}

/* "http://iris-v1-predictor-default.example.com": KServe's domainTemplate. */
static const char *flat_url_of(const writer *self, const kf_part *part)
{
    const char *own = part->stable->name;
    return kf_value_string(kf__tree_printf(self->tree, "%s%s%s%s-%s-%s.%s", "http://",
        self->served->name, own[0] != '\0' ? "-" : "", own, kf__role_name(part->role),
        kf_service_namespace(self->served->service), self->server->options.domain));
}

/* In the mode Standard a canary's name says more than a tag. */
static kf_traffic_status describe_share(
    const writer *self, const kf_part *part, size_t index)
{
    const kf_share *share = &part->shares[index];
    const kf_revision *revision = kf__part_revision(part, share->revision);
    const char *domain = self->server->options.domain;
    kf_traffic_status made = {.revision = revision->name,
        .percent = share->percent,
        .is_latest = share->is_latest};
    if (part->is_standard && revision->variant != part->stable) {
        made.tag = revision->variant->name;
    } else if (!share->is_latest) {
        made.tag = "prev";
        made.url = url_of(self, part, "prev-", domain);
    } else if (part->tags_latest) {
        made.tag = "latest";
        made.url = url_of(self, part, "latest-", domain);
    }
    return made;
}

static void describe_traffic(
    const writer *self, const kf_part *part, kf_component_status *out)
{
    kf_traffic_status *traffic =
        kf__arena_alloc(&self->tree->arena, (part->share_count + 1) * sizeof *traffic);
    for (size_t i = 0; traffic != NULL && i < part->share_count; i++)
        traffic[i] = describe_share(self, part, i);
    out->traffic = traffic;
    out->traffic_count = traffic != NULL ? part->share_count : 0;
}

static kf_truth route_of(const kf_part *part)
{
    for (size_t i = 0; i < part->share_count; i++) {
        const kf_revision *revision = kf__part_revision(part, part->shares[i].revision);
        if (revision->is_ill)
            return KF__FALSE;
    }
    return part->share_count > 0 && part->is_settled ? KF__TRUE : KF__UNKNOWN;
}

/* Where gRPC is spoken, all services are asked so. */
static const char *grpc_url_of(const writer *self)
{
    const char *address = self->server->options.address;
    bool is_v6 = strchr(address, ':') != NULL;
    if (self->server->grpc == NULL)
        return NULL;
    return kf_value_string(
        kf__tree_printf(self->tree, "grpc://%s%s%s:%u", is_v6 ? "[" : "", address,
            is_v6 ? "]" : "", kf__grpc_gateway_port(self->server->grpc)));
}

/* URL and address are there once it has been ready, as Knative has it. */
static kf_component_status describe_part(const writer *self, const kf_part *part)
{
    const kf_rollout *rollout = &part->stable->rollout;
    kf_component_status made = {.is_given = true,
        .route = route_of(part),
        .latest_created = name_of(part, rollout->latest_created),
        .latest_ready = name_of(part, rollout->latest_ready),
        .latest_rolled_out = name_of(part, rollout->latest_rolled_out),
        .previous_rolled_out = name_of(part, rollout->previous_rolled_out)};
    if (part->has_traffic)
        made.grpc_url = grpc_url_of(self);
    if (part->has_traffic && part->is_standard) {
        made.url = flat_url_of(self, part);
    } else if (part->has_traffic) {
        made.url = url_of(self, part, "", self->server->options.domain);
        made.address = url_of(self, part, "", "svc.cluster.local");
    }
    describe_traffic(self, part, &made);
    if (part->is_standard)
        describe_deployment(&made, part);
    else
        describe_latest(&made, kf__part_latest(part, part->stable));
    return made;
}

/* Requests come through where each component has its traffic; where one has none and
 * cannot get any, they never will. */
static void describe_ingress(kf_service_status *out)
{
    out->ingress = KF__TRUE;
    for (int i = 0; i < KF__ROLES; i++) {
        const kf_component_status *component = &out->components[i];
        if (!component->is_given || component->route == KF__TRUE)
            continue;
        if (component->ready == KF__FALSE || component->route == KF__FALSE) {
            out->ingress = KF__FALSE;
            out->ingress_reason = component->reason;
            out->ingress_message = component->message;
            return;
        }
        out->ingress = KF__UNKNOWN;
    }
}

/* ---- the model ---- */

static kf_model_state model_state(const kf_revision *revision)
{
    static const kf_model_state states[] = {[KF__REVISION_PENDING] = KF__MODEL_PENDING,
        [KF__REVISION_LOADING] = KF__MODEL_LOADING,
        [KF__REVISION_READY] = KF__MODEL_LOADED,
        [KF__REVISION_ASLEEP] = KF__MODEL_STANDBY,
        [KF__REVISION_FAILED] = KF__MODEL_FAILED_TO_LOAD};
    if (revision == NULL)
        return KF__MODEL_PENDING;
    return revision->is_ill || kf__revision_has_failed(revision)
               ? KF__MODEL_FAILED_TO_LOAD
               : states[revision->state];
}

static void describe_model(const writer *self, const kf_part *part,
    const kf_variant *variant, kf_model_status *out)
{
    const kf_revision *target = kf__part_latest(part, variant);
    const kf_revision *active = kf__part_revision(part, variant->rollout.latest_ready);
    *out = (kf_model_status){.target = model_state(target),
        .has_active = active != NULL,
        .active = model_state(active)};
    if (active != NULL && active->launched.backend != NULL)
        out->total_copies = (int64_t)active->replicas;
    if (target == NULL || !(target->is_ill || kf__revision_has_failed(target)))
        return;
    kf_failure_status *failure = kf__arena_alloc(&self->tree->arena, sizeof *failure);
    if (failure != NULL)
        *failure = (kf_failure_status){.reason = target->reason,
            .message = target->failure,
            .revision = target->name,
            .time_ms = target->failed_ms,
            .exit_code = target->exit_code};
    out->failure = failure;
    out->failed_copies = 1;
    out->is_invalid = kf__revision_is_invalid(target->reason);
}

static void describe_runtime(const kf_part *part, kf_service_status *out)
{
    const kf_revision *target = kf__part_latest(part, part->stable);
    if (target == NULL || target->launched.runtime[0] == '\0')
        return;
    out->runtime = target->launched.runtime;
    out->is_cluster_runtime = target->launched.is_cluster_runtime;
}

static void describe_canaries(
    const writer *self, const kf_part *part, kf_service_status *out)
{
    size_t count = part->canaries.count;
    kf_canary_status *canaries =
        kf__arena_alloc(&self->tree->arena, (count + 1) * sizeof *canaries);
    for (size_t i = 0; canaries != NULL && i < count; i++) {
        const kf_variant *variant = part->canaries.items[i];
        canaries[i] = (kf_canary_status){.name = variant->name,
            .is_ready = kf__variant_is_ready(part, variant),
            .percent = variant->percent};
        describe_model(self, part, variant, &canaries[i].model);
    }
    out->canaries = canaries;
    out->canary_count = canaries != NULL ? count : 0;
}

/* ---- all of it ---- */

static kf_value *make_service(const writer *self, const char *url)
{
    kf_served *served = self->served;
    const kf_part *predictor = served->parts[KF_SERVICE_PREDICTOR];
    kf_service_status known = {.generation = served->generation,
        .now_ms = kf__now_ms(),
        .url = url,
        .address = url};
    for (int i = 0; i < KF__ROLES; i++) {
        const kf_part *part = kf__served_part(served, (kf_service_role)i);
        if (part != NULL)
            known.components[i] = describe_part(self, part);
    }
    describe_ingress(&known);
    describe_model(self, predictor, predictor->stable, &known.model);
    describe_runtime(predictor, &known);
    describe_canaries(self, predictor, &known);
    return kf__status_make(self->tree, served->service, &known, served->status);
}

/* ---- TrainedModels ---- */

static kf_truth truth_of(bool is_true)
{
    return is_true ? KF__TRUE : KF__FALSE;
}

/* Of the parent, if it is served. */
static void describe_parent(const writer *self, kf_trained_status *out)
{
    int length = (int)(kf__served_label(self->served) - self->served->key) - 1;
    const char *key =
        kf__arena_printf(&self->tree->arena, "%.*s", length, self->served->key);
    kf_served *parent = key != NULL ? kf__server_find(self->server, key) : NULL;
    if (parent == NULL)
        return;
    bool v2 = atomic_load(&parent->speaks_v2);
    out->parent = truth_of(kf__served_is_ready(parent));
    out->url = out->address = kf_value_string(kf__tree_printf(self->tree,
        "%s/serving/%s/%s/models/%s%s", self->server->url, key, v2 ? "v2" : "v1",
        kf__served_label(self->served), v2 ? "/infer" : ":predict"));
}

static void describe_loading(const kf_part *part, kf_trained_status *out)
{
    const kf_revision *latest =
        part != NULL ? kf__part_latest(part, part->stable) : NULL;
    if (latest == NULL)
        return;
    if (kf__revision_is_well(latest)) {
        out->loaded = KF__TRUE;
    } else if (latest->is_ill || kf__revision_has_failed(latest)) {
        out->loaded = KF__FALSE;
        out->failure_reason = latest->reason;
        out->failure = latest->failure;
    }
}

static kf_value *make_trained(const writer *self)
{
    kf_trained known;
    const kf_served *served = self->served;
    kf__trained_look(self->server->documents, served->service, &known);
    kf_trained_status made = {.generation = served->generation,
        .now_ms = kf__now_ms(),
        .parent = KF__FALSE,
        .message = known.message[0] != '\0' ? known.message : NULL};
    if (known.parent != NULL)
        made.multi = truth_of(known.is_multi);
    if (known.is_multi)
        made.framework = truth_of(known.knows_framework);
    if (known.knows_framework)
        made.memory = truth_of(known.has_memory);
    describe_parent(self, &made);
    describe_loading(kf__served_part(served, KF_SERVICE_PREDICTOR), &made);
    return kf__status_of_trained(self->tree, &made, served->status);
}

/* A graph is as ready as the services that it leads to. */
static kf_value *make_graph(const writer *self, const char *url)
{
    bool ready = false;
    kf_status found = kf__server_look(self->server, self->served, &ready);
    kf_service_status known = {.generation = self->served->generation,
        .now_ms = kf__now_ms(),
        .ingress = ready            ? KF__TRUE
                   : found != KF_OK ? KF__FALSE
                                    : KF__UNKNOWN,
        .ingress_reason = found == KF_ENOENT ? "ServiceNotFound"
                          : ready            ? NULL
                                             : "ServiceNotReady",
        .url = url};
    if (found != KF_OK)
        known.ingress_message = kf_last_error()->message;
    return kf__status_of_graph(
        self->tree, self->served->service, &known, self->served->status);
}

kf_value *kf__server_status(const kf_server *server, kf_served *served, kf_tree *tree)
{
    kf_value *document = kf__tree_copy(tree, kf_service_document(served->service));
    writer self = {server, served, tree};
    const char *url = kf_value_string(
        kf__tree_printf(tree, "%s/serving/%s", server->url, served->key));
    kf_value *status = kf__served_is_model(served)           ? make_trained(&self)
                       : atomic_load(&served->graph) != NULL ? make_graph(&self, url)
                                                             : make_service(&self, url);
    kf_value *kept = NULL;
    kf__put(tree, document, "status", status);
    if (kf__tree_status(tree) == KF_OK && kf_value_dup(status, &kept) == KF_OK) {
        kf_value_free(served->status);
        served->status = kept;
    }
    return document;
}
