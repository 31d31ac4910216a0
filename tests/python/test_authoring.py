# SPDX-License-Identifier: Apache-2.0
"""Building pipelines: what goes beyond KFP, and what is refused with advice."""

import threading
from typing import Dict, List, Literal, NamedTuple, Optional

import pytest

import kf
from kf import dsl, kubernetes
from kf.dsl import Artifact, Dataset, Input, Model, Output


@dsl.component
def say(text: str) -> str:
    return text


@dsl.component
def number(x: int = 1) -> int:
    return x


@dsl.component
def write(text: str, data: Output[Dataset]):
    pass


@dsl.component
def read(data: Input[Dataset]):
    pass


@dsl.component
def read_all(data: Input[List[Dataset]]):
    pass


@dsl.component
def join(texts: List[str]) -> str:
    return ""


@dsl.component
def look(members: dict) -> dict:
    return members


@dsl.component
def two() -> NamedTuple("Outputs", [("first", str), ("second", int)]):
    return ("a", 1)


def tasks_of(pipeline, dag="root"):
    """The tasks of a pipeline's DAG, as the document has them."""
    spec = pipeline.pipeline_spec
    component = spec["root"] if dag == "root" else spec["components"][dag]
    return component["dag"]["tasks"]


# ---- conditions ----


def condition_of(make):
    """The condition of the only dsl.If of a pipeline."""

    @dsl.pipeline
    def pipeline(text: str = "t", count: int = 2, flag: bool = True):
        one = number()
        with dsl.If(make(one.output, text, count, flag)):
            say(text="x")

    return tasks_of(pipeline)["condition-1"]["triggerPolicy"]["condition"]


def test_conditions_combine():
    condition = condition_of(
        lambda one, text, count, flag: (one > 1) & ~(text == "b") | (count < 3)
    )
    for part in ("> 1", "== 'b'", "< 3", "&&", "||", "!("):
        assert part in condition


def test_strings_in_conditions_are_escaped():
    condition = condition_of(lambda one, text, count, flag: text == 'it\'s \\ "x"\n')
    assert "'it\\'s \\\\ \"x\"\\n'" in condition


@pytest.mark.parametrize(
    "use",
    [
        lambda one, two: one == 1 and two == 2,
        lambda one, two: one == 1 or two == 2,
        lambda one, two: not one == 1,
        lambda one, two: bool(one > 2),
        lambda one, two: 1 < one < 3,
    ],
)
def test_conditions_have_no_truth_of_their_own(use):
    with pytest.raises(kf.InvalidArgument, match="&, | and ~"):

        @dsl.pipeline
        def pipeline():
            with dsl.If(use(number().output, number().output)):
                say(text="x")


@pytest.mark.parametrize("condition", [True, 1 == 2])
def test_constant_conditions_are_refused(condition):
    with pytest.raises(ValueError, match="evaluated at once"):

        @dsl.pipeline
        def pipeline():
            number()
            with dsl.If(condition):
                say(text="x")


def test_a_channel_is_no_condition():
    with pytest.raises(ValueError, match="== True"):

        @dsl.pipeline
        def pipeline():
            with dsl.If(number().output):
                say(text="x")


@pytest.mark.parametrize("block", [lambda out: dsl.Elif(out == 1), lambda out: dsl.Else()])
def test_branches_need_an_if_before(block):
    with pytest.raises(kf.InvalidState):

        @dsl.pipeline
        def pipeline():
            one = number()
            with block(one.output):
                say(text="x")


# ---- loops ----


def test_members_of_items_in_text_are_read_from_the_item():
    # KFP refers to an input that does not exist.
    @dsl.pipeline
    def pipeline():
        with dsl.ParallelFor([{"a": 1, "b": 2}]) as item:
            say(text=f"{item.a} of {item}")

    inputs = tasks_of(pipeline, "comp-for-loop-2")["say"]["inputs"]["parameters"]
    assert inputs["pipelinechannel--loop-item-param-1-subvar-a"] == {
        "componentInputParameter": "pipelinechannel--loop-item-param-1",
        "parameterExpressionSelector": 'parseJson(string_value)["a"]',
    }
    assert inputs["text"]["runtimeValue"]["constant"] == (
        "{{$.inputs.parameters['pipelinechannel--loop-item-param-1-subvar-a']}} of "
        "{{$.inputs.parameters['pipelinechannel--loop-item-param-1']}}"
    )


