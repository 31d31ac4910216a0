/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Components: a named interface of inputs and outputs, and what is executed
 * behind it.
 *
 * A component is built once and used by any number of tasks of any number of pipelines.
 * A task keeps what the component was when the task was added: changing or freeing the
 * component afterwards has no effect on it.
 *
 * A component that is being built is a handle of one thread at a time; pipelines that
 * use it may belong to other threads. Whatever is passed is copied; what an accessor
 * gives is borrowed until the component's next non-const call. A call that fails leaves
 * the component as it was, and each may fail with KF_ENOMEM and, for text that is not
 * UTF-8, with KF_EINVAL, for text beyond 16 MiB with KF_ELIMIT.
 */
#ifndef KF_COMPONENT_H
#define KF_COMPONENT_H

#include <kf/base.h>
#include <kf/value.h>

KF_BEGIN_DECLS

typedef struct kf_component kf_component;
typedef struct kf_pipeline kf_pipeline;

/** Types of parameters (KFP: ParameterType.ParameterTypeEnum of pipeline_spec.proto;
 * same numbers). */
typedef enum kf_type {
    KF_TYPE_NONE = 0,    /**< No parameter: an artifact. */
    KF_TYPE_DOUBLE = 1,  /**< A number; an integer will do. */
    KF_TYPE_INTEGER = 2, /**< A number without fraction. */
    KF_TYPE_STRING = 3,  /**< Text. */
    KF_TYPE_BOOLEAN = 4, /**< True or false. */
    KF_TYPE_LIST = 5,    /**< A list of any values. */
    KF_TYPE_STRUCT = 6,  /**< A struct of any values. */
    KF_TYPE_TASK_FINAL_STATUS =
        7, /**< How other tasks ended; filled when the task runs, never given. */
    KF_TYPE_TASK_CONFIG = 8 /**< The task's own settings; filled when the task runs. */
} kf_type;

/** The IR's name of a type, such as "NUMBER_INTEGER": a constant text; NULL for
 * KF_TYPE_NONE and a number that is none. Any thread. */
KF_API const char *kf_type_name(kf_type type);

/** Everything about an input or an output but its name. Zero and NULL: the default. */
typedef struct kf_io_options {
    size_t size;
    const char *description;
    /** Input parameters only: its value where none is given, of the input's type; it
     * makes the input optional. A null value only makes it optional. Kept as the
     * document writes it: numbers as doubles. */
    const kf_value *default_value;
    bool optional; /**< Inputs only: it may be left out even without a default. */
    /** Input parameters only: a list of the values allowed, at least one (IR:
     * literals). Numbers are kept as doubles. */
    const kf_value *literals;
    const char *schema_version; /**< Artifacts only; "0.0.1". */
    bool is_list;               /**< Artifacts only: a list of artifacts. */
    /**
     * Parameters only: the type with that of its items and members, as Python writes
     * it, such as "List[int]", "List[Dict[str, float]]" or "typing.List[str]". It says
     * what type the item of a loop over it and the members of such an item have; NULL:
     * they are strings (KFP: for_loop.py).
     */
    const char *type_text;
} kf_io_options;

/**
 * @brief An empty component, to be given an interface and something to execute.
 * @param name Any text with a letter or digit; sanitised to KFP's form: lower case,
 * what is neither a letter, a digit nor "-" replaced by "-", and no "-" in a row or at
 * the ends (KFP: maybe_rename_for_k8s of kfp/dsl/utils.py).
 * @param[out] out The component, to be ended with @ref kf_component_free.
 * @return KF_OK; KF_EINVAL for a name without letter and digit; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_component_new(const char *name, kf_component **out);
/**
 * @brief A second component that is as the first is now; cheap until one of them is
 * changed.
 * @param[out] out A component of its own, to be ended with @ref kf_component_free.
 * @return KF_OK, KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_component_dup(
    const kf_component *component, kf_component **out);
/** End a component; NULL is fine. Tasks made of it are not affected. */
KF_API void kf_component_free(kf_component *component);
/** The sanitised name; borrowed. */
KF_API const char *kf_component_name(const kf_component *component);
/** Say what the component does. @param text NULL takes the description back.
 * @return KF_OK; KF_EINVAL, KF_ELIMIT and KF_ENOMEM as said above. */
KF_API KF_MUST_CHECK kf_status kf_component_set_description(
    kf_component *component, const char *text);
/** NULL if it has none; borrowed. */
KF_API const char *kf_component_description(const kf_component *component);

