# SPDX-License-Identifier: Apache-2.0
"""Many calls at once: each frame that asks is a task of an event loop."""

import asyncio
import json

from kf.serving._frames import CALL, CANCEL, READY, REPLY, STOP, encode, reply, request_of


def _answer_of(head):
    """(status, headers) of a reply."""
    told = json.loads(head)
    return told["status"], told["headers"]


class _Protocol(asyncio.Protocol):
    def __init__(self, reader, answer, context):
        self._reader = reader
        self._answer = answer
        self._context = context
        self._transport = None
        self._tasks = {}
        self._asked = {}
        self._last = 0
        self._stopping = False
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self._transport = transport

    def connection_lost(self, error):
        if not self.over.done():
            self.over.set_result(None)

    def data_received(self, data):
        for frame in self._reader.feed(data):
            self.take(*frame)

    def send(self, data):
        self._transport.write(data)

    def take(self, kind, number, head, body):
        if kind == CALL:
            task = asyncio.ensure_future(self._do(number, head, body))
            self._tasks[number] = task
            task.add_done_callback(lambda _: self._done(number))
        elif kind == CANCEL and number in self._tasks:
            self._tasks[number].cancel()
        elif kind == REPLY and number in self._asked:
            waiting = self._asked.pop(number)
            if not waiting.done():
                waiting.set_result((*_answer_of(head), body))
        elif kind == STOP:
            self._stopping = True
            self._done(None)

    async def _do(self, number, head, body):
        self._context.current.set(number)
        try:
            answer = await self._answer(*request_of(head), body)
        except asyncio.CancelledError:
            answer = 499, {}, b""
        self.send(reply(number, *answer))

    def _done(self, number):
        self._tasks.pop(number, None)
        if self._stopping and not self._tasks and not self.over.done():
            self.over.set_result(None)

    async def ask(self, path, headers, body, of):
        """(status, headers, body) that the predictor answers with."""
        self._last += 1
        number = self._last
        waiting = self._asked[number] = asyncio.get_running_loop().create_future()
        head = {"method": "POST", "path": path, "headers": [*headers.items()], "of": of}
        self.send(encode(CALL, number, head, body))
        try:
            return await waiting
        finally:
            self._asked.pop(number, None)


async def _serve(stream, reader, pending, answer, context, beside):
    loop = asyncio.get_running_loop()
    protocol = _Protocol(reader, answer, context)
    stream.setblocking(False)
    await loop.create_unix_connection(lambda: protocol, sock=stream)
    context.ask = protocol.ask
    others = [asyncio.ensure_future(each) for each in beside]
    protocol.send(encode(READY, 0, {"serial": False}))
    for frame in pending:
        protocol.take(*frame)
    await protocol.over
    for each in others:
        each.cancel()


def serve(stream, reader, pending, answer, context, beside=()):
    """Answer calls until the pool says STOP; see Channel.serve_async."""
    asyncio.run(_serve(stream, reader, pending, answer, context, beside))
