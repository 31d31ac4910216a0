# SPDX-License-Identifier: Apache-2.0
"""gRPC: the clients that people have against a server of libkf, and the same requests to KServe's own
server.

The clients and KServe run in the interpreter that KF_KSERVE_PYTHON names, which has kserve and
tritonclient[grpc].
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kf import serving
from kf.errors import Error

GOLDEN = Path(__file__).parent.parent / "golden" / "models"
CLIENT = os.environ.get("KF_KSERVE_PYTHON")
ROWS = [[0.5, -1.0, 2.0, 0.25, 1.5], [1.0, 1.0, -1.0, 0.0, 0.125]]


def has(package: str) -> bool:
    return CLIENT is not None and subprocess.run(
        [CLIENT, "-c", f"import {package}"], capture_output=True).returncode == 0


def run(program: str, package: str, *arguments) -> dict:
    if not has(package):
        pytest.skip(f"KF_KSERVE_PYTHON names no Python with {package}")
    done = subprocess.run([CLIENT, "-c", program, *map(str, arguments)], text=True,
                          capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


# ---- ports ----


def test_a_port_for_whoever_asks(tmp_path):
    with serving.Server(home=str(tmp_path / "a")) as server:
        assert server.grpc_port is None
    with serving.Server(home=str(tmp_path / "b"), grpc=True) as server:
        assert server.grpc_port > 0
        with pytest.raises(Error, match="is taken by another server"):
            serving.Server(home=str(tmp_path / "c"), grpc_port=server.grpc_port)
    port = free_port()
    with serving.Server(home=str(tmp_path / "d"), grpc_port=port) as server:
        assert server.grpc_port == port
    with serving.Server(home=str(tmp_path / "e"), grpc=False, grpc_port=port) as server:
        assert server.grpc_port is None


# ---- clients ----


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving.Server(home=str(tmp_path_factory.mktemp("home")), grpc_port=0) as server:
        server.add_model("m", GOLDEN / "xgboost-1.0.2-logistic.json")
        yield server


def expected(server) -> list:
    numbers = server.predict("m", {"instances": ROWS})["predictions"]
    assert len(numbers) == 2 and all(0 < number < 1 for number in numbers)
    return numbers


TRITON = """
import json, sys
import numpy as np
import tritonclient.grpc as grpc

port, rows = sys.argv[1], json.loads(sys.argv[2])
client = grpc.InferenceServerClient("127.0.0.1:" + port)
metadata = client.get_model_metadata("m", as_json=True)
found = {"live": client.is_server_live(), "ready": client.is_server_ready(),
         "model": client.is_model_ready("m"), "inputs": metadata["inputs"],
         "server": client.get_server_metadata().name}
client.load_model("m")
found["index"] = [[model.name, model.state] for model in client.get_model_repository_index().models]
array = np.array(rows, dtype=np.float32)
tensor = grpc.InferInput("input-0", array.shape, "FP32")
tensor.set_data_from_numpy(array)
answer = client.infer("m", [tensor], request_id="7", client_timeout=60)
found["id"] = answer.get_response().id
found["numbers"] = answer.as_numpy("output-0").tolist()
wanted = grpc.InferRequestedOutput("output-0", class_count=1)
found["classes"] = len(client.infer("m", [tensor], outputs=[wanted]).as_numpy("output-0"))
found["errors"] = []
for ask in (lambda: client.infer("m", [tensor], outputs=[grpc.InferRequestedOutput("zzz")]),
            lambda: client.infer("z", [tensor]),
            lambda: client.unload_model("m"),
            lambda: client.get_model_config("m")):
    try:
        ask()
    except grpc.InferenceServerException as error:
        found["errors"].append([error.status(), error.message()])
import threading
done, results = threading.Semaphore(0), []
def take(result, error):
    results.append(error is None and result.as_numpy("output-0").tolist() == found["numbers"])
    done.release()
for _ in range(300):
    client.async_infer("m", [tensor], take)
for _ in range(300):
    done.acquire(timeout=60)
