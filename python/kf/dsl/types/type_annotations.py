# SPDX-License-Identifier: Apache-2.0
"""Annotations that say how a component uses an argument."""

from kf._runtime import (
    EmbeddedAnnotation,
    EmbeddedInput,
    Input,
    InputAnnotation,
    InputPath,
    Output,
    OutputAnnotation,
    OutputPath,
    is_artifact_class,
)
from kf._runtime import (
    _strip_optional as strip_optional,
)

__all__ = [
    "EmbeddedAnnotation",
    "EmbeddedInput",
    "Input",
    "InputAnnotation",
    "InputPath",
    "Output",
    "OutputAnnotation",
    "OutputPath",
    "is_artifact_class",
    "is_list_of_artifacts",
    "marker_of",
    "strip_marker",
    "strip_optional",
]

_MARKERS = (InputAnnotation, OutputAnnotation, EmbeddedAnnotation)

for _cls in (*_MARKERS, InputPath, OutputPath):
    _cls.__module__ = __name__


def marker_of(annotation):
    """InputAnnotation, OutputAnnotation or EmbeddedAnnotation for Input[T] and so on; else None."""
    metadata = getattr(annotation, "__metadata__", None)
    return metadata[0] if metadata and metadata[0] in _MARKERS else None


def strip_marker(annotation):
    """T of Input[T] and so on; any other annotation as it is."""
    return annotation.__origin__ if marker_of(annotation) else annotation


def is_list_of_artifacts(annotation):
    """True for List[Dataset] and list[Dataset]."""
    members = getattr(annotation, "__args__", None)
    return (
        getattr(annotation, "__origin__", None) is list
        and bool(members)
        and is_artifact_class(members[0])
    )
