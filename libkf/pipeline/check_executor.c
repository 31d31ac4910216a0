/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "pipeline/check.h"
#include "pipeline/placeholder.h"
#include "pipeline/resource.h"

const kf_value *kf__check_get(const kf_value *object, const char *text, size_t length)
{
    char name[KF__LIMIT_NAME_BYTES + 1];
    if (length >= sizeof name)
        return NULL;
    memcpy(name, text, length);
    name[length] = '\0';
    return kf_value_get(object, name);
}

bool kf__check_is_injected(const char *name)
{
    /* KFP: build_task_spec_for_task of pipeline_spec_builder.py. */
    static const char *const names[] = {"base_image", "cpu_request", "cpu_limit",
        "memory_request", "memory_limit", "accelerator_type", "accelerator_count"};
    if (kf__starts_with(name, "pipelinechannel--"))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

/* Placeholders of one text of a component's executor. */
typedef struct reader {
    kf_check *check;
    kf_check_component *component;
    const kf_place *place;
    const kf_value *at;
} reader;

static kf_status note_need(reader *self, const char *name)
{
    for (size_t i = 0; i < self->component->needs.count; i++) {
        if (strcmp(self->component->needs.items[i], name) == 0)
            return KF_OK;
    }
    char *copy = kf__arena_strdup(&self->check->arena, name);
    return copy == NULL ? KF_ENOMEM : kf__vec_push(&self->component->needs, copy);
}

static kf_status unknown_name(reader *self, const char *what, const char *name,
    const kf_value *names, const kf_value *others, const char *advice)
{
    if (kf_value_get(others, name) != NULL)
        kf__find_error(self->check->report, KF_ETYPE, self->place, self->at,
            "the placeholder reads '%.100s' as %s; %s", name, what, advice);
    else
        kf__find_error(self->check->report, KF_ENOENT, self->place, self->at,
            "the placeholder reads '%.100s', and the component has no such %s%s", name,
            what, kf__hint(name, names).text);
    return KF_OK;
}

static void check_other(reader *self, const kf_placeholder *placeholder)
{
    static const char *const beginnings[] = {
        "{{$.inputs.", "{{$.outputs.", "{{$.pipeline_", "{{$.workspace"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        size_t length = strlen(beginnings[i]);
        if (placeholder->whole.length >= length &&
            memcmp(placeholder->whole.text, beginnings[i], length) == 0) {
            size_t shown =
                placeholder->whole.length > 80 ? 80 : placeholder->whole.length;
            kf__find_warning(self->check->report, KF_EDOCUMENT, self->place, self->at,
                "'%.*s' is none of KFP's placeholders, and stays as it is", (int)shown,
                placeholder->whole.text);
            return;
        }
    }
}

static kf_status check_placeholder(const kf_placeholder *placeholder, void *payload)
{
    reader *self = payload;
    const kf_check_component *component = self->component;
    char name[KF__LIMIT_NAME_BYTES + 1];
    size_t length = placeholder->name.length;
    if (length >= sizeof name)
        length = sizeof name - 1;
    if (length > 0)
        memcpy(name, placeholder->name.text, length);
    name[length] = '\0';
    switch (placeholder->kind) {
    case KF__PLACEHOLDER_INPUT:
        if (kf_value_get(component->input_parameters, name) != NULL)
            return KF_OK;
        if (kf__check_is_injected(name))
            return note_need(self, name);
        return unknown_name(self, "input parameter", name, component->input_parameters,
            component->input_artifacts, "it is an artifact: inputs.artifacts[…]");
    case KF__PLACEHOLDER_ARTIFACT:
        if (kf_value_get(component->input_artifacts, name) != NULL)
            return KF_OK;
        return unknown_name(self, "input artifact", name, component->input_artifacts,
            component->input_parameters, "it is a parameter: inputs.parameters[…]");
    case KF__PLACEHOLDER_OUTPUT:
        if (kf_value_get(component->output_parameters, name) != NULL)
            return KF_OK;
        return unknown_name(self, "output parameter", name,
            component->output_parameters, component->output_artifacts,
            "it is an artifact: outputs.artifacts[…]");
    case KF__PLACEHOLDER_PRODUCT:
        if (kf_value_get(component->output_artifacts, name) != NULL)
            return KF_OK;
        return unknown_name(self, "output artifact", name, component->output_artifacts,
            component->output_parameters, "it is a parameter: outputs.parameters[…]");
    case KF__PLACEHOLDER_PRESENT:
        if (kf_value_get(component->input_parameters, name) != NULL ||
            kf_value_get(component->input_artifacts, name) != NULL)
            return KF_OK;
        return unknown_name(self, "input", name, component->input_parameters, NULL, "");
    case KF__PLACEHOLDER_OTHER:
        check_other(self, placeholder);
        return KF_OK;
    default:
        return KF_OK;
    }
}

static void check_text(kf_check *self, kf_check_component *component,
    const kf_place *place, const kf_value *value)
{
    reader payload = {self, component, place, value};
    const char *text = kf_value_string(value);
    if (text == NULL)
        return;
    kf_status status = kf__placeholders_visit_word(text, check_placeholder, &payload);
    if (status != KF_OK)
        kf__find_last(self->report, place, value);
}

static void check_words(kf_check *self, kf_check_component *component,
    const kf_place *place, const kf_value *words)
{
    for (size_t i = 0; i < kf_value_length(words); i++)
        check_text(self, component, KF__PLACE_AT(place, i), kf_value_at(words, i));
}

static void check_environment(kf_check *self, kf_check_component *component,
    const kf_place *place, const kf_value *variables)
{
    for (size_t i = 0; i < kf_value_length(variables); i++) {
        const kf_value *variable = kf_value_at(variables, i);
        const kf_place *here = KF__PLACE_AT(place, i);
        const char *name = kf__get_text(variable, "name");
        if (name == NULL || name[0] == '\0' || strchr(name, '=') != NULL)
            kf__find_error(self->report, KF_EINVAL, KF__PLACE(here, "name"), variable,
                "an environment variable needs a name without '='");
        check_text(
            self, component, KF__PLACE(here, "value"), kf_value_get(variable, "value"));
    }
}

static void check_quantity(kf_check *self, kf_check_component *component,
    const kf_place *place, const kf_value *value, kf_resource kind)
{
    const char *text = kf_value_string(value);
    if (text == NULL)
        return;
    if (strstr(text, "{{$") != NULL)
        check_text(self, component, place, value);
    else if (kf__resource_check(kind, text) != KF_OK)
        kf__find_last(self->report, place, value);
}

static void check_resources(kf_check *self, kf_check_component *component,
    const kf_place *place, const kf_value *resources)
{
    static const struct {
        const char *name;
        kf_resource kind;
    } fields[] = {
        {"resourceCpuRequest", KF_RESOURCE_CPU_REQUEST},
        {"resourceCpuLimit", KF_RESOURCE_CPU_LIMIT},
        {"resourceMemoryRequest", KF_RESOURCE_MEMORY_REQUEST},
        {"resourceMemoryLimit", KF_RESOURCE_MEMORY_LIMIT},
    };
    static const char *const numbers[] = {
        "cpuRequest", "cpuLimit", "memoryRequest", "memoryLimit"};
    const kf_value *accelerator = kf_value_get(resources, "accelerator");
    const kf_place *below = KF__PLACE(place, "accelerator");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const kf_value *number = kf_value_get(resources, numbers[i]);
        check_quantity(self, component, KF__PLACE(place, fields[i].name),
            kf_value_get(resources, fields[i].name), fields[i].kind);
        if (kf_value_double(number) < 0)
            kf__find_error(self->report, KF_EINVAL, KF__PLACE(place, numbers[i]),
                number, "an amount cannot be negative");
    }
    check_quantity(self, component, KF__PLACE(below, "resourceType"),
        kf_value_get(accelerator, "resourceType"), KF_RESOURCE_ACCELERATOR_TYPE);
    check_quantity(self, component, KF__PLACE(below, "resourceCount"),
        kf_value_get(accelerator, "resourceCount"), KF_RESOURCE_ACCELERATOR_COUNT);
}

