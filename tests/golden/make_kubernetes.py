# SPDX-License-Identifier: Apache-2.0
"""Makes tests/pipeline/kubernetes_golden.h: what KFP compiles of pipelines that use kfp.kubernetes.

Run it where kfp and kfp-kubernetes are installed
(`python make_kubernetes.py > ../pipeline/kubernetes_golden.h`). tests/pipeline/test_kubernetes.c builds the
same pipelines.
"""
import json
import pathlib
import tempfile

import kfp
import yaml
from kfp import compiler
from kfp import dsl
from kfp import kubernetes


@dsl.container_component
def text(out: dsl.OutputPath(str)):
    return dsl.ContainerSpec(image='image')


@dsl.container_component
def struct(out: dsl.OutputPath(dict)):
    return dsl.ContainerSpec(image='image')


@dsl.container_component
def items(out: dsl.OutputPath(list)):
    return dsl.ContainerSpec(image='image')


@dsl.container_component
def work():
    return dsl.ContainerSpec(image='image')


@dsl.container_component
def other():
    return dsl.ContainerSpec(image='image')


def configure(task, text_in, struct_in, text_out, struct_out):
    """Every function of kfp.kubernetes that configures a task."""
    kubernetes.use_secret_as_env(task, 'secret', {'a': 'A', 'b': 'B'})
    kubernetes.use_secret_as_env(task, text_in, {'a': 'A'})
    kubernetes.use_secret_as_env(task, text_out, {'a': 'A'}, optional=True)
    kubernetes.use_secret_as_volume(task, text_out, '/secret')
    kubernetes.use_config_map_as_env(task, text_in, {'c': 'C'})
    kubernetes.use_config_map_as_volume(task, 'map', '/map')
    kubernetes.use_field_path_as_env(task, 'NAME', 'metadata.name')
    kubernetes.mount_pvc(task, text_in, '/in', 'sub')
    kubernetes.mount_pvc(task, text_out, '/out')
    kubernetes.empty_dir_mount(task, 'empty', '/empty', 'Memory', '1Gi')
    kubernetes.add_ephemeral_volume(task, 'made', '/made', ['ReadWriteOnce'], '5Gi', None,
                                    {'l': '1'}, {'a': '2'})
    kubernetes.add_node_selector(task, 'key', 'value')
    kubernetes.add_node_selector_json(task, struct_in)
    kubernetes.add_node_affinity(task, [{'key': 'a', 'operator': 'In', 'values': ['x']}], None, 5)
    kubernetes.add_node_affinity_json(task, struct_out)
    kubernetes.add_toleration(task, 'key', 'Equal', 'value', 'NoExecute', 10)
    kubernetes.add_toleration_json(task, struct_in)
    kubernetes.add_toleration_json(task, [{'key': 'q'}])
    kubernetes.add_pod_label(task, 'label', 'value')
    kubernetes.add_pod_annotation(task, 'annotation', 'value')
    kubernetes.set_image_pull_policy(task, 'Always')
    kubernetes.set_image_pull_secrets(task, ['name', text_in, text_out])
    kubernetes.set_timeout(task, 77)
    kubernetes.set_security_context(task, 1, 2, True)


@dsl.pipeline
def flat(s: str, d: dict):
    a, b = text(), struct()
    configure(work(), s, d, a.output, b.output)


@dsl.pipeline
def loop(s: str, d: dict):
    a, b = text(), struct()
    with dsl.ParallelFor(['x', 'y']) as item:
        task = work()
        configure(task, s, d, a.output, b.output)
        kubernetes.use_secret_as_env(task, item, {'i': 'I'})


@dsl.pipeline
def inside(s: str, d: dict):
    with dsl.ParallelFor(['x', 'y']):
        a, b = text(), struct()
        configure(work(), s, d, a.output, b.output)


@dsl.pipeline
def items_of_output():
    made = items()
    with dsl.ParallelFor(made.output) as item:
        kubernetes.mount_pvc(work(), item, '/item')


@dsl.pipeline
def groups(s: str, d: dict):
    a, b = text(), struct()
    with dsl.If(s == 'go'):
        with dsl.ParallelFor(['x', 'y']) as item:
            with dsl.If(item == 'x'):
                task = work()
                configure(task, s, d, a.output, b.output)
                kubernetes.use_secret_as_env(task, item, {'i': 'I'})


@dsl.pipeline
def claims(size: str = '5Gi'):
    first = kubernetes.CreatePVC(access_modes=['ReadWriteMany'], size=size, pvc_name_suffix='-x',
                                 storage_class_name='standard')
    task = work()
    kubernetes.mount_pvc(task, first.outputs['name'], '/claim')
    kubernetes.CreatePVC(access_modes=['ReadWriteOnce'], size='1Gi', pvc_name='n', volume_name='v',
                         annotations={'a': 'b'},
                         data_source={'apiGroup': 'g', 'kind': 'K', 'name': 'n'})
    kubernetes.DeletePVC(pvc_name=first.outputs['name']).after(task)


@dsl.pipeline
def inner(s: str):
    kubernetes.use_secret_as_env(work(), s, {'a': 'A'})
    with dsl.ParallelFor(['1']):
        kubernetes.use_secret_as_env(other(), s, {'b': 'B'})


@dsl.pipeline
def nested(s: str):
    kubernetes.set_timeout(text(), 5)
    inner(s=s)
    inner(s='constant')


@dsl.pipeline
def exits(s: str):
    last = work()
    kubernetes.use_secret_as_env(last, s, {'a': 'A'})
    with dsl.ExitHandler(last):
        kubernetes.use_secret_as_env(other(), s, {'b': 'B'})


def main():
    print('/* SPDX-License-Identifier: Apache-2.0 */')
    print(f'/* Made by tests/golden/make_kubernetes.py from kfp and kfp-kubernetes {kfp.__version__}. */')
    print('/* clang-format off */')
    print('#ifndef KF_KUBERNETES_GOLDEN_H\n#define KF_KUBERNETES_GOLDEN_H\n')
    print('#pragma GCC diagnostic ignored "-Woverlength-strings"')
    for pipeline in (flat, loop, inside, items_of_output, groups, claims, nested, exits):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / 'pipeline.yaml'
            compiler.Compiler().compile(pipeline, str(path))
            spec, platform = yaml.safe_load_all(path.read_text())
        for name, document in (('spec', spec), ('platform', platform)):
            value = json.dumps(document, sort_keys=True)
            print(f'static const char {pipeline.name.replace("-", "_")}_{name}[] =\n    {json.dumps(value)};')
    print('\n#endif')


if __name__ == '__main__':
    main()
