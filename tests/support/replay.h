/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the calls that tests/golden/make_calls.py noted. Every function returns the status
 * of the first call that fails, so that a test can let allocations fail. */
#ifndef KF_REPLAY_H
#define KF_REPLAY_H

#include <kf.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/value.h"
#include "kf_test.h"

enum { REPLAY_IDS = 400 };

typedef struct replay {
    kf_pipeline *pipeline;
    kf_component *components[REPLAY_IDS]; /* By id; NULL for ids of other things. */
    int32_t ids[REPLAY_IDS];
    size_t count;
    kf_tree tree; /* Values with the texts of channels put in. */
} replay;

static inline void replay_finish(replay *r)
{
    for (size_t i = 0; i < r->count; i++)
        kf_component_free(r->components[i]);
    kf_pipeline_free(r->pipeline);
    kf__tree_finish(&r->tree);
    *r = (replay){0};
}

static inline const char *replay_text(const kf_value *call, size_t index)
{
    return kf_value_string(kf_value_at(call, index));
}

static inline int64_t replay_number(const kf_value *call, size_t index)
{
    return kf_value_int(kf_value_at(call, index));
}

static inline int32_t replay_id(const replay *r, const kf_value *call, size_t index)
{
    return r->ids[replay_number(call, index)];
}

/* The text with "{{id:N}}" replaced by the text of the channel. */
static inline kf_status replay_channels(replay *r, const char *text, kf_buf *out)
{
    const char *mark;
    while ((mark = strstr(text, "{{id:")) != NULL) {
        const char *channel =
            kf_pipeline_channel_text(r->pipeline, r->ids[strtol(mark + 5, NULL, 10)]);
        if (channel == NULL)
            return KF_ENOMEM;
        kf__buf_append(out, text, (size_t)(mark - text));
        kf__buf_puts(out, channel);
        text = strstr(mark, "}}") + 2;
    }
    kf__buf_puts(out, text);
    return out->status;
}

static inline kf_value *replay_value(replay *r, const kf_value *value)
{
    const char *text = kf_value_string(value);
    bool is_list = kf__is(value, KF_KIND_LIST);
    if (text != NULL) {
        kf_buf buf = KF__BUF_INIT;
        if (replay_channels(r, text, &buf) != KF_OK)
            r->tree.status = KF_ENOMEM;
        kf_value *string = kf__tree_string(&r->tree, kf__buf_text(&buf));
        kf__buf_finish(&buf);
        return string;
    }
    if (!is_list && !kf__is(value, KF_KIND_STRUCT))
        return kf__tree_copy(&r->tree, value);
    kf_value *copy = is_list ? kf__tree_list(&r->tree) : kf__tree_struct(&r->tree);
    for (size_t i = 0; i < kf_value_length(value); i++) {
        kf_value *item = replay_value(r, kf_value_at(value, i));
        if (is_list)
            kf__push(&r->tree, copy, item);
        else
            kf__put(&r->tree, copy, kf_value_key(value, i), item);
    }
    return copy;
}

static inline kf_io_options replay_io(const kf_value *io)
{
    const kf_value *value = kf_value_get(io, "default");
    return (kf_io_options){.size = sizeof(kf_io_options),
        .description = kf__get_text(io, "description"),
        .default_value = kf__is(value, KF_KIND_NULL) ? NULL : value,
        .optional = kf_value_bool(kf_value_get(io, "optional")),
        .schema_version = kf__get_text(io, "schema_version"),
        .is_list = kf_value_bool(kf_value_get(io, "is_list")),
        .type_text = kf__get_text(io, "type_text")};
}

static inline kf_type replay_type(const kf_value *io)
{
    return (kf_type)kf_value_int(kf_value_get(io, "type"));
}

/* ---- components ---- */

