/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Pipelines: built task by task or read from IR YAML, checked, and written as IR YAML.
 *
 * While it is built, a pipeline has a current group (the root, or the innermost condition, loop or
 * exit handler that is open); tasks are added to it. A channel is a value that will exist when the
 * pipeline runs: an input of the pipeline, an output of a task, the item of a loop.
 *
 * Any text given to a task (arguments, environment, resources, names of secrets, …) may embed
 * channels as @ref kf_pipeline_channel_text writes them.
 */
#ifndef KF_PIPELINE_H
#define KF_PIPELINE_H

#include <kf/component.h>

KF_BEGIN_DECLS

/* Ids within their pipeline, from 0. */
typedef int32_t kf_task_id;
typedef int32_t kf_group_id;
typedef int32_t kf_channel_id;
typedef int32_t kf_condition_id;

typedef struct kf_pipeline_options {
    size_t size;
    const char *description;
    const char *display_name;
    const char *pipeline_root;
} kf_pipeline_options;

/** A pipeline to be built. @param name Any text; sanitised as KFP does when written. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_new(
    const char *name, const kf_pipeline_options *options, kf_pipeline **out);
/**
 * @brief A pipeline of one task of @p component, whose inputs and outputs are the
 * pipeline's: to compile or to run a component by itself. A component that is a pipeline
 * gives that pipeline, which cannot be built on.
 * @return KF_OK, KF_ESTATE if the component has nothing to execute, KF_EINVAL,
 * KF_ENOMEM. The component is shared, as by @ref kf_pipeline_add_task.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_from_component(
    kf_component *component, kf_pipeline **out);
KF_API void kf_pipeline_free(kf_pipeline *pipeline);
KF_API const char *kf_pipeline_name(const kf_pipeline *pipeline);

/* ---- inputs and outputs of the pipeline ---- */

KF_API KF_MUST_CHECK kf_status kf_pipeline_add_input(kf_pipeline *pipeline, const char *name,
    kf_type type, const kf_io_options *options, kf_channel_id *out);
KF_API KF_MUST_CHECK kf_status kf_pipeline_add_input_artifact(kf_pipeline *pipeline,
    const char *name, const char *schema, const kf_io_options *options, kf_channel_id *out);
/** Declare what the output @p name is before (or without) checking its type: optional. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_add_output(
    kf_pipeline *pipeline, const char *name, kf_type type, const kf_io_options *options);
KF_API KF_MUST_CHECK kf_status kf_pipeline_add_output_artifact(
    kf_pipeline *pipeline, const char *name, const char *schema, const kf_io_options *options);
/** Make @p channel the output @p name of the pipeline; undeclared outputs take its type. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_output(
    kf_pipeline *pipeline, const char *name, kf_channel_id channel);
/** pipelineConfig of the Kubernetes platform (workspace, TTLs, deadline); a struct, merged. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_config(kf_pipeline *pipeline, const kf_value *config);

/* ---- tasks ---- */

/**
 * @brief Add one use of @p component to the current group; the component is shared, not copied,
 * and may be freed or changed afterwards without effect on the task.
 * @param name NULL: the component's name; made unique as KFP does ("-2", "-3", …).
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_add_task(
    kf_pipeline *pipeline, kf_component *component, const char *name, kf_task_id *out);
KF_API size_t kf_pipeline_task_count(const kf_pipeline *pipeline);
/** The unique name; NULL for an id that is none. */
KF_API const char *kf_pipeline_task_name(const kf_pipeline *pipeline, kf_task_id task);

/* Arguments. KF_ENOENT if the component has no such input, KF_ETYPE if the types do not agree. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_argument(
    kf_pipeline *pipeline, kf_task_id task, const char *input, kf_channel_id channel);
/** Without the check of types (KFP: channel.ignore_type(), compile(type_check=False)). */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_argument_unchecked(
    kf_pipeline *pipeline, kf_task_id task, const char *input, kf_channel_id channel);
/** Several channels for one list input, in order (beyond KFP). */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_argument_list(kf_pipeline *pipeline, kf_task_id task,
    const char *input, const kf_channel_id *channels, size_t count);
/** A constant; strings in it may embed channels. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_constant(
    kf_pipeline *pipeline, kf_task_id task, const char *input, const kf_value *value);
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_string(
    kf_pipeline *pipeline, kf_task_id task, const char *input, const char *text);
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_int(
    kf_pipeline *pipeline, kf_task_id task, const char *input, int64_t integer);
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_double(
    kf_pipeline *pipeline, kf_task_id task, const char *input, double number);
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_bool(
    kf_pipeline *pipeline, kf_task_id task, const char *input, bool boolean);

/* Settings (KFP: the methods of PipelineTask). */
KF_API KF_MUST_CHECK kf_status kf_pipeline_after(
    kf_pipeline *pipeline, kf_task_id task, kf_task_id upstream);
