# SPDX-License-Identifier: Apache-2.0
"""What XGBoost and the package shap say of pairs of features.

    PYTHONPATH=build/python python tests/golden/make_interactions.py tests/golden/models

with xgboost 3.2.0, scikit-learn and shap. XGBoost is asked about the models that make_models.py
wrote; of scikit-learn interactions-<case>.kfm are written. interactions.json has for each model the
rows (null: missing), the matrices one after the other, row by row and margin by margin, and by how
much numbers may differ: XGBoost adds floats.
"""

import json
import pathlib
import sys

import numpy as np
import shap
import xgboost
from sklearn import ensemble, tree

from kf.serving._convert import converted

RANDOM = np.random.RandomState(8)
TABLE = RANDOM.normal(size=(150, 4)).round(3)
TABLE[:, 3] = RANDOM.randint(0, 4, size=150)
SCORE = TABLE[:, 0] * TABLE[:, 1] + TABLE[:, 2] * (TABLE[:, 3] == 1)
CLASS = np.digitize(SCORE, [-1, 1])
ESTIMATORS = {
    "tree": (tree.DecisionTreeRegressor(max_depth=6, random_state=0), SCORE),
    "forest": (ensemble.RandomForestClassifier(4, max_depth=4, random_state=0), CLASS),
    "isolation": (ensemble.IsolationForest(n_estimators=4, max_samples=32, random_state=0), None),
    "histogram": (ensemble.HistGradientBoostingClassifier(max_iter=4, max_depth=4), CLASS),
}


def plain(array):
    return [[None if number != number else float(number) for number in row] for row in array]


def of_xgboost(folder):
    cases = json.loads((folder / "xgboost-3.2.0.json").read_text())
    for case in cases:
        file = case["files"][0]
        if not any(name in file for name in ("squared", "logistic", "softprob", "dart")):
            continue
        rows = np.array(case["rows"][:3], dtype=float)
        booster = xgboost.Booster(model_file=folder / file)
        found = booster.predict(
            xgboost.DMatrix(rows), pred_interactions=True, validate_features=False)
        yield {"file": file, "rows": plain(rows), "step": 3e-6,
               "interactions": plain(found.reshape(-1, found.shape[-1]))}


def of_estimators(folder):
    for name, (estimator, target) in ESTIMATORS.items():
        estimator.fit(TABLE, target)
        (folder / f"interactions-{name}.kfm").write_bytes(converted(estimator, "predict"))
        explainer = shap.TreeExplainer(estimator)
        rows = TABLE[:3] + 0.01
        found = explainer.shap_interaction_values(rows).reshape(3, 4, 4, -1)
        expected = np.ravel(explainer.expected_value)
        matrices = np.zeros((3, len(expected), 5, 5))
        matrices[:, :, :4, :4] = np.moveaxis(found, -1, 1)
        matrices[:, :, 4, 4] = expected
        yield {"file": f"interactions-{name}.kfm", "rows": plain(rows), "step": 1e-14,
               "interactions": plain(matrices.reshape(-1, 5))}


def main(folder):
    cases = [*of_xgboost(folder), *of_estimators(folder)]
    (folder / "interactions.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
