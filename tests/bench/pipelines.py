# SPDX-License-Identifier: Apache-2.0
"""The pipelines that are measured. Written for `kfp`; `kf.as_kfp` makes the same file use libkf."""

from kfp import dsl


@dsl.component(base_image="python:3.11")
def step(x: int) -> int:
    return x + 1


def chain(count: int):
    """`count` tasks, each taking the output of the one before."""

    @dsl.pipeline(name="chain")
    def pipeline():
        task = step(x=1)
        for _ in range(count - 1):
            task = step(x=task.output)

    return pipeline


def parallel(count: int):
    """`count` tasks that do not wait for each other, with different arguments."""

    @dsl.pipeline(name="parallel")
    def pipeline():
        for index in range(count):
            step(x=index)

    return pipeline
