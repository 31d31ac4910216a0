# SPDX-License-Identifier: Apache-2.0
"""Trains a model of XGBoost's and measures how fast XGBoost explains with it, on one core.

    measure_explain.py FOLDER TREES DEPTH COUNT

leaves model.ubj and rows (COUNT of 20 floats) in the folder.
"""

import json
import os
import sys
import timeit

import numpy
import xgboost


def main():
    folder, (trees, depth, count) = sys.argv[1], map(int, sys.argv[2:])
    random = numpy.random.RandomState(1)
    table = random.normal(size=(20000, 20)).astype("float32")
    label = table[:, 0] * table[:, 1] + numpy.sin(table[:, 2] * 2) + table[:, 3] ** 2
    label += random.normal(size=len(label)) * 0.3
    parameters = {"max_depth": depth, "eta": 0.1, "tree_method": "hist", "nthread": 1}
    booster = xgboost.train(parameters, xgboost.DMatrix(table, label=label), trees)
    booster.set_param({"nthread": 1})
    booster.save_model(os.path.join(folder, "model.ubj"))
    rows = table[:count].copy()
    rows.tofile(os.path.join(folder, "rows"))

    def microseconds(some, number, repeat=5, **asked):
        matrix = xgboost.DMatrix(some, nthread=1)

        def explain():
            booster.predict(matrix, **asked)

        return min(timeit.repeat(explain, number=number, repeat=repeat)) / number / len(some) * 1e6

    print(json.dumps({"version": xgboost.__version__,
                      "one_us": microseconds(rows[:1], 3, pred_contribs=True),
                      "many_us": microseconds(rows, 1, pred_contribs=True),
                      "pairs_us": microseconds(rows[:10], 1, 2, pred_interactions=True)}))


if __name__ == "__main__":
    main()
