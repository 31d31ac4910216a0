# SPDX-License-Identifier: Apache-2.0
"""Inputs, outputs and containers of components, as components are described in Python."""

from kf.dsl._record import Record
from kf.dsl.types import type_utils
from kf.errors import InvalidState

#: No default at all, which is not the default None.
NO_DEFAULT = type("NO_DEFAULT", (), {"__repr__": lambda self: "NO_DEFAULT"})()


class _InputOrOutput:
    __slots__ = ("type", "is_artifact_list", "description")

    def __eq__(self, other):
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._compared)

    __hash__ = None

    def __repr__(self):
        names = self._compared + ("description",)
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__name__}({fields})"

    @property
    def is_parameter(self):
        """False for an artifact."""
        return type_utils.is_parameter_type(self.type)


class InputSpec(_InputOrOutput):
    """One input of a component."""

    __slots__ = ("default", "optional", "literals")
    _compared = ("type", "default", "optional", "is_artifact_list")

    def __init__(
        self,
        type,
        default=None,
        optional=False,
        is_artifact_list=False,
        description=None,
        literals=None,
    ):
        self.type = type
        self.default = default
        self.optional = optional
        self.is_artifact_list = is_artifact_list
        self.description = description
        self.literals = literals


class OutputSpec(_InputOrOutput):
    """One output of a component."""

    __slots__ = ()
    _compared = ("type", "is_artifact_list")

    def __init__(self, type, is_artifact_list=False, description=None):
        self.type = type
        self.is_artifact_list = is_artifact_list
        self.description = description


class ContainerSpec(Record):
    """What a container component runs: an image, a command and its arguments.

    Command and arguments are lists of text and of placeholders: the arguments of the function that
    is decorated, IfPresentPlaceholder and ConcatPlaceholder.
    """

    __slots__ = _fields = ("image", "command", "args")

    def __init__(self, image, command=None, args=None):
        super().__init__(image, command, args)


class ResourceSpec(Record):
    """The resources set on a task, as text."""

    __slots__ = _fields = (
        "cpu_request",
        "cpu_limit",
        "memory_request",
        "memory_limit",
        "accelerator_type",
        "accelerator_count",
    )


class ContainerSpecImplementation(Record):
    """The container behind a component, or a task of it."""

    __slots__ = _fields = ("image", "command", "args", "env", "resources")

    def __init__(self, image, command=None, args=None, env=None, resources=None):
        super().__init__(image, command or None, args or None, env or None, resources)


class Implementation(Record):
    """What is behind a component: a container, an importer or a pipeline."""

    __slots__ = _fields = ("container", "importer", "graph")

    def __init__(self, container=None, importer=None, graph=None):
        super().__init__(container, importer, graph)


class ComponentSpec(Record):
    """A component's name, description, interface and implementation; made when asked for."""

    _fields = (
        "name",
        "implementation",
        "description",
        "inputs",
        "outputs",
        "platform_spec",
        "task_config_passthroughs",
    )
    __slots__ = (*_fields, "_component")

    def __init__(
        self,
        name,
        implementation,
        description=None,
        inputs=None,
        outputs=None,
        platform_spec=None,
        task_config_passthroughs=None,
    ):
        super().__init__(
            name,
            implementation,
            description,
            inputs or None,
            outputs or None,
            {} if platform_spec is None else platform_spec,
            task_config_passthroughs or None,
        )

    @classmethod
    def from_yaml_documents(cls, text):
        """The description of the component that YAML text holds."""
        from kf.dsl.base_component import YamlComponent

        return YamlComponent(text).component_spec

    def save_to_component_yaml(self, output_file):
        """Write the component that this describes to a YAML file."""
        from kf.compiler import Compiler

        component = getattr(self, "_component", None)
        if component is None:
            raise InvalidState("only what a component gave as its component_spec can be written")
        Compiler().compile(component, output_file)
