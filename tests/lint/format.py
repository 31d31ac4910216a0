# SPDX-License-Identifier: Apache-2.0
"""The C files are as clang-format lays them out: format.py ROOT. Exit status 77: skipped.

Examples are pages to be read, laid out by hand. Versions of clang-format differ in details, so only
the one that the code was laid out with counts.
"""

import re
import shutil
import subprocess
import sys

from sources import read_tree

VERSION = "14"


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    program = shutil.which(f"clang-format-{VERSION}") or shutil.which("clang-format")
    if program is None:
        print(f"skipped: clang-format {VERSION} is not installed")
        return 77
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    if not re.search(rf"version {VERSION}\.", version):
        print(f"skipped: version {VERSION} is needed, not {version.strip()}")
        return 77
    files = [source.path for source in read_tree(arguments[0])
             if source.is_c and not source.under("examples")]
    result = subprocess.run([program, "--dry-run", "-Werror", *files], cwd=arguments[0],
                            capture_output=True, text=True)
    places = re.findall(r"^(\S+:\d+):\d+: error", result.stderr, re.M)
    for place in dict.fromkeys(places):
        print(f"{place}: not laid out as clang-format does")
    return 1 if result.returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
