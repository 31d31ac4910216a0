# SPDX-License-Identifier: Apache-2.0
"""Artifacts that exist already, brought into a pipeline."""

import re

from kf import _native
from kf.dsl import _settings, pipeline_context
from kf.dsl.base_component import ImporterComponent
from kf.dsl.pipeline_channel import PipelineChannel, PipelineParameterChannel
from kf.dsl.pipeline_task import PipelineTask
from kf.dsl.placeholders import InputValuePlaceholder
from kf.dsl.structures import InputSpec, OutputSpec
from kf.dsl.types import type_annotations, type_utils
from kf.errors import TypeMismatch

_CHANNEL = re.compile(r"\{\{channel:task=[^;]*;name=([^;]*);type=(.*?);\}\}")


class _Metadata:
    """Metadata in which channels are inputs of the importer, an input per channel."""

    def __init__(self, pipeline):
        self.channels = {}
        self._pipeline = pipeline
        self._names = {}

    def _placeholder(self, channel):
        if not type_utils.is_parameter_type(channel.channel_type):
            raise TypeMismatch(
                "the metadata of an importer holds parameters, and its channel "
                f"{channel.full_name!r} is an artifact"
            )
        text = str(channel)
        if text not in self._names:
            count = len(self._names) + 1
            name = "metadata" if count == 1 else f"metadata-{count}"
            self._names[text] = name
            self.channels[name] = channel
        return InputValuePlaceholder(self._names[text])._to_string()

    def read(self, value):
        """`value` with placeholders for the channels in it."""
        if isinstance(value, PipelineChannel):
            return self._placeholder(value)
        if isinstance(value, dict):
            return {self.read(key): self.read(member) for key, member in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.read(item) for item in value]
        if isinstance(value, str):
            return _CHANNEL.sub(self._of_text, value)
        return value

    def _of_text(self, match):
        id = _native.channel_of_text(self._pipeline.handle, match.group())
        if id < 0:
            return match.group()
        return self._placeholder(
            PipelineParameterChannel(self._pipeline, id, match.group(1), match.group(2))
        )


def importer(
    artifact_uri, artifact_class, reimport=False, metadata=None, download_to_workspace=False
):
    """Bring in the artifact at `artifact_uri`; the task's `output` is the artifact.

    Args:
        artifact_uri: Text, or a channel of text.
        artifact_class: The artifact's class, such as dsl.Dataset.
        reimport: Record it anew even if it is known.
        metadata: A dict; may hold channels, also within text.
        download_to_workspace: Copy it into the pipeline's workspace.
    """
    pipeline = pipeline_context.require("dsl.importer")
    if not type_annotations.is_artifact_class(artifact_class):
        raise TypeError(f"artifact_class must be a class of artifacts, got {artifact_class!r}")
    read = _Metadata(pipeline)
    metadata = read.read(metadata)
    inputs = {"uri": InputSpec("String")}
    arguments = {"uri": artifact_uri}
    for name, channel in read.channels.items():
        inputs[name] = InputSpec(channel.channel_type)
        arguments[name] = channel
    type_ = type_utils.create_bundled_artifact_type(
        artifact_class.schema_title, artifact_class.schema_version
    )
    constant = isinstance(artifact_uri, str) and not _CHANNEL.search(artifact_uri)
    options = {
        "uri": artifact_uri if constant else None,
        "schema": artifact_class.schema_title,
        "schema_version": artifact_class.schema_version,
        "reimport": reimport,
        "metadata": metadata,
        "download_to_workspace": download_to_workspace,
    }
    component = ImporterComponent(inputs, {"artifact": OutputSpec(type_)}, options)
    return PipelineTask(component, arguments, pipeline, not _settings.type_check())
