/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to documents of serving. */
#include "serving/service.h"

#include <string.h>

#include "base/text.h"
#include "io/json.h"
#include "io/yaml.h"
#include "serving/service_schema.h"

/* ---- what a document is ---- */

typedef struct kind_row {
    const char *name;
    kf_service_kind kind;
    const char *version;
    const kf_field *fields;
} kind_row;

static const kind_row kinds[] = {
    {"InferenceService", KF_SERVICE_INFERENCE_SERVICE, KF__SERVING_GROUP "/v1beta1",
        kf__inference_service_fields},
    {"ServingRuntime", KF_SERVICE_SERVING_RUNTIME, KF__SERVING_GROUP "/v1alpha1",
        kf__serving_runtime_fields},
    {"ClusterServingRuntime", KF_SERVICE_CLUSTER_SERVING_RUNTIME,
        KF__SERVING_GROUP "/v1alpha1", kf__serving_runtime_fields},
    {"InferenceGraph", KF_SERVICE_INFERENCE_GRAPH, KF__SERVING_GROUP "/v1alpha1",
        kf__inference_graph_fields},
    {"TrainedModel", KF_SERVICE_TRAINED_MODEL, KF__SERVING_GROUP "/v1alpha1",
        kf__trained_model_fields},
    {"ClusterStorageContainer", KF_SERVICE_CLUSTER_STORAGE_CONTAINER,
        KF__SERVING_GROUP "/v1alpha1", kf__storage_container_fields},
};
#define KINDS (sizeof kinds / sizeof *kinds)

const kf_field *kf__service_fields(kf_service_kind kind)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].kind == kind)
            return kinds[i].fields;
    return NULL;
}

static kf_status fail(const kf_value *at, const kf_value *document, const char *where,
    const char *message)
{
    const kf_value *place = at != NULL ? at : document;
    return kf__fail_at(
        KF_EDOCUMENT, where, kf__line(place), kf__column(place), "%s", message);
}

/* Of a kind of KServe with another apiVersion than the one that is served. */
static kf_status fail_version(
    const kind_row *row, const kf_value *document, const kf_value *version)
{
    const char *given = kf_value_string(version);
    const kf_value *place = version != NULL ? version : document;
    int line = kf__line(place), column = kf__column(place);
    if (given == NULL)
        return kf__fail_at(KF_EDOCUMENT, "apiVersion", line, column,
            "the %s has no apiVersion: expected %s", row->name, row->version);
    if (kf__starts_with(given, "serving.kubeflow.org/") ||
        (kf__ends_with(given, "/v1alpha2") &&
            row->kind == KF_SERVICE_INFERENCE_SERVICE))
        return kf__fail_at(KF_EDOCUMENT, "apiVersion", line, column,
            "apiVersion '%.100s' of the %s is one of KFServing, which KServe no longer "
            "reads: expected %s%s",
            given, row->name, row->version,
            kf__ends_with(given, "/v1alpha2")
                ? "; what stood in spec.default stands in spec since then"
                : "");
    return kf__fail_at(KF_EDOCUMENT, "apiVersion", line, column,
        "apiVersion '%.100s' of the %s: expected %s", given, row->name, row->version);
}

/* A kind that nobody has, but that is near to one of KServe's in KServe's group. */
static const char *next_kind(const void *state, size_t index)
{
    (void)state;
    return index < KINDS ? kinds[index].name : NULL;
}

static kf_status check_other(const kf_value *document, const char *kind)
{
    static const char *const others[] = {"LLMInferenceService",
        "LLMInferenceServiceConfig", "LocalModelCache", "LocalModelNamespaceCache",
        "LocalModelNode", "LocalModelNodeGroup"};
    const kf_value *version = kf_value_get(document, "apiVersion");
    const char *given = kf_value_string(version);
    if (given == NULL)
        return fail(version, document, "apiVersion",
            "the document has no apiVersion: expected serving.kserve.io/v1beta1 for an "
            "InferenceService");
    if (!kf__starts_with(given, KF__SERVING_GROUP "/"))
        return KF_OK;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(kind, others[i]) == 0)
            return KF_OK;
    const kf_value *at = kf_value_get(document, "kind");
    return kf__fail_at(KF_EDOCUMENT, "kind", kf__line(at), kf__column(at),
        "KServe has no kind '%.100s'%s", kind,
        kf__hint_of(kind, next_kind, kinds).text);
}

