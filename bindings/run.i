/* SPDX-License-Identifier: Apache-2.0 */
KF_HANDLE(kf_store, Store)
KF_OPTIONS_DICT(kf_runs_options, kf__py_runs_fields)

/* Runs come through runs.c, which keeps the callback for as long as the run goes on. */
%ignore kf_run;
%ignore kf_run_options;
%ignore kf_event;
%ignore kf_event_callback;
%ignore kf_run_start;
%ignore kf_run_resume;
%ignore kf_run_wait;
%ignore kf_run_cancel;
%ignore kf_run_state;
%ignore kf_run_id;
%ignore kf_run_output;
%ignore kf_run_describe;
%ignore kf_run_free;
%ignore kf_state_is_final;

/* These wait for the disk. */
%thread kf_store_open;
%thread kf_store_cache_clear;
%include <kf/run.h>

%rename(Run) kf_py_run;
%nodefaultctor kf_py_run;
struct kf_py_run {};
%extend kf_py_run {
    ~kf_py_run()
    {
        kf__py_run_free($self);
    }
}
%typemap(out) kf_py_run * {
    if ($1 == NULL)
        SWIG_fail;
    $result = SWIG_NewPointerObj($1, $1_descriptor, SWIG_POINTER_OWN);
}
%rename(run_start) kf__py_run_start;
%rename(run_resume) kf__py_run_resume;
%rename(run_wait) kf__py_run_wait;
%rename(run_cancel) kf__py_run_cancel;
%rename(run_state) kf__py_run_state;
%rename(run_id) kf__py_run_id;
%rename(run_describe) kf__py_run_describe;
kf_py_run *kf__py_run_start(
    kf_store *store, kf_pipeline *pipeline, PyObject *options, PyObject *on_event);
kf_py_run *kf__py_run_resume(
    kf_store *store, const char *run, PyObject *options, PyObject *on_event);
PyObject *kf__py_run_wait(kf_py_run *run, double seconds);
void kf__py_run_cancel(kf_py_run *run);
const char *kf__py_run_state(kf_py_run *run);
const char *kf__py_run_id(kf_py_run *run);
kf_status kf__py_run_describe(kf_py_run *run, kf_value **out);
