/* SPDX-License-Identifier: Apache-2.0 */
#include "run/scheduler.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

void kf__list_push(kf_engine_list *list, kf_node *node)
{
    node->next = NULL;
    if (list->last)
        list->last->next = node;
    else
        list->first = node;
    list->last = node;
}

kf_node *kf__list_pop(kf_engine_list *list)
{
    kf_node *node = list->first;
    if (!node)
        return NULL;
    list->first = node->next;
    if (!list->first)
        list->last = NULL;
    node->next = NULL;
    return node;
}

static void node_release(kf_node *node)
{
    kf__bundle_free(node->inputs);
    kf__bundle_free(node->outputs);
    kf__scope_free(node->inside);
    kf__loop_free(node->loop);
    kf__free(node->error);
}

void kf__scope_free(kf_scope *scope)
{
    if (!scope)
        return;
    for (uint32_t i = 0; scope->nodes && i < scope->component->dag->task_count; i++)
        node_release(&scope->nodes[i]);
    kf__free(scope->nodes);
    if (scope->index < 0)
        kf__bundle_free(scope->inputs);
    kf__bundle_free(scope->item);
    kf__free(scope);
}

static bool is_leaf(const kf_plan_task *task)
{
    return task->component->dag == NULL;
}

kf_status kf__scope_new(kf_engine *engine, kf_node *owner,
    const kf_plan_component *component, kf_bundle *inputs, int64_t index,
    kf_scope **out)
{
    const kf_plan_dag *dag = component->dag;
    kf_scope *scope = kf__calloc(1, sizeof *scope);
    if (!scope)
        return KF_ENOMEM;
    scope->owner = owner;
    scope->component = component;
    scope->index = index;
    scope->remaining = dag->task_count;
    if (owner) {
        scope->immune = owner->immune;
        scope->exits = owner->scope->exits || owner->task->exit_task;
        scope->redo = owner->redo;
    }
    if (dag->task_count) {
        scope->nodes = kf__calloc(dag->task_count, sizeof *scope->nodes);
        if (!scope->nodes) {
            kf__free(scope);
            return KF_ENOMEM;
        }
    }
    scope->inputs = inputs;
    for (uint32_t i = 0; i < dag->task_count; i++) {
        kf_node *node = &scope->nodes[i];
        node->scope = scope;
        node->task = &dag->tasks[i];
        node->waiting = dag->tasks[i].dependency_count;
        node->immune = scope->immune;
        node->redo = scope->redo;
        engine->known += is_leaf(node->task);
    }
    *out = scope;
    return KF_OK;
}

static void scope_ended(kf_engine *engine, kf_scope *scope);

void kf__scope_start(kf_engine *engine, kf_scope *scope)
{
    scope->started = kf__now_ms();
    for (uint32_t i = 0; i < scope->component->dag->task_count; i++)
        if (scope->nodes[i].waiting == 0)
            kf__list_push(&engine->settle, &scope->nodes[i]);
    if (scope->remaining == 0)
        scope_ended(engine, scope);
}

const kf_node *kf__scope_failure(const kf_scope *scope)
{
    for (uint32_t i = 0; i < scope->component->dag->task_count; i++)
        if (scope->nodes[i].state == KF_STATE_FAILED)
            return &scope->nodes[i];
    return NULL;
}

kf_state kf__scope_state(const kf_engine *engine, const kf_scope *scope)
{
    bool canceled = false, unstarted = false;
    if (kf__scope_failure(scope))
        return KF_STATE_FAILED;
    for (uint32_t i = 0; i < scope->component->dag->task_count; i++) {
        canceled = canceled || scope->nodes[i].state == KF_STATE_CANCELED;
        unstarted = unstarted || scope->nodes[i].unstarted;
    }
    return canceled    ? KF_STATE_CANCELED
           : unstarted ? KF_STATE_SKIPPED
                       : KF_STATE_SUCCEEDED;
}

static void take_error(kf_node *node, const char *text, kf_status code)
{
    kf__free(node->error);
    node->error = kf__strdup(text);
    node->code = (int8_t)code;
}

void kf__node_end(kf_engine *engine, kf_node *node, kf_state state, kf_status status)
{
    if (status != KF_OK) {
        kf__node_fail(engine, node);
        return;
    }
    node->state = (uint8_t)state;
    node->finished = kf__now_ms();
    kf__node_finish(engine, node, state, kf__node_record(engine, node));
}

/* A group ends as its tasks did; its outputs are those of its tasks. */
static void group_ended(kf_engine *engine, kf_node *node, kf_scope *scope)
{
    kf_state state = kf__scope_state(engine, scope);
    const kf_node *failed = kf__scope_failure(scope);
    kf_status status = KF_OK;
    if (state == KF_STATE_SUCCEEDED)
        status = kf__resolve_outputs(scope, &node->outputs);
    for (uint32_t i = 0; i < scope->component->dag->task_count; i++)
        node->fresh = node->fresh || scope->nodes[i].fresh;
    node->unstarted = state == KF_STATE_SKIPPED;
    if (failed)
        take_error(node, failed->error, (kf_status)failed->code);
    node->inside = NULL;
    kf__scope_free(scope);
    kf__node_end(engine, node, state, status);
}