def test_members_are_also_items_by_key():
    @dsl.pipeline
    def pipeline():
        with dsl.ParallelFor([{"a": 1, "_b": 2}]) as item:
            number(x=item["a"])
            number(x=item["_b"])
            assert item.a is item["a"]

    tasks = tasks_of(pipeline, "comp-for-loop-2")
    selector = tasks["number-2"]["inputs"]["parameters"]["x"]["parameterExpressionSelector"]
    assert selector == 'parseJson(string_value)["_b"]'


def test_collected_outputs_can_be_looped_over():
    @dsl.pipeline
    def pipeline():
        with dsl.ParallelFor(["a"]) as text:
            said = say(text=text)
        with dsl.ParallelFor(dsl.Collected(said.output)) as each:
            say(text=each)

    assert "for-loop-3" in tasks_of(pipeline)


@pytest.mark.parametrize(
    "items, error",
    [([], ValueError), ("abc", TypeError), (3, TypeError), ({"a": 1}, TypeError)],
)
def test_what_cannot_be_looped_over(items, error):
    with pytest.raises(error, match="ParallelFor"):

        @dsl.pipeline
        def pipeline():
            with dsl.ParallelFor(items) as item:
                say(text=item)


def test_single_values_cannot_be_looped_over():
    with pytest.raises(ValueError):

        @dsl.pipeline
        def pipeline(text: str):
            with dsl.ParallelFor(text) as item:
                say(text=item)


def test_channels_are_not_iterable():
    with pytest.raises(TypeError, match="ParallelFor"):

        @dsl.pipeline
        def pipeline(items: list):
            for item in items:
                say(text=item)


def test_outputs_of_loops_are_read_from_outside_through_collected():
    with pytest.raises(kf.OutOfScope, match="loop"):

        @dsl.pipeline
        def pipeline():
            with dsl.ParallelFor([1]) as x:
                one = number(x=x)
            number(x=one.output)


# ---- arguments ----


def test_a_list_of_channels_is_an_input():
    @dsl.pipeline
    def pipeline(name: str):
        join(texts=[say(text="a").output, name, say(text="b").output])

    join_inputs = tasks_of(pipeline)["join"]["inputs"]["parameters"]
    assert join_inputs["texts"]["runtimeValue"]["constant"] == [
        "{{$.inputs.parameters['pipelinechannel--say-Output']}}",
        "{{$.inputs.parameters['pipelinechannel--name']}}",
        "{{$.inputs.parameters['pipelinechannel--say-2-Output']}}",
    ]


def test_none_is_the_same_as_leaving_an_optional_input_out():
    @dsl.component
    def optional(text: Optional[str] = None, count: int = 3):
        pass

    @dsl.pipeline
    def pipeline():
        optional(text=None, count=None)

    assert "inputs" not in tasks_of(pipeline)["optional"]


