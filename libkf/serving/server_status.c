/* SPDX-License-Identifier: Apache-2.0 */
/* The status of a service in the form that KServe gives it in its Knative mode:
 * v1beta1/inference_service_status.go. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "serving/server.h"

typedef struct writer {
    const kf_server *server;
    kf_served *served;
    kf_tree *tree;
    kf_value *conditions;
} writer;

static const char *const roles[] = {"predictor", "transformer", "explainer"};
enum { ROLES = 3 };

/* ---- conditions ---- */

typedef struct condition {
    const char *type;
    char status;
    const char *severity; /* NULL: it counts for Ready. */
    const char *reason;
    const char *message;
} condition;

static int64_t since(kf_served *served, const condition *now)
{
    for (size_t i = 0; i < KF__CONDITION_MOST; i++) {
        kf_condition *kept = &served->conditions[i];
        if (kept->type != NULL && strcmp(kept->type, now->type) != 0)
            continue;
        if (kept->type == NULL || kept->status != now->status)
            *kept = (kf_condition){now->type, now->status, kf__now_ms()};
        return kept->since_ms;
    }
    return kf__now_ms();
}

static void put_time(writer *self, kf_value *object, const char *name, int64_t at_ms)
{
    char text[32];
    kf_buf buf = KF__BUF_INIT;
    kf__put_time(&buf, at_ms);
    /* Whole seconds, as Kubernetes has it. */
    (void)snprintf(text, sizeof text, "%.19sZ", kf__buf_text(&buf));
    kf__buf_finish(&buf);
    kf__put_text(self->tree, object, name, text);
}

static void put_condition(writer *self, condition now)
{
    kf_value *made = kf__tree_struct(self->tree);
    put_time(self, made, "lastTransitionTime", since(self->served, &now));
    if (now.message != NULL)
        kf__put_text(self->tree, made, "message", now.message);
    if (now.reason != NULL)
        kf__put_text(self->tree, made, "reason", now.reason);
    if (now.severity != NULL)
        kf__put_text(self->tree, made, "severity", now.severity);
    kf__put_text(self->tree, made, "status",
        now.status == 'T'   ? "True"
        : now.status == 'F' ? "False"
                            : "Unknown");
    kf__put_text(self->tree, made, "type", now.type);
    kf__push(self->tree, self->conditions, made);
}

static const kf_revision *latest(const kf_part *part)
{
    return kf__part_revision(part, part->rollout.latest_created);
}

/* Of the revision that was made last: what it is waited for decides, as in Knative. */
static condition of_latest(const kf_part *part, const char *type, const char *severity)
{
    const kf_revision *revision = latest(part);
    condition made = {.type = type, .status = 'U', .severity = severity};
    if (revision == NULL)
        return made;
    if (kf__revision_serves(revision)) {
        made.status = 'T';
    } else if (revision->state == KF__REVISION_FAILED) {
        made.status = 'F';
        made.reason = "RevisionFailed";
        made.message = revision->failure;
    } else {
        made.reason = "Deploying";
    }
    return made;
}

/* Worst of two. */
static char worst(char a, char b)
{
    return a == 'F' || b == 'F' ? 'F' : a == 'U' || b == 'U' ? 'U' : 'T';
}

static void put_conditions(writer *self)
{
    static const char *const ready[] = {
        "PredictorReady", "TransformerReady", "ExplainerReady"};
    static const char *const configured[] = {"PredictorConfigurationReady",
        "TransformerConfigurationReady", "ExplainerConfigurationReady"};
    static const char *const routed[] = {
        "PredictorRouteReady", "TransformerRouteReady", "ExplainerRoutesReady"};
    char all = 'T', routes = 'T', deployments = 'T';
    condition bad = {0};
    for (int i = 0; i < ROLES; i++) {
        const kf_part *part = kf__served_part(self->served, (kf_service_role)i);
        if (part == NULL)
            continue;
        condition configuration = of_latest(part, configured[i], "Info");
        condition route = {.type = routed[i],
            .status = part->share_count > 0 && part->is_settled ? 'T' : 'U',
            .severity = "Info"};
        condition whole = of_latest(part, ready[i], NULL);
        put_condition(self, configuration);
        put_condition(self, whole);
        put_condition(self, route);
        all = worst(all, worst(whole.status, route.status));
        routes = worst(routes, route.status);
        deployments = worst(deployments, configuration.status);
        if (whole.status == 'F' && bad.type == NULL)
            bad = whole;
    }
    put_condition(self, (condition){.type = "IngressReady", .status = routes});
    put_condition(self, (condition){.type = "LatestDeploymentReady",
                            .status = deployments,
                            .severity = "Info"});
    put_condition(
        self, (condition){.type = "RoutesReady", .status = routes, .severity = "Info"});
    put_condition(self, (condition){.type = "Ready",
                            .status = all,
                            .reason = bad.reason,
                            .message = bad.message});
}

/* ---- components ---- */

static void put_revision(
    writer *self, kf_value *object, const char *name, const kf_part *part, int number)
{
    const kf_revision *revision = kf__part_revision(part, number);
    if (revision != NULL)
        kf__put_text(self->tree, object, name, revision->name);
}

