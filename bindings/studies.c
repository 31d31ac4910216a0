/* SPDX-License-Identifier: Apache-2.0 */
#include "studies.h"

static const kf_py_field study_fields[] = {
    KF__PY_FIELD(kf_study_options, algorithm, TEXT),
    KF__PY_FIELD(kf_study_options, settings, VALUE),
    KF__PY_FIELD(kf_study_options, early_stopping, TEXT),
    KF__PY_FIELD(kf_study_options, stopping_settings, VALUE),
    KF__PY_FIELD(kf_study_options, seed, INT64),
    KF__PY_FIELD(kf_study_options, max_trials, INT64),
    KF__PY_FIELD(kf_study_options, parallel, INT),
    KF__PY_FIELD(kf_study_options, name, TEXT),
    {0},
};

/* ---- making ---- */

void kf__py_objectives_finish(kf_py_objectives *list)
{
    PyMem_Free(list->names);
    PyMem_Free(list->directions);
}

int kf__py_objectives_in(PyObject *sequence, kf_py_objectives *out)
{
    out->count = (size_t)PySequence_Fast_GET_SIZE(sequence);
    out->names = PyMem_Calloc(out->count, sizeof *out->names);
    out->directions = PyMem_Calloc(out->count, sizeof *out->directions);
    if (out->names == NULL || out->directions == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < out->count; i++) {
        int direction;
        PyObject *item = PySequence_Fast_GET_ITEM(sequence, (Py_ssize_t)i);
        if (!PyArg_ParseTuple(item, "si", &out->names[i], &direction))
            return -1;
        out->directions[i] = (kf_direction)direction;
    }
    return 0;
}

static kf_study *new_study(
    kf_space *space, PyObject *options, kf_study_options *filled, PyObject *sequence)
{
    kf_py_objectives list = {0};
    kf_tree tree = KF__TREE_INIT;
    kf_study *study = NULL;
    if (kf__py_objectives_in(sequence, &list) == 0 &&
        kf__py_options_in(options, study_fields, filled, &tree) == 0) {
        filled->objectives = list.names;
        filled->directions = list.directions;
        filled->objective_count = list.count;
        kf_status status = kf_study_new(space, filled, &study);
        if (status != KF_OK)
            kf__py_raise(status);
    }
    kf__tree_finish(&tree);
    kf__py_objectives_finish(&list);
    return study;
}

kf_study *kf__py_study_new(kf_space *space, kf_store *store, PyObject *options)
{
    kf_study_options filled = {.size = sizeof filled, .store = store};
    PyObject *rest = PyDict_Copy(options);
    if (rest == NULL)
        return NULL;
    PyObject *given = Py_XNewRef(PyDict_GetItemString(rest, "objectives"));
    kf_study *study = NULL;
    PyObject *sequence = NULL;
    if (given != NULL && PyDict_DelItemString(rest, "objectives") == 0)
        sequence = PySequence_Fast(given, "objectives must be a sequence");
    if (sequence != NULL)
        study = new_study(space, rest, &filled, sequence);
    else if (PyErr_Occurred() == NULL)
        PyErr_SetString(PyExc_TypeError, "objectives are not given");
    Py_XDECREF(sequence);
    Py_XDECREF(given);
    Py_DECREF(rest);
    return study;
}

/* ---- trials as dicts ---- */

static PyObject *numbers_out(const double *numbers, size_t count)
{
    if (numbers == NULL)
        Py_RETURN_NONE;
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list != NULL && i < count; i++) {
        PyObject *number = PyFloat_FromDouble(numbers[i]);
        if (number == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, number);
    }
    return list;
}

static PyObject *observations_out(const kf_trial *trial)
{
    PyObject *list = PyList_New((Py_ssize_t)trial->observation_count);
    for (size_t i = 0; list != NULL && i < trial->observation_count; i++) {
        const kf_observation *observation = &trial->observations[i];
        PyObject *pair =
            Py_BuildValue("(Ld)", (long long)observation->step, observation->value);
        if (pair == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, pair);
    }
    return list;
}

