/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Pipelines: built task by task or read from IR YAML, checked, and written as IR
 * YAML.
 *
 * While it is built, a pipeline has a current group: the root, or the innermost
 * condition, loop or exit handler that is open; tasks are added to it. A channel is a
 * value that will exist when the pipeline runs: an input of the pipeline, an output of a
 * task, the item of a loop. The same calls in the same order give the document that KFP
 * 2.17 compiles (docs/differences.md lists where KFP's is wrong).
 *
 * Any text given to a task (arguments, environment, image, resources, names of secrets,
 * …) may embed channels as @ref kf_pipeline_channel_text writes them.
 *
 * Rules that hold for every function here which builds:
 *  - What is passed is copied. Ids count from 0 within their pipeline and stay valid as
 *    long as it. A task, group, channel or condition that is none of the pipeline's is a
 *    bad argument (KF_EINVAL), as is NULL where it is not said to be allowed.
 *  - A fault is found by the call that makes it: a misspelt name, a type that does not
 *    fit, a channel read where it cannot be. The message names what it is about and, for
 *    a name, the nearest one there is. What can only be known at the end (a required
 *    input that was left out, tasks that wait for each other, an output that nothing
 *    makes) is found when the document is made: by @ref kf_pipeline_check, _write, _save,
 *    _spec, _platform_spec and @ref kf_component_from_pipeline.
 *  - After a failure the pipeline is as it was before the call, and can be built on.
 *  - KF_ESTATE if the pipeline was read from a document: it cannot be built on.
 *    KF_EINVAL for text that is not UTF-8, KF_ELIMIT for one of more than 16 MiB.
 *    KF_ENOMEM.
 *  - One thread at a time per pipeline; distinct pipelines are independent.
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

/** All may be NULL: none. */
typedef struct kf_pipeline_options {
    size_t size;
    const char *description;
    const char *display_name;  /**< Shown instead of the name. */
    const char *pipeline_root; /**< Where outputs are kept, such as "gs://bucket/x". */
} kf_pipeline_options;

/**
 * @brief An empty pipeline to be built.
 * @param options NULL for the defaults.
 * @param[out] out The pipeline, to be ended with @ref kf_pipeline_free.
 * @param name Any text with a letter or digit; brought into KFP's form (lower case,
 * digits, "-"), in which it has at most 128 characters.
 * @return KF_OK, KF_EINVAL for a name that is none, KF_ELIMIT, KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_new(
    const char *name, const kf_pipeline_options *options, kf_pipeline **out);
/**
 * @brief A pipeline of one task of @p component, with its inputs and outputs (KFP:
 * compiling a component by itself); of a component that is a pipeline, that pipeline as
 * it was when the component was made, which cannot be built on.
 * @param[out] out The pipeline, to be ended with @ref kf_pipeline_free.
 * @return KF_OK, KF_ESTATE and KF_ETYPE as @ref kf_pipeline_add_task, KF_ENOMEM. The
 * component is shared, as by that.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_from_component(
    kf_component *component, kf_pipeline **out);
/** End the pipeline, built or not; NULL is fine. Components and runs made from it live
 * on. */
KF_API void kf_pipeline_free(kf_pipeline *pipeline);
/** The name in KFP's form; borrowed. */
KF_API const char *kf_pipeline_name(const kf_pipeline *pipeline);

/* ---- inputs and outputs of the pipeline ---- */

/**
 * @brief Declare an input.
 * @param options NULL: required, without description.
 * @param[out] out The channel by which tasks read it.
 * @return KF_OK, KF_EEXIST if the name is taken, KF_EINVAL for a malformed name, KF_ETYPE
 * for a default or literal that is not of the type.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_add_input(kf_pipeline *pipeline,
    const char *name, kf_type type, const kf_io_options *options, kf_channel_id *out);
/** The same for an artifact. @param schema NULL: "system.Artifact". KF_EINVAL also for a
 * schema that KFP refuses. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_add_input_artifact(kf_pipeline *pipeline,
    const char *name, const char *schema, const kf_io_options *options,
    kf_channel_id *out);
/**
 * @brief Declare an output before it is set, so that its type is checked then. An output
 * that is declared must be set.
 * @return As @ref kf_pipeline_add_input.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_add_output(kf_pipeline *pipeline,
    const char *name, kf_type type, const kf_io_options *options);
/** The same for an artifact of the type @p schema, such as "system.Model". KF_EINVAL also
 * for a schema that KFP refuses. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_add_output_artifact(kf_pipeline *pipeline,
    const char *name, const char *schema, const kf_io_options *options);
/**
 * @brief Make @p channel the output @p name of the pipeline, instead of what it was. An
 * output that was not declared is, with the type of the channel.
 * @return KF_OK, KF_ETYPE if it does not fit the declared type, KF_ESCOPE if it is made
 * within a group (collect what a loop makes, choose one of what branches make), KF_EINVAL
 * if it is an input of the pipeline.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_output(
    kf_pipeline *pipeline, const char *name, kf_channel_id channel);
/**
 * @brief Merge @p config into the pipelineConfig of the Kubernetes platform (KFP:
 * PipelineConfig): "workspace" {"size", "kubernetes" {"pvcSpecPatch"}},
 * "resourceTtlOnCompletion", "resourceTtlOnSuccess", "resourceTtlOnFailure",
 * "activeDeadlineSeconds".
 * @return KF_OK, KF_ETYPE if it is no struct.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_config(
    kf_pipeline *pipeline, const kf_value *config);

/* ---- tasks ---- */

/**
 * @brief Add one use of @p component to the current group. The component is shared, not
 * copied, and may be freed or changed afterwards without effect on the task.
 * @param name NULL: the component's name. Any text; brought into KFP's form and made
 * unique among tasks and groups as KFP does ("-2", "-3", …).
 * @param[out] out Id of the new task.
 * @return KF_OK, KF_ESTATE if the component has nothing to execute, KF_ETYPE if its
 * command has a placeholder that takes a parameter for an artifact or the other way
 * round, KF_ELIMIT past 2^20 tasks.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_add_task(
    kf_pipeline *pipeline, kf_component *component, const char *name, kf_task_id *out);
/** Of a pipeline that was read: how many tasks its root has. */
KF_API size_t kf_pipeline_task_count(const kf_pipeline *pipeline);
/** The unique name, borrowed; NULL for an id that is none. */
KF_API const char *kf_pipeline_task_name(const kf_pipeline *pipeline, kf_task_id task);

/*
 * Arguments. A later one for the same input replaces an earlier one. KF_OK, or
 *  - KF_ENOENT if the component has no such input; names the nearest.
 *  - KF_ETYPE if the types do not agree, by KFP's rules (type_utils.py): parameters must
 *    be of one type, where an integer is no double; of artifacts, one is system.Artifact
 *    or both have one title and major version, and both are lists or neither is; what a
 *    loop's item is, if nobody told, fits every parameter.
 *  - KF_ESCOPE if the channel cannot be read where the task is: an output is read in the
 *    group it is made in and in groups within, an item within its loop.
 *  - KF_ECYCLE if it is an output of the task itself.
 *  - KF_EINVAL for an input of type KF_TYPE_TASK_FINAL_STATUS: that of an exit task is
 *    filled with the status of its exit handler, that of a task which ignores upstream
 *    failure with the status of the one task it runs after.
 */

/** Feed the input from a channel. @return As above. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_argument(
    kf_pipeline *pipeline, kf_task_id task, const char *input, kf_channel_id channel);
/** Without the check of types (KFP: channel.ignore_type()). @return As above, without
 * KF_ETYPE. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_argument_unchecked(
    kf_pipeline *pipeline, kf_task_id task, const char *input, kf_channel_id channel);
/**
 * @brief Several parameters for one list input, in order.
 *
 * The document has a constant list of placeholders, each of which Kubeflow's backend
 * replaces by the text of its parameter: strings arrive as they are, numbers and the
 * like as text (on this machine with their type).
 * @return As above; KF_EUNSUPPORTED for artifacts, for which Kubeflow's documents have no
 * such list.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_argument_list(kf_pipeline *pipeline,
    kf_task_id task, const char *input, const kf_channel_id *channels, size_t count);
/**
 * @brief A constant; text in it, at any depth, may embed channels.
 * @return As above; KF_ETYPE also for null, KF_EINVAL if it is none of the input's
 * literals, KF_ENOENT if it embeds a channel that the pipeline does not have.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_constant(
    kf_pipeline *pipeline, kf_task_id task, const char *input, const kf_value *value);
/** A string, in which channels may be embedded. @return As @ref kf_pipeline_set_constant. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_string(
    kf_pipeline *pipeline, kf_task_id task, const char *input, const char *text);
/** An integer. @return As @ref kf_pipeline_set_constant. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_int(
    kf_pipeline *pipeline, kf_task_id task, const char *input, int64_t integer);
/** A double. @return As @ref kf_pipeline_set_constant; KF_EINVAL also for NaN and infinity. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_double(
    kf_pipeline *pipeline, kf_task_id task, const char *input, double number);
/** A boolean. @return As @ref kf_pipeline_set_constant. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_bool(
    kf_pipeline *pipeline, kf_task_id task, const char *input, bool boolean);

/* Settings (KFP: the methods of PipelineTask). */

/**
 * @brief Let @p task run only when @p upstream has ended well.
 * @return KF_OK, KF_ESCOPE if @p upstream is in a condition or an exit handler that
 * @p task is not in, or is an exit task (a loop, and branches with an elif or else, can
 * be waited for), KF_ECYCLE if they are one, KF_EINVAL if @p task is an exit task.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_after(
    kf_pipeline *pipeline, kf_task_id task, kf_task_id upstream);
/** The same for an exit handler. KF_EINVAL for another group, KF_ECYCLE if @p task is in
 * it. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_after_group(
    kf_pipeline *pipeline, kf_task_id task, kf_group_id upstream);
/** What is shown instead of the name; "" is none. KF_OK, or as said at the top. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_display_name(
    kf_pipeline *pipeline, kf_task_id task, const char *name);
/**
 * @brief Tasks are cached unless told otherwise.
 * @param cache_key What stands for all that the outcome depends on; NULL: it is computed.
 * @return KF_OK, or as said at the top.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_caching(
    kf_pipeline *pipeline, kf_task_id task, bool enable, const char *cache_key);

typedef struct kf_retry {
    size_t size;
    int max_retries;            /**< 0 or more. */
    double backoff_seconds;     /**< Wait before the first retry; 0. */
    double backoff_factor;      /**< How much longer each further wait is; 0: 2.0. */
    double backoff_max_seconds; /**< The longest wait; 0: 3600. */
} kf_retry;

