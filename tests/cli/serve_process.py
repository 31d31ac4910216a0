# SPDX-License-Identifier: Apache-2.0
"""A kf serve that runs, and what is asked of it."""

import http.client
import json
import os
import pathlib
import resource
import signal
import subprocess
import threading
import time

KF = os.environ["KF_COMMAND"]
GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden" / "models"
MODELS = {
    "a": GOLDEN / "lightgbm-3.3.5-regression.txt",
    "b": GOLDEN / "lightgbm-3.3.5-poisson.txt",
}
PATIENCE = 60


def document(name="iris", model="a", uri=None, namespace=None, **predictor):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": metadata,
        "spec": {
            "predictor": {
                "model": {
                    "modelFormat": {"name": "lightgbm"},
                    "storageUri": str(uri or MODELS[model]),
                },
                **predictor,
            }
        },
    }


def until(condition):
    """What the condition comes to, once it is true."""
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
    return found


class Serving:
    """A kf serve that runs."""

    def __init__(self, folder, *words, files=None):
        """`files`: as many as the process may have open."""

        def limit():
            if files is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

        self.folder = folder
        self.lines = []
        self.process = subprocess.Popen(
            [KF, "serve", *map(str, words)],
            cwd=folder,
            env={**os.environ, "KF_HOME": str(folder / "home")},
            preexec_fn=limit,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def says(self, text, times=1):
        """Wait for a line with the text in it."""

        def found():
            lines = [line for line in list(self.lines) if text in line]
            if len(lines) >= times:
                return lines[-1]
            assert self.process.poll() is None or self.reader.is_alive(), self.lines
            return None

        return until(found)

    @property
    def port(self):
        return int(self.says("listening on http://").rsplit(":", 1)[1])

    def ask(self, path, body=None, headers=None, method=None):
        """Status and body, read as JSON where it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        method = method or ("GET" if body is None else "POST")
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        is_json = answer.headers.get("Content-Type") == "application/json"
        return answer.status, json.loads(text) if is_json and text else text

    def predict(self, name="iris"):
        return self.ask(f"/v1/models/{name}:predict", ROW)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        return status


def features():
    text = MODELS["a"].read_text()
    return int(text.split("max_feature_idx=")[1].split()[0]) + 1


ROW = json.dumps({"instances": [[0.25] * features()]})


def custom(cls, name="iris", **predictor):
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": name, "annotations": {"libkf/class": cls}},
        "spec": {
            "predictor": {
                "containers": [{"name": "kserve-container", "image": "example.com/m:1"}],
                **predictor,
            }
        },
    }


def put(path, *documents):
    """Replace a file in one step, as careful tools do."""
    new = path.with_suffix(".new")
    new.write_text("\n---\n".join(map(json.dumps, documents)))
    new.replace(path)
    return path
