# SPDX-License-Identifier: Apache-2.0
"""Control flow: conditions, loops and exit handlers, as `with` blocks."""

import enum

from kf import _native
from kf.dsl import for_loop, pipeline_context
from kf.dsl.pipeline_channel import PipelineChannel, _condition
from kf.errors import Error, InvalidArgument, InvalidState

InvalidControlFlowException = InvalidState  # KFP's name for it


class TasksGroupType(str, enum.Enum):
    """Kinds of groups."""

    PIPELINE = "pipeline"
    CONDITION = "condition"
    CONDITION_BRANCHES = "condition-branches"
    FOR_LOOP = "for-loop"
    EXIT_HANDLER = "exit-handler"


class TasksGroup:
    """A block of tasks; entered once, within a pipeline's function."""

    group_type = TasksGroupType.PIPELINE

    def __init__(self, name=None):
        self.display_name = name
        self._pipeline = None
        self._id = None

    def __enter__(self):
        pipeline = pipeline_context.require(f"dsl.{type(self).__name__}")
        if self._id is not None:
            raise InvalidControlFlowException(
                f"this dsl.{type(self).__name__} was entered before; make a new one"
            )
        self._id = self._begin(pipeline)
        self._pipeline = pipeline
        return self

    def __exit__(self, failure, *rest):
        try:
            _native.pipeline_end(self._pipeline.handle)
        except Error:
            # What failed in the block is what counts, not that the block is left unfinished.
            if failure is None:
                raise

    def _begin(self, pipeline):
        """Open the group in the native pipeline and give its id."""
        raise NotImplementedError


class _Conditional(TasksGroup):
    group_type = TasksGroupType.CONDITION

    def __init__(self, condition, name=None):
        super().__init__(name)
        self.condition = _condition(condition)


class If(_Conditional):
    """Tasks that run if `condition`, a comparison of channels, holds."""

    def _begin(self, pipeline):
        return _native.pipeline_begin_if(
            pipeline.handle, self.condition._lower(pipeline), self.display_name
        )


class Condition(If):
    """The former name of If."""

    def __init__(self, condition, name=None):
        import warnings

        warnings.warn(
            "dsl.Condition is deprecated; use dsl.If", category=DeprecationWarning, stacklevel=2
        )
        super().__init__(condition, name)


class Elif(_Conditional):
    """Tasks that run if none of the blocks before did and `condition` holds."""

    def _begin(self, pipeline):
        return _native.pipeline_begin_elif(
            pipeline.handle, self.condition._lower(pipeline), self.display_name
        )


class Else(TasksGroup):
    """Tasks that run if none of the If and Elif blocks before did."""

    group_type = TasksGroupType.CONDITION

    def _begin(self, pipeline):
        return _native.pipeline_begin_else(pipeline.handle, self.display_name)


class ParallelFor(TasksGroup):
    """Tasks that run once for each item; entering the block gives the item.

    Args:
        items: A list, or a channel of a list of parameters or artifacts.
        name: What people see instead of the group's name.
        parallelism: The most iterations at a time; 0 or None: all.
    """

    group_type = TasksGroupType.FOR_LOOP

    def __init__(self, items, name=None, parallelism=None):
        super().__init__(name)
        self.parallelism_limit = parallelism or 0
        if self.parallelism_limit < 0:
            raise InvalidArgument(f"ParallelFor parallelism must be >= 0. Got: {parallelism}.")
        if not isinstance(items, (PipelineChannel, list, tuple)):
            raise TypeError(
                "dsl.ParallelFor loops over a list, a tuple or a channel, got "
                f"{items!r} of type {type(items)}"
            )
        if not isinstance(items, PipelineChannel) and not items:
            raise InvalidArgument("dsl.ParallelFor got an empty list of items")
        self._items = items
        self.loop_argument = None

    def _begin(self, pipeline):
        return _native.pipeline_begin_loop(
            pipeline.handle,
            pipeline.own(self._items),
            {"name": self.display_name, "parallelism": self.parallelism_limit},
        )

    def __enter__(self):
        super().__enter__()
        self.loop_argument = for_loop.item_of(self._pipeline, self._id, self._items)
        return self.loop_argument


class ExitHandler(TasksGroup):
    """Tasks after which `exit_task` runs, whatever became of them."""

    group_type = TasksGroupType.EXIT_HANDLER

    def __init__(self, exit_task, name=None):
        super().__init__(name)
        self.exit_task = exit_task
        if exit_task.dependent_tasks or any(
            isinstance(value, PipelineChannel) and value.task is not None
            for value in exit_task.inputs.values()
        ):
            raise InvalidArgument("exit_task cannot depend on any other tasks")

    def _begin(self, pipeline):
        return _native.pipeline_begin_exit_handler(
            pipeline.handle, self.exit_task._id, self.display_name
        )
