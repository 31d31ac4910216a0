# SPDX-License-Identifier: Apache-2.0
"""From a request of HTTP to a model and back: V1 and V2 over the models of a repository."""

import json
import math
import re
import sys
import traceback
from urllib.parse import unquote

from kf.serving import _cloudevents as events
from kf.serving._base import InferenceModel, InferenceVerb, settled
from kf.serving._errors import (
    InferenceError,
    InvalidInput,
    ModelNotFound,
    ModelNotReady,
    UnsupportedProtocol,
    answer_to,
)
from kf.serving._types import InferRequest, InferResponse, parse_json

LENGTH = "inference-header-content-length"
PROTOCOL = "kf-protocol"  # Of libkf: "grpc-v2" if the request came over gRPC.
#: What the body of a request of V1 is JSON under; under other types the model gets the bytes.
_JSON = (
    "application/json",
    "application/cloudevents+json",
    "application/ld+json",
    "application/octet-stream",
    "application/x-www-form-urlencoded",  # What curl says of -d.
)


# ---- JSON out ----


def _plain(value):
    """What json does not know: arrays and numbers of numpy, times, and what else has one plain
    form."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    import dataclasses
    import enum
    import uuid

    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    raise TypeError(f"Type is not JSON serializable: {type(value).__name__}")


def _without_nan(value):
    """JSON has no number for these."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _without_nan(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return _without_nan(value.tolist()) if hasattr(value, "tolist") else value


_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
).encode


def dump(value):
    """A value as JSON. What is no finite number becomes null."""
    try:
        return _encode(value).encode()
    except ValueError as error:
        if "JSON compliant" not in str(error):
            raise
        return _encode(_without_nan(value)).encode()


# ---- V1 ----


def _refuse_packed(headers):
    coding = headers.get("content-encoding", "")
    if coding not in ("", "identity"):
        raise _HttpError(
            415, f"the body is in the content coding '{coding}': expected it as it is"
        )


def _decode(body, headers):
    """(payload, attributes of the event that it came as)."""
    _refuse_packed(headers)
    try:
        if events.is_binary(headers):
            return events.data_of(body, headers), events.attributes_of(headers)
        kind = headers.get("content-type")
        if kind is not None and kind.partition(";")[0].strip().lower() not in _JSON:
            return body, {}
        payload = parse_json(body)
    except InvalidInput:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"Unrecognized request format: {error}") from None
    return events.split(payload) if events.is_structured(payload) else (payload, {})


async def _join_parts(response):
    """An answer that comes in parts, as a whole."""
    parts = []
    async for part in response:
        parts.append(part.encode() if isinstance(part, str) else bytes(part))
    return b"".join(parts)


async def _encode_v1(name, response, headers, attributes):
    """(headers, body)"""
    own = {}
    if isinstance(response, InferResponse):
        response, length = response.to_rest()
        if length is not None:
            own[LENGTH] = str(length)
    if hasattr(response, "__aiter__"):
        response = await _join_parts(response)
    binary = events.is_binary(headers)
    if binary or headers.get("content-type") == "application/cloudevents+json":
        return events.answer(name, response, attributes, binary, dump)
    if isinstance(response, str):
        return {"content-type": "text/plain; charset=utf-8", **own}, response.encode()
    if isinstance(response, (bytes, bytearray)):
        return {"content-type": "application/octet-stream", **own}, bytes(response)
    return {"content-type": "application/json", **own}, dump(response)


# ---- V2 ----


def _decode_v2(body, headers, name):
    _refuse_packed(headers)
    length = headers.get(LENGTH)
    if length is not None:
        if not length.isascii() or not length.isdigit():
            raise InvalidInput(f"the header {LENGTH} is to be a number of bytes, not '{length}'")
        return InferRequest.from_bytes(body, int(length), name)
    if headers.get("content-type") == "application/octet-stream":
        raise InvalidInput(f"received byte inputs, but the '{LENGTH}' header is missing.")
    try:
        document = parse_json(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"Unrecognized request format: {error}") from None
    return InferRequest.from_dict(document, name)


