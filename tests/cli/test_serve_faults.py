# SPDX-License-Identifier: Apache-2.0
"""What befalls a kf serve: crowds, clients and sources that stall or break off, workers that are
killed, changes under load. Each request gets the right answer, and the server lives on."""

import http.client
import http.server
import itertools
import json
import os
import resource
import signal
import socket
import threading
import time

import pytest
from serve_process import MODELS, PATIENCE, ROW, custom, document, put, until

COUNT = len(json.loads(ROW)["instances"][0])


@pytest.fixture
def iris(serve, expected):
    """A server of one model."""
    server = serve(put(serve.folder / "iris.yaml", document()), "--any-port", "--body-limit", 64)
    server.says("iris is ready")
    yield server
    assert server.predict() == (200, expected["a"])
    assert server.end() == 0


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


def post(body, path="/v1/models/iris:predict"):
    body = body if isinstance(body, bytes) else body.encode()
    return b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (
        path.encode(),
        len(body),
    ) + body


class Answers:
    """Answers on one connection, one after the other."""

    def __init__(self, stream):
        self.file = stream.makefile("rb")

    def next(self):
        status = int(self.file.readline().split()[1])
        headers = {}
        while line := self.file.readline().strip():
            name, value = line.decode().split(":", 1)
            headers[name.lower()] = value.strip()
        return status, headers, self.file.read(int(headers["content-length"]))


# ---- crowds ----


