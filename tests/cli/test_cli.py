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
        (["cache", "frobnicate"], "list, explain, clear or models is expected"),
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


def test_check_of_services(kf):
    (kf.folder / "services.yaml").write_text(
        textwrap.dedent(
            """\
            apiVersion: v1
            kind: Secret
            metadata: {name: key}
            ---
            apiVersion: serving.kserve.io/v1beta1
            kind: InferenceService
            metadata: {name: iris}
            spec:
              predictor:
                minReplicas: -1
                sklearn: {storageURI: s3://bucket/iris}
            """
        )
    )
    printed = kf("check", "services.yaml", status=1).stdout
    assert "services.yaml:10:18: error: iris.spec.predictor.minReplicas: " in printed
    assert "unknown field 'storageURI', ignored; did you mean 'storageUri'?" in printed
    assert printed.endswith("services.yaml: 1 error, 1 warning\n")
    (kf.folder / "one.json").write_text(
        '{"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", '
        '"metadata": {"name": "iris"}, "spec": {"predictor": {"sklearn": {}}}}'
    )
    assert kf("check", "one.json").stdout == "one.json: 0 errors, 0 warnings\n"


def test_models_of_the_cache(kf):
    folder = kf.folder / "home" / "models"
    assert kf("cache", "models").stdout == "no models are kept\n"
    for name, content in (("trees/" + "a" * 64 + "/model.bst", "12345"), ("partial/x", "")):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(content)
    (folder / "records").mkdir()
    record = {"uri": "s3://b/m", "tree": "a" * 64, "files": {}}
    (folder / "records" / ("b" * 32 + ".json")).write_text(json.dumps(record))
    printed = kf("cache", "models").stdout.splitlines()
    assert printed[0].split() == ["KEY", "MODEL", "SIZE", "LAST", "USED", "(UTC)", "IN", "USE"]
    assert printed[1].split()[:4] == ["b" * 12, "s3://b/m", "5", "B"]
    (found,) = json.loads(kf("cache", "models", "--json").stdout)
    assert found["key"] == "b" * 32 and found["size"] == 5 and not found["in_use"]
    assert "no model 'c'" in kf("cache", "models", "clear", "c", status=1).stderr
    assert kf("cache", "models", "clear", "bbb").stdout == "1 removed\n"
    assert not (folder / "trees" / ("a" * 64)).exists()
    assert json.loads(kf("cache", "models", "--json").stdout) == []
    assert "clear and one KEY or none" in kf("cache", "models", "x", status=2).stderr


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
    page = kf("trials", "square", "--html").stdout
    assert page.startswith("<!DOCTYPE html>") and page.count("<circle") == 3 and "<svg" in page
    assert "one of" in kf("trials", "square", "--html", "--csv", status=2).stderr
    assert "resumePolicy" in kf("tune", "--resume", "square", "--trials", "5", status=1).stderr
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
TRAIN = """
from kf import dsl
from kf.dsl import Metrics, Output

@dsl.component
def fit(rate: float, depth: int, act: str, notes: Output[Metrics]):
    print("fitting", rate, depth, act)
    notes.log_metric("loss", rate + depth + (act == "relu"))

@dsl.pipeline
def train(rate: float, depth: int = 2, act: str = "relu", flag: bool = False):
    fit(rate=rate, depth=depth, act=act)
"""


@pytest.fixture
def train(kf):
    (kf.folder / "train.py").write_text(TRAIN)
    plain = ("tune", "train.py", "--no-environments")
    return lambda *words, status=0: kf(*plain, *words, status=status)


