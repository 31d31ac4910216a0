# SPDX-License-Identifier: Apache-2.0
"""The smallest pipeline: two Python functions, one after the other.

    kf run examples/python/hello.py --arg name=Ada

or `python examples/python/hello.py`, which runs it in this process and prints what came out.
"""

from kf import dsl, local


@dsl.component
def greet(name: str) -> str:
    return f"Hello, {name}!"


@dsl.component
def count_letters(text: str) -> int:
    return sum(letter.isalpha() for letter in text)


@dsl.pipeline
def hello(name: str = "World") -> int:
    greeting = greet(name=name)
    return count_letters(text=greeting.output).output


if __name__ == "__main__":
    local.init(local.SubprocessRunner())
    print(hello().output, "letters")
    print(hello(name="Ada").output, "letters")