static void scope_ended(kf_engine *engine, kf_scope *scope)
{
    if (scope->index >= 0) {
        kf__loop_iteration_ended(engine, scope);
    } else if (scope->owner) {
        group_ended(engine, scope->owner, scope);
    } else {
        engine->over = true;
        kf__cond_broadcast(&engine->work);
        kf__cond_signal(&engine->news);
    }
}

static void tell_dependents(kf_engine *engine, kf_node *node)
{
    bool met = node->state == KF_STATE_SUCCEEDED || node->state == KF_STATE_CACHED;
    for (uint32_t i = 0; i < node->task->dependent_count; i++) {
        kf_node *dependent = &node->scope->nodes[node->task->dependents[i]];
        bool ran = met || node->state == KF_STATE_FAILED;
        dependent->unmet = dependent->unmet || !met;
        dependent->immune = dependent->immune || (node->immune && ran);
        dependent->redo = dependent->redo || node->fresh;
        if (--dependent->waiting == 0)
            kf__list_push(&engine->settle, dependent);
    }
}

void kf__node_finish(
    kf_engine *engine, kf_node *node, kf_state state, kf_record *record)
{
    kf_scope *scope = node->scope;
    node->state = (uint8_t)state;
    if (!node->finished)
        node->finished = kf__now_ms();
    engine->done += is_leaf(node->task);
    kf__bundle_free(node->inputs);
    node->inputs = NULL;
    if (state == KF_STATE_FAILED)
        kf__engine_fail(engine, node);
    if (record)
        kf__record_add(engine, record, node);
    else if (!node->adopted)
        kf__engine_break(engine, KF_ENOMEM);
    tell_dependents(engine, node);
    if (--scope->remaining == 0)
        scope_ended(engine, scope);
}

static void finish_reporting(kf_engine *engine, kf_node *node, kf_state state)
{
    node->state = (uint8_t)state;
    node->finished = kf__now_ms();
    kf_record *record = kf__node_record(engine, node);
    if (record)
        record->report = true;
    kf__node_finish(engine, node, state, record);
}

void kf__node_fail(kf_engine *engine, kf_node *node)
{
    const kf_error *error = kf_last_error();
    if (error->code == KF_ENOMEM)
        kf__engine_break(engine, KF_ENOMEM);
    kf_buf text = KF__BUF_INIT;
    kf__buf_puts(&text, error->message);
    if (*error->where)
        kf__buf_printf(&text, " (%s)", error->where);
    take_error(node, kf__buf_text(&text), error->code);
    kf__buf_finish(&text);
    finish_reporting(engine, node, KF_STATE_FAILED);
}

void kf__node_skip(kf_engine *engine, kf_node *node, kf_state state, const char *why)
{
    take_error(node, why, KF_OK);
    finish_reporting(engine, node, state);
}

bool kf__node_is_stopped(const kf_engine *engine, const kf_node *node, kf_state *state)
{
    bool exits = node->scope->exits || node->task->exit_task;
    if (engine->closing || (engine->canceling && !exits)) {
        *state = KF_STATE_CANCELED;
        return true;
    }
    *state = KF_STATE_SKIPPED;
    return engine->failing && !engine->options->keep_going && !exits && !node->immune;
}

bool kf__node_stop(kf_engine *engine, kf_node *node)
{
    kf_state state;
    if (!kf__node_is_stopped(engine, node, &state))
        return false;
    node->unstarted = state == KF_STATE_SKIPPED;
    kf__node_skip(engine, node, state,
        state == KF_STATE_CANCELED ? "the run was canceled"
                                   : "not started: another task of the run failed");
    return true;
}

static void skip_unmet(kf_engine *engine, kf_node *node)
{
    const kf_plan_task *task = node->task;
    const char *name = "";
    kf_state found = KF_STATE_SKIPPED;
    for (uint32_t i = 0; i < task->dependency_count; i++) {
        const kf_node *upstream = &node->scope->nodes[task->dependencies[i]];
        if (upstream->state == KF_STATE_SUCCEEDED || upstream->state == KF_STATE_CACHED)
            continue;
        name = upstream->task->name;
        found = (kf_state)upstream->state;
        node->unstarted = node->unstarted || upstream->unstarted;
        if (found == KF_STATE_FAILED)
            break;
    }
    kf_buf why = KF__BUF_INIT;
    kf__buf_printf(&why, "the task '%s' before it %s", name,
        found == KF_STATE_FAILED     ? "failed"
        : found == KF_STATE_CANCELED ? "was canceled"
                                     : "was skipped");
    kf__node_skip(engine, node,
        found == KF_STATE_CANCELED ? KF_STATE_CANCELED : KF_STATE_SKIPPED,
        kf__buf_text(&why));
    kf__buf_finish(&why);
}

