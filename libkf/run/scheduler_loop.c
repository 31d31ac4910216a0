/* SPDX-License-Identifier: Apache-2.0 */
#include "run/scheduler.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"

/* Iterations of an unlimited loop that are begun at a time: more than this would only
 * wait in memory for a worker. */
enum { WINDOW = 1024 };

void kf__loop_free(kf_loop *loop)
{
    if (!loop)
        return;
    for (uint32_t i = 0; loop->results && i < loop->count; i++)
        kf__bundle_free(loop->results[i]);
    kf__free(loop->results);
    kf__free(loop->error);
    kf__free(loop);
}

static kf_status find_items(const kf_node *node, kf_loop *loop)
{
    const kf_plan_task *task = node->task;
    const kf_value *items = task->items;
    if (task->iterator == KF__ITERATE_ARTIFACTS)
        items = kf__bundle_artifacts(node->inputs, task->items_input);
    else if (task->iterator == KF__ITERATE_PARAMETER)
        items = kf__bundle_parameter(node->inputs, task->items_input);
    if (!items)
        return kf__fail(KF_EMISSING, task->name, "the loop's list '%s' has no value",
            task->items_input);
    kf_value *list = NULL;
    const kf_plan_io io = {.name = task->items_input, .type = KF_TYPE_LIST};
    if (kf__is(items, KF_KIND_STRING)) {
        KF__TRY(kf__parameter_fit(&node->inputs->tree, &io, items, task->name, &list));
        items = list;
    }
    if (!kf__is(items, KF_KIND_LIST))
        return kf__fail(
            KF_ETYPE, task->name, "'%s' is no list to loop over", task->items_input);
    if (kf_value_length(items) > KF__LIMIT_LOOP_ITEMS)
        return kf__fail(KF_ELIMIT, task->name,
            "a loop has at most %u iterations, not %zu", KF__LIMIT_LOOP_ITEMS,
            kf_value_length(items));
    loop->list = items;
    loop->count = (uint32_t)kf_value_length(items);
    return KF_OK;
}

/* The item as the input of an iteration. */
static kf_status make_item(const kf_node *node, const kf_value *item, kf_bundle **out)
{
    const kf_plan_task *task = node->task;
    const kf_plan_io *io = kf__plan_find_input(task->component, task->item_input);
    kf_bundle *bundle = kf__bundle_new();
    if (!bundle)
        return KF_ENOMEM;
    kf_status status = KF_OK;
    if (task->iterator == KF__ITERATE_ARTIFACTS) {
        kf_value *list =
            kf__put_list(&bundle->tree, bundle->artifacts, task->item_input);
        kf__push(&bundle->tree, list, kf__tree_copy(&bundle->tree, item));
    } else {
        kf_value *value = NULL;
        if (io && kf_value_kind(item) != KF_KIND_NULL)
            status = kf__parameter_fit(&bundle->tree, io, item, task->name, &value);
        else
            value = kf__tree_copy(&bundle->tree, item);
        kf__put(&bundle->tree, bundle->parameters, task->item_input, value);
    }
    if (status == KF_OK)
        status = kf__tree_status(&bundle->tree);
    if (status != KF_OK) {
        kf__bundle_free(bundle);
        return status;
    }
    *out = bundle;
    return KF_OK;
}

static kf_status begin_iteration(kf_engine *engine, kf_node *node, uint32_t index)
{
    kf_loop *loop = node->loop;
    kf_bundle *item = NULL;
    kf_scope *scope = NULL;
    KF__TRY(make_item(node, kf_value_at(loop->list, index), &item));
    kf_status status =
        kf__scope_new(engine, node, node->task->component, loop->inputs, index, &scope);
    if (status != KF_OK) {
        kf__bundle_free(item);
        return status;
    }
    scope->item = item;
    scope->item_input = node->task->item_input;
    loop->active++;
    kf__iteration_changed(engine, scope, KF_STATE_RUNNING);
    kf__scope_start(engine, scope);
    return KF_OK;
}

static kf_status gather_parameter(const kf_loop *loop, const char *name, kf_bundle *out)
{
    kf_value *list = kf__put_list(&out->tree, out->parameters, name);
    for (uint32_t i = 0; i < loop->count; i++) {
        const kf_value *value = kf__bundle_parameter(loop->results[i], name);
        if (value)
            kf__push(&out->tree, list, kf__tree_copy(&out->tree, value));
    }
    return kf__tree_status(&out->tree);
}

