/* SPDX-License-Identifier: Apache-2.0 */
/* What stands before a component: the agent of KServe. */
#include <string.h>

#include "serving/backend_batch.h"
#include "serving/backend_log.h"
#include "serving/launch.h"
#include "serving/scale.h"
#include "serving/service.h"

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

/* A member of the configuration of KServe's loggers. */
static const char *standard(const kf_launch *launch, const char *name)
{
    return kf_value_string(kf_services_setting(launch->documents, "logger", name));
}

static const char *account_of(const kf_service_logger *logger)
{
    const char *name = kf__get_text(logger->storage, "serviceAccountName");
    return name != NULL && *name != '\0' ? name : "logger-sa";
}

/* How records are kept. What the service does not say the configuration does. */
static kf_status take_store(
    const kf_launch *launch, kf_tree *tree, kf_log_options *options)
{
    const kf_service_logger *logger = launch->component->logger;
    const char *interval = logger->batch_interval != NULL
                               ? logger->batch_interval
                               : standard(launch, "batchInterval");
    options->store_path = kf__get_text(logger->storage, "path");
    options->store_format =
        kf__get_text(kf_value_get(logger->storage, "parameters"), "format");
    options->marshaller_url = logger->marshaller_url != NULL
                                  ? logger->marshaller_url
                                  : standard(launch, "marshallerUrl");
    options->batch_size = logger->batch_size > 1
                              ? logger->batch_size
                              : kf_value_int(kf_services_setting(
                                    launch->documents, "logger", "batchSize"));
    double seconds = interval != NULL ? kf__scale_seconds(interval, -1) : 0;
    if (seconds < 0)
        return kf__fail(KF_EINVAL, "logger.batchInterval",
            "'%.100s' is no duration: expected one as 10s or 1m30s", interval);
    options->batch_interval_ms = (int64_t)(seconds * 1000);
    return options->store_path != NULL
               ? kf__launch_logger_env(launch, tree, account_of(logger), &options->env)
               : KF_OK;
}

static kf_status open_logger(
    const kf_launch *launch, kf_tree *tree, kf_backend *inner, kf_backend **out)
{
    const kf_service_logger *logger = launch->component->logger;
    size_t count = kf_value_length(logger->metadata_headers);
    const char **headers = kf__arena_alloc(&tree->arena, (count + 1) * sizeof *headers);
    for (size_t i = 0; headers != NULL && i < count; i++)
        headers[i] = kf_value_string(kf_value_at(logger->metadata_headers, i));
    const char *usual = standard(launch, "defaultUrl");
    kf_log_options options = {.url = logger->url != NULL ? logger->url
                                     : usual != NULL     ? usual
                                                         : "",
        .mode = logger->mode,
        .source = launch->revision,
        .service = kf_service_name(launch->service),
        .name_space = kf_service_namespace(launch->service),
        .component = kf__role_name(launch->component->role),
        .headers = headers,
        .header_count = headers != NULL ? count : 0,
        .annotations = annotations_of(launch, tree),
        .certificate = standard(launch, "caCertFile"),
        .insecure = kf_value_bool(
            kf_services_setting(launch->documents, "logger", "tlsSkipVerify"))};
    kf_status status = take_store(launch, tree, &options);
    if (status == KF_OK)
        return kf__backend_log(inner, &options, out);
    kf__backend_free(inner);
    return status;
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

kf_status kf__launch_agent(const kf_launch *launch, kf_launched *out)
{
    KF__TRY(add_batcher(launch, out));
    return add_logger(launch, out);
}