static void check_container(kf_check *self, kf_check_component *component,
    const kf_place *place, const kf_value *container)
{
    const kf_value *image = kf_value_get(container, "image");
    if (kf_value_length(image) == 0)
        kf__find_error(self->report, KF_EMISSING, KF__PLACE(place, "image"), container,
            "the container has no image");
    check_text(self, component, KF__PLACE(place, "image"), image);
    check_words(self, component, KF__PLACE(place, "command"),
        kf_value_get(container, "command"));
    check_words(
        self, component, KF__PLACE(place, "args"), kf_value_get(container, "args"));
    check_environment(
        self, component, KF__PLACE(place, "env"), kf_value_get(container, "env"));
    check_resources(self, component, KF__PLACE(place, "resources"),
        kf_value_get(container, "resources"));
    if (kf_value_get(container, "lifecycle") != NULL)
        kf__find_warning(self->report, KF_EUNSUPPORTED, KF__PLACE(place, "lifecycle"),
            container, "lifecycle has no effect: Kubeflow's backend does not know it");
}

static void check_metadata(kf_check *self, kf_check_component *component,
    const kf_place *place, const kf_value *value)
{
    check_text(self, component, place, value);
    if (kf_value_kind(value) < KF_KIND_LIST)
        return;
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const char *key = kf_value_key(value, i);
        check_metadata(self, component,
            key != NULL ? KF__PLACE(place, key) : KF__PLACE_AT(place, i),
            kf_value_at(value, i));
    }
}