static inline kf_status replay_interface(kf_component *component, const kf_value *what)
{
    const kf_value *inputs = kf_value_get(what, "inputs");
    const kf_value *outputs = kf_value_get(what, "outputs");
    for (size_t i = 0; i < kf_value_length(inputs) + kf_value_length(outputs); i++) {
        bool input = i < kf_value_length(inputs);
        const kf_value *io = input ? kf_value_at(inputs, i)
                                   : kf_value_at(outputs, i - kf_value_length(inputs));
        const char *name = kf__get_text(io, "name");
        const char *schema = kf__get_text(io, "schema");
        kf_io_options options = replay_io(io);
        if (schema != NULL)
            KF__TRY((input ? kf_component_add_input_artifact
                           : kf_component_add_output_artifact)(
                component, name, schema, &options));
        else
            KF__TRY((input ? kf_component_add_input : kf_component_add_output)(
                component, name, replay_type(io), &options));
    }
    return KF_OK;
}

static inline kf_status replay_component(kf_component *component, const kf_value *what)
{
    const kf_value *passthroughs = kf_value_get(what, "passthroughs");
    KF__TRY(kf_component_set_description(component, kf__get_text(what, "description")));
    KF__TRY(replay_interface(component, what));
    KF__TRY(kf_component_set_container(component, kf__get_text(what, "image"),
        kf_value_get(what, "command"), kf_value_get(what, "args")));
    for (size_t i = 0; i < kf_value_length(passthroughs); i++) {
        const kf_value *pair = kf_value_at(passthroughs, i);
        KF__TRY(kf_component_add_task_config_passthrough(
            component, replay_text(pair, 0), kf_value_bool(kf_value_at(pair, 1))));
    }
    return KF_OK;
}

static inline kf_status replay_importer(kf_component *component, const kf_value *call)
{
    kf_io_options io = {.size = sizeof io, .schema_version = "0.0.1"};
    kf_importer_options options = {.size = sizeof options,
        .uri = replay_text(call, 1),
        .schema = replay_text(call, 2),
        .reimport = kf_value_bool(kf_value_at(call, 3))};
    KF__TRY(kf_component_add_input(component, "uri", KF_TYPE_STRING, NULL));
    KF__TRY(kf_component_add_output_artifact(
        component, "artifact", replay_text(call, 2), &io));
    return kf_component_set_importer(component, &options);
}

static inline kf_status replay_calls(replay *r, const kf_value *calls);

static inline kf_status replay_nested(const kf_value *calls, kf_component **out)
{
    replay inner = {0};
    kf_status status = replay_calls(&inner, calls);
    if (status == KF_OK)
        status = kf_component_from_pipeline(inner.pipeline, out);
    replay_finish(&inner);
    return status;
}

static inline kf_status replay_make(
    replay *r, const char *what, const kf_value *call, kf_component **out)
{
    if (strcmp(what, "nested") == 0)
        return replay_nested(kf_value_at(call, 1), out);
    const kf_value *described = kf_value_at(call, 1);
    bool importer = strcmp(what, "importer") == 0;
    KF__TRY(
        kf_component_new(importer ? "importer" : kf__get_text(described, "name"), out));
    return importer ? replay_importer(*out, call) : replay_component(*out, described);
}

/* ---- calls ---- */

static inline kf_operand replay_operand(const replay *r, const kf_value *operand)
{
    const kf_value *value = kf_value_get(operand, "value");
    return (kf_operand){
        .channel =
            value == NULL ? r->ids[kf_value_int(kf_value_get(operand, "id"))] : -1,
        .value = value};
}

static inline kf_status replay_pipeline(replay *r, const kf_value *what)
{
    kf_pipeline_options options = {.size = sizeof options,
        .description = kf__get_text(what, "description"),
        .display_name = kf__get_text(what, "display_name"),
        .pipeline_root = kf__get_text(what, "pipeline_root")};
    return kf_pipeline_new(kf__get_text(what, "name"), &options, &r->pipeline);
}

