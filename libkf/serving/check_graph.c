/* SPDX-License-Identifier: Apache-2.0 */
/* InferenceGraphs: inference_graph_validation.go, and what it forgets. */
#include "serving/check.h"

#include <string.h>

#include "base/gjson.h"

typedef struct graph {
    const kf_check *check;
    kf_part nodes;
} graph;

static bool is_type(const kf_value *node, const char *type)
{
    return kf__equals_text(kf_value_get(node, "routerType"), type);
}

/* ---- where a step leads ---- */

static void check_node_name(const graph *self, kf_part step)
{
    kf_part name = KF__PART(step, "nodeName");
    const char *text = kf__service_given(step.value, "nodeName");
    if (text != NULL && kf_value_get(self->nodes.value, text) == NULL)
        kf__check_error(self->check, KF_ENOENT, name.place, name.value,
            "there is no node '%.100s'%s", text,
            kf__hint(text, self->nodes.value).text);
}

static const char *next_service(const void *state, size_t index)
{
    const kf_services *services = state;
    for (size_t i = 0; i < kf_services_count(services); i++) {
        const kf_service *service = kf_services_at(services, i);
        if (service->kind == KF_SERVICE_INFERENCE_SERVICE && index-- == 0)
            return kf_service_name(service);
    }
    return NULL;
}

static void check_service_name(const graph *self, kf_part step)
{
    const kf_services *services = self->check->services;
    kf_part name = KF__PART(step, "serviceName");
    const char *text = kf__service_given(step.value, "serviceName");
    if (text == NULL || next_service(services, 0) == NULL ||
        kf_services_find(services, "InferenceService",
            kf_service_namespace(self->check->service), text) != NULL)
        return;
    kf__check_warning(self->check, KF_ENOENT, name.place, name.value,
        "there is no InferenceService '%.100s' here, in namespace %.100s%s", text,
        kf_service_namespace(self->check->service),
        kf__hint_of(text, next_service, services).text);
}

static void check_target(const graph *self, kf_part step)
{
    static const char *const names[] = {"nodeName", "serviceName", "serviceUrl"};
    size_t count = 0;
    for (size_t i = 0; i < 3; i++)
        count += kf__service_given(step.value, names[i]) != NULL;
    if (count == 0)
        kf__check_error(self->check, KF_EMISSING, step.place, step.value,
            "the step leads nowhere: expected nodeName, serviceName or serviceUrl");
    else if (count > 1)
        kf__check_error(self->check, KF_EINVAL, step.place, step.value,
            "the step leads to %zu places: expected one of nodeName, serviceName and "
            "serviceUrl",
            count);
    check_node_name(self, step);
    check_service_name(self, step);
}

/* ---- what a step says beside ---- */

static void check_condition(const graph *self, kf_part node, kf_part step)
{
    kf_part condition = KF__PART(step, "condition");
    const char *text = kf__service_given(step.value, "condition");
    if (text == NULL) {
        if (is_type(node.value, "Switch"))
            kf__check_warning(self->check, KF_EMISSING, condition.place, step.value,
                "a step of a Switch without a condition is never taken");
        return;
    }
    kf_status status = kf__gjson_check(text);
    if (status == KF_EUNSUPPORTED)
        kf__check_warning(self->check, status, condition.place, condition.value, "%s",
            kf_last_error()->message);
    else if (status != KF_OK)
        kf__find_last(self->check->report, condition.place, condition.value);
    else if (is_type(node.value, "Splitter") || is_type(node.value, "Ensemble"))
        kf__check_warning(self->check, KF_EINVAL, condition.place, condition.value,
            "a %s asks for no condition: it is ignored",
            kf__get_text(node.value, "routerType"));
}

static void check_weight(const graph *self, kf_part node, kf_part step)
{
    kf_part weight = KF__PART(step, "weight");
    bool splits = is_type(node.value, "Splitter");
    if (splits && weight.value == NULL)
        kf__check_error(self->check, KF_EMISSING, weight.place, step.value,
            "a step of a Splitter needs a weight");
    else if (splits && kf_value_int(weight.value) < 0)
        kf__check_error(self->check, KF_EINVAL, weight.place, weight.value,
            "the weight is %lld: expected 0 to 100",
            (long long)kf_value_int(weight.value));
    else if (!splits && weight.value != NULL)
        kf__check_warning(self->check, KF_EINVAL, weight.place, weight.value,
            "only a Splitter heeds weights: it is ignored");
}

static void check_data(const graph *self, kf_part step)
{
    kf_part data = KF__PART(step, "data");
    const char *text = kf__service_given(step.value, "data");
    if (text != NULL && strcmp(text, "$request") != 0 && strcmp(text, "$response") != 0)
        kf__check_warning(self->check, KF_EINVAL, data.place, data.value,
            "data '%.100s' is neither $request nor $response: the request is passed on",
            text);
}

static void check_name(const graph *self, kf_part steps, size_t index)
{
    kf_part step = KF__PART_AT(steps, index);
    const char *text = kf__service_given(step.value, "name");
    for (size_t i = 0; text != NULL && i < index; i++) {
        if (!kf__equals_text(kf_value_get(kf_value_at(steps.value, i), "name"), text))
            continue;
        kf__check_error(self->check, KF_EEXIST, KF__PLACE(step.place, "name"),
            step.value, "two steps of the node are called '%.100s'", text);
        return;
    }
}

/* ---- nodes ---- */

