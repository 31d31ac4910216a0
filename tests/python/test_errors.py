# SPDX-License-Identifier: Apache-2.0
"""Exceptions: each is libkf's and the builtin that it resembles."""

import pickle

import pytest

import kf
from kf import _native, dsl, errors


@pytest.mark.parametrize(
    "cls, builtin",
    [
        (kf.NotFound, LookupError),
        (kf.InvalidArgument, ValueError),
        (kf.TypeMismatch, TypeError),
        (kf.MissingArgument, TypeError),
        (kf.ParseError, ValueError),
        (kf.InvalidDocument, ValueError),
        (kf.AlreadyExists, ValueError),
        (kf.IOFailure, OSError),
        (kf.TimedOut, TimeoutError),
        (kf.Unsupported, NotImplementedError),
        (kf.OutOfMemory, MemoryError),
    ],
)
def test_classes_double_as_builtins(cls, builtin):
    assert issubclass(cls, kf.Error)
    assert issubclass(cls, builtin)


def test_every_status_has_a_class_of_its_own():
    codes = [_native.status_name(-number) for number in range(1, 21)]
    assert {errors._class_of(code).code for code in codes} == set(codes)


def test_an_error_tells_its_place():
    error = kf.ParseError("no colon", code="KF_EPARSE", where="a.b", line=3, column=4)
    assert (error.message, error.where, error.line, error.column) == ("no colon", "a.b", 3, 4)
    assert str(error) == "no colon (a.b, line 3, column 4)"


def test_errors_survive_pickling():
    error = pickle.loads(pickle.dumps(kf.IOFailure("disk full", where="x", line=1, column=2)))
    assert isinstance(error, kf.IOFailure)
    assert (error.message, error.where, error.line, error.column) == ("disk full", "x", 1, 2)


def test_parse_errors_carry_line_and_column():
    with pytest.raises(kf.ParseError) as caught:
        _native.value_parse('{"a": 1,\n "b" 2}')
    assert caught.value.code == "KF_EPARSE"
    assert caught.value.line == 2
    assert caught.value.column > 1


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: x + 1,
        lambda x: 1 - x,
        lambda x: "a" + x,
        lambda x: x * x,
        lambda x: -x,
        lambda x: float(x),
        lambda x: int(x),
        lambda x: len(x),
        lambda x: x[0],
    ],
)
def test_computing_with_a_channel_is_refused_with_advice(compute):
    @dsl.component
    def say(text: str):
        pass

    def p(x: int):
        say(text=compute(x))

    with pytest.raises(TypeError, match="'x' is known only when the pipeline runs: compute"):
        dsl.pipeline(p)
