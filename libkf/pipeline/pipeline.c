/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pipeline.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "pipeline/type.h"

/* KFP: validate_pipeline_name. */
enum { LONGEST_PIPELINE_NAME = 128 };

kf_status kf__pipeline_building(const kf_pipeline *pipeline)
{
    if (pipeline->is_document)
        return kf__fail(KF_ESTATE, NULL,
            "a pipeline that was read from a document cannot be built on");
    return KF_OK;
}

bool kf__pipeline_has_task(const kf_pipeline *pipeline, kf_task_id task)
{
    return task >= 0 && (size_t)task < pipeline->tasks.count;
}

bool kf__pipeline_has_group(const kf_pipeline *pipeline, kf_group_id group)
{
    return group >= 0 && (size_t)group < pipeline->groups.count;
}

bool kf__pipeline_has_channel(const kf_pipeline *pipeline, kf_channel_id channel)
{
    return channel >= 0 && (size_t)channel < pipeline->channels.count;
}

kf_status kf__pipeline_settle(kf_pipeline *pipeline)
{
    kf_status status = kf__tree_status(&pipeline->tree);
    pipeline->tree.status = KF_OK;
    return status;
}

const char *kf__pipeline_keep(kf_pipeline *pipeline, const char *text)
{
    return kf__tree_keep(&pipeline->tree, text);
}

/* ---- making and ending ---- */

static kf_status check_name(const char *name)
{
    if (strlen(name) > LONGEST_PIPELINE_NAME)
        return kf__fail(KF_EINVAL, NULL,
            "the name of the pipeline, \"%.40s…\", has %zu characters; the most is %d",
            name, strlen(name), LONGEST_PIPELINE_NAME);
    return KF_OK;
}

static kf_status take_options(kf_pipeline *pipeline, const kf_pipeline_options *options)
{
    KF__TRY(kf_component_set_description(pipeline->interface, options->description));
    if (options->display_name != NULL)
        KF__TRY(kf__component_check_text(
            "the display name of a pipeline", options->display_name));
    if (options->pipeline_root != NULL)
        KF__TRY(
            kf__component_check_text("the root of a pipeline", options->pipeline_root));
    pipeline->display_name = kf__pipeline_keep(pipeline, options->display_name);
    pipeline->pipeline_root = kf__pipeline_keep(pipeline, options->pipeline_root);
    return kf__pipeline_settle(pipeline);
}

static kf_status start(
    kf_pipeline *pipeline, const char *name, const kf_pipeline_options *options)
{
    kf_group root = {.kind = KF__GROUP_ROOT,
        .name = "root",
        .parent = KF__NONE,
        .first_child = KF__NONE,
        .last_child = KF__NONE,
        .next = KF__NONE,
        .previous = KF__NONE,
        .first_task = KF__NONE,
        .last_task = KF__NONE};
    KF__TRY(kf_component_new(name, &pipeline->interface));
    KF__TRY(check_name(kf_component_name(pipeline->interface)));
    KF__TRY(kf__vec_push(&pipeline->groups, root));
    return take_options(pipeline, options);
}

kf_status kf_pipeline_new(
    const char *name, const kf_pipeline_options *options, kf_pipeline **out)
{
    KF__REQUIRE(name != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_pipeline_options, known, options);
    kf_pipeline *pipeline = kf__calloc(1, sizeof *pipeline);
    if (pipeline == NULL)
        return KF_ENOMEM;
    pipeline->last_body = KF__NONE;
    kf_status status = start(pipeline, name, &known);
    if (status != KF_OK) {
        kf_pipeline_free(pipeline);
        return status;
    }
    *out = pipeline;
    return KF_OK;
}

kf_status kf__pipeline_from_document(kf_document *document, kf_pipeline **out)
{
    kf_pipeline *pipeline = kf__calloc(1, sizeof *pipeline);
    if (pipeline == NULL) {
        kf__document_finish(document);
        return KF_ENOMEM;
    }
    pipeline->is_document = true;
    pipeline->document = *document;
    *document = (kf_document){0};
    *out = pipeline;
    return KF_OK;
}

