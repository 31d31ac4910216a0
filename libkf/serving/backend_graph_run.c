/* SPDX-License-Identifier: Apache-2.0 */
/* A request on its way through a graph. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "serving/backend_graph_parts.h"

enum {
    LEVEL_MOST = 64,  /* Nodes within nodes. */
    STEP_MOST = 10000 /* Of one request. */
};

typedef kf_graph_task task;

static void finish(task *self);
static void go_on(task *self);

/* ---- what comes of a step ---- */

static void fail(task *self, int status, const char *cause)
{
    self->status = status;
    (void)snprintf(
        self->cause, sizeof self->cause, "%s", cause[0] ? cause : "no answer");
}

static void free_task(task *self)
{
    kf__buf_finish(&self->body);
    kf__buf_finish(&self->request);
    kf__buf_finish(&self->call.reply.body);
    kf__arena_finish(&self->arena);
    kf__free(self->parts);
    kf__free(self);
}

static void take_buf(kf_buf *into, kf_buf *from)
{
    kf__buf_finish(into);
    *into = *from;
    *from = KF__BUF_INIT;
}

/* Its answer is the node's, or what the next step gets. */
static void take_answer(task *self, task *child)
{
    if (child->cause[0] != '\0') {
        fail(self, 500, child->cause);
        return;
    }
    self->status = child->status;
    memcpy(self->type, child->type, sizeof self->type);
    take_buf(&self->body, &child->body);
}

static bool is_success(int status)
{
    return status >= 200 && status < 300;
}

/* ---- beginning a step ---- */

static task *new_task(task *parent, const kf_graph_step *step)
{
    task *made = kf__calloc(1, sizeof *made);
    if (made == NULL)
        return NULL;
    made->run = parent->run;
    made->parent = parent;
    made->step = step;
    made->level = parent->level + 1;
    made->input = parent->input;
    made->input_length = parent->input_length;
    return made;
}

static bool is_over(int64_t deadline_ns)
{
    return deadline_ns != 0 && kf__monotonic_ns() >= deadline_ns;
}

static void answered(kf_call *call)
{
    task *self = call->payload;
    const char *type = call->reply.content_type;
    if (call->reply.body.status != KF_OK)
        fail(self, 500, "out of memory");
    else if (call->reply.status == 0)
        fail(self, 500, kf__buf_text(&call->reply.body));
    else if (call->reply.status == 504 && is_over(call->deadline_ns))
        fail(self, 500, "the step took too long");
    else
        self->status = call->reply.status;
    (void)snprintf(self->type, sizeof self->type, "%s", type != NULL ? type : "");
    take_buf(&self->body, &call->reply.body);
    finish(self);
}

static void start_call(task *self)
{
    const kf_graph *graph = self->run->graph;
    self->call = (kf_call){.method = "POST",
        .path = "/",
        .headers = self->run->headers,
        .header_count = self->run->header_count,
        .body = self->input,
        .body_length = self->input_length,
        .deadline_ns =
            kf__deadline_after(self->run->deadline_ns, graph->client_timeout_ns),
        .arena = &self->arena,
        .done = answered,
        .payload = self};
    kf_backend *target =
        graph->find(graph->payload, self->step->service, self->step->url, &self->call);
    if (target != NULL) {
        kf__serve(target, &self->call);
        return;
    }
    fail(self, 500, kf_last_error()->message);
    finish(self);
}

static void start_ensemble(task *self)
{
    const kf_graph_node *node = self->step->node;
    size_t made = 0;
    self->parts = kf__calloc(node->count + 1, sizeof *self->parts);
    while (self->parts != NULL && made < node->count &&
           (self->parts[made] = new_task(self, &node->steps[made])) != NULL)
        made++;
    if (made < node->count || self->parts == NULL) {
        for (size_t i = 0; i < made; i++)
            free_task(self->parts[i]);
        fail(self, 500, "out of memory");
        finish(self);
        return;
    }
    atomic_store(&self->awaited, node->count + 1);
    for (size_t i = 0; i < node->count; i++)
        go_on(self->parts[i]);
    if (atomic_fetch_sub(&self->awaited, 1) == 1)
        finish(self);
}

/* ---- sequences, and choices, which are sequences of one ---- */

/* What the next step gets; false: there is none, and the node is through. */
static bool prepare_next(task *self, const kf_graph_step *step)
{
    bool met = true;
    if (step->condition != NULL) {
        kf_status status = kf__graph_meets(
            step->condition, kf__buf_text(&self->body), self->body.length, &met);
        if (status != KF_OK)
            fail(self, 500,
                status == KF_EPARSE ? "invalid response" : kf_last_error()->message);
        else if (!met)
            self->status = 200;
    }
    return met && self->cause[0] == '\0';
}

static const kf_graph_step *next_of_sequence(task *self)
{
    const kf_graph_node *node = self->step->node;
    if (node->count == 0)
        fail(self, 500, "the node has no steps");
    if (self->at >= node->count ||
        (self->at > 0 && node->steps[self->at - 1].is_hard &&
            !is_success(self->status)) ||
        !prepare_next(self, &node->steps[self->at]))
        return NULL;
    return &node->steps[self->at++];
}