/** KF_EINVAL for a number that is negative, NaN or infinite. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_retry(
    kf_pipeline *pipeline, kf_task_id task, const kf_retry *retry);
/** Set an environment variable. KF_ESTATE unless the task runs a container, KF_EINVAL for
 * a name that is empty or has a "=". */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_env(
    kf_pipeline *pipeline, kf_task_id task, const char *name, const char *value);
/** Run in another image than the component's. KF_ESTATE unless the task runs a container.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_image(
    kf_pipeline *pipeline, kf_task_id task, const char *image);

typedef enum kf_resource {
    KF_RESOURCE_CPU_REQUEST = 0, /**< "0.5", "500m" */
    KF_RESOURCE_CPU_LIMIT = 1,
    KF_RESOURCE_MEMORY_REQUEST = 2, /**< "512Mi", "2G" */
    KF_RESOURCE_MEMORY_LIMIT = 3,
    KF_RESOURCE_ACCELERATOR_TYPE = 4, /**< "nvidia.com/gpu", "NVIDIA_TESLA_T4" */
    KF_RESOURCE_ACCELERATOR_COUNT =
        5 /**< "0", "1", "2", …; "1" if only a type is set */
} kf_resource;

/**
 * @brief A resource as Kubernetes writes quantities, or text that embeds a channel.
 * @return KF_OK, KF_EINVAL with what was expected if it is malformed, KF_ESTATE unless
 * the task runs a container.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_resource(
    kf_pipeline *pipeline, kf_task_id task, kf_resource resource, const char *quantity);
/** Run also when tasks before it failed. KF_EINVAL if an input that one of them feeds has
 * no default. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_ignore_upstream_failure(
    kf_pipeline *pipeline, kf_task_id task);
/**
 * @brief Merge @p config into the task's executor configuration for @p platform (such as
 * "kubernetes": KubernetesExecutorConfig); structs member by member, lists appended.
 * @return KF_OK, KF_ETYPE if it is no struct, KF_ESTATE if the task is itself a pipeline,
 * KF_EINVAL if text in it embeds a channel: there it must be
 * `{"componentInputParameter": name}` or
 * `{"taskOutputParameter": {"producerTask": …, "outputParameterKey": …}}`, as the
 * functions of kf/kubernetes.h write it.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_set_platform_config(kf_pipeline *pipeline,
    kf_task_id task, const char *platform, const kf_value *config);
/** The merged configuration; NULL if there is none; borrowed. */
KF_API const kf_value *kf_pipeline_platform_config(
    const kf_pipeline *pipeline, kf_task_id task, const char *platform);