void kf_pipeline_free(kf_pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    for (size_t i = 0; i < pipeline->bodies.count; i++)
        kf__component_body_unref(pipeline->bodies.items[i]);
    kf__vec_finish(&pipeline->bodies);
    kf__vec_finish(&pipeline->channels);
    kf__vec_finish(&pipeline->inputs);
    kf__vec_finish(&pipeline->outputs);
    kf__vec_finish(&pipeline->tasks);
    kf__vec_finish(&pipeline->groups);
    kf__vec_finish(&pipeline->conditions);
    kf__vec_finish(&pipeline->name_uses);
    kf__map_finish(&pipeline->names);
    kf__map_finish(&pipeline->derived);
    kf__vec_finish(&pipeline->derived_newest);
    kf__pairs_finish(&pipeline->derived_at);
    kf__pairs_finish(&pipeline->body_places);
    kf_component_free(pipeline->interface);
    kf__tree_finish(&pipeline->tree);
    kf__tree_finish(&pipeline->document.tree);
    kf__free(pipeline);
}

static const kf_value *root_tasks(const kf_pipeline *pipeline)
{
    const kf_value *root = kf_value_get(pipeline->document.spec, "root");
    return kf_value_get(kf_value_get(root, "dag"), "tasks");
}

const char *kf_pipeline_name(const kf_pipeline *pipeline)
{
    if (!pipeline->is_document)
        return kf_component_name(pipeline->interface);
    const kf_value *info = kf_value_get(pipeline->document.spec, "pipelineInfo");
    const char *name = kf__get_text(info, "name");
    return name != NULL ? name : "";
}

size_t kf_pipeline_task_count(const kf_pipeline *pipeline)
{
    return pipeline->is_document ? kf_value_length(root_tasks(pipeline))
                                 : pipeline->tasks.count;
}

const char *kf_pipeline_task_name(const kf_pipeline *pipeline, kf_task_id task)
{
    if (pipeline->is_document)
        return task < 0 ? NULL : kf_value_key(root_tasks(pipeline), (size_t)task);
    return kf__pipeline_has_task(pipeline, task) ? pipeline->tasks.items[task].name
                                                 : NULL;
}

/* ---- inputs and outputs ---- */

/* Room for one more in every table that grows with the interface, so that declaring
 * cannot stop halfway. */
static kf_status make_room(kf_pipeline *pipeline)
{
    KF__TRY(kf__vec_grow((void **)&pipeline->channels.items, pipeline->channels.count,
        &pipeline->channels.capacity, sizeof *pipeline->channels.items));
    KF__TRY(kf__vec_grow((void **)&pipeline->inputs.items, pipeline->inputs.count,
        &pipeline->inputs.capacity, sizeof *pipeline->inputs.items));
    return kf__vec_grow((void **)&pipeline->outputs.items, pipeline->outputs.count,
        &pipeline->outputs.capacity, sizeof *pipeline->outputs.items);
}

static kf_status add_input_channel(kf_pipeline *pipeline, kf_channel_id *out)
{
    const kf_component_body *body = pipeline->interface->body;
    const kf_io *io = &body->inputs.items[body->inputs.count - 1];
    kf_channel channel = {.kind = KF__CHANNEL_INPUT,
        .type = io->type,
        .is_list = io->is_list,
        .schema_title = io->schema_title,
        .schema_version = io->schema_version,
        .type_text = io->type_text,
        .name = io->name,
        .task = KF__NONE,
        .home = KF__ROOT,
        .group = KF__NONE,
        .source = KF__NONE};
    kf_channel_id id = KF__NONE;
    KF__TRY(kf__channel_add(pipeline, &channel, &id));
    KF__TRY(kf__vec_push(&pipeline->inputs, id));
    *out = id;
    return KF_OK;
}

