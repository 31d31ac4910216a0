# SPDX-License-Identifier: Apache-2.0
"""Serving on this machine."""

import json
import os
import urllib.error
import urllib.request

from kf import _native
from kf.serving._documents import Document, _text

__all__ = ["Server", "services"]


def _document_text(documents):
    """Paths, texts, dicts, documents, or a list of them, as one text."""
    if not isinstance(documents, (list, tuple)):
        documents = [documents]
    parts = []
    for item in documents:
        if isinstance(item, Document):
            item = item.document
        elif not isinstance(item, dict) and hasattr(item, "to_yaml"):
            item = item.to_yaml()
        parts.append(json.dumps(item) if isinstance(item, dict) else _text(item))
    return "\n---\n".join(parts)


class Server:
    """A server of models in this process, for as long as the object lives.

        with serving.Server(port=8080) as server:
            server.apply("iris.yaml")
            server.wait()
            server.predict("iris", {"instances": [[5.1, 3.5, 1.4, 0.2]]})

    `port` 0 is one that is free: see `url`. Options: `home`, `address` (default: this machine alone),
    `threads`, `certificate` and `key` (PEM files, for HTTPS), `token` (what requests must bear),
    `body_limit` (bytes of one request), `host_commands` (whether custom containers' commands may run
    here), `python` (the interpreter of models in Python), `domain`, `grpc` (whether gRPC is spoken from
    the start, and not only once a document's protocolVersion is grpc-v2), `grpc_port` (which says so too;
    0 is one that is free), `grpc_limit` (bytes of one message).
    """

    def __init__(self, port=0, **options):
        if "grpc_port" in options:
            options.setdefault("grpc", True)
        self._native = _native.server_start({"port": port, **options})
        self._token = options.get("token")

    def _handle(self):
        if self._native is None:
            raise RuntimeError("the server is closed")
        return self._native

    @property
    def url(self):
        """Where it listens: "http://127.0.0.1:8080"."""
        return _native.server_url(self._handle())

    @property
    def port(self):
        return _native.server_port(self._handle())

    @property
    def grpc_port(self):
        """The port of gRPC, or None as long as it is not spoken."""
        return _native.server_grpc_port(self._handle()) or None

    def apply(self, documents):
        """Serve these documents and no others: a path, text, a dict, a document or a list of them.

        What was changed gets a new revision, which takes over its traffic once it is ready.
        """
        _native.server_apply(self._handle(), _document_text(documents))
        return self

    def add_model(self, name, path):
        """Serve the model in a file without a document."""
        _native.server_add_file(self._handle(), name, os.fspath(path))
        return self

    def wait(self, name=None, timeout=None):
        """Wait until the service, or all of them, are ready; kf.Error if one failed."""
        _native.server_wait(self._handle(), name, -1 if timeout is None else int(timeout * 1000))
        return self

    def status(self, name):
        """The InferenceService with its status, as KServe writes it: a dict."""
        return _native.server_status(self._handle(), name)

    def promote(self, name, canary=None):
        """Give a canary all of the traffic.

        Of a service in the mode Standard, canary is the name of one in spec.canary; it becomes the
        stable predictor, and the others keep their shares.
        """
        if canary is None:
            _native.server_promote(self._handle(), name)
        else:
            _native.server_promote_canary(self._handle(), name, canary)

    def rollback(self, name):
        """Give the traffic back to the revision before, or, with spec.canary, to the stable predictor."""
        _native.server_rollback(self._handle(), name)

    def predict(self, model, body, verb="predict"):
        """Ask a model by V1, over HTTP: the answer as a dict."""
        request = urllib.request.Request(
            f"{self.url}/v1/models/{model}:{verb}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = error.read().decode("utf-8", "replace")
            try:
                said = json.loads(said)["error"]
            except (ValueError, KeyError, TypeError):
                pass
            raise _native_error(error.code, said) from None

    def explain(self, model, body):
        """The same for an explanation."""
        return self.predict(model, body, "explain")

    def close(self):
        """Answer what is under way, and end."""
        self._native = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __repr__(self):
        return f"<Server {self.url}>" if self._native is not None else "<Server closed>"


def _native_error(status, message):
    from kf.errors import Error, InvalidArgument, NotFound

    kind = InvalidArgument if status == 400 else NotFound if status == 404 else Error
    return kind(f"{status}: {message}")


def cached_models(home=None):
    """The models that were fetched from elsewhere and are kept: a list of dicts.

    Each has "key", "uri", "tree" (the digest of its content), "size", "used" and "in_use".
    """
    return _native.server_models(home)


def clear_models(key=None, *, older_than=0, home=None):
    """Remove models that no process serves, and return what was removed.

    Args:
        key: The beginning of the key of one; None: all of them.
        older_than: Only what nobody used for so many seconds.
        home: Folder of the store; None: `$KF_HOME`, or `~/.kf`.
    """
    return _native.server_models_clear(home, key, older_than)


def services(home=None):
    """The services that were served with this home, by this process or another: a list of dicts."""
    return _native.server_services(home)