KF_API KF_MUST_CHECK kf_status kf_pipeline_after_group(
    kf_pipeline *pipeline, kf_task_id task, kf_group_id upstream);
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_display_name(
    kf_pipeline *pipeline, kf_task_id task, const char *name);
/** @param cache_key NULL: the key is computed. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_caching(
    kf_pipeline *pipeline, kf_task_id task, bool enable, const char *cache_key);

typedef struct kf_retry {
    size_t size;
    int max_retries;
    double backoff_seconds;     /**< Wait before the first retry; 0. */
    double backoff_factor;      /**< 0: 2.0. */
    double backoff_max_seconds; /**< 0: 3600, which is also the most. */
} kf_retry;

KF_API KF_MUST_CHECK kf_status kf_pipeline_set_retry(
    kf_pipeline *pipeline, kf_task_id task, const kf_retry *retry);
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_env(
    kf_pipeline *pipeline, kf_task_id task, const char *name, const char *value);
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_image(
    kf_pipeline *pipeline, kf_task_id task, const char *image);

typedef enum kf_resource {
    KF_RESOURCE_CPU_REQUEST = 0,     /**< "0.5", "500m" */
    KF_RESOURCE_CPU_LIMIT = 1,
    KF_RESOURCE_MEMORY_REQUEST = 2,  /**< "512Mi", "2G" */
    KF_RESOURCE_MEMORY_LIMIT = 3,
    KF_RESOURCE_ACCELERATOR_TYPE = 4, /**< "nvidia.com/gpu", "NVIDIA_TESLA_T4" */
    KF_RESOURCE_ACCELERATOR_COUNT = 5 /**< "0", "1", "2", "4", "8" or "16" */
} kf_resource;

/** A resource as Kubernetes writes quantities, or text that embeds a channel. KF_EINVAL if malformed. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_resource(
    kf_pipeline *pipeline, kf_task_id task, kf_resource resource, const char *quantity);
/** Run also when upstream tasks failed. KF_EINVAL if an input that upstream feeds has no default. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_ignore_upstream_failure(
    kf_pipeline *pipeline, kf_task_id task);
/** Merge @p config into the task's executor configuration for @p platform (such as "kubernetes"). */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_platform_config(
    kf_pipeline *pipeline, kf_task_id task, const char *platform, const kf_value *config);
/** The merged configuration; NULL if there is none; borrowed. */
KF_API const kf_value *kf_pipeline_platform_config(
    const kf_pipeline *pipeline, kf_task_id task, const char *platform);

/* ---- channels ---- */

/* An input of type KF_TYPE_TASK_FINAL_STATUS is no argument: an exit task's is filled with the status
 * of its exit handler, that of a task which ignores upstream failure with its only upstream task's. */

/** An output of a task. @param output NULL: the only one. KF_ENOENT names the nearest. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_task_output(
    kf_pipeline *pipeline, kf_task_id task, const char *output, kf_channel_id *out);
/** The item of an open or closed loop. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_loop_item(
    kf_pipeline *pipeline, kf_group_id loop, kf_channel_id *out);
/** The member @p key of a loop item that is a struct. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_loop_item_member(
    kf_pipeline *pipeline, kf_channel_id item, const char *key, kf_channel_id *out);
/** All values that a channel of a loop's body takes, as a list (KFP: dsl.Collected). */
KF_API KF_MUST_CHECK kf_status kf_pipeline_collected(
    kf_pipeline *pipeline, kf_channel_id channel, kf_channel_id *out);
/** The one of several branches' outputs that came to be (KFP: dsl.OneOf). */
KF_API KF_MUST_CHECK kf_status kf_pipeline_one_of(
    kf_pipeline *pipeline, const kf_channel_id *channels, size_t count, kf_channel_id *out);
/** Type of the channel; KF_TYPE_NONE for an artifact. */
KF_API kf_type kf_pipeline_channel_type(const kf_pipeline *pipeline, kf_channel_id channel);
/** Text that stands for the channel within other text (KFP: an f-string): borrowed. */
KF_API const char *kf_pipeline_channel_text(kf_pipeline *pipeline, kf_channel_id channel);

/* ---- groups ---- */

typedef enum kf_compare {
    KF_EQUAL = 0,
    KF_NOT_EQUAL = 1,
    KF_LESS = 2,
    KF_LESS_EQUAL = 3,
    KF_GREATER = 4,
    KF_GREATER_EQUAL = 5
} kf_compare;

