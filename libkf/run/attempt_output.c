/* SPDX-License-Identifier: Apache-2.0 */
/* What an executor left behind, read as KFP's launcher reads it. */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "io/file.h"
#include "io/json.h"
#include "run/artifact.h"
#include "run/attempt.h"
#include "run/executor_output.h"

static kf_status read_output_file(kf_attempt *attempt, const kf_value **out)
{
    kf_buf text = KF__BUF_INIT;
    kf_value *output = NULL;
    kf_status status =
        kf__file_read_plain(attempt->output_file, KF__LIMIT_DOCUMENT_BYTES, &text);
    if (status == KF_ENOENT)
        return KF_OK;
    if (status == KF_OK)
        status = kf__executor_output_read(
            &attempt->tree, kf__buf_text(&text), text.length, &output);
    kf__buf_finish(&text);
    *out = output;
    return status;
}

/* A line of libkf's own in the task's log, if it has one. */
static kf_status say(kf_attempt *attempt, kf_buf *text)
{
    kf_status status = text->status;
    if (status == KF_OK && attempt->logged && text->length > 0)
        status = kf__append_file(attempt->log_path, kf__buf_text(text), text->length);
    kf__buf_finish(text);
    return status;
}

/* What KFP passes over in silence, most often a slip. */
static kf_status say_strangers(kf_attempt *attempt, const kf_value *output)
{
    kf_buf text = KF__BUF_INIT;
    const kf_value *spec = attempt->node->task->component->spec;
    kf__executor_output_note_strangers(
        output, kf_value_get(spec, "outputDefinitions"), &text);
    return say(attempt, &text);
}

static char *trimmed(char *text)
{
    size_t length = strlen(text);
    while (length && strchr(" \t\r\n", text[length - 1]))
        text[--length] = '\0';
    return text + strspn(text, " \t\r\n");
}

/* No failure here, as with KFP's local runner: who reads the output fails. */
static kf_status say_unwritten(kf_attempt *attempt, const char *name)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_printf(&text,
        "[kf] the task did not write its output '%s'; on a cluster it would fail\n",
        name);
    return say(attempt, &text);
}

/* The text of an output file as a value: STRING as it is, the rest as JSON, for BOOLEAN
 * in any case. *out stays as it is if there is no file. */
static kf_status read_parameter_file(kf_attempt *attempt, const char *name,
    const char *path, kf_type type, kf_value **out)
{
    kf_buf text = KF__BUF_INIT;
    kf_tree *tree = &attempt->tree;
    kf_status status = kf__file_read_plain(path, KF__LIMIT_STRING_BYTES, &text);
    if (status == KF_ENOENT)
        return say_unwritten(attempt, name);
    if (status == KF_OK && type == KF_TYPE_STRING) {
        size_t bad = 0;
        if (!kf__utf8_valid(kf__buf_text(&text), text.length, &bad))
            status = kf__fail(KF_ETYPE, attempt->path,
                "the output '%s' is not UTF-8 at byte %zu", name, bad);
        *out = kf__tree_string_n(tree, kf__buf_text(&text), text.length);
    } else if (status == KF_OK) {
        kf__buf_putc(&text, '\0');
        char *json = trimmed(text.data);
        if (type == KF_TYPE_BOOLEAN)
            for (char *at = json; *at; at++)
                *at = *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at;
        status = kf__json_read(tree, json, strlen(json), out);
        if (status == KF_EPARSE)
            status = kf__fail(KF_ETYPE, attempt->path,
                "the output '%s' is of type %s and cannot be read from: %.60s", name,
                kf_type_name(type), json);
    }
    kf__buf_finish(&text);
    return status;
}

