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
"""

from kf.search._space import Parameter, categorical, discrete, double, int
from kf.search._study import EarlyStopped, Study, Trial, algorithms

__all__ = [
    "EarlyStopped",
    "Parameter",
    "Study",
    "Trial",
    "algorithms",
    "categorical",
    "discrete",
    "double",
    "int",
]
