/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/status.h"

#include <string.h>

#include "base/clock.h"

/* ---- conditions ---- */

typedef struct conditions {
    kf_tree *tree;
    kf_value *list; /* By type. */
    const kf_value *before;
    int64_t now_ms;
} conditions;

static const char *truth_name(kf_truth truth)
{
    static const char *const names[] = {"Unknown", "True", "False"};
    return names[truth];
}

static void put_time(kf_tree *tree, kf_value *object, const char *key, int64_t time_ms)
{
    kf_buf buf = KF__BUF_INIT;
    kf__put_time(&buf, time_ms - time_ms % 1000);
    /* Kubernetes' times have whole seconds: "…:44.000Z" is "…:44Z". */
    const char *text = kf__buf_text(&buf);
    if (buf.status == KF_OK && buf.length == 24)
        kf__put(tree, object, key, kf__tree_printf(tree, "%.19sZ", text));
    else if (buf.status != KF_OK)
        tree->status = buf.status;
    kf__buf_finish(&buf);
}

static const kf_value *find_condition(const kf_value *list, const char *type)
{
    for (size_t i = 0; i < kf_value_length(list); i++)
        if (kf__equals_text(kf_value_get(kf_value_at(list, i), "type"), type))
            return kf_value_at(list, i);
    return NULL;
}

static void put_given(
    kf_tree *tree, kf_value *object, const char *key, const char *text)
{
    if (text != NULL && *text != '\0')
        kf__put_text(tree, object, key, text);
}

/* Those that Ready does not depend on are for information. */
static void add(conditions *self, const char *type, kf_truth truth, const char *reason,
    const char *message)
{
    static const char *const grave[] = {"Ready", "PredictorReady", "IngressReady",
        "InferenceServiceReady", "IsMMSPredictor", "FrameworkSupported",
        "MemoryResourceAvailable", "Loaded"};
    bool is_grave = false;
    for (size_t i = 0; i < sizeof grave / sizeof *grave; i++)
        is_grave = is_grave || strcmp(type, grave[i]) == 0;
    kf_value *made = kf__tree_struct(self->tree);
    const kf_value *had =
        find_condition(kf_value_get(self->before, "conditions"), type);
    const kf_value *since = kf_value_get(had, "lastTransitionTime");
    if (since != NULL &&
        kf__equals_text(kf_value_get(had, "status"), truth_name(truth)))
        kf__put(
            self->tree, made, "lastTransitionTime", kf__tree_copy(self->tree, since));
    else
        put_time(self->tree, made, "lastTransitionTime", self->now_ms);
    put_given(self->tree, made, "message", message);
    put_given(self->tree, made, "reason", reason);
    if (!is_grave)
        kf__put_text(self->tree, made, "severity", "Info");
    kf__put_text(self->tree, made, "status", truth_name(truth));
    kf__put_text(self->tree, made, "type", type);
    kf__push(self->tree, self->list, made);
}

/* ---- of components ---- */

static const char *const ready_names[] = {
    "PredictorReady", "TransformerReady", "ExplainerReady"};
static const char *const route_names[] = {
    "PredictorRouteReady", "TransformerRouteReady", "ExplainerRoutesReady"};
static const char *const configuration_names[] = {"PredictorConfigurationReady",
    "TransformerConfigurationReady", "ExplainerConfigurationReady"};

static kf_truth worst(kf_truth a, kf_truth b)
{
    return a == KF__FALSE || b == KF__FALSE       ? KF__FALSE
           : a == KF__UNKNOWN || b == KF__UNKNOWN ? KF__UNKNOWN
                                                  : KF__TRUE;
}

/* All components have it; the last that has not is named. */
static void add_all(conditions *self, const kf_service_status *status, const char *type,
    const char *const names[3])
{
    kf_truth truth = KF__TRUE;
    kf_value *reason = NULL;
    for (int i = 0; i < 3; i++) {
        const kf_component_status *component = &status->components[i];
        kf_truth own = names == route_names ? component->route : component->ready;
        if (!component->is_given || own == KF__TRUE)
            continue;
        truth = own;
        reason = kf__tree_printf(self->tree, "%s not ready", names[i]);
    }
    add(self, type, truth, kf_value_string(reason), NULL);
}

