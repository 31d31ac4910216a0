# SPDX-License-Identifier: Apache-2.0
"""libkf: Kubeflow pipelines as a library.

    from kf import compiler, components, dsl, kubernetes, local

replaces `from kfp import ...`; nothing else in a file changes. `import kf.as_kfp` goes one step
further and answers `import kfp` itself. `kf.store` tells what was run on this machine.
"""

#: Whether the types of arguments are compared with those of inputs while a pipeline is built.
TYPE_CHECK = True

_SUBMODULES = frozenset(
    (
        "compiler",
        "components",
        "dsl",
        "errors",
        "kubernetes",
        "local",
        "search",
        "serving",
        "store",
    )
)


def __getattr__(name):
    import importlib

    if name in _SUBMODULES:
        return importlib.import_module("kf." + name)
    if name == "__version__":
        from kf import _native

        return _native.version()
    errors = importlib.import_module("kf.errors")
    if name in errors.__all__:
        return getattr(errors, name)
    raise AttributeError(f"module 'kf' has no attribute {name!r}")


def __dir__():
    from kf import errors

    return sorted({*globals(), *_SUBMODULES, *errors.__all__, "__version__"})
