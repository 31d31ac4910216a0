# SPDX-License-Identifier: Apache-2.0
"""What a worker and the pool that runs it say to each other: frames over a local socket.

libkf/serving/worker_frame.h says what they are.
"""

import functools
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import time

START, READY, FAILED, CALL, REPLY, CANCEL, STOP = range(1, 8)
_PREFIX = struct.Struct("<4sIQII")
_MAGIC = b"KFW1"
_BLOCK = 1 << 18
_SHORT = 4096

_ENDING_SECONDS = 3

VARIABLE = "KF_WORKER_FD"


def encode(kind, number=0, head=None, body=b""):
    """A frame."""
    text = b"" if head is None else json.dumps(head).encode()
    return _PREFIX.pack(_MAGIC, kind, number, len(text), len(body)) + text + body


@functools.lru_cache(maxsize=64)
def _reply_head(status, headers):
    return json.dumps({"status": status, "headers": headers}).encode()


def reply(number, status, headers, body):
    """The frame that answers a call."""
    text = _reply_head(status, tuple(headers.items()))
    return _PREFIX.pack(_MAGIC, REPLY, number, len(text), len(body)) + text + body


class Reader:
    """Makes frames of what comes in parts."""

    def __init__(self):
        self._data = bytearray()
    def feed(self, data):
        """All frames that are whole now: (kind, number, JSON text, body)."""
        self._data += data
        frames, at = [], 0
        while len(self._data) - at >= _PREFIX.size:
            magic, kind, number, head, body = _PREFIX.unpack_from(self._data, at)
            if magic != _MAGIC:
                raise ConnectionError("the pool of this worker said what is no frame")
            start = at + _PREFIX.size
            if len(self._data) < start + head + body:
                break
            middle, at = start + head, start + head + body
            frames.append(
                (kind, number, bytes(self._data[start:middle]), bytes(self._data[middle:at]))
            )
        if at:
            del self._data[:at]
        return frames


@functools.lru_cache(maxsize=256)
def _read_head(text):
    head = json.loads(text)
    headers = {name.lower(): value for name, value in head.get("headers", ())}
    query = head.get("query")
    path = f"{head['path']}?{query}" if query else head["path"]
    return head.get("method", "POST"), path, headers


def request_of(head):
    """(method, path with its query, headers) of a call; the names of headers in lower case."""
    # The same client says the same again.
    read = _read_head if len(head) < _SHORT else _read_head.__wrapped__
    method, path, headers = read(head)
    return method, path, dict(headers)


def _end_with(descriptor):
    """End the process soon after its pool, which may have died while the model is at work."""
    poll = select.poll()
    poll.register(descriptor, getattr(select, "POLLRDHUP", 0))
    poll.poll()
    time.sleep(_ENDING_SECONDS)  # Nothing is left to do, but in order if it can be.
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


class Channel:
    """The worker's end of the socket. Only one of the two ways of serving is used with it."""

    def __init__(self, descriptor):
        self._socket = socket.socket(fileno=descriptor)
        self._socket.set_inheritable(False)
        self._reader = Reader()
        self._pending = []
        #: Whether somebody serves.
        self.claimed = False
        self.start = self._first()
        threading.Thread(target=_end_with, args=(descriptor,), daemon=True).start()

    def _first(self):
        self._socket.setblocking(True)
        while not self._pending:
            self._pending += self._reader.feed(self._receive())
        kind, _, head, _ = self._pending.pop(0)
        if kind != START:
            raise ConnectionError("the pool of this worker did not say START first")
        return json.loads(head)

    def _receive(self):
        data = self._socket.recv(_BLOCK)
        if not data:
            sys.exit(0)  # The pool is gone.
        return data

    def failed(self, message):
        """Say why nothing will be served."""
        self._socket.sendall(encode(FAILED, 0, {"message": message}))

    # ---- one call after the other, without an event loop ----

    def serve(self, answer):
        """Answer calls by `answer(method, path, headers, body) -> (status, headers, body)`, a
        coroutine that never waits, until the pool says STOP."""
        self.claimed = True
        self._socket.sendall(encode(READY, 0, {"serial": True}))
        while True:
            frames = self._pending or self._reader.feed(self._receive())
            self._pending = []
            given_up = {number for kind, number, _, _ in frames if kind == CANCEL}
            for kind, number, head, body in frames:
                if kind == CALL:
                    if number in given_up:
                        self._socket.sendall(reply(number, 499, {}, b""))
                    else:
                        self._socket.sendall(reply(number, *_run(answer(*request_of(head), body))))
                elif kind == STOP:
                    return

    # ---- many calls at once ----

    def serve_async(self, answer, context, beside=()):
        """The same, each call a task of an event loop. `beside` are coroutines that run in it too;
        `context.ask` is set so that calls can be made of the predictor."""
        from kf.serving import _frames_async

        self.claimed = True
        _frames_async.serve(
            self._socket, self._reader, self._pending, answer, context, beside
        )


def _run(coroutine):
    """What a coroutine returns that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise RuntimeError("a plain handler of the model waited for something")


_channel = None


def is_worker():
    """Whether a pool of libkf runs this process."""
    return _channel is not None or VARIABLE in os.environ


def channel():
    """The channel to the pool, opened at the first call."""
    global _channel
    if _channel is None:
        descriptor = int(os.environ.pop(VARIABLE))
        _channel = Channel(descriptor)
    return _channel
