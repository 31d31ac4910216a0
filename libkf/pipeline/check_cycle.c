/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks that wait for each other: depth first over what each task waits for, without recursion. */
#include <string.h>

#include "pipeline/check.h"

/* CLOSING: open, and the last of a cycle that is reported. */
enum { UNSEEN, OPEN, CLOSING, DONE };

typedef struct walk {
    kf_check_dag *dag;
    uint32_t *starts; /* Where the upstream tasks of each task begin in `upstream`. */
    uint32_t *upstream;
    uint32_t *next; /* The next of them to look at. */
    uint32_t *path; /* The tasks that are open, the first one first. */
    unsigned char *states;
    size_t depth;
} walk;

static kf_status lay_out(walk *self, size_t count)
{
    kf_check_dag *dag = self->dag;
    size_t edges = dag->edges.count / 2;
    self->starts = kf__calloc(count + 1, sizeof *self->starts);
    self->next = kf__calloc(count + 1, sizeof *self->next);
    self->path = kf__calloc(count + 1, sizeof *self->path);
    self->states = kf__calloc(count + 1, 1);
    self->upstream = kf__calloc(edges + 1, sizeof *self->upstream);
    if (self->starts == NULL || self->next == NULL || self->path == NULL ||
        self->states == NULL || self->upstream == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < edges; i++)
        self->starts[dag->edges.items[2 * i] + 1]++;
    for (size_t i = 0; i < count; i++)
        self->starts[i + 1] += self->starts[i];
    memcpy(self->next, self->starts, count * sizeof *self->next);
    for (size_t i = 0; i < edges; i++)
        self->upstream[self->next[dag->edges.items[2 * i]]++] =
            dag->edges.items[2 * i + 1];
    memcpy(self->next, self->starts, count * sizeof *self->next);
    return KF_OK;
}

/* The cycle is the end of the path, from `task` on. */
static void report_cycle(walk *self, uint32_t task)
{
    self->states[self->path[self->depth - 1]] = CLOSING;
    const kf_value *tasks = self->dag->tasks;
    size_t first = self->depth;
    while (first > 0 && self->path[first - 1] != task)
        first--;
    kf_buf names = KF__BUF_INIT;
    /* A task waits for the next one of the path; said the way that things flow. */
    for (size_t i = self->depth; i >= first && i > 0; i--) {
        if (self->depth - i > 20) {
            kf__buf_puts(&names, "… → ");
            break;
        }
        kf__buf_printf(&names, "%s → ", kf_value_key(tasks, self->path[i - 1]));
    }
    kf__buf_puts(&names, kf_value_key(tasks, self->path[self->depth - 1]));
    const char *name = kf_value_key(tasks, task);
    bool alone = first == self->depth;
    kf__find_error(self->dag->check->report, KF_ECYCLE,
        KF__PLACE(self->dag->place, name), kf_value_at(tasks, task), "%s%s",
        alone ? "the task waits for itself" : "tasks wait for each other: ",
        alone ? "" : kf__buf_text(&names));
    kf__buf_finish(&names);
}

static void open_task(walk *self, uint32_t task)
{
    self->states[task] = OPEN;
    self->path[self->depth++] = task;
}

static void visit(walk *self, uint32_t first)
{
    open_task(self, first);
    while (self->depth > 0) {
        uint32_t task = self->path[self->depth - 1];
        if (self->next[task] == self->starts[task + 1]) {
            self->states[task] = DONE;
            self->depth--;
            continue;
        }
        uint32_t upstream = self->upstream[self->next[task]++];
        if (self->states[upstream] == UNSEEN)
            open_task(self, upstream);
        else if (self->states[upstream] != DONE && self->states[task] == OPEN)
            report_cycle(self, upstream);
    }
}

kf_status kf__check_cycles(kf_check_dag *self)
{
    walk all = {.dag = self};
    size_t count = kf_value_length(self->tasks);
    kf_status status = lay_out(&all, count);
    for (size_t i = 0; i < count && status == KF_OK; i++) {
        if (all.states[i] == UNSEEN)
            visit(&all, (uint32_t)i);
    }
    kf__free(all.starts);
    kf__free(all.next);
    kf__free(all.path);
    kf__free(all.states);
    kf__free(all.upstream);
    return status;
}
