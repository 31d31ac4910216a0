# SPDX-License-Identifier: Apache-2.0
"""Container components, each compiled by itself."""

from typing import Dict, List, Optional

from kfp import dsl
from kfp.dsl import (
    ConcatPlaceholder,
    Dataset,
    IfPresentPlaceholder,
    Input,
    Model,
    Output,
    OutputPath,
)


@dsl.container_component
def bare():
    return dsl.ContainerSpec(image="alpine")


@dsl.container_component
def words(text: str, number: int = 3):
    """Prints.

    Args:
        text: What is printed.
    """
    return dsl.ContainerSpec(image="alpine", command=["echo"], args=[text, number, f"--x={text}"])


@dsl.container_component
def paths(
    data: Input[Dataset],
    many: Input[List[Dataset]],
    model: Output[Model],
    out: OutputPath(str),
    members: Dict[str, str] = {},
):
    return dsl.ContainerSpec(
        image="alpine",
        command=["sh", "-c", 'run "$@"', "run"],
        args=[
            "--data",
            data.path,
            data.uri,
            data.metadata["rows"],
            "--many",
            many,
            "--model",
            model.path,
            model.uri,
            model.metadata["framework"],
            "--out",
            out,
            members,
            dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
            dsl.PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER,
        ],
    )


@dsl.container_component
def structured(
    required: str, text: Optional[str] = None, other: str = "default", out: OutputPath(str) = None
):
    return dsl.ContainerSpec(
        image="alpine",
        command=[
            "program",
            IfPresentPlaceholder(input_name="text", then=["--text", text], else_=["--no-text"]),
            IfPresentPlaceholder(input_name="text", then=text),
        ],
        args=[
            ConcatPlaceholder(["--other=", other, "-", required]),
            ConcatPlaceholder(
                ["a", IfPresentPlaceholder(input_name="text", then=text, else_="none")]
            ),
            IfPresentPlaceholder(
                input_name="other",
                then=ConcatPlaceholder(["--x=", other]),
                else_=ConcatPlaceholder(["--y", 'quo"ted']),
            ),
            out,
        ],
    )


CASES = {"bare": bare, "words": words, "paths": paths, "structured": structured}
