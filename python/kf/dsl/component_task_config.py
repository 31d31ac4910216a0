# SPDX-License-Identifier: Apache-2.0
"""Which settings of a task are handed to its component."""

import enum

from kf.dsl._record import Record


class TaskConfigField(enum.IntEnum):
    """A setting of a task (KFP: TaskConfigPassthroughTypeEnum of pipeline_spec.proto)."""

    RESOURCES = 1
    ENV = 2
    KUBERNETES_AFFINITY = 3
    KUBERNETES_TOLERATIONS = 4
    KUBERNETES_NODE_SELECTOR = 5
    KUBERNETES_VOLUMES = 6


class TaskConfigPassthrough(Record):
    """Hand `field` to the component's TaskConfig; with `apply_to_task`, to the task's pod too."""

    __slots__ = _fields = ("field", "apply_to_task")
    _required = 1

    def __init__(self, field, apply_to_task=False):
        super().__init__(field, apply_to_task)
