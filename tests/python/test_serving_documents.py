# SPDX-License-Identifier: Apache-2.0
"""KServe's documents from Python."""

import pytest

import kf
from kf import serving

IRIS = """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: iris
spec:
  predictor:
    minReplicas: 0
    model:
      modelFormat:
        name: sklearn
      storageUri: s3://models/iris
"""


def test_a_service_is_what_its_keywords_say():
    service = serving.InferenceService(
        "iris", serving.Predictor("sklearn", "s3://models/iris", min_replicas=0)
    )
    assert service.to_yaml() == IRIS
    assert service.check() == []
    assert repr(service) == "<InferenceService iris>"
    assert service.predictor.format == "sklearn"
    assert service.predictor.protocol == "v1"
    assert service.predictor.min_replicas == 0
    assert service.transformer is None and service.canaries == []
    assert service.mode == "Knative"


def test_all_of_a_component():
    service = serving.InferenceService(
        "iris",
        serving.Predictor(
            "xgboost",
            "s3://models/iris",
            model_version=2,
            runtime="mine",
            protocol="v2",
            args=("--nthread=2",),
            env={"A": "1"},
            container_concurrency=4,
            timeout=30,
            logger="request",
            batcher={"maxBatchSize": 8, "maxLatency": 50},
            labels={"team": "blue"},
        ),
        transformer=serving.Transformer("clean:1", protocol="v2"),
        explainer=serving.Explainer(more={"art": {"type": "SquareAttack"}}),
        namespace="ml",
        annotations={"note": "here"},
        canary_traffic_percent=10,
    )
    assert service.check() == []
    assert service.spec["predictor"] == {
        "model": {
            "modelFormat": {"name": "xgboost", "version": "2"},
            "runtime": "mine",
            "protocolVersion": "v2",
            "storageUri": "s3://models/iris",
            "args": ["--nthread=2"],
            "env": [{"name": "A", "value": "1"}],
        },
        "containerConcurrency": 4,
        "timeout": 30,
        "canaryTrafficPercent": 10,
        "logger": {"mode": "request"},
        "batcher": {"maxBatchSize": 8, "maxLatency": 50},
        "labels": {"team": "blue"},
    }
    assert service.transformer.protocol == "v2"
    assert service.explainer.format == "art"
    assert service.predictor.batcher["max_latency"] == 50
    assert service.namespace == "ml" and service.annotations == {"note": "here"}


def test_canaries_take_over_what_they_do_not_say():
    service = serving.InferenceService(
        "iris",
        serving.Predictor("sklearn", "s3://models/1", min_replicas=4, timeout=9),
        canaries=[serving.Canary("next", 30, "sklearn", "s3://models/2")],
        mode="Standard",
    )
    assert service.check() == []
    (canary,) = service.canaries
    assert (canary.name, canary.storage_uri, canary.timeout) == ("next", "s3://models/2", 9)
    assert (canary.canary_percent, canary.min_replicas) == (30, 2)


def test_what_is_no_part_is_refused():
    with pytest.raises(kf.InvalidArgument, match="must be a serving.Predictor"):
        serving.InferenceService("iris")
    with pytest.raises(kf.InvalidArgument, match="canaries are serving.Canary"):
        serving.InferenceService(
            "iris", serving.Predictor("a"), canaries=[serving.Predictor("sklearn")]
        )
    with pytest.raises(kf.Error, match="text expected, not a number"):
        serving.InferenceService("iris", serving.Predictor("a", args=[1]))
    with pytest.raises(TypeError, match="format must be str"):
        serving.InferenceService("iris", serving.Predictor(3))
    with pytest.raises(OverflowError):
        serving.InferenceService("iris", serving.Predictor("a", min_replicas=1 << 40))


def test_findings_tell_where():
    service = serving.InferenceService("Iris", serving.Predictor("sklearn", min_replicas=-1))
    assert [finding["where"] for finding in service.check()] == [
        "metadata.name",
        "spec.predictor.minReplicas",
    ]
    (finding,) = serving.check(IRIS.replace("minReplicas: 0", "minReplica: 0"))
    assert finding["severity"] == "warning" and finding["line"] == 7
    assert "did you mean 'minReplicas'?" in finding["message"]


