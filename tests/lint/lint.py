# SPDX-License-Identifier: Apache-2.0
"""Check the rules of the house: lint.py ROOT [RULE…]. Writes TAP, one point per rule."""

import sys

import rules
from sources import read_tree


def main(arguments):
    names = {rule.__name__: rule for rule in rules.ALL}
    chosen = arguments[1:] or list(names)
    if not arguments or any(name not in names for name in chosen):
        print(f"{__doc__}\nRules: {', '.join(names)}.", file=sys.stderr)
        return 2
    tree = read_tree(arguments[0])
    failed = False
    print(f"1..{len(chosen)}")
    for number, name in enumerate(chosen, 1):
        findings = list(names[name](tree))
        failed = failed or bool(findings)
        print(f"{'not ok' if findings else 'ok'} {number} - {names[name].__doc__.rstrip('.')}")
        for path, line, message in findings:
            print(f"# {path}{f':{line}' if line else ''}: {message}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
