# SPDX-License-Identifier: Apache-2.0
"""What parameters may be, and spaces made of them."""

import builtins

from kf import _native
from kf.errors import InvalidArgument, TypeMismatch

#: Katib's names of distributions.
DISTRIBUTIONS = {
    "uniform": _native.KF_UNIFORM,
    "logUniform": _native.KF_LOG_UNIFORM,
    "normal": _native.KF_NORMAL,
    "logNormal": _native.KF_LOG_NORMAL,
}


class Parameter:
    """The values that one parameter may take; made by `double`, `int`, `discrete`, `categorical`."""

    def __init__(self, kind, when=None, **fields):
        self.kind = kind
        self.when = _conditions(when)
        self.fields = fields

    def __repr__(self):
        shown = {**self.fields, **({"when": self.when} if self.when else {})}
        fields = ", ".join(f"{name}={value!r}" for name, value in shown.items())
        return f"search.{self.kind}({fields})"

    def __eq__(self, other):
        return isinstance(other, Parameter) and vars(self) == vars(other)

    def _add_to(self, space, name):
        fields = self.fields
        if self.kind in ("double", "int"):
            add = _native.space_add_double if self.kind == "double" else _native.space_add_int
            step = 0 if fields["step"] is None else fields["step"]
            distribution = DISTRIBUTIONS[fields["distribution"]]
            add(space, name, fields["min"], fields["max"], step, distribution)
        elif self.kind == "discrete":
            _native.space_add_discrete(space, name, fields["list"])
        else:
            _native.space_add_categorical(space, name, fields["list"])
        for parent, values in self.when.items():
            _native.space_set_condition(space, name, parent, values)


def _conditions(when):
    if when is None:
        return {}
    if not isinstance(when, dict) or len(when) != 1:
        raise InvalidArgument(
            "`when` must name one parameter and the values it must have, "
            f'such as {{"model": ["tree", "forest"]}}, got {when!r}'
        )
    return {
        parent: list(values) if isinstance(values, (list, tuple, set)) else [values]
        for parent, values in when.items()
    }


def _range(kind, min, max, step, distribution, when):
    if distribution not in DISTRIBUTIONS:
        raise InvalidArgument(
            f"distribution must be one of {', '.join(DISTRIBUTIONS)}, got {distribution!r}"
        )
    if step is not None and not step > 0:
        raise InvalidArgument(f"step must be a positive number, got {step!r}")
    return Parameter(kind, when, min=min, max=max, step=step, distribution=distribution)


def double(min, max, step=None, distribution="uniform", when=None):
    """A real number from `min` to `max`, both included.

    Args:
        step: Only min, min + step, … up to max.
        distribution: "uniform", "logUniform", "normal" (mean in the middle, standard deviation a sixth
            of the range) or "logNormal".
        when: The parameter exists only where another one has one of the values given, such as
            {"model": ["tree", "forest"]}.
    """
    return _range("double", float(min), float(max), step, distribution, when)


def int(min, max, step=None, distribution="uniform", when=None):
    """An integer from `min` to `max`, both included; `step` is 1 unless given. As `double`."""
    for name, value in (("min", min), ("max", max), ("step", step)):
        if value is not None and not isinstance(value, builtins.int):
            raise TypeMismatch(f"{name} must be an integer, got {value!r}")
    return _range("int", min, max, step, distribution, when)


def discrete(list, when=None):
    """One of several numbers, whose order counts."""
    return Parameter("discrete", when, list=builtins.list(list))


def categorical(list, when=None):
    """One of several values of any kind, without order."""
    return Parameter("categorical", when, list=builtins.list(list))


def native_space(parameters):
    """The space of a dict of parameters by name."""
    space = _native.space_new()
    for name, parameter in parameters.items():
        if not isinstance(parameter, Parameter):
            raise TypeMismatch(
                f"parameter {name!r} must be made by search.double, int, discrete or categorical, "
                f"got {parameter!r}"
            )
        parameter._add_to(space, name)
    return space
