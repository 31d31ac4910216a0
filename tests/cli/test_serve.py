# SPDX-License-Identifier: Apache-2.0
"""kf serve and the commands beside it, as a user calls them: what is printed, and exit statuses."""

import http.client
import json
import os
import signal
import socket
import threading
import time

import pytest
from serve_process import KF, MODELS, PATIENCE, ROW, custom, document, put, until


# ---- kf serve ----


def test_several_files(serve, expected):
    one = put(serve.folder / "one.yaml", document("one"))
    two = put(
        serve.folder / "two.yaml",
        document("two", "b"),
        document("two", "a", namespace="other"),
        {
            "apiVersion": "serving.kserve.io/v1alpha1",
            "kind": "InferenceGraph",
            "metadata": {"name": "chain"},
            "spec": {
                "nodes": {
                    "root": {"routerType": "Sequence", "steps": [{"serviceName": "one"}]}
                }
            },
        },
    )
    server = serve(one, two, "--any-port", "--model", f"plain={MODELS['b']}")
    url = f"http://127.0.0.1:{server.port}"
    server.says(f"plain is ready: {url}/v1/models/plain:predict")
    server.says(f"one is ready: {url}/v1/models/one:predict")
    server.says(f"two is ready: {url}/v1/models/two:predict")
    server.says(f"other/two is ready: {url}/serving/other/two/v1/models/two:predict")
    server.says(f"chain is ready: {url}/serving/default/chain")
    assert server.predict("one") == (200, expected["a"])
    assert server.predict("two") == (200, expected["b"])
    assert server.predict("plain") == (200, expected["b"])
    assert server.ask("/serving/other/two/v1/models/two:predict", ROW) == (200, expected["a"])
    assert server.ask("/serving/default/chain", ROW) == (200, expected["a"])
    put(two, document("two", "a"))
    server.says("other/two is not served any more")
    server.says("chain is not served any more")
    assert server.ask("/serving/default/chain", ROW)[0] == 404
    assert until(lambda: server.predict("two") == (200, expected["a"]))
    assert server.end() == 0


def test_warnings(serve):
    one = document("one")
    one["spec"]["predictor"]["model"]["storageURI"] = "misspelt"
    path = put(serve.folder / "one.yaml", one)
    server = serve(path, "--any-port")
    line = server.says("warning")
    assert line.startswith(f"{path}:1:")
    assert "unknown field 'storageURI', ignored; did you mean 'storageUri'?" in line
    assert server.end() == 0