def test_updates():
    old = serving.Document({**serving.load(IRIS)[0].document, "status": {"deploymentMode": "Knative"}})
    new = serving.InferenceService("iris", serving.Predictor("sklearn", "s3://b"), mode="Standard")
    assert "cannot be changed" in old.check_update(new)[0]["message"]


def test_files(tmp_path):
    path = tmp_path / "services.yaml"
    path.write_text(IRIS + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: key}\n")
    documents = serving.load(path)
    assert [(item.kind, item.name) for item in documents] == [
        ("InferenceService", "iris"),
        ("Secret", "key"),
    ]
    assert serving.load(str(path)) == documents
    assert documents.find("Secret", "key") is documents[1]
    with pytest.raises(LookupError, match="there is no Secret 'other'"):
        documents.find("Secret", "other")
    documents.to_json(tmp_path / "services.json")
    assert serving.load(tmp_path / "services.json") == documents
    assert serving.load(documents.to_yaml()) == documents
    assert serving.check(path) == [] and documents.check() == []


def test_defaults_follow_the_configuration():
    service = serving.InferenceService("iris", serving.Predictor(image="mine"))
    assert service.with_defaults().spec["predictor"]["containers"][0]["resources"]["limits"] == {
        "cpu": "1",
        "memory": "2Gi",
    }
    config = serving.Document(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "inferenceservice-config", "namespace": "kserve"},
            "data": {"deploy": '{"defaultDeploymentMode": "Standard"}'},
        }
    )
    assert service.with_defaults([config]).annotations == {
        "serving.kserve.io/deploymentMode": "Standard"
    }


def test_a_runtime_is_selected_with_reasons():
    service = serving.InferenceService("iris", serving.Predictor("sklearn", "s3://b"))
    runtime = service.select_runtime()
    assert runtime and runtime.name == "kserve-sklearnserver" and runtime.protocol == "v1"
    assert "--model_name=iris" in runtime.container["args"]
    reasons = {item["name"]: item["reason"] for item in runtime.candidates}
    assert reasons["kserve-sklearnserver"] is None
    assert reasons["kserve-mlserver"] == "it does not speak v1: v2"
    none = serving.select_runtime(service, shipped=False)
    assert not none and none.name is None and none.failure == "NoSupportingRuntime"
    own = serving.ServingRuntime(
        "fast", [serving.Format("sklearn", 1, priority=3)], "fast:1", protocols=["v1"]
    )
    assert own.check() == []
    assert service.select_runtime([own]).container["image"] == "fast:1"
    with pytest.raises(kf.Error, match="no model that a runtime could serve"):
        serving.InferenceService("a", serving.Predictor(image="a")).select_runtime()


def test_graphs():
    graph = serving.InferenceGraph(
        "chain",
        serving.Node("Splitter", [serving.Step("iris", weight=30), serving.Step(node="more", weight=70)]),
        {"more": serving.Node("Sequence", ["clean", serving.Step("iris", data="$response", hard=True, map_predictions=True)])},
        timeout=9,
    )
    assert graph.check() == []
    assert graph.nodes == {
        "root": {
            "routerType": "Splitter",
            "steps": [{"serviceName": "iris", "weight": 30}, {"nodeName": "more", "weight": 70}],
        },
        "more": {
            "routerType": "Sequence",
            "steps": [
                {"serviceName": "clean"},
                {
                    "serviceName": "iris",
                    "data": "$response",
                    "dependency": "Hard",
                    "mapPredictionsToInstances": True,
                },
            ],
        },
    }
    lost = serving.InferenceGraph("chain", serving.Node("Sequence", [serving.Step(node="root")]))
    assert "no request would ever come to an end" in lost.check()[0]["message"]


def test_documents_of_dicts():
    assert serving.InferenceService(serving.load(IRIS)[0].to_dict()).predictor.format == "sklearn"
    with pytest.raises(kf.Error, match="KServe has no kind 'InferenceServise'"):
        serving.Document({"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceServise"})
    with pytest.raises(FileNotFoundError):
        serving.load("no-such-file.yaml")


def test_parts_show_what_was_given():
    assert repr(serving.Predictor("sklearn", batcher=8)) == (
        "Predictor(format='sklearn', batcher={'maxBatchSize': 8})"
    )
    assert serving.Step("a") == serving.Step("a") != serving.Step("b")
