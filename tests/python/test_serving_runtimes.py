# SPDX-License-Identifier: Apache-2.0
"""Models of Python libraries, each beside what its library itself says. Those whose library is not
installed are left out."""

import asyncio
import json

import pytest

numpy = pytest.importorskip("numpy")

from kf.serving import ModelRepository, runtimes  # noqa: E402
from kf.serving._dataplane import Dataplane  # noqa: E402

ROWS = [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]]


def served(format, path):
    model = runtimes.make(format, "m", str(path))
    assert model.load() and model.ready
    repository = ModelRepository()
    repository.update(model)
    return Dataplane(repository)


def ask(dataplane, path, body):
    status, _, content = asyncio.run(
        dataplane.answer(
            "POST", path, {"content-type": "application/json"}, json.dumps(body).encode()
        )
    )
    return status, json.loads(content)


def v1(dataplane, **body):
    status, answer = ask(dataplane, "/v1/models/m:predict", body)
    assert status == 200, answer
    return answer


def v2(dataplane, data=ROWS, name="x", datatype="FP64"):
    tensor = {"name": name, "shape": [*numpy.shape(data)], "datatype": datatype, "data": data}
    status, answer = ask(dataplane, "/v2/models/m/infer", {"inputs": [tensor]})
    assert status == 200, answer
    return {
        each["name"]: numpy.reshape(each["data"], each["shape"]) for each in answer["outputs"]
    }


def data():
    generator = numpy.random.default_rng(1)
    rows = generator.normal(size=(60, 4))
    return rows, (rows[:, 0] + rows[:, 1] > 0).astype(int)


# ---- scikit-learn ----


@pytest.fixture
def forest(tmp_path):
    ensemble = pytest.importorskip("sklearn.ensemble")
    import joblib

    model = ensemble.RandomForestClassifier(5, random_state=1).fit(*data())
    joblib.dump(model, tmp_path / "model.joblib")
    return model


def test_sklearn(forest, tmp_path):
    dataplane = served("sklearn", tmp_path)
    expected = forest.predict(ROWS).tolist()
    assert v1(dataplane, instances=ROWS) == {"predictions": expected}
    assert v1(dataplane, inputs=ROWS) == {"predictions": expected}
    assert v2(dataplane)["output-0"].tolist() == expected
    status, answer = ask(dataplane, "/v1/models/m:predict", {"instances": [[1, 2]]})
    assert status == 500 and "expecting 4 features" in answer["error"]
    assert ask(dataplane, "/v1/models/m:predict", {"rows": []})[0] == 400


def test_sklearn_probabilities(forest, tmp_path, monkeypatch):
    monkeypatch.setenv("PREDICT_PROBA", "true")
    dataplane = served("sklearn", tmp_path / "model.joblib")
    assert v1(dataplane, instances=ROWS)["predictions"] == forest.predict_proba(ROWS).tolist()


def test_sklearn_without_probabilities(tmp_path, monkeypatch):
    linear = pytest.importorskip("sklearn.linear_model")
    import pickle

    model = linear.LinearRegression().fit(*data())
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    monkeypatch.setenv("PREDICT_PROBA", "true")
    dataplane = served("sklearn", tmp_path)
    assert v1(dataplane, instances=ROWS)["predictions"] == model.predict(ROWS).tolist()


def test_which_file_is_the_model(tmp_path):
    with pytest.raises(Exception, match="no file of the model in .*: it is to end in .joblib"):
        served("sklearn", tmp_path)
    for name in ("a.pkl", "b.joblib"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(RuntimeError, match="more than one file of a model in .*: a.pkl, b.joblib"):
        served("sklearn", tmp_path)
    with pytest.raises(Exception, match="there is no model at /nowhere"):
        served("sklearn", "/nowhere")


# ---- the others ----


def test_xgboost(tmp_path):
    xgboost = pytest.importorskip("xgboost")
    rows, labels = data()
    booster = xgboost.train({"max_depth": 3}, xgboost.DMatrix(rows, label=labels), 5)
    booster.save_model(tmp_path / "model.json")
    dataplane = served("xgboost", tmp_path)
    expected = booster.predict(xgboost.DMatrix(numpy.array(ROWS))).tolist()
    assert v1(dataplane, instances=ROWS)["predictions"] == expected
    assert v2(dataplane)["output-0"].tolist() == expected


def test_lightgbm(tmp_path):
    lightgbm = pytest.importorskip("lightgbm")
    rows, labels = data()
    booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(rows, label=labels), 5)
    booster.save_model(tmp_path / "model.bst")
    dataplane = served("lightgbm", tmp_path)
    expected = booster.predict(numpy.array(ROWS)).tolist()
    assert v1(dataplane, instances=ROWS)["predictions"] == expected


