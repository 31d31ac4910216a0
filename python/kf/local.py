# SPDX-License-Identifier: Apache-2.0
"""Running components and pipelines on this machine by calling them."""

from kf.errors import InvalidState

__all__ = []


def _execute(component, arguments):
    """Execute a component that was called outside of a pipeline."""
    raise InvalidState(
        f"{component.name} was called outside of a pipeline: call kf.local.init() first to execute "
        "components on this machine"
    )
