/* SPDX-License-Identifier: Apache-2.0 */
/* The cache's key of a task: the parts that its outcome depends on, and their digest.
 */
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "io/file.h"
#include "run/artifact.h"
#include "run/attempt.h"

enum { SHOWN_BYTES = 64, DIGEST_BYTES = 32 };

/* A part as it is if it is short, else its digest. */
static kf_value *part_of(kf_tree *tree, const char *text, size_t length)
{
    static const char prefix[] = "sha256:";
    if (length <= SHOWN_BYTES && !strstr(text, prefix))
        return kf__tree_string_n(tree, text, length);
    kf_sha256 sha;
    char hex[65];
    kf__sha256_init(&sha);
    kf__sha256_update(&sha, text, length);
    kf__sha256_hex(&sha, hex);
    return kf__tree_printf(tree, "%s%.*s", prefix, DIGEST_BYTES, hex);
}

static kf_value *value_part(kf_tree *tree, const kf_value *value)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_json_sorted(&text, value);
    kf_value *part = part_of(tree, kf__buf_text(&text), text.length);
    if (text.status != KF_OK)
        tree->status = text.status;
    kf__buf_finish(&text);
    return part;
}

/* What an artifact is to its reader, wherever it lies: content, type and metadata. */
static kf_value *artifact_part(kf_tree *tree, const kf_value *list)
{
    kf_buf text = KF__BUF_INIT;
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *artifact = kf_value_at(list, i);
        const char *digest = kf__get_text(artifact, "digest");
        const char *uri = kf__get_text(artifact, "uri");
        kf__buf_puts(&text, digest ? digest : uri ? uri : "");
        kf__buf_putc(&text, ' ');
        if (kf_value_get(artifact, "type"))
            kf__put_json_sorted(&text, kf_value_get(artifact, "type"));
        if (kf_value_length(kf_value_get(artifact, "metadata")))
            kf__put_json_sorted(&text, kf_value_get(artifact, "metadata"));
        kf__buf_putc(&text, '\n');
    }
    kf_value *part = part_of(tree, kf__buf_text(&text), text.length);
    if (text.status != KF_OK)
        tree->status = text.status;
    kf__buf_finish(&text);
    return part;
}

static const char *const static_parts[] = {"image", "command", "args", "env"};

static kf_status put_static_parts(
    const kf_attempt *attempt, kf_tree *tree, kf_value *parts)
{
    const kf_plan_component *component = attempt->node->task->component;
    const kf_executor_class *executor = kf__executor_of(component->container);
    for (size_t i = 0; i < sizeof static_parts / sizeof *static_parts; i++) {
        const kf_value *part = kf_value_get(component->container, static_parts[i]);
        if (part)
            kf__put_ref(tree, parts, static_parts[i], value_part(tree, part));
    }
    const kf_value *outputs = kf_value_get(component->spec, "outputDefinitions");
    if (outputs)
        kf__put_ref(tree, parts, "outputs", value_part(tree, outputs));
    if (executor && executor->identify) {
        kf_buf text = KF__BUF_INIT;
        kf_status status =
            executor->identify(component->container, attempt->engine->options, &text);
        if (status == KF_OK && text.length)
            kf__put_ref(tree, parts, executor->name,
                part_of(tree, kf__buf_text(&text), text.length));
        kf__buf_finish(&text);
        KF__TRY(status);
    }
    return kf__tree_status(tree);
}

/* Made once per component, as JSON. */
static kf_status static_key(const kf_attempt *attempt, const char **out)
{
    kf_engine *engine = attempt->engine;
    char **kept = &engine->static_keys[attempt->node->task->component->position];
    kf_status status = KF_OK;
    kf__mutex_lock(&engine->reader_mutex);
    if (!*kept) {
        kf_tree tree = KF__TREE_INIT;
        kf_buf text = KF__BUF_INIT;
        kf_value *parts = kf__tree_struct(&tree);
        status = put_static_parts(attempt, &tree, parts);
        if (status == KF_OK) {
            kf__put_json_sorted(&text, parts);
            status = kf__buf_take(&text, kept);
        }
        kf__buf_finish(&text);
        kf__tree_finish(&tree);
    }
    *out = *kept;
    kf__mutex_unlock(&engine->reader_mutex);
    return status;
}

static void put_inputs(const kf_attempt *attempt, kf_tree *tree, kf_value *parts)
{
    const kf_bundle *bundle = attempt->node->inputs;
    kf_value *inputs = NULL;
    if (kf_value_length(bundle->parameters))
        inputs = kf__put_struct(tree, parts, "inputs");
    for (size_t i = 0; i < kf_value_length(bundle->parameters); i++)
        kf__put(tree, inputs, kf_value_key(bundle->parameters, i),
            value_part(tree, kf_value_at(bundle->parameters, i)));
    if (kf_value_length(bundle->artifacts))
        inputs = kf__put_struct(tree, parts, "artifacts");
    for (size_t i = 0; i < kf_value_length(bundle->artifacts); i++)
        kf__put(tree, inputs, kf_value_key(bundle->artifacts, i),
            artifact_part(tree, kf_value_at(bundle->artifacts, i)));
}

