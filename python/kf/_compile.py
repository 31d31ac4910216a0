# SPDX-License-Identifier: Apache-2.0
"""python -m kf._compile: the document of a pipeline in a Python file; what the command kf calls.

    python -m kf._compile [--function NAME] [--runtime embedded|kfp] [--verbose-form] FILE

The file may import kf or kfp. Without --function it has one pipeline that no other uses, or one
component and no pipeline. The document goes to standard output; what the file prints goes to
standard error.
"""

import os
import sys


def _load(path):
    """Execute the file as a module that can be imported under its name."""
    import importlib.util

    name = os.path.splitext(os.path.basename(path))[0]
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _advice(module, name):
    import difflib

    near = difflib.get_close_matches(name, _components(module), 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _components(module):
    from kf.dsl.base_component import BaseComponent

    return {key: each for key, each in vars(module).items() if isinstance(each, BaseComponent)}


def _choose(module, path, name):
    from kf.dsl.base_component import BaseComponent, GraphComponent
    from kf.errors import NotFound

    if name is not None:
        chosen = getattr(module, name, None)
        if not isinstance(chosen, BaseComponent):
            raise NotFound(f"{path} has no pipeline or component {name!r}{_advice(module, name)}")
        return chosen
    members = {id(each): (key, each) for key, each in _components(module).items()}.values()
    pipelines = [(key, each) for key, each in members if isinstance(each, GraphComponent)]
    found = [(key, each) for key, each in pipelines if not each._handles] or pipelines
    if not found:
        found = list(members)
    if len(found) == 1:
        return found[0][1]
    if not found:
        raise NotFound(f"{path} has no function decorated with @dsl.pipeline or @dsl.component")
    names = ", ".join(key for key, _ in found)
    raise NotFound(f"{path} has several of them; choose one with --function: {names}")


def _report(error, path):
    """What went wrong, and where in the file, without the insides of libkf.

    What libkf itself refuses is one line; what the file's own code raises keeps its traceback.
    """
    import traceback

    from kf.errors import Error

    here = os.path.dirname(os.path.abspath(__file__)) + os.sep
    stack = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<frozen")
    ]
    frames = [frame for frame in stack if not os.path.abspath(frame.filename).startswith(here)]
    if isinstance(error, Error) or (frames and stack[-1] not in frames):
        place = f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""
        text = error.args[0] if isinstance(error, KeyError) and error.args else error
        print(f"{place}{text}", file=sys.stderr)
        return
    if frames:
        print("Traceback (most recent call last):", file=sys.stderr)
        sys.stderr.writelines(traceback.format_list(frames))
    sys.stderr.writelines(traceback.format_exception_only(type(error), error))


def _arguments(words):
    import argparse

    parser = argparse.ArgumentParser(prog="kf._compile")
    parser.add_argument("--function")
    parser.add_argument("--runtime", choices=("embedded", "kfp"))
    parser.add_argument("--verbose-form", action="store_true")
    parser.add_argument("file")
    return parser.parse_args(words)


def main(words):
    """Exit status: 0, or 1 after an error was printed."""
    arguments = _arguments(words)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    from kf import _kfp_alias, _native
    from kf.dsl import _settings

    _kfp_alias.install()
    if arguments.runtime:
        _settings.set_default_runtime(arguments.runtime)
    try:
        chosen = _choose(_load(arguments.file), arguments.file, arguments.function)
        options = {"verbose_form": arguments.verbose_form}
        text = _native.pipeline_write(chosen._pipeline_handle(), options)
    except Exception as error:  # Whatever the file raises.
        _report(error, arguments.file)
        return 1
    with out:
        out.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
