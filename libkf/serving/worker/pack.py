# SPDX-License-Identifier: Apache-2.0
"""Writes the package kf.serving into C: `pack.py OUTPUT ROOT FILE…`, as serving/worker_source.h has it.

Names are those below ROOT. The package kf itself has nothing but a name there.
"""
import pathlib
import sys


def array(index, text):
    data = text.encode('utf-8') + b'\0'
    rows = [','.join(map(str, data[at:at + 32])) for at in range(0, len(data), 32)]
    return f'static const unsigned char text_{index}[] = {{\n' + ',\n'.join(rows) + '};\n'


def main(output, root, *paths):
    license_line = '# SPDX-License-Identifier: Apache-2.0\n'
    files = [('kf/__init__.py', license_line)]
    for path in sorted(paths):
        path = pathlib.Path(path).resolve()
        name = path.relative_to(pathlib.Path(root).resolve().parent).as_posix()
        files.append((name, path.read_text(encoding='utf-8')))
    parts = ['/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by pack.py. */\n'
             '#include "serving/worker_source.h"\n']
    parts += [array(index, text) for index, (_, text) in enumerate(files)]
    parts.append('const kf_worker_file kf__worker_files[] = {')
    parts += [f'    {{"{name}", (const char *)text_{index}, sizeof text_{index} - 1}},'
              for index, (name, _) in enumerate(files)]
    parts.append('    {NULL, NULL, 0}};\n')
    pathlib.Path(output).write_text('\n'.join(parts), encoding='ascii')


if __name__ == '__main__':
    main(*sys.argv[1:])
