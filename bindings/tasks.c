/* SPDX-License-Identifier: Apache-2.0 */
#include "native.h"

#include "base/error.h"
#include "pipeline/pipeline.h"

/* Told once at import, under the GIL, and kept for the life of the interpreter. */
static PyObject *channel_class;
static PyObject *id_attribute;
static PyObject *handle_attribute;
static PyObject *ignore_attribute;

PyObject *kf__py_set_channel_class(PyObject *class)
{
    if (!PyType_Check(class)) {
        PyErr_SetString(PyExc_TypeError, "the class of channels must be a class");
        return NULL;
    }
    id_attribute = PyUnicode_InternFromString("_id");
    handle_attribute = PyUnicode_InternFromString("_handle");
    ignore_attribute = PyUnicode_InternFromString("_ignore_type");
    if (id_attribute == NULL || handle_attribute == NULL || ignore_attribute == NULL)
        return NULL;
    Py_INCREF(class);
    Py_XSETREF(channel_class, class);
    Py_RETURN_NONE;
}

int kf__py_is_channel(PyObject *object)
{
    return channel_class != NULL &&
           PyObject_TypeCheck(object, (PyTypeObject *)channel_class);
}

kf_channel_id kf__py_channel_id(PyObject *object)
{
    if (PyLong_Check(object))
        return (kf_channel_id)PyLong_AsLong(object);
    if (!kf__py_is_channel(object)) {
        PyErr_Format(PyExc_TypeError, "expected a pipeline channel, got %R of type %s",
            object, Py_TYPE(object)->tp_name);
        return -1;
    }
    PyObject *id = PyObject_GetAttr(object, id_attribute);
    if (id == NULL)
        return -1;
    kf_channel_id channel = (kf_channel_id)PyLong_AsLong(id);
    Py_DECREF(id);
    return channel;
}

kf_channel_id *kf__py_channel_ids(PyObject *sequence, size_t *count)
{
    PyObject *items = PySequence_Fast(sequence, "expected a list of pipeline channels");
    if (items == NULL)
        return NULL;
    Py_ssize_t length = PySequence_Fast_GET_SIZE(items);
    kf_channel_id *ids = PyMem_New(kf_channel_id, length + 1);
    if (ids == NULL)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; ids != NULL && i < length; i++) {
        ids[i] = kf__py_channel_id(PySequence_Fast_GET_ITEM(items, i));
        if (PyErr_Occurred() != NULL) {
            PyMem_Free(ids);
            ids = NULL;
        }
    }
    Py_DECREF(items);
    *count = (size_t)length;
    return ids;
}

/* A task that is given its arguments. */
typedef struct kf_py_task {
    kf_pipeline *pipeline;
    PyObject *owner; /* The Python object of the pipeline. */
    const kf_component_body *component;
    kf_task_id id;
    bool unchecked;
} kf_py_task;

/* 0, or -1 with an exception. */
static int done(kf_status status)
{
    if (status == KF_OK)
        return 0;
    kf__py_raise(status);
    return -1;
}

/* 1 if the attribute of the channel is `expected`, 0 if not, -1 with an exception. */
static int attribute_is(PyObject *channel, PyObject *name, PyObject *expected)
{
    PyObject *value = PyObject_GetAttr(channel, name);
    if (value == NULL)
        return -1;
    Py_DECREF(value);
    return value == expected;
}

static int check_owner(const kf_py_task *task, const char *input, PyObject *channel)
{
    int own = attribute_is(channel, handle_attribute, task->owner);
    if (own == 0)
        return done(kf__fail(KF_EINVAL, input,
            "the channel belongs to another pipeline; hand it over as an argument"));
    return own < 0 ? -1 : 0;
}

static int set_channel(const kf_py_task *task, const char *input, PyObject *channel)
{
    if (check_owner(task, input, channel) < 0)
        return -1;
    kf_channel_id id = kf__py_channel_id(channel);
    int ignored = attribute_is(channel, ignore_attribute, Py_True);
    if (PyErr_Occurred() != NULL)
        return -1;
    if (task->unchecked || ignored > 0)
        return done(
            kf_pipeline_set_argument_unchecked(task->pipeline, task->id, input, id));
    return done(kf_pipeline_set_argument(task->pipeline, task->id, input, id));
}

static bool is_channel_list(PyObject *object)
{
    if (!PyList_Check(object) || PyList_GET_SIZE(object) == 0)
        return false;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(object); i++)
        if (!kf__py_is_channel(PyList_GET_ITEM(object, i)))
            return false;
    return true;
}

static int set_channels(const kf_py_task *task, const char *input, PyObject *list)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++)
        if (check_owner(task, input, PyList_GET_ITEM(list, i)) < 0)
            return -1;
    size_t count;
    kf_channel_id *channels = kf__py_channel_ids(list, &count);
    if (channels == NULL)
        return -1;
    int result = done(kf_pipeline_set_argument_list(
        task->pipeline, task->id, input, channels, count));
    PyMem_Free(channels);
    return result;
}

static int set_constant(const kf_py_task *task, const char *input, PyObject *object)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = kf__py_value_in(&tree, object);
    int result = -1;
    if (value != NULL)
        result = done(kf_pipeline_set_constant(task->pipeline, task->id, input, value));
    kf__tree_finish(&tree);
    return result;
}

/* None for an optional input is the same as leaving it out. */
static int leave_out(const kf_py_task *task, const char *input)
{
    size_t index;
    if (kf__map_find_index(&task->component->input_index, input, &index) &&
        task->component->inputs.items[index].optional)
        return 0;
    return done(kf__fail(KF_EINVAL, input, "the required input \"%s\" is None", input));
}

static int set_argument(const kf_py_task *task, PyObject *name, PyObject *object)
{
    const char *input = PyUnicode_AsUTF8(name);
    if (input == NULL)
        return -1;
    if (object == Py_None)
        return leave_out(task, input);
    if (kf__py_is_channel(object))
        return set_channel(task, input, object);
    if (is_channel_list(object))
        return set_channels(task, input, object);
    return set_constant(task, input, object);
}

PyObject *kf__py_add_task(kf_pipeline *pipeline, PyObject *owner,
    kf_component *component, PyObject *arguments, bool unchecked)
{
    kf_py_task task = {.pipeline = pipeline,
        .owner = owner,
        .component = component->body,
        .unchecked = unchecked};
    kf_status status = kf_pipeline_add_task(pipeline, component, NULL, &task.id);
    if (status != KF_OK)
        return kf__py_raise(status);
    PyObject *name, *object;
    Py_ssize_t position = 0;
    while (PyDict_Next(arguments, &position, &name, &object))
        if (set_argument(&task, name, object) < 0) {
            kf__task_drop_last(pipeline);
            return NULL;
        }
    return PyLong_FromLong(task.id);
}
