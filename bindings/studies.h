/* SPDX-License-Identifier: Apache-2.0 */
/* Studies for Python: trials as dicts, values as sequences. */
#ifndef KF_BINDINGS_STUDIES_H
#define KF_BINDINGS_STUDIES_H

#include "native.h"

#include <kf/search.h>

/* Objectives of a list of (name, direction). */
typedef struct kf_py_objectives {
    const char **names; /* Borrowed from the list. */
    kf_direction *directions;
    size_t count;
} kf_py_objectives;

/* -1 and an exception on failure; to be ended in any case. */
int kf__py_objectives_in(PyObject *sequence, kf_py_objectives *out);
void kf__py_objectives_finish(kf_py_objectives *list);

/* Options: the fields of kf_study_options as a dict; `objectives` a list of (name,
 * direction). NULL and an exception on failure. */
kf_study *kf__py_study_new(kf_space *space, kf_store *store, PyObject *options);
/* {number, state, params, values, attributes, observations, order, foreign, message};
 * None if there is none. */
PyObject *kf__py_study_trial(kf_study *study, int64_t number);
PyObject *kf__py_study_best(kf_study *study);
/* Whether to stop. */
PyObject *kf__py_study_report(
    kf_study *study, int64_t number, int64_t step, double value);
PyObject *kf__py_study_tell_values(kf_study *study, int64_t number, PyObject *values);
/* The number of the new trial. `values` is a sequence or None. */
PyObject *kf__py_study_add(
    kf_study *study, PyObject *params, kf_trial_state state, PyObject *values);
PyObject *kf__py_study_hypervolume(kf_study *study, PyObject *reference);

#endif