/* ---- channels ---- */

/**
 * @brief An output of a task. The same output is always the same channel.
 * @param output NULL: the only one.
 * @return KF_OK, KF_ENOENT if there is none of that name (the message names the nearest),
 * or if NULL is given and there is not exactly one.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_task_output(
    kf_pipeline *pipeline, kf_task_id task, const char *output, kf_channel_id *out);
/** The item of an open or closed loop. KF_EINVAL if @p loop is none. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_loop_item(
    kf_pipeline *pipeline, kf_group_id loop, kf_channel_id *out);
/**
 * @brief The member @p key of a loop item that is a struct.
 * @return KF_OK, KF_EINVAL if @p item is no item or @p key no identifier, KF_ETYPE if the
 * items are known not to be structs, KF_ENOENT if they are constants without it.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_loop_item_member(
    kf_pipeline *pipeline, kf_channel_id item, const char *key, kf_channel_id *out);
/**
 * @brief All values that an output made in a loop takes, as a list, for readers outside
 * of the loop (KFP: dsl.Collected).
 * @return KF_OK, KF_EINVAL if it is no output of a task. Where it is read, KF_ESCOPE
 * unless the task is in a loop that the reader is not in, and no condition around that
 * loop leaves the reader out.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_collected(
    kf_pipeline *pipeline, kf_channel_id channel, kf_channel_id *out);
/**
 * @brief The one of several branches' outputs that came to be (KFP: dsl.OneOf).
 * @param channels One output of a task of each branch of one if, elif and else.
 * @return KF_OK, KF_ESCOPE if they are not made directly in the branches of one if, there
 * is no else or a branch has none of them, KF_EINVAL if a branch has two or they are no
 * outputs of tasks, KF_ETYPE if they are of several types.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_one_of(kf_pipeline *pipeline,
    const kf_channel_id *channels, size_t count, kf_channel_id *out);
/** Type of the channel; KF_TYPE_NONE for an artifact and for an id that is none. */
KF_API kf_type kf_pipeline_channel_type(
    const kf_pipeline *pipeline, kf_channel_id channel);