def _with_nulls(response):
    """The members of an answer in KServe's order, those that are not there as null."""
    if not isinstance(response, dict) or not isinstance(response.get("outputs"), list):
        raise InferenceError(
            "the model answered a request of V2 with something else than an InferResponse: "
            f"{type(response).__name__}"
        )
    members = ("name", "shape", "datatype", "parameters", "data")
    outputs = [{key: each.get(key) for key in members} for each in response["outputs"]]
    head = {key: response.get(key) for key in ("model_name", "model_version", "id", "parameters")}
    return {**head, "outputs": outputs}


def _encode_v2(response, over_grpc):
    if isinstance(response, InferResponse):
        response, length = response._to_grpc() if over_grpc else response.to_rest()
        if length is not None:
            return {"content-type": "application/octet-stream", LENGTH: str(length)}, response
    if isinstance(response, (bytes, bytearray)):
        return {"content-type": "application/octet-stream"}, bytes(response)
    return {"content-type": "application/json"}, dump(_with_nulls(response))


# ---- gRPC ----

#: What a message of gRPC does not have.
_OF_LIBKF = (PROTOCOL, LENGTH, "content-type")
#: INVALID_ARGUMENT, as in KServe.
_INVALID_OVER_GRPC = (InferenceError, UnsupportedProtocol)


def _is_over_grpc(headers):
    return headers.get(PROTOCOL) == "grpc-v2"


# ---- routes ----


class Dataplane:
    """Answers requests with the models of a repository."""

    def __init__(self, repository, server_name="kserve", server_version=None):
        self.repository = repository
        self.server_name = server_name
        self.server_version = server_version or _version()
        #: The models are a document's, which clients cannot change.
        self.is_fixed = False

    async def answer(self, method, path, headers, body):
        """(status, headers, body); whatever a model raises becomes a status and {"error"}. Names of
        headers are in lower case."""
        try:
            own, content = await self._route(method, path.partition("?")[0], headers, body)
            return 200, own, content
        except Exception as error:
            status, message = answer_to(error)
            if status >= 500:
                traceback.print_exc(file=sys.stderr)
            own = {"content-type": "application/json"}
            if _is_over_grpc(headers) and isinstance(error, _INVALID_OVER_GRPC):
                own["grpc-status"] = "3"
            return status, own, dump({"error": message})

    async def _route(self, method, path, headers, body):
        for wanted, pattern, handler in _ROUTES:
            match = pattern.fullmatch(path)
            if match is None:
                continue
            if wanted != method:
                raise _HttpError(405, "Method Not Allowed")
            names = [None if name is None else unquote(name) for name in match.groups()]
            return await handler(self, headers, body, *names)
        raise _HttpError(404, "Not Found")

    def _model(self, name):
        model = self.repository.get_model(name)
        if model is None:
            raise ModelNotFound(name)
        return model

    async def _callable(self, name):
        model = self._model(name)
        if not await settled(model.healthy()):
            raise ModelNotReady(name)
        if not isinstance(model, InferenceModel):
            raise ValueError(f"Model of type {type(model).__name__} does not support inference")
        return model

    async def alive(self, headers, body):
        return _json({"status": "alive"})

    async def v1_models(self, headers, body):
        return _json({"models": list(self.repository.get_models())})

    async def v1_ready(self, headers, body, name):
        await self.repository.find(name)
        return _json({"name": name, "ready": True})

    async def v1_predict(self, headers, body, name, verb=InferenceVerb.PREDICT):
        model = await self._callable(name)
        payload, attributes = _decode(body, headers)
        response, extra = await model(payload, headers=headers, verb=verb)
        own, content = await _encode_v1(name, response, headers, attributes)
        return {**_extra(extra), **own}, content

    async def v1_explain(self, headers, body, name):
        return await self.v1_predict(headers, body, name, InferenceVerb.EXPLAIN)

    async def v2_server(self, headers, body):
        return _json(
            {
                "name": self.server_name,
                "version": self.server_version,
                "extensions": ["model_repository_extension"],
            }
        )

    async def v2_live(self, headers, body):
        return _json({"live": True})

    async def v2_health(self, headers, body):
        return _json({"ready": True})

    async def v2_model(self, headers, body, name, version=None):
        _no_versions(version)
        model = self._model(name)
        if not isinstance(model, InferenceModel):
            raise ValueError(f"Model of type {type(model).__name__} does not support inference")
        return _json(
            {
                "name": name,
                "versions": None,
                "platform": "",
                "inputs": await settled(model.get_input_types()),
                "outputs": await settled(model.get_output_types()),
            }
        )

    async def v2_ready(self, headers, body, name, version=None):
        _no_versions(version)
        await self.repository.find(name)
        return _json({"name": name, "ready": True})

    async def v2_infer(self, headers, body, name, version=None):
        _no_versions(version)
        model = await self._callable(name)
        request = _decode_v2(body, headers, name)
        over_grpc = _is_over_grpc(headers)
        if over_grpc:
            request._mark_grpc()
            headers = {key: headers[key] for key in headers if key not in _OF_LIBKF}
        response, extra = await model(request, headers=headers)
        own, content = _encode_v2(response, over_grpc)
        return {**_extra(extra), **own}, content

    async def v2_load(self, headers, body, name):
        try:
            await settled(self.repository.load(name))
        except Exception as error:
            raise ModelNotReady(
                name, f"Error type: {type(error)} error msg: {error}"
            ) from error
        if not await self.repository.is_model_ready(name):
            raise ModelNotReady(name)
        return _json({"name": name, "load": True})

    async def v2_unload(self, headers, body, name):
        if self.is_fixed:
            self._model(name)
            raise NotImplementedError(
                "a model is unloaded when its document goes, or when nobody asks it"
            )
        try:
            self.repository.unload(name)
        except KeyError:
            raise ModelNotFound(name) from None
        return _json({"name": name, "unload": True})


