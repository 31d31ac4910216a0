/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Components: a named interface of inputs and outputs, and what is executed behind it.
 *
 * A component is built once and used by any number of tasks of any number of pipelines.
 */
#ifndef KF_COMPONENT_H
#define KF_COMPONENT_H

#include <kf/base.h>
#include <kf/value.h>

KF_BEGIN_DECLS

typedef struct kf_component kf_component;
typedef struct kf_pipeline kf_pipeline;

/** Types of parameters (KFP: ParameterType.ParameterTypeEnum of pipeline_spec.proto; same numbers). */
typedef enum kf_type {
    KF_TYPE_NONE = 0, /**< No parameter: an artifact. */
    KF_TYPE_DOUBLE = 1,
    KF_TYPE_INTEGER = 2,
    KF_TYPE_STRING = 3,
    KF_TYPE_BOOLEAN = 4,
    KF_TYPE_LIST = 5,
    KF_TYPE_STRUCT = 6,
    KF_TYPE_TASK_FINAL_STATUS = 7,
    KF_TYPE_TASK_CONFIG = 8
} kf_type;

/** The IR's name of a type, such as "NUMBER_INTEGER"; NULL for a number that is none. */
KF_API const char *kf_type_name(kf_type type);

/** Everything about an input or an output but its name. Zero and NULL: the default. */
typedef struct kf_io_options {
    size_t size;
    const char *description;
    const kf_value *default_value; /**< Parameters only; makes the input optional. */
    bool optional;                 /**< The input may be left out even without a default. */
    const kf_value *literals;      /**< Parameters only: a list of the values allowed. */
    const char *schema_version;    /**< Artifacts only; "0.0.1". */
    bool is_list;                  /**< Artifacts only: a list of artifacts. */
    /**
     * Parameters only: the type with that of its items and members, as Python writes it, such as
     * "List[int]", "List[Dict[str, float]]" or "typing.List[str]". It says what type the item of a
     * loop over it and the members of such an item have; NULL: they are strings (KFP: for_loop.py).
     */
    const char *type_text;
} kf_io_options;

/**
 * @brief An empty component.
 * @param name Any text with a letter or digit; sanitised to KFP's form (lower case, digits, "-").
 * @return KF_OK, KF_EINVAL, KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_component_new(const char *name, kf_component **out);
KF_API KF_MUST_CHECK kf_status kf_component_dup(const kf_component *component, kf_component **out);
KF_API void kf_component_free(kf_component *component);
KF_API const char *kf_component_name(const kf_component *component);
KF_API KF_MUST_CHECK kf_status kf_component_set_description(kf_component *component, const char *text);
/** NULL if it has none; borrowed. */
KF_API const char *kf_component_description(const kf_component *component);

/* Interface. KF_EEXIST if the name is taken, KF_EINVAL for a malformed name, KF_ETYPE for a default
 * or literal that is not of the type. */
KF_API KF_MUST_CHECK kf_status kf_component_add_input(
    kf_component *component, const char *name, kf_type type, const kf_io_options *options);
/** @param schema Schema title such as "system.Dataset" or "google.VertexModel". */
KF_API KF_MUST_CHECK kf_status kf_component_add_input_artifact(
    kf_component *component, const char *name, const char *schema, const kf_io_options *options);
KF_API KF_MUST_CHECK kf_status kf_component_add_output(
    kf_component *component, const char *name, kf_type type, const kf_io_options *options);
KF_API KF_MUST_CHECK kf_status kf_component_add_output_artifact(
    kf_component *component, const char *name, const char *schema, const kf_io_options *options);

/** One input or output, as it was declared. All borrowed from the component. */
typedef struct kf_io {
    const char *name;
    kf_type type;               /**< KF_TYPE_NONE: an artifact. */
    const char *schema_title;   /**< Artifacts; else NULL. */
    const char *schema_version; /**< Artifacts; else NULL. */
    bool is_list;
    bool optional;
    const kf_value *default_value; /**< NULL if there is none. */
    const kf_value *literals;      /**< NULL if there are none. */
    const char *description;       /**< NULL if there is none. */
    const char *type_text;         /**< As in @ref kf_io_options; NULL if it was not given. */
} kf_io;

KF_API size_t kf_component_input_count(const kf_component *component);
/** In the order of declaration; NULL past the end; borrowed. */
KF_API const kf_io *kf_component_input(const kf_component *component, size_t index);
KF_API size_t kf_component_output_count(const kf_component *component);
KF_API const kf_io *kf_component_output(const kf_component *component, size_t index);

