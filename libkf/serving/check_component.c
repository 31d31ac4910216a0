/* SPDX-License-Identifier: Apache-2.0 */
/* A component of an InferenceService. */
#include "serving/check.h"

#include <string.h>

/* ---- what serves ---- */

static const char *expected_of(kf_service_role role)
{
    return role == KF_SERVICE_PREDICTOR
               ? "a model, or a container called kserve-container"
           : role == KF_SERVICE_TRANSFORMER ? "containers"
                                            : "art or containers";
}

static void check_one(const kf_check *check, kf_service_role role, kf_part component,
    const kf_value *written)
{
    size_t count = kf__implementations(role, written);
    size_t named = kf__implementations(role, component.value);
    count = named > count ? named : count;
    if (count == 0)
        kf__check_error(check, KF_EMISSING, component.place, component.value,
            "the %s has nothing that serves: expected %s", kf__role_name(role),
            expected_of(role));
    else if (count > 1)
        kf__check_error(check, KF_EINVAL, component.place, component.value,
            "the %s has %zu that serve: expected one, %s", kf__role_name(role), count,
            expected_of(role));
}

static void check_custom_protocol(const kf_check *check, kf_part containers)
{
    kf_part first = KF__PART_AT(containers, 0);
    const kf_value *variable = kf__container_variable(first.value, "PROTOCOL");
    const char *protocol = kf__get_text(variable, "value");
    if (variable == NULL || (protocol != NULL && (strcmp(protocol, "v1") == 0 ||
                                                     strcmp(protocol, "v2") == 0)))
        return;
    kf__check_error(check, KF_EINVAL, KF__PLACE(first.place, "env"), variable,
        "PROTOCOL is '%.100s': expected v1 or v2", protocol != NULL ? protocol : "");
}

/* Names, images, and that there is the one that KServe looks for. */
static void check_containers(
    const kf_check *check, kf_service_role role, kf_part component)
{
    kf_part containers = KF__PART(component, "containers");
    const kf_value *custom = kf__custom_container(role, component.value);
    for (size_t i = 0; i < kf_value_length(containers.value); i++) {
        kf_part container = KF__PART_AT(containers, i);
        if (kf__service_given(container.value, "name") == NULL)
            kf__check_error(check, KF_EMISSING, KF__PLACE(container.place, "name"),
                container.value, "the container needs a name");
        if (kf__service_given(container.value, "image") == NULL)
            kf__check_warning(check, KF_EMISSING, KF__PLACE(container.place, "image"),
                container.value, "on a cluster the container needs an image");
    }
    if (custom == NULL)
        return;
    if (role == KF_SERVICE_PREDICTOR)
        check_custom_protocol(check, containers);
    if (role == KF_SERVICE_PREDICTOR &&
        kf__named(containers.value, KF__KSERVE_CONTAINER) == NULL)
        kf__check_error(check, KF_ENOENT, containers.place, containers.value,
            "none of the containers is called kserve-container: KServe cannot tell "
            "which of them serves");
}

void kf__check_component(const kf_check *check, kf_service_role role, kf_part component,
    const kf_value *written)
{
    check_one(check, role, component, written);
    check_containers(check, role, component);
}

/* ---- what is around it ---- */

static void check_replicas(const kf_check *check, kf_part component)
{
    const kf_value *min = kf_value_get(component.value, "minReplicas");
    kf_part max = KF__PART(component, "maxReplicas");
    int64_t least = min == NULL ? 1 : kf_value_int(min);
    int64_t most = kf_value_int(max.value);
    kf__check_least(check, component, "minReplicas", 0);
    kf__check_least(check, component, "maxReplicas", 0);
    if (most > 0 && least > most)
        kf__check_error(check, KF_EINVAL, max.place, max.value,
            "maxReplicas is %lld, less than minReplicas, %lld%s", (long long)most,
            (long long)least, min == NULL ? " when it is not given" : "");
}

static void check_logger(const kf_check *check, kf_part logger)
{
    kf_part storage = KF__PART(logger, "storage");
    const char *mode = kf__get_text(logger.value, "mode");
    if (logger.value == NULL)
        return;
    if (mode == NULL)
        kf__check_warning(check, KF_EMISSING, KF__PLACE(logger.place, "mode"),
            logger.value,
            "the mode is all when it is not given, but KServe 0.20 refuses to do "
            "without: write mode: all");
    if (storage.value == NULL)
        return;
    static const char *const needed[] = {"path", "parameters", "key"};
    for (size_t i = 0; i < 3; i++)
        if (kf_value_get(storage.value, needed[i]) == NULL)
            kf__check_error(check, KF_EMISSING, KF__PLACE(storage.place, needed[i]),
                storage.value,
                "the storage of a logger needs path, parameters and key");
}

static void check_batcher(const kf_check *check, kf_part batcher)
{
    static const char *const names[] = {"maxBatchSize", "maxLatency", "timeout"};
    for (size_t i = 0; i < 3; i++) {
        kf_part number = KF__PART(batcher, names[i]);
        if (number.value != NULL && kf_value_int(number.value) <= 0)
            kf__check_warning(check, KF_EINVAL, number.place, number.value,
                "%s is %lld: the default counts", names[i],
                (long long)kf_value_int(number.value));
    }
}

void kf__check_extensions(const kf_check *check, kf_part component)
{
    kf__check_least(check, component, "containerConcurrency", 0);
    kf__check_least(check, component, "timeout", 0);
    check_replicas(check, component);
    check_logger(check, KF__PART(component, "logger"));
    check_batcher(check, KF__PART(component, "batcher"));
}
