# SPDX-License-Identifier: Apache-2.0
"""kf.serving.load_model: files of other libraries, without these."""

import array
import json
import math
import pathlib
import random

import pytest

import kf
from kf import serving

MODELS = pathlib.Path(__file__).resolve().parent.parent / "golden" / "models"


def golden(library, case):
    """Rows and answers of a model in tests/golden/models, and its path."""
    for one in json.loads((MODELS / f"{library}.json").read_text()):
        for file in one["files"]:
            if file.startswith(f"{library}-{case}."):
                return MODELS / file, one["rows"], one["expected"]
    raise LookupError(case)


def flat(answers):
    return [number for row in answers for number in (row if isinstance(row, list) else [row])]


def test_lists():
    path, rows, expected = golden("xgboost-3.2.0", "squared")
    model = serving.load_model(path)
    answers = model.predict(rows)
    assert flat(list(answers)) == flat(expected)
    assert model.predict(rows[1]) == expected[1][0]
    assert repr(model) == "<xgboost model of 5 features and 1 output>"
    assert model.feature_names == ["x_0", "x_1", "x_2", "x_3", "x_4"]
    assert list(model.predict([])) == []


def test_several_outputs():
    path, rows, expected = golden("lightgbm-4.7.0", "ova")
    answers = serving.load_model(str(path), format="lightgbm").predict(rows)
    assert len(answers) == len(expected)
    for found, row in zip(answers, expected):
        assert list(found) == pytest.approx(row, rel=1e-15)


@pytest.mark.parametrize("letter", ["f", "d"])
def test_buffers(letter):
    path, rows, expected = golden("xgboost-3.2.0", "logistic")
    numbers = [math.nan if number is None else number for number in flat(rows)]
    table = memoryview(array.array(letter, numbers)).cast("B").cast(letter, (len(rows), 5))
    model = serving.load_model(path)
    assert list(model.predict(table)) == pytest.approx(flat(expected), rel=1e-6)
    assert model.predict(memoryview(array.array(letter, numbers[:5]))) == pytest.approx(
        expected[0][0], rel=1e-6
    )


def test_whole_numbers():
    model = serving.load_model(golden("xgboost-3.2.0", "squared")[0])
    rows = [[1, 0, 2, 3, 4], [-1, 0, 2, 3, 4]]
    for letter in "bhilq":
        table = memoryview(array.array(letter, flat(rows))).cast("B").cast(letter, (2, 5))
        assert list(model.predict(table)) == list(model.predict(rows))


@pytest.mark.parametrize(
    "rows, message",
    [
        ([[1, 2, 3]], "the rows have 3 numbers: expected 5"),
        ([[1] * 5, [1] * 4], "row 1 has 4 numbers: expected 5"),
        (bytearray(5), None),
        (memoryview(bytearray(40)).cast("d", (1, 1, 5)), "3 dimensions"),
        ([1.0], "expected 5"),
    ],
)
def test_rows_that_do_not_fit(rows, message):
    model = serving.load_model(golden("xgboost-3.2.0", "squared")[0])
    if message is None:
        assert isinstance(float(model.predict(rows)), float)
        return
    with pytest.raises(ValueError, match=message):
        model.predict(rows)


@pytest.mark.parametrize("rows", [[["a"] * 5], 3, [[1], 2], "12345"])
def test_rows_that_are_no_numbers(rows):
    model = serving.load_model(golden("xgboost-3.2.0", "squared")[0])
    with pytest.raises((TypeError, ValueError)):
        model.predict(rows)


def test_folders_and_faults(tmp_path):
    with pytest.raises(kf.NotFound):
        serving.load_model(tmp_path / "none")
    with pytest.raises(kf.NotFound, match="no file of a model"):
        serving.load_model(tmp_path)
    (tmp_path / "model.json").write_text('{"learner": 1}')
    with pytest.raises(kf.Error, match="expected an object"):
        serving.load_model(tmp_path)
    with pytest.raises(ValueError, match="did you mean 'xgboost'"):
        serving.load_model(tmp_path / "model.json", format="xgbost")


