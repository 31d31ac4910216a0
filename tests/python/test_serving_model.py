# SPDX-License-Identifier: Apache-2.0
"""Models in Python: the order of handlers, V1 and V2, statuses of what they raise."""

import asyncio
import dataclasses
import datetime
import enum
import json
import uuid

import pytest

from kf import serving
from kf.serving import InferOutput, InferResponse, Model, ModelRepository
from kf.serving._base import context, never_waits
from kf.serving._dataplane import Dataplane, dump

JSON = {"content-type": "application/json"}


class Echo(Model):
    def __init__(self, name="m"):
        super().__init__(name)
        self.ready = True

    def predict(self, payload, headers=None):
        return payload


def ask(model, method, path, body=b"", headers=JSON):
    """(status, value, headers) of an answer."""
    repository = ModelRepository()
    repository.update(model)
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    status, got, content = asyncio.run(
        Dataplane(repository).answer(method, path, dict(headers), body)
    )
    try:
        return status, json.loads(content), got
    except ValueError:
        return status, content, got


def predict(model, body, **options):
    return ask(model, "POST", f"/v1/models/{model.name}:predict", body, **options)


def infer(model, body, **options):
    return ask(model, "POST", f"/v2/models/{model.name}/infer", body, **options)


def raising(error):
    class Raising(Echo):
        def predict(self, payload, headers=None):
            raise error

    return Raising()


# ---- the handlers ----


class Order(Echo):
    def __init__(self):
        super().__init__()
        self.seen = []

    async def preprocess(self, payload, headers=None):
        self.seen.append(("preprocess", payload, headers["x-a"]))
        return 1

    def predict(self, payload, headers=None):
        self.seen.append(("predict", payload, headers["x-a"]))
        return 2

    async def explain(self, payload, headers=None):
        self.seen.append(("explain", payload, headers["x-a"]))
        return 3

    def postprocess(self, result, headers=None):
        self.seen.append(("postprocess", result, headers["x-a"]))
        return {"result": result}


def test_handlers_are_called_in_order_plain_or_not():
    model, headers = Order(), {**JSON, "x-a": "b"}
    assert predict(model, {"instances": []}, headers=headers)[:2] == (200, {"result": 2})
    assert model.seen == [
        ("preprocess", {"instances": []}, "b"),
        ("predict", 1, "b"),
        ("postprocess", 2, "b"),
    ]
    model.seen.clear()
    answer = ask(model, "POST", "/v1/models/m:explain", {"instances": []}, headers)
    assert answer[:2] == (200, {"result": 3})
    assert [name for name, _, _ in model.seen] == ["preprocess", "explain", "postprocess"]


def test_headers_of_the_answer():
    class WithHeaders(Model):
        def predict(self, payload, headers=None, response_headers=None):
            response_headers.update({"x-model": "7", "content-length": "99"})
            return {}

        def postprocess(self, result, headers=None, response_headers=None):
            response_headers["x-post"] = "yes"
            return result

    model = WithHeaders("m", return_response_headers=True)
    model.ready = True
    _, _, headers = predict(model, {})
    assert headers == {"x-model": "7", "x-post": "yes", "content-type": "application/json"}


@pytest.mark.parametrize(
    "error, status, message",
    [
        (serving.InvalidInput("bad"), 400, "bad"),
        (serving.ModelNotFound("z"), 404, "Model with name z does not exist."),
        (serving.InferenceError("broke"), 500, "broke"),
        (serving.InferenceError("broke", status="INTERNAL"), 500, "[INTERNAL] broke"),
        (NotImplementedError("no"), 501, "no"),
        (serving.UnsupportedProtocol("v9"), 501, "Unsupported protocol v9."),
        (serving.ModelNotReady("z", "yet"), 503, "Model with name z is not ready. yet"),
        (serving.ServerNotReady(), 503, "Server is not ready."),
        (ValueError("v"), 500, "ValueError : v"),
        (KeyError("k"), 500, "KeyError : 'k'"),
        (serving.PredictorError("the predictor", 504), 504, "the predictor"),
    ],
)
def test_statuses_of_errors(error, status, message, capfd):
    assert predict(raising(error), {})[:2] == (status, {"error": message})
    assert infer(raising(error), {"inputs": []})[:2] == (status, {"error": message})
    assert ("Traceback" in capfd.readouterr().err) == (status >= 500)


