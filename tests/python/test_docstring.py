# SPDX-License-Identifier: Apache-2.0
"""Descriptions in docstrings; the expected readings are those of docstring_parser 0.16."""

import pytest

from kf.dsl import _docstring


@pytest.mark.parametrize(
    "docstring, description, inputs, outputs",
    [
        (None, None, {}, {}),
        ("", None, {}, {}),
        ("One line.", "One line.", {}, {}),
        ("One.\n\nMore\n  and more.\n", "One.\nMore\n  and more.", {}, {}),
        ("One.\nTwo.\nThree.", "One.\nTwo.\nThree.", {}, {}),
        (
            "A.\n\nArgs:\n  x: the x\n  y (int): the y\n    goes on\n\nReturns:\n  Output: what",
            "A.",
            {"x": "the x", "y": "the y\ngoes on"},
            {"Output": "what"},
        ),
        (
            "A.\n\nArgs:\n  x: a: b\nReturns:\n  The sum.\n\nRaises:\n  E: if\n",
            "A.",
            {"x": "a: b"},
            {},
        ),
        (
            "A.\n\n:param x: the x\n:param int y: the y\n:return: z",
            "A.",
            {"x": "the x", "y": "the y"},
            {},
        ),
        (
            "A.\n\nParameters\n----------\nx : int\n    the x\ny\n    the y\n",
            "A.",
            {"x": "the x", "y": "the y"},
            {},
        ),
        ("\n    Args:\n      x: only these", None, {"x": "only these"}, {}),
        ("A: b\n\nArgs:\n\nNothing", "A: b\nArgs:\n\nNothing", {}, {}),
        ("A.\n\nReturns:\n    a: one\n    b: two\n", "A.", {}, {"a": "one", "b": "two"}),
    ],
)
def test_docstrings_are_read(docstring, description, inputs, outputs):
    assert _docstring.read(docstring) == (description, inputs, outputs)