static void check_importer(kf_check *self, kf_check_component *component,
    const kf_place *place, const kf_value *importer)
{
    const kf_value *uri = kf_value_get(importer, "artifactUri");
    const kf_place *here = KF__PLACE(place, "artifactUri");
    const char *input = kf__get_text(uri, "runtimeParameter");
    const kf_value *constant = kf_value_get(uri, "constant");
    if (kf_value_length(uri) == 0)
        kf__find_error(self->report, KF_EMISSING, here, importer,
            "the importer has no artifactUri");
    if (input != NULL && kf_value_get(component->input_parameters, input) == NULL)
        kf__find_error(self->report, KF_ENOENT, KF__PLACE(here, "runtimeParameter"),
            uri, "the component has no input parameter '%.100s'%s", input,
            kf__hint(input, component->input_parameters).text);
    if (constant != NULL && kf_value_string(constant) == NULL)
        kf__find_error(self->report, KF_ETYPE, KF__PLACE(here, "constant"), constant,
            "the URI of an importer is text");
    if (kf_value_length(kf_value_get(importer, "typeSchema")) == 0)
        kf__find_error(self->report, KF_EMISSING, KF__PLACE(place, "typeSchema"),
            importer, "the importer has no typeSchema");
    check_text(self, component, KF__PLACE(here, "constant"), constant);
    check_metadata(self, component, KF__PLACE(place, "metadata"),
        kf_value_get(importer, "metadata"));
}

void kf__check_executor(kf_check *self, kf_check_component *component)
{
    const kf_value *executor = kf_value_get(self->executors, component->executor);
    const kf_place *place = KF__PLACE(
        KF__PLACE(KF__PLACE(NULL, "deploymentSpec"), "executors"), component->executor);
    const kf_value *container = kf_value_get(executor, "container");
    const kf_value *importer = kf_value_get(executor, "importer");
    component->is_importer = importer != NULL;
    if (container != NULL)
        check_container(self, component, KF__PLACE(place, "container"), container);
    else if (importer != NULL)
        check_importer(self, component, KF__PLACE(place, "importer"), importer);
    else if (kf_value_get(executor, "resolver") != NULL ||
             kf_value_get(executor, "customJob") != NULL)
        kf__find_warning(self->report, KF_EUNSUPPORTED, place, executor,
            "Kubeflow's backend executes containers and importers, not this");
    else
        kf__find_error(self->report, KF_EMISSING, place, executor,
            "the executor has neither a container nor an importer");
}
