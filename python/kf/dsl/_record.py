# SPDX-License-Identifier: Apache-2.0
"""Small records, as dataclasses are, without the time it takes to import those."""


class Record:
    """Named fields, in the order of `_fields`; all but the first `_required` default to None."""

    __slots__ = ()
    _fields = ()
    _required = 0

    def __init__(self, *values, **named):
        name = type(self).__name__
        if len(values) > len(self._fields):
            raise TypeError(f"{name}() takes {len(self._fields)} arguments, got {len(values)}")
        fields = dict(zip(self._fields, values))
        for field, value in named.items():
            if field not in self._fields or field in fields:
                raise TypeError(f"{name}() got an unexpected or a second argument {field!r}")
            fields[field] = value
        missing = [field for field in self._fields[: self._required] if field not in fields]
        if missing:
            raise TypeError(f"{name}() misses the arguments {', '.join(missing)}")
        for field in self._fields:
            setattr(self, field, fields.get(field))

    def _values(self):
        return tuple(getattr(self, field) for field in self._fields)

    def __eq__(self, other):
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    __hash__ = None

    def __repr__(self):
        fields = ", ".join(f"{field}={getattr(self, field)!r}" for field in self._fields)
        return f"{type(self).__name__}({fields})"