/* ---- the interface ----
 *
 * A name is of letters, digits, "_", "-", ".", blanks within it and any characters
 * beyond ASCII, at most 1024 bytes (KF_ELIMIT). An input and an output may have the
 * same name. `options` may be NULL: the defaults. All four functions return KF_OK or
 *  - KF_EEXIST if the component has an input, respectively an output, of the name;
 *  - KF_EINVAL for a malformed name, for a type that is none, for a schema title or
 * version that KFP refuses (expected "system.Name" or "google.Name", and three parts
 * such as "0.0.1"; KFP: validate_bundled_artifact_type of kfp/dsl/types/type_utils.py),
 * for a default that is none of the literals, and for a default or literals of an
 * output;
 *  - KF_ETYPE for a default or a literal that is not of the type, or given for an
 * artifact;
 *  - KF_ESTATE for a component that is a pipeline, whose interface is the pipeline's.
 */

/** Add an input parameter. @param options NULL for the defaults. */
KF_API KF_MUST_CHECK kf_status kf_component_add_input(kf_component *component,
    const char *name, kf_type type, const kf_io_options *options);
/** Add an input that is an artifact.
 * @param schema Schema title such as "system.Dataset" or "google.VertexModel"; NULL:
 * "system.Artifact", which takes any. */
KF_API KF_MUST_CHECK kf_status kf_component_add_input_artifact(kf_component *component,
    const char *name, const char *schema, const kf_io_options *options);
/** Add an output parameter. */
KF_API KF_MUST_CHECK kf_status kf_component_add_output(kf_component *component,
    const char *name, kf_type type, const kf_io_options *options);
/** Add an output that is an artifact. */
KF_API KF_MUST_CHECK kf_status kf_component_add_output_artifact(kf_component *component,
    const char *name, const char *schema, const kf_io_options *options);

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
    const char *type_text; /**< As in @ref kf_io_options; NULL if it was not given. */
} kf_io;

/** How many inputs there are. */
KF_API size_t kf_component_input_count(const kf_component *component);
/** In the order of declaration; NULL past the end; borrowed. */
KF_API const kf_io *kf_component_input(const kf_component *component, size_t index);
/** How many outputs there are. */
KF_API size_t kf_component_output_count(const kf_component *component);
/** In the order of declaration; NULL past the end; borrowed. */
KF_API const kf_io *kf_component_output(const kf_component *component, size_t index);

/* ---- what is executed ----
 *
 * Exactly one of the following per component; a second one replaces the first,
 * environment variables included. A component without any can be a task of a pipeline
 * that is written, but not run. */

/**
 * @brief A container's command. Text may hold KFP's placeholders
 * (`{{$.inputs.parameters['x']}}`, `{"IfPresent": {...}}`, `{"Concat": [...]}` and so
 * on).
 * @param image What the command runs in on a cluster.
 * @param command, args Lists of strings; NULL or empty for none.
 * @return KF_OK; KF_ETYPE for anything but a list of strings; KF_EINVAL for an empty
 * image and for a NUL byte in a word; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_component_set_container(kf_component *component,
    const char *image, const kf_value *command, const kf_value *args);
/**
 * @brief Set an environment variable of the container, replacing one of the name.
 * @return KF_OK; KF_ESTATE if the component is no container; KF_EINVAL for a name that
 * is empty or holds
 * "="; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_component_set_env(
    kf_component *component, const char *name, const char *value);

/**
 * @brief A command of this machine, given as NULL-terminated words; runs where the user
 * allows commands of containers to run here, and in @p image on a cluster.
 * @return KF_OK; KF_EINVAL for no words and for an empty image; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_component_set_command(
    kf_component *component, const char *image, const char *const *words);

/**
 * @brief A C or C++ function that the host program registers by @p function when it
 * starts a run (see kf/ext/executor.h). It runs in the host program only: in a document
 * it is a container with the image "libkf/call".
 * @return KF_OK; KF_EINVAL for empty text; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_component_set_call(
    kf_component *component, const char *function);

/** How a lightweight Python component is launched. */
typedef enum kf_runtime {
    KF_RUNTIME_DEFAULT = 0, /**< KF_RUNTIME_EMBEDDED. */
    KF_RUNTIME_EMBEDDED =
        1, /**< The executor travels in the command; standard library only. */
    KF_RUNTIME_KFP =
        2 /**< `pip install kfp`, then KFP's executor: as the KFP SDK writes it. */
} kf_runtime;

