# SPDX-License-Identifier: Apache-2.0
"""Experiments on this machine, from Python."""

import csv
import io
import sqlite3
import sys
import xml.etree.ElementTree
from typing import NamedTuple

import pytest

import kf
from kf import dsl, search
from kf.dsl import Dataset, Input
from kf.store import Store


@dsl.component
def fit(x: float, n: int) -> float:
    return x * x + n


@dsl.component
def show(count: int, flag: bool, word: str, items: list, by: float = 1.0) -> str:
    return repr([count, flag, word, items, by])


def tuned(pipeline, parameters, home, **more):
    given = {"objective": "Output", "n_trials": 1, "use_venv": False, "algorithm": "random", **more}
    return search.tune(pipeline, parameters, home=home, **given)


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
    shown = xml.etree.ElementTree.fromstring(result._repr_html_())
    pictures = [each.get("aria-label") for each in shown.iter("{http://www.w3.org/2000/svg}svg")]
    assert pictures == ["history", "parallel coordinates"]
    assert len(shown.findall(".//{http://www.w3.org/2000/svg}circle")) == 5
    result.to_html(tmp_path / "page.html")
    page = xml.etree.ElementTree.parse(tmp_path / "page.html").getroot()
    assert page.find("head/title").text == result.id and result.to_html().startswith("<!DOCTYPE")
    assert set(result.importance) == {"x", "n"} and sum(result.importance.values()) == pytest.approx(1)
    assert [event["kind"] for event in seen].count("ended") == 5


def test_choices_have_the_types_of_the_inputs(tmp_path):
    result = tuned(
        show,
        {
            "count": search.discrete([16]),
            "flag": search.categorical([True]),
            "word": search.categorical(["1"]),
            "items": search.categorical([[1, "a"]]),
            "by": search.int(2, 2),
        },
        tmp_path,
        n_trials=2,
    )
    params = {"count": 16, "flag": True, "word": "1", "items": [1, "a"], "by": 2}
    assert [trial["params"] for trial in result.trials] == [params] * 2
    assert params["flag"] is result.trials[0]["params"]["flag"]
    run = Store(tmp_path).run(result.trials[0]["run"])
    assert run["outputs"] == {"Output": "[16, True, '1', [1, 'a'], 2.0]"}


def test_arguments_are_the_same_in_every_trial(tmp_path):
    fixed = {"count": 3, "flag": False, "word": "w", "items": []}
    result = tuned(show, {"by": search.double(0, 1)}, tmp_path, arguments=fixed)
    (trial,) = result.trials
    said = Store(tmp_path).run(trial["run"])["outputs"]["Output"]
    assert said == repr([3, False, "w", [], trial["params"]["by"]])
    again = search.resume(result.id, max_trials=2, home=tmp_path)
    said = Store(tmp_path).run(again.trials[1]["run"])["outputs"]["Output"]
    assert said == repr([3, False, "w", [], again.trials[1]["params"]["by"]])


FIXED = {"count": 3, "flag": False, "word": "w", "items": []}


@pytest.mark.parametrize(
    "parameters, arguments, error, message",
    [
        ({"bye": search.double(0, 1)}, FIXED, kf.NotFound, "no input 'bye'; did you mean 'by'"),
        ({"by": search.double(0, 1)}, {}, kf.MissingArgument, "'count' has no default"),
        ({"by": search.double(0, 1)}, {**FIXED, "by": 1.0}, kf.InvalidArgument, "'by' is a parameter"),
        ({"by": search.double(0, 1)}, {**FIXED, "wort": "w"}, kf.NotFound, "did you mean 'word'"),
        ({"by": search.double(0, 1)}, {**FIXED, "count": "w"}, kf.TypeMismatch, "NUMBER_INTEGER"),
        ({"count": search.double(0, 1)}, {}, kf.TypeMismatch, "'count' is a double.*whole numbers"),
        ({"flag": search.int(0, 1)}, {}, kf.TypeMismatch, "'flag' is an int.*make it categorical"),
        ({"items": search.int(0, 1)}, {}, kf.TypeMismatch, "'items' is an int.*takes no number"),
        ({"count": search.categorical(["many"])}, {}, kf.TypeMismatch, "cannot take a string: \"many\""),
        (
            {
                "by": search.discrete([1, 2]),
                "count": search.int(1, 2, when={"by": [1]}),
            },
            {},
            kf.MissingArgument,
            "'count' has a condition",
        ),
    ],
)
def test_parameters_must_be_inputs(tmp_path, parameters, arguments, error, message):
    with pytest.raises(error, match=message):
        tuned(show, parameters, tmp_path, arguments=arguments)


