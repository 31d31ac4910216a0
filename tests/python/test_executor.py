# SPDX-License-Identifier: Apache-2.0
"""Calling a component's function with an ExecutorInput, in this process."""

import json
from typing import NamedTuple, Optional

import pytest

from kf import dsl
from kf.dsl import Artifact, Dataset, Input, Output, executor
from kf.dsl.types import artifact_types


@pytest.fixture(autouse=True)
def no_task_runs():
    yield
    artifact_types.CONTAINER_TASK_ROOT = None


@pytest.fixture
def execute(tmp_path):
    """Execute a function: the input's parameters and artifacts, and what it has to make."""

    def execute(function, artifacts=None, makes=None, **parameters):
        def record(name):
            title = "system.Dataset"
            place = str(tmp_path / "made" / name)
            return {"artifacts": [{"name": name, "uri": place, "type": {"schemaTitle": title}}]}

        outputs = {"outputFile": str(tmp_path / "deep" / "output.json")}
        outputs["artifacts"] = {name: record(name) for name in makes or ()}
        inputs = {"parameterValues": parameters, "artifacts": artifacts or {}}
        executor_input = {"inputs": inputs, "outputs": outputs}
        path = executor.Executor(executor_input, function).execute()
        assert path == outputs["outputFile"]
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    return execute


def test_parameters_and_artifacts(execute, tmp_path):
    def count(data: Input[Dataset], times: int, out: Output[Dataset], word: str = "x") -> int:
        out.metadata["words"] = word
        with open(out.path, "w", encoding="utf-8") as file:
            file.write(data.name)
        return len(data.uri) * times

    data = {"artifacts": [{"name": "d", "uri": "/d/12", "type": {"schemaTitle": "system.Dataset"}}]}
    output = execute(count, {"data": data}, ["out"], times=3.0)
    assert output["parameterValues"] == {"Output": 15}
    (made,) = output["artifacts"]["out"]["artifacts"]
    assert made["metadata"] == {"words": "x"}
    assert (tmp_path / "made" / "out").read_text() == "d"


def test_a_component_stands_for_its_function(execute):
    @dsl.component
    def both(x: Optional[int] = None) -> NamedTuple("Both", [("a", str), ("b", bool)]):
        return ("none", x is None)

    assert execute(both)["parameterValues"] == {"a": "none", "b": True}


def test_where_artifacts_of_the_task_go(execute, tmp_path):
    def make() -> Artifact:
        return Artifact(uri=dsl.get_uri("mine"))

    output = execute(make, makes=["Output"])
    assert output["artifacts"]["Output"]["artifacts"][0]["uri"] == str(tmp_path / "deep" / "mine")


def test_a_value_of_another_type_than_annotated(execute):
    def wrong() -> int:
        return "1"

    with pytest.raises(ValueError, match="`wrong`.*str.*int"):
        execute(wrong)
