/* SPDX-License-Identifier: Apache-2.0 */
/* Channels within text, in the form in which KFP's have it:
 * {{channel:task=…;name=…;type=…;}}. */
#include <string.h>

#include "base/error.h"
#include "pipeline/pipeline.h"
#include "pipeline/platform.h"
#include "pipeline/type.h"

#define START "{{channel:task="
#define NAME ";name="
#define TYPE ";type="
#define END ";}}"

/* KFP's name for the type of a collected parameter, whose other names are those of the
 * output that is collected. */
#define COLLECTED_TYPE "LIST"

/* ---- reading ---- */

/* The field that ends at `mark`; names have no braces. */
static const char *field(const char *from, const char *mark, size_t *length)
{
    const char *end = strstr(from, mark);
    if (end == NULL || strcspn(from, "{}") < (size_t)(end - from))
        return NULL;
    *length = (size_t)(end - from);
    return end + strlen(mark);
}

bool kf__embedded_next(const char *text, kf_embedded *out)
{
    for (const char *start = text; (start = strstr(start, START)) != NULL; start++) {
        kf_embedded found = {.start = start, .task = start + strlen(START)};
        found.name = field(found.task, NAME, &found.task_length);
        if (found.name == NULL)
            continue;
        found.type = field(found.name, TYPE, &found.name_length);
        if (found.type == NULL)
            continue;
        found.end = field(found.type, END, &found.type_length);
        if (found.end == NULL)
            continue;
        *out = found;
        return true;
    }
    return false;
}

kf_status kf__text_visit(const char *text, kf_embedded_visit visit, void *payload)
{
    kf_embedded embedded;
    while (kf__embedded_next(text, &embedded)) {
        KF__TRY(visit(&embedded, payload));
        text = embedded.end;
    }
    return KF_OK;
}

kf_status kf__value_visit(const kf_value *value, kf_embedded_visit visit, void *payload)
{
    const char *text = kf_value_string(value);
    if (text != NULL)
        return kf__text_visit(text, visit, payload);
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const char *key = kf_value_key(value, i);
        if (key != NULL)
            KF__TRY(kf__text_visit(key, visit, payload));
        KF__TRY(kf__value_visit(kf_value_at(value, i), visit, payload));
    }
    return KF_OK;
}

static kf_status stop(const kf_embedded *embedded, void *payload)
{
    (void)embedded;
    (void)payload;
    return KF_ECALLBACK;
}

bool kf__value_embeds(const kf_value *value)
{
    return kf__value_visit(value, stop, NULL) != KF_OK;
}

/* ---- finding ---- */

static kf_channel_id find_unowned(
    const kf_pipeline *pipeline, const char *name, size_t length, kf_group_id group)
{
    void *at;
    const kf_component_body *interface = pipeline->interface->body;
    if (kf__map_find(&interface->input_index, name, length, &at))
        return pipeline->inputs.items[(size_t)(uintptr_t)at];
    return kf__channel_find_derived(pipeline, name, length, group);
}

static kf_channel_id find_output(
    const kf_pipeline *pipeline, kf_task_id id, const char *name, size_t length)
{
    const kf_task *task = &pipeline->tasks.items[id];
    const kf_component_body *body = kf__task_body(pipeline, task);
    void *at;
    if (task->outputs == NULL || !kf__map_find(&body->output_index, name, length, &at))
        return KF__NONE;
    return task->outputs[(size_t)(uintptr_t)at];
}

static kf_channel_id find_owned(const kf_pipeline *pipeline,
    const kf_embedded *embedded, bool collected, kf_group_id group)
{
    kf_task_id task = kf__name_task(pipeline, embedded->task, embedded->task_length);
    if (task != KF__NONE && !collected) {
        kf_channel_id output =
            find_output(pipeline, task, embedded->name, embedded->name_length);
        if (output != KF__NONE)
            return output;
    }
    kf_buf key = KF__BUF_INIT;
    kf__buf_printf(&key, "%s%.*s-%.*s", collected ? "LIST:" : "",
        (int)embedded->task_length, embedded->task, (int)embedded->name_length,
        embedded->name);
    kf_channel_id found =
        key.status == KF_OK
            ? kf__channel_find_derived(pipeline, kf__buf_text(&key), key.length, group)
            : KF__NONE;
    kf__buf_finish(&key);
    return found;
}

