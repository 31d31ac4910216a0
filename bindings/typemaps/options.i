/* SPDX-License-Identifier: Apache-2.0 */
/* An options structure is a dict of its fields; None, or a field that is None or
 * left out: the default. */
%define KF_OPTIONS_DICT(type, fields)
%ignore type;
%typemap(in) const type * (type options = {0}, kf_tree tree = {0}) {
    $1 = NULL;
    if ($input != Py_None) {
        options.size = sizeof options;
        if (kf__py_options_in($input, fields, &options, &tree) < 0)
            SWIG_fail;
        $1 = &options;
    }
}
%typemap(freearg) const type * "kf__tree_finish(&tree$argnum);"
%enddef
