# SPDX-License-Identifier: Apache-2.0
"""After a run: which settings were best, and what the model of that run was made from.

    python examples/python/lineage.py

The command says the same: `kf show`, `kf runs`, `kf lineage FILE`.
"""

from kf import dsl, local
from kf.dsl import Dataset, Input, Metrics, Model, Output
from kf.store import Store


@dsl.component
def collect(data: Output[Dataset]):
    with open(data.path, "w") as file:
        file.writelines(f"{x},{3 * x + 1}\n" for x in range(20))


@dsl.component
def fit(data: Input[Dataset], slope: float, model: Output[Model], metrics: Output[Metrics]):
    with open(data.path) as file:
        points = [[float(number) for number in line.split(",")] for line in file]
    offset = sum(y - slope * x for x, y in points) / len(points)
    with open(model.path, "w") as file:
        file.write(f"y = {slope} x + {offset}")
    metrics.log_metric("error", sum(abs(y - slope * x - offset) for x, y in points))


@dsl.pipeline
def line(slope: float):
    fit(data=collect().output, slope=slope)


if __name__ == "__main__":
    local.init(local.SubprocessRunner())
    for slope in (2.0, 3.0, 4.0):
        line(slope=slope)

    store = Store()
    fits = [store.task("fit", run["id"]) for run in store.runs(pipeline="line", limit=3)]
    best = min(fits, key=lambda task: task["metrics"]["error"])
    model = best["artifacts"]["model"]
    with open(model["path"]) as file:
        print("best model:", file.read())
    for step in store.lineage(model["path"])["upstream"]:
        print("  " * step["depth"] + (step.get("name") or f"the task {step['task']}"))
