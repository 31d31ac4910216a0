# SPDX-License-Identifier: Apache-2.0
"""python -m kf._compile, which the command kf calls for Python files."""

import subprocess
import sys

import pytest

FILE = """
import sys
from {package} import dsl

print("loading")

@dsl.component
def say(text: str) -> str:
    return text

@dsl.component
def twice(text: str) -> str:
    return text * 2

@dsl.pipeline
def inner(text: str = "i"):
    say(text=text)

@dsl.pipeline
def outer():
    inner()
    say(text="1")
    say(text="2")

again = outer

if __name__ == "__main__":
    sys.exit("executed as a script")
"""


@pytest.fixture
def compile_file(tmp_path):
    def compile_file(text, *arguments):
        path = tmp_path / "work.py"
        path.write_text(text)
        return subprocess.run(
            [sys.executable, "-m", "kf._compile", *arguments, str(path)],
            capture_output=True,
            text=True,
            check=False,
        )

    return compile_file


@pytest.mark.parametrize("package", ["kf", "kfp"])
def test_the_pipeline_that_no_other_uses_is_compiled(compile_file, package):
    ran = compile_file(FILE.format(package=package))
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("# PIPELINE DEFINITION\n# Name: outer\n")
    assert "kf_runtime.py" in ran.stdout
    assert ran.stdout.count("executorLabel: exec-say") < 3
    assert ran.stderr == "loading\n"


def test_what_is_compiled_can_be_chosen(compile_file):
    ran = compile_file(FILE.format(package="kf"), "--function", "inner", "--runtime", "kfp")
    assert "# Name: inner\n" in ran.stdout
    assert "kfp.dsl.executor_main" in ran.stdout
    ran = compile_file(FILE.format(package="kf"), "--function", "twice")
    assert "# Name: twice\n" in ran.stdout
    ran = compile_file(FILE.format(package="kf"), "--verbose-form")
    assert "executorLabel: exec-say-2-2" in ran.stdout


@pytest.mark.parametrize(
    "text, arguments, message",
    [
        (FILE.format(package="kf"), ["--function", "iner"], "did you mean 'inner'"),
        ("x = 1\n", [], "no function decorated"),
        (
            FILE.format(package="kf") + "\n@dsl.pipeline\ndef other():\n    say(text='x')\n",
            [],
            "--function: again, other",
        ),
        ("from kf import dsl\n\n1 / 0\n", [], "ZeroDivisionError"),
        ("def (:\n", [], "SyntaxError"),
        ("import nothing_of_that_name\n", [], "nothing_of_that_name"),
        (
            FILE.format(package="kf") + "\n@dsl.pipeline\ndef p():\n    say(text=1)\n",
            [],
            "work.py:32: ",
        ),
    ],
)
def test_what_is_wrong_is_said(compile_file, text, arguments, message):
    ran = compile_file(text, *arguments)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert message in ran.stderr
    assert "kf/dsl" not in ran.stderr
