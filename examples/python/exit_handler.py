# SPDX-License-Identifier: Apache-2.0
"""An exit handler: a task that runs whatever became of the others, and is told what did.

    kf run examples/python/exit_handler.py --arg divisor=0
"""

from kf import dsl, local
from kf.dsl import PipelineTaskFinalStatus


@dsl.component
def divide(a: int, b: int) -> float:
    return a / b


@dsl.component
def report(to: str, status: PipelineTaskFinalStatus) -> str:
    text = f"to {to}: {status.pipeline_task_name} {status.state}"
    if status.error_message:
        text += f", {status.error_message}"
    print(text)
    return text


@dsl.pipeline
def careful(divisor: int = 2):
    last = report(to="ada@example.com")
    with dsl.ExitHandler(last, name="division"):
        divide(a=6, b=divisor)


if __name__ == "__main__":
    from kf.store import Store

    local.init(local.SubprocessRunner(), raise_on_error=False)
    for divisor in (2, 0):
        careful(divisor=divisor)
        print(Store().task("report")["outputs"]["Output"])
