# SPDX-License-Identifier: Apache-2.0
"""Pipelines that mix groups, nested pipelines, waits and settings in ways that once went wrong.

Their components are containers, which keeps the documents short.
"""

from typing import Dict, List, NamedTuple, Optional

from kfp import dsl, kubernetes
from kfp.dsl import Dataset, Input, Output, OutputPath


@dsl.container_component
def say(out: OutputPath(str), text: str = "x", more: str = "y"):
    return dsl.ContainerSpec(image="alpine", command=["echo", text, more, out])


@dsl.container_component
def count(out: OutputPath(int), number: int = 1):
    return dsl.ContainerSpec(image="alpine", command=["seq", number, out])


@dsl.container_component
def records(out: OutputPath(List[Dict[str, str]])):
    return dsl.ContainerSpec(image="alpine", command=["cat", out])


@dsl.container_component
def write(data: Output[Dataset], text: str = "x"):
    return dsl.ContainerSpec(image="alpine", command=["tee", data.path, text])


@dsl.container_component
def read(data: Input[Dataset], other: Input[Dataset] = None):
    return dsl.ContainerSpec(
        image="alpine",
        command=["cat", data.path],
        args=[dsl.IfPresentPlaceholder("other", [other.uri, dsl.ConcatPlaceholder(["m=", "x"])])],
    )


@dsl.container_component
def tidy_up(status: dsl.PipelineTaskFinalStatus, text: str = "x"):
    return dsl.ContainerSpec(image="alpine", command=["rm", text, status])


@dsl.pipeline
def names_within_names(nn: int, e: str, loop: str, xs: List[str]):
    """Names that are parts of "pipelinechannel", and of names of items."""
    with dsl.If(nn <= 3):
        with dsl.ParallelFor(xs) as x:
            say(text=x, more=loop)
            with dsl.If(e == "a"):
                say()
    with dsl.Else():
        with dsl.ParallelFor(xs, parallelism=1) as x:
            with dsl.If(x != e):
                count(number=nn)


@dsl.pipeline
def waits_across_loops():
    with dsl.ParallelFor([1, 2]):
        one = say(text="1")
    with dsl.ParallelFor([1, 2]):
        two = say(text="2").after(one)
        with dsl.ParallelFor([3]):
            three = say(text="3")
        say(text="4").after(three)
    say(text="5").after(one, two)


@dsl.pipeline
def last_words(text: str = "t", status: Optional[dsl.PipelineTaskFinalStatus] = None):
    with dsl.If(text == "t"):
        say(text=text)
    say(more=text)


@dsl.pipeline
def pipelines_after_handlers(text: str = "a"):
    first = last_words(text=text)
    with dsl.ExitHandler(first, name="the first"):
        made = write(text=text)
        with dsl.ParallelFor(records().output) as each:
            say(text=each.name, more=each.place)
            read(data=made.output)
    second = tidy_up(text="b").set_display_name("Tidy up")
    with dsl.ExitHandler(second):
        say().set_retry(2, backoff_duration="1 hour")
    say().set_caching_options(True, cache_key="k")


@dsl.pipeline
def branches(number: int = 1) -> NamedTuple("Outputs", [("text", str), ("data", Dataset)]):
    with dsl.If(number == 1, name="one"):
        with dsl.If(number > 0):
            low = say(text="low")
        with dsl.Else():
            high = say(text="high")
        one, data_one = say(text=dsl.OneOf(low.output, high.output)), write()
    with dsl.Elif(number == 2):
        two, data_two = say(), write()
    with dsl.Else():
        three, data_three = say(), write()
    outputs = NamedTuple("Outputs", [("text", str), ("data", Dataset)])
    return outputs(
        text=dsl.OneOf(one.output, two.output, three.output),
        data=dsl.OneOf(data_one.output, data_two.output, data_three.output),
    )


@dsl.pipeline
def branches_in_loops(names: List[str]) -> List[Dataset]:
    with dsl.ParallelFor(names) as name:
        chosen = branches(number=count().output)
        read(data=chosen.outputs["data"])
        made = write(text=chosen.outputs["text"])
        with dsl.If(name == "x"):
            read(data=made.output, other=chosen.outputs["data"])
    return dsl.Collected(made.output)


@dsl.pipeline
def imports():
    """Brings in data, into the workspace of whichever pipeline is around."""
    brought = dsl.importer(
        "gs://x", Dataset, reimport=True, metadata={"n": 1}, download_to_workspace=True
    )
    read(data=brought.output)


@dsl.pipeline(pipeline_config=dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size="1Gi")))
def lends_its_workspace():
    imports()
    say(text=f"{dsl.WORKSPACE_PATH_PLACEHOLDER}/x")


@dsl.pipeline
def settings_in_groups(name: str = "n", table: dict = {"a": "b"}):
    secret = say()
    with dsl.ParallelFor(["a", "b"], parallelism=1) as item:
        task = say(text=item)
        kubernetes.use_secret_as_env(task, secret.output, {"key": "KEY"})
        kubernetes.use_config_map_as_volume(task, name, mount_path="/m")
        kubernetes.set_image_pull_secrets(task, [name, "fixed"])
        kubernetes.mount_pvc(task, pvc_name=item, mount_path="/data")
        with dsl.If(name == "n"):
            inner = say(more=item)
            kubernetes.add_node_selector_json(inner, table)
            kubernetes.use_secret_as_volume(inner, item, mount_path="/s")
            kubernetes.add_toleration_json(inner, [{"key": "k", "operator": "Exists"}])
            kubernetes.add_node_affinity(
                inner, [{"key": "disk", "operator": "In", "values": ["ssd"]}], weight=10
            )


_BESIDES = ("say", "count", "records", "write", "read", "tidy_up", "imports")

CASES = {
    name: each
    for name, each in list(globals().items())
    if hasattr(each, "pipeline_func") and name not in _BESIDES
}
