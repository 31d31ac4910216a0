# SPDX-License-Identifier: Apache-2.0
"""Calling components and pipelines outside of a pipeline."""

import io
import os
import re
from typing import List, NamedTuple, Optional

import pytest

from kf import dsl, local


@pytest.fixture(autouse=True)
def session(tmp_path, monkeypatch):
    """A session with a store and a root of its own; sessions of other tests do not matter."""
    monkeypatch.setenv("KF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(local, "_session", None)
    return start


def start(tmp_path, **options):
    runner = local.SubprocessRunner(
        use_venv=False, host_commands=options.pop("host_commands", False)
    )
    local.init(runner, pipeline_root=str(tmp_path / "root"), **options)


@dsl.component
def say(text: str) -> str:
    print("saying", text)
    return text


@dsl.component
def fail(text: str) -> str:
    raise ValueError(text)


@dsl.component
def write(text: str, file: dsl.Output[dsl.Dataset]):
    with open(file.path, "w") as stream:
        stream.write(text)
    file.metadata["text"] = text


def test_executing_needs_a_session():
    with pytest.raises(RuntimeError, match="init"):
        say(text="x")


# ---- outputs ----


def test_outputs_have_their_types(tmp_path):
    start(tmp_path)

    @dsl.component
    def give(
        number: int, share: float, flag: bool, items: list, table: dict
    ) -> NamedTuple("Given", number=int, share=float, flag=bool, items=list, table=dict):
        given = NamedTuple("Given", number=int, share=float, flag=bool, items=list, table=dict)
        return given(number, share, flag, items, table)

    values = {"number": 3, "share": 2.0, "flag": False, "items": [1, "a"], "table": {"k": [None]}}
    outputs = give(**values).outputs
    assert outputs == values
    assert {name: type(value) for name, value in outputs.items()} == {
        name: type(value) for name, value in values.items()
    }


def test_outputs_of_a_generic_type_are_values(tmp_path):
    start(tmp_path)

    @dsl.component
    def give(items: List[int]) -> List[int]:
        return items

    assert give(items=[1, 2]).output == [1, 2]
    with pytest.raises(TypeError, match="items.*LIST.*STRING"):
        give(items="1")


def test_an_artifact_is_an_object_whose_file_can_be_read(tmp_path):
    start(tmp_path)
    file = write(text="a").output
    assert isinstance(file, dsl.Dataset)
    assert (file.name, file.metadata) == ("file", {"text": "a"})
    with open(file.path) as stream:
        assert stream.read() == "a"


@pytest.mark.parametrize("texts", [[], ["a"], ["a", "b"]])
def test_collected_artifacts_are_a_list_of_any_length(tmp_path, texts):
    start(tmp_path)

    @dsl.pipeline
    def collecting(texts: List[str]) -> List[dsl.Dataset]:
        with dsl.ParallelFor(texts) as text:
            made = write(text=text)
        return dsl.Collected(made.outputs["file"])

    files = collecting(texts=texts).output
    assert [file.metadata["text"] for file in files] == texts


def test_an_output_that_is_not_written_is_left_out(tmp_path):
    start(tmp_path)

    @dsl.component
    def forget(count: dsl.OutputPath(int)):
        pass

    assert forget().outputs == {}

    @dsl.component
    def double(count: int) -> int:
        return count * 2

    @dsl.pipeline
    def reads_it():
        double(count=forget().outputs["count"])

    with pytest.raises(RuntimeError, match="needs the output 'count' of the task 'forget'"):
        reads_it()


def test_a_placeholder_as_a_default_stands_for_its_value(tmp_path):
    start(tmp_path)

    @dsl.component
    def name(name: str = dsl.PIPELINE_TASK_NAME_PLACEHOLDER) -> str:
        return name

    assert name().output == "name"
    assert name(name="other").output == "other"
    # An argument too.
    assert say(text=f"<{dsl.PIPELINE_TASK_NAME_PLACEHOLDER}>").output == "<say>"


def test_whole_numbers_in_constants_and_defaults_are_integers(tmp_path):
    start(tmp_path)

    @dsl.component
    def show(items: list, table: dict = {"a": [1, 2.5]}) -> str:
        return repr((items, table))

    @dsl.pipeline
    def showing() -> str:
        return show(items=[1, {"b": 2}, 0.5, 1e300]).output

    assert showing().output == "([1, {'b': 2}, 0.5, 1e+300], {'a': [1, 2.5]})"


def test_a_pipeline_gives_out_what_its_exit_task_does(tmp_path):
    start(tmp_path)

    @dsl.component
    def state(status: dsl.PipelineTaskFinalStatus) -> str:
        return status.state

    @dsl.pipeline
    def exits() -> str:
        last = state()
        with dsl.ExitHandler(last):
            say(text="x")
        return last.output

    assert exits().output == "SUCCEEDED"


def test_an_optional_input_is_left_out(tmp_path):
    start(tmp_path)

    @dsl.component
    def is_given(text: Optional[str] = None) -> bool:
        return text is not None

    assert is_given().output is False
    assert is_given(text="").output is True


# ---- arguments ----


def test_arguments_are_checked_as_in_a_pipeline(tmp_path):
    start(tmp_path)
    with pytest.raises(TypeError, match="text.*STRING.*NUMBER_INTEGER"):
        say(text=1)
    assert not os.path.exists(tmp_path / "root"), "nothing ran"


def test_types_are_not_checked_where_that_is_turned_off(tmp_path, monkeypatch):
    import kf

    start(tmp_path)
    monkeypatch.setattr(kf, "TYPE_CHECK", False)
    assert say(text=1).output == "1"


def test_an_artifact_may_be_an_argument(tmp_path):
    start(tmp_path)

    @dsl.component
    def read(file: dsl.Input[dsl.Dataset]) -> str:
        with open(file.path) as stream:
            return stream.read() + file.metadata["text"]

    assert read(file=write(text="a").output).output == "aa"


def test_an_artifact_is_no_constant_of_a_pipeline():
    @dsl.component
    def read(file: dsl.Input[dsl.Dataset]):
        pass

    with pytest.raises(ValueError, match="'file' of 'read'.*dsl.importer"):

        @dsl.pipeline
        def constant():
            read(file=dsl.Dataset(uri="/somewhere"))


# ---- failures ----


@dsl.pipeline
def inner():
    fail(text="too bad")


@dsl.pipeline
def outer():
    inner()


def test_a_failure_names_the_task_and_the_reason(tmp_path):
    start(tmp_path)
    expected = r"outer FAILED: task 'fail' inside 'inner': ValueError: too bad \(run [0-9a-f-]{36}\)"
    with pytest.raises(RuntimeError, match=expected):
        outer()


def test_a_failure_need_not_be_raised(tmp_path, capsys):
    start(tmp_path, raise_on_error=False)
    assert outer().outputs == {}
    printed = capsys.readouterr().err
    assert "    Traceback" in printed
    assert re.search(r"inner/fail: FAILED in .* s: ValueError: too bad\n", printed)
    assert re.search(r"outer: FAILED in .* s\n", printed)


# ---- where things are ----


def test_artifacts_lie_in_a_folder_per_run_named_by_time(tmp_path):
    start(tmp_path)

    @dsl.pipeline
    def writing() -> dsl.Dataset:
        return write(text="a").output

    first, second = writing().output, writing().output
    place = re.escape(str(tmp_path / "root")) + r"/writing-\d{4}(-\d\d){5}-\d{6}/write/file"
    assert re.fullmatch(place, first.path)
    assert re.fullmatch(place, second.path)
    assert len(os.listdir(tmp_path / "root")) == 2


# ---- what is printed ----


def test_states_logs_and_outputs_are_printed(tmp_path, capsys):
    start(tmp_path)
    say(text="a")
    clock = r"\d\d:\d\d:\d\d\.\d{3} "
    assert re.fullmatch(
        clock + "say: running, run [0-9a-f]{8}\n" + clock + "say: running\n"
        "    saying a\n" + clock + "say: SUCCEEDED in .* s\n"
        "    Output: 'a'\n" + clock + "say: SUCCEEDED in .* s\n",
        capsys.readouterr().err,
    )


def test_artifacts_are_printed_with_their_place(tmp_path, capsys):
    start(tmp_path)
    path = write(text="a").output.path
    expected = f"    file: Dataset(uri={path!r}, metadata={{'text': 'a'}})\n"
    assert expected in capsys.readouterr().err


def test_a_log_is_printed_while_it_is_written(tmp_path, monkeypatch):
    start(tmp_path)
    seen = tmp_path / "seen"

    class Watched(io.StringIO):
        def write(self, text):
            if "first" in text:
                seen.touch()
            return super().write(text)

    @dsl.component
    def wait(path: str) -> bool:
        import os
        import time

        print("first", flush=True)
        for _ in range(2000):
            if os.path.exists(path):
                return True
            time.sleep(0.01)
        return False

    monkeypatch.setattr("sys.stderr", Watched())
    assert wait(path=str(seen)).output is True


def test_logs_of_tasks_that_run_side_by_side_are_not_mixed(tmp_path, capsys):
    start(tmp_path)

    @dsl.component
    def count(name: str):
        for number in range(50):
            print(f"{name}{number}", flush=True)

    @dsl.pipeline
    def both():
        with dsl.ParallelFor(["a", "b", "c"]) as name:
            count(name=name)

    both()
    counted = re.findall(r"^    ([abc])(\d+)$", capsys.readouterr().err, re.MULTILINE)
    for name in "abc":
        assert [int(number) for letter, number in counted if letter == name] == list(range(50))


def test_many_tasks_do_not_bury_what_matters(tmp_path, capsys, monkeypatch):
    from kf import _local_log

    monkeypatch.setattr(_local_log, "_SHOWN_ENDED", 2)
    start(tmp_path)

    @dsl.pipeline
    def many():
        with dsl.ParallelFor(["a", "b", "c", "d"], parallelism=1) as text:
            last = say(text=text)
        fail(text="broken").after(last)

    with pytest.raises(RuntimeError):
        many()
    printed = capsys.readouterr().err
    assert re.findall(r"saying (.)", printed) == ["a", "b", "c", "d"]
    assert printed.count("say: SUCCEEDED") == 2
    assert "from here on" in printed
    assert "fail: FAILED" in printed


def test_a_cached_task_does_not_run(tmp_path, capsys):
    start(tmp_path, enable_caching=True)
    say(text="a")
    capsys.readouterr()
    assert say(text="a").output == "a"
    printed = capsys.readouterr().err
    assert "say: CACHED" in printed
    assert "saying" not in printed


# ---- settings of what has run ----


def test_settings_of_pods_are_ignored_once_a_task_has_run(tmp_path):
    start(tmp_path)
    task = say(text="a")
    with pytest.warns(UserWarning, match=r"\.set_cpu_limit\(\) has no effect"):
        assert task.set_cpu_limit("1") is task
    with pytest.raises(RuntimeError, match="executed already"):
        task.set_retry(1)
