/* SPDX-License-Identifier: Apache-2.0 */
/* Components as pipelines: one task, whose inputs and outputs are the pipeline's (KFP:
 * ComponentSpec.to_pipeline_spec). */
#include "base/error.h"
#include "pipeline/pipeline.h"

static kf_io_options options_of(const kf_io *io)
{
    return (kf_io_options){.size = sizeof(kf_io_options),
        .description = io->description,
        .default_value = io->default_value,
        .optional = io->optional,
        .literals = io->literals,
        .schema_version = io->schema_version,
        .is_list = io->is_list,
        .type_text = io->type_text};
}

/* Also a final status is an input then, which no other task has an argument for. */
static kf_status pass_input(
    kf_pipeline *pipeline, kf_task_id task, const kf_io *io, size_t index)
{
    kf_io_options options = options_of(io);
    kf_channel_id channel = KF__NONE;
    KF__TRY(
        io->type == KF_TYPE_NONE
            ? kf_pipeline_add_input_artifact(
                  pipeline, io->name, io->schema_title, &options, &channel)
            : kf_pipeline_add_input(pipeline, io->name, io->type, &options, &channel));
    pipeline->tasks.items[task].arguments[index] =
        (kf_argument){.kind = KF__ARGUMENT_CHANNEL, .channel = channel};
    return KF_OK;
}

static kf_status pass_output(kf_pipeline *pipeline, kf_task_id task, const kf_io *io)
{
    kf_io_options options = options_of(io);
    kf_channel_id channel = KF__NONE;
    KF__TRY(io->type == KF_TYPE_NONE
                ? kf_pipeline_add_output_artifact(
                      pipeline, io->name, io->schema_title, &options)
                : kf_pipeline_add_output(pipeline, io->name, io->type, &options));
    KF__TRY(kf_pipeline_task_output(pipeline, task, io->name, &channel));
    return kf_pipeline_set_output(pipeline, io->name, channel);
}

static kf_status pass_passthroughs(kf_pipeline *pipeline, const kf_component_body *body)
{
    for (size_t i = 0; i < kf_value_length(body->passthroughs); i++) {
        const kf_value *each = kf_value_at(body->passthroughs, i);
        KF__TRY(kf_component_add_task_config_passthrough(pipeline->interface,
            kf__get_text(each, "field"),
            kf_value_bool(kf_value_get(each, "applyToTask"))));
    }
    return KF_OK;
}

static kf_status build(kf_pipeline *pipeline, kf_component *component)
{
    const kf_component_body *body = component->body;
    kf_task_id task = KF__NONE;
    KF__TRY(kf_pipeline_add_task(pipeline, component, NULL, &task));
    for (size_t i = 0; i < body->inputs.count; i++)
        KF__TRY(pass_input(pipeline, task, &body->inputs.items[i], i));
    for (size_t i = 0; i < body->outputs.count; i++)
        KF__TRY(pass_output(pipeline, task, &body->outputs.items[i]));
    KF__TRY(pass_passthroughs(pipeline, body));
    pipeline->comment = kf__pipeline_keep(pipeline, body->description);
    return kf__pipeline_settle(pipeline);
}

static kf_status copy_graph(const kf_component_body *body, kf_pipeline **out)
{
    kf_document document = {0};
    document.spec = kf__tree_copy(&document.tree, body->spec);
    if (body->platform != NULL)
        document.platform = kf__tree_copy(&document.tree, body->platform);
    document.description = kf__tree_keep(&document.tree, body->description);
    kf_status status = kf__tree_status(&document.tree);
    if (status == KF_OK)
        return kf__pipeline_from_document(&document, out);
    kf__document_finish(&document);
    return status;
}

kf_status kf_pipeline_from_component(kf_component *component, kf_pipeline **out)
{
    KF__REQUIRE(component != NULL && out != NULL);
    if (component->body->kind == KF__COMPONENT_GRAPH)
        return copy_graph(component->body, out);
    kf_pipeline *pipeline = NULL;
    KF__TRY(kf_pipeline_new(component->body->name, NULL, &pipeline));
    kf_status status = build(pipeline, component);
    if (status == KF_OK)
        *out = pipeline;
    else
        kf_pipeline_free(pipeline);
    return status;
}
