/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every document of serving, and the checks that are asked for. */
#include "serving/check.h"

#include <string.h>

#include "base/text.h"

const kf_value *kf__check_at(const kf_check *check, const kf_value *value)
{
    return kf__line(value) > 0 ? value : check->service->document;
}

/* ---- names ---- */

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool kf__is_label(const char *text)
{
    if (!is_lower(*text))
        return false;
    const char *at = text;
    while (is_lower(*at) || is_digit(*at) || *at == '-')
        at++;
    return *at == '\0' && at[-1] != '-';
}

/* Labels with points between them; a digit may begin them. */
static bool is_subdomain(const char *text)
{
    bool edge = true;
    for (const char *at = text;; at++) {
        bool ends = *at == '.' || *at == '\0';
        if (ends && (edge || at[-1] == '-'))
            return false;
        if (*at == '\0')
            return true;
        if (!ends && !is_lower(*at) && !is_digit(*at) && (*at != '-' || edge))
            return false;
        edge = ends;
    }
}

/* The names of what is made for it are labels of DNS too. */
static size_t longest_suffix(const kf_service *service)
{
    static const char *const suffixes[] = {"-predictor", "-transformer", "-explainer"};
    size_t most = 0;
    for (int i = KF_SERVICE_PREDICTOR; i <= KF_SERVICE_EXPLAINER; i++) {
        const kf_service_component *component =
            kf_service_component_of(service, (kf_service_role)i);
        size_t length = component == NULL ? 0 : strlen(suffixes[i]);
        if (component != NULL && component->name != NULL)
            length += strlen(component->name) + 1;
        most = length > most ? length : most;
    }
    for (size_t i = 0; i < kf_service_canary_count(service); i++) {
        const char *name = kf_service_canary_at(service, i)->name;
        size_t length = strlen(suffixes[0]) + (name != NULL ? strlen(name) + 1 : 0);
        most = length > most ? length : most;
    }
    return most;
}

static void check_length(const kf_check *check, kf_part name)
{
    size_t length = kf_value_length(name.value);
    size_t suffix = longest_suffix(check->service);
    bool is_label = check->service->kind == KF_SERVICE_INFERENCE_SERVICE ||
                    check->service->kind == KF_SERVICE_INFERENCE_GRAPH;
    if (length > (is_label ? 63 : 253))
        kf__check_error(check, KF_ELIMIT, name.place, name.value,
            "the name has %zu characters: expected at most %d", length,
            is_label ? 63 : 253);
    else if (length + suffix > 63)
        kf__check_error(check, KF_ELIMIT, name.place, name.value,
            "the name has %zu characters: expected at most %zu, as that of a component "
            "adds %zu to it and no name of a service in Kubernetes is longer than 63",
            length, suffix < 63 ? 63 - suffix : 0, suffix);
}

static void check_name(const kf_check *check, kf_part metadata)
{
    kf_part name = KF__PART(metadata, "name");
    const char *text = kf_value_string(name.value);
    const char *kind = kf_service_kind_name(check->service);
    bool is_label = check->service->kind == KF_SERVICE_INFERENCE_SERVICE ||
                    check->service->kind == KF_SERVICE_INFERENCE_GRAPH;
    if (text == NULL || *text == '\0') {
        bool generated = kf__service_given(metadata.value, "generateName") != NULL;
        kf__check_error(check, KF_EMISSING, name.place, metadata.value,
            generated ? "the %s needs a name: KServe looks at it before generateName "
                        "has made one"
                      : "the %s needs a name",
            kind);
    } else if (is_label && !kf__is_label(text)) {
        kf__check_error(check, KF_EINVAL, name.place, name.value,
            "'%.100s' is no name of an %s: expected lower-case letters, digits and "
            "'-', "
            "a letter first and no '-' last",
            text, kind);
    } else if (!is_subdomain(text)) {
        kf__check_error(check, KF_EINVAL, name.place, name.value,
            "'%.100s' is no name to Kubernetes: expected lower-case letters, digits, "
            "'-' "
            "and '.', a letter or digit at both ends",
            text);
    } else {
        check_length(check, name);
    }
}

/* ---- what containers have in common ---- */

void kf__check_variables(const kf_check *check, kf_part container)
{
    kf_part env = KF__PART(container, "env");
    for (size_t i = 0; i < kf_value_length(env.value); i++) {
        kf_part variable = KF__PART_AT(env, i);
        if (kf__equals_text(kf_value_get(variable.value, "name"), "PYTHONPATH"))
            kf__check_error(check, KF_EINVAL, variable.place, variable.value,
                "PYTHONPATH may not be set: it would change the code that a server "
                "runs");
    }
}

void kf__check_environment(const kf_check *check, kf_part containers)
{
    for (size_t i = 0; i < kf_value_length(containers.value); i++)
        kf__check_variables(check, KF__PART_AT(containers, i));
}

static bool lists(const kf_value *list, const char *text)
{
    for (size_t i = 0; i < kf_value_length(list); i++)
        if (kf__equals_text(kf_value_at(list, i), text))
            return true;
    return false;
}

