# SPDX-License-Identifier: Apache-2.0
"""Descriptions of components, and what a component's command may have for its inputs and outputs."""

import inspect

import pytest

import kf
from kf import compiler, components, dsl, kubernetes
from kf.dsl import placeholders, structures

# A command of the first version with `word`, and an input and an output of `type`.
MISFIT = """
name: misfit
inputs: [{{name: x, type: {type}, optional: true}}]
outputs: [{{name: o, type: {type}}}]
implementation:
  container:
    image: i
    command: [run, {word}]
"""


@dsl.component
def say(text: str = "x"):
    pass


@pytest.mark.parametrize(
    "type, word",
    [
        ("Model", "{inputValue: x}"),
        ("String", "{inputPath: x}"),
        ("Float", "{inputUri: x}"),
        ("Integer", "{outputUri: o}"),
        ("String", "{if: {cond: {isPresent: x}, then: [{inputUri: x}]}}"),
        ("Model", "{concat: [a, {inputValue: x}]}"),
    ],
)
def test_a_word_that_cannot_stand_for_its_input_or_output(type, word, tmp_path):
    component = components.load_component_from_text(MISFIT.format(type=type, word=word))
    # It can be looked at, but neither compiled nor used, as with KFP.
    assert component.name == "misfit"
    with pytest.raises(TypeError, match='"misfit".*"[xo]" is a'):
        compiler.Compiler().compile(component, str(tmp_path / "alone.yaml"))
    with pytest.raises(TypeError, match='"misfit".*"[xo]" is a'):

        @dsl.pipeline
        def pipeline():
            component()


@pytest.mark.parametrize(
    "placeholder, what",
    [
        (placeholders.InputPathPlaceholder("text"), "the input 'text' is of type String"),
        (placeholders.InputValuePlaceholder("data"), "the input 'data' is of type system.Dataset"),
        (placeholders.OutputUriPlaceholder("count"), "the output 'count' is of type Integer"),
        (
            dsl.ConcatPlaceholder(["a", placeholders.OutputParameterPlaceholder("made")]),
            "the output 'made' is of type system.Model",
        ),
    ],
)
def test_a_placeholder_of_the_other_kind(placeholder, what):
    with pytest.raises(TypeError, match=what):

        @dsl.container_component
        def component(
            text: str,
            data: dsl.Input[dsl.Dataset],
            count: dsl.OutputPath(int),
            made: dsl.Output[dsl.Model],
        ):
            return dsl.ContainerSpec("image", ["run", placeholder])


def test_a_description_is_read_and_written(tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    say.component_spec.save_to_component_yaml(str(first))
    spec = structures.ComponentSpec.from_yaml_documents(first.read_text())
    assert (spec.name, spec.inputs["text"].default) == ("say", "x")
    assert spec == say.component_spec
    spec.save_to_component_yaml(str(second))
    assert second.read_text() == first.read_text()


def test_a_description_of_nothing_cannot_be_written(tmp_path):
    spec = structures.ComponentSpec("c", structures.Implementation())
    with pytest.raises(kf.InvalidState, match="component_spec"):
        spec.save_to_component_yaml(str(tmp_path / "c.yaml"))


def test_what_is_empty_is_nothing():
    container = structures.ContainerSpecImplementation("i", [], [], {})
    assert container == structures.ContainerSpecImplementation("i")
    assert container.command is None and container.env is None
    spec = structures.ComponentSpec("c", structures.Implementation(), inputs={}, outputs={})
    assert spec.inputs is None and spec.outputs is None


def test_signatures_tell_the_fields():
    assert str(inspect.signature(dsl.ContainerSpec)) == "(image, command=None, args=None)"


def test_what_is_not_possible_here_is_a_value_error_as_well():
    with pytest.raises(ValueError, match="exit handler"):

        @dsl.pipeline
        def nested():
            with dsl.ExitHandler(say()):
                say()
                with dsl.ExitHandler(say()):
                    say()

    @dsl.pipeline
    def inner():
        say()

    with pytest.raises(ValueError, match="inner"):

        @dsl.pipeline
        def outer():
            kubernetes.add_node_selector(inner(), "disk", "ssd")