/* Without Knative there is no route to ask for. */
static void add_component(
    conditions *self, const kf_service_status *status, int role, bool knative)
{
    const kf_component_status *component = &status->components[role];
    if (!component->is_given)
        return;
    if (status->is_stopped) {
        add(self, ready_names[role], KF__FALSE, "Stopped", NULL);
        return;
    }
    kf_truth truth =
        knative ? worst(component->ready, component->route) : component->ready;
    add(self, ready_names[role], truth, component->reason, component->message);
    if (!knative)
        return;
    add(self, route_names[role], component->route, NULL, NULL);
    add(self, configuration_names[role], component->ready, component->reason,
        component->message);
}

/* Ready is what these are, the last one NULL: what is wrong comes before what is unknown.
 */
static void add_ready(conditions *self, const char *const *names)
{
    static const char *const worse[] = {"False", "Unknown"};
    for (size_t w = 0; w < 2; w++)
        for (size_t i = 0; names[i] != NULL; i++) {
            const kf_value *part = find_condition(self->list, names[i]);
            if (!kf__equals_text(kf_value_get(part, "status"), worse[w]))
                continue;
            add(self, "Ready", w == 0 ? KF__FALSE : KF__UNKNOWN,
                kf__get_text(part, "reason"), kf__get_text(part, "message"));
            return;
        }
    add(self, "Ready", KF__TRUE, NULL, NULL);
}

static void add_canaries(conditions *self, const kf_service_status *status)
{
    bool all = true;
    for (size_t i = 0; i < status->canary_count; i++)
        all = all && status->canaries[i].is_ready;
    if (status->canary_count > 0)
        add(self, "CanaryPredictorReady",
            all && !status->is_stopped ? KF__TRUE : KF__FALSE,
            status->is_stopped ? "Stopped"
            : all              ? "AllCanariesReady"
                               : "CanariesNotReady",
            NULL);
}

static void sort_conditions(kf_tree *tree, kf_value *list)
{
    size_t count = kf_value_length(list);
    for (size_t i = 1; i < count && kf__tree_status(tree) == KF_OK; i++)
        for (size_t k = i; k > 0 && kf__tree_status(tree) == KF_OK; k--) {
            kf_value *here = kf__at(list, k), *above = kf__at(list, k - 1);
            if (strcmp(kf__get_text(above, "type"), kf__get_text(here, "type")) <= 0)
                break;
            kf_value *saved = kf__tree_copy(tree, above);
            kf__set_at(list, k - 1, kf__tree_copy(tree, here));
            kf__set_at(list, k, saved);
        }
}

static void put_conditions(kf_tree *tree, kf_value *made, const kf_service *service,
    const kf_service_status *status, const kf_value *before)
{
    conditions self = {.tree = tree,
        .list = kf__put_list(tree, made, "conditions"),
        .before = before,
        .now_ms = status->now_ms};
    static const char *const needed[] = {"PredictorReady", "IngressReady", NULL};
    bool knative = strcmp(kf_service_mode(service), "Standard") != 0;
    for (int role = 0; role < 3; role++)
        add_component(&self, status, role, knative);
    add(&self, "IngressReady", status->is_stopped ? KF__FALSE : status->ingress,
        status->is_stopped ? "Stopped" : status->ingress_reason,
        status->ingress_message);
    if (knative && !status->is_stopped) {
        add_all(&self, status, "RoutesReady", route_names);
        add_all(&self, status, "LatestDeploymentReady", configuration_names);
    }
    add(&self, "Stopped", status->is_stopped ? KF__TRUE : KF__FALSE, NULL, NULL);
    add_canaries(&self, status);
    add_ready(&self, needed);
    sort_conditions(tree, self.list);
}

/* ---- components ---- */

static void put_address(kf_tree *tree, kf_value *object, const char *url)
{
    if (url != NULL)
        kf__put_text(tree, kf__put_struct(tree, object, "address"), "url", url);
}

