# SPDX-License-Identifier: Apache-2.0
"""What Kubernetes is told about a task's pod.

Every function takes a task first and gives it back. Names that may be known only when the pipeline
runs can be channels. On this machine the settings have no effect, but for `set_timeout`.
"""

from kf import _native
from kf.dsl.base_component import BaseComponent, _interface_of
from kf.dsl.pipeline_channel import PipelineChannel
from kf.errors import InvalidArgument

__all__ = [
    "CreatePVC",
    "DeletePVC",
    "add_ephemeral_volume",
    "add_init_container",
    "add_node_affinity",
    "add_node_affinity_json",
    "add_node_selector",
    "add_node_selector_json",
    "add_pod_annotation",
    "add_pod_label",
    "add_toleration",
    "add_toleration_json",
    "empty_dir_mount",
    "mount_pvc",
    "set_image_pull_policy",
    "set_image_pull_secrets",
    "set_security_context",
    "set_timeout",
    "use_config_map_as_env",
    "use_config_map_as_volume",
    "use_field_path_as_env",
    "use_secret_as_env",
    "use_secret_as_volume",
]


class _NativeComponent(BaseComponent):
    """A component that the C library makes, when it is first looked at."""

    def __init__(self, make, description):
        self._handle = make()
        inputs, outputs = _interface_of(self._handle)
        super().__init__(_native.component_name(self._handle), description, inputs, outputs)
        self.__doc__ = description

    def _handle_for(self, runtime):
        return self._handle


def __dir__():
    return sorted({*globals(), *__all__})


def __getattr__(name):
    if name == "CreatePVC":
        made = _NativeComponent(
            _native.kubernetes_create_pvc_component,
            "Make a PersistentVolumeClaim; its name is the output `name`.",
        )
    elif name == "DeletePVC":
        made = _NativeComponent(
            _native.kubernetes_delete_pvc_component, "Delete the PersistentVolumeClaim `pvc_name`."
        )
    elif name == "__version__":
        made = _native.kfp_version()
    else:
        raise AttributeError(f"module 'kf.kubernetes' has no attribute {name!r}")
    globals()[name] = made
    return made


def _apply(function, task, *arguments):
    if not task._ignored_if_final(f"kubernetes.{function.__name__.removeprefix('kubernetes_')}"):
        function(task._pipeline.handle, task._id, *arguments)
    return task


def _name(value, what):
    """A name as text: a channel as the text that stands for it."""
    if not isinstance(value, (str, PipelineChannel)):
        raise InvalidArgument(
            f"{what} must be text or a channel, got {value!r} of type {type(value)}"
        )
    return str(value)


# ---- secrets and config maps ----


def use_secret_as_env(task, secret_name, secret_key_to_env, optional=False):
    """Set environment variables from a Secret.

    Args:
        secret_name: Its name, or a channel of it.
        secret_key_to_env: Keys of the Secret to names of variables.
        optional: Start the pod also if the Secret does not exist.
    """
    return _apply(
        _native.kubernetes_use_secret_as_env,
        task,
        _name(secret_name, "secret_name"),
        secret_key_to_env,
        optional,
    )


def use_secret_as_volume(task, secret_name, mount_path, optional=False):
    """Mount a Secret as a folder with a file per key; `secret_name` may be a channel."""
    return _apply(
        _native.kubernetes_use_secret_as_volume,
        task,
        _name(secret_name, "secret_name"),
        mount_path,
        optional,
    )


def use_config_map_as_env(task, config_map_name, config_map_key_to_env, optional=False):
    """Set environment variables from a ConfigMap.

    Args:
        config_map_name: Its name, or a channel of it.
        config_map_key_to_env: Keys of the ConfigMap to names of variables.
        optional: Start the pod also if the ConfigMap does not exist.
    """
    return _apply(
        _native.kubernetes_use_config_map_as_env,
        task,
        _name(config_map_name, "config_map_name"),
        config_map_key_to_env,
        optional,
    )


def use_config_map_as_volume(task, config_map_name, mount_path, optional=False):
    """Mount a ConfigMap as a folder with a file per key; `config_map_name` may be a channel."""
    return _apply(
        _native.kubernetes_use_config_map_as_volume,
        task,
        _name(config_map_name, "config_map_name"),
        mount_path,
        optional,
    )


def use_field_path_as_env(task, env_name, field_path):
    """Set an environment variable from a field of the pod, such as "metadata.name"."""
    return _apply(_native.kubernetes_use_field_path_as_env, task, env_name, field_path)


# ---- volumes ----


def mount_pvc(task, pvc_name, mount_path, sub_path=""):
    """Mount a PersistentVolumeClaim; `pvc_name` may be a channel, such as CreatePVC's output."""
    return _apply(
        _native.kubernetes_mount_pvc, task, _name(pvc_name, "pvc_name"), mount_path, sub_path
    )


def empty_dir_mount(task, volume_name, mount_path, medium=None, size_limit=None):
    """Mount an empty folder that lives as long as the pod.

    Args:
        medium: "Memory", or by default the node's disk.
        size_limit: The most it may hold, such as "5Gi".
    """
    return _apply(
        _native.kubernetes_empty_dir_mount, task, volume_name, mount_path, medium, size_limit
    )