/** Text that stands for the channel within other text (KFP: an f-string), borrowed as
 * long as the pipeline is; NULL for an id that is none and if memory is out. */
KF_API const char *kf_pipeline_channel_text(
    kf_pipeline *pipeline, kf_channel_id channel);

/* ---- groups ---- */

typedef enum kf_compare {
    KF_EQUAL = 0,
    KF_NOT_EQUAL = 1,
    KF_LESS = 2,
    KF_LESS_EQUAL = 3,
    KF_GREATER = 4,
    KF_GREATER_EQUAL = 5
} kf_compare;

/** An operand: a channel, or a constant if `value` is not NULL. */
typedef struct kf_operand {
    kf_channel_id channel;
    const kf_value *value;
} kf_operand;

/**
 * @brief A condition over strings, numbers and booleans. Of two types the one that comes
 * first counts, and the other side is converted: string, boolean, double, integer.
 * @return KF_OK, KF_ETYPE for an operand of another type, KF_EINVAL if both are constants.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_compare(kf_pipeline *pipeline,
    kf_operand left, kf_compare comparison, kf_operand right, kf_condition_id *out);
/** Both conditions hold (beyond KFP). KF_ELIMIT past 100 levels of conditions. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_and(kf_pipeline *pipeline,
    kf_condition_id left, kf_condition_id right, kf_condition_id *out);
/** One of the conditions holds, or both. As @ref kf_pipeline_and. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_or(kf_pipeline *pipeline,
    kf_condition_id left, kf_condition_id right, kf_condition_id *out);
/** The condition does not hold. As @ref kf_pipeline_and. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_not(
    kf_pipeline *pipeline, kf_condition_id condition, kf_condition_id *out);

/*
 * Opening a group makes it the current one until @ref kf_pipeline_end. Groups can be
 * nested 64 deep (KF_ELIMIT). A name is what is shown; NULL: none.
 */

/** Open a group that runs when @p condition holds. KF_ESCOPE if the condition reads what
 * cannot be read here. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_begin_if(kf_pipeline *pipeline,
    kf_condition_id condition, const char *name, kf_group_id *out);
/** Open a branch that runs when those before it do not and @p condition holds. KF_ESTATE
 * unless the group closed last in the current group is an if or an elif. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_begin_elif(kf_pipeline *pipeline,
    kf_condition_id condition, const char *name, kf_group_id *out);
/** Open a branch that runs when those before it do not. KF_ESTATE as above. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_begin_else(
    kf_pipeline *pipeline, const char *name, kf_group_id *out);

typedef struct kf_loop_options {
    size_t size;
    const char *name; /**< What is shown; NULL: none. */
    int parallelism;  /**< How many iterations may run at a time; 0: unlimited. */
} kf_loop_options;