static kf_value *make_traffic(kf_tree *tree, const kf_traffic_status *traffic)
{
    kf_value *made = kf__tree_struct(tree);
    kf__put_bool(tree, made, "latestRevision", traffic->is_latest);
    kf__put_int(tree, made, "percent", traffic->percent);
    put_given(tree, made, "revisionName", traffic->revision);
    put_given(tree, made, "tag", traffic->tag);
    put_given(tree, made, "url", traffic->url);
    return made;
}

static kf_value *make_component(kf_tree *tree, const kf_component_status *component)
{
    kf_value *made = kf__tree_struct(tree);
    put_address(tree, made, component->address);
    put_given(tree, made, "grpcUrl", component->grpc_url);
    put_given(tree, made, "latestCreatedRevision", component->latest_created);
    put_given(tree, made, "latestReadyRevision", component->latest_ready);
    put_given(tree, made, "latestRolledoutRevision", component->latest_rolled_out);
    put_given(tree, made, "previousRolledoutRevision", component->previous_rolled_out);
    put_given(tree, made, "restUrl", component->rest_url);
    for (size_t i = 0; i < component->traffic_count; i++)
        kf__push(tree, kf__put_list(tree, made, "traffic"),
            make_traffic(tree, &component->traffic[i]));
    put_given(tree, made, "url", component->url);
    return made;
}

/* ---- the model ---- */

static const char *state_name(kf_model_state state)
{
    static const char *const names[] = {
        "Pending", "Standby", "Loading", "Loaded", "FailedToLoad"};
    return names[state];
}

static const char *transition_of(const kf_model_status *status)
{
    if (status->is_invalid)
        return "InvalidSpec";
    if (status->target == KF__MODEL_FAILED_TO_LOAD)
        return "BlockedByFailedLoad";
    bool there =
        status->target == KF__MODEL_LOADED || status->target == KF__MODEL_STANDBY;
    return there ? "UpToDate" : "InProgress";
}

static kf_value *make_failure(kf_tree *tree, const kf_failure_status *failure)
{
    kf_value *made = kf__tree_struct(tree);
    if (failure->exit_code != 0)
        kf__put_int(tree, made, "exitCode", failure->exit_code);
    put_given(tree, made, "location", failure->location);
    put_given(tree, made, "message", failure->message);
    put_given(tree, made, "modelRevisionName", failure->revision);
    put_given(tree, made, "reason", failure->reason);
    if (failure->time_ms > 0)
        put_time(tree, made, "time", failure->time_ms);
    return made;
}

static kf_value *make_model(kf_tree *tree, const kf_model_status *status)
{
    kf_value *made = kf__tree_struct(tree);
    kf_value *copies = kf__put_struct(tree, made, "copies");
    kf__put_int(tree, copies, "failedCopies", status->failed_copies);
    if (status->total_copies > 0)
        kf__put_int(tree, copies, "totalCopies", status->total_copies);
    if (status->failure != NULL)
        kf__put(tree, made, "lastFailureInfo", make_failure(tree, status->failure));
    kf_value *states = kf__put_struct(tree, made, "states");
    kf__put_text(tree, states, "activeModelState",
        status->has_active ? state_name(status->active) : "");
    kf__put_text(tree, states, "targetModelState",
        state_name(status->is_invalid ? KF__MODEL_FAILED_TO_LOAD : status->target));
    kf__put_text(tree, made, "transitionStatus", transition_of(status));
    return made;
}

/* ---- all of it ---- */

static void put_canaries(kf_tree *tree, kf_value *made, const kf_service_status *status)
{
    for (size_t i = 0; i < status->canary_count; i++) {
        kf_value *canary = kf__tree_struct(tree);
        kf__put(
            tree, canary, "modelStatus", make_model(tree, &status->canaries[i].model));
        kf__put_text(tree, canary, "name", status->canaries[i].name);
        kf__put_bool(tree, canary, "ready", status->canaries[i].is_ready);
        kf__put_int(tree, canary, "trafficPercent", status->canaries[i].percent);
        kf__push(tree, kf__put_list(tree, made, "canaryStatuses"), canary);
    }
}

