# SPDX-License-Identifier: Apache-2.0
"""Components that are read from YAML."""

import http.server
import threading

import pytest

import kf
from kf import compiler, components, dsl
from kf.dsl import Dataset, Input, Model, Output

OLD = """
name: Train a model
description: Trains.
inputs:
- {name: Data Set, type: Dataset, description: What to train on.}
- {name: rate, type: Float, default: '0.5'}
- {name: rounds, type: Integer, optional: true}
outputs:
- {name: model, type: Model}
implementation:
  container:
    image: trainer
    command: [train]
    args:
    - {inputPath: Data Set}
    - {inputValue: rate}
    - if:
        cond: {isPresent: rounds}
        then: [--rounds, {inputValue: rounds}]
    - {outputPath: model}
"""


@dsl.component
def write(text: str, data: Output[Dataset]):
    """Writes.

    Args:
        text: What is written.
    """


@dsl.component
def train(data: Input[Dataset], rate: float = 0.5) -> Model:
    pass


@dsl.pipeline
def pipeline(text: str = "x") -> Model:
    """A pipeline."""
    return train(data=write(text=text).output).output


def test_defaults_of_a_loaded_component():
    component = components.load_component_from_text(
        "{name: c, implementation: {container: {image: i}}, inputs: ["
        "{name: a, type: Integer, default: '3'}, {name: b, type: Float, default: '2'}, "
        "{name: c, type: Boolean, default: 'False'}, {name: d, type: JsonArray, default: '[1]'}]}"
    )
    defaults = [spec.default for spec in component.component_inputs.values()]
    assert defaults == [3, 2.0, False, [1]]
    assert [type(each) for each in defaults] == [int, float, bool, list]


def test_component_yaml_of_the_first_version():
    component = components.load_component_from_text(OLD)
    assert isinstance(component, components.YamlComponent)
    assert (component.name, component.description) == ("train-a-model", "Trains.")
    assert component.required_inputs == ["data_set"]
    assert component.component_inputs["rate"].default == 0.5
    assert component.component_inputs["rounds"].optional
    assert component.component_outputs["model"].type == "system.Model@0.0.1"
    assert component.component_yaml == OLD
    container = component.component_spec.implementation.container
    assert container.image == "trainer"
    assert container.args[:2] == [
        "{{$.inputs.artifacts['data_set'].path}}",
        "{{$.inputs.parameters['rate']}}",
    ]

    @dsl.pipeline
    def uses():
        component(data_set=write(text="x").output, rounds=3)

    arguments = uses.pipeline_spec.root.dag.tasks["train-a-model"].inputs
    assert arguments.parameters["rounds"].runtime_value.constant == 3
    assert arguments.artifacts["data_set"].task_output_artifact.producer_task == "write"


@pytest.mark.parametrize("compact", [True, False])
@pytest.mark.parametrize("source", [write, train, pipeline])
def test_what_is_compiled_can_be_loaded(tmp_path, source, compact):
    path = tmp_path / "component.yaml"
    compiler.Compiler().compile(source, str(path), compact=compact)
    loaded = components.load_component_from_file(str(path))
    assert loaded.name == source.name
    assert loaded.description == source.description
    assert set(loaded.component_inputs) == set(source.component_inputs)
    assert set(loaded.component_outputs) == set(source.component_outputs)
    again = tmp_path / "again.yaml"
    compiler.Compiler().compile(loaded, str(again), compact=compact)
    assert again.read_text() == path.read_text()


def test_loaded_pipelines_are_used_as_components(tmp_path):
    path = tmp_path / "pipeline.yaml"
    compiler.Compiler().compile(pipeline, str(path))
    loaded = components.load_component_from_file(path)

    @dsl.pipeline
    def outer() -> Model:
        task = loaded(text="y")
        assert task.pipeline_spec is not None
        return task.output

    assert "dag" in outer.pipeline_spec.components["comp-pipeline"]


def test_urls(tmp_path):
    (tmp_path / "old.yaml").write_text(OLD)
    seen = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(tmp_path))

        def do_GET(self):
            seen.append(self.headers.get("Authorization"))
            super().do_GET()

        def log_message(self, *arguments):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/old.yaml"
        assert components.load_component_from_url(url).name == "train-a-model"
        components.load_component_from_url(url, auth=("user", "word"))
        with pytest.raises(OSError, match="404"):
            components.load_component_from_url(url + "x")
        server.shutdown()
    with pytest.raises(kf.IOFailure, match="cannot read .*/old.yaml"):
        components.load_component_from_url(url)
    assert seen[:2] == [None, "Basic dXNlcjp3b3Jk"]
    with pytest.raises(ValueError, match="string"):
        components.load_component_from_url(None)


@pytest.mark.parametrize(
    "text, error, message",
    [
        ("a: [", kf.ParseError, "line"),
        ("just text", ValueError, "plain text"),
        ("", ValueError, "empty|document"),
        ("name: x\nimplementation: {}\n", ValueError, "implementation|container"),
        (OLD.replace("image: trainer", "imag: trainer"), ValueError, "image"),
        ("pipelineInfo: {nam: x}\nroot: {}\n", ValueError, "name"),
    ],
)
def test_what_is_no_component(text, error, message):
    with pytest.raises(error, match=message):
        components.load_component_from_text(text)


def test_text_is_needed():
    with pytest.raises(TypeError):
        components.load_component_from_text(None)
    with pytest.raises(FileNotFoundError):
        components.load_component_from_file("/no/such/file.yaml")


WRAPPED = """\
components:
  comp-echo:
    executorLabel: exec-echo
    inputDefinitions: {parameters: {text: {parameterType: STRING}}}
deploymentSpec: {executors: {exec-echo: {container: {image: alpine}}}}
pipelineInfo: {name: echo}
root:
  dag:
    tasks:
      echo:
        cachingOptions: {}
        componentRef: {name: comp-echo}
        inputs: {parameters: {text: {componentInputParameter: text}}}
        taskInfo: {name: echo}
  inputDefinitions: {parameters: {text: {defaultValue: hello, parameterType: STRING}}}
schemaVersion: 2.1.0
sdkVersion: kfp-2.9.0
"""


def test_what_is_read_is_written_as_it_was(tmp_path):
    component = components.load_component_from_text(WRAPPED)
    path = tmp_path / "echo.yaml"
    compiler.Compiler().compile(component, path)
    assert "defaultValue: hello" in path.read_text()
    assert "sdkVersion: kfp-2.9.0" in path.read_text()
    assert component.required_inputs == ["text"]


def test_what_is_malformed_is_a_type_error_too():
    for builtin in (TypeError, ValueError):
        with pytest.raises(builtin, match="a list expected"):
            components.load_component_from_text(OLD.replace("[train]", "train"))
