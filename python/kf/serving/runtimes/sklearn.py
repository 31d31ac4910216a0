# SPDX-License-Identifier: Apache-2.0
"""Models of scikit-learn: .joblib, .pkl, .pickle.

PREDICT_PROBA=true answers with probabilities instead of classes, of models that have them.
"""

import os
import pickle

from kf.serving._base import Model
from kf.serving._errors import InferenceError, LoadError
from kf.serving._payload import get_predict_input, get_predict_response
from kf.serving.runtimes import needs, one_file


class Runtime(Model):
    def __init__(self, name, path):
        super().__init__(name)
        self._path = path
        self._model = None

    def load(self):
        file = one_file(self._path, (".joblib", ".pkl", ".pickle"))
        needs("sklearn", "scikit-learn")
        try:
            self._model = needs("joblib").load(file)
        except (pickle.UnpicklingError, EOFError, KeyError, IndexError) as error:
            raise LoadError(
                f"{file} is no pickled model, or a damaged one: {type(error).__name__}: {error}"
            ) from None
        self.ready = True
        return self.ready

    def predict(self, payload, headers=None):
        rows = get_predict_input(payload)
        wants_probabilities = os.environ.get("PREDICT_PROBA", "false").lower() == "true"
        try:
            if wants_probabilities and hasattr(self._model, "predict_proba"):
                result = self._model.predict_proba(rows)
            else:
                result = self._model.predict(rows)
        except Exception as error:
            raise InferenceError(str(error)) from error
        return get_predict_response(payload, result, self.name)
