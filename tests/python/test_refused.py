# SPDX-License-Identifier: Apache-2.0
"""What is refused where a pipeline is written, and is told why."""

import pytest

from kf import dsl
from kf.compiler import Compiler
from kf.dsl import Dataset, Output


@pytest.mark.parametrize("helper", ["name", len, 3])
def test_additional_functions_have_a_source(helper):
    def f():
        pass

    with pytest.raises(TypeError, match="additional_funcs are functions or classes"):
        dsl.component(f, additional_funcs=[helper])


def test_a_nested_pipeline_may_use_the_workspace_of_the_outer_one(tmp_path):
    @dsl.pipeline
    def inner():
        dsl.importer(artifact_uri="gs://x", artifact_class=Dataset, download_to_workspace=True)

    @dsl.pipeline(pipeline_config=dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size="1Gi")))
    def outer():
        inner()

    Compiler().compile(outer, tmp_path / "outer.yaml")
    with pytest.raises(ValueError, match="has none"):
        Compiler().compile(inner, tmp_path / "inner.yaml")


@pytest.mark.parametrize(
    "retry, text",
    [
        ({"num_retries": "3"}, "num_retries must be an integer"),
        ({"num_retries": 1, "backoff_factor": "2"}, "backoff_factor must be a number"),
        ({"num_retries": 1, "backoff_duration": 30}, 'backoff_duration must be text such as "30s"'),
        ({"num_retries": 1, "backoff_max_duration": 3.5}, "backoff_max_duration must be text"),
    ],
)
def test_retries_are_known_when_a_pipeline_is_compiled(retry, text):
    @dsl.component
    def f():
        pass

    def p():
        f().set_retry(**retry)

    with pytest.raises(TypeError, match=text):
        dsl.pipeline(p)


@pytest.mark.parametrize("value", [{1, 2}, object(), b"bytes"])
def test_other_values_are_refused_as_both_builtins(value):
    @dsl.component
    def f(x: list):
        pass

    def p():
        f(x=value)

    for builtin in (TypeError, ValueError):
        with pytest.raises(builtin, match="a value must be str, int"):
            dsl.pipeline(p)


def test_a_task_is_no_value():
    @dsl.component
    def f(x: str = "a") -> str:
        return x

    def p():
        f(x=f())

    with pytest.raises(ValueError, match="hand over one of its outputs"):
        dsl.pipeline(p)


def test_metadata_of_an_importer_holds_no_artifact():
    @dsl.component
    def write(data: Output[Dataset]):
        pass

    def whole():
        dsl.importer("gs://x", Dataset, metadata={"from": write().output})

    def within_text():
        dsl.importer("gs://x", Dataset, metadata={"from": f"a {write().output}"})

    for p in (whole, within_text):
        with pytest.raises(ValueError, match="data.* is an artifact"):
            dsl.pipeline(p)


def test_an_unknown_parameter_of_a_pipeline_is_a_wrong_value_as_well(tmp_path):
    @dsl.component
    def f(x: int = 1):
        pass

    for builtin in (LookupError, ValueError):
        with pytest.raises(builtin, match="no input 'y'"):
            Compiler().compile(f, tmp_path / "f.yaml", pipeline_parameters={"y": 2})
