# SPDX-License-Identifier: Apache-2.0
"""The decorator that makes components of container images."""


def container_component(func):
    """Make a component of a function that returns a `dsl.ContainerSpec`.

    The function is called once, with placeholders for its arguments: a parameter stands for its
    value, an `OutputPath` for the path of the file to write, an artifact has `.path`, `.uri` and
    `.metadata`.
    """
    from kf.dsl import component_factory

    return component_factory.create_container_component_from_func(func)
