/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/launch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "serving/backend_batch.h"
#include "serving/backend_log.h"
#include "serving/backend_model.h"
#include "serving/model.h"
#include "serving/service.h"
#include "serving/storage.h"

/* ---- the model's files ---- */

static const kf_value *secret_of(const kf_launch *launch)
{
    const kf_service *secret = kf_services_find(launch->documents, "Secret",
        kf_service_namespace(launch->service), "storage-config");
    const kf_value *document = secret != NULL ? kf_service_document(secret) : NULL;
    const kf_value *plain = kf_value_get(document, "stringData");
    return plain != NULL ? plain : kf_value_get(document, "data");
}

kf_status kf__launch_fetch(const kf_launch *launch, char **path)
{
    const kf_service_component *component = launch->component;
    kf_storage_options options = {.home = launch->home, .cancel = launch->cancel};
    kf_tree tree = KF__TREE_INIT;
    kf_storage_spec spec = {.uri = component->storage_uri};
    kf_status status = KF_OK;
    *path = NULL;
    if (spec.uri == NULL && component->storage != NULL)
        status =
            kf__storage_resolve(&tree, component->storage, secret_of(launch), &spec);
    if (spec.uri == NULL && kf_value_length(component->storage_uris) > 0)
        spec.uri = kf__get_text(kf_value_at(component->storage_uris, 0), "uri");
    options.env = spec.env;
    if (status == KF_OK && spec.uri != NULL)
        status = kf__storage_fetch(spec.uri, &options, path);
    kf__tree_finish(&tree);
    return status;
}

/* ---- models ---- */

/* KServe's name of a format, and libkf's reader of it; NULL: none. */
static const char *reader_of(const char *format)
{
    if (strcmp(format, "xgboost") == 0 || strcmp(format, "lightgbm") == 0)
        return format;
    return strcmp(format, "sklearn") == 0 ? "numbers" : NULL;
}

/* As KServe's server of scikit-learn: with PREDICT_PROBA=true models that have
 * probabilities answer with them. */
static bool wants_probabilities(const kf_launch *launch)
{
    const kf_value *list = kf_value_get(launch->component->container, "env");
    bool wanted = false;
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const char *name = kf__get_text(kf_value_at(list, i), "name");
        const char *value = kf__get_text(kf_value_at(list, i), "value");
        if (name != NULL && value != NULL && strcmp(name, "PREDICT_PROBA") == 0)
            wanted = strcasecmp(value, "true") == 0;
    }
    return wanted;
}

static kf_status open_numbers(const kf_launch *launch, const char *path, kf_model **out)
{
    if (wants_probabilities(launch)) {
        kf_status status = kf_model_open(path,
            KF_OPTIONS(
                kf_model_options, .format = "numbers", .method = "predict_proba"),
            out);
        if (status != KF_EUNSUPPORTED)
            return status;
    }
    return kf_model_open(path, KF_OPTIONS(kf_model_options, .format = "numbers"), out);
}

/* With the reader in C; KF_EUNSUPPORTED: it is for Python. */
static kf_status open_here(const kf_launch *launch, const char *path, kf_launched *out)
{
    const char *format = reader_of(launch->component->format);
    char *file = NULL;
    kf_model *model = NULL;
    if (format == NULL || path == NULL)
        return KF_EUNSUPPORTED;
    if (strcmp(format, "numbers") == 0) {
        if (kf__model_file(path, format, &file) != KF_OK)
            return KF_EUNSUPPORTED;
        bool is_own = strstr(file, ".kfm") != NULL;
        kf__free(file);
        if (!is_own)
            return KF_EUNSUPPORTED;
    }
    KF__TRY(strcmp(format, "numbers") == 0
                ? open_numbers(launch, path, &model)
                : kf_model_open(
                      path, KF_OPTIONS(kf_model_options, .format = format), &model));
    KF__TRY(
        kf__backend_of_model(kf_service_name(launch->service), model, &out->backend));
    if (kf__backend_model_measure(out->backend, launch->metrics) == KF_OK)
        return KF_OK;
    kf__backend_free(out->backend);
    out->backend = NULL;
    return KF_ENOMEM;
}

static kf_status open_in_python(const kf_launch *launch, const char *path,
    kf_launched *out, kf_launch_failure *failure)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *what = kf__tree_struct(&tree);
    kf__put_text(&tree, what, "format", launch->component->format);
    kf_status status = kf__launch_workers(launch, &tree, what, path, out, failure);
    kf__tree_finish(&tree);
    return status;
}

static kf_status launch_model(
    const kf_launch *launch, kf_launched *out, kf_launch_failure *failure)
{
    char *path = NULL;
    KF__TRY(kf__launch_fetch(launch, &path));
    kf_status status =
        path == NULL
            ? kf__fail(KF_EMISSING, launch->revision,
                  "the predictor says no place of its model: expected storageUri "
                  "or storage")
            : open_here(launch, path, out);
    if (status == KF_EUNSUPPORTED)
        status = open_in_python(launch, path, out, failure);
    kf__free(path);
    return status;
}

