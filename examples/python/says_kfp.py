# SPDX-License-Identifier: Apache-2.0
"""A script that says kfp, run by libkf: one line is added, nothing else changes.

    python examples/python/says_kfp.py

`kf run` and `kf compile` do without even that line. As under KFP, components are then compiled
with KFP's own launcher, which a cluster installs with pip.
"""

import kf.as_kfp  # noqa: F401  from here on libkf answers `import kfp`
from kfp import compiler, dsl, local


@dsl.component(base_image="python:3.11")
def square(x: float) -> float:
    return x**2


@dsl.component(base_image="python:3.11")
def root_of_sum(x: float, y: float) -> float:
    return (x + y) ** 0.5


@dsl.pipeline(name="pythagoras")
def hypotenuse(a: float = 3.0, b: float = 4.0) -> float:
    return root_of_sum(x=square(x=a).output, y=square(x=b).output).output


if __name__ == "__main__":
    compiler.Compiler().compile(hypotenuse, "pythagoras.yaml")
    local.init(local.SubprocessRunner())
    print("the hypotenuse is", hypotenuse().output)