# ---- beside the libraries themselves ----


def table(numpy, seed, count, features=12, categories=0):
    made = numpy.random.RandomState(seed).normal(size=(count, features)).astype("float32")
    made[:, 1] = numpy.round(made[:, 1] * 2) / 2
    for column in range(categories):
        made[:, column] = numpy.random.RandomState(seed + column).randint(0, 30, count)
    made[numpy.random.RandomState(seed + 1).uniform(size=made.shape) < 0.1] = math.nan
    return made


def answers(numpy, rows):
    known = numpy.nan_to_num(rows)
    return known[:, 2] * known[:, 3] + known[:, 0] % 3 + known[:, 1]


@pytest.mark.parametrize("suffix", ["json", "ubj"])
@pytest.mark.parametrize("case", ["squared", "logistic", "softprob", "categories", "dart", "deep"])
def test_as_xgboost(tmp_path, case, suffix):
    numpy = pytest.importorskip("numpy")
    xgboost = pytest.importorskip("xgboost")
    seed = random.Random(case + suffix).randrange(1000)
    categories = 2 if case == "categories" else 0
    more = {}
    if categories:
        kinds = ["c"] * categories + ["q"] * (12 - categories)
        more = {"feature_types": kinds, "enable_categorical": True}
    rows = table(numpy, seed, 800, categories=categories)
    label = answers(numpy, rows)
    parameters = {"nthread": 1, "seed": seed, "max_depth": 9 if case == "deep" else 5}
    if case == "logistic":
        parameters["objective"], label = "binary:logistic", (label > 1).astype(int)
    if case == "softprob":
        parameters.update(objective="multi:softprob", num_class=3)
        label = numpy.digitize(label, [0, 1])
    if case == "dart":
        parameters.update(booster="dart", rate_drop=0.3)
    if case == "deep":
        parameters.update(min_child_weight=0)
    data = xgboost.DMatrix(rows, label=label, **more)
    booster = xgboost.train(parameters, data, 20)
    booster.save_model(tmp_path / f"model.{suffix}")
    asked = table(numpy, seed + 7, 3000, categories=categories)
    expected = booster.predict(xgboost.DMatrix(asked, **more))
    model = serving.load_model(tmp_path)
    found = model.predict(asked)
    assert found.dtype == expected.dtype and found.shape == expected.shape
    assert numpy.array_equal(found, expected)
    assert numpy.array_equal(numpy.stack([model.predict(row) for row in asked[:300]]), expected[:300])