static kf_status gather_artifacts(const kf_loop *loop, const char *name, kf_bundle *out)
{
    kf_value *list = kf__put_list(&out->tree, out->artifacts, name);
    for (uint32_t i = 0; i < loop->count; i++) {
        const kf_value *found = kf__bundle_artifacts(loop->results[i], name);
        for (size_t j = 0; j < kf_value_length(found); j++)
            kf__push(
                &out->tree, list, kf__tree_copy(&out->tree, kf_value_at(found, j)));
    }
    return kf__tree_status(&out->tree);
}

/* The outputs of the iterations that have them, in the order of the items: a list of
 * values, the artifacts of all. */
static kf_status gather(const kf_node *node, kf_bundle **out)
{
    const kf_plan_dag *dag = node->task->component->dag;
    kf_bundle *bundle = kf__bundle_new();
    if (!bundle)
        return KF_ENOMEM;
    kf_status status = KF_OK;
    for (uint32_t i = 0; i < dag->output_count && status == KF_OK; i++)
        status = dag->outputs[i].artifact
                     ? gather_artifacts(node->loop, dag->outputs[i].name, bundle)
                     : gather_parameter(node->loop, dag->outputs[i].name, bundle);
    if (status != KF_OK) {
        kf__bundle_free(bundle);
        return status;
    }
    *out = bundle;
    return KF_OK;
}

static void finish(kf_engine *engine, kf_node *node)
{
    kf_loop *loop = node->loop;
    kf_state state = loop->failed      ? KF_STATE_FAILED
                     : loop->canceled  ? KF_STATE_CANCELED
                     : loop->unstarted ? KF_STATE_SKIPPED
                                       : KF_STATE_SUCCEEDED;
    node->unstarted = state == KF_STATE_SKIPPED;
    node->code = loop->code;
    node->error = loop->error;
    loop->error = NULL;
    /* What a task that ignores the failure collects are the iterations that did
     * succeed. */
    kf_status status = gather(node, &node->outputs);
    node->loop = NULL;
    kf__loop_free(loop);
    kf__node_end(engine, node, state, status);
}

/* Begin what may begin; the loop, and with it the node, ends when nothing is left. */
static void advance(kf_engine *engine, kf_node *node)
{
    kf_loop *loop = node->loop;
    if (loop->advancing)
        return;
    loop->advancing = true;
    while (loop->next < loop->count && loop->active < loop->limit) {
        kf_state stop;
        if (kf__node_is_stopped(engine, node, &stop)) {
            loop->canceled = loop->canceled || stop == KF_STATE_CANCELED;
            loop->unstarted = loop->unstarted || stop == KF_STATE_SKIPPED;
            loop->next = loop->count;
            break;
        }
        if (begin_iteration(engine, node, loop->next++) != KF_OK) {
            kf__free(loop->error);
            loop->error = kf__strdup(kf_last_error()->message);
            loop->code = (int8_t)kf_last_error()->code;
            loop->failed = true;
            loop->next = loop->count;
        }
    }
    loop->advancing = false;
    if (loop->active == 0)
        finish(engine, node);
}

void kf__loop_iteration_ended(kf_engine *engine, kf_scope *scope)
{
    kf_node *node = scope->owner;
    kf_loop *loop = node->loop;
    kf_state state = kf__scope_state(engine, scope);
    const kf_node *failed = kf__scope_failure(scope);
    kf_status status = KF_OK;
    for (uint32_t i = 0; i < scope->component->dag->task_count; i++)
        node->fresh = node->fresh || scope->nodes[i].fresh;
    if (state == KF_STATE_SUCCEEDED)
        status = kf__resolve_outputs(scope, &loop->results[scope->index]);
    if ((failed || status != KF_OK) && !loop->failed) {
        loop->failed = true;
        loop->error = kf__strdup(failed ? failed->error : kf_last_error()->message);
        loop->code = failed ? failed->code : (int8_t)status;
    }
    loop->canceled = loop->canceled || state == KF_STATE_CANCELED;
    loop->unstarted = loop->unstarted || state == KF_STATE_SKIPPED;
    loop->active--;
    kf__iteration_changed(engine, scope, status == KF_OK ? state : KF_STATE_FAILED);
    kf__scope_free(scope);
    advance(engine, node);
}

kf_status kf__loop_start(kf_engine *engine, kf_node *node)
{
    kf_loop *loop = kf__calloc(1, sizeof *loop);
    if (!loop)
        return KF_ENOMEM;
    node->loop = loop;
    KF__TRY(find_items(node, loop));
    loop->results = kf__calloc(loop->count + 1, sizeof *loop->results);
    if (!loop->results)
        return KF_ENOMEM;
    loop->limit = node->task->parallelism ? node->task->parallelism : WINDOW;
    loop->inputs = node->inputs;
    kf__node_changed(engine, node, false);
    advance(engine, node);
    return KF_OK;
}
