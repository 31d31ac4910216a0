/* SPDX-License-Identifier: Apache-2.0 */
/* TrainedModels: trainedmodel_webhook.go. Storage containers. */
#include "serving/check.h"

#include <string.h>

#include "base/text.h"
#include "io/regex.h"

static void check_parent(const kf_check *check, kf_part spec)
{
    kf_part name = KF__PART(spec, "inferenceService");
    const char *text = kf__service_given(spec.value, "inferenceService");
    bool any = false;
    for (size_t i = 0; i < kf_services_count(check->services); i++)
        any = any ||
              kf_services_at(check->services, i)->kind == KF_SERVICE_INFERENCE_SERVICE;
    if (any && text != NULL &&
        kf_services_find(check->services, "InferenceService",
            kf_service_namespace(check->service), text) == NULL)
        kf__check_warning(check, KF_ENOENT, name.place, name.value,
            "there is no InferenceService '%.100s' here, in namespace %.100s", text,
            kf_service_namespace(check->service));
}

void kf__check_trained_model(const kf_check *check)
{
    static const char *const schemes[] = {"s3://", "gs://", "https://", "http://"};
    kf_part document = {check->service->full, check->root};
    kf_part spec = KF__PART(document, "spec");
    kf_part model = KF__PART(spec, "model");
    kf_part uri = KF__PART(model, "storageUri");
    const char *text = kf_value_string(uri.value);
    bool known = false;
    for (size_t i = 0; text != NULL && i < 4; i++)
        known = known || kf__starts_with(text, schemes[i]);
    if (text != NULL && !known)
        kf__check_error(check, KF_EINVAL, uri.place, uri.value,
            "storageUri '%.200s': expected one of s3, gs, https and http", text);
    if (strchr(kf_service_name(check->service), '.') != NULL)
        kf__check_error(check, KF_EINVAL,
            KF__PLACE(KF__PLACE(check->root, "metadata"), "name"),
            kf_value_get(kf_value_get(document.value, "metadata"), "name"),
            "'%.100s' is no name of a TrainedModel: it may hold no '.'",
            kf_service_name(check->service));
    check_parent(check, spec);
}

void kf__check_storage_container(const kf_check *check)
{
    kf_part document = {check->service->full, check->root};
    kf_part spec = KF__PART(document, "spec");
    kf_part formats = KF__PART(spec, "supportedUriFormats");
    for (size_t i = 0; i < kf_value_length(formats.value); i++) {
        kf_part format = KF__PART_AT(formats, i);
        kf_part pattern = KF__PART(format, "regex");
        const char *text = kf__service_given(format.value, "regex");
        kf_regex *regex = NULL;
        if (kf__service_given(format.value, "prefix") == NULL && text == NULL)
            kf__check_error(check, KF_EMISSING, format.place, format.value,
                "the format needs a prefix or a regex");
        if (text != NULL && kf__regex_new(text, &regex) != KF_OK)
            kf__find_last(check->report, pattern.place, pattern.value);
        kf__regex_free(regex);
    }
}