@pytest.mark.parametrize(
    "parameters",
    [
        {"objective": "regression"},
        {"objective": "binary", "num_leaves": 63},
        {"objective": "multiclass", "num_class": 3},
        {"objective": "regression", "linear_tree": True},
        {"objective": "regression", "zero_as_missing": True},
        {"objective": "poisson"},
        {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
        {"objective": "regression", "num_leaves": 500, "min_data_in_leaf": 1},
    ],
    ids=lambda parameters: "-".join(str(value) for value in parameters.values()),
)
@pytest.mark.parametrize("categories", [0, 2])
def test_as_lightgbm(tmp_path, parameters, categories):
    numpy = pytest.importorskip("numpy")
    lightgbm = pytest.importorskip("lightgbm")
    rows = table(numpy, 5, 1500, categories=categories).astype(float)
    label = answers(numpy, rows)
    if parameters["objective"] == "binary":
        label = label > 1
    if parameters["objective"] == "multiclass":
        label = numpy.digitize(label, [0, 1])
    if parameters["objective"] == "poisson":
        label = numpy.abs(label)
    data = lightgbm.Dataset(
        rows, label=label, categorical_feature=list(range(categories)), free_raw_data=False
    )
    booster = lightgbm.train({"verbosity": -1, "num_threads": 1, **parameters}, data, 15)
    booster.save_model(tmp_path / "model.txt")
    asked = table(numpy, 6, 3000, categories=categories).astype(float)
    expected = booster.predict(asked)
    found = serving.load_model(tmp_path).predict(asked)
    assert found.dtype == expected.dtype and found.shape == expected.shape
    assert numpy.array_equal(found, expected)


def frame_of_categories(count, source):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    made = pandas.DataFrame({
        "weight": source.normal(size=count),
        "color": pandas.Categorical(source.choice(["red", "green", "blue", "white"], size=count)),
        "size": pandas.Categorical(source.choice([10, 20, 40], size=count)),
    })
    made.loc[source.uniform(size=count) < 0.1, "color"] = None
    return made, made["weight"] + (made["color"] == "green") * 3.0 + (made["size"] == 20)


def as_named(frame):
    """Rows with the names of colors, and the codes of sizes."""
    sizes = {10: 0, 20: 1, 40: 2}
    return [[weight, color if isinstance(color, str) else None, sizes[size]]
            for weight, color, size in frame.itertuples(index=False)]


def test_a_frame_of_categories_to_lightgbm(tmp_path):
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed")
    import numpy
    import pandas

    source = numpy.random.RandomState(3)
    table, score = frame_of_categories(300, source)
    settings = {"verbose": -1, "min_data_in_leaf": 3, "min_data_per_group": 1}
    booster = lightgbm.train(settings, lightgbm.Dataset(table, score), 10)
    booster.save_model(tmp_path / "model.txt")
    model = serving.load_model(tmp_path / "model.txt")
    assert model.categories == [[], ["blue", "green", "red", "white"], [10, 20, 40]]
    rows, _ = frame_of_categories(50, source)
    numpy.testing.assert_array_equal(model.predict(rows), booster.predict(rows))
    numpy.testing.assert_array_equal(model.predict(as_named(rows)), booster.predict(rows))
    # Other categories, in another order, one of them new.
    rows["color"] = pandas.Categorical(source.choice(["white", "pink", "red"], size=50),
                                       categories=["white", "pink", "red"])
    numpy.testing.assert_array_equal(model.predict(rows), booster.predict(rows))
    numpy.testing.assert_allclose(model.explain(rows).values, booster.predict(rows, pred_contrib=True)[:, :-1],
                                  rtol=0, atol=1e-12)


def test_a_frame_of_categories_to_xgboost(tmp_path):
    xgboost = pytest.importorskip("xgboost", "2", reason="xgboost is not installed")
    import numpy
    import pandas

    source = numpy.random.RandomState(3)
    table, score = frame_of_categories(300, source)
    booster = xgboost.train({"max_depth": 4, "max_cat_to_onehot": 2},
                            xgboost.DMatrix(table, score, enable_categorical=True), 10)
    booster.save_model(tmp_path / "model.ubj")
    model = serving.load_model(tmp_path / "model.ubj")
    rows, _ = frame_of_categories(50, source)
    expected = booster.predict(xgboost.DMatrix(rows, enable_categorical=True))
    numpy.testing.assert_array_equal(model.predict(rows), expected)
    if tuple(map(int, xgboost.__version__.split(".")[:2])) < (3, 1):
        assert model.categories is None
        return
    numpy.testing.assert_array_equal(model.predict(as_named(rows)), expected)
    rows["color"] = pandas.Categorical(source.choice(["white", "red"], size=50), categories=["white", "red"])
    expected = booster.predict(xgboost.DMatrix(rows, enable_categorical=True))
    numpy.testing.assert_array_equal(model.predict(rows), expected)
    rows["color"] = pandas.Categorical(["pink"] * 50)
    with pytest.raises(kf.errors.InvalidArgument, match="color: 'pink' is no category"):
        model.predict(rows)
    with pytest.raises(kf.errors.InvalidArgument, match="'gren' is no category .*; did you mean 'green'?"):
        model.predict([1, "gren", 0])
