/* SPDX-License-Identifier: Apache-2.0 */
#include "run/plan.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "io/json.h"

/* What reading the tasks of one DAG needs. */
typedef struct task_reader {
    kf_plan *plan;
    kf_plan_dag *dag;
    const kf_map *index;
    const char *place;
    uint32_t
        *marks; /* Per task: the last one (plus 1) that was found to depend on it. */
    uint32_t *upstream; /* Dependencies of the task being read. */
    uint32_t upstream_count;
} task_reader;

static const char *task_name_at(const void *state, size_t index)
{
    const kf_map *map = state;
    return index < map->count ? map->entries[index].key : NULL;
}

static kf_status find_task(const task_reader *reader, const char *name, uint32_t *out)
{
    size_t position = 0;
    if (!name || !kf__map_find_index(reader->index, name, &position)) {
        const char *nearest =
            name ? kf__nearest(name, task_name_at, reader->index) : NULL;
        return kf__fail(KF_ENOENT, reader->place, "there is no task '%s' here%s%s%s",
            name ? name : "", nearest ? "; did you mean '" : "", nearest ? nearest : "",
            nearest ? "'?" : "");
    }
    *out = (uint32_t)position;
    return KF_OK;
}

static void depend_on(task_reader *reader, uint32_t self, uint32_t producer)
{
    if (reader->marks[producer] == self + 1)
        return;
    reader->marks[producer] = self + 1;
    reader->upstream[reader->upstream_count++] = producer;
}

static kf_status read_output_source(task_reader *reader, uint32_t self,
    const kf_value *output, const char *key, kf_plan_input *input)
{
    input->source = KF__SOURCE_OUTPUT;
    input->key = kf__get_text(output, key);
    KF__TRY(find_task(reader, kf__get_text(output, "producerTask"), &input->producer));
    if (!input->key)
        return kf__fail(KF_EDOCUMENT, reader->place, "%s is missing", key);
    depend_on(reader, self, input->producer);
    return KF_OK;
}

bool kf__plan_expands(const kf_value *value)
{
    const char *text = kf_value_string(value);
    if (text)
        return strstr(text, "{{$") != NULL;
    for (size_t i = 0; i < kf_value_length(value); i++)
        if (kf__plan_expands(kf_value_at(value, i)))
            return true;
    return false;
}

static kf_status read_parameter_input(
    task_reader *reader, uint32_t self, const kf_value *spec, kf_plan_input *input)
{
    const kf_value *output = kf_value_get(spec, "taskOutputParameter");
    const kf_value *status = kf_value_get(spec, "taskFinalStatus");
    const kf_value *runtime = kf_value_get(spec, "runtimeValue");
    const char *parent = kf__get_text(spec, "componentInputParameter");
    const char *selector = kf__get_text(spec, "parameterExpressionSelector");
    if (selector)
        KF__TRY(kf__plan_expression(reader->plan, selector, &input->selector));
    if (output)
        return read_output_source(reader, self, output, "outputParameterKey", input);
    if (parent) {
        input->source = KF__SOURCE_PARENT;
        input->key = parent;
        return KF_OK;
    }
    if (status) {
        input->source = KF__SOURCE_FINAL_STATUS;
        KF__TRY(
            find_task(reader, kf__get_text(status, "producerTask"), &input->producer));
        depend_on(reader, self, input->producer);
        return KF_OK;
    }
    input->source = KF__SOURCE_CONSTANT;
    input->constant = kf_value_get(runtime, "constant");
    input->expands = kf__plan_expands(input->constant);
    if (!input->constant) {
        input->constant = kf_value_get(runtime, "constantValue");
        input->key = kf__get_text(runtime, "runtimeParameter");
        if (input->key)
            input->source = KF__SOURCE_PARENT;
        else if (!input->constant)
            return kf__fail(KF_EDOCUMENT, reader->place, "the input '%s' has no source",
                input->name);
    }
    return KF_OK;
}