# ---- V1 ----


def test_v1_bodies():
    assert predict(Echo(), {"instances": [1, 2.5, "é"]})[1] == {"instances": [1, 2.5, "é"]}
    for body in (b"", b"{", b"\xff", b'{"a":NaN}', b'["\\ud800"]', b"[1] x", b"[" * 100000):
        status, answer, _ = predict(Echo(), body)
        assert status == 400 and answer["error"].startswith("Unrecognized request format: ")
    assert predict(Echo(), b"plain", headers={"content-type": "text/plain"})[1] == b"plain"


def test_packed_bodies():
    packed = {**JSON, "content-encoding": "gzip"}
    said = {"error": "the body is in the content coding 'gzip': expected it as it is"}
    assert predict(Echo(), b"\x1f\x8b", headers=packed)[:2] == (415, said)
    assert infer(Echo(), b"\x1f\x8b", headers=packed)[:2] == (415, said)
    assert predict(Echo(), {}, headers={**JSON, "content-encoding": "identity"})[0] == 200


class Kind(enum.Enum):
    ONE = "first"


@dataclasses.dataclass
class Point:
    x: int
    y: list


def test_v1_answers():
    class Answering(Echo):
        answer = None

        def predict(self, payload, headers=None):
            return self.answer

    model = Answering()
    for answer, kind, body in (
        ({"a": float("nan"), "b": [float("inf"), 1]}, "application/json", b'{"a":null,"b":[null,1]}'),
        ("text", "text/plain; charset=utf-8", b"text"),
        (b"\x00\x01", "application/octet-stream", b"\x00\x01"),
    ):
        model.answer = answer
        repository = ModelRepository()
        repository.update(model)
        got = asyncio.run(Dataplane(repository).answer("POST", "/v1/models/m:predict", JSON, b"{}"))
        assert got == (200, {"content-type": kind}, body)
    at = datetime.datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=datetime.timezone.utc)
    model.answer = [at, at.date(), at.time(), uuid.UUID(int=1), Kind.ONE, Point(1, [2.5])]
    assert predict(model, {})[1] == [
        "2026-01-02T03:04:05.000600+00:00",
        "2026-01-02",
        "03:04:05.000600",
        "00000000-0000-0000-0000-000000000001",
        "first",
        {"x": 1, "y": [2.5]},
    ]
    model.answer = {"a": object()}
    assert predict(model, {})[1]["error"] == "TypeError : Type is not JSON serializable: object"


def test_answers_in_parts():
    class Parts(Echo):
        async def predict(self, payload, headers=None):
            async def parts():
                yield "a"
                yield b"b"

            return parts()

    assert predict(Parts(), {})[1] == b"ab"


EVENT = {
    "ce-specversion": "1.0",
    "ce-source": "here",
    "ce-type": "some.type",
    "ce-id": "1",
}


def test_cloud_events_in_headers():
    status, answer, headers = predict(Echo(), {"instances": [1]}, headers={**EVENT, **JSON})
    assert (status, answer) == (200, {"instances": [1]})
    assert headers["ce-type"] == "io.kserve.inference.response"
    assert headers["ce-source"] == "io.kserve.inference.m"
    assert headers["ce-specversion"] == "1.0"
    assert headers["content-type"] == "application/json"
    assert headers["ce-id"] != "1"


def test_cloud_events_whose_data_is_no_json():
    avro = {**EVENT, "ce-content-type": "application/avro", **JSON}
    assert predict(Echo(), b"\x06foo\x00", headers=avro)[1] == b"\x06foo\x00"
    plain = {**EVENT, "content-type": "application/avro"}
    assert predict(Echo(), b"\x06foo\x00", headers=plain)[1] == b"\x06foo\x00"
    for headers in (JSON, {"content-type": "text/plain", "ce-content-type": "application/json"}):
        status, answer, _ = predict(Echo(), b"{", headers={**EVENT, **headers})
        assert status == 400
        assert answer["error"].startswith("Failed to decode or parse binary json cloudevent: ")


