# SPDX-License-Identifier: Apache-2.0
"""From Python functions to components: what a signature, its annotations and a docstring say."""

import inspect

from kf import _native
from kf.dsl import _docstring, _models, _settings, _source, placeholders
from kf.dsl.base_component import ContainerComponent, PythonComponent
from kf.dsl.component_task_config import TaskConfigField, TaskConfigPassthrough
from kf.dsl.structures import ContainerSpec, InputSpec, OutputSpec
from kf.dsl.types import artifact_types, type_annotations, type_utils
from kf.errors import InvalidArgument

SINGLE_OUTPUT_NAME = "Output"
_EMPTY = inspect.Parameter.empty
_LIBRARY_CLASSES = frozenset(artifact_types._SCHEMA_TITLE_TO_TYPE.values())


class Interface:
    """Name, description, inputs and outputs that a function stands for."""

    def __init__(self, name, description, inputs, outputs, artifact_classes):
        self.name = name
        self.description = description
        self.inputs = inputs
        self.outputs = outputs
        # Artifact classes of other packages, by where they are named.
        self.artifact_classes = artifact_classes


def _signature(func):
    """The signature with annotations that are classes, also where they were written as text."""
    signature = inspect.signature(func)
    annotations = [each.annotation for each in signature.parameters.values()]
    if not any(isinstance(each, str) for each in (*annotations, signature.return_annotation)):
        return signature
    import typing

    try:
        hints = typing.get_type_hints(inspect.unwrap(func), include_extras=True)
    except Exception:  # A name that is not known here: the text has to do.
        return signature
    parameters = [
        each.replace(annotation=hints.get(each.name, each.annotation))
        for each in signature.parameters.values()
    ]
    returned = hints.get("return", signature.return_annotation)
    if returned is type(None):
        returned = None
    return signature.replace(parameters=parameters, return_annotation=returned)


def interface_of(func, name=None, description=None, containerized=False):
    """The interface that `func` stands for."""
    signature = _signature(func)
    artifact_classes = {}
    inputs, outputs = {}, {}
    for parameter in signature.parameters.values():
        _read_parameter(parameter, inputs, outputs, artifact_classes, containerized)
    _read_return(signature.return_annotation, outputs, artifact_classes, containerized)
    text, input_texts, output_texts = _docstring.read(inspect.getdoc(func))
    for input, spec in inputs.items():
        spec.description = input_texts.get(input)
    for output, spec in outputs.items():
        spec.description = output_texts.get(output)
    return Interface(
        _component_name(name or func.__name__),
        description or text,
        inputs,
        outputs,
        artifact_classes,
    )


def _component_name(name):
    name = _native._sanitize_name(name)
    if not name:
        raise InvalidArgument("a name needs a letter or a digit")
    return name


def _read_parameter(parameter, inputs, outputs, artifact_classes, containerized):
    name = parameter.name
    if name == SINGLE_OUTPUT_NAME:
        raise InvalidArgument(f'"{SINGLE_OUTPUT_NAME}" is an invalid parameter name.')
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        raise TypeError(f"a component has named arguments only; {parameter} cannot be one")
    annotation = type_annotations.strip_optional(parameter.annotation)
    if annotation is _EMPTY:
        raise TypeError(f"Missing type annotation for argument: {name}")
    marker = type_annotations.marker_of(annotation)
    if marker is type_annotations.EmbeddedAnnotation:
        return
    if marker is type_annotations.OutputAnnotation:
        artifact = _artifact_of(annotation, name, artifact_classes)
        outputs[name] = OutputSpec(*artifact)
    elif isinstance(annotation, type_annotations.OutputPath):
        outputs[name] = OutputSpec(type_utils.type_text(annotation.type))
    elif marker is type_annotations.InputAnnotation:
        artifact = _artifact_of(annotation, name, artifact_classes)
        inputs[name] = _artifact_input(parameter, *artifact)
    elif type_annotations.is_artifact_class(annotation) or type_annotations.is_list_of_artifacts(
        annotation
    ):
        if containerized:
            raise TypeError(
                f"the artifact {name!r} of a container component must be annotated as "
                f"Input[...] or Output[...], got {annotation}"
            )
        artifact = _artifact_of(annotation, name, artifact_classes)
        inputs[name] = _artifact_input(parameter, *artifact)
    else:
        inputs[name] = _parameter_input(parameter, annotation)


