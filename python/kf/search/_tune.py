# SPDX-License-Identifier: Apache-2.0
"""Whole experiments on this machine."""

import csv
import io
import json
import os

from kf import _native
from kf.errors import InvalidArgument, RunFailed
from kf.search._space import native_space
from kf.search._study import native_objectives

__all__ = ["Result", "check", "load", "result", "resume", "run", "tune"]


class Result:
    """What became of an experiment: `state`, `reason`, `best`, `trials`, `counts`.

    Trials are dicts of number, name, state, params, values, metrics, message, duration, log, run.
    """

    def __init__(self, description, home=None):
        self.description = description
        self._home = home

    @property
    def importance(self):
        """How much each parameter matters for the objective: shares that add up to 1."""
        return _native.store_experiment_importance(_store(self._home), self.id)

    def to_html(self, path=None):
        """A page with the history and the trials in parallel coordinates: written to `path`, or returned.

        It shows the experiment as it is in the store now.
        """
        text = self._write(_native.KF_STUDY_PAGE)
        if path is None:
            return text
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return None

    def _write(self, kind):
        return _native.store_experiment_write(_store(self._home), self.id, kind)

    def __getattr__(self, name):
        if name.startswith("_") or name not in self.__dict__.get("description", {}):
            raise AttributeError(name)
        return self.description[name]

    def __dir__(self):
        return [*super().__dir__(), *self.description]

    def __repr__(self):
        best = f", best={self.best['values']} with {self.best['params']}" if self.best else ""
        return f"<Result {self.id} {self.state}, {len(self.trials)} trials{best}>"

    def _columns(self, member):
        return list(dict.fromkeys(key for trial in self.trials for key in trial[member] or {}))

    def _rows(self):
        values, params = self._columns("values"), self._columns("params")
        yield ["number", "state", *values, *params, "duration", "message"]
        for trial in self.trials:
            yield [
                trial["number"],
                trial["state"],
                *((trial["values"] or {}).get(name) for name in values),
                *(trial["params"].get(name) for name in params),
                trial["duration"],
                trial["message"],
            ]

    def to_csv(self, path=None):
        """The trials as comma-separated values: the text, or written to the file `path`."""
        text = io.StringIO()
        csv.writer(text).writerows(self._rows())
        if path is None:
            return text.getvalue()
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())
        return None

    def _repr_html_(self):
        return self._write(_native.KF_STUDY_HTML)


def _text(experiment):
    if isinstance(experiment, dict):
        return json.dumps(experiment)
    if isinstance(experiment, os.PathLike) or "\n" not in experiment:
        with open(experiment, encoding="utf-8") as file:
            return file.read()
    return experiment


def load(experiment):
    """An Experiment document (a path, its text, or a dict) as a dict, with Katib's defaults."""
    handle = _native.experiment_load(_text(experiment))
    return json.loads(_native.experiment_write(handle, {"json": True, "defaults": True}))


def check(experiment):
    """All that is wrong with an Experiment document: a list of findings, empty if it is sound."""
    return _native.experiment_check_text(_text(experiment))


def _store(home):
    return _native.store_open(None if home is None else os.fspath(home))


def _finish(store, handle):
    try:
        _native.tune_wait(handle, -1)
    except KeyboardInterrupt:
        _native.tune_cancel(handle)
        _native.tune_wait(handle, 30)
        raise
    description = _native.store_experiment(store, _native.tune_id(handle))
    result = Result(description, _native.store_home(store))
    if result.state == "FAILED":
        raise RunFailed(result.error or "the experiment failed", where=f"experiment {result.id}")
    return result


