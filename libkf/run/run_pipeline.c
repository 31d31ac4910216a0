/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "run/run_handle.h"

static kf_status check_pipeline(const kf_pipeline *pipeline)
{
    kf_report *report = NULL;
    KF__TRY(kf_pipeline_check(pipeline, &report));
    kf_status status = kf__report_fail_first(report);
    kf_report_free(report);
    return status;
}

kf_status kf_run_start(kf_store *store, const kf_pipeline *pipeline,
    const kf_run_options *options, kf_run **out)
{
    KF__REQUIRE(store != NULL && pipeline != NULL && out != NULL);
    kf_value *spec = NULL, *platform = NULL;
    KF__TRY(check_pipeline(pipeline));
    KF__TRY(kf_pipeline_spec(pipeline, NULL, &spec));
    kf_status status = kf_pipeline_platform_spec(pipeline, NULL, &platform);
    if (status == KF_OK)
        status = kf__run_start(store, spec, platform, options, out);
    kf_value_free(spec);
    kf_value_free(platform);
    return status;
}
