# SPDX-License-Identifier: Apache-2.0
"""From annotations to the types of inputs and outputs.

A parameter's type is text as KFP keeps it in memory ("String", "typing.List[int]"), an artifact's
is "system.Dataset@0.0.1". What types mean is decided by the C library.
"""

from kf import _native
from kf.dsl.types import artifact_types, type_annotations
from kf.errors import TypeMismatch

InconsistentTypeException = TypeMismatch  # KFP's name for it

DEFAULT_ARTIFACT_SCHEMA_VERSION = "0.0.1"

ARTIFACT_CLASSES_MAPPING = {
    title.removeprefix("system.").lower(): cls
    for title, cls in artifact_types._SCHEMA_TITLE_TO_TYPE.items()
}

# Numbers of the IR's types (ParameterType.ParameterTypeEnum).
NUMBER_DOUBLE = _native.KF_TYPE_DOUBLE
NUMBER_INTEGER = _native.KF_TYPE_INTEGER
STRING = _native.KF_TYPE_STRING
BOOLEAN = _native.KF_TYPE_BOOLEAN
LIST = _native.KF_TYPE_LIST
STRUCT = _native.KF_TYPE_STRUCT
TASK_FINAL_STATUS = _native.KF_TYPE_TASK_FINAL_STATUS

_NAMES = {
    str: "String",
    int: "Integer",
    float: "Float",
    bool: "Boolean",
    list: "List",
    dict: "Dict",
}

_NAMES_IN_IR = {
    "STRING": "String",
    "NUMBER_INTEGER": "Integer",
    "NUMBER_DOUBLE": "Float",
    "BOOLEAN": "Boolean",
    "LIST": "List",
    "STRUCT": "Dict",
    "TASK_FINAL_STATUS": "PipelineTaskFinalStatus",
    "TASK_CONFIG": "TaskConfig",
}


class InconsistentTypeWarning(Warning):
    """Two types do not agree."""


def parameter_type(type_):
    """The number of the IR's type for a type's text; 0 if it is no parameter's."""
    return _native._type_of_spec_name(type_) if isinstance(type_, str) else 0


def is_parameter_type(type_):
    """True if the text is the type of a parameter."""
    return parameter_type(type_) != 0


def create_bundled_artifact_type(schema_title, schema_version=None):
    """Title and version in one text."""
    return f"{schema_title}@{schema_version or DEFAULT_ARTIFACT_SCHEMA_VERSION}"


def type_text(annotation):
    """The text of an annotation's type, that of no parameter included."""
    import typing

    if isinstance(annotation, str):
        return annotation
    origin = typing.get_origin(annotation)
    if origin in (list, dict):
        return _generic_text(annotation, origin, typing.get_args(annotation))
    if isinstance(annotation, type):
        if annotation in _NAMES:
            return _NAMES[annotation]
        if type_annotations.is_artifact_class(annotation):
            return create_bundled_artifact_type(annotation.schema_title, annotation.schema_version)
        return _model_text(annotation) or annotation.__name__
    if hasattr(annotation, "__forward_arg__"):
        return annotation.__forward_arg__
    return str(annotation)


def _generic_text(annotation, origin, members):
    if getattr(annotation, "__module__", None) in ("typing", "typing_extensions"):
        return str(annotation)
    if not members:
        return _NAMES[origin]
    return f"{_NAMES[origin]}[{', '.join(type_text(member) for member in members)}]"


def is_model(annotation):
    """True for classes of pydantic models."""
    return (
        isinstance(annotation, type)
        and hasattr(annotation, "model_fields")
        and hasattr(annotation, "model_validate")
    )


def _model_text(cls):
    # A model is a struct; one with a root is what its root is.
    if not is_model(cls):
        return None
    root = cls.model_fields.get("root")
    if root is None:
        return "Dict"
    text = type_text(type_annotations.strip_optional(root.annotation))
    return text if is_parameter_type(text) else "Dict"


def literals_of(annotation):
    """The values of typing.Literal[...] and the class they all have; (None, None) for the rest."""
    import typing

    if typing.get_origin(annotation) is not typing.Literal:
        return None, None
    values = list(typing.get_args(annotation))
    classes = {type(value) for value in values}
    if len(classes) != 1 or not classes <= {str, int, float, bool}:
        raise TypeError(f"the values of {annotation} must all be str, int, float or bool")
    return values, classes.pop()
