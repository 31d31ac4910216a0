# SPDX-License-Identifier: Apache-2.0
"""Services and their canaries, as the commands show and move them."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

KF = os.environ["KF_COMMAND"]
GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "models"
HEAD = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService"}
STANDARD = {"serving.kserve.io/deploymentMode": "Standard"}


@pytest.fixture
def kf(tmp_path):
    """The command, with a folder of its own; kf.serve(document) begins a server there."""
    servers = []

    def call(*words, status=0):
        done = subprocess.run([KF, *words, "--home", tmp_path / "home"], capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def serve(document):
        file = tmp_path / "service.json"
        file.write_text(json.dumps(document))
        servers.append(subprocess.Popen(
            [KF, "serve", "--any-port", "--quiet", "--home", tmp_path / "home", file]))
        for _ in range(600):
            if " READY " in call("services"):
                return
            time.sleep(0.05)
        raise AssertionError(call("services"))

    call.serve = serve
    yield call
    for server in servers:
        server.send_signal(signal.SIGINT)
        server.wait(30)


@pytest.fixture
def predictor(tmp_path):
    path = tmp_path / "model.bst"
    shutil.copyfile(GOLDEN / "lightgbm-3.3.5-regression.txt", path)
    return {"model": {"modelFormat": {"name": "lightgbm"}, "storageUri": str(path)}}


def test_canaries_of_the_mode_standard(kf, predictor):
    bad = {"model": {"modelFormat": {"name": "lightgbm"}, "storageUri": "/nowhere/model.bst"}}
    kf.serve(HEAD | {
        "metadata": {"name": "iris", "annotations": STANDARD},
        "spec": {"predictor": predictor,
                 "canary": [{"trafficPercent": 30, "predictor": predictor | {"name": "next"}},
                            {"trafficPercent": 10, "predictor": bad | {"name": "bad"}}]},
    })
    for _ in range(600):
        shown = kf("show", "iris")
        if "  next            30 %  ready\n" in shown and "/nowhere" in shown:
            break
        time.sleep(0.05)
    assert "iris-predictor-00001 70 %, iris-next-predictor-00002 30 %" in kf("services")
    assert "  bad             10 %  not ready: " in shown
    assert "say which" in kf("promote", "iris", status=1)
    assert "did you mean 'next'?" in kf("promote", "iris", "text", status=1)
    assert "is not ready" in kf("promote", "iris", "bad", status=1)
    moved = kf("promote", "iris", "next")
    assert moved == "default/iris predictor: iris-next-predictor-00002 100 %\n"
    kf("rollback", "iris")
    for _ in range(600):
        if "iris-predictor-00004 100 %" in kf("services"):
            break
        time.sleep(0.05)
    assert "canaries" not in kf("show", "iris")


def test_a_service_without_canaries(kf, predictor):
    kf.serve(HEAD | {"metadata": {"name": "iris"}, "spec": {"predictor": predictor}})
    assert "there is no canary to promote" in kf("promote", "iris", status=1)
    assert "there is no earlier revision to go back to" in kf("rollback", "iris", status=1)
    assert "the document has no canary 'next'" in kf("promote", "iris", "next", status=1)
