/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/kubernetes.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/component.h"
#include "pipeline/pipeline.h"
#include "pipeline/platform.h"
#include "pipeline/type.h"

#define PLATFORM "kubernetes"
#define CHANNEL_BEGIN "{{channel:task="

/* ---- edits ---- */

kf_status kf__k8s_begin(kf_k8s_edit *edit, kf_pipeline *pipeline, kf_task_id task)
{
    if (kf_pipeline_task_name(pipeline, task) == NULL)
        return kf__fail(KF_EINVAL, NULL, "%d is no task of the pipeline \"%s\"",
            (int)task, kf_pipeline_name(pipeline));
    *edit = (kf_k8s_edit){.pipeline = pipeline, .task = task};
    const kf_value *config = kf_pipeline_platform_config(pipeline, task, PLATFORM);
    edit->config = config != NULL ? kf__tree_copy(&edit->tree, config)
                                  : kf__tree_struct(&edit->tree);
    return KF_OK;
}

kf_status kf__k8s_end(kf_k8s_edit *edit)
{
    kf_status status = kf__tree_status(&edit->tree);
    if (status == KF_OK)
        status = kf__pipeline_replace_platform_config(
            edit->pipeline, edit->task, PLATFORM, edit->config);
    return kf__k8s_abandon(edit, status);
}

kf_status kf__k8s_abandon(kf_k8s_edit *edit, kf_status status)
{
    kf__tree_finish(&edit->tree);
    return status;
}

kf_value *kf__k8s_append(kf_k8s_edit *edit, const char *key)
{
    kf_value *item = kf__tree_struct(&edit->tree);
    kf__push(&edit->tree, kf__put_list(&edit->tree, edit->config, key), item);
    return item;
}

void kf__k8s_put_text(
    kf_k8s_edit *edit, kf_value *into, const char *key, const char *text)
{
    if (text != NULL && *text != '\0')
        kf__put_text(&edit->tree, into, key, text);
}

void kf__k8s_put_int64(
    kf_k8s_edit *edit, kf_value *into, const char *key, int64_t integer)
{
    kf__put(&edit->tree, into, key,
        kf__tree_printf(&edit->tree, "%lld", (long long)integer));
}

void kf__k8s_put_members(kf_k8s_edit *edit, kf_value *into, const kf_value *members)
{
    for (size_t i = 0; i < kf_value_length(members); i++)
        kf__put_text(&edit->tree, into, kf_value_key(members, i),
            kf_value_string(kf_value_at(members, i)));
}

/* ---- values that may be known only when the pipeline runs ---- */

bool kf__k8s_is_channel(const kf_pipeline *pipeline, const char *text)
{
    kf_channel_id channel = 0;
    return kf__pipeline_channel_of_text(pipeline, text, &channel);
}

/* The parts of "{{channel:task=T;name=N;type=…;}}"; an empty task is the pipeline
 * itself. */
static void put_reference(kf_k8s_edit *edit, kf_value *into, const char *text)
{
    kf_tree *tree = &edit->tree;
    const char *task = text + strlen(CHANNEL_BEGIN);
    size_t task_length = strcspn(task, ";");
    const char *name = task + task_length + strlen(";name=");
    kf_value *key = kf__tree_string_n(tree, name, strcspn(name, ";"));
    if (task_length == 0) {
        kf__put(tree, into, "componentInputParameter", key);
        return;
    }
    kf_value *output = kf__put_struct(tree, into, "taskOutputParameter");
    kf__put(tree, output, "producerTask", kf__tree_string_n(tree, task, task_length));
    kf__put(tree, output, "outputParameterKey", key);
}

kf_value *kf__k8s_parameter(kf_k8s_edit *edit, const kf_value *value)
{
    kf_tree *tree = &edit->tree;
    kf_value *parameter = kf__tree_struct(tree);
    const char *text = kf_value_string(value);
    if (text != NULL && kf__k8s_is_channel(edit->pipeline, text))
        put_reference(edit, parameter, text);
    else
        kf__put(tree, kf__put_struct(tree, parameter, "runtimeValue"), "constant",
            kf__document_value(tree, value));
    return parameter;
}

