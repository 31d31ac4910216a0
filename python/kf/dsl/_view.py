# SPDX-License-Identifier: Apache-2.0
"""Components as Python objects and documents, for those who look into them."""

from kf import _native
from kf.dsl.structures import ComponentSpec, ContainerSpecImplementation, Implementation


class Spec(dict):
    """A document, or a part of one: a dict, whose members are also attributes in snake_case.

    An attribute of a member that is not there is an empty Spec, so that a path can be followed
    without asking at each step, as with protobuf's messages.
    """

    __slots__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        for key in (name, _camel_case(name)):
            if key in self:
                return self[key]
        return Spec()


def _camel_case(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def wrap(value):
    """`value` with every dict in it a Spec."""
    if isinstance(value, dict):
        return Spec((key, wrap(member)) for key, member in value.items())
    if isinstance(value, list):
        return [wrap(item) for item in value]
    return value


def pipeline_spec(component):
    """The PipelineSpec of a component, in the form that compile() writes by default."""
    from kf.dsl import _settings

    options = _settings.write_options()
    return wrap(_native.pipeline_spec(component._pipeline_handle(), options))


def platform_spec(component):
    """The PlatformSpec of a component; empty if it has none."""
    from kf.dsl import _settings

    options = _settings.write_options()
    return wrap(_native.pipeline_platform_spec(component._pipeline_handle(), options))


def component_spec(component):
    """The ComponentSpec of a component."""
    implementation = Implementation()
    if component._is_graph:
        implementation.graph = pipeline_spec(component)
    else:
        executors = pipeline_spec(component)["deploymentSpec"]["executors"]
        executor = next(iter(executors.values()))
        if "importer" in executor:
            implementation.importer = executor["importer"]
        else:
            implementation.container = _container(executor["container"])
    spec = ComponentSpec(
        name=component.name,
        implementation=implementation,
        description=component.description,
        inputs=component._inputs,
        outputs=component._outputs,
        platform_spec=platform_spec(component) if component._is_graph else Spec(),
        task_config_passthroughs=getattr(component, "_passthroughs", None),
    )
    spec._component = component
    return spec


def _container(container):
    env = {each["name"]: each.get("value", "") for each in container.get("env", ())}
    return ContainerSpecImplementation(
        image=container["image"],
        command=list(container.get("command", ())) or None,
        args=list(container.get("args", ())) or None,
        env=env or None,
    )
