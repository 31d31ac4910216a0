# SPDX-License-Identifier: Apache-2.0
"""KServe's client: what it asks of a server by hand, and how it tells what was refused."""

import asyncio
import http.server
import json
import socket
import subprocess
import sys
import threading

import pytest

from kf.serving import (
    InferenceRESTClient,
    InferInput,
    InferRequest,
    PredictorError,
    RESTConfig,
    UnsupportedProtocol,
)

PROGRAM = """
from kf.serving import InferOutput, InferResponse, InvalidInput, Model, ModelServer

class Twice(Model):
    def __init__(self, name):
        super().__init__(name, return_response_headers=True)

    def predict(self, payload, headers=None, response_headers=None):
        response_headers["x-seen"] = headers.get("x-mine", "nothing")
        if isinstance(payload, dict):
            if "instances" not in payload:
                raise InvalidInput("no instances")
            return {"predictions": [2 * x for x in payload["instances"]]}
        outputs = [InferOutput("y", each.shape, each.datatype, data=[2 * x for x in each.data])
                   for each in payload.inputs]
        return InferResponse(payload.id, self.name, outputs)

    def explain(self, payload, headers=None):
        return {"explanations": payload["instances"]}

model, waiting = Twice("m"), Model("waiting")
model.load()
server = ModelServer(http_port=0)
server.register_model(waiting)
server.start([model])
"""


@pytest.fixture(scope="module")
def url():
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stderr=subprocess.PIPE, text=True
    )
    yield process.stderr.readline().split()[-1]
    process.terminate()
    process.wait(60)


def client(protocol, **options):
    return InferenceRESTClient(RESTConfig(protocol=protocol, retries=0, **options))


def refused(coroutine):
    with pytest.raises(PredictorError) as caught:
        asyncio.run(coroutine)
    return caught.value.status_code, str(caught.value)


def test_v1(url):
    async def ask():
        async with client("v1") as one:
            seen = {}
            assert await one.is_server_live(url) is True
            assert await one.is_model_ready(url + "/", "m") is True
            assert await one.is_model_ready(url, "waiting") is False
            answer = await one.infer(
                url, {"instances": [1, 2]}, "m", headers={"X-Mine": "a"}, response_headers=seen
            )
            assert answer == {"predictions": [2, 4]}
            assert seen["x-seen"] == "a"
            assert await one.explain(url, "m", {"instances": [3]}) == {"explanations": [3]}
            path = f"{url}/v1/models/m:predict"
            answer = await one.infer(path, {"instances": [1]}, is_graph_endpoint=True)
            assert answer == {"predictions": [2]}

    asyncio.run(ask())


def test_v2(url):
    async def ask():
        two = client("v2")
        assert await two.is_server_live(url) is True
        assert await two.is_server_ready(url) is True
        assert await two.is_model_ready(url, "m") is True
        assert await two.is_model_ready(url, "waiting") is False
        assert await two.is_model_ready(url, "none") is False
        request = InferRequest("m", [InferInput("x", [2], "INT64", data=[1, 2])], request_id="7")
        answer = await two.infer(url, request, "m")
        assert (answer.id, answer.model_name) == ("7", "m")
        assert [(each.name, each.data) for each in answer.outputs] == [("y", [2, 4])]

    asyncio.run(ask())


def test_binary_tensors(url):
    numpy = pytest.importorskip("numpy")
    tensor = InferInput("x", [2], "FP32")
    tensor.set_data_from_numpy(numpy.array([0.1, 2], dtype="float32"))
    parameters = {"binary_data_output": True}
    request = InferRequest("m", [tensor], request_id="7", parameters=parameters)
    answer = asyncio.run(client("v2").infer(url, request, "m"))
    assert answer.outputs[0].as_numpy().tolist() == [numpy.float32(0.2).item(), 4.0]


def test_what_is_refused(url):
    one = client("v1")
    assert refused(one.infer(url, {}, "m")) == (
        400, f"no instances, '400 Bad Request' for url '{url}/v1/models/m:predict'"
    )
    assert refused(one.infer(url, {"instances": []}, "none")) == (
        404,
        "Model with name none does not exist., '404 Not Found' for url"
        f" '{url}/v1/models/none:predict'",
    )
    assert refused(one.is_model_ready(url, "none"))[0] == 404


def test_what_cannot_be_asked(url):
    for coroutine in (
        client("v1").is_server_ready(url),
        client("v2").explain(url, "m", {}),
        client("v3").is_server_live(url),
    ):
        with pytest.raises(UnsupportedProtocol, match="Unsupported protocol v"):
            asyncio.run(coroutine)
    with pytest.raises(ValueError, match="model_name should not be 'None'"):
        asyncio.run(client("v1").infer(url, {}))
    with pytest.raises(ValueError, match="'m.example' is no URL of a server"):
        asyncio.run(client("v1").infer("m.example", {}, "m"))


def test_nobody_is_there():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    status, message = refused(client("v1").is_server_live(f"http://127.0.0.1:{port}"))
    assert status == 503 and message.startswith(f"cannot reach the server at http://127.0.0.1:{port}")


def test_a_server_that_is_silent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert refused(client("v1", timeout=0.1).is_server_live(url))[0] == 504
        assert refused(client("v1").is_server_live(url, timeout=0.1))[0] == 504


def test_a_server_whose_refusals_are_no_json():
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_POST(self):
            self.send_response(502)
            self.end_headers()
            self.wfile.write(b"<html>")

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    status, message = refused(client("v1").infer(url, {}, "m"))
    assert (status, message) == (502, f", '502 Bad Gateway' for url '{url}/v1/models/m:predict'")
    server.shutdown()
    server.server_close()


def test_tls_as_told():
    import ssl

    assert RESTConfig()._tls().verify_mode == ssl.CERT_REQUIRED
    context = RESTConfig(verify=False)._tls()
    assert context.verify_mode == ssl.CERT_NONE and not context.check_hostname
    own = ssl.create_default_context()
    assert RESTConfig(verify=own)._tls() is own
    with pytest.raises(OSError):
        RESTConfig(verify="/no/such/file")._tls()


def test_a_model_hands_a_refusal_on(url, tmp_path):
    from kf.serving import Model, ModelRepository
    from kf.serving._dataplane import Dataplane

    class Asking(Model):
        async def predict(self, payload, headers=None):
            return await client("v1").infer(url, payload, "none")

    model, models = Asking("a"), ModelRepository()
    model.load()
    models.update(model)
    status, _, body = asyncio.run(
        Dataplane(models).answer("POST", "/v1/models/a:predict", {}, b"{}")
    )
    assert status == 404 and "Model with name none" in json.loads(body)["error"]