@pytest.fixture
def many_files():
    """This process may have more files open; how many."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = before[1] if before[1] != resource.RLIM_INFINITY else 1 << 16
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, before[1]))
    yield most
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_thousand_connections(iris, many_files, expected):
    count = 1000 if many_files > 1100 else 100
    row = json.loads(ROW)["instances"]
    tensor = {"name": "input-0", "shape": [1, COUNT], "datatype": "FP64", "data": row}
    streams = [connect(iris) for _ in range(count)]
    answers = [Answers(stream) for stream in streams]
    for turn in range(3):
        for i, stream in enumerate(streams):
            request = {"id": f"{turn}-{i}", "inputs": [tensor]}
            stream.sendall(post(json.dumps(request), "/v2/models/iris/infer"))
        for i, answer in enumerate(answers):
            status, _, body = answer.next()
            assert status == 200
            body = json.loads(body)
            assert body["id"] == f"{turn}-{i}"
            assert body["outputs"][0]["data"] == expected["a"]["predictions"]
    for answer, stream in zip(answers, streams):
        answer.file.close()
        stream.close()


def test_too_many_connections(serve, expected):
    """Those that there are no files for are told to come again."""
    path = put(serve.folder / "iris.yaml", document())
    server = serve(path, "--any-port", files=300)
    server.says("iris is ready")
    streams, refused = [], None
    while refused is None:
        streams.append(connect(server))
        streams[-1].sendall(post(ROW))
        status, headers, body = Answers(streams[-1]).next()
        if status == 200:
            assert json.loads(body) == expected["a"]
            assert len(streams) < 300
        else:
            refused = status, headers, json.loads(body)
    assert refused[0] == 503 and refused[1]["retry-after"] == "1"
    assert refused[1]["connection"] == "close"
    assert refused[2] == {"error": "the server has too many connections"}
    assert len(streams) > 100
    for stream in streams:
        stream.close()
    assert until(lambda: server.predict() == (200, expected["a"]))
    assert server.end() == 0


# ---- clients that stall ----


def test_half_sent_and_slow_requests(iris, expected):
    whole = post(ROW)
    streams = [connect(iris) for _ in range(60)]
    for i, stream in enumerate(streams):
        stream.sendall(whole[: i * len(whole) // 60])
    assert iris.predict() == (200, expected["a"])
    for stream in streams[::2]:
        stream.close()
    assert iris.predict() == (200, expected["a"])
    # The rest come to their end a few bytes at a time.
    rest = [whole[i * len(whole) // 60 :] for i in range(1, 60, 2)]
    for at in range(0, len(whole), 7):
        for stream, text in zip(streams[1::2], rest):
            stream.sendall(text[at : at + 7])
    for stream in streams[1::2]:
        status, _, body = Answers(stream).next()
        assert (status, json.loads(body)) == (200, expected["a"])
        stream.close()


def test_clients_that_do_not_read(iris, expected):
    """Requests one behind the other until the server takes no more, as nobody takes its answers."""
    stream = connect(iris)
    stream.setblocking(False)
    text, sent = post(ROW) * 100, 0
    while True:
        try:
            sent += stream.send(text[sent % len(text) :])
        except BlockingIOError:
            time.sleep(0.05)
            try:
                sent += stream.send(text[sent % len(text) :])
            except BlockingIOError:
                break
    assert iris.predict() == (200, expected["a"])
    gone = connect(iris)
    gone.sendall(post(ROW) * 100)
    gone.close()
    # It has lost none of them.
    stream.settimeout(PATIENCE)
    answers = Answers(stream)
    for _ in range(sent // len(post(ROW))):
        status, _, body = answers.next()
        assert (status, json.loads(body)) == (200, expected["a"])
    stream.close()


def test_large_bodies(iris, expected):
    """Below the limit one is answered, above it refused, however it comes."""
    blanks = b" " * (60 << 20)
    status, body = iris.ask("/v1/models/iris:predict", blanks + ROW.encode())
    assert (status, body) == (200, expected["a"])
    status, body = iris.ask("/v1/models/iris:predict", blanks + b"[")
    assert status == 400
    with connect(iris) as stream:
        stream.sendall(b"POST /v1/models/iris:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
        status, _, body = Answers(stream).next()
    assert status == 413 and "larger than this server takes" in json.loads(body)["error"]
    with connect(iris) as stream:
        stream.sendall(b"POST /v1/models/iris:predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(100):
            stream.sendall(b"100000\r\n" + blanks[: 1 << 20] + b"\r\n")
        stream.sendall(b"0\r\n\r\n")
        status, _, body = Answers(stream).next()
    assert status == 413
    # What they took has been given back.

    def kilobytes():
        with open(f"/proc/{iris.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    until(lambda: kilobytes() < 50 << 10)


# ---- sources that stall ----


class Source(http.server.BaseHTTPRequestHandler):
    """/whole, /short (always breaks off in the middle), /slow (waits in the middle for a word)."""

    go_on = threading.Event()
    waiting = threading.Event()

    def do_GET(self):
        data = MODELS["b"].read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])
        self.wfile.flush()
        if self.path.startswith("/slow"):
            self.waiting.set()
            self.go_on.wait(PATIENCE)
        if self.path.startswith("/short"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.wfile.write(data[len(data) // 2 :])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def source():
    Source.go_on.clear()
    Source.waiting.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Source)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_downloads_that_break_off_or_stall(serve, source, expected):
    path = put(serve.folder / "iris.yaml", document())
    server = serve(path, "--any-port")
    server.says("iris is ready")
    put(path, document(uri=f"{source}/short/model.bst"))
    server.says("iris-predictor-00002 is not ready: ModelLoadFailed")
    assert server.predict() == (200, expected["a"])
    put(path, document(uri=f"{source}/slow/model.bst"))
    assert Source.waiting.wait(PATIENCE)
    assert server.predict() == (200, expected["a"])
    # It is not wanted any more, while it is under way; nor is the end of the server kept.
    put(path, document(uri=f"{source}/whole/model.bst"))
    assert until(lambda: server.predict() == (200, expected["b"]))
    Source.waiting.clear()
    put(path, document(uri=f"{source}/slow/again.bst"))
    assert Source.waiting.wait(PATIENCE)
    assert server.end() == 0
    Source.go_on.set()


def test_requests_wait_for_a_slow_download(serve, source, expected):
    path = put(serve.folder / "iris.yaml", document(uri=f"{source}/slow/model.bst"))
    server = serve(path, "--any-port")
    assert Source.waiting.wait(PATIENCE)
    answers = []
    asking = [threading.Thread(target=lambda: answers.append(server.predict())) for _ in range(20)]
    for each in asking:
        each.start()
    Source.go_on.set()
    for each in asking:
        each.join(PATIENCE)
    assert answers == [(200, expected["b"])] * 20
    assert server.end() == 0


# ---- changes and kills under load ----


class Load:
    """Clients that ask one request after the other, each on its own connection."""

    def __init__(self, server, right, clients=6):
        self.server = server
        self.right = right
        self.over = False
        self.wrong = []
        self.answers = itertools.count()
        self.answered = 0
        self.last = None
        self.threads = [threading.Thread(target=self.run) for _ in range(clients)]
        for each in self.threads:
            each.start()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        try:
            while not self.over:
                connection.request("POST", "/v1/models/iris:predict", ROW)
                answer = connection.getresponse()
                body = json.loads(answer.read())
                if answer.status != 200 or not self.right(body):
                    self.wrong.append((answer.status, body))
                    return
                self.last = body
                self.answered = next(self.answers)
        except (OSError, http.client.HTTPException) as error:
            self.wrong.append(repr(error))
        finally:
            connection.close()

    def more(self, count):
        """Wait for so many more answers."""
        goal = self.answered + count
        until(lambda: self.wrong or self.answered >= goal)

    def end(self):
        self.over = True
        for each in self.threads:
            each.join(PATIENCE)
        assert self.wrong == []


def test_changes_under_load(serve, kf, expected):
    path = put(serve.folder / "iris.yaml", document())
    server = serve(path, "--any-port")
    server.says("iris is ready")
    load = Load(server, lambda body: body in expected.values())
    for model in "ba":
        put(path, document(model=model))
        until(lambda: load.wrong or load.last == expected[model])
    for percent in (30, 60):
        put(path, document(model="b", canaryTrafficPercent=percent))
        until(lambda: f"{percent} %" in kf("services"))
        load.more(50)
    for _ in range(3):
        kf("promote", "iris")
        load.more(20)
        kf("rollback", "iris")
        load.more(20)
    load.end()
    assert server.predict() == (200, expected["a"])
    assert server.end() == 0


PID = """
import os
from kf.serving import Model

