# SPDX-License-Identifier: Apache-2.0
"""Searching step by step: how to descend into Rosenbrock's valley; the twin of examples/c/ask_and_tell.c.

    python examples/python/ask_and_tell.py 40

Trials that do worse than the others are stopped early. The study is kept in the store: with more trials
it goes on there, and `kf show valley` says what is known.
"""

import collections
import math
import sys

from kf import search

STEPS = 200
REPORTS = 10


def descend(rate, method, momentum=0.0):
    """Gradient descent: the loss after each step."""
    x, y, vx, vy = -1.2, 1.0, 0.0, 0.0
    for _ in range(STEPS):
        slope = y - x * x
        vx = momentum * vx - rate * (-400 * x * slope - 2 * (1 - x))
        vy = momentum * vy - rate * (200 * slope)
        x += vx
        y += vy
        yield 100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x)


def run(study, trial):
    for step, loss in enumerate(descend(**trial.params), 1):
        if not math.isfinite(loss):
            return study.tell(trial, state="FAILED", message="it diverged")
        if step % (STEPS // REPORTS) == 0 and trial.report(step, loss):
            return study.tell(trial, state="EARLY_STOPPED")
    return study.tell(trial, loss)


def main(trials=40):
    study = search.Study(
        {
            "rate": search.double(1e-6, 1e-1, distribution="logUniform"),
            "method": search.categorical(["plain", "heavy"]),
            # Only a heavy ball has momentum.
            "momentum": search.double(0.1, 0.99, when={"method": "heavy"}),
        },
        objective="loss",
        algorithm="tpe",
        early_stopping="medianstop",
        seed=1,
        store="",
        name="valley",
    )
    while len(study) < trials:
        run(study, study.ask())
    states = collections.Counter(trial.state for trial in study.trials)
    print(
        f"{trials} trials: {states['SUCCEEDED']} went to the end, "
        f"{states['EARLY_STOPPED']} were stopped early, {states['FAILED']} diverged"
    )
    best = study.best
    print(f"the best is trial {best.number}: {best['method']}, loss {best.value:.3f}")
    for name, share in study.importance.items():
        print(f"  {name:8} matters by {100 * share:2.0f} %")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
