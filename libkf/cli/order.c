/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/value.h"
#include "cli/cli.h"

enum { NONE = -1 };

/* The tasks as a tree: first child and next sibling by position; `last` keeps their order. */
typedef struct tree {
    int *first, *next, *last;
    int root, last_root;
} tree;

/* Length of the path of a task's group: "a/b" is in "a", "loop[2]" in "loop". */
static size_t parent_length(const char *path)
{
    size_t length = strlen(path);
    if (length && path[length - 1] == ']') {
        while (length && path[length - 1] != '[')
            length--;
        return length ? length - 1 : 0;
    }
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) : 0;
}

static void add(tree *all, int parent, int child)
{
    int *first = parent == NONE ? &all->root : &all->first[parent];
    int *last = parent == NONE ? &all->last_root : &all->last[parent];
    if (*last == NONE)
        *first = child;
    else
        all->next[*last] = child;
    *last = child;
}

static void walk(const tree *all, int node, size_t *order, size_t *count)
{
    for (; node != NONE; node = all->next[node]) {
        order[(*count)++] = (size_t)node;
        walk(all, all->first[node], order, count);
    }
}

static void link_tasks(tree *all, const kf_value *tasks, const kf_map *by_path)
{
    for (size_t i = 0; i < kf_value_length(tasks); i++) {
        const char *path = kf__get_text(kf_value_at(tasks, i), "path");
        size_t length = parent_length(path);
        void *parent = NULL;
        bool found = length && kf__map_find(by_path, path, length, &parent);
        add(all, found ? (int)(intptr_t)parent : NONE, (int)i);
    }
}

size_t *cli_tree_order(const kf_value *tasks)
{
    size_t length = kf_value_length(tasks), count = 0;
    int *nodes = kf__reallocarray(NULL, length * 3 + 1, sizeof *nodes);
    size_t *order = kf__reallocarray(NULL, length + 1, sizeof *order);
    kf_map by_path = KF__MAP_INIT;
    bool ok = nodes && order;
    for (size_t i = 0; ok && i < length; i++)
        ok = kf__map_set(&by_path, kf__get_text(kf_value_at(tasks, i), "path"),
                 (void *)(intptr_t)i) == KF_OK;
    if (ok) {
        memset(nodes, 0xFF, (length * 3 + 1) * sizeof *nodes);
        tree all = {nodes, nodes + length, nodes + 2 * length, NONE, NONE};
        link_tasks(&all, tasks, &by_path);
        walk(&all, all.root, order, &count);
    } else {
        kf__free(order);
        order = NULL;
    }
    kf__map_finish(&by_path);
    kf__free(nodes);
    return order;
}
