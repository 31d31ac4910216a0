# SPDX-License-Identifier: Apache-2.0
"""Handing calls on to a server of HTTP on this machine."""

import asyncio

_BLOCK = 1 << 16
#: Headers of a connection, not of a request or answer.
_HOP = frozenset(
    (
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)


class Gone(ConnectionError):
    """The server closed a connection before it answered."""


async def _read_chunks(reader):
    parts = []
    while True:
        length = int((await reader.readline()).split(b";")[0], 16)
        if length == 0:
            while (await reader.readline()).strip():
                pass
            return b"".join(parts)
        parts.append(await reader.readexactly(length))
        await reader.readexactly(2)


async def _read_head(reader):
    while True:
        try:
            text = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            raise Gone("the server closed the connection") from None
        first, *lines = text.decode("latin-1").split("\r\n")
        status = int(first.split(" ")[1])
        if status >= 200:
            pairs = (line.partition(":") for line in filter(None, lines))
            return status, {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _read_answer(reader, method):
    """(status, headers, body, whether the connection can be used again)"""
    status, headers = await _read_head(reader)
    keep = headers.get("connection", "").lower() != "close"
    if method == "HEAD" or status in (204, 304):
        body = b""
    elif headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _read_chunks(reader)
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    else:
        body, keep = await reader.read(), False
    return status, headers, body, keep


class Proxy:
    """Asks a server at a port of this machine; keeps connections."""

    def __init__(self, port):
        self._port = port
        self._idle = []

    async def answer(self, method, path, headers, body):
        """(status, headers, body)"""
        try:
            return await self._ask(method, path, headers, body)
        except (OSError, ValueError, IndexError, asyncio.IncompleteReadError) as error:
            text = f'{{"error":"the server of the container failed: {type(error).__name__}"}}'
            return 502, {"content-type": "application/json"}, text.encode()

    async def _ask(self, method, path, headers, body):
        while self._idle:
            connection = self._idle.pop()
            try:
                return await self._over(connection, method, path, headers, body)
            except (Gone, ConnectionResetError, BrokenPipeError):
                pass  # It was closed while nobody used it.
        connection = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        return await self._over(connection, method, path, headers, body)

    async def _over(self, connection, method, path, headers, body):
        reader, writer = connection
        keep = False
        try:
            lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{self._port}"]
            lines += (f"{name}: {text}" for name, text in headers.items() if name not in _HOP)
            lines += f"content-length: {len(body)}", "", ""
            writer.write("\r\n".join(lines).encode("latin-1", "replace") + body)
            await writer.drain()
            status, got, content, keep = await _read_answer(reader, method)
            return status, {n: text for n, text in got.items() if n not in _HOP}, content
        finally:
            if keep:
                self._idle.append(connection)
            else:
                writer.close()
