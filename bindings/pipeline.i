/* SPDX-License-Identifier: Apache-2.0 */
%ignore kf_operand;
KF_HANDLE(kf_pipeline, Pipeline)
KF_OPTIONS_DICT(kf_pipeline_options, kf__py_pipeline_fields)
KF_OPTIONS_DICT(kf_retry, kf__py_retry_fields)
KF_OPTIONS_DICT(kf_loop_options, kf__py_loop_fields)
KF_OPTIONS_DICT(kf_write_options, kf__py_write_fields)

/* These wait for the disk. */
%thread kf_pipeline_open;
%thread kf_pipeline_save;
%include <kf/pipeline.h>

/* What Python's authoring adds to the C API: one call for a task with all its
 * arguments. */
%typemap(in) (kf_pipeline *pipeline, PyObject *owner) {
    void *pointer = NULL;
    if (!SWIG_IsOK(SWIG_ConvertPtr($input, &pointer, $1_descriptor, 0)) || pointer == NULL) {
        PyErr_SetString(PyExc_TypeError, "pipeline must be a kf_pipeline");
        SWIG_fail;
    }
    $1 = pointer;
    $2 = $input;
}
%rename(set_channel_class) kf__py_set_channel_class;
%rename(add_task) kf__py_add_task;
%rename(pipeline_validate) kf__py_pipeline_validate;
%rename(replace_platform_config) kf__pipeline_replace_platform_config;
%rename(channel_of_text) kf__py_channel_of_text;
%rename(component_is_graph) kf__py_component_is_graph;
PyObject *kf__py_set_channel_class(PyObject *object);
PyObject *kf__py_add_task(kf_pipeline *pipeline, PyObject *owner, kf_component *component,
    PyObject *arguments, bool unchecked);
kf_status kf__py_pipeline_validate(const kf_pipeline *pipeline);
kf_status kf__pipeline_replace_platform_config(kf_pipeline *pipeline, kf_task_id task,
    const char *platform, const kf_value *config);
kf_channel_id kf__py_channel_of_text(const kf_pipeline *pipeline, const char *text);
bool kf__py_component_is_graph(const kf_component *component);
