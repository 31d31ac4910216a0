# SPDX-License-Identifier: Apache-2.0
"""What signatures stand for, in a module whose annotations are all text."""

from __future__ import annotations

import collections

import pytest

from kf import dsl
from kf.dsl import Dataset, Input, Output


def test_a_function_may_say_that_it_returns_nothing():
    @dsl.component
    def quiet(x: int, data: Output[Dataset]) -> None:
        pass

    assert list(quiet.component_spec.inputs) == ["x"]
    assert list(quiet.component_spec.outputs) == ["data"]


def test_a_tuple_without_types_is_no_output():
    Pair = collections.namedtuple("Pair", ["first", "second"])

    def pair():
        pass

    pair.__annotations__["return"] = Pair
    with pytest.raises(TypeError, match="first, second of Pair have no types"):
        dsl.component(pair)


def test_input_needs_a_class():
    def read(data: Input):
        pass

    with pytest.raises(TypeError, match=r"'data' needs a class of artifacts"):
        dsl.component(read)