def test_a_pipeline_is_tuned(kf, train):
    words = (
        *("--space", "rate=double(0.5, 2, logUniform)", "-s", "depth=int(1, 7, step=3)"),
        *("-s", "act=relu,gelu", "-o", "minimize:loss", "--algorithm", "tpe"),
        *("--set", "n_startup_trials=4", "--seed", "3", "-n", "6", "-j", "2", "--goal", "-1"),
        *("--early-stopping", "medianstop", "--stopping", "start_step=2", "--metric", "fit.loss"),
    )
    tuned = json.loads(train(*words, "--json").stdout)
    assert (tuned["state"], tuned["name"], tuned["algorithm"]) == ("SUCCEEDED", "train", "tpe")
    assert tuned["settings"] == {"n_startup_trials": "4"} and tuned["goal"] == -1
    assert (tuned["early_stopping"], tuned["stopping_settings"]) == ("medianstop", {"start_step": "2"})
    assert (tuned["max_trials"], tuned["parallel"], len(tuned["trials"])) == (6, 2, 6)
    for trial in tuned["trials"]:
        params = trial["params"]
        assert 0.5 <= params["rate"] <= 2 and params["depth"] in (1, 4, 7)
        loss = params["rate"] + params["depth"] + (params["act"] == "relu")
        assert trial["values"]["loss"] == pytest.approx(loss)
        assert trial["metrics"]["fit.loss"]["latest"] == trial["values"]["loss"]
    assert "fitting" in kf("logs", "train", "2").stdout
    assert kf("logs", "train").stdout.count("fitting") == 6
    again = json.loads(kf("tune", "--resume", "train", "--trials", "8", "--json").stdout)
    assert again["trials"][:6] == tuned["trials"] and len(again["trials"]) == 8


def history_of(kf, experiment):
    trials = json.loads(kf("trials", experiment, "--json").stdout)
    return [[trial[key] for key in ("number", "state", "params", "values")] for trial in trials]


def test_a_killed_search_of_a_pipeline_goes_on_as_if_nothing_had_happened(kf, train):
    text = TRAIN.replace("print(", "__import__('time').sleep(0.1); print(")
    (kf.folder / "train.py").write_text(text)
    kf("compile", "train.py", "-o", "train.yaml")
    words = (
        *("tune", "train.yaml", "--no-environments", "--quiet", "-n", "8", "-o", "minimize:loss"),
        *("-s", "rate=double(0.5, 2)", "-s", "depth=1,4,7", "-s", "act=relu,gelu", "--no-cache"),
    )
    kf(*words, "--name", "calm")
    home = {**os.environ, "KF_HOME": str(kf.folder / "home")}
    again = [KF, *words, "--name", "killed"]
    for trials in (1, 3, 3, 6):
        with subprocess.Popen(again, cwd=kf.folder, env=home, stdout=subprocess.DEVNULL) as tune:
            while tune.poll() is None:
                first = json.loads(kf("experiments", "--json").stdout)[0]
                if first["id"] == "killed" and first["trials"] >= trials:
                    break
                time.sleep(0.02)
            tune.kill()
        again = [KF, "tune", "--resume", "killed", "--quiet"]
    assert "INTERRUPTED" in kf("experiments").stdout
    assert "kf tune --resume killed" in kf("show", "killed").stdout
    kf(*again[1:])
    assert history_of(kf, "killed") == history_of(kf, "calm")


def test_a_compiled_pipeline_is_tuned(kf, train):
    words = ("-s", "rate=double(1, 2)", "-o", "maximize:loss", "-n", "3", "--seed", "5", "--json")
    kf("compile", "train.py", "-o", "train.yaml")
    compiled = json.loads(kf("tune", "train.yaml", "--no-environments", *words).stdout)
    source = json.loads(train(*words).stdout)
    assert compiled["direction"] == "maximize" and (compiled["id"], source["id"]) == ("train", "train-2")
    for first, second in zip(compiled["trials"], source["trials"], strict=True):
        assert (first["params"], first["values"]) == (second["params"], second["values"])


def params_of(train, *words):
    said = train(*words, "-o", "minimize:loss", "--algorithm", "grid", "--json").stdout
    return {tuple(sorted(trial["params"].items())) for trial in json.loads(said)["trials"]}


def test_spaces_in_words(train):
    words = ("-s", 'act="a, b",c', "-s", "depth=3,5 if act=c", "-a", "flag=True", "-a", "rate=1")
    assert params_of(train, *words) == {
        (("act", "a, b"),), (("act", "c"), ("depth", 3)), (("act", "c"), ("depth", 5))
    }


