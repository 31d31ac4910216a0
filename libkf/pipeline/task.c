/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks and their arguments (KFP: pipeline_task.py). */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "pipeline/pipeline.h"
#include "pipeline/type.h"

/* ---- adding ---- */

static kf_status add_body(
    kf_pipeline *pipeline, kf_component_body *body, uint64_t key, int32_t *out)
{
    int32_t place = (int32_t)pipeline->bodies.count;
    KF__TRY(kf__vec_grow((void **)&pipeline->bodies.items, pipeline->bodies.count,
        &pipeline->bodies.capacity, sizeof *pipeline->bodies.items));
    KF__TRY(kf__pairs_set(&pipeline->body_places, key, place));
    pipeline->bodies.items[pipeline->bodies.count++] = kf__component_body_ref(body);
    *out = place;
    return KF_OK;
}

/* The pipeline holds one reference to each body, however many tasks use it. */
static kf_status place_of_body(
    kf_pipeline *pipeline, kf_component_body *body, int32_t *out)
{
    int32_t last = pipeline->last_body;
    if (last != KF__NONE && pipeline->bodies.items[last] == body) {
        *out = last;
        return KF_OK;
    }
    uint64_t key = (uint64_t)(uintptr_t)body;
    int32_t place = kf__pairs_get(&pipeline->body_places, key);
    if (place == KF__NONE)
        KF__TRY(add_body(pipeline, body, key, &place));
    *out = pipeline->last_body = place;
    return KF_OK;
}

static kf_status name_task(
    kf_pipeline *pipeline, const char *given, kf_task_id id, const char **out)
{
    KF__TRY(kf__component_check_text("the name of a task", given));
    if (strlen(given) > KF__LIMIT_NAME_BYTES)
        return kf__fail(KF_ELIMIT, NULL,
            "the name of a task has %zu bytes; the most is %d (KF__LIMIT_NAME_BYTES)",
            strlen(given), KF__LIMIT_NAME_BYTES);
    char *name = kf__sanitize_name(given);
    if (name == NULL)
        return KF_ENOMEM;
    kf_status status = kf__name_take(pipeline, *name != '\0' ? name : "task", id, out);
    kf__free(name);
    return status;
}

static void link_task(kf_pipeline *pipeline, kf_task_id id)
{
    kf_group *group = &pipeline->groups.items[pipeline->current];
    if (group->last_task == KF__NONE)
        group->first_task = id;
    else
        pipeline->tasks.items[group->last_task].next = id;
    group->last_task = id;
}

static kf_status check_addable(
    const kf_pipeline *pipeline, const kf_component_body *body)
{
    if (body->kind == KF__COMPONENT_NONE)
        return kf__fail(KF_ESTATE, NULL,
            "component \"%s\" has nothing to execute: give it a container, a command, "
            "a function or an importer first",
            body->name);
    if (pipeline->tasks.count >= KF__LIMIT_TASKS)
        return kf__fail(KF_ELIMIT, NULL,
            "a pipeline can have %u tasks (KF__LIMIT_TASKS)", KF__LIMIT_TASKS);
    return KF_OK;
}

static kf_status add_task(
    kf_pipeline *pipeline, kf_component *component, const char *name, kf_task_id *out)
{
    kf_component_body *body = component->body;
    kf_task_id id = (kf_task_id)pipeline->tasks.count;
    kf_task task = {.group = pipeline->current, .exit_of = KF__NONE, .next = KF__NONE};
    KF__TRY(check_addable(pipeline, body));
    KF__TRY(place_of_body(pipeline, body, &task.body));
    KF__TRY(kf__vec_grow((void **)&pipeline->tasks.items, pipeline->tasks.count,
        &pipeline->tasks.capacity, sizeof *pipeline->tasks.items));
    if (body->inputs.count > 0) {
        task.arguments = kf__arena_alloc(
            &pipeline->tree.arena, body->inputs.count * sizeof *task.arguments);
        if (task.arguments == NULL)
            return KF_ENOMEM;
    }
    KF__TRY(name == NULL ? kf__name_take(pipeline, body->name, id, &task.name)
                         : name_task(pipeline, name, id, &task.name));
    pipeline->tasks.items[pipeline->tasks.count++] = task;
    link_task(pipeline, id);
    *out = id;
    return KF_OK;
}

