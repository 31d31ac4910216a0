# SPDX-License-Identifier: Apache-2.0
"""What docstrings say about inputs and outputs, in Google's, Sphinx's, NumPy's or Epydoc's style.

As KFP does (which asks the package docstring_parser), a docstring is read in each style and the
style that finds most in it is believed.
"""

import inspect
import re
import textwrap

_PARAMETER_WORDS = {"param", "parameter", "arg", "argument", "attribute", "key", "keyword"}
_RETURN_WORDS = {"return", "returns", "yield", "yields"}
_RAISE_WORDS = {"raises", "raise", "except", "exception"}

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
    rf"^({_NUMPY_PARAMETERS}|{_NUMPY_OTHERS})\s*?\n(-+)\s*$|^\.\.\s*deprecated\s*::", re.M
)

_EPYDOC_NAME = r"\s+([_A-z][_A-z0-9]*)\??"
_EPYDOC_NAMED = re.compile(rf"(?:param|keyword|type){_EPYDOC_NAME}:")
_EPYDOC_VARIABLE = re.compile(rf"(?:ivar|cvar|var){_EPYDOC_NAME}:")
_EPYDOC_RAISED = re.compile(rf"raise(?:{_EPYDOC_NAME})?:")
_EPYDOC_RETURNED = re.compile(r"(?:return|rtype|yield|ytype):")
_EPYDOC_WORDS = {
    *("param", "keyword", "type", "ivar", "cvar", "var", "return", "rtype", "yield", "ytype")
}
_EPYDOC_OTHER = re.compile(rf"([_A-z][_A-z0-9]+)(?:{_EPYDOC_NAME})*:")

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


def _sphinx_field(parsed, types, words, description):
    """Read one field, `:param x: …`, of which `words` are those between the colons."""
    kind, count = words[0], len(words)
    if kind == "type" and count == 2:
        return
    if kind == "rtype" and count <= 2:
        types.add(words[-1])
    elif kind in _PARAMETER_WORDS:
        if count not in (2, 3):
            raise _NotThisStyle
        parsed.add(words[-1], _cleaned(description.strip()))
    elif kind in _RETURN_WORDS | _RAISE_WORDS and count > 2:
        raise _NotThisStyle
    else:
        parsed.count += 1


def _sphinx(text):
    begin = re.search("^:", text, re.M)
    parsed = _Parsed(text[: begin.start()] if begin else text)
    if not begin:
        return parsed
    types, kinds = set(), set()
    for match in re.finditer(r"(^:.*?)(?=^:|\Z)", text[begin.start() :], re.S | re.M):
        head, colon, description = match.group().lstrip(":").partition(":")
        words = head.split()
        if not colon or not words:
            raise _NotThisStyle
        kinds.add(words[0])
        _sphinx_field(parsed, types, words, description)
    # The type of what is returned counts where nothing else tells of that.
    if not kinds & _RETURN_WORDS:
        parsed.count += len(types)
    return parsed


def _numpy_count(title, body, keys):
    """How much a section without parameters holds."""
    if re.fullmatch("(Raise|Warn|Return|Yield)s?", title or ""):
        return keys
    if re.fullmatch("Examples?", title or ""):
        prompts = [line.startswith(">>>") for line in textwrap.dedent(body).strip().splitlines()]
        # Each run of prompts begins an example, and so does text before the first.
        return sum(now and not before for before, now in zip([False, *prompts], prompts)) + (
            bool(prompts) and not prompts[0]
        )
    return 1


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
            parsed.count += _numpy_count(title.group(1), body, len(keys))
            continue
        key_ends = [match.start() for match in keys[1:]] + [len(body)]
        for key, key_end in zip(keys, key_ends):
            name = key.group().split(":", 1)[0].rstrip()
            parsed.add(name, inspect.cleandoc(body[key.end() : key_end]).strip() or None)
    return parsed


def _epydoc_field(parsed, returns, field):
    """Read one field, `@param x: …`; what tells a type counts, but once for each name."""
    named = _EPYDOC_NAMED.search(field) or _EPYDOC_VARIABLE.search(field)
    returned = _EPYDOC_RETURNED.search(field)
    if named:
        name = named.group(1)
        parsed.count += name not in parsed.parameters
        if not named.group().startswith("type"):
            parsed.parameters[name] = _cleaned(field[named.end() :].strip())
        parsed.parameters.setdefault(name, None)
        return
    if returned and not _EPYDOC_RAISED.search(field):
        returns.add(returned.group()[0])
        return
    if not _EPYDOC_RAISED.search(field):
        other = _EPYDOC_OTHER.search(field)
        if other is None or other.group(1) in _EPYDOC_WORDS:
            raise _NotThisStyle
    parsed.count += 1


def _epydoc(text):
    begin = re.search("^@", text, re.M)
    parsed = _Parsed(text[: begin.start()] if begin else text)
    if not begin:
        return parsed
    returns = set()
    for match in re.finditer(r"(^@.*?)(?=^@|\Z)", text[begin.start() :], re.S | re.M):
        _epydoc_field(parsed, returns, match.group())
    if "y" in returns and "r" in returns:  # Both yields and returns.
        raise _NotThisStyle
    parsed.count += bool(returns)
    return parsed


def _parse(text):
    text = inspect.cleandoc(text)
    best = None
    for style in (_sphinx, _google, _numpy, _epydoc):
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
