/* SPDX-License-Identifier: Apache-2.0 */
#include "tunes.h"

#include <string.h>

#include "studies.h"

struct kf_py_tune {
    kf_tune *tune;
    PyObject *on_event;                 /* Or NULL. */
    PyObject *type, *value, *traceback; /* What on_event raised first. */
};

static const kf_py_field tune_fields[] = {
    KF__PY_FIELD(kf_tune_options, name, TEXT),
    KF__PY_FIELD(kf_tune_options, max_trials, INT64),
    KF__PY_FIELD(kf_tune_options, jobs, INT),
    KF__PY_FIELD(kf_tune_options, containers, INT),
    KF__PY_FIELD(kf_tune_options, python, TEXT),
    KF__PY_FIELD(kf_tune_options, no_environments, BOOL),
    KF__PY_FIELD(kf_tune_options, no_cache, BOOL),
    KF__PY_FIELD(kf_tune_options, arguments, VALUE),
    {0},
};

static const kf_py_field experiment_fields[] = {
    KF__PY_FIELD(kf_experiment_options, name, TEXT),
    KF__PY_FIELD(kf_experiment_options, algorithm, TEXT),
    KF__PY_FIELD(kf_experiment_options, settings, VALUE),
    KF__PY_FIELD(kf_experiment_options, early_stopping, TEXT),
    KF__PY_FIELD(kf_experiment_options, stopping_settings, VALUE),
    KF__PY_FIELD(kf_experiment_options, max_trials, INT64),
    KF__PY_FIELD(kf_experiment_options, parallel, INT64),
    KF__PY_FIELD(kf_experiment_options, resume_policy, TEXT),
    {0},
};

const kf_py_field kf__py_experiment_write_fields[] = {
    KF__PY_FIELD(kf_experiment_write_options, json, BOOL),
    KF__PY_FIELD(kf_experiment_write_options, defaults, BOOL),
    KF__PY_FIELD(kf_experiment_write_options, status, VALUE),
    {0},
};

/* ---- documents ---- */

typedef struct limits {
    double goal;
    int64_t failed;
} limits;

static int limits_in(
    PyObject *goal, PyObject *failed, limits *kept, kf_experiment_options *out)
{
    if (goal != Py_None) {
        kept->goal = PyFloat_AsDouble(goal);
        out->goal = &kept->goal;
    }
    if (failed != Py_None && PyErr_Occurred() == NULL) {
        kept->failed = PyLong_AsLongLong(failed);
        out->max_failed_trials = &kept->failed;
    }
    return PyErr_Occurred() == NULL ? 0 : -1;
}

/* Names are borrowed from the list. */
static int metrics_in(PyObject *metrics, kf_experiment_options *out, const char ***kept)
{
    out->metric_count = (size_t)PyList_GET_SIZE(metrics);
    const char **names = PyMem_Calloc(out->metric_count + 1, sizeof *names);
    out->metrics = *kept = names;
    if (names == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < out->metric_count; i++) {
        names[i] = PyUnicode_AsUTF8(PyList_GET_ITEM(metrics, (Py_ssize_t)i));
        if (names[i] == NULL)
            return -1;
    }
    return 0;
}

kf_experiment *kf__py_experiment_new(kf_space *space, PyObject *objectives,
    PyObject *metrics, PyObject *goal, PyObject *max_failed, PyObject *options)
{
    kf_experiment_options filled = {.size = sizeof filled};
    kf_py_objectives list = {0};
    kf_tree tree = KF__TREE_INIT;
    limits kept = {0};
    const char **names = NULL;
    kf_experiment *experiment = NULL;
    if (kf__py_objectives_in(objectives, &list) == 0 &&
        metrics_in(metrics, &filled, &names) == 0 &&
        limits_in(goal, max_failed, &kept, &filled) == 0 &&
        kf__py_options_in(options, experiment_fields, &filled, &tree) == 0) {
        filled.objectives = list.names;
        filled.directions = list.directions;
        filled.objective_count = list.count;
        kf_status status = kf_experiment_new(space, &filled, &experiment);
        if (status != KF_OK)
            kf__py_raise(status);
    }
    PyMem_Free(names);
    kf__py_objectives_finish(&list);
    kf__tree_finish(&tree);
    return experiment;
}

/* ---- execution ---- */

static PyObject *event_out(const kf_tune_event *event)
{
    static const char *const kinds[] = {"started", "reported", "ended", "over"};
    const kf_tune_counts *counts = &event->counts;
    return Py_BuildValue("{s:s,s:s,s:L,s:s,s:s,s:d,s:z,s:d,s:L,s:L,s:L,s:L,s:d}",
        "experiment", event->experiment, "kind", kinds[event->kind], "trial",
        (long long)event->trial, "trial_state", kf_trial_state_name(event->trial_state),
        "state", kf_state_name(event->state), "value", event->value, "message",
        event->message, "seconds", event->seconds, "running",
        (long long)counts->running, "succeeded", (long long)counts->succeeded, "failed",
        (long long)counts->failed, "best", (long long)event->best, "best_value",
        event->best_value);
}

