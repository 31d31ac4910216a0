# SPDX-License-Identifier: Apache-2.0
"""Requests that are not what they should be, against a whole server: each gets the error that the
protocol says, and the next one is answered."""

import http.client
import itertools
import json
import socket
import struct
from pathlib import Path

import pytest

from kf import serving

MODEL = Path(__file__).parent.parent / "golden" / "models" / "xgboost-1.0.2-logistic.json"
ROW = [0.5, -1.0, 2.0, 0.25, 1.5]

# Each datatype with a number that it has, and the nearest that it has not.
INTEGERS = {
    name: ((-(2 ** (bits - 1)), 2 ** (bits - 1) - 1), (-(2 ** (bits - 1)) - 1, 2 ** (bits - 1)))
    for name, bits in (("INT8", 8), ("INT16", 16), ("INT32", 32), ("INT64", 64))
} | {
    name: ((0, 2**bits - 1), (-1, 2**bits))
    for name, bits in (("UINT8", 8), ("UINT16", 16), ("UINT32", 32), ("UINT64", 64))
}
FLOATS = ("FP32", "FP64")
SIZES = {"BOOL": 1, "FP16": 2, "BF16": 2, "FP32": 4, "FP64": 8} | {
    name: int(name.lstrip("UINT")) // 8 for name in INTEGERS
}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    with serving.Server(home=str(tmp_path_factory.mktemp("home"))) as server:
        server.add_model("m", MODEL)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

        def call(path, body=None, method="POST", **headers):
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

        call.port = server.port
        yield call
        connection.close()


@pytest.fixture
def refused(ask):
    """Ask, and see that it is refused in the form of the protocols, and that all goes on."""
    right = ask("/v1/models/m:predict", json.dumps({"instances": [ROW]}))
    assert right[0] == 200

    def call(path, body=None, status=400, part="", **more):
        got, text = ask(path, body, **more)
        assert got == status, (path, body, text)
        error = json.loads(text)
        assert list(error) == ["error"] and error["error"], text
        assert part in error["error"], error
        assert ask("/v1/models/m:predict", json.dumps({"instances": [ROW]})) == right

    return call


def infer(datatype="FP32", shape=(1, 5), data=ROW, **more):
    tensor = {"name": "input-0", "datatype": datatype, "shape": shape, "data": data}
    return json.dumps({"inputs": [{k: v for k, v in (tensor | more).items() if v is not ...}]})


# ---- JSON ----

TEXTS = [
    b"",
    b" ",
    b"{",
    b"}",
    b"[",
    b"nul",
    b'{"instances":[[1,2,3,4,5]]',
    b'{"instances":[[1,2,3,4,5]]}}',
    b'{"instances":[[1,2,3,4,5]],}',
    b'{"instances":[[1,2,3,4,5,]]}',
    b'{"instances":[[01,2,3,4,5]]}',
    b'{"instances":[[.5,2,3,4,5]]}',
    b'{"instances":[[+1,2,3,4,5]]}',
    b'{"instances":[[1e,2,3,4,5]]}',
    b'{"instances":[[0x1,2,3,4,5]]}',
    b"{'instances':[[1,2,3,4,5]]}",
    b'{"instances" [[1,2,3,4,5]]}',
    b'{instances:[[1,2,3,4,5]]}',
    b'{"inst\nances":[[1,2,3,4,5]]}',
    b'{"instances":[["\xff",2,3,4,5]]}',
    b'{"instances":[["\\x",2,3,4,5]]}',
    b'{"instances":[["\\ud800",2,3,4,5]]}',
    b'\xef\xbb\xbf\x00{"instances":[[1,2,3,4,5]]}',
    b"\x00" * 1000,
]


@pytest.mark.parametrize("path", ["/v1/models/m:predict", "/v2/models/m/infer"])
def test_texts_that_are_not_json(refused, path):
    for text in TEXTS:
        refused(path, text)
        refused(path, text.replace(b"instances", b"inputs"))


def test_texts_that_are_too_deep(refused):
    """Not even what nobody looks at may be."""
    for text in (b'{"parameters":{"a":' + b"[" * 100000, b'{"parameters":' + b'{"a":' * 100000):
        refused("/v1/models/m:predict", text, status=413, part="limit of 200 levels")
        refused("/v2/models/m/infer", text, status=413, part="limit of 200 levels")


