# SPDX-License-Identifier: Apache-2.0
"""The program of a worker: python -m kf.serving._worker, started by a pool of libkf.

The pool says first what to serve: {"name", "path"} and one of
    "format"   a format of models that kf.serving.runtimes has a module for
    "class"    "module:Class" or "file.py:Class", a Model, from the folder of the model or the one
               the worker runs in; built from its name and, if its __init__ has it, `model_dir` or
               `path`
    "command"  [program, argument, ...], or what a shell would make them of: a server of its own;
               see kf.serving._command
and for a transformer or explainer "predictor": {"host", "protocol"}.
"""

import importlib
import importlib.util
import inspect
import os
import sys

from kf.serving import _alias, _frames
from kf.serving._base import Model, PredictorConfig
from kf.serving._errors import LoadError
from kf.serving._server import ModelServer, fail


def _module(place, folders):
    """The module of a name, or of a file in one of the folders."""
    sys.path[:0] = folders
    if not place.endswith(".py"):
        return importlib.import_module(place)
    found = [os.path.join(folder, place) for folder in folders]
    path = next(filter(os.path.exists, found), None)
    if path is None:
        raise LoadError(f"there is no file {place} in {' or '.join(folders)}")
    if os.path.dirname(path) not in folders:
        sys.path.insert(0, os.path.dirname(path))
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _of_class(start):
    place, colon, name = start["class"].rpartition(":")
    if not colon:
        raise LoadError(f'"{start["class"]}" is to be "module:Class"')
    _alias.install()  # The same class may be written for KServe.
    path = start.get("path")
    folders = [os.getcwd()]
    if path and os.path.exists(path):
        folders.insert(0, path if os.path.isdir(path) else os.path.dirname(path))
    kind = getattr(_module(place, folders), name, None)
    if kind is None:
        raise LoadError(f"{place} has no {name}")
    parameters = inspect.signature(kind).parameters
    given = {each: path for each in ("model_dir", "path") if each in parameters and path}
    return kind(start["name"], **given)


def _of_format(start):
    from kf.serving import runtimes

    return runtimes.make(start["format"], start["name"], start.get("path"))


def build(start):
    """The model that a pool asks for, loaded."""
    model = _of_class(start) if "class" in start else _of_format(start)
    if not isinstance(model, Model):
        raise LoadError(f"{type(model).__name__} does not derive from kf.serving.Model")
    loaded = model.load()
    if inspect.isawaitable(loaded):
        import asyncio

        async def wait():
            return await loaded

        loaded = asyncio.run(wait())
    if not model.ready:
        raise LoadError(f"load() of {type(model).__name__} did not set `ready`")
    return model


def main():
    start = _frames.channel().start
    if "command" in start:
        from kf.serving import _command

        return _command.run(start)
    predictor = start.get("predictor") or {}
    config = PredictorConfig(predictor.get("host"), predictor.get("protocol", "v1"))
    try:
        model = build(start)
    except BaseException as error:
        fail(error)
    ModelServer(predictor_config=config).start([model])
    return None


if __name__ == "__main__":
    # The module is imported under its own name, too, by what it imports.
    sys.modules["kf.serving._worker"] = sys.modules["__main__"]
    sys.exit(main())
