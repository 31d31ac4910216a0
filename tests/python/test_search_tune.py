# SPDX-License-Identifier: Apache-2.0
"""Experiments on this machine, from Python."""

import csv
import io
import sys

import pytest

import kf
from kf import dsl, search


@dsl.component
def fit(x: float, n: int) -> float:
    return x * x + n


def experiment(script, collector="StdOut", **spec):
    job = {"containers": [{"name": "c", "image": "i", "command": [sys.executable, "-c", script]}]}
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": "e"},
        "spec": {
            "objective": {"type": "maximize", "objectiveMetricName": "score"},
            "algorithm": {"algorithmName": "random"},
            "maxTrialCount": 2,
            "parallelTrialCount": 1,
            "metricsCollectorSpec": {"collector": {"kind": collector}},
            "parameters": [
                {"name": "x", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "9"}}
            ],
            "trialTemplate": {
                "primaryContainerName": "c",
                "trialParameters": [{"name": "x", "reference": "x"}],
                "trialSpec": {
                    "apiVersion": "batch/v1",
                    "kind": "Job",
                    "spec": {"template": {"spec": {**job, "restartPolicy": "Never"}}},
                },
            },
            **spec,
        },
    }


def test_a_component_is_tuned(tmp_path):
    seen = []
    result = search.tune(
        fit,
        {"x": search.double(-1, 1), "n": search.int(1, 3)},
        objective="Output",
        n_trials=5,
        parallel=2,
        use_venv=False,
        home=tmp_path,
        on_event=seen.append,
    )
    assert result.state == "SUCCEEDED" and len(result.trials) == 5
    for trial in result.trials:
        params = trial["params"]
        assert trial["values"] == {"Output": pytest.approx(params["x"] ** 2 + params["n"])}
        assert trial["run"]
    assert result.best["values"] == min((t["values"] for t in result.trials), key=lambda v: v["Output"])
    assert len(list(csv.reader(io.StringIO(result.to_csv())))) == 6
    assert "<table>" in result._repr_html_()
    assert [event["kind"] for event in seen].count("ended") == 5


@pytest.mark.parametrize("collector", ["StdOut", "Push"])
def test_report(tmp_path, collector, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    script = "from kf import search; search.report(step=3, score=2 * ${trialParameters.x})"
    result = search.run(experiment(script, collector), host_commands=True, home=tmp_path)
    assert [t["values"]["score"] for t in result.trials] == [
        2 * t["params"]["x"] for t in result.trials
    ]


@dsl.component
def epochs(x: int, folder: str):
    import os
    import time

    from kf import search

    begun = len(os.listdir(folder))
    open(os.path.join(folder, os.environ["KATIB_TRIAL_NAME"]), "w").close()
    for epoch in range(3):
        search.report(step=epoch, loss=begun, epoch=epoch)
    if begun == 2:
        time.sleep(1000)


def test_tasks_report_as_they_run(tmp_path):
    folder = tmp_path / "begun"
    folder.mkdir()

    @dsl.pipeline
    def pipeline(x: int):
        epochs(x=x, folder=str(folder))

    result = search.tune(
        pipeline,
        {"x": search.int(1, 9)},
        objective="loss",
        metrics=["epoch"],
        n_trials=3,
        early_stopping="medianstop",
        early_stopping_settings={"min_trials_required": 2, "start_step": 2},
        use_venv=False,
        home=tmp_path / "home",
    )
    assert [t["state"] for t in result.trials] == ["SUCCEEDED", "SUCCEEDED", "EARLY_STOPPED"]
    assert [t["values"]["loss"] for t in result.trials] == [0, 1, 2]
    assert result.trials[0]["metrics"]["epoch"] == {"min": 0, "max": 2, "latest": 2}


def test_failures_are_raised(tmp_path):
    bad = experiment("raise SystemExit('no, ${trialParameters.x}')", maxFailedTrialCount=1)
    with pytest.raises(kf.RunFailed, match="maxFailedTrialCount"):
        search.run(bad, host_commands=True, home=tmp_path)
    with pytest.raises(kf.Unsupported, match="--host-commands"):
        search.run(bad, home=tmp_path)


def test_documents():
    sound = experiment("print('score=${trialParameters.x}')")
    assert not list(search.check(sound))
    assert search.load(sound)["spec"]["resumePolicy"] == "Never"
    sound["spec"]["algorithm"]["algorithmName"] = "randm"
    assert any("random" in finding["message"] for finding in search.check(sound))
