/* SPDX-License-Identifier: Apache-2.0 */
#include "native.h"

#include <limits.h>

/* Keep in the order of the headers. */
const kf_py_field kf__py_io_fields[] = {
    KF__PY_FIELD(kf_io_options, description, TEXT),
    KF__PY_FIELD(kf_io_options, default_value, VALUE),
    KF__PY_FIELD(kf_io_options, optional, BOOL),
    KF__PY_FIELD(kf_io_options, literals, VALUE),
    KF__PY_FIELD(kf_io_options, schema_version, TEXT),
    KF__PY_FIELD(kf_io_options, is_list, BOOL),
    KF__PY_FIELD(kf_io_options, type_text, TEXT),
    {0},
};

const kf_py_field kf__py_python_fields[] = {
    KF__PY_FIELD(kf_python_options, function, TEXT),
    KF__PY_FIELD(kf_python_options, source, TEXT),
    KF__PY_FIELD(kf_python_options, image, TEXT),
    KF__PY_FIELD(kf_python_options, runtime, INT),
    KF__PY_FIELD(kf_python_options, kfp_version, TEXT),
    KF__PY_FIELD(kf_python_options, kfp_package_path, TEXT),
    KF__PY_FIELD(kf_python_options, skip_kfp_install, BOOL),
    KF__PY_FIELD(kf_python_options, packages_to_install, VALUE),
    KF__PY_FIELD(kf_python_options, pip_index_urls, VALUE),
    KF__PY_FIELD(kf_python_options, pip_trusted_hosts, VALUE),
    KF__PY_FIELD(kf_python_options, use_venv, BOOL),
    KF__PY_FIELD(kf_python_options, notebook, BOOL),
    KF__PY_FIELD(kf_python_options, target_image, TEXT),
    {0},
};

const kf_py_field kf__py_importer_fields[] = {
    KF__PY_FIELD(kf_importer_options, uri, TEXT),
    KF__PY_FIELD(kf_importer_options, schema, TEXT),
    KF__PY_FIELD(kf_importer_options, schema_version, TEXT),
    KF__PY_FIELD(kf_importer_options, reimport, BOOL),
    KF__PY_FIELD(kf_importer_options, metadata, VALUE),
    KF__PY_FIELD(kf_importer_options, download_to_workspace, BOOL),
    {0},
};

const kf_py_field kf__py_pipeline_fields[] = {
    KF__PY_FIELD(kf_pipeline_options, description, TEXT),
    KF__PY_FIELD(kf_pipeline_options, display_name, TEXT),
    KF__PY_FIELD(kf_pipeline_options, pipeline_root, TEXT),
    {0},
};

const kf_py_field kf__py_retry_fields[] = {
    KF__PY_FIELD(kf_retry, max_retries, INT),
    KF__PY_FIELD(kf_retry, backoff_seconds, DOUBLE),
    KF__PY_FIELD(kf_retry, backoff_factor, DOUBLE),
    KF__PY_FIELD(kf_retry, backoff_max_seconds, DOUBLE),
    {0},
};

const kf_py_field kf__py_loop_fields[] = {
    KF__PY_FIELD(kf_loop_options, name, TEXT),
    KF__PY_FIELD(kf_loop_options, parallelism, INT),
    {0},
};

const kf_py_field kf__py_write_fields[] = {
    KF__PY_FIELD(kf_write_options, format, INT),
    KF__PY_FIELD(kf_write_options, verbose_form, BOOL),
    KF__PY_FIELD(kf_write_options, json, BOOL),
    KF__PY_FIELD(kf_write_options, sdk_version, TEXT),
    KF__PY_FIELD(kf_write_options, pipeline_name, TEXT),
    KF__PY_FIELD(kf_write_options, pipeline_display_name, TEXT),
    KF__PY_FIELD(kf_write_options, parameters, VALUE),
    KF__PY_FIELD(kf_write_options, manifest_pipeline_name, TEXT),
    KF__PY_FIELD(kf_write_options, manifest_pipeline_display_name, TEXT),
    KF__PY_FIELD(kf_write_options, manifest_version_name, TEXT),
    KF__PY_FIELD(kf_write_options, manifest_version_display_name, TEXT),
    KF__PY_FIELD(kf_write_options, manifest_namespace, TEXT),
    KF__PY_FIELD(kf_write_options, manifest_include_pipeline, BOOL),
    {0},
};

const kf_py_field kf__py_ephemeral_volume_fields[] = {
    KF__PY_FIELD(kf_kubernetes_ephemeral_volume, volume_name, TEXT),
    KF__PY_FIELD(kf_kubernetes_ephemeral_volume, mount_path, TEXT),
    KF__PY_FIELD(kf_kubernetes_ephemeral_volume, access_modes, VALUE),
    KF__PY_FIELD(kf_kubernetes_ephemeral_volume, storage_size, TEXT),
    KF__PY_FIELD(kf_kubernetes_ephemeral_volume, storage_class_name, TEXT),
    KF__PY_FIELD(kf_kubernetes_ephemeral_volume, labels, VALUE),
    KF__PY_FIELD(kf_kubernetes_ephemeral_volume, annotations, VALUE),
    {0},
};

const kf_py_field kf__py_pvc_fields[] = {
    KF__PY_FIELD(kf_kubernetes_pvc, access_modes, VALUE),
    KF__PY_FIELD(kf_kubernetes_pvc, storage_size, TEXT),
    KF__PY_FIELD(kf_kubernetes_pvc, pvc_name, TEXT),
    KF__PY_FIELD(kf_kubernetes_pvc, pvc_name_suffix, TEXT),
    KF__PY_FIELD(kf_kubernetes_pvc, storage_class_name, TEXT),
    KF__PY_FIELD(kf_kubernetes_pvc, volume_name, TEXT),
    KF__PY_FIELD(kf_kubernetes_pvc, annotations, VALUE),
    KF__PY_FIELD(kf_kubernetes_pvc, data_source, VALUE),
    {0},
};