def _artifact_of(annotation, place, artifact_classes):
    """Type, and whether it is a list, of an artifact's annotation."""
    cls = type_annotations.strip_marker(annotation)
    is_list = type_annotations.is_list_of_artifacts(cls)
    if is_list:
        cls = cls.__args__[0]
    if not type_annotations.is_artifact_class(cls):
        if str(cls).startswith("~"):  # Input or Output by itself.
            raise TypeError(f"{place!r} needs a class of artifacts, such as Input[Dataset]")
        raise TypeError(f"{place!r}: {cls} is no class of artifacts")
    if cls not in _LIBRARY_CLASSES:
        artifact_classes[place] = cls
    type_ = type_utils.create_bundled_artifact_type(cls.schema_title, cls.schema_version)
    return type_, is_list


def _artifact_input(parameter, type_, is_list=False):
    optional = parameter.default is not _EMPTY
    if optional and parameter.default is not None:
        raise InvalidArgument(
            f"the default of the artifact {parameter.name!r} can only be None, got "
            f"{parameter.default!r}"
        )
    return InputSpec(type_, optional=optional, is_artifact_list=is_list)


def _parameter_input(parameter, annotation):
    if isinstance(annotation, type_annotations.InputPath):
        type_, literals = type_utils.type_text(annotation.type), None
        if not type_utils.is_parameter_type(type_):
            return _artifact_input(parameter, type_)
    else:
        literals, cls = type_utils.literals_of(annotation)
        type_ = type_utils.type_text(cls or annotation)
    if not type_utils.is_parameter_type(type_):
        raise TypeError(
            f"the argument {parameter.name!r} has the type {type_!r}, which is neither a "
            "parameter's (str, int, float, bool, list, dict) nor an artifact's"
        )
    filled_in = type_ in ("PipelineTaskFinalStatus", "TaskConfig")
    optional = filled_in or parameter.default is not _EMPTY
    default = None if parameter.default is _EMPTY or filled_in else parameter.default
    return InputSpec(type_, default, optional, literals=literals)


def _read_return(annotation, outputs, artifact_classes, containerized):
    if containerized:
        if annotation not in (_EMPTY, None, ContainerSpec):
            raise TypeError(
                "a container component returns a ContainerSpec; its outputs are arguments "
                "annotated as Output[...] or OutputPath(...)"
            )
        return
    if annotation is None or annotation is _EMPTY:
        return
    if hasattr(annotation, "_fields"):
        hints = getattr(annotation, "__annotations__", {})
        untyped = [field for field in annotation._fields if field not in hints]
        if untyped:
            raise TypeError(
                f"the outputs {', '.join(untyped)} of {annotation.__name__} have no types; "
                "annotate with a typing.NamedTuple"
            )
        for field in annotation._fields:
            outputs[field] = _output_of(hints[field], f"return.{field}", artifact_classes)
        return
    if isinstance(annotation, dict):
        for field, type_ in annotation.items():
            outputs[field] = _output_of(type_, f"return.{field}", artifact_classes)
        return
    if SINGLE_OUTPUT_NAME in outputs:
        raise InvalidArgument(f"{SINGLE_OUTPUT_NAME!r} is given out twice")
    outputs[SINGLE_OUTPUT_NAME] = _output_of(annotation, "return", artifact_classes)


def _output_of(annotation, place, artifact_classes):
    annotation = type_annotations.strip_optional(annotation)
    inner = type_annotations.strip_marker(annotation)
    if type_annotations.is_artifact_class(inner) or type_annotations.is_list_of_artifacts(inner):
        return OutputSpec(*_artifact_of(annotation, place, artifact_classes))
    _, cls = type_utils.literals_of(annotation)
    type_ = type_utils.type_text(cls or annotation)
    if not type_utils.is_parameter_type(type_):
        raise TypeError(
            f"the output {place.removeprefix('return.')!r} has the type {type_!r}, which is "
            "neither a parameter's (str, int, float, bool, list, dict) nor an artifact's"
        )
    return OutputSpec(type_)