def add_ephemeral_volume(
    task,
    volume_name,
    mount_path,
    access_modes,
    size,
    storage_class_name=None,
    labels=None,
    annotations=None,
):
    """Mount a volume that is made for the pod and removed with it.

    Args:
        access_modes: A list such as ["ReadWriteOnce"].
        size: Such as "5Gi".
        storage_class_name: By default the cluster's.
    """
    return _apply(
        _native.kubernetes_add_ephemeral_volume,
        task,
        {
            "volume_name": volume_name,
            "mount_path": mount_path,
            "access_modes": access_modes,
            "storage_size": size,
            "storage_class_name": storage_class_name,
            "labels": labels,
            "annotations": annotations,
        },
    )


# ---- where the pod is placed ----


def add_node_selector(task, label_key, label_value):
    """Demand a label of the node."""
    return _apply(_native.kubernetes_add_node_selector, task, label_key, label_value)


def add_node_selector_json(task, node_selector_json):
    """Demand labels of the node: a dict, or a channel of one."""
    return _apply(_native.kubernetes_add_node_selector_json, task, node_selector_json)


def add_node_affinity(task, match_expressions=None, match_fields=None, weight=None):
    """Demand or prefer nodes by expressions over their labels and fields.

    Args:
        match_expressions: Dicts of key, operator and values.
        match_fields: Dicts of key, operator and values.
        weight: None: demanded; 1 to 100: preferred, with this weight.
    """
    if weight is not None and not 1 <= weight <= 100:
        raise InvalidArgument(f"weight must be between 1 and 100, got {weight}.")
    return _apply(
        _native.kubernetes_add_node_affinity, task, match_expressions, match_fields, weight or 0
    )


def add_node_affinity_json(task, node_affinity_json):
    """The affinity as Kubernetes' NodeAffinity: a dict, or a channel of one."""
    return _apply(_native.kubernetes_add_node_affinity_json, task, node_affinity_json)


def add_toleration(task, key=None, operator=None, value=None, effect=None, toleration_seconds=None):
    """Tolerate a taint of nodes.

    Args:
        key: By default any, with the operator "Exists".
        operator: "Equal" or "Exists"; by default "Equal".
        value: The taint's value; none with "Exists".
        effect: "NoSchedule", "PreferNoSchedule" or "NoExecute"; by default any.
        toleration_seconds: How long a "NoExecute" taint is tolerated.
    """
    return _apply(
        _native.kubernetes_add_toleration,
        task,
        {
            "key": key,
            "operator_name": operator,
            "value": value,
            "effect": effect,
            "has_seconds": toleration_seconds is not None,
            "toleration_seconds": toleration_seconds,
        },
    )


def add_toleration_json(task, toleration_json):
    """Tolerations as Kubernetes writes them: a dict, a list of dicts, or a channel of either."""
    return _apply(_native.kubernetes_add_toleration_json, task, toleration_json)


# ---- the pod and its containers ----


def add_pod_label(task, label_key, label_value):
    """Set a label of the pod."""
    return _apply(_native.kubernetes_add_pod_label, task, label_key, label_value)


def add_pod_annotation(task, annotation_key, annotation_value):
    """Set an annotation of the pod."""
    return _apply(_native.kubernetes_add_pod_annotation, task, annotation_key, annotation_value)


def set_image_pull_policy(task, policy):
    """When the image is pulled: "Always", "Never" or "IfNotPresent"."""
    return _apply(_native.kubernetes_set_image_pull_policy, task, policy)


def set_image_pull_secrets(task, secret_names):
    """Secrets to pull the image with; each name may be a channel."""
    return _apply(
        _native.kubernetes_set_image_pull_secrets,
        task,
        [_name(name, "a name of secret_names") for name in secret_names],
    )


def set_timeout(task, seconds):
    """How long the task may take; 0 takes an earlier timeout back."""
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 0:
        raise InvalidArgument(f"seconds must be an integer greater or equal to 0, got {seconds!r}")
    return _apply(_native.kubernetes_set_timeout, task, seconds)


def set_security_context(task, run_as_user=None, run_as_group=None, run_as_non_root=None):
    """Who the container's process runs as: ids of user and group, and whether root is refused."""
    return _apply(
        _native.kubernetes_set_security_context,
        task,
        {
            "has_user": run_as_user is not None,
            "run_as_user": run_as_user,
            "has_group": run_as_group is not None,
            "run_as_group": run_as_group,
            "has_non_root": run_as_non_root is not None,
            "run_as_non_root": run_as_non_root,
        },
    )


def add_init_container(
    task,
    name,
    image,
    command=None,
    args=None,
    env=None,
    volume_mounts=None,
    restart_policy=None,
    resource_requests=None,
    resource_limits=None,
):
    """Run a container before the task's own, or with restart_policy="Always" beside it.

    Args:
        env: Names of variables to values.
        volume_mounts: Names of volumes to paths, or a list of Kubernetes' VolumeMount dicts.
        resource_requests: Such as {"cpu": "500m"}.
        resource_limits: Such as {"memory": "1Gi"}.
    """
    return _apply(
        _native.kubernetes_add_init_container,
        task,
        {
            "name": name,
            "image": image,
            "command": command,
            "args": args,
            "env": env,
            "volume_mounts": volume_mounts,
            "restart_policy": restart_policy,
            "resource_requests": resource_requests,
            "resource_limits": resource_limits,
        },
    )
