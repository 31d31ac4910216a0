# SPDX-License-Identifier: Apache-2.0
"""Settings of the process: how Python components are launched, and whether types are checked."""

import sys

from kf.errors import InvalidArgument

RUNTIMES = ("embedded", "kfp")

_runtime = None
#: True once kf.as_kfp is imported: then everything is written as KFP writes it.
as_kfp = False


def check_runtime(runtime):
    """`runtime`, if it is one or None."""
    if runtime is not None and runtime not in RUNTIMES:
        raise InvalidArgument(f"the runtime {runtime!r} must be one of {', '.join(RUNTIMES)}")
    return runtime


def set_default_runtime(runtime):
    """How components without a runtime of their own are launched from now on.

    "embedded": the executor travels in the component's command. "kfp": the component installs and
    uses the package kfp, exactly as KFP writes it. None: as the environment variable KF_RUNTIME
    says, otherwise "embedded", or "kfp" under kf.as_kfp.
    """
    global _runtime
    _runtime = check_runtime(runtime)


def runtime():
    """The runtime of components that have none of their own."""
    global _runtime
    if _runtime is None:
        import os

        chosen = os.environ.get("KF_RUNTIME") or None
        return check_runtime(chosen) or ("kfp" if as_kfp else "embedded")
    return _runtime


def type_check():
    """Whether the types of arguments are checked: kf.TYPE_CHECK."""
    return sys.modules["kf"].TYPE_CHECK


def write_options():
    """How documents are written unless compile() is told otherwise."""
    if not as_kfp:
        return {}
    from kf import _native

    return {"verbose_form": True, "sdk_version": f"kfp-{_native.kfp_version()}"}
