# SPDX-License-Identifier: Apache-2.0
"""Estimators of scikit-learn as files of numbers: the same answers, and explanations that sum up."""

import itertools
import json
import math
import urllib.request

import pytest

from kf.errors import Error
from kf.serving import convert, load_model

np = pytest.importorskip("numpy", reason="numpy is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from sklearn import decomposition, ensemble, linear_model, pipeline, preprocessing, svm, tree  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402

RANDOM = np.random.RandomState(11)
FEATURES = 6


def table(count, holes=0.0):
    rows = RANDOM.normal(size=(count, FEATURES))
    rows[:, 4] = RANDOM.randint(0, 5, size=count)
    rows[:, 5] = RANDOM.randint(-2, 3, size=count)
    rows[RANDOM.uniform(size=rows.shape) < holes] = np.nan
    return rows


TRAINED = table(400)
ASKED = table(3000) * 1.25
ASKED[:, 4:] = table(3000)[:, 4:]
HOLES, GAPS = table(400, 0.1), table(3000, 0.1)
SCORE = TRAINED[:, 0] * TRAINED[:, 1] + np.sin(3 * TRAINED[:, 2]) + (TRAINED[:, 4] == 2)
TARGETS = {
    "score": SCORE,
    "several": np.c_[SCORE, SCORE ** 2, -SCORE],
    "two": (SCORE > 0) + 3,
    "classes": np.digitize(SCORE, [-1, 0.5, 1.5]),
    "texts": np.array(["ash", "beech", "cedar", "yew"])[np.digitize(SCORE, [-1, 0.5, 1.5])],
    "truths": SCORE > 0,
    "floats": np.digitize(SCORE, [-1, 1]) * 2.0,
}
REGRESSORS = [
    linear_model.LinearRegression(), linear_model.Ridge(), tree.DecisionTreeRegressor(),
    tree.ExtraTreeRegressor(), ensemble.RandomForestRegressor(12), ensemble.ExtraTreesRegressor(12),
]
CLASSIFIERS = [
    linear_model.LogisticRegression(max_iter=300), linear_model.SGDClassifier(),
    linear_model.SGDClassifier(loss="log_loss"), linear_model.SGDClassifier(loss="modified_huber"),
    linear_model.Perceptron(), linear_model.RidgeClassifier(), svm.LinearSVC(),
    tree.DecisionTreeClassifier(max_depth=6), ensemble.RandomForestClassifier(12),
    ensemble.ExtraTreesClassifier(12, max_depth=5), ensemble.GradientBoostingClassifier(n_estimators=8),
    ensemble.HistGradientBoostingClassifier(max_iter=8),
]
STEPS = [
    preprocessing.StandardScaler(), preprocessing.MinMaxScaler(clip=True), preprocessing.MaxAbsScaler(),
    preprocessing.RobustScaler(), preprocessing.PolynomialFeatures(3),
    preprocessing.PolynomialFeatures((2, 3), interaction_only=True, include_bias=False),
    preprocessing.Normalizer("max"),
    ColumnTransformer([("c", preprocessing.OneHotEncoder(handle_unknown="ignore"), [4, 5]),
                       ("n", preprocessing.StandardScaler(), [2, 0])], remainder="passthrough"),
]


def name_of(value):
    return type(value).__name__ if hasattr(value, "get_params") else str(value)


def opened(model, tmp_path, **options):
    return load_model(convert(model, tmp_path / "model.kfm"), **options)


def is_tree(model):
    return "Tree" in name_of(model) or "Forest" in name_of(model)


@pytest.mark.parametrize("target", ["score", "several"])
@pytest.mark.parametrize("model", REGRESSORS, ids=name_of)
def test_regressors(model, target, tmp_path):
    model.fit(TRAINED, TARGETS[target])
    found = opened(model, tmp_path).predict(ASKED)
    expected = model.predict(ASKED)
    assert found.shape == expected.shape
    if is_tree(model):
        assert (found == expected).all()
    else:
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("target", ["two", "classes", "texts", "truths", "floats"])
@pytest.mark.parametrize("model", CLASSIFIERS, ids=name_of)
def test_classifiers(model, target, tmp_path):
    model.fit(TRAINED, TARGETS[target])
    found = opened(model, tmp_path).predict(ASKED)
    assert (found == model.predict(ASKED)).all()
    assert found.dtype.kind == TARGETS[target].dtype.kind
    if hasattr(model, "predict_proba"):
        chances = opened(model, tmp_path, method="predict_proba").predict(ASKED)
        expected = model.predict_proba(ASKED)
        assert chances.shape == expected.shape
        np.testing.assert_allclose(chances, expected, rtol=1e-12, atol=0 if is_tree(model) else 1e-14)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile"])
def test_gradient_boosting(loss, tmp_path):
    for init in (None, "zero"):
        model = ensemble.GradientBoostingRegressor(loss=loss, init=init, n_estimators=15)
        model.fit(TRAINED, SCORE)
        assert (opened(model, tmp_path).predict(ASKED) == model.predict(ASKED)).all()


def test_histogram_boosting_of_categories(tmp_path):
    model = ensemble.HistGradientBoostingRegressor(max_iter=20, categorical_features=[5, 4])
    model.fit(HOLES, np.nan_to_num(HOLES[:, 0]) + (HOLES[:, 4] == 2))
    asked = GAPS.copy()
    asked[::5, 4], asked[::7, 5] = 77, -9.5
    assert (opened(model, tmp_path).predict(asked) == model.predict(asked)).all()


def test_isolation_forest(tmp_path):
    model = ensemble.IsolationForest(n_estimators=20, max_features=0.5).fit(TRAINED)
    assert (opened(model, tmp_path).predict(ASKED) == model.predict(ASKED)).all()


@pytest.mark.parametrize("step", STEPS, ids=name_of)
def test_steps(step, tmp_path):
    model = pipeline.make_pipeline(step, tree.DecisionTreeRegressor(random_state=0)).fit(TRAINED, SCORE)
    assert (opened(model, tmp_path).predict(ASKED) == model.predict(ASKED)).all()


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_missing_values(strategy, tmp_path):
    imputer = SimpleImputer(strategy=strategy, add_indicator=True)
    model = pipeline.make_pipeline(imputer, tree.DecisionTreeRegressor()).fit(HOLES, SCORE)
    assert (opened(model, tmp_path).predict(GAPS) == model.predict(GAPS)).all()


def test_projection(tmp_path):
    model = pipeline.make_pipeline(decomposition.PCA(3, whiten=True), linear_model.Ridge())
    model.fit(TRAINED, SCORE)
    np.testing.assert_allclose(opened(model, tmp_path).predict(ASKED), model.predict(ASKED), atol=1e-12)


def test_one_row_and_lists(tmp_path):
    model = linear_model.LogisticRegression(max_iter=300).fit(TRAINED, TARGETS["texts"])
    loaded = opened(model, tmp_path)
    assert loaded.predict(ASKED[0].tolist()) == model.predict(ASKED[:1])[0]
    assert loaded.class_names == ["ash", "beech", "cedar", "yew"]


def test_what_cannot_be_converted(tmp_path):
    def refused(model, message):
        with pytest.raises(TypeError, match=message):
            convert(model, tmp_path / "model.kfm")
        assert not (tmp_path / "model.kfm").exists()

    refused(svm.SVC().fit(TRAINED, TARGETS["two"]), "SVC cannot be converted.*LinearRegression")
    refused(linear_model.Ridge(), "not fitted")
    function = preprocessing.FunctionTransformer(np.abs)
    refused(pipeline.make_pipeline(function, linear_model.Ridge()).fit(TRAINED, SCORE), "it is Python")
    with pytest.raises(TypeError, match="gives no probabilities"):
        convert(svm.LinearSVC().fit(TRAINED, TARGETS["two"]), tmp_path / "m.kfm", "predict_proba")


def test_rows_that_a_model_does_not_take(tmp_path):
    loaded = opened(linear_model.Ridge().fit(TRAINED, SCORE), tmp_path)
    with pytest.raises(Error, match="row 1 has a missing value"):
        loaded.predict([[0.0] * FEATURES, [math.nan] * FEATURES])


# ---- explanations ----

def shapley(function, row, background):
    """By the definition."""
    count = len(row)
    values = {}
    for chosen in itertools.product((False, True), repeat=count):
        values[chosen] = np.mean(function(np.where(chosen, row, background)), axis=0)
    effects = []
    for feature in range(count):
        effect = 0
        for chosen, value in values.items():
            if not chosen[feature]:
                more = values[(*chosen[:feature], True, *chosen[feature + 1:])]
                size = sum(chosen)
                weight = math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
                effect = effect + weight * (more - value)
        effects.append(effect)
    return np.array(effects)


@pytest.mark.parametrize("model", [
    tree.DecisionTreeRegressor(), ensemble.RandomForestRegressor(5),
    ensemble.HistGradientBoostingRegressor(max_iter=10), linear_model.Ridge(),
    pipeline.make_pipeline(decomposition.PCA(3), linear_model.Ridge()),
], ids=name_of)
def test_explanations_against_a_background(model, tmp_path):
    model.fit(TRAINED, SCORE)
    loaded = opened(model, tmp_path)
    background = TRAINED[:7]
    for method in (None, "kernel"):
        found = loaded.explain(ASKED[:3], background, method)
        expected = [shapley(model.predict, row, background) for row in ASKED[:3]]
        np.testing.assert_allclose(found.values, expected, atol=1e-12)
        np.testing.assert_allclose(found.expected, np.mean(model.predict(background)), atol=1e-12)


@pytest.mark.parametrize("model", [
    tree.DecisionTreeClassifier(), ensemble.ExtraTreesClassifier(6, max_depth=7)], ids=name_of)
def test_effects_sum_up_to_the_margins(model, tmp_path):
    model.fit(TRAINED, TARGETS["classes"])
    loaded = opened(model, tmp_path)
    values, expected = loaded.explain(ASKED[:50])
    assert values.shape == (50, 4, FEATURES) and expected.shape == (50, 4)
    np.testing.assert_allclose(values.sum(axis=2) + expected, model.predict_proba(ASKED[:50]), atol=1e-12)
    one = loaded.explain(ASKED[0])
    assert (one.values == values[0]).all() and (one.expected == expected[0]).all()


def test_explanations_of_shap(tmp_path):
    shap = pytest.importorskip("shap", reason="shap is not installed: its values are not compared")
    model = ensemble.RandomForestRegressor(10).fit(TRAINED, SCORE)
    found = opened(model, tmp_path).explain(ASKED[:30])
    explainer = shap.TreeExplainer(model)
    np.testing.assert_allclose(found.values, explainer.shap_values(ASKED[:30]), atol=1e-12)
    np.testing.assert_allclose(found.expected, np.ravel(explainer.expected_value)[0], atol=1e-12)


def test_explanations_need_a_background(tmp_path):
    loaded = opened(linear_model.Ridge().fit(TRAINED, SCORE), tmp_path)
    with pytest.raises(Error, match="expected rows to compare with"):
        loaded.explain(ASKED[:1])


# ---- served ----

def served(path, env):
    model = {"modelFormat": {"name": "sklearn"}, "storageUri": str(path), "env": env}
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "trees"},
        "spec": {"predictor": {"model": model}},
    }


@pytest.mark.parametrize("answers", ["predict", "predict_proba"])
def test_a_service_of_numbers(answers, tmp_path):
    from kf.serving import Server

    model = ensemble.RandomForestClassifier(5, random_state=0).fit(TRAINED, TARGETS["texts"])
    convert(model, tmp_path / "model.kfm")
    env = [{"name": "PREDICT_PROBA", "value": "true"}] if answers == "predict_proba" else []
    with Server(home=str(tmp_path / "home")) as server:
        server.apply(served(tmp_path / "model.kfm", env)).wait("trees", timeout=30)
        asked = {"instances": ASKED[:4].tolist()}
        found = server.predict("trees", asked)
        assert found["predictions"] == getattr(model, answers)(ASKED[:4]).tolist()
        url = f"{server.url}/serving/default/trees/v1/models/trees:explain"
        with urllib.request.urlopen(url, json.dumps(asked).encode()) as reply:
            rows = json.load(reply)["explanations"]
    values, expected = load_model(tmp_path / "model.kfm").explain(ASKED[:4])
    assert [row["shap_values"] for row in rows] == values.tolist()
    assert [row["expected_value"] for row in rows] == expected.tolist()
