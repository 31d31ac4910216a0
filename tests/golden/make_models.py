# SPDX-License-Identifier: Apache-2.0
"""Small models of every kind, as the real libraries write them, and what these predict.

Run it by the Python of an environment that has one version of xgboost or lightgbm (and numpy):
    python tests/golden/make_models.py tests/golden/models
It writes <library>-<version>-<case>.<suffix>, and <library>-<version>.json: for each model
its files, the rows that were asked (null: missing) and the numbers that the library answered, one
for each output of each row.
"""

import json
import pathlib
import sys

import numpy as np

FEATURES = 5
ROWS = 14


def rows(seed, count, categories=False, missing=0.1, zeros=0.0):
    random = np.random.RandomState(seed)
    table = random.normal(size=(count, FEATURES)).astype(np.float32)
    table[:, 1] = np.round(table[:, 1] * 2) / 2
    if zeros:
        table[random.uniform(size=table.shape) < zeros] = 0
    if categories:
        table[:, 3] = random.randint(0, 6, size=count)
        table[:, 4] = random.randint(0, 40, size=count)
    table[random.uniform(size=table.shape) < missing] = np.nan
    return table


def target(table, categories=False):
    known = np.nan_to_num(table)
    made = known[:, 0] + known[:, 1] * known[:, 2]
    return made + known[:, 3] % 3 - known[:, 4] % 2 if categories else made


def label(kind, table, categories, seed):
    made = target(table, categories)
    random = np.random.RandomState(seed)
    if kind == "binary":
        return (made > 0.2).astype(float)
    if kind == "classes":
        return np.digitize(made, [-1, 1]).astype(float)
    if kind == "positive":
        return np.exp(made / 3)
    if kind == "count":
        return random.poisson(np.exp(np.clip(made, -2, 2) / 2)).astype(float)
    if kind == "unit":
        return 1 / (1 + np.exp(-made))
    if kind == "many":
        return np.stack([made, -made * made, made + 1], axis=1)
    return made


XGBOOST = {
    # name: (from version, label, parameters, categories)
    "squared": ((0, 90), "", {"objective": "reg:squarederror"}, False),
    "logistic": ((0, 90), "binary", {"objective": "binary:logistic", "base_score": 0.3}, False),
    "logitraw": ((0, 90), "binary", {"objective": "binary:logitraw"}, False),
    "hinge": ((0, 90), "binary", {"objective": "binary:hinge"}, False),
    "poisson": ((0, 90), "count", {"objective": "count:poisson"}, False),
    "softmax": ((0, 90), "classes", {"objective": "multi:softmax", "num_class": 3}, False),
    "softprob": ((0, 90), "classes", {"objective": "multi:softprob", "num_class": 3,
                                      "num_parallel_tree": 2, "subsample": 0.7}, False),
    "dart": ((1, 0), "", {"booster": "dart", "objective": "reg:squarederror",
                          "rate_drop": 0.5}, False),
    "linear": ((0, 90), "classes", {"booster": "gblinear", "objective": "multi:softprob",
                                    "num_class": 3}, False),
    "onehot": ((1, 5), "", {"objective": "reg:squarederror", "tree_method": "hist",
                            "max_cat_to_onehot": 100}, True),
    "sets": ((1, 6), "", {"objective": "reg:squarederror", "tree_method": "hist",
                          "max_cat_to_onehot": 1}, True),
    "targets": ((1, 6), "many", {"objective": "reg:squarederror", "tree_method": "hist"}, False),
    "vectors": ((2, 0), "many", {"objective": "reg:squarederror", "tree_method": "hist",
                                 "multi_strategy": "multi_output_tree"}, False),
}

