/* SPDX-License-Identifier: Apache-2.0 */
/* The course of lowering (KFP: create_pipeline_spec). */
#include "pipeline/lower.h"

#include <stdarg.h>

#include "base/error.h"
#include "base/mem.h"

/* ---- texts and names ---- */

const char *kf__lower_text(kf_lower *lower, const char *text)
{
    return kf__tree_keep(lower->tree, text);
}

const char *kf__lower_printf(kf_lower *lower, const char *format, ...)
{
    if (lower->tree->status != KF_OK)
        return NULL;
    va_list arguments;
    va_start(arguments, format);
    const char *text = kf__arena_vprintf(&lower->tree->arena, format, arguments);
    va_end(arguments);
    if (text == NULL)
        lower->tree->status = KF_ENOMEM;
    return text;
}

static const char *take_name(kf_lower *lower, kf_map *names, const char *name)
{
    if (name == NULL)
        return NULL;
    if (kf__vec_push(&lower->name_uses, 2) != KF_OK ||
        kf__map_set_index(names, name, lower->name_uses.count - 1) != KF_OK) {
        lower->tree->status = KF_ENOMEM;
        return NULL;
    }
    return name;
}

static const char *unique_name(kf_lower *lower, kf_map *names, const char *base)
{
    size_t at;
    if (base == NULL || !kf__map_find_index(names, base, &at))
        return take_name(lower, names, base);
    const char *name;
    do
        name = kf__lower_printf(lower, "%s-%u", base, lower->name_uses.items[at]++);
    while (name != NULL && kf__map_has(names, name));
    return take_name(lower, names, name);
}

const char *kf__lower_component_name(kf_lower *lower, const char *base)
{
    return unique_name(lower, &lower->component_names, base);
}

const char *kf__lower_executor_name(kf_lower *lower, const char *base)
{
    return unique_name(lower, &lower->executor_names, base);
}

/* ---- the DAGs ---- */

static kf_value *dag_tasks_of(kf_lower *lower, kf_group_id group)
{
    kf_tree *tree = lower->tree;
    kf_value *component =
        group == KF__ROOT ? kf__get(lower->document->spec, "root")
                          : kf__get(lower->components, lower->groups[group].component);
    return kf__put_struct(tree, kf__put_struct(tree, component, "dag"), "tasks");
}

/* A group's own entries, its groups before its tasks; then the groups in it. */
static kf_status lower_dag(kf_lower *lower, kf_group_id id)
{
    const kf_pipeline *pipeline = lower->pipeline;
    const kf_group *groups = pipeline->groups.items;
    kf_value *dag_tasks = dag_tasks_of(lower, id);
    for (kf_group_id at = groups[id].first_child; at != KF__NONE; at = groups[at].next)
        KF__TRY(kf__lower_group(lower, at, dag_tasks));
    for (kf_task_id at = groups[id].first_task; at != KF__NONE;
         at = pipeline->tasks.items[at].next)
        if (pipeline->tasks.items[at].exit_of == KF__NONE)
            KF__TRY(kf__lower_task(lower, at, dag_tasks));
    for (kf_group_id at = groups[id].first_child; at != KF__NONE; at = groups[at].next)
        KF__TRY(lower_dag(lower, at));
    return KF_OK;
}

static kf_status lower_exit_tasks(kf_lower *lower)
{
    const kf_group *groups = lower->pipeline->groups.items;
    kf_value *dag_tasks = dag_tasks_of(lower, KF__ROOT);
    for (kf_group_id at = groups[KF__ROOT].first_child; at != KF__NONE;
         at = groups[at].next)
        if (groups[at].kind == KF__GROUP_EXIT)
            KF__TRY(kf__lower_task(lower, groups[at].exit_task, dag_tasks));
    return KF_OK;
}

/* ---- the course ---- */

static kf_status start(kf_lower *lower)
{
    const kf_pipeline *pipeline = lower->pipeline;
    lower->groups =
        kf__arena_alloc(&lower->arena, pipeline->groups.count * sizeof *lower->groups);
    lower->bodies = kf__arena_alloc(
        &lower->arena, (pipeline->bodies.count + 1) * sizeof *lower->bodies);
    if (lower->groups == NULL || lower->bodies == NULL)
        return KF_ENOMEM;
    lower->components = kf__tree_struct(lower->tree);
    lower->executors = kf__tree_struct(lower->tree);
    lower->platforms = kf__tree_struct(lower->tree);
    return kf__tree_status(lower->tree);
}

