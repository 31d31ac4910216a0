/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the check of a document share. One pass over each component and each task;
 * names are looked up in hashed structs and maps, so that all of it is linear. */
#ifndef KF_PIPELINE_CHECK_H
#define KF_PIPELINE_CHECK_H

#include "base/map.h"
#include "base/vec.h"
#include "pipeline/document.h"
#include "base/finding.h"
#include "pipeline/type.h"

typedef struct kf_check_component {
    const char *name; /* NULL: the root. */
    const kf_value *spec;
    const kf_value *dag;
    const kf_value *tasks; /* Of the dag: a struct, or NULL. */
    const kf_value *input_parameters;
    const kf_value *input_artifacts;
    const kf_value *output_parameters;
    const kf_value *output_artifacts;
    const char *executor; /* executorLabel or NULL. */
    size_t
        first_callee; /* In the check's callees, one for each task of the dag, in order. */
    bool is_used;     /* By some task. */
    bool is_looped;      /* By a task with an iterator. */
    bool is_within_loop; /* So is it, or a component that is made of it. */
    bool is_importer;    /* Its executor is one. */
    int height; /* Of the components below it; -1: not known yet, -2: being found. */
    KF__VEC(const char *)
    needs; /* Inputs that its executor reads but it does not declare. */
} kf_check_component;

#define KF__NO_COMPONENT SIZE_MAX

typedef struct kf_check {
    const kf_document *document;
    kf_report *report;
    kf_arena arena; /* Names that are no part of the document. */
    const kf_value *executors;
    const kf_value *platforms; /* Executors of the Kubernetes platform, or NULL. */
    KF__VEC(kf_check_component) components; /* The root is the last. */
    kf_map component_index;
    KF__VEC(size_t) callees; /* Component of each task, or KF__NO_COMPONENT. */
    kf_map used_executors;   /* Executor to its first component's number. */
    kf_map
        task_homes; /* Task to the number of its component; made when first needed. */
    bool has_task_homes;
} kf_check;

/* A dag while its tasks are checked. */
typedef struct kf_check_dag {
    kf_check *check;
    kf_check_component *component;
    const kf_value *tasks;
    kf_map index;            /* Task to number. */
    const kf_place *place;   /* Of the tasks. */
    KF__VEC(uint32_t) edges; /* Pairs: a task and one that it waits for. */
} kf_check_dag;

/* A task while it is checked. */
typedef struct kf_check_task {
    kf_check_dag *dag;
    size_t number;
    const char *name;
    const kf_value *spec;
    const kf_value *parameters; /* inputs.parameters */
    const kf_value *artifacts;
    kf_check_component *callee; /* NULL: unknown. */
    const kf_place *place;
} kf_check_task;

/* check_interface: names, types, defaults and literals of inputs and outputs. */
void kf__check_name(kf_report *report, const kf_place *place, const kf_value *at,
    const char *what, const char *name);
void kf__check_interface(
    kf_check *self, const kf_check_component *component, const kf_place *place);
/* Definitions as kf__types_agree takes them. */
kf_io kf__check_parameter_io(const kf_value *definition);
kf_io kf__check_artifact_io(const kf_value *definition);
/* KFP's rule (kf__types_agree); what loops gives lists of what its component gives. */
bool kf__check_fits(const kf_io *given, const kf_io *expected, bool looped);
/* "`what` is a STRING, and `takes` a LIST" */
void kf__check_mismatch(kf_report *report, kf_severity severity, const kf_place *place,
    const kf_value *at, const char *what, const kf_io *given, const char *takes,
    const kf_io *expected);
/* Whether the input may be left out. */
bool kf__check_is_optional(const kf_value *definition);
/* A constant for a parameter: type and literals. Strings that hold placeholders pass. */
void kf__check_constant(kf_report *report, const kf_place *place,
    const kf_value *constant, const kf_value *definition, const char *what);

/* check_executor: containers, importers, their placeholders and resources. */
void kf__check_executor(kf_check *self, kf_check_component *component);
/* Inputs that KFP's compiler adds to tasks without declaring them in components. */
bool kf__check_is_injected(const char *name);
/* The member that a span names. */
const kf_value *kf__check_get(const kf_value *object, const char *text, size_t length);

/* check_task: one task of a dag. */
kf_status kf__check_task(kf_check_task *self);
/* check_input: where its inputs come from. */
kf_status kf__check_inputs(kf_check_task *self);

/* check_dag: the tasks of a component, what they wait for, what the component gives. */
kf_status kf__check_dag(
    kf_check *self, kf_check_component *component, const kf_place *place);
/* The task of that name as the producer of something; a finding and false if there is none. */
bool kf__check_producer(kf_check_dag *self, const kf_place *place, const kf_value *at,
    const char *name, size_t *number);
kf_check_component *kf__check_callee(kf_check_dag *self, size_t number);
/* Remember that the first task waits for the second. */
kf_status kf__check_edge(kf_check_dag *self, size_t task, size_t upstream);

/* check_cycle: tasks that wait for each other. */
kf_status kf__check_cycles(kf_check_dag *self);

/* check_platform: the second document. */
void kf__check_platform(kf_check *self);
/* References in the task's Kubernetes configuration. */
void kf__check_platform_task(kf_check_task *self);

#endif
