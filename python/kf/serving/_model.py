# SPDX-License-Identifier: Apache-2.0
"""Models that libkf itself reads and asks, without the library that wrote them."""

import os
import sys
import typing

from kf import _native
from kf.errors import InvalidArgument


def load_model(path, format=None, method=None):
    """The model in a file, or the one model in a folder.

    XGBoost's JSON, UBJSON and binary files and LightGBM's text are read, by what is in them or as
    `format` says ("xgboost", "lightgbm", "numbers"), and what `convert` made of an estimator of
    scikit-learn; of a classifier `method` chooses "predict" or "predict_proba".
    """
    return LoadedModel(_native.model_open(os.fspath(path), format, method))


class Explanation(typing.NamedTuple):
    """What each feature of a row adds to the margins of a model, and what is expected without it.

    The sum of both is the margin. `values` has a number per row and feature, and `expected` one per
    row; of a model of several margins there is a list of them, margin by margin, for each row. Of
    interactions `values` has a matrix in the place of a list of features, each line of which sums up
    to what the feature adds.
    """

    values: object
    expected: object


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
        # Those of a DataFrame that the model was trained with: a list for each feature, or None.
        self.categories = about["categories"]
        # Of a classifier that answers with probabilities the names belong to the columns.
        self._is_named = about["class_names"] is not None and not about["is_matrix"]
        self._is_flat = about["outputs"] == 1 and not about["is_matrix"]

    def __repr__(self):
        return (
            f"<{self.format} model of {self.feature_count} features "
            f"and {self.output_count} output{'s' * (self.output_count != 1)}>"
        )

    def predict(self, rows):
        """What the model says of each row.

        `rows` is a table of numbers: a numpy array or anything else with a buffer of two dimensions, a
        DataFrame, or a list of lists, in which None and NaN are missing. Categories may be given by
        their names where the model's file tells them (`categories`), as a DataFrame's columns are by
        XGBoost and LightGBM; all other numbers of them are codes. One row alone is answered as one. The answer is a numpy array if numpy is in use, else a list; one number for a row, or a
        list of them if the model has several outputs.
        """
        data, letter, count, outputs, is_row = _native.model_predict(self._handle, self._plain(rows))
        shape = (count,) if self._is_flat else (count, outputs)
        numpy = sys.modules.get("numpy")
        if numpy is None:
            answer = _listed(memoryview(data).cast(letter), shape)
        else:
            answer = numpy.frombuffer(data, letter).reshape(shape)
        if self._is_named:
            answer = _named(answer, self.class_names, numpy)
        return answer[0] if is_row else answer

    def explain(
        self,
        rows,
        background=None,
        method=None,
        samples=0,
        seed=0,
        most_features=0,
        interactions=False,
        output=None,
        link=None,
        selection=None,
        alpha=0.0,
    ):
        """Why the model says so: Shapley values of its margins, an `Explanation`.

        Rows are those of `predict`. Trees are explained exactly (`method="tree"`): by the training
        rows that came down them, or against the rows of a `background`. Linear models
        (`method="linear"`) need a background unless they come after a StandardScaler, and all others
        (`method="kernel"`) need one: KernelSHAP with so many `samples` (2048 and two per feature),
        the same for the same `seed`, which gives effects to so many features at most (10), or as
        `selection` says: "aic", "bic", or "lasso" with a penalty `alpha`. With `interactions` trees,
        without a background, and linear models tell what pairs of features do together.

        `output="probability"` explains what becomes of the margins of a classifier: of trees against a
        background, if a margin is a class of its own, and of any by KernelSHAP, which with
        `link="logit"` gives the effects on the logit of it.
        """
        data, count, margins, is_row = _native.model_explain(
            self._handle, self._plain(rows), None if background is None else self._plain(background),
            method, samples, seed, most_features, interactions, output, link, selection, alpha)
        width = self.feature_count + 1
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            table = numpy.frombuffer(data, "d")
            table = table.reshape((count, margins, width, width) if interactions else (count, margins, width))
            table = table[:, 0] if margins == 1 else table
            values = table[..., :-1, :-1] if interactions else table[..., :-1]
            expected = table[..., -1, -1] if interactions else table[..., -1]
        else:
            values, expected = _explained(memoryview(data).cast("d"), count * margins, width, interactions)
            if margins != 1:
                values = [values[i : i + margins] for i in range(0, len(values), margins)]
                expected = [expected[i : i + margins] for i in range(0, len(expected), margins)]
        return Explanation(values[0], expected[0]) if is_row else Explanation(values, expected)

    def _plain(self, rows):
        """Rows with a buffer, or sequences of numbers and names of categories."""
        try:
            memoryview(rows)
        except TypeError:
            if any(hasattr(dtype, "categories") for dtype in getattr(rows, "dtypes", ())):
                return self._recoded(rows)
            array = getattr(rows, "__array__", None)
            if array is not None:
                rows = array()
                return rows if rows.dtype.kind in "fiub" else rows.tolist()
        return rows

    def _recoded(self, frame):
        """A DataFrame whose columns of categories are codes: the model's, or else its own."""
        columns = []
        for index, dtype in enumerate(frame.dtypes):
            column = frame.iloc[:, index]
            if not hasattr(dtype, "categories"):
                columns.append(column.tolist())
                continue
            known = self.categories[index] if self.categories and index < len(self.categories) else []
            codes = {name: code for code, name in enumerate(known or dtype.categories)}
            own = [codes.get(name) for name in dtype.categories]
            used = set(column.cat.codes)
            unknown = [name for code, name in enumerate(dtype.categories) if own[code] is None and code in used]
            if unknown and self.format == "xgboost":
                raise InvalidArgument(
                    f"{frame.columns[index]}: {unknown[0]!r} is no category that the model was trained with")
            columns.append([None if code < 0 else own[code] for code in column.cat.codes])
        return list(zip(*columns))


def _explained(numbers, count, width, interactions):
    """Values and what is expected of each margin, as lists."""
    lines = _listed(numbers, (count * (width if interactions else 1), width))
    if not interactions:
        return [line[:-1] for line in lines], [line[-1] for line in lines]
    tables = [lines[i : i + width] for i in range(0, len(lines), width)]
    return [[line[:-1] for line in table[:-1]] for table in tables], [table[-1][-1] for table in tables]


def _listed(numbers, shape):
    if len(shape) == 1:
        return numbers.tolist()
    count, outputs = shape
    return [numbers[row * outputs : (row + 1) * outputs].tolist() for row in range(count)]


def _named(answer, names, numpy):
    if numpy is not None:
        return numpy.asarray(names)[answer]
    return [names[index] for index in answer]
