# SPDX-License-Identifier: Apache-2.0
"""Answers `import kserve` with the classes of kf.serving, where KServe has them."""

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

#: The modules that have the names of a module of KServe here; () is a package of others.
_MODULES = {
    "kserve": (),
    "kserve.constants": ("_constants",),
    "kserve.constants.constants": ("_constants",),
    "kserve.errors": ("_errors",),
    "kserve.infer_type": ("_types",),
    "kserve.inference_client": ("_client",),
    "kserve.logging": ("_logging",),
    "kserve.model": ("_base", "_messages"),
    "kserve.model_repository": ("_repository",),
    "kserve.model_server": ("_server",),
    "kserve.predictor_config": ("_base",),
    "kserve.protocol": (),
    "kserve.protocol.grpc": (),
    "kserve.protocol.grpc.grpc_predict_v2_pb2": ("_messages",),
    "kserve.protocol.infer_type": ("_types",),
    "kserve.storage": ("_storage",),
    "kserve.utils": (),
    "kserve.utils.numpy_codec": ("_types",),
    "kserve.utils.utils": ("_payload",),
    "kserve_storage": ("_storage",),
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

    def __init__(self, root):
        self._root = root

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == self._root:
            return ModuleSpec(name, self, is_package=name in _PARTS)
        return None

    @staticmethod
    def create_module(spec):
        return None if _MODULES.get(spec.name) else _Package(spec.name)

    @staticmethod
    def exec_module(module):
        name = module.__name__
        if name not in _MODULES:
            raise ModuleNotFoundError(f"libkf answers for kserve here, and has no {name}", name=name)
        sources = [importlib.import_module(f"kf.serving.{each}") for each in _MODULES[name]]
        for source in sources:
            for each, value in vars(source).items():
                if not each.startswith("__"):
                    setattr(module, each, value)
        if len(sources) == 1:
            module.__getattr__ = lambda each: getattr(sources[0], each)


def install():
    """Answer `import kserve` from now on."""
    loaded = sys.modules.get("kserve")
    if isinstance(loaded, _Package):
        return
    if loaded is not None:
        raise ImportError(
            "kserve is imported already; import kf.as_kserve before anything that imports kserve"
        )
    sys.meta_path.insert(0, _Finder("kserve"))
    sys.meta_path.append(_Finder("kserve_storage"))  # Where it is installed, it can do more.
