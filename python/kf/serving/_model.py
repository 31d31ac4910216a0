# SPDX-License-Identifier: Apache-2.0
"""Models that libkf itself reads and asks, without the library that wrote them."""

import os
import sys

from kf import _native


def load_model(path, format=None):
    """The model in a file, or the one model in a folder.

    XGBoost's JSON, UBJSON and binary files and LightGBM's text are read, by what is in them or as
    `format` says ("xgboost", "lightgbm", "numbers").
    """
    return LoadedModel(_native.model_open(os.fspath(path), format))


class LoadedModel:
    """A model in memory. Several threads may ask it at once."""

    def __init__(self, handle):
        self._handle = handle
        about = _native.model_describe(handle)
        self.format = about["format"]
        self.feature_count = about["features"]
        self.feature_names = about["feature_names"]
        self.output_count = about["outputs"]
        self.class_names = about["class_names"]
        self._is_flat = about["outputs"] == 1 and not about["is_matrix"]

    def __repr__(self):
        return (
            f"<{self.format} model of {self.feature_count} features "
            f"and {self.output_count} output{'s' * (self.output_count != 1)}>"
        )

    def predict(self, rows):
        """What the model says of each row.

        `rows` is a table of numbers: a numpy array or anything else with a buffer of two dimensions, a
        DataFrame, or a list of lists, in which None and NaN are missing. One row alone is answered as
        one. The answer is a numpy array if numpy is in use, else a list; one number for a row, or a
        list of them if the model has several outputs.
        """
        data, letter, count, outputs, is_row = _native.model_predict(self._handle, _plain(rows))
        shape = (count,) if self._is_flat else (count, outputs)
        numpy = sys.modules.get("numpy")
        if numpy is None:
            answer = _listed(memoryview(data).cast(letter), shape)
        else:
            answer = numpy.frombuffer(data, letter).reshape(shape)
        if self.class_names is not None:
            answer = _named(answer, self.class_names, numpy)
        return answer[0] if is_row else answer


def _plain(rows):
    """Rows with a buffer, or sequences of numbers."""
    try:
        memoryview(rows)
    except TypeError:
        array = getattr(rows, "__array__", None)
        if array is not None:
            rows = array()
            return rows if rows.dtype.kind in "fiub" else rows.tolist()
    return rows


def _listed(numbers, shape):
    if len(shape) == 1:
        return numbers.tolist()
    count, outputs = shape
    return [numbers[row * outputs : (row + 1) * outputs].tolist() for row in range(count)]


def _named(answer, names, numpy):
    if numpy is not None:
        return numpy.asarray(names)[answer]
    return [names[index] for index in answer]
