# SPDX-License-Identifier: Apache-2.0
"""What became of other tasks, for exit tasks and tasks that ignore upstream failure."""

from kf._runtime import PipelineTaskFinalStatus

__all__ = ["PipelineTaskFinalStatus"]

PipelineTaskFinalStatus.__module__ = __name__
