/* SPDX-License-Identifier: Apache-2.0 */
/* Runs as Python sees them: with a callable that is told of events, and waits that
 * can be interrupted. */
#ifndef KF_BINDINGS_RUNS_H
#define KF_BINDINGS_RUNS_H

#include "native.h"

typedef struct kf_py_run kf_py_run;

extern const kf_py_field kf__py_runs_fields[];

/* NULL and an exception on failure. `options` is a dict of the fields of
 * kf_run_options, or None; `on_event` is called with a dict per event, or is None.
 * The store and the pipeline may go first. */
kf_py_run *kf__py_run_start(
    kf_store *store, kf_pipeline *pipeline, PyObject *options, PyObject *on_event);
kf_py_run *kf__py_run_resume(
    kf_store *store, const char *run, PyObject *options, PyObject *on_event);
/* True once the run has ended, False if it goes on after `seconds` (negative: for
 * ever). Raises what on_event raised, or KeyboardInterrupt. How it ended is said by
 * kf__py_run_state. */
PyObject *kf__py_run_wait(kf_py_run *run, double seconds);
void kf__py_run_cancel(kf_py_run *run);
const char *kf__py_run_state(kf_py_run *run);
const char *kf__py_run_id(kf_py_run *run);
kf_status kf__py_run_describe(kf_py_run *run, kf_value **out);
void kf__py_run_free(kf_py_run *run);

#endif
