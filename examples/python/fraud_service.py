# SPDX-License-Identifier: Apache-2.0
"""From pipeline to service: the model that the fraud-detection pipeline trained, served here.

    python examples/python/fraud_service.py

takes the model of the latest run, serves it, rolls out a second revision as a canary, and asks for a
prediction and an explanation over HTTP. The documents are KServe's, and go to a cluster as they are.
"""

import csv
import pickle
import tempfile

from kf import serving
from kf.store import Store


def trained():
    """The forest of the latest run of fraud-detection, and a row of what it was trained on."""
    runs = Store()
    run = runs.runs(pipeline="fraud-detection", state="SUCCEEDED", limit=1)[0]["id"]
    model = runs.task("train", run)["artifacts"]["model"]
    scaled = runs.task("preprocess", run)["artifacts"]["scaled"]
    with open(model["path"], "rb") as file:
        forest = pickle.load(file)
    with open(scaled["path"], encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    del row["fraud"]
    return forest, {name: float(value) for name, value in row.items()}


def service(place, canary_percent=None):
    return serving.InferenceService(
        "fraud", serving.Predictor("sklearn", place), canary_traffic_percent=canary_percent
    )


def show_traffic(server):
    traffic = server.status("fraud")["status"]["components"]["predictor"]["traffic"]
    print("traffic:", ", ".join(f"{t['revisionName']} {t['percent']} %" for t in traffic))


def main():
    forest, row = trained()
    with tempfile.TemporaryDirectory() as folder, serving.Server() as server:
        stable = serving.convert(forest, f"{folder}/stable.kfm", method="predict_proba")
        canary = serving.convert(forest, f"{folder}/canary.kfm", method="predict_proba")
        server.apply(service(stable)).wait("fraud")
        show_traffic(server)
        server.apply(service(canary, canary_percent=20)).wait("fraud")
        show_traffic(server)

        question = {"instances": [list(row.values())]}
        (shares,) = server.predict("fraud", question)["predictions"]
        print(f"prediction: fraud with probability {shares[1]:.2f}")
        (effects,) = server.explain("fraud", question)["explanations"]
        strongest = sorted(zip(effects["shap_values"][1], row), key=lambda e: -abs(e[0]))[:3]
        print("because of:", ", ".join(f"{name} ({effect:+.3f})" for effect, name in strongest))

        server.promote("fraud")
        server.wait("fraud")
        show_traffic(server)


if __name__ == "__main__":
    main()
