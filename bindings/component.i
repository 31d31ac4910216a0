/* SPDX-License-Identifier: Apache-2.0 */
%ignore kf_io;
KF_HANDLE(kf_component, Component)
KF_OPTIONS_DICT(kf_io_options, kf__py_io_fields)
KF_OPTIONS_DICT(kf_python_options, kf__py_python_fields)
KF_OPTIONS_DICT(kf_importer_options, kf__py_importer_fields)

%typemap(out) const kf_io * "$result = kf__py_io_out($1);"
/* Commands are lists of text: kf_component_set_container. */
%ignore kf_component_set_command;
%include <kf/component.h>

/* Rules of KFP's that authoring asks for before there is a component. */
kf_type kf__type_of_spec_name(const char *name);
kf_status kf__duration_seconds(const char *text, int64_t *out);
%newobject kf__sanitize_name;
char *kf__sanitize_name(const char *name);
