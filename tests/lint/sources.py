# SPDX-License-Identifier: Apache-2.0
"""The files of the project, and what a rule wants to know about one of them."""

import ast
import functools
import re
from pathlib import Path

FOLDERS = ("include", "libkf", "bindings", "python", "tests", "examples", "tools", "docs", ".ci")
SKIPPED = {"__pycache__", ".pytest_cache", "node_modules"}

# Comments are dropped, literals become empty ones; line breaks stay, so that line numbers do too.
_C_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)|(?P<text>"(?:\\.|[^"\\\n])*")|(?P<character>'(?:\\.|[^'\\\n])*')""",
    re.S | re.X,
)


def _blank(match):
    breaks = "\n" * match.group().count("\n")
    if match.group("comment"):
        return " " + breaks
    return ('""' if match.group("text") else "' '") + breaks


class Source:
    """One file; `path` is relative to the root of the project, with forward slashes."""

    def __init__(self, root, path):
        self.path = path
        self.file = Path(root) / path

    @functools.cached_property
    def raw(self):
        return self.file.read_bytes()

    @functools.cached_property
    def text(self):
        return self.raw.decode("utf-8", "replace")

    @functools.cached_property
    def lines(self):
        return self.text.splitlines()

    @property
    def suffix(self):
        return self.file.suffix

    @property
    def is_c(self):
        return self.suffix in (".c", ".h")

    @property
    def is_python(self):
        return self.suffix == ".py"

    def under(self, *folders):
        return any(self.path.startswith(folder + "/") for folder in folders)

    @functools.cached_property
    def code(self):
        """C without comments and literals."""
        return _C_TOKEN.sub(_blank, self.text)

    @functools.cached_property
    def includes(self):
        """(line, "<" or '"', header) of every include."""
        found = []
        for number, line in enumerate(self.lines, 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if match:
                found.append((number, match.group(1), match.group(2)))
        return found

    @functools.cached_property
    def unbreakable(self):
        """The lines without string literals, which cannot be broken everywhere, and without the
        backslashes at the end of a macro's lines, which stand under each other."""
        text = _C_TOKEN.sub(lambda match: '""' if match.group("text") else match.group(), self.text)
        return [re.sub(r"\s*\\?$", "", line) for line in text.splitlines()]

    def line_of(self, offset, text=None):
        return (self.code if text is None else text).count("\n", 0, offset) + 1

    @functools.cached_property
    def functions(self):
        """(line, name, number of lines) of every function."""
        return list(self._c_functions() if self.is_c else self._python_functions())

    def _c_functions(self):
        lines = self.code.splitlines()
        for start, line in enumerate(lines):
            if line.rstrip() != "{" or start == 0:
                continue
            first = start
            while first > 0 and lines[first - 1].strip() and lines[first - 1][0] not in "}#;{":
                first -= 1
            head = " ".join(lines[first:start])
            end = next((i for i in range(start, len(lines)) if lines[i].startswith("}")), None)
            match = re.search(r"(\w+)\s*\(([^()]*)", head)
            if end is None or match is None:
                continue
            name = match.group(2) if match.group(1) == "START_TEST" else match.group(1)
            yield first + 1, name.strip(), end - first + 1

    def _python_functions(self):
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = node.end_lineno - node.lineno + 1
                first = node.body[0]
                if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                    length -= first.end_lineno - first.lineno + 1
                yield node.lineno, node.name, length


def read_tree(root):
    """All files of the project below `root`, built and installed ones left out."""
    root = Path(root)
    files = [file for file in root.iterdir() if file.is_file() and file.name != ".git"]
    for folder in FOLDERS:
        files += [file for file in (root / folder).rglob("*") if file.is_file()]
    paths = (file.relative_to(root) for file in files)
    return [Source(root, path.as_posix()) for path in sorted(paths)
            if not SKIPPED.intersection(path.parts) and path.suffix not in (".pyc", ".so")]


_DECLARATION = re.compile(r"\bKF_API\b([^;{]*?)\b(\w+)\s*\(")


def exported_functions(source):
    """(line, name, documented) of every KF_API function of a public header."""
    text = source.text
    # A macro's own definition is no declaration.
    masked = re.sub(r"^[ \t]*#[^\n]*", lambda match: " " * len(match.group()), text, flags=re.M)
    comments = [(match.start(), match.end()) for match in _C_TOKEN.finditer(text)
                if match.group("comment")]
    for start, end in comments:
        masked = masked[:start] + re.sub(r"[^\n]", " ", masked[start:end]) + masked[end:]
    for match in _DECLARATION.finditer(masked):
        name = match.group(2)
        if name.startswith("KF_"):
            name = _name_behind_macros(masked, match.start())
        before = text[:match.start()].rstrip()
        comment = next((text[s:e] for s, e in reversed(comments) if e == len(before)), "")
        documented = comment.startswith("/**") and re.search(r"\w", comment) is not None \
            and not re.fullmatch(r"/\*\*\s*@[{}]\s*\*/", comment)
        yield source.line_of(match.start(), text), name, documented


def _name_behind_macros(text, start):
    end = text.find(";", start)
    names = re.findall(r"\b(\w+)\s*\(", text[start:end])
    return next((name for name in names if not name.startswith("KF_")), "")
