# SPDX-License-Identifier: Apache-2.0
"""Searching for good parameters.

    from kf import search

    space = {
        "rate": search.double(1e-5, 1e-1, distribution="logUniform"),
        "layers": search.int(1, 8),
        "act": search.categorical(["relu", "gelu"]),
    }
    study = search.Study(space, objective="loss", seed=1)
    study.optimize(train, n_trials=100)      # train(trial) -> loss
    study.best.value, study.best.params

or step by step: `trial = study.ask()`, then `study.tell(trial, loss)`. Trials that are still running
are taken into account, so any number may be asked before one is told.

Whole experiments run with `run` (an Experiment of Katib) and `tune` (a pipeline or component is the
trial); a trial's program says what it measured with `report`, and `result` looks one up later.
"""

from kf.search._space import Parameter, categorical, discrete, double, int
from kf.search._report import report
from kf.search._study import EarlyStopped, Study, Trial, algorithms
from kf.search._tune import Result, check, load, result, resume, run, tune

__all__ = [
    "EarlyStopped",
    "Parameter",
    "Result",
    "Study",
    "Trial",
    "algorithms",
    "categorical",
    "check",
    "discrete",
    "double",
    "int",
    "load",
    "report",
    "result",
    "resume",
    "run",
    "tune",
]
