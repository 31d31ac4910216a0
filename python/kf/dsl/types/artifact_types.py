# SPDX-License-Identifier: Apache-2.0
"""The artifact classes that components name in their signatures and get at run time.

They are those of the runtime that travels with Python components, so that a function behaves alike
wherever it is called.
"""

from kf._runtime import (
    _SCHEMA_TITLE_TO_TYPE,
    HTML,
    WORKSPACE_MOUNT_PATH,
    Artifact,
    ClassificationMetrics,
    Dataset,
    Markdown,
    Metrics,
    Model,
    SlicedClassificationMetrics,
    convert_local_path_to_remote_path,
    get_uri,
)

__all__ = [
    "Artifact",
    "ClassificationMetrics",
    "Dataset",
    "HTML",
    "Markdown",
    "Metrics",
    "Model",
    "SlicedClassificationMetrics",
    "WORKSPACE_MOUNT_PATH",
    "convert_local_path_to_remote_path",
    "get_uri",
]

#: Where the artifacts of the running task go; None where no task runs.
CONTAINER_TASK_ROOT = None

for _cls in _SCHEMA_TITLE_TO_TYPE.values():
    _cls.__module__ = __name__
