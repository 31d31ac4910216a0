# SPDX-License-Identifier: Apache-2.0
"""What docstrings say about inputs and outputs, written in Google's, Sphinx's or NumPy's style.

As KFP does (which asks the package docstring_parser), a docstring is read in each style and the
style that finds most in it is believed.
"""

import inspect
import re

_PARAMETER_WORDS = {"param", "parameter", "arg", "argument", "attribute", "key", "keyword"}

_GOOGLE_ITEMS = {"Arguments", "Args", "Parameters", "Params", "Attributes"}
_GOOGLE_NAMED = {"Raises", "Exceptions", "Except"}
_GOOGLE_PROSE = {"Example", "Examples"}
_GOOGLE_EITHER = {"Returns", "Yields"}
_GOOGLE_TITLE = re.compile(
    "^("
    + "|".join(sorted(_GOOGLE_ITEMS | _GOOGLE_NAMED | _GOOGLE_PROSE | _GOOGLE_EITHER, reverse=True))
    + r"):[ \t\r\f\v]*$",
    re.M,
)
_GOOGLE_TYPED_NAME = re.compile(r"\s*(.+?)\s*\(\s*(.*[^\s]+)\s*\)")

_NUMPY_PARAMETERS = (
    "Parameters|Params|Arguments|Args|Other Parameters|Other Params|Other Arguments|Other Args"
    "|Receives|Receive|Attributes|Attribute"
)
_NUMPY_OTHERS = (
    "Raises|Raise|Warns|Warn|Returns|Return|Yields|Yield|Examples|Example|Warnings|Warning"
    "|See Also|Related|Notes|Note|References|Reference"
)
_NUMPY_TITLE = re.compile(
    rf"^({_NUMPY_PARAMETERS}|{_NUMPY_OTHERS})[ \t]*\n(-+)[ \t]*$|^\.\.\s*deprecated\s*::", re.M
)

# Headings that KFP reads outputs under, in the order it looks for them.
_RETURN_HEADINGS = ("Returns:\n", "Returns\n", "Return:\n", "Return\n")


class _NotThisStyle(Exception):
    pass


class _Parsed:
    """The text before the sections, descriptions by name, and how much was found in all."""

    def __init__(self, text):
        self.text = text
        self.parameters = {}
        self.count = 0

    def add(self, name, description):
        self.parameters[name] = description
        self.count += 1


def _cleaned(text):
    """`text` with what follows its first line moved left."""
    first, newline, rest = text.partition("\n")
    return first + newline + inspect.cleandoc(rest) if newline else first


def _google_item(parsed, title, part):
    if ":" not in part:
        raise _NotThisStyle
    name, description = part.split(":", 1)
    if title not in _GOOGLE_ITEMS:
        parsed.count += 1
        return
    first, newline, rest = name.partition("\n")
    name = first + inspect.cleandoc(rest) if newline else name
    typed = _GOOGLE_TYPED_NAME.match(name)
    description = _cleaned(description.removeprefix(" ")).strip("\n")
    parsed.add(typed.group(1) if typed else name, description)


def _google_section(parsed, title, chunk):
    if title in _GOOGLE_PROSE:
        parsed.count += 1
        return
    if title in _GOOGLE_EITHER:
        text = inspect.cleandoc(chunk)
        if re.match(r"(\s*[^:\s]+:)|([^:]*\]:.*)", text):
            _google_item(parsed, title, text)
        else:
            parsed.count += 1
        return
    indent = re.match(r"\s*", chunk).group()
    starts = list(re.finditer(f"^{indent}(?=\\S)", chunk, re.M))
    if not starts:
        raise _NotThisStyle
    ends = [match.start() for match in starts[1:]] + [len(chunk)]
    for start, end in zip(starts, ends):
        _google_item(parsed, title, chunk[start.end() : end].strip("\n"))


def _google(text):
    titles = list(_GOOGLE_TITLE.finditer(text))
    parsed = _Parsed(text[: titles[0].start()] if titles else text)
    ends = [match.start() for match in titles[1:]] + [len(text)]
    chunks = {}
    for title, end in zip(titles, ends):
        # A section ends with its indentation; of two with one title the last counts.
        chunk = text[title.end() : end]
        outdented = re.search(r"\n\S", chunk)
        chunks[title.group(1)] = (chunk[: outdented.start()] if outdented else chunk).strip("\n")
    for title, chunk in chunks.items():
        _google_section(parsed, title, chunk)
    return parsed


def _sphinx(text):
    begin = re.search("^:", text, re.M)
    parsed = _Parsed(text[: begin.start()] if begin else text)
    if not begin:
        return parsed
    for match in re.finditer(r"(^:.*?)(?=^:|\Z)", text[begin.start() :], re.S | re.M):
        head, colon, description = match.group().lstrip(":").partition(":")
        words = head.split()
        if not colon or not words:
            raise _NotThisStyle
        if words[0] in ("type", "rtype"):
            continue
        if words[0] in _PARAMETER_WORDS:
            if len(words) not in (2, 3):
                raise _NotThisStyle
            parsed.add(words[-1], _cleaned(description.strip()))
        else:
            parsed.count += 1
    return parsed


def _numpy(text):
    titles = [
        match
        for match in _NUMPY_TITLE.finditer(text)
        if len(match.group(1) or "") == len(match.group(2) or "")
    ]
    parsed = _Parsed(text[: titles[0].start()] if titles else text)
    ends = [match.start() for match in titles[1:]] + [len(text)]
    for title, end in zip(titles, ends):
        body = text[title.end() : end]
        keys = list(re.finditer(r"^\S.*$", body, re.M))
        if not re.fullmatch(_NUMPY_PARAMETERS, title.group(1) or ""):
            parsed.count += max(len(keys), 1) if title.group(1) else 1
            continue
        key_ends = [match.start() for match in keys[1:]] + [len(body)]
        for key, key_end in zip(keys, key_ends):
            name = key.group().split(":", 1)[0].rstrip()
            parsed.add(name, inspect.cleandoc(body[key.end() : key_end]).strip() or None)
    return parsed


def _parse(text):
    text = inspect.cleandoc(text)
    best = None
    for style in (_sphinx, _google, _numpy):
        try:
            parsed = style(text)
        except _NotThisStyle:
            continue
        if best is None or parsed.count > best.count:
            best = parsed
    return best or _Parsed(text)


def _description(text):
    first, _, rest = text.partition("\n")
    rest = rest.strip()
    return (f"{first}\n{rest}" if first and rest else first).strip() or None


def read(docstring):
    """Description, descriptions of inputs and descriptions of outputs, the latter two by name."""
    if not docstring:
        return None, {}, {}
    parsed = _parse(docstring)
    outputs = {}
    for heading in _RETURN_HEADINGS:
        if heading in docstring:
            outputs = _parse(docstring.replace(heading.strip(), "Args:")).parameters
            break
    return _description(parsed.text), parsed.parameters, outputs