def test_artifacts_are_arguments(tmp_path, monkeypatch):
    @dsl.component
    def measure(data: Input[Dataset], factor: float) -> float:
        return len(open(data.path).read()) * factor

    @dsl.pipeline
    def measured(data: Input[Dataset], factor: float) -> float:
        return measure(data=data, factor=factor).output

    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.txt").write_text("12345")
    given = {"arguments": {"data": "data.txt"}}
    result = tuned(measured, {"factor": search.int(2, 2)}, tmp_path / "home", **given)
    assert result.best["values"] == {"Output": 10.0}
    monkeypatch.chdir("/")
    again = search.resume(result.id, max_trials=2, home=tmp_path / "home")
    assert again.trials[1]["values"] == {"Output": 10.0}
    with pytest.raises(kf.TypeMismatch, match="'data' is an artifact"):
        tuned(measured, {"data": search.int(1, 2)}, tmp_path / "home")


def test_the_document_has_what_was_asked_for(tmp_path):
    result = tuned(
        fit,
        {"x": search.double(-1, 1), "n": search.int(1, 3)},
        tmp_path,
        direction="maximize",
        algorithm="tpe",
        settings={"n_EI_candidates": 12},
        early_stopping="medianstop",
        early_stopping_settings={"min_trials_required": 2, "start_step": 5},
        goal=100,
        max_failed=1,
        metrics=["more"],
    )
    assert result.early_stopping == "medianstop" and result.settings == {"n_EI_candidates": "12"}
    assert result.stopping_settings == {"min_trials_required": "2", "start_step": "5"}
    with sqlite3.connect(tmp_path / "kf.db") as store:
        (document,) = store.execute("SELECT document FROM experiments").fetchone()
    spec = search.load(document)["spec"]
    assert spec["earlyStopping"] == {
        "algorithmName": "medianstop",
        "algorithmSettings": [
            {"name": "min_trials_required", "value": "2"},
            {"name": "start_step", "value": "5"},
        ],
    }
    assert spec["algorithm"]["algorithmSettings"] == [{"name": "n_EI_candidates", "value": "12"}]
    assert spec["objective"]["goal"] == 100 and spec["objective"]["additionalMetricNames"] == ["more"]
    assert (spec["maxTrialCount"], spec["parallelTrialCount"], spec["maxFailedTrialCount"]) == (1, 1, 1)


def test_settings_of_early_stopping_are_checked(tmp_path):
    space = {"x": search.double(-1, 1), "n": search.int(1, 3)}
    with pytest.raises(kf.NotFound, match="'start_stop'.*did you mean 'start_step'"):
        stopping = {"early_stopping": "medianstop", "early_stopping_settings": {"start_stop": 5}}
        tuned(fit, space, tmp_path, **stopping)
    with pytest.raises(kf.Error, match="start_step"):
        stopping = {"early_stopping": "medianstop", "early_stopping_settings": {"start_step": 0}}
        tuned(fit, space, tmp_path, **stopping)


@dsl.component
def learn(x: float, folder: str) -> float:
    import os
    import time

    from kf import search

    number = len(os.listdir(folder)) + 1
    open(os.path.join(folder, str(number)), "w").close()
    search.report(step=1, loss=number)
    search.report(step=2, loss=number + 0.5)
    if number >= 3:
        time.sleep(100)  # Worse than the others, and it would go on for long.
    return x


