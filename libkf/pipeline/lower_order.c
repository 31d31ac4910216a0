/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for whom (KFP: get_dependencies). Only what stands side by side in one group
 * can wait for each other, so a dependency between two tasks is one between what they
 * are in. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "pipeline/lower.h"

/* ---- gathering ---- */

static size_t node_count(const kf_lower *lower)
{
    return lower->pipeline->tasks.count + lower->pipeline->groups.count;
}

static const char *node_name(const kf_lower *lower, int32_t node)
{
    size_t tasks = lower->pipeline->tasks.count;
    return (size_t)node < tasks
               ? lower->pipeline->tasks.items[node].name
               : lower->pipeline->groups.items[(size_t)node - tasks].name;
}

static kf_status add_edge(kf_lower *lower, int32_t node, int32_t upstream)
{
    return kf__vec_push(&lower->edges, ((kf_edge){.node = node, .upstream = upstream}));
}

/* What stands in `outer` and is, or holds, the node that stands in `inner`. */
static int32_t node_in(
    const kf_lower *lower, kf_group_id outer, kf_group_id inner, int32_t node)
{
    kf_group_id below = kf__group_below(lower->pipeline, outer, inner);
    return below != KF__NONE ? kf__group_node(lower, below) : node;
}

static kf_status check_no_exit_task(
    const kf_lower *lower, int32_t node, const kf_task *upstream)
{
    if (upstream->exit_of == KF__NONE)
        return KF_OK;
    return kf__fail(KF_ESCOPE, NULL,
        "\"%s\" cannot run after the exit task \"%s\", which runs after everything "
        "else",
        node_name(lower, node), upstream->name);
}

kf_status kf__lower_wait(
    kf_lower *lower, int32_t node, kf_group_id group, kf_channel_id id)
{
    const kf_channel *channel = kf__lower_channel(lower, id);
    int32_t upstream;
    if (channel->kind == KF__CHANNEL_OUTPUT) {
        KF__TRY(check_no_exit_task(
            lower, node, &lower->pipeline->tasks.items[channel->task]));
        upstream = kf__task_node(channel->task);
    } else if (channel->kind == KF__CHANNEL_ONE_OF ||
               channel->kind == KF__CHANNEL_SURFACED) {
        upstream = kf__group_node(lower, channel->group);
    } else {
        return KF_OK; /* Inputs are there, and loops wait for what they go over. */
    }
    return add_edge(lower, node_in(lower, channel->home, group, node), upstream);
}

kf_status kf__lower_wait_after(kf_lower *lower, kf_task_id id)
{
    const kf_pipeline *pipeline = lower->pipeline;
    const kf_task *task = &pipeline->tasks.items[id];
    for (const kf_after *after = task->after; after != NULL; after = after->next) {
        kf_group_id home;
        int32_t upstream;
        if (after->task != KF__NONE) {
            const kf_task *first = &pipeline->tasks.items[after->task];
            KF__TRY(check_no_exit_task(lower, kf__task_node(id), first));
            home = first->group;
            upstream = kf__task_node(after->task);
        } else {
            home = pipeline->groups.items[after->group].parent;
            upstream = kf__group_node(lower, after->group);
        }
        kf_group_id common = kf__group_common(pipeline, home, task->group);
        KF__TRY(add_edge(lower, node_in(lower, common, task->group, kf__task_node(id)),
            node_in(lower, common, home, upstream)));
    }
    return KF_OK;
}

/* ---- sorting ---- */

/* Counting sort by node. */
static kf_status sort_edges(kf_lower *lower)
{
    size_t nodes = node_count(lower), edges = lower->edges.count;
    lower->first_edge =
        kf__arena_alloc(&lower->arena, (nodes + 2) * sizeof *lower->first_edge);
    lower->upstream =
        kf__arena_alloc(&lower->arena, (edges + 1) * sizeof *lower->upstream);
    if (lower->first_edge == NULL || lower->upstream == NULL)
        return KF_ENOMEM;
    int32_t *next = lower->first_edge + 1;
    for (size_t i = 0; i < edges; i++)
        next[lower->edges.items[i].node + 1]++;
    for (size_t i = 1; i <= nodes; i++)
        next[i] += next[i - 1];
    for (size_t i = 0; i < edges; i++)
        lower->upstream[next[lower->edges.items[i].node]++] =
            lower->edges.items[i].upstream;
    return KF_OK;
}

