/* SPDX-License-Identifier: Apache-2.0 */
/* A document as the engine walks it: names resolved to positions, once. Text and values
 * point into the document, which must outlive the plan. */
#ifndef KF_RUN_PLAN_H
#define KF_RUN_PLAN_H

#include "base/arena.h"
#include "base/map.h"
#include "base/value.h"
#include "base/vec.h"
#include "pipeline/expr.h"
#include "pipeline/type.h"

typedef enum kf_plan_source {
    KF__SOURCE_CONSTANT,    /* `constant` */
    KF__SOURCE_PARENT,      /* the input `key` of the DAG that the task is in */
    KF__SOURCE_OUTPUT,      /* the output `key` of the task `producer` */
    KF__SOURCE_FINAL_STATUS /* how the task `producer` ended */
} kf_plan_source;

typedef struct kf_plan_input {
    const char *name;
    const char *key;
    const kf_value *constant;
    kf_expr *selector; /* parameterExpressionSelector, or NULL. */
    uint32_t producer; /* Position within the DAG. */
    kf_plan_source source;
    bool artifact;
    bool expands; /* The constant has placeholders. */
} kf_plan_input;

/* A declared input of a component. */
typedef struct kf_plan_io {
    const char *name;
    kf_type type;                  /* KF_TYPE_NONE: an artifact. */
    const kf_value *spec;          /* ParameterSpec or ArtifactSpec. */
    const kf_value *default_value; /* Or NULL. */
    const kf_value *literals;      /* Or NULL. */
    bool optional;
    bool is_list;
    bool expands; /* The default has placeholders. */
} kf_plan_io;

/* Where an output of a DAG comes from: the first selector that has a value. */
typedef struct kf_plan_output {
    const char *name;
    bool artifact;
    bool one_of;
    uint32_t selector_count;
    struct kf_plan_selector {
        uint32_t producer;
        const char *key;
    } * selectors;
} kf_plan_output;

typedef enum kf_plan_iterator {
    KF__ITERATE_NOT = 0,
    KF__ITERATE_CONSTANT,  /* the list `items` */
    KF__ITERATE_PARAMETER, /* the task's input `items_input` */
    KF__ITERATE_ARTIFACTS
} kf_plan_iterator;

typedef struct kf_plan_retry {
    int max;
    double backoff;
    double factor;
    double backoff_max;
} kf_plan_retry;

typedef struct kf_plan_task {
    const char *name;
    const char *display_name;
    struct kf_plan_component *component;
    kf_plan_input *inputs;
    uint32_t input_count;
    uint32_t *dependencies;
    uint32_t dependency_count;
    uint32_t *dependents;
    uint32_t dependent_count;
    kf_expr *condition; /* Or NULL. */
    const char *condition_text;
    bool on_completion; /* Runs however its upstream tasks ended. */
    bool exit_task;     /* Runs also when the run is canceled. */
    bool caching;
    const char *cache_key; /* Or NULL. */
    bool has_retry;
    kf_plan_retry retry;
    kf_plan_iterator iterator;
    const kf_value *items;
    const char *items_input;
    const char *item_input;
    uint32_t parallelism; /* 0: unlimited. */
} kf_plan_task;

typedef struct kf_plan_dag {
    kf_plan_task *tasks;
    uint32_t task_count;
    kf_plan_output *outputs;
    uint32_t output_count;
} kf_plan_dag;

typedef struct kf_plan_component {
    const char *name;
    const kf_value *spec;
    kf_plan_io *inputs;
    uint32_t input_count;
    kf_plan_dag *dag; /* Or NULL: then one of the two following. */
    const kf_value *container;
    const kf_value *importer;
    double timeout;    /* Seconds of one attempt; 0: none. */
    uint32_t position; /* Among the plan's components. */
    uint8_t state;     /* While the plan is made: 0 new, 1 open, 2 done. */
} kf_plan_component;

typedef struct kf_plan {
    kf_arena arena;
    const kf_value *spec;
    const kf_value *platform; /* The Kubernetes part of the PlatformSpec, or NULL. */
    const char *name;
    kf_plan_component *root;
    KF__VEC(kf_plan_component *) components;
    KF__VEC(kf_expr *) expressions;
    KF__VEC(kf_value *) items; /* Constant lists of loops. */
    kf_map index;              /* Name to component. */
    double deadline;           /* Seconds of the whole run; 0: none. */
    bool workspace;            /* The pipeline asks for one. */
    int depth;                 /* While the plan is made. */
} kf_plan;

/* KF_EDOCUMENT, KF_ENOENT, KF_ECYCLE, KF_ELIMIT with the place, as a check of the
 * document would find; `platform` may be NULL. Finish `out` also after a failure. */
kf_status kf__plan_make(const kf_value *spec, const kf_value *platform, kf_plan *out);
void kf__plan_finish(kf_plan *plan);

/* plan_task.c: the tasks of a DAG; their components are found through the plan. */
kf_status kf__plan_tasks(
    kf_plan *plan, const kf_value *tasks, const kf_map *index, kf_plan_dag *dag);
/* Names become those of folders and files below the run's own: KF_EINVAL for one that
 * would lead elsewhere, KF_ELIMIT for one longer than the system's. */
kf_status kf__plan_check_name(const char *what, const char *name);
kf_status kf__plan_component(kf_plan *plan, const char *name, kf_plan_component **out);
/* plan_wrap.c: put a group between a loop and a component that is executed. */
kf_status kf__plan_wrap(kf_plan *plan, kf_plan_task *task);
/* plan_outputs.c */
kf_status kf__plan_outputs(
    kf_plan *plan, const kf_value *outputs, const kf_map *index, kf_plan_dag *dag);
kf_status kf__plan_expression(kf_plan *plan, const char *text, kf_expr **out);

/* The declared input `name`, or NULL. */
const kf_plan_io *kf__plan_find_input(
    const kf_plan_component *component, const char *name);
/* Whether text in it has placeholders. */
bool kf__plan_expands(const kf_value *value);
/* Seconds of a protobuf duration such as "1.500s"; `fallback` for NULL. */
double kf__plan_seconds(const kf_value *duration, double fallback);

#endif