static kf_status find_outputs(kf_lower *lower, kf_channel_id **out)
{
    const kf_pipeline *pipeline = lower->pipeline;
    size_t count = pipeline->outputs.count;
    kf_channel_id *channels =
        kf__arena_alloc(&lower->arena, (count + 1) * sizeof *channels);
    if (channels == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < count; i++)
        KF__TRY(kf__lower_resolve(
            lower, pipeline->outputs.items[i], KF__ROOT, &channels[i]));
    *out = channels;
    return KF_OK;
}

static kf_status lower_all(kf_lower *lower, const kf_write_options *options)
{
    kf_channel_id *outputs = NULL;
    KF__TRY(kf__lower_check(lower));
    KF__TRY(start(lower));
    KF__TRY(kf__lower_gather(lower));
    KF__TRY(find_outputs(lower, &outputs));
    KF__TRY(kf__lower_order(lower));
    KF__TRY(kf__lower_head(lower, options));
    KF__TRY(lower_dag(lower, KF__ROOT));
    KF__TRY(lower_exit_tasks(lower));
    KF__TRY(kf__lower_root_outputs(lower, outputs));
    if (kf_value_length(lower->platforms) > 0) {
        lower->document->platform = kf__tree_struct(lower->tree);
        kf__put_ref(
            lower->tree, lower->document->platform, "platforms", lower->platforms);
    }
    return kf__tree_status(lower->tree);
}

static void finish(kf_lower *lower)
{
    kf__share_finish(lower);
    kf__vec_finish(&lower->surfaced);
    kf__vec_finish(&lower->injected);
    kf__vec_finish(&lower->edges);
    kf__vec_finish(&lower->name_uses);
    kf__pairs_finish(&lower->surfaced_places);
    kf__pairs_finish(&lower->needed);
    kf__pairs_finish(&lower->handed_on);
    kf__map_finish(&lower->injected_channels);
    kf__map_finish(&lower->component_names);
    kf__map_finish(&lower->executor_names);
    kf__arena_finish(&lower->arena);
}

static bool is_compact(const kf_write_options *options)
{
    return options == NULL || !options->verbose_form;
}

static kf_status lower_built(
    const kf_pipeline *pipeline, const kf_write_options *options, kf_document *document)
{
    kf_lower lower = {.pipeline = pipeline,
        .document = document,
        .tree = &document->tree,
        .is_compact = document->is_compact};
    kf_status status = lower_all(&lower, options);
    document->description = kf__lower_text(&lower, pipeline->comment);
    finish(&lower);
    return status;
}

static kf_status copy_document(const kf_document *from, kf_document *to)
{
    to->spec = kf__tree_copy(&to->tree, from->spec);
    to->platform =
        from->platform != NULL ? kf__tree_copy(&to->tree, from->platform) : NULL;
    to->description = kf__tree_keep(&to->tree, from->description);
    return kf__tree_status(&to->tree);
}

kf_status kf__pipeline_lower_component(
    const kf_pipeline *pipeline, const kf_write_options *options, kf_document *out)
{
    kf_document document = {.is_compact = is_compact(options)};
    kf_status status = pipeline->is_document
                           ? copy_document(&pipeline->document, &document)
                           : lower_built(pipeline, options, &document);
    if (status == KF_OK)
        *out = document;
    else
        kf__tree_finish(&document.tree);
    return status;
}

kf_status kf__pipeline_lower(
    const kf_pipeline *pipeline, const kf_write_options *options, kf_document *out)
{
    kf_document document = {0};
    KF__TRY(kf__pipeline_lower_component(pipeline, options, &document));
    kf_status status =
        pipeline->is_document ? KF_OK : kf__lower_check_downloads(&document);
    if (status == KF_OK)
        *out = document;
    else
        kf__tree_finish(&document.tree);
    return status;
}
