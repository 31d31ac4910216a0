# SPDX-License-Identifier: Apache-2.0
"""Fraud detection: scale a table of labelled records, train a random forest, report how good it is.

    kf run examples/python/fraud_detection.py --arg csv=records.csv

or `python examples/python/fraud_detection.py`, which writes real labelled records (the breast cancer
data that scikit-learn carries; its two classes stand for honest and fraudulent), compiles the
pipeline and runs it on this machine.
"""

from kf import compiler, dsl, local
from kf.dsl import Dataset, Input, Metrics, Model, Output

PACKAGES = ["pandas==2.2.3", "scikit-learn==1.5.2"]


@dsl.component(base_image="python:3.11", packages_to_install=PACKAGES)
def preprocess(records: Input[Dataset], label: str, scaled: Output[Dataset]):
    """Scale the numeric columns of a CSV to zero mean and unit variance.

    Args:
        records: CSV with a header.
        label: The column that is left as it is.
        scaled: The same table, scaled.
    """
    import pandas as pd
    from sklearn.preprocessing import StandardScaler

    table = pd.read_csv(records.path)
    numeric = table.select_dtypes("number").columns.drop(label)
    table[numeric] = StandardScaler().fit_transform(table[numeric])
    table.to_csv(scaled.path, index=False)
    scaled.metadata["rows"] = len(table)
    print(f"scaled {len(numeric)} columns of {len(table)} rows")


@dsl.component(base_image="python:3.11", packages_to_install=PACKAGES)
def train(
    data: Input[Dataset],
    label: str,
    trees: int,
    test_share: float,
    model: Output[Model],
    metrics: Output[Metrics],
):
    """Train a random forest and measure it on records it has not seen."""
    import pickle

    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import accuracy_score, roc_auc_score
    from sklearn.model_selection import train_test_split

    table = pd.read_csv(data.path)
    features, target = table.drop(columns=label), table[label]
    seen_x, unseen_x, seen_y, unseen_y = train_test_split(
        features, target, test_size=test_share, random_state=0, stratify=target
    )
    forest = RandomForestClassifier(n_estimators=trees, random_state=0).fit(seen_x, seen_y)
    with open(model.path, "wb") as file:
        pickle.dump(forest, file)
    model.framework = "scikit-learn"
    metrics.log_metric("accuracy", accuracy_score(unseen_y, forest.predict(unseen_x)))
    metrics.log_metric("roc_auc", roc_auc_score(unseen_y, forest.predict_proba(unseen_x)[:, 1]))


@dsl.pipeline(name="fraud-detection", description="Scale records, train a random forest, measure it.")
def fraud_detection(
    csv: str, label: str = "fraud", trees: int = 100, test_share: float = 0.25
):
    records = dsl.importer(artifact_uri=csv, artifact_class=Dataset)
    scaling = preprocess(records=records.output, label=label)
    training = train(
        data=scaling.outputs["scaled"], label=label, trees=trees, test_share=test_share
    )
    training.set_display_name("train a random forest")
    training.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(1)


def write_records(path: str) -> None:
    """Write real labelled records as CSV: 569 rows, 30 numeric columns and the label `fraud`."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer(as_frame=True)
    bunch.frame.rename(columns={"target": "fraud"}).to_csv(path, index=False)


if __name__ == "__main__":
    write_records("records.csv")
    compiler.Compiler().compile(fraud_detection, "fraud_detection.yaml")
    local.init(local.SubprocessRunner())
    fraud_detection(csv="records.csv")
