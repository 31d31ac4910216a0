# SPDX-License-Identifier: Apache-2.0
"""The pipeline whose function is being called, and the decorator that makes pipelines."""

import contextvars

from kf import _native
from kf.dsl.pipeline_channel import PipelineChannel
from kf.errors import InvalidArgument, InvalidState

_current = contextvars.ContextVar("kf_pipeline", default=None)

#: The value of KFP_DISABLE_EXECUTION_CACHING_BY_DEFAULT, when it was first asked for.
_caching_disabled = None


def _caching_disabled_by_default():
    global _caching_disabled
    if _caching_disabled is None:
        import os

        text = os.environ.get("KFP_DISABLE_EXECUTION_CACHING_BY_DEFAULT", "")
        _caching_disabled = text.strip().lower() in ("1", "true", "t", "yes", "y", "on")
    return _caching_disabled


class Pipeline:
    """A pipeline under construction; entered, it takes the tasks that are made meanwhile."""

    __slots__ = ("handle", "name", "disable_caching", "runtime", "tasks", "_token")

    def __init__(self, name, options, runtime):
        self.handle = _native.pipeline_new(name, options)
        self.name = name
        self.disable_caching = _caching_disabled_by_default()
        self.runtime = runtime
        self.tasks = []
        self._token = None

    def __enter__(self):
        self._token = _current.set(self)
        return self

    def __exit__(self, *failure):
        _current.reset(self._token)

    def own(self, operand):
        """`operand`, unless it is a channel of another pipeline."""
        if isinstance(operand, PipelineChannel) and operand._handle is not self.handle:
            raise InvalidArgument(
                f"the channel {operand.name!r} belongs to the pipeline {operand._pipeline.name!r} "
                f"and cannot be used in {self.name!r}; hand it over as an argument"
            )
        return operand

    @staticmethod
    def get_default_pipeline():
        """The pipeline whose function is being called, or None."""
        return _current.get()


current = _current.get


def require(what):
    """The pipeline whose function is being called."""
    pipeline = _current.get()
    if pipeline is None:
        raise InvalidState(f"{what} can be used only within a function decorated with dsl.pipeline")
    return pipeline


def pipeline(
    func=None,
    *,
    name=None,
    description=None,
    pipeline_root=None,
    display_name=None,
    pipeline_config=None,
):
    """Make a pipeline of a function that calls components.

    The function is called once, with channels for its arguments. Its annotations and default values
    are the pipeline's inputs, what it returns are the outputs.

    Args:
        name: By default the function's, in Kubernetes' spelling.
        description: By default the function's docstring.
        pipeline_root: Where artifacts go unless a run says otherwise.
        display_name: What people see instead of the name.
        pipeline_config: A PipelineConfig.
    """
    if func is None:
        import functools

        return functools.partial(
            pipeline,
            name=name,
            description=description,
            pipeline_root=pipeline_root,
            display_name=display_name,
            pipeline_config=pipeline_config,
        )
    from kf.dsl.base_component import GraphComponent

    return GraphComponent(
        func,
        name=name,
        description=description,
        pipeline_root=pipeline_root,
        display_name=display_name,
        pipeline_config=pipeline_config,
    )
