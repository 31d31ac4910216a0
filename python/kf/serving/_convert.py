# SPDX-License-Identifier: Apache-2.0
"""scikit-learn's estimators as files of numbers, which libkf reads without Python."""

from kf.serving import _convert_models as models
from kf.serving import _convert_steps as steps
from kf.serving._numbers import Block, file_bytes, write_file

_METHODS = ("predict", "predict_proba")


def convert(model, path, method="predict"):
    """Write a fitted scikit-learn estimator to `path` (suffix .kfm), for libkf to serve in C.

        from kf import serving
        serving.convert(classifier, "model.kfm")

    The estimator is a linear model, a tree, a forest or gradient boosting, alone or at the end of a
    `Pipeline` of scalers, imputers, encoders, `ColumnTransformer`, `PolynomialFeatures`, `PCA` or
    selectors of features; a search such as `GridSearchCV` stands for the best that it found. Rows are
    numbers. `method` is what the model answers with unless it is told otherwise when it is opened:
    "predict", or "predict_proba" of a classifier. Returns `path`.

    TypeError: the estimator, or a part of it, cannot be converted; the message says what can.
    """
    if method not in _METHODS:
        raise ValueError(f"method is {method!r}: expected 'predict' or 'predict_proba'")
    write_file(path, converted(model, method))
    return path


def converted(model, method="predict"):
    """The bytes of the file."""
    import sklearn

    block = Block()
    parts = list(_parts(model))
    transformers, final = parts[:-1], parts[-1]
    features = steps.feature_count(parts)
    width, written = steps.chain(transformers, features, block)
    description, answer = models.final(final, block, width, written)
    if method == "predict_proba" and answer.get("probabilities", "none") == "none":
        raise TypeError(f"{type(final).__name__} gives no probabilities: expected method='predict'")
    if answer["kind"] == "classes":
        answer["method"] = method
    whole = {
        "writer": f"scikit-learn {sklearn.__version__}",
        "estimator": " > ".join(type(part).__name__ for part in parts),
        "features": features,
        "steps": written,
        "model": description,
        "answer": answer,
    }
    names = _names(parts)
    if names is not None:
        whole["feature_names"] = names
    return file_bytes(whole, block)


def _parts(model):
    """The steps of a pipeline, of the pipelines within it, and of what a search found."""
    kind = steps.kind_of(model)
    if kind in ("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV"):
        if not hasattr(model, "best_estimator_"):
            raise TypeError(f"{kind} with refit=False has no best estimator: convert one that is fitted")
        yield from _parts(model.best_estimator_)
    elif kind == "Pipeline":
        for position, (_, step) in enumerate(model.steps):
            if not steps.is_passthrough(step):
                yield from _parts(step)
            elif position == len(model.steps) - 1:
                raise TypeError("the pipeline ends in no estimator: expected one that predicts")
    else:
        yield model


def _names(parts):
    names = next((getattr(part, "feature_names_in_") for part in parts
                  if hasattr(part, "feature_names_in_")), None)
    # Only those of the rows, not of what a step made of them.
    if names is None or not hasattr(parts[0], "feature_names_in_"):
        return None
    return [str(name) for name in names]