def run(
    experiment,
    host_commands=False,
    name=None,
    max_trials=None,
    parallel=None,
    seed=0,
    home=None,
    on_event=None,
):
    """Execute an Experiment of Katib on this machine, and return what became of it.

    Args:
        experiment: A path, the text of the document, or a dict.
        host_commands: Let the commands of trials run here, as processes; images are not used.
        name: Its id in the store; the experiment's name unless given.
        max_trials, parallel: In place of maxTrialCount and parallelTrialCount.
        home: Folder of the store; None: $KF_HOME, or ~/.kf.
        on_event: Called with a dict when a trial starts, reports or ends.
    """
    options = {
        "name": name,
        "max_trials": max_trials,
        "jobs": parallel,
        "seed": seed,
        "containers": _native.KF_CONTAINERS_HOST if host_commands else None,
    }
    store = _store(home)
    handle = _native.experiment_load(_text(experiment))
    return _finish(store, _native.tune_start(store, handle, None, options, on_event))


def resume(experiment, max_trials=None, parallel=None, home=None, on_event=None):
    """Go on with an experiment of the store that was interrupted, or give it more trials."""
    options = {"max_trials": max_trials, "jobs": parallel}
    store = _store(home)
    return _finish(store, _native.tune_resume(store, experiment, options, on_event))


def result(experiment="latest", home=None):
    """What became of an experiment or study of the store, or is becoming of it.

    Args:
        experiment: Its id, a beginning of the id that no other has, or "latest".
        home: Folder of the store; None: $KF_HOME, or ~/.kf.
    """
    store = _store(home)
    return Result(_native.store_experiment(store, experiment), _native.store_home(store))


def tune(
    pipeline,
    parameters,
    objective,
    direction="minimize",
    algorithm="auto",
    settings=None,
    n_trials=None,
    parallel=1,
    goal=None,
    early_stopping=None,
    early_stopping_settings=None,
    max_failed=None,
    metrics=(),
    arguments=None,
    name=None,
    seed=0,
    host_commands=False,
    use_venv=True,
    cache=True,
    python=None,
    home=None,
    on_event=None,
):
    """Search for the arguments with which a pipeline or component does best.

    Each trial is a run of `pipeline`, kept in the store; its arguments are the parameters, and what
    counts is the metric or output parameter called `objective`.

    Args:
        pipeline: A function made by @dsl.pipeline or @dsl.component.
        parameters: A dict of `search.double(…)`, `int`, `discrete`, `categorical` by name.
        objective: Name of a logged metric ("accuracy", or "task.accuracy") or an output parameter; a
            list of names for several objectives.
        direction: "minimize" or "maximize", or a list of one per objective.
        algorithm: Such as "auto", "random", "tpe"; `search.algorithms()` lists them.
        settings: Of the algorithm, by name.
        n_trials, parallel: How many trials, and how many at a time; 20 unless given, of a grid all.
        goal: A value of the first objective that is good enough to end.
        early_stopping: "medianstop" cancels trials that do badly, by what their tasks report
            (`search.report`) and the metrics of those that have ended; None.
        early_stopping_settings: By name.
        max_failed: So many failed trials end the experiment as failed.
        metrics: More of them to record.
        arguments: Values of inputs that are not searched, by name.
        name: Its id in the store; the pipeline's name unless given.
        cache: Take the outputs of tasks that were done before from the cache.
    """
    if not hasattr(pipeline, "_pipeline_handle"):
        raise InvalidArgument(
            f"tune wants a pipeline or a component (@dsl.pipeline, @dsl.component), got {pipeline!r}"
        )
    if n_trials is None:
        n_trials = 0 if algorithm == "grid" else 20
    experiment = _native.experiment_new(
        native_space(parameters),
        native_objectives(objective, direction),
        list(metrics),
        goal,
        max_failed,
        {
            "name": getattr(pipeline, "name", None),
            "algorithm": algorithm,
            "settings": settings,
            "early_stopping": early_stopping,
            "stopping_settings": early_stopping_settings,
            "max_trials": n_trials,
            "parallel": parallel,
            "resume_policy": "LongRunning",
        },
    )
    options = {
        "name": name,
        "seed": seed,
        "python": python,
        "no_environments": not use_venv,
        "no_cache": not cache,
        "containers": _native.KF_CONTAINERS_HOST if host_commands else None,
        "arguments": arguments,
    }
    store = _store(home)
    handle = pipeline._pipeline_handle()
    return _finish(store, _native.tune_start(store, experiment, handle, options, on_event))
