# SPDX-License-Identifier: Apache-2.0
"""Servers in this process: documents, revisions, requests over HTTP."""

import base64
import concurrent.futures
import http.server
import json
import os
import pathlib
import shutil
import threading
import urllib.request

import pytest

from kf import serving
from kf.errors import Error, InvalidArgument, InvalidState, NotFound

GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "models"


class Files(http.server.BaseHTTPRequestHandler):
    """One file, whatever the path."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path):
    with serving.Server(home=str(tmp_path / "home")) as made:
        yield made


def service(uri, **predictor):
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "iris"},
        "spec": {
            "predictor": {
                "model": {"modelFormat": {"name": "lightgbm"}, "storageUri": str(uri)},
                **predictor,
            }
        },
    }


@pytest.fixture
def model(tmp_path):
    """A file of LightGBM's, and a row for it."""
    path = tmp_path / "model.bst"
    shutil.copyfile(GOLDEN / "lightgbm-3.3.5-regression.txt", path)
    loaded = serving.load_model(str(path))
    row = [0.25] * loaded.feature_count
    return path, row, [float(x) for x in loaded.predict([row])]


def test_what_is_served_is_what_the_model_says(server, model):
    path, row, expected = model
    server.apply(service(path)).wait("iris", timeout=30)
    assert server.predict("iris", {"instances": [row]}) == {"predictions": expected}
    status = server.status("default/iris")["status"]
    assert status["url"] == f"{server.url}/serving/default/iris"
    assert status["clusterServingRuntimeName"] == "kserve-lgbserver"
    assert {c["type"]: c["status"] for c in status["conditions"]}["Ready"] == "True"
    assert status["modelStatus"]["states"] == {
        "activeModelState": "Loaded",
        "targetModelState": "Loaded",
    }


def test_features_of_lightgbm_that_are_not_given_are_missing(server):
    """The numbers are those of KServe's get_predict_input() and LightGBM's Booster.predict()."""
    server.add_model("m", GOLDEN / "lightgbm-3.3.5-regression.txt")
    spread = [[{"x_0": 0.5}, {"x_1": 1.5}, {"x_2": 1}, {"x_3": -1}, {"x_4": 2}]]
    assert server.predict("m", {"instances": spread}) == {
        "predictions": [0.23186177130636235] + 4 * [-0.030701061385512526]
    }
    columns = [{"x_0": [1, 2], "x_2": [0.25, 0.5]}, {"x_4": [-1], "x_1": [2], "x_3": [1]}]
    assert server.predict("m", {"instances": columns}) == {
        "predictions": [0.38717635338811784, 1.498932578763006, -0.030701061385512526]
    }
    with pytest.raises(InvalidArgument, match="no feature 'x_5' in the model"):
        server.predict("m", {"instances": [{"x_5": 1}]})


def test_errors_of_requests(server, model):
    path, row, _ = model
    server.apply(service(path)).wait(timeout=30)
    with pytest.raises(InvalidArgument, match="400.*features"):
        server.predict("iris", {"instances": [row + [1.0]]})
    with pytest.raises(NotFound, match="404.*irsi"):
        server.predict("irsi", {"instances": [row]})
    with pytest.raises(NotFound, match="did you mean 'iris'"):
        server.status("irsi")


def test_a_canary_is_promoted_and_rolled_back(server, model):
    path, row, expected = model
    server.apply(service(path)).wait(timeout=30)
    with pytest.raises(InvalidState, match="no canary"):
        server.promote("iris")
    server.apply(service(path, timeout=7, canaryTrafficPercent=10)).wait(timeout=30)

    def traffic():
        shares = server.status("iris")["status"]["components"]["predictor"]["traffic"]
        return {share["revisionName"]: share["percent"] for share in shares}

    assert traffic() == {"iris-predictor-00002": 10, "iris-predictor-00001": 90}
    server.promote("iris")
    server.wait(timeout=30)
    assert traffic() == {"iris-predictor-00002": 100}
    server.rollback("iris")
    server.wait(timeout=30)
    assert traffic() == {"iris-predictor-00002": 0, "iris-predictor-00001": 100}
    assert server.predict("iris", {"instances": [row]}) == {"predictions": expected}


