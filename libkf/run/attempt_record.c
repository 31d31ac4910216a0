/* SPDX-License-Identifier: Apache-2.0 */
/* What the store is to hold of an attempt. */
#include "base/error.h"
#include "run/artifact.h"
#include "run/attempt.h"

static const char *json_text(kf_record *record, const kf_value *value)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, value, KF_JSON_COMPACT);
    const char *copy =
        kf__arena_strndup(&record->arena, kf__buf_text(&text), text.length);
    kf__buf_finish(&text);
    return copy;
}

static const char *bundle_text(kf_record *record, const kf_bundle *bundle)
{
    kf_buf text = KF__BUF_INIT;
    kf__bundle_write(bundle, &text);
    const char *copy =
        kf__arena_strndup(&record->arena, kf__buf_text(&text), text.length);
    kf__buf_finish(&text);
    return copy;
}

static const char *kept(kf_record *record, const char *text)
{
    return kf__arena_strdup(&record->arena, text);
}

static kf_status put_artifact(
    kf_record *record, const char *output, const kf_value *artifact)
{
    const kf_value *type = kf_value_get(artifact, "type");
    const char *title = kf__get_text(type, "schemaTitle");
    const char *version = kf__get_text(type, "schemaVersion");
    const kf_value *metadata = kf_value_get(artifact, "metadata");
    kf_artifact_record row = {
        .id = kf_value_int(kf_value_get(artifact, "id")),
        .output = output,
        .name = kept(record, kf__get_text(artifact, "name")),
        .type = kept(record, title ? title : "system.Artifact"),
        .version = kept(record, version ? version : ""),
        .uri = kept(record, kf__get_text(artifact, "uri")),
        .path = kept(record, kf__artifact_path(artifact)),
        .digest = kept(record, kf__get_text(artifact, "digest")),
        .size = kf_value_int(kf_value_get(artifact, "size")),
        .stamp = kept(record, kf__get_text(artifact, "stamp")),
        .metadata = metadata ? json_text(record, metadata) : "{}",
    };
    if (!row.type || !row.uri)
        return KF_ENOMEM;
    return kf__vec_push(&record->artifacts, row);
}

static kf_status put_edges(
    kf_record *record, const kf_value *artifacts, bool output, bool fresh)
{
    for (size_t i = 0; i < kf_value_length(artifacts); i++) {
        const kf_value *list = kf_value_at(artifacts, i);
        const char *name = kept(record, kf_value_key(artifacts, i));
        for (size_t j = 0; j < kf_value_length(list); j++) {
            const kf_value *artifact = kf_value_at(list, j);
            kf_edge_record edge = {.name = name,
                .output = output,
                .position = (int)j,
                .artifact = kf_value_int(kf_value_get(artifact, "id"))};
            if (edge.artifact)
                KF__TRY(kf__vec_push(&record->edges, edge));
            if (fresh)
                KF__TRY(put_artifact(record, name, artifact));
        }
    }
    return KF_OK;
}

static void forget_stamps(kf_bundle *outputs)
{
    for (size_t i = 0; i < kf_value_length(outputs->artifacts); i++) {
        kf_value *list = kf__at(outputs->artifacts, i);
        for (size_t j = 0; j < kf_value_length(list); j++)
            kf__remove(kf__at(list, j), "stamp");
    }
}

static kf_status fill_outputs(kf_attempt *attempt, kf_record *record)
{
    bool fresh = attempt->source == 0 && !attempt->reused;
    if (!attempt->outputs)
        return KF_OK;
    KF__TRY(put_edges(record, attempt->outputs->artifacts, true, fresh));
    forget_stamps(attempt->outputs);
    record->outputs = bundle_text(record, attempt->outputs);
    return record->outputs ? KF_OK : KF_ENOMEM;
}

static kf_status fill(kf_attempt *attempt, kf_record *record)
{
    const kf_node *node = attempt->node;
    bool cached = attempt->state == KF_STATE_CACHED;
    record->report = true;
    record->state = attempt->state;
    record->finished = attempt->finished;
    record->seconds = (double)(attempt->finished - attempt->started) / 1000;
    record->code = attempt->code;
    record->error = record->message = kept(record, attempt->error);
    record->inputs = bundle_text(record, node->inputs);
    if (attempt->cache_parts) {
        record->cache_key = kept(record, attempt->cache_key);
        record->cache_parts = kept(record, attempt->cache_parts);
        record->cacheable = attempt->state == KF_STATE_SUCCEEDED;
    }
    record->source = attempt->source;
    record->attempt = cached ? 0 : node->attempt;
    record->attempt_state = attempt->state;
    record->attempt_started = attempt->started;
    record->attempt_finished = attempt->finished;
    record->exit_code = attempt->exit_code;
    record->attempt_error = record->error;
    record->log = attempt->logged ? kept(record, attempt->log_path) : NULL;
    KF__TRY(put_edges(record, node->inputs->artifacts, false, false));
    return fill_outputs(attempt, record);
}

void kf__attempt_record(kf_attempt *attempt)
{
    kf_record *record = kf__node_record(attempt->engine, attempt->node);
    if (record && fill(attempt, record) != KF_OK) {
        kf__record_free(record);
        record = NULL;
    }
    attempt->record = record;
}

/* Whether there is a log to follow from the beginning on. */
static bool logs_at_once(const kf_attempt *attempt)
{
    const kf_value *container = attempt->node->task->component->container;
    const kf_executor_class *executor = container ? kf__executor_of(container) : NULL;
    return executor && !executor->lazy;
}

kf_status kf__attempt_announce(kf_attempt *attempt)
{
    kf_engine *engine = attempt->engine;
    bool logs = logs_at_once(attempt);
    kf__mutex_lock(&engine->mutex);
    kf_record *record = kf__node_record(engine, attempt->node);
    if (record) {
        record->report = true;
        record->attempt = attempt->node->attempt;
        record->attempt_state = KF_STATE_RUNNING;
        record->attempt_started = attempt->started;
        record->log = logs ? kept(record, attempt->log_path) : NULL;
        kf__record_add(engine, record, attempt->node);
    }
    kf__mutex_unlock(&engine->mutex);
    return record ? KF_OK : KF_ENOMEM;
}
