/* SPDX-License-Identifier: Apache-2.0 */
/* Canaries beside the stable predictor (the mode Standard). */
#include "serving/check.h"

#include <string.h>

static void check_name(const kf_check *check, kf_part canaries, size_t index)
{
    kf_part canary = KF__PART_AT(canaries, index);
    kf_part predictor = KF__PART(canary, "predictor");
    kf_part name = KF__PART(predictor, "name");
    const kf_service_component *stable =
        kf_service_component_of(check->service, KF_SERVICE_PREDICTOR);
    const char *text = kf__service_given(predictor.value, "name");
    if (text == NULL) {
        kf__check_error(check, KF_EMISSING, name.place, canary.value,
            "the predictor of a canary needs a name");
        return;
    }
    if (!kf__is_label(text))
        kf__check_error(check, KF_EINVAL, name.place, name.value,
            "'%.100s' is no name of a predictor: expected lower-case letters, digits "
            "and '-', a letter first and no '-' last",
            text);
    if (stable != NULL && stable->name != NULL && strcmp(text, stable->name) == 0)
        kf__check_error(check, KF_EEXIST, name.place, name.value,
            "'%.100s' is the name of the stable predictor", text);
    for (size_t i = 0; i < index; i++) {
        const kf_value *other =
            kf_value_get(kf_value_at(canaries.value, i), "predictor");
        if (!kf__equals_text(kf_value_get(other, "name"), text))
            continue;
        kf__check_error(check, KF_EEXIST, name.place, name.value,
            "two canaries are called '%.100s'", text);
        return;
    }
}

/* Its replicas are fixed. */
static void check_fixed(const kf_check *check, kf_part predictor)
{
    static const char *const names[] = {
        "maxReplicas", "scaleTarget", "scaleMetric", "autoScaling", "workerSpec"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        kf_part field = KF__PART(predictor, names[i]);
        if (field.value == NULL || (i == 0 && kf_value_int(field.value) <= 0))
            continue;
        kf__check_error(check, KF_EINVAL, field.place, field.value,
            strcmp(names[i], "workerSpec") == 0
                ? "a canary is on one machine: leave %s out"
                : "a canary's replicas are fixed: leave %s out",
            names[i]);
    }
    kf_part min = KF__PART(predictor, "minReplicas");
    const kf_service_component *stable =
        kf_service_component_of(check->service, KF_SERVICE_PREDICTOR);
    int64_t most = stable == NULL ? 1 : stable->min_replicas;
    if (min.value != NULL && kf_value_int(min.value) > most)
        kf__check_error(check, KF_EINVAL, min.place, min.value,
            "minReplicas is %lld, more than the stable predictor's, %lld",
            (long long)kf_value_int(min.value), (long long)most);
}

static void check_canary(const kf_check *check, kf_part canary)
{
    kf_part predictor = KF__PART(canary, "predictor");
    kf_part percent = KF__PART(canary, "trafficPercent");
    int64_t share = kf_value_int(percent.value);
    if (percent.value == NULL)
        kf__check_warning(check, KF_EMISSING, percent.place, canary.value,
            "trafficPercent is not given, which is 0");
    if (share < 0 || share > 100)
        kf__check_error(check, KF_EINVAL, percent.place, percent.value,
            "trafficPercent is %lld: expected 0 to 100", (long long)share);
    kf__check_component(check, KF_SERVICE_PREDICTOR, predictor, predictor.value);
    kf__check_storage(check, KF_SERVICE_PREDICTOR, predictor);
    kf__check_extensions(check, predictor);
    kf__check_environment(check, KF__PART(predictor, "containers"));
    kf__check_environment(check, KF__PART(predictor, "initContainers"));
    kf__check_variables(check, KF__PART(predictor, "model"));
    for (size_t i = 0; kf__frameworks[i] != NULL; i++)
        kf__check_variables(check, KF__PART(predictor, kf__frameworks[i]));
    check_fixed(check, predictor);
}

static void check_sum(const kf_check *check, kf_part canaries)
{
    int64_t sum = 0;
    for (size_t i = 0; i < kf_value_length(canaries.value); i++)
        sum += kf_value_int(
            kf_value_get(kf_value_at(canaries.value, i), "trafficPercent"));
    if (sum > 100)
        kf__check_error(check, KF_EINVAL, canaries.place, canaries.value,
            "the canaries take %lld percent of the traffic: expected at most 100",
            (long long)sum);
}

static void check_stable(const kf_check *check, kf_part predictor)
{
    kf_part name = KF__PART(predictor, "name");
    const char *text = kf__service_given(predictor.value, "name");
    if (text != NULL && !kf__is_label(text))
        kf__check_error(check, KF_EINVAL, name.place, name.value,
            "'%.100s' is no name of a predictor: expected lower-case letters, digits "
            "and '-', a letter first and no '-' last",
            text);
}

void kf__check_canaries(const kf_check *check, kf_part spec)
{
    kf_part canaries = KF__PART(spec, "canary");
    const kf_service_component *stable =
        kf_service_component_of(check->service, KF_SERVICE_PREDICTOR);
    const char *mode = kf_service_annotation(check->service, KF__ANNOTATION_MODE);
    check_stable(check, KF__PART(spec, "predictor"));
    if (kf_value_length(canaries.value) == 0)
        return;
    if (mode == NULL || strcmp(mode, "Standard") != 0)
        kf__check_error(check, KF_EINVAL, canaries.place, canaries.value,
            "canaries are for the mode Standard: expected the annotation "
            "serving.kserve.io/deploymentMode to be Standard; Knative has "
            "canaryTrafficPercent");
    if (stable == NULL || (stable->format == NULL && stable->storage_uri == NULL))
        kf__check_error(check, KF_EMISSING, canaries.place, canaries.value,
            "canaries need a stable predictor with a model");
    for (size_t i = 0; i < kf_value_length(canaries.value); i++) {
        check_name(check, canaries, i);
        check_canary(check, KF__PART_AT(canaries, i));
    }
    check_sum(check, canaries);
}
