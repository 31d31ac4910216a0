/* SPDX-License-Identifier: Apache-2.0 */
/* An InferenceService: inference_service_validation.go, and what it forgets. */
#include "serving/check.h"

#include <string.h>

kf_part kf__check_model(const kf_check *check, kf_part predictor, kf_place *place)
{
    const kf_value *written =
        kf_value_get(kf_value_get(check->service->typed, "spec"), "predictor");
    *place = (kf_place){.up = predictor.place, .name = "model"};
    for (size_t i = 0; kf__frameworks[i] != NULL; i++) {
        if (kf_value_get(written, kf__frameworks[i]) == NULL)
            continue;
        place->name = kf__frameworks[i];
        break;
    }
    return (kf_part){kf_value_get(predictor.value, "model"), place};
}

static void check_annotations(const kf_check *check, kf_part metadata)
{
    static const char *const classes[] = {"hpa", "external", "keda", "none"};
    static const char *const modes[] = {"Standard", "Knative", "ModelMesh"};
    kf_part annotations = KF__PART(metadata, "annotations");
    kf_part class = KF__PART(annotations, KF__SERVING_GROUP "/autoscalerClass");
    kf_part mode = KF__PART(annotations, KF__ANNOTATION_MODE);
    const char *text = kf_value_string(class.value);
    bool known = false;
    for (size_t i = 0; text != NULL && i < 4; i++)
        known = known || strcmp(text, classes[i]) == 0;
    if (text != NULL && !known)
        kf__check_error(check, KF_EINVAL, class.place, class.value,
            "autoscaler class '%.100s': expected hpa, external, keda or none%s", text,
            strcmp(text, "kpa") == 0 ? "; Knative's own needs no annotation" : "");
    text = kf_value_string(mode.value);
    known = false;
    for (size_t i = 0; text != NULL && i < 3; i++)
        known = known || strcmp(text, modes[i]) == 0;
    if (text != NULL && !known)
        kf__check_warning(check, KF_EINVAL, mode.place, mode.value,
            "deployment mode '%.100s' is none of Standard, Knative and ModelMesh: %s "
            "counts",
            text, kf_service_mode(check->service));
}

static void check_blocked(const kf_check *check, kf_part component)
{
    kf_part worker = KF__PART(component, "workerSpec");
    kf__check_environment(check, KF__PART(component, "containers"));
    kf__check_environment(check, KF__PART(component, "initContainers"));
    kf__check_environment(check, KF__PART(worker, "containers"));
    kf__check_environment(check, KF__PART(worker, "initContainers"));
    kf__check_variables(check, KF__PART(component, "art"));
    for (size_t i = 0; kf__frameworks[i] != NULL; i++)
        kf__check_variables(check, KF__PART(component, kf__frameworks[i]));
}

static void check_collocated(const kf_check *check, kf_part predictor)
{
    kf_part containers = KF__PART(predictor, "containers");
    for (size_t i = 0; i < kf_value_length(containers.value); i++) {
        kf_part container = KF__PART_AT(containers, i);
        if (kf__equals_text(
                kf_value_get(container.value, "name"), KF__TRANSFORMER_CONTAINER) &&
            kf__container_variable(container.value, "STORAGE_URI") != NULL)
            kf__check_error(check, KF_EINVAL, KF__PLACE(container.place, "env"),
                container.value,
                "a transformer beside the predictor has no storage of its own: "
                "STORAGE_URI belongs to the predictor's container");
    }
}

static bool is_protocol(const char *text)
{
    static const char *const names[] = {"v1", "v2", "grpc-v1", "grpc-v2"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0)
            return true;
    return false;
}

static void check_protocol(const kf_check *check, kf_part model)
{
    kf_part protocol = KF__PART(model, "protocolVersion");
    const char *text = kf_value_string(protocol.value);
    if (text != NULL && *text != '\0' && !is_protocol(text))
        kf__check_error(check, KF_EINVAL, protocol.place, protocol.value,
            "protocol '%.100s': expected v1, v2, grpc-v1 or grpc-v2", text);
}

