# SPDX-License-Identifier: Apache-2.0
"""Pipelines without control flow."""

from typing import Dict, List, NamedTuple, Optional

from kfp import compiler, components, dsl
from kfp.dsl import Artifact, Dataset, Input, Metrics, Model, Output


@dsl.component
def say(text: str) -> str:
    return text


@dsl.component
def add(a: int, b: int = 1) -> int:
    return a + b


@dsl.component
def half(x: float) -> float:
    return x / 2


@dsl.component
def toss() -> bool:
    return True


@dsl.component
def look(members: dict, items: list, flag: bool = True) -> dict:
    return members


@dsl.component
def write(text: str, data: Output[Dataset]):
    pass


@dsl.component
def train(data: Input[Dataset], rate: float = 0.1, model: Output[Model] = None) -> float:
    return rate


@dsl.component
def evaluate(model: Input[Model], data: Input[Artifact], metrics: Output[Metrics]):
    pass


@dsl.component
def two() -> NamedTuple("Outputs", [("first", str), ("second", int)]):
    return ("a", 1)


@dsl.component
def sink(data: Optional[Input[Dataset]] = None, text: Optional[str] = None):
    pass


@dsl.component
def tell(text: str = "nothing"):
    pass


@dsl.pipeline
def smallest():
    say(text="hello")


@dsl.pipeline(
    name="My Pipeline_with.ODD  Name",
    description="What it does:\nover 'two' lines",
    display_name="Shown",
    pipeline_root="gs://bucket/root",
)
def described(text: str = "x"):
    """A docstring that the description goes before.

    Args:
        text: What is said.
    """
    say(text=text)


@dsl.pipeline
def documented(text: str, count: int = 3) -> str:
    """From the docstring.

    With more.

    Args:
        text: What is said.
        count: How often.

    Returns:
        Output: What was said.
    """
    add(a=count)
    return say(text=text).output


@dsl.pipeline
def every_input(
    text: str,
    number: int,
    ratio: float,
    flag: bool,
    members: dict,
    items: list,
    typed: List[Dict[str, int]],
    data: Input[Dataset],
    many: Input[List[Model]],
    text_default: str = "it's",
    number_default: int = 7,
    ratio_default: float = 2.0,
    flag_default: bool = True,
    members_default: dict = {"a": [1, {"c": True}]},
    items_default: list = [1, 2.5, "x"],
    nothing: Optional[str] = None,
):
    say(text=text)
    add(a=number, b=number_default)
    half(x=ratio)
    look(members=members, items=items, flag=flag)
    look(members=members_default, items=typed, flag=flag_default)
    train(data=data, rate=ratio_default)
    say(text=text_default)
    look(members={}, items=items_default)


@dsl.pipeline
def chain(rate: float = 0.5) -> float:
    wrote = write(text="rows")
    trained = train(data=wrote.outputs["data"], rate=rate)
    evaluate(model=trained.outputs["model"], data=wrote.output)
    return trained.outputs["Output"]


@dsl.pipeline
def constants():
    look(
        members={"a": {"b": [1, 2.5, True, "x", {}]}, "c": []}, items=[1, [2, ["3"]], {"k": False}]
    )
    add(a=-5, b=0)
    half(x=1e-7)
    half(x=123456789.125)
    say(text="")
    say(text="ünï ☃ \t tab, \"quotes\", 'single' and \\ back\nslash")
    say(text="{{$.pipeline_job_name}} and {{ braces }} and {{$}}")
    look(members={"b": 1, "a": 2}, items=[], flag=False)


@dsl.pipeline
def placeholders():
    say(text=dsl.PIPELINE_JOB_NAME_PLACEHOLDER)
    say(text=dsl.PIPELINE_JOB_RESOURCE_NAME_PLACEHOLDER)
    say(text=dsl.PIPELINE_JOB_ID_PLACEHOLDER)
    say(text=dsl.PIPELINE_TASK_NAME_PLACEHOLDER)
    say(text=dsl.PIPELINE_TASK_ID_PLACEHOLDER)
    say(text=dsl.PIPELINE_ROOT_PLACEHOLDER + "/x")
    say(text=dsl.PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER)
    say(text=f"at {dsl.PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER}")


@dsl.pipeline
def texts(name: str = "you", count: int = 2):
    said = say(text=f"Hello, {name}!")
    many = two()
    say(text=f"{said.output} said {many.outputs['second']} of {count}, and {said.output} again")
    say(text="Mixed %s and %s" % (name, many.outputs["first"]))
    look(
        members={"who": name, "nested": {"said": said.output, "text": f"<{count}>"}},
        items=[name, many.outputs["second"], "constant", f"{name}-{count}"],
    )


@dsl.pipeline
def same_names():
    first = say(text="1")
    second = say(text="2")
    third = say(text="3").after(first)
    say(text=f"{second.output}").after(first, third)