static kf_value *traffic_of(writer *self, const kf_part *part)
{
    kf_value *list = kf__tree_list(self->tree);
    for (size_t i = 0; i < part->share_count; i++) {
        const kf_share *share = &part->shares[i];
        kf_value *made = kf__tree_struct(self->tree);
        kf__put_bool(self->tree, made, "latestRevision", share->is_latest);
        kf__put_int(self->tree, made, "percent", share->percent);
        put_revision(self, made, "revisionName", part, share->revision);
        if (!share->is_latest)
            kf__put_text(self->tree, made, "tag", "prev");
        kf__push(self->tree, list, made);
    }
    return list;
}

static void put_component(writer *self, kf_value *components, const kf_part *part)
{
    kf_value *made = kf__put_struct(self->tree, components, roles[part->role]);
    const kf_rollout *rollout = &part->rollout;
    put_revision(self, made, "latestCreatedRevision", part, rollout->latest_created);
    put_revision(self, made, "latestReadyRevision", part, rollout->latest_ready);
    put_revision(
        self, made, "latestRolledoutRevision", part, rollout->latest_rolled_out);
    put_revision(
        self, made, "previousRolledoutRevision", part, rollout->previous_rolled_out);
    kf__put(self->tree, made, "traffic", traffic_of(self, part));
    kf__put(self->tree, made, "url",
        kf__tree_printf(self->tree, "http://%s-%s.%s.%s", self->served->name,
            roles[part->role], kf_service_namespace(self->served->service),
            self->server->options.domain));
}

/* ---- the model ---- */

static const char *model_state(const kf_revision *revision)
{
    if (revision == NULL)
        return NULL;
    switch (revision->state) {
    case KF__REVISION_LOADING:
        return "Loading";
    case KF__REVISION_READY:
        return "Loaded";
    case KF__REVISION_ASLEEP:
        return "Standby";
    case KF__REVISION_FAILED:
        return "FailedToLoad";
    default:
        return "Pending";
    }
}

static void put_failure(writer *self, kf_value *status, const kf_revision *revision)
{
    kf_value *made = kf__put_struct(self->tree, status, "lastFailureInfo");
    kf__put_int(self->tree, made, "exitCode", revision->exit_code);
    kf__put_text(self->tree, made, "message", revision->failure);
    kf__put_text(self->tree, made, "modelRevisionName", revision->name);
    kf__put_text(self->tree, made, "reason", revision->reason);
    put_time(self, made, "time", revision->failed_ms);
}

static void put_model(writer *self, kf_value *status)
{
    const kf_part *part = self->served->parts[KF_SERVICE_PREDICTOR];
    const kf_revision *target = latest(part);
    const kf_revision *active = kf__part_revision(part, part->rollout.latest_ready);
    bool failed = target != NULL && target->state == KF__REVISION_FAILED;
    bool invalid = failed && target->reason != NULL &&
                   (strcmp(target->reason, "NoSupportingRuntime") == 0 ||
                       strcmp(target->reason, "RuntimeNotRecognized") == 0 ||
                       strcmp(target->reason, "RuntimeDisabled") == 0 ||
                       strcmp(target->reason, "InvalidPredictorSpec") == 0);
    kf_value *made = kf__put_struct(self->tree, status, "modelStatus");
    kf_value *copies = kf__put_struct(self->tree, made, "copies");
    kf__put_int(self->tree, copies, "failedCopies", failed);
    kf__put_int(self->tree, copies, "totalCopies",
        active != NULL && active->launched.backend != NULL ? (int64_t)active->replicas
                                                           : 0);
    if (failed)
        put_failure(self, made, target);
    kf_value *states = kf__put_struct(self->tree, made, "states");
    if (active != NULL)
        kf__put_text(self->tree, states, "activeModelState", model_state(active));
    kf__put_text(self->tree, states, "targetModelState", model_state(target));
    kf__put_text(self->tree, made, "transitionStatus",
        invalid                                         ? "InvalidSpec"
        : failed                                        ? "BlockedByFailedLoad"
        : target != NULL && kf__revision_serves(target) ? "UpToDate"
                                                        : "InProgress");
}

kf_value *kf__server_status(const kf_server *server, kf_served *served, kf_tree *tree)
{
    kf_value *document = kf__tree_copy(tree, kf_service_document(served->service));
    kf_value *status = kf__tree_struct(tree);
    writer self = {server, served, tree, NULL};
    const kf_revision *target = latest(served->parts[KF_SERVICE_PREDICTOR]);
    kf_value *address = kf__put_struct(tree, status, "address");
    kf_value *url = kf__tree_printf(tree, "%s/serving/%s", server->url, served->key);
    kf__put(tree, address, "url", url);
    kf_value *components = kf__put_struct(tree, status, "components");
    for (int i = 0; i < ROLES; i++)
        if (kf__served_part(served, (kf_service_role)i) != NULL)
            put_component(&self, components, served->parts[i]);
    self.conditions = kf__put_list(tree, status, "conditions");
    put_conditions(&self);
    if (target != NULL && target->launched.runtime[0] != '\0')
        kf__put_text(tree, status,
            target->launched.is_cluster_runtime ? "clusterServingRuntimeName"
                                                : "servingRuntimeName",
            target->launched.runtime);
    kf__put_text(tree, status, "deploymentMode", kf_service_mode(served->service));
    put_model(&self, status);
    kf__put_int(tree, status, "observedGeneration", served->generation);
    kf__put(tree, status, "url", kf__tree_copy(tree, url));
    kf__put(tree, document, "status", status);
    return document;
}