/* Called on the experiment's own thread. */
static int tell(const kf_tune_event *event, void *payload)
{
    kf_py_tune *tune = payload;
    if (tune->on_event == NULL)
        return 0;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *description = event_out(event);
    PyObject *result = description == NULL ? NULL
                                           : PyObject_CallFunctionObjArgs(
                                                 tune->on_event, description, NULL);
    int failed = result == NULL;
    if (failed && tune->type == NULL)
        PyErr_Fetch(&tune->type, &tune->value, &tune->traceback);
    PyErr_Clear();
    Py_XDECREF(result);
    Py_XDECREF(description);
    PyGILState_Release(state);
    return failed;
}

/* A seed is more than the fields can say: 64 bits without a sign. */
static int take_seed(PyObject *options, kf_tune_options *out, PyObject **rest)
{
    *rest = PyDict_Copy(options);
    PyObject *seed = *rest == NULL ? NULL : PyDict_GetItemString(*rest, "seed");
    if (*rest == NULL)
        return -1;
    if (seed == NULL)
        return 0;
    out->seed = PyLong_AsUnsignedLongLongMask(seed);
    if (PyErr_Occurred() != NULL)
        return -1;
    return PyDict_DelItemString(*rest, "seed");
}

static kf_py_tune *new_tune(
    PyObject *options, PyObject *on_event, kf_tune_options *out, kf_tree *tree)
{
    PyObject *rest = NULL;
    out->size = sizeof *out;
    int read = take_seed(options, out, &rest);
    if (read == 0)
        read = kf__py_options_in(rest, tune_fields, out, tree);
    Py_XDECREF(rest);
    if (read < 0)
        return NULL;
    kf_py_tune *tune = PyMem_Calloc(1, sizeof *tune);
    if (tune == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    tune->on_event = on_event == Py_None ? NULL : Py_NewRef(on_event);
    out->on_event = tell;
    out->payload = tune;
    return tune;
}

static kf_py_tune *started(kf_py_tune *tune, kf_status status, kf_tree *tree)
{
    kf__tree_finish(tree);
    if (status == KF_OK)
        return tune;
    kf__py_raise(status);
    Py_XDECREF(tune->on_event);
    PyMem_Free(tune);
    return NULL;
}

kf_py_tune *kf__py_tune_start(kf_store *store, kf_experiment *experiment,
    kf_pipeline *pipeline, PyObject *options, PyObject *on_event)
{
    kf_tune_options filled = {0};
    kf_tree tree = KF__TREE_INIT;
    kf_status status;
    kf_py_tune *tune = new_tune(options, on_event, &filled, &tree);
    if (tune == NULL) {
        kf__tree_finish(&tree);
        return NULL;
    }
    filled.pipeline = pipeline;
    Py_BEGIN_ALLOW_THREADS status =
        kf_tune_start(store, experiment, &filled, &tune->tune);
    Py_END_ALLOW_THREADS return started(tune, status, &tree);
}

kf_py_tune *kf__py_tune_resume(
    kf_store *store, const char *id, PyObject *options, PyObject *on_event)
{
    kf_tune_options filled = {0};
    kf_tree tree = KF__TREE_INIT;
    kf_status status;
    kf_py_tune *tune = new_tune(options, on_event, &filled, &tree);
    if (tune == NULL) {
        kf__tree_finish(&tree);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS status = kf_tune_resume(store, id, &filled, &tune->tune);
    Py_END_ALLOW_THREADS return started(tune, status, &tree);
}

static bool raise_kept(kf_py_tune *tune)
{
    if (tune->type == NULL)
        return false;
    PyErr_Restore(tune->type, tune->value, tune->traceback);
    tune->type = tune->value = tune->traceback = NULL;
    return true;
}

PyObject *kf__py_tune_wait(kf_py_tune *tune, double seconds)
{
    const double slice = 0.1; /* How long Python's signal handlers may have to wait. */
    for (double left = seconds; seconds < 0 || left >= 0; left -= slice) {
        double wait = seconds < 0 || left > slice ? slice : left;
        kf_status status;
        Py_BEGIN_ALLOW_THREADS status = kf_tune_wait(tune->tune, wait);
        Py_END_ALLOW_THREADS if (raise_kept(tune) ||
                                 PyErr_CheckSignals() < 0) return NULL;
        if (status == KF_OK || status == KF_EFAILED || status == KF_ECANCELED)
            Py_RETURN_TRUE;
        if (status != KF_ETIMEOUT)
            return kf__py_raise(status);
    }
    Py_RETURN_FALSE;
}

void kf__py_tune_cancel(kf_py_tune *tune)
{
    kf_tune_cancel(tune->tune);
}

const char *kf__py_tune_state(kf_py_tune *tune)
{
    return kf_state_name(kf_tune_state(tune->tune));
}

const char *kf__py_tune_id(kf_py_tune *tune)
{
    return kf_tune_id(tune->tune);
}

void kf__py_tune_free(kf_py_tune *tune)
{
    if (tune == NULL)
        return;
    Py_BEGIN_ALLOW_THREADS kf_tune_free(tune->tune);
    Py_END_ALLOW_THREADS Py_XDECREF(tune->on_event);
    Py_XDECREF(tune->type);
    Py_XDECREF(tune->value);
    Py_XDECREF(tune->traceback);
    PyMem_Free(tune);
}
