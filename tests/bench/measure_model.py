# SPDX-License-Identifier: Apache-2.0
"""Trains a model of XGBoost's and measures how fast XGBoost answers with it, on one core.

    measure_model.py FOLDER

leaves model.json, model.ubj and rows (1,000 of 28 floats) in the folder.
"""

import json
import os
import sys
import timeit

import numpy
import xgboost

ROWS = 1000


def microseconds(call, number):
    return min(timeit.repeat(call, number=number, repeat=7)) / number * 1e6


def main():
    folder = sys.argv[1]
    random = numpy.random.RandomState(0)
    table = random.normal(size=(20000, 28)).astype("float32")
    table[random.uniform(size=table.shape) < 0.05] = numpy.nan
    known = numpy.nan_to_num(table)
    made = known[:, 0] * known[:, 1] + numpy.sin(known[:, 2] * 2) + known[:, 3] ** 2
    label = made - known[:, 4] * known[:, 5] + random.normal(size=len(known)) * 0.7 > 0.5
    parameters = {"objective": "binary:logistic", "max_depth": 6, "eta": 0.1, "nthread": 1}
    booster = xgboost.train(parameters, xgboost.DMatrix(table, label=label), 100)
    booster.set_param({"nthread": 1})
    for suffix in ("json", "ubj"):
        booster.save_model(os.path.join(folder, f"model.{suffix}"))
    rows = table[:ROWS].copy()
    rows.tofile(os.path.join(folder, "rows"))

    def predict(some):
        return booster.predict(xgboost.DMatrix(some, nthread=1))

    print(json.dumps({
        "version": xgboost.__version__,
        "one_us": microseconds(lambda: predict(rows[:1]), 200),
        "one_inplace_us": microseconds(lambda: booster.inplace_predict(rows[:1]), 200),
        "many_us": microseconds(lambda: predict(rows), 10) / ROWS,
        "many_inplace_us": microseconds(lambda: booster.inplace_predict(rows), 10) / ROWS,
    }))


if __name__ == "__main__":
    main()
