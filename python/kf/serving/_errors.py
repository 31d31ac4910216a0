# SPDX-License-Identifier: Apache-2.0
"""What a model raises, and the status that the one who asked sees.

The names and statuses are KServe's.
"""


class InvalidInput(ValueError):
    """The request is at fault (400)."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason

    def __str__(self):
        return str(self.reason)


class InferenceError(RuntimeError):
    """The model failed (500)."""

    def __init__(self, reason, status=None, debug_details=None):
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.debug_details = debug_details

    def __str__(self):
        return str(self.reason) if self.status is None else f"[{self.status}] {self.reason}"


class ModelNotFound(Exception):
    """There is no such model (404)."""

    def __init__(self, model_name=None):
        self.reason = f"Model with name {model_name} does not exist."
        super().__init__(self.reason)


class ModelNotReady(RuntimeError):
    """The model is there and does not answer yet (503)."""

    def __init__(self, model_name, detail=None):
        self.model_name = model_name
        self.error_msg = self.reason = " ".join(
            filter(None, (f"Model with name {model_name} is not ready.", detail))
        )
        super().__init__(self.error_msg)


class NoModelReady(RuntimeError):
    """None of the models that were to be served has loaded."""

    def __init__(self, models, detail=None):
        self.models = models
        names = ",".join(model.name for model in models)
        one = len(models) == 1
        text = f"Model with name {names} is" if one else f"Models with names {names} are"
        self.error_msg = " ".join(filter(None, (text + " not ready.", detail)))
        super().__init__(self.error_msg)


class LoadError(RuntimeError):
    """The model cannot be loaded, for a reason that the user can mend and the message tells."""


class ModelMissingError(LoadError):
    """There is no model where it should be."""

    def __init__(self, path):
        super().__init__(path)
        self.path = path


class WorkersShouldBeLessThanMaxWorkersError(Exception):
    """What KServe's servers of one process say of `--workers`."""

    def __init__(self, max_workers=None):
        self.reason = f"Workers cannot be greater than {max_workers}"
        super().__init__(self.reason)


class UnsupportedProtocol(Exception):
    """The server does not speak this protocol (501)."""

    def __init__(self, protocol_version=None):
        self.reason = f"Unsupported protocol {protocol_version}."
        super().__init__(self.reason)


class ServerNotReady(RuntimeError):
    """The server does not answer yet (503)."""

    def __init__(self, detail=None):
        self.error_msg = " ".join(filter(None, ("Server is not ready.", detail)))
        super().__init__(self.error_msg)


class ServerNotLive(RuntimeError):
    """The server is about to end (503)."""

    def __init__(self, detail=None):
        self.error_msg = " ".join(filter(None, ("Server is not live.", detail)))
        super().__init__(self.error_msg)


class PredictorError(RuntimeError):
    """The predictor that a transformer or explainer asked answered with a failure, which is handed
    on with its status."""

    def __init__(self, message, status_code):
        super().__init__(message)
        self.status_code = status_code


_STATUSES = (
    (InvalidInput, 400),
    (ModelNotFound, 404),
    (InferenceError, 500),
    ((NotImplementedError, UnsupportedProtocol), 501),
    ((ModelNotReady, ServerNotReady, ServerNotLive), 503),
)


def answer_to(error):
    """The status of HTTP and the message for an exception of a model."""
    for kinds, status in _STATUSES:
        if isinstance(error, kinds):
            return status, str(error)
    # What says itself which status it stands for: starlette's and fastapi's HTTPException.
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and 400 <= status <= 599:
        return status, str(getattr(error, "detail", error))
    return 500, f"{type(error).__name__} : {error}"