/** A lightweight Python component (KFP: dsl.component). Zero and NULL: the default. */
typedef struct kf_python_options {
    size_t size;
    const char *function; /**< Name of the function in the source. Required. */
    /** The function's source, with all that must stand before it. Required, but with
     * `target_image`. */
    const char *source;
    const char *image; /**< "python:3.11". */
    kf_runtime runtime;
    const char *kfp_version;      /**< KF_RUNTIME_KFP: the version to install; @ref
                                     kf_kfp_version. */
    const char *kfp_package_path; /**< KF_RUNTIME_KFP: what pip installs instead of
                                     kfp==version. */
    bool skip_kfp_install; /**< KF_RUNTIME_KFP: KFP's install_kfp_package=False. */
    const kf_value *packages_to_install; /**< A list of requirements (PEP 508). */
    const kf_value *pip_index_urls; /**< A list of urls: the index, and further ones. */
    /** A list of hosts. NULL: the urls of the indexes, as KFP does; an empty list:
     * none. */
    const kf_value *pip_trusted_hosts;
    bool use_venv; /**< Install into a virtual environment of the task's own. */
    bool notebook; /**< The source runs a notebook: without `packages_to_install` what
                      that needs is. */
    const char *target_image; /**< An image that holds the source (KFP: target_image);
                                 needs kfp in it. */
} kf_python_options;

/**
 * @brief A function of Python, carried along as its source, with a command that
 * installs packages and executes it. With @ref KF_RUNTIME_KFP the command is byte for
 * byte the one that the KFP SDK of
 * @ref kf_kfp_version writes (KFP: component_factory.py).
 * @return KF_OK; KF_EMISSING without a function or a source; KF_EINVAL for a function's
 * name that is none of Python's; KF_ETYPE for packages, urls or hosts that are no lists
 * of strings; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_component_set_python(
    kf_component *component, const kf_python_options *options);

/** The KFP release whose output @ref KF_RUNTIME_KFP writes, such as "2.17.0": a constant
 * text. Any thread. */
KF_API const char *kf_kfp_version(void);

/** An importer (KFP: dsl.importer). */
typedef struct kf_importer_options {
    size_t size;
    const char *uri;    /**< A constant uri; NULL: the component's input `uri`. */
    const char *schema; /**< Schema title; "system.Artifact". */
    const char *schema_version; /**< "0.0.1". */
    bool reimport;              /**< Import it also if it was imported before. */
    const kf_value *metadata;   /**< A struct; strings may hold placeholders. */
    bool download_to_workspace; /**< Copy it into the run's workspace. */
} kf_importer_options;

/**
 * @brief Take an artifact that exists into the run. KFP's importers have the input
 * `uri`, a string, and the output `artifact`, of the same schema: declare them.
 * @param options NULL for the defaults.
 * @return KF_OK; KF_EINVAL for a schema that KFP refuses; KF_ETYPE for metadata that is
 * no struct; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_component_set_importer(
    kf_component *component, const kf_importer_options *options);

/**
 * @brief A pipeline as a component (KFP: a graph component); the pipeline is copied.
 * Name, description, inputs and outputs are the pipeline's.
 * @param[out] out The component, to be ended with @ref kf_component_free.
 * @return KF_OK; what writing the pipeline can return, such as KF_ECYCLE or
 * KF_EMISSING; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_component_from_pipeline(
    const kf_pipeline *pipeline, kf_component **out);

/**
 * @brief Hand a setting of the task to the component's input of type @ref
 * KF_TYPE_TASK_CONFIG (KFP: TaskConfigPassthrough), for components that start pods of
 * their own. A task of a component that passes settings on can have no others of these.
 * @param field "RESOURCES", "ENV", "KUBERNETES_AFFINITY", "KUBERNETES_TOLERATIONS",
 * "KUBERNETES_NODE_SELECTOR" or "KUBERNETES_VOLUMES".
 * @param apply_to_task Whether the task itself has the setting as well.
 * @return KF_OK; KF_EINVAL, naming the valid ones, for another field; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_component_add_task_config_passthrough(
    kf_component *component, const char *field, bool apply_to_task);

/**
 * @brief Read a component: KFP IR YAML (of one component or of a pipeline) or v1
 * component YAML.
 * @param text The document, @p length bytes of it; need not end in a NUL byte.
 * @param[out] out The component, to be ended with @ref kf_component_free.
 * @return KF_OK; KF_EPARSE for text that is no YAML, with line and column; KF_EDOCUMENT
 * for another document, with the place; KF_ELIMIT; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_component_load(
    const char *text, size_t length, kf_component **out);

KF_END_DECLS

#endif