/** An operand of a comparison: a channel, or a constant if `value` is not NULL. */
typedef struct kf_operand {
    kf_channel_id channel;
    const kf_value *value;
} kf_operand;

KF_API KF_MUST_CHECK kf_status kf_pipeline_compare(kf_pipeline *pipeline, kf_operand left,
    kf_compare comparison, kf_operand right, kf_condition_id *out);
KF_API KF_MUST_CHECK kf_status kf_pipeline_and(
    kf_pipeline *pipeline, kf_condition_id left, kf_condition_id right, kf_condition_id *out);
KF_API KF_MUST_CHECK kf_status kf_pipeline_or(
    kf_pipeline *pipeline, kf_condition_id left, kf_condition_id right, kf_condition_id *out);
KF_API KF_MUST_CHECK kf_status kf_pipeline_not(
    kf_pipeline *pipeline, kf_condition_id condition, kf_condition_id *out);

/** Open a group that runs when @p condition holds. @param name Its display name; may be NULL. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_begin_if(
    kf_pipeline *pipeline, kf_condition_id condition, const char *name, kf_group_id *out);
/** KF_ESTATE unless the group closed last in the current group is an if or an elif. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_begin_elif(
    kf_pipeline *pipeline, kf_condition_id condition, const char *name, kf_group_id *out);
KF_API KF_MUST_CHECK kf_status kf_pipeline_begin_else(
    kf_pipeline *pipeline, const char *name, kf_group_id *out);

typedef struct kf_loop_options {
    size_t size;
    const char *name;
    int parallelism; /**< 0: unlimited. */
} kf_loop_options;

/** Open a loop over a constant list, over the items of a channel, which is a list parameter or a
 * list of artifacts (KFP: dsl.ParallelFor). */
KF_API KF_MUST_CHECK kf_status kf_pipeline_begin_loop(kf_pipeline *pipeline, kf_operand items,
    const kf_loop_options *options, kf_group_id *out);
/** Open a group after which @p exit_task runs, whatever became of the group. Root only. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_begin_exit_handler(
    kf_pipeline *pipeline, kf_task_id exit_task, const char *name, kf_group_id *out);
/** Close the innermost open group. KF_ESTATE at the root. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_end(kf_pipeline *pipeline);

/* ---- the document ---- */

typedef enum kf_document_format {
    KF_FORMAT_IR = 0,      /**< PipelineSpec, and PlatformSpec where there is one. */
    KF_FORMAT_MANIFEST = 1 /**< Kubernetes: PipelineVersion, and Pipeline where asked for. */
} kf_document_format;

typedef struct kf_write_options {
    size_t size;
    kf_document_format format;
    bool verbose_form;         /**< One component and executor per task, as KFP writes; false: compact. */
    bool json;                 /**< JSON instead of YAML. */
    const char *sdk_version;   /**< sdkVersion; "libkf-<version>". */
    const char *pipeline_name; /**< Overrides, NULL for none. */
    const char *pipeline_display_name;
    const kf_value *parameters; /**< Defaults to write instead of the pipeline's own: a struct. */
    /* KF_FORMAT_MANIFEST (KFP: KubernetesManifestOptions) */
    const char *manifest_pipeline_name;
    const char *manifest_pipeline_display_name;
    const char *manifest_version_name;
    const char *manifest_version_display_name;
    const char *manifest_namespace;
    bool manifest_include_pipeline;
} kf_write_options;

/**
 * @brief Read IR YAML or JSON: one document or two, or a PipelineVersion manifest.
 * @return KF_OK, KF_EPARSE and KF_EDOCUMENT with line and column, KF_ELIMIT, KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_load(
    const char *text, size_t length, kf_pipeline **out);
KF_API KF_MUST_CHECK kf_status kf_pipeline_open(const char *path, kf_pipeline **out);

/** Check everything, gathering all findings. KF_OK also when there are findings. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_check(const kf_pipeline *pipeline, kf_report **out);
/** The same for text that may not even be readable: then the report holds why. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_check_text(
    const char *text, size_t length, kf_report **out);

KF_API KF_MUST_CHECK kf_status kf_pipeline_write(
    const kf_pipeline *pipeline, const kf_write_options *options, char **out);
/** Write to a file, whole or not at all. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_save(
    const kf_pipeline *pipeline, const char *path, const kf_write_options *options);
/** The PipelineSpec as a value. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_spec(
    const kf_pipeline *pipeline, const kf_write_options *options, kf_value **out);
/** The PlatformSpec as a value; an empty struct if there is none. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_platform_spec(
    const kf_pipeline *pipeline, const kf_write_options *options, kf_value **out);

KF_END_DECLS

#endif
