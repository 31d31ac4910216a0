# SPDX-License-Identifier: Apache-2.0
"""What signatures stand for, in a module whose annotations are all text."""

from __future__ import annotations

import collections

import pytest

from kf import dsl
from kf.dsl import Dataset, Input, Output


def test_a_function_may_say_that_it_returns_nothing():
    @dsl.component
    def quiet(x: int, data: Output[Dataset]) -> None:
        pass

    assert list(quiet.component_spec.inputs) == ["x"]
    assert list(quiet.component_spec.outputs) == ["data"]


def test_a_tuple_without_types_is_no_output():
    Pair = collections.namedtuple("Pair", ["first", "second"])

    def pair():
        pass

    pair.__annotations__["return"] = Pair
    with pytest.raises(TypeError, match="first, second of Pair have no types"):
        dsl.component(pair)


def test_input_needs_a_class():
    def read(data: Input):
        pass

    with pytest.raises(TypeError, match=r"'data' needs a class of artifacts"):
        dsl.component(read)


@pytest.mark.parametrize("helper", ["name", len, 3])
def test_additional_functions_have_a_source(helper):
    def f():
        pass

    with pytest.raises(TypeError, match="additional_funcs are functions or classes"):
        dsl.component(f, additional_funcs=[helper])


def test_a_nested_pipeline_may_use_the_workspace_of_the_outer_one(tmp_path):
    from kf.compiler import Compiler

    @dsl.pipeline
    def inner():
        dsl.importer(artifact_uri="gs://x", artifact_class=Dataset, download_to_workspace=True)

    @dsl.pipeline(pipeline_config=dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size="1Gi")))
    def outer():
        inner()

    Compiler().compile(outer, tmp_path / "outer.yaml")
    with pytest.raises(ValueError, match="has none"):
        Compiler().compile(inner, tmp_path / "inner.yaml")
