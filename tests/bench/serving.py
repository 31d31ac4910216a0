# SPDX-License-Identifier: Apache-2.0
"""A server of libkf beside KServe's own, under the same load: wrk on one processor, the server on another.

KServe is measured where KF_KSERVE_PYTHON names an interpreter that has kserve and xgboost.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

FOLDER = os.path.dirname(os.path.abspath(__file__))
PREDICT, INFER = "/v1/models/m:predict", "/v2/models/m/infer"
SCRIPT = """wrk.method = "POST"
local file = io.open("{path}", "rb")
wrk.body = file:read("*a")
file:close()
wrk.headers["Content-Type"] = "{kind}"
{more}
"""


def pinned(processor: int, command: list) -> list:
    return ["taskset", "-c", str(processor % (os.cpu_count() or 1)), *command]


def wait_for(port: int) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models/m", timeout=1).read()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers at port {port}")


@contextlib.contextmanager
def running(command: list, port: int):
    """The server of this command, until the block ends."""
    process = subprocess.Popen(pinned(0, command), stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield process
    finally:
        process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)
        process.terminate()
        process.wait(20)


UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


def load(port: int, path: str, script: str, connections: int, seconds: int) -> dict:
    """Requests per second and the 99th percentile of their time."""
    done = subprocess.run(
        pinned(1, ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script,
                   f"http://127.0.0.1:{port}{path}"]),
        capture_output=True, text=True, check=True, timeout=seconds + 60)
    if "Non-2xx" in done.stdout:
        raise RuntimeError(done.stdout)
    number, unit = re.search(r"99%\s+([\d.]+)(\w+)", done.stdout).groups()
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1)),
            "p99": float(number) * UNITS[unit]}


def post(port: int, body: bytes) -> bool:
    """Whether a prediction is answered."""
    request = (f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
               + body)
    with contextlib.suppress(ConnectionRefusedError), \
            socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(request)
        return client.recv(4096).startswith(b"HTTP/1.1 200")
    return False


def cold_start(command: list, port: int, body: bytes) -> float:
    """Seconds from exec to the first prediction; the client tries without pause, on the other
    processor."""
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    began = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    os.sched_setaffinity(0, {max(processors)})
    try:
        while not post(port, body):
            pass
        return time.perf_counter() - began
    finally:
        os.sched_setaffinity(0, processors)
        process.stdin.close()
        process.terminate()
        process.wait(20)


SERVICE = """apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: m
  annotations:
    autoscaling.knative.dev/window: 6s
    autoscaling.knative.dev/scale-to-zero-pod-retention-period: 0s
spec:
  predictor:
    minReplicas: 0
    model:
      modelFormat: {{name: xgboost}}
      storageUri: {model}
"""


def is_asleep(home: str) -> bool:
    from kf import serving

    status = serving.services(home)[0]["status"]["status"]
    return status["modelStatus"]["states"]["activeModelState"] == "Standby"


def wake(command: list, home: str, port: int, body: bytes) -> float:
    """Seconds from a request to its answer, the service being scaled to zero."""
    with running(command, port):
        while not is_asleep(home):
            time.sleep(0.2)
        began = time.perf_counter()
        if not post(port, body):
            raise RuntimeError("a service that was asleep did not answer")
        return time.perf_counter() - began


def median(figures) -> float:
    figures = sorted(figures)
    return figures[len(figures) // 2]


def starts(server: str, kf: str, folder: str, body: bytes) -> dict:
    """From nothing to the first answer: a server of one model, `kf serve` of a document, and a
    service that is asleep."""
    model = os.path.join(folder, "model.json")
    document = os.path.join(folder, "service.yaml")
    with open(document, "w", encoding="utf-8") as file:
        file.write(SERVICE.format(model=model))
    serve = [kf, "serve", document, "--quiet", "--home", folder, "--port"]
    return {
        "start": median(cold_start([server, model, str(18470 + i)], 18470 + i, body)
                        for i in range(9)),
        "serve": median(cold_start([*serve, str(18480 + i)], 18480 + i, body) for i in range(9)),
        "wake": median(wake([*serve, str(18490 + i)], folder, 18490 + i, body) for i in range(3)),
    }


def resident_mb(process) -> float:
    with open(f"/proc/{process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def measure(command: list, port: int, scripts: tuple, seconds: int) -> dict:
    with running(command, port) as process:
        figures = {}
        for connections in (1, 64):
            load(port, PREDICT, scripts[0], connections, 1)
            figures[connections] = load(port, PREDICT, scripts[0], connections, seconds)
        figures["rows"] = load(port, INFER, scripts[1], 4, seconds)["rate"] * 1000
        figures["resident"] = resident_mb(process)
    return figures


def write_scripts(folder: str, head: int) -> tuple:
    names = []
    for name, kind, more in (
            ("row.json", "application/json", ""),
            ("rows.bin", "application/octet-stream",
             f'wrk.headers["Inference-Header-Content-Length"] = "{head}"')):
        script = os.path.join(folder, name + ".lua")
        with open(script, "w", encoding="utf-8") as file:
            file.write(SCRIPT.format(path=os.path.join(folder, name), kind=kind, more=more))
        names.append(script)
    return tuple(names)


def figures(server: str, kf: str, seconds: int = 5):
    """Ours and KServe's, or the reason why there are none."""
    python = os.environ.get("KF_KSERVE_PYTHON")
    if shutil.which("wrk") is None or shutil.which("taskset") is None:
        return "wrk or taskset is missing: servers are left out (on Debian, wrk and util-linux)"
    if python is None:
        return "KF_KSERVE_PYTHON names no Python with kserve and xgboost: servers are left out"
    peer = os.path.join(FOLDER, "serve_peer.py")
    with tempfile.TemporaryDirectory() as folder:
        trained = subprocess.run([python, peer, "train", folder], capture_output=True, text=True,
                                 check=True)
        scripts = write_scripts(folder, json.loads(trained.stdout)["head"])
        model = os.path.join(folder, "model.json")
        ours = measure([server, model, "18461"], 18461, scripts, seconds)
        theirs = measure([python, peer, "serve", model, "--http_port", "18462"], 18462, scripts,
                         seconds)
        with open(os.path.join(folder, "row.json"), "rb") as file:
            body = file.read()
        ours |= starts(server, kf, folder, body)
    return ours, theirs
