/* SPDX-License-Identifier: Apache-2.0 */
/* Pipelines used as components: their document becomes part of the one around (KFP:
 * merge_deployment_spec_and_component_spec). Names that are taken get an index. KFP
 * renames one after another, so that a name it has just given may be renamed again, and
 * it takes them in an order that changes from run to run; here every name is mapped
 * once, in the order of the document. */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "pipeline/lower.h"

typedef struct merge {
    kf_lower *lower;
    const kf_value *spec, *platform;
    const kf_value *components, *executors;
    kf_map components_done; /* Old name to new. */
    kf_map executors_done;
} merge;

static const char *place_component(merge *m, const char *name, const kf_value *retry);

/* ---- executors ---- */

/* The configurations that the sub-pipeline has for the label, by platform; or NULL. */
static kf_value *platforms_of(merge *m, const char *label)
{
    kf_tree *tree = m->lower->tree;
    const kf_value *platforms = kf_value_get(m->platform, "platforms");
    kf_value *found = NULL;
    for (size_t i = 0; i < kf_value_length(platforms); i++) {
        const kf_value *deployment =
            kf_value_get(kf_value_at(platforms, i), "deploymentSpec");
        const kf_value *config =
            kf_value_get(kf_value_get(deployment, "executors"), label);
        if (config == NULL)
            continue;
        if (found == NULL)
            found = kf__tree_struct(tree);
        kf__put(tree, found, kf_value_key(platforms, i), kf__tree_copy(tree, config));
    }
    return found;
}

/* KFP mentions a platform of which it takes nothing over. */
static void mention_platforms(merge *m)
{
    const kf_value *platforms = kf_value_get(m->platform, "platforms");
    for (size_t i = 0; i < kf_value_length(platforms); i++)
        (void)kf__put_struct(
            m->lower->tree, m->lower->platforms, kf_value_key(platforms, i));
}

static const char *remember(merge *m, kf_map *done, const char *from, const char *to)
{
    if (to != NULL && kf__map_set(done, from, (void *)(uintptr_t)to) != KF_OK)
        m->lower->tree->status = KF_ENOMEM;
    return to;
}

static const char *place_executor(merge *m, const char *label, const kf_value *executor)
{
    kf_tree *tree = m->lower->tree;
    const char *placed = kf__map_get(&m->executors_done, label);
    if (placed != NULL)
        return placed;
    placed = kf__lower_executor_name(m->lower, kf__lower_text(m->lower, label));
    if (placed == NULL)
        return NULL;
    kf__put_ref(tree, m->lower->executors, placed, kf__tree_copy(tree, executor));
    kf__lower_put_platforms(m->lower, platforms_of(m, label), placed);
    return remember(m, &m->executors_done, label, placed);
}

/* ---- copies with names replaced ---- */

static kf_value *copy_task(merge *m, const kf_value *task)
{
    kf_tree *tree = m->lower->tree;
    kf_value *copy = kf__tree_struct(tree);
    for (size_t i = 0; i < kf_value_length(task); i++) {
        const char *key = kf_value_key(task, i);
        const char *name = strcmp(key, "componentRef") == 0
                               ? kf__get_text(kf_value_at(task, i), "name")
                               : NULL;
        if (name == NULL) {
            kf__put(tree, copy, key, kf__tree_copy(tree, kf_value_at(task, i)));
            continue;
        }
        kf_value *reference = kf__tree_struct(tree);
        name = place_component(m, name, kf_value_get(task, "retryPolicy"));
        kf__put_ref(tree, reference, "name", kf__tree_string_ref(tree, name));
        kf__put_ref(tree, copy, "componentRef", reference);
    }
    return copy;
}

static kf_value *copy_dag(merge *m, const kf_value *dag)
{
    kf_tree *tree = m->lower->tree;
    kf_value *copy = kf__tree_struct(tree);
    for (size_t i = 0; i < kf_value_length(dag); i++) {
        const char *key = kf_value_key(dag, i);
        const kf_value *value = kf_value_at(dag, i);
        if (strcmp(key, "tasks") != 0) {
            kf__put(tree, copy, key, kf__tree_copy(tree, value));
            continue;
        }
        kf_value *tasks = kf__tree_struct(tree);
        for (size_t t = 0; t < kf_value_length(value); t++)
            kf__put(tree, tasks, kf_value_key(value, t),
                copy_task(m, kf_value_at(value, t)));
        kf__put_ref(tree, copy, "tasks", tasks);
    }
    return copy;
}

