# SPDX-License-Identifier: Apache-2.0
"""What stands in a container's command for a value that is known when it runs."""

from kf.errors import InvalidArgument


class Placeholder:
    """Stands for text that the backend puts in its place."""

    __slots__ = ()

    def _to_string(self):
        raise NotImplementedError

    def __str__(self):
        return self._to_string()

    def __repr__(self):
        return f"{type(self).__name__}({self._to_string()})"

    def __eq__(self, other):
        return type(other) is type(self) and self._to_string() == other._to_string()

    def __hash__(self):
        return hash(self._to_string())


class _OfInput(Placeholder):
    __slots__ = ("input_name",)

    def __init__(self, input_name):
        self.input_name = input_name

    def _to_string(self):
        return "{{" + self._path % self.input_name + "}}"


class _OfOutput(Placeholder):
    __slots__ = ("output_name",)

    def __init__(self, output_name):
        self.output_name = output_name

    def _to_string(self):
        return "{{" + self._path % self.output_name + "}}"


class InputValuePlaceholder(_OfInput):
    """The value of an input parameter."""

    __slots__ = ()
    _path = "$.inputs.parameters['%s']"


class InputPathPlaceholder(_OfInput):
    """The path of an input artifact."""

    __slots__ = ()
    _path = "$.inputs.artifacts['%s'].path"


class InputUriPlaceholder(_OfInput):
    """The uri of an input artifact."""

    __slots__ = ()
    _path = "$.inputs.artifacts['%s'].uri"


class InputMetadataPlaceholder(_OfInput):
    """The metadata of an input artifact, or with an index one entry of it."""

    __slots__ = ()
    _path = "$.inputs.artifacts['%s'].metadata"

    def __getitem__(self, key):
        return "{{" + self._path % self.input_name + f"['{key}']" + "}}"


class OutputParameterPlaceholder(_OfOutput):
    """The path of the file that an output parameter is to be written to."""

    __slots__ = ()
    _path = "$.outputs.parameters['%s'].output_file"


class OutputPathPlaceholder(_OfOutput):
    """The path of an output artifact."""

    __slots__ = ()
    _path = "$.outputs.artifacts['%s'].path"


class OutputUriPlaceholder(_OfOutput):
    """The uri of an output artifact."""

    __slots__ = ()
    _path = "$.outputs.artifacts['%s'].uri"


class OutputMetadataPlaceholder(_OfOutput):
    """The metadata of an output artifact, or with an index one entry of it."""

    __slots__ = ()
    _path = "$.outputs.artifacts['%s'].metadata"

    def __getitem__(self, key):
        return "{{" + self._path % self.output_name + f"['{key}']" + "}}"


class _WholeList:
    __slots__ = ()

    def _refuse(self, what):
        return (
            f"{what} of a list of artifacts cannot be used in a container component; "
            f"pass the whole list {self._to_string()}"
        )

    def __getattr__(self, name):
        if name in ("name", "uri", "metadata", "path"):
            raise AttributeError(self._refuse(f"the attribute {name!r}"))
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")

    def __getitem__(self, index):
        raise KeyError(self._refuse(f"the item {index!r}"))


class InputListOfArtifactsPlaceholder(_WholeList, _OfInput):
    """A list of input artifacts, as JSON."""

    __slots__ = ()
    _path = "$.inputs.artifacts['%s']"


class OutputListOfArtifactsPlaceholder(_WholeList, _OfOutput):
    """A list of output artifacts, as JSON."""

    __slots__ = ()
    _path = "$.outputs.artifacts['%s']"


class ContainerComponentArtifactChannel:
    """An artifact in the signature of a container component; its attributes are placeholders."""

    __slots__ = ("_io_type", "_var_name")
    _classes = {
        ("input", "path"): InputPathPlaceholder,
        ("input", "uri"): InputUriPlaceholder,
        ("input", "metadata"): InputMetadataPlaceholder,
        ("output", "path"): OutputPathPlaceholder,
        ("output", "uri"): OutputUriPlaceholder,
        ("output", "metadata"): OutputMetadataPlaceholder,
    }

    def __init__(self, io_type, var_name):
        self._io_type = io_type
        self._var_name = var_name

    def __getattr__(self, name):
        cls = self._classes.get((self._io_type, name))
        if cls is None:
            raise AttributeError(
                f"an artifact of a container component has path, uri and metadata, not {name!r}"
            )
        return cls(self._var_name)


