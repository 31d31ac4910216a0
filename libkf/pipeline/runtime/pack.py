# SPDX-License-Identifier: Apache-2.0
"""Writes Python files into C: `pack.py OUTPUT VERSION HEADER SYMBOL=FILE…` for `const char SYMBOL[]` with the
text of the file, as HEADER declares it.

Besides kf__runtime_source there is the program by which a component carries the runtime.
"""
import ast
import base64
import io
import sys
import tokenize
import zlib

# The source of the component is "$0" and the arguments are "$@", as in KFP's own program. Tools that ask
# whether a command is that of a Python component look for the name of KFP's executor.
PROGRAM = '''# In place of kfp.dsl.executor_main
program_path=$(mktemp -d)

printf "%s" "$0" > "$program_path/ephemeral_component.py"
printf "%s" 'import base64,zlib
exec(zlib.decompress(base64.b64decode("{packed}")))' > "$program_path/kf_runtime.py"
_KFP_RUNTIME=true python3 "$program_path/kf_runtime.py" --component_module_path \
"$program_path/ephemeral_component.py" "$@"
'''


def docstrings(tree):
    """The first and last line of each docstring, and whether something else stands in the same body."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(
                    first.value.value, str):
                yield first.lineno, first.end_lineno, len(node.body) > 1


def strip(source):
    """The source without comments, docstrings and blank lines, indented by one space.

    By positions in the text and not through ast.unparse, whose output depends on the version of Python.
    """
    lines = source.splitlines()
    inside = set()  # Lines that begin within brackets or a string: their indentation is free, or content.
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
        elif token.type == tokenize.STRING and token.start[0] != token.end[0]:
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
    for first, last, more in docstrings(ast.parse(source)):
        indent = len(lines[first - 1]) - len(lines[first - 1].lstrip())
        lines[first - 1:last] = [''] * (last - first + 1)
        inside.difference_update(range(first, last + 1))
        if not more:
            lines[first - 1] = ' ' * indent + '0'
    assert not inside, f'a string over several lines, at line {min(inside)}'
    kept = []
    for line in lines:
        text = line.lstrip()
        if text:
            kept.append(' ' * ((len(line) - len(text)) // 4) + text)
    return '\n'.join(kept) + '\n'


def array(symbol, text):
    data = text.encode('ascii') + b'\0'
    rows = [','.join(map(str, data[at:at + 32])) for at in range(0, len(data), 32)]
    return f'const char {symbol}[] = {{\n' + ',\n'.join(rows) + '};\n' + \
        f'const size_t {symbol}_length = {len(data) - 1};\n'


def program(source):
    stripped = strip(source)
    assert ast.dump(ast.parse(stripped)) == ast.dump(without_docstrings(source)), 'stripping changed the program'
    packed = base64.b64encode(zlib.compress(stripped.encode('ascii'), 9)).decode('ascii')
    return PROGRAM.format(packed=packed)


def without_docstrings(source):
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(
                    first.value.value, str):
                node.body[:1] = [] if len(node.body) > 1 else [ast.Expr(ast.Constant(0))]
    return tree


def main(output, version, header, *pairs):
    parts = [f'/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by pack.py. */\n#include "{header}"\n']
    for pair in pairs:
        symbol, _, path = pair.partition('=')
        with open(path, encoding='utf-8') as file:
            source = file.read().replace('@VERSION@', version)
        parts.append(array(symbol, source))
        if symbol == 'kf__runtime_source':
            parts.append(array('kf__runtime_program', program(source)))
    with open(output, 'w', encoding='ascii') as file:
        file.write('\n'.join(parts))


if __name__ == '__main__':
    main(*sys.argv[1:])
