/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from documents of serving. */
#include "services.h"

/* The document among the others, whose configuration counts; both the caller's. */
static kf_status read_among(const kf_value *document, const kf_value *documents,
    kf_services **out, const kf_service **found)
{
    kf_services *services = NULL;
    kf_status status = kf_services_new(&services);
    for (size_t i = 0; status == KF_OK && i <= kf_value_length(documents); i++) {
        kf_service *service = NULL;
        const kf_value *value =
            i < kf_value_length(documents) ? kf_value_at(documents, i) : document;
        status = kf_service_of_value(value, &service);
        if (status == KF_OK)
            status = kf_services_put(services, service);
        if (status == KF_OK && value == document)
            *found = kf_services_find(services, kf_service_kind_name(service),
                kf_service_namespace(service), kf_service_name(service));
        kf_service_free(service);
    }
    if (status == KF_OK)
        *out = services;
    else
        kf_services_free(services);
    return status;
}

PyObject *kf__py_service_full(const kf_value *document, const kf_value *documents)
{
    kf_services *services = NULL;
    const kf_service *service = NULL;
    kf_status status = read_among(document, documents, &services, &service);
    if (status != KF_OK)
        return kf__py_raise(status);
    PyObject *made = kf__py_value_out(kf_service_full(service));
    kf_services_free(services);
    return made;
}

static PyObject *logger_out(const kf_service_logger *logger)
{
    if (logger == NULL)
        Py_RETURN_NONE;
    return Py_BuildValue("{s:z,s:s,s:N,s:N,s:N,s:z,s:L,s:z}", "url", logger->url,
        "mode", logger->mode, "metadata_headers",
        kf__py_value_out(logger->metadata_headers), "metadata_annotations",
        kf__py_value_out(logger->metadata_annotations), "storage",
        kf__py_value_out(logger->storage), "marshaller_url", logger->marshaller_url,
        "batch_size", (long long)logger->batch_size, "batch_interval",
        logger->batch_interval);
}

static PyObject *batcher_out(const kf_service_batcher *batcher)
{
    if (batcher == NULL)
        Py_RETURN_NONE;
    return Py_BuildValue("{s:L,s:L,s:L}", "max_batch_size",
        (long long)batcher->max_batch_size, "max_latency",
        (long long)batcher->max_latency, "timeout", (long long)batcher->timeout);
}

static PyObject *percent_out(int64_t percent)
{
    if (percent < 0)
        Py_RETURN_NONE;
    return PyLong_FromLongLong(percent);
}

static PyObject *component_out(const kf_service_component *view)
{
    if (view == NULL)
        Py_RETURN_NONE;
    return Py_BuildValue("{s:z,s:z,s:z,s:z,s:z,s:s,s:z,s:N,s:N,s:N,s:N,s:i,s:i,s:z,s:i,"
                         "s:L,s:L,s:N,s:N,s:N,s:N}",
        "name", view->name, "format", view->format, "format_version",
        view->format_version, "runtime", view->runtime, "runtime_version",
        view->runtime_version, "protocol", view->protocol, "storage_uri",
        view->storage_uri, "storage_uris", kf__py_value_out(view->storage_uris),
        "storage", kf__py_value_out(view->storage), "container",
        kf__py_value_out(view->container), "transformer_container",
        kf__py_value_out(view->transformer_container), "min_replicas",
        (int)view->min_replicas, "max_replicas", (int)view->max_replicas,
        "scale_metric", view->scale_metric, "scale_target", (int)view->scale_target,
        "concurrency", (long long)view->concurrency, "timeout",
        (long long)view->timeout, "canary_percent", percent_out(view->canary_percent),
        "logger", logger_out(view->logger), "batcher", batcher_out(view->batcher),
        "spec", kf__py_value_out(view->spec));
}

static PyObject *canaries_out(const kf_service *service)
{
    size_t count = kf_service_canary_count(service);
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list != NULL && i < count; i++) {
        PyObject *item = component_out(kf_service_canary_at(service, i));
        if (item == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, item);
    }
    return list;
}

PyObject *kf__py_service_describe(const kf_value *document, const kf_value *documents)
{
    kf_services *services = NULL;
    const kf_service *service = NULL;
    kf_status status = read_among(document, documents, &services, &service);
    if (status != KF_OK)
        return kf__py_raise(status);
    PyObject *made =
        Py_BuildValue("{s:s,s:O,s:N,s:N,s:N,s:N}", "mode", kf_service_mode(service),
            "stopped", kf_service_is_stopped(service) ? Py_True : Py_False, "predictor",
            component_out(kf_service_component_of(service, KF_SERVICE_PREDICTOR)),
            "transformer",
            component_out(kf_service_component_of(service, KF_SERVICE_TRANSFORMER)),
            "explainer",
            component_out(kf_service_component_of(service, KF_SERVICE_EXPLAINER)),
            "canaries", canaries_out(service));
    kf_services_free(services);
    return made;
}

static PyObject *candidates_out(const kf_service_runtime *runtime)
{
    size_t count = kf_service_runtime_candidate_count(runtime);
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list != NULL && i < count; i++) {
        const kf_service_runtime_candidate *candidate =
            kf_service_runtime_candidate_at(runtime, i);
        PyObject *item = Py_BuildValue("{s:s,s:s,s:O,s:z}", "kind", candidate->kind,
            "name", candidate->name, "shipped",
            candidate->is_shipped ? Py_True : Py_False, "reason", candidate->reason);
        if (item == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, item);
    }
    return list;
}

PyObject *kf__py_service_select(const kf_value *document, const kf_value *documents,
    size_t canary, bool without_shipped)
{
    kf_services *services = NULL;
    const kf_service *service = NULL;
    kf_service_runtime *runtime = NULL;
    kf_service_runtime_options options = {
        .size = sizeof options, .canary = canary, .without_shipped = without_shipped};
    kf_status status = read_among(document, documents, &services, &service);
    if (status == KF_OK)
        status = kf_service_runtime_select(service, services, &options, &runtime);
    kf_services_free(services);
    if (status != KF_OK)
        return kf__py_raise(status);
    PyObject *made = Py_BuildValue("{s:z,s:z,s:z,s:N,s:N,s:z,s:z,s:N}", "kind",
        kf_service_runtime_kind(runtime), "name", kf_service_runtime_name(runtime),
        "protocol", kf_service_runtime_protocol(runtime), "spec",
        kf__py_value_out(kf_service_runtime_spec(runtime)), "container",
        kf__py_value_out(kf_service_runtime_container(runtime)), "failure",
        kf_service_runtime_failure(runtime), "message",
        kf_service_runtime_message(runtime), "candidates", candidates_out(runtime));
    kf_service_runtime_free(runtime);
    return made;
}