# ---- V1 ----

VALUES = [None, True, 1, 1.5, "text", [], {}, [[]], [None], [True], ["text"], [{}], [[ROW]]]


def test_v1_instances_that_are_none(refused):
    for value in VALUES:
        if value not in ([], [[ROW]]) or value is True:
            refused("/v1/models/m:predict", json.dumps({"instances": value}))
        refused("/v1/models/m:predict", json.dumps(value), part="")
    for key in ("instance", "Instances", "rows", ""):
        refused("/v1/models/m:predict", json.dumps({key: [ROW]}))


def test_v1_rows_that_are_none(refused):
    for at, value in itertools.product(range(5), ("text", [], {}, [1], "1.5")):
        row = [*ROW[:at], value, *ROW[at + 1 :]]
        refused("/v1/models/m:predict", json.dumps({"instances": [ROW, row]}), part="instances")
    for count in (0, 1, 4, 6, 100):
        refused("/v1/models/m:predict", json.dumps({"instances": [ROW, [1.0] * count]}))
        if count != 1:
            refused("/v1/models/m:predict", json.dumps({"instances": [[1.0] * count]}))
    for other in (None, 1, "text", {"a": 1}, [ROW]):
        refused("/v1/models/m:predict", json.dumps({"instances": [ROW, other]}))


def test_paths_and_methods(refused):
    for path, status in {
        "/v1/models/x:predict": 404,
        "/v1/models/:predict": 404,
        "/v1/models/m:forecast": 405,
        "/v1/models/m/predict": 404,
        "/v2/models/x/infer": 404,
        "/v2/models//infer": 404,
        "/v2/models/m/inferred": 404,
        "/v2/models/m/infer/x": 404,
        "/v2/models/m": 405,
        "/v2/models/m/ready": 405,
        "/v1/models/m": 405,
        "/v2": 405,
        "/v2/health/live": 405,
        "/v3/models/m/infer": 404,
    }.items():
        refused(path, infer(), status=status)
    for path in ("/v1/models/m:predict", "/v2/models/m/infer", "/v1/models/m:explain"):
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            refused(path, infer(), status=405, method=method)
    refused("/v2/models/m/versions/2/infer", infer(), status=501)
    refused("/v1/models/x", method="GET", status=404, part="x")
    refused("/v2/models/x", method="GET", status=404, part="x")
    refused("/v2/models/x/ready", method="GET", status=404, part="x")


# ---- V2 ----


def test_v2_members_of_wrong_types(refused):
    wrong = {
        "name": [..., None, 1, True, [], {}],
        "datatype": [..., None, 1, [], {}, "", "FP31", "FP32 ", "STRING", "BYTE"],
        "shape": [..., None, 1, "5", {}, [None], ["5"], [1.5], [True], [[5]], [-2, 5], [1, 6],
                  [5, 2], [0], [2**63], [2**64], [1] * 9 + [5], [1, 5, 1]],
        "data": [..., None, 1, "text", {}, True, [], ROW[:4], [*ROW, 1.0], [ROW, ROW],
                 [ROW[:2], ROW[2:]], [[[x] for x in ROW], ROW]],
        "parameters": [1, "text", [], True],
    }
    for member, values in wrong.items():
        for value in values:
            refused("/v2/models/m/infer", infer(**{member: value}))
    refused("/v2/models/m/infer", infer(shape=[2**31, 2**31]), status=413)
    one = json.loads(infer())["inputs"][0]
    for body in (
        {}, [], 1, "text", None, {"inputs": None}, {"inputs": {}}, {"inputs": []}, {"inputs": [1]},
        {"inputs": [one, one]}, {"inputs": [one, one | {"name": "other"}]},
        {"inputs": [one], "outputs": {}}, {"inputs": [one], "outputs": [1]},
        {"inputs": [one], "outputs": [{}]}, {"inputs": [one], "outputs": [{"name": "none"}]},
        {"inputs": [one], "outputs": [{"name": 1}]}, {"inputs": [one], "id": 1},
        {"inputs": [one], "id": []}, {"inputs": [one], "parameters": []},
    ):
        refused("/v2/models/m/infer", json.dumps(body))