/* A component without executorLabel. */
static kf_value *copy_component(merge *m, const kf_value *component)
{
    kf_tree *tree = m->lower->tree;
    kf_value *copy = kf__tree_struct(tree);
    for (size_t i = 0; i < kf_value_length(component); i++) {
        const char *key = kf_value_key(component, i);
        const kf_value *value = kf_value_at(component, i);
        if (strcmp(key, "dag") == 0)
            kf__put_ref(tree, copy, "dag", copy_dag(m, value));
        else if (strcmp(key, "executorLabel") != 0)
            kf__put(tree, copy, key, kf__tree_copy(tree, value));
    }
    return copy;
}

/* ---- components, in the compact form ---- */

static kf_status put_dag(
    merge *m, const char *base, kf_value *copy, const kf_value *retry, const char **out)
{
    kf_lower *lower = m->lower;
    *out = lower->is_compact ? kf__share_find_dag(lower, copy, retry) : NULL;
    if (*out != NULL)
        return KF_OK;
    *out = kf__lower_component_name(lower, base);
    KF__TRY(kf__tree_status(lower->tree));
    kf__put_ref(lower->tree, lower->components, *out, copy);
    return lower->is_compact ? kf__share_remember_dag(lower, copy, retry, *out) : KF_OK;
}

static kf_status put_leaf(
    merge *m, const char *name, kf_value *copy, const char *label, const char **out)
{
    kf_lower *lower = m->lower;
    const char *placed = place_executor(m, label, kf_value_get(m->executors, label));
    *out = kf__lower_component_name(lower, kf__lower_text(lower, name));
    KF__TRY(kf__tree_status(lower->tree));
    kf__put_ref(
        lower->tree, copy, "executorLabel", kf__tree_string_ref(lower->tree, placed));
    kf__put_ref(lower->tree, lower->components, *out, copy);
    return KF_OK;
}

static kf_status share_leaf(merge *m, const char *name, kf_value *copy,
    const char *label, const kf_value *retry, const char **out)
{
    kf_lower *lower = m->lower;
    kf_variant variant = {.platforms = platforms_of(m, label), .retry = retry};
    KF__TRY(kf__tree_status(lower->tree));
    KF__TRY(
        kf__share_leaf(lower, copy, kf_value_get(m->executors, label), &variant.leaf));
    *out = kf__share_find(lower, &variant);
    if (*out != NULL)
        return KF_OK;
    KF__TRY(put_leaf(m, name, copy, label, out));
    variant.component = *out;
    return kf__share_remember(lower, &variant);
}

static kf_status check_label(const merge *m, const char *name, const char *label)
{
    if (label == NULL || kf_value_get(m->executors, label) != NULL)
        return KF_OK;
    return kf__fail(KF_EDOCUMENT, NULL,
        "the component \"%s\" of a pipeline used as a component refers to the executor "
        "\"%s\", which it does not have",
        name, label);
}

static kf_status put_component(
    merge *m, const char *name, const kf_value *retry, const char **out)
{
    const kf_value *component = kf_value_get(m->components, name);
    if (component == NULL)
        return kf__fail(KF_EDOCUMENT, NULL,
            "the pipeline used as a component refers to the component \"%s\", which it "
            "does not have",
            name);
    const char *label = kf__get_text(component, "executorLabel");
    KF__TRY(check_label(m, name, label));
    kf_value *copy = copy_component(m, component);
    KF__TRY(kf__tree_status(m->lower->tree));
    if (label == NULL)
        return put_dag(m, kf__lower_text(m->lower, name), copy, retry, out);
    return share_leaf(m, name, copy, label, retry, out);
}

/* The new name of a component; NULL, and the tree's status, on failure. In the verbose
 * form all are named before any is copied. */
