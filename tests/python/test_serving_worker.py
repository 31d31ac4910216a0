# SPDX-License-Identifier: Apache-2.0
"""The program of a worker, from the side of the pool: frames over a socket."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time

import pytest

from kf.serving import _command, _frames
from kf.serving._frames import CALL, CANCEL, FAILED, READY, REPLY, START, STOP, encode

JSON = [["content-type", "application/json"]]


class Pool:
    """One worker."""

    def __init__(self, start, folder, **environment):
        self._mine, theirs = socket.socketpair()
        self._mine.settimeout(60)
        self._reader, self._frames, self._last = _frames.Reader(), [], 0
        self.folder = folder
        self.errors = open(os.path.join(folder, "errors"), "w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kf.serving._worker"],
            env={**os.environ, "KF_WORKER_FD": str(theirs.fileno()), **environment},
            cwd=folder,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            stderr=self.errors,
        )
        theirs.close()
        self.send(START, 0, start)

    def send(self, kind, number=0, head=None, body=b""):
        self._mine.sendall(encode(kind, number, head, body))

    def receive(self):
        """(kind, number, head, body)"""
        while not self._frames:
            data = self._mine.recv(1 << 16)
            assert data, "the worker is gone: " + self.printed()
            self._frames += self._reader.feed(data)
        kind, number, head, body = self._frames.pop(0)
        return kind, number, json.loads(head) if head else None, body

    def printed(self):
        self.errors.flush()
        self.errors.seek(0)
        return self.errors.read()

    def ready(self):
        kind, _, head, _ = self.receive()
        assert kind == READY, head
        return head

    def call(self, path, body=b"{}", headers=JSON):
        self._last += 1
        path, _, query = path.partition("?")
        head = {"method": "POST", "path": path, "query": query or None, "headers": headers}
        self.send(CALL, self._last, head, body)
        return self._last

    def answer(self):
        kind, number, head, body = self.receive()
        assert kind == REPLY
        return number, head["status"], body

    def ask(self, path, body=b"{}", headers=JSON):
        self.call(path, body, headers)
        return self.answer()[1:]

    def stop(self):
        self.send(STOP)
        return self.process.wait(60)

    def hang_up(self):
        """What a pool that dies does."""
        self._mine.close()

    def close(self):
        """End the worker and what it started, as a pool does."""
        self._mine.close()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.errors.close()


@pytest.fixture
def pool(tmp_path):
    made = []

    def make(start, source=None, **environment):
        if source is not None:
            (tmp_path / "model.py").write_text(textwrap.dedent(source))
        made.append(Pool(start, tmp_path, **environment))
        return made[-1]

    yield make
    for each in made:
        each.close()


DOUBLER = """
    from kf.serving import Model

    class Doubler(Model):
        def load(self):
            self.ready = True
            return self.ready

        def predict(self, payload, headers=None):
            return {"predictions": [2 * x for x in payload["instances"]]}
"""


def test_what_a_worker_needs_is_packed(tmp_path):
    """Interpreters without libkf get the modules that the C library carries, and no others."""
    import re
    import shutil
    from pathlib import Path

    import kf.serving

    root = Path(__file__).parents[2]
    listed = (root / "libkf" / "serving" / "meson.build").read_text(encoding="utf-8")
    package = tmp_path / "kf" / "serving"
    (package / "runtimes").mkdir(parents=True)
    (tmp_path / "kf" / "__init__.py").write_text("")
    paths = re.findall(r"kf_serving_python / ('.*'),", listed)
    assert len(paths) > 20
    for path in paths:
        name = path.replace("'", "").replace(" / ", "/")
        shutil.copy(root / "python" / "kf" / "serving" / name, package / name)
    program = (
        "from kf.serving import _alias, _worker, runtimes\n"
        "_alias.install()\n"
        "import importlib\n"
        "for name in _alias._MODULES:\n"
        "    importlib.import_module(name)\n"
        "from kserve import InferenceRESTClient, Model, ModelServer\n"
    )
    assert Path(kf.serving.__file__).parent != package
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, check=True)


def test_a_class_of_a_file(pool):
    worker = pool({"name": "m", "class": "model.py:Doubler"}, DOUBLER)
    assert worker.ready() == {"serial": True}
    assert worker.ask("/v1/models/m:predict", b'{"instances":[1,2]}') == (
        200,
        b'{"predictions":[2,4]}',
    )
    assert worker.ask("/v1/models/m:predict?a=b", b'{"instances":[]}')[0] == 200
    assert worker.ask("/v1/models/z:predict")[0] == 404
    assert worker.ask("/v1/models/m:predict", b"{")[0] == 400
    assert worker.stop() == 0


def test_clients_do_not_unload_what_a_document_has(pool):
    worker = pool({"name": "m", "class": "model.py:Doubler"}, DOUBLER)
    worker.ready()
    assert worker.ask("/v2/repository/models/m/unload") == (
        501,
        b'{"error":"a model is unloaded when its document goes, or when nobody asks it"}',
    )
    assert worker.ask("/v2/repository/models/m/load") == (200, b'{"name":"m","load":true}')
    assert worker.ask("/v2/repository/models/n/unload")[0] == 404
    assert worker.ask("/v1/models/m:predict", b'{"instances":[1]}')[0] == 200


REPOSITORY = """
    from kserve import Model, ModelRepository, ModelServer

    class Own(ModelRepository):
        pass

    class Echo(Model):
        def predict(self, payload, headers=None):
            return payload

    models = [Echo("a"), Echo("b")]
    for model in models:
        model.load()
    ModelServer(registered_models=Own()).start(models)
