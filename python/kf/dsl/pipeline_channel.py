# SPDX-License-Identifier: Apache-2.0
"""Channels: values that will exist when a pipeline runs, and comparisons of them."""

from kf import _native
from kf.dsl.types import type_utils
from kf.errors import InvalidArgument

_COMPARISONS = {
    "==": _native.KF_EQUAL,
    "!=": _native.KF_NOT_EQUAL,
    "<": _native.KF_LESS,
    "<=": _native.KF_LESS_EQUAL,
    ">": _native.KF_GREATER,
    ">=": _native.KF_GREATER_EQUAL,
}


class Condition_:
    """What If and Elif take: comparisons of channels, put together by `&`, `|` and `~`."""

    __slots__ = ()

    def __and__(self, other):
        return _Combination(_native.pipeline_and, "&", self, _condition(other))

    def __or__(self, other):
        return _Combination(_native.pipeline_or, "|", self, _condition(other))

    def __invert__(self):
        return _Negation(self)

    def __bool__(self):
        raise InvalidArgument(
            "a condition is true or false only when the pipeline runs: combine conditions with "
            "&, | and ~ instead of and, or and not (each comparison in parentheses), and use "
            "dsl.If instead of if"
        )

    def _lower(self, pipeline):
        """The condition's id in `pipeline`."""
        raise NotImplementedError


class ConditionOperation(Condition_):
    """A comparison of a channel with a constant or another channel."""

    __slots__ = ("operator", "left_operand", "right_operand", "negate")

    def __init__(self, operator, left_operand, right_operand, negate=False):
        self.operator = operator
        self.left_operand = left_operand
        self.right_operand = right_operand
        self.negate = negate

    def __repr__(self):
        text = f"{self.left_operand!r} {self.operator} {self.right_operand!r}"
        return f"~({text})" if self.negate else text

    def _lower(self, pipeline):
        condition = _native.pipeline_compare(
            pipeline.handle,
            pipeline.own(self.left_operand),
            _COMPARISONS[self.operator],
            pipeline.own(self.right_operand),
        )
        return _native.pipeline_not(pipeline.handle, condition) if self.negate else condition


class _Combination(Condition_):
    __slots__ = ("_combine", "_sign", "_left", "_right")

    def __init__(self, combine, sign, left, right):
        self._combine = combine
        self._sign = sign
        self._left = left
        self._right = right

    def __repr__(self):
        return f"({self._left!r} {self._sign} {self._right!r})"

    def _lower(self, pipeline):
        return self._combine(
            pipeline.handle, self._left._lower(pipeline), self._right._lower(pipeline)
        )


class _Negation(Condition_):
    __slots__ = ("_condition",)

    def __init__(self, condition):
        self._condition = condition

    def __repr__(self):
        return f"~({self._condition!r})"

    def _lower(self, pipeline):
        return _native.pipeline_not(pipeline.handle, self._condition._lower(pipeline))


def _condition(value):
    """`value` if it is a condition; a TypeError that says what one is if not."""
    if isinstance(value, Condition_):
        return value
    if isinstance(value, bool):
        raise InvalidArgument(
            f"the condition is the constant {value}, probably because it was evaluated at once; "
            "one side of a comparison must be a task's output, a pipeline's input or a loop's item"
        )
    if isinstance(value, PipelineChannel):
        raise InvalidArgument(
            "a channel is no condition by itself; compare it, for instance with == True"
        )
    raise TypeError(f"expected a comparison of channels, got {value!r} of type {type(value)}")


