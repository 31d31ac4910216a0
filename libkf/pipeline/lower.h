/* SPDX-License-Identifier: Apache-2.0 */
/* Lowering: from the tasks and groups of a pipeline to KFP's documents, as
 * kfp/compiler does it. It reads the pipeline and writes a document that is complete in
 * itself; equal parts of a document may be one node in several places. */
#ifndef KF_PIPELINE_LOWER_H
#define KF_PIPELINE_LOWER_H

#include "pipeline/pipeline.h"

#define KF__INJECTED "pipelinechannel--" /* Before the names of inputs of groups. */

typedef struct kf_lowered_input {
    struct kf_lowered_input *next;
    kf_channel_id channel;
} kf_lowered_input;

/* An output that a group hands on. */
typedef struct kf_lowered_output {
    struct kf_lowered_output *next;
    const char *name;
    kf_channel_id channel; /* Whose type it has. */
    bool collected;        /* But a list of that. */
    const char *producer;  /* The task or group in it that makes it; NULL: */
    const char *key;       /* (its name there) */
    kf_channel_id one_of;  /* one of several branches do. */
} kf_lowered_output;

typedef struct kf_lowered_group {
    kf_lowered_input *inputs, **last_input;
    kf_lowered_output *outputs, **last_output;
    const char *component; /* Its name in the document. */
} kf_lowered_group;

/* What all tasks of one component have in common. */
typedef struct kf_lowered_body {
    kf_value
        *component; /* The ComponentSpec without executorLabel; NULL: not made yet. */
    kf_value *executor; /* The ExecutorSpec of tasks without settings. */
    int32_t leaf;       /* Compact form: see lower_share.c. */
    const char *shared; /* Compact form: the component of tasks without settings. */
} kf_lowered_body;

typedef struct kf_edge {
    int32_t node, upstream;
} kf_edge;

typedef struct kf_lower {
    const kf_pipeline *pipeline;
    kf_document *document;
    kf_tree *tree;  /* The document's. */
    kf_arena arena; /* What only lowering needs. */
    bool is_compact;
    kf_value *components, *executors, *platforms;

    kf_lowered_group *groups;
    kf_lowered_body *bodies;

    KF__VEC(kf_channel *) surfaced; /* Channels beyond the pipeline's own. */
    kf_pairs surfaced_places;       /* (output, group) to them. */
    KF__VEC(const char *) injected; /* By channel; NULL until asked for. */
    kf_map injected_channels;       /* Injected name to the channel that has it. */
    kf_pairs needed;                /* (group, channel): an input already. */
    kf_pairs handed_on;             /* (group, channel): an output already. */

    KF__VEC(kf_edge) edges;
    int32_t *first_edge; /* By node: where its edges begin among the sorted ones. */
    int32_t *upstream;   /* The sorted ones. */

    kf_map component_names, executor_names; /* To places in name_uses. */
    KF__VEC(uint32_t) name_uses;            /* The index to try next. */

    struct kf_sharing *sharing;               /* Compact form. */
    kf_value *types[KF_TYPE_TASK_CONFIG + 1]; /* {"parameterType": …}, made once. */
    kf_value *usual_caching;                  /* {"enableCache": true}, made once. */
} kf_lower;

/* ---- lower.c ---- */

/* Copies in the document's tree; NULL, and the tree's status, on failure. */
const char *kf__lower_text(kf_lower *lower, const char *text);
const char *kf__lower_printf(kf_lower *lower, const char *format, ...) KF_PRINTF(2, 3);
/* `base`, or the first free one of base-2, base-3, … among components or executors. */
const char *kf__lower_component_name(kf_lower *lower, const char *base);
const char *kf__lower_executor_name(kf_lower *lower, const char *base);

/* ---- lower_channel.c ---- */

const kf_channel *kf__lower_channel(const kf_lower *lower, kf_channel_id channel);
/* What the channel is for a reader in `group`: a collected output is that of the
 * outermost group between, which surfaces it. */
kf_status kf__lower_resolve(
    kf_lower *lower, kf_channel_id channel, kf_group_id group, kf_channel_id *out);
/* The name of the input by which groups pass the channel down. */
const char *kf__lower_injected(kf_lower *lower, kf_channel_id channel);
/* An entry of a task's inputs (InputParameterSpec, InputArtifactSpec) in `group`. */
kf_value *kf__lower_reference(
    kf_lower *lower, kf_channel_id channel, kf_group_id group);
/* Put an entry into {"parameters": …, "artifacts": …}, where it belongs. */
void kf__lower_put_input(kf_lower *lower, kf_value *inputs, bool artifact,
    const char *name, kf_value *entry);
/* Declare an input or output of the channel's type (ComponentInputsSpec, …). */
void kf__lower_define(kf_lower *lower, kf_value *definitions, const char *name,
    const kf_channel *channel, bool collected);
/* {"parameterType": …} */
kf_value *kf__lower_type(kf_lower *lower, kf_type type);

/* ---- lower_needs.c ---- */

/* Find what must be passed down, surfaced and waited for. */
kf_status kf__lower_gather(kf_lower *lower);

/* ---- lower_outputs.c ---- */

/* Let the groups from the task's own out to `outermost` hand the output on. */
kf_status kf__lower_surface_collected(
    kf_lower *lower, kf_channel_id output, kf_group_id outermost);
kf_status kf__lower_surface_one_of(kf_lower *lower, kf_channel_id one_of);
/* outputDefinitions and dag.outputs of a group's component. */
void kf__lower_group_outputs(kf_lower *lower, kf_group_id group, kf_value *component);

/* ---- lower_order.c ---- */

