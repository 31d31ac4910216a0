# SPDX-License-Identifier: Apache-2.0
"""python compile_cases.py kfp|kf FOLDER [FILE…]: compile the pipelines of tests/python/pipelines.

Each file there has CASES: names to components, or to pairs of one and arguments of compile().
Every case becomes FOLDER/<file>-<case>.yaml. With kf, libkf answers `import kfp`.
"""

import importlib.util
import pathlib
import sys
import warnings

PIPELINES = pathlib.Path(__file__).resolve().parent / "pipelines"


def load(path):
    """The module of a file of pipelines."""
    name = f"pipelines_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def compile_file(path, folder):
    """Compile all cases of a file."""
    from kfp import compiler

    for name, case in load(path).CASES.items():
        component, arguments = case if isinstance(case, tuple) else (case, {})
        out = folder / f"{path.stem}-{name}.yaml"
        compiler.Compiler().compile(component, str(out), **arguments)


def main(library, folder, *names):
    """Compile all files, or those that are named."""
    if library == "kf":
        import kf.as_kfp  # noqa: F401
    warnings.simplefilter("ignore")
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(PIPELINES.glob("*.py")):
        if not names or path.stem in names:
            compile_file(path, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
