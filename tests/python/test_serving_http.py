# SPDX-License-Identifier: Apache-2.0
"""A model that is served by hand: HTTP without `kf serve`."""

import http.client
import json
import socket
import subprocess
import sys

import pytest

PROGRAM = """
import sys
from kf.serving import Model, ModelServer, _http

class Echo(Model):
    def predict(self, payload, headers=None):
        return payload

model = Echo("m")
model.load()
server = ModelServer(http_port=0)
server._register([model])
_http.serve(server.dataplane.answer, 0, ready=lambda port: print(port, flush=True))
print("ended", flush=True)
"""


@pytest.fixture(scope="module")
def port():
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True
    )
    yield int(process.stdout.readline())
    process.terminate()
    assert process.stdout.read() == "ended\n"
    assert process.wait(60) == 0


def test_requests_on_one_connection(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body in (b"{}", b'{"instances":[1]}', b"[" + b"1," * 300000 + b"1]"):
        connection.request(
            "POST", "/v1/models/m:predict", body, {"content-type": "application/json"}
        )
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, body)
    connection.request("GET", "/v1/models/z")
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())) == (
        404,
        {"error": "Model with name z does not exist."},
    )
    connection.request(
        "POST", "/v1/models/m:predict", iter([b'{"a"', b":1}"]), encode_chunked=True
    )
    assert connection.getresponse().read() == b'{"a":1}'
    connection.close()


@pytest.mark.parametrize(
    "text, status",
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET / HTTP/1.1\r\na: " + b"b" * 100000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n", 200),
        (b"GET / HTTP/1.0\r\n\r\n", 200),
    ],
)
def test_requests_by_hand(port, text, status):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as stream:
        stream.sendall(text)
        answer = b""
        try:
            while part := stream.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
    assert answer.startswith(b"HTTP/1.1 %d " % status)


def test_connections_that_end_early(port):
    for text in (b"", b"GET", b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nabc"):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as stream:
            stream.sendall(text)
    test_requests_by_hand(port, b"GET / HTTP/1.0\r\n\r\n", 200)


BY_HAND = """
import sys
from kf.serving import Model, ModelServer

model = Model("m")
model.load()
ModelServer(http_port=int(sys.argv[1])).start([model])
"""


def test_it_says_where_it_listens(port):
    process = subprocess.Popen(
        [sys.executable, "-c", BY_HAND, "0"], stderr=subprocess.PIPE, text=True
    )
    said = process.stderr.readline()
    assert said.startswith("serving m at http://127.0.0.1:")
    own = int(said.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", own), timeout=60) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert idle.recv(100).startswith(b"HTTP/1.1 200 ")
        process.terminate()
        assert process.wait(60) == 0
    assert process.stderr.read() == ""


SLOW = """
import asyncio
from kf.serving import Model, ModelServer

class Slow(Model):
    async def predict(self, payload, headers=None):
        print("begun", flush=True)
        await asyncio.sleep(1)
        return payload

model = Slow("m")
model.load()
ModelServer(http_port=0).start([model])
"""


def test_requests_are_answered_before_it_ends():
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    own = int(process.stderr.readline().rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", own, timeout=60)
    connection.request("POST", "/v1/models/m:predict", b'{"a":1}')
    assert process.stdout.readline() == "begun\n"
    process.terminate()
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b'{"a":1}')
    assert answer.getheader("connection") == "close"
    assert process.wait(60) == 0
    assert process.stderr.read() == ""


def test_a_port_that_is_taken(port):
    done = subprocess.run([sys.executable, "-c", BY_HAND, str(port)], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        f"port {port} of 127.0.0.1 is taken by another server: choose one by --http_port\n"
    )