static bool is_known_gpu(const char *name, const kf_value *more)
{
    static const char *const names[] = {"cpu", "memory", "storage", "ephemeral-storage",
        "nvidia.com/gpu", "amd.com/gpu", "intel.com/gpu", "habana.ai/gaudi"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return lists(more, name);
}

static bool is_list_of_texts(const kf_value *value)
{
    for (size_t i = 0; i < kf_value_length(value); i++)
        if (!kf__is(kf_value_at(value, i), KF_KIND_STRING) ||
            kf_value_length(kf_value_at(value, i)) == 0)
            return false;
    return kf__is(value, KF_KIND_LIST) && kf_value_length(value) > 0;
}

static void check_gpu_list(const kf_check *check, kf_part list, const kf_value *known)
{
    for (size_t i = 0; i < kf_value_length(list.value); i++) {
        const char *name = kf_value_key(list.value, i);
        if (!is_known_gpu(name, known))
            kf__check_error(check, KF_EINVAL, KF__PLACE(list.place, name), list.value,
                "'%.100s' is no kind of GPU that KServe knows: name it in the "
                "annotation serving.kserve.io/gpu-resource-types, a JSON list",
                name);
    }
}

void kf__check_gpus(
    const kf_check *check, kf_part container, const kf_value *annotations)
{
    static const char key[] = KF__SERVING_GROUP "/gpu-resource-types";
    const kf_value *text = kf_value_get(annotations, key);
    kf_value *known = NULL;
    kf_part resources = KF__PART(container, "resources");
    if (text != NULL && kf_value_length(text) > 0) {
        kf_status status =
            kf_value_parse(kf_value_string(text), kf_value_length(text), &known);
        if (status == KF_ENOMEM)
            kf__report_add_last(check->report);
        else if (!is_list_of_texts(known))
            kf__check_error(check, KF_EPARSE,
                KF__PLACE(
                    KF__PLACE(KF__PLACE(check->root, "metadata"), "annotations"), key),
                text, "the annotation must be a JSON list of texts");
    }
    check_gpu_list(check, KF__PART(resources, "limits"), known);
    check_gpu_list(check, KF__PART(resources, "requests"), known);
    kf_value_free(known);
}

void kf__check_least(
    const kf_check *check, kf_part object, const char *name, int64_t least)
{
    kf_part number = KF__PART(object, name);
    if (number.value != NULL && kf_value_int(number.value) < least)
        kf__check_error(check, KF_EINVAL, number.place, number.value,
            "%s is %lld: expected %lld or more", name,
            (long long)kf_value_int(number.value), (long long)least);
}

/* ---- one document ---- */

void kf__check_document(const kf_check *check)
{
    const kf_service *service = check->service;
    if (service->kind == KF_SERVICE_OTHER)
        return;
    kf_part document = {service->full, check->root};
    check_name(check, KF__PART(document, "metadata"));
    kf__schema_demand(
        check->report, check->root, kf__service_fields(service->kind), service->typed);
    switch (service->kind) {
    case KF_SERVICE_INFERENCE_SERVICE:
        kf__check_inference_service(check);
        break;
    case KF_SERVICE_SERVING_RUNTIME:
    case KF_SERVICE_CLUSTER_SERVING_RUNTIME:
        kf__check_runtime(check);
        break;
    case KF_SERVICE_INFERENCE_GRAPH:
        kf__check_graph(check);
        break;
    case KF_SERVICE_TRAINED_MODEL:
        kf__check_trained_model(check);
        break;
    default:
        kf__check_storage_container(check);
    }
}

/* ---- what is asked for ---- */

static kf_status take_report(kf_status status, kf_report *report, kf_report **out)
{
    if (status == KF_OK)
        status = kf__report_status(report);
    if (status == KF_OK)
        *out = report;
    else
        kf_report_free(report);
    return status == KF_ENOMEM ? kf__nomem() : status;
}

/* What reading found once more, and what the document says. */
static kf_status check_read(const kf_check *check)
{
    kf_tree tree = KF__TREE_INIT;
    const kf_field *fields = kf__service_fields(check->service->kind);
    if (fields != NULL)
        (void)kf__schema_read(
            &tree, check->report, check->root, fields, check->service->document);
    kf_status status = kf__tree_status(&tree);
    kf__tree_finish(&tree);
    if (status == KF_OK)
        kf__check_document(check);
    return status;
}

kf_status kf_service_check(const kf_service *service, kf_report **out)
{
    KF__REQUIRE(service != NULL && out != NULL);
    kf_report *report;
    KF__TRY(kf__report_new(&report));
    kf_check check = {.service = service, .report = report};
    return take_report(check_read(&check), report, out);
}

kf_status kf_service_check_update(
    const kf_service *service, const kf_service *changed, kf_report **out)
{
    KF__REQUIRE(service != NULL && changed != NULL && out != NULL);
    kf_report *report;
    KF__TRY(kf__report_new(&report));
    kf_check check = {.service = changed, .report = report};
    kf__check_update(&check, service);
    return take_report(check_read(&check), report, out);
}

/* The documents of a set are told apart by their names. */
static void check_set(
    const kf_services *services, kf_report *report, bool read, kf_status *status)
{
    for (size_t i = 0; i < kf_services_count(services) && *status == KF_OK; i++) {
        kf_place root = {0};
        kf_check check = {.service = kf_services_at(services, i),
            .services = services,
            .root = kf__services_root(services, check.service, &root),
            .report = report};
        if (read)
            *status = check_read(&check);
        else
            kf__check_document(&check);
    }
}

kf_status kf_services_check(const kf_services *services, kf_report **out)
{
    KF__REQUIRE(services != NULL && out != NULL);
    kf_report *report;
    kf_status status = KF_OK;
    KF__TRY(kf__report_new(&report));
    check_set(services, report, true, &status);
    return take_report(status, report, out);
}

kf_status kf_services_check_text(const char *text, size_t length, kf_report **out)
{
    KF__REQUIRE((text != NULL || length == 0) && out != NULL);
    kf_services *services = NULL;
    kf_report *report;
    KF__TRY(kf__report_new(&report));
    kf_status status =
        kf__services_read(text != NULL ? text : "", length, report, &services);
    if (status == KF_OK) {
        check_set(services, report, false, &status);
    } else if (status != KF_ENOMEM) {
        kf__report_add_last(report);
        status = KF_OK;
    }
    kf_services_free(services);
    return take_report(status, report, out);
}
