# SPDX-License-Identifier: Apache-2.0
"""The clients that people have: KServe's InferenceRESTClient and Triton's, against a server of libkf.

They run in the interpreter that KF_KSERVE_PYTHON names, which has kserve and tritonclient[http].
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from kf import serving

GOLDEN = Path(__file__).parent.parent / "golden" / "models"
CLIENT = os.environ.get("KF_KSERVE_PYTHON")
ROWS = [[0.5, -1.0, 2.0, 0.25, 1.5], [1.0, 1.0, -1.0, 0.0, 0.125]]

KSERVE = """
import asyncio, json, sys
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

url, rows = sys.argv[1], json.loads(sys.argv[2])

async def ask():
    found = {}
    one = InferenceRESTClient(RESTConfig(protocol="v1"))
    two = InferenceRESTClient(RESTConfig(protocol="v2"))
    found["live"] = await two.is_server_live(url)
    found["ready"] = await two.is_server_ready(url)
    found["model"] = [await one.is_model_ready(url, "m"), await two.is_model_ready(url, "m")]
    found["v1"] = (await one.infer(url, model_name="m", data={"instances": rows}))["predictions"]
    array = np.array(rows, dtype=np.float32)
    for binary_in in (False, True):
        for binary_out in (False, True):
            tensor = InferInput("input-0", list(array.shape), "FP32")
            tensor.set_data_from_numpy(array, binary_data=binary_in)
            outputs = [RequestedOutput("output-0", {"binary_data": binary_out})]
            request = InferRequest("m", [tensor], request_id="7", request_outputs=outputs)
            answer = await two.infer(url, data=request, model_name="m")
            assert answer.id == "7" and answer.model_name == "m"
            found[f"v2 {binary_in} {binary_out}"] = answer.outputs[0].as_numpy().tolist()
    print(json.dumps(found))

asyncio.run(ask())
"""

HOSTS = """
import asyncio, json, sys
from kserve import InferenceRESTClient, RESTConfig

url, rows = sys.argv[1], json.loads(sys.argv[2])

async def ask():
    found = {}
    host = {"Host": "iris.default.example.com"}
    for way, base, headers in (("host", url, host), ("path", url + "/serving/default/iris", None)):
        for protocol in ("v1", "v2"):
            client = InferenceRESTClient(RESTConfig(protocol=protocol))
            found[f"{way} {protocol}"] = [
                await client.is_server_live(base, headers=headers),
                protocol == "v1" or await client.is_server_ready(base, headers=headers),
                await client.is_model_ready(base, "iris", headers=headers)]
        client = InferenceRESTClient(RESTConfig(protocol="v1"))
        found[way] = await client.infer(base, {"instances": rows}, model_name="iris", headers=headers)
    print(json.dumps(found))

asyncio.run(ask())
"""

ECHO = """
from kf.serving import InferOutput, InferResponse, Model

class Echo(Model):
    def load(self):
        self.ready = True
        return True

    def predict(self, payload, headers=None):
        outputs = []
        for tensor in payload.inputs:
            output = InferOutput("out_" + tensor.name, tensor.shape, tensor.datatype)
            output.set_data_from_numpy(tensor.as_numpy())
            outputs.append(output)
        return InferResponse(payload.id, self.name, outputs,
                             use_binary_outputs=payload.use_binary_outputs,
                             requested_outputs=payload.request_outputs)
"""

# Every datatype there and back, in JSON and in binary; FP16 and bytes that are no text in binary
# alone, NaN and infinity as JSON has them.
DATATYPES = """
import itertools, json, sys
import numpy as np
import tritonclient.http as http

client = http.InferenceServerClient(sys.argv[1].removeprefix("http://"))
arrays = {"BOOL": np.array([[True, False, True]]),
          "BYTES": np.array([["a", "\u00e9\u20ac"], ["", "x" * 1000]], dtype=object)}
for kind, bits in itertools.product(("INT", "UINT"), (8, 16, 32, 64)):
    dtype = np.dtype(f"{kind.lower()}{bits}")
    arrays[f"{kind}{bits}"] = np.array(
        [[np.iinfo(dtype).min], [np.iinfo(dtype).max], [1]], dtype=dtype)
for bits in (16, 32, 64):
    dtype = np.dtype(f"float{bits}")
    arrays[f"FP{bits}"] = np.array([[1.5, -0.0, 0.1], [np.finfo(dtype).max, np.finfo(dtype).tiny, -2]],
                                   dtype=dtype)

def same(got, wanted):
    if wanted.dtype == object:
        got = np.array([x if isinstance(x, str) else x.decode() for x in got.ravel()], dtype=object)
        return got.tolist() == wanted.ravel().tolist()
    return got.dtype == wanted.dtype and got.tobytes() == wanted.tobytes()

found = {}
for datatype, array in arrays.items():
    for sent, wanted in itertools.product((True, False), (True, False, None)):
        tensor = http.InferInput("x", array.shape, datatype)
        tensor.set_data_from_numpy(array, binary_data=sent)
        outputs = None if wanted is None else [
            http.InferRequestedOutput("out_x", binary_data=wanted)]
        try:
            answer = client.infer("echo", [tensor], outputs=outputs, request_id="r")
            got = answer.as_numpy("out_x")
            verdict = "same" if same(got, array) and got.shape == array.shape else str(got)
        except Exception as error:
            verdict = error.status()
        found[f"{datatype} {sent} {wanted}"] = verdict
