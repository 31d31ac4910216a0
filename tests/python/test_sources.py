# SPDX-License-Identifier: Apache-2.0
"""The sources that travel in components, and how they are launched."""

import ast
import base64
import io
import json
import pathlib
import subprocess
import sys
import tarfile
import textwrap

import pytest

import kf
from kf import _native, dsl
from kf.dsl import Dataset, EmbeddedInput, Input, Output, _embedded, _settings


def command_of(component):
    """The command of a component that is compiled by itself."""
    return component.component_spec.implementation.container.command


def source_of(component):
    """The last word of the command: the source."""
    return command_of(component)[-1]


@pytest.fixture(autouse=True)
def default_settings(monkeypatch):
    monkeypatch.setattr(_settings, "_runtime", None)
    monkeypatch.delenv("KF_RUNTIME", raising=False)


# ---- the runtime ----


def make(**options):
    @dsl.component(**options)
    def made(text: str) -> str:
        return text

    return made


def is_embedded(component):
    program = command_of(component)[-2]
    embedded = '"$program_path/kf_runtime.py"' in program
    assert embedded != ("python3 -m kfp.dsl.executor_main" in program)
    return embedded


def test_components_carry_their_runtime_by_default():
    assert is_embedded(make())
    assert not any("pip install" in word for word in command_of(make()))


def test_the_runtime_of_a_component_can_be_chosen():
    component = make(runtime="kfp")
    assert not is_embedded(component)
    assert f"'kfp=={_native.kfp_version()}'" in command_of(component)[2]


def test_the_runtime_can_be_chosen_for_the_process():
    dsl.set_default_runtime("kfp")
    assert not is_embedded(make())
    assert is_embedded(make(runtime="embedded"))
    dsl.set_default_runtime(None)
    assert is_embedded(make())


def test_the_runtime_can_be_chosen_by_the_environment(monkeypatch):
    monkeypatch.setenv("KF_RUNTIME", "kfp")
    assert not is_embedded(make())
    dsl.set_default_runtime("embedded")
    assert is_embedded(make())


def test_the_runtime_can_be_chosen_when_compiling(tmp_path):
    component = make()

    @dsl.pipeline
    def inner(text: str = "x"):
        component(text=text)

    @dsl.pipeline
    def outer():
        inner()
        component(text="y")

    paths = [tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "c.yaml"]
    for path, runtime in zip(paths, (None, "kfp", None)):
        kf.compiler.Compiler().compile(outer, path, runtime=runtime)
    texts = [path.read_text() for path in paths]
    assert "kf_runtime.py" in texts[0] and "kfp==" not in texts[0]
    assert "kf_runtime.py" not in texts[1] and "kfp==" in texts[1]
    assert texts[2] == texts[0]


@pytest.mark.parametrize(
    "choose", [lambda: make(runtime="x"), lambda: dsl.set_default_runtime("x")]
)
def test_there_are_two_runtimes(choose):
    with pytest.raises(ValueError, match="embedded, kfp"):
        choose()


# ---- the source ----


def test_the_source_imports_what_it_may_use():
    assert source_of(make()).startswith(
        "\nimport kf\nfrom kf import dsl\nfrom kf.dsl import *\nfrom typing import *\n\ndef made("
    )
    assert source_of(make(runtime="kfp")).startswith("\nimport kfp\nfrom kfp import dsl\n")


def test_kfp_is_imported_where_the_source_speaks_of_it():
    @dsl.component
    def speaks(data: "Input[Dataset]") -> str:
        return str(isinstance(data, kfp.dsl.Dataset))  # noqa: F821

    assert source_of(speaks).startswith("\nimport kfp\n")


def test_kf_is_there_where_the_source_speaks_of_it():
    @dsl.component(runtime="kfp")
    def speaks(data: kf.dsl.Input[kf.dsl.Dataset]):
        pass

    assert "\nimport kfp as kf\n" in source_of(speaks)


def test_text_left_of_the_function_stays_there():
    # KFP gives such a function no source at all.
    @dsl.component
    def holds_text() -> str:
        return """
left
    indented
"""

    source = source_of(holds_text)
    names = {}
    exec(source[source.index("def ") :], names)
    assert names["holds_text"]() == "\nleft\n    indented\n"


def test_decorators_stay_behind():
    def one(*arguments, **options):
        return lambda function: function

    @dsl.component(
        packages_to_install=[
            "a",
        ],
    )
    @one(
        "def not_this",
        default="x",
    )
    @one()
    # A comment.
    def decorated(text: str) -> str:
        return text

    source = source_of(decorated)
    assert source.endswith("def decorated(text: str) -> str:\n    return text\n\n")
    assert "@" not in source


