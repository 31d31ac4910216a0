/* SPDX-License-Identifier: Apache-2.0 */
/* Values cross the border as the Python objects they stand for. */
%typemap(in) const kf_value * (kf_tree tree = {0}) {
    $1 = kf__py_value_in(&tree, $input);
    if ($1 == NULL)
        SWIG_fail;
}
%typemap(freearg) const kf_value * "kf__tree_finish(&tree$argnum);"
%typemap(out) const kf_value * "$result = kf__py_value_out($1);"

/* Where no value is allowed, None is none. */
%typemap(in) const kf_value *OPTIONAL (kf_tree tree = {0}) {
    $1 = NULL;
    if ($input != Py_None && ($1 = kf__py_value_in(&tree, $input)) == NULL)
        SWIG_fail;
}
%typemap(freearg) const kf_value *OPTIONAL "kf__tree_finish(&tree$argnum);"
%apply const kf_value *OPTIONAL { const kf_value *command, const kf_value *args };

%typemap(in, numinputs=0) kf_value **out (kf_value *value = NULL) "$1 = &value;"
%typemap(argout) kf_value **out {
    Py_XDECREF($result);
    $result = kf__py_value_out(*$1);
    kf_value_free(*$1);
    if ($result == NULL)
        SWIG_fail;
}

/* A channel or a constant. */
%typemap(in) kf_operand (kf_tree tree = {0}) {
    $1.channel = -1;
    $1.value = NULL;
    if (kf__py_is_channel($input)) {
        $1.channel = kf__py_channel_id($input);
        if (PyErr_Occurred() != NULL)
            SWIG_fail;
    } else if (($1.value = kf__py_value_in(&tree, $input)) == NULL) {
        SWIG_fail;
    }
}
%typemap(freearg) kf_operand "kf__tree_finish(&tree$argnum);"
%typemap(typecheck) kf_operand "$1 = 1;"

%typemap(in) kf_channel_id {
    $1 = kf__py_channel_id($input);
    if (PyErr_Occurred() != NULL)
        SWIG_fail;
}
%typemap(in) (const kf_channel_id *channels, size_t count) {
    $1 = kf__py_channel_ids($input, &$2);
    if ($1 == NULL)
        SWIG_fail;
}
%typemap(freearg) (const kf_channel_id *channels, size_t count) "PyMem_Free($1);"