print(json.dumps(found))
"""

TRITON = """
import json, sys
import numpy as np
import tritonclient.http as http

url, rows = sys.argv[1], json.loads(sys.argv[2])
client = http.InferenceServerClient(url.removeprefix("http://"))
found = {"live": client.is_server_live(), "ready": client.is_server_ready(),
         "model": client.is_model_ready("m"), "metadata": client.get_model_metadata("m"),
         "server": sorted(client.get_server_metadata())}
array = np.array(rows, dtype=np.float32)
for binary_in in (False, True):
    for binary_out in (False, True):
        tensor = http.InferInput("input-0", array.shape, "FP32")
        tensor.set_data_from_numpy(array, binary_data=binary_in)
        wanted = http.InferRequestedOutput("output-0", binary_data=binary_out)
        answer = client.infer("m", [tensor], outputs=[wanted], request_id="7")
        assert answer.get_response()["id"] == "7"
        found[f"v2 {binary_in} {binary_out}"] = answer.as_numpy("output-0").tolist()
answer = client.infer("m", [tensor])
found["no outputs"] = answer.as_numpy("output-0").tolist()
wanted = http.InferRequestedOutput("output-0", binary_data=False, class_count=1)
found["classes"] = len(client.infer("m", [tensor], outputs=[wanted]).as_numpy("output-0"))
try:
    client.infer("m", [tensor], outputs=[http.InferRequestedOutput("zzz")])
except Exception as error:
    found["error"] = [error.status(), error.message()]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving.Server(home=str(tmp_path_factory.mktemp("home"))) as server:
        server.add_model("m", GOLDEN / "xgboost-1.0.2-logistic.json")
        yield server


def ask(program: str, package: str, server) -> dict:
    if CLIENT is None:
        pytest.skip("KF_KSERVE_PYTHON names no Python with kserve and tritonclient[http]")
    if subprocess.run([CLIENT, "-c", f"import {package}"], capture_output=True).returncode != 0:
        pytest.skip(f"{package} is missing where KF_KSERVE_PYTHON points")
    done = subprocess.run([CLIENT, "-c", program, server.url, json.dumps(ROWS)], text=True,
                          capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def expected(server) -> list:
    numbers = server.predict("m", {"instances": ROWS})["predictions"]
    assert len(numbers) == 2 and all(0 < number < 1 for number in numbers)
    return numbers


def test_kserve(server):
    found, numbers = ask(KSERVE, "kserve", server), expected(server)
    assert found.pop("live") is True and found.pop("ready") is True
    assert found.pop("model") == [True, True]
    assert len(found) == 5
    for way, answer in found.items():
        assert answer == numbers, way


def test_triton(server):
    found, numbers = ask(TRITON, "tritonclient.http", server), expected(server)
    assert found["live"] and found["ready"] and found["model"]
    assert found["metadata"]["name"] == "m"
    assert found["metadata"]["inputs"][0]["datatype"] == "FP32"
    assert found["server"] == ["extensions", "name", "version"]
    for binary in ("True True", "True False", "False True", "False False"):
        assert found[f"v2 {binary}"] == numbers
    assert found["no outputs"] == numbers
    assert found["classes"] == 1
    assert found["error"] == ["400", "Unexpected inference output 'zzz' for model 'm'"]


def test_hosts_and_paths(tmp_path):
    path = GOLDEN / "xgboost-1.0.2-logistic.json"
    document = serving.InferenceService("iris", serving.Predictor("xgboost", str(path)))
    with serving.Server(home=str(tmp_path / "home")) as server:
        server.apply(document).wait(timeout=60)
        found = ask(HOSTS, "kserve", server)
        numbers = server.predict("iris", {"instances": ROWS})
    for way in ("host", "path"):
        assert found.pop(way) == numbers
        for protocol in ("v1", "v2"):
            assert found.pop(f"{way} {protocol}") == [True, True, True]
    assert found == {}


def test_all_datatypes(tmp_path, monkeypatch):
    if CLIENT is None:
        pytest.skip("KF_KSERVE_PYTHON names no Python with kserve and tritonclient[http]")
    (tmp_path / "echo.py").write_text(ECHO)
    monkeypatch.chdir(tmp_path)
    document = serving.InferenceService(
        "echo", serving.Predictor(image="none"), annotations={"libkf/class": "echo.py:Echo"})
    home = str(tmp_path / "home")
    with serving.Server(home=home, host_commands=True, python=CLIENT) as server:
        server.apply(document).wait(timeout=120)
        found = ask(DATATYPES, "tritonclient.http", server)
    assert len(found) == 13 * 6
    # A tensor of FP16 is never written as JSON.
    for case in [*found]:
        datatype, sent, wanted = case.split()
        refused = datatype == "FP16" and "False" in (sent, wanted)
        assert found[case] == ("400" if refused else "same"), case
