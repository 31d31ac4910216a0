# SPDX-License-Identifier: Apache-2.0
"""Services with all their parts, from the document to answers over HTTP."""

import json
import threading

from serve_process import MODELS, PATIENCE, ROW, document, put, until

INSTANCES = json.loads(ROW)["instances"]


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_batcher_and_a_logger(serve, expected):
    """Four requests travel together, and each is logged with its answer."""
    log = serve.folder / "log.jsonl"
    path = put(
        serve.folder / "iris.yaml",
        document(
            batcher={"maxBatchSize": 4, "maxLatency": 60000},
            logger={"mode": "all", "url": f"file://{log}"},
        ),
    )
    server = serve(path, "--any-port")
    server.says("iris is ready")
    answers = []
    asking = [threading.Thread(target=lambda: answers.append(server.predict())) for _ in range(4)]
    for each in asking:
        each.start()
    for each in asking:
        each.join(PATIENCE)
    assert [status for status, _ in answers] == [200] * 4
    assert len({body["batchId"] for _, body in answers}) == 1
    for _, body in answers:
        assert body["predictions"] == expected["a"]["predictions"]
    until(lambda: len(records(log)) == 8)
    events = records(log)
    requests = [e for e in events if e["type"] == "org.kubeflow.serving.inference.request"]
    responses = [e for e in events if e["type"] == "org.kubeflow.serving.inference.response"]
    assert len(requests) == len(responses) == 4
    assert {e["id"] for e in requests} == {e["id"] for e in responses}
    assert len({e["id"] for e in requests}) == 4
    for event in events:
        assert event["inferenceservicename"] == "iris"
        assert event["namespace"] == "default"
        assert event["component"] == "predictor"
        assert event["specversion"] == "1.0"
    for event in requests:
        assert event["data"] == {"instances": INSTANCES}
    for event in responses:
        assert event["data"]["predictions"] == expected["a"]["predictions"]
    # A batch that is whole by itself does not wait.
    four = json.dumps({"instances": INSTANCES * 4})
    status, body = server.ask("/v1/models/iris:predict", four)
    assert (status, body["predictions"]) == (200, expected["a"]["predictions"] * 4)
    assert server.ask("/v1/models/iris:predict", "{}")[0] == 400
    assert server.end() == 0


PARTS = '''
from kf.serving import Model

class Shift(Model):
    """A transformer: what it gets is shifted, and what comes back is named."""

    def preprocess(self, payload, headers=None):
        return {"instances": [[x + payload.get("by", 0) for x in row] for row in payload["instances"]]}

    def postprocess(self, response, headers=None, response_headers=None):
        return {**response, "by": "transformer"}


class Because(Model):
    """An explainer: it asks the predictor itself."""

    async def explain(self, payload, headers=None):
        answer = await self.predict(payload, headers)
        return {"explanations": [{"because": x} for x in answer["predictions"]]}
'''


def test_transformer_predictor_explainer(serve, expected):
    (serve.folder / "parts.py").write_text(PARTS)
    service = document()
    service["metadata"]["annotations"] = {
        "libkf/class.transformer": "parts.py:Shift",
        "libkf/class.explainer": "parts.py:Because",
    }
    container = {"containers": [{"name": "kserve-container", "image": "example.com/parts:1"}]}
    log = serve.folder / "log.jsonl"
    service["spec"]["transformer"] = {**container, "logger": {"mode": "all", "url": f"file://{log}"}}
    service["spec"]["explainer"] = container
    service["spec"]["predictor"]["batcher"] = {"maxBatchSize": 2, "maxLatency": 1}
    server = serve(put(serve.folder / "iris.yaml", service), "--any-port", "--host-commands")
    server.says("iris is ready")
    status, body = server.predict()
    assert status == 200
    assert body["predictions"] == expected["a"]["predictions"] and body["by"] == "transformer"
    shifted = json.dumps({"instances": [[x - 1.0 for x in INSTANCES[0]]], "by": 1.0})
    status, body = server.ask("/v1/models/iris:predict", shifted)
    assert (status, body["predictions"]) == (200, expected["a"]["predictions"])
    status, body = server.ask("/v1/models/iris:explain", ROW)
    assert (status, body) == (
        200,
        {"explanations": [{"because": x} for x in expected["a"]["predictions"]]},
    )
    # Each by its own host.
    for host, right in {
        "iris.default.example.com": "transformer",
        "iris-transformer.default.example.com": "transformer",
        "iris-predictor.default.example.com": None,
    }.items():
        status, body = server.ask("/v1/models/iris:predict", ROW, {"Host": host})
        assert (status, body.get("by")) == (200, right)
        assert body["predictions"] == expected["a"]["predictions"]
    # What fails in one part is told by its status.
    short = json.dumps({"instances": [[1.0]]})
    assert server.ask("/v1/models/iris:predict", short)[0] == 400
    assert server.ask("/v1/models/iris:explain", short)[0] == 400
    until(lambda: len(records(log)) == 9)
    assert {event["component"] for event in records(log)} == {"transformer"}
    # A part that changes gets a revision; the others stay as they are.
    service["spec"]["predictor"]["model"]["storageUri"] = str(MODELS["b"])
    put(serve.folder / "iris.yaml", service)
    until(lambda: server.predict()[1]["predictions"] == expected["b"]["predictions"])
    status, body = server.ask("/v1/models/iris:explain", ROW)
    assert body["explanations"][0]["because"] == expected["b"]["predictions"][0]
    assert server.end() == 0
