/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of serving for Python: each is a dict, and so is what follows from it. NULL
 * and an exception on failure. */
#ifndef KF_BINDINGS_SERVICES_H
#define KF_BINDINGS_SERVICES_H

#include "native.h"

#include <kf/service.h>

/* All documents of a text, as they were read. */
PyObject *kf__py_services_read(const char *text, size_t length);
/* A list of documents as text. */
PyObject *kf__py_services_write(const kf_value *documents, bool json, bool defaults);
PyObject *kf__py_services_check(const char *text, size_t length);
PyObject *kf__py_service_check_update(const kf_value *before, const kf_value *after);

/* The document of options: the fields of the structures of service.h as dicts, with
 * components, canaries, nodes, steps and formats within them. */
PyObject *kf__py_service_new(PyObject *options);
PyObject *kf__py_service_new_graph(PyObject *options);
PyObject *kf__py_service_new_runtime(PyObject *options);

/* The document with its defaults, by the configuration among the others. */
PyObject *kf__py_service_full(const kf_value *document, const kf_value *documents);
/* {mode, stopped, predictor, transformer, explainer, canaries} with the fields of
 * kf_service_component; None for what there is not. */
PyObject *kf__py_service_describe(const kf_value *document, const kf_value *documents);
/* {kind, name, protocol, spec, container, failure, message, candidates} */
PyObject *kf__py_service_select(const kf_value *document, const kf_value *documents,
    size_t canary, bool without_shipped);

#endif
