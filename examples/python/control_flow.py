# SPDX-License-Identifier: Apache-2.0
"""Loops and branches: score candidates side by side, gather the scores, and act on the best.

    kf run examples/python/control_flow.py

The loop runs at most two of its iterations at a time; only one of the three branches runs.
"""

from typing import List

from kf import dsl, local


@dsl.component
def score(depth: int) -> float:
    return 1 - 1 / (1 + depth)


@dsl.component
def best(scores: List[float]) -> float:
    return max(scores)


@dsl.component
def decide(text: str) -> str:
    return text


@dsl.pipeline
def choose(good_enough: float = 0.8) -> str:
    with dsl.ParallelFor([1, 2, 5], parallelism=2) as depth:
        scored = score(depth=depth)
    top = best(scores=dsl.Collected(scored.output))
    with dsl.If(top.output >= good_enough, name="good"):
        deploy = decide(text="deploy it")
    with dsl.Elif(top.output >= 0.5, name="middling"):
        more = decide(text="train for longer")
    with dsl.Else(name="poor"):
        stop = decide(text="think again")
    return dsl.OneOf(deploy.output, more.output, stop.output)


if __name__ == "__main__":
    local.init(local.SubprocessRunner())
    for bar in (0.8, 0.9):
        print(f"good enough is {bar}: {choose(good_enough=bar).output}")
