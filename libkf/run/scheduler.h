/* SPDX-License-Identifier: Apache-2.0 */
/* The state machine of a run. All of it is guarded by the engine's lock: whoever holds
 * the lock moves it on, be it a worker that hands back what it executed (and then takes
 * the next task itself, without a change of threads), or the run's own thread when a
 * time has come. */
#ifndef KF_RUN_SCHEDULER_H
#define KF_RUN_SCHEDULER_H

#include <stdatomic.h>

#include "base/thread.h"
#include "run/bundle.h"
#include "run/executor.h"
#include "run/plan.h"
#include "run/store.h"

typedef struct kf_node kf_node;
typedef struct kf_scope kf_scope;
typedef struct kf_loop kf_loop;
typedef struct kf_engine kf_engine;

/* A task of a scope. */
struct kf_node {
    kf_scope *scope;
    const kf_plan_task *task;
    kf_node *next;      /* In the list of those to settle, ready or delayed. */
    kf_record *pending; /* Says that it runs, and is not written yet. */
    kf_bundle *inputs;  /* While it runs. */
    kf_bundle *outputs; /* Once it succeeded. */
    kf_scope *inside;   /* The tasks of a group, while it runs. */
    kf_loop *loop;
    char *error;
    int64_t started, finished; /* ms */
    int64_t due_ns;            /* Of a retry. */
    uint32_t waiting;          /* Upstream tasks that are not final. */
    uint32_t number;           /* In the store; 0: none yet. */
    int attempt;               /* Attempts begun, those before a resume included. */
    int first_attempt;         /* The first of this process. */
    uint8_t state;             /* kf_state */
    int8_t code;               /* kf_status of a failure. */
    bool unmet;                /* An upstream task did not succeed. */
    bool immune;               /* Starts although another task failed. */
    bool fresh;                /* Was executed since the run was started or resumed. */
    bool redo;      /* What an earlier process found does not hold any more. */
    bool unstarted; /* Skipped because another task failed. */
    bool adopted;   /* Final since before the resume: nothing new to record. */
};

/* The inside of a group, or of one iteration of a loop: the tasks of a DAG with the
 * values that came in. */
struct kf_scope {
    kf_node *owner; /* NULL: the root. */
    const kf_plan_component *component;
    kf_bundle *inputs;      /* Owned by the scope, or by the loop. */
    const char *item_input; /* Name of the loop's item among the inputs, or NULL. */
    kf_bundle *item;
    kf_node *nodes;
    uint32_t remaining; /* Nodes that are not final. */
    uint32_t number;    /* Of an iteration, in the store. */
    int64_t index;      /* Of an iteration; -1: none. */
    int64_t started;
    bool immune;
    bool exits; /* Within an exit task: goes on when the run is canceled. */
    bool redo;
};

struct kf_loop {
    kf_bundle *inputs; /* The node's, shared by all iterations. */
    const kf_value *list;
    uint32_t count, next, active, limit;
    kf_bundle **results; /* Per iteration; NULL: it did not succeed. */
    bool failed, canceled, unstarted;
    bool advancing; /* Iterations that end at once do not begin others themselves. */
    char *error;
    int8_t code;
};

typedef struct kf_engine_list {
    kf_node *first, *last;
} kf_engine_list;

/* A task of an earlier process, as the store has it. */
typedef struct kf_past {
    uint32_t number;
    kf_state state;
    int attempts;
    const char *outputs;
} kf_past;

enum { KF__EXECUTORS = 3 };

struct kf_engine {
    const kf_plan *plan;
    const kf_run_options *options;
    const char *home, *run_id, *root_folder, *run_folder, *workspace;
    const kf_value *variables; /* Of placeholders: pipeline_job_name, … */
    int64_t run_number;
    kf_mutex mutex;
    kf_cond work; /* Something is ready, or all is over. */
    kf_cond news; /* For the run's own thread. */
    kf_scope *root;
    kf_engine_list settle, ready, delayed;
    size_t ready_count;
    int idle, jobs;
    KF__VEC(pthread_t) workers;
    size_t in_flight; /* Attempts being executed. */
    bool failing, canceling, expired, over, closing;
    char *failure; /* Of the first task that failed, or of the store. */
    kf_status failure_code;
    kf_status broken; /* The engine itself failed: out of memory, the store's disk. */
    size_t done, known;
    uint32_t numbers; /* Given to tasks. */
    uint32_t artifact_numbers;
    kf_map past; /* Path to kf_past; empty unless resumed. */
    kf_arena past_arena;
    kf_record *records, **last_record;
    kf_record *writing;
    bool writer_waits, urgent;
    int cancel_fd, exit_cancel_fd;
    /* For workers. */
    kf_mutex reader_mutex; /* Guards what follows. */
    kf_db *reader;
    kf_executor *executors[KF__EXECUTORS];
    char *
        *static_keys; /* Per component: digest of what does not change between tasks. */
};

