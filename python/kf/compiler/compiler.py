# SPDX-License-Identifier: Apache-2.0
"""The compiler."""

import errno
import os

from kf import _native
from kf.compiler.compiler_utils import KubernetesManifestOptions
from kf.dsl import _settings
from kf.dsl.base_component import BaseComponent
from kf.errors import InvalidArgument


class Compiler:
    """Writes pipelines and components as documents that Kubeflow Pipelines runs."""

    def compile(
        self,
        pipeline_func,
        package_path,
        pipeline_name=None,
        pipeline_display_name=None,
        pipeline_parameters=None,
        type_check=True,
        kubernetes_manifest_options=None,
        kubernetes_manifest_format=False,
        *,
        compact=None,
        runtime=None,
    ):
        """Write a pipeline or a component to a file.

        Args:
            pipeline_func: What a decorator of `dsl` or a function of `components` gave.
            package_path: A file that ends in .yaml or .yml (or .json, which is deprecated).
            pipeline_name: Instead of the pipeline's name.
            pipeline_display_name: Instead of the pipeline's display name.
            pipeline_parameters: Values that become the defaults of the pipeline's inputs.
            type_check: Kept for KFP's callers: types are checked where a pipeline is defined,
                unless `kf.TYPE_CHECK` is False.
            kubernetes_manifest_options: A KubernetesManifestOptions.
            kubernetes_manifest_format: Write a Kubernetes resource that holds the document.
            compact: Whether tasks that are equal in all but their inputs share one component and
                one executor in the document. By default True, False under kf.as_kfp.
            runtime: How Python components without a runtime of their own are launched:
                "embedded" or "kfp". By default as dsl.set_default_runtime says. Another runtime
                than the default calls the pipeline's function again.
        """
        path = str(package_path)
        options = self._options(
            path,
            pipeline_name,
            pipeline_display_name,
            pipeline_parameters,
            kubernetes_manifest_options if kubernetes_manifest_format else None,
            kubernetes_manifest_format,
            compact,
        )
        if not isinstance(pipeline_func, BaseComponent):
            raise InvalidArgument(
                "only pipelines and components can be compiled; decorate the function with "
                f"@dsl.pipeline or @dsl.component. Got: {pipeline_func!r} of type "
                f"{type(pipeline_func)}"
            )
        handle = pipeline_func._pipeline_handle(_settings.check_runtime(runtime))
        if getattr(pipeline_func, "_document", None) is not None:
            options.pop("sdk_version", None)  # What is read says itself what compiled it.
        if options.get("json") and _native.pipeline_platform_spec(handle, options):
            raise InvalidArgument(
                f"settings for platforms need a second document, which JSON cannot hold: {path}"
            )
        folder = os.path.dirname(path)
        if folder and not os.path.isdir(folder):
            raise FileNotFoundError(errno.ENOENT, "no such folder to compile into", folder)
        _native.pipeline_save(handle, path, options)

    @staticmethod
    def _options(path, name, display_name, parameters, manifest_options, manifest, compact):
        options = dict(_settings.write_options())
        options["pipeline_name"] = name
        options["pipeline_display_name"] = display_name
        options["parameters"] = parameters or None
        if compact is not None:
            options["verbose_form"] = not compact
        if manifest:
            options["format"] = _native.KF_FORMAT_MANIFEST
            options.update((manifest_options or KubernetesManifestOptions())._write_options())
        elif path.endswith(".json"):
            import warnings

            warnings.warn(
                "compiling to JSON is deprecated; give a path that ends in .yaml",
                DeprecationWarning,
                stacklevel=4,
            )
            options["json"] = True
        elif not path.endswith((".yaml", ".yml")):
            raise InvalidArgument(f'The output path {path} should end with ".yaml".')
        return options
