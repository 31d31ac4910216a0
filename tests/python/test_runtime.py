# SPDX-License-Identifier: Apache-2.0
"""The runtime as a program: a component's source, an ExecutorInput, and what comes out.

What is expected is KFP's contract (kfp/dsl/executor.py and its ExecutorInput and ExecutorOutput messages).
"""

import json
import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

RUNTIME = pathlib.Path(__file__).resolve().parents[2] / "libkf/pipeline/runtime/kf_runtime.py"
HEADER = """
import kfp
from kfp import dsl
from kfp.dsl import *
from typing import *

"""


class Result:
    def __init__(self, process, folder):
        self.status = process.returncode
        self.log = process.stdout
        self.folder = folder
        path = folder / "executor_output.json"
        self.output = json.loads(path.read_text()) if path.exists() else None

    @property
    def values(self):
        assert self.status == 0, self.log
        return self.output.get("parameterValues", {})

    @property
    def value(self):
        return self.values["Output"]

    def artifact(self, name):
        assert self.status == 0, self.log
        (artifact,) = self.output["artifacts"][name]["artifacts"]
        return artifact


@pytest.fixture
def run(tmp_path):
    """Run a component: its source, parameters, input artifacts and output artifacts (name: schema title)."""

    def run(source, *, artifacts=None, makes=None, files=(), env=None, function="f", flags=(), **parameters):
        component = tmp_path / "component" / "ephemeral_component.py"
        component.parent.mkdir(exist_ok=True)
        component.write_text(HEADER + textwrap.dedent(source), encoding="utf-8")
        inputs = {"parameterValues": parameters}
        if artifacts:
            inputs["artifacts"] = {name: {"artifacts": each} for name, each in artifacts.items()}
        outputs = {"outputFile": str(tmp_path / "executor_output.json")}
        if makes:
            outputs["artifacts"] = {
                name: {"artifacts": [artifact(name, title, tmp_path / "made" / name)]}
                for name, title in makes.items()
            }
        outputs["parameters"] = {
            name: {"outputFile": str(tmp_path / "values" / name)} for name in files
        }
        command = [
            sys.executable, *flags, str(RUNTIME), "--component_module_path", str(component),
            "--executor_input", json.dumps({"inputs": inputs, "outputs": outputs}),
            "--function_to_execute", function,
        ]
        environment = {**os.environ, "_KFP_RUNTIME": "true", **(env or {})}
        if not env or "PYTHONPATH" not in env:
            environment.pop("PYTHONPATH", None)  # A task does not see the package under test.
        process = subprocess.run(
            command, env=environment, cwd=tmp_path, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        return Result(process, tmp_path)

    return run


def artifact(name, title, uri, **metadata):
    return {
        "name": name,
        "type": {"schemaTitle": title, "schemaVersion": "0.0.1"},
        "uri": str(uri),
        "metadata": metadata,
    }


# ---- parameters ----


@pytest.mark.parametrize("annotation, value", [
    ("str", "text"), ("str", ""), ("str", "\u00fc\u0000\U0001f600"), ("int", 3), ("int", -2**60),
    ("float", 1.5), ("bool", False), ("dict", {"a": {"b": [1]}}), ("list", [1, "x", None]),
    ("List[int]", [1]), ("Dict[str, int]", {"a": 1}), ("list[str]", ["x"]), ("dict[str, int]", {}),
    ("typing.List[str]", ["a"]), ("Optional[str]", "x"), ("Optional[List[int]]", [2]),
    ("Union[None, int]", 4), ("'int'", 5), ("Literal['a', 'b']", "b"), ("Any", {"x": 1}),
])
def test_parameter_in_and_out(run, annotation, value):
    source = f"import typing\ndef f(x: {annotation}) -> dict:\n    return {{'x': x}}\n"
    assert run(source, x=value).value == {"x": value}


@pytest.mark.parametrize("annotation, value, text", [
    ("int", 3.0, "3"), ("float", 3, "3.0"), ("float", 3.5, "3.5"), ("int", 2.5, "2.5"),
    ("bool", True, "True"), ("str", "3.0", "'3.0'"), ("list", [3.0], "[3.0]"),
    ("Optional[int]", 7.0, "7"),
])
def test_numbers_become_what_is_annotated(run, annotation, value, text):
    assert run(f"def f(x: {annotation}) -> str:\n    return repr(x)\n", x=value).value == text


def test_defaults_stand_in_for_what_is_not_given(run):
    source = """
        def f(a: str = 'a', b: Optional[int] = None, c: float = 1.5, d: list = [1], e: dict = {}) -> list:
            return [a, b, c, d, e]
    """
    assert run(source).value == ["a", None, 1.5, [1], {}]
    assert run(source, a="x", b=2, d=None, e={"k": 0}).value == ["x", 2, 1.5, [1], {"k": 0}]


def test_a_missing_parameter_is_an_error(run):
    result = run("def f(x: str):\n    pass\n")
    assert result.status == 1 and "missing 1 required positional argument: 'x'" in result.log


@pytest.mark.parametrize("annotation, value", [
    ("str", "'x'"), ("int", "1"), ("int", "True"), ("float", "1"), ("float", ".5"), ("bool", "False"),
    ("list", "[]"), ("dict", "{'a': 1}"), ("List[str]", "['x']"), ("Dict[str, float]", "{'x': .5}"),
    ("list[int]", "[1]"), ("'str'", "'x'"),
])
def test_return_values(run, annotation, value):
    assert run(f"def f() -> {annotation}:\n    return {value}\n").value == eval(value)


@pytest.mark.parametrize("annotation, value", [
    ("str", "1"), ("int", "1.0"), ("int", "'1'"), ("float", "'x'"), ("bool", "1"), ("list", "(1,)"),
    ("dict", "[]"), ("List[int]", "{}"),
])
def test_return_values_of_another_type(run, annotation, value):
    result = run(f"def f() -> {annotation}:\n    return {value}\n")
    assert result.status == 1 and result.output is None
    assert f"ValueError: Function `f` returned value of type {type(eval(value))}; want type" in result.log


def test_no_return_value(run):
    assert run("def f():\n    return None\n").output == {}
    assert run("def f() -> str:\n    pass\n").output == {}
    result = run("def f():\n    return 1\n")
    assert result.status == 1 and "RuntimeError: Function `f`" in result.log


@pytest.mark.parametrize("returned", ["(1, 'b')", "Given(1, 'b')", "Given(b='b', a=1)"])
def test_named_tuples(run, returned):
    source = f"""
        Given = NamedTuple('Given', [('a', int), ('b', str)])
        def f() -> NamedTuple('Outputs', [('a', int), ('b', str)]):
            return {returned}
    """
    assert run(source).values == {"a": 1, "b": "b"}


def test_named_tuples_in_other_ways(run):
    assert run("""
        def f() -> NamedTuple('Outputs', a=float, b=Dict[str, int]):
            from collections import namedtuple
            return namedtuple('Any', 'b a')(b={'x': 1}, a=2)
    """).values == {"a": 2, "b": {"x": 1}}
    result = run("def f() -> NamedTuple('O', a=int, b=int):\n    return (1, 2, 3)\n")
    assert "RuntimeError: Expected 2 return values from function `f`, got 3" in result.log


def test_output_paths_of_parameters(run):
    result = run("""
        def f(x: OutputPath(str), y: OutputPath('Integer'), z: OutputPath(List[int])):
            for path in (x, y, z):
                open(path, 'w').write('1')
    """, files=["x", "y", "z"])
    assert result.output == {}
    assert {path.name for path in (result.folder / "values").iterdir()} == {"x", "y", "z"}


def test_what_json_cannot_carry(run):
    result = run("def f() -> float:\n    return float('nan')\n")
    assert result.status == 1 and "ValueError: output 'Output' cannot be written as JSON" in result.log
    result = run("""
        def f(m: Output[Metrics]):
            m.log_metric('x', {1, 2})
    """, makes={"m": "system.Metrics"})
    assert result.status == 1 and "TypeError: output 'm' cannot be written as JSON" in result.log


def test_pydantic_models(run):
    pytest.importorskip("pydantic", minversion="2")
    result = run("""
        from pydantic import BaseModel
        class Point(BaseModel):
            x: int
            y: Optional[float] = None
        def f(point: Point) -> Point:
            assert isinstance(point, Point)
            return Point(x=point.x + 1, y=.5)
    """, point={"x": "4"})
    assert result.value == {"x": 5, "y": 0.5}


# ---- artifacts ----


def test_input_artifacts(run):
    source = """
        def f(a: Input[Dataset], b: dsl.Input[dsl.Artifact], c: Model, d: InputPath('Dataset')) -> list:
            return [[type(a).__name__, a.name, a.uri, a.metadata, a.path],
                    type(b).__name__, type(c).__name__, c.framework, d]
    """
    result = run(source, artifacts={
        "a": [artifact("n", "system.Dataset", "gs://bucket/x", rows=3)],
        "b": [artifact("n", "system.HTML", "/x")],
        "c": [artifact("n", "system.Model", "/x", framework="sk")],
        "d": [artifact("n", "system.Dataset", "s3://bucket/d")],
    })
    assert result.value == [
        ["Dataset", "n", "gs://bucket/x", {"rows": 3}, "/gcs/bucket/x"], "HTML", "Model", "sk", "/s3/bucket/d"]


def test_lists_of_input_artifacts(run):
    source = """
        def f(a: Input[List[Dataset]], b: List[Artifact], c: Optional[Input[List[Model]]] = None,
              d: Input[list[Dataset]] = None) -> list:
            return [[x.name for x in a], [x.uri for x in b], c, len(d)]
    """
    two = [artifact("0", "system.Dataset", "/0"), artifact("1", "system.Dataset", "/1")]
    assert run(source, artifacts={"a": two, "b": two[:1], "d": two}).value == [["0", "1"], ["/0"], None, 2]


def test_optional_artifacts(run):
    source = """
        def f(a: Optional[Input[Dataset]] = None, b: Input[Model] = None, c: InputPath('Dataset') = None) -> list:
            return [a, b, c]
    """
    assert run(source).value == [None, None, None]
    given = artifact("a", "system.Dataset", "/a")
    assert run(source, artifacts={"c": [given]}).value == [None, None, "/a"]
    if sys.version_info >= (3, 10):
        assert run("def f(a: Input[Dataset] | None = None) -> bool:\n    return a is None\n").value


def test_output_artifacts(run):
    result = run("""
        def f(data: Output[Dataset], model: dsl.Output[Model], path: OutputPath('Markdown')) -> int:
            open(data.path, 'w').write('rows')
            data.metadata['rows'] = 1
            model.framework = 'sk'
            model.uri = 's3://elsewhere/model'
            model.name = 'best'
            open(path, 'w').write('# text')
            return 1
    """, makes={"data": "system.Dataset", "model": "system.Model", "path": "system.Markdown"})
    made = result.folder / "made"
    assert result.value == 1
    assert (made / "data").read_text() == "rows" and (made / "path").read_text() == "# text"
    assert result.artifact("data") == {"name": "data", "uri": str(made / "data"), "metadata": {"rows": 1}}
    assert result.artifact("model") == {
        "name": "best", "uri": "s3://elsewhere/model", "metadata": {"framework": "sk"}}
    assert result.artifact("path") == {"name": "path", "uri": str(made / "path"), "metadata": {}}
    assert list(result.output) == ["parameterValues", "artifacts"]


def test_custom_paths(run):
    result = run("""
        def f(data: Output[Dataset]) -> str:
            before = data.path
            data.custom_path = '/somewhere/else'
            return before if data.path == '/somewhere/else' else 'wrong'
    """, makes={"data": "system.Dataset"})
    assert result.value == str(result.folder / "made" / "data")
    assert result.artifact("data") == {
        "name": "data", "uri": str(result.folder / "made" / "data"), "metadata": {},
        "custom_path": "/somewhere/else"}


def test_returned_artifacts(run):
    result = run("""
        def f() -> Dataset:
            return Dataset(uri=dsl.get_uri(), metadata={'rows': 2})
    """, makes={"Output": "system.Dataset"})
    assert result.artifact("Output") == {
        "name": "", "uri": str(result.folder / "Output"), "metadata": {"rows": 2}}


def test_returned_data_of_an_artifact(run):
    result = run("def f() -> Dataset:\n    return 'a,b'\n", makes={"Output": "system.Dataset"})
    assert (result.folder / "made" / "Output").read_text() == "a,b"
    assert result.artifact("Output")["uri"] == str(result.folder / "made" / "Output")


def test_named_tuples_of_artifacts(run):
    result = run("""
        def f() -> NamedTuple('Outputs', data=Dataset, model=Model, n=int):
            outputs = NamedTuple('Outputs', data=Dataset, model=Model, n=int)
            return outputs('text', Model(name='m', uri=get_uri('model')), 3)
    """, makes={"data": "system.Dataset", "model": "system.Model"})
    assert result.values == {"n": 3}
    assert (result.folder / "made" / "data").read_text() == "text"
    assert result.artifact("model") == {"name": "m", "uri": str(result.folder / "model"), "metadata": {}}


def test_names_of_returned_artifacts_on_vertex(run):
    source = "def f(x: str) -> Dataset:\n    return Dataset(name=x, uri='gs://b/x')\n"
    env = {"VERTEX_AI_PIPELINES_RUN_LABELS": "{}"}
    unnamed = run(source, makes={"Output": "system.Dataset"}, env=env, x="")
    assert unnamed.artifact("Output")["name"] == "Output"
    named = run(source, makes={"Output": "system.Dataset"}, env=env, x="mine")
    assert named.artifact("Output")["name"] == "mine" and "RuntimeWarning" in named.log


def test_artifact_classes_of_others(run):
    source = """
        class Vertex(dsl.Artifact):
            schema_title = 'google.VertexModel'
            schema_version = '0.0.1'
            @property
            def path(self):
                return 'vertex:' + self.uri
        class Made(dsl.Artifact):
            schema_title = 'google.Made'
            schema_version = '0.0.1'
            @classmethod
            def _from_executor_fields(cls, uri, name, metadata):
                made = cls()
                made.uri = 'made ' + uri
                return made
        def f(a: Input[Vertex], b: Input[Vertex], c: Made) -> list:
            return [type(a).__name__, a.path, type(b).__name__, type(c).__name__, c.uri]
    """
    result = run(source, artifacts={
        "a": [artifact("a", "google.VertexModel", "/a")],
        "b": [artifact("b", "system.Dataset", "/b")],
        "c": [artifact("c", "google.Made", "/c")],
    })
    assert result.value == ["Vertex", "vertex:/a", "Dataset", "Made", "made /c"]


@pytest.mark.parametrize("uri, path", [
    ("gs://b/x/y", "/gcs/b/x/y"), ("s3://b/x", "/s3/b/x"), ("minio://b/x", "/minio/b/x"),
    ("oci://r/image:v1", "/oci/r_image:v1"), ("/local/x", "/local/x"), ("https://h/x", "https://h/x"), ("", ""),
])
def test_paths_of_uris(run, uri, path):
    source = """
        def f(a: Input[Artifact]) -> list:
            path, model = a.path, Model(uri=a.uri)
            shown = model.path
            model.path = path + ('/models' if a.uri.startswith('oci') else '')
            return [path, shown, model.uri]
    """
    found = run(source, artifacts={"a": [artifact("a", "system.Artifact", uri)]}).value
    back = uri.replace("_", "/")
    assert found == [path, path + "/models" if uri.startswith("oci") else path, back]


def test_artifacts_in_the_workspace(run):
    source = "def f(a: Input[Dataset]) -> str:\n    return a.path\n"
    given = {"a": [artifact("a", "system.Dataset", "gs://b/x", _kfp_workspace=True)]}
    assert run(source, artifacts=given).value == "/kfp-workspace/.artifacts/gcs/b/x"
    assert run(source, artifacts=given, env={"KF_WORKSPACE": "/w"}).value == "/w/.artifacts/gcs/b/x"


def test_get_uri_on_the_backend_of_kfp(run):
    result = run("""
        from kfp.dsl.types import artifact_types
        def f() -> str:
            artifact_types.CONTAINER_TASK_ROOT = '/tmp/kfp_outputs'
            return dsl.get_uri('x')
    """)
    assert result.value == "" and "RuntimeWarning" in result.log


# ---- metrics ----


def metrics(run, body, title="system.ClassificationMetrics"):
    source = f"def f(m: Output[Artifact]):\n{textwrap.indent(textwrap.dedent(body), '    ')}"
    result = run(source, makes={"m": title})
    return result.artifact("m")["metadata"] if result.status == 0 else result.log


def test_metrics(run):
    assert metrics(run, "m.log_metric('a', .5); m.log_metric('b', 2)", "system.Metrics") == {"a": 0.5, "b": 2}


def test_roc_curves(run):
    expected = {"confidenceMetrics": [
        {"confidenceThreshold": 0.5, "recall": 0.2, "falsePositiveRate": 0.1},
        {"confidenceThreshold": 0.9, "recall": 0.4, "falsePositiveRate": 0.3},
    ]}
    assert metrics(run, "m.log_roc_curve([.1, .3], [.2, .4], [.5, .9])") == expected
    assert metrics(run, """
        m.log_roc_data_point(fpr=.1, tpr=.2, threshold=.5)
        m.log_roc_data_point(fpr=.3, tpr=.4, threshold=.9)
    """) == expected
    assert "ValueError: fpr, tpr and threshold" in metrics(run, "m.log_roc_curve([.1], [], [])")


MATRIX = {"confusionMatrix": {
    "annotationSpecs": [{"displayName": "cat"}, {"displayName": "dog"}],
    "rows": [{"row": [1, 2]}, {"row": [3, 4]}],
}}


def test_confusion_matrices(run):
    assert metrics(run, "m.log_confusion_matrix(['cat', 'dog'], [[1, 2], [3, 4]])") == MATRIX
    assert metrics(run, """
        m.set_confusion_matrix_categories(['cat', 'dog'])
        m.log_confusion_matrix_row('dog', [3, 4])
        m.log_confusion_matrix_cell('cat', 'cat', 1)
        m.log_confusion_matrix_cell('cat', 'dog', 2)
    """) == MATRIX


@pytest.mark.parametrize("body", [
    "m.log_confusion_matrix_row('cat', [1])",
    "m.set_confusion_matrix_categories(['cat']); m.log_confusion_matrix_row('dog', [1])",
    "m.set_confusion_matrix_categories(['cat']); m.log_confusion_matrix_row('cat', [1, 2])",
    "m.set_confusion_matrix_categories(['cat']); m.log_confusion_matrix_cell('cat', 'dog', 1)",
    "m.log_confusion_matrix(['cat', 'dog'], [[1, 2]])",
    "m.log_confusion_matrix(['cat', 'dog'], [[1, 2], [3]])",
])
def test_confusion_matrices_that_do_not_fit(run, body):
    assert "ValueError: " in metrics(run, body)


def test_sliced_metrics(run):
    found = metrics(run, """
        m.log_roc_reading('a', threshold=.5, tpr=.2, fpr=.1)
        m.load_roc_readings('a', [[.9, .4, .3]])
        m.load_confusion_matrix('b', ['cat', 'dog'], [[1, 2], [3, 4]])
        m.set_confusion_matrix_categories('c', ['cat', 'dog'])
        m.log_confusion_matrix_row('c', 'dog', [3, 4])
        m.log_confusion_matrix_cell('c', 'cat', 'cat', 1)
        m.log_confusion_matrix_cell('c', 'cat', 'dog', 2)
    """, "system.SlicedClassificationMetrics")
    points = [
        {"confidenceThreshold": 0.5, "recall": 0.2, "falsePositiveRate": 0.1},
        {"confidenceThreshold": 0.9, "recall": 0.4, "falsePositiveRate": 0.3},
    ]
    assert found == {"evaluationSlices": [
        {"slice": "a", "sliceClassificationMetrics": {"confidenceMetrics": points}},
        {"slice": "b", "sliceClassificationMetrics": MATRIX},
        {"slice": "c", "sliceClassificationMetrics": MATRIX},
    ]}


# ---- what the engine hands over ----


@pytest.mark.parametrize("status", [
    {"state": "FAILED", "pipelineJobResourceName": "job", "pipelineTaskName": "task",
     "error": {"code": 9, "message": "no"}},
    {"state": "FAILED", "pipeline_job_resource_name": "job", "pipeline_task_name": "task",
     "error": {"code": 9, "message": "no"}},
])
def test_final_status(run, status):
    source = """
        def f(status: PipelineTaskFinalStatus) -> list:
            import dataclasses
            assert dataclasses.asdict(status) == vars(status) and dataclasses.is_dataclass(status)
            return [status.state, status.pipeline_job_resource_name, status.pipeline_task_name,
                    status.error_code, status.error_message]
    """
    assert run(source, status=status).value == ["FAILED", "job", "task", 9, "no"]
    assert run(source, status={"state": "SUCCEEDED"}).value == ["SUCCEEDED", None, None, None, None]


def test_task_config(run):
    source = """
        def f(config: dsl.TaskConfig) -> list:
            import dataclasses
            copy = dataclasses.replace(config, env=[])
            return [list(dataclasses.asdict(config)), config.node_selector, config.volume_mounts, copy.env,
                    config == copy]
    """
    names = ["affinity", "tolerations", "node_selector", "env", "volumes", "volume_mounts", "resources"]
    given = {"nodeSelector": {"a": "b"}, "volumeMounts": [{"name": "v"}]}
    assert run(source, config=given).value == [names, {"a": "b"}, [{"name": "v"}], [], False]
    assert run(source).value == [names, None, None, [], False]


def test_embedded_input(run):
    source = """
        __KFP_EMBEDDED_ASSET_DIR = '/folder'
        def f(x: EmbeddedInput[Dataset] if hasattr(dsl, 'x') else dsl.EmbeddedInput[Dataset]) -> list:
            return [type(x).__name__, x.path]
    """
    assert run(source).value == ["Dataset", "/folder"]
    assert run("__KFP_EMBEDDED_ASSET_FILE = '/folder/file'" + textwrap.dedent(source)).value == [
        "Dataset", "/folder/file"]
    assert "RuntimeError" in run("def f(x: dsl.EmbeddedInput[Dataset]):\n    pass\n").log


@pytest.mark.parametrize("kind, written", [
    ("chief", True), ("master", True), ("workerpool0", True), ("workerpool1", False), ("worker", False)])
def test_replicas(run, kind, written):
    env = {"CLUSTER_SPEC": json.dumps({"task": {"type": kind}})}
    result = run("def f() -> int:\n    return 1\n", env=env)
    assert result.status == 0 and (result.output is not None) == written


# ---- the modules ----


def test_modules_of_kfp(run):
    result = run("""
        import kf, kf.dsl, kfp.dsl
        from kf import dsl as other
        from kfp.dsl.types.artifact_types import Model as M
        from kfp.dsl.types.type_annotations import InputPath as I
        from kfp.dsl.task_final_status import PipelineTaskFinalStatus as S
        def f() -> list:
            import pickle
            assert kfp.dsl is dsl and kf.dsl is other and M is dsl.Model is other.Model and S is PipelineTaskFinalStatus
            assert pickle.loads(pickle.dumps(Model(name='m'))).name == 'm'
            assert kfp.TYPE_CHECK and kfp.__version__.startswith('2.')
            return sorted(name for name in dir(dsl) if name.endswith('PLACEHOLDER'))
    """)
    assert result.value == sorted(f"{name}_PLACEHOLDER" for name in (
        "PIPELINE_JOB_NAME", "PIPELINE_JOB_RESOURCE_NAME", "PIPELINE_JOB_ID", "PIPELINE_TASK_NAME",
        "PIPELINE_TASK_ID", "PIPELINE_TASK_EXECUTOR_OUTPUT_PATH", "PIPELINE_TASK_EXECUTOR_INPUT",
        "PIPELINE_ROOT", "PIPELINE_JOB_CREATE_TIME_UTC", "PIPELINE_JOB_SCHEDULE_TIME_UTC", "WORKSPACE_PATH"))


def test_placeholders(run):
    source = """
        def f() -> list:
            return [PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER, dsl.PIPELINE_JOB_ID_PLACEHOLDER,
                    dsl.PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER]
    """
    assert run(source).value == ["{{$}}", "{{$.pipeline_job_uuid}}", "{{$.outputs.output_file}}"]


def test_names_that_only_authors_have(run):
    result = run("def f():\n    dsl.component\n", flags=["-S"])
    assert "AttributeError: module 'kfp.dsl' has no attribute 'component' while a task runs" in result.log
    result = run("def f():\n    from kfp.dsl import pipeline\n", flags=["-S"])
    assert "ImportError: cannot import name 'pipeline'" in result.log


@pytest.fixture
def package(tmp_path):
    """A stand-in for the package kfp, installed where the component finds it."""
    for name, text in {
        "__init__.py": """
            import os
            from kfp import dsl
            from kfp.client import Client
            assert '_KFP_RUNTIME' not in os.environ
        """,
        "client/__init__.py": """
            from kfp.dsl import Artifact, pipeline
            from kfp.dsl.helper import WHO
            class Client:
                who = WHO
        """,
        "dsl/__init__.py": """
            from kfp.dsl.helper import component
            from kfp.dsl.types.artifact_types import Artifact
            from kfp.dsl.types.type_annotations import InputPath, is_path
            pipeline = 'pipeline'
        """,
        "dsl/helper.py": """
            from kfp import dsl
            WHO = 'helper'
            def component(function):
                return dsl.pipeline, dsl.Artifact
        """,
        "dsl/types/type_annotations.py": """
            class InputPath:
                pass
            def is_path(x):
                return isinstance(x, InputPath)
        """,
    }.items():
        path = tmp_path / "site" / "kfp" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return {"PYTHONPATH": str(tmp_path / "site")}


@pytest.mark.parametrize("asked", [
    "from kfp.client import Client", "Client = kfp.Client", "import kfp.client as c; Client = c.Client",
    "Client = kfp.client.Client"])
def test_the_rest_of_an_installed_package(run, package, asked):
    result = run(f"""
        def f() -> list:
            import os
            {asked}
            from kfp.dsl.types import type_annotations
            assert dsl.component(f) == ('pipeline', Artifact) and kfp.client.Artifact is Artifact
            return [Client.who, type_annotations.is_path(InputPath('Dataset')), os.environ['_KFP_RUNTIME']]
    """, env=package)
    assert result.value == ["helper", True, "true"]


@pytest.mark.parametrize("name", ["kfp.client", "kf.search", "kfp.dsl.component_decorator"])
def test_the_rest_of_a_package_that_is_not_installed(run, name):
    result = run(f"def f():\n    import {name}\n", flags=["-S"])
    root = name.partition(".")[0]
    assert f"ModuleNotFoundError: No module named '{name}': " in result.log
    assert f"add '{root}' to packages_to_install" in result.log


# ---- the program ----


def test_tracebacks_begin_in_the_component(run):
    result = run("def f():\n    g()\ndef g():\n    raise KeyError('k')\n")
    lines = result.log.splitlines()
    assert result.status == 1 and lines[0] == "Traceback (most recent call last):"
    assert "ephemeral_component.py\", line 8, in f" in lines[1] and lines[2].strip() == "g()"
    assert lines[-1] == "KeyError: 'k'" and "kf_runtime" not in result.log


def test_exit_status_of_the_component(run):
    assert run("def f():\n    raise SystemExit(7)\n").status == 7
    assert run("def f():\n    import os; os._exit(9)\n").status == 9
    assert run("def f():\n    exit()\n").output is None


def test_what_is_wrong_with_the_call(run):
    assert "has no function 'g'" in run("def f():\n    pass\n", function="g").log
    process = subprocess.run([sys.executable, str(RUNTIME)], text=True, capture_output=True)
    assert process.returncode == 1 and "--executor_input is missing" in process.stderr


def test_logging_is_in_the_log(run):
    result = run("""
        import logging
        def f():
            logging.info('shown')
            logging.debug('not shown')
            logging.getLogger('x').warning('also shown')
    """)
    assert "INFO]: shown\n" in result.log and "WARNING]: also shown\n" in result.log
    assert "not shown" not in result.log


def test_modules_of_the_working_directory(run, tmp_path):
    (tmp_path / "mine.py").write_text("X = 5")
    assert run("import mine\ndef f() -> int:\n    return mine.X\n").value == 5


def test_spawned_processes(run):
    assert run("""
        def double(x):
            return 2 * x
        def f() -> list:
            import multiprocessing
            with multiprocessing.get_context('spawn').Pool(1) as pool:
                return pool.map(double, [1, 2])
    """).value == [2, 4]


def test_notebook_stub(run):
    result = run("def f():\n    dsl.run_notebook(x=1)\n")
    assert "NotImplementedError" in result.log
    result = run("dsl.run_notebook = print\ndef f():\n    dsl.run_notebook('ran')\n")
    assert result.status == 0 and result.log == "ran\n"