static void check_node(const graph *self, kf_part node)
{
    kf_part steps = KF__PART(node, "steps");
    int64_t sum = 0;
    for (size_t i = 0; i < kf_value_length(steps.value); i++) {
        kf_part step = KF__PART_AT(steps, i);
        check_name(self, steps, i);
        check_target(self, step);
        check_weight(self, node, step);
        check_condition(self, node, step);
        check_data(self, step);
        int64_t weight = kf_value_int(kf_value_get(step.value, "weight"));
        if (__builtin_add_overflow(sum, weight, &sum))
            sum = INT64_MAX;
    }
    if (is_type(node.value, "Splitter") && sum != 100)
        kf__check_error(self->check, KF_EINVAL, steps.place, node.value,
            "the weights of the Splitter sum up to %lld: expected 100", (long long)sum);
    else if (kf_value_length(steps.value) == 0)
        kf__check_warning(
            self->check, KF_EMISSING, steps.place, node.value, "the node has no steps");
}

/* ---- ways through the graph ---- */

typedef enum mark { UNSEEN = 0, ON_THE_WAY, DONE } mark;

typedef struct frame {
    size_t node;
    size_t step;
} frame;

typedef struct walk {
    mark *marks;   /* Of the nodes. */
    frame *frames; /* The way to where it is, no longer than there are nodes. */
    size_t depth;
} walk;

static size_t node_at(const graph *self, const char *name)
{
    const kf_value *nodes = self->nodes.value;
    const kf_value *node = kf_value_get(nodes, name);
    for (size_t i = 0; node != NULL && i < kf_value_length(nodes); i++)
        if (kf_value_at(nodes, i) == node)
            return i;
    return SIZE_MAX;
}

static void find_cycle(const graph *self, const frame *at, const char *name)
{
    const char *from = kf_value_key(self->nodes.value, at->node);
    kf_part node = KF__PART(self->nodes, from);
    kf_part steps = KF__PART(node, "steps");
    kf_part step = KF__PART_AT(steps, at->step);
    kf__check_error(self->check, KF_ECYCLE, KF__PLACE(step.place, "nodeName"),
        step.value,
        "the step leads back to '%.100s', which leads here: no request would "
        "ever come to an end",
        name);
}

static void follow(const graph *self, walk *way, frame *at)
{
    const kf_value *steps =
        kf_value_get(kf_value_at(self->nodes.value, at->node), "steps");
    if (at->step >= kf_value_length(steps)) {
        way->marks[at->node] = DONE;
        way->depth--;
        return;
    }
    const char *name = kf__service_given(kf_value_at(steps, at->step), "nodeName");
    size_t next = name == NULL ? SIZE_MAX : node_at(self, name);
    if (next != SIZE_MAX && way->marks[next] == ON_THE_WAY)
        find_cycle(self, at, name);
    at->step++;
    if (next != SIZE_MAX && way->marks[next] == UNSEEN) {
        way->marks[next] = ON_THE_WAY;
        way->frames[way->depth++] = (frame){.node = next};
    }
}

static void walk_from(const graph *self, walk *way, size_t node)
{
    if (way->marks[node] != UNSEEN)
        return;
    way->marks[node] = ON_THE_WAY;
    way->frames[way->depth++] = (frame){.node = node};
    while (way->depth > 0)
        follow(self, way, &way->frames[way->depth - 1]);
}

/* From the root first, so that what it does not reach is known. */
static void check_ways(const graph *self)
{
    size_t count = kf_value_length(self->nodes.value);
    walk way = {.marks = kf__calloc(count + 1, sizeof *way.marks),
        .frames = kf__calloc(count + 1, sizeof *way.frames)};
    size_t root = node_at(self, "root");
    if (way.marks == NULL || way.frames == NULL) {
        (void)kf__nomem();
        kf__report_add_last(self->check->report);
    } else {
        if (root != SIZE_MAX)
            walk_from(self, &way, root);
        for (size_t i = 0; i < count; i++) {
            const char *name = kf_value_key(self->nodes.value, i);
            if (root != SIZE_MAX && way.marks[i] == UNSEEN)
                kf__check_warning(self->check, KF_EINVAL,
                    KF__PLACE(self->nodes.place, name),
                    kf_value_at(self->nodes.value, i),
                    "nothing leads from root to the node '%.100s'", name);
            walk_from(self, &way, i);
        }
    }
    kf__free(way.marks);
    kf__free(way.frames);
}

/* ---- all of it ---- */

static void check_replicas(const kf_check *check, kf_part spec)
{
    kf_part max = KF__PART(spec, "maxReplicas");
    const kf_value *min = kf_value_get(spec.value, "minReplicas");
    kf__check_least(check, spec, "minReplicas", 0);
    kf__check_least(check, spec, "maxReplicas", 0);
    kf__check_least(check, spec, "timeout", 0);
    if (kf_value_int(max.value) > 0 && kf_value_int(min) > kf_value_int(max.value))
        kf__check_error(check, KF_EINVAL, max.place, max.value,
            "maxReplicas is %lld, less than minReplicas, %lld",
            (long long)kf_value_int(max.value), (long long)kf_value_int(min));
}

void kf__check_graph(const kf_check *check)
{
    kf_part document = {check->service->full, check->root};
    kf_part spec = KF__PART(document, "spec");
    graph self = {.check = check, .nodes = KF__PART(spec, "nodes")};
    check_replicas(check, spec);
    if (kf_value_get(self.nodes.value, "root") == NULL)
        kf__check_error(check, KF_ENOENT, self.nodes.place,
            self.nodes.value != NULL ? self.nodes.value : spec.value,
            "there is no node called root, which a request comes to first%s",
            kf__hint("root", self.nodes.value).text);
    for (size_t i = 0; i < kf_value_length(self.nodes.value); i++)
        check_node(&self, KF__PART(self.nodes, kf_value_key(self.nodes.value, i)));
    check_ways(&self);
}