@dsl.component
def pipelinechannel(text: str) -> str:
    return text


@dsl.pipeline
def odd_names(a_b: str = "x", A: str = "y"):
    one = pipelinechannel(text=a_b)
    pipelinechannel(text=f"{one.output}{A}")


@dsl.pipeline
def settings(image: str = "python:3.12", cpu: str = "1", count: str = "2", kind: str = "gpu"):
    one = say(text="one")
    one.set_caching_options(False)
    one.set_display_name("The first")
    one.set_env_variable("B", "2").set_env_variable("A", "1").set_env_variable("B", "3")
    two_ = say(text="two").set_caching_options(True, cache_key="key")
    two_.set_retry(num_retries=3)
    three = say(text="three").set_retry(
        num_retries=1, backoff_duration="2 minutes", backoff_factor=1.5, backoff_max_duration="1h"
    )
    three.set_cpu_request("500m").set_cpu_limit("1.5").set_memory_request("512Mi")
    three.set_memory_limit("2G")
    four = say(text="four").set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(1)
    four.set_container_image("other/image:latest")
    five = say(text="five").set_accelerator_limit("4").set_accelerator_type("NVIDIA_TESLA_T4")
    five.set_container_image(image)
    six = say(text="six").set_cpu_limit(cpu).set_accelerator_type(kind).set_accelerator_limit(count)
    seven = say(text="seven").set_debug_pause(before=True)
    seven.set_retry(0, backoff_max_duration="2 weeks")
    say(text="eight").set_debug_pause(on_error=True).add_node_selector_constraint("TPU_V3")
    say(text="nine").set_gpu_limit("2")


@dsl.pipeline
def memory_units():
    for unit in ("", "K", "Ki", "M", "Mi", "G", "Gi", "T", "Ti", "P", "Pi", "E", "Ei"):
        say(text=unit).set_memory_limit(f"3{unit}").set_memory_request(f"1{unit}")
    for cores in ("0.1", "100m", "8", ".5"):
        say(text=cores).set_cpu_limit(cores)


@dsl.pipeline
def upstream_failure(text: str = "x"):
    first = say(text=text)
    tell(text=first.output).ignore_upstream_failure()
    tell(text="y").after(first).ignore_upstream_failure()
    tell(text="z").ignore_upstream_failure()


@dsl.component
def final(status: dsl.PipelineTaskFinalStatus, text: str = "x"):
    pass


@dsl.pipeline
def upstream_status():
    first = say(text="a")
    final(text=first.output).ignore_upstream_failure()


@dsl.pipeline
def several_outputs(
    text: str = "x",
) -> NamedTuple("Outputs", [("said", str), ("number", int), ("data", Dataset)]):
    outputs = NamedTuple("Outputs", [("said", str), ("number", int), ("data", Dataset)])
    wrote = write(text=text)
    return outputs(
        said=say(text=text).output, number=two().outputs["second"], data=wrote.outputs["data"]
    )


@dsl.pipeline
def inner(text: str, data: Input[Dataset], count: int = 2) -> NamedTuple(
    "Outputs", [("said", str), ("model", Model)]
):
    """Inner one."""
    outputs = NamedTuple("Outputs", [("said", str), ("model", Model)])
    said = say(text=f"{text} {count}")
    add(a=count).set_cpu_limit("1")
    trained = train(data=data)
    return outputs(said=said.output, model=trained.outputs["model"])


@dsl.pipeline
def middle(text: str = "m") -> Model:
    wrote = write(text=text)
    first = inner(text=text, data=wrote.output)
    second = inner(text=first.outputs["said"], data=wrote.output, count=5)
    second.set_display_name("Second").set_caching_options(False)
    add(a=1)
    return second.outputs["model"]


@dsl.pipeline
def nested(text: str = "outer"):
    one = middle(text=text)
    two_ = middle().after(one)
    evaluate(model=two_.output, data=write(text="w").output)
    inner(text="t", data=write(text="v").output)


@dsl.pipeline
def nested_optional(data: Optional[Input[Dataset]] = None, text: Optional[str] = None):
    sink(data=data, text=text)


@dsl.pipeline
def uses_nested_optional():
    nested_optional()
    nested_optional(text="x")
    nested_optional(data=write(text="w").output)


@dsl.pipeline
def imports(uri: str = "gs://there", label: str = "l"):
    one = dsl.importer(artifact_uri="gs://here", artifact_class=Dataset)
    train(data=one.output)
    two_ = dsl.importer(
        artifact_uri=uri,
        artifact_class=Model,
        reimport=True,
        metadata={"label": label, "n": 1, "nested": {"x": [label, "y", True]}, label: "key"},
    )
    said = say(text="z")
    dsl.importer(
        artifact_uri=said.output,
        artifact_class=Artifact,
        metadata={"text": f"<{label}>", "said": said.output},
    )
    evaluate(model=two_.outputs["artifact"], data=one.output)


