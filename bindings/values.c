/* SPDX-License-Identifier: Apache-2.0 */
#include "native.h"

#include "base/error.h"

static kf_value *fail(kf_tree *tree)
{
    kf_status status = kf__tree_status(tree);
    if (status != KF_OK)
        kf__py_raise(status);
    return NULL;
}

static kf_value *made(kf_tree *tree, kf_value *value)
{
    return value != NULL ? value : fail(tree);
}

static kf_value *integer_in(kf_tree *tree, PyObject *object)
{
    int overflow;
    long long integer = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow != 0) {
        PyErr_Format(PyExc_OverflowError,
            "%R does not fit into 64 bits; pass such a number as text", object);
        return NULL;
    }
    if (integer == -1 && PyErr_Occurred() != NULL)
        return NULL;
    return made(tree, kf__tree_int(tree, integer));
}

static kf_value *double_in(kf_tree *tree, PyObject *object)
{
    double number = PyFloat_AS_DOUBLE(object);
    if (number - number != 0.0) {
        PyErr_Format(PyExc_ValueError, "%R is not a number that JSON can hold", object);
        return NULL;
    }
    return made(tree, kf__tree_double(tree, number));
}

static kf_value *text_in(kf_tree *tree, PyObject *object)
{
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(object, &length);
    if (text == NULL)
        return NULL;
    return made(tree, kf__tree_string_n(tree, text, (size_t)length));
}

static kf_value *sequence_in(kf_tree *tree, PyObject *sequence)
{
    kf_value *list = kf__tree_list(tree);
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(sequence); i++) {
        kf_value *item = kf__py_value_in(tree, PySequence_Fast_GET_ITEM(sequence, i));
        if (item == NULL)
            return NULL;
        kf__push(tree, list, item);
    }
    return made(tree, list);
}

static kf_value *dict_in(kf_tree *tree, PyObject *dict)
{
    kf_value *object = kf__tree_struct(tree);
    PyObject *key, *member;
    Py_ssize_t position = 0;
    while (PyDict_Next(dict, &position, &key, &member)) {
        if (!PyUnicode_Check(key)) {
            PyErr_Format(PyExc_TypeError,
                "keys of a dict must be text, got %R of type %s", key,
                Py_TYPE(key)->tp_name);
            return NULL;
        }
        Py_ssize_t length;
        const char *name = PyUnicode_AsUTF8AndSize(key, &length);
        if (name == NULL)
            return NULL;
        if (strlen(name) != (size_t)length) {
            PyErr_Format(PyExc_ValueError, "the key %R holds a NUL character", key);
            return NULL;
        }
        kf_value *value = kf__py_value_in(tree, member);
        if (value == NULL)
            return NULL;
        kf__put(tree, object, name, value);
    }
    return made(tree, object);
}

/* The exception is a TypeError and a ValueError, as KFP raises either. */
static void refuse(PyObject *object)
{
    PyObject *shown = PyObject_Repr(object);
    const char *text = shown != NULL ? PyUnicode_AsUTF8(shown) : NULL;
    const char *advice = PyObject_HasAttrString(object, "outputs")
                             ? ": hand over one of its outputs, such as .output"
                             : "";
    if (text != NULL)
        kf__py_raise(kf__fail(KF_ETYPE, NULL,
            "a value must be str, int, float, bool, None, list, tuple or dict, got %s "
            "of type %s%s",
            text, Py_TYPE(object)->tp_name, advice));
    Py_XDECREF(shown);
}

/* An object that says itself what it stands for: a channel by its text, a pydantic
 * model by its members, and what behaves as an integer. */
static kf_value *other_in(kf_tree *tree, PyObject *object)
{
    PyObject *content = NULL;
    if (kf__py_is_channel(object)) {
        content = PyObject_Str(object);
    } else if (PyIndex_Check(object)) {
        content = PyNumber_Index(object);
    } else if (PyObject_HasAttrString(object, "model_dump")) {
        PyObject *method = PyObject_GetAttrString(object, "model_dump");
        PyObject *arguments = PyTuple_New(0);
        PyObject *keywords = Py_BuildValue("{s:s}", "mode", "json");
        if (method != NULL && arguments != NULL && keywords != NULL)
            content = PyObject_Call(method, arguments, keywords);
        Py_XDECREF(keywords);
        Py_XDECREF(arguments);
        Py_XDECREF(method);
    } else {
        refuse(object);
    }
    if (content == NULL)
        return NULL;
    kf_value *value = kf__py_value_in(tree, content);
    Py_DECREF(content);
    return value;
}

kf_value *kf__py_value_in(kf_tree *tree, PyObject *object)
{
    if (PyUnicode_Check(object))
        return text_in(tree, object);
    if (object == Py_None)
        return made(tree, kf__tree_null(tree));
    if (PyBool_Check(object))
        return made(tree, kf__tree_bool(tree, object == Py_True));
    if (PyLong_Check(object))
        return integer_in(tree, object);
    if (PyFloat_Check(object))
        return double_in(tree, object);
    if (Py_EnterRecursiveCall(" in a value"))
        return NULL;
    kf_value *value;
    if (PyDict_Check(object))
        value = dict_in(tree, object);
    else if (PyList_Check(object) || PyTuple_Check(object))
        value = sequence_in(tree, object);
    else
        value = other_in(tree, object);
    Py_LeaveRecursiveCall();
    return value;
}

static PyObject *list_out(const kf_value *value)
{
    size_t length = kf_value_length(value);
    PyObject *list = PyList_New((Py_ssize_t)length);
    for (size_t i = 0; list != NULL && i < length; i++) {
        PyObject *item = kf__py_value_out(kf_value_at(value, i));
        if (item == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, item);
    }
    return list;
}

static PyObject *struct_out(const kf_value *value)
{
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict != NULL && i < kf_value_length(value); i++) {
        PyObject *member = kf__py_value_out(kf_value_at(value, i));
        if (member == NULL ||
            PyDict_SetItemString(dict, kf_value_key(value, i), member) < 0)
            Py_CLEAR(dict);
        Py_XDECREF(member);
    }
    return dict;
}

static PyObject *nested_out(const kf_value *value)
{
    if (Py_EnterRecursiveCall(" in a value"))
        return NULL;
    PyObject *object =
        kf_value_kind(value) == KF_KIND_LIST ? list_out(value) : struct_out(value);
    Py_LeaveRecursiveCall();
    return object;
}

PyObject *kf__py_value_out(const kf_value *value)
{
    if (value == NULL)
        Py_RETURN_NONE;
    switch (kf_value_kind(value)) {
    case KF_KIND_NULL:
        Py_RETURN_NONE;
    case KF_KIND_BOOL:
        return PyBool_FromLong(kf_value_bool(value));
    case KF_KIND_INT:
        return PyLong_FromLongLong(kf_value_int(value));
    case KF_KIND_DOUBLE:
        return PyFloat_FromDouble(kf_value_double(value));
    case KF_KIND_STRING:
        return PyUnicode_DecodeUTF8(
            kf_value_string(value), (Py_ssize_t)kf_value_length(value), NULL);
    case KF_KIND_LIST:
    case KF_KIND_STRUCT:
        break;
    }
    return nested_out(value);
}
