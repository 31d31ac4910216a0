# SPDX-License-Identifier: Apache-2.0
"""KServe's own server of an XGBoost model, for bench.py; run by a Python that has kserve and xgboost.

    serve_peer.py train FOLDER       write model.json, 100 trees of depth 6, and the bodies of requests
    serve_peer.py serve FILE --http_port PORT

The server is that of KServe's repository, python/xgbserver, which is not on PyPI.
"""

import json
import os
import sys


def train(folder: str) -> None:
    import numpy as np
    import xgboost

    random = np.random.default_rng(0)
    rows = random.normal(size=(20000, 28)).astype(np.float32)
    rows[random.random(rows.shape) < 0.05] = np.nan
    known = np.nan_to_num(rows)
    noise = random.normal(size=len(rows)) / 2
    labels = known[:, 0] * known[:, 1] + known[:, 2] + noise > 0
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": 6, "eta": 0.1},
                            xgboost.DMatrix(rows, label=labels), num_boost_round=100)
    booster.save_model(os.path.join(folder, "model.json"))
    row = [float(f"{number:.17g}") for number in random.normal(size=28)]
    with open(os.path.join(folder, "row.json"), "w", encoding="utf-8") as file:
        json.dump({"instances": [row]}, file, separators=(",", ":"))
    many = known[:1000].astype("<f4").tobytes()
    head = json.dumps({
        "inputs": [{"name": "input-0", "shape": [1000, 28], "datatype": "FP32",
                    "parameters": {"binary_data_size": len(many)}}],
        "parameters": {"binary_data_output": True},
    }).encode()
    with open(os.path.join(folder, "rows.bin"), "wb") as file:
        file.write(head + many)
    print(json.dumps({"head": len(head), "version": xgboost.__version__}))


def serve(path: str) -> None:
    import kserve
    import xgboost
    from kserve.errors import InferenceError
    from kserve.utils.utils import get_predict_input, get_predict_response

    class Model(kserve.Model):
        def load(self):
            self.booster = xgboost.Booster(params={"nthread": 1})
            self.booster.load_model(path)
            self.ready = True
            return self.ready

        def predict(self, payload, headers=None):
            try:
                rows = xgboost.DMatrix(get_predict_input(payload), nthread=1)
                return get_predict_response(payload, self.booster.predict(rows), self.name)
            except Exception as error:
                raise InferenceError(str(error)) from error

    model = Model("m")
    model.load()
    kserve.ModelServer(enable_grpc=False).start([model])


if __name__ == "__main__":
    if sys.argv[1] == "train":
        train(sys.argv[2])
    else:
        file = sys.argv.pop(2)
        del sys.argv[1]
        serve(file)
