# SPDX-License-Identifier: Apache-2.0
"""What a cluster is told about a task: resources, secrets, volumes, where it runs, how long.

    kf compile examples/python/kubernetes_settings.py -o training.yaml

Here the pipeline runs as it is: of the settings only the timeout has a meaning on this machine.
"""

from kf import compiler, dsl, kubernetes


@dsl.component
def train(epochs: int) -> int:
    return epochs


@dsl.pipeline
def training(epochs: int = 3):
    volume = kubernetes.CreatePVC(
        access_modes=["ReadWriteOnce"], size="5Gi", pvc_name_suffix="-scratch"
    )
    task = train(epochs=epochs)
    task.set_cpu_request("2").set_memory_limit("8Gi")
    task.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(1)
    task.set_retry(2, backoff_duration="30s")
    kubernetes.mount_pvc(task, pvc_name=volume.outputs["name"], mount_path="/scratch")
    kubernetes.use_secret_as_env(task, "warehouse", {"password": "WAREHOUSE_PASSWORD"})
    kubernetes.add_node_selector(task, "disk", "ssd")
    kubernetes.add_toleration(task, key="gpu", operator="Exists", effect="NoSchedule")
    kubernetes.set_timeout(task, 3600)
    kubernetes.DeletePVC(pvc_name=volume.outputs["name"]).after(task)


if __name__ == "__main__":
    compiler.Compiler().compile(training, "training.yaml")
    print("training.yaml holds the pipeline and, as a second document, what Kubernetes is told")
