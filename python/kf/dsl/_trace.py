# SPDX-License-Identifier: Apache-2.0
"""Building a pipeline by calling its function with channels."""

from kf import _native
from kf.dsl.base_component import declare
from kf.dsl.pipeline_channel import PipelineChannel, channel_of
from kf.dsl.pipeline_context import Pipeline
from kf.errors import InvalidArgument, MissingArgument

SINGLE_OUTPUT_NAME = "Output"


def build(component, runtime):
    """The native pipeline of a GraphComponent."""
    pipeline = Pipeline(component.name, component._options, runtime)
    channels = _declare_interface(pipeline, component)
    if component.pipeline_config is not None:
        config = component.pipeline_config._document()
        if config:
            _native.pipeline_set_config(pipeline.handle, config)
    with pipeline:
        returned = component.pipeline_func(**channels)
    for task in pipeline.tasks:
        if task._platforms is not None:
            task._platforms.settle(pipeline.handle, task._id)
    if not _native.pipeline_task_count(pipeline.handle):
        raise InvalidArgument(f"the pipeline {component.name!r} has no task")
    _set_outputs(pipeline, component, _outputs_by_name(returned))
    return pipeline.handle


def _declare_interface(pipeline, component):
    channels = {}
    for name, spec in component._inputs.items():
        id = declare(
            _native.pipeline_add_input,
            _native.pipeline_add_input_artifact,
            pipeline.handle,
            name,
            spec,
        )
        channels[name] = channel_of(pipeline, id, name, spec)
    for name, spec in component._outputs.items():
        declare(
            _native.pipeline_add_output,
            _native.pipeline_add_output_artifact,
            pipeline.handle,
            name,
            spec,
        )
    return channels


def _outputs_by_name(returned):
    if returned is None:
        return {}
    if isinstance(returned, PipelineChannel):
        return {SINGLE_OUTPUT_NAME: returned}
    if isinstance(returned, dict):
        return returned
    if isinstance(returned, tuple) and hasattr(returned, "_asdict"):
        return returned._asdict()
    raise InvalidArgument(
        f"a pipeline returns a task's output or a NamedTuple of them, got {returned!r} of type "
        f"{type(returned)}"
    )


def _set_outputs(pipeline, component, outputs):
    for name, channel in outputs.items():
        if not isinstance(channel, PipelineChannel):
            raise InvalidArgument(
                f"the output {name!r} of the pipeline must be a task's output, got {channel!r} of "
                f"type {type(channel)}"
            )
        _native.pipeline_set_output(pipeline.handle, name, pipeline.own(channel))
        if name not in component._outputs:
            raise InvalidArgument(
                f"Pipeline or component output not defined: {name}. You may be missing a type "
                "annotation."
            )
    missing = [name for name in component._outputs if name not in outputs]
    if missing:
        raise MissingArgument(f"Missing pipeline output: {', '.join(missing)}.")