/**
 * @brief Open a loop over a constant list, or over the items of a channel, which is a
 * list parameter or a list of artifacts (KFP: dsl.ParallelFor).
 *
 * The type of the item is that of the first constant; of a channel, what its `type_text`
 * tells, and a string that fits every parameter if it tells nothing.
 * @return KF_OK, KF_ETYPE if the items are no list, KF_EINVAL if it is empty or the
 * parallelism negative, KF_ELIMIT past 2^20 items, KF_ESCOPE if the channel cannot be
 * read here, KF_EUNSUPPORTED if text in constant items embeds a channel.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_begin_loop(kf_pipeline *pipeline,
    kf_operand items, const kf_loop_options *options, kf_group_id *out);
/**
 * @brief Open a group after which @p exit_task runs, whatever became of the group (KFP:
 * dsl.ExitHandler).
 * @return KF_OK, KF_ESTATE unless the current group is the root, KF_EINVAL if the exit
 * task was added in a group, reads or runs after another task, is an importer or is an
 * exit task already.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_begin_exit_handler(
    kf_pipeline *pipeline, kf_task_id exit_task, const char *name, kf_group_id *out);
/** Close the innermost open group. KF_ESTATE at the root, KF_EMISSING if it holds no task:
 * Kubeflow refuses empty groups. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_end(kf_pipeline *pipeline);

/* ---- the document ---- */

typedef enum kf_document_format {
    KF_FORMAT_IR = 0, /**< PipelineSpec, and PlatformSpec where there is one. */
    /** Kubernetes: PipelineVersion, and Pipeline where asked for. */
    KF_FORMAT_MANIFEST = 1
} kf_document_format;

typedef struct kf_write_options {
    size_t size;
    kf_document_format format;
    /** One component and executor per task, in the text that KFP writes, byte for byte;
     * false: compact. A document that was loaded keeps its components: then only the
     * text differs. */
    bool verbose_form;
    bool json;                 /**< JSON instead of YAML. */
    const char *sdk_version;   /**< sdkVersion; "libkf-<version>". */
    const char *pipeline_name; /**< Overrides, NULL for none. */
    const char *pipeline_display_name;
    /** Defaults to write instead of the pipeline's own: a struct. */
    const kf_value *parameters;
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
 * @param text Need not end in a NUL byte.
 * @param[out] out The pipeline, which cannot be built on; to be ended with
 * @ref kf_pipeline_free.
 * @return KF_OK, KF_EPARSE and KF_EDOCUMENT with line and column, KF_ELIMIT, KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_load(
    const char *text, size_t length, kf_pipeline **out);
/** The same from the file @p path. Also KF_ENOENT and KF_EIO. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_open(const char *path, kf_pipeline **out);

/**
 * @brief Check everything, gathering all findings.
 * @param[out] out The report, to be ended with @ref kf_report_free.
 * @return KF_OK also when there are findings, or KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_check(
    const kf_pipeline *pipeline, kf_report **out);
/** The same for text that may not even be readable: then the report holds why, and the
 * call returns KF_OK. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_check_text(
    const char *text, size_t length, kf_report **out);

/**
 * @brief Write the document: YAML as KFP writes it, JSON, or a manifest.
 * @param options NULL for the defaults.
 * @param[out] out NUL-terminated; end it with @ref kf_text_free.
 * @return KF_OK, KF_ENOMEM, or what is wrong with the pipeline if it was built here.
 */
KF_API KF_MUST_CHECK kf_status kf_pipeline_write(
    const kf_pipeline *pipeline, const kf_write_options *options, char **out);
/** Write to the file @p path, whole or not at all; JSON if it ends in ".json".
 * @return As @ref kf_pipeline_write; KF_ENOENT and KF_EIO for the file. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_save(
    const kf_pipeline *pipeline, const char *path, const kf_write_options *options);
/** The PipelineSpec as a value, which the caller owns; it does not depend on the pipeline.
 * @return As @ref kf_pipeline_write. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_spec(
    const kf_pipeline *pipeline, const kf_write_options *options, kf_value **out);
/** The PlatformSpec as a value, which the caller owns; an empty struct if there is none.
 * @return As @ref kf_pipeline_write. */
KF_API KF_MUST_CHECK kf_status kf_pipeline_platform_spec(
    const kf_pipeline *pipeline, const kf_write_options *options, kf_value **out);

KF_END_DECLS

#endif
