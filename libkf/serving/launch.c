/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/launch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "serving/backend_model.h"
#include "serving/model.h"
#include "serving/service.h"

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

static kf_status open_in_python(const kf_launch *launch, kf_tree *tree,
    const char *path, kf_launched *out, kf_launch_failure *failure)
{
    kf_value *what = kf__tree_struct(tree);
    kf__put_text(tree, what, "format", launch->component->format);
    return kf__launch_workers(launch, tree, what, path, out, failure);
}

static kf_status launch_model(
    const kf_launch *launch, kf_launched *out, kf_launch_failure *failure)
{
    char *path = NULL;
    kf_tree tree = KF__TREE_INIT;
    kf_value *places = NULL;
    kf_status status = kf__launch_fetch(launch, &tree, &places, &path, &out->lease);
    if (status == KF_OK && path == NULL)
        status = kf__fail(KF_EMISSING, launch->revision,
            "the predictor says no place of its model, and no TrainedModel names it: "
            "expected storageUri or storage");
    if (status == KF_OK) {
        status = open_here(launch, path, out);
        if (status == KF_EUNSUPPORTED)
            status = open_in_python(launch, &tree, path, out, failure);
    }
    kf__tree_finish(&tree);
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

/* ---- TrainedModels ---- */

typedef struct shelf {
    kf_backend backend;
    kf_backend *models;
} shelf;

static void shelf_serve(kf_backend *self, kf_call *call)
{
    kf__serve(((shelf *)self)->models, call);
}

static void shelf_free(kf_backend *self)
{
    kf__free(self);
}

kf_status kf__launch_models(const kf_launch *launch, kf_launched *out)
{
    static const kf_backend_table table = {shelf_serve, shelf_free};
    shelf *made = kf__calloc(1, sizeof *made);
    if (made == NULL)
        return kf__nomem();
    *made = (shelf){{&table}, launch->models};
    out->backend = &made->backend;
    return KF_OK;
}

/* ---- all of it ---- */

static kf_status launch_bare(
    const kf_launch *launch, kf_launched *out, kf_launch_failure *failure)
{
    if (launch->component->format == NULL)
        return kf__launch_container(launch, out, failure);
    KF__TRY(select_runtime(launch, out, failure));
    if (launch->models != NULL)
        return kf__launch_models(launch, out);
    out->concurrency = (size_t)launch->component->concurrency;
    return launch_model(launch, out, failure);
}

kf_status kf__launch(void *payload, const kf_launch *launch, kf_launched *out,
    kf_launch_failure *failure)
{
    (void)payload;
    KF__TRY(launch_bare(launch, out, failure));
    return launch->models != NULL ? KF_OK /* Each model has its own. */
                                  : kf__launch_agent(launch, out);
}

bool kf__speaks_v2(const kf_service_component *component)
{
    const char *protocol = component != NULL ? component->protocol : NULL;
    return protocol != NULL &&
           (strcmp(protocol, "v2") == 0 || strcmp(protocol, "grpc-v2") == 0);
}
