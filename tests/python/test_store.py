# SPDX-License-Identifier: Apache-2.0
"""kf.store: asking for what was run."""

import pathlib

import pytest

from kf import dsl, errors, local
from kf.dsl import Dataset, Input, Metrics, Output
from kf.store import Store


@dsl.component
def make(rows: int, data: Output[Dataset]):
    print("making", rows)
    with open(data.path, "w") as file:
        file.write("row\n" * rows)


@dsl.component
def measure(data: Input[Dataset], gate: str, metrics: Output[Metrics]):
    import os

    if not os.path.exists(gate):
        raise RuntimeError("the gate is shut")
    with open(data.path) as file:
        metrics.log_metric("rows", len(file.readlines()))


@dsl.pipeline
def counted(gate: str, rows: int = 3):
    measure(data=make(rows=rows).output, gate=gate)


@pytest.fixture
def gate(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(local, "_session", None)
    local.init(local.SubprocessRunner(), cache_root=str(tmp_path / "home"), enable_caching=True)
    return tmp_path / "gate"


def test_a_run_that_failed_is_resumed(gate, tmp_path):
    with pytest.raises(RuntimeError, match="the gate is shut"):
        counted(gate=str(gate))
    store = Store(str(tmp_path / "home"))
    failed = store.run()
    assert failed["state"] == "FAILED" and failed["arguments"] == {"gate": str(gate)}
    with pytest.raises(errors.RunFailed, match="the gate is shut"):
        store.resume()
    gate.touch()
    done = store.resume(failed["id"])
    assert done["state"] == "SUCCEEDED" and done["id"] == failed["id"]
    assert store.task("make")["attempts"] == 1
    assert store.task("measure")["metrics"] == {"rows": 3.0}
    with pytest.raises(errors.InvalidState):
        store.resume()


def test_runs_artifacts_lineage_logs_and_cache(gate, tmp_path):
    gate.touch()
    counted(gate=str(gate))
    counted(gate=str(gate), rows=4)
    store = Store(str(tmp_path / "home"))
    assert store.home == str(tmp_path / "home") and store.home in repr(store)
    newest, oldest = store.runs(pipeline="counted", state="SUCCEEDED")
    assert store.run(oldest["id"])["arguments"] == {"gate": str(gate)}
    assert store.run()["id"] == newest["id"]
    assert store.runs(limit=1) == [newest] and store.runs(limit=0) == []
    assert store.runs(state="FAILED") == []

    assert len(store.artifacts()) == 4
    data = store.artifacts(oldest["id"])[0]
    assert pathlib.Path(data["path"]).read_text() == "row\n" * 3
    lineage = store.lineage(data["path"])
    assert [each["task"] for each in lineage["upstream"]] == ["make"]
    assert [each.get("task") for each in lineage["downstream"]] == ["measure", "measure"]

    (log,) = store.logs(oldest["id"], "make")
    assert log["attempt"] == 1 and "making 3" in pathlib.Path(log["path"]).read_text()

    assert len(store.cache()) == 4
    why = store.explain_cache("make")
    assert [each["part"] for each in why["differs"]] == ["inputs.rows"]
    store.clear_cache()
    assert store.cache() == []


def test_what_is_not_there(gate, tmp_path):
    gate.touch()
    counted(gate=str(gate))
    store = Store(str(tmp_path / "home"))
    with pytest.raises(LookupError, match="no task 'train'"):
        store.task("train")
    with pytest.raises(LookupError, match="no run 'nosuch'"):
        store.run("nosuch")
    with pytest.raises(LookupError):
        store.lineage("nothing")
    with pytest.raises(errors.InvalidState, match="has ended"):
        store.cancel()
