# SPDX-License-Identifier: Apache-2.0
"""Container components: programs that are no Python, with files and values as inputs and outputs.

    kf run examples/python/commands.py --host-commands

On a cluster each runs in its image; with --host-commands (host_commands=True) its command runs as
a process of this machine, and the image is not used.
"""

from kf import dsl, local
from kf.dsl import ConcatPlaceholder, Dataset, Input, Output


@dsl.container_component
def numbers(limit: int, data: Output[Dataset]):
    return dsl.ContainerSpec(
        image="debian:12",
        command=["sh", "-c", 'seq "$0" > "$1"'],
        args=[limit, data.path],
    )


@dsl.container_component
def keep(data: Input[Dataset], digit: int, kept: Output[Dataset], count: dsl.OutputPath(int)):
    return dsl.ContainerSpec(
        image="debian:12",
        command=["sh", "-c", 'grep "$0" "$1" > "$2"; wc -l < "$2" > "$3"'],
        args=[ConcatPlaceholder([digit, "$"]), data.path, kept.path, count],
    )


@dsl.pipeline
def sieve(limit: int = 100, digit: int = 7) -> int:
    made = numbers(limit=limit)
    return keep(data=made.output, digit=digit).outputs["count"]


if __name__ == "__main__":
    local.init(local.SubprocessRunner(host_commands=True))
    print(sieve().output, "numbers up to 100 end in 7")
