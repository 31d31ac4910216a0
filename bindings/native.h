/* SPDX-License-Identifier: Apache-2.0 */
/* What the generated wrappers of kf._native stand on: values, options and errors
 * across the border between C and Python. A function that fails leaves a Python
 * exception set. */
#ifndef KF_BINDINGS_NATIVE_H
#define KF_BINDINGS_NATIVE_H

#include <Python.h>
#include <kf/kubernetes.h>
#include <kf/run.h>

#include "base/text.h"
#include "base/value.h"
#include "pipeline/duration.h"
#include "pipeline/platform.h"
#include "pipeline/type.h"

/* Raise the class of kf.errors that stands for `status`, with the text of this
 * thread's kf_error. Returns NULL. */
PyObject *kf__py_raise(kf_status status);

/* A node of `tree` that says what `object` says: None, bool, int, float, str, list,
 * tuple, dict, and whatever names its content by `model_dump` (pydantic). NULL and
 * an exception for anything else, for NaN, for integers beyond 64 bits and for keys
 * that are not text. */
kf_value *kf__py_value_in(kf_tree *tree, PyObject *object);
/* The Python object that says what `value` says; None for NULL. */
PyObject *kf__py_value_out(const kf_value *value);

/* How a field of an options structure is filled from the member of a dict. */
typedef enum kf_py_kind {
    KF__PY_TEXT,
    KF__PY_BOOL,
    KF__PY_PORT, /* uint16_t */
    KF__PY_INT,
    KF__PY_INT64,
    KF__PY_SIZE, /* size_t */
    KF__PY_DOUBLE,
    KF__PY_VALUE
} kf_py_kind;

typedef struct kf_py_field {
    const char *name;
    kf_py_kind kind;
    size_t offset;
} kf_py_field;

#define KF__PY_FIELD(type, name, kind)                                                 \
    {                                                                                  \
#name, KF__PY_##kind, offsetof(type, name)                                     \
    }

/* Fill the zeroed structure `options` from a dict; None is kept at the default. Text
 * is borrowed from the dict, values live in `tree`. `fields` ends with an empty
 * name. -1 and an exception on failure. */
int kf__py_options_in(
    PyObject *dict, const kf_py_field *fields, void *options, kf_tree *tree);

extern const kf_py_field kf__py_io_fields[];
extern const kf_py_field kf__py_python_fields[];
extern const kf_py_field kf__py_importer_fields[];
extern const kf_py_field kf__py_pipeline_fields[];
extern const kf_py_field kf__py_retry_fields[];
extern const kf_py_field kf__py_loop_fields[];
extern const kf_py_field kf__py_write_fields[];
extern const kf_py_field kf__py_ephemeral_volume_fields[];
extern const kf_py_field kf__py_pvc_fields[];
extern const kf_py_field kf__py_toleration_fields[];
extern const kf_py_field kf__py_security_fields[];
extern const kf_py_field kf__py_init_container_fields[];

/* Records as dicts. */
PyObject *kf__py_io_out(const kf_io *io);
PyObject *kf__py_report_out(const kf_report *report);

/* Channels: Python's class of them is told once, when kf.dsl is imported; an
 * instance has its id within its pipeline under `_id`. */
PyObject *kf__py_set_channel_class(PyObject *class);
/* True if `object` is a channel. */
int kf__py_is_channel(PyObject *object);
/* The id of a channel, or of an int; -1 and an exception otherwise. */
kf_channel_id kf__py_channel_id(PyObject *object);
/* A list of ids from a sequence of channels, to be ended with PyMem_Free; NULL on
 * failure. */
kf_channel_id *kf__py_channel_ids(PyObject *sequence, size_t *count);

/* Fail as writing the pipeline would. */
kf_status kf__py_pipeline_validate(const kf_pipeline *pipeline);
/* The channel that stands for itself in `text`; -1 if none does. */
kf_channel_id kf__py_channel_of_text(const kf_pipeline *pipeline, const char *text);
/* Whether the component is a pipeline. */
bool kf__py_component_is_graph(const kf_component *component);

/* Add a task and give it all its arguments in one call: a dict of input names to
 * channels, lists of channels and constants. `owner` is the Python object of the
 * pipeline, which its channels name as theirs. Unchecked: do not compare types.
 * Returns the task's id. */
PyObject *kf__py_add_task(kf_pipeline *pipeline, PyObject *owner,
    kf_component *component, PyObject *arguments, bool unchecked);

#endif
