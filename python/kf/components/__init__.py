# SPDX-License-Identifier: Apache-2.0
"""Components, and reading them from YAML: KFP's documents and the older component YAML."""

from kf.components.load_yaml_utilities import (
    load_component_from_file,
    load_component_from_text,
    load_component_from_url,
)
from kf.dsl.base_component import (
    BaseComponent,
    ContainerComponent,
    GraphComponent,
    PythonComponent,
    YamlComponent,
)

__all__ = [
    "BaseComponent",
    "ContainerComponent",
    "GraphComponent",
    "PythonComponent",
    "YamlComponent",
    "load_component_from_file",
    "load_component_from_text",
    "load_component_from_url",
]