def test_v2_numbers_that_a_datatype_does_not_have(ask, refused):
    for datatype, (fit, beyond) in INTEGERS.items():
        for number in fit:
            assert ask("/v2/models/m/infer", infer(datatype, data=[number] * 5))[0] == 200
        for value in (*beyond, 1.5, True, None, "1", [], {}):
            refused("/v2/models/m/infer", infer(datatype, data=[1, 1, 1, 1, value]))
    for datatype in FLOATS:
        for value in ("1", "NaN", [], {}):
            refused("/v2/models/m/infer", infer(datatype, data=[1, 1, 1, 1, value]))
    for value in (2, -1, 1.5, "true", [], {}):
        refused("/v2/models/m/infer", infer("BOOL", data=[True, False, True, True, value]))
    for value in (1, True, None, [], {}):
        refused("/v2/models/m/infer", infer("BYTES", data=["a", "b", "c", "d", value]))
    refused("/v2/models/m/infer", infer("BYTES", data=["a", "b", "c", "d", "e"]))
    for datatype in ("FP16", "BF16"):
        refused("/v2/models/m/infer", infer(datatype), part="JSON")


def binary(head, data, length=None, **headers):
    text = head.encode() if isinstance(head, str) else head
    length = len(text) if length is None else length
    return text + data, {"Inference_Header_Content_Length": str(length), **headers}


def binary_infer(datatype, size, data, shape=(1, 5)):
    return binary(infer(datatype, shape, ..., parameters={"binary_data_size": size}), data)


def test_v2_binary(ask, refused):
    def bad(body, headers, **more):
        refused("/v2/models/m/infer", body, **headers, **more)

    for datatype, width in SIZES.items():
        whole = width * 5
        body, headers = binary_infer(datatype, whole, bytes(whole))
        assert ask("/v2/models/m/infer", body, **headers)[0] == 200, datatype
        for size, given in itertools.product((0, whole - 1, whole, whole + 1), repeat=2):
            if (size, given) != (whole, whole):
                bad(*binary_infer(datatype, size, bytes(given)))
        for size in (-1, 1.5, "20", None, True, [], 2**31, 2**63, 2**64):
            bad(*binary_infer(datatype, size, bytes(whole)))
    text = infer("FP32", data=..., parameters={"binary_data_size": 20})
    for length in (0, 1, len(text) - 1, len(text) + 1, len(text) + 20, len(text) + 21, 10**9):
        bad(*binary(text, bytes(20), length))
    for length in ("", "x", "-1", "1.5", "1e2", " ", "0x10", "9" * 30):
        bad(*binary(text, bytes(20), length))
    bad(text.encode() + bytes(20), {})
    bad(*binary(infer(parameters={"binary_data_size": 20}), bytes(20)))
    bad(*binary(text, struct.pack("<5f", *ROW) + b"\0"))


def test_v2_binary_texts(refused):
    """Each has its length before it."""
    texts = b"".join(struct.pack("<I", 1) + b"x" for _ in range(5))
    for data in (texts[:-1], texts + b"x", bytes(25), b"\xff" * 25, b"", texts[:3],
                 struct.pack("<I", 2**32 - 1) + texts[4:], struct.pack("<I", 22) + bytes(21)):
        body, headers = binary_infer("BYTES", len(data), data)
        refused("/v2/models/m/infer", body, **headers)


# ---- HTTP ----


def test_heads_that_are_none(ask):
    for text in (
        b"nonsense\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01" * 50,
        b"POST /v1/models/m:predict HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"POST /v1/models/m:predict HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/models/m:predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 100000 + b"\r\n\r\n",
        b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        # A server that has not seen the end yet waits for more, up to a minute, which is its right.
        with socket.create_connection(("127.0.0.1", ask.port), timeout=5) as stream:
            stream.sendall(text)
            answer = b""
            try:
                stream.shutdown(socket.SHUT_WR)
                while part := stream.recv(65536):
                    answer += part
            except OSError:
                pass
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4") or b" 505 " in answer, text[:80]
        assert ask("/v2/health/live", method="GET") == (200, b'{"live":true}')
