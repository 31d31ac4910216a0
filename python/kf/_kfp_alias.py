# SPDX-License-Identifier: Apache-2.0
"""Answers `import kfp` with libkf's modules."""

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

from kf.errors import InvalidState

# Modules of KFP whose content is elsewhere here; all others have the same name.
_BASE = "kf.dsl.base_component"
_ELSEWHERE = {
    "kfp.dsl.constants": "kf.dsl.types.artifact_types",
    "kfp.dsl.container_component_artifact_channel": "kf.dsl.placeholders",
    "kfp.dsl.container_component_class": _BASE,
    "kfp.dsl.graph_component": _BASE,
    "kfp.dsl.importer_component": _BASE,
    "kfp.dsl.notebook_helpers": "kf.dsl.notebook_component_decorator",
    "kfp.dsl.python_component": _BASE,
    "kfp.dsl.yaml_component": _BASE,
    "kfp.local.config": "kf.local",
    "kfp.v2": "kf",
    "kfp.v2.compiler": "kf.compiler",
    "kfp.v2.components": "kf.components",
    "kfp.v2.dsl": "kf.dsl",
}


def target(name):
    """The module of libkf that answers for a module of KFP."""
    if name in _ELSEWHERE:
        return _ELSEWHERE[name]
    if name.startswith("kfp.kubernetes."):
        return "kf.kubernetes"
    if any(part.startswith("_") for part in name.split(".")):
        return None
    return "kf" + name.removeprefix("kfp")


class _Package(ModuleType):
    """The module `kfp`: what it has is libkf's, also what is set on it."""

    @property
    def TYPE_CHECK(self):
        return sys.modules["kf"].TYPE_CHECK

    @TYPE_CHECK.setter
    def TYPE_CHECK(self, check):
        sys.modules["kf"].TYPE_CHECK = check

    def __dir__(self):
        parts = {"compiler", "components", "dsl", "kubernetes", "local"}
        return sorted({*vars(self), *parts, "TYPE_CHECK", "__version__"})

    def __getattr__(self, name):
        if name == "__version__":
            from kf import _native

            return _native.kfp_version()
        if not name.startswith("_"):
            try:
                return importlib.import_module(f"kfp.{name}")
            except ModuleNotFoundError:
                pass
        raise AttributeError(f"libkf answers for kfp here, and has no kfp.{name}")


class _Finder:
    """Finds modules of KFP in libkf; its own loader."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "kfp":
            return ModuleSpec(name, _Finder, is_package=True)
        if name.startswith("kfp."):
            return ModuleSpec(name, _Finder)
        return None

    @staticmethod
    def create_module(spec):
        return _Package(spec.name) if spec.name == "kfp" else None

    @staticmethod
    def exec_module(module):
        name = module.__name__
        if name == "kfp":
            return
        answering = target(name)
        try:
            if answering is None:
                raise ModuleNotFoundError(name=None)
            # The import system returns what is registered under the name.
            answer = sys.modules[name] = importlib.import_module(answering)
            if any(each.startswith(name + ".") for each in _ELSEWHERE):
                answer.__dict__.setdefault("__path__", [])  # A package in KFP.
        except ModuleNotFoundError as error:
            if error.name != answering:
                raise
            raise ModuleNotFoundError(
                f"libkf answers for kfp here, and has no {name}", name=name
            ) from None


def install():
    """Answer `import kfp` from now on."""
    loaded = sys.modules.get("kfp")
    if isinstance(loaded, _Package):
        return
    if loaded is not None:
        raise InvalidState(
            "kfp is imported already; import kf.as_kfp before anything that imports kfp"
        )
    sys.meta_path.insert(0, _Finder)
