# SPDX-License-Identifier: Apache-2.0
"""The exceptions of libkf: one class per status of the C API, each also the builtin it resembles.

Every one of them has `code` (such as "KF_ENOENT"), `message`, `where` (locates data, such as
"root.tasks.train.inputs.rate"), and `line` and `column` (locate text, from 1; 0 if unknown).
"""

__all__ = [
    "Error",
    "AlreadyExists",
    "Busy",
    "CallbackFailed",
    "Canceled",
    "Cycle",
    "IOFailure",
    "InvalidArgument",
    "InvalidDocument",
    "InvalidState",
    "LimitExceeded",
    "MissingArgument",
    "NewerVersion",
    "NotFound",
    "OutOfMemory",
    "OutOfScope",
    "ParseError",
    "RunFailed",
    "TimedOut",
    "TypeMismatch",
    "Unsupported",
]


class Error(Exception):
    """Something that libkf refuses or cannot do."""

    code = "KF_EINVAL"

    def __init__(self, message="", *, code=None, where="", line=0, column=0):
        super().__init__(message)
        self.message = message
        self.where = where
        self.line = line
        self.column = column
        if code is not None:
            self.code = code

    def __str__(self):
        place = self.where
        if self.line:
            place = f"{place + ', ' if place else ''}line {self.line}, column {self.column}"
        return f"{self.message} ({place})" if place else self.message

    def __reduce__(self):
        return _restore, (type(self), self.message, self.code, self.where, self.line, self.column)


def _restore(cls, message, code, where, line, column):
    return cls(message, code=code, where=where, line=line, column=column)


class OutOfMemory(Error, MemoryError):
    """There is not enough memory."""

    code = "KF_ENOMEM"


class InvalidArgument(Error, ValueError):
    """A value that cannot be: malformed, out of range, contradictory."""

    code = "KF_EINVAL"


class NotFound(Error, LookupError, ValueError):
    """No input, output, task, run or file has that name; both builtins, as TypeMismatch."""

    code = "KF_ENOENT"


class AlreadyExists(Error, ValueError):
    """The name is taken."""

    code = "KF_EEXIST"


class TypeMismatch(Error, TypeError, ValueError):
    """A value, or a task's output, of another type than the input it goes to.

    Both builtins, because KFP raises now the one and now the other.
    """

    code = "KF_ETYPE"


class MissingArgument(Error, TypeError, ValueError):
    """A required input, argument or field is not given; both builtins, as TypeMismatch."""

    code = "KF_EMISSING"


class ParseError(Error, ValueError):
    """Text that is not what it should be; `line` and `column` tell where."""

    code = "KF_EPARSE"


class InvalidDocument(Error, TypeError, ValueError):
    """Well-formed text that is not a valid document of its kind; both builtins, as TypeMismatch."""

    code = "KF_EDOCUMENT"


class OutOfScope(Error, ValueError):
    """An output read outside the loop, condition or exit handler that it is made in."""

    code = "KF_ESCOPE"


class Cycle(Error, ValueError):
    """Tasks that wait for each other."""

    code = "KF_ECYCLE"


class LimitExceeded(Error, ValueError):
    """A ceiling of libkf was reached; the message names it."""

    code = "KF_ELIMIT"


class IOFailure(Error, OSError):
    """The operating system refused: disk full, no permission, broken pipe."""

    code = "KF_EIO"


class Busy(Error, OSError):
    """Held by another process or thread."""

    code = "KF_EBUSY"


class NewerVersion(Error, RuntimeError):
    """Written by a newer libkf than this one."""

    code = "KF_EVERSION"


class InvalidState(Error, RuntimeError, ValueError):
    """Not possible at this point, or in the state that the object is in.

    Both builtins, as TypeMismatch.
    """

    code = "KF_ESTATE"


class CallbackFailed(Error, RuntimeError):
    """A function that was handed to libkf stopped it."""

    code = "KF_ECALLBACK"


class RunFailed(Error, RuntimeError):
    """A task or a run failed."""

    code = "KF_EFAILED"


class Canceled(Error, RuntimeError):
    """Canceled by request."""

    code = "KF_ECANCELED"


class TimedOut(Error, TimeoutError):
    """Did not end in the time it was given."""

    code = "KF_ETIMEOUT"


class Unsupported(Error, NotImplementedError):
    """Valid, and nothing that this build or place can do."""

    code = "KF_EUNSUPPORTED"


_BY_CODE = {cls.code: cls for cls in Error.__subclasses__()}


def _class_of(code):
    """The class that stands for the status of this name; called by the native module."""
    return _BY_CODE.get(code, Error)
