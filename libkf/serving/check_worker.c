/* SPDX-License-Identifier: Apache-2.0 */
/* Models on several machines. */
#include "serving/check.h"

#include <string.h>

#include "base/text.h"

static void check_sizes(const kf_check *check, kf_part model)
{
    static const char *const names[][2] = {
        {"PIPELINE_PARALLEL_SIZE", "pipelineParallelSize"},
        {"TENSOR_PARALLEL_SIZE", "tensorParallelSize"}};
    for (size_t i = 0; i < 2; i++) {
        const kf_value *variable = kf__container_variable(model.value, names[i][0]);
        if (variable != NULL)
            kf__check_error(check, KF_EINVAL, KF__PLACE(model.place, "env"), variable,
                "%s is set from workerSpec.%s: leave it out here", names[i][0],
                names[i][1]);
    }
}

static void check_place(const kf_check *check, kf_part model)
{
    kf_part uri = KF__PART(model, "storageUri");
    const char *text = kf_value_string(uri.value);
    if (text == NULL)
        kf__check_error(check, KF_EMISSING, uri.place, model.value,
            "a model on several machines needs storageUri");
    else if (!kf__starts_with(text, "pvc://") && !kf__starts_with(text, "oci://"))
        kf__check_error(check, KF_EINVAL, uri.place, uri.value,
            "'%.200s': a model on several machines comes from pvc:// or oci://", text);
}

static void check_class(const kf_check *check)
{
    static const char name[] = KF__SERVING_GROUP "/autoscalerClass";
    const char *class = kf_service_annotation(check->service, name);
    if (class != NULL && strcmp(class, "none") == 0)
        return;
    const kf_place *metadata = KF__PLACE(check->root, "metadata");
    kf__check_error(check, KF_EINVAL,
        KF__PLACE(KF__PLACE(metadata, "annotations"), name), NULL,
        "a model on several machines does not scale: expected the annotation "
        "serving.kserve.io/autoscalerClass to be none, not '%.100s'",
        class != NULL ? class : "");
}

void kf__check_worker(const kf_check *check, kf_part predictor, kf_part model)
{
    kf_part worker = KF__PART(predictor, "workerSpec");
    kf_part containers = KF__PART(worker, "containers");
    const kf_value *annotations =
        kf_value_get(kf_value_get(check->service->full, "metadata"), "annotations");
    if (worker.value == NULL)
        return;
    if (kf_value_length(containers.value) > 1)
        kf__check_error(check, KF_EINVAL, containers.place, containers.value,
            "a workerSpec has one container, not %zu",
            kf_value_length(containers.value));
    if (model.value != NULL) {
        check_sizes(check, model);
        kf__check_gpus(check, model, annotations);
        check_place(check, model);
        check_class(check);
    }
    kf__check_least(check, worker, "pipelineParallelSize", 1);
    kf__check_least(check, worker, "tensorParallelSize", 1);
    for (size_t i = 0; i < kf_value_length(containers.value); i++)
        kf__check_gpus(check, KF__PART_AT(containers, i), annotations);
}
