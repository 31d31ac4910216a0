# SPDX-License-Identifier: Apache-2.0
"""How good the algorithms of libkf and of other libraries are, on the functions of COCO.

    PYTHONPATH=build/python python tests/bench/search_quality.py kf:auto optuna:gp --evaluations 100

It needs cocoex (coco-experiment on PyPI), and each library that is named: optuna, skopt, hyperopt. Per
algorithm it prints the mean over all functions and instances of log10 of the simple regret, clipped at
1e-8, after so many evaluations, its standard error, and the time of an ask and tell. With --pending, so
many trials are always running, and told in the order of asking.
"""

import argparse
import collections
import json
import logging
import math
import os
import sys
import tempfile
import time
import warnings

import cocoex

LEAST = 1e-8
REPORTED = (25, 50, 100, 200, 400, 800)


class Problem:
    """A function of COCO with its bounds: axes of integers come first."""

    def __init__(self, problem):
        self.problem = problem
        self.function, self.instance = problem.id_function, problem.id_instance
        self.integers = problem.number_of_integer_variables
        self.low, self.high = list(problem.lower_bounds), list(problem.upper_bounds)
        self.names = [f"x{k}" for k in range(problem.dimension)]
        problem._best_parameter("print")
        with open("._bbob_problem_best_parameter.txt", encoding="ascii") as file:
            self.least = problem([float(x) for x in file.read().split()])

    def __call__(self, params):
        return self.problem([float(params[name]) for name in self.names])

    def axes(self):
        for k, name in enumerate(self.names):
            yield name, k < self.integers, self.low[k], self.high[k]


# Each library: a function of problem, algorithm, seed and evaluations that gives a pair, ask() -> (handle,
# params) and tell(handle, value).


def of_kf(problem, algorithm, seed, evaluations):
    from kf import search

    algorithm, _, settings = algorithm.partition("{")
    space = {
        name: search.int(int(low), int(high)) if integer else search.double(low, high)
        for name, integer, low, high in problem.axes()
    }
    study = search.Study(
        space, algorithm=algorithm, settings=json.loads("{" + settings) if settings else None, seed=seed
    )

    def ask():
        trial = study.ask()
        return trial, trial.params

    return ask, study.tell


def of_optuna(problem, algorithm, seed, evaluations):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    samplers = {
        "random": lambda: optuna.samplers.RandomSampler(seed=seed),
        "gp": lambda: optuna.samplers.GPSampler(seed=seed),
        "cmaes": lambda: optuna.samplers.CmaEsSampler(seed=seed),
        "tpe": lambda: optuna.samplers.TPESampler(seed=seed, multivariate=False, constant_liar=True),
        "mtpe": lambda: optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True),
    }
    study = optuna.create_study(sampler=samplers[algorithm]())
    distributions = {
        name: optuna.distributions.IntDistribution(int(low), int(high))
        if integer
        else optuna.distributions.FloatDistribution(low, high)
        for name, integer, low, high in problem.axes()
    }

    def ask():
        trial = study.ask(distributions)
        return trial, trial.params

    return ask, study.tell


def of_skopt(problem, algorithm, seed, evaluations):
    import skopt

    space = [
        skopt.space.Integer(int(low), int(high), name=name)
        if integer
        else skopt.space.Real(low, high, name=name)
        for name, integer, low, high in problem.axes()
    ]
    optimizer = skopt.Optimizer(space, base_estimator=algorithm.upper(), random_state=seed)

    def ask():
        point = optimizer.ask()
        return point, dict(zip(problem.names, point))

    return ask, optimizer.tell