kf_status kf_pipeline_add_task(
    kf_pipeline *pipeline, kf_component *component, const char *name, kf_task_id *out)
{
    KF__REQUIRE(pipeline != NULL && component != NULL && out != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    uint64_t key = (uint64_t)(uintptr_t)component->body;
    if (kf__pairs_get(&pipeline->body_places, key) == KF__NONE)
        KF__TRY(kf__component_check_placeholders(component->body));
    return add_task(pipeline, component, name, out);
}

/* ---- arguments ---- */

/* The input of the task, and the place of its argument. */
static kf_status find_argument(kf_pipeline *pipeline, kf_task_id id, const char *input,
    const kf_io **io, kf_argument **argument)
{
    KF__TRY(kf__pipeline_building(pipeline));
    KF__REQUIRE(kf__pipeline_has_task(pipeline, id));
    const kf_task *task = &pipeline->tasks.items[id];
    const kf_component_body *body = kf__task_body(pipeline, task);
    size_t at;
    if (!kf__map_find_index(&body->input_index, input, &at))
        return kf__fail_unknown_io(
            body->name, "input", input, body->inputs.items, body->inputs.count);
    *io = &body->inputs.items[at];
    *argument = &task->arguments[at];
    if ((*io)->type == KF_TYPE_TASK_FINAL_STATUS)
        return kf__fail(KF_EINVAL, NULL,
            "the input \"%s\" of task \"%s\" takes no argument: Kubeflow fills it with "
            "the final status of what ran before",
            input, task->name);
    return KF_OK;
}

static kf_status fail_type(const kf_pipeline *pipeline, kf_task_id task,
    const kf_io *expected, const kf_io *given)
{
    const char *name = pipeline->tasks.items[task].name;
    kf_buf given_text = KF__BUF_INIT, expected_text = KF__BUF_INIT,
           where = KF__BUF_INIT;
    kf__put_type(&given_text, given);
    kf__put_type(&expected_text, expected);
    kf__buf_printf(&where, "tasks.%s.inputs.%s", name, expected->name);
    kf_status status = kf__fail(KF_ETYPE, kf__buf_text(&where),
        "the input \"%s\" of task \"%s\" is of type %s, and a value of type %s does "
        "not "
        "fit it",
        expected->name, name, kf__buf_text(&expected_text), kf__buf_text(&given_text));
    kf__buf_finish(&given_text);
    kf__buf_finish(&expected_text);
    kf__buf_finish(&where);
    return status;
}

static kf_status check_channel_type(const kf_pipeline *pipeline, kf_task_id task,
    const kf_io *expected, const kf_channel *channel)
{
    kf_io given = kf__channel_io(channel);
    if ((channel->loose && expected->type != KF_TYPE_NONE) ||
        kf__types_agree(&given, expected))
        return KF_OK;
    return fail_type(pipeline, task, expected, &given);
}

kf_status kf_pipeline_set_argument_unchecked(
    kf_pipeline *pipeline, kf_task_id task, const char *input, kf_channel_id channel)
{
    KF__REQUIRE(pipeline != NULL && input != NULL);
    const kf_io *io = NULL;
    kf_argument *argument = NULL;
    KF__TRY(find_argument(pipeline, task, input, &io, &argument));
    KF__REQUIRE(kf__pipeline_has_channel(pipeline, channel));
    KF__TRY(kf__scope_check_task(pipeline, channel, task));
    *argument = (kf_argument){.kind = KF__ARGUMENT_CHANNEL, .channel = channel};
    return KF_OK;
}

kf_status kf_pipeline_set_argument(
    kf_pipeline *pipeline, kf_task_id task, const char *input, kf_channel_id channel)
{
    KF__REQUIRE(pipeline != NULL && input != NULL);
    const kf_io *io = NULL;
    kf_argument *argument = NULL;
    KF__TRY(find_argument(pipeline, task, input, &io, &argument));
    KF__REQUIRE(kf__pipeline_has_channel(pipeline, channel));
    KF__TRY(check_channel_type(pipeline, task, io, &pipeline->channels.items[channel]));
    KF__TRY(kf__scope_check_task(pipeline, channel, task));
    *argument = (kf_argument){.kind = KF__ARGUMENT_CHANNEL, .channel = channel};
    return KF_OK;
}

/* The items must be of the type that the list's text tells, if it tells one. */
static kf_status check_list_item(
    kf_pipeline *pipeline, kf_task_id task, const kf_io *io, kf_channel_id id)
{
    KF__REQUIRE(kf__pipeline_has_channel(pipeline, id));
    const kf_channel *channel = &pipeline->channels.items[id];
    const char *name = pipeline->tasks.items[task].name;
    if (channel->type == KF_TYPE_NONE)
        return kf__fail(KF_EUNSUPPORTED, NULL,
            "the input \"%s\" of task \"%s\" cannot be a list of several artifacts: "
            "Kubeflow's documents have no place for one; collect them from a loop "
            "instead",
            io->name, name);
    kf_channel item = {0};
    kf__type_of_item(&item, io->type_text);
    kf_io expected = kf__channel_io(&item), given = kf__channel_io(channel);
    if (!item.loose && !channel->loose && !kf__types_agree(&given, &expected)) {
        expected.name = io->name;
        return fail_type(pipeline, task, &expected, &given);
    }
    return kf__scope_check_task(pipeline, id, task);
}

kf_status kf_pipeline_set_argument_list(kf_pipeline *pipeline, kf_task_id task,
    const char *input, const kf_channel_id *channels, size_t count)
{
    KF__REQUIRE(pipeline != NULL && input != NULL);
    KF__REQUIRE(channels != NULL || count == 0);
    const kf_io *io = NULL;
    kf_argument *argument = NULL;
    KF__TRY(find_argument(pipeline, task, input, &io, &argument));
    if (io->type != KF_TYPE_LIST && (io->type != KF_TYPE_NONE || !io->is_list))
        return fail_type(pipeline, task, io, &(kf_io){.type = KF_TYPE_LIST});
    if (count > KF__LIMIT_TASKS)
        return kf__fail(KF_ELIMIT, NULL,
            "an argument can list %u channels (KF__LIMIT_TASKS)", KF__LIMIT_TASKS);
    for (size_t i = 0; i < count; i++)
        KF__TRY(check_list_item(pipeline, task, io, channels[i]));
    kf_channel_id *copy =
        kf__arena_alloc(&pipeline->tree.arena, (count + 1) * sizeof *copy);
    if (copy == NULL)
        return KF_ENOMEM;
    if (count > 0)
        memcpy(copy, channels, count * sizeof *copy);
    *argument = (kf_argument){
        .kind = KF__ARGUMENT_LIST, .channels = copy, .channel_count = (uint32_t)count};
    return KF_OK;
}

/* ---- constants ---- */

static kf_status check_literal(const kf_pipeline *pipeline, kf_task_id task,
    const kf_io *io, const kf_value *value)
{
    if (io->literals == NULL)
        return KF_OK;
    for (size_t i = 0; i < kf_value_length(io->literals); i++)
        if (kf_value_equal(kf_value_at(io->literals, i), value))
            return KF_OK;
    kf_buf list = KF__BUF_INIT;
    kf__put_json(&list, io->literals, KF_JSON_SPACED);
    kf_status status =
        kf__fail(KF_EINVAL, NULL, "the input \"%s\" of task \"%s\" allows one of %s",
            io->name, pipeline->tasks.items[task].name, kf__buf_text(&list));
    kf__buf_finish(&list);
    return status;
}

/* KFP wants the very type: an integer is no double. */
static kf_status check_constant(
    kf_pipeline *pipeline, kf_task_id task, const kf_io *io, const kf_value *value)
{
    kf_io given = {.type = kf__type_of_value(value)};
    if (given.type == KF_TYPE_NONE)
        return kf__fail(KF_ETYPE, NULL,
            "the input \"%s\" of task \"%s\" cannot be null: leave an optional input "
            "out",
            io->name, pipeline->tasks.items[task].name);
    if (!kf__types_agree(&given, io))
        return fail_type(pipeline, task, io, &given);
    return check_literal(pipeline, task, io, value);
}

/* `constant` lives in the pipeline's tree, which has not failed. */
static kf_status take_constant(
    kf_pipeline *pipeline, kf_task_id task, const char *input, kf_value *constant)
{
    const kf_io *io = NULL;
    kf_argument *argument = NULL;
    KF__TRY(kf__pipeline_settle(pipeline));
    KF__TRY(find_argument(pipeline, task, input, &io, &argument));
    KF__TRY(check_constant(pipeline, task, io, constant));
    bool embeds = kf__value_embeds(constant);
    if (embeds) {
        KF__TRY(kf__value_check(pipeline, task, "the argument", constant));
    }
    *argument = (kf_argument){
        .kind = KF__ARGUMENT_CONSTANT, .embeds = embeds, .constant = constant};
    return KF_OK;
}

kf_status kf_pipeline_set_constant(
    kf_pipeline *pipeline, kf_task_id task, const char *input, const kf_value *value)
{
    KF__REQUIRE(pipeline != NULL && input != NULL && value != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    return take_constant(pipeline, task, input, kf__tree_copy(&pipeline->tree, value));
}

kf_status kf_pipeline_set_string(
    kf_pipeline *pipeline, kf_task_id task, const char *input, const char *text)
{
    KF__REQUIRE(pipeline != NULL && input != NULL && text != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__TRY(kf__component_check_text("the argument", text));
    return take_constant(pipeline, task, input, kf__tree_string(&pipeline->tree, text));
}

kf_status kf_pipeline_set_int(
    kf_pipeline *pipeline, kf_task_id task, const char *input, int64_t integer)
{
    KF__REQUIRE(pipeline != NULL && input != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    return take_constant(pipeline, task, input, kf__tree_int(&pipeline->tree, integer));
}

kf_status kf_pipeline_set_double(
    kf_pipeline *pipeline, kf_task_id task, const char *input, double number)
{
    KF__REQUIRE(pipeline != NULL && input != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    if (number - number != 0)
        return kf__fail(
            KF_EINVAL, NULL, "the argument \"%s\" is not a finite number", input);
    return take_constant(
        pipeline, task, input, kf__tree_double(&pipeline->tree, number));
}

kf_status kf_pipeline_set_bool(
    kf_pipeline *pipeline, kf_task_id task, const char *input, bool boolean)
{
    KF__REQUIRE(pipeline != NULL && input != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    return take_constant(
        pipeline, task, input, kf__tree_bool(&pipeline->tree, boolean));
}
