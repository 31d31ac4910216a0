/* SPDX-License-Identifier: Apache-2.0 */
/* Experiments that are executed, as Python sees them. */
#ifndef KF_BINDINGS_TUNES_H
#define KF_BINDINGS_TUNES_H

#include <kf/tune.h>

#include "native.h"

typedef struct kf_py_tune kf_py_tune;

/* Objectives as (name, direction), metrics as names, the rest of kf_experiment_options as
 * a dict; goal and max_failed may be None. Lists, which outlive the call. */
kf_experiment *kf__py_experiment_new(kf_space *space, PyObject *objectives,
    PyObject *metrics, PyObject *goal, PyObject *max_failed, PyObject *options);

/* As the functions of runs.h. `pipeline` may be NULL. */
kf_py_tune *kf__py_tune_start(kf_store *store, kf_experiment *experiment,
    kf_pipeline *pipeline, PyObject *options, PyObject *on_event);
kf_py_tune *kf__py_tune_resume(
    kf_store *store, const char *id, PyObject *options, PyObject *on_event);
PyObject *kf__py_tune_wait(kf_py_tune *tune, double seconds);
void kf__py_tune_cancel(kf_py_tune *tune);
const char *kf__py_tune_state(kf_py_tune *tune);
const char *kf__py_tune_id(kf_py_tune *tune);
void kf__py_tune_free(kf_py_tune *tune);

extern const kf_py_field kf__py_experiment_write_fields[];

#endif