static inline kf_status replay_declare(
    replay *r, bool input, const kf_value *io, int32_t *out)
{
    const char *name = kf__get_text(io, "name"), *schema = kf__get_text(io, "schema");
    kf_io_options options = replay_io(io);
    if (input)
        return schema != NULL ? kf_pipeline_add_input_artifact(
                                    r->pipeline, name, schema, &options, out)
                              : kf_pipeline_add_input(
                                    r->pipeline, name, replay_type(io), &options, out);
    return schema != NULL
               ? kf_pipeline_add_output_artifact(r->pipeline, name, schema, &options)
               : kf_pipeline_add_output(r->pipeline, name, replay_type(io), &options);
}

static inline kf_status replay_ids(replay *r, const kf_value *list, int32_t *out)
{
    for (size_t i = 0; i < kf_value_length(list); i++)
        out[i] = replay_id(r, list, i);
    return KF_OK;
}

/* Calls that take a text in which channels may be embedded. */
static inline kf_status replay_setting(
    replay *r, const char *what, const kf_value *call, const char *text)
{
    kf_pipeline *p = r->pipeline;
    int32_t task = replay_id(r, call, 1);
    if (strcmp(what, "set_env") == 0)
        return kf_pipeline_set_env(p, task, replay_text(call, 2), text);
    if (strcmp(what, "set_image") == 0)
        return kf_pipeline_set_image(p, task, text);
    return kf_pipeline_set_resource(p, task, (kf_resource)replay_number(call, 2), text);
}

static inline kf_status replay_task_call(
    replay *r, const char *what, const kf_value *call)
{
    kf_pipeline *p = r->pipeline;
    int32_t task = replay_id(r, call, 1), channels[16];
    const kf_value *last = kf_value_at(call, kf_value_length(call) - 1);
    if (strcmp(what, "set_argument") == 0)
        return kf_pipeline_set_argument(
            p, task, replay_text(call, 2), replay_id(r, call, 3));
    if (strcmp(what, "set_argument_list") == 0) {
        KF__TRY(replay_ids(r, last, channels));
        return kf_pipeline_set_argument_list(
            p, task, replay_text(call, 2), channels, kf_value_length(last));
    }
    if (strcmp(what, "set_constant") == 0) {
        kf_value *value = replay_value(r, last);
        KF__TRY(kf__tree_status(&r->tree));
        return kf_pipeline_set_constant(p, task, replay_text(call, 2), value);
    }
    if (strcmp(what, "after") == 0)
        return kf_pipeline_after(p, task, replay_id(r, call, 2));
    if (strcmp(what, "after_group") == 0)
        return kf_pipeline_after_group(p, task, replay_id(r, call, 2));
    if (strcmp(what, "set_display_name") == 0)
        return kf_pipeline_set_display_name(p, task, replay_text(call, 2));
    if (strcmp(what, "set_caching") == 0)
        return kf_pipeline_set_caching(
            p, task, kf_value_bool(kf_value_at(call, 2)), replay_text(call, 3));
    if (strcmp(what, "set_retry") == 0)
        return kf_pipeline_set_retry(p, task,
            KF_OPTIONS(kf_retry, .max_retries = (int)replay_number(call, 2),
                .backoff_seconds = (double)replay_number(call, 3),
                .backoff_factor = kf_value_double(kf_value_at(call, 4)),
                .backoff_max_seconds = (double)replay_number(call, 5)));
    if (strcmp(what, "ignore_upstream_failure") == 0)
        return kf_pipeline_ignore_upstream_failure(p, task);
    kf_buf text = KF__BUF_INIT;
    kf_status status = replay_channels(r, kf_value_string(last), &text);
    if (status == KF_OK)
        status = replay_setting(r, what, call, kf__buf_text(&text));
    kf__buf_finish(&text);
    return status;
}