def test_none_for_a_required_input_is_refused():
    with pytest.raises(ValueError, match="text"):

        @dsl.pipeline
        def pipeline():
            say(text=None)


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: say("x"), TypeError, "keyword"),
        (lambda: say(), TypeError, "missing 1 required argument: text"),
        (lambda: say(txt="x"), TypeError, "did you mean 'text'"),
        (lambda: say(text=1), TypeError, "STRING"),
        (lambda: number(x="1"), kf.TypeMismatch, "NUMBER_INTEGER"),
        (lambda: read(data="x"), kf.TypeMismatch, "system.Dataset"),
        (lambda: read(data=say(text="x").output), kf.TypeMismatch, "system.Dataset"),
        (lambda: say(text=write(text="x").output), kf.TypeMismatch, "STRING"),
        (lambda: number(x=float("nan")), ValueError, "nan"),
        (lambda: look(members={1: 2}), TypeError, "keys"),
        (lambda: say(text=object()), TypeError, "object"),
        (lambda: two().output, AttributeError, "first, second"),
        (lambda: write(text="x").outputs["dat"], KeyError, "data"),
        (lambda: say(text="x").set_cpu_limit("many"), ValueError, "many"),
        (lambda: say(text="x").set_memory_limit("1 GB"), ValueError, "1 GB"),
        (lambda: say(text="x").set_accelerator_limit(-1), ValueError, "-1"),
        (lambda: say(text="x").set_retry(1, "soon"), ValueError, "soon"),
        (lambda: say(text="x").set_debug_pause(False, False), ValueError, "at least one"),
        (lambda: say(text="x").after("y"), ValueError, "after"),
        (lambda: dsl.Collected(3), ValueError, "Collected"),
        (lambda: dsl.OneOf(), ValueError, "OneOf"),
        (lambda: f"{number().output:3d}", ValueError, "3d"),
    ],
)
def test_what_is_refused(call, error, text):
    with pytest.raises(error) as caught:

        @dsl.pipeline
        def pipeline():
            call()

    assert text in str(caught.value)


def test_a_refused_task_is_not_part_of_the_pipeline():
    @dsl.pipeline
    def pipeline():
        say(text="1")
        with pytest.raises(TypeError):
            say(text=1)
        assert say(text="2").name == "say-2"

    assert list(tasks_of(pipeline)) == ["say", "say-2"]


def test_channels_of_another_pipeline_are_refused():
    kept = []

    @dsl.pipeline
    def one():
        kept.append(say(text="x").output)

    uses = [
        lambda channel: say(text=channel),
        lambda channel: join(texts=[channel]),
        lambda channel: dsl.If(channel == "x").__enter__(),
        lambda channel: dsl.ParallelFor(channel).__enter__(),
    ]
    while uses:

        def other():
            number()
            uses.pop()(kept[0])

        with pytest.raises(ValueError, match="(another|belongs to the) pipeline"):
            dsl.pipeline(other)


def test_types_can_be_ignored():
    @dsl.pipeline
    def pipeline():
        number(x=say(text="3").output.ignore_type())

    assert tasks_of(pipeline)["number"]["inputs"]["parameters"]["x"]["taskOutputParameter"]


def test_types_are_not_checked_where_kf_is_told_so(monkeypatch):
    monkeypatch.setattr(kf, "TYPE_CHECK", False)

    @dsl.pipeline
    def pipeline():
        number(x=say(text="3").output)

    assert "number" in tasks_of(pipeline)


def test_literals_are_the_values_allowed():
    @dsl.component
    def choose(kind: Literal["a", "b"], size: Optional[Literal[1, 2]] = 2) -> Literal["x", "y"]:
        return "x"

    parameters = choose.pipeline_spec["components"]["comp-choose"]["inputDefinitions"]["parameters"]
    assert parameters["kind"] == {"parameterType": "STRING", "literals": ["a", "b"]}
    assert parameters["size"]["literals"] == [1, 2]
    assert parameters["size"]["parameterType"] == "NUMBER_INTEGER"
    with pytest.raises(ValueError, match='"a"'):

        @dsl.pipeline
        def pipeline():
            choose(kind="c")


def test_pipelines_have_literals_too():
    @dsl.pipeline
    def pipeline(kind: Literal["a", "b"] = "a"):
        say(text=kind)

    root = pipeline.pipeline_spec["root"]["inputDefinitions"]["parameters"]["kind"]
    assert root["literals"] == ["a", "b"]


# ---- where and when ----


def test_a_pipeline_can_be_defined_within_another():
    @dsl.pipeline
    def outer():
        say(text="before")

        @dsl.pipeline
        def inner(text: str = "i"):
            say(text=text)

        inner(text="x")
        say(text="after")

    assert list(tasks_of(outer)) == ["say", "inner", "say-2"]


