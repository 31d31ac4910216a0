/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of the state machine's changes: rows for the store and events. */
#include "run/scheduler.h"

#include <string.h>

#include "base/clock.h"

void kf__scope_path(const kf_scope *scope, kf_buf *out)
{
    if (!scope->owner)
        return;
    kf__node_path(scope->owner, out);
    if (scope->index >= 0)
        kf__buf_printf(out, "[%lld]", (long long)scope->index);
    kf__buf_putc(out, '/');
}

void kf__node_path(const kf_node *node, kf_buf *out)
{
    kf__scope_path(node->scope, out);
    kf__buf_puts(out, node->task->name);
}

void kf__node_folder(const kf_node *node, kf_buf *out)
{
    const kf_scope *scope = node->scope;
    if (scope->owner) {
        kf__node_folder(scope->owner, out);
        if (scope->index >= 0)
            kf__buf_printf(out, "/iteration-%lld", (long long)scope->index);
        kf__buf_putc(out, '/');
    }
    kf__buf_puts(out, node->task->name);
}

kf_task_kind kf__node_kind(const kf_node *node)
{
    return node->task->iterator              ? KF__TASK_LOOP
           : node->task->component->dag      ? KF__TASK_GROUP
           : node->task->component->importer ? KF__TASK_IMPORTER
                                             : KF__TASK_EXECUTED;
}

static int64_t id_of(const kf_engine *engine, uint32_t number)
{
    return (engine->run_number << KF__RUN_BITS) + number;
}

static uint32_t number_of_past(kf_engine *engine, const char *path)
{
    const kf_past *past = engine->past.count ? kf__map_get(&engine->past, path) : NULL;
    return past ? past->number : ++engine->numbers;
}

static void give_number(kf_engine *engine, kf_node *node, const char *path)
{
    if (node->number == 0)
        node->number = number_of_past(engine, path);
}

kf_status kf__node_number(kf_engine *engine, kf_node *node)
{
    kf_buf path = KF__BUF_INIT;
    kf__node_path(node, &path);
    kf_status status = path.status;
    if (status == KF_OK)
        give_number(engine, node, kf__buf_text(&path));
    kf__buf_finish(&path);
    return status;
}

static int64_t parent_of(const kf_engine *engine, const kf_scope *scope)
{
    if (!scope->owner)
        return 0;
    return id_of(engine, scope->index >= 0 ? scope->number : scope->owner->number);
}

static void fill_counts(const kf_engine *engine, kf_record *record)
{
    record->tasks_done = engine->done;
    record->tasks_known = engine->known;
}

static const char *kept(kf_record *record, kf_buf *text)
{
    const char *copy =
        kf__arena_strndup(&record->arena, kf__buf_text(text), text->length);
    kf__buf_finish(text);
    return copy;
}

static const char *inputs_text(kf_record *record, const kf_bundle *inputs)
{
    kf_buf text = KF__BUF_INIT;
    if (!inputs)
        return NULL;
    kf__bundle_write(inputs, &text);
    return kept(record, &text);
}

kf_record *kf__node_record(kf_engine *engine, kf_node *node)
{
    kf_record *record = kf__record_new();
    kf_buf path = KF__BUF_INIT;
    if (!record)
        return NULL;
    kf__node_path(node, &path);
    give_number(engine, node, kf__buf_text(&path));
    record->path = kept(record, &path);
    record->id = id_of(engine, node->number);
    record->parent = parent_of(engine, node->scope);
    record->kind = kf__node_kind(node);
    record->name = node->task->name;
    record->display_name = node->task->display_name;
    record->component = node->task->component->name;
    record->state = (kf_state)node->state;
    record->attempts = record->attempt_shown = node->attempt;
    record->started = node->started;
    record->finished = node->finished;
    record->code = (kf_status)node->code;
    record->error = kf__arena_strdup(&record->arena, node->error);
    record->message = record->error;
    if (node->task->component->dag) {
        record->inputs = inputs_text(record, node->inputs);
        record->outputs = inputs_text(record, node->outputs);
    }
    if (node->started)
        record->seconds =
            (double)((node->finished ? node->finished : kf__now_ms()) - node->started) /
            1000;
    return record;
}

void kf__record_add(kf_engine *engine, kf_record *record, kf_node *node)
{
    fill_counts(engine, record);
    if (node && node->pending) {
        node->pending->superseded =
            node->pending->attempt == record->attempt || node->pending->attempt == 0;
        node->pending->pending_of = NULL;
        node->pending = NULL;
    }
    if (node && !kf_state_is_final(record->state)) {
        record->pending_of = &node->pending;
        node->pending = record;
    }
    *engine->last_record = record;
    engine->last_record = &record->next;
    if (!engine->writer_waits)
        return;
    engine->writer_waits = false;
    kf__cond_signal(&engine->news);
}

void kf__node_changed(kf_engine *engine, kf_node *node, bool report)
{
    kf_record *record = kf__node_record(engine, node);
    if (!record) {
        kf__engine_break(engine, KF_ENOMEM);
        return;
    }
    record->report = report;
    kf__record_add(engine, record, node);
}

void kf__iteration_changed(kf_engine *engine, kf_scope *scope, kf_state state)
{
    kf_record *record = kf__record_new();
    kf_buf path = KF__BUF_INIT;
    if (!record) {
        kf__engine_break(engine, KF_ENOMEM);
        return;
    }
    kf__scope_path(scope, &path);
    if (path.length)
        kf__buf_truncate(&path, path.length - 1);
    if (scope->number == 0)
        scope->number = number_of_past(engine, kf__buf_text(&path));
    record->path = kept(record, &path);
    record->id = id_of(engine, scope->number);
    record->parent = id_of(engine, scope->owner->number);
    record->kind = KF__TASK_ITERATION;
    record->name = kf__arena_printf(
        &record->arena, "%s[%lld]", scope->owner->task->name, (long long)scope->index);
    record->display_name = record->name;
    record->component = scope->component->name;
    record->state = state;
    record->started = scope->started ? scope->started : kf__now_ms();
    record->finished = kf_state_is_final(state) ? kf__now_ms() : 0;
    record->inputs = inputs_text(record, scope->item);
    kf__record_add(engine, record, NULL);
}