class PipelineChannel:
    """A value that will exist when the pipeline runs.

    `name` is that of the output, input or loop item, `task_name` that of the task that makes it
    (None for an input of the pipeline), `channel_type` its type as text.
    """

    __slots__ = ("_pipeline", "_id", "_handle", "_ignore_type", "name", "channel_type", "_task")
    is_artifact_list = False

    def __init__(self, pipeline, id, name, channel_type, task=None):
        self._pipeline = pipeline
        self._handle = pipeline.handle
        self._id = id
        self._ignore_type = False
        self.name = name
        self.channel_type = channel_type
        self._task = task

    @property
    def pipeline(self):
        """The pipeline that the channel belongs to."""
        return self._pipeline

    @property
    def task(self):
        """The task that makes the value; None for an input of the pipeline."""
        return self._task

    @property
    def task_name(self):
        """Name of the task that makes the value; None for an input of the pipeline."""
        return self._task.name if self._task is not None else None

    @property
    def full_name(self):
        """Task and output in one name."""
        return f"{self.task_name}-{self.name}" if self.task_name else self.name

    @property
    def pattern(self):
        """The text that stands for the channel within other text."""
        return str(self)

    def ignore_type(self):
        """The same channel, to be passed to inputs of any type."""
        channel = object.__new__(type(self))
        for cls in type(self).__mro__:
            for slot in getattr(cls, "__slots__", ()):
                if hasattr(self, slot):
                    setattr(channel, slot, getattr(self, slot))
        channel._ignore_type = True
        return channel

    def __str__(self):
        return _native.pipeline_channel_text(self._handle, self._id)

    __repr__ = __str__

    def __format__(self, specification):
        if specification:
            raise InvalidArgument(
                f"a channel cannot be formatted with {specification!r}: its value is not known yet"
            )
        return str(self)

    def __hash__(self):
        return hash((id(self._handle), self._id))

    def __eq__(self, other):
        return ConditionOperation("==", self, other)

    def __ne__(self, other):
        return ConditionOperation("!=", self, other)

    def __lt__(self, other):
        return ConditionOperation("<", self, other)

    def __le__(self, other):
        return ConditionOperation("<=", self, other)

    def __gt__(self, other):
        return ConditionOperation(">", self, other)

    def __ge__(self, other):
        return ConditionOperation(">=", self, other)

    def __iter__(self):
        raise TypeError(
            "the items of a channel are known only when the pipeline runs; loop over them with "
            "dsl.ParallelFor"
        )


def _compute(channel, *operands):
    raise TypeError(
        f"the value of {channel.name!r} is known only when the pipeline runs: compute with it in a "
        "component, or put it into text with an f-string"
    )


for _operation in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    setattr(PipelineChannel, f"__{_operation}__", _compute)
    setattr(PipelineChannel, f"__r{_operation}__", _compute)
for _operation in ("neg", "abs", "int", "float", "len", "getitem"):
    setattr(PipelineChannel, f"__{_operation}__", _compute)


class PipelineParameterChannel(PipelineChannel):
    """A channel of a parameter."""

    __slots__ = ()


class PipelineArtifactChannel(PipelineChannel):
    """A channel of an artifact, or of a list of artifacts."""

    __slots__ = ("is_artifact_list",)

    def __init__(self, pipeline, id, name, channel_type, task=None, is_artifact_list=False):
        super().__init__(pipeline, id, name, channel_type, task)
        self.is_artifact_list = is_artifact_list


_native.set_channel_class(PipelineChannel)


def channel_of(pipeline, id, name, spec, task=None):
    """The channel of an input or output described by `spec`."""
    if type_utils.is_parameter_type(spec.type):
        return PipelineParameterChannel(pipeline, id, name, spec.type, task)
    return PipelineArtifactChannel(pipeline, id, name, spec.type, task, spec.is_artifact_list)


class OneOfMixin:
    """Marks the channel that one of several branches fills."""

    __slots__ = ()


class OneOfParameter(PipelineParameterChannel, OneOfMixin):
    """A parameter that one of several branches gives."""

    __slots__ = ("channels",)


class OneOfArtifact(PipelineArtifactChannel, OneOfMixin):
    """An artifact that one of several branches gives."""

    __slots__ = ("channels",)


class OneOf:
    """The output of whichever branch ran, of If, Elif and Else blocks that follow each other.

    The branches must be all there are, so one of the channels comes from the Else block.
    """

    def __new__(cls, *channels):
        from kf.dsl import pipeline_context

        if not channels:
            raise InvalidArgument("dsl.OneOf takes the outputs of the branches, got none")
        for channel in channels:
            if not isinstance(channel, PipelineChannel):
                raise InvalidArgument(f"dsl.OneOf takes outputs of tasks, got {channel!r}")
        pipeline = pipeline_context.require("dsl.OneOf")
        first = channels[0]
        id = _native.pipeline_one_of(pipeline.handle, [pipeline.own(each) for each in channels])
        if isinstance(first, PipelineArtifactChannel):
            one = OneOfArtifact(
                pipeline, id, first.name, first.channel_type, None, first.is_artifact_list
            )
        else:
            one = OneOfParameter(pipeline, id, first.name, first.channel_type)
        one.channels = list(channels)
        return one