class Teller(Model):
    def load(self):
        if os.path.exists("broken"):
            raise RuntimeError("no weights today")
        self.ready = True
        return True

    def predict(self, payload, headers=None):
        return {"predictions": payload["instances"], "pid": os.getpid()}
"""


def teller(serve, **predictor):
    (serve.folder / "teller.py").write_text(PID)
    path = put(serve.folder / "iris.yaml", custom("teller.py:Teller", **predictor))
    server = serve(path, "--any-port", "--host-commands")
    server.says("iris is ready")
    return server


def test_workers_that_are_killed_under_load(serve):
    server = teller(serve, minReplicas=2, maxReplicas=2)
    instances = json.loads(ROW)["instances"]
    load = Load(server, lambda body: body["predictions"] == instances)
    killed = set()
    for _ in range(8):
        load.more(30)
        if load.wrong:
            break
        pid = until(lambda: load.wrong or (load.last["pid"] not in killed and load.last["pid"]))
        if load.wrong:
            break
        killed.add(pid)
        os.kill(pid, signal.SIGKILL)
    load.more(30)
    load.end()
    assert len(killed) == 8
    assert until(lambda: server.ask("/v2/models/iris/ready")[0] == 200)
    assert server.end() == 0


def test_workers_that_do_not_come_back(serve, kf):
    """What became of them is seen everywhere, until one is there again."""
    server = teller(serve)
    status, body = server.predict()
    assert status == 200
    assert server.ask("/v2/models/iris/ready") == (200, {"name": "iris", "ready": True})
    (serve.folder / "broken").touch()
    os.kill(body["pid"], signal.SIGKILL)
    server.says("iris revision iris-predictor-00001 is not ready: ModelLoadFailed")

    def condition(name):
        status = json.loads(kf("show", "iris", "--json"))["status"]["status"]
        return next(c for c in status["conditions"] if c["type"] == name), status["modelStatus"]

    until(lambda: condition("Ready")[0]["status"] == "False")
    ready, model = condition("Ready")
    assert "no weights today" in ready["message"]
    assert model["transitionStatus"] == "BlockedByFailedLoad"
    assert model["states"]["activeModelState"] == "FailedToLoad"
    assert model["lastFailureInfo"]["reason"] == "ModelLoadFailed"
    assert "no weights today" in model["lastFailureInfo"]["message"]
    for path in ("/v2/models/iris/ready", "/v1/models/iris", "/v2/health/ready"):
        assert server.ask(path)[0] == 503, path
    status, body = server.predict()
    assert status == 503 and "no weights today" in body["error"]
    assert "FAILED" in kf("services")
    (serve.folder / "broken").unlink()
    assert until(lambda: server.predict()[0] == 200)
    assert until(lambda: server.ask("/v2/health/ready")[0] == 200)
    until(lambda: condition("Ready")[0]["status"] == "True")
    assert server.end() == 0


def test_sleep_and_waking_under_load(serve):
    """Nothing that comes while it sleeps is lost."""
    (serve.folder / "teller.py").write_text(PID)
    service = custom("teller.py:Teller", minReplicas=0)
    service["metadata"]["annotations"] |= {
        "autoscaling.knative.dev/window": "1s",
        "autoscaling.knative.dev/scale-to-zero-pod-retention-period": "0s",
    }
    server = serve(put(serve.folder / "iris.yaml", service), "--any-port", "--host-commands")
    server.says("iris is ready")
    _, body = server.predict()
    first = body["pid"]

    def is_gone():
        try:
            os.kill(first, 0)
            return False
        except ProcessLookupError:
            return True

    until(is_gone)
    instances = json.loads(ROW)["instances"]
    load = Load(server, lambda body: body["predictions"] == instances, clients=30)
    load.more(100)
    load.end()
    assert server.end() == 0
