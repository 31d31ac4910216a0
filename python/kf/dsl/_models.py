# SPDX-License-Identifier: Apache-2.0
"""Pydantic models in the signatures of components: their classes travel with the function."""

import inspect

from kf.dsl.types import type_utils


def _models_in(annotation):
    """The model classes that an annotation names, those inside generics included."""
    import typing

    if type_utils.is_model(annotation):
        yield annotation
    for member in typing.get_args(annotation):
        yield from _models_in(member)


def _collect(annotation, module, found):
    """Put the models of an annotation into `found`, each after those that it is made of."""
    for model in _models_in(annotation):
        if model in found or model.__module__.partition(".")[0] == "pydantic":
            continue
        if model.__module__ != module:
            found[model] = False
            continue
        for base in model.__mro__[1:]:
            _collect(base, module, found)
        for field in model.model_fields.values():
            _collect(field.annotation, module, found)
        found[model] = True


def support_of(func, signature):
    """Import statements, and the classes whose source has to stand before the function."""
    func = inspect.unwrap(func)
    found = {}
    annotations = [each.annotation for each in signature.parameters.values()]
    for annotation in (*annotations, signature.return_annotation):
        _collect(annotation, func.__module__, found)
        for member in getattr(annotation, "__annotations__", {}).values():
            if hasattr(annotation, "_fields"):
                _collect(member, func.__module__, found)
    if not found:
        return [], []
    imports = ["from pydantic import *"]
    imports += [
        f"from {model.__module__} import {model.__qualname__.partition('.')[0]}"
        for model, travels in found.items()
        if not travels
    ]
    return imports, [model for model, travels in found.items() if travels]