static kf_status collect_parameter(
    kf_attempt *attempt, const char *name, const kf_value *spec, const kf_value *given)
{
    kf_bundle *outputs = attempt->outputs;
    const kf_value *files =
        kf_value_get(kf_value_get(attempt->executor_input, "outputs"), "parameters");
    const char *path = kf__get_text(kf_value_get(files, name), "outputFile");
    kf_type type = kf__type_of_name(kf__get_text(spec, "parameterType"));
    kf_value *read = NULL, *made = NULL;
    if (!given || kf_value_kind(given) == KF_KIND_NULL) {
        KF__TRY(read_parameter_file(attempt, name, path, type, &read));
        given = read;
    }
    if (!given)
        return KF_OK;
    KF__TRY(
        kf__parameter_convert(&outputs->tree, type, given, name, attempt->path, &made));
    kf__put(&outputs->tree, outputs->parameters, name, made);
    return kf__tree_status(&outputs->tree);
}

/* What stands at the place that libkf gave the artifact is the task's own, and is
 * replaced. Any other place is one that the task named: nothing there is ever removed.
 */
static kf_status bring(
    const kf_attempt *attempt, const char *custom, const char *own, const char *target)
{
    bool is_own = own && strcmp(own, target) == 0;
    if (!is_own && kf__file_exists(target))
        return kf__fail(KF_EEXIST, attempt->path,
            "the task wants its artifact copied to '%s', which exists and is not the "
            "place it was given, '%s': libkf does not replace it",
            target, own ? own : "");
    KF__TRY(kf__make_parent_folders(target));
    if (is_own && !kf__is_inside(target, attempt->engine->root_folder))
        return kf__fail(KF_EINVAL, attempt->path,
            "the task has put a link in the way to the place of its artifact, '%s'",
            target);
    return is_own ? kf__replace_tree(custom, target) : kf__copy_tree(custom, target);
}

/* A custom path is where the task itself chose to write: bring it to where the artifact
 * belongs. */
static kf_status fetch_custom_path(
    const kf_attempt *attempt, const char *own, kf_value *artifact)
{
    const char *custom = kf__get_text(artifact, "customPath");
    const char *target = kf__local_path(kf__get_text(artifact, "uri"));
    if (!custom || !*custom)
        return KF_OK;
    if (target && strcmp(custom, target) != 0 && kf__file_exists(custom))
        KF__TRY(bring(attempt, custom, own, target));
    kf__remove(artifact, "customPath");
    return KF_OK;
}

kf_status kf__attempt_digest(kf_engine *engine, const char *path, const char *stamp,
    char digest[65], int64_t *size)
{
    bool known = false;
    kf__mutex_lock(&engine->reader_mutex);
    kf_status status =
        kf__artifact_known(engine->reader, path, stamp, digest, size, &known);
    kf__mutex_unlock(&engine->reader_mutex);
    return status == KF_OK && !known ? kf__digest_path(path, digest, size) : status;
}

kf_status kf__attempt_register(kf_attempt *attempt, kf_value *artifact)
{
    kf_engine *engine = attempt->engine;
    kf_tree *tree = &attempt->outputs->tree;
    const char *path = kf__artifact_path(artifact);
    if (path && *path == '/' && path[strspn(path, "/")] == '\0')
        return kf__fail(KF_EINVAL, attempt->path,
            "an artifact cannot be the root of the file system, '%s'", path);
    kf__mutex_lock(&engine->mutex);
    int64_t id = (engine->run_number << KF__RUN_BITS) + ++engine->artifact_numbers;
    kf__mutex_unlock(&engine->mutex);
    kf__put_ref(tree, artifact, "id", kf__tree_int(tree, id));
    kf_buf stamp = KF__BUF_INIT;
    char digest[65];
    int64_t size = 0;
    kf_status status = path ? kf__file_stamp(path, &stamp) : KF_OK;
    if (status == KF_OK && stamp.length)
        status = kf__attempt_digest(
            attempt->engine, path, kf__buf_text(&stamp), digest, &size);
    if (status == KF_OK && stamp.length) {
        kf__put_ref(tree, artifact, "digest", kf__tree_string(tree, digest));
        kf__put_ref(tree, artifact, "size", kf__tree_int(tree, size));
        kf__put_ref(
            tree, artifact, "stamp", kf__tree_string(tree, kf__buf_text(&stamp)));
    }
    kf__buf_finish(&stamp);
    return status == KF_OK ? kf__tree_status(tree) : status;
}

