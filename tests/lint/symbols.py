# SPDX-License-Identifier: Apache-2.0
"""libkf.map: the exported symbols, all of them, by version.

    symbols.py update ROOT            write into libkf.map what the public headers declare
    symbols.py library ROOT libkf.so  check that the library exports what libkf.map lists
    symbols.py core ROOT LIBRARY.a    check the names and globals of the library's own objects
"""

import re
import subprocess
import sys
from pathlib import Path

from sources import exported_functions, read_tree

MAP = "libkf/libkf.map"
# Mutable data of the whole process: the sink of the log, and the libraries that are opened once, at
# first use.
GLOBALS = {"target", "opening", "archive_library", "curl_library", "curl_begun", "curl_beginning", "mhd", "h2"}


def read_map(text):
    """Version to names, in the order of the map; a pattern counts as a name."""
    versions = {}
    for version, body in re.findall(r"(\w[\w.]*)\s*\{(.*?)\}", text, re.S):
        names = re.search(r"global:(.*?)(?:local:|$)", body, re.S)
        versions[version] = re.findall(r"[^\s;]+", names.group(1)) if names else []
    return versions


def write_map(versions):
    text, before = "# SPDX-License-Identifier: Apache-2.0\n", ""
    for version, names in versions.items():
        listed = "".join(f"    {name};\n" for name in sorted(names))
        hidden = "" if before else "local:\n    *;\n"
        text += f"{version} {{\nglobal:\n{listed}{hidden}}}{before};\n"
        before = " " + version
    return text


def declared(tree):
    """Name to (path, line) of every exported function."""
    return {name: (source.path, line) for source in tree
            if source.under("include") and source.suffix == ".h"
            for line, name, _ in exported_functions(source)}


def difference(tree):
    """Where the map and the headers differ."""
    functions = declared(tree)
    listed = [name for source in tree if source.path == MAP
              for names in read_map(source.text).values() for name in names]
    for name, (path, line) in functions.items():
        if name not in listed:
            yield path, line, f"{name} is not in {MAP}: run tests/lint/symbols.py update ."
        if not re.fullmatch(r"kf_[a-z0-9]+(_[a-z0-9]+)*", name):
            yield path, line, f"{name}: an exported name is kf_noun_verb"
    for name in listed:
        if name not in functions:
            yield MAP, 0, f"{name} is declared in no public header with KF_API"
        elif listed.count(name) > 1:
            yield MAP, 0, f"{name} is listed twice"


def update(root):
    """Add what is new to the last version of the map, and drop what no header declares."""
    functions = declared(read_tree(root))
    file = Path(root) / MAP
    versions = read_map(file.read_text())
    kept = {version: [name for name in names if name in functions]
            for version, names in versions.items()}
    known = {name for names in kept.values() for name in names}
    kept[list(kept)[-1]] += [name for name in functions if name not in known]
    file.write_text(write_map(kept))


def _run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def library(root, path):
    """The dynamic symbols of the library against the map."""
    exported = {line.split()[-1].split("@")[0]
                for line in _run("nm", "-D", "--defined-only", path).splitlines()
                if line.split()[-2] != "A"}
    listed = {name for names in read_map((Path(root) / MAP).read_text()).values()
              for name in names}
    for name in sorted(exported - listed):
        yield MAP, 0, f"{name} is exported and not listed"
    for name in sorted(listed - exported):
        yield MAP, 0, f"{name} is listed and not exported: it is defined nowhere, or hidden"


def core(root, path):
    """Names that files share begin with kf; data that changes lives in handles."""
    functions = declared(read_tree(root))
    for line in _run("objdump", "-t", path).splitlines():
        match = re.match(r"\S+ (.)(.{6}) (\S+)\s+[0-9a-f]+\s+(?:\.hidden )?(\S+)$", line)
        if match is None:
            continue
        scope, flags, section, name = match.groups()
        is_data = flags.endswith("O") and re.match(r"\.(data|bss)(?!\.rel\.ro)|\*COM\*", section)
        if is_data and name.split(".")[0] not in GLOBALS:
            yield path, 0, f"{name} is a variable of the whole process"
        if scope == "g" and not section.startswith("*") and name not in functions \
                and not name.startswith("kf__"):
            yield path, 0, f"{name} is shared between files and is not named kf__noun_verb"


def main(arguments):
    if len(arguments) < 2 or arguments[0] not in ("update", "library", "core"):
        print(__doc__, file=sys.stderr)
        return 2
    if arguments[0] == "update":
        update(arguments[1])
        return 0
    findings = list({"library": library, "core": core}[arguments[0]](*arguments[1:]))
    for path, _, message in findings:
        print(f"{path}: {message}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