class _Structured(Placeholder):
    __slots__ = ()

    def _to_string(self):
        import json

        return json.dumps(self._to_dict())

    def __str__(self):
        raise ValueError(
            f"{type(self).__name__} cannot be part of a text; make it an element of the command "
            "or of a ConcatPlaceholder"
        )


def _element(item):
    """An element of a command as it stands inside a structured placeholder."""
    if isinstance(item, _Structured):
        return item._to_dict()
    return item._to_string() if isinstance(item, Placeholder) else item


def _elements(items):
    return [_element(item) for item in items] if isinstance(items, list) else _element(items)


class ConcatPlaceholder(_Structured):
    """Texts and placeholders put together into one argument."""

    __slots__ = ("items",)

    def __init__(self, items):
        for item in items:
            if isinstance(item, IfPresentPlaceholder):
                item._check_single()
        self.items = items

    def _to_dict(self):
        return {"Concat": [_element(item) for item in self.items]}


class IfPresentPlaceholder(_Structured):
    """`then` where the input `input_name` is given, otherwise `else_` (by default nothing)."""

    __slots__ = ("input_name", "then", "else_")

    def __init__(self, input_name, then, else_=None):
        self.input_name = input_name
        self.then = then
        self.else_ = else_

    def _check_single(self):
        # Inside a concatenation a list would have no meaning, however deep it is.
        for branch in (self.then, self.else_):
            if isinstance(branch, list):
                raise InvalidArgument(
                    "an IfPresentPlaceholder within a ConcatPlaceholder takes single elements for "
                    "`then` and `else_`, not lists"
                )
            for item in branch.items if isinstance(branch, ConcatPlaceholder) else (branch,):
                if isinstance(item, IfPresentPlaceholder):
                    item._check_single()

    def _to_dict(self):
        members = {"InputName": self.input_name, "Then": _elements(self.then)}
        if self.else_:
            members["Else"] = _elements(self.else_)
        return {"IfPresent": members}


def _nested(element):
    """The element and all that stand inside it."""
    yield element
    inside = ()
    if isinstance(element, ConcatPlaceholder):
        inside = element.items
    elif isinstance(element, IfPresentPlaceholder):
        for branch in (element.then, element.else_):
            inside += tuple(branch) if isinstance(branch, list) else (branch,)
    for item in inside:
        if item is not None:
            yield from _nested(item)


def words_of(elements, inputs, outputs):
    """A command as a list of texts, or None; every element is checked against the interface."""
    if not elements:
        return None
    for element in elements:
        for item in _nested(element):
            _check_element(item, inputs, outputs)
    return [
        element._to_string() if isinstance(element, Placeholder) else element
        for element in elements
    ]


_OF_PARAMETERS = (InputValuePlaceholder, OutputParameterPlaceholder)


def _check_name(placeholder, name, specs, what):
    """An input or output of that name, and of the kind that the placeholder stands for."""
    cls = type(placeholder)
    if name not in specs:
        raise InvalidArgument(
            f"{cls.__name__} names the {what} {name!r}, which does not exist; the {what}s are "
            f"{', '.join(specs) or 'none'}"
        )
    spec = specs[name]
    if cls is not IfPresentPlaceholder and spec.is_parameter != (cls in _OF_PARAMETERS):
        raise TypeError(
            f"the {what} {name!r} is of type {spec.type}, which {cls.__name__} cannot stand for"
        )


def _check_element(element, inputs, outputs):
    if isinstance(element, ContainerComponentArtifactChannel):
        raise InvalidArgument(
            f"the artifact {element._var_name!r} cannot stand in a command by itself; "
            "use its .path, .uri or .metadata"
        )
    if isinstance(element, (_OfInput, IfPresentPlaceholder)):
        _check_name(element, element.input_name, inputs, "input")
    if isinstance(element, _OfOutput):
        _check_name(element, element.output_name, outputs, "output")
    if not isinstance(element, (str, Placeholder)):
        raise TypeError(
            "an element of a command must be text or a placeholder, got "
            f"{element!r} of type {type(element)}"
        )
