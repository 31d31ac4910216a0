/* SPDX-License-Identifier: Apache-2.0 */
#include "native.h"

#include "pipeline/component.h"
#include "pipeline/document.h"

kf_status kf__py_pipeline_validate(const kf_pipeline *pipeline)
{
    kf_document document = {0};
    /* As a component: whether there is a workspace is up to the pipeline around it. */
    kf_status status = kf__pipeline_lower_component(pipeline, NULL, &document);
    if (status == KF_OK)
        kf__document_finish(&document);
    return status;
}

bool kf__py_component_is_graph(const kf_component *component)
{
    return component->body->kind == KF__COMPONENT_GRAPH;
}

kf_channel_id kf__py_channel_of_text(const kf_pipeline *pipeline, const char *text)
{
    kf_channel_id channel = -1;
    return kf__pipeline_channel_of_text(pipeline, text, &channel) ? channel : -1;
}
