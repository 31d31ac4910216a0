# SPDX-License-Identifier: Apache-2.0
"""Pipelines with control flow."""

from typing import Dict, List, NamedTuple

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Model, Output


@dsl.component
def say(text: str) -> str:
    return text


@dsl.component
def tell(a: str, b: str = "", c: int = 0):
    pass


@dsl.component
def flip() -> str:
    return "heads"


@dsl.component
def number(x: int = 1) -> int:
    return x


@dsl.component
def ratio(x: float = 1.0) -> float:
    return x


@dsl.component
def truth() -> bool:
    return True


@dsl.component
def items() -> List[int]:
    return [1]


@dsl.component
def texts() -> List[str]:
    return ["a"]


@dsl.component
def records() -> List[Dict[str, int]]:
    return [{"a": 1}]


@dsl.component
def anything() -> list:
    return [1]


@dsl.component
def add_all(numbers: List[int]) -> int:
    return sum(numbers)


@dsl.component
def join_all(texts: List[str]) -> str:
    return "".join(texts)


@dsl.component
def write(text: str, data: Output[Dataset]):
    pass


@dsl.component
def read(data: Input[Dataset]) -> str:
    return ""


@dsl.component
def read_all(data: Input[List[Dataset]]) -> str:
    return ""


@dsl.component
def read_any(data: Input[List[Artifact]]) -> str:
    return ""


@dsl.component
def train(data: Input[Dataset], model: Output[Model]):
    pass


@dsl.component
def look(members: dict) -> str:
    return ""


@dsl.component
def notify(status: dsl.PipelineTaskFinalStatus, text: str = "x"):
    pass


@dsl.component
def fallback(text: str = "x") -> str:
    return text


@dsl.pipeline
def one_if(text: str = "x"):
    tossed = flip()
    with dsl.If(tossed.output == "heads"):
        say(text=text)


@dsl.pipeline
def named_if():
    tossed = flip()
    with dsl.If(tossed.output == "heads", name="Is it heads?"):
        say(text=tossed.output)
    with dsl.If(tossed.output == "tails", "tails"):
        say(text="tails")


@dsl.pipeline
def if_else():
    tossed = flip()
    with dsl.If(tossed.output == "heads"):
        say(text="heads")
    with dsl.Else():
        say(text="tails")


@dsl.pipeline
def if_elif_else(first: int = 1):
    rolled = number(x=first)
    with dsl.If(rolled.output == 1):
        say(text="one")
    with dsl.Elif(rolled.output == 2):
        say(text="two")
        say(text="too")
    with dsl.Elif(rolled.output > 4, name="high"):
        say(text="high")
    with dsl.Else(name="rest"):
        say(text="low")
    say(text="after")


@dsl.pipeline
def if_elif():
    rolled = number()
    with dsl.If(rolled.output < 3):
        say(text="low")
    with dsl.Elif(rolled.output >= 5):
        say(text="high")


@dsl.pipeline
def comparisons(text: str = "t", count: int = 2, x: float = 0.5, flag: bool = True):
    one = number()
    half = ratio()
    true = truth()
    for condition in (
        one.output == 1,
        one.output != count,
        one.output < 2,
        one.output <= count,
        one.output > 3,
        one.output >= 4,
        half.output > 0.5,
        half.output < x,
        half.output > 1,
        one.output > 1.5,
        one.output == half.output,
        true.output == True,  # noqa: E712
        true.output == flag,
        text == "b",
        text != flip().output,
        "left" == text,
        3 < one.output,
    ):
        with dsl.If(condition):
            say(text="x")


@dsl.pipeline
def nested_ifs(text: str = "x"):
    tossed = flip()
    with dsl.If(tossed.output == "heads"):
        again = flip()
        with dsl.If(again.output == "tails"):
            say(text=f"{tossed.output} {again.output} {text}")
            with dsl.If(text == "deep"):
                say(text=again.output)
        with dsl.Else():
            rolled = number()
            with dsl.If(rolled.output > 3):
                say(text="high")
            with dsl.Elif(rolled.output > 1):
                say(text=text)
            with dsl.Else():
                say(text=tossed.output)


