/* SPDX-License-Identifier: Apache-2.0 */
/* The check of a whole document: what its components are, and that they fit together. */
#include "pipeline/check.h"

#include <string.h>

#include "base/limits.h"

/* etcd keeps no object above 1.5 MiB, and the workflow that a cluster makes of a pipeline holds
 * the document and more. */
#define ETCD_LIMIT (1536u << 10)
#define LARGE_DOCUMENT (1024u << 10)

static const kf_place *place_of(const kf_check_component *component, kf_place *room)
{
    static const kf_place components = {.name = "components"};
    *room = (kf_place){.up = component->name != NULL ? &components : NULL,
        .name = component->name != NULL ? component->name : "root"};
    return room;
}

/* ---- who is there ---- */

static kf_status add_component(kf_check *self, const char *name, const kf_value *spec)
{
    const kf_value *inputs = kf_value_get(spec, "inputDefinitions");
    const kf_value *outputs = kf_value_get(spec, "outputDefinitions");
    kf_check_component component = {
        .name = name,
        .spec = spec,
        .dag = kf_value_get(spec, "dag"),
        .executor = kf__get_text(spec, "executorLabel"),
        .input_parameters = kf_value_get(inputs, "parameters"),
        .input_artifacts = kf_value_get(inputs, "artifacts"),
        .output_parameters = kf_value_get(outputs, "parameters"),
        .output_artifacts = kf_value_get(outputs, "artifacts"),
        .height = -1,
    };
    const kf_value *tasks = kf_value_get(component.dag, "tasks");
    component.tasks = kf__is(tasks, KF_KIND_STRUCT) ? tasks : NULL;
    if (name != NULL)
        KF__TRY(
            kf__map_set_index(&self->component_index, name, self->components.count));
    return kf__vec_push(&self->components, component);
}

static kf_status add_components(kf_check *self)
{
    const kf_value *components = kf_value_get(self->document->spec, "components");
    for (size_t i = 0; kf_value_key(components, i) != NULL; i++)
        KF__TRY(add_component(
            self, kf_value_key(components, i), kf_value_at(components, i)));
    return add_component(self, NULL, kf_value_get(self->document->spec, "root"));
}

static kf_status add_callees(kf_check *self, kf_check_component *component)
{
    const kf_value *tasks = component->tasks;
    component->first_callee = self->callees.count;
    for (size_t i = 0; kf_value_key(tasks, i) != NULL; i++) {
        const kf_value *task = kf_value_at(tasks, i);
        const char *name = kf__get_text(kf_value_get(task, "componentRef"), "name");
        size_t callee = KF__NO_COMPONENT;
        if (name != NULL && kf__map_find_index(&self->component_index, name, &callee)) {
            kf_check_component *used = &self->components.items[callee];
            used->is_used = true;
            used->is_looped = used->is_looped ||
                              kf_value_get(task, "parameterIterator") != NULL ||
                              kf_value_get(task, "artifactIterator") != NULL;
        }
        KF__TRY(kf__vec_push(&self->callees, callee));
    }
    return KF_OK;
}

/* What a loop's component is made of gives, as KFP declares it, lists to the loop already. */
static void mark_looped(kf_check *self, const kf_check_component *component, int depth)
{
    size_t count = kf_value_length(component->tasks);
    for (size_t i = 0; i < count && depth < KF__LIMIT_GROUP_DEPTH; i++) {
        size_t callee = self->callees.items[component->first_callee + i];
        if (callee == KF__NO_COMPONENT || self->components.items[callee].is_within_loop)
            continue;
        self->components.items[callee].is_within_loop = true;
        mark_looped(self, &self->components.items[callee], depth + 1);
    }
}

static void mark_loops(kf_check *self)
{
    for (size_t i = 0; i < self->components.count; i++) {
        kf_check_component *component = &self->components.items[i];
        if (component->is_looped && !component->is_within_loop) {
            component->is_within_loop = true;
            mark_looped(self, component, 0);
        }
    }
}

/* ---- components within each other ---- */