@dsl.pipeline(
    pipeline_config=dsl.PipelineConfig(
        workspace=dsl.WorkspaceConfig(
            size="10Gi",
            kubernetes=dsl.KubernetesWorkspaceConfig(
                pvcSpecPatch={"storageClassName": "fast", "accessModes": ["ReadWriteMany"]}
            ),
        ),
        ttl_seconds_after_finished=60,
        ttl_seconds_after_success=30,
        ttl_seconds_after_failure=90,
        active_deadline_seconds=3600,
    )
)
def configured():
    say(text=dsl.WORKSPACE_PATH_PLACEHOLDER + "/x")
    dsl.importer(artifact_uri="gs://here", artifact_class=Dataset, download_to_workspace=True)


@dsl.pipeline(pipeline_config=dsl.PipelineConfig(active_deadline_seconds=5))
def deadline():
    say(text="x")


@dsl.pipeline(pipeline_config=dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size="1Gi")))
def workspace():
    say(text="/kfp-workspace/data")


@dsl.component(
    task_config_passthroughs=[
        dsl.TaskConfigField.RESOURCES,
        dsl.TaskConfigPassthrough(field=dsl.TaskConfigField.ENV, apply_to_task=True),
    ]
)
def launch(config: dsl.TaskConfig, text: str = "x"):
    pass


@dsl.pipeline
def passthroughs():
    launch().set_cpu_limit("1").set_env_variable("A", "b")
    launch(text="y")


@dsl.container_component
def echo(text: str, out: dsl.OutputPath(str), data: Output[Dataset]):
    return dsl.ContainerSpec(image="alpine", command=["sh"], args=[text, out, data.path])


@dsl.pipeline
def containers(text: str = "x") -> Dataset:
    first = echo(text=text).set_env_variable("A", "b").set_memory_limit("1Gi")
    second = echo(text=first.outputs["out"])
    train(data=second.outputs["data"])
    return second.outputs["data"]


V1 = """
name: Old one
description: From before.
inputs:
- {name: Text In, type: String, default: hello}
- {name: Count, type: Integer, optional: true}
- {name: Data, type: Dataset}
- {name: Flag, type: Bool, default: 'True'}
- {name: Items, type: JsonArray, default: '[1, 2]'}
outputs:
- {name: Model Out, type: Model}
- {name: Number, type: Float}
implementation:
  container:
    image: alpine
    command: [sh, -c, 'run "$@"', run]
    args:
    - --text
    - {inputValue: Text In}
    - --data
    - {inputPath: Data}
    - {inputUri: Data}
    - if:
        cond: {isPresent: Count}
        then: [--count, {inputValue: Count}]
        else: [--no-count]
    - concat: ['--x=', {inputValue: Flag}]
    - --model
    - {outputPath: Model Out}
    - {outputUri: Model Out}
    - {outputPath: Number}
    env: {A: b}
"""

old = components.load_component_from_text(V1)


@dsl.pipeline
def old_component():
    wrote = write(text="x")
    made = old(data=wrote.output)
    old(data=wrote.output, text_in="y", count=3, items=[], flag=False).after(made)
    evaluate(model=made.outputs["model_out"], data=wrote.output)


@dsl.pipeline
def many_through(many: Input[List[Dataset]]) -> List[Dataset]:
    with dsl.ParallelFor(many) as each:
        wrote = write(text="x")
        train(data=each)
    return dsl.Collected(wrote.outputs["data"])


@dsl.pipeline
def list_output(many: Input[List[Dataset]]) -> List[Dataset]:
    sink()
    return many_through(many=many).output


CASES = {
    name: each
    for name, each in list(globals().items())
    if name
    in (
        "smallest described documented every_input chain constants placeholders texts same_names "
        "odd_names settings memory_units upstream_failure upstream_status several_outputs inner "
        "middle nested nested_optional uses_nested_optional imports configured deadline workspace "
        "passthroughs containers old old_component many_through list_output"
    ).split()
}
CASES["renamed"] = (every_input, {"pipeline_name": "other-name", "pipeline_display_name": "Other"})
CASES["with_parameters"] = (
    every_input,
    {
        "pipeline_parameters": {
            "text": "given",
            "number": 5,
            "ratio_default": 3,
            "members": {"x": [1]},
            "items_default": [],
            "flag": False,
        }
    },
)
CASES["manifest"] = (chain, {"kubernetes_manifest_format": True})
CASES["manifest_whole"] = (
    configured,
    {
        "kubernetes_manifest_format": True,
        "kubernetes_manifest_options": compiler.KubernetesManifestOptions(
            pipeline_name="the-pipeline",
            pipeline_display_name="The pipeline",
            pipeline_version_name="the-version",
            pipeline_version_display_name="The version",
            namespace="place",
            include_pipeline_manifest=True,
        ),
    },
)
