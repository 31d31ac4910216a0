# SPDX-License-Identifier: Apache-2.0
"""The runtime as it travels in the command of a component."""

import ast
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess

import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "libkf/pipeline/runtime"
SOURCE = (FOLDER / "kf_runtime.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pack():
    spec = importlib.util.spec_from_file_location("pack", FOLDER / "pack.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COMPONENT = """
import kfp
from kfp import dsl
from kfp.dsl import *
from typing import *

def f(who: str, greeting: Output[Artifact]) -> str:
    open(greeting.path, 'w').write(f"hello {who}")
    print("it's", '$0', "\\n")
    return who
"""


def execute(program, folder, path, component=COMPONENT):
    made = {"name": "g", "type": {"schemaTitle": "system.Artifact"}, "uri": str(folder / "g" / "greeting")}
    executor_input = {
        "inputs": {"parameterValues": {"who": "it's \"you\" $HOME \u00fc"}},
        "outputs": {"artifacts": {"greeting": {"artifacts": [made]}}, "outputFile": str(folder / "o" / "output.json")},
    }
    command = ["sh", "-ec", program, component, "--executor_input", json.dumps(executor_input),
               "--function_to_execute", "f"]
    # No variables, no network, and a shell that expands as little as the one in an image.
    return subprocess.run(
        [shutil.which(command[0]), *command[1:]], env={"PATH": path, "TMPDIR": str(folder)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder)


def pythons():
    names = ["python3", *(f"python3.{minor}" for minor in range(9, 16))]
    return [name for name in names if shutil.which(name)]


@pytest.mark.parametrize("name", pythons())
def test_the_program_runs_in_a_plain_shell(pack, tmp_path, name):
    found = subprocess.run(
        [name, "-c", "import sys; print(sys.executable)"], text=True, capture_output=True)
    if found.returncode != 0:
        pytest.skip(f"{name} does not run")
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "python3").write_text(f'#!/bin/sh\nexec "{found.stdout.strip()}" "$@"\n')
    (bin / "python3").chmod(0o755)
    result = execute(pack.program(SOURCE), tmp_path, f"{bin}:{os.defpath}")
    assert result.returncode == 0, result.stdout
    assert result.stdout == "it's $0 \n\n"
    output = json.loads((tmp_path / "o" / "output.json").read_text())
    assert output["parameterValues"] == {"Output": "it's \"you\" $HOME \u00fc"}
    assert output["artifacts"]["greeting"]["artifacts"][0]["uri"] == str(tmp_path / "g" / "greeting")


def test_a_failing_component_fails_the_program(pack, tmp_path):
    component = "def f():\n    raise ValueError('x')\n"
    result = execute(pack.program(SOURCE), tmp_path, os.environ["PATH"], component)
    assert result.returncode == 1 and result.stdout.endswith("\nValueError: x\n")


def test_the_program_is_small(pack):
    # One argument may have 128 KiB; every component of a document carries one.
    assert len(pack.program(SOURCE)) < 12000


def test_stripping_keeps_the_program(pack):
    stripped = pack.strip(SOURCE)
    assert '"""' not in stripped and "#" not in stripped and "\n\n" not in stripped
    ast.parse(stripped)


@pytest.mark.parametrize("source, stripped", [
    ('"""Doc."""\nx = 1  # why\n', "x = 1\n"),
    ('def f():\n    """Doc."""\n', "def f():\n 0\n"),
    ('class A:\n    """Doc.\n\n    More.\n    """\n\n    x = 1\n', "class A:\n x = 1\n"),
    ("def f(a,\n      b):\n    if a:\n        return '#'\n", "def f(a,\n b):\n if a:\n  return '#'\n"),
])
def test_stripping(pack, source, stripped):
    assert pack.strip(source) == stripped


def test_arrays_of_c(pack, tmp_path):
    (tmp_path / "in.py").write_text("A = '@VERSION@'\n")
    pack.main(str(tmp_path / "out.c"), "1.2.3", "some/header.h", f"symbol={tmp_path / 'in.py'}")
    text = (tmp_path / "out.c").read_text()
    numbers = ",".join(str(byte) for byte in b"A = '1.2.3'\n\0")
    assert '#include "some/header.h"' in text
    assert f"const char symbol[] = {{\n{numbers}}};\nconst size_t symbol_length = 12;\n" in text