kf_value *kf__status_make(kf_tree *tree, const kf_service *service,
    const kf_service_status *status, const kf_value *before)
{
    kf_value *made = kf__tree_struct(tree);
    put_address(tree, made, status->is_stopped ? NULL : status->address);
    put_canaries(tree, made, status);
    if (status->is_cluster_runtime)
        put_given(tree, made, "clusterServingRuntimeName", status->runtime);
    kf_value *components = kf__tree_struct(tree);
    for (int role = 0; role < 3; role++)
        if (status->components[role].is_given)
            kf__put(tree, components, kf__role_name((kf_service_role)role),
                make_component(tree, &status->components[role]));
    kf__put(tree, made, "components", components);
    put_conditions(tree, made, service, status, before);
    kf__put_text(tree, made, "deploymentMode", kf_service_mode(service));
    kf__put(tree, made, "modelStatus", make_model(tree, &status->model));
    kf__put_int(tree, made, "observedGeneration", status->generation);
    if (!status->is_cluster_runtime)
        put_given(tree, made, "servingRuntimeName", status->runtime);
    put_given(tree, made, "url", status->is_stopped ? NULL : status->url);
    return made;
}

kf_value *kf__status_of_graph(kf_tree *tree, const kf_service *service,
    const kf_service_status *status, const kf_value *before)
{
    static const char *const types[] = {"ConfigurationsReady", "Ready", "RoutesReady"};
    kf_value *made = kf__tree_struct(tree);
    conditions self = {.tree = tree,
        .list = kf__put_list(tree, made, "conditions"),
        .before = before,
        .now_ms = status->now_ms};
    bool knative = strcmp(kf_service_mode(service), "Standard") != 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (knative || strcmp(types[i], "Ready") == 0)
            add(&self, types[i], status->ingress, status->ingress_reason,
                status->ingress_message);
    add(&self, "Stopped", KF__FALSE, NULL, NULL);
    kf__put_text(tree, made, "deploymentMode", kf_service_mode(service));
    kf__put_int(tree, made, "observedGeneration", status->generation);
    put_given(tree, made, "url", status->ingress == KF__TRUE ? status->url : NULL);
    return made;
}

/* ---- TrainedModels ---- */

static void add_trained(conditions *self, const kf_trained_status *status)
{
    const char *parent = status->multi == KF__UNKNOWN
                             ? status->message
                             : "its InferenceService is not ready";
    const struct {
        const char *type;
        kf_truth truth;
        const char *reason;
        const char *message;
    } rows[] = {
        {"InferenceServiceReady", status->parent, "InferenceServiceNotReady", parent},
        {"IsMMSPredictor", status->multi, "IsNotMMSPredictor", status->message},
        {"FrameworkSupported", status->framework, "FrameworkNotSupported",
            status->message},
        {"MemoryResourceAvailable", status->memory, "MemoryResourceNotAvailable",
            status->message},
        {"Loaded", status->loaded, status->failure_reason, status->failure}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool wrong = rows[i].truth == KF__FALSE;
        add(self, rows[i].type, rows[i].truth, wrong ? rows[i].reason : NULL,
            wrong ? rows[i].message : NULL);
    }
}

kf_value *kf__status_of_trained(
    kf_tree *tree, const kf_trained_status *status, const kf_value *before)
{
    static const char *const needed[] = {"InferenceServiceReady", "IsMMSPredictor",
        "FrameworkSupported", "MemoryResourceAvailable", "Loaded", NULL};
    kf_value *made = kf__tree_struct(tree);
    put_address(tree, made, status->address);
    conditions self = {.tree = tree,
        .list = kf__put_list(tree, made, "conditions"),
        .before = before,
        .now_ms = status->now_ms};
    add_trained(&self, status);
    add_ready(&self, needed);
    sort_conditions(tree, self.list);
    kf__put_int(tree, made, "observedGeneration", status->generation);
    put_given(tree, made, "url", status->url);
    return made;
}