const kf_py_field kf__py_toleration_fields[] = {
    KF__PY_FIELD(kf_kubernetes_toleration, key, TEXT),
    KF__PY_FIELD(kf_kubernetes_toleration, operator_name, TEXT),
    KF__PY_FIELD(kf_kubernetes_toleration, value, TEXT),
    KF__PY_FIELD(kf_kubernetes_toleration, effect, TEXT),
    KF__PY_FIELD(kf_kubernetes_toleration, has_seconds, BOOL),
    KF__PY_FIELD(kf_kubernetes_toleration, toleration_seconds, INT64),
    {0},
};

const kf_py_field kf__py_security_fields[] = {
    KF__PY_FIELD(kf_kubernetes_security, has_user, BOOL),
    KF__PY_FIELD(kf_kubernetes_security, run_as_user, INT64),
    KF__PY_FIELD(kf_kubernetes_security, has_group, BOOL),
    KF__PY_FIELD(kf_kubernetes_security, run_as_group, INT64),
    KF__PY_FIELD(kf_kubernetes_security, has_non_root, BOOL),
    KF__PY_FIELD(kf_kubernetes_security, run_as_non_root, BOOL),
    {0},
};

const kf_py_field kf__py_init_container_fields[] = {
    KF__PY_FIELD(kf_kubernetes_init_container, name, TEXT),
    KF__PY_FIELD(kf_kubernetes_init_container, image, TEXT),
    KF__PY_FIELD(kf_kubernetes_init_container, command, VALUE),
    KF__PY_FIELD(kf_kubernetes_init_container, args, VALUE),
    KF__PY_FIELD(kf_kubernetes_init_container, env, VALUE),
    KF__PY_FIELD(kf_kubernetes_init_container, volume_mounts, VALUE),
    KF__PY_FIELD(kf_kubernetes_init_container, restart_policy, TEXT),
    KF__PY_FIELD(kf_kubernetes_init_container, resource_requests, VALUE),
    KF__PY_FIELD(kf_kubernetes_init_container, resource_limits, VALUE),
    {0},
};

static int text_in(PyObject *object, const char *name, const char **out)
{
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s must be str, got %R of type %s", name, object,
            Py_TYPE(object)->tp_name);
        return -1;
    }
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(object, &length);
    if (text == NULL)
        return -1;
    if (strlen(text) != (size_t)length) {
        PyErr_Format(PyExc_ValueError, "%s holds a NUL character", name);
        return -1;
    }
    *out = text;
    return 0;
}

static int port_in(PyObject *object, const char *name, uint16_t *out)
{
    long port = PyLong_AsLong(object);
    if (port == -1 && PyErr_Occurred() != NULL)
        return -1;
    if (port < 0 || port > UINT16_MAX) {
        PyErr_Format(PyExc_ValueError, "%s is %ld: expected 0 to 65535", name, port);
        return -1;
    }
    *out = (uint16_t)port;
    return 0;
}

static int integer_in(PyObject *object, const char *name, int *out)
{
    long integer = PyLong_AsLong(object);
    if (integer == -1 && PyErr_Occurred() != NULL)
        return -1;
    if (integer < INT_MIN || integer > INT_MAX) {
        PyErr_Format(PyExc_OverflowError, "%s: %R is too large", name, object);
        return -1;
    }
    *out = (int)integer;
    return 0;
}

static int field_in(
    const kf_py_field *field, PyObject *object, void *options, kf_tree *tree)
{
    void *place = (char *)options + field->offset;
    int truth;
    switch (field->kind) {
    case KF__PY_TEXT:
        return text_in(object, field->name, place);
    case KF__PY_BOOL:
        truth = PyObject_IsTrue(object);
        *(bool *)place = truth > 0;
        return truth < 0 ? -1 : 0;
    case KF__PY_INT:
        return integer_in(object, field->name, place);
    case KF__PY_PORT:
        return port_in(object, field->name, place);
    case KF__PY_INT64:
        *(int64_t *)place = PyLong_AsLongLong(object);
        return PyErr_Occurred() != NULL ? -1 : 0;
    case KF__PY_SIZE:
        *(size_t *)place = PyLong_AsSize_t(object);
        return PyErr_Occurred() != NULL ? -1 : 0;
    case KF__PY_DOUBLE:
        *(double *)place = PyFloat_AsDouble(object);
        return PyErr_Occurred() != NULL ? -1 : 0;
    case KF__PY_VALUE:
        break;
    }
    kf_value *value = kf__py_value_in(tree, object);
    *(const kf_value **)place = value;
    return value == NULL ? -1 : 0;
}

int kf__py_options_in(
    PyObject *dict, const kf_py_field *fields, void *options, kf_tree *tree)
{
    if (!PyDict_Check(dict)) {
        PyErr_Format(PyExc_TypeError, "options must be a dict, got %R", dict);
        return -1;
    }
    PyObject *key, *object;
    Py_ssize_t position = 0;
    while (PyDict_Next(dict, &position, &key, &object)) {
        const kf_py_field *field = fields;
        while (field->name != NULL &&
               !(PyUnicode_Check(key) &&
                   PyUnicode_CompareWithASCIIString(key, field->name) == 0))
            field++;
        if (field->name == NULL) {
            PyErr_Format(PyExc_TypeError, "there is no option %R", key);
            return -1;
        }
        if (object != Py_None && field_in(field, object, options, tree) < 0)
            return -1;
    }
    return 0;
}
