# SPDX-License-Identifier: Apache-2.0
"""Models of Python libraries, by the format that an InferenceService names. Each module has a class
Runtime, a kf.serving.Model; its library is imported when a model is loaded."""

import importlib
import os

from kf.serving._errors import LoadError, ModelMissingError

#: What else formats are called.
_SAME = {"torchscript": "pytorch", "tf": "tensorflow", "savedmodel": "tensorflow"}
FORMATS = ("huggingface", "lightgbm", "mlflow", "onnx", "pytorch", "sklearn", "tensorflow", "xgboost")


class MissingPackage(LoadError):
    """A library that a model needs is not installed."""


def make(format, name, path):
    """The model of a format, not loaded yet."""
    module = _SAME.get(format, format)
    if module not in FORMATS:
        raise LoadError(
            f'no runtime in Python for models of format "{format}"; there are {", ".join(FORMATS)}'
        )
    return importlib.import_module(f"kf.serving.runtimes.{module}").Runtime(name, path)


def needs(module, package=None):
    """Import a library, or say what to install."""
    import sys

    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module.split(".")[0]:
            raise
        package = package or module
        raise MissingPackage(
            f"this model needs the Python package {package}, which {sys.executable} does not have:"
            f" {sys.executable} -m pip install {package}"
        ) from None


def one_file(path, endings):
    """The one file below a folder (or the file itself) that a runtime reads."""
    if path is None or not os.path.exists(path):
        raise ModelMissingError(f"there is no model at {path}")
    if os.path.isfile(path):
        return path
    found = sorted(
        os.path.join(path, name)
        for name in os.listdir(path)
        if name.endswith(endings) and os.path.isfile(os.path.join(path, name))
    )
    if len(found) == 1:
        return found[0]
    wanted = ", ".join(endings)
    if not found:
        raise ModelMissingError(f"no file of the model in {path}: it is to end in {wanted}")
    names = ", ".join(os.path.basename(each) for each in found)
    raise LoadError(f"more than one file of a model in {path} ({wanted}): {names}")
