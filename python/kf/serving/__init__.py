# SPDX-License-Identifier: Apache-2.0
"""Serving models.

A model in Python is a class with KServe's names:

    from kf.serving import Model, ModelServer

    class Doubler(Model):
        def load(self):
            self.ready = True
            return self.ready

        def predict(self, payload, headers=None):
            return {"predictions": [2 * x for x in payload["instances"]]}

    if __name__ == "__main__":
        model = Doubler("doubler")
        model.load()
        ModelServer().start([model])

A file of XGBoost or LightGBM is a model as it is, and needs neither of them:

    from kf.serving import load_model

    load_model("model.ubj").predict([[5.1, 3.5, 1.4, 0.2]])
    load_model("model.ubj").explain([[5.1, 3.5, 1.4, 0.2]])

and scikit-learn's estimators once they are converted:

    from kf.serving import convert

    convert(classifier, "model.kfm")

The server above answers V1 and V2 at port 8080 when it is started by hand. `kf serve` runs the same file in warm
processes of its own. `import kf.as_kserve` answers `import kserve` with this package.

KServe's documents are declared, read, checked and written:

    service = serving.InferenceService("iris", serving.Predictor("sklearn", "s3://models/iris"))
    service.check(), service.to_yaml(), service.select_runtime()
    documents = serving.load("services.yaml")
"""

_PLACES = {
    "_base": (
        "BaseKServeModel",
        "InferenceModel",
        "InferenceVerb",
        "Model",
        "PredictorConfig",
        "PredictorProtocol",
    ),
    "_client": ("InferenceRESTClient", "RESTConfig"),
    "_convert": ("convert",),
    "_documents": (
        "Component",
        "Document",
        "Documents",
        "InferenceGraph",
        "InferenceService",
        "Runtime",
        "ServingRuntime",
        "check",
        "load",
        "select_runtime",
    ),
    "_errors": (
        "InferenceError",
        "InvalidInput",
        "ModelMissingError",
        "ModelNotFound",
        "ModelNotReady",
        "NoModelReady",
        "PredictorError",
        "ServerNotLive",
        "ServerNotReady",
        "UnsupportedProtocol",
    ),
    "_local": ("Server", "cached_models", "clear_models", "services"),
    "_model": ("Explanation", "LoadedModel", "load_model"),
    "_parts": ("Canary", "Explainer", "Format", "Node", "Predictor", "Step", "Transformer"),
    "_payload": ("get_predict_input", "get_predict_response"),
    "_repository": ("ModelRepository",),
    "_server": ("ModelServer",),
    "_types": ("InferInput", "InferOutput", "InferRequest", "InferResponse", "RequestedOutput"),
}
_WHERE = {name: module for module, names in _PLACES.items() for name in names}

__all__ = sorted(_WHERE)


def __getattr__(name):
    import importlib

    if name not in _WHERE:
        raise AttributeError(f"module 'kf.serving' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"kf.serving.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})