def test_after_an_exception_everything_is_as_before():
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):

            @dsl.pipeline
            def broken():
                with dsl.If(number().output == 1), dsl.ParallelFor([1]) as x:
                    number(x=x)
                    1 / 0

    assert dsl.pipeline_context.Pipeline.get_default_pipeline() is None

    @dsl.pipeline
    def pipeline():
        say(text="x")

    assert list(tasks_of(pipeline)) == ["say"]


def test_an_exception_in_a_block_is_not_hidden_by_the_end_of_the_block():
    with pytest.raises(ZeroDivisionError):

        @dsl.pipeline
        def pipeline():
            with dsl.If(number().output == 1):
                1 / 0


def test_threads_build_pipelines_of_their_own():
    barrier = threading.Barrier(4)
    built = {}

    def work(name):
        @dsl.pipeline(name=name)
        def pipeline():
            for _ in range(20):
                barrier.wait()
                say(text=name)

        built[name] = pipeline

    names = [f"p{index}" for index in range(4)]
    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in names:
        tasks = tasks_of(built[name])
        assert len(tasks) == 20
        for task in tasks.values():
            assert task["inputs"]["parameters"]["text"]["runtimeValue"]["constant"] == name


@pytest.mark.parametrize(
    "use",
    [
        lambda: dsl.Else().__enter__(),
        lambda: dsl.ParallelFor([1]).__enter__(),
        lambda: dsl.importer("gs://x", Dataset),
    ],
)
def test_control_flow_stands_within_pipelines(use):
    with pytest.raises(kf.InvalidState, match="dsl.pipeline"):
        use()


def test_a_group_is_entered_once():
    with pytest.raises(kf.InvalidState, match="before"):

        @dsl.pipeline
        def pipeline():
            block = dsl.ParallelFor([1])
            with block as x:
                number(x=x)
            with block as x:
                number(x=x)


# ---- tasks ----


def test_what_a_task_tells():
    @dsl.pipeline
    def pipeline(count: int = 3):
        first = say(text="x").set_env_variable("A", "b").set_cpu_limit("2")
        second = say(text=first.output).after(first).set_container_image("other")
        assert first.state == dsl.pipeline_task.TaskState.FUTURE
        assert (first.name, second.name) == ("say", "say-2")
        assert first.inputs == {"text": "x"}
        assert second.dependent_tasks == ["say"]
        assert second.channel_inputs == [first.output]
        assert second.channel_inputs[0].task is first
        assert (first.output.name, first.output.task_name) == ("Output", "say")
        assert first.output.full_name == "say-Output"
        assert str(first.output) == "{{channel:task=say;name=Output;type=String;}}"
        assert str(count) == "{{channel:task=;name=count;type=Integer;}}"
        assert first.output.pattern == str(first.output) == repr(first.output)
        assert first.container_spec.env == {"A": "b"}
        assert first.container_spec.resources.cpu_limit == "2"
        assert second.container_spec.image == "other"
        assert first.container_spec.image == "python:3.11"
        assert first.outputs is first.outputs
        assert first.pipeline_spec is None
        assert first.component_spec.name == "say"
        assert "say" in repr(first)

    assert pipeline.name == "pipeline"


def test_tasks_of_pipelines_have_a_document_and_no_container():
    @dsl.pipeline
    def inner():
        say(text="x")

    @dsl.pipeline
    def outer():
        task = inner()
        assert task.pipeline_spec["pipelineInfo"]["name"] == "inner"
        assert task.platform_spec == {}
        assert task.container_spec is None
        with pytest.raises(ValueError, match="single-step"):
            task.set_cpu_limit("1")
        with pytest.raises(ValueError, match="platform_config"):
            say(text="x").platform_spec  # noqa: B018