def test_a_canary_of_the_mode_standard(server, model):
    path, row, expected = model
    document = service(path)
    document["metadata"]["annotations"] = {"serving.kserve.io/deploymentMode": "Standard"}
    document["spec"]["canary"] = [
        {"trafficPercent": 40, "predictor": document["spec"]["predictor"] | {"name": name}}
        for name in ("next", "other")
    ]
    server.apply(document).wait(timeout=30)

    def traffic():
        shares = server.status("iris")["status"]["components"]["predictor"]["traffic"]
        return [(share["revisionName"], share["percent"]) for share in shares]

    assert traffic() == [
        ("iris-predictor-00001", 20),
        ("iris-next-predictor-00002", 40),
        ("iris-other-predictor-00003", 40),
    ]
    with pytest.raises(InvalidArgument, match="say which"):
        server.promote("iris")
    server.promote("iris", canary="next")
    assert traffic() == [("iris-next-predictor-00002", 60), ("iris-other-predictor-00003", 40)]
    server.rollback("iris")
    server.wait(timeout=30)
    assert [percent for _, percent in traffic()] == [100]
    assert server.predict("iris", {"instances": [row]}) == {"predictions": expected}


class Octets(http.server.SimpleHTTPRequestHandler):
    extensions_map = {"": "application/octet-stream"}

    def log_message(self, *arguments):
        pass


@pytest.fixture
def site(tmp_path):
    """The URL of a folder."""
    folder = tmp_path / "site"
    folder.mkdir()

    def handler(*arguments):
        return Octets(*arguments, directory=str(folder))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_address[1]}", folder
        made.shutdown()


def trained(name, uri, framework="lightgbm"):
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "TrainedModel",
        "metadata": {"name": name},
        "spec": {
            "inferenceService": "iris",
            "model": {"framework": framework, "storageUri": uri, "memory": "64Mi"},
        },
    }


def test_trained_models(server, model, site):
    path, row, expected = model
    url, folder = site
    shutil.copyfile(path, folder / "model.bst")
    shutil.copyfile(GOLDEN / "lightgbm-4.7.0-regression.txt", folder / "newer.bst")
    newer = serving.load_model(str(folder / "newer.bst"))
    parent = service("unused")
    del parent["spec"]["predictor"]["model"]["storageUri"]
    with pytest.raises(Error, match="no TrainedModel names it"):
        server.apply(parent).wait(timeout=30)
    documents = [parent, trained("a", f"{url}/model.bst"), trained("b", f"{url}/newer.bst")]
    server.apply(documents).wait(timeout=30)
    other = [0.5] * newer.feature_count
    assert server.predict("a", {"instances": [row]}) == {"predictions": expected}
    assert server.predict("b", {"instances": [other]}) == {
        "predictions": [float(x) for x in newer.predict([other])]
    }
    status = server.status("iris/a")["status"]
    assert status["url"] == f"{server.url}/serving/default/iris/v1/models/a:predict"
    conditions = {c["type"]: c["status"] for c in status["conditions"]}
    assert conditions["Ready"] == conditions["IsMMSPredictor"] == "True"
    with pytest.raises(Error, match="404"):
        server.predict("iris", {"instances": [row]})
    documents[2] = trained("b", f"{url}/newer.bst", framework="xgboost")
    with pytest.raises(Error, match="serves models of lightgbm, not of xgboost"):
        server.apply(documents).wait("iris/b", timeout=30)
    assert server.predict("a", {"instances": [row]}) == {"predictions": expected}


def test_a_model_that_does_not_load_says_why(server, tmp_path):
    (tmp_path / "bad.bst").write_text("no model\n", encoding="utf-8")
    server.apply(service(tmp_path / "bad.bst"))
    with pytest.raises(Error, match="iris-predictor-00001 is not ready: ModelLoadFailed"):
        server.wait(timeout=30)
    failure = server.status("iris")["status"]["modelStatus"]
    assert failure["transitionStatus"] == "BlockedByFailedLoad"
    assert failure["lastFailureInfo"]["reason"] == "ModelLoadFailed"
    with pytest.raises(Error, match="503"):
        server.predict("iris", {"instances": [[1.0]]})


def test_documents_that_are_unsound_change_nothing(server, model):
    path, row, expected = model
    server.apply(service(path)).wait(timeout=30)
    with pytest.raises(Error, match="minReplicas|MinReplicas"):
        server.apply(service(path, minReplicas=-1))
    assert server.predict("iris", {"instances": [row]}) == {"predictions": expected}


def test_a_token_is_asked_for(tmp_path, model):
    path, row, expected = model
    with serving.Server(home=str(tmp_path / "home"), token="secret") as server:
        server.apply(service(path)).wait(timeout=30)
        assert server.predict("iris", {"instances": [row]}) == {"predictions": expected}
        server._token = None
        with pytest.raises(Error, match="401"):
            server.predict("iris", {"instances": [row]})


