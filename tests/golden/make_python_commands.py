# SPDX-License-Identifier: Apache-2.0
"""Makes tests/pipeline/python_commands.h: the commands that KFP writes for Python components.

Run it where kfp is installed (`python make_python_commands.py > ../pipeline/python_commands.h`); the
header says which version it was.
"""
import json
import random

import kfp
from kfp.dsl import component_factory

SOURCE = '\nimport kfp\n\ndef f():\n    print("it\'s 1 < 2")\n\n'
FACTORS = {
    'packages_to_install': [
        None, [], ['a==1'], ['a==1', "b[x]>=2; python_version<'3.9'"], ['kfp==2.0', 'c'],
        ['c"d', "it's", 'both\'"', 'back\\slash', 'tab\t', 'caf\u00e9\u200b']
    ],
    'pip_index_urls': [None, [], ['https://a/simple'], ['https://a/simple', 'https://b/simple']],
    'pip_trusted_hosts': [None, [], ['h'], ['h', 'i']],
    'install_kfp_package': [True, False],
    'kfp_package_path': [None, 'git+https://h/r@refs/pull/1/merge#egg=kfp', '/', 'kfp @ file:///nope'],
    'use_venv': [False, True],
    'target_image': [None, 'img'],
}


def f():
    pass


def cases():
    base = {name: values[0] for name, values in FACTORS.items()}
    yield base
    for name, values in FACTORS.items():
        for value in values[1:]:
            yield {**base, name: value}
    rng = random.Random(17)
    for _ in range(24):
        yield {name: rng.choice(values) for name, values in FACTORS.items()}


def command_of(case):
    install = component_factory._get_packages_to_install_command(**case)
    if case['target_image']:
        command, args = component_factory._get_command_and_args_for_containerized_component('f')
    else:
        command, args = component_factory._get_command_and_args_for_lightweight_component(f)
        command = command[:-1] + [SOURCE]
    return [*install, *command], args


def literal(value):
    # A JSON text is a C string literal but for the escapes of characters past ASCII, which stay UTF-8.
    return json.dumps(json.dumps(value, ensure_ascii=False), ensure_ascii=False)


def main():
    print('/* SPDX-License-Identifier: Apache-2.0 */')
    print('/* Made by tests/golden/make_python_commands.py from kfp ' + kfp.__version__ + '. */')
    print('/* clang-format off */')
    print('#ifndef KF_PYTHON_COMMANDS_H\n#define KF_PYTHON_COMMANDS_H')
    print('static const char golden_source[] = ' + json.dumps(SOURCE) + ';')
    print('static const struct {\n    const char *options, *command, *args;\n} goldens[] = {')
    seen = set()
    for case in cases():
        command, args = command_of(case)
        options = {name: value for name, value in case.items() if value not in (None, False)}
        line = f'    {{{literal(options)},\n     {literal(command)},\n     {literal(args)}}},'
        if line not in seen:
            print(line)
        seen.add(line)
    print('};\n#endif')


if __name__ == '__main__':
    main()