"""


def test_a_repository_of_its_own_unloads(pool):
    worker = pool({"name": "a", "command": ["python", "model.py"]}, REPOSITORY)
    worker.ready()
    assert worker.ask("/v2/repository/models/b/unload") == (200, b'{"name":"b","unload":true}')
    assert worker.ask("/v1/models/b:predict", b"{}")[0] == 404
    assert worker.ask("/v1/models/a:predict", b"{}")[0] == 200


def test_a_class_of_a_module(pool):
    worker = pool({"name": "m", "class": "model:Doubler"}, DOUBLER)
    worker.ready()
    numbers = [worker.call("/v1/models/m:predict", b'{"instances":[%d]}' % x) for x in range(20)]
    answers = [worker.answer() for _ in numbers]
    assert answers == [(n, 200, b'{"predictions":[%d]}' % (2 * i)) for i, n in enumerate(numbers)]


def test_it_is_given_the_path(pool):
    source = """
        from kf.serving import Model

        class WithPath(Model):
            def __init__(self, name, model_dir):
                super().__init__(name)
                self.model_dir = model_dir

            async def load(self):
                self.ready = True

            def predict(self, payload, headers=None):
                return {"path": self.model_dir}
    """
    worker = pool({"name": "m", "path": "/the/path", "class": "model.py:WithPath"}, source)
    worker.ready()
    assert worker.ask("/v1/models/m:predict") == (200, b'{"path":"/the/path"}')


def test_the_pool_is_gone(pool):
    worker = pool({"name": "m", "class": "model.py:Doubler"}, DOUBLER)
    worker.ready()
    worker._mine.close()
    assert worker.process.wait(60) == 0


# ---- what does not load ----


@pytest.mark.parametrize(
    "start, source, message",
    [
        ({"class": "model.py:Gone"}, "", "LoadError: model.py has no Gone"),
        ({"class": "other.py:Gone"}, "", "LoadError: there is no file other.py"),
        ({"class": "Gone"}, "", 'LoadError: "Gone" is to be "module:Class"'),
        ({"class": "model.py:M"}, "M = lambda name: 7", "LoadError: int does not derive from"),
        ({"class": "model.py:M"}, "import none_such", "ModuleNotFoundError: No module named"),
        (
            {"class": "model.py:M"},
            """
            from kf.serving import Model
            class M(Model):
                def load(self):
                    raise ValueError("no weights")
            """,
            "ValueError: no weights",
        ),
        (
            {"class": "model.py:M"},
            """
            from kf.serving import Model
            class M(Model):
                def load(self):
                    return False
            """,
            "LoadError: load() of M did not set `ready`",
        ),
        ({"class": "model.py:M"}, "import sys; sys.exit('enough')", "SystemExit: enough"),
        ({"format": "sklearn", "path": "/nowhere"}, "", "there is no model at /nowhere"),
        ({"format": "huggingface", "path": "."}, "", "NotImplementedError: models of format"),
        ({"format": "pmml", "path": "."}, "", 'LoadError: no runtime in Python for models of format "pmml"'),
    ],
)
def test_what_does_not_load(pool, start, source, message):
    worker = pool({"name": "m", **start}, source)
    kind, _, head, _ = worker.receive()
    assert kind == FAILED
    assert message in head["message"]
    assert worker.process.wait(60) == 1
    tells_all = ("LoadError: ", "ModelMissingError: ", "MissingPackage: ", "SystemExit: ")
    assert ("Traceback" in worker.printed()) != head["message"].startswith(tells_all)


def test_a_library_that_is_missing(pool, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"")
    (tmp_path / "onnxruntime.py").write_text(
        "raise ModuleNotFoundError('none', name='onnxruntime')"
    )
    worker = pool({"name": "m", "format": "onnx", "path": str(tmp_path)}, PYTHONPATH=os.pathsep.join(
        [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    ))
    _, _, head, _ = worker.receive()
    assert head["message"].startswith(
        "MissingPackage: this model needs the Python package onnxruntime, which "
    )
    assert head["message"].endswith("-m pip install onnxruntime")


# ---- many at once ----

WAITING = """
    import asyncio
    from kf.serving import Model

    class Waiting(Model):
        async def predict(self, payload, headers=None):
            await asyncio.sleep(payload["seconds"])
            return payload
