# SPDX-License-Identifier: Apache-2.0
"""`python -m kf._compile FILE.py`: the document of the file's pipeline on standard output.

What `kf run`, `kf compile` and `kf check` call for a Python file. The file may say `import kf` or
`import kfp`. What it prints while it is loaded goes to standard error.
"""

import argparse
import contextlib
import importlib.util
import os
import sys


def _load(path: str) -> dict:
    """Execute the file as a module (not as `__main__`) and return its names."""
    folder, name = os.path.split(os.path.abspath(path))
    sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(os.path.splitext(name)[0], path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return vars(module)


def _pick(names: dict, function: str, path: str):
    """The pipeline to compile: the one asked for, else the only pipeline, else the only component."""
    from kf.dsl.base_component import BaseComponent
    from kf.dsl.graph_component import GraphComponent

    found = {name: value for name, value in names.items() if isinstance(value, BaseComponent)}
    if function:
        if function in found:
            return found[function]
        import difflib

        near = difflib.get_close_matches(function, found, 1)
        advice = f"; did you mean '{near[0]}'?" if near else ""
        raise SystemExit(f"{path}: no pipeline or component '{function}'{advice}")
    pipelines = {name: value for name, value in found.items() if isinstance(value, GraphComponent)}
    candidates = pipelines or found
    if len(set(map(id, candidates.values()))) == 1:
        return next(iter(candidates.values()))
    if not candidates:
        raise SystemExit(f"{path}: no function with @dsl.pipeline or @dsl.component")
    listed = ", ".join(sorted(candidates))
    raise SystemExit(f"{path}: there are several: {listed}. Choose one with --function")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m kf._compile")
    parser.add_argument("file")
    parser.add_argument("--function")
    parser.add_argument("--runtime", choices=["embedded", "kfp"])
    parser.add_argument("--verbose-form", action="store_true")
    options = parser.parse_args()
    if options.runtime:
        os.environ["KF_RUNTIME"] = options.runtime

    import kf.as_kfp.names  # answers `import kfp`, and leaves kf's own defaults as they are

    from kf import compiler

    with contextlib.redirect_stdout(sys.stderr):
        component = _pick(_load(options.file), options.function, options.file)
        text = compiler.compile_to_text(component, compact=not options.verbose_form)
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