class Launch:
    """How a Python component is launched, as options of the native component."""

    def __init__(self, func, interface, helper, runtime, additional_funcs, options):
        self._func = func
        self._runtime = _settings.check_runtime(runtime)
        self._options = options
        imports, models = _models.support_of(func, _signature(func))
        self._parts = {
            "imports": [
                *_source.imports_of_artifact_classes(func, interface.artifact_classes),
                *imports,
            ],
            "additional": (*models, *(additional_funcs or ())),
            "helper": helper,
        }

    def __call__(self, runtime):
        runtime = self._runtime or runtime
        source = _source.component_source(self._func, runtime=runtime, **self._parts)
        return {
            **self._options,
            "function": self._func.__name__,
            "source": source,
            "runtime": (
                _native.KF_RUNTIME_KFP if runtime == "kfp" else _native.KF_RUNTIME_EMBEDDED
            ),
        }


def _passthroughs_of(given):
    return [
        TaskConfigPassthrough(each) if isinstance(each, TaskConfigField) else each
        for each in given or ()
    ]


def create_component_from_func(
    func,
    *,
    base_image=None,
    target_image=None,
    packages_to_install=None,
    pip_index_urls=None,
    install_kfp_package=True,
    kfp_package_path=None,
    pip_trusted_hosts=None,
    use_venv=False,
    additional_funcs=None,
    helper=None,
    task_config_passthroughs=None,
    output_component_file=None,
    notebook=False,
    runtime=None,
):
    """Make a PythonComponent of `func`; the arguments are those of dsl.component."""
    _source.check_function(func)
    for each in additional_funcs or ():
        _source.check_additional(each)
    interface = interface_of(func)
    options = {
        "image": base_image,
        "target_image": target_image,
        "packages_to_install": packages_to_install,
        "pip_index_urls": pip_index_urls,
        "pip_trusted_hosts": pip_trusted_hosts,
        "skip_kfp_install": not install_kfp_package,
        "kfp_package_path": kfp_package_path,
        "use_venv": use_venv,
        "notebook": notebook,
    }
    component = PythonComponent(
        interface.name,
        interface.description,
        interface.inputs,
        interface.outputs,
        func,
        Launch(func, interface, helper, runtime, additional_funcs, options),
        _passthroughs_of(task_config_passthroughs),
    )
    component.__doc__ = func.__doc__
    if output_component_file:
        from kf.compiler import Compiler

        Compiler().compile(component, output_component_file)
    return component


def _placeholder_of(parameter):
    annotation = type_annotations.strip_optional(parameter.annotation)
    marker = type_annotations.marker_of(annotation)
    name = parameter.name
    if marker is not None:
        is_input = marker is type_annotations.InputAnnotation
        if type_annotations.is_list_of_artifacts(type_annotations.strip_marker(annotation)):
            if is_input:
                return placeholders.InputListOfArtifactsPlaceholder(name)
            return placeholders.OutputListOfArtifactsPlaceholder(name)
        return placeholders.ContainerComponentArtifactChannel(
            "input" if is_input else "output", name
        )
    if not isinstance(annotation, (type_annotations.InputPath, type_annotations.OutputPath)):
        return placeholders.InputValuePlaceholder(name)
    is_parameter = type_utils.is_parameter_type(type_utils.type_text(annotation.type))
    if isinstance(annotation, type_annotations.OutputPath):
        if is_parameter:
            return placeholders.OutputParameterPlaceholder(name)
        return placeholders.OutputPathPlaceholder(name)
    if is_parameter:
        return placeholders.InputValuePlaceholder(name)
    return placeholders.InputPathPlaceholder(name)


def create_container_component_from_func(func):
    """Make a ContainerComponent of `func`, which gives a ContainerSpec for placeholders."""
    interface = interface_of(func, containerized=True)
    container = func(
        **{each.name: _placeholder_of(each) for each in _signature(func).parameters.values()}
    )
    if not isinstance(container, ContainerSpec):
        raise TypeError(
            f"the container component {func.__name__!r} must return a dsl.ContainerSpec, got "
            f"{container!r} of type {type(container)}"
        )
    component = ContainerComponent(
        interface.name,
        interface.description,
        interface.inputs,
        interface.outputs,
        func,
        str(container.image),
        placeholders.words_of(container.command, interface.inputs, interface.outputs),
        placeholders.words_of(container.args, interface.inputs, interface.outputs),
    )
    component.__doc__ = func.__doc__
    return component