static kf_status collect_artifact(kf_attempt *attempt, const char *name,
    const kf_value *provisioned, const kf_value *given, kf_value *list)
{
    static const char *const members[] = {"uri", "customPath"};
    kf_tree *tree = &attempt->outputs->tree;
    kf_value *artifact = kf__tree_copy(tree, provisioned);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const kf_value *member = kf_value_get(given, members[i]);
        if (kf_value_length(member))
            kf__put_ref(tree, artifact, members[i], kf__tree_copy(tree, member));
    }
    if (kf_value_length(kf_value_get(given, "name")))
        kf__put_ref(
            tree, artifact, "name", kf__tree_copy(tree, kf_value_get(given, "name")));
    const kf_value *metadata = kf_value_get(given, "metadata");
    for (size_t i = 0; i < kf_value_length(metadata); i++)
        kf__put(tree, kf__put_struct(tree, artifact, "metadata"),
            kf_value_key(metadata, i), kf__tree_copy(tree, kf_value_at(metadata, i)));
    KF__TRY(kf__tree_status(tree));
    const char *own = kf__local_path(kf__get_text(provisioned, "uri"));
    KF__TRY(fetch_custom_path(attempt, own, artifact));
    KF__TRY(kf__attempt_register(attempt, artifact));
    kf__push(tree, list, artifact);
    return kf__tree_status(tree);
}

static kf_status collect_artifacts(
    kf_attempt *attempt, const char *name, const kf_value *given)
{
    kf_bundle *outputs = attempt->outputs;
    const kf_value *group =
        kf_value_get(kf_value_get(attempt->executor_input, "outputs"), "artifacts");
    const kf_value *provisioned =
        kf_value_at(kf_value_get(kf_value_get(group, name), "artifacts"), 0);
    const kf_value *several = kf_value_get(given, "artifacts");
    size_t count = kf_value_length(several);
    kf_value *list = kf__put_list(&outputs->tree, outputs->artifacts, name);
    KF__TRY(kf__tree_status(&outputs->tree));
    for (size_t i = 0; i < (count ? count : 1); i++)
        KF__TRY(collect_artifact(
            attempt, name, provisioned, kf_value_at(several, i), list));
    return KF_OK;
}

static kf_status collect(kf_attempt *attempt, const kf_value *output)
{
    const kf_value *definitions =
        kf_value_get(attempt->node->task->component->spec, "outputDefinitions");
    const kf_value *parameters = kf_value_get(definitions, "parameters");
    const kf_value *artifacts = kf_value_get(definitions, "artifacts");
    const kf_value *values = kf_value_get(output, "parameterValues");
    const kf_value *files = kf_value_get(output, "artifacts");
    for (size_t i = 0; i < kf_value_length(parameters); i++) {
        const char *name = kf_value_key(parameters, i);
        KF__TRY(collect_parameter(
            attempt, name, kf_value_at(parameters, i), kf_value_get(values, name)));
    }
    for (size_t i = 0; i < kf_value_length(artifacts); i++) {
        const char *name = kf_value_key(artifacts, i);
        KF__TRY(collect_artifacts(attempt, name, kf_value_get(files, name)));
    }
    return KF_OK;
}

kf_status kf__attempt_collect(kf_attempt *attempt, const kf_value *executor_output)
{
    if (!executor_output) {
        KF__TRY(read_output_file(attempt, &executor_output));
        KF__TRY(say_strangers(attempt, executor_output));
    }
    attempt->outputs = kf__bundle_new();
    if (!attempt->outputs)
        return KF_ENOMEM;
    return collect(attempt, executor_output);
}