def test_grpc(serve, kf):
    path = put(serve.folder / "iris.yaml", document())
    server = serve(path, "--any-port", "--grpc-port", "0")
    port = int(server.says("listening for gRPC on port ").rsplit(" ", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
        assert connection.recv(9)[3] == 4  # SETTINGS
    server.says("iris is ready")
    status = json.loads(kf("show", "iris", "--json"))["status"]["status"]
    assert status["components"]["predictor"]["grpcUrl"] == f"grpc://127.0.0.1:{port}"
    words = ["serve", str(path), "--any-port", "--grpc-port"]
    assert "is taken by another server" in kf(*words, str(port), status=1)
    assert "--grpc-port 65536: expected at most 65535" in kf(*words, "65536", status=2)
    assert server.end() == 0
    server = serve(path, "--any-port")
    server.says("iris is ready")
    assert server.end() == 0
    assert not any("gRPC" in line for line in server.lines)


def test_quiet(serve, expected):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    server = serve(put(serve.folder / "iris.yaml", document()), "-q", "-p", port)

    def answers():
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE):
                return True
        except ConnectionRefusedError:
            return False

    until(answers)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST", "/v1/models/iris:predict", ROW)
    assert json.loads(connection.getresponse().read()) == expected["a"]
    connection.close()
    assert server.end() == 0
    assert server.lines == []


def test_what_keeps_it_from_starting(serve, kf):
    path = str(put(serve.folder / "iris.yaml", document()))
    server = serve(path, "--any-port")
    server.says("iris is ready")
    assert kf("serve", path, "-p", str(server.port), status=1) == (
        f"kf serve: port {server.port} of 127.0.0.1 is taken by another server\n"
    )
    message = kf("serve", path, "--any-port", status=1)
    assert f"the service is served by another process, {server.process.pid}, at" in message
    bad = serve.folder / "bad.yaml"
    bad.write_text("a: [")
    assert kf("serve", path, str(bad), "--any-port", status=1).startswith("kf serve: ")
    put(bad, document(minReplicas=-1))
    assert "minReplicas is -1" in kf("serve", str(bad), "--any-port", status=1)
    put(bad, document("iris"), document("iris", "b"))
    assert "iris" in kf("serve", str(bad), "--any-port", status=1)
    assert "No such file" in kf("serve", "none.yaml", "--any-port", status=1)
    assert "FILE or --model" in kf("serve", status=2)
    assert "expected NAME=FILE" in kf("serve", "-m", "x", "--any-port", status=2)
    assert "expected at most 65535" in kf("serve", path, "-p", "65536", status=2)
    assert "is no address" in kf("serve", path, "--any-port", "--address", "here", status=1)
    assert "No such file" in kf(
        "serve", path, "--any-port", "--token-file", "none", status=1
    )
    assert server.end() == 0


def test_documents_that_change(serve, expected):
    path = put(serve.folder / "iris.yaml", document())
    server = serve(path, "--any-port")
    server.says("iris is ready")
    put(path, document(model="b"))
    assert until(lambda: server.predict() == (200, expected["b"]))
    # What is not sound changes nothing, and what is not there neither.
    path.write_text("spec: {")
    server.says("iris.yaml:")
    assert server.predict() == (200, expected["b"])
    put(path, document(minReplicas=-1))
    server.says("minReplicas is -1")
    assert server.predict() == (200, expected["b"])
    path.unlink()
    put(path, document(model="a"))
    server.says("the documents are sound again")
    assert until(lambda: server.predict() == (200, expected["a"]))
    # What does not load changes nothing either.
    broken = serve.folder / "model.txt"
    broken.write_text("no model")
    put(path, document(uri=broken))
    server.says("iris-predictor-00004 is not ready: ModelLoadFailed")
    assert server.predict() == (200, expected["a"])
    assert server.ask("/v2/health/ready")[0] == 200  # Requests are answered.
    # The same document, with a model in its place that is whole: it is tried again.
    broken.write_bytes(MODELS["b"].read_bytes())
    assert until(lambda: server.predict() == (200, expected["b"]))
    server.says("iris is ready", times=2)
    put(path)
    server.says("iris is not served any more")
    assert server.predict()[0] == 404
    assert server.end() == 0


def test_a_file_that_is_written_bit_by_bit(serve, expected):
    path = put(serve.folder / "iris.yaml", document())
    server = serve(path, "--any-port")
    server.says("iris is ready")
    text = json.dumps(document()) + "\n---\n" + json.dumps(document("second", "b"))
    with path.open("w") as file:
        for at in range(0, len(text), 100):
            file.write(text[at : at + 100])
            file.flush()
            time.sleep(0.05)
    server.says("second is ready")
    assert server.predict("second") == (200, expected["b"])
    assert not [line for line in server.lines if "any more" in line or "yaml" in line]
    assert server.end() == 0


SLOW = """
import time
from kf.serving import Model

class Slow(Model):
    def predict(self, payload, headers=None):
        open("begun", "w").close()
        while not __import__("os").path.exists("go"):
            time.sleep(0.01)
        return payload
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_end_waits_for_requests(serve, number):
    (serve.folder / "slow.py").write_text(SLOW)
    path = put(serve.folder / "iris.yaml", custom("slow.py:Slow"))
    server = serve(path, "--any-port", "--host-commands")
    server.says("iris is ready")
    answers = []
    asking = threading.Thread(target=lambda: answers.append(server.predict()))
    asking.start()
    until((serve.folder / "begun").exists)
    port = server.port
    server.process.send_signal(number)

    def is_refused():
        try:
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
            return False
        except ConnectionRefusedError:
            return True

    until(is_refused)
    assert not answers
    (serve.folder / "go").touch()
    asking.join(PATIENCE)
    assert answers == [(200, json.loads(ROW))]
    assert server.process.wait(PATIENCE) == 0


def test_a_second_interrupt_ends_it_at_once(serve):
    (serve.folder / "slow.py").write_text(SLOW)
    path = put(serve.folder / "iris.yaml", custom("slow.py:Slow"))
    server = serve(path, "--any-port", "--host-commands")
    server.says("iris is ready")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.request("POST", "/v1/models/iris:predict", ROW)
    until((serve.folder / "begun").exists)

    def ends():
        server.process.send_signal(signal.SIGINT)
        return server.process.poll() is not None

    until(ends)
    connection.close()
    assert server.process.returncode == -signal.SIGINT


# ---- the other commands ----


def test_services_show_promote_rollback(serve, kf, expected):
    assert kf("services") == "no services: kf serve starts some\n"
    assert "has no run 'iris'" in kf("show", "iris", status=1)
    path = put(serve.folder / "iris.yaml", document())
    server = serve(path, "--any-port")
    server.says("iris is ready")

    def traffic():
        (row,) = kf("services").splitlines()[1:]
        return row

    until(lambda: "READY" in traffic())
    row = traffic()
    assert row.startswith("default/iris  READY  iris-predictor-00001 100 %  ")
    assert row.endswith(f"  http://127.0.0.1:{server.port}")
    message = kf("promote", "iris", status=1)
    assert "there is no canary to promote" in message
    assert "no earlier revision to go back to" in kf("rollback", "iris", status=1)
    put(path, document(model="b", canaryTrafficPercent=10))
    until(lambda: "00002 10 %, iris-predictor-00001 90 %" in traffic())
    shown = kf("show", "iris")
    for line in (
        "service         default/iris",
        "state           READY",
        f"url             http://127.0.0.1:{server.port}/serving/default/iris",
        "runtime         kserve-lgbserver",
        "model           UpToDate",
        "  traffic         iris-predictor-00002 10 %, iris-predictor-00001 90 %",
        "  latest created  iris-predictor-00002",
        "  latest ready    iris-predictor-00002",
        "  rolled out      iris-predictor-00001",
    ):
        assert line in shown.splitlines(), shown
    assert kf("promote", "iris") == "default/iris predictor: iris-predictor-00002 100 %\n"
    assert server.predict() == (200, expected["b"])
    assert kf("rollback", "default/iris") == (
        "default/iris predictor: iris-predictor-00002 0 %, iris-predictor-00001 100 %\n"
    )
    assert server.predict() == (200, expected["a"])
    assert "did you mean 'iris'" in kf("promote", "irsi", status=1)
    assert "did you mean 'iris'" in kf("show", "irsi", status=1)
    item = json.loads(kf("show", "iris", "--json"))
    assert item["alive"] and item["pid"] == server.process.pid
    assert json.loads(kf("services", "--json"))[0]["key"] == "default/iris"
    assert json.loads(kf("promote", "iris", "--json"))["key"] == "default/iris"
    assert server.end() == 0
    assert "STOPPED" in traffic()
    assert "no process serves the service now" in kf("promote", "iris", status=1)


def test_failures_are_shown(serve, kf):
    broken = serve.folder / "model.txt"
    broken.write_text("no model")
    server = serve(put(serve.folder / "iris.yaml", document(uri=broken)), "--any-port")
    server.says("is not ready: ModelLoadFailed")
    shown = until(lambda: "FAILED" in (text := kf("show", "iris")) and text)
    assert "model           BlockedByFailedLoad" in shown
    assert "failure         " in shown and "traffic         none yet" in shown
    assert server.predict()[0] == 503
    server.process.kill()
    server.process.wait()
    assert "STOPPED" in kf("services")


def test_a_killed_server_leaves_its_services_to_the_next(serve, expected):
    path = put(serve.folder / "iris.yaml", document())
    server = serve(path, "--any-port")
    server.says("iris is ready")
    put(path, document(model="b"))
    assert until(lambda: server.predict() == (200, expected["b"]))
    server.process.kill()
    server.process.wait()
    server = serve(path, "--any-port")
    assert until(lambda: server.predict() == (200, expected["b"]))
    assert server.end() == 0
