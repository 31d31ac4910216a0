# SPDX-License-Identifier: Apache-2.0
"""What calls the function of a Python component with what a task is given, and writes what it gives out.

    Executor(executor_input={...}, function_to_execute=function).execute()
"""

import kf.dsl.types.artifact_types  # noqa: F401 (the executor says there where artifacts go)
from kf._runtime import Executor, create_artifact_instance

__all__ = ["Executor", "create_artifact_instance"]

Executor.__module__ = __name__