static kf_status read_artifact_input(
    task_reader *reader, uint32_t self, const kf_value *spec, kf_plan_input *input)
{
    const kf_value *output = kf_value_get(spec, "taskOutputArtifact");
    input->artifact = true;
    input->key = kf__get_text(spec, "componentInputArtifact");
    input->source = KF__SOURCE_PARENT;
    if (output)
        return read_output_source(reader, self, output, "outputArtifactKey", input);
    if (!input->key)
        return kf__fail(
            KF_EDOCUMENT, reader->place, "the input '%s' has no source", input->name);
    return KF_OK;
}

static kf_status read_task_inputs(
    task_reader *reader, uint32_t self, const kf_value *spec, kf_plan_task *task)
{
    const kf_value *inputs = kf_value_get(spec, "inputs");
    const kf_value *parameters = kf_value_get(inputs, "parameters");
    const kf_value *artifacts = kf_value_get(inputs, "artifacts");
    size_t parameter_count = kf_value_length(parameters);
    size_t count = parameter_count + kf_value_length(artifacts);
    if (count == 0)
        return KF_OK;
    task->inputs = kf__arena_alloc(&reader->plan->arena, count * sizeof *task->inputs);
    if (!task->inputs)
        return KF_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        kf_plan_input *input = &task->inputs[task->input_count++];
        bool artifact = i >= parameter_count;
        const kf_value *group = artifact ? artifacts : parameters;
        size_t position = artifact ? i - parameter_count : i;
        input->name = kf_value_key(group, position);
        const kf_value *source = kf_value_at(group, position);
        KF__TRY(artifact ? read_artifact_input(reader, self, source, input)
                         : read_parameter_input(reader, self, source, input));
    }
    return KF_OK;
}

static void read_retry(const kf_value *policy, kf_plan_task *task)
{
    if (!policy)
        return;
    task->has_retry = true;
    task->retry.max = (int)kf_value_int(kf_value_get(policy, "maxRetryCount"));
    const kf_value *factor = kf_value_get(policy, "backoffFactor");
    task->retry.backoff = kf__plan_seconds(kf_value_get(policy, "backoffDuration"), 0);
    task->retry.factor = factor ? kf_value_double(factor) : 2;
    if (task->retry.factor <= 0)
        task->retry.factor = 2;
    task->retry.backoff_max =
        kf__plan_seconds(kf_value_get(policy, "backoffMaxDuration"), 3600);
    if (task->retry.backoff_max > 3600)
        task->retry.backoff_max = 3600;
}

static kf_status read_raw_items(
    task_reader *reader, const char *raw, kf_plan_task *task)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *items = NULL;
    kf_value *root = NULL;
    kf_status status = kf__json_read(&tree, raw, strlen(raw), &items);
    if (status == KF_OK && !kf__is(items, KF_KIND_LIST))
        status = kf__fail(KF_EDOCUMENT, reader->place,
            "the items of the loop '%s' are no list", task->name);
    if (status == KF_OK)
        status = kf__tree_take(&tree, items, &root);
    kf__tree_finish(&tree);
    if (status == KF_OK && kf__vec_push(&reader->plan->items, root) != KF_OK) {
        kf_value_free(root);
        status = KF_ENOMEM;
    }
    task->items = root;
    return status;
}

static kf_status read_iterator(
    task_reader *reader, const kf_value *spec, kf_plan_task *task)
{
    const kf_value *parameter = kf_value_get(spec, "parameterIterator");
    const kf_value *artifact = kf_value_get(spec, "artifactIterator");
    const kf_value *iterator = parameter ? parameter : artifact;
    if (!iterator)
        return KF_OK;
    const kf_value *items = kf_value_get(iterator, "items");
    const char *raw = kf__get_text(items, "raw");
    const kf_value *limit =
        kf_value_get(kf_value_get(spec, "iteratorPolicy"), "parallelismLimit");
    task->parallelism = limit ? (uint32_t)kf_value_int(limit) : 0;
    task->item_input = kf__get_text(iterator, "itemInput");
    task->items_input =
        kf__get_text(items, artifact ? "inputArtifact" : "inputParameter");
    task->iterator = artifact ? KF__ITERATE_ARTIFACTS
                     : raw    ? KF__ITERATE_CONSTANT
                              : KF__ITERATE_PARAMETER;
    if (!task->item_input || (!raw && !task->items_input))
        return kf__fail(KF_EDOCUMENT, reader->place,
            "the loop '%s' has no items or no itemInput", task->name);
    return raw && !artifact ? read_raw_items(reader, raw, task) : KF_OK;
}

