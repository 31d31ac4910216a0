/* SPDX-License-Identifier: Apache-2.0 */
/* A document in the place of another. */
#include "serving/check.h"

#include <string.h>

/* The mode is for good once the controller has noted it. */
static void check_mode(const kf_check *check, const kf_service *old)
{
    const char *noted =
        kf__service_given(kf_value_get(old->full, "status"), "deploymentMode");
    const char *given = kf_service_annotation(check->service, KF__ANNOTATION_MODE);
    if (noted == NULL || given == NULL)
        return;
    if (strcmp(noted, "RawDeployment") == 0)
        noted = "Standard";
    else if (strcmp(noted, "Serverless") == 0)
        noted = "Knative";
    if (strcmp(noted, given) == 0)
        return;
    const kf_place *metadata = KF__PLACE(check->root, "metadata");
    kf__check_error(check, KF_EINVAL,
        KF__PLACE(KF__PLACE(metadata, "annotations"), KF__ANNOTATION_MODE),
        kf_value_get(
            kf_value_get(kf_value_get(check->service->full, "metadata"), "annotations"),
            KF__ANNOTATION_MODE),
        "the deployment mode of a service that is deployed cannot be changed: it is "
        "%.100s",
        noted);
}

static bool same(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static void check_predictor(const kf_check *check, const kf_service *old)
{
    const kf_service_component *before =
        kf_service_component_of(old, KF_SERVICE_PREDICTOR);
    const kf_service_component *after =
        kf_service_component_of(check->service, KF_SERVICE_PREDICTOR);
    if (before == NULL || after == NULL || same(before->name, after->name) ||
        !same(before->storage_uri, after->storage_uri))
        return;
    const kf_place *predictor = KF__PLACE(KF__PLACE(check->root, "spec"), "predictor");
    kf__check_error(check, KF_EINVAL, KF__PLACE(predictor, "name"),
        kf_value_get(after->spec, "name"),
        "the name of the predictor changes with its model: storageUri is still "
        "'%.200s'",
        after->storage_uri != NULL ? after->storage_uri : "");
}

static void check_memory(const kf_check *check, const kf_service *old)
{
    const kf_value *before =
        kf_value_get(kf_value_get(kf_service_spec(old), "model"), "memory");
    kf_part document = {check->service->full, check->root};
    kf_part spec = KF__PART(document, "spec");
    kf_part model = KF__PART(spec, "model");
    kf_part memory = KF__PART(model, "memory");
    double was = 0, is = 0;
    (void)kf__quantity(before, &was);
    (void)kf__quantity(memory.value, &is);
    if (was != is)
        kf__check_error(check, KF_EINVAL, memory.place, memory.value,
            "the memory of a model that is deployed cannot be changed");
}

static void check_worker(const kf_check *check, const kf_service *old)
{
    if (kf_value_bool(kf_value_get(kf_service_spec(check->service), "disabled")) ||
        kf_value_get(kf_service_spec(old), "workerSpec") == NULL ||
        kf_value_get(kf_service_spec(check->service), "workerSpec") != NULL)
        return;
    kf__check_error(check, KF_EINVAL,
        KF__PLACE(KF__PLACE(check->root, "spec"), "workerSpec"),
        kf_service_spec(check->service),
        "the workerSpec of a runtime cannot be removed");
}

void kf__check_update(const kf_check *check, const kf_service *old)
{
    if (old->kind != check->service->kind ||
        strcmp(kf_service_name(old), kf_service_name(check->service)) != 0 ||
        strcmp(kf_service_namespace(old), kf_service_namespace(check->service)) != 0) {
        kf__check_error(check, KF_EINVAL, KF__PLACE(check->root, "metadata"), NULL,
            "the document is another than the %s '%.100s' that it is to change",
            kf_service_kind_name(old), kf_service_name(old));
        return;
    }
    switch (old->kind) {
    case KF_SERVICE_INFERENCE_SERVICE:
        check_mode(check, old);
        check_predictor(check, old);
        break;
    case KF_SERVICE_TRAINED_MODEL:
        check_memory(check, old);
        break;
    case KF_SERVICE_SERVING_RUNTIME:
    case KF_SERVICE_CLUSTER_SERVING_RUNTIME:
        check_worker(check, old);
        break;
    default:
        break;
    }
}
