# SPDX-License-Identifier: Apache-2.0
"""The items of loops, and what is collected from loops."""

import re

from kf import _native
from kf.dsl.pipeline_channel import (
    OneOfMixin,
    PipelineArtifactChannel,
    PipelineChannel,
    PipelineParameterChannel,
)
from kf.errors import InvalidArgument

_LIST_TYPE = re.compile(r"(?:typing\.)?\w+\[(?P<item>.+)\]")
_DICT_TYPE = re.compile(r"(?:typing\.)?\w+\[\s*\w+\s*,\s*(?P<member>.+)\]")
_MEMBER_NAME = re.compile(r"[a-zA-Z_][0-9a-zA-Z_]*")


def _item_type(items):
    """The text of the type of a loop's items."""
    if isinstance(items, PipelineChannel):
        match = _LIST_TYPE.match(items.channel_type)
        return match["item"].strip() if match else "String"
    first = items[0] if len(items) > 0 else ""
    if isinstance(first, dict) and first:
        key, value = next(iter(first.items()))
        return f"Dict[{type(key).__name__}, {type(value).__name__}]"
    return type(first).__name__


def _member_type(type_):
    match = _DICT_TYPE.match(type_)
    return match["member"].strip() if match else "String"


class LoopArgumentVariable(PipelineParameterChannel):
    """One member of a loop's item."""

    __slots__ = ("loop_argument", "subvar_name")

    def __init__(self, item, key):
        if not _MEMBER_NAME.fullmatch(key):
            raise InvalidArgument(
                f"the member {key!r} of a loop's item cannot be used: it is no Python name"
            )
        id = _native.pipeline_loop_item_member(item._handle, item._id, key)
        super().__init__(
            item._pipeline,
            id,
            f"{item.name}-subvar-{key}",
            _member_type(item.channel_type),
            item._task,
        )
        self.loop_argument = item
        self.subvar_name = key


class LoopParameterArgument(PipelineParameterChannel):
    """The item of a loop over parameters; its attributes are members of an item that is a dict."""

    __slots__ = ("items_or_pipeline_channel", "_members")

    def __getattr__(self, name):
        # Names that begin with "_" are asked for by tools that look for a protocol.
        if name.startswith("_"):
            raise AttributeError(f"{name}; a member of this name is item[{name!r}]")
        return self[name]

    def __getitem__(self, name):
        member = self._members.get(name)
        if member is None:
            member = self._members[name] = LoopArgumentVariable(self, name)
        return member


class LoopArtifactArgument(PipelineArtifactChannel):
    """The item of a loop over artifacts."""

    __slots__ = ("items_or_pipeline_channel",)


def item_of(pipeline, group, items):
    """The item of the loop `group` over `items`, a list or a channel."""
    id = _native.pipeline_loop_item(pipeline.handle, group)
    task = items._task if isinstance(items, PipelineChannel) else None
    if isinstance(items, PipelineArtifactChannel):
        item = LoopArtifactArgument(
            pipeline, id, f"{items.name}-loop-item", items.channel_type, task
        )
    else:
        name = f"{items.name}-loop-item" if isinstance(items, PipelineChannel) else "loop-item"
        item = LoopParameterArgument(pipeline, id, name, _item_type(items), task)
        item._members = {}
    item.items_or_pipeline_channel = items
    return item


class Collected(PipelineChannel):
    """All values that a task's output takes in a loop, as a list, for use outside of the loop."""

    __slots__ = ("output", "is_artifact_channel", "is_artifact_list")

    def __init__(self, output):
        if not isinstance(output, PipelineChannel):
            raise InvalidArgument(f"dsl.Collected takes an output of a task, got {output!r}")
        if isinstance(output, OneOfMixin):
            raise InvalidArgument("dsl.OneOf cannot be used inside of dsl.Collected")
        id = _native.pipeline_collected(output._handle, output)
        self.is_artifact_channel = isinstance(output, PipelineArtifactChannel)
        self.is_artifact_list = self.is_artifact_channel
        channel_type = output.channel_type if self.is_artifact_channel else "LIST"
        super().__init__(output._pipeline, id, output.name, channel_type, output._task)
        self.output = output