def helper(text: str) -> str:
    return text + "!"


class Helper:
    """A class that travels along."""

    def call(self, text):
        return helper(text)


def test_functions_and_classes_travel_along():
    @dsl.component(additional_funcs=[helper, Helper])
    def shouts(text: str) -> str:
        return Helper().call(text)

    names = {}
    source = source_of(shouts)
    exec(source[source.index("def ") :], names)
    assert names["shouts"]("x") == "x!"


def test_the_source_is_valid_python_for_every_component():
    for component in (make(), make(runtime="kfp")):
        ast.parse(source_of(component))


# ---- artifact classes of other packages ----


@pytest.fixture
def third_party(tmp_path, monkeypatch):
    (tmp_path / "third_party.py").write_text(
        textwrap.dedent(
            """
            from kf import dsl

            class VertexModel(dsl.Artifact):
                schema_title = 'google.VertexModel'
                schema_version = '0.0.2'

            class Inside:
                class VertexDataset(dsl.Artifact):
                    schema_title = 'google.VertexDataset'
                    schema_version = '0.0.1'
            """
        )
    )
    monkeypatch.syspath_prepend(tmp_path)
    import third_party

    yield third_party
    del sys.modules["third_party"]


def test_classes_of_other_packages_are_imported(third_party):
    from typing import List, NamedTuple

    from third_party import VertexModel

    @dsl.component
    def uses(
        one: Input[third_party.VertexModel],
        several: Input[List[VertexModel]],
        out: Output[third_party.Inside.VertexDataset],
    ) -> NamedTuple("Outputs", [("model", third_party.VertexModel)]):
        pass

    source = source_of(uses)
    assert source.index("\nimport third_party\n") < source.index(
        "\nfrom third_party import VertexModel"
    )
    assert uses.component_inputs["one"].type == "google.VertexModel@0.0.2"
    assert uses.component_inputs["several"].is_artifact_list
    assert uses.component_outputs["out"].type == "google.VertexDataset@0.0.1"
    assert uses.component_outputs["model"].type == "google.VertexModel@0.0.2"


def test_aliases_of_classes_are_refused(third_party):
    alias = third_party

    def uses(one: Input[alias.VertexModel]):
        pass

    with pytest.raises(TypeError, match="alias"):
        dsl.component(uses)


# ---- pydantic ----


def test_models_are_structs_and_travel_along():
    pydantic = pytest.importorskip("pydantic")
    from typing import List

    class Part(pydantic.BaseModel):
        size: int = 1

    class Whole(pydantic.BaseModel):
        name: str
        parts: List[Part] = []

    class Names(pydantic.RootModel[List[str]]):
        pass

    @dsl.component(packages_to_install=["pydantic>=2"])
    def assemble(whole: Whole, names: Names, default: Part = Part(size=3)) -> Whole:
        return Whole(name=names.root[0], parts=whole.parts + [default])

    assert {name: spec.type for name, spec in assemble.component_inputs.items()} == {
        "whole": "Dict",
        "names": "typing.List[str]",
        "default": "Dict",
    }
    parameters = assemble.pipeline_spec.root.input_definitions.parameters
    assert parameters["default"]["defaultValue"] == {"size": 3}
    source = source_of(assemble)
    assert "from pydantic import *\n" in source
    assert (
        source.index("class Part(") < source.index("class Whole(") < source.index("def assemble(")
    )

    @dsl.pipeline
    def pipeline():
        first = assemble(whole=Whole(name="w", parts=[Part()]), names=Names(["n"]))
        assemble(whole=first.output, names=["m"])

    arguments = pipeline.pipeline_spec.root.dag.tasks["assemble"].inputs.parameters
    assert arguments["whole"]["runtimeValue"]["constant"] == {"name": "w", "parts": [{"size": 1}]}


# ---- what is embedded ----


def unpack(component):
    """Names to contents of what a component carries."""
    source = source_of(component)
    archive = next(
        node.value.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and node.targets[0].id == "__KFP_EMBEDDED_ARCHIVE_B64"
    )
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(archive)), mode="r:gz") as tar:
        return {
            member.name: tar.extractfile(member).read() if member.isfile() else None
            for member in tar.getmembers()
        }


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "assets"
    (folder / "inside").mkdir(parents=True)
    (folder / "data.txt").write_text("data")
    (folder / "inside" / "more.py").write_text("VALUE = 3\n")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "more.pyc").write_bytes(b"x")
    return folder


