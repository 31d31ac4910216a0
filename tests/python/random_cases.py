# SPDX-License-Identifier: Apache-2.0
"""python random_cases.py kfp|kf FOLDER COUNT: compile pipelines of random shapes.

The same number gives the same pipeline under both libraries: a walk that opens loops, conditions
and exit handlers and makes tasks in them, which read what they can reach. What a library refuses
is left out. Every loop has a task that reads its item, and no loop stands in another over the same
list: what KFP makes of the rest is a fault that docs/differences.md lists.
"""

import pathlib
import random
import sys
import warnings

DEPTH = 4


def components():
    """Small components of the types that pipelines hand on."""
    from typing import List

    from kfp import dsl
    from kfp.dsl import Dataset, Input, Output, OutputPath

    @dsl.container_component
    def text(out: OutputPath(str), a: str = "x", b: str = "y"):
        return dsl.ContainerSpec(image="i", command=["c", a, b, out])

    @dsl.container_component
    def number(out: OutputPath(int), a: int = 1):
        return dsl.ContainerSpec(image="i", command=["c", a, out])

    @dsl.container_component
    def texts(out: OutputPath(List[str]), a: List[str] = ["x"]):
        return dsl.ContainerSpec(image="i", command=["c", a, out])

    @dsl.container_component
    def write(data: Output[Dataset], a: str = "x"):
        return dsl.ContainerSpec(image="i", command=["c", a, data.path])

    @dsl.container_component
    def read(data: Input[Dataset], out: OutputPath(str)):
        return dsl.ContainerSpec(image="i", command=["c", data.uri, out])

    return {"str": text, "int": number, "list": texts, "data": write, "read": read}


class Walk:
    """One pipeline; `reach` is what can be read where the walk stands: (type, channel, task)."""

    def __init__(self, seed, make):
        self._random = random.Random(seed)
        self._make = make
        self._left = self._random.randint(5, 16)

    def _pick(self, reach, type_):
        found = [channel for each, channel, _ in reach if each == type_]
        return self._random.choice(found) if found and self._random.random() < 0.8 else None

    def task(self, reach, kind=None, **given):
        """Make a task; what it gives can be reached from then on."""
        kind = kind or self._random.choice(("str", "str", "int", "list", "data", "read"))
        arguments = {}
        if kind == "read" and "data" not in given:
            arguments["data"] = self._pick(reach, "data")
            if arguments["data"] is None:
                kind, arguments = "data", {}
        for name in ("a", "b") if kind == "str" else ("a",) if kind != "read" else ():
            value = self._pick(reach, "str" if kind == "data" else kind)
            if value is not None:
                arguments[name] = value
        task = self._make[kind](**{**arguments, **given})
        before = [each for _, _, each in reach if each is not None]
        if before and self._random.random() < 0.2:
            task.after(self._random.choice(before))
        type_ = "str" if kind == "read" else kind
        made = (type_, task.output, task)
        reach.append(made)
        return made

    def block(self, reach, depth, open_lists):
        """Make tasks and groups; gives the tasks that stand directly in the block."""
        made = [self.task(reach)]
        for _ in range(self._random.randint(0, 4)):
            self._left -= 1
            choice = self._random.random()
            if self._left < 0 or depth == DEPTH or choice < 0.5:
                made.append(self.task(reach))
            elif choice < 0.75:
                self.loop(reach, depth, open_lists)
            elif depth or choice < 0.95:
                made.extend(self.branches(reach, depth, open_lists))
            else:
                self.handler(reach, open_lists)
        return made

    def loop(self, reach, depth, open_lists):
        from kfp import dsl

        lists = [(type_, each) for type_, each, _ in reach if type_ == "list"]
        lists = [each for _, each in lists if str(each) not in open_lists]
        items, type_ = self._random.choice(((["p", "q"], "str"), ([1, 2, 3], "int")))
        if lists and self._random.random() < 0.7:
            items, type_ = self._random.choice(lists), "str"
        inner = list(reach)
        with dsl.ParallelFor(items, parallelism=self._random.choice((None, 2))) as item:
            inner.append((type_, item, None))
            made = [self.task(inner, type_, a=item)]
            made += self.block(inner, depth + 1, {*open_lists, str(items)})
        texts = [channel for each, channel, _ in made if each == "str"]
        if texts and self._random.random() < 0.6:
            self.task(reach, "list", a=dsl.Collected(self._random.choice(texts)))

    def branches(self, reach, depth, open_lists):
        from kfp import dsl

        def condition():
            for type_, value in self._random.sample((("str", "z"), ("int", 2)), 2):
                channel = self._pick(reach, type_)
                if channel is not None:
                    return channel == value if self._random.random() < 0.5 else channel > value
            return self.task(reach, "int")[1] != 3

        with dsl.If(condition()):
            first = self.block(list(reach), depth + 1, open_lists)
        if self._random.random() < 0.4:
            return []
        with dsl.Else():
            second = self.block(list(reach), depth + 1, open_lists)
        for type_ in ("str", "data"):
            pairs = [[each[1] for each in part if each[0] == type_] for part in (first, second)]
            if all(pairs) and self._random.random() < 0.6:
                one = dsl.OneOf(*map(self._random.choice, pairs))
                reader = {"str": "a", "data": "data"}[type_]
                return [self.task(reach, "str" if type_ == "str" else "read", **{reader: one})]
        return []

    def handler(self, reach, open_lists):
        from kfp import dsl

        with dsl.ExitHandler(self._make["str"]()):
            self.block(list(reach), 1, open_lists)


def pipeline(seed, make):
    """The pipeline of this number."""
    from typing import List

    from kfp import dsl

    @dsl.pipeline(name=f"random-{seed}")
    def build(nn: int, chan: str, words: List[str]):
        inputs = [("int", nn, None), ("str", chan, None), ("list", words, None)]
        Walk(seed, make).block(inputs, 0, set())

    return build


def main(library, folder, count):
    """Compile the pipelines 0 to `count`."""
    if library == "kf":
        import kf.as_kfp  # noqa: F401
    from kfp import compiler

    warnings.simplefilter("ignore")
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    make = components()
    for seed in range(int(count)):
        try:
            built = pipeline(seed, make)
            compiler.Compiler().compile(built, str(folder / f"{seed}.yaml"))
        except Exception as error:  # Compared as well: both refuse, or KFP does.
            (folder / f"{seed}.error").write_text(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
