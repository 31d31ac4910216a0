# SPDX-License-Identifier: Apache-2.0
"""What the package shap says of probabilities, and by KernelSHAP with its options.

    python tests/golden/make_explanations.py tests/golden/models

with xgboost 3.2.0 and shap 0.51.0, of the models that make_models.py wrote. explanations.json has for
each case the file, the rows, the background, the options of kf_explain_options, and phi with the
expected value last, row by row and margin by margin.
"""

import json
import pathlib
import sys

import numpy as np
import shap
import xgboost

RANDOM = np.random.RandomState(4)
ROWS = RANDOM.normal(size=(2, 5)).astype(np.float32).astype(float)
BACKGROUND = RANDOM.normal(size=(4, 5)).astype(np.float32).astype(float)
KERNEL = [
    # (file, what is explained, link, l1_reg, options)
    ("logistic", "probability", "identity", 0, {}),
    ("logistic", "probability", "logit", 0, {"link": "logit"}),
    ("softprob", "probability", "identity", 0, {}),
    ("softprob", "probability", "logit", "num_features(2)", {"link": "logit", "most_features": 2}),
    ("squared", "margin", "identity", "aic", {"selection": "aic"}),
    ("squared", "margin", "identity", "bic", {"selection": "bic"}),
    ("softprob", "margin", "identity", "bic", {"selection": "bic"}),
    ("squared", "margin", "identity", 0.0002, {"selection": "lasso", "alpha": 0.0002}),
    ("squared", "margin", "identity", 0.002, {"selection": "lasso", "alpha": 0.002}),
    ("squared", "margin", "identity", 10.0, {"selection": "lasso", "alpha": 10.0}),
]


def booster_of(folder, name):
    return xgboost.Booster(model_file=folder / f"xgboost-3.2.0-{name}.json")


def case(name, options, phi, expected):
    phi = np.moveaxis(np.reshape(phi, (len(ROWS), 5, -1)), 2, 1)
    expected = np.broadcast_to(np.ravel(expected), phi.shape[:2])
    answers = np.concatenate([phi, expected[..., None]], axis=-1)
    return {"file": f"xgboost-3.2.0-{name}.json", "rows": ROWS.tolist(),
            "background": BACKGROUND.tolist(), "options": options,
            "phi": answers.reshape(-1, 6).astype(float).tolist()}


def of_trees(folder):
    explainer = shap.TreeExplainer(booster_of(folder, "logistic"), BACKGROUND,
                                   feature_perturbation="interventional", model_output="probability")
    return case("logistic", {"output": "probability"}, explainer.shap_values(ROWS),
                explainer.expected_value)


def of_kernel(folder, name, output, link, l1_reg, options):
    booster = booster_of(folder, name)

    def ask(rows):
        return booster.predict(xgboost.DMatrix(rows), output_margin=output == "margin",
                               validate_features=False)

    explainer = shap.KernelExplainer(ask, BACKGROUND, link=link)
    phi = explainer.shap_values(ROWS, l1_reg=l1_reg, silent=True)
    return case(name, {"method": "kernel", "output": output, **options}, phi, explainer.expected_value)


def main(folder):
    cases = [of_trees(folder), *(of_kernel(folder, *settings) for settings in KERNEL)]
    (folder / "explanations.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