static PyObject *trial_out(const kf_study *study, const kf_trial *trial)
{
    if (trial == NULL)
        Py_RETURN_NONE;
    return Py_BuildValue("{s:L,s:s,s:N,s:N,s:N,s:N,s:L,s:O,s:z}", "number",
        (long long)trial->number, "state", kf_trial_state_name(trial->state), "params",
        kf__py_value_out(trial->params), "values",
        numbers_out(trial->values, kf_study_objective_count(study)), "attributes",
        kf__py_value_out(trial->attributes), "observations", observations_out(trial),
        "order", (long long)trial->order, "foreign",
        trial->foreign ? Py_True : Py_False, "message", trial->message);
}

PyObject *kf__py_study_trial(kf_study *study, int64_t number)
{
    return trial_out(study, kf_study_trial(study, number));
}

PyObject *kf__py_study_best(kf_study *study)
{
    return trial_out(study, kf_study_best(study));
}

/* ---- telling ---- */

PyObject *kf__py_study_report(
    kf_study *study, int64_t number, int64_t step, double value)
{
    bool stop = false;
    kf_status status = kf_study_report(study, number, step, value, &stop);
    return status == KF_OK ? PyBool_FromLong(stop) : kf__py_raise(status);
}

/* As many as the study has objectives; PyMem_Free them. */
static double *values_in(kf_study *study, PyObject *object)
{
    PyObject *sequence = PySequence_Fast(object, "values must be a sequence");
    if (sequence == NULL)
        return NULL;
    size_t count = (size_t)PySequence_Fast_GET_SIZE(sequence);
    size_t wanted = kf_study_objective_count(study);
    double *values = PyMem_Calloc(wanted, sizeof *values);
    if (values == NULL)
        PyErr_NoMemory();
    else if (count != wanted)
        PyErr_Format(PyExc_ValueError,
            "%zu values are given, and the study has %zu objectives", count, wanted);
    for (size_t i = 0; PyErr_Occurred() == NULL && i < count; i++)
        values[i] = PyFloat_AsDouble(PySequence_Fast_GET_ITEM(sequence, (Py_ssize_t)i));
    Py_DECREF(sequence);
    if (PyErr_Occurred() != NULL) {
        PyMem_Free(values);
        return NULL;
    }
    return values;
}

PyObject *kf__py_study_tell_values(kf_study *study, int64_t number, PyObject *object)
{
    double *values = values_in(study, object);
    if (values == NULL)
        return NULL;
    kf_status status =
        kf_study_tell_values(study, number, values, kf_study_objective_count(study));
    PyMem_Free(values);
    if (status != KF_OK)
        return kf__py_raise(status);
    Py_RETURN_NONE;
}

PyObject *kf__py_study_add(
    kf_study *study, PyObject *params, kf_trial_state state, PyObject *object)
{
    kf_tree tree = KF__TREE_INIT;
    double *values = NULL;
    PyObject *result = NULL;
    const kf_value *given = kf__py_value_in(&tree, params);
    if (given != NULL && object != Py_None)
        values = values_in(study, object);
    if (PyErr_Occurred() == NULL) {
        int64_t number = -1;
        kf_status status = kf_study_add(study, given, state, values, &number);
        result = status == KF_OK ? PyLong_FromLongLong(number) : kf__py_raise(status);
    }
    PyMem_Free(values);
    kf__tree_finish(&tree);
    return result;
}

PyObject *kf__py_study_hypervolume(kf_study *study, PyObject *reference)
{
    double volume = 0;
    double *values = values_in(study, reference);
    if (values == NULL)
        return NULL;
    kf_status status = kf_study_hypervolume(study, values, &volume);
    PyMem_Free(values);
    return status == KF_OK ? PyFloat_FromDouble(volume) : kf__py_raise(status);
}