"""


def test_calls_wait_beside_each_other(pool):
    worker = pool({"name": "m", "class": "model.py:Waiting"}, WAITING)
    assert worker.ready() == {"serial": False}
    slow = worker.call("/v1/models/m:predict", b'{"seconds":60}')
    quick = worker.call("/v1/models/m:predict", b'{"seconds":0}')
    assert worker.answer() == (quick, 200, b'{"seconds":0}')
    worker.send(CANCEL, slow)
    assert worker.answer()[:2] == (slow, 499)


def test_stop_waits_for_what_was_begun(pool):
    worker = pool({"name": "m", "class": "model.py:Waiting"}, WAITING)
    worker.ready()
    number = worker.call("/v1/models/m:predict", b'{"seconds":0.2}')
    worker.send(STOP)
    assert worker.answer() == (number, 200, b'{"seconds":0.2}')
    assert worker.process.wait(60) == 0


def test_a_transformer_asks_through_the_pool(pool):
    source = """
        from kf.serving import Model

        class Transformer(Model):
            def preprocess(self, payload, headers=None):
                return {"instances": [x + 1 for x in payload["instances"]]}
    """
    start = {"name": "m", "class": "model.py:Transformer", "predictor": {"host": "p"}}
    worker = pool(start, source)
    worker.ready()
    number = worker.call("/v1/models/m:predict", b'{"instances":[1]}')
    kind, asked, head, body = worker.receive()
    assert (kind, head["path"], head["of"]) == (CALL, "/v1/models/m:predict", number)
    assert json.loads(body) == {"instances": [2]}
    worker.send(REPLY, asked, {"status": 200, "headers": JSON}, b'{"predictions":[9]}')
    assert worker.answer() == (number, 200, b'{"predictions":[9]}')


# ---- commands of containers ----

SERVED_BY_KSERVE = """
    import argparse
    from kserve import Model, ModelServer, model_server

    class Tripler(Model):
        def predict(self, payload, headers=None):
            return {"predictions": [3 * x for x in payload["instances"]]}

    if __name__ == "__main__":
        parser = argparse.ArgumentParser(parents=[model_server.parser])
        parser.add_argument("--model_dir")
        args, _ = parser.parse_known_args()
        model = Tripler(args.model_name)
        model.load()
        model.predict_dir = args.model_dir
        assert args.model_dir == "/the/path/a", args.model_dir
        ModelServer(workers=1).start([model])