/* scheduler.c; the lock is held */
kf_status kf__engine_begin(
    kf_engine *engine, kf_bundle *inputs); /* Takes the inputs. */
void kf__engine_drain(kf_engine *engine);  /* Settle all that can be settled. */
void kf__engine_cancel(kf_engine *engine, bool exits_too);
/* The engine cannot go on: nothing new starts, what runs is ended. */
void kf__engine_break(kf_engine *engine, kf_status status);
void kf__engine_fail(kf_engine *engine, const kf_node *node);
/* Final, with the record that says so (taken over; NULL: there was no memory). The node
 * may be gone afterwards. */
void kf__node_finish(
    kf_engine *engine, kf_node *node, kf_state state, kf_record *record);
/* In this state, unless its outputs could not be told. */
void kf__node_end(kf_engine *engine, kf_node *node, kf_state state, kf_status status);
/* With the thread's error. */
void kf__node_fail(kf_engine *engine, kf_node *node);
void kf__node_skip(kf_engine *engine, kf_node *node, kf_state state, const char *why);
/* Whether nothing more of this kind is to be started, and what becomes of the node. */
bool kf__node_is_stopped(const kf_engine *engine, const kf_node *node, kf_state *state);
/* Skip it if so; false: it stays to be done. */
bool kf__node_stop(kf_engine *engine, kf_node *node);
kf_status kf__scope_new(kf_engine *engine, kf_node *owner,
    const kf_plan_component *component, kf_bundle *inputs, int64_t index,
    kf_scope **out);
void kf__scope_start(kf_engine *engine, kf_scope *scope);
void kf__scope_free(kf_scope *scope);
kf_state kf__scope_state(const kf_engine *engine, const kf_scope *scope);
/* The first failed task in it, or NULL. */
const kf_node *kf__scope_failure(const kf_scope *scope);
void kf__list_push(kf_engine_list *list, kf_node *node);
kf_node *kf__list_pop(kf_engine_list *list);

/* scheduler_loop.c */
kf_status kf__loop_start(kf_engine *engine, kf_node *node);
void kf__loop_iteration_ended(kf_engine *engine, kf_scope *scope);
void kf__loop_free(kf_loop *loop);

/* scheduler_record.c */
void kf__node_path(const kf_node *node, kf_buf *out);
void kf__scope_path(
    const kf_scope *scope, kf_buf *out); /* With a final "/" unless empty. */
void kf__node_folder(
    const kf_node *node, kf_buf *out); /* The path as folders below a folder. */
/* A record of the node as it is now, not handed over yet; NULL: out of memory. */
kf_record *kf__node_record(kf_engine *engine, kf_node *node);
/* The number that the store knows the node by, which its first record would give it. */
kf_status kf__node_number(kf_engine *engine, kf_node *node);
void kf__record_add(kf_engine *engine, kf_record *record, kf_node *node);
void kf__node_changed(kf_engine *engine, kf_node *node, bool report);
void kf__iteration_changed(kf_engine *engine, kf_scope *scope, kf_state state);
kf_task_kind kf__node_kind(const kf_node *node);

/* scheduler_worker.c */
void *kf__engine_worker(void *engine);
void kf__engine_wake(
    kf_engine *engine); /* Workers, as many as there are ready tasks. */
void kf__engine_end_workers(kf_engine *engine);
/* Make ready what waited for its time; when the next one is due, or INT64_MAX. */
int64_t kf__engine_promote(kf_engine *engine, int64_t now_ns);

/* attempt_execute.c */
void kf__engine_end_executors(kf_engine *engine);

/* variables.c: what {{$.pipeline_job_name}} and so on stand for, of a run and of a
 * task. */
kf_value *kf__run_variables(kf_tree *tree, const char *run, const char *pipeline,
    const char *root, const char *workspace, int64_t created);
kf_value *kf__node_variables(
    const kf_engine *engine, const kf_node *node, kf_tree *tree);

/* resolve.c */
kf_status kf__resolve_inputs(
    const kf_engine *engine, const kf_node *node, kf_bundle **out);
kf_status kf__resolve_outputs(const kf_scope *scope, kf_bundle **out);
kf_status kf__resolve_condition(
    const kf_plan_task *task, const kf_bundle *inputs, bool *holds);
/* Defaults, types and required inputs of a component: for arguments of a pipeline too.
 */
kf_status kf__resolve_declared(
    const kf_plan_component *component, kf_bundle *bundle, const char *where);

#endif
