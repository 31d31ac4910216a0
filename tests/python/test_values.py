# SPDX-License-Identifier: Apache-2.0
"""Values cross the border between Python and C unharmed, or not at all."""

import collections
import enum
import json

import pytest

import kf
from kf import _native
from kf.dsl import _settings, pipeline_context


class Color(str, enum.Enum):
    RED = "red"


class Number:
    def __index__(self):
        return 7


class Model:
    def model_dump(self, mode):
        assert mode == "json"
        return {"a": [1]}


def through_c(value):
    """`value` as a component's default holds it."""
    component = _native.component_new("x")
    kind = _native._type_of_spec_name("Dict")
    _native.component_add_input(component, "value", kind, {"default_value": {"v": value}})
    return _native.component_input(component, 0)["default"]["v"]


@pytest.mark.parametrize(
    "value",
    ["", "text", "ünï ☃ 𝄞", "a \0 b", True, False, [], {}, [[]], {"a": {"": [None]}}, None],
)
def test_values_return_as_they_were(value):
    result = through_c(value)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize("value", [0, -1, 2**53, 0.1, -1e300, 5e-324])
def test_numbers_return_as_doubles(value):
    assert through_c(value) == value


@pytest.mark.parametrize(
    "value, expected",
    [
        ((1, "a"), [1, "a"]),
        (Color.RED, "red"),
        (Number(), 7),
        (Model(), {"a": [1]}),
        (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
    ],
)
def test_what_stands_for_a_value_is_taken(value, expected):
    assert through_c(value) == expected


@pytest.mark.parametrize(
    "value, error, text",
    [
        (float("nan"), ValueError, "nan"),
        (float("-inf"), ValueError, "inf"),
        (2**63, OverflowError, "64 bits"),
        (-(2**63) - 1, OverflowError, "64 bits"),
        ({1: "a"}, TypeError, "keys"),
        ({"a\0b": 1}, ValueError, "NUL"),
        ({"a": object()}, TypeError, "object"),
        ({1, 2}, TypeError, "set"),
        (b"bytes", TypeError, "bytes"),
        ("\ud800", UnicodeEncodeError, "surrogates"),
    ],
)
def test_what_is_no_value_is_refused(value, error, text):
    with pytest.raises(error, match=text):
        through_c(value)


def test_a_list_that_holds_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises((RecursionError, kf.LimitExceeded)):
        through_c(endless)


def test_json_keeps_integers_apart_from_doubles():
    value = _native.value_parse('{"i": 9007199254740993, "d": 1.0, "l": [true, null]}')
    assert json.dumps(value) == '{"i": 9007199254740993, "d": 1.0, "l": [true, null]}'


def test_options_are_checked():
    component = _native.component_new("x")
    with pytest.raises(TypeError, match="no option 'nonsense'"):
        _native.component_add_input(component, "a", 3, {"nonsense": 1})
    with pytest.raises(TypeError, match="description must be str"):
        _native.component_add_input(component, "a", 3, {"description": 1})
    with pytest.raises(TypeError, match="not None"):
        _native.component_name(None)
    with pytest.raises(TypeError):
        _native.component_name(_native.pipeline_new("p", None))


def test_handles_end_with_their_last_reference():
    for _ in range(1000):
        pipeline = pipeline_context.Pipeline("p", None, _settings.runtime())
        component = _native.component_new("x")
        _native.component_set_container(component, "alpine", None, None)
        task = _native.add_task(pipeline.handle, component, {}, False)
        del component
        assert _native.pipeline_task_name(pipeline.handle, task) == "x"
