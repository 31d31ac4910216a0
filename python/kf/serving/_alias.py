# SPDX-License-Identifier: Apache-2.0
"""Answers `import kserve` with the classes of kf.serving, where KServe has them."""

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

#: Where the names of a module of KServe are here.
_MODULES = {
    "kserve": None,
    "kserve.constants": None,
    "kserve.constants.constants": ("_base", ("PredictorProtocol",)),
    "kserve.errors": ("_errors", None),
    "kserve.infer_type": ("_types", None),
    "kserve.logging": ("_logging", None),
    "kserve.model": ("_base", None),
    "kserve.model_repository": ("_repository", None),
    "kserve.model_server": ("_server", None),
    "kserve.predictor_config": ("_base", ("PredictorConfig",)),
    "kserve.protocol": None,
    "kserve.protocol.infer_type": ("_types", None),
    "kserve.storage": ("_storage", None),
    "kserve.utils": None,
    "kserve.utils.numpy_codec": ("_types", ("to_np_dtype", "from_np_dtype")),
    "kserve.utils.utils": ("_payload", None),
}
_PARTS = {name.rpartition(".")[0] for name in _MODULES}


class _Package(ModuleType):
    """A package of KServe: its modules, and for `kserve` itself the classes of kf.serving."""

    def __getattr__(self, name):
        full = f"{self.__name__}.{name}"
        if full in _MODULES:
            return importlib.import_module(full)
        if self.__name__ == "kserve" and not name.startswith("_"):
            if name == "logger":
                return importlib.import_module("kf.serving._logging").logger
            try:
                return getattr(importlib.import_module("kf.serving"), name)
            except AttributeError:
                pass
        raise AttributeError(f"libkf answers for kserve here, and has no {full}")


class _Finder:
    """Finds modules of KServe in libkf; its own loader."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "kserve" or name.startswith("kserve."):
            return ModuleSpec(name, _Finder, is_package=name in _PARTS)
        return None

    @staticmethod
    def create_module(spec):
        return _Package(spec.name) if _MODULES.get(spec.name) is None else None

    @staticmethod
    def exec_module(module):
        name = module.__name__
        if name not in _MODULES:
            raise ModuleNotFoundError(f"libkf answers for kserve here, and has no {name}", name=name)
        place = _MODULES[name]
        if place is None:
            return
        source = importlib.import_module(f"kf.serving.{place[0]}")
        for each in place[1] or vars(source):
            if not each.startswith("__"):
                setattr(module, each, getattr(source, each))
        if place[1] is None:
            module.__getattr__ = lambda each: getattr(source, each)


def install():
    """Answer `import kserve` from now on."""
    loaded = sys.modules.get("kserve")
    if isinstance(loaded, _Package):
        return
    if loaded is not None:
        raise ImportError(
            "kserve is imported already; import kf.as_kserve before anything that imports kserve"
        )
    sys.meta_path.insert(0, _Finder)
