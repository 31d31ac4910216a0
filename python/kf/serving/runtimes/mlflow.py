# SPDX-License-Identifier: Apache-2.0
"""Models of MLflow, by their python_function flavour."""

from kf.serving._base import Model
from kf.serving._errors import InferenceError
from kf.serving._payload import get_predict_input, get_predict_response
from kf.serving.runtimes import needs


class Runtime(Model):
    def __init__(self, name, path):
        super().__init__(name)
        self._path = path
        self._model = None

    def load(self):
        self._model = needs("mlflow.pyfunc", "mlflow").load_model(self._path)
        self.ready = True
        return self.ready

    def predict(self, payload, headers=None):
        rows = get_predict_input(payload)
        try:
            result = self._model.predict(rows)
        except Exception as error:
            raise InferenceError(str(error)) from error
        return get_predict_response(payload, result, self.name)
