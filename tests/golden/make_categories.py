# SPDX-License-Identifier: Apache-2.0
"""Models that were trained with a DataFrame of categories, and what they say of others.

    python tests/golden/make_categories.py tests/golden/models

with lightgbm 4.7.0, xgboost 3.2.0 and pandas. It writes categories-<library>.<suffix>, and
categories.json: for each file the rows, a JSON object for each feature's value, and what the library
answered to them as a DataFrame. Of XGBoost 3.2 rows have no category that is new, for which it takes
the next one in the order of the alphabet, and all are ASCII: it cuts others off.
"""

import json
import pathlib
import sys

import lightgbm
import numpy as np
import pandas as pd
import xgboost

RANDOM = np.random.RandomState(6)
COLORS = ["red", "green", "blue", "white", "a, \"b\""]
SIZES = [10, 20, 40]


def frame(count, extra=(), white="white"):
    colors = RANDOM.choice([*COLORS, *extra], size=count).astype(object)
    colors[colors == "white"] = white
    colors[RANDOM.uniform(size=count) < 0.1] = None
    made = pd.DataFrame({
        "weight": RANDOM.normal(size=count).round(3),
        "color": pd.Categorical(colors),
        "size": pd.Categorical(RANDOM.choice(SIZES, size=count), categories=SIZES),
        "again": pd.Categorical(RANDOM.choice(["red", "x"], size=count)),
    })
    return made


def target(table):
    color = table["color"].map({name: index for index, name in enumerate([*COLORS, "wei\u00df"])}).astype(float)
    return table["weight"] + 3 * color.fillna(7) % 5 + (table["size"] == 20) * (table["again"] == "x") * 2


def plain(table):
    codes = {name: code for code, name in enumerate(SIZES)}
    return [{"weight": row.weight, "color": None if pd.isna(row.color) else row.color,
             "size": codes[row.size], "again": row.again} for row in table.itertuples()]


def main(folder):
    table, cases = frame(300, white="wei\u00df"), []
    settings = {"objective": "regression", "verbose": -1, "min_data_in_leaf": 3, "num_leaves": 7,
                "min_data_per_group": 1, "cat_smooth": 1, "max_cat_to_onehot": 2}
    booster = lightgbm.train(settings, lightgbm.Dataset(table, target(table)), 6)
    booster.save_model(folder / "categories-lightgbm.txt")
    asked = frame(12, ["violet"], "wei\u00df")
    cases.append({"files": ["categories-lightgbm.txt"], "rows": plain(asked),
                  "expected": booster.predict(asked).tolist()})
    table = frame(300)
    for suffix in ("json", "ubj"):
        data = xgboost.DMatrix(table, target(table), enable_categorical=True)
        booster = xgboost.train({"max_depth": 3, "max_cat_to_onehot": 2}, data, 6)
        booster.save_model(folder / f"categories-xgboost.{suffix}")
    asked = frame(12)
    answer = booster.predict(xgboost.DMatrix(asked, enable_categorical=True))
    cases.append({"files": ["categories-xgboost.json", "categories-xgboost.ubj"], "rows": plain(asked),
                  "expected": answer.astype(float).tolist()})
    (folder / "categories.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
