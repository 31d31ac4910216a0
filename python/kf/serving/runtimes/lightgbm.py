# SPDX-License-Identifier: Apache-2.0
"""Models of LightGBM that libkf does not read itself: .bst, .txt."""

import os

from kf.serving._base import Model
from kf.serving._errors import InferenceError
from kf.serving._payload import get_predict_input, get_predict_response
from kf.serving.runtimes import needs, one_file


class Runtime(Model):
    def __init__(self, name, path):
        super().__init__(name)
        self._path = path
        self._booster = None

    def load(self):
        file = one_file(self._path, (".bst", ".txt"))
        threads = int(os.environ.get("NTHREADS", os.environ.get("nthread", "1")))
        self._booster = needs("lightgbm").Booster(
            params={"num_threads": threads}, model_file=file
        )
        self.ready = True
        return self.ready

    def predict(self, payload, headers=None):
        rows = get_predict_input(payload, columns=self._booster.feature_name())
        try:
            result = self._booster.predict(rows)
        except Exception as error:
            raise InferenceError(str(error)) from error
        return get_predict_response(payload, result, self.name)
