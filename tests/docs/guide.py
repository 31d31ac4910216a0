# SPDX-License-Identifier: Apache-2.0
"""The guide's snippets, taken out of its pages and executed.

    guide.py PAGE…            write what commands print below those that have no output yet
    guide.py --again PAGE…    and below those whose output is no longer true

Of the fenced blocks of a page
  - `console` is run: each line that begins with "$ " in one folder for the page, its output compared;
  - `python` is executed: a block whose first line is "# name.py" is only saved under that name, for
    commands to use; all others are one program, and what `print(…)  # text` prints must be the text;
  - `py` must be valid Python, and is not executed;
  - `c` is compiled without a warning, by itself or, from "/* name.c */", saved for commands to use;
  - `sh` must be valid, `yaml` (which is saved too, if it has a name) and `json` too; `text` is text.

In an expected output "…" stands for anything, and a line of it for any lines. Ids, times, digests and
durations are compared by their form.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
FORMS = (
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "RUN"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{3}\b", "RUN"),
    (r"(?<=--resume )[0-9a-f]{8}\b", "RUN"),
    (r"(?<=kf show )[0-9a-f]{8}\b", "RUN"),
    (r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z)?", "TIME"),
    (r"\b[0-9a-f]{12}([0-9a-f]{20}|[0-9a-f]{52})?\b", "DIGEST"),
    (r"\b\d+ min \d+ s\b|\b\d+(\.\d+)? m?s\b", "DURATION"),
    (r'"(duration|size|hits)": [\d.]+', r'"\1": N'),
    (r"\s+", " "),
)
PRELUDE = "#include <kf.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"


class Page:
    """A page and the folder that its snippets work in."""

    def __init__(self, path, home, settings):
        self.path = pathlib.Path(path)
        self.text = self.path.read_text(encoding="utf-8")
        self.home = pathlib.Path(home)
        self.folder = self.home / "guide"
        self.folder.mkdir(parents=True)
        self.settings = settings
        tools = self.home / "bin"
        tools.mkdir()
        for name in ("python", "python3"):
            (tools / name).symlink_to(sys.executable)
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("KF_")},
            "HOME": str(self.home),
            "PATH": os.pathsep.join((str(tools), os.path.dirname(settings["kf"]), os.environ["PATH"])),
            "PKG_CONFIG_PATH": settings["pkgconfig"],
            # What an installed library needs none of.
            "CPATH": settings["include"],
            "LD_LIBRARY_PATH": settings["library"],
            "KF_PYTHON": sys.executable,
            "LC_ALL": "C.UTF-8",
        }

    def blocks(self):
        for match in FENCE.finditer(self.text):
            yield match.group(1), match.group(2), self.text.count("\n", 0, match.start(2)) + 1

    def where(self, line):
        return f"{self.path.name}:{line}"

    def shell(self, command):
        """What a command prints, on both streams, with the folder's own name in place of the real one."""
        done = subprocess.run(
            ["sh", "-c", command], cwd=self.folder, env=self.environment, text=True, timeout=240,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )
        return done.returncode, done.stdout.replace(str(self.home), "/home/ada")

    # ---- each kind of block ----

    def check(self):
        """Execute the page; a list of what is wrong."""
        self.save()
        wrong = []
        for kind, text, line in self.blocks():
            check = getattr(self, f"check_{kind}", None)
            if check is None:
                wrong.append(f"{self.where(line)}: no such kind of block: {kind}")
            else:
                wrong += [f"{self.where(line)}: {each}" for each in check(text)]
        return wrong + self.check_program()

    def save(self):
        for kind, text, _ in self.blocks():
            name = name_of(kind, text)
            if name:
                (self.folder / name).write_text(text, encoding="utf-8")

    def check_console(self, text):
        for command, expected in commands_of(text):
            _, printed = self.shell(command)
            if not agrees(expected, printed):
                yield f"$ {command}\nexpected\n{expected}\nprinted\n{printed}"

    def check_python(self, text):
        try:
            compile(text, "block", "exec")
        except SyntaxError as error:
            yield str(error)

    check_py = check_python

    def check_program(self):
        """The page's blocks without a name, as one program."""
        program, line = [], 1
        for kind, text, first in self.blocks():
            if kind == "python" and not name_of(kind, text):
                program += ["\n"] * (first - line) + text.splitlines(keepends=True)
                line = first + text.count("\n")
        expected = re.findall(r"^print\(.*\) {2,}# (.*)$", "".join(program), re.M)
        if not program:
            return []
        name = f"{self.path.stem}.md.py"
        (self.folder / name).write_text("".join(program), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, name], cwd=self.folder, env=self.environment, text=True, timeout=240,
            capture_output=True,
        )
        if done.returncode != 0:
            return [f"{self.where(1)}: {done.stderr}"]
        if done.stdout.splitlines() != expected:
            return [f"{self.where(1)}: expected {expected}, printed {done.stdout.splitlines()}"]
        return []

    def check_c(self, text):
        command = [*shlex.split(self.settings["cc"]), "-std=c11", "-D_GNU_SOURCE", "-fsyntax-only",
                   "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-Wno-unused-function",
                   "-I", self.settings["include"], "-x", "c", "-"]
        done = subprocess.run(command, input=PRELUDE + text, text=True, capture_output=True)
        if done.returncode != 0:
            yield done.stderr

    def check_sh(self, text):
        done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True)
        if done.returncode != 0:
            yield done.stderr

    def check_json(self, text):
        try:
            json.loads(text)
        except ValueError as error:
            yield str(error)

    def check_yaml(self, text):
        try:
            import yaml
        except ImportError:
            return
        try:
            list(yaml.safe_load_all(text))
        except yaml.YAMLError as error:
            yield str(error)

    def check_text(self, text):
        return ()