def test_folders_travel_along(folder):
    @dsl.component(embedded_artifact_path=str(folder))
    def uses(data: EmbeddedInput[Dataset]) -> str:
        return data.path

    assert uses.component_inputs == {}
    assert unpack(uses) == {
        ".": None,
        "./data.txt": b"data",
        "./inside": None,
        "./inside/more.py": b"VALUE = 3\n",
    }
    assert "__KFP_EMBEDDED_ASSET_FILE" not in source_of(uses)


def test_files_travel_along(folder):
    @dsl.component(embedded_artifact_path=folder / "data.txt")
    def uses(data: EmbeddedInput[Dataset]) -> str:
        return data.path

    assert unpack(uses) == {"data.txt": b"data"}
    assert "__KFP_EMBEDDED_ASSET_FILE" in source_of(uses)


def test_the_same_content_is_packed_to_the_same_bytes(folder):
    import os

    first = _embedded.pack(folder)
    for path in sorted(folder.rglob("*"), reverse=True):
        os.utime(path, (1, 1))
        path.chmod(0o700 if path.is_dir() else 0o600)
    assert _embedded.pack(folder) == first
    (folder / "data.txt").write_text("other")
    assert _embedded.pack(folder) != first


def test_what_is_large_is_warned_of(tmp_path):
    import random

    path = tmp_path / "large"
    path.write_bytes(random.Random(0).randbytes(1_200_000))
    with pytest.warns(UserWarning, match="large"):
        _embedded.pack(path)


def test_what_does_not_exist_is_refused(tmp_path):
    with pytest.raises(ValueError, match="does not exist"):
        dsl.component(embedded_artifact_path=str(tmp_path / "none"))(lambda: None)


def test_embedded_sources_unpack_themselves(folder, tmp_path):
    @dsl.component(embedded_artifact_path=str(folder))
    def uses(data: EmbeddedInput[Dataset]) -> str:
        return data.path

    source = source_of(uses)
    script = "\n".join(
        [
            "import types, sys",
            "class kf: dsl = None",
            source[source.index("__KFP_EMBEDDED") : source.index("def uses")],
            "from inside.more import VALUE",
            "print(VALUE, open(__KFP_EMBEDDED_ASSET_DIR + '/data.txt').read())",
            "print(__KFP_EMBEDDED_ASSET_DIR)",
        ]
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    value, place = ran.stdout.splitlines()
    assert value == "3 data"
    assert not pathlib.Path(place).exists()


# ---- notebooks ----

NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "a",
            "metadata": {"tags": ["parameters"]},
            "outputs": [],
            "source": "text = 'none'",
        }
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "folder" / "work.ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps(NOTEBOOK))
    return path


def test_notebooks_travel_along(notebook):
    @dsl.notebook_component(notebook_path=str(notebook), base_image="python:3.12")
    def works(text: str):
        dsl.run_notebook(text=text)

    assert json.loads(unpack(works)["work.ipynb"]) == NOTEBOOK
    ast.parse(source_of(works))
    assert "dsl.run_notebook = " in source_of(works)
    assert "nbclient" in command_of(works)[2] and "ipykernel" in command_of(works)[2]


def test_the_only_notebook_of_a_folder_is_found(notebook):
    (notebook.parent / ".ipynb_checkpoints").mkdir()
    (notebook.parent / ".ipynb_checkpoints" / "work.ipynb").write_text("{}")

    @dsl.notebook_component(notebook_path=str(notebook.parent), packages_to_install=[])
    def works():
        dsl.run_notebook()

    assert "'work.ipynb'" in source_of(works)
    assert len(command_of(works)) == 4
    (notebook.parent / "other.ipynb").write_text("{}")
    with pytest.raises(ValueError, match="Multiple"):
        dsl.notebook_component(notebook_path=str(notebook.parent))(works.python_func)


def test_other_files_are_no_notebooks(tmp_path):
    (tmp_path / "x.py").write_text("")
    for path, text in (
        (tmp_path, "No .ipynb"),
        (tmp_path / "x.py", "expected"),
        ("/nowhere", "exist"),
    ):
        with pytest.raises(ValueError, match=text):
            dsl.notebook_component(notebook_path=str(path))(make().python_func)


def test_notebooks_are_executed_in_components_only():
    with pytest.raises(NotImplementedError, match="notebook"):
        dsl.run_notebook(x=1)
