/* SPDX-License-Identifier: Apache-2.0 */
KF_HANDLE(kf_experiment, Experiment)
KF_OPTIONS_DICT(kf_experiment_write_options, kf__py_experiment_write_fields)
%ignore kf_experiment_options;
%ignore kf_experiment_metric;
%ignore kf_experiment_metric_at;
%ignore kf_experiment_new;
%rename(experiment_new) kf__py_experiment_new;
%thread kf_experiment_open;
%include <kf/experiment.h>

%typemap(out) kf_experiment * {
    if ($1 == NULL)
        SWIG_fail;
    $result = SWIG_NewPointerObj($1, $1_descriptor, SWIG_POINTER_OWN);
}
kf_experiment *kf__py_experiment_new(kf_space *space, PyObject *objectives,
    PyObject *metrics, PyObject *goal, PyObject *max_failed, PyObject *options);

/* Experiments that are executed come through tunes.c. */
%rename("$ignore", regexmatch$name="^kf_tune") "";
%include <kf/tune.h>

%rename(Tune) kf_py_tune;
%nodefaultctor kf_py_tune;
struct kf_py_tune {};
%extend kf_py_tune {
    ~kf_py_tune()
    {
        kf__py_tune_free($self);
    }
}
%typemap(out) kf_py_tune * {
    if ($1 == NULL)
        SWIG_fail;
    $result = SWIG_NewPointerObj($1, $1_descriptor, SWIG_POINTER_OWN);
}
/* None: trials are the commands of the experiment's template. */
%typemap(check) kf_pipeline *OPTIONAL ""
%rename(tune_start) kf__py_tune_start;
%rename(tune_resume) kf__py_tune_resume;
%rename(tune_wait) kf__py_tune_wait;
%rename(tune_cancel) kf__py_tune_cancel;
%rename(tune_state) kf__py_tune_state;
%rename(tune_id) kf__py_tune_id;
kf_py_tune *kf__py_tune_start(kf_store *store, kf_experiment *experiment,
    kf_pipeline *OPTIONAL, PyObject *options, PyObject *on_event);
kf_py_tune *kf__py_tune_resume(
    kf_store *store, const char *id, PyObject *options, PyObject *on_event);
PyObject *kf__py_tune_wait(kf_py_tune *tune, double seconds);
void kf__py_tune_cancel(kf_py_tune *tune);
const char *kf__py_tune_state(kf_py_tune *tune);
const char *kf__py_tune_id(kf_py_tune *tune);