def test_settings_of_platforms_can_be_changed_in_place():
    @dsl.pipeline
    def pipeline():
        task = say(text="x")
        task.platform_config["other"] = {"a": {"b": 1}}
        kubernetes.set_timeout(task, 5)
        task.platform_config["other"]["a"]["c"] = True
        assert task.platform_config["kubernetes"] == {"activeDeadlineSeconds": "5"}
        task.platform_config["kubernetes"]["imagePullPolicy"] = "Never"

    executors = {
        name: each["deploymentSpec"]["executors"]["exec-say"]
        for name, each in pipeline.platform_spec["platforms"].items()
    }
    assert executors["other"] == {"a": {"b": 1, "c": True}}
    assert executors["kubernetes"] == {"activeDeadlineSeconds": "5", "imagePullPolicy": "Never"}


def test_exit_tasks_wait_for_nothing():
    with pytest.raises(ValueError, match="exit_task"):

        @dsl.pipeline
        def pipeline():
            first = say(text="x")
            with dsl.ExitHandler(say(text=first.output)):
                say(text="y")


def test_only_exit_handlers_are_waited_for_as_groups():
    with pytest.raises(ValueError, match="ParallelFor"):

        @dsl.pipeline
        def pipeline():
            loop = dsl.ParallelFor([1])
            with loop as x:
                number(x=x)
            number().after(loop)


# ---- outputs ----


@pytest.mark.parametrize(
    "returned, error",
    [
        (lambda: say(text="x"), ValueError),
        (lambda: "text", ValueError),
        (lambda: {"Output": "text"}, ValueError),
        (lambda: None, kf.MissingArgument),
        (lambda: number().output, kf.TypeMismatch),
        (lambda: {"Other": say(text="x").output}, ValueError),
    ],
)
def test_outputs_that_a_pipeline_cannot_have(returned, error):
    with pytest.raises(error):

        @dsl.pipeline
        def pipeline() -> str:
            say(text="y")
            return returned()


def test_an_output_needs_an_annotation():
    with pytest.raises(ValueError, match="annotation"):

        @dsl.pipeline
        def pipeline():
            return say(text="x").output


def test_outputs_come_from_the_top_level():
    with pytest.raises(kf.OutOfScope):

        @dsl.pipeline
        def pipeline() -> str:
            with dsl.If(number().output == 1):
                said = say(text="x")
            return said.output


def test_a_pipeline_without_tasks_is_refused():
    with pytest.raises(ValueError, match="no task"):

        @dsl.pipeline
        def pipeline(text: str):
            pass


# ---- components ----


def test_components_tell_about_themselves():
    @dsl.component
    def train(
        data: Input[Dataset],
        rate: float = 0.1,
        table: Dict[str, int] = {},
        model: Output[Model] = None,
    ) -> int:
        """Trains.

        Args:
            data: What to train on.
        """
        return 1

    assert train.name == "train"
    assert train.description == "Trains."
    assert train.__doc__.startswith("Trains.")
    assert train.required_inputs == ["data"]
    assert train.component_inputs["data"].description == "What to train on."
    assert train.component_inputs["data"].type == "system.Dataset@0.0.1"
    assert train.component_inputs["rate"].default == 0.1
    assert train.component_inputs["table"].type == "typing.Dict[str, int]"
    assert {name: spec.type for name, spec in train.component_outputs.items()} == {
        "model": "system.Model@0.0.1",
        "Output": "Integer",
    }
    spec = train.component_spec
    assert spec.implementation.container.image == "python:3.11"
    assert spec.implementation.container.args[-1] == "train"
    document = train.pipeline_spec
    assert document.pipeline_info.name == "train"
    assert document["root"]["dag"] is document.root.dag
    assert document.nothing.at_all == {}


def test_the_function_of_a_component_can_be_called():
    assert say.execute(text="x") == "x"
    assert say.python_func(text="x") == "x"


async def asynchronous(text: str):
    pass


class Callable:
    __name__ = "callable"

    def __call__(self, text: str):
        pass