LIGHTGBM = {
    # name: (label, parameters, categories, kinds of rows)
    "regression": ("", {"objective": "regression"}, False, {}),
    "sqrt": ("positive", {"objective": "regression", "reg_sqrt": True}, False, {}),
    "binary": ("binary", {"objective": "binary", "sigmoid": 1.5}, False, {}),
    "multiclass": ("classes", {"objective": "multiclass", "num_class": 3}, False, {}),
    "ova": ("classes", {"objective": "multiclassova", "num_class": 3}, False, {}),
    "poisson": ("count", {"objective": "poisson"}, False, {}),
    "entropy": ("unit", {"objective": "cross_entropy"}, False, {}),
    "forest": ("binary", {"objective": "binary", "boosting": "rf", "bagging_freq": 1,
                          "bagging_fraction": 0.6}, False, {}),
    "zeros": ("", {"objective": "regression", "zero_as_missing": True}, False, {"zeros": 0.2}),
    "full": ("", {"objective": "regression"}, False, {"missing": 0}),
    "sets": ("", {"objective": "regression", "min_data_per_group": 5, "cat_smooth": 1}, True, {}),
    "linear": ("", {"objective": "regression", "linear_tree": True}, False, {}),
    "constant": ("binary", {"objective": "binary", "min_data_in_leaf": 1000}, False, {}),
}


def numbers(table):
    """JSON's numbers: each reads back as the same one; null for NaN."""
    return [[None if np.isnan(number) else float(number) for number in row] for row in table]


def case(files, asked, answered):
    answers = answered.reshape(len(asked), -1)
    return {"files": files, "rows": numbers(asked), "expected": numbers(answers)}


def names_for(kind):
    return [f"{kind}_{index}" for index in range(FEATURES)]


def make_xgboost(folder):
    import xgboost

    version = tuple(int(part) for part in xgboost.__version__.split(".")[:2])
    cases = []
    for number, (name, (since, kind, given, categories)) in enumerate(XGBOOST.items()):
        if version < since:
            continue
        table, asked = rows(number, 300, categories), rows(1000 + number, ROWS, categories)
        more = {"feature_names": names_for("x")}
        if categories:
            asked[::5, 3] = 7
            asked[1::5, 3] = -1
            more = {"feature_types": ["q", "q", "q", "c", "c"], "enable_categorical": True}
        data = xgboost.DMatrix(table, label=label(kind, table, categories, number), **more)
        parameters = dict({"max_depth": 3, "eta": 0.5, "seed": number, "nthread": 1}, **given)
        model = xgboost.train(parameters, data, 3)
        answered = model.predict(xgboost.DMatrix(asked, **more))
        suffixes = ["json"] if version >= (1, 0) else []
        suffixes += ["ubj"] if version >= (1, 6) else []
        if version < (3, 1) and not categories and name != "vectors":
            suffixes.append("bst")
        files = [f"xgboost-{xgboost.__version__}-{name}.{suffix}" for suffix in suffixes]
        for suffix, file in zip(suffixes, files):
            if suffix == "bst" and version >= (1, 6):
                (folder / file).write_bytes(bytes(model.save_raw(raw_format="deprecated")))
            else:
                model.save_model(str(folder / file))
        cases.append(case(files, asked, answered))
    return f"xgboost-{xgboost.__version__}", cases


def make_lightgbm(folder):
    import lightgbm

    version = tuple(int(part) for part in lightgbm.__version__.split(".")[:2])
    cases = []
    for number, (name, (kind, given, categories, kinds)) in enumerate(LIGHTGBM.items()):
        if name == "linear" and version < (3, 2):
            continue
        table = rows(number, 300, categories, **kinds).astype(float)
        asked = rows(1000 + number, ROWS, categories, zeros=0.1).astype(float)
        if categories:
            asked[::5, 3] = 7
            asked[1::5, 3] = -1
            asked[2::5, 3] = -0.5
        data = lightgbm.Dataset(
            table, label=label(kind, table, categories, number), feature_name=names_for("x"),
            categorical_feature=[3, 4] if categories else "auto")
        parameters = dict(
            {"num_leaves": 7, "min_data_in_leaf": 5, "learning_rate": 0.4, "seed": number,
             "num_threads": 1, "verbosity": -1}, **given)
        model = lightgbm.train(parameters, data, 3)
        file = f"lightgbm-{lightgbm.__version__}-{name}.txt"
        model.save_model(str(folder / file))
        cases.append(case([file], asked, model.predict(asked)))
    return f"lightgbm-{lightgbm.__version__}", cases


def main():
    folder = pathlib.Path(sys.argv[1])
    for make in (make_xgboost, make_lightgbm):
        try:
            name, cases = make(folder)
        except ImportError:
            continue
        lines = ",\n".join(json.dumps(one) for one in cases)
        (folder / f"{name}.json").write_text(f"[\n{lines}\n]\n")
        print(name, len(cases))


if __name__ == "__main__":
    main()