def test_cloud_events_in_documents(monkeypatch):
    event = {
        "specversion": "1.0",
        "source": "here",
        "type": "some.type",
        "id": "1",
        "time": "2026-01-01T00:00:00Z",
        "data": {"instances": [1]},
        "extra": "kept",
    }
    kind = {"content-type": "application/cloudevents+json"}
    answer = predict(Echo(), event, headers=kind)[1]
    assert answer["data"] == {"instances": [1]}
    assert answer["type"] == "io.kserve.inference.response"
    assert "extra" not in answer
    monkeypatch.setenv("CE_MERGE", "true")
    monkeypatch.setenv("CE_TYPE", "mine")
    answer = predict(Echo(), event, headers=kind)[1]
    assert (answer["extra"], answer["type"]) == ("kept", "mine")
    assert answer["id"] != "1"


# ---- V2 ----

REQUEST = {
    "id": "7",
    "parameters": {"p": 1},
    "inputs": [{"name": "x", "shape": [2], "datatype": "fp32", "data": [1, 2]}],
}


class Seeing(Echo):
    def predict(self, payload, headers=None):
        self.request = payload
        return InferResponse("7", self.name, [])


def test_v2_request():
    model = Seeing()
    status, answer, headers = infer(model, REQUEST)
    assert status == 200
    assert headers == JSON
    assert answer == {
        "model_name": "m",
        "model_version": None,
        "id": "7",
        "parameters": None,
        "outputs": [],
    }
    request = model.request
    assert (request.id, request.model_name, request.parameters) == ("7", "m", {"p": 1})
    assert request.inputs[0].datatype == "FP32"
    assert request.get_input_by_name("x").data == [1, 2]
    assert request.get_input_by_name("y") is None


@pytest.mark.parametrize(
    "change, message",
    [
        ({"inputs": None}, "the request: 'inputs' is missing"),
        ({"inputs": {}}, "the request: 'inputs' is to be a list"),
        ({"inputs": [1]}, "inputs[0]: expected an object"),
        ({"id": 7}, "the request: 'id' is to be a string"),
        ({"parameters": []}, "the request: 'parameters' is to be an object"),
        ({"outputs": [{}]}, "outputs[0]: 'name' is missing"),
    ],
)
def test_v2_requests_of_wrong_form(change, message):
    assert infer(Seeing(), {**REQUEST, **change})[:2] == (400, {"error": message})


@pytest.mark.parametrize(
    "change, message",
    [
        ({"name": None}, "inputs[0]: 'name' is missing"),
        ({"shape": "2"}, "inputs[0]: 'shape' is to be a list"),
        (
            {"shape": [True]},
            "inputs[0]: 'shape' is to be a list of numbers that are not negative",
        ),
        ({"shape": [-1]}, "inputs[0]: 'shape' is to be a list of numbers that are not negative"),
        ({"datatype": 1}, "inputs[0]: 'datatype' is to be a string"),
        ({"data": None}, "'data' field is missing for input 'x' for model 'm'"),
        ({"data": 5}, "inputs[0]: 'data' is to be a list"),
    ],
)
def test_v2_tensors_of_wrong_form(change, message):
    body = {**REQUEST, "inputs": [{**REQUEST["inputs"][0], **change}]}
    assert infer(Seeing(), body)[:2] == (400, {"error": message})


def test_v2_binary_bodies_that_are_cut():
    document = json.dumps(
        {
            "inputs": [
                {
                    "name": "x",
                    "shape": [2],
                    "datatype": "FP32",
                    "parameters": {"binary_data_size": 8},
                }
            ]
        }
    ).encode()
    kind = {"content-type": "application/octet-stream"}
    length = "inference-header-content-length"
    for body, headers, message in (
        (document + b"1234", {length: str(len(document))}, "8 bytes behind the JSON"),
        (document, {length: str(len(document) + 1)}, "the body has"),
        (document, {length: "-1"}, "a number of bytes"),
        (document, {}, "header is missing"),
    ):
        status, answer, _ = infer(Seeing(), body, headers={**kind, **headers})
        assert status == 400 and message in answer["error"]


def test_v2_answers_that_are_none():
    status, answer, _ = infer(Echo(), REQUEST)
    assert status == 500
    assert "something else than an InferResponse: InferRequest" in answer["error"]


# ---- the rest of the routes ----