@dsl.pipeline
def one_of() -> str:
    tossed = flip()
    with dsl.If(tossed.output == "heads"):
        heads = say(text="heads")
    with dsl.Else():
        tails = say(text="tails")
    either = dsl.OneOf(heads.output, tails.output)
    say(text=either)
    return either


@dsl.pipeline
def one_of_artifacts() -> Dataset:
    rolled = number()
    with dsl.If(rolled.output == 1):
        first = write(text="1")
    with dsl.Elif(rolled.output == 2):
        second = write(text="2")
    with dsl.Else():
        third = write(text="3")
    either = dsl.OneOf(first.outputs["data"], second.outputs["data"], third.outputs["data"])
    read(data=either)
    return either


@dsl.pipeline
def several_one_ofs(text: str = "x"):
    tossed = flip()
    with dsl.If(tossed.output == "heads"):
        one = say(text="1")
        two = say(text="2")
        with dsl.If(text == "a"):
            deep = say(text="3")
        with dsl.Else():
            deeper = say(text="4")
        inside = dsl.OneOf(deep.output, deeper.output)
        say(text=inside)
    with dsl.Else():
        three = say(text="5")
        four = say(text="6")
    say(text=dsl.OneOf(one.output, three.output))
    say(text=dsl.OneOf(two.output, four.output))


@dsl.pipeline
def loop_static():
    with dsl.ParallelFor(["a", "b"]) as text:
        say(text=text)
        say(text=f"<{text}>")
    with dsl.ParallelFor([1, 2, 3], parallelism=2) as x:
        number(x=x)
    with dsl.ParallelFor([0.5, 1.5], name="Halves") as x:
        ratio(x=x)


@dsl.pipeline
def loop_dicts():
    with dsl.ParallelFor([{"a": 1, "b": 10}, {"a": 2, "b": 20}], parallelism=1) as item:
        number(x=item.a)
        number(x=item.b)
        look(members=item)


@dsl.pipeline
def loop_parameters(
    names: List[str] = ["a"],
    numbers: List[int] = [1],
    untyped: list = [{"x": "y"}],
    tables: List[Dict[str, int]] = [{"a": 1}],
    prefix: str = "p",
):
    with dsl.ParallelFor(names) as name:
        say(text=f"{prefix}{name}")
    with dsl.ParallelFor(numbers) as each:
        number(x=each)
    with dsl.ParallelFor(untyped) as each:
        say(text=each.x)
        say(text=each)
    with dsl.ParallelFor(tables) as table:
        number(x=table.a)
        look(members=table)


@dsl.pipeline
def loop_outputs():
    listed = items()
    with dsl.ParallelFor(listed.output) as each:
        number(x=each)
    with dsl.ParallelFor(texts().output, parallelism=3) as text:
        said = say(text=text)
        say(text=said.output)
    with dsl.ParallelFor(records().output) as record:
        number(x=record.a)
    with dsl.ParallelFor(anything().output) as thing:
        say(text=thing)


@dsl.pipeline
def loops_in_loops(names: List[str] = ["n"]):
    with dsl.ParallelFor([1, 2]) as outer:
        made = number(x=outer)
        with dsl.ParallelFor(names) as name:
            tell(a=name, b=name, c=outer)
            tell(a=name, c=made.output)
            with dsl.ParallelFor(["x", "y"]) as inner:
                tell(a=inner, b=name, c=outer)
        listed = items()
        with dsl.ParallelFor(listed.output) as each:
            number(x=each)


@dsl.pipeline
def loop_of_members(tables: list = [{"many": [1, 2]}]):
    with dsl.ParallelFor(tables) as table:
        with dsl.ParallelFor(table.many) as each:
            say(text=each)


@dsl.pipeline
def loop_artifacts(many: Input[List[Dataset]]):
    with dsl.ParallelFor(many) as data:
        read(data=data)
        train(data=data)


@dsl.pipeline
def collected() -> int:
    with dsl.ParallelFor([1, 2, 3]) as x:
        made = number(x=x)
    with dsl.ParallelFor(["a", "b"]) as text:
        wrote = write(text=text)
        said = say(text=text)
    read_all(data=dsl.Collected(wrote.output))
    read_any(data=dsl.Collected(wrote.output))
    join_all(texts=dsl.Collected(said.output))
    return add_all(numbers=dsl.Collected(made.output)).output