kf_status kf__service_kind(const kf_value *document, kf_service_kind *out)
{
    const kf_value *kind = kf_value_get(document, "kind");
    const char *name = kf_value_string(kind);
    if (!kf__is(document, KF_KIND_STRUCT))
        return fail(NULL, document, "",
            "the document is no mapping: expected one with apiVersion and kind");
    if (name == NULL || *name == '\0')
        return fail(kind, document, "kind",
            "the document has no kind: expected InferenceService or another of "
            "KServe's "
            "or Kubernetes' kinds");
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].name, name) != 0)
            continue;
        const kf_value *version = kf_value_get(document, "apiVersion");
        *out = kinds[i].kind;
        return kf__equals_text(version, kinds[i].version)
                   ? KF_OK
                   : fail_version(&kinds[i], document, version);
    }
    *out = KF_SERVICE_OTHER;
    return check_other(document, name);
}

/* ---- one document ---- */

kf_status kf__service_refresh(kf_service *service, const kf_value *config)
{
    service->settings = kf__tree_copy(&service->tree, config);
    service->full = kf__tree_copy(&service->tree, service->typed);
    if (service->kind == KF_SERVICE_INFERENCE_SERVICE)
        kf__service_default(&service->tree, service->full, config);
    KF__TRY(kf__tree_status(&service->tree));
    return kf__service_view(service, service->settings);
}

static kf_status read_into(kf_service *service, const kf_value *document,
    const kf_value *config, const kf_place *root, kf_report *report)
{
    kf_tree *tree = &service->tree;
    KF__TRY(kf__service_kind(document, &service->kind));
    service->document = kf__tree_copy(tree, document);
    const kf_field *fields = kf__service_fields(service->kind);
    service->typed = fields == NULL
                         ? service->document
                         : kf__schema_read(tree, report, root, fields, document);
    KF__TRY(kf__tree_status(tree));
    return kf__service_refresh(service, config);
}

kf_status kf__service_read(const kf_value *document, const kf_value *config,
    const kf_place *root, kf_report *report, kf_service **out)
{
    kf_service *service = kf__calloc(1, sizeof *service);
    kf_report *own = NULL;
    if (service == NULL || (report == NULL && kf__report_new(&own) != KF_OK)) {
        kf__free(service);
        return kf__nomem();
    }
    kf_status status =
        read_into(service, document, config, root, report != NULL ? report : own);
    if (status == KF_OK && own != NULL)
        status = kf__report_fail_first(own);
    kf_report_free(own);
    if (status == KF_OK)
        *out = service;
    else
        kf_service_free(service);
    return status == KF_ENOMEM ? kf__nomem() : status;
}

/* ---- the documents of a text ---- */

/* A List stands for its items. */
static void add_documents(kf_tree *tree, kf_value *into, kf_value *from)
{
    for (size_t i = 0; i < kf_value_length(from); i++) {
        kf_value *document = kf__at(from, i);
        kf_value *items = kf__get(document, "items");
        const char *kind = kf__get_text(document, "kind");
        if (kind != NULL && kf__ends_with(kind, "List") && kf__is(items, KF_KIND_LIST))
            for (size_t k = 0; k < kf_value_length(items); k++)
                kf__push(tree, into, kf__at(items, k));
        else if (kf_value_kind(document) != KF_KIND_NULL)
            kf__push(tree, into, document);
    }
}

/* JSON has escapes that YAML lacks, but a flow mapping of YAML begins with a brace too.
 */
static kf_status read_text(
    kf_tree *tree, const char *text, size_t length, kf_value **out)
{
    size_t start = 0;
    while (start < length && memchr(" \t\r\n", text[start], 4) != NULL)
        start++;
    kf_value *document = NULL;
    if (start < length && (text[start] == '{' || text[start] == '[') &&
        kf__json_read(tree, text, length, &document) == KF_OK) {
        *out = kf__tree_list(tree);
        kf__push(tree, *out, document);
        return kf__tree_status(tree);
    }
    KF__TRY(kf__tree_status(tree));
    return kf__yaml_read_go(tree, text, length, out);
}

kf_status kf__service_documents(
    kf_tree *tree, const char *text, size_t length, kf_value **out)
{
    kf_value *documents = NULL;
    KF__TRY(read_text(tree, text, length, &documents));
    *out = kf__tree_list(tree);
    add_documents(tree, *out, documents);
    return kf__tree_status(tree);
}
