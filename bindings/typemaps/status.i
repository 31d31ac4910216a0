/* SPDX-License-Identifier: Apache-2.0 */
/* A status that is not KF_OK raises; out parameters then take the place of the
 * result. */
%typemap(out) kf_status {
    if ($1 != KF_OK) {
        kf__py_raise($1);
        SWIG_fail;
    }
    $result = SWIG_Py_Void();
}

/* Out parameters that are ids. */
%typemap(in, numinputs=0) int32_t *out (int32_t id = -1) "$1 = &id;"
%typemap(argout) int32_t *out {
    Py_XDECREF($result);
    $result = PyLong_FromLong(*$1);
}
%apply int32_t *out { kf_task_id *out, kf_group_id *out, kf_channel_id *out, kf_condition_id *out };

%typemap(in, numinputs=0) int64_t *out (int64_t number = 0) "$1 = &number;"
%typemap(argout) int64_t *out {
    Py_XDECREF($result);
    $result = PyLong_FromLongLong(*$1);
}

/* Text given to the caller. */
%typemap(newfree) char * "kf_text_free($1);"
%typemap(in, numinputs=0) char **out (char *text = NULL) "$1 = &text;"
%typemap(argout) char **out {
    Py_XDECREF($result);
    $result = PyUnicode_FromString(*$1);
    kf_text_free(*$1);
    if ($result == NULL)
        SWIG_fail;
}

/* Text of a document: str or bytes, NUL characters included. */
%typemap(in) (const char *text, size_t length) {
    Py_ssize_t size = 0;
    if (PyBytes_Check($input)) {
        $1 = PyBytes_AS_STRING($input);
        size = PyBytes_GET_SIZE($input);
    } else {
        $1 = (char *)PyUnicode_AsUTF8AndSize($input, &size);
        if ($1 == NULL)
            SWIG_fail;
    }
    $2 = (size_t)size;
}

/* Text must not hold NUL characters: what follows one would be lost in silence. */
%typemap(in) const char * {
    if ($input == Py_None) {
        $1 = NULL;
    } else {
        Py_ssize_t length;
        $1 = (char *)PyUnicode_AsUTF8AndSize($input, &length);
        if ($1 == NULL)
            SWIG_fail;
        if (strlen($1) != (size_t)length) {
            PyErr_SetString(PyExc_ValueError, "$1_name holds a NUL character");
            SWIG_fail;
        }
    }
}
%typemap(freearg) const char * ""
