# SPDX-License-Identifier: Apache-2.0
"""Requests and answers that are CloudEvents, in both of their forms over HTTP."""

import base64
import os
import time
import uuid

from kf.serving._errors import InvalidInput
from kf.serving._types import parse_json

_REQUIRED = ("ce-specversion", "ce-source", "ce-type", "ce-id")
_MEMBERS = ("time", "type", "source", "id", "specversion", "data")


def is_binary(headers):
    """Whether the attributes of an event are in the headers, and the body is its data."""
    return all(name in headers for name in _REQUIRED)


def is_structured(document):
    """Whether a document is an event."""
    return isinstance(document, dict) and all(name in document for name in _MEMBERS)


def attributes_of(headers):
    """The attributes that headers carry."""
    attributes = {
        name[3:]: value for name, value in headers.items() if name.startswith("ce-")
    }
    if "content-type" in headers:
        attributes["datacontenttype"] = headers["content-type"]
    return attributes


def split(document):
    """(data, attributes) of an event that is a document."""
    attributes = dict(document)
    return attributes.pop("data"), attributes


def answer(model_name, data, attributes, binary, dump):
    """(headers, body) of the event that answers one."""
    event = {}
    if os.environ.get("CE_MERGE", "false").lower() == "true":
        event = {
            name: value
            for name, value in attributes.items()
            if name not in ("id", "time", "datacontenttype")
        }
    event.setdefault("specversion", "1.0")
    event["id"] = str(uuid.uuid4())
    event["source"] = os.environ.get("CE_SOURCE", f"io.kserve.inference.{model_name}")
    event["type"] = os.environ.get("CE_TYPE", "io.kserve.inference.response")
    event["time"] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + "+00:00"
    if binary:
        headers = {f"ce-{name}": str(value) for name, value in event.items()}
        body = data if isinstance(data, bytes) else dump(data)
        return {**headers, "content-type": "application/json"}, body
    if isinstance(data, bytes):
        event["data_base64"] = base64.b64encode(data).decode()
    else:
        event["data"] = data
    return {"content-type": "application/cloudevents+json"}, dump(event)


def data_of(body, headers):
    """The data of a binary event: JSON where it is that, else the bytes. An attribute of the event
    says more of its data than the request does."""
    try:
        return parse_json(body)
    except ValueError as error:
        kind = headers.get("ce-content-type", headers.get("content-type"))
        if kind in ("application/json", "application/cloudevents+json"):
            raise InvalidInput(
                f"Failed to decode or parse binary json cloudevent: {error}"
            ) from None
        return body