/* ---- cycles ---- */

enum { UNSEEN, OPEN, DONE };

typedef struct walk {
    const kf_lower *lower;
    unsigned char *state;
    int32_t *path; /* The open nodes. */
    int32_t *next; /* For each of them, its edge to be followed next. */
    size_t depth;
} walk;

static kf_status fail_cycle(const walk *w, int32_t node)
{
    kf_buf text = KF__BUF_INIT;
    size_t from = w->depth;
    while (w->path[from - 1] != node)
        from--;
    kf__buf_printf(&text, "\"%s\"", node_name(w->lower, node));
    for (size_t i = w->depth; i-- > from;)
        kf__buf_printf(&text, " before \"%s\"", node_name(w->lower, w->path[i]));
    kf__buf_printf(&text, " before \"%s\"", node_name(w->lower, node));
    kf_status status = kf__fail(KF_ECYCLE, NULL,
        "tasks wait for each other, so that none could begin: %s must run",
        kf__buf_text(&text));
    kf__buf_finish(&text);
    return status;
}

static void enter(walk *w, int32_t node)
{
    w->state[node] = OPEN;
    w->path[w->depth] = node;
    w->next[w->depth++] = w->lower->first_edge[node];
}

/* Depth first, without recursion: a chain may be a million tasks long. */
static kf_status walk_from(walk *w, int32_t start)
{
    enter(w, start);
    while (w->depth > 0) {
        int32_t node = w->path[w->depth - 1];
        int32_t *next = &w->next[w->depth - 1];
        if (*next == w->lower->first_edge[node + 1]) {
            w->state[node] = DONE;
            w->depth--;
            continue;
        }
        int32_t upstream = w->lower->upstream[(*next)++];
        if (w->state[upstream] == OPEN)
            return fail_cycle(w, upstream);
        if (w->state[upstream] == UNSEEN)
            enter(w, upstream);
    }
    return KF_OK;
}

kf_status kf__lower_order(kf_lower *lower)
{
    size_t nodes = node_count(lower);
    KF__TRY(sort_edges(lower));
    walk w = {.lower = lower,
        .state = kf__calloc(nodes, 1),
        .path = kf__reallocarray(NULL, nodes, sizeof *w.path),
        .next = kf__reallocarray(NULL, nodes, sizeof *w.next)};
    kf_status status =
        w.state == NULL || w.path == NULL || w.next == NULL ? KF_ENOMEM : KF_OK;
    for (size_t i = 0; status == KF_OK && i < nodes; i++)
        if (w.state[i] == UNSEEN)
            status = walk_from(&w, (int32_t)i);
    kf__free(w.state);
    kf__free(w.path);
    kf__free(w.next);
    return status;
}

/* ---- writing ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

kf_status kf__lower_put_dependents(kf_lower *lower, int32_t node, kf_value *task_spec)
{
    int32_t first = lower->first_edge[node], end = lower->first_edge[node + 1];
    if (first == end)
        return KF_OK;
    size_t count = (size_t)(end - first);
    const char **names = kf__arena_alloc(&lower->arena, count * sizeof *names);
    if (names == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < count; i++)
        names[i] = node_name(lower, lower->upstream[(size_t)first + i]);
    qsort(names, count, sizeof *names, compare_names);
    kf_value *list = kf__tree_list(lower->tree);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            kf__push(lower->tree, list, kf__tree_string(lower->tree, names[i]));
    kf__put_ref(lower->tree, task_spec, "dependentTasks", list);
    return KF_OK;
}