static void check_model(const kf_check *check, kf_part model)
{
    kf_part name = KF__PART(model, "name");
    if (model.value == NULL)
        return;
    if (kf__service_given(model.value, "name") != NULL)
        kf__check_error(check, KF_EINVAL, name.place, name.value,
            "a model's container has no name of its own: leave it out");
    if (kf__service_given(kf_value_get(model.value, "modelFormat"), "name") == NULL)
        kf__check_error(check, KF_EMISSING, KF__PLACE(model.place, "modelFormat"),
            model.value, "the model needs the name of its format");
    check_protocol(check, model);
}

static bool is_asked_soundly(const kf_check *check, const kf_value *model)
{
    const char *protocol = kf__service_given(model, "protocolVersion");
    return kf__service_given(kf_value_get(model, "modelFormat"), "name") != NULL &&
           (protocol == NULL || is_protocol(protocol)) &&
           strcmp(kf_service_mode(check->service), "ModelMesh") != 0;
}

/* A cluster may have runtimes of its own; one that the model names is such a one. */
static void check_format(const kf_check *check, kf_part model)
{
    kf_part name = KF__PART(KF__PART(model, "modelFormat"), "name");
    kf_service_runtime *runtime = NULL;
    if (!is_asked_soundly(check, model.value) ||
        kf__service_given(model.value, "runtime") != NULL)
        return;
    if (strcmp(model.place->name, "model") != 0)
        name = model; /* The format is the name of the key. */
    if (kf_service_runtime_select(check->service, check->services, NULL, &runtime) !=
        KF_OK)
        kf__report_add_last(check->report);
    else if (kf_service_runtime_name(runtime) == NULL)
        kf__check_warning(check, KF_ENOENT, name.place, name.value,
            "of the runtimes here and those that KServe ships, %s",
            kf_service_runtime_message(runtime));
    kf_service_runtime_free(runtime);
}

/* ModelMesh leaves frameworks as they are. */
static void check_framework_names(const kf_check *check, kf_part predictor)
{
    for (size_t i = 0; kf__frameworks[i] != NULL; i++) {
        kf_part framework = KF__PART(predictor, kf__frameworks[i]);
        if (kf__service_given(framework.value, "name") != NULL)
            kf__check_error(check, KF_EINVAL, KF__PLACE(framework.place, "name"),
                framework.value,
                "a model's container has no name of its own: leave it out");
    }
}

/* The document says of a canary share what only Knative heeds. */
static void check_share(const kf_check *check, kf_part component)
{
    kf_part share = KF__PART(component, "canaryTrafficPercent");
    int64_t percent = kf_value_int(share.value);
    if (share.value == NULL)
        return;
    if (percent < 0 || percent > 100)
        kf__check_error(check, KF_EINVAL, share.place, share.value,
            "canaryTrafficPercent is %lld: expected 0 to 100", (long long)percent);
    else if (strcmp(kf_service_mode(check->service), "Standard") == 0)
        kf__check_warning(check, KF_EINVAL, share.place, share.value,
            "KServe ignores canaryTrafficPercent in the mode Standard: expected "
            "spec.canary there");
}

static void check_predictor(const kf_check *check, kf_part predictor)
{
    kf_place place;
    kf_part model = kf__check_model(check, predictor, &place);
    check_collocated(check, predictor);
    kf__check_variables(check, model);
    check_model(check, model);
    check_format(check, model);
    check_framework_names(check, predictor);
    kf__check_worker(check, predictor, model);
    kf__check_confidential(check, predictor, model);
}

void kf__check_inference_service(const kf_check *check)
{
    kf_part document = {check->service->full, check->root};
    kf_part spec = KF__PART(document, "spec");
    const kf_value *written = kf_value_get(check->service->typed, "spec");
    check_annotations(check, KF__PART(document, "metadata"));
    check_predictor(check, KF__PART(spec, "predictor"));
    for (int i = KF_SERVICE_PREDICTOR; i <= KF_SERVICE_EXPLAINER; i++) {
        const char *name = kf__role_name((kf_service_role)i);
        kf_part component = KF__PART(spec, name);
        if (component.value == NULL)
            continue;
        check_blocked(check, component);
        kf__check_storage(check, (kf_service_role)i, component);
        kf__check_component(
            check, (kf_service_role)i, component, kf_value_get(written, name));
        kf__check_extensions(check, component);
        kf__check_scaling(check, component);
        check_share(check, component);
    }
    kf__check_canaries(check, spec);
}
