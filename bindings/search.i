/* SPDX-License-Identifier: Apache-2.0 */
KF_HANDLE(kf_space, Space)
KF_HANDLE(kf_study, Study)

/* Samplers are written in C: of their header only the states of trials are wanted. */
%rename("$ignore", regexmatch$name="^kf_ask") "";
%ignore kf_axis;
%ignore kf_axis_kind;
%ignore kf_setting;
%ignore kf_sampler;
%ignore kf_space_axis;
/* Studies and trials come through studies.c. */
%ignore kf_study_options;
%ignore kf_study_new;
%ignore kf_trial;
%ignore kf_observation;
%ignore kf_study_trial;
%ignore kf_study_best;
%ignore kf_study_report;
%ignore kf_study_tell_values;
%ignore kf_study_add;
%ignore kf_study_hypervolume;

%typemap(in, numinputs=0) int64_t *number (int64_t id = -1) "$1 = &id;"
%typemap(argout) int64_t *number {
    Py_XDECREF($result);
    $result = PyLong_FromLongLong(*$1);
}
/* Asking may take a while. */
%thread kf_study_ask;
%include <kf/ext/sampler.h>
%include <kf/search.h>

%rename(study_new) kf__py_study_new;
%rename(study_trial) kf__py_study_trial;
%rename(study_best) kf__py_study_best;
%rename(study_report) kf__py_study_report;
%rename(study_tell_values) kf__py_study_tell_values;
%rename(study_add) kf__py_study_add;
%rename(study_hypervolume) kf__py_study_hypervolume;
%typemap(out) kf_study * {
    if ($1 == NULL)
        SWIG_fail;
    $result = SWIG_NewPointerObj($1, $1_descriptor, SWIG_POINTER_OWN);
}
/* None is no store: the study is in memory. */
%typemap(check) kf_store *OPTIONAL ""
kf_study *kf__py_study_new(kf_space *space, kf_store *OPTIONAL, PyObject *options);
PyObject *kf__py_study_trial(kf_study *study, int64_t number);
PyObject *kf__py_study_best(kf_study *study);
PyObject *kf__py_study_report(
    kf_study *study, int64_t number, int64_t step, double value);
PyObject *kf__py_study_tell_values(kf_study *study, int64_t number, PyObject *values);
PyObject *kf__py_study_add(
    kf_study *study, PyObject *params, kf_trial_state state, PyObject *values);
PyObject *kf__py_study_hypervolume(kf_study *study, PyObject *reference);