def test_a_file_without_a_document(server, model):
    path, row, expected = model
    server.add_model("plain", path)
    assert server.predict("plain", {"instances": [row]}) == {"predictions": expected}
    with pytest.raises(Error, match="plain"):
        server.add_model("plain", path)


def test_services_are_listed(server, model, tmp_path):
    server.apply(service(model[0])).wait(timeout=30)
    server.close()
    (listed,) = serving.services(str(tmp_path / "home"))
    assert listed["key"] == "default/iris"
    assert not listed["alive"]
    assert listed["status"]["status"]["observedGeneration"] == 1
    with pytest.raises(RuntimeError, match="closed"):
        server.status("iris")
    assert os.path.exists(tmp_path / "home" / "services.db")


def test_requests_and_batches_are_logged(model, tmp_path):
    """A logger before a batcher before a model; all records are there when the server ends."""
    path, row, expected = model
    logger = {
        "mode": "all",
        "url": f"file://{tmp_path}/log",
        "batchSize": 3,
        "storage": {"path": "all", "parameters": {"format": "json"}, "key": "k"},
    }
    with serving.Server(home=str(tmp_path / "home")) as server:
        made = service(path, logger=logger, batcher={"maxBatchSize": 4, "maxLatency": 1})
        server.apply(made).wait("iris", timeout=30)
        for _ in range(2):
            answer = server.predict("iris", {"instances": [row, row]})
            assert answer["predictions"] == expected * 2
            assert answer["batchId"]
    files = sorted((tmp_path / "log" / "default" / "iris" / "predictor" / "all").iterdir())
    assert len(files) == 2
    records = []
    for file in files:
        content = json.loads(file.read_text())
        records += content if isinstance(content, list) else [content]
    assert [record["reqType"].rpartition(".")[2] for record in records].count("request") == 2
    bodies = [json.loads(base64.b64decode(record["bytes"])) for record in records]
    assert [body["instances"] for body in bodies if "instances" in body] == [[row, row]] * 2
    assert [b["predictions"] for b in bodies if "predictions" in b] == [expected * 2] * 2


def test_rows_of_several_requests_go_together(server, model):
    """V2: what comes back through a batcher is what the model says without one."""
    path, row, expected = model
    made = service(path, batcher={"maxBatchSize": 4, "maxLatency": 60000})
    server.apply(made).wait("iris", timeout=30)

    def infer(count):
        tensor = {"name": "x", "shape": [count, len(row)], "datatype": "FP32", "data": row * count}
        body = json.dumps({"id": f"of {count}", "inputs": [tensor]}).encode()
        request = urllib.request.Request(f"{server.url}/v2/models/iris/infer", body)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        one, three = pool.map(infer, (1, 3))
    assert one["id"] == "of 1" and three["id"] == "of 3"
    assert one["outputs"][0]["shape"][0] == 1 and three["outputs"][0]["shape"][0] == 3
    assert one["outputs"][0]["data"] == expected and three["outputs"][0]["data"] == expected * 3


def test_models_that_are_kept(server, model, tmp_path):
    """What a service has fetched stays as long as it is served."""
    path, row, expected = model
    home = str(tmp_path / "home")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files) as files:
        files.content = path.read_bytes()
        threading.Thread(target=files.serve_forever, daemon=True).start()
        uri = f"http://127.0.0.1:{files.server_port}/model.bst"
        server.apply(service(uri)).wait("iris", timeout=30)
        files.shutdown()
    (kept,) = serving.cached_models(home)
    assert kept["uri"] == uri and kept["in_use"] and kept["size"] == path.stat().st_size
    assert serving.clear_models(home=home) == []
    with pytest.raises(Error, match="in use"):
        serving.clear_models(kept["key"][:12], home=home)
    assert server.predict("iris", {"instances": [row]}) == {"predictions": expected}
    server.close()
    assert serving.clear_models(older_than=3600, home=home) == []
    (removed,) = serving.clear_models(kept["key"][:12], home=home)
    assert removed["uri"] == uri
    assert serving.cached_models(home) == []
    with pytest.raises(NotFound, match="no model"):
        serving.clear_models("abc", home=home)


def test_a_model_beside_other_files(server, model, tmp_path):
    path, row, expected = model
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "words.csv").write_text("words")
    made = service(path)
    del made["spec"]["predictor"]["model"]["storageUri"]
    made["spec"]["predictor"]["storageUris"] = [
        {"uri": str(tmp_path / "words"), "mountPath": "/mnt/models/words"},
        {"uri": str(path), "mountPath": "/mnt/models/model"},
    ]
    server.apply(made).wait("iris", timeout=30)
    assert server.predict("iris", {"instances": [row]}) == {"predictions": expected}
