/* SPDX-License-Identifier: Apache-2.0 */
/* Pipelines as components. */
#include "base/error.h"
#include "pipeline/component.h"

static kf_status take_document(kf_component_body *body, kf_document *document)
{
    body->tree = document->tree;
    body->spec = document->spec;
    body->platform = document->platform;
    body->kind = KF__COMPONENT_GRAPH;
    *document = (kf_document){0};
    const kf_value *info = kf_value_get(body->spec, "pipelineInfo");
    const char *name = kf__get_text(info, "name");
    KF__TRY(kf__component_set_name(body, name != NULL ? name : ""));
    body->description = kf__get_text(info, "description");
    return kf__component_read_interface(body, kf_value_get(body->spec, "root"));
}

kf_status kf__component_from_document(kf_document *document, kf_component **out)
{
    kf_component_body *body = NULL;
    kf_status status = kf__component_body_new(&body);
    if (status != KF_OK) {
        kf__document_finish(document);
        return status;
    }
    status = take_document(body, document);
    if (status != KF_OK) {
        kf__component_body_unref(body);
        return status;
    }
    return kf__component_handle_new(body, out);
}

kf_status kf_component_from_pipeline(const kf_pipeline *pipeline, kf_component **out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    kf_document document = {0};
    KF__TRY(kf__pipeline_lower(
        pipeline, KF_OPTIONS(kf_write_options, .verbose_form = true), &document));
    return kf__component_from_document(&document, out);
}
