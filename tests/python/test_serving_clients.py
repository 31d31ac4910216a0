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