found["at once"] = [len(results), all(results)]
print(json.dumps(found))
"""


def test_triton(server):
    found = run(TRITON, "tritonclient.grpc", server.grpc_port, json.dumps(ROWS))
    assert found["live"] and found["ready"] and found["model"]
    assert found["inputs"] == [{"name": "input-0", "datatype": "FP32", "shape": ["-1", "5"]}]
    assert found["server"] == "libkf"
    assert found["index"] == [["m", "READY"]]
    assert found["id"] == "7"
    assert found["numbers"] == expected(server)
    assert found["classes"] == 1
    assert found["errors"] == [
        ["StatusCode.INVALID_ARGUMENT", "Unexpected inference output 'zzz' for model 'm'"],
        ["StatusCode.NOT_FOUND", "Model with name z does not exist."],
        ["StatusCode.UNIMPLEMENTED",
         "a model is unloaded when its document goes, or when nobody asks it"],
        ["StatusCode.UNIMPLEMENTED", "Method not found!"],
    ]
    assert found["at once"] == [300, True]


KSERVE = """
import asyncio, json, sys
import numpy as np
from kserve import InferenceGRPCClient, InferInput, InferRequest

port, rows = sys.argv[1], json.loads(sys.argv[2])

async def ask():
    client = InferenceGRPCClient("127.0.0.1:" + port)
    found = {"live": await client.is_server_live(), "ready": await client.is_server_ready(),
             "model": await client.is_model_ready("m")}
    array = np.array(rows, dtype=np.float32)
    for binary in (False, True):
        tensor = InferInput("input-0", list(array.shape), "FP32")
        tensor.set_data_from_numpy(array, binary_data=binary)
        answer = await client.infer(InferRequest("m", [tensor], request_id="7"))
        assert answer.id == "7" and answer.model_name == "m"
        found[str(binary)] = answer.outputs[0].as_numpy().tolist()
    print(json.dumps(found))

asyncio.run(ask())
"""


def test_kserve(server):
    found = run(KSERVE, "kserve", server.grpc_port, json.dumps(ROWS))
    assert found["live"] and found["ready"] and found["model"]
    assert found["True"] == expected(server)
    assert found["False"] == pytest.approx(expected(server), abs=1e-7)


# ---- a model in Python, here and in KServe ----

MODEL = '''
import sys
import kserve
from kserve import InferOutput, InferResponse, Model
from kserve.errors import InferenceError, InvalidInput

class Echo(Model):
    def load(self):
        self.ready = True
        return True

    def predict(self, payload, headers=None, response_headers=None):
        assert payload.from_grpc
        how = headers.get("x-how")
        if how == "invalid":
            raise InvalidInput("not so \\u20ac")
        if how == "inference":
            raise InferenceError("it fails")
        outputs = []
        for tensor in payload.inputs:
            array = tensor.as_numpy()
            output = InferOutput(tensor.name, list(array.shape), tensor.datatype)
            if how == "list":
                output.data = array.flatten().tolist()
            else:
                output.set_data_from_numpy(array, binary_data=True)
            outputs.append(output)
        return InferResponse(payload.id, self.name, outputs,
                             use_binary_outputs=payload.use_binary_outputs)

if __name__ == "__main__":
    model = Echo("m")
    model.load()
    kserve.ModelServer(http_port=int(sys.argv[1]), grpc_port=int(sys.argv[2]),
                       enable_grpc=True).start([model])
'''

ASK = """
import json, sys
import grpc
import numpy as np
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc

stub = grpc_predict_v2_pb2_grpc.GRPCInferenceServiceStub(
    grpc.insecure_channel("127.0.0.1:" + sys.argv[1]))
Request, Input = pb.ModelInferRequest, pb.ModelInferRequest.InferInputTensor
Output = pb.ModelInferRequest.InferRequestedOutputTensor
found = {}

def ask(name, method, request, how=None):
    try:
        answer = getattr(stub, method)(request, timeout=60, wait_for_ready=True,
                                       metadata=[("x-how", how)] if how else None)
    except grpc.RpcError as error:
        found[name] = f"{error.code()} {error.details()}"
        return
    for output in getattr(answer, "outputs", ()):
        if isinstance(output, pb.ModelInferResponse.InferOutputTensor):
            output.parameters.pop("binary_data_size", None)
    found[name] = str(answer)

def infer(name, how=None, datatype="FP32", shape=(2,), contents=None, raw=(), outputs=(), **more):
    inputs = [Input(name="x", datatype=datatype, shape=shape, contents=contents)]
    ask(name, "ModelInfer", Request(**{"model_name": "m", "id": "7", "inputs": inputs, **more},
                                    raw_input_contents=raw, outputs=outputs), how)