def test_routes():
    class Described(Echo):
        async def get_input_types(self):
            return [{"name": "x", "datatype": "FP32", "shape": [-1]}]

    model = Described()
    for method, path, expected in (
        ("GET", "/", (200, {"status": "alive"})),
        ("GET", "/v1/models", (200, {"models": ["m"]})),
        ("GET", "/v1/models/m", (200, {"name": "m", "ready": True})),
        ("GET", "/v1/models/z", (404, {"error": "Model with name z does not exist."})),
        ("GET", "/v2/health/live", (200, {"live": True})),
        ("GET", "/v2/health/ready", (200, {"ready": True})),
        ("GET", "/v2/models/m/ready", (200, {"name": "m", "ready": True})),
        (
            "GET",
            "/v2/models/m",
            (
                200,
                {
                    "name": "m",
                    "versions": None,
                    "platform": "",
                    "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1]}],
                    "outputs": [],
                },
            ),
        ),
        (
            "GET",
            "/v2/models/m/versions/3",
            (501, {"error": "Model versioning not supported yet."}),
        ),
        ("POST", "/v2/models/m/versions/3/infer", (501, {"error": "Model versioning not supported yet."})),
        ("GET", "/v2/models/m/infer", (405, {"error": "Method Not Allowed"})),
        ("GET", "/nothing", (404, {"error": "Not Found"})),
        ("POST", "/v2/repository/models/m/load", (200, {"name": "m", "load": True})),
        ("POST", "/v2/repository/models/m/unload", (200, {"name": "m", "unload": True})),
        ("POST", "/v2/repository/models/z/unload", (404, {"error": "Model with name z does not exist."})),
    ):
        assert ask(model, method, path)[:2] == expected, path


def test_models_that_are_not_ready():
    class Ill(Echo):
        async def healthy(self):
            return False

    message = {"error": "Model with name m is not ready."}
    for method, path in (
        ("GET", "/v1/models/m"),
        ("GET", "/v2/models/m/ready"),
        ("POST", "/v1/models/m:predict"),
        ("POST", "/v2/models/m/infer"),
    ):
        assert ask(Ill(), method, path, {})[:2] == (503, message)


# ---- transformers ----


@pytest.fixture
def predictor(monkeypatch):
    """What a transformer asks; its answer is set by the test."""

    class Predictor:
        asked = []
        answer = (200, [["content-type", "application/json"]], b"{}")

        async def ask(self, path, headers, body, of):
            self.asked.append((path, headers, body))
            return self.answer

    made = Predictor()
    made.asked = []
    monkeypatch.setattr(context, "ask", made.ask)
    return made


class Transformer(Model):
    def __init__(self):
        super().__init__("m")
        self.ready = True

    def preprocess(self, payload, headers=None):
        return {"instances": [x + 1 for x in payload["instances"]]}

    def postprocess(self, result, headers=None):
        return {"predictions": [x * 10 for x in result["predictions"]]}


def use_protocol(monkeypatch, protocol):
    config = serving.PredictorConfig("the-predictor", protocol)
    monkeypatch.setattr(context, "predictor_config", config)


def test_a_transformer_asks_its_predictor(monkeypatch, predictor):
    use_protocol(monkeypatch, "v1")
    predictor.answer = (200, [], b'{"predictions":[4,5]}')
    headers = {**JSON, "authorization": "me", "x-other": "not handed on"}
    answer = predict(Transformer(), {"instances": [1, 2]}, headers=headers)
    assert answer[:2] == (200, {"predictions": [40, 50]})
    path, sent, body = predictor.asked[0]
    assert path == "/v1/models/m:predict"
    assert sent == {"content-type": "application/json", "authorization": "me"}
    assert json.loads(body) == {"instances": [2, 3]}


def test_a_predictor_that_fails(monkeypatch, predictor):
    use_protocol(monkeypatch, "v1")
    predictor.answer = (503, [], b'{"error":"not yet"}')
    status, answer, _ = predict(Transformer(), {"instances": []})
    assert status == 503
    assert answer["error"] == (
        "not yet, '503' for url 'http://the-predictor/v1/models/m:predict'"
    )
    predictor.answer = (200, [], b"no JSON")
    assert predict(Transformer(), {"instances": []})[0] == 502


