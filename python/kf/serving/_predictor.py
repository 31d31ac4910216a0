# SPDX-License-Identifier: Apache-2.0
"""Asking the predictor: through the server that runs this process, or over HTTP."""

import json

from kf.serving._base import context, forwarded
from kf.serving._errors import PredictorError
from kf.serving._types import InferRequest, InferResponse, parse_json

LENGTH = "inference-header-content-length"


async def predict(model, config, payload, headers, response_headers):
    """What the predictor makes of a payload: a dictionary (V1), or an InferResponse (V2)."""
    is_v2 = config.protocol in ("v2", "grpc-v2")  # The latter: asked through the server.
    sent = forwarded(headers, {"content-type": "application/json"})
    if isinstance(payload, InferRequest):
        payload, length = payload.to_rest()
        if length is not None:
            sent.update({"content-type": "application/octet-stream", LENGTH: str(length)})
    body = payload if isinstance(payload, bytes) else _dump(payload)
    path = f"/v2/models/{model.name}/infer" if is_v2 else f"/v1/models/{model.name}:predict"
    got, answer = await _ask(config.predictor_base_url, path, sent, body)
    if response_headers is not None:
        response_headers.update(got)
    if is_v2:
        return InferResponse.from_bytes(answer, int(got.get(LENGTH, len(answer))))
    return _load(answer)


async def explain(model, payload, headers):
    """What the explainer says of a payload of V1."""
    base = {"content-type": (headers or {}).get("content-type", "application/json")}
    body = payload if isinstance(payload, bytes) else _dump(payload)
    url = "http://" + model.explainer_host
    path = f"/v1/models/{model.name}:explain"
    _, answer = await _ask(url, path, forwarded(headers, base), body)
    return _load(answer)


def _dump(payload):
    from kf.serving._dataplane import dump

    return dump(payload)


def _load(answer):
    try:
        return parse_json(answer)
    except ValueError as error:
        raise PredictorError(f"the predictor's answer is no JSON: {error}", 502) from None


async def _ask(url, path, headers, body):
    if context.ask is not None:
        status, got, answer = await context.ask(path, headers, body, context.current.get())
    else:
        import asyncio

        status, got, answer = await asyncio.to_thread(
            _over_http, url + path, headers, body, context.predictor_config
        )
    got = {name.lower(): value for name, value in got}
    if not 200 <= status < 300:
        raise PredictorError(_message(answer, status, url + path), status)
    return got, answer


def _over_http(url, headers, body, config):
    import urllib.error
    import urllib.request

    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    timeout = config.timeout if config is not None else 600
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.getheaders(), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.items(), error.read()
    except OSError as error:
        raise PredictorError(f"cannot reach the predictor at {url}: {error}", 503) from None


def _message(answer, status, url):
    try:
        told = json.loads(answer)
        told = told.get("error", told) if isinstance(told, dict) else told
    except ValueError:
        told = answer.decode(errors="replace")
    return f"{told}, '{status}' for url '{url}'"