static kf_status select_runtime(
    const kf_launch *launch, kf_launched *out, kf_launch_failure *failure)
{
    kf_service_runtime *runtime = NULL;
    KF__TRY(
        kf_service_runtime_select(launch->service, launch->documents, NULL, &runtime));
    static const char *const reasons[] = {"NoSupportingRuntime", "RuntimeNotRecognized",
        "RuntimeDisabled", "InvalidPredictorSpec"};
    const char *fault = kf_service_runtime_failure(runtime);
    kf_status status = KF_OK;
    if (fault != NULL) {
        for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
            if (strcmp(fault, reasons[i]) == 0)
                failure->reason = reasons[i];
        status = kf__fail(KF_EUNSUPPORTED, launch->revision, "%s",
            kf_service_runtime_message(runtime));
    } else {
        const char *kind = kf_service_runtime_kind(runtime);
        (void)snprintf(
            out->runtime, sizeof out->runtime, "%s", kf_service_runtime_name(runtime));
        out->is_cluster_runtime =
            kind != NULL && strcmp(kind, "ClusterServingRuntime") == 0;
    }
    kf_service_runtime_free(runtime);
    return status;
}

/* ---- what stands before it: the agent of KServe ---- */

static kf_status add_batcher(const kf_launch *launch, kf_launched *out)
{
    const kf_service_batcher *batcher = launch->component->batcher;
    kf_backend *inner = out->backend;
    if (batcher == NULL)
        return KF_OK;
    out->backend = NULL;
    return kf__backend_batch(
        inner, batcher->max_batch_size, batcher->max_latency, &out->backend);
}

/* The annotations of the service that the logger asks for, as JSON. */
static const char *annotations_of(const kf_launch *launch, kf_tree *tree)
{
    const kf_value *names = launch->component->logger->metadata_annotations;
    kf_value *found = kf__tree_struct(tree);
    kf_buf text = KF__BUF_INIT;
    if (kf_value_length(names) == 0)
        return NULL;
    for (size_t i = 0; i < kf_value_length(names); i++) {
        const char *name = kf_value_string(kf_value_at(names, i));
        const char *value =
            name != NULL ? kf_service_annotation(launch->service, name) : NULL;
        if (value != NULL)
            kf__put_text(tree, found, name, value);
    }
    kf__put_json(&text, found, KF_JSON_COMPACT);
    const char *copy = kf__arena_strdup(&tree->arena, kf__buf_text(&text));
    kf__buf_finish(&text);
    return copy;
}

static kf_status open_logger(
    const kf_launch *launch, kf_tree *tree, kf_backend *inner, kf_backend **out)
{
    const kf_service_logger *logger = launch->component->logger;
    size_t count = kf_value_length(logger->metadata_headers);
    const char **headers = kf__arena_alloc(&tree->arena, (count + 1) * sizeof *headers);
    for (size_t i = 0; headers != NULL && i < count; i++)
        headers[i] = kf_value_string(kf_value_at(logger->metadata_headers, i));
    const char *standard =
        kf_value_string(kf_services_setting(launch->documents, "logger", "defaultUrl"));
    kf_log_options options = {.url = logger->url != NULL ? logger->url
                                     : standard != NULL  ? standard
                                                         : "",
        .mode = logger->mode,
        .source = launch->revision,
        .service = kf_service_name(launch->service),
        .name_space = kf_service_namespace(launch->service),
        .component = kf__role_name(launch->component->role),
        .headers = headers,
        .header_count = headers != NULL ? count : 0,
        .annotations = annotations_of(launch, tree)};
    return kf__backend_log(inner, &options, out);
}

static kf_status add_logger(const kf_launch *launch, kf_launched *out)
{
    kf_tree tree = KF__TREE_INIT;
    kf_backend *inner = out->backend;
    if (launch->component->logger == NULL)
        return KF_OK;
    out->backend = NULL;
    kf_status status = open_logger(launch, &tree, inner, &out->backend);
    kf__tree_finish(&tree);
    return status;
}

static kf_status launch_bare(
    const kf_launch *launch, kf_launched *out, kf_launch_failure *failure)
{
    if (launch->component->format == NULL)
        return kf__launch_container(launch, out, failure);
    KF__TRY(select_runtime(launch, out, failure));
    out->concurrency = (size_t)launch->component->concurrency;
    return launch_model(launch, out, failure);
}

kf_status kf__launch(void *payload, const kf_launch *launch, kf_launched *out,
    kf_launch_failure *failure)
{
    (void)payload;
    KF__TRY(launch_bare(launch, out, failure));
    KF__TRY(add_batcher(launch, out));
    return add_logger(launch, out);
}
