# SPDX-License-Identifier: Apache-2.0
"""Settings of a whole pipeline."""

_INT32_MAX = 2**31 - 1


def _check_seconds(name, value):
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int. Got: {type(value).__name__}")
    if value < 0:
        raise ValueError(f"{name} must be a non-negative integer. Got: {value}")
    if value > _INT32_MAX:
        raise ValueError(f"{name} must not exceed the int32 maximum ({_INT32_MAX}). Got: {value}")


class KubernetesWorkspaceConfig:
    """What is changed in the claim of the workspace's volume, as parts of a PVC's spec."""

    def __init__(self, pvcSpecPatch=None):
        self.pvcSpecPatch = pvcSpecPatch or {}

    def set_pvcSpecPatch(self, patch):
        """Replace the patch."""
        self.pvcSpecPatch = patch


class WorkspaceConfig:
    """A volume of `size` (such as "10Gi") that all tasks of a run share."""

    def __init__(self, size, kubernetes=None):
        self.size = size
        self.kubernetes = kubernetes or KubernetesWorkspaceConfig()

    @property
    def size(self):
        """The volume's size, as Kubernetes writes quantities."""
        return self._size

    @size.setter
    def size(self, size):
        import re

        text = str(size).strip() if size else ""
        if not text:
            raise ValueError("Workspace size is required and cannot be empty")
        if not re.fullmatch(r"(?:0|[1-9]\d*)(?:\.\d+)?(?:[KMGTPE]i?)?", text):
            raise ValueError(
                f'Workspace size "{size}" is invalid; it must be a quantity such as "10Gi"'
            )
        self._size = text

    def set_size(self, size):
        """Replace the size."""
        self.size = size

    def set_kubernetes_config(self, kubernetes_config):
        """Replace the changes to the claim."""
        self.kubernetes = kubernetes_config

    def get_workspace(self):
        """The workspace as it stands in the document."""
        return {
            "size": self.size,
            "kubernetes": {"pvcSpecPatch": self.kubernetes.pvcSpecPatch},
        }


class PipelineConfig:
    """Settings of a pipeline's runs on a cluster.

    `workspace` is a WorkspaceConfig. The three `ttl_seconds_...` say how long a finished run's
    resources are kept: in general, and where given after success and after failure.
    `active_deadline_seconds` ends runs that take longer.
    """

    def __init__(
        self,
        workspace=None,
        ttl_seconds_after_finished=None,
        ttl_seconds_after_success=None,
        ttl_seconds_after_failure=None,
        active_deadline_seconds=None,
    ):
        _check_seconds("ttl_seconds_after_finished", ttl_seconds_after_finished)
        _check_seconds("ttl_seconds_after_success", ttl_seconds_after_success)
        _check_seconds("ttl_seconds_after_failure", ttl_seconds_after_failure)
        _check_seconds("active_deadline_seconds", active_deadline_seconds)
        self.workspace = workspace
        self.ttl_seconds_after_finished = ttl_seconds_after_finished
        self.ttl_seconds_after_success = ttl_seconds_after_success
        self.ttl_seconds_after_failure = ttl_seconds_after_failure
        self.active_deadline_seconds = active_deadline_seconds

    def _document(self):
        """The pipelineConfig of the platform's document."""
        members = {
            "workspace": self.workspace.get_workspace() if self.workspace is not None else None,
            "resourceTtlOnCompletion": self.ttl_seconds_after_finished,
            "resourceTtlOnSuccess": self.ttl_seconds_after_success,
            "resourceTtlOnFailure": self.ttl_seconds_after_failure,
            "activeDeadlineSeconds": self.active_deadline_seconds,
        }
        return {name: value for name, value in members.items() if value}
