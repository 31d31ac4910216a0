/* SPDX-License-Identifier: Apache-2.0 */
/* A handle is an object of its own type that ends with its last reference. None is
 * no handle. */
%define KF_HANDLE(type, name)
%rename(name) type;
%nodefaultctor type;
%ignore type##_free;
struct type {};
%extend type {
    ~type()
    {
        type##_free($self);
    }
}
%typemap(check) type *, const type * {
    if ($1 == NULL) {
        PyErr_SetString(PyExc_TypeError, "$1_name must be a " #type ", not None");
        SWIG_fail;
    }
}
%typemap(in, numinputs=0) type **out (type *handle = NULL) "$1 = &handle;"
%typemap(argout) type **out {
    Py_XDECREF($result);
    $result = SWIG_NewPointerObj(*$1, $*1_descriptor, SWIG_POINTER_OWN);
}
%enddef