static void report_recursion(kf_check *self, const kf_check_component *component)
{
    kf_place room;
    kf__find_error(self->report, KF_ECYCLE, place_of(component, &room), component->spec,
        "the component '%.100s' is made of itself", component->name);
}

/* How many components lie below this one, each within the other. */
static int measure_height(kf_check *self, size_t number, int depth)
{
    kf_check_component *component = &self->components.items[number];
    size_t count = kf_value_length(component->tasks);
    int height = 0;
    if (component->height >= 0)
        return component->height;
    if (component->height == -2) {
        report_recursion(self, component);
        return 0;
    }
    component->height = -2;
    for (size_t i = 0; i < count && depth <= KF__LIMIT_GROUP_DEPTH; i++) {
        size_t callee = self->callees.items[component->first_callee + i];
        if (callee == KF__NO_COMPONENT)
            continue;
        int below = measure_height(self, callee, depth + 1) + 1;
        height = below > height ? below : height;
    }
    component->height = height;
    return height;
}

static void check_nesting(kf_check *self)
{
    for (size_t i = 0; i < self->components.count; i++) {
        int height = measure_height(self, i, 0);
        bool is_top = i == self->components.count - 1;
        if (is_top && height > KF__LIMIT_GROUP_DEPTH)
            kf__find_error(self->report, KF_ELIMIT, KF__PLACE(NULL, "root"),
                self->components.items[i].spec,
                "groups and pipelines are nested deeper than the limit of %d",
                KF__LIMIT_GROUP_DEPTH);
    }
}

/* ---- one component ---- */

static kf_status check_executor_label(
    kf_check *self, size_t number, const kf_place *place)
{
    kf_check_component *component = &self->components.items[number];
    const kf_place *here = KF__PLACE(place, "executorLabel");
    if (kf_value_get(self->executors, component->executor) == NULL) {
        kf__find_error(self->report, KF_ENOENT, here,
            kf_value_get(component->spec, "executorLabel"),
            "there is no executor '%.100s'%s", component->executor,
            kf__hint(component->executor, self->executors).text);
        return KF_OK;
    }
    kf__check_executor(self, component);
    return kf__map_set_index(&self->used_executors, component->executor, number);
}

static kf_status check_component(kf_check *self, size_t number)
{
    kf_check_component *component = &self->components.items[number];
    kf_place room;
    const kf_place *place = place_of(component, &room);
    kf__check_interface(self, component, place);
    if (component->name != NULL) {
        kf__check_name(
            self->report, place, component->spec, "a component", component->name);
        if (!component->is_used)
            kf__find_warning(self->report, KF_ESTATE, place, component->spec,
                "no task uses the component '%.100s'", component->name);
    }
    if (component->executor != NULL)
        return check_executor_label(self, number, place);
    if (component->dag == NULL && kf_value_kind(component->spec) == KF_KIND_STRUCT)
        kf__find_error(self->report, KF_EMISSING, place, component->spec,
            component->name != NULL
                ? "the component has neither an executorLabel nor a dag"
                : "the root has no dag");
    return KF_OK;
}

/* Executors before tasks: those tell which inputs tasks must give beyond those declared. */
static kf_status check_components(kf_check *self)
{
    for (size_t i = 0; i < self->components.count; i++)
        KF__TRY(check_component(self, i));
    for (size_t i = 0; i < self->components.count; i++) {
        kf_check_component *component = &self->components.items[i];
        kf_place room;
        if (component->dag != NULL)
            KF__TRY(kf__check_dag(self, component, place_of(component, &room)));
    }
    return KF_OK;
}

static void check_unused_executors(kf_check *self)
{
    const kf_place *place = KF__PLACE(KF__PLACE(NULL, "deploymentSpec"), "executors");
    for (size_t i = 0; kf_value_key(self->executors, i) != NULL; i++) {
        const char *name = kf_value_key(self->executors, i);
        if (!kf__map_has(&self->used_executors, name))
            kf__find_warning(self->report, KF_ESTATE, KF__PLACE(place, name),
                kf_value_at(self->executors, i),
                "no component uses the executor '%.100s'", name);
    }
}