kf_status kf_pipeline_add_input(kf_pipeline *pipeline, const char *name, kf_type type,
    const kf_io_options *options, kf_channel_id *out)
{
    KF__REQUIRE(pipeline != NULL && name != NULL && out != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__TRY(make_room(pipeline));
    KF__TRY(kf_component_add_input(pipeline->interface, name, type, options));
    return add_input_channel(pipeline, out);
}

kf_status kf_pipeline_add_input_artifact(kf_pipeline *pipeline, const char *name,
    const char *schema, const kf_io_options *options, kf_channel_id *out)
{
    KF__REQUIRE(pipeline != NULL && name != NULL && out != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__TRY(make_room(pipeline));
    KF__TRY(
        kf_component_add_input_artifact(pipeline->interface, name, schema, options));
    return add_input_channel(pipeline, out);
}

kf_status kf_pipeline_add_output(
    kf_pipeline *pipeline, const char *name, kf_type type, const kf_io_options *options)
{
    KF__REQUIRE(pipeline != NULL && name != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__TRY(make_room(pipeline));
    KF__TRY(kf_component_add_output(pipeline->interface, name, type, options));
    return kf__vec_push(&pipeline->outputs, KF__NONE);
}

kf_status kf_pipeline_add_output_artifact(kf_pipeline *pipeline, const char *name,
    const char *schema, const kf_io_options *options)
{
    KF__REQUIRE(pipeline != NULL && name != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__TRY(make_room(pipeline));
    KF__TRY(
        kf_component_add_output_artifact(pipeline->interface, name, schema, options));
    return kf__vec_push(&pipeline->outputs, KF__NONE);
}

static kf_status check_output_type(
    const kf_channel *channel, const kf_io *output, const char *pipeline)
{
    kf_io given = kf__channel_io(channel);
    if (kf__types_agree(&given, output))
        return KF_OK;
    kf_buf given_text = KF__BUF_INIT, expected_text = KF__BUF_INIT;
    kf__put_type(&given_text, &given);
    kf__put_type(&expected_text, output);
    kf_status status = kf__fail(KF_ETYPE, output->name,
        "the output \"%s\" of pipeline \"%s\" is of type %s, and a value of type %s "
        "does not fit it",
        output->name, pipeline, kf__buf_text(&expected_text),
        kf__buf_text(&given_text));
    kf__buf_finish(&given_text);
    kf__buf_finish(&expected_text);
    return status;
}

/* KFP: validate_pipeline_outputs_dict. */
static kf_status check_output_scope(
    const kf_pipeline *pipeline, kf_channel_id id, const char *name)
{
    const kf_channel *channel = &pipeline->channels.items[id];
    if (channel->kind == KF__CHANNEL_INPUT)
        return kf__fail(KF_EINVAL, name,
            "the output \"%s\" of pipeline \"%s\" cannot be its input \"%s\": expected "
            "the output of a task",
            name, kf_pipeline_name(pipeline), channel->name);
    return kf__scope_check_output(pipeline, id, "the output of a pipeline");
}

static kf_status declare_output(
    kf_pipeline *pipeline, const char *name, const kf_channel *channel)
{
    kf_io_options options = {.size = sizeof options,
        .schema_version = channel->schema_version,
        .is_list = channel->is_list,
        .type_text = channel->type_text};
    if (channel->type == KF_TYPE_NONE)
        return kf_pipeline_add_output_artifact(
            pipeline, name, channel->schema_title, &options);
    return kf_pipeline_add_output(pipeline, name, channel->type, &options);
}

kf_status kf_pipeline_set_output(
    kf_pipeline *pipeline, const char *name, kf_channel_id channel)
{
    KF__REQUIRE(pipeline != NULL && name != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__REQUIRE(kf__pipeline_has_channel(pipeline, channel));
    KF__TRY(check_output_scope(pipeline, channel, name));
    const kf_channel *given = &pipeline->channels.items[channel];
    const kf_component_body *body = pipeline->interface->body;
    size_t at = 0;
    if (kf__map_find_index(&body->output_index, name, &at)) {
        KF__TRY(check_output_type(given, &body->outputs.items[at], body->name));
    } else {
        KF__TRY(declare_output(pipeline, name, given));
        at = pipeline->outputs.count - 1;
    }
    pipeline->outputs.items[at] = channel;
    return KF_OK;
}

/* Copy, merge and only then replace, so that a failure leaves what there is. */
kf_status kf_pipeline_set_config(kf_pipeline *pipeline, const kf_value *config)
{
    KF__REQUIRE(pipeline != NULL && config != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    if (!kf__is(config, KF_KIND_STRUCT))
        return kf__fail(
            KF_ETYPE, NULL, "the configuration of a pipeline must be a struct");
    kf_tree *tree = &pipeline->tree;
    kf_value *merged = pipeline->config != NULL ? kf__tree_copy(tree, pipeline->config)
                                                : kf__tree_struct(tree);
    kf__merge(tree, merged, config);
    KF__TRY(kf__pipeline_settle(pipeline));
    pipeline->config = merged;
    return KF_OK;
}
