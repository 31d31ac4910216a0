/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of serving: making, ending, and what is asked of them. */
#include "serving/service.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"

static kf_status load_one(
    kf_tree *tree, const char *text, size_t length, kf_service **out)
{
    kf_value *documents = NULL;
    KF__TRY(kf__service_documents(tree, text, length, &documents));
    const kf_value *second = kf_value_at(documents, 1);
    if (kf_value_length(documents) == 0)
        return kf__fail_at(KF_EDOCUMENT, "", 1, 1,
            "the text holds no document: expected an InferenceService");
    if (second != NULL)
        return kf__fail_at(KF_EDOCUMENT, "", kf__line(second), kf__column(second),
            "the text holds %zu documents: expected one", kf_value_length(documents));
    const kf_value *config = kf__service_config(tree, NULL, NULL);
    KF__TRY(kf__tree_status(tree));
    return kf__service_read(kf_value_at(documents, 0), config, NULL, NULL, out);
}

kf_status kf_service_load(const char *text, size_t length, kf_service **out)
{
    KF__REQUIRE(text != NULL && out != NULL);
    kf_tree tree = KF__TREE_INIT;
    kf_status status = load_one(&tree, text, length, out);
    kf__tree_finish(&tree);
    return status;
}

kf_status kf_service_of_value(const kf_value *document, kf_service **out)
{
    KF__REQUIRE(document != NULL && out != NULL);
    kf_tree tree = KF__TREE_INIT;
    const kf_value *config = kf__service_config(&tree, NULL, NULL);
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK)
        status = kf__service_read(document, config, NULL, NULL, out);
    kf__tree_finish(&tree);
    return status;
}

kf_status kf_service_dup(const kf_service *service, kf_service **out)
{
    KF__REQUIRE(service != NULL && out != NULL);
    kf_service *made = kf__calloc(1, sizeof *made);
    if (made == NULL)
        return kf__nomem();
    made->kind = service->kind;
    made->document = kf__tree_copy(&made->tree, service->document);
    made->typed = kf__tree_copy(&made->tree, service->typed);
    made->full = kf__tree_copy(&made->tree, service->full);
    made->settings = kf__tree_copy(&made->tree, service->settings);
    kf_status status = kf__tree_status(&made->tree);
    if (status == KF_OK)
        status = kf__service_view(made, made->settings);
    if (status == KF_OK)
        *out = made;
    else
        kf_service_free(made);
    return status;
}

void kf_service_free(kf_service *service)
{
    if (service == NULL)
        return;
    kf__tree_finish(&service->tree);
    kf__free(service);
}

/* ---- what is asked of them ---- */

static const kf_value *metadata(const kf_service *service)
{
    return service == NULL ? NULL : kf_value_get(service->full, "metadata");
}

static bool is_of_cluster(const kf_service *service)
{
    static const char *const kinds[] = {"ClusterServingRuntime",
        "ClusterStorageContainer", "LocalModelCache", "LocalModelNode",
        "LocalModelNodeGroup", "Namespace", "PersistentVolume", "ClusterRole",
        "ClusterRoleBinding", "StorageClass"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kf_service_kind_name(service), kinds[i]) == 0)
            return true;
    return false;
}

kf_service_kind kf_service_what(const kf_service *service)
{
    return service == NULL ? KF_SERVICE_OTHER : service->kind;
}

const char *kf_service_kind_name(const kf_service *service)
{
    const char *kind = service == NULL ? NULL : kf__get_text(service->full, "kind");
    return kind != NULL ? kind : "";
}

const char *kf_service_name(const kf_service *service)
{
    const char *name = kf__service_given(metadata(service), "name");
    if (name == NULL)
        name = kf__service_given(metadata(service), "generateName");
    return name != NULL ? name : "";
}

const char *kf_service_namespace(const kf_service *service)
{
    const char *name = kf__service_given(metadata(service), "namespace");
    if (service == NULL || is_of_cluster(service))
        return "";
    return name != NULL ? name : "default";
}

const char *kf_service_annotation(const kf_service *service, const char *name)
{
    return name == NULL
               ? NULL
               : kf__get_text(kf_value_get(metadata(service), "annotations"), name);
}

const char *kf_service_label(const kf_service *service, const char *name)
{
    return name == NULL ? NULL
                        : kf__get_text(kf_value_get(metadata(service), "labels"), name);
}

const kf_value *kf_service_document(const kf_service *service)
{
    return service == NULL ? NULL : service->document;
}

const kf_value *kf_service_full(const kf_service *service)
{
    return service == NULL ? NULL : service->full;
}

const kf_value *kf_service_spec(const kf_service *service)
{
    return kf_value_get(kf_service_full(service), "spec");
}

const char *kf_service_mode(const kf_service *service)
{
    return service == NULL ? "Knative" : service->mode;
}

bool kf_service_is_stopped(const kf_service *service)
{
    const char *stop = kf_service_annotation(service, KF__SERVING_GROUP "/stop");
    return stop != NULL && strcasecmp(stop, "true") == 0;
}

const kf_service_component *kf_service_component_of(
    const kf_service *service, kf_service_role role)
{
    if (service == NULL || (int)role < 0 || role > KF_SERVICE_EXPLAINER ||
        !service->components[role].is_given)
        return NULL;
    return &service->components[role].component;
}

size_t kf_service_canary_count(const kf_service *service)
{
    return service == NULL ? 0 : service->canary_count;
}

const kf_service_component *kf_service_canary_at(
    const kf_service *service, size_t index)
{
    return index < kf_service_canary_count(service)
               ? &service->canaries[index].component
               : NULL;
}
