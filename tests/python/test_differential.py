# SPDX-License-Identifier: Apache-2.0
"""Documents are those that kfp writes: every key of both documents, and the comment before them.

tests/golden/ir holds what kfp wrote for tests/python/pipelines. Where KF_ORACLE_PYTHON names an
interpreter that has kfp, it compiles them anew, and the goldens themselves are compared too.
"""

import os
import pathlib
import subprocess
import sys

import pytest

yaml = pytest.importorskip("yaml")

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden" / "ir"
CASES = sorted(path.stem for path in GOLDEN.glob("*.yaml"))
RANDOM = 120  # Pipelines of random shapes.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def compile_all(python, library, folder):
    """All cases, compiled in a process of their own."""
    subprocess.run([python, HERE / "compile_cases.py", library, folder], check=True)
    return folder


def read(path):
    """The comment and the documents of a file."""
    text = path.read_text("utf-8")
    comment = [line for line in text.splitlines() if line.startswith("#")]
    return comment, list(yaml.load_all(text, LOADER))


def differences(expected, actual, path=""):
    """Where two documents differ."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(expected.keys() | actual.keys(), key=str):
            if key not in actual:
                yield f"{path}.{key}: missing, expected {expected[key]!r}"
            elif key not in expected:
                yield f"{path}.{key}: not expected, got {actual[key]!r}"
            else:
                yield from differences(expected[key], actual[key], f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, pair in enumerate(zip(expected, actual)):
            yield from differences(*pair, f"{path}[{index}]")
    elif expected != actual or type(expected) is not type(actual):
        yield f"{path}: expected {expected!r}, got {actual!r}"


def check(expected, actual):
    """Both files say the same."""
    expected, actual = read(expected), read(actual)
    assert actual[0] == expected[0]
    assert len(actual[1]) == len(expected[1])
    for one, other in zip(expected[1], actual[1]):
        assert not list(differences(one, other))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    return compile_all(sys.executable, "kf", tmp_path_factory.mktemp("kf"))


@pytest.fixture(scope="module")
def oracle(tmp_path_factory):
    python = os.environ.get("KF_ORACLE_PYTHON")
    if not python:
        pytest.skip("KF_ORACLE_PYTHON names no interpreter with kfp")
    return compile_all(python, "kfp", tmp_path_factory.mktemp("kfp"))


def is_sound(text):
    """Kubeflow could run the document: kfp also writes references to what there is not."""
    from kf import _native

    return not any(each["severity"] == "error" for each in _native.pipeline_check_text(text))


def test_pipelines_of_random_shapes_are_those_of_kfp(tmp_path):
    oracle = os.environ.get("KF_ORACLE_PYTHON")
    if not oracle:
        pytest.skip("KF_ORACLE_PYTHON names no interpreter with kfp")
    for python, library in ((oracle, "kfp"), (sys.executable, "kf")):
        folder = tmp_path / library
        subprocess.run([python, HERE / "random_cases.py", library, folder, str(RANDOM)], check=True)
    compared = 0
    for seed in range(RANDOM):
        expected, actual = (tmp_path / library / f"{seed}.yaml" for library in ("kfp", "kf"))
        if not expected.exists():
            continue
        assert actual.exists(), actual.with_suffix(".error").read_text()
        assert is_sound(actual.read_text("utf-8"))
        if is_sound(expected.read_text("utf-8")):
            compared += 1
            assert actual.read_text("utf-8") == expected.read_text("utf-8"), seed
    assert compared > RANDOM / 2


def test_there_are_enough_cases():
    assert len(CASES) >= 60


@pytest.mark.parametrize("case", CASES)
def test_document_is_that_of_kfp(case, compiled):
    check(GOLDEN / f"{case}.yaml", compiled / f"{case}.yaml")


@pytest.mark.parametrize("case", CASES)
def test_golden_is_what_kfp_writes_now(case, oracle):
    check(GOLDEN / f"{case}.yaml", oracle / f"{case}.yaml")


def test_every_compiled_case_has_a_golden(compiled):
    assert sorted(path.stem for path in compiled.glob("*.yaml")) == CASES