BAD_SEARCHES = [
    (["-s", "ratee=1,2"], "the pipeline has no input 'ratee'; did you mean 'rate'?"),
    (["-s", "rate=double(1, 2, logUnifrm)"], "not 'logUnifrm'; did you mean 'logUniform'?"),
    (["-s", "rate=doubl(1, 2)"], "'doubl' is no kind of parameter: expected double, int, discrete"),
    (["-s", "rate=double(2, 1)"], "min of 'rate' is 2, above max, 1"),
    (["-s", "rate=double(0, 1, logUniform)"], "min of 'rate' is 0: a logarithmic distribution"),
    (["-s", "rate=double(1)"], "'rate' needs a min and a max, such as double(0.1,1)"),
    (["-s", "rate=double()"], "'rate' needs a min and a max, such as double(0.1,1)"),
    (["-s", "rate=categorical()"], "'rate' needs a list of at least one value to choose from"),
    (["-s", "rate=double(a, 1)"], "min of 'rate' is 'a': expected a number"),
    (["-s", "rate=double(1, 2, step=0)"], "step of 'rate' is '0': expected a number above 0"),
    (["-s", "depth=int(1, 2.5)"], "max of 'depth' is '2.5': expected a whole number"),
    (["-s", "depth=int(1, 3, step=x)"], "step of 'depth' is 'x': expected a whole number above 0"),
    (["-s", "rate"], "--space takes NAME=VALUES, such as"),
    (["-s", "rate="], "the parameter 'rate' needs values, such as"),
    (["-s", "rate=1,,2"], "there is no value between two commas in '1,,2'"),
    (["-s", 'act="a'], "is no text in quotes"),
    (["-s", "rate=1,2", "-s", "rate=3,4"], "there is a parameter 'rate' already"),
    (["-s", "rate=1,1"], "stands in its list twice"),
    (["-s", "rate=discrete(a,b)"], "is no number, as a discrete parameter needs"),
    (["-s", "rate=1,2", "-s", "depth=3,4 if rate=7"], "value \"7\" is none of 'rate'"),
    (["-s", "rate=1,2", "-s", "depth=3,4 if rates=1"], "no parameter 'rates': did you mean 'rate'?"),
    (["-s", "rate=1,2", "-s", "depth=3,4 if rate"], "a condition is PARAMETER=VALUE,VALUE"),
    (["-s", "depth=double(1,2)", "-a", "rate=1"], "'depth' is a double, and the pipeline's input"),
    (["-s", "depth=1,2"], "the pipeline's input 'rate' has no default: search it"),
    (["-s", "depth=1,x", "-a", "rate=1"], "'depth' is of type NUMBER_INTEGER and cannot take"),
    (["-s", "rate=1,2", "-a", "depth=x"], "the input 'depth' takes a whole number, not 'x'"),
    (["-s", "rate=1,2", "-a", "rate=1"], "'rate' is a parameter of the search, and an argument"),
    (["-s", "rate=1,2", "--algorithm", "tpee"], "no algorithm 'tpee'; did you mean 'tpe'?"),
    (["-s", "rate=1,2", "--set", "a=1"], "no setting 'a'"),
    (["-s", "rate=1,2", "--set", "a"], "--set takes NAME=VALUE, not 'a'"),
    (["-s", "rate=1,2", "--stopping", "a=1"], "--stopping sets what --early-stopping names"),
    (["-s", "rate=1,2", "--early-stopping", "x"], "no early stopping algorithm 'x'"),
    (["-s", "rate=1,2", "--goal", "low"], "--goal takes a number, not 'low'"),
    (["-s", "rate=1,2", "-o", "minimise:loss"], "not 'minimise:loss'; did you mean 'minimize'?"),
    (["-s", "rate=1,2", "-o", "loss"], "--objective takes minimize:METRIC or maximize:METRIC"),
    ([], "give --space NAME=VALUES"),
]


def test_bad_searches(kf, train):
    kf("compile", "train.py", "-o", "train.yaml")
    for words, message in BAD_SEARCHES:
        assert message in kf("tune", "train.yaml", *words, "-o", "minimize:loss", status=2).stderr
    table = "INPUT  TYPE           VALUE\n  act    text           default \"relu\"\n"
    advice = "search one with --space NAME=VALUES, give one with --arg NAME=VALUE\n"
    for words in ([], ["-s", "depth=1,2"]):
        said = kf("tune", "train.yaml", *words, "-o", "minimize:loss", status=2).stderr
        assert table in said and said.endswith(advice)


def test_what_does_not_go_together(kf, train, tmp_path):
    assert "give --objective" in train("-s", "rate=1,2", status=2).stderr
    (tmp_path / "square.yaml").write_text(EXPERIMENT)
    said = kf("tune", "square.yaml", "--space", "x=1,2", status=2).stderr
    assert "--space goes with a pipeline, and square.yaml is an experiment" in said
    assert "only --trials and --jobs" in kf("tune", "--resume", "x", "--goal", "1", status=2).stderr
    assert "no file gone.py" in kf("tune", "gone.py", status=2).stderr