class _HttpError(Exception):
    def __init__(self, status_code, message):
        super().__init__(message)
        self.status_code = status_code


def _json(value):
    return {"content-type": "application/json"}, dump(value)


def _extra(headers):
    """What a model says in the headers of its answer; what depends on the body is ours to say."""
    unwanted = ("content-length", "content-type", LENGTH)
    return {name: value for name, value in headers.items() if name.lower() not in unwanted}


def _no_versions(version):
    if version:
        raise NotImplementedError("Model versioning not supported yet.")


def _version():
    from importlib import metadata

    try:
        return metadata.version("kf")
    except metadata.PackageNotFoundError:
        return "0"


def _routes(*routes):
    for method, pattern, handler in routes:
        pattern = pattern.replace("{name}", "([^/]+)").replace("{version}", "(?:/versions/([^/]+))?")
        yield method, re.compile(pattern), handler


_ROUTES = tuple(
    _routes(
        ("POST", "/v1/models/{name}:predict", Dataplane.v1_predict),
        ("POST", "/v2/models/{name}{version}/infer", Dataplane.v2_infer),
        ("POST", "/v1/models/{name}:explain", Dataplane.v1_explain),
        ("GET", "/", Dataplane.alive),
        ("GET", "/v1/models", Dataplane.v1_models),
        ("GET", "/v1/models/{name}", Dataplane.v1_ready),
        ("GET", "/v2", Dataplane.v2_server),
        ("GET", "/v2/health/live", Dataplane.v2_live),
        ("GET", "/v2/health/ready", Dataplane.v2_health),
        ("GET", "/v2/models", Dataplane.v1_models),
        ("GET", "/v2/models/{name}{version}/ready", Dataplane.v2_ready),
        ("GET", "/v2/models/{name}{version}", Dataplane.v2_model),
        ("POST", "/v2/repository/models/{name}/load", Dataplane.v2_load),
        ("POST", "/v2/repository/models/{name}/unload", Dataplane.v2_unload),
    )
)
