# SPDX-License-Identifier: Apache-2.0
"""The source of a component's function, and what has to stand before it."""

import inspect
import re
import textwrap

from kf.errors import InvalidArgument

_DEFINITION = re.compile(r"(def|class)\s")
_NAMES_KFP = re.compile(r"\bkfp\b")
_NAMES_KF = re.compile(r"\bkf\b")


class SourceUnavailable(InvalidArgument, OSError):
    """The source of a function cannot be read."""


def check_function(func):
    """Refuse what cannot travel as source."""
    name = getattr(func, "__name__", repr(func))
    if inspect.iscoroutinefunction(func) or inspect.isasyncgenfunction(func):
        raise InvalidArgument(
            f"the component {name!r} is an async function, and components are run as plain ones; "
            "define it with `def` and call asyncio.run() inside"
        )
    if not inspect.isfunction(inspect.unwrap(func)):
        raise InvalidArgument(f"a component is made from a function, got {func!r}")
    if name == "<lambda>":
        raise InvalidArgument(
            "a lambda cannot be a component, because it has no name and no source of its own; "
            "define a function with `def`"
        )


def check_additional(func):
    """Refuse what has no source that could travel along."""
    if not inspect.isfunction(func) and not inspect.isclass(func):
        raise TypeError(f"additional_funcs are functions or classes, got {func!r}")


def definition_of(func):
    """The source of a function or class, without what decorates it and without indentation."""
    try:
        source = inspect.getsource(func)
    except (OSError, TypeError) as error:
        raise SourceUnavailable(
            f"the source of {func.__name__!r} cannot be read, because it was typed at a prompt or "
            f"made by exec(); put it into a file ({error})"
        ) from None
    lines = textwrap.dedent(source).split("\n")
    start = _start_of(lines)
    if start is None:
        # Text in the function that stands left of it keeps dedent from moving anything.
        lines = _moved_left(source)
        start = _start_of(lines)
    if start is None:
        raise InvalidArgument(f"the source of {func.__name__!r} has no `def` at its beginning")
    return "\n".join(lines[start:])


def _moved_left(source):
    """The lines of an indented definition without indentation; text over several lines is kept."""
    import io
    import tokenize

    indent = source[: len(source) - len(source.lstrip())]
    within_text = set()
    tokens = tokenize.generate_tokens(io.StringIO("if True:\n" + source).readline)
    for token in tokens:
        if token.start[0] != token.end[0]:
            within_text.update(range(token.start[0] - 1, token.end[0] - 1))
    return [
        line if number in within_text else line.removeprefix(indent)
        for number, line in enumerate(source.split("\n"))
    ]


def _start_of(lines):
    for number, line in enumerate(lines):
        if _DEFINITION.match(line):
            return number
    return None


def component_source(func, *, runtime, imports=(), additional=(), helper=None):
    """The module that holds the function, as it runs in the container.

    Where KFP's own executor runs it there is kfp; the one that travels along answers for both.
    """
    functions = [definition_of(each) for each in (*additional, func)]
    text = "\n".join(functions)
    package = "kfp" if runtime == "kfp" or _NAMES_KFP.search(text) else "kf"
    lines = [f"import {package}", f"from {package} import dsl", f"from {package}.dsl import *"]
    lines += ["from typing import *", *imports]
    if package == "kfp" and _NAMES_KF.search(text):
        lines.append("import kfp as kf")
    parts = ["\n" + "\n".join(lines)]
    if additional:
        parts += ["\n\n", "\n\n".join(functions[:-1])]
    if helper:
        parts.append(f"\n\n{helper}\n")
    parts += ["\n\n", functions[-1], "\n"]
    return "".join(parts)


def imports_of_artifact_classes(func, classes):
    """Import statements for artifact classes that are not libkf's own.

    `classes` maps where a class is named ("x" for an argument, "return", "return.x" for a field) to
    the class. A class is imported the way the function's annotations name it.
    """
    if not classes:
        return []
    import ast

    function = ast.parse(definition_of(func)).body[0]
    statements = {}
    for place, cls in classes.items():
        path = _import_path(_base_symbol(function, place), f"{cls.__module__}.{cls.__qualname__}")
        module, _, name = path.rpartition(".")
        statements[f"from {module} import {name}" if module else f"import {name}"] = None
    return list(statements)


def _import_path(symbol, qualified_name):
    parts = qualified_name.split(".")
    if symbol not in parts:
        raise TypeError(
            f"{qualified_name!r} is annotated under the alias {symbol!r}, which the component "
            "would not know; name modules and classes as they are defined"
        )
    return ".".join(parts[: parts.index(symbol) + 1])


def _base_symbol(function, place):
    kind, _, field = place.partition(".")
    if kind != "return":
        arguments = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
        annotation = next(each.annotation for each in arguments if each.arg == place)
    elif field:
        annotation = _field_annotation(function.returns, field)
    else:
        annotation = function.returns
    return _leftmost_name(annotation)


def _field_annotation(returns, field):
    import ast

    if isinstance(returns, ast.Call) and len(returns.args) > 1:
        for element in returns.args[1].elts:
            if element.elts[0].value == field:
                return element.elts[1]
    raise TypeError(
        "artifact classes of other packages in a NamedTuple must be named in the signature itself: "
        '-> NamedTuple("Outputs", [("x", package.Class)])'
    )


def _leftmost_name(annotation):
    import ast

    # Input[package.Class], List[package.Class] and Optional[...]: what is inside counts.
    while isinstance(annotation, ast.Subscript):
        annotation = annotation.slice
    while isinstance(annotation, ast.Attribute):
        annotation = annotation.value
    if not isinstance(annotation, ast.Name):
        raise TypeError("an annotation of a class of another package must be its dotted name")
    return annotation.id
