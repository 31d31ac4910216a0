# SPDX-License-Identifier: Apache-2.0
"""Compiles the documents of this folder with kfp and kfp-kubernetes 2.17.0, in every format."""
import os
import sys

from kfp import compiler, dsl, kubernetes
from kfp.compiler.compiler_utils import KubernetesManifestOptions


@dsl.container_component
def work(text: str, out: dsl.OutputPath(str), data: dsl.Output[dsl.Dataset]):
    """Works on text."""
    return dsl.ContainerSpec(image='alpine', command=['work', text], args=[out, data.path])


@dsl.pipeline(name='defaults', display_name='All defaults', pipeline_root='gs://root',
              description='First line: "quoted" # text.\n\nThird line, é.\n')
def defaults(text: str, a: str = 'it\'s "x"', b: int = 3, c: float = 0.1, d: bool = True,
             e: list = [1, 'two', None or 'x', [True]], f: dict = {'k': {'n': 1e21}, "q'": "d\"'"},
             g: str = '', h: float = 1e-7, i: int = -5, j: str = 'é☃'):
    work(text=text)


@dsl.pipeline(name='outputs')
def outputs(in_data: dsl.Input[dsl.Dataset], n: int = 0) -> str:
    return work(text=f'n is {n}').outputs['out']


@dsl.pipeline(name='platform', description='Has a platform.')
def platform(secret: str):
    task = work(text='x')
    kubernetes.use_secret_as_env(task, secret_name=secret, secret_key_to_env={'k': 'K'})
    kubernetes.set_timeout(task, 20)
    task.set_retry(2, '30s')


MANIFEST = KubernetesManifestOptions(
    pipeline_name='p', pipeline_display_name='P', pipeline_version_name='v',
    pipeline_version_display_name='V', namespace='ns', include_pipeline_manifest=True)


def main(folder):
    compile = compiler.Compiler().compile
    for pipeline in (defaults, outputs, platform):
        path = os.path.join(folder, pipeline.name)
        compile(pipeline, path + '.yaml')
        compile(pipeline, path + '.manifest.yaml', kubernetes_manifest_format=True)
        compile(pipeline, path + '.full-manifest.yaml', kubernetes_manifest_format=True,
                kubernetes_manifest_options=MANIFEST)
        if pipeline is not platform:
            compile(pipeline, path + '.json')
    compile(defaults, os.path.join(folder, 'overridden.yaml'), pipeline_name='other',
            pipeline_display_name='Other', pipeline_parameters={'text': 'given', 'b': 7})
    compile(work, os.path.join(folder, 'work.yaml'))


if __name__ == '__main__':
    main(sys.argv[1])