static kf_past *past_of(const kf_engine *engine, const kf_node *node)
{
    if (engine->past.count == 0)
        return NULL;
    kf_buf path = KF__BUF_INIT;
    kf__node_path(node, &path);
    kf_past *past = kf__map_get(&engine->past, kf__buf_text(&path));
    kf__buf_finish(&path);
    return past;
}

/* Whether what an earlier process found is taken over, and with it the node is final.
 */
static bool adopt(kf_engine *engine, kf_node *node)
{
    kf_past *past = past_of(engine, node);
    if (!past)
        return false;
    node->number = past->number;
    node->attempt = node->first_attempt = past->attempts;
    bool done = past->state == KF_STATE_SUCCEEDED || past->state == KF_STATE_CACHED;
    if (!is_leaf(node->task) || !done || node->redo || !past->outputs ||
        kf__bundle_read(past->outputs, &node->outputs) != KF_OK)
        return false;
    if (!kf__bundle_is_there(node->outputs)) {
        kf__bundle_free(node->outputs);
        node->outputs = NULL;
        return false;
    }
    node->adopted = true;
    kf__node_finish(engine, node, past->state, NULL);
    return true;
}

static kf_status begin_group(kf_engine *engine, kf_node *node)
{
    if (node->task->iterator)
        return kf__loop_start(engine, node);
    kf_scope *scope = NULL;
    KF__TRY(
        kf__scope_new(engine, node, node->task->component, node->inputs, -1, &scope));
    node->inputs = NULL;
    node->inside = scope;
    kf__node_changed(engine, node, false);
    kf__scope_start(engine, scope);
    return KF_OK;
}

static void start_group(kf_engine *engine, kf_node *node)
{
    bool holds = true;
    node->started = kf__now_ms();
    kf_status status = kf__resolve_inputs(engine, node, &node->inputs);
    if (status == KF_OK)
        status = kf__resolve_condition(node->task, node->inputs, &holds);
    if (status == KF_OK && !holds) {
        kf__node_skip(engine, node, KF_STATE_SKIPPED, "its condition does not hold");
        return;
    }
    node->state = KF_STATE_RUNNING;
    if (status == KF_OK)
        status = begin_group(engine, node);
    if (status != KF_OK)
        kf__node_fail(engine, node);
}

static void settle(kf_engine *engine, kf_node *node)
{
    const kf_plan_task *task = node->task;
    if (task->on_completion)
        node->immune = true;
    if (adopt(engine, node))
        return;
    if (node->unmet && !task->on_completion) {
        skip_unmet(engine, node);
    } else if (kf__node_stop(engine, node)) {
        return;
    } else if (is_leaf(task) && !task->iterator) {
        kf__list_push(&engine->ready, node);
        engine->ready_count++;
    } else {
        start_group(engine, node);
    }
}

void kf__engine_drain(kf_engine *engine)
{
    kf_node *node;
    while ((node = kf__list_pop(&engine->settle)))
        settle(engine, node);
}

kf_status kf__engine_begin(kf_engine *engine, kf_bundle *inputs)
{
    kf_status status =
        kf__scope_new(engine, NULL, engine->plan->root, inputs, -1, &engine->root);
    if (status != KF_OK) {
        kf__bundle_free(inputs);
        return status;
    }
    kf__scope_start(engine, engine->root);
    kf__engine_drain(engine);
    kf__engine_wake(engine);
    return KF_OK;
}

void kf__engine_fail(kf_engine *engine, const kf_node *node)
{
    engine->failing = true;
    if (engine->failure)
        return;
    kf_buf text = KF__BUF_INIT;
    kf_buf path = KF__BUF_INIT;
    kf__node_path(node, &path);
    kf__buf_printf(&text, "the task '%s' failed: %s", kf__buf_text(&path),
        node->error ? node->error : "out of memory");
    engine->failure = kf__strdup(kf__buf_text(&text));
    engine->failure_code = (kf_status)node->code;
    kf__buf_finish(&path);
    kf__buf_finish(&text);
}

static void raise_flag(int descriptor)
{
    uint64_t one = 1;
    ssize_t written = write(descriptor, &one, sizeof one);
    (void)written;
}

void kf__engine_cancel(kf_engine *engine, bool exits_too)
{
    if (!engine->canceling) {
        engine->canceling = true;
        raise_flag(engine->cancel_fd);
    }
    if (exits_too && !engine->closing) {
        engine->closing = true;
        raise_flag(engine->exit_cancel_fd);
    }
    /* What waits for a time to be tried again is given up now. */
    kf_node *node;
    while ((node = kf__list_pop(&engine->delayed))) {
        kf__list_push(&engine->ready, node);
        engine->ready_count++;
    }
    kf__engine_wake(engine);
}

void kf__engine_break(kf_engine *engine, kf_status status)
{
    if (engine->broken != KF_OK)
        return;
    engine->broken = status;
    if (!engine->failure && status != KF_ENOMEM)
        engine->failure = kf__strdup(kf_last_error()->message);
    kf__engine_cancel(engine, true);
}