@dsl.pipeline
def collected_outputs() -> NamedTuple("Outputs", [("numbers", List[int]), ("data", List[Dataset])]):
    outputs = NamedTuple("Outputs", [("numbers", List[int]), ("data", List[Dataset])])
    with dsl.ParallelFor([1, 2]) as x:
        made = number(x=x)
        wrote = write(text="x")
    return outputs(numbers=dsl.Collected(made.output), data=dsl.Collected(wrote.output))


@dsl.pipeline
def collected_nested():
    with dsl.ParallelFor([1, 2]) as outer:
        with dsl.ParallelFor([3, 4]) as inner:
            made = number(x=inner)
        add_all(numbers=dsl.Collected(made.output))
        number(x=outer)


@dsl.pipeline
def collected_twice():
    with dsl.ParallelFor([1, 2]):
        with dsl.ParallelFor([3, 4]) as inner:
            made = number(x=inner)
            wrote = write(text="x")
    add_all(numbers=dsl.Collected(made.output))
    read_all(data=dsl.Collected(wrote.output))


@dsl.pipeline
def exit_handler(text: str = "x"):
    last = notify(text=text)
    with dsl.ExitHandler(last):
        tossed = flip()
        say(text=tossed.output)
    say(text="beside")


@dsl.pipeline
def exit_handlers():
    with dsl.ExitHandler(fallback(text="first"), name="The first") as first:
        say(text="a")
    with dsl.ExitHandler(fallback(text="second")):
        say(text="b")
    say(text="after").after(first)


@dsl.pipeline
def exit_handler_around_all(text: str = "x", numbers: List[int] = [1]):
    with dsl.ExitHandler(notify(text="end")):
        tossed = flip()
        with dsl.If(tossed.output == "heads"):
            say(text=text)
        with dsl.Else():
            say(text="tails")
        with dsl.ParallelFor(numbers) as each:
            with dsl.If(each == 3):
                number(x=each)


@dsl.pipeline
def loops_and_conditions(names: List[str] = ["a", "b"], limit: int = 2):
    rolled = number()
    with dsl.If(rolled.output > limit):
        with dsl.ParallelFor(names) as name:
            said = say(text=name)
            with dsl.If(said.output == name):
                tell(a=name, b=said.output, c=rolled.output)
                say(text=f"{limit} {rolled.output}")
        join_all(texts=dsl.Collected(said.output))
    with dsl.ParallelFor([1, 2]) as each:
        with dsl.If(each == 1):
            one = say(text="one")
        with dsl.Elif(each == rolled.output):
            two = say(text="two")
        with dsl.Else():
            three = say(text="three")
        say(text=dsl.OneOf(one.output, two.output, three.output))


@dsl.pipeline
def waits():
    first = flip()
    second = say(text="b").after(first)
    with dsl.If(first.output == "heads"):
        third = say(text="c").after(second)
        say(text="d").after(third)
    with dsl.ParallelFor([1, 2]) as x:
        fourth = number(x=x).after(second)
        number(x=1).after(fourth)


@dsl.pipeline
def inner(texts: List[str], text: str = "i") -> str:
    with dsl.ParallelFor(texts) as each:
        said = say(text=f"{each}{text}")
    tossed = flip()
    with dsl.If(tossed.output == text):
        one = say(text="1")
    with dsl.Else():
        two = say(text="2")
    join_all(texts=dsl.Collected(said.output))
    return dsl.OneOf(one.output, two.output)


@dsl.pipeline
def flow_in_flow(names: List[str] = ["x"]):
    ran = inner(texts=names)
    with dsl.ParallelFor([{"a": ["b"]}]) as item:
        deep = inner(texts=names, text="k")
        say(text=deep.output)
    with dsl.If(ran.output == "1"):
        inner(texts=["y"])


CASES = {
    name: each
    for name, each in list(globals().items())
    if hasattr(each, "pipeline_func") and name not in ("inner",)
}
CASES["inner"] = inner