CONTENTS = {"BOOL": ("bool", [True, False]), "UINT8": ("uint", [1, 255]),
            "UINT16": ("uint", [1, 65535]), "UINT32": ("uint", [1, 2**32 - 1]),
            "UINT64": ("uint64", [1, 2**64 - 1]), "INT8": ("int", [-128, 127]),
            "INT16": ("int", [-32768, 1]), "INT32": ("int", [-2**31, 1]),
            "INT64": ("int64", [-2**63, 2]), "FP32": ("fp32", [1.5, -2]),
            "FP64": ("fp64", [0.1, -2]), "BYTES": ("bytes", [b"ab", b""])}
SIZES = {"BOOL": 1, "UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8, "INT8": 1, "INT16": 2,
         "INT32": 4, "INT64": 8, "FP16": 2, "FP32": 4, "FP64": 8}
for how in (None, "list"):
    for datatype, (field, values) in CONTENTS.items():
        infer(f"contents {datatype} {how}", how, datatype, contents={f"{field}_contents": values})
    for datatype, size in SIZES.items():
        infer(f"raw {datatype} {how}", how, datatype, (2, 1), raw=[b"\\x01\\x00" * size])
    infer(f"raw BYTES {how}", how, "BYTES", (1, 2), raw=[b"\\2\\0\\0\\0hi\\0\\0\\0\\0"])
numbers = {"fp32_contents": [1, 2]}
for how in ("invalid", "inference"):
    infer(how, how, contents=numbers)
infer("no model", model_name="z")
infer("no name", model_name="")
infer("a slash", model_name="a/b")
infer("no inputs", inputs=[])
infer("no id", contents=numbers, id="")
infer("a version", contents=numbers, model_version="3")
infer("too many raw", raw=[b"12345678", b"1234"])
infer("raw and contents", contents=numbers, raw=[b"12345678"])
infer("an open shape", shape=(-1, 2), contents=numbers)
infer("a scalar", shape=(), contents={"fp32_contents": [1]})
infer("nothing", shape=(0, 3))
infer("nothing raw", shape=(0, 3), raw=[b""])
infer("no UTF-8", datatype="BYTES", shape=(1,), contents={"bytes_contents": [b"\\xff\\0"]})
infer("not finite", contents={"fp32_contents": [float("nan"), float("inf")]})
infer("parameters", contents=numbers, parameters={
    "a": pb.InferParameter(bool_param=True), "b": pb.InferParameter(int64_param=-5),
    "c": pb.InferParameter(string_param="x")})
infer("outputs", contents=numbers, outputs=[Output(name="x")])
ask("live", "ServerLive", pb.ServerLiveRequest())
ask("ready", "ServerReady", pb.ServerReadyRequest())
ask("model ready", "ModelReady", pb.ModelReadyRequest(name="m"))
ask("no model ready", "ModelReady", pb.ModelReadyRequest(name="z"))
ask("metadata", "ModelMetadata", pb.ModelMetadataRequest(name="m"))
ask("no metadata", "ModelMetadata", pb.ModelMetadataRequest(name="z"))
ask("no unload", "RepositoryModelUnload", pb.RepositoryModelUnloadRequest(model_name="z"))
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def kserve_says(tmp_path_factory):
    """What KServe's own server answers."""
    if not has("kserve"):
        pytest.skip("KF_KSERVE_PYTHON names no Python with kserve")
    path = tmp_path_factory.mktemp("model") / "model.py"
    path.write_text(MODEL)
    port = free_port()
    with subprocess.Popen([CLIENT, path, str(free_port()), str(port)], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        try:
            yield run(ASK, "kserve", port)
        finally:
            process.kill()


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    return path


def test_a_worker_answers_as_kserve_does(kserve_says, model, tmp_path):
    document = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "m", "annotations": {"libkf/class": f"{model}:Echo"}},
        "spec": {"predictor": {"containers": [{"name": "kserve-container", "image": "x"}]}},
    }
    with serving.Server(home=str(tmp_path / "home"), grpc_port=0, host_commands=True,
                        python=CLIENT) as server:
        server.apply(document).wait("m", timeout=100)
        found = run(ASK, "kserve", server.grpc_port)
    assert len(found) > 60
    assert found == kserve_says


# ---- a program that is started by hand ----