def name_of(kind, text):
    """The name that a block is saved under, or None."""
    match = re.match(r"(?:# |/\* )([\w.-]+\.(?:py|c|yaml|json))(?: \*/)?\n", text)
    return match.group(1) if match and kind in ("python", "c", "yaml") else None


def commands_of(text):
    """Each command of a console block, and what it is to print."""
    parts = re.split(r"^\$ ((?:.*\\\n)*.*)\n", text, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def form(text):
    for pattern, name in FORMS:
        text = re.sub(pattern, name, text)
    return text.strip()


def agrees(expected, printed):
    """Whether the output is as expected: line by line, by form, with "…" for anything."""
    pattern = []
    for line in expected.splitlines():
        if line.strip() == "…":
            pattern.append(r"(?:.*\n)*")
        else:
            pattern.append(".*".join(re.escape(form(piece)) for piece in line.split("…")) + r"\n")
    lines = "".join(form(line) + "\n" for line in printed.splitlines())
    return re.fullmatch("".join(pattern), lines) is not None


def settings_of(environment):
    return {key: environment[f"GUIDE_{key.upper()}"] for key in ("kf", "cc", "include", "library", "pkgconfig")}


def fill_in(path, again=False):
    """Write what commands print below those that have no output yet, or another than they print."""
    with tempfile.TemporaryDirectory() as home:
        page = Page(path, home, settings_of(os.environ))
        page.save()

        def filled(match):
            if match.group(1) != "console":
                return match.group(0)
            body = ""
            for command, expected in commands_of(match.group(2)):
                _, printed = page.shell(command)
                lines = "".join(line.rstrip() + "\n" for line in printed.splitlines())
                keep = expected and (agrees(expected, printed) or not again)
                body += f"$ {command}\n" + (expected if keep else lines)
            return f"```console\n{body}```"

        page.path.write_text(FENCE.sub(filled, page.text), encoding="utf-8")


if __name__ == "__main__":
    pages = [each for each in sys.argv[1:] if each != "--again"]
    for page in pages:
        fill_in(page, again=len(pages) < len(sys.argv) - 1)
