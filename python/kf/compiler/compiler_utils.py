# SPDX-License-Identifier: Apache-2.0
"""Options of the compiler."""

from kf.errors import OutOfScope

__all__ = ["InvalidTopologyException", "KubernetesManifestOptions"]

InvalidTopologyException = OutOfScope  # KFP's name for it


class KubernetesManifestOptions:
    """How a pipeline is written as a Kubernetes resource.

    Args:
        pipeline_name: Name of the Pipeline resource, by default the pipeline's.
        pipeline_display_name: By default the name.
        pipeline_version_name: Name of the PipelineVersion resource, by default the pipeline's.
        pipeline_version_display_name: By default the version's name.
        namespace: The resources' namespace.
        include_pipeline_manifest: Write the Pipeline resource too.
    """

    def __init__(
        self,
        pipeline_name=None,
        pipeline_display_name=None,
        pipeline_version_name=None,
        pipeline_version_display_name=None,
        namespace=None,
        include_pipeline_manifest=False,
    ):
        self.pipeline_name = pipeline_name
        self.pipeline_display_name = pipeline_display_name
        self.pipeline_version_name = pipeline_version_name
        self.pipeline_version_display_name = pipeline_version_display_name
        self.namespace = namespace
        self.include_pipeline_manifest = include_pipeline_manifest

    def _write_options(self):
        return {
            "manifest_pipeline_name": self.pipeline_name,
            "manifest_pipeline_display_name": self.pipeline_display_name,
            "manifest_version_name": self.pipeline_version_name,
            "manifest_version_display_name": self.pipeline_version_display_name,
            "manifest_namespace": self.namespace,
            "manifest_include_pipeline": self.include_pipeline_manifest,
        }
