/* SPDX-License-Identifier: Apache-2.0 */
/* Pipelines as components. */
#include "base/error.h"
#include "pipeline/component.h"
#include "pipeline/pipeline.h"

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

/* The document does not say what the items of lists are; the pipeline's own interface does. */
static void keep_type_texts(kf_tree *tree, kf_io *ios, size_t count,
    const kf_io *declared, size_t declared_count, const kf_map *places)
{
    for (size_t i = 0; i < count; i++) {
        size_t place = 0;
        if (kf__map_find_index(places, ios[i].name, &place) && place < declared_count)
            ios[i].type_text = kf__tree_keep(tree, declared[place].type_text);
    }
}

static kf_status complete(kf_component *component, const kf_pipeline *pipeline)
{
    kf_component_body *body = component->body;
    const kf_component_body *declared = pipeline->interface->body;
    keep_type_texts(&body->tree, body->inputs.items, body->inputs.count,
        declared->inputs.items, declared->inputs.count, &declared->input_index);
    keep_type_texts(&body->tree, body->outputs.items, body->outputs.count,
        declared->outputs.items, declared->outputs.count, &declared->output_index);
    return kf__component_settle(body);
}

kf_status kf_component_from_pipeline(const kf_pipeline *pipeline, kf_component **out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    kf_document document = {0};
    KF__TRY(kf__pipeline_lower_component(
        pipeline, KF_OPTIONS(kf_write_options, .verbose_form = true), &document));
    kf_component *component = NULL;
    KF__TRY(kf__component_from_document(&document, &component));
    kf_status status = pipeline->is_document ? KF_OK : complete(component, pipeline);
    if (status != KF_OK) {
        kf_component_free(component);
        return status;
    }
    *out = component;
    return KF_OK;
}
