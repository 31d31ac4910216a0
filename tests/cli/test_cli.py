# SPDX-License-Identifier: Apache-2.0
"""The command kf: what it prints, and its exit status (0 success, 1 failure, 2 bad use)."""

import json
import os
import signal
import subprocess
import textwrap
import time

import pytest

KF = os.environ["KF_COMMAND"]

PIPELINE = '''
from kf import dsl

@dsl.component
def add(a: float, b: float) -> float:
    print("adding", a, b)
    return a + b

@dsl.pipeline
def sums(x: float = 1.0):
    first = add(a=x, b=2.0)
    with dsl.If(first.output > 2.5):
        add(a=first.output, b=10.0)
'''


@pytest.fixture
def kf(tmp_path):
    (tmp_path / "sums.py").write_text(PIPELINE)

    def call(*words, status=0):
        done = subprocess.run(
            [KF, *words],
            cwd=tmp_path,
            env={**os.environ, "KF_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done

    call.folder = tmp_path
    return call


def tasks_of(run):
    return {task["path"]: task for task in run["tasks"]}


def test_run_show_logs(kf):
    run = json.loads(kf("run", "sums.py", "--arg", "x=3", "--json").stdout)
    assert run["state"] == "SUCCEEDED"
    tasks = tasks_of(run)
    assert tasks["add"]["outputs"] == {"Output": 5.0}
    assert tasks["condition-1/add-2"]["outputs"] == {"Output": 15.0}
    shown = kf("show").stdout
    assert "add.Output  5.0" in shown and "condition-1/add-2.a  5.0" in shown
    assert kf("logs", run["id"], "add").stdout == "==> add, attempt 1\nadding 3.0 2.0\n"
    assert json.loads(kf("runs", "--json").stdout)[0]["id"] == run["id"]


def test_condition_that_does_not_hold(kf):
    run = json.loads(kf("run", "sums.py", "--arg=x=0", "--json").stdout)
    assert tasks_of(run)["condition-1"]["state"] == "SKIPPED"


def test_second_run_comes_from_the_cache_unless_told_otherwise(kf):
    kf("run", "sums.py")
    again = json.loads(kf("run", "sums.py", "--json").stdout)
    assert tasks_of(again)["add"]["state"] == "CACHED"
    assert "hit" in kf("cache", "explain", "latest", "add").stdout
    fresh = json.loads(kf("run", "sums.py", "--no-cache", "--json").stdout)
    assert tasks_of(fresh)["add"]["state"] == "SUCCEEDED"
    kf("cache", "clear")
    assert json.loads(kf("cache", "--json").stdout) == []


def test_compile_and_run_the_document(kf):
    kf("compile", "sums.py", "-o", "sums.yaml")
    assert (kf.folder / "sums.yaml").read_text() == kf("compile", "sums.py").stdout
    assert kf("check", "sums.yaml").stdout.endswith("0 errors, 0 warnings\n")
    assert "SUCCEEDED" in kf("run", "sums.yaml").stdout


def test_a_script_that_says_kfp(kf):
    (kf.folder / "old.py").write_text(PIPELINE.replace("from kf import", "from kfp import"))
    assert "SUCCEEDED" in kf("run", "old.py").stdout
    text = kf("compile", "old.py", "--runtime", "kfp", "--verbose-form").stdout
    assert "kfp.dsl.executor_main" in text and "exec-add-2:" in text


def test_failures_say_why(kf):
    (kf.folder / "boom.py").write_text(
        textwrap.dedent(
            """
            from kf import dsl

            @dsl.component
            def boom():
                raise ValueError("no good")

            @dsl.pipeline
            def p():
                boom().set_retry(1)
            """
        )
    )
    failed = kf("run", "boom.py", status=1)
    assert "RETRYING" in failed.stderr and "no good; trying again in 0 s" in failed.stderr
    assert "boom (attempt 2): ValueError: no good" in failed.stderr
    assert 'raise ValueError("no good")' in kf("logs").stdout


@pytest.mark.parametrize(
    "words, message",
    [
        ([], "usage: kf COMMAND"),
        (["rnu"], "did you mean 'run'?"),
        (["run"], "give a FILE"),
        (["run", "nothing.py"], "no file nothing.py"),
        (["run", "sums.py", "--job", "2"], "did you mean --jobs?"),
        (["run", "sums.py", "--jobs", "two"], "whole number"),
        (["run", "sums.py", "--arg", "xx=2"], "has no input 'xx'; did you mean 'x'?"),
        (["run", "sums.py", "--arg", "x=abc"], "the input 'x' takes a number, not 'abc'"),
        (["run", "sums.py", "--arg", "x=[1]"], "  x      number  default 1.0"),
        (["run", "sums.py", "--args-file", "none.json"], "no file none.json"),
        (["show", "a", "b"], "one word too many"),
        (["compile", "sums.py", "--runtime", "kpf"], "embedded or kfp, not 'kpf'"),
        (["cache", "frobnicate"], "list, explain or clear is expected"),
        (["cache", "explain", "latest"], "explain takes a RUN and a TASK"),
        (["help", "rnu"], "did you mean 'run'?"),
    ],
)
def test_bad_use(kf, words, message):
    assert message in kf(*words, status=2).stderr


def test_a_missing_argument_is_told_with_all_inputs(kf):
    (kf.folder / "needy.py").write_text(PIPELINE.replace("x: float = 1.0", "x: float, note: str = 'a'"))
    said = kf("run", "needy.py", status=2).stderr
    assert said.splitlines() == [
        "kf run: the required input 'x' is not given",
        "  INPUT  TYPE    VALUE",
        '  note   text    default "a"',
        "  x      number  required",
        "give one with --arg NAME=VALUE",
    ]
    (kf.folder / "values.json").write_text('{"x": }')
    said = kf("run", "needy.py", "--args-file", "values.json", status=2).stderr
    assert said.startswith("kf run: values.json:1:7: ")


def test_what_a_file_does_wrong_is_told_with_its_line(kf):
    (kf.folder / "no.yaml").write_text("a: b\n")
    assert kf("run", "no.yaml", status=1).stderr.startswith("kf run: no.yaml:1:1: this is no pipeline")
    (kf.folder / "slip.py").write_text(PIPELINE.replace("add(a=x, b=2.0)", "add(a=x, c=2.0)"))
    said = kf("run", "slip.py", status=1).stderr
    assert said.count("\n") == 1 and "slip.py:11: add() got an unexpected" in said
    (kf.folder / "gone.py").write_text(PIPELINE.replace("first.output > ", "first.outputs['y'] > "))
    said = kf("run", "gone.py", status=1).stderr
    assert said.count("\n") == 1 and "gone.py:12: the task 'add' has no output 'y'; it has Output" in said
    (kf.folder / "own.py").write_text("from kf import dsl\nint('a')\n")
    assert "Traceback" in kf("run", "own.py", status=1).stderr
    (kf.folder / "nothing.py").write_text("x = 1\n")
    said = kf("compile", "nothing.py", status=1).stderr
    assert said == "nothing.py has no function decorated with @dsl.pipeline or @dsl.component\n"


def test_an_error_of_several_lines_keeps_the_table_whole(kf):
    (kf.folder / "long.py").write_text(
        "from kf import dsl\n@dsl.component\ndef f():\n"
        "    raise ValueError('one\\n\\n  two ' + 'x' * 200)\n@dsl.pipeline\ndef p():\n    f()\n"
    )
    failed = kf("run", "long.py", status=1)
    assert "f: ValueError: one two xxx" in failed.stderr
    (row,) = [line for line in failed.stdout.splitlines() if line.startswith("  f ")]
    assert "ValueError: one two xxx" in row and row.endswith("x…")
    (row,) = [line for line in kf("show").stdout.splitlines() if line.startswith("  f ")]
    assert row.endswith("x" * 200)


def test_cache_explain_tells_what_differs(kf):
    kf("run", "sums.py", "--arg", "x=1")
    kf("run", "sums.py", "--arg", "x=2")
    lines = kf("cache", "explain", "latest", "add").stdout.splitlines()
    assert lines[0] == "add: miss, the nearest entry differs"
    assert lines[2:4] == ["  what differs", "    inputs.a           2.0, then 1.0"]


def test_tables_have_no_blanks_at_their_ends(kf):
    kf("run", "sums.py")
    for words in (["runs"], ["show"], ["cache"], ["runs", "--help"], ["help"]):
        assert not [line for line in kf(*words).stdout.splitlines() if line != line.rstrip()]


def test_help_and_version(kf):
    assert kf("help", "run").stdout == kf("run", "--help").stdout
    assert kf("help").stdout == kf("--help").stdout
    assert kf("-V").stdout == kf("--version").stdout
    assert "there is no state 'failed'; the states are" in kf("runs", "-s", "failed", status=1).stderr


def test_check_prints_all_findings_with_their_place(kf):
    (kf.folder / "bad.yaml").write_text(
        textwrap.dedent(
            """\
            pipelineInfo: {name: bad}
            schemaVersion: 2.1.0
            root:
              dag:
                tasks:
                  a: {componentRef: {name: comp-x}, taskInfo: {name: a}, dependentTasks: [nobody]}
            """
        )
    )
    printed = kf("check", "bad.yaml", status=1).stdout
    assert "bad.yaml:6:" in printed and "comp-x" in printed and "nobody" in printed
    found = json.loads(kf("check", "bad.yaml", "--json", status=1).stdout)
    assert {finding["line"] for finding in found if finding["severity"] == "error"} == {6}


def test_help_of_every_command(kf):
    for command in ("run", "compile", "check", "runs", "show", "logs", "lineage", "cancel", "cache"):
        printed = kf(command, "--help").stdout
        assert printed.startswith(f"usage: kf {command}") and "--json" in printed


def start_sleeping(kf):
    (kf.folder / "sleep.py").write_text(
        textwrap.dedent(
            """
            from kf import dsl

            @dsl.component
            def quick() -> int:
                return 1

            @dsl.component
            def sleep(x: int, path: str):
                import os, time
                if not os.path.exists(path):
                    open(path, "w").close()
                    time.sleep(60)

            @dsl.pipeline
            def p(path: str):
                sleep(x=quick().output, path=path)
            """
        )
    )
    started = kf.folder / "started"
    process = subprocess.Popen(
        [KF, "run", "sleep.py", "--arg", f"path={started}"],
        cwd=kf.folder,
        env={**os.environ, "KF_HOME": str(kf.folder / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not started.exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    return process


def test_interrupt_cancels(kf):
    process = start_sleeping(kf)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and "CANCELED" in out
    run = json.loads(kf("show", "--json").stdout)["id"]
    assert f"go on with it: kf run --resume {run[:8]}\n" in out


def test_cancel_from_another_process(kf):
    process = start_sleeping(kf)
    run = json.loads(kf("show", "--json").stdout)["id"]
    assert kf("cancel", "latest").stdout.startswith(f"the run {run} is asked to stop")
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert json.loads(kf("show", "--json").stdout)["state"] == "CANCELED"
    said = kf("cancel", run, status=1).stderr
    assert said == f"kf cancel: {run}: the run has ended: CANCELED\n"


def test_a_run_whose_process_is_gone(kf):
    process = start_sleeping(kf)
    process.kill()
    process.communicate(timeout=60)
    run = json.loads(kf("show", "--json").stdout)["id"]
    assert "INTERRUPTED" in kf("runs").stdout
    shown = kf("show").stdout
    assert "INTERRUPTED" in shown and f"kf run --resume {run[:8]}" in shown
    assert kf("cancel", "latest").stdout == f"the run {run} is canceled\n"
    assert "CANCELED" in kf("runs").stdout


def test_what_a_resumed_run_has_is_not_given_again(kf):
    kf("run", "sums.py")
    for words in (["--arg", "x=2"], ["--root", "elsewhere"], ["--name", "other"]):
        said = kf("run", "--resume", "latest", *words, status=2).stderr
        assert "run's own" in said and words[0] in said


def test_resume_after_a_kill(kf):
    process = start_sleeping(kf)
    process.kill()
    process.communicate(timeout=60)
    run = json.loads(kf("run", "--resume", "latest", "--json").stdout)
    assert run["state"] == "SUCCEEDED"
    assert tasks_of(run)["quick"]["attempts"] == 1


def test_lineage(kf):
    (kf.folder / "data.py").write_text(
        textwrap.dedent(
            """
            from kf import dsl
            from kf.dsl import Dataset, Input, Output

            @dsl.component
            def make(data: Output[Dataset]):
                open(data.path, "w").write("1")

            @dsl.component
            def copy(data: Input[Dataset], copied: Output[Dataset]):
                open(copied.path, "w").write(open(data.path).read())

            @dsl.pipeline
            def p():
                copy(data=make().outputs["data"])
            """
        )
    )
    run = json.loads(kf("run", "data.py", "--json").stdout)
    path = tasks_of(run)["make"]["artifacts"]["data"]["path"]
    printed = kf("lineage", path).stdout
    came, went = printed.split("went to")
    assert "make" in came and "copy" in went and "copied" in went
    assert "no artifact" in kf("lineage", "nothing", status=1).stderr


def test_an_artifact_that_is_elsewhere_is_shown_by_its_uri(kf):
    (kf.folder / "remote.py").write_text(
        textwrap.dedent(
            """
            from kf import dsl

            @dsl.pipeline
            def p():
                dsl.importer(artifact_uri="gs://bucket/model", artifact_class=dsl.Model)
            """
        )
    )
    assert "importer.artifact  gs://bucket/model\n" in kf("run", "remote.py").stdout


EXPERIMENT = """
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: square}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: random}
  parallelTrialCount: 1
  maxTrialCount: 3
  parameters:
  - {name: x, parameterType: int, feasibleSpace: {min: "-3", max: "3"}}
  trialTemplate:
    primaryContainerName: main
    trialParameters: [{name: x, reference: x}]
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            restartPolicy: Never
            containers:
            - {name: main, image: i, command: [sh, -c, "x=${trialParameters.x}; echo loss=$((x * x))"]}
"""


def test_an_experiment(kf, tmp_path):
    path = tmp_path / "square.yaml"
    path.write_text(EXPERIMENT)
    assert "0 errors" in kf("check", str(path)).stdout
    assert "--host-commands" in kf("tune", str(path), status=1).stderr
    tuned = json.loads(kf("tune", str(path), "--host-commands", "--json").stdout)
    assert tuned["state"] == "SUCCEEDED" and tuned["counts"]["succeeded"] == 3
    assert all(t["values"]["loss"] == t["params"]["x"] ** 2 for t in tuned["trials"])
    assert json.loads(kf("trials", "square", "--json").stdout) == tuned["trials"]
    assert json.loads(kf("experiments", "--json").stdout)[0]["id"] == "square"
    assert "ExperimentMaxTrialsReached" in kf("show", "square").stdout
    assert "loss=" in kf("logs", "square", "1").stdout
    assert len(kf("trials", "square", "--csv").stdout.splitlines()) == 4
    assert "resumePolicy" in kf("tune", "--resume", "square", "--max-trials", "5", status=1).stderr
    assert "SUCCEEDED" in kf("cancel", "square", status=1).stderr
    assert "FILE" in kf("tune", status=2).stderr


SLOW = EXPERIMENT.replace("echo loss=$((x * x))", "echo $$$$ >> pids; sleep 0.05; echo loss=$((x * x))")


def start_tuning(kf, path, *words):
    return subprocess.Popen(
        [KF, "tune", *words, "--quiet", "--json"],
        cwd=kf.folder,
        env={**os.environ, "KF_HOME": str(kf.folder / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_trial(kf, number):
    log = kf.folder / "home" / "experiments" / "square" / f"trial-{number}" / "work" / "pids"
    deadline = time.monotonic() + 60
    while not log.exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_cancel_an_experiment_from_another_process(kf, tmp_path):
    path = tmp_path / "square.yaml"
    path.write_text(SLOW.replace("sleep 0.05", "sleep 1000"))
    process = start_tuning(kf, path, str(path), "--host-commands")
    wait_for_trial(kf, 0)
    assert "asked to stop" in kf("cancel", "square").stdout
    process.communicate(timeout=60)
    assert process.returncode == 1
    shown = json.loads(kf("show", "square", "--json").stdout)
    assert shown["state"] == "CANCELED"
    assert {trial["state"] for trial in shown["trials"]} == {"KILLED"}


def test_a_killed_experiment_goes_on(kf, tmp_path):
    path = tmp_path / "square.yaml"
    path.write_text(SLOW)
    calm = json.loads(
        kf("tune", str(path), "--host-commands", "--name", "calm", "--json").stdout
    )["trials"]
    process = start_tuning(kf, path, str(path), "--host-commands")
    for number in range(2):
        wait_for_trial(kf, number)
        process.kill()
        process.communicate(timeout=60)
        assert "INTERRUPTED" in kf("show", "square").stdout
        process = start_tuning(kf, path, "--resume", "square")
    out, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    trials = json.loads(out)["trials"]
    for member in ("number", "state", "params", "values"):
        assert [trial[member] for trial in trials] == [trial[member] for trial in calm]