static inline int32_t kf__task_node(kf_task_id task)
{
    return task;
}
static inline int32_t kf__group_node(const kf_lower *lower, kf_group_id group)
{
    return (int32_t)lower->pipeline->tasks.count + group;
}
/* What stands in `group` and reads the channel waits for who makes it. `node` is the
 * reader. */
kf_status kf__lower_wait(
    kf_lower *lower, int32_t node, kf_group_id group, kf_channel_id channel);
kf_status kf__lower_wait_after(kf_lower *lower, kf_task_id task);
/* Sort the edges; KF_ECYCLE, naming who waits for each other. */
kf_status kf__lower_order(kf_lower *lower);
/* Put dependentTasks. */
kf_status kf__lower_put_dependents(kf_lower *lower, int32_t node, kf_value *task_spec);

/* ---- lower_condition.c ---- */

/* The condition of a branch as CEL: those before it do not hold, and its own does. */
kf_status kf__lower_condition(kf_lower *lower, kf_group_id group, kf_buf *out);
/* Call back for each channel in it. */
kf_status kf__lower_condition_visit(
    const kf_lower *lower, kf_group_id group, kf_channel_visit visit, void *payload);

/* ---- lower_text.c ---- */

/* The text or value with the channels that it embeds replaced by placeholders of inputs,
 * which are put into `inputs` unless that is NULL. */
kf_value *kf__lower_embedding_text(
    kf_lower *lower, const char *text, kf_group_id group, kf_value *inputs);
kf_value *kf__lower_embedding_value(
    kf_lower *lower, const kf_value *value, kf_group_id group, kf_value *inputs);
/* "{{$.inputs.parameters['…']}}" */
kf_value *kf__lower_placeholder(
    kf_lower *lower, kf_channel_id channel, kf_group_id group, kf_value *inputs);

/* ---- lower_group.c ---- */

/* The PipelineTaskSpec and the component of a group, put into the DAG around it. */
kf_status kf__lower_group(kf_lower *lower, kf_group_id group, kf_value *dag_tasks);

/* ---- lower_task.c ---- */

/* The same for a task. */
kf_status kf__lower_task(kf_lower *lower, kf_task_id task, kf_value *dag_tasks);

/* ---- lower_component.c ---- */

/* Put inputDefinitions and outputDefinitions. */
void kf__lower_interface(
    kf_lower *lower, const kf_component_body *body, kf_value *component);
/* Put the task's component, executor and platform configuration into the document; the
 * name of the component. */
kf_status kf__lower_component(kf_lower *lower, kf_task_id task, const char **out);

/* ---- lower_container.c ---- */

/* The ExecutorSpec of tasks without settings: {"container": …} or {"importer": …}. */
kf_value *kf__lower_executor(kf_lower *lower, const kf_component_body *body);
/* What the task's settings make of it: members that replace those of the container, in
 * the document's tree; NULL if they change nothing. */
kf_value *kf__lower_container_changes(kf_lower *lower, const kf_task *task);
/* The executor with its container changed. */
kf_value *kf__lower_changed_executor(
    kf_lower *lower, const kf_value *executor, const kf_value *changes);
/* KF_EINVAL if the task sets what its component neither applies nor passes on. */
kf_status kf__lower_check_passthroughs(const kf_lower *lower, const kf_task *task);
/* RetryPolicy, or NULL. */
kf_value *kf__lower_retry(kf_lower *lower, const kf_settings *settings);

/* ---- lower_platform.c ---- */

/* The task's configurations by platform, references as they are in its DAG; or NULL. */
kf_value *kf__lower_platforms(kf_lower *lower, const kf_task *task);
/* Put them under the executor's label. */
void kf__lower_put_platforms(
    kf_lower *lower, const kf_value *configs, const char *label);

/* ---- lower_merge.c ---- */

/* Put the components, executors and platform configurations of a pipeline that is used
 * as a component into the document; its root becomes a component as well. `retry`: of
 * the task that uses it, or NULL. */
kf_status kf__lower_merge(kf_lower *lower, const kf_component_body *body,
    const char *base, const kf_value *retry, const char **out);

/* ---- lower_share.c: the compact form ---- */

/* What Kubeflow's backend hangs on a component. NULL: nothing. */
typedef struct kf_variant {
    int32_t leaf;              /* Component and executor, */
    const kf_value *changes;   /* what a task's settings make of the container, */
    const kf_value *platforms; /* configurations by platform, */
    const kf_value *retry;     /* retry policy. */
    const char *component;     /* Their name in the document. */
} kf_variant;

/* The number of the component and executor of equal content. */
kf_status kf__share_leaf(
    kf_lower *lower, const kf_value *component, const kf_value *executor, int32_t *out);
/* The name of the component that an equal variant has; NULL if there is none yet. */
const char *kf__share_find(const kf_lower *lower, const kf_variant *variant);
kf_status kf__share_remember(kf_lower *lower, const kf_variant *variant);
/* The same for components that are DAGs. */
const char *kf__share_find_dag(
    const kf_lower *lower, const kf_value *component, const kf_value *retry);
kf_status kf__share_remember_dag(kf_lower *lower, const kf_value *component,
    const kf_value *retry, const char *name);
void kf__share_finish(kf_lower *lower);

/* ---- lower_root.c ---- */

/* Everything of the PipelineSpec but components, executors and the root's tasks. */
kf_status kf__lower_head(kf_lower *lower, const kf_write_options *options);
/* The outputs of the root, once all tasks are there. */
kf_status kf__lower_root_outputs(kf_lower *lower, const kf_channel_id *channels);
/* KF_EMISSING if an importer downloads to a workspace that there is not. */
kf_status kf__lower_check_downloads(const kf_document *document);
/* What must hold before anything is written. */
kf_status kf__lower_check(const kf_lower *lower);

#endif