@pytest.mark.parametrize(
    "function, text",
    [
        (lambda text: text, "lambda"),
        (asynchronous, "async"),
        (Callable(), "function"),
        (len, "len"),
    ],
)
def test_what_cannot_be_a_component(function, text):
    with pytest.raises(ValueError, match=text):
        dsl.component(function)


def test_a_function_without_source_is_refused():
    names = {}
    exec("def made(x: int) -> int:\n    return x", names)
    with pytest.raises(OSError, match="exec"):
        dsl.component(names["made"])


def test_signatures_that_cannot_be():
    def untyped(x):
        pass

    def many(*texts: str):
        pass

    def named(**texts: str):
        pass

    def strange(x: object):
        pass

    def strange_output() -> set:
        pass

    def output(Output: str):
        pass

    def artifact_default(data: Input[Dataset] = 3):
        pass

    for function, error, text in (
        (untyped, TypeError, "x"),
        (many, TypeError, "texts"),
        (named, TypeError, "texts"),
        (strange, TypeError, "object"),
        (strange_output, TypeError, "set"),
        (output, ValueError, "Output"),
        (artifact_default, ValueError, "None"),
    ):
        with pytest.raises(error, match=text):
            dsl.component(function)


def test_annotations_may_be_text():
    def later(data: "Input[Dataset]", items: "List[int]", text: "str" = "x") -> "Optional[str]":
        return text

    component = dsl.component(later)
    assert {name: spec.type for name, spec in component.component_inputs.items()} == {
        "data": "system.Dataset@0.0.1",
        "items": "typing.List[int]",
        "text": "String",
    }
    assert component.component_outputs["Output"].type == "String"


def test_unions_with_none_are_optional():
    @dsl.component
    def union(text: Optional[str] = None, items: Optional[List[str]] = None):
        pass

    assert union.component_inputs["text"].type == "String"
    assert union.component_inputs["items"].optional


def test_container_components_say_what_is_wrong():
    def artifact_by_itself(data: Input[Dataset]):
        return dsl.ContainerSpec(image="i", args=[data])

    def number_in_command(x: int):
        return dsl.ContainerSpec(image="i", args=[3])

    def unknown_input(x: int):
        return dsl.ContainerSpec(
            image="i", args=[dsl.IfPresentPlaceholder(input_name="y", then=["z"])]
        )

    def bare_artifact(data: Dataset):
        return dsl.ContainerSpec(image="i")

    def nothing(x: int):
        pass

    def concat_in_text(x: str):
        return dsl.ContainerSpec(image="i", args=[f"{dsl.ConcatPlaceholder(['a', x])}"])

    def lists_in_concat(x: str):
        inside = dsl.IfPresentPlaceholder(input_name="x", then=["a"])
        return dsl.ContainerSpec(image="i", args=[dsl.ConcatPlaceholder([inside])])

    for function, error, text in (
        (artifact_by_itself, ValueError, ".path"),
        (number_in_command, TypeError, "3"),
        (unknown_input, ValueError, "'y'"),
        (bare_artifact, TypeError, "Input"),
        (nothing, TypeError, "ContainerSpec"),
        (concat_in_text, ValueError, "text"),
        (lists_in_concat, ValueError, "single"),
    ):
        with pytest.raises(error, match=text):
            dsl.container_component(function)


def test_artifact_outputs_in_commands_are_paths():
    # KFP puts the placeholder of a parameter there, which the backend cannot resolve.
    @dsl.container_component
    def copy(source: dsl.InputPath("Dataset"), target: dsl.OutputPath("Dataset")):
        return dsl.ContainerSpec(image="i", args=[source, target])

    container = copy.component_spec.implementation.container
    assert container.args == [
        "{{$.inputs.artifacts['source'].path}}",
        "{{$.outputs.artifacts['target'].path}}",
    ]


def test_lists_of_artifacts_come_out_of_pipelines_only():
    def several(data: Output[List[Artifact]]):
        pass

    with pytest.raises(ValueError, match="list"):
        dsl.component(several)