static const kf_graph_step *next_of_choice(task *self)
{
    const kf_graph_node *node = self->step->node;
    if (self->at++ > 0)
        return NULL;
    const kf_graph_step *step =
        node->router == KF__GRAPH_SPLITTER
            ? kf__graph_split(node)
            : kf__graph_switch(node, self->input, self->input_length);
    if (step == NULL && node->router == KF__GRAPH_SPLITTER)
        fail(self, 500, "no step was chosen");
    else if (step == NULL)
        fail(self, 404, "None of the routes matched with the switch condition");
    return step;
}

/* What a step of a sequence gets. */
static void set_input(task *self, task *made)
{
    bool takes = made->step->takes_response && self->at > 1;
    if (!takes && !made->step->maps)
        return;
    const char *text = takes ? kf__buf_text(&self->body) : self->input;
    size_t length = takes ? self->body.length : self->input_length;
    kf__buf_truncate(&self->request, 0);
    bool mapped =
        made->step->maps && kf__graph_as_request(text, length, &self->request);
    if (!mapped && !takes)
        return;
    if (!mapped)
        take_buf(&self->request, &self->body);
    made->input = kf__buf_text(&self->request);
    made->input_length = self->request.length;
}

/* The task of the next step; NULL: the node is through. */
static task *next(task *self)
{
    bool is_sequence = self->step->node->router == KF__GRAPH_SEQUENCE;
    if (self->cause[0] != '\0')
        return NULL;
    const kf_graph_step *step =
        is_sequence ? next_of_sequence(self) : next_of_choice(self);
    if (step == NULL)
        return NULL;
    task *made = new_task(self, step);
    if (made == NULL)
        fail(self, 500, "out of memory");
    else if (is_sequence)
        set_input(self, made);
    return made;
}

/* A step may be answered before it is back here, or later by another thread. Whoever
 * comes second takes the turn, so that steps do not pile up on the stack. */
static void run_steps(task *self)
{
    for (;;) {
        task *child = next(self);
        if (child == NULL) {
            finish(self);
            return;
        }
        atomic_store(&self->turn, false);
        go_on(child);
        if (!atomic_exchange(&self->turn, true))
            return;
    }
}

static void go_on(task *self)
{
    const kf_graph_node *node = self->step->node;
    if (self->level > LEVEL_MOST ||
        atomic_fetch_add(&self->run->steps, 1) >= STEP_MOST) {
        fail(self, 500, "the graph has too many steps");
        finish(self);
    } else if (is_over(self->run->deadline_ns)) {
        fail(self, 500, "the graph took too long");
        finish(self);
    } else if (node == NULL) {
        start_call(self);
    } else if (node->router == KF__GRAPH_ENSEMBLE) {
        start_ensemble(self);
    } else if (node->router == KF__GRAPH_OTHER) {
        fail(self, 500, "invalid route type");
        finish(self);
    } else {
        run_steps(self);
    }
}

/* ---- ensembles ---- */

static void put_part(task *self, size_t i, kf_buf *out)
{
    const char *name = self->step->node->steps[i].name;
    kf__buf_puts(out, i > 0 ? "," : "");
    if (name != NULL)
        kf__put_json_text(out, name, strlen(name));
    else
        kf__buf_printf(out, "\"%zu\"", i);
    kf__buf_putc(out, ':');
    kf__buf_append(out, self->parts[i]->body.data, self->parts[i]->body.length);
}

/* The first step, in their order, that decides the answer; NULL: all are part of it. */
static task *decider(task *self)
{
    for (size_t i = 0; i < self->step->node->count; i++) {
        task *part = self->parts[i];
        if (part->cause[0] == '\0' && !kf__graph_is_json(&part->body))
            fail(part, 500, "the answer of a step of an Ensemble is no JSON");
        if (part->cause[0] != '\0' ||
            (!is_success(part->status) && part->step->is_hard))
            return part;
    }
    return NULL;
}

static void gather(task *self)
{
    size_t count = self->step->node->count;
    task *deciding = decider(self);
    if (deciding != NULL) {
        take_answer(self, deciding);
    } else {
        kf__buf_putc(&self->body, '{');
        for (size_t i = 0; i < count; i++)
            put_part(self, i, &self->body);
        kf__buf_putc(&self->body, '}');
        self->status = 200;
        if (self->body.status != KF_OK)
            fail(self, 500, "out of memory");
    }
    for (size_t i = 0; i < count; i++)
        free_task(self->parts[i]);
}

/* ---- the end of a step ---- */

static void finish(task *self)
{
    task *parent = self->parent;
    const kf_graph_node *node = self->step->node;
    if (node != NULL && node->router == KF__GRAPH_ENSEMBLE && self->cause[0] == '\0')
        gather(self);
    if (parent == NULL) {
        kf__graph_finish(self->run, self);
        free_task(self);
    } else if (parent->step->node->router == KF__GRAPH_ENSEMBLE) {
        if (atomic_fetch_sub(&parent->awaited, 1) == 1)
            finish(parent);
    } else {
        take_answer(parent, self);
        free_task(self);
        if (atomic_exchange(&parent->turn, true))
            run_steps(parent);
    }
}

void kf__graph_start(kf_graph_run *run, const char *input, size_t length)
{
    task first = {.run = run, .input = input, .input_length = length};
    task *root = new_task(&first, &run->graph->root);
    if (root == NULL) {
        fail(&first, 503, "out of memory");
        kf__graph_finish(run, &first);
        return;
    }
    root->parent = NULL;
    go_on(root);
}
