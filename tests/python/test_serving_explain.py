# SPDX-License-Identifier: Apache-2.0
"""Explanations of trees beside those of the libraries that trained them."""

import pathlib

import pytest

import kf
from kf.serving import load_model

np = pytest.importorskip("numpy", reason="numpy is not installed")

MODELS = pathlib.Path(__file__).resolve().parent.parent / "golden" / "models"
RANDOM = np.random.RandomState(5)
TABLE = RANDOM.normal(size=(600, 7)).astype("float32").astype(float)
TABLE[:, 6] = RANDOM.randint(0, 12, size=600)
SCORE = TABLE[:, 0] * TABLE[:, 1] + TABLE[:, 2] + (TABLE[:, 6] % 3 == 1)
TABLE[RANDOM.uniform(size=TABLE.shape) < 0.08] = np.nan
CLASS = np.digitize(SCORE, [-1, 1])


def parts(found):
    """As the libraries have it: the expected value last."""
    return np.concatenate([found.values, found.expected[..., None]], axis=-1)


@pytest.mark.parametrize("settings, label", [
    ({"objective": "reg:squarederror", "max_depth": 12}, SCORE),
    ({"objective": "binary:logistic", "max_depth": 5}, SCORE > 0),
    ({"objective": "multi:softprob", "num_class": 3}, CLASS),
    ({"objective": "count:poisson", "booster": "dart", "rate_drop": 0.2}, CLASS),
])
def test_xgboost(settings, label, tmp_path):
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    booster = xgboost.train(settings, xgboost.DMatrix(TABLE, label), 20)
    booster.save_model(tmp_path / "model.ubj")
    expected = booster.predict(xgboost.DMatrix(TABLE), pred_contribs=True)
    found = parts(load_model(tmp_path / "model.ubj").explain(TABLE))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("settings, label", [
    ({"objective": "reg:squarederror", "max_depth": 9}, SCORE),
    ({"objective": "multi:softprob", "num_class": 3}, CLASS),
    ({"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.2}, SCORE > 0),
])
def test_interactions_of_xgboost(settings, label, tmp_path):
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    booster = xgboost.train(settings, xgboost.DMatrix(TABLE, label), 20)
    booster.save_model(tmp_path / "model.ubj")
    model = load_model(tmp_path / "model.ubj")
    expected = booster.predict(xgboost.DMatrix(TABLE[:99]), pred_interactions=True)
    found = model.explain(TABLE[:99], interactions=True)
    np.testing.assert_allclose(found.values, expected[..., :-1, :-1], rtol=0, atol=1e-5)
    np.testing.assert_allclose(found.expected, expected[..., -1, -1], rtol=0, atol=1e-5)
    np.testing.assert_array_equal(model.explain(TABLE[7], interactions=True).values, found.values[7])


@pytest.mark.parametrize("categories", [[], [6]])
@pytest.mark.parametrize("settings, label", [
    ({"objective": "regression", "num_leaves": 127, "min_data_in_leaf": 1}, SCORE),
    ({"objective": "binary"}, SCORE > 0),
    ({"objective": "multiclass", "num_class": 3}, CLASS),
])
def test_lightgbm(settings, label, categories, tmp_path):
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed")
    data = lightgbm.Dataset(TABLE, label, categorical_feature=categories)
    booster = lightgbm.train({**settings, "verbose": -1}, data, 20)
    booster.save_model(tmp_path / "model.txt")
    found = parts(load_model(tmp_path / "model.txt").explain(TABLE))
    expected = booster.predict(TABLE, pred_contrib=True).reshape(found.shape)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_a_forest_of_lightgbm_is_explained_as_it_predicts(tmp_path):
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed")
    settings = {"boosting": "rf", "bagging_fraction": 0.5, "bagging_freq": 1, "verbose": -1}
    booster = lightgbm.train(settings, lightgbm.Dataset(TABLE, SCORE), 20)
    booster.save_model(tmp_path / "model.txt")
    found = load_model(tmp_path / "model.txt").explain(TABLE)
    np.testing.assert_allclose(
        found.values.sum(axis=1) + found.expected, booster.predict(TABLE), rtol=0, atol=1e-12)


def test_without_numpy_in_use_answers_are_lists(tmp_path, monkeypatch):
    import sys

    from kf.serving import convert

    tree = pytest.importorskip("sklearn.tree", reason="scikit-learn is not installed")
    rows = np.nan_to_num(TABLE)
    loaded = load_model(convert(tree.DecisionTreeClassifier(max_depth=3).fit(rows, CLASS),
                                tmp_path / "model.kfm"))
    expected, pairs = loaded.explain(rows[:3]), loaded.explain(rows[:3], interactions=True)
    monkeypatch.delitem(sys.modules, "numpy")
    found = loaded.explain(rows[:3].tolist())
    assert found.values == expected.values.tolist()
    assert found.expected == expected.expected.tolist()
    found = loaded.explain(rows[:3].tolist(), interactions=True)
    assert found.values == pairs.values.tolist()
    assert found.expected == pairs.expected.tolist()


def test_probabilities_and_choices(tmp_path):
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    booster = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(TABLE, SCORE > 0), 5)
    booster.save_model(tmp_path / "model.ubj")
    model, rows, others = load_model(tmp_path / "model.ubj"), TABLE[:3], TABLE[9:12]
    asked = booster.predict(xgboost.DMatrix(rows))
    found = model.explain(rows, background=others, output="probability")
    np.testing.assert_allclose(found.values.sum(axis=1) + found.expected, asked, rtol=0, atol=1e-6)
    found = model.explain(rows, others, "kernel", output="probability", link="logit", selection="bic")
    logits = booster.predict(xgboost.DMatrix(rows), output_margin=True)
    np.testing.assert_allclose(found.values.sum(axis=1) + found.expected, logits, rtol=0, atol=1e-5)
    with pytest.raises(kf.errors.InvalidArgument, match="expected a penalty over 0"):
        model.explain(rows, others, "kernel", selection="lasso")


def test_a_linear_booster(tmp_path):
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    booster = xgboost.train({"booster": "gblinear"}, xgboost.DMatrix(TABLE, SCORE), 5)
    booster.save_model(tmp_path / "model.json")
    expected = booster.predict(xgboost.DMatrix(TABLE), pred_contribs=True)
    found = parts(load_model(tmp_path / "model.json").explain(TABLE))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("file", [
    "xgboost-3.2.0-dart.json", "xgboost-3.2.0-sets.json", "xgboost-3.2.0-vectors.json",
    "lightgbm-4.7.0-multiclass.txt", "lightgbm-4.7.0-forest.txt", "lightgbm-4.7.0-zeros.txt",
])
def test_trees_against_a_background_are_what_all_subsets_say(file):
    model = load_model(MODELS / file)
    rows = np.nan_to_num(TABLE[:10, :5])
    by_trees = model.explain(rows[:3], rows[3:])
    by_subsets = model.explain(rows[:3], rows[3:], "kernel", most_features=5)
    np.testing.assert_allclose(by_trees.values, by_subsets.values, rtol=0, atol=1e-6)
    np.testing.assert_allclose(by_trees.expected, by_subsets.expected, rtol=0, atol=1e-6)
