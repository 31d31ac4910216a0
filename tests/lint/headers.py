# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone: headers.py ROOT CC [CXX]. Writes TAP.

Public headers as C11 and, where there is a C++ compiler, C++11, without a warning; private ones
as gnu11.
"""

import subprocess
import sys
from pathlib import Path

STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only"]


def compile_alone(command, header):
    result = subprocess.run([*command, "-"], input=f"#include <{header}>\n#include <{header}>\n",
                            capture_output=True, text=True)
    return result.returncode == 0, result.stderr


def points(root, c_compiler, cxx_compiler):
    """(header, what it is compiled as, command) of every compilation."""
    include, private = Path(root) / "include", Path(root) / "libkf"
    for file in sorted(include.rglob("*.h")):
        header = file.relative_to(include).as_posix()
        common = [*STRICT, f"-I{include}"]
        yield header, "C11", [c_compiler, "-std=c11", "-xc", *common]
        if cxx_compiler:
            yield header, "C++11", [cxx_compiler, "-std=c++11", "-xc++", *common]
    for file in sorted(private.rglob("*.h")):
        header = file.relative_to(private).as_posix()
        yield header, "gnu11", [c_compiler, "-std=gnu11", "-xc", "-D_GNU_SOURCE", "-Wall",
                                "-Werror", "-fsyntax-only", f"-I{include}", f"-I{private}"]


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    plan = list(points(arguments[0], arguments[1], arguments[2] if len(arguments) > 2 else None))
    failed = False
    print(f"1..{len(plan)}")
    for number, (header, standard, command) in enumerate(plan, 1):
        good, messages = compile_alone(command, header)
        failed = failed or not good
        print(f"{'ok' if good else 'not ok'} {number} - {header} as {standard}")
        for line in messages.splitlines():
            print(f"# {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
