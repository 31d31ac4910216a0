/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Functions of the host program as components: what they see of their task.
 */
#ifndef KF_EXT_EXECUTOR_H
#define KF_EXT_EXECUTOR_H

#include <kf/value.h>

KF_BEGIN_DECLS

/** A task that is being executed, as its function sees it; valid until the function returns. */
typedef struct kf_call kf_call;

/** The function behind a component made with kf_component_set_call.
 * @return 0, or non-zero if the task failed (set a message with @ref kf_call_fail). Called on a
 * worker thread, several at a time. */
typedef int (*kf_call_function)(kf_call *call, void *payload);

/** The value of an input parameter, its default included; NULL if it was not given. Borrowed. */
KF_API const kf_value *kf_call_input(const kf_call *call, const char *name);
/** Path of an input artifact's file on this machine; NULL if there is none. Borrowed. */
KF_API const char *kf_call_input_path(const kf_call *call, const char *name);
/** The input artifact {name, uri, metadata, type}, or the list of them under "artifacts". */
KF_API const kf_value *kf_call_input_artifact(const kf_call *call, const char *name);
/** Set an output parameter; copied. KF_ENOENT if the component has none of that name, KF_ETYPE. */
KF_API KF_MUST_CHECK kf_status kf_call_set_output(
    kf_call *call, const char *name, const kf_value *value);
/** Path where the output artifact's file is to be written; its folder exists. Borrowed. */
KF_API const char *kf_call_output_path(kf_call *call, const char *name);
/** Set one entry of an output artifact's metadata (a metric, for system.Metrics). */
KF_API KF_MUST_CHECK kf_status kf_call_set_metadata(
    kf_call *call, const char *artifact, const char *key, const kf_value *value);
/** Append a line to the task's log. */
KF_API void kf_call_log(kf_call *call, const char *text);
/** Say why the task fails; the function then returns non-zero. */
KF_API void kf_call_fail(kf_call *call, const char *message);
/** True once the task is to stop: canceled, or past its time. Poll it in long loops. */
KF_API bool kf_call_canceled(const kf_call *call);

/** A function and the name by which components refer to it. */
typedef struct kf_function {
    const char *name;
    kf_call_function function;
    void *payload;
} kf_function;

KF_END_DECLS

#endif