static kf_status read_trigger(
    task_reader *reader, const kf_value *spec, kf_plan_task *task)
{
    const kf_value *policy = kf_value_get(spec, "triggerPolicy");
    const char *strategy = kf__get_text(policy, "strategy");
    task->condition_text = kf__get_text(policy, "condition");
    task->on_completion =
        strategy && strcmp(strategy, "ALL_UPSTREAM_TASKS_COMPLETED") == 0;
    if (!task->condition_text || task->condition_text[0] == '\0')
        return KF_OK;
    return kf__plan_expression(reader->plan, task->condition_text, &task->condition);
}

static kf_status read_dependencies(
    task_reader *reader, uint32_t self, const kf_value *spec, kf_plan_task *task)
{
    const kf_value *names = kf_value_get(spec, "dependentTasks");
    for (size_t i = 0; i < kf_value_length(names); i++) {
        uint32_t producer = 0;
        const char *name = kf_value_string(kf_value_at(names, i));
        KF__TRY(find_task(reader, name, &producer));
        depend_on(reader, self, producer);
    }
    task->dependency_count = reader->upstream_count;
    if (task->dependency_count == 0)
        return KF_OK;
    size_t size = task->dependency_count * sizeof *task->dependencies;
    task->dependencies = kf__arena_alloc(&reader->plan->arena, size);
    if (!task->dependencies)
        return KF_ENOMEM;
    memcpy(task->dependencies, reader->upstream, size);
    return KF_OK;
}

static kf_status read_task(task_reader *reader, uint32_t self, const kf_value *spec)
{
    kf_plan_task *task = &reader->dag->tasks[self];
    const kf_value *caching = kf_value_get(spec, "cachingOptions");
    const char *component = kf__get_text(kf_value_get(spec, "componentRef"), "name");
    const char *display = kf__get_text(kf_value_get(spec, "taskInfo"), "name");
    task->display_name = display ? display : task->name;
    task->caching = kf_value_bool(kf_value_get(caching, "enableCache"));
    task->cache_key = kf__get_text(caching, "cacheKey");
    if (task->cache_key && !*task->cache_key)
        task->cache_key = NULL;
    reader->upstream_count = 0;
    if (!component)
        return kf__fail(KF_EDOCUMENT, reader->place, "the task has no component");
    KF__TRY(read_trigger(reader, spec, task));
    KF__TRY(read_iterator(reader, spec, task));
    KF__TRY(read_task_inputs(reader, self, spec, task));
    KF__TRY(read_dependencies(reader, self, spec, task));
    read_retry(kf_value_get(spec, "retryPolicy"), task);
    KF__TRY(kf__plan_component(reader->plan, component, &task->component));
    return task->iterator && !task->component->dag ? kf__plan_wrap(reader->plan, task)
                                                   : KF_OK;
}

/* An exit task, unlike one that ignores the failure of its upstream tasks, asks for
 * their final status, or takes nothing from them and waits for groups only. */
static void find_exit_tasks(kf_plan_dag *dag)
{
    for (uint32_t i = 0; i < dag->task_count; i++) {
        kf_plan_task *task = &dag->tasks[i];
        bool takes = false, status = false, groups = task->dependency_count > 0;
        for (uint32_t j = 0; j < task->input_count; j++) {
            takes = takes || task->inputs[j].source == KF__SOURCE_OUTPUT;
            status = status || task->inputs[j].source == KF__SOURCE_FINAL_STATUS;
        }
        for (uint32_t j = 0; j < task->dependency_count; j++) {
            const kf_plan_task *upstream = &dag->tasks[task->dependencies[j]];
            groups = groups && upstream->component->dag && !upstream->condition &&
                     !upstream->iterator;
        }
        task->exit_task = task->on_completion && (status || (groups && !takes));
    }
}

