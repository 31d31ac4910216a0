/* SPDX-License-Identifier: Apache-2.0 */
#include "runs.h"

struct kf_py_run {
    kf_run *run;
    PyObject *on_event;                 /* Or NULL. */
    PyObject *type, *value, *traceback; /* What on_event raised first. */
};

const kf_py_field kf__py_runs_fields[] = {
    KF__PY_FIELD(kf_runs_options, pipeline, TEXT),
    KF__PY_FIELD(kf_runs_options, state, TEXT),
    KF__PY_FIELD(kf_runs_options, limit, INT),
    {0},
};

static const kf_py_field run_fields[] = {
    KF__PY_FIELD(kf_run_options, arguments, VALUE),
    KF__PY_FIELD(kf_run_options, name, TEXT),
    KF__PY_FIELD(kf_run_options, pipeline_root, TEXT),
    KF__PY_FIELD(kf_run_options, workspace_root, TEXT),
    KF__PY_FIELD(kf_run_options, jobs, INT),
    KF__PY_FIELD(kf_run_options, no_cache, BOOL),
    KF__PY_FIELD(kf_run_options, keep_going, BOOL),
    KF__PY_FIELD(kf_run_options, containers, INT),
    KF__PY_FIELD(kf_run_options, python, TEXT),
    KF__PY_FIELD(kf_run_options, no_environments, BOOL),
    KF__PY_FIELD(kf_run_options, run_folder, TEXT),
    KF__PY_FIELD(kf_run_options, environment, VALUE),
    {0},
};

static PyObject *event_out(const kf_event *event)
{
    return Py_BuildValue("{s:s,s:z,s:z,s:s,s:i,s:d,s:z,s:n,s:n,s:z}", "run", event->run,
        "task", event->task, "display_name", event->display_name, "state",
        kf_state_name(event->state), "attempt", event->attempt, "seconds",
        event->seconds, "message", event->message, "tasks_done",
        (Py_ssize_t)event->tasks_done, "tasks_known", (Py_ssize_t)event->tasks_known,
        "log", event->log);
}

/* Called on the run's own thread. An exception is kept for the thread that waits. */
static int tell(const kf_event *event, void *payload)
{
    kf_py_run *run = payload;
    if (run->on_event == NULL)
        return 0;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *description = event_out(event);
    PyObject *result = description == NULL ? NULL
                                           : PyObject_CallFunctionObjArgs(
                                                 run->on_event, description, NULL);
    int failed = result == NULL;
    if (failed && run->type == NULL)
        PyErr_Fetch(&run->type, &run->value, &run->traceback);
    PyErr_Clear();
    Py_XDECREF(result);
    Py_XDECREF(description);
    PyGILState_Release(state);
    return failed;
}

static kf_py_run *new_run(
    PyObject *options, PyObject *on_event, kf_run_options *out, kf_tree *tree)
{
    out->size = sizeof *out;
    if (options != Py_None && kf__py_options_in(options, run_fields, out, tree) < 0)
        return NULL;
    kf_py_run *run = PyMem_Calloc(1, sizeof *run);
    if (run == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    run->on_event = on_event == Py_None ? NULL : Py_NewRef(on_event);
    out->on_event = tell;
    out->payload = run;
    return run;
}

static kf_py_run *started(kf_py_run *run, kf_status status, kf_tree *tree)
{
    kf__tree_finish(tree);
    if (status == KF_OK)
        return run;
    kf__py_raise(status);
    Py_XDECREF(run->on_event);
    PyMem_Free(run);
    return NULL;
}

kf_py_run *kf__py_run_start(
    kf_store *store, kf_pipeline *pipeline, PyObject *options, PyObject *on_event)
{
    kf_run_options filled = {0};
    kf_tree tree = KF__TREE_INIT;
    kf_status status;
    kf_py_run *run = new_run(options, on_event, &filled, &tree);
    if (run == NULL) {
        kf__tree_finish(&tree);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS status = kf_run_start(store, pipeline, &filled, &run->run);
    Py_END_ALLOW_THREADS return started(run, status, &tree);
}

kf_py_run *kf__py_run_resume(
    kf_store *store, const char *id, PyObject *options, PyObject *on_event)
{
    kf_run_options filled = {0};
    kf_tree tree = KF__TREE_INIT;
    kf_status status;
    kf_py_run *run = new_run(options, on_event, &filled, &tree);
    if (run == NULL) {
        kf__tree_finish(&tree);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS status = kf_run_resume(store, id, &filled, &run->run);
    Py_END_ALLOW_THREADS return started(run, status, &tree);
}

/* Give an exception of on_event to the thread that waits; it is raised once. */
static bool raise_kept(kf_py_run *run)
{
    if (run->type == NULL)
        return false;
    PyErr_Restore(run->type, run->value, run->traceback);
    run->type = run->value = run->traceback = NULL;
    return true;
}

PyObject *kf__py_run_wait(kf_py_run *run, double seconds)
{
    const double slice = 0.1; /* How long Python's signal handlers may have to wait. */
    for (double left = seconds; seconds < 0 || left >= 0; left -= slice) {
        double wait = seconds < 0 || left > slice ? slice : left;
        kf_status status;
        Py_BEGIN_ALLOW_THREADS status = kf_run_wait(run->run, wait);
        Py_END_ALLOW_THREADS if (raise_kept(run) ||
                                 PyErr_CheckSignals() < 0) return NULL;
        if (status == KF_OK || status == KF_EFAILED || status == KF_ECANCELED)
            Py_RETURN_TRUE;
        if (status != KF_ETIMEOUT)
            return kf__py_raise(status);
    }
    Py_RETURN_FALSE;
}

void kf__py_run_cancel(kf_py_run *run)
{
    kf_run_cancel(run->run);
}

const char *kf__py_run_state(kf_py_run *run)
{
    return kf_state_name(kf_run_state(run->run));
}

const char *kf__py_run_id(kf_py_run *run)
{
    return kf_run_id(run->run);
}

kf_status kf__py_run_describe(kf_py_run *run, kf_value **out)
{
    return kf_run_describe(run->run, out);
}

void kf__py_run_free(kf_py_run *run)
{
    if (run == NULL)
        return;
    Py_BEGIN_ALLOW_THREADS kf_run_free(run->run);
    Py_END_ALLOW_THREADS Py_XDECREF(run->on_event);
    Py_XDECREF(run->type);
    Py_XDECREF(run->value);
    Py_XDECREF(run->traceback);
    PyMem_Free(run);
}