/* What is executed: exactly one of the following per component; a second one replaces the first. */

/**
 * @brief A container's command. Text may hold KFP's placeholders
 * (`{{$.inputs.parameters['x']}}`, `{"IfPresent": {...}}`, `{"Concat": [...]}` and so on).
 * @param command, args Lists of strings; NULL for none.
 */
KF_API KF_MUST_CHECK kf_status kf_component_set_container(
    kf_component *component, const char *image, const kf_value *command, const kf_value *args);
/** Add an environment variable to the container. KF_ESTATE without a container. */
KF_API KF_MUST_CHECK kf_status kf_component_set_env(
    kf_component *component, const char *name, const char *value);

/**
 * @brief A command of this machine, given as NULL-terminated words; runs where the user allows
 * commands of containers to run here, and in @p image on a cluster.
 */
KF_API KF_MUST_CHECK kf_status kf_component_set_command(
    kf_component *component, const char *image, const char *const *words);

/** A C or C++ function that the host program registers by @p function when it starts a run. */
KF_API KF_MUST_CHECK kf_status kf_component_set_call(kf_component *component, const char *function);

/** How a lightweight Python component is launched. */
typedef enum kf_runtime {
    KF_RUNTIME_DEFAULT = 0,  /**< KF_RUNTIME_EMBEDDED. */
    KF_RUNTIME_EMBEDDED = 1, /**< The executor travels in the command; standard library only. */
    KF_RUNTIME_KFP = 2       /**< `pip install kfp`, then KFP's executor: as the KFP SDK writes it. */
} kf_runtime;

/** A lightweight Python component (KFP: dsl.component). Zero and NULL: the default. */
typedef struct kf_python_options {
    size_t size;
    const char *function;      /**< Name of the function in the source. Required. */
    const char *source;        /**< The function's source, with what must stand before it. Required. */
    const char *image;         /**< "python:3.11". */
    kf_runtime runtime;
    const char *kfp_version;   /**< KF_RUNTIME_KFP: the version to install; @ref kf_kfp_version. */
    const char *kfp_package_path; /**< KF_RUNTIME_KFP: what pip installs instead of kfp==version. */
    bool skip_kfp_install;     /**< KF_RUNTIME_KFP: KFP's install_kfp_package=False. */
    const kf_value *packages_to_install; /**< A list of requirements (PEP 508). */
    const kf_value *pip_index_urls;      /**< A list of urls. */
    const kf_value *pip_trusted_hosts;   /**< A list of hosts. */
    bool use_venv;
    bool notebook;                 /**< The component runs an embedded notebook. */
    const char *target_image;      /**< An image that holds the source (KFP: target_image). */
} kf_python_options;

KF_API KF_MUST_CHECK kf_status kf_component_set_python(
    kf_component *component, const kf_python_options *options);

/** The KFP release whose output @ref KF_RUNTIME_KFP writes, such as "2.17.0". */
KF_API const char *kf_kfp_version(void);

/** An importer (KFP: dsl.importer). */
typedef struct kf_importer_options {
    size_t size;
    const char *uri;         /**< A constant uri; NULL: the component's input `uri`. */
    const char *schema;      /**< Schema title; "system.Artifact". */
    const char *schema_version; /**< "0.0.1". */
    bool reimport;
    const kf_value *metadata; /**< A struct; strings may hold placeholders. */
    bool download_to_workspace;
} kf_importer_options;

KF_API KF_MUST_CHECK kf_status kf_component_set_importer(
    kf_component *component, const kf_importer_options *options);

/** A pipeline as a component (KFP: a graph component); the pipeline is copied. */
KF_API KF_MUST_CHECK kf_status kf_component_from_pipeline(
    const kf_pipeline *pipeline, kf_component **out);

/** Hand the named task setting to the component's TaskConfig input (KFP: TaskConfigPassthrough).
 * @param field Such as "RESOURCES" or "KUBERNETES_TOLERATIONS". KF_EINVAL names the valid ones. */
KF_API KF_MUST_CHECK kf_status kf_component_add_task_config_passthrough(
    kf_component *component, const char *field, bool apply_to_task);

/**
 * @brief Read a component: KFP IR YAML (of one component or of a pipeline) or v1 component YAML.
 * @return KF_OK, KF_EPARSE, KF_EDOCUMENT, KF_ELIMIT, KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_component_load(
    const char *text, size_t length, kf_component **out);

KF_END_DECLS

#endif
