/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/launch.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "serving/backend_model.h"
#include "serving/storage.h"

/* KServe's name of a format, and libkf's reader of it. */
static const char *reader_of(const char *format)
{
    if (format == NULL)
        return NULL;
    if (strcmp(format, "xgboost") == 0 || strcmp(format, "lightgbm") == 0)
        return format;
    return strcmp(format, "sklearn") == 0 ? "numbers" : NULL;
}

static kf_status open_model(const kf_launch *launch, const char *path, kf_launched *out)
{
    const char *format = reader_of(launch->component->format);
    kf_model *model = NULL;
    KF__TRY(
        kf_model_open(path, KF_OPTIONS(kf_model_options, .format = format), &model));
    return kf__backend_of_model(kf_service_name(launch->service), model, &out->backend);
}

kf_status kf__launch(void *payload, const kf_launch *launch, kf_launched *out,
    kf_launch_failure *failure)
{
    (void)payload;
    const char *uri = launch->component->storage_uri;
    char *path = NULL;
    if (reader_of(launch->component->format) == NULL) {
        failure->reason = "NoSupportingRuntime";
        return kf__fail(KF_EUNSUPPORTED, launch->revision,
            "no runtime here for models of the format '%s'",
            launch->component->format ? launch->component->format : "none");
    }
    if (uri == NULL)
        return kf__fail(
            KF_EMISSING, launch->revision, "the predictor has no storageUri");
    kf_storage_options options = {.home = launch->home, .cancel = launch->cancel};
    KF__TRY(kf__storage_fetch(uri, &options, &path));
    kf_status status = open_model(launch, path, out);
    kf__free(path);
    return status;
}