def test_onnx(tmp_path):
    skl2onnx = pytest.importorskip("skl2onnx")
    pytest.importorskip("onnxruntime")
    from sklearn.linear_model import LinearRegression

    rows, labels = data()
    model = LinearRegression().fit(rows, labels)
    text = skl2onnx.to_onnx(model, rows[:1].astype("float32")).SerializeToString()
    (tmp_path / "model.onnx").write_bytes(text)
    dataplane = served("onnx", tmp_path)
    expected = model.predict(ROWS)
    got = v1(dataplane, instances=ROWS)["predictions"]
    assert numpy.ravel(got) == pytest.approx(expected, abs=1e-5)
    got = v2(dataplane, name="X", datatype="FP32")["variable"]
    assert got.ravel() == pytest.approx(expected, abs=1e-5)
    status, answer = ask(
        dataplane,
        "/v2/models/m/infer",
        {"inputs": [{"name": "z", "shape": [1], "datatype": "FP32", "data": [1]}]},
    )
    assert (status, answer) == (400, {"error": "the model has no input 'z'; it has X"})


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pytorch(tmp_path, dtype):
    torch = pytest.importorskip("torch")
    dtype = getattr(torch, dtype)
    layer = torch.nn.Linear(4, 2).to(dtype)
    torch.jit.script(layer).save(str(tmp_path / "model.pt"))
    dataplane = served("pytorch", tmp_path)
    expected = layer(torch.tensor(ROWS, dtype=dtype)).detach().numpy()
    assert v1(dataplane, instances=ROWS)["predictions"] == expected.tolist()
    assert v2(dataplane)["output-0"].tolist() == expected.tolist()
    whole = layer(torch.tensor([[1, 2, 3, 4]], dtype=dtype)).detach().numpy()
    assert v1(dataplane, instances=[[1, 2, 3, 4]])["predictions"] == whole.tolist()


def test_pytorch_archives(tmp_path):
    torch = pytest.importorskip("torch")
    import zipfile

    layer = torch.nn.Linear(4, 2)
    torch.jit.script(layer).save(str(tmp_path / "model.pt"))
    (tmp_path / "all" / "model-store").mkdir(parents=True)
    manifest = {"model": {"modelName": "m", "serializedFile": "model.pt", "handler": "h.py"}}
    with zipfile.ZipFile(tmp_path / "all" / "model-store" / "m.mar", "w") as archive:
        archive.writestr("MAR-INF/MANIFEST.json", json.dumps(manifest))
        archive.write(tmp_path / "model.pt", "model.pt")
    expected = layer(torch.tensor(ROWS)).detach().numpy()
    dataplane = served("pytorch", tmp_path / "all")
    assert v1(dataplane, instances=ROWS)["predictions"] == expected.tolist()


def test_tensorflow(tmp_path):
    tensorflow = pytest.importorskip("tensorflow")

    class Sums(tensorflow.Module):
        @tensorflow.function(
            input_signature=[tensorflow.TensorSpec([None, 2], tensorflow.float32, name="x")]
        )
        def both(self, x):
            return {"sum": tensorflow.reduce_sum(x, axis=1), "double": x * 2}

    module = Sums()
    tensorflow.saved_model.save(module, str(tmp_path / "1"), signatures=module.both)
    dataplane = served("tensorflow", tmp_path)
    rows = [[1, 2], [3, 4]]
    expected = [{"sum": 3.0, "double": [2.0, 4.0]}, {"sum": 7.0, "double": [6.0, 8.0]}]
    assert v1(dataplane, instances=rows) == {"predictions": expected}
    assert v1(dataplane, instances=[{"x": row} for row in rows]) == {"predictions": expected}
    columns = {"sum": [3.0, 7.0], "double": [[2.0, 4.0], [6.0, 8.0]]}
    assert v1(dataplane, inputs=rows) == {"outputs": columns}
    assert v1(dataplane, inputs={"x": rows}) == {"outputs": columns}
    assert v2(dataplane, rows, datatype="FP32")["double"].tolist() == [[2, 4], [6, 8]]


def test_mlflow(tmp_path):
    pyfunc = pytest.importorskip("mlflow.pyfunc")

    class Doubler(pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return model_input * 2

    pyfunc.save_model(str(tmp_path / "model"), python_model=Doubler())
    dataplane = served("mlflow", tmp_path / "model")
    assert v1(dataplane, instances=[[1, 2]]) == {"predictions": [[2, 4]]}