/* Calls that give an id. */
static inline kf_status replay_giving(
    replay *r, const char *what, const kf_value *call, int32_t *out)
{
    kf_pipeline *p = r->pipeline;
    const char *text = replay_text(call, kf_value_length(call) - 1);
    const kf_value *first = kf_value_at(call, 1);
    int32_t channels[16];
    if (strcmp(what, "add_input") == 0)
        return replay_declare(r, true, first, out);
    if (strcmp(what, "add_task") == 0)
        return kf_pipeline_add_task(
            p, r->components[replay_number(call, 1)], NULL, out);
    if (strcmp(what, "task_output") == 0)
        return kf_pipeline_task_output(p, replay_id(r, call, 1), text, out);
    if (strcmp(what, "compare") == 0)
        return kf_pipeline_compare(p, replay_operand(r, first),
            (kf_compare)replay_number(call, 2), replay_operand(r, kf_value_at(call, 3)),
            out);
    if (strcmp(what, "loop_item") == 0)
        return kf_pipeline_loop_item(p, replay_id(r, call, 1), out);
    if (strcmp(what, "loop_item_member") == 0)
        return kf_pipeline_loop_item_member(p, replay_id(r, call, 1), text, out);
    if (strcmp(what, "collected") == 0)
        return kf_pipeline_collected(p, replay_id(r, call, 1), out);
    if (strcmp(what, "one_of") == 0) {
        KF__TRY(replay_ids(r, first, channels));
        return kf_pipeline_one_of(p, channels, kf_value_length(first), out);
    }
    if (strcmp(what, "begin_loop") == 0)
        return kf_pipeline_begin_loop(p, replay_operand(r, first),
            KF_OPTIONS(kf_loop_options, .name = replay_text(call, 2),
                .parallelism = (int)replay_number(call, 3)),
            out);
    if (strcmp(what, "begin_if") == 0)
        return kf_pipeline_begin_if(p, replay_id(r, call, 1), text, out);
    if (strcmp(what, "begin_elif") == 0)
        return kf_pipeline_begin_elif(p, replay_id(r, call, 1), text, out);
    if (strcmp(what, "begin_else") == 0)
        return kf_pipeline_begin_else(p, text, out);
    if (strcmp(what, "begin_exit_handler") == 0)
        return kf_pipeline_begin_exit_handler(p, replay_id(r, call, 1), text, out);
    *out = -1;
    return KF_OK;
}

static inline kf_status replay_call(replay *r, const kf_value *call)
{
    const char *what = replay_text(call, 0);
    bool component = strcmp(what, "component") == 0 || strcmp(what, "importer") == 0 ||
                     strcmp(what, "nested") == 0;
    if (component)
        return replay_make(r, what, call, &r->components[r->count++]);
    if (strcmp(what, "pipeline") == 0)
        return replay_pipeline(r, kf_value_at(call, 1));
    if (strcmp(what, "add_output") == 0)
        return replay_declare(r, false, kf_value_at(call, 1), NULL);
    if (strcmp(what, "set_output") == 0)
        return kf_pipeline_set_output(
            r->pipeline, replay_text(call, 1), replay_id(r, call, 2));
    if (strcmp(what, "set_config") == 0)
        return kf_pipeline_set_config(r->pipeline, kf_value_at(call, 1));
    if (strcmp(what, "end") == 0)
        return kf_pipeline_end(r->pipeline);
    int32_t given = -1;
    KF__TRY(replay_giving(r, what, call, &given));
    if (given == -1)
        return replay_task_call(r, what, call);
    r->ids[r->count++] = given;
    return KF_OK;
}

static inline kf_status replay_calls(replay *r, const kf_value *calls)
{
    for (size_t i = 0; i < kf_value_length(calls); i++) {
        ck_assert_uint_lt(r->count, REPLAY_IDS);
        KF__TRY(replay_call(r, kf_value_at(calls, i)));
    }
    return KF_OK;
}

#endif