/* The static parts and those of this task, as one struct. */
static kf_status join_parts(
    kf_attempt *attempt, const char *fixed, kf_tree *tree, kf_buf *out)
{
    kf_value *own = kf__tree_struct(tree);
    put_inputs(attempt, tree, own);
    KF__TRY(kf__tree_status(tree));
    kf__buf_append(out, fixed, strlen(fixed) - 1);
    if (kf_value_length(own)) {
        kf_buf text = KF__BUF_INIT;
        kf__put_json_sorted(&text, own);
        kf__buf_puts(out, out->length > 1 ? "," : "");
        kf__buf_append(out, kf__buf_text(&text) + 1, text.length - 2);
        if (text.status != KF_OK)
            out->status = text.status;
        kf__buf_finish(&text);
    }
    kf__buf_putc(out, '}');
    return out->status;
}

static kf_status own_key(kf_attempt *attempt, kf_tree *tree, kf_buf *out)
{
    const kf_plan_task *task = attempt->node->task;
    kf_value *parts = kf__tree_struct(tree);
    kf__put_text(tree, parts, "component", task->component->name);
    kf__put_text(tree, parts, "cache_key", task->cache_key);
    KF__TRY(kf__tree_status(tree));
    kf__put_json_sorted(out, parts);
    return out->status;
}

kf_status kf__attempt_key(kf_attempt *attempt)
{
    const char *fixed = NULL;
    kf_tree tree = KF__TREE_INIT;
    kf_buf text = KF__BUF_INIT;
    kf_status status = KF_OK;
    if (attempt->node->task->cache_key) {
        status = own_key(attempt, &tree, &text);
    } else {
        status = static_key(attempt, &fixed);
        if (status == KF_OK)
            status = join_parts(attempt, fixed, &tree, &text);
    }
    if (status == KF_OK) {
        kf_sha256 sha;
        kf__sha256_init(&sha);
        kf__sha256_update(&sha, kf__buf_text(&text), text.length);
        kf__sha256_hex(&sha, attempt->cache_key);
        attempt->cache_parts =
            kf__arena_strndup(&attempt->tree.arena, kf__buf_text(&text), text.length);
        status = attempt->cache_parts ? KF_OK : KF_ENOMEM;
    }
    kf__buf_finish(&text);
    kf__tree_finish(&tree);
    return status;
}

static bool is_unchanged(kf_engine *engine, const kf_value *artifact)
{
    const char *digest = kf__get_text(artifact, "digest");
    const char *path = kf__local_path(kf__get_text(artifact, "uri"));
    kf_buf stamp = KF__BUF_INIT;
    char found[65] = "";
    int64_t size = 0;
    if (!digest || !path)
        return true;
    bool same =
        kf__file_stamp(path, &stamp) == KF_OK && stamp.length &&
        kf__attempt_digest(engine, path, kf__buf_text(&stamp), found, &size) == KF_OK &&
        strcmp(found, digest) == 0;
    kf__buf_finish(&stamp);
    return same;
}

static bool are_unchanged(kf_engine *engine, const kf_bundle *outputs)
{
    for (size_t i = 0; i < kf_value_length(outputs->artifacts); i++) {
        const kf_value *list = kf_value_at(outputs->artifacts, i);
        for (size_t j = 0; j < kf_value_length(list); j++)
            if (!is_unchanged(engine, kf_value_at(list, j)))
                return false;
    }
    return true;
}

/* Outputs of a task of this run that are not in the database yet; the lock is held. */
static char *find_recent(kf_engine *engine, const char *key, int64_t *task)
{
    const kf_record *lists[] = {engine->writing, engine->records};
    for (size_t i = 0; i < 2; i++)
        for (const kf_record *record = lists[i]; record; record = record->next)
            if (record->cacheable && strcmp(record->cache_key, key) == 0) {
                *task = record->id;
                return kf__strdup(record->outputs);
            }
    return NULL;
}

static kf_status find_stored(
    kf_engine *engine, const char *key, char **out, int64_t *task)
{
    kf_stmt *stmt = NULL;
    bool row = false;
    KF__TRY(kf__db_prepare(engine->reader,
        "SELECT cache.task, tasks.outputs FROM cache JOIN tasks ON tasks.id = "
        "cache.task"
        " WHERE cache.key = ?",
        &stmt));
    kf__bind_text(stmt, 1, key);
    KF__TRY(kf__db_step(stmt, &row));
    if (!row)
        return KF_OK;
    *task = kf__column_int(stmt, 0);
    const char *text = kf__column_text(stmt, 1);
    *out = text ? kf__strdup(text) : NULL;
    kf__db_reset(stmt);
    return KF_OK;
}

kf_status kf__attempt_look_up(kf_attempt *attempt, bool *hit)
{
    kf_engine *engine = attempt->engine;
    char *text = NULL;
    int64_t task = 0;
    kf_status status = KF_OK;
    kf__mutex_lock(&engine->mutex);
    text = find_recent(engine, attempt->cache_key, &task);
    kf__mutex_unlock(&engine->mutex);
    if (!text) {
        kf__mutex_lock(&engine->reader_mutex);
        status = find_stored(engine, attempt->cache_key, &text, &task);
        kf__mutex_unlock(&engine->reader_mutex);
    }
    if (status != KF_OK || !text)
        return status;
    kf_bundle *outputs = NULL;
    if (kf__bundle_read(text, &outputs) == KF_OK && are_unchanged(engine, outputs)) {
        attempt->outputs = outputs;
        attempt->source = task;
        *hit = true;
    } else {
        kf__bundle_free(outputs);
    }
    kf__free(text);
    return KF_OK;
}
