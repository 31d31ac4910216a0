# SPDX-License-Identifier: Apache-2.0
"""Descriptions in docstrings; the expected readings are those of docstring_parser 0.18."""

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
        (
            "A.\n\n@param x: the x\n@type x: int\n@param y: the y\n  goes on\n@return: z\n@note: n",
            "A.",
            {"x": "the x", "y": "the y\ngoes on"},
            {},
        ),
        # No style: an unknown line that begins like a field.
        ("A.\n\n@decorated\n@param x: y", "A.\n@decorated\n@param x: y", {}, {}),
        ("A.\n\n@param a b: y\n@return: z", "A.\n@param a b: y\n@return: z", {}, {}),
        ("A.\n\n@return: one\n@yield: other", "A.\n@return: one\n@yield: other", {}, {}),
        # What is most believed: a type of what is returned counts if nothing else tells of it.
        ("A.\n:rtype: int\nReturns\n", "A.", {}, {}),
        ("A.\n:returns: z\n:rtype: int\n@param x: b\n@type x: int", "A.", {}, {}),
        ("A.\n:param x y z w: v\nmore", "A.\n:param x y z w: v\nmore", {}, {}),
        ("A.\n:raises E F: v\nmore", "A.\n:raises E F: v\nmore", {}, {}),
        # Sections of NumPy's style that hold nothing, and several things.
        ("A.\n\nReturns\n-------\n:x: y", "A.\nReturns\n-------", {}, {}),
        ("A.\n\nNotes\n-----\none\ntwo\n:x: y\n:z: y", "A.\nNotes\n-----\none\ntwo", {}, {}),
        ("A.\n:x: y\n\nExamples\n--------\n>>> f\n1\n>>> g", "A.\n:x: y", {}, {}),
        ("A.\n\nParameters\n\n----------\nx\n  the x", "A.", {"x": "the x"}, {}),
        ("\n    Args:\n      x: only these", None, {"x": "only these"}, {}),
        ("A: b\n\nArgs:\n\nNothing", "A: b\nArgs:\n\nNothing", {}, {}),
        ("A.\n\nReturns:\n    a: one\n    b: two\n", "A.", {}, {"a": "one", "b": "two"}),
    ],
)
def test_docstrings_are_read(docstring, description, inputs, outputs):
    assert _docstring.read(docstring) == (description, inputs, outputs)
