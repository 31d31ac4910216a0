# SPDX-License-Identifier: Apache-2.0
"""From pipeline to service: the model that the fraud-detection pipeline trained, served here.

    python examples/python/fraud_service.py build/demo/records.csv

takes the model of the latest run, serves it, rolls out a second version as a canary, and asks for a
prediction and an explanation over HTTP. The documents are KServe's: they go to a cluster as they are.
"""

import csv
import pickle
import sys
import tempfile

from kf import serving, store


def trained_model():
    """The forest that the latest run of fraud-detection trained."""
    with store.open() as runs:
        run = next(r for r in runs.runs() if r["pipeline"] == "fraud-detection")
        (model,) = (
            artifact
            for task in runs.run(run["id"])["tasks"]
            for artifact in task.get("outputs", {}).get("artifacts", [])
            if artifact["name"] == "model"
        )
    with open(model["path"], "rb") as file:
        return pickle.load(file)


def service(place, canary_percent=None):
    return serving.InferenceService(
        "fraud",
        serving.Predictor("sklearn", place),
        canary_traffic_percent=canary_percent,
    )


def show_traffic(server):
    traffic = server.status("fraud")["status"]["components"]["predictor"]["traffic"]
    print("traffic:", ", ".join(f"{t['revisionName']} {t['percent']} %" for t in traffic))


def main(records):
    with open(records, encoding="utf-8", newline="") as file:
        names, first, *_ = csv.reader(file)
    row = [float(value) for name, value in zip(names, first) if name != "fraud"]
    forest = trained_model()
    with tempfile.TemporaryDirectory() as folder, serving.Server() as server:
        one = serving.convert(forest, f"{folder}/1.kfm", method="predict_proba")
        two = serving.convert(forest, f"{folder}/2.kfm", method="predict_proba")
        server.apply(service(one)).wait("fraud")
        show_traffic(server)
        server.apply(service(two, canary_percent=20)).wait("fraud")
        show_traffic(server)
        answer = server.predict("fraud", {"instances": [row]})
        print("prediction:", answer["predictions"][0])
        effects = server.explain("fraud", {"instances": [row]})["explanations"]
        print("explanation:", str(effects)[:200])
        server.promote("fraud")
        server.wait("fraud")
        show_traffic(server)


if __name__ == "__main__":
    main(sys.argv[1])