def test_a_pipeline_that_does_badly_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    (tmp_path / "seen").mkdir()
    seen = []
    result = tuned(
        learn,
        {"x": search.double(0, 1)},
        tmp_path / "home",
        objective="loss",
        n_trials=4,
        early_stopping="medianstop",
        early_stopping_settings={"min_trials_required": 2, "start_step": 1},
        arguments={"folder": str(tmp_path / "seen")},
        on_event=seen.append,
    )
    states = [trial["state"] for trial in result.trials]
    assert states == ["SUCCEEDED", "SUCCEEDED", "EARLY_STOPPED", "EARLY_STOPPED"]
    assert [trial["values"]["loss"] for trial in result.trials] == [1, 2, 3, 4]
    # Whoever looks between the two reports of the first trial sees its first.
    assert next(event["value"] for event in seen if event["kind"] == "reported") in (1, 1.5)
    home = Store(tmp_path / "home")
    assert [home.run(trial["run"])["state"] for trial in result.trials[1:3]] == ["SUCCEEDED", "CANCELED"]
    assert [trial["metrics"]["loss"]["latest"] for trial in result.trials[:2]] == [1.5, 2.5]


def test_several_objectives(tmp_path):
    @dsl.component
    def both(x: float) -> NamedTuple("Both", [("up", float), ("down", float)]):
        return x, 1 - x

    result = tuned(
        both,
        {"x": search.double(0, 1)},
        tmp_path,
        objective=["up", "down"],
        direction=["maximize", "minimize"],
        n_trials=3,
    )
    for trial in result.trials:
        x = trial["params"]["x"]
        assert trial["values"] == {"up": x, "down": 1 - x}
    with pytest.raises(kf.InvalidArgument, match="one per objective"):
        tuned(both, {"x": search.double(0, 1)}, tmp_path, objective=["a", "b"], direction=["up"])


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


def test_a_grid_ends_by_itself(tmp_path):
    space = {"x": search.discrete([1, 2, 3]), "n": search.int(1, 2)}
    result = tuned(fit, space, tmp_path, algorithm="grid", n_trials=None)
    assert result.reason == "ExperimentSuggestionEndReached"
    tried = {(trial["params"]["x"], trial["params"]["n"]) for trial in result.trials}
    assert tried == {(x, n) for x in (1, 2, 3) for n in (1, 2)} and len(result.trials) == 6


def test_results_are_looked_up(tmp_path):
    first = tuned(fit, {"x": search.double(-1, 1), "n": search.int(1, 3)}, tmp_path)
    study = search.Study(
        {"x": search.double(0, 1)},
        store=tmp_path,
        name="asked",
        early_stopping="medianstop",
        early_stopping_settings={"start_step": 7},
    )
    study.tell(study.ask(), 0.25)
    assert search.result("fit", home=tmp_path).description == first.description
    asked = search.result(home=tmp_path)
    assert [each["id"] for each in Store(tmp_path).experiments()] == ["asked", "fit"]
    assert (asked.id, asked.kind, asked.best["values"]) == ("asked", "study", {"objective": 0.25})
    assert asked.early_stopping == "medianstop"
    assert asked.stopping_settings == {"start_step": 7, "min_trials_required": 3}
    assert asked._repr_html_() == study._repr_html_()
    with pytest.raises(kf.NotFound, match="no experiment 'none'"):
        search.result("none", home=tmp_path)


def test_documents():
    sound = experiment("print('score=${trialParameters.x}')")
    assert not list(search.check(sound))
    assert search.load(sound)["spec"]["resumePolicy"] == "Never"
    sound["spec"]["algorithm"]["algorithmName"] = "randm"
    assert any("random" in finding["message"] for finding in search.check(sound))
