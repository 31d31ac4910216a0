# SPDX-License-Identifier: Apache-2.0
"""Every example runs, and prints what it promises."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
PROGRAMS = pathlib.Path(os.environ["KF_EXAMPLES"])
KF = os.environ["KF_COMMAND"]


@pytest.fixture
def run(tmp_path):
    def call(*words, status=0):
        done = subprocess.run(
            [str(word) for word in words],
            cwd=tmp_path,
            env={**os.environ, "KF_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    return call


@pytest.fixture
def python(run):
    return lambda name: run(sys.executable, EXAMPLES / "python" / name).splitlines()


def test_all_examples_are_here():
    in_c = {path.stem for path in (EXAMPLES / "c").glob("*.c")}
    in_python = {path.stem for path in (EXAMPLES / "python").glob("*.py")}
    tests = set(globals())
    assert in_c and not {name for name in in_c if f"test_c_{name}" not in tests}
    assert in_python and not {name for name in in_python if f"test_python_{name}" not in tests}


# ---- C ----


def hits_of_erand48(points):
    """How many of the points of estimate_pi.c are within the circle: POSIX says how erand48 counts."""
    state, hits = 3 << 32 | 2 << 16 | 1, 0
    for _ in range(points):
        point = []
        for _ in range(2):
            state = (state * 0x5DEECE66D + 0xB) % 2**48
            point.append(state / 2**48)
        hits += point[0] ** 2 + point[1] ** 2 < 1
    return hits


def test_c_estimate_pi(run):
    pi = 4 * hits_of_erand48(100000) / 100000
    assert run(PROGRAMS / "estimate_pi") == f"pi is about {pi:g}\n"
    text = (EXAMPLES / "c" / "estimate_pi.c").read_text()
    assert len(text.splitlines()) < 80


def test_c_hello(run):
    assert run(PROGRAMS / "hello") == "Hello, World!\n"
    assert run(PROGRAMS / "hello", "Ada") == "Hello, Ada!\n"


def test_c_control_flow(run):
    assert run(PROGRAMS / "control_flow") == "deploy it\n"


def test_c_check_document(run, tmp_path):
    run(KF, "compile", EXAMPLES / "python" / "hello.py", "-o", "hello.yaml")
    assert run(PROGRAMS / "check_document", "hello.yaml") == "0 errors, 0 warnings\n"
    text = (tmp_path / "hello.yaml").read_text()
    (tmp_path / "bad.yaml").write_text(
        text.replace("producerTask: greet", "producerTask: meet").replace("name: comp-greet", "name: x")
    )
    lines = run(PROGRAMS / "check_document", "bad.yaml", status=1).splitlines()
    assert lines[-1].endswith(" warnings") and lines[-1].startswith("2 errors")
    bad = enumerate((tmp_path / "bad.yaml").read_text().splitlines(), 1)
    wrong = {number for number, line in bad if "meet" in line or "name: x}" in line}
    found = {int(number) for number in re.findall(r"bad.yaml:(\d+):\d+: error: ", "\n".join(lines))}
    assert found == wrong and len(wrong) == 2
    run(PROGRAMS / "check_document", "no such file", status=2)


def test_c_watch_run(run):
    lines = run(PROGRAMS / "watch_run").splitlines()
    assert lines[:3] == [f"SUCCEEDED for-loop-2[{i}]/measure" for i in range(3)]
    assert "the run is CANCELED" in lines and len(lines) < 20
    assert "quality 0.9, made by for-loop-2[2]/measure" in lines


def test_c_ask_and_tell(run, tmp_path):
    said = run(PROGRAMS / "ask_and_tell", "40")
    went, stopped, diverged = map(int, re.findall(r" (\d+) ", said.splitlines()[0]))
    assert went + stopped + diverged == 40 and min(went, stopped, diverged) > 0
    # The same trials from Python, and from both: the second goes on where the first was.
    example = EXAMPLES / "python" / "ask_and_tell.py"
    for first, second in (([sys.executable, example], []), ([PROGRAMS / "ask_and_tell"], [example])):
        shutil.rmtree(tmp_path / "home")
        run(*first, "17")
        rest = [sys.executable, *second] if second else [PROGRAMS / "ask_and_tell"]
        assert run(*rest, "40") == said
    assert said.splitlines()[1].startswith("the best is trial ")
    assert "stopped early" in run(KF, "show", "valley")


def test_c_predict(run, tmp_path):
    models = pathlib.Path(__file__).resolve().parents[1] / "golden" / "models"
    asked = json.loads((models / "lightgbm-4.7.0.json").read_text())
    case = next(one for one in asked if one["files"] == ["lightgbm-4.7.0-multiclass.txt"])
    rows = "\n".join(" ".join("-" if n is None else repr(n) for n in row) for row in case["rows"])
    model = models / case["files"][0]
    answers = run("sh", "-c", f"{PROGRAMS / 'predict'} {model} <<END\n{rows}\nEND\n").splitlines()
    assert answers == [" ".join(f"{n:.6g}" for n in row) for row in case["expected"]]
    run(PROGRAMS / "predict", EXAMPLES, status=1)


def test_c_embedded_server(run):
    models = pathlib.Path(__file__).resolve().parents[1] / "golden" / "models"
    asked = json.loads((models / "lightgbm-4.7.0.json").read_text())
    case = next(one for one in asked if one["files"] == ["lightgbm-4.7.0-regression.txt"])
    whole = [i for i, row in enumerate(case["rows"]) if None not in row][:3]
    rows = [case["rows"][i] for i in whole]
    said = run(PROGRAMS / "embedded_server", models / case["files"][0], json.dumps(rows))
    average, trees = (json.loads(line.split(": ", 1)[1]) for line in said.splitlines())
    assert average["predictions"] == pytest.approx([sum(row) / len(row) for row in rows])
    expected = [case["expected"][i] for i in whole]
    assert trees["predictions"] == [e[0] if isinstance(e, list) else e for e in expected]
    said = run(PROGRAMS / "embedded_server", models / case["files"][0], "[[1]]", status=1)
    assert '"error"' in said.splitlines()[1] and said.startswith('average: {"predictions":[1.0]}')
    run(PROGRAMS / "embedded_server", EXAMPLES, "[[1]]", status=1)


# ---- Python ----


def test_python_hello(python, run):
    assert python("hello.py") == ["10 letters", "8 letters"]
    said = run(KF, "run", EXAMPLES / "python" / "hello.py", "--arg", "name=Ada", "--json")
    assert json.loads(said)["outputs"] == {"Output": 8}


def test_python_ask_and_tell(python, run):
    lines = python("ask_and_tell.py")
    best = json.loads(run(KF, "show", "valley", "--json"))["best"]
    name, loss = best["params"]["method"], best["values"]["loss"]
    assert lines[1] == f"the best is trial {best['number']}: {name}, loss {loss:.3f}"
    assert loss < 1 and len(lines) == 5


def test_python_control_flow(python):
    assert python("control_flow.py") == [
        "good enough is 0.8: deploy it",
        "good enough is 0.9: train for longer",
    ]


def test_python_exit_handler(python, run):
    assert python("exit_handler.py") == [
        "to ada@example.com: exit-handler-1 SUCCEEDED",
        "to ada@example.com: exit-handler-1 FAILED, ZeroDivisionError: division by zero",
    ]
    example = EXAMPLES / "python" / "exit_handler.py"
    run(KF, "run", example, "--arg", "divisor=0", status=1)
    assert "exit-handler-1 FAILED" in run(KF, "logs", "latest", "report")


def test_python_commands(python, run):
    assert python("commands.py") == ["10 numbers up to 100 end in 7"]
    said = run(KF, "run", EXAMPLES / "python" / "commands.py", "--host-commands", "--json")
    assert json.loads(said)["outputs"] == {"Output": 10}


def test_python_caching(python):
    assert python("caching.py") == [
        "first:     prepare SUCCEEDED, publish SUCCEEDED",
        "again:     prepare CACHED, publish SUCCEEDED",
        "no folder: prepare SUCCEEDED, publish FAILED",
        "resumed:   prepare SUCCEEDED, publish SUCCEEDED",
    ]


def test_python_lineage(python):
    assert python("lineage.py") == [
        "best model: y = 3.0 x + 1.0",
        "  the task fit",
        "    data",
        "      the task collect",
    ]


def test_python_kubernetes_settings(python, run, tmp_path):
    python("kubernetes_settings.py")
    yaml = pytest.importorskip("yaml")
    pipeline, platform = yaml.safe_load_all((tmp_path / "training.yaml").read_text())
    assert set(pipeline["root"]["dag"]["tasks"]) == {"createpvc", "train", "deletepvc"}
    settings = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-train"]
    assert settings["activeDeadlineSeconds"] == "3600"
    assert settings["nodeSelector"] == {"labels": {"disk": "ssd"}}
    assert settings["pvcMount"][0]["mountPath"] == "/scratch"
    assert "0 errors" in run(KF, "check", "training.yaml")


def test_python_says_kfp(python, run, tmp_path):
    assert python("says_kfp.py") == ["the hypotenuse is 5.0"]
    assert "kfp.dsl.executor_main" in (tmp_path / "pythagoras.yaml").read_text()
    said = run(KF, "run", EXAMPLES / "python" / "says_kfp.py", "--arg", "b=0", "--json")
    assert json.loads(said)["outputs"] == {"Output": 3.0}


def test_python_notebook(run):
    """Executed where the interpreter has what executes notebooks; without it, checked."""
    example = EXAMPLES / "python" / "notebook.py"
    assert run(KF, "check", example).endswith("0 errors, 0 warnings\n")
    try:
        import ipykernel  # noqa: F401
        import nbclient  # noqa: F401
    except ImportError:
        return
    words = ("run", example, "--arg", "rows=5", "--no-environments", "--python", sys.executable)
    said = json.loads(run(KF, *words, "--json"))
    report = said["tasks"][0]["artifacts"]["report"]["path"]
    assert pathlib.Path(report).read_text() == "# Summary\n\n5 rows, mean 6.0\n"


def train_forest(run):
    """The interpreter with the packages of the fraud detection, and what its run came to; None: there
    is none, of this one and KF_DEMO_PYTHON."""
    example = EXAMPLES / "python" / "fraud_detection.py"
    for interpreter in (sys.executable, os.environ.get("KF_DEMO_PYTHON")):
        probe = [interpreter, "-c", "import pandas, sklearn"]
        if interpreter and subprocess.run(probe, capture_output=True).returncode == 0:
            break
    else:
        return None
    run(interpreter, "-c", f"import sys; sys.path.insert(0, {str(example.parent)!r})\n"
        "import fraud_detection; fraud_detection.write_records('records.csv')")
    words = ("--arg", "csv=records.csv", "--no-environments", "--python", interpreter, "--json")
    return interpreter, json.loads(run(KF, "run", example, *words))


def test_python_fraud_detection(run):
    assert run(KF, "check", EXAMPLES / "python" / "fraud_detection.py").endswith(
        "0 errors, 0 warnings\n"
    )
    trained = train_forest(run)
    if trained:
        metrics = next(task["metrics"] for task in trained[1]["tasks"] if task["name"] == "train")
        assert metrics["accuracy"] > 0.9 and metrics["roc_auc"] > 0.95


def test_python_fraud_service(run):
    trained = train_forest(run)
    if trained is None:
        return
    said = run(trained[0], EXAMPLES / "python" / "fraud_service.py").splitlines()
    assert said[0] == "traffic: fraud-predictor-00001 100 %"
    assert said[1] == "traffic: fraud-predictor-00002 20 %, fraud-predictor-00001 80 %"
    assert said[2].startswith("prediction: fraud with probability 0.")
    assert said[3].startswith("because of: ")
    assert said[4] == "traffic: fraud-predictor-00002 100 %"