static kf_status link_dependents(kf_plan *plan, kf_plan_dag *dag)
{
    for (uint32_t i = 0; i < dag->task_count; i++)
        for (uint32_t j = 0; j < dag->tasks[i].dependency_count; j++)
            dag->tasks[dag->tasks[i].dependencies[j]].dependent_count++;
    for (uint32_t i = 0; i < dag->task_count; i++) {
        kf_plan_task *task = &dag->tasks[i];
        if (task->dependent_count == 0)
            continue;
        task->dependents = kf__arena_alloc(
            &plan->arena, task->dependent_count * sizeof *task->dependents);
        if (!task->dependents)
            return KF_ENOMEM;
        task->dependent_count = 0;
    }
    for (uint32_t i = 0; i < dag->task_count; i++)
        for (uint32_t j = 0; j < dag->tasks[i].dependency_count; j++) {
            kf_plan_task *upstream = &dag->tasks[dag->tasks[i].dependencies[j]];
            upstream->dependents[upstream->dependent_count++] = i;
        }
    return KF_OK;
}

/* Take away, again and again, the tasks that wait for none; what is left are cycles.
 * `waiting` and `order` have room for all tasks. */
static kf_status refuse_cycles(
    const kf_plan_dag *dag, const char *place, uint32_t *waiting, uint32_t *order)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < dag->task_count; i++) {
        waiting[i] = dag->tasks[i].dependency_count;
        if (waiting[i] == 0)
            order[found++] = i;
    }
    for (uint32_t next = 0; next < found; next++) {
        const kf_plan_task *task = &dag->tasks[order[next]];
        for (uint32_t i = 0; i < task->dependent_count; i++)
            if (--waiting[task->dependents[i]] == 0)
                order[found++] = task->dependents[i];
    }
    for (uint32_t i = 0; i < dag->task_count && found < dag->task_count; i++)
        if (waiting[i] > 0)
            return kf__fail(
                KF_ECYCLE, place, "the task '%s' waits for itself", dag->tasks[i].name);
    return KF_OK;
}

static kf_status read_tasks(task_reader *reader, const kf_value *tasks)
{
    kf_plan_dag *dag = reader->dag;
    for (uint32_t i = 0; i < dag->task_count; i++) {
        dag->tasks[i].name = kf_value_key(tasks, i);
        reader->place = dag->tasks[i].name;
        KF__TRY(kf__plan_check_name("a task", dag->tasks[i].name));
        KF__TRY(read_task(reader, i, kf_value_at(tasks, i)));
    }
    find_exit_tasks(dag);
    KF__TRY(link_dependents(reader->plan, dag));
    return refuse_cycles(dag, reader->place, reader->marks, reader->upstream);
}

kf_status kf__plan_tasks(
    kf_plan *plan, const kf_value *tasks, const kf_map *index, kf_plan_dag *dag)
{
    size_t count = kf_value_length(tasks);
    if (count > KF__LIMIT_TASKS)
        return kf__fail(
            KF_ELIMIT, NULL, "more than %u tasks in one group", KF__LIMIT_TASKS);
    dag->task_count = (uint32_t)count;
    if (count == 0)
        return KF_OK;
    task_reader reader = {.plan = plan, .dag = dag, .index = index};
    dag->tasks = kf__arena_alloc(&plan->arena, count * sizeof *dag->tasks);
    reader.marks = kf__calloc(count, sizeof *reader.marks);
    reader.upstream = kf__calloc(count, sizeof *reader.upstream);
    kf_status status =
        dag->tasks && reader.marks && reader.upstream ? KF_OK : KF_ENOMEM;
    if (status == KF_OK)
        status = read_tasks(&reader, tasks);
    kf__free(reader.marks);
    kf__free(reader.upstream);
    return status;
}
