/* SPDX-License-Identifier: Apache-2.0 */
/* ServingRuntimes: servingruntime_webhook.go, and what it forgets. */
#include "serving/check.h"

#include <string.h>
#include <strings.h>

static bool flag(const kf_value *spec, const char *name)
{
    return kf_value_bool(kf_value_get(spec, name));
}

/* ---- formats ---- */

static bool is_selected(const kf_value *format)
{
    return flag(format, "autoSelect");
}

static const char *name_of(const kf_value *format)
{
    const char *name = kf__get_text(format, "name");
    return name != NULL ? name : "";
}

static bool same_version(const kf_value *a, const kf_value *b)
{
    const kf_value *first = kf_value_get(a, "version");
    const kf_value *second = kf_value_get(b, "version");
    return first == second ||
           (first != NULL && second != NULL && kf_value_equal(first, second));
}

/* The first of a name decides for all. */
static void check_priorities(const kf_check *check, kf_part formats)
{
    for (size_t i = 0; i < kf_value_length(formats.value); i++) {
        kf_part format = KF__PART_AT(formats, i);
        kf_part priority = KF__PART(format, "priority");
        kf__check_least(check, format, "priority", 1);
        for (size_t k = 0; k < i && is_selected(format.value); k++) {
            const kf_value *other = kf_value_at(formats.value, k);
            const kf_value *first = kf_value_get(other, "priority");
            if (!is_selected(other) ||
                strcmp(name_of(other), name_of(format.value)) != 0)
                continue;
            if (first != NULL && priority.value != NULL &&
                !kf_value_equal(first, priority.value))
                kf__check_error(check, KF_EINVAL, priority.place, priority.value,
                    "the format '%.100s' has priority %lld here and %lld before: a "
                    "runtime has one for all versions of a format",
                    name_of(format.value), (long long)kf_value_int(priority.value),
                    (long long)kf_value_int(first));
            break;
        }
    }
}

/* ---- other runtimes ---- */

static bool shares_protocol(const kf_value *a, const kf_value *b)
{
    const kf_value *first = kf_value_get(a, "protocolVersions");
    const kf_value *second = kf_value_get(b, "protocolVersions");
    for (size_t i = 0; i < kf_value_length(first); i++)
        for (size_t k = 0; k < kf_value_length(second); k++)
            if (kf_value_equal(kf_value_at(first, i), kf_value_at(second, k)))
                return true;
    return false;
}

static bool same_priority(const kf_value *a, const kf_value *b)
{
    const kf_value *first = kf_value_get(a, "priority");
    const kf_value *second = kf_value_get(b, "priority");
    return is_selected(a) && is_selected(b) && first != NULL && second != NULL &&
           strcasecmp(name_of(a), name_of(b)) == 0 && same_version(a, b) &&
           kf_value_equal(first, second);
}

static void check_against(const kf_check *check, kf_part spec, const kf_service *other)
{
    const kf_value *own = kf_service_spec(other);
    kf_part formats = KF__PART(spec, "supportedModelFormats");
    const kf_value *others = kf_value_get(own, "supportedModelFormats");
    if (flag(own, "disabled") ||
        flag(own, "multiModel") != flag(spec.value, "multiModel") ||
        !shares_protocol(spec.value, own))
        return;
    for (size_t i = 0; i < kf_value_length(formats.value); i++)
        for (size_t k = 0; k < kf_value_length(others); k++) {
            kf_part format = KF__PART_AT(formats, i);
            if (same_priority(format.value, kf_value_at(others, k)))
                kf__check_error(check, KF_EEXIST, KF__PLACE(format.place, "priority"),
                    format.value,
                    "the runtime '%.100s' has the same priority for the format "
                    "'%.100s'",
                    kf_service_name(other), name_of(format.value));
        }
}

static void check_others(const kf_check *check, kf_part spec)
{
    for (size_t i = 0; i < kf_services_count(check->services); i++) {
        const kf_service *other = kf_services_at(check->services, i);
        if (other == check->service)
            return; /* Of two, the second is told. */
        if (other->kind == check->service->kind &&
            strcmp(kf_service_namespace(other), kf_service_namespace(check->service)) ==
                0)
            check_against(check, spec, other);
    }
}

/* ---- containers ---- */

static void check_worker(const kf_check *check, kf_part spec)
{
    static const char *const sizes[] = {
        "PIPELINE_PARALLEL_SIZE", "TENSOR_PARALLEL_SIZE"};
    kf_part worker = KF__PART(spec, "workerSpec");
    kf_part containers = KF__PART(worker, "containers");
    kf_part own = KF__PART(spec, "containers");
    const kf_value *annotations = kf_value_get(spec.value, "annotations");
    if (worker.value == NULL)
        return;
    if (kf_value_length(containers.value) != 1)
        kf__check_error(check, KF_EINVAL, containers.place, worker.value,
            "a workerSpec has one container, not %zu",
            kf_value_length(containers.value));
    for (size_t i = 0; i < kf_value_length(own.value); i++) {
        kf_part container = KF__PART_AT(own, i);
        if (!kf__equals_text(
                kf_value_get(container.value, "name"), KF__KSERVE_CONTAINER))
            continue;
        for (size_t k = 0; k < 2; k++)
            if (kf__container_variable(container.value, sizes[k]) != NULL)
                kf__check_error(check, KF_EINVAL, KF__PLACE(container.place, "env"),
                    container.value, "%s is set from workerSpec: leave it out here",
                    sizes[k]);
        kf__check_gpus(check, container, annotations);
    }
    kf_part first = KF__PART_AT(containers, 0);
    if (kf__equals_text(kf_value_get(first.value, "name"), "worker-container"))
        kf__check_gpus(check, first, annotations);
    kf__check_least(check, worker, "pipelineParallelSize", 1);
    kf__check_least(check, worker, "tensorParallelSize", 1);
    kf__check_environment(check, containers);
}

static void check_containers(const kf_check *check, kf_part spec)
{
    kf_part containers = KF__PART(spec, "containers");
    for (size_t i = 0; i < kf_value_length(containers.value); i++) {
        kf_part container = KF__PART_AT(containers, i);
        if (kf__service_given(container.value, "name") == NULL)
            kf__check_error(check, KF_EMISSING, KF__PLACE(container.place, "name"),
                container.value, "the container needs a name");
    }
    if (containers.value != NULL &&
        kf__named(containers.value, KF__KSERVE_CONTAINER) == NULL &&
        !flag(spec.value, "multiModel"))
        kf__check_error(check, KF_ENOENT, containers.place, containers.value,
            "none of the containers is called kserve-container, which is the one that "
            "serves");
    kf__check_environment(check, containers);
}

void kf__check_runtime(const kf_check *check)
{
    kf_part document = {check->service->full, check->root};
    kf_part spec = KF__PART(document, "spec");
    if (flag(spec.value, "disabled"))
        return;
    check_priorities(check, KF__PART(spec, "supportedModelFormats"));
    check_others(check, spec);
    check_worker(check, spec);
    check_containers(check, spec);
}