kf_channel_id kf__embedded_find(
    const kf_pipeline *pipeline, const kf_embedded *embedded, kf_group_id group)
{
    if (embedded->task_length == 0)
        return find_unowned(pipeline, embedded->name, embedded->name_length, group);
    bool collected = embedded->type_length == strlen(COLLECTED_TYPE) &&
                     memcmp(embedded->type, COLLECTED_TYPE, embedded->type_length) == 0;
    return find_owned(pipeline, embedded, collected, group);
}

kf_channel_id kf__channel_named(
    const kf_pipeline *pipeline, const char *owner, const char *name, kf_group_id group)
{
    kf_embedded embedded = {.task = owner,
        .task_length = owner != NULL ? strlen(owner) : 0,
        .name = name,
        .name_length = strlen(name),
        .type = ""};
    return kf__embedded_find(pipeline, &embedded, group);
}

bool kf__pipeline_channel_of_text(
    const kf_pipeline *pipeline, const char *text, kf_channel_id *out)
{
    kf_embedded embedded;
    if (!kf__embedded_next(text, &embedded) || embedded.start != text ||
        *embedded.end != '\0')
        return false;
    kf_channel_id found = kf__embedded_find(pipeline, &embedded, pipeline->current);
    if (found == KF__NONE)
        return false;
    *out = found;
    return true;
}

/* ---- checking ---- */

typedef struct text_check {
    const kf_pipeline *pipeline;
    kf_task_id task;
    const char *what;
} text_check;

static kf_status check_embedded(const kf_embedded *embedded, void *payload)
{
    const text_check *check = payload;
    const kf_pipeline *pipeline = check->pipeline;
    const kf_task *task = &pipeline->tasks.items[check->task];
    kf_channel_id id = kf__embedded_find(pipeline, embedded, task->group);
    if (id == KF__NONE)
        return kf__fail(KF_ENOENT, NULL,
            "%s of task \"%s\" embeds a channel that pipeline \"%s\" does not have: "
            "%.*s",
            check->what, task->name, kf_pipeline_name(pipeline),
            (int)(embedded->end - embedded->start), embedded->start);
    const kf_channel *channel = &pipeline->channels.items[id];
    if (channel->type == KF_TYPE_NONE)
        return kf__fail(KF_ETYPE, NULL,
            "%s of task \"%s\" embeds the artifact \"%s\": only parameters can stand "
            "within text",
            check->what, task->name, channel->name);
    return kf__scope_check_task(pipeline, id, check->task);
}

kf_status kf__text_check(
    kf_pipeline *pipeline, kf_task_id task, const char *what, const char *text)
{
    text_check check = {.pipeline = pipeline, .task = task, .what = what};
    return kf__text_visit(text, check_embedded, &check);
}

kf_status kf__value_check(
    kf_pipeline *pipeline, kf_task_id task, const char *what, const kf_value *value)
{
    text_check check = {.pipeline = pipeline, .task = task, .what = what};
    return kf__value_visit(value, check_embedded, &check);
}

/* ---- writing ---- */

const char *kf_pipeline_channel_text(kf_pipeline *pipeline, kf_channel_id channel)
{
    if (!kf__pipeline_has_channel(pipeline, channel))
        return NULL;
    kf_channel *embedded = &pipeline->channels.items[channel];
    if (embedded->text != NULL)
        return embedded->text;
    const char *type = kf__type_spec_name(embedded->type);
    const char *version = "";
    if (embedded->kind == KF__CHANNEL_COLLECTED && embedded->type == KF_TYPE_LIST)
        type = COLLECTED_TYPE;
    if (type == NULL) {
        type = embedded->schema_title;
        version = embedded->schema_version;
    }
    embedded->text =
        kf__arena_printf(&pipeline->tree.arena, START "%s" NAME "%s" TYPE "%s%s%s" END,
            embedded->owner != NULL ? embedded->owner : "", embedded->name, type,
            *version != '\0' ? "@" : "", version);
    return embedded->text;
}