def test_a_predictor_over_v2(monkeypatch, predictor):
    class V2(Model):
        def postprocess(self, result, headers=None):
            return {"predictions": result.outputs[0].data}

    use_protocol(monkeypatch, "v2")
    model = V2("m")
    model.ready = True
    output = {"name": "o", "shape": [1], "datatype": "INT64", "data": [3]}
    predictor.answer = (200, [], json.dumps({"model_name": "m", "outputs": [output]}).encode())
    assert predict(model, {"inputs": []})[1] == {"predictions": [3]}
    assert predictor.asked[0][0] == "/v2/models/m/infer"
    assert predict(model, {"inputs": 5})[:2] == (400, {"error": 'Expected "inputs" to be a list'})


def test_no_predictor(monkeypatch):
    monkeypatch.setattr(context, "predictor_config", serving.PredictorConfig())
    model = Model("m")
    model.ready = True
    assert predict(model, {})[:2] == (501, {"error": "Could not find predictor_host."})


# ---- small things ----


def test_which_models_never_wait():
    class Async(Echo):
        async def preprocess(self, payload, headers=None):
            return payload

    class Engine(Echo):
        def __init__(self):
            super().__init__()
            self.engine = True

    assert never_waits(Echo())
    assert not never_waits(Async())
    assert not never_waits(Engine())
    assert not never_waits(Transformer())


def test_dump_is_compact():
    assert dump({"a": [1, 2.0, "é"]}) == '{"a":[1,2.0,"é"]}'.encode()


def test_names_are_those_of_kserve():
    import subprocess
    import sys

    program = (
        "import kf.as_kserve\n"
        "from kserve import Model, ModelServer, InferRequest, ModelRepository, logger\n"
        "from kserve.model import Model as Same, InferenceVerb, PredictorProtocol\n"
        "from kserve.errors import InvalidInput, ModelMissingError\n"
        "from kserve.protocol.infer_type import InferInput, InferOutput, InferResponse\n"
        "from kserve.model import InferRequest, ModelInferRequest, ModelInferResponse\n"
        "from kserve.protocol.grpc.grpc_predict_v2_pb2 import InferParameter\n"
        "from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb\n"
        "from kserve import InferenceRESTClient, RESTConfig\n"
        "from kserve.inference_client import RESTConfig as SameConfig\n"
        "from kserve.constants.constants import INFERENCE_CONTENT_LENGTH_HEADER\n"
        "from kserve import constants, logging\n"
        "from kserve.constants import constants as same_constants\n"
        "from kserve.model_server import app\n"
        "from kserve.utils.utils import get_predict_input, get_predict_response\n"
        "from kserve.utils.utils import generate_uuid, strtobool\n"
        "from kserve_storage import Storage as Fetching\n"
        "from kserve.storage import Storage\n"
        "from kserve import model_server\n"
        "import kserve, kf.serving\n"
        "assert Model is Same is kf.serving.Model\n"
        "assert Fetching is Storage and pb.InferParameter is InferParameter\n"
        "assert constants.KSERVE_V1BETA1 == 'serving.kserve.io/v1beta1'\n"
        "assert same_constants.KSERVE_GROUP == constants.KSERVE_GROUP\n"
        "assert not isinstance({}, ModelInferRequest) and len(generate_uuid()) == 36\n"
        "assert strtobool('Yes') is True and strtobool('0') is False\n"
        "logging.configure_logging()\n"
        "app.add_middleware(object, allow_origins=['*'])\n"
        "assert app.get('/mine')(len) is len\n"
        "assert kserve.errors.InvalidInput is kf.serving.InvalidInput\n"
        "assert model_server.parser.parse_known_args(['--http_port', '7'])[0].http_port == 7\n"
        "try:\n"
        "    from kserve import KServeClient\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "KServeClient" in done.stdout
    assert "app.add_middleware(...) has no effect" in done.stderr


def test_kserve_storage_is_the_one_that_is_installed(tmp_path):
    import subprocess
    import sys

    (tmp_path / "kserve_storage.py").write_text("Storage = 'real'")
    program = "import kf.as_kserve\nfrom kserve_storage import Storage\nprint(Storage)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "real\n"


def test_importing_is_cheap():
    import subprocess
    import sys

    program = (
        "import sys, kf.serving._worker\n"
        "print([m for m in ('asyncio', 'numpy', 'pandas', 'argparse', 'kf._native')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {__import__('sys').path!r}\n{program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_outputs_are_compared_by_content():
    one = InferOutput("o", [1], "INT64", data=[1])
    assert one == InferOutput("o", [1], "INT64", data=[1])
    assert one != InferOutput("o", [1], "INT64", data=[2])