BY_HAND = """
import sys
from kf.serving import Model, ModelServer

class Echo(Model):
    def predict(self, payload, headers=None):
        return payload

model = Echo("m")
model.load()
ModelServer(int(sys.argv[1]), int(sys.argv[2])).start([model])
print("ended", flush=True)
"""


def wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nobody listens at {port}")


def test_by_hand():
    http, grpc = free_port(), free_port()
    with subprocess.Popen([sys.executable, "-c", BY_HAND, str(http), str(grpc)], text=True,
                          stdout=subprocess.PIPE) as process:
        try:
            wait_for(grpc)
            wait_for(http)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "ended\n"
        assert process.wait(60) == 0


def test_by_hand_at_a_port_that_is_taken():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = str(holder.getsockname()[1])
        done = subprocess.run([sys.executable, "-c", BY_HAND, str(free_port()), taken], text=True,
                              capture_output=True, timeout=60)
    assert done.returncode != 0
    assert "is taken by another server" in done.stderr


def test_by_hand_answers_as_kserve_does(kserve_says, model):
    """The same program, whose kserve is libkf's."""
    if subprocess.run([sys.executable, "-c", "import numpy"], capture_output=True).returncode != 0:
        pytest.skip("this Python has no numpy")
    http, grpc = free_port(), free_port()
    program = "import runpy, sys, kf.as_kserve; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
    with subprocess.Popen([sys.executable, "-c", program, model, str(http), str(grpc)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            found = run(ASK, "kserve", grpc)
        finally:
            process.send_signal(signal.SIGTERM)
    assert found == kserve_says


# ---- parts of services ----

PARTS = """
import json, sys, threading
import numpy as np
import tritonclient.grpc as grpc

client = grpc.InferenceServerClient("127.0.0.1:" + sys.argv[1])
rows = np.array(json.loads(sys.argv[2]), dtype=np.float32)
found = {}

def ask(name, array):
    tensor = grpc.InferInput("input-0", array.shape, "FP32")
    tensor.set_data_from_numpy(array)
    try:
        found[name, array.shape[0]] = client.infer(name, [tensor]).as_numpy("output-0").tolist()
    except grpc.InferenceServerException as error:
        found[name, array.shape[0]] = str(error)

for name in ("logged", "gathered", "graph"):
    ask(name, rows)
threads = [threading.Thread(target=ask, args=("gathered", rows[:1])),
           threading.Thread(target=ask, args=("gathered", np.repeat(rows[1:], 3, axis=0)))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps([[*key, value] for key, value in found.items()]))
"""


def service(name: str, **predictor) -> dict:
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": name},
        "spec": {"predictor": {"model": {"modelFormat": {"name": "xgboost"}, "protocolVersion": "v2",
                                         "storageUri": str(predictor.pop("uri"))}, **predictor}},
    }


def test_through_logger_batcher_and_graph(tmp_path):
    model = tmp_path / "model.json"
    model.write_bytes((GOLDEN / "xgboost-1.0.2-logistic.json").read_bytes())
    log = tmp_path / "log.jsonl"
    graph = {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "InferenceGraph",
        "metadata": {"name": "graph"},
        "spec": {"nodes": {"root": {"routerType": "Sequence", "steps": [{"serviceName": "logged"}]}}},
    }
    documents = [service("logged", uri=model, logger={"mode": "all", "url": f"file://{log}"}),
                 service("gathered", uri=model, batcher={"maxBatchSize": 4, "maxLatency": 200}), graph]
    with serving.Server(home=str(tmp_path / "home"), grpc=True) as server:
        server.apply(documents).wait(timeout=100)
        answers = run(PARTS, "tritonclient.grpc", server.grpc_port, json.dumps(ROWS))
        numbers = server.predict("logged", {"instances": ROWS})["predictions"]
    assert answers[:3] == [["logged", 2, numbers], ["gathered", 2, numbers], ["graph", 2, numbers]]
    # Two at once, of which either may be told first.
    assert sorted(answers[3:]) == [["gathered", 1, numbers[:1]], ["gathered", 3, numbers[1:] * 3]]
    events = [json.loads(line) for line in log.read_text().splitlines()]
    asked = [event for event in events if event["type"].endswith("request")]
    assert asked[0]["data"]["inputs"][0]["data"] == [x for row in ROWS for x in row]
    answered = [event for event in events if event["type"].endswith("response")]
    assert answered[0]["data"]["outputs"][0]["data"] == numbers
