/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline in a few words, for tests: components that are made once, and shorthands that
 * must succeed. */
#ifndef KF_PIPELINE_BUILD_H
#define KF_PIPELINE_BUILD_H

#include <kf.h>
#include <string.h>

#include "kf_test.h"
#include "pipeline/document.h"

typedef struct build {
    kf_pipeline *p;
    kf_component *same;   /* text: STRING -> out: STRING */
    kf_component *count;  /* n: INTEGER -> out: INTEGER */
    kf_component *list;   /* -> out: LIST */
    kf_component *gather; /* xs: LIST */
    kf_component *data;   /* text: STRING -> ds: system.Dataset */
    kf_component *use;    /* ds: system.Dataset */
    kf_document document;
} build;

static inline kf_component *build_component(const char *name)
{
    static const char *const words[] = {"echo", NULL};
    kf_component *component = NULL;
    ck_ok(kf_component_new(name, &component));
    ck_ok(kf_component_set_command(component, "alpine", words));
    return component;
}

static inline build build_start(const char *name)
{
    build b = {.same = build_component("same"),
        .count = build_component("count"),
        .list = build_component("list"),
        .gather = build_component("gather"),
        .data = build_component("data"),
        .use = build_component("use")};
    ck_ok(kf_component_add_input(b.same, "text", KF_TYPE_STRING, NULL));
    ck_ok(kf_component_add_output(b.same, "out", KF_TYPE_STRING, NULL));
    ck_ok(kf_component_add_input(b.count, "n", KF_TYPE_INTEGER, NULL));
    ck_ok(kf_component_add_output(b.count, "out", KF_TYPE_INTEGER, NULL));
    ck_ok(kf_component_add_output(b.list, "out", KF_TYPE_LIST, NULL));
    ck_ok(kf_component_add_input(b.gather, "xs", KF_TYPE_LIST, NULL));
    ck_ok(kf_component_add_input(b.data, "text", KF_TYPE_STRING, NULL));
    ck_ok(kf_component_add_output_artifact(b.data, "ds", "system.Dataset", NULL));
    ck_ok(kf_component_add_input_artifact(b.use, "ds", "system.Dataset", NULL));
    ck_ok(kf_pipeline_new(name, NULL, &b.p));
    return b;
}

static inline void build_finish(build *b)
{
    kf_component *all[] = {b->same, b->count, b->list, b->gather, b->data, b->use};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        kf_component_free(all[i]);
    kf_pipeline_free(b->p);
    kf__document_finish(&b->document);
}

/* ---- tasks ---- */

static inline kf_task_id build_task(build *b, kf_component *component)
{
    kf_task_id task = -1;
    ck_ok(kf_pipeline_add_task(b->p, component, NULL, &task));
    return task;
}

static inline kf_channel_id build_output(build *b, kf_task_id task)
{
    kf_channel_id channel = -1;
    ck_ok(kf_pipeline_task_output(b->p, task, NULL, &channel));
    return channel;
}

/* A task `same` of a constant, and of a channel. */
static inline kf_task_id build_say(build *b, const char *text)
{
    kf_task_id task = build_task(b, b->same);
    ck_ok(kf_pipeline_set_string(b->p, task, "text", text));
    return task;
}

static inline kf_task_id build_pass(build *b, kf_channel_id channel)
{
    kf_task_id task = build_task(b, b->same);
    ck_ok(kf_pipeline_set_argument(b->p, task, "text", channel));
    return task;
}

static inline kf_channel_id build_input(build *b, const char *name, kf_type type)
{
    kf_channel_id channel = -1;
    ck_ok(kf_pipeline_add_input(b->p, name, type, NULL, &channel));
    return channel;
}

/* ---- groups ---- */

static inline kf_value *build_json(const char *text)
{
    kf_value *value = NULL;
    ck_ok(kf_value_parse(text, strlen(text), &value));
    return value;
}

/* `channel` == "text" */
static inline kf_condition_id build_equals(
    build *b, kf_channel_id channel, const char *json)
{
    kf_condition_id condition = -1;
    kf_value *value = build_json(json);
    ck_ok(kf_pipeline_compare(b->p, (kf_operand){.channel = channel}, KF_EQUAL,
        (kf_operand){.value = value}, &condition));
    kf_value_free(value);
    return condition;
}

static inline kf_group_id build_if(build *b, kf_channel_id channel, const char *json)
{
    kf_group_id group = -1;
    ck_ok(kf_pipeline_begin_if(b->p, build_equals(b, channel, json), NULL, &group));
    return group;
}

static inline kf_group_id build_else(build *b)
{
    kf_group_id group = -1;
    ck_ok(kf_pipeline_begin_else(b->p, NULL, &group));
    return group;
}

/* A loop over constants, or over a channel if `json` is NULL; the item. */
static inline kf_channel_id build_loop(
    build *b, const char *json, kf_channel_id channel)
{
    kf_group_id group = -1;
    kf_channel_id item = -1;
    kf_value *value = json != NULL ? build_json(json) : NULL;
    ck_ok(kf_pipeline_begin_loop(
        b->p, (kf_operand){.channel = channel, .value = value}, NULL, &group));
    ck_ok(kf_pipeline_loop_item(b->p, group, &item));
    kf_value_free(value);
    return item;
}

static inline kf_channel_id build_member(build *b, kf_channel_id item, const char *key)
{
    kf_channel_id member = -1;
    ck_ok(kf_pipeline_loop_item_member(b->p, item, key, &member));
    return member;
}

static inline void build_end(build *b)
{
    ck_ok(kf_pipeline_end(b->p));
}

/* ---- the document ---- */

static inline void build_lower(build *b, bool verbose)
{
    kf__document_finish(&b->document);
    ck_ok(kf__pipeline_lower(
        b->p, KF_OPTIONS(kf_write_options, .verbose_form = verbose), &b->document));
}

/* What is at a path such as "root/dag/tasks/same/inputs"; NULL if it is not there. */
static inline const kf_value *build_at(const build *b, const char *path)
{
    const kf_value *value = b->document.spec;
    char key[200];
    while (value != NULL && *path != '\0') {
        size_t length = strcspn(path, "/");
        ck_assert_uint_lt(length, sizeof key);
        memcpy(key, path, length);
        key[length] = '\0';
        value = kf_value_get(value, key);
        path += length + (path[length] == '/');
    }
    return value;
}

/* What is at the path is this JSON. */
static inline void build_check(const build *b, const char *path, const char *json)
{
    kf_value *expected = build_json(json);
    const kf_value *found = build_at(b, path);
    char *text = NULL;
    ck_ok(kf_value_write(found != NULL ? found : expected, KF_JSON_SPACED, &text));
    ck_assert_msg(found != NULL, "%s: not there", path);
    ck_assert_msg(kf_value_equal(found, expected), "%s is %s", path, text);
    kf_text_free(text);
    kf_value_free(expected);
}

static inline void build_check_absent(const build *b, const char *path)
{
    ck_assert_msg(build_at(b, path) == NULL, "%s is there", path);
}

#endif
