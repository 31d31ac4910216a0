# SPDX-License-Identifier: Apache-2.0
"""Servers for the tests of kf serve."""

import json
import os
import subprocess

import pytest
from serve_process import KF, MODELS, PATIENCE, ROW, Serving


@pytest.fixture(scope="module")
def expected():
    """What the models say to ROW."""
    from kf import serving

    row = json.loads(ROW)["instances"]
    found = {}
    for name, path in MODELS.items():
        model = serving.load_model(str(path), format="lightgbm")
        found[name] = {"predictions": [float(x) for x in model.predict(row)]}
    assert found["a"] != found["b"]
    return found


@pytest.fixture
def serve(tmp_path):
    started = []

    def start(*words, files=None):
        started.append(Serving(tmp_path, *words, files=files))
        return started[-1]

    start.folder = tmp_path
    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()
        each.reader.join()
        each.process.stderr.close()


@pytest.fixture
def kf(tmp_path):
    def call(*words, status=0):
        done = subprocess.run(
            [KF, *words],
            cwd=tmp_path,
            env={**os.environ, "KF_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout if status == 0 else done.stderr

    return call