BROKEN = "x=${trialParameters.x}; case $x in -*) echo broken >&2; exit 3;; 0) exit 0;; esac; "


def test_show_says_what_became_of_each_trial(kf, tmp_path):
    text = EXPERIMENT.replace("random}", "grid}").replace("maxTrialCount: 3", "maxTrialCount: 7")
    text = text.replace("x=${trialParameters.x}; ", BROKEN).replace("loss}", "loss, goal: -1.5}")
    (tmp_path / "square.yaml").write_text(text)
    kf("tune", "square.yaml", "--host-commands", "--quiet")
    told = json.loads(kf("show", "square", "--json").stdout)
    assert told["goal"] == -1.5 and told["objectives"] == [{"name": "loss", "direction": "minimize"}]
    assert told["importance"] == {"x": 0} or told["importance"] == {"x": 1}
    assert [(each["type"], each["status"]) for each in told["conditions"]] == [
        ("Created", "True"), ("Running", "False"), ("Succeeded", "True")
    ]
    values = [trial["values"] and trial["values"]["loss"] for trial in told["trials"]]
    best, history = float("inf"), []
    for number, value in enumerate(values):
        if value is not None and value < best:
            best = value
            history.append((number, value))
    assert [(each["trial"], each["value"]) for each in told["history"]] == history and history
    assert all(0 <= each["after"] <= told["duration"] for each in told["history"])
    shown = kf("show", "square").stdout
    for line in (
        "  algorithm       grid\n",
        "  objective       minimize loss, until it is -1.5\n",
        "  trials          3 succeeded, 3 failed, 1 metrics unavailable of 7\n",
        f"best: trial {told['best']['number']}\n  loss            1.0\n  x               1\n",
        "\nbest so far\n",
        "\nfailed\n",
        "\nwithout metrics\n",
        "\nconditions\n",
        "ExperimentMaxTrialsReached  As many trials as maxTrialCount have ended\n",
    ):
        assert line in shown, shown
    failed = shown[shown.index("\nfailed\n") : shown.index("\nwithout metrics\n")]
    assert failed.count("exit code 3: broken") == 3
    assert "running" not in shown and "go on with it" not in shown


def test_logs_follow_an_experiment(kf, tmp_path):
    text = EXPERIMENT.replace("echo loss=", "echo begun; sleep 0.3; echo loss=")
    (tmp_path / "square.yaml").write_text(text)
    command = [KF, "tune", "square.yaml", "--host-commands", "--quiet"]
    home = {**os.environ, "KF_HOME": str(tmp_path / "home")}
    with subprocess.Popen(command, cwd=tmp_path, env=home, stdout=subprocess.PIPE) as tune:
        while "square" not in kf("experiments").stdout:
            time.sleep(0.02)
        said = kf("logs", "square", "--follow").stdout
        assert tune.wait(timeout=60) == 0
    assert said.count("begun\n") == 3 and said.count("loss=") == 3
    assert said.index("==> square-0") < said.index("==> square-2")


def test_show_while_it_runs_and_once_it_is_canceled(kf, tmp_path):
    text = EXPERIMENT.replace("echo loss=$((x * x))", "echo loss=7; sleep 60")
    (tmp_path / "square.yaml").write_text(text)
    command = [KF, "tune", "square.yaml", "--host-commands", "--quiet"]
    home = {**os.environ, "KF_HOME": str(tmp_path / "home")}
    with subprocess.Popen(command, cwd=tmp_path, env=home, stdout=subprocess.PIPE) as tune:
        for _ in range(200):
            time.sleep(0.05)
            if "square" not in kf("experiments").stdout:
                continue
            (trial,) = json.loads(kf("show", "square", "--json").stdout)["trials"]
            if trial["report"] is not None:
                break
        assert trial["state"] == "RUNNING" and trial["report"] == {"step": 1, "value": 7.0}
        shown = kf("show", "square").stdout
        assert "\nrunning\n" in shown and "1 running of 3" in shown and "best:" not in shown
        tune.send_signal(signal.SIGINT)
        assert tune.wait(timeout=60) == 130
    shown = kf("show", "square").stdout
    assert "CANCELED" in shown and "go on with it: kf tune --resume square" in shown
    assert "\nkilled\n" in shown and "killed: the experiment ended" in shown
