/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of serving are dicts: they come through services.c. */
%rename(services_read) kf__py_services_read;
%rename(services_write) kf__py_services_write;
%rename(services_check) kf__py_services_check;
%rename(service_check_update) kf__py_service_check_update;
%rename(service_new) kf__py_service_new;
%rename(service_new_graph) kf__py_service_new_graph;
%rename(service_new_runtime) kf__py_service_new_runtime;
%rename(service_full) kf__py_service_full;
%rename(service_describe) kf__py_service_describe;
%rename(service_select) kf__py_service_select;
PyObject *kf__py_services_read(const char *text, size_t length);
PyObject *kf__py_services_write(const kf_value *documents, bool json, bool defaults);
PyObject *kf__py_services_check(const char *text, size_t length);
PyObject *kf__py_service_check_update(const kf_value *before, const kf_value *after);
PyObject *kf__py_service_new(PyObject *options);
PyObject *kf__py_service_new_graph(PyObject *options);
PyObject *kf__py_service_new_runtime(PyObject *options);
PyObject *kf__py_service_full(const kf_value *document, const kf_value *documents);
PyObject *kf__py_service_describe(const kf_value *document, const kf_value *documents);
PyObject *kf__py_service_select(const kf_value *document, const kf_value *documents,
    size_t canary, bool without_shipped);
