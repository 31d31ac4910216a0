# SPDX-License-Identifier: Apache-2.0
"""Small estimators of scikit-learn as files of numbers, what they predict, and what the package
shap says of their margins.

    PYTHONPATH=build/python python tests/golden/make_numbers.py tests/golden/models

with scikit-learn and shap. It writes numbers-<case>.kfm, numbers.json as make_models.py does, and
numbers-shap.json: for each model the rows, the background (null: path-dependent) and phi with the
expected value last, row by row and margin by margin.
"""

import json
import pathlib
import sys

import numpy as np
import shap
from sklearn import ensemble, linear_model, preprocessing, tree
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from kf.serving._convert import converted

RANDOM = np.random.RandomState(3)
TABLE = RANDOM.normal(size=(200, 4)).round(3)
TABLE[:, 3] = RANDOM.randint(0, 4, size=200)
HOLES = np.where(RANDOM.uniform(size=TABLE.shape) < 0.1, np.nan, TABLE)
SCORE = TABLE[:, 0] * TABLE[:, 1] + TABLE[:, 2] + (TABLE[:, 3] == 1)
CLASS = np.digitize(SCORE, [-1, 1]) + 5
ASKED = RANDOM.normal(size=(9, 4)).round(3)
ASKED[:, 3] = RANDOM.randint(0, 4, size=9)
GAPS = np.where(RANDOM.uniform(size=ASKED.shape) < 0.2, np.nan, ASKED)
MIXED = make_pipeline(
    ColumnTransformer([("n", make_pipeline(SimpleImputer(), preprocessing.StandardScaler()), [0, 1]),
                       ("c", preprocessing.OneHotEncoder(handle_unknown="ignore"), [3]),
                       ("p", "passthrough", [2])]),
    ensemble.ExtraTreesRegressor(5, max_depth=4, random_state=0))
CASES = {
    # name: (estimator, rows, target, asked, method)
    "linear": (linear_model.LinearRegression(), TABLE, SCORE, ASKED, "predict"),
    "several": (linear_model.Ridge(), TABLE, np.c_[SCORE, SCORE ** 2], ASKED, "predict"),
    "poisson": (linear_model.PoissonRegressor(), TABLE, np.abs(SCORE), ASKED, "predict"),
    "logistic": (make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()),
                 TABLE, SCORE > 0, ASKED, "predict_proba"),
    "softmax": (linear_model.LogisticRegression(max_iter=500), TABLE, CLASS, ASKED, "predict_proba"),
    "labels": (linear_model.LogisticRegression(max_iter=500), TABLE, CLASS, ASKED, "predict"),
    "tree": (tree.DecisionTreeRegressor(max_depth=5), TABLE, SCORE, ASKED, "predict"),
    "forest": (ensemble.RandomForestClassifier(7, max_depth=4, random_state=0), HOLES, CLASS, GAPS,
               "predict_proba"),
    "boosting": (ensemble.GradientBoostingRegressor(n_estimators=10), TABLE, SCORE, ASKED, "predict"),
    "boosting-classes": (ensemble.GradientBoostingClassifier(n_estimators=5), TABLE, CLASS, ASKED,
                         "predict_proba"),
    "histogram": (ensemble.HistGradientBoostingRegressor(max_iter=10, categorical_features=[3]), HOLES,
                  SCORE, GAPS, "predict"),
    "isolation": (ensemble.IsolationForest(n_estimators=10, random_state=0), TABLE, None, ASKED,
                  "predict"),
    "mixed": (MIXED, HOLES[~np.isnan(HOLES[:, 2])], SCORE[~np.isnan(HOLES[:, 2])], ASKED, "predict"),
    "projected": (make_pipeline(preprocessing.PolynomialFeatures(2), PCA(4), linear_model.Ridge()),
                  TABLE, SCORE, ASKED, "predict"),
}
EXPLAINED = {"tree": True, "forest": True, "boosting": True,
             "linear": False}


def plain(array):
    return [[None if number != number else float(number) for number in row] for row in array]


def explained(model, name, background):
    if name == "linear":
        explainer = shap.LinearExplainer(model, background)
    elif background is None:
        explainer = shap.TreeExplainer(model)
    else:
        explainer = shap.TreeExplainer(model, background, feature_perturbation="interventional")
    rows = CASES[name][3]
    phi = np.asarray(explainer.shap_values(rows)).reshape(len(rows), 4, -1)
    expected = np.ravel(explainer.expected_value)
    answers = [np.r_[phi[i, :, j], expected[j]] for i in range(len(rows)) for j in range(len(expected))]
    return {"file": f"numbers-{name}.kfm", "rows": plain(rows),
            "background": None if background is None else plain(background), "phi": plain(answers)}


def main(folder):
    predictions, explanations = [], []
    for name, (model, table, target, asked, method) in CASES.items():
        model.fit(table, target)
        (folder / f"numbers-{name}.kfm").write_bytes(converted(model, method))
        answer = getattr(model, method)(asked)
        predictions.append({"files": [f"numbers-{name}.kfm"], "rows": plain(asked),
                            "expected": plain(np.reshape(answer, (len(asked), -1)))})
        if EXPLAINED.get(name):
            explanations.append(explained(model, name, None))
        if name in EXPLAINED:
            background = (HOLES if name == "forest" else TABLE)[:6]
            explanations.append(explained(model, name, background))
    (folder / "numbers.json").write_text(json.dumps(predictions) + "\n")
    (folder / "numbers-shap.json").write_text(json.dumps(explanations) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
