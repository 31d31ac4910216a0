# SPDX-License-Identifier: Apache-2.0
"""What a model in Python is: a class with KServe's names and order of calls.

    class Doubler(Model):
        def load(self):
            self.ready = True
            return self.ready

        def predict(self, payload, headers=None):
            return {"predictions": [2 * x for x in payload["instances"]]}

    if __name__ == "__main__":
        ModelServer().start([Doubler("doubler")])

Each handler may be a plain function or a coroutine.
"""

import contextvars
import inspect
from enum import Enum

from kf.serving._errors import InvalidInput
from kf.serving._types import InferRequest

#: Headers of a request that are handed on to the predictor.
_FORWARDED = ("x-request-id", "x-b3-traceid", "authorization")


class PredictorProtocol(Enum):
    """How a predictor is spoken to."""

    REST_V1 = "v1"
    REST_V2 = "v2"
    GRPC_V2 = "grpc-v2"


class InferenceVerb(Enum):
    """What is asked of a model."""

    EXPLAIN = 1
    PREDICT = 2


class PredictorConfig:
    """Where the predictor of a transformer or explainer is, and how it is spoken to."""

    def __init__(
        self,
        predictor_host=None,
        predictor_protocol="v1",
        predictor_use_ssl=False,
        predictor_request_timeout_seconds=600,
        predictor_request_retries=0,
        predictor_health_check=False,
    ):
        self.predictor_host = predictor_host
        self.predictor_protocol = predictor_protocol
        self.predictor_use_ssl = predictor_use_ssl
        self.predictor_request_timeout_seconds = predictor_request_timeout_seconds
        self.predictor_request_retries = predictor_request_retries
        self.predictor_health_check = predictor_health_check

    @property
    def predictor_base_url(self):
        return f"{'https' if self.predictor_use_ssl else 'http'}://{self.predictor_host}"

    protocol = property(lambda self: self.predictor_protocol)
    timeout = property(lambda self: self.predictor_request_timeout_seconds)
    retries = property(lambda self: self.predictor_request_retries)
    use_ssl = property(lambda self: self.predictor_use_ssl)


class Context:
    """What the models of a process share: who asks the predictor for them."""

    def __init__(self):
        self.predictor_config = None
        #: async (path, headers, body, of) -> (status, headers, body); None: there is no predictor.
        self.ask = None
        #: The call that the running task answers.
        self.current = contextvars.ContextVar("kf_current_call", default=0)


context = Context()


class BaseKServeModel:
    """What the server needs of a model: a name, and whether it is ready."""

    def __init__(self, name):
        self.name = name
        self.ready = False
        self.engine = False

    async def healthy(self):
        """Whether the model answers; by default `ready`."""
        return self.ready

    def load(self):
        """Load the model, set `ready`, and return it."""
        self.ready = True
        return self.ready

    def start(self):
        """Called when the server starts."""
        self.ready = True

    async def start_engine(self):
        """Called when the server starts, if `engine` is set."""
        self.ready = True

    def stop(self):
        """Called when the model is unloaded."""
        self.ready = False

    def stop_engine(self):
        """Called when the model is unloaded, if `engine` is set."""
        self.ready = False


class InferenceModel(BaseKServeModel):
    """A model that is asked for predictions."""

    async def __call__(self, body, headers=None, verb=InferenceVerb.PREDICT):
        raise NotImplementedError

    def get_input_types(self):
        """The tensors it takes: [{"name", "datatype", "shape"}]."""
        return []

    def get_output_types(self):
        """The tensors it answers with: [{"name", "datatype", "shape"}]."""
        return []


async def settled(result):
    """What a handler gave, whether it is a plain function or a coroutine."""
    return await result if hasattr(result, "__await__") else result


class Model(InferenceModel):
    """The class that models derive from.

    A request goes through preprocess, predict (or explain) and postprocess; each gets the headers
    too. V1 gives a dictionary to preprocess, V2 an InferRequest. What predict is not written for is
    asked of the predictor: so a transformer is a Model with preprocess and postprocess alone.
    """

    def __init__(self, name, return_response_headers=False):
        super().__init__(name)
        self.explainer_host = None
        self.enable_latency_logging = False
        self.required_response_headers = return_response_headers

    @property
    def predictor_config(self):
        """Where the predictor is; None before there is a server."""
        return context.predictor_config

    async def __call__(self, body, headers=None, verb=InferenceVerb.PREDICT):
        """Go through all handlers: (the answer, its headers)."""
        response_headers = {}
        extra = (response_headers,) if self.required_response_headers else ()
        payload = await settled(self.preprocess(body, headers))
        payload = self.validate(payload)
        if verb == InferenceVerb.EXPLAIN:
            response = await settled(self.explain(payload, headers))
        elif verb == InferenceVerb.PREDICT:
            response = await settled(self.predict(payload, headers, *extra))
        else:
            raise NotImplementedError
        response = await settled(self.postprocess(response, headers, *extra))
        return response, response_headers

    def validate(self, payload):
        """Refuse what is of the wrong form for the predictor's protocol."""
        if isinstance(payload, InferRequest) or self.predictor_config is None:
            return payload
        protocol = self.predictor_config.protocol
        field = {"v1": "instances", "v2": "inputs"}.get(protocol)
        if isinstance(payload, dict) and field in payload:
            if not isinstance(payload[field], list):
                raise InvalidInput(f'Expected "{field}" to be a list')
        return payload

    async def preprocess(self, payload, headers=None):
        """Make of a request what predict takes."""
        return payload

    async def postprocess(self, result, headers=None, response_headers=None):
        """Make of what predict gave the answer."""
        return result

    async def predict(self, payload, headers=None, response_headers=None):
        """Ask the predictor. Models that predict themselves have their own."""
        config = self.predictor_config
        if config is None:
            raise NotImplementedError("Could not find PredictorConfig.")
        if not config.predictor_host:
            raise NotImplementedError("Could not find predictor_host.")
        if config.protocol == PredictorProtocol.GRPC_V2.value and context.ask is None:
            raise NotImplementedError("the predictor is asked over REST here: v1 or v2, not grpc-v2")
        from kf.serving import _predictor

        return await _predictor.predict(self, config, payload, headers, response_headers)

    async def explain(self, payload, headers=None):
        """Ask the explainer, if `explainer_host` says where it is."""
        if self.explainer_host is None:
            raise NotImplementedError("Could not find explainer_host.")
        from kf.serving import _predictor

        return await _predictor.explain(self, payload, headers)


def forwarded(headers, base):
    """`base`, and the headers of a request that go to the predictor too."""
    found = {name: headers[name] for name in _FORWARDED if name in headers} if headers else {}
    return {**base, **found}


_HANDLERS = (
    "__call__",
    "preprocess",
    "predict",
    "postprocess",
    "explain",
    "healthy",
    "get_input_types",
    "get_output_types",
)


def never_waits(model):
    """Whether every request is answered without waiting for anything, so that no event loop is
    needed: predict is the model's own, and none of its handlers is a coroutine."""
    kind = type(model)
    if not isinstance(model, Model) or model.engine or kind.predict is Model.predict:
        return False
    for name in _HANDLERS:
        handler = getattr(kind, name)
        if handler is not getattr(Model, name) and inspect.iscoroutinefunction(handler):
            return False
        if name in vars(model):
            return False
    return True