void kf__k8s_put_name(
    kf_k8s_edit *edit, kf_value *into, const char *key, const char *name)
{
    kf_tree *tree = &edit->tree;
    if (!kf__k8s_is_channel(edit->pipeline, name))
        kf__put_text(tree, into, key, name);
    kf_value *parameter = kf__k8s_parameter(edit, kf__tree_string(tree, name));
    kf_value *member = kf__tree_printf(tree, "%sParameter", key);
    if (member != NULL)
        kf__put(tree, into, kf_value_string(member), parameter);
}

/* ---- checks ---- */

kf_status kf__k8s_check_optional(const char *what, const char *text)
{
    if (text == NULL)
        return KF_OK;
    KF__TRY(kf__component_check_text(what, text));
    if (strstr(text, CHANNEL_BEGIN) != NULL)
        return kf__fail(KF_EINVAL, NULL,
            "%s must be known when the pipeline is compiled, and cannot be or embed a "
            "channel",
            what);
    return KF_OK;
}

kf_status kf__k8s_check_constant(const char *what, const char *text)
{
    if (*text == '\0')
        return kf__fail(KF_EINVAL, NULL, "%s cannot be empty text", what);
    return kf__k8s_check_optional(what, text);
}

kf_status kf__k8s_check_channel(
    const kf_pipeline *pipeline, const char *what, const char *text)
{
    kf_channel_id channel = 0;
    if (!kf__pipeline_channel_of_text(pipeline, text, &channel) ||
        pipeline->channels.items[channel].type != KF_TYPE_NONE)
        return KF_OK;
    return kf__fail(KF_ETYPE, NULL,
        "%s may be a channel of a parameter, and \"%s\" is an artifact", what,
        pipeline->channels.items[channel].name);
}

kf_status kf__k8s_check_name(
    const kf_pipeline *pipeline, const char *what, const char *text)
{
    if (kf__k8s_is_channel(pipeline, text))
        return kf__k8s_check_channel(pipeline, what, text);
    if (strstr(text, CHANNEL_BEGIN) != NULL)
        return kf__fail(KF_EINVAL, NULL,
            "%s may be a channel of the pipeline as a whole, but cannot embed one",
            what);
    return kf__k8s_check_constant(what, text);
}

kf_status kf__k8s_check_texts(const char *what, const kf_value *value)
{
    KF__TRY(kf__component_check_words(what, value));
    for (size_t i = 0; i < kf_value_length(value); i++)
        KF__TRY(kf__k8s_check_optional(what, kf_value_string(kf_value_at(value, i))));
    return KF_OK;
}

kf_status kf__k8s_check_members(const char *what, const kf_value *value)
{
    if (value == NULL)
        return KF_OK;
    if (!kf__is(value, KF_KIND_STRUCT))
        return kf__fail(KF_ETYPE, NULL, "%s must be a struct of strings", what);
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const char *text = kf_value_string(kf_value_at(value, i));
        if (text == NULL)
            return kf__fail(KF_ETYPE, NULL,
                "%s must be a struct of strings, and its member \"%s\" is none", what,
                kf_value_key(value, i));
        KF__TRY(kf__k8s_check_constant(what, kf_value_key(value, i)));
        KF__TRY(kf__k8s_check_optional(what, text));
    }
    return KF_OK;
}

static const char *next_choice(const void *state, size_t index)
{
    return ((const char *const *)state)[index];
}

kf_status kf__k8s_check_choice(
    const char *what, const char *text, const char *const *choices)
{
    kf_buf list = KF__BUF_INIT;
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], text) == 0) {
            kf__buf_finish(&list);
            return KF_OK;
        }
        const char *separator = i == 0 ? "" : choices[i + 1] == NULL ? " or " : ", ";
        kf__buf_printf(&list, "%s%s", separator, choices[i]);
    }
    const char *nearest = kf__nearest(text, next_choice, choices);
    kf_status status =
        kf__fail(KF_EINVAL, NULL, "%s cannot be \"%s\": expected %s%s%s%s", what, text,
            kf__buf_text(&list), nearest != NULL ? " (did you mean \"" : "",
            nearest != NULL ? nearest : "", nearest != NULL ? "\"?)" : "");
    kf__buf_finish(&list);
    return status;
}