def of_hyperopt(problem, algorithm, seed, evaluations):
    import hyperopt
    import numpy

    logging.disable(logging.INFO)
    hp = hyperopt.hp
    space = {
        name: hp.uniformint(name, low, high) if integer else hp.uniform(name, low, high)
        for name, integer, low, high in problem.axes()
    }
    suggest = {"tpe": hyperopt.tpe.suggest, "random": hyperopt.rand.suggest}[algorithm]
    domain = hyperopt.base.Domain(lambda params: 0, space)
    trials = hyperopt.Trials()
    random = numpy.random.default_rng(seed)

    def ask():
        new = suggest(trials.new_trial_ids(1), domain, trials, int(random.integers(2**31)))
        trials.insert_trial_docs(new)
        trials.refresh()
        document = trials._dynamic_trials[-1]
        params = {name: values[0] for name, values in document["misc"]["vals"].items()}
        return document, params

    def tell(document, value):
        document["result"] = {"loss": value, "status": hyperopt.STATUS_OK}
        document["state"] = hyperopt.JOB_STATE_DONE
        trials.refresh()

    return ask, tell


LIBRARIES = {"kf": of_kf, "optuna": of_optuna, "skopt": of_skopt, "hyperopt": of_hyperopt}


def run(problem, engine, seed, evaluations, pending):
    """The regret after each evaluation, and the seconds that asking and telling took."""
    library, _, algorithm = engine.partition(":")
    ask, tell = LIBRARIES[library](problem, algorithm, seed, evaluations)
    running, regrets, best, spent = collections.deque(), [], math.inf, 0.0
    asked = 0
    while len(regrets) < evaluations:
        started = time.perf_counter()
        while asked < evaluations and len(running) <= pending:
            running.append(ask())
            asked += 1
        spent += time.perf_counter() - started
        handle, params = running.popleft()
        value = problem(params)
        best = min(best, value)
        regrets.append(best - problem.least)
        started = time.perf_counter()
        tell(handle, value)
        spent += time.perf_counter() - started
    return regrets, spent


def measure(engine, options):
    """Rows of function, instance, seed, logarithms of regret; and milliseconds per evaluation."""
    numbers = [count for count in REPORTED if count <= options.evaluations]
    suite = cocoex.Suite(
        options.suite,
        f"instances: {options.instances}",
        f"dimensions: {options.dimension} function_indices: {options.functions}",
    )
    rows, spent = [], 0.0
    for raw in suite:
        problem = Problem(raw)
        for seed in range(options.seeds):
            own = 10000 * seed + 100 * problem.function + problem.instance
            regrets, seconds = run(problem, engine, own, options.evaluations, options.pending)
            spent += seconds
            logs = [math.log10(max(regrets[count - 1], LEAST)) for count in numbers]
            rows.append((problem.function, problem.instance, seed, logs))
    return numbers, rows, spent / len(rows) / options.evaluations * 1e3


def show(engine, numbers, rows, milliseconds, by_function):
    means = [sum(row[3][i] for row in rows) / len(rows) for i in range(len(numbers))]
    functions = sorted({row[0] for row in rows})
    for function in functions if by_function else ():
        own = [row[3] for row in rows if row[0] == function]
        line = " ".join(f"{sum(logs[i] for logs in own) / len(own):8.3f}" for i in range(len(numbers)))
        print(f"    f{function:<4}{line}")
    figures = "  ".join(f"{count}: {mean:.3f}" for count, mean in zip(numbers, means))
    print(f"{engine:28} {figures}  {milliseconds:.2f} ms per trial", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("engines", nargs="+", help="such as kf:auto, kf:random, optuna:gp, skopt:gp, hyperopt:tpe")
    parser.add_argument("--suite", default="bbob", help="bbob or bbob-mixint")
    parser.add_argument("--dimension", type=int, default=5)
    parser.add_argument("--functions", default="1-24")
    parser.add_argument("--instances", default="1-5")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--evaluations", type=int, default=100)
    parser.add_argument("--pending", type=int, default=0)
    parser.add_argument("--by-function", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    cocoex.log_level("error")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for engine in options.engines:
            show(engine, *measure(engine, options), options.by_function)
        os.chdir("/")


if __name__ == "__main__":
    sys.exit(main())