"""


def test_a_program_of_kserve(pool):
    command = ["python", "model.py", "--model_name=m", "--model_dir", "/mnt/models/a"]
    worker = pool({"name": "m", "path": "/the/path", "command": command}, SERVED_BY_KSERVE)
    assert worker.ready() == {"serial": True}
    answer = worker.ask("/v1/models/m:predict", b'{"instances":[1,2]}')
    assert answer == (200, b'{"predictions":[3,6]}')
    assert worker.stop() == 0


def test_a_module_of_kserve(pool):
    command = ["python3", "-m", "model", "--model_name", "m", "--model_dir=/mnt/models/a"]
    worker = pool({"name": "m", "path": "/the/path", "command": command}, SERVED_BY_KSERVE)
    worker.ready()
    assert worker.ask("/v1/models/m:predict", b'{"instances":[1]}')[0] == 200


SERVER = """
    import http.server, os, sys

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path == "/exit":
                os._exit(7)
            if self.path == "/close":
                self.close_connection = True
                return
            answer = b"%s %s %s" % (self.path.encode(), self.headers["x-a"].encode(), body)
            self.send_response(201)
            self.send_header("x-b", "c")
            if self.path == "/chunked":
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                for part in (answer[:3], answer[3:]):
                    self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(part), part))
                self.wfile.write(b"0\\r\\n\\r\\n")
                return
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    port = int(sys.argv[1].split("=")[1]) if len(sys.argv) > 1 else int(os.environ["PORT"])
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.mark.parametrize(
    "command",
    [
        ["python", "model.py"],
        ["python", "model.py", "--port=8080"],
        ["sh", "-c", '"$0" model.py', sys.executable],
        ["sh", "-c", '"$0" model.py --http_port=$(PORT)', sys.executable],
    ],
)
def test_a_server_of_its_own(pool, command):
    worker = pool({"name": "m", "command": command}, SERVER)
    assert worker.ready() == {"serial": False}
    headers = [["x-a", "1"], ["connection", "close"]]
    for path in (b"/a", b"/chunked", b"/a?b=c&d=%20"):
        assert worker.ask(path.decode(), b"body", headers) == (201, path + b" 1 body")
    assert worker.ask("/close", b"", headers)[0] == 502
    assert worker.ask("/a", b"", headers)[0] == 201
    worker.stop()


def test_a_server_that_ends(pool):
    worker = pool({"name": "m", "command": ["sh", "-c", '"$0" model.py', sys.executable]}, SERVER)
    worker.ready()
    worker.call("/exit")
    assert worker.process.wait(60) == 7


@pytest.mark.parametrize(
    "command, source, message",
    [
        (["no-such-program-at-all"], "", "no program no-such-program-at-all on the PATH"),
        (["python", "model.py"], "raise ValueError('no')", "ValueError: no"),
        (["python", "gone.py"], "", "gone.py"),
        (
            ["python", "model.py"],
            "from kserve import Model, ModelServer; ModelServer().start([Model('m')])",
            "NoModelReady: Model with name m is not ready.",
        ),
    ],
)
def test_commands_that_fail(pool, command, source, message):
    worker = pool({"name": "m", "command": command}, source)
    kind, _, head, _ = worker.receive()
    assert kind == FAILED
    assert message in head["message"]


def test_a_program_that_serves_nothing(pool):
    worker = pool({"name": "m", "command": ["python", "model.py"]}, "print('done')")
    assert worker.process.wait(60) == 1
    assert "the program ended and served nothing" in worker.printed()


def test_folders_of_a_container():
    command = ["serve", "--a=/mnt/models/a/x", "/mnt/models/ab", "/mnt/models", "/mnt/modelsx", "/opt/b"]
    mounts = {"/mnt/models/a": "/here/A", "/opt/b": "/here/B"}
    assert _command.with_models(command, "/here/M", mounts) == [
        "serve",
        "--a=/here/A/x",
        "/here/M/ab",
        "/here/M",
        "/mnt/modelsx",
        "/here/B",
    ]
    assert _command.with_models(command, "/here/M")[1:4] == [
        "--a=/here/M/a/x",
        "/here/M/ab",
        "/here/M",
    ]
    assert _command.with_models(command, None, None) == command


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_busy_worker_ends_with_its_pool(pool, kind):
    worker = pool(
        {"name": "m", "class": "model.py:Busy"},
        f"""
        import time
        from kf.serving import Model

        class Busy(Model):
            def load(self):
                self.ready = True

            {kind} predict(self, payload, headers=None):
                open("busy", "w").close()
                while True:
                    time.sleep(0.1)
        """,
    )
    worker.ready()
    worker.call("/v1/models/m:predict", b'{"instances": [1]}')
    while not os.path.exists(os.path.join(worker.folder, "busy")):
        assert worker.process.poll() is None, worker.printed()
        time.sleep(0.01)
    worker.hang_up()
    assert worker.process.wait(60) != 0
