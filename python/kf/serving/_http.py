# SPDX-License-Identifier: Apache-2.0
"""A small server of HTTP/1.1, for programs that serve a model without `kf serve`."""

import asyncio
import errno
import signal
import sys
from http import HTTPStatus

_HEAD_MOST = 64 << 10
_BODY_MOST = 1 << 30
_GRACE_SECONDS = 30


class _Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


async def _read_head(reader):
    """(method, path, version, headers), or None at the end of the connection."""
    try:
        text = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial.strip():
            raise _Refused(400, "the request ends within its head") from None
        return None
    except asyncio.LimitOverrunError:
        raise _Refused(431, "the head of the request is too long") from None
    lines = text.decode("latin-1").split("\r\n")
    try:
        method, target, version = lines[0].split(" ")
    except ValueError:
        raise _Refused(400, "this is no request of HTTP") from None
    headers = {}
    for line in filter(None, lines[1:]):
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise _Refused(400, "a header is malformed")
        headers[name.lower()] = value.strip()
    return method, target, version, headers


async def _read_chunks(reader):
    parts, size = [], 0
    while True:
        line = await reader.readline()
        try:
            length = int(line.split(b";")[0].strip(), 16)
        except ValueError:
            raise _Refused(400, "a chunk of the body is malformed") from None
        size += length
        if length < 0 or size > _BODY_MOST:
            raise _Refused(413, "the body is too long")
        if length == 0:
            while (await reader.readline()).strip():
                pass
            return b"".join(parts)
        parts.append(await reader.readexactly(length))
        await reader.readexactly(2)


async def _read_body(reader, headers):
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _read_chunks(reader)
    text = headers.get("content-length", "0")
    if not text.isascii() or not text.isdigit():
        raise _Refused(400, "the length of the body is no number")
    if int(text) > _BODY_MOST:
        raise _Refused(413, "the body is too long")
    return await reader.readexactly(int(text))


def _write(writer, status, headers, body, keep):
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    lines = [f"HTTP/1.1 {status} {phrase}"]
    lines += (f"{name}: {value}" for name, value in headers.items())
    lines += f"content-length: {len(body)}", f"connection: {'keep-alive' if keep else 'close'}"
    writer.write("\r\n".join((*lines, "", "")).encode("latin-1", "replace") + body)


class _Server:
    """The connections of a server, and which of them wait for an answer."""

    def __init__(self, answer):
        self._answer = answer
        self._busy = set()
        self.over = asyncio.Event()

    async def connected(self, reader, writer):
        try:
            await self._converse(reader, writer)
        except _Refused as error:
            text = f'{{"error":"{error}"}}'.encode()
            _write(writer, error.status, {"content-type": "application/json"}, text, False)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._busy.discard(asyncio.current_task())
            writer.close()

    async def _converse(self, reader, writer):
        keep = True
        while keep:
            head = await _read_head(reader)
            if head is None:
                return
            method, path, version, headers = head
            if headers.get("expect", "").lower() == "100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await _read_body(reader, headers)
            self._busy.add(asyncio.current_task())
            answer = await self._answer(method, path, headers, body)
            keep = (
                version == "HTTP/1.1"
                and headers.get("connection", "").lower() != "close"
                and not self.over.is_set()
            )
            _write(writer, *answer, keep)
            await writer.drain()
            self._busy.discard(asyncio.current_task())

    async def finish(self):
        """Let requests that have come be answered."""
        if self._busy:
            await asyncio.wait(self._busy, timeout=_GRACE_SECONDS)


async def _listen(connected, port):
    try:
        return await asyncio.start_server(connected, "127.0.0.1", port, limit=_HEAD_MOST)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.exit(f"port {port} of 127.0.0.1 is taken by another server: choose one by --http_port")


async def _serve(answer, port, beside, ready, ending):
    loop, own = asyncio.get_running_loop(), _Server(answer)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, own.over.set)
    server = await _listen(own.connected, port)
    others = [asyncio.ensure_future(each) for each in beside]
    if ready is not None:
        ready(server.sockets[0].getsockname()[1])
    await own.over.wait()
    if ending is not None:
        await loop.run_in_executor(None, ending)
    server.close()
    await own.finish()
    for each in others:
        each.cancel()


def serve(answer, port, beside=(), ready=None, ending=None):
    """Answer requests at a port of this machine until SIGINT or SIGTERM. ready(port) is called first;
    ending() before requests are not answered any more, in a thread of its own."""
    asyncio.run(_serve(answer, port, beside, ready, ending))
