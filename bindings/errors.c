/* SPDX-License-Identifier: Apache-2.0 */
#include "native.h"

static PyObject *error_class(kf_status status)
{
    PyObject *module = PyImport_ImportModule("kf.errors");
    if (module == NULL)
        return NULL;
    PyObject *class =
        PyObject_CallMethod(module, "_class_of", "s", kf_status_name(status));
    Py_DECREF(module);
    return class;
}

PyObject *kf__py_raise(kf_status status)
{
    /* A failure that began in Python, such as in a callback, goes on as it is. */
    if (PyErr_Occurred() != NULL)
        return NULL;
    PyObject *class = error_class(status);
    if (class == NULL)
        return NULL;
    const kf_error *error = kf_last_error();
    PyObject *arguments = Py_BuildValue("(s)", error->message);
    PyObject *details =
        Py_BuildValue("{s:s,s:s,s:i,s:i}", "code", kf_status_name(status), "where",
            error->where, "line", error->line, "column", error->column);
    PyObject *exception = NULL;
    if (arguments != NULL && details != NULL)
        exception = PyObject_Call(class, arguments, details);
    if (exception != NULL)
        PyErr_SetObject(class, exception);
    Py_XDECREF(exception);
    Py_XDECREF(details);
    Py_XDECREF(arguments);
    Py_DECREF(class);
    return NULL;
}
