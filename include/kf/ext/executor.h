/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Functions of the host program as components: what they see of their task.
 */
#ifndef KF_EXT_EXECUTOR_H
#define KF_EXT_EXECUTOR_H

#include <kf/value.h>

KF_BEGIN_DECLS

/** A task that is being executed, as its function sees it; valid until the function
 * returns, and for the thread that it was called on. */
typedef struct kf_call kf_call;

/**
 * @brief The function behind a component made with kf_component_set_call.
 *
 * Called on a worker thread, several at a time. The outcome may be taken from the cache
 * the next time, as long as inputs and the program or library that holds the function
 * stay the same.
 * @return 0, or non-zero if the task failed (say why with @ref kf_call_fail).
 */
typedef int (*kf_call_function)(kf_call *call, void *payload);

/** The value of an input parameter, its default included, of the type that the
 * component declares; NULL if it was not given. Borrowed. */
KF_API const kf_value *kf_call_input(const kf_call *call, const char *name);
/** Path of an input artifact's file on this machine, of the first one in a list; NULL
 * if there is none, or if it is elsewhere. Borrowed. */
KF_API const char *kf_call_input_path(const kf_call *call, const char *name);
/** The input artifact {name, type, uri, metadata}; of an input that takes a list,
 * {artifacts: [...]}. NULL if it was not given. Borrowed. */
KF_API const kf_value *kf_call_input_artifact(const kf_call *call, const char *name);
/**
 * @brief Set an output parameter; copied.
 * @return KF_OK; KF_ENOENT if the component has none of that name; KF_ETYPE if it is of
 * another type; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_call_set_output(
    kf_call *call, const char *name, const kf_value *value);
/** Path where the output artifact's file, or folder, is to be written; the folder it is
 * in exists. NULL if the component has none of that name, or the folder cannot be made
 * (@ref kf_last_error says). Borrowed. */
KF_API const char *kf_call_output_path(kf_call *call, const char *name);
/**
 * @brief Set one entry of an output artifact's metadata (a metric, for system.Metrics);
 * copied.
 * @return KF_OK; KF_ENOENT if the component has no such output; KF_EINVAL if @p key is not
 * UTF-8; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_call_set_metadata(
    kf_call *call, const char *artifact, const char *key, const kf_value *value);
/** Append a line to the task's log. Bytes that are not UTF-8 become "?". */
KF_API void kf_call_log(kf_call *call, const char *text);
/** Say why the task fails; the function then returns non-zero. The last one counts.
 * Bytes that are not UTF-8 become "?". */
KF_API void kf_call_fail(kf_call *call, const char *message);
/** True once the task is to stop: canceled, or past its time. A function cannot be
 * ended from outside: poll this in long loops, and return non-zero. */
KF_API bool kf_call_canceled(const kf_call *call);

/** A function and the name by which components refer to it. */
typedef struct kf_function {
    const char *name;
    kf_call_function function;
    void *payload; /**< Handed to each call. */
} kf_function;

KF_END_DECLS

#endif
