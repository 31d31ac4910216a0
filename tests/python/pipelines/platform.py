# SPDX-License-Identifier: Apache-2.0
"""Pipelines with settings for Kubernetes."""

from kfp import dsl, kubernetes


@dsl.component
def say(text: str = "x") -> str:
    return text


@dsl.component
def table() -> dict:
    return {}


@dsl.pipeline
def secrets(name: str = "s"):
    task = say()
    kubernetes.use_secret_as_env(task, secret_name="one", secret_key_to_env={"a": "A", "b": "B"})
    kubernetes.use_secret_as_env(task, "two", {"c": "C"}, optional=True)
    kubernetes.use_secret_as_volume(task, secret_name="three", mount_path="/mnt/three")
    kubernetes.use_secret_as_volume(task, "four", mount_path="/mnt/four", optional=True)
    dynamic = say()
    kubernetes.use_secret_as_env(dynamic, name, {"a": "A"})
    kubernetes.use_secret_as_volume(dynamic, secret_name=task.output, mount_path="/mnt/five")


@dsl.pipeline
def config_maps(name: str = "c"):
    task = say()
    kubernetes.use_config_map_as_env(task, "one", {"a": "A"})
    kubernetes.use_config_map_as_volume(task, "two", mount_path="/mnt/two", optional=True)
    dynamic = say()
    kubernetes.use_config_map_as_env(dynamic, task.output, {"a": "A"}, optional=True)
    kubernetes.use_config_map_as_volume(dynamic, name, mount_path="/mnt")


@dsl.pipeline
def claims(size: str = "5Gi"):
    made = kubernetes.CreatePVC(
        pvc_name_suffix="-data",
        access_modes=["ReadWriteMany"],
        size=size,
        storage_class_name="standard",
    )
    first = say()
    kubernetes.mount_pvc(first, pvc_name=made.outputs["name"], mount_path="/data")
    second = say().after(first)
    kubernetes.mount_pvc(second, pvc_name="static", mount_path="/static", sub_path="a/b")
    kubernetes.mount_pvc(second, pvc_name=made.output, mount_path="/data")
    kubernetes.DeletePVC(pvc_name=made.outputs["name"]).after(second)


@dsl.pipeline
def claim_parameter(name: str = "claim"):
    kubernetes.mount_pvc(say(), pvc_name=name, mount_path="/data")


@dsl.pipeline
def volumes():
    task = say()
    kubernetes.empty_dir_mount(task, volume_name="scratch", mount_path="/scratch")
    kubernetes.empty_dir_mount(task, "shm", "/dev/shm", medium="Memory", size_limit="1Gi")
    kubernetes.add_ephemeral_volume(
        task, volume_name="tmp", mount_path="/tmp2", access_modes=["ReadWriteOnce"], size="5Gi"
    )
    kubernetes.add_ephemeral_volume(
        task,
        volume_name="more",
        mount_path="/more",
        access_modes=["ReadWriteOnce", "ReadOnlyMany"],
        size="1Gi",
        storage_class_name="fast",
        labels={"l": "1"},
        annotations={"a": "2"},
    )


@dsl.pipeline
def placement(selector: dict = {"a": "b"}, tolerations: list = []):
    task = say()
    kubernetes.add_node_selector(task, label_key="disk", label_value="ssd")
    kubernetes.add_node_selector(task, "zone", "a")
    kubernetes.add_toleration(
        task, key="k", operator="Equal", value="v", effect="NoExecute", toleration_seconds=10
    )
    kubernetes.add_toleration(task, key="k2", operator="Exists", effect="NoSchedule")
    kubernetes.add_toleration_json(
        task, {"key": "k3", "operator": "Exists", "effect": "PreferNoSchedule"}
    )
    kubernetes.add_toleration_json(task, [{"key": "k4"}, {"operator": "Exists"}])
    kubernetes.add_node_affinity(
        task,
        match_expressions=[
            {"key": "arch", "operator": "In", "values": ["amd64", "arm64"]},
            {"key": "gpu", "operator": "Exists"},
        ],
    )
    kubernetes.add_node_affinity(
        task,
        match_fields=[{"key": "metadata.name", "operator": "NotIn", "values": ["n"]}],
        weight=50,
    )
    other = say()
    kubernetes.add_node_selector_json(other, node_selector_json=selector)
    kubernetes.add_toleration_json(other, tolerations)
    third = say()
    kubernetes.add_node_selector_json(third, {"x": "y"})
    kubernetes.add_node_selector_json(third, table().output)


@dsl.pipeline
def pods():
    task = say()
    kubernetes.add_pod_label(task, label_key="team", label_value="one")
    kubernetes.add_pod_label(task, "kind", "x")
    kubernetes.add_pod_annotation(task, annotation_key="note", annotation_value="two")
    kubernetes.set_image_pull_policy(task, "IfNotPresent")
    kubernetes.set_image_pull_secrets(task, ["a", "b"])
    kubernetes.use_field_path_as_env(task, env_name="POD", field_path="metadata.name")
    kubernetes.set_timeout(task, 30)
    kubernetes.set_security_context(task, run_as_user=1000, run_as_group=0, run_as_non_root=True)
    dynamic = say()
    kubernetes.set_image_pull_secrets(dynamic, [task.output])


@dsl.pipeline
def inner(name: str = "in"):
    task = say()
    kubernetes.use_secret_as_volume(task, secret_name=name, mount_path="/s")
    kubernetes.set_timeout(task, 5)


@dsl.pipeline
def nested(name: str = "n"):
    task = say()
    kubernetes.set_timeout(task, 7)
    inner(name=name)
    inner()


@dsl.pipeline
def in_groups(name: str = "n"):
    first = say()
    with dsl.If(first.output == "x"):
        task = say()
        kubernetes.use_secret_as_env(task, name, {"a": "A"})
        with dsl.ParallelFor(["a", "b"]) as each:
            looped = say(text=each)
            kubernetes.use_config_map_as_volume(looped, first.output, mount_path="/c")


CASES = {name: each for name, each in list(globals().items()) if hasattr(each, "pipeline_func")}