static const char *place_component(merge *m, const char *name, const kf_value *retry)
{
    const char *placed = kf__map_get(&m->components_done, name);
    if (placed != NULL)
        return placed;
    kf_status status = put_component(m, name, retry, &placed);
    if (status == KF_OK)
        return remember(m, &m->components_done, name, placed);
    m->lower->tree->status = status;
    return NULL;
}

/* ---- what must not be ---- */

static const char being_visited[] = "being visited", visited[] = "visited";

/* A component that holds itself would be placed without end. */
static kf_status check_nesting(
    merge *m, const kf_value *component, kf_map *states, int depth)
{
    const kf_value *tasks = kf_value_get(kf_value_get(component, "dag"), "tasks");
    for (size_t i = 0; i < kf_value_length(tasks); i++) {
        const kf_value *reference = kf_value_get(kf_value_at(tasks, i), "componentRef");
        const char *name = kf__get_text(reference, "name");
        const void *state = name != NULL ? kf__map_get(states, name) : visited;
        if (state == visited)
            continue;
        if (state == being_visited || depth >= KF__LIMIT_DEPTH)
            return kf__fail(KF_EDOCUMENT, NULL,
                "the component \"%s\" of a pipeline used as a component %s", name,
                state == being_visited ? "holds itself" : "is nested too deep");
        KF__TRY(kf__map_set(states, name, (void *)(uintptr_t)being_visited));
        KF__TRY(check_nesting(m, kf_value_get(m->components, name), states, depth + 1));
        KF__TRY(kf__map_set(states, name, (void *)(uintptr_t)visited));
    }
    return KF_OK;
}

static kf_status check_document(merge *m)
{
    kf_map states = KF__MAP_INIT;
    kf_status status = check_nesting(m, kf_value_get(m->spec, "root"), &states, 0);
    kf__map_finish(&states);
    return status;
}

/* ---- the verbose form ---- */

static void name_all(merge *m)
{
    for (size_t i = 0; i < kf_value_length(m->components); i++) {
        const char *name = kf_value_key(m->components, i);
        (void)remember(m, &m->components_done, name,
            kf__lower_component_name(m->lower, kf__lower_text(m->lower, name)));
    }
    for (size_t i = 0; i < kf_value_length(m->executors); i++)
        (void)place_executor(
            m, kf_value_key(m->executors, i), kf_value_at(m->executors, i));
}

static kf_status copy_all(merge *m)
{
    kf_tree *tree = m->lower->tree;
    for (size_t i = 0; i < kf_value_length(m->components); i++) {
        const kf_value *component = kf_value_at(m->components, i);
        const char *label = kf__get_text(component, "executorLabel");
        KF__TRY(check_label(m, kf_value_key(m->components, i), label));
        kf_value *copy = copy_component(m, component);
        if (label != NULL)
            kf__put_ref(tree, copy, "executorLabel",
                kf__tree_string_ref(tree, kf__map_get(&m->executors_done, label)));
        kf__put_ref(tree, m->lower->components,
            kf__map_get(&m->components_done, kf_value_key(m->components, i)), copy);
    }
    return kf__tree_status(tree);
}

static kf_status merge_all(
    merge *m, const char *base, const kf_value *retry, const char **out)
{
    KF__TRY(check_document(m));
    mention_platforms(m);
    if (!m->lower->is_compact) {
        name_all(m);
        KF__TRY(kf__tree_status(m->lower->tree));
        KF__TRY(copy_all(m));
    }
    kf_value *root = copy_component(m, kf_value_get(m->spec, "root"));
    KF__TRY(m->lower->tree->status);
    return put_dag(m, base, root, retry, out);
}

kf_status kf__lower_merge(kf_lower *lower, const kf_component_body *body,
    const char *base, const kf_value *retry, const char **out)
{
    const kf_value *deployment = kf_value_get(body->spec, "deploymentSpec");
    merge m = {.lower = lower,
        .spec = body->spec,
        .platform = body->platform,
        .components = kf_value_get(body->spec, "components"),
        .executors = kf_value_get(deployment, "executors")};
    KF__TRY(kf__tree_status(lower->tree));
    kf_status status = merge_all(&m, base, retry, out);
    kf__map_finish(&m.components_done);
    kf__map_finish(&m.executors_done);
    return status;
}
