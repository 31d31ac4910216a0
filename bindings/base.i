/* SPDX-License-Identifier: Apache-2.0 */
%ignore kf_error;
%ignore kf_last_error;
%ignore kf_clear_error;
%ignore kf_finding;
%ignore kf_report;
%ignore kf_report_free;
%ignore kf_report_count;
%ignore kf_report_errors;
%ignore kf_report_at;
%ignore kf_set_log_sink;
%ignore kf_text_free;

/* A report is the list of its findings. */
%typemap(in, numinputs=0) kf_report **out (kf_report *report = NULL) "$1 = &report;"
%typemap(argout) kf_report **out {
    Py_XDECREF($result);
    $result = kf__py_report_out(*$1);
    kf_report_free(*$1);
    if ($result == NULL)
        SWIG_fail;
}
%include <kf/base.h>