/* ---- the pipeline as a whole ---- */

/* The API server's rule for names of pipelines: ^[a-z0-9][a-z0-9-]{0,127}$ */
static bool is_pipeline_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t length = strspn(name, letters);
    return length > 0 && length <= 128 && name[length] == '\0' && name[0] != '-';
}

static void check_info(kf_check *self)
{
    const kf_value *spec = self->document->spec;
    const kf_value *info = kf_value_get(spec, "pipelineInfo");
    const kf_place *place = KF__PLACE(KF__PLACE(NULL, "pipelineInfo"), "name");
    const char *name = kf__get_text(info, "name");
    if (name == NULL || name[0] == '\0')
        kf__find_error(self->report, KF_EMISSING, place, info != NULL ? info : spec,
            "the pipeline has no name");
    else if (!is_pipeline_name(name))
        kf__find_error(self->report, KF_EINVAL, place, kf_value_get(info, "name"),
            "Kubeflow refuses the pipeline name '%.140s': expected 1 to 128 lower case "
            "letters, digits and '-', the first no '-'",
            name);
    if (kf_value_get(spec, "root") == NULL)
        kf__find_error(self->report, KF_EMISSING, KF__PLACE(NULL, "root"), spec,
            "the root is missing");
}

static size_t text_size(const char *text, size_t length)
{
    size_t size = length + 2;
    for (size_t i = 0; i < length; i++)
        size += text[i] == '"' || text[i] == '\\' || (unsigned char)text[i] < 0x20;
    return size;
}

/* Bytes of the value as JSON, nearly. */
static size_t json_size(const kf_value *value)
{
    size_t count = kf_value_length(value);
    if (kf_value_kind(value) == KF_KIND_STRING)
        return text_size(kf_value_string(value), count);
    if (kf_value_kind(value) < KF_KIND_LIST)
        return 4;
    size_t size = 2 + count;
    for (size_t i = 0; i < count; i++) {
        const char *key = kf_value_key(value, i);
        size += json_size(kf_value_at(value, i)) + (key != NULL ? strlen(key) + 3 : 0);
    }
    return size;
}

static void check_size(kf_check *self)
{
    size_t size = json_size(self->document->spec) + json_size(self->document->platform);
    if (size >= LARGE_DOCUMENT)
        kf__find_warning(self->report, KF_ELIMIT, NULL, NULL,
            "the document has %.2f MiB, and a cluster's etcd takes objects of %.1f MiB "
            "at most, among them the workflow made of it: compile to the compact form, "
            "or share components",
            (double)size / (1u << 20), (double)ETCD_LIMIT / (1u << 20));
}

static kf_status check_all(kf_check *self)
{
    check_info(self);
    KF__TRY(add_components(self));
    for (size_t i = 0; i < self->components.count; i++)
        KF__TRY(add_callees(self, &self->components.items[i]));
    mark_loops(self);
    check_nesting(self);
    KF__TRY(check_components(self));
    check_unused_executors(self);
    kf__check_platform(self);
    check_size(self);
    return kf__report_status(self->report);
}

kf_status kf__document_check(const kf_document *document, kf_report *report)
{
    const kf_value *platforms = kf_value_get(document->platform, "platforms");
    const kf_value *kubernetes =
        kf_value_get(kf_value_get(platforms, "kubernetes"), "deploymentSpec");
    kf_check self = {
        .document = document,
        .report = report,
        .executors =
            kf_value_get(kf_value_get(document->spec, "deploymentSpec"), "executors"),
        .platforms = kf_value_get(kubernetes, "executors"),
    };
    kf_status status = check_all(&self);
    for (size_t i = 0; i < self.components.count; i++)
        kf__vec_finish(&self.components.items[i].needs);
    kf__vec_finish(&self.components);
    kf__vec_finish(&self.callees);
    kf__map_finish(&self.component_index);
    kf__map_finish(&self.used_executors);
    kf__map_finish(&self.task_homes);
    kf__arena_finish(&self.arena);
    return status;
}
