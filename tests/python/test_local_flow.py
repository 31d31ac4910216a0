# SPDX-License-Identifier: Apache-2.0
"""Pipelines of all shapes, run by calling them: what comes out of them."""

import os
from typing import Dict, List, NamedTuple, Optional

import pytest

from kf import compiler, components, dsl, local


@pytest.fixture(autouse=True)
def session(tmp_path, monkeypatch):
    monkeypatch.setenv("KF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(local, "_session", None)
    start(tmp_path)


def start(tmp_path, **options):
    runner = local.SubprocessRunner(use_venv=False, host_commands=True)
    local.init(runner, pipeline_root=str(tmp_path / "root"), **options)


@dsl.component
def echo(x: str) -> str:
    return x


@dsl.component
def add(a: int, b: int = 1) -> int:
    return a + b


@dsl.component
def numbers(count: int) -> List[int]:
    return list(range(count))


@dsl.component
def total(xs: List[int]) -> int:
    return sum(xs)


@dsl.component
def text_of(xs: list) -> str:
    return repr(xs)


@dsl.component
def fail() -> str:
    raise RuntimeError("on purpose")


@dsl.component
def write(x: str, file: dsl.Output[dsl.Dataset]):
    with open(file.path, "w") as stream:
        stream.write(x)


@dsl.component
def read(file: dsl.Input[dsl.Dataset]) -> str:
    return open(file.path).read()


@dsl.component
def read_all(files: dsl.Input[List[dsl.Dataset]]) -> str:
    return "|".join(open(file.path).read() for file in files)


# ---- branches ----


@pytest.mark.parametrize("face, said", [("heads", "H"), ("tails", "T"), ("edge", "E")])
def test_the_branch_that_ran_gives_the_value(face, said):
    @dsl.pipeline
    def flip(face: str) -> str:
        coin = echo(x=face)
        with dsl.If(coin.output == "heads"):
            heads = echo(x="H")
        with dsl.Elif(coin.output == "tails"):
            tails = echo(x="T")
        with dsl.Else():
            edge = echo(x="E")
        return dsl.OneOf(heads.output, tails.output, edge.output)

    assert flip(face=face).output == said


@pytest.mark.parametrize("left", [True, False])
def test_the_branch_that_ran_gives_the_artifact(left):
    @dsl.pipeline
    def choose(left: bool) -> NamedTuple("Chosen", file=dsl.Dataset, text=str):
        with dsl.If(left == True):  # noqa: E712
            one = write(x="L")
        with dsl.Else():
            other = write(x="R")
        chosen = dsl.OneOf(one.outputs["file"], other.outputs["file"])
        given = NamedTuple("Chosen", file=dsl.Dataset, text=str)
        return given(file=chosen, text=read(file=chosen).output)

    outputs = choose(left=left).outputs
    assert outputs["text"] == ("L" if left else "R")
    assert open(outputs["file"].path).read() == outputs["text"]


def test_what_a_condition_leaves_out_is_no_failure():
    @dsl.pipeline
    def maybe(x: str):
        with dsl.If(x == "yes"):
            echo(x=echo(x="never").output)

    assert maybe(x="no").outputs == {}


# ---- loops ----


@pytest.mark.parametrize("count, expected", [(0, 0), (1, 10), (3, 33)])
def test_a_loop_over_what_a_task_gave_out(count, expected):
    @dsl.pipeline
    def looping(count: int) -> int:
        with dsl.ParallelFor(numbers(count=count).output) as number:
            added = add(a=number, b=10)
        return total(xs=dsl.Collected(added.output)).output

    assert looping(count=count).output == expected


def test_loops_within_loops_keep_their_order():
    @dsl.pipeline
    def looping() -> NamedTuple("Given", numbers=str, files=str):
        with dsl.ParallelFor([1, 2]) as i:
            with dsl.ParallelFor([10, 20]) as j:
                added = add(a=i, b=j)
                written = write(x=f"{i}-{j}")
        given = NamedTuple("Given", numbers=str, files=str)
        return given(
            numbers=text_of(xs=dsl.Collected(added.output)).output,
            files=read_all(files=dsl.Collected(written.outputs["file"])).output,
        )

    outputs = looping().outputs
    assert outputs["numbers"] == "[[11, 21], [12, 22]]"
    assert outputs["files"] == "1-10|1-20|2-10|2-20"


def test_a_loop_over_collected_artifacts():
    @dsl.pipeline
    def looping() -> str:
        with dsl.ParallelFor(["a", "b"]) as x:
            written = write(x=x)
        with dsl.ParallelFor(dsl.Collected(written.outputs["file"])) as file:
            text = read(file=file)
        return text_of(xs=dsl.Collected(text.output)).output

    assert looping().output == "['a', 'b']"


def test_a_loop_over_structs_made_by_a_task():
    @dsl.component
    def structs() -> List[Dict[str, str]]:
        return [{"a": "1"}, {"a": "2"}]

    @dsl.pipeline
    def looping() -> List[str]:
        with dsl.ParallelFor(structs().output) as item:
            text = echo(x=f"<{item.a}>")
        return dsl.Collected(text.output)

    assert looping().output == ["<1>", "<2>"]


def test_iterations_left_out_by_a_condition_are_not_collected():
    @dsl.pipeline
    def looping() -> List[int]:
        with dsl.ParallelFor([1, 2, 3]) as i:
            with dsl.If(i > 1):
                added = add(a=i)
        return dsl.Collected(added.output)

    assert looping().output == [3, 4]


def test_a_pipeline_with_a_loop_in_a_loop():
    @dsl.pipeline
    def inner(x: int) -> List[int]:
        with dsl.ParallelFor([10, 20]) as j:
            added = add(a=x, b=j)
        return dsl.Collected(added.output)

    @dsl.pipeline
    def outer() -> str:
        with dsl.ParallelFor([1, 2]) as i:
            sums = inner(x=i)
        return text_of(xs=dsl.Collected(sums.output)).output

    assert outer().output == "[[11, 21], [12, 22]]"


def test_a_failed_iteration_fails_what_collects(tmp_path):
    start(tmp_path, raise_on_error=False)

    @dsl.component
    def refuse_two(x: int) -> int:
        if x == 2:
            raise ValueError("two")
        return x

    @dsl.pipeline
    def looping() -> int:
        with dsl.ParallelFor([1, 2, 3]) as x:
            given = refuse_two(x=x)
        return total(xs=dsl.Collected(given.output)).output

    assert looping().outputs == {}


# ---- pipelines in pipelines ----


def test_nested_pipelines_hand_values_in_and_out(tmp_path):
    @dsl.pipeline
    def inner(x: int = 5) -> NamedTuple("Given", once=int, twice=int):
        once = add(a=x)
        given = NamedTuple("Given", once=int, twice=int)
        return given(once=once.output, twice=add(a=once.output).output)

    @dsl.pipeline
    def outer() -> NamedTuple("Given", once=int, twice=int):
        second = inner(x=inner().outputs["twice"])
        given = NamedTuple("Given", once=int, twice=int)
        return given(once=second.outputs["once"], twice=second.outputs["twice"])

    assert outer().outputs == {"once": 8, "twice": 9}
    path = str(tmp_path / "inner.yaml")
    compiler.Compiler().compile(inner, path)
    loaded = components.load_component_from_file(path)
    assert loaded(x=1).outputs == {"once": 2, "twice": 3}


def test_an_optional_artifact_may_be_missing_at_any_depth():
    @dsl.component
    def is_missing(file: Optional[dsl.Input[dsl.Dataset]] = None) -> bool:
        return file is None

    @dsl.pipeline
    def inner(file: Optional[dsl.Input[dsl.Dataset]] = None) -> bool:
        return is_missing(file=file).output

    @dsl.pipeline
    def outer() -> NamedTuple("Given", without=bool, given=bool):
        given = NamedTuple("Given", without=bool, given=bool)
        return given(
            without=inner().output, given=inner(file=write(x="x").outputs["file"]).output
        )

    assert outer().outputs == {"without": True, "given": False}


# ---- failures, retries, the end ----


def test_a_task_that_ignores_a_failure_takes_its_default(tmp_path):
    start(tmp_path, raise_on_error=False)

    @dsl.component
    def keep(path: str, x: str = "default"):
        with open(path, "w") as stream:
            stream.write(x)

    @dsl.pipeline
    def ignoring(path: str):
        keep(path=path, x=fail().output).ignore_upstream_failure()

    ignoring(path=str(tmp_path / "kept"))
    assert (tmp_path / "kept").read_text() == "default"


def test_a_task_is_tried_again(tmp_path):
    @dsl.component
    def third_time(path: str) -> int:
        with open(path, "a") as stream:
            stream.write(".")
        count = len(open(path).read())
        if count < 3:
            raise RuntimeError("not yet")
        return count

    @dsl.pipeline
    def trying(path: str) -> int:
        return third_time(path=path).set_retry(2, backoff_duration="0s").output

    assert trying(path=str(tmp_path / "count")).output == 3


@pytest.mark.parametrize("fails, state", [(False, "SUCCEEDED"), (True, "FAILED")])
def test_the_exit_task_knows_how_it_ended(tmp_path, fails, state):
    start(tmp_path, raise_on_error=False)

    @dsl.component
    def note(path: str, status: dsl.PipelineTaskFinalStatus):
        with open(path, "w") as stream:
            stream.write(f"{status.state} {status.pipeline_task_name}")

    @dsl.pipeline
    def ending(path: str, fails: bool):
        with dsl.ExitHandler(note(path=path), name="work"):
            with dsl.If(fails == True):  # noqa: E712
                fail()
            with dsl.Else():
                echo(x="fine")

    ending(path=str(tmp_path / "noted"), fails=fails)
    assert (tmp_path / "noted").read_text() == f"{state} exit-handler-1"


# ---- where things come from ----


def test_an_importer_gives_an_artifact_with_metadata(tmp_path):
    path = tmp_path / "imported"
    path.write_text("I")

    @dsl.pipeline
    def importing(path: str) -> NamedTuple("Given", file=dsl.Dataset, text=str):
        imported = dsl.importer(
            artifact_uri=path, artifact_class=dsl.Dataset, metadata={"n": 1, path: [path]}
        )
        given = NamedTuple("Given", file=dsl.Dataset, text=str)
        return given(file=imported.output, text=read(file=imported.output).output)

    outputs = importing(path=str(path)).outputs
    assert outputs["text"] == "I"
    assert outputs["file"].uri == str(path)
    assert outputs["file"].metadata == {"n": 1, str(path): [str(path)]}


def test_a_component_finds_what_is_embedded(tmp_path):
    folder = tmp_path / "embedded"
    folder.mkdir()
    (folder / "file.txt").write_text("E")

    @dsl.component(embedded_artifact_path=str(folder))
    def find(embedded: dsl.EmbeddedInput[dsl.Dataset]) -> str:
        import os

        return open(os.path.join(embedded.path, "file.txt")).read()

    assert find().output == "E"


def test_environment_variables_are_the_tasks_own():
    @dsl.component
    def variable() -> str:
        import os

        return os.environ.get("KF_TEST_VARIABLE", "-")

    @dsl.pipeline
    def both() -> NamedTuple("Given", with_it=str, without=str):
        with_it = variable()
        with_it.set_env_variable("KF_TEST_VARIABLE", 'a "b" {}')
        given = NamedTuple("Given", with_it=str, without=str)
        return given(with_it=with_it.output, without=variable().output)

    assert both().outputs == {"with_it": 'a "b" {}', "without": "-"}


def test_the_workspace_is_shared(tmp_path):
    workspace = tmp_path / "workspace"
    start(tmp_path, workspace_root=str(workspace))

    @dsl.component
    def leave(folder: str) -> str:
        import os

        path = os.path.join(folder, "left")
        with open(path, "w") as stream:
            stream.write("W")
        return path

    @dsl.component
    def look(path: str) -> str:
        return open(path).read()

    @dsl.pipeline(
        pipeline_config=dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size="1Gi"))
    )
    def sharing() -> str:
        return look(path=leave(folder=dsl.WORKSPACE_PATH_PLACEHOLDER).output).output

    assert sharing().output == "W"
    assert os.listdir(workspace) == ["left"]


def test_a_command_runs_here_when_that_is_allowed():
    @dsl.container_component
    def shout(text: str, said: dsl.OutputPath(str)):
        return dsl.ContainerSpec(
            image="alpine", command=["sh", "-c", 'printf "%s!" "$0" > "$1"', text, said]
        )

    @dsl.pipeline
    def shouting(text: str) -> str:
        return shout(text=f"{shout(text=text).output}?").output

    assert shouting(text="a").output == "a!?!"


def test_output_paths_are_read_by_their_type():
    @dsl.component
    def give(
        text: dsl.OutputPath(str),
        count: dsl.OutputPath(int),
        share: dsl.OutputPath(float),
        flag: dsl.OutputPath(bool),
        items: dsl.OutputPath(list),
    ):
        for path, value in (
            (text, " a\n"), (count, "7"), (share, "2.50"), (flag, "True"), (items, '[1, "x"]')
        ):
            with open(path, "w") as stream:
                stream.write(value)

    assert give().outputs == {
        "text": " a\n", "count": 7, "share": 2.5, "flag": True, "items": [1, "x"]
    }
