/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a service here, for the status that KServe would give it. */
#include <string.h>

#include "base/clock.h"
#include "serving/server.h"
#include "serving/status.h"

typedef struct writer {
    const kf_server *server;
    kf_served *served;
    kf_tree *tree;
} writer;

static const kf_revision *latest(const kf_part *part)
{
    return kf__part_revision(part, part->rollout.latest_created);
}

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
    if (kf__revision_serves(revision)) {
        out->ready = KF__TRUE;
    } else if (revision->state == KF__REVISION_FAILED) {
        out->ready = KF__FALSE;
        out->reason = "RevisionFailed";
        out->message = revision->failure;
    } else {
        out->reason = "Deploying";
    }
}

static const char *url_of(const writer *self, const kf_part *part)
{
    return kf_value_string(kf__tree_printf(self->tree, "%s%s-%s.%s.%s", "http://",
        self->served->name, kf__role_name(part->role),
        kf_service_namespace(self->served->service), self->server->options.domain));
}

static kf_component_status describe_part(const writer *self, const kf_part *part)
{
    const kf_rollout *rollout = &part->rollout;
    kf_component_status made = {.is_given = true,
        .route = part->share_count > 0 && part->is_settled ? KF__TRUE : KF__UNKNOWN,
        .latest_created = name_of(part, rollout->latest_created),
        .latest_ready = name_of(part, rollout->latest_ready),
        .latest_rolled_out = name_of(part, rollout->latest_rolled_out),
        .previous_rolled_out = name_of(part, rollout->previous_rolled_out),
        .traffic_count = part->share_count,
        .url = url_of(self, part)};
    for (size_t i = 0; i < part->share_count; i++) {
        const kf_share *share = &part->shares[i];
        made.traffic[i] =
            (kf_traffic_status){.revision = name_of(part, share->revision),
                .percent = share->percent,
                .is_latest = share->is_latest,
                .tag = share->is_latest ? NULL : "prev"};
    }
    describe_latest(&made, latest(part));
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
        if (component->ready == KF__FALSE) {
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
    return revision == NULL ? KF__MODEL_PENDING : states[revision->state];
}

static bool is_invalid(const char *reason)
{
    static const char *const reasons[] = {"NoSupportingRuntime", "RuntimeNotRecognized",
        "RuntimeDisabled", "InvalidPredictorSpec"};
    for (size_t i = 0; reason != NULL && i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reason, reasons[i]) == 0)
            return true;
    return false;
}

static void describe_model(
    const kf_part *part, kf_service_status *out, kf_failure_status *failure)
{
    const kf_revision *target = latest(part);
    const kf_revision *active = kf__part_revision(part, part->rollout.latest_ready);
    out->target = model_state(target);
    out->has_active = active != NULL;
    out->active = model_state(active);
    if (active != NULL && active->launched.backend != NULL)
        out->total_copies = (int64_t)active->replicas;
    if (target == NULL)
        return;
    if (target->launched.runtime[0] != '\0')
        out->runtime = target->launched.runtime;
    out->is_cluster_runtime = target->launched.is_cluster_runtime;
    if (target->state != KF__REVISION_FAILED)
        return;
    *failure = (kf_failure_status){.reason = target->reason,
        .message = target->failure,
        .revision = target->name,
        .time_ms = target->failed_ms,
        .exit_code = target->exit_code};
    out->failure = failure;
    out->failed_copies = 1;
    out->is_invalid = is_invalid(target->reason);
}

/* ---- all of it ---- */

static kf_value *make_service(const writer *self, const char *url)
{
    kf_served *served = self->served;
    kf_failure_status failure;
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
    describe_model(served->parts[KF_SERVICE_PREDICTOR], &known, &failure);
    return kf__status_make(self->tree, served->service, &known, served->status);
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
    kf_value *status = atomic_load(&served->graph) != NULL ? make_graph(&self, url)
                                                           : make_service(&self, url);
    kf_value *kept = NULL;
    kf__put(tree, document, "status", status);
    if (kf__tree_status(tree) == KF_OK && kf_value_dup(status, &kept) == KF_OK) {
        kf_value_free(served->status);
        served->status = kept;
    }
    return document;
}
