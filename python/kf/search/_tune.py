# SPDX-License-Identifier: Apache-2.0
"""Whole experiments on this machine."""

import csv
import html
import io
import json
import os

from kf import _native
from kf.errors import InvalidArgument, RunFailed
from kf.search._space import native_space

__all__ = ["Result", "check", "load", "resume", "run", "tune"]


class Result:
    """What became of an experiment: `state`, `reason`, `best`, `trials`, `counts`.

    Trials are dicts of number, name, state, params, values, metrics, message, duration, log, run.
    """

    def __init__(self, description):
        self.description = description

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
        def cells(row, tag):
            shown = ("" if cell is None else html.escape(str(cell)) for cell in row)
            return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in shown) + "</tr>"

        head, *rows = self._rows()
        body = "".join(cells(row, "td") for row in rows)
        return f"<p>{html.escape(repr(self))}</p><table>{cells(head, 'th')}{body}</table>"


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
    result = Result(_native.store_experiment(store, _native.tune_id(handle)))
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


def _feasible(parameter):
    if parameter.kind in ("discrete", "categorical"):
        texts = (v if isinstance(v, str) else json.dumps(v) for v in parameter.fields["list"])
        return {"list": list(texts)}
    shown = {name: repr(parameter.fields[name]) for name in ("min", "max")}
    if parameter.fields["step"] is not None:
        shown["step"] = repr(parameter.fields["step"])
    if parameter.fields["distribution"] != "uniform":
        shown["distribution"] = parameter.fields["distribution"]
    return shown


def _document(parameters, spec, name):
    native_space(parameters)  # Says what is wrong with them.
    conditions = {
        key: {"parent": parent, "values": values}
        for key, parameter in parameters.items()
        for parent, values in parameter.when.items()
    }
    metadata = {"name": name}
    if conditions:
        metadata["annotations"] = {"libkf/conditions": json.dumps(conditions)}
    spec["parameters"] = [
        {"name": key, "parameterType": parameter.kind, "feasibleSpace": _feasible(parameter)}
        for key, parameter in parameters.items()
    ]
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": metadata,
        "spec": spec,
    }


def _settings(name_key, name, settings_key, settings):
    texts = {key: v if isinstance(v, str) else json.dumps(v) for key, v in (settings or {}).items()}
    listed = [{"name": key, "value": value} for key, value in texts.items()]
    return {name_key: name, settings_key: listed}


def tune(
    pipeline,
    parameters,
    objective,
    direction="minimize",
    algorithm="random",
    settings=None,
    n_trials=20,
    parallel=1,
    goal=None,
    early_stopping=None,
    early_stopping_settings=None,
    max_failed=None,
    metrics=(),
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
        objective: Name of a logged metric ("accuracy", or "task.accuracy") or an output parameter.
        direction: "minimize" or "maximize".
        n_trials, parallel: How many trials, and how many at a time.
        goal: A value of the objective that is good enough to end.
        early_stopping: "medianstop" cancels trials that do badly, by what their tasks report
            (`search.report`) and the metrics of those that have ended.
        max_failed: So many failed trials end the experiment as failed.
        metrics: More of them to record.
        cache: Take the outputs of tasks that were done before from the cache.
    """
    if not hasattr(pipeline, "_pipeline_handle"):
        raise InvalidArgument(
            f"tune wants a pipeline or a component (@dsl.pipeline, @dsl.component), got {pipeline!r}"
        )
    title = name or getattr(pipeline, "name", None) or "experiment"
    spec = {
        "objective": {
            "type": direction,
            "objectiveMetricName": objective,
            "additionalMetricNames": list(metrics),
        },
        "algorithm": _settings("algorithmName", algorithm, "algorithmSettings", settings),
        "maxTrialCount": n_trials,
        "parallelTrialCount": parallel,
        "resumePolicy": "LongRunning",
    }
    if goal is not None:
        spec["objective"]["goal"] = goal
    if max_failed is not None:
        spec["maxFailedTrialCount"] = max_failed
    if early_stopping is not None:
        spec["earlyStopping"] = _settings(
            "algorithmName", early_stopping, "algorithmSettings", early_stopping_settings
        )
    options = {
        "name": name,
        "seed": seed,
        "python": python,
        "no_environments": not use_venv,
        "no_cache": not cache,
        "containers": _native.KF_CONTAINERS_HOST if host_commands else None,
    }
    store = _store(home)
    document = _document(parameters, spec, title)
    experiment = _native.experiment_load(json.dumps(document))
    handle = pipeline._pipeline_handle()
    tuned = _native.tune_start(store, experiment, handle, options, on_event)
    return _finish(store, tuned)
