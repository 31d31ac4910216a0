/* SPDX-License-Identifier: Apache-2.0 */
#include "native.h"

PyObject *kf__py_io_out(const kf_io *io)
{
    if (io == NULL)
        Py_RETURN_NONE;
    return Py_BuildValue("{s:s,s:s,s:z,s:z,s:O,s:O,s:O,s:N,s:N,s:z,s:z}", "name",
        io->name, "type", io->type == KF_TYPE_NONE ? "" : kf_type_name(io->type),
        "schema_title", io->schema_title, "schema_version", io->schema_version,
        "is_list", io->is_list ? Py_True : Py_False, "optional",
        io->optional ? Py_True : Py_False, "has_default",
        io->default_value != NULL ? Py_True : Py_False, "default",
        kf__py_value_out(io->default_value), "literals", kf__py_value_out(io->literals),
        "description", io->description, "type_text", io->type_text);
}

static PyObject *finding_out(const kf_finding *finding)
{
    return Py_BuildValue("{s:s,s:s,s:s,s:s,s:i,s:i}", "severity",
        finding->severity == KF_SEVERITY_ERROR ? "error" : "warning", "code",
        kf_status_name(finding->code), "message", finding->message, "where",
        finding->where, "line", finding->line, "column", finding->column);
}

PyObject *kf__py_report_out(const kf_report *report)
{
    size_t count = kf_report_count(report);
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list != NULL && i < count; i++) {
        PyObject *finding = finding_out(kf_report_at(report, i));
        if (finding == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, finding);
    }
    return list;
}
