/* SPDX-License-Identifier: Apache-2.0 */
/* What a task reads, wherever it is said. */
#include "base/error.h"
#include "pipeline/pipeline.h"

typedef struct visiting {
    const kf_pipeline *pipeline;
    kf_group_id group;
    kf_channel_visit visit;
    void *payload;
} visiting;

static kf_status visit_embedded(const kf_embedded *embedded, void *payload)
{
    const visiting *v = payload;
    kf_channel_id id = kf__embedded_find(v->pipeline, embedded, v->group);
    return id != KF__NONE ? v->visit(id, v->payload) : KF_OK;
}

static kf_status visit_argument(visiting *v, const kf_argument *argument)
{
    switch (argument->kind) {
    case KF__ARGUMENT_NONE:
        return KF_OK;
    case KF__ARGUMENT_CHANNEL:
        return v->visit(argument->channel, v->payload);
    case KF__ARGUMENT_LIST:
        for (uint32_t i = 0; i < argument->channel_count; i++)
            KF__TRY(v->visit(argument->channels[i], v->payload));
        return KF_OK;
    case KF__ARGUMENT_CONSTANT:
        return argument->embeds ? kf__value_visit(argument->constant, visit_embedded, v)
                                : KF_OK;
    }
    return KF_OK;
}

/* References of a platform's configuration, as platform.h says. */
static kf_status visit_references(visiting *v, const kf_value *config)
{
    const char *input = kf__get_text(config, "componentInputParameter");
    const kf_value *output = kf_value_get(config, "taskOutputParameter");
    const char *owner = kf__get_text(output, "producerTask");
    const char *name =
        output != NULL ? kf__get_text(output, "outputParameterKey") : input;
    if (name != NULL) {
        kf_channel_id id = kf__channel_named(v->pipeline, owner, name, v->group);
        if (id != KF__NONE)
            KF__TRY(v->visit(id, v->payload));
    }
    if (!kf__is(config, KF_KIND_STRUCT) && !kf__is(config, KF_KIND_LIST))
        return KF_OK;
    for (size_t i = 0; i < kf_value_length(config); i++)
        KF__TRY(visit_references(v, kf_value_at(config, i)));
    return KF_OK;
}

static kf_status visit_settings(visiting *v, const kf_settings *settings)
{
    if (settings->image != NULL)
        KF__TRY(kf__text_visit(settings->image, visit_embedded, v));
    for (int i = 0; i < KF__RESOURCES; i++)
        if (settings->resources[i] != NULL)
            KF__TRY(kf__text_visit(settings->resources[i], visit_embedded, v));
    KF__TRY(kf__value_visit(settings->env, visit_embedded, v));
    return visit_references(v, settings->platforms);
}

kf_status kf__task_visit(
    const kf_pipeline *pipeline, kf_task_id id, kf_channel_visit visit, void *payload)
{
    const kf_task *task = &pipeline->tasks.items[id];
    size_t count = kf__task_body(pipeline, task)->inputs.count;
    visiting v = {
        .pipeline = pipeline, .group = task->group, .visit = visit, .payload = payload};
    for (size_t i = 0; i < count; i++)
        KF__TRY(visit_argument(&v, &task->arguments[i]));
    return task->settings != NULL ? visit_settings(&v, task->settings) : KF_OK;
}
