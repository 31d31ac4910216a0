# SPDX-License-Identifier: Apache-2.0
"""The settings of a task, for components that start other workloads themselves."""

from kf._runtime import TaskConfig

__all__ = ["TaskConfig"]

TaskConfig.__module__ = __name__
