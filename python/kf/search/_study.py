# SPDX-License-Identifier: Apache-2.0
"""Studies: asking for configurations to try, and telling what became of them."""

import concurrent.futures
import os
import threading
import time

from kf import _native
from kf.errors import InvalidArgument, NotFound
from kf.search._space import native_space

_DIRECTIONS = {"minimize": _native.KF_MINIMIZE, "maximize": _native.KF_MAXIMIZE}
_STATES = {
    "FAILED": _native.KF_TRIAL_FAILED,
    "KILLED": _native.KF_TRIAL_KILLED,
    "EARLY_STOPPED": _native.KF_TRIAL_EARLY_STOPPED,
    "METRICS_UNAVAILABLE": _native.KF_TRIAL_METRICS_UNAVAILABLE,
    "SUCCEEDED": _native.KF_TRIAL_SUCCEEDED,
}


def algorithms():
    """The names of all algorithms: Katib's, and those beyond."""
    names = []
    while (name := _native.algorithm_name(len(names))) is not None:
        names.append(name)
    return names


class EarlyStopped(Exception):
    """Raise it in a function that `Study.optimize` runs, once `Trial.report` has said to stop."""


class Trial:
    """One configuration: `trial["rate"]`, or all of `trial.params`.

    It shows the trial as it is now, not as it was when it was asked for.
    """

    def __init__(self, study, number):
        self._study = study
        self.number = number

    @property
    def _record(self):
        with self._study._lock:
            return _native.study_trial(self._study._native, self.number)

    @property
    def params(self):
        """Values by parameter: a dict."""
        return self._record["params"]

    @property
    def state(self):
        """"RUNNING", "SUCCEEDED", "FAILED", "KILLED", "EARLY_STOPPED" or "METRICS_UNAVAILABLE"."""
        return self._record["state"]

    @property
    def values(self):
        """One number per objective, or None."""
        return self._record["values"]

    @property
    def value(self):
        """The value of the first objective, or None."""
        values = self.values
        return None if values is None else values[0]

    @property
    def observations(self):
        """What was reported on the way: pairs of step and value."""
        return self._record["observations"]

    @property
    def attributes(self):
        """What the algorithm noted about the trial: a dict."""
        return self._record["attributes"]

    @property
    def message(self):
        """Why it failed, or None."""
        return self._record["message"]

    def __getitem__(self, name):
        return self.params[name]

    def __contains__(self, name):
        return name in self.params

    def __eq__(self, other):
        return (
            isinstance(other, Trial)
            and self._study is other._study
            and self.number == other.number
        )

    def __hash__(self):
        return hash((id(self._study), self.number))

    def __repr__(self):
        record = self._record
        values = record["values"]
        shown = "" if values is None else f", value={values[0] if len(values) == 1 else values}"
        return f"<Trial {self.number} {record['state']} {record['params']}{shown}>"

    def report(self, step, value):
        """Report a value of the first objective on the way; True if the trial should stop now."""
        with self._study._lock:
            return _native.study_report(self._study._native, self.number, step, value)


class Study:
    """A search: the past trials, and what to try next.

    Args:
        space: Parameters by name, made by `search.double`, `int`, `discrete`, `categorical`.
        objective: Name of what is sought, or a list of names.
        direction: "minimize" or "maximize", or a list of one per objective.
        algorithm: Such as "auto", "random", "tpe"; `search.algorithms()` lists them.
        settings: Of the algorithm, by name.
        early_stopping: "medianstop", or None.
        early_stopping_settings: By name.
        seed: The same seed gives the same trials.
        n_trials: How many trials are planned, for algorithms that care.
        parallel: How many trials are to run at a time, for algorithms that care.
        store: Folder of a store to keep the study in, so that it goes on after this process has ended;
            "" is $KF_HOME, or ~/.kf. None: in memory only.
        name: Of the study in the store.
    """

    def __init__(
        self,
        space,
        objective="objective",
        direction="minimize",
        algorithm=None,
        settings=None,
        early_stopping=None,
        early_stopping_settings=None,
        seed=0,
        n_trials=0,
        parallel=0,
        store=None,
        name=None,
    ):
        self.space = dict(space)
        self.objectives = [objective] if isinstance(objective, str) else list(objective)
        self.directions = _directions(direction, self.objectives)
        self._lock = threading.RLock()
        self.name = name
        self._store = None if store is None else _native.store_open(os.fspath(store))
        self._native = _native.study_new(
            native_space(self.space),
            self._store,
            {
                "objectives": native_objectives(self.objectives, self.directions),
                "algorithm": algorithm,
                "settings": settings,
                "early_stopping": early_stopping,
                "stopping_settings": early_stopping_settings,
                "seed": seed,
                "max_trials": n_trials,
                "parallel": parallel,
                "name": name,
            },
        )

    def __repr__(self):
        return f"<Study of {', '.join(self.space)}: {len(self)} trials>"

    def __len__(self):
        with self._lock:
            return _native.study_trial_count(self._native)

    @property
    def trials(self):
        """All trials, in the order of asking."""
        return [Trial(self, number) for number in range(len(self))]

    @property
    def best(self):
        """The best trial of the first objective; NotFound if none has a value."""
        with self._lock:
            record = _native.study_best(self._native)
        if record is None:
            raise NotFound("no trial has a value yet")
        return Trial(self, record["number"])

    @property
    def front(self):
        """The trials that no other is better than in all objectives."""
        with self._lock:
            return [Trial(self, number) for number in _native.study_front(self._native)]

    def hypervolume(self, reference):
        """The volume between all trials and a point that is worse: a list, or a dict by objective."""
        with self._lock:
            return _native.study_hypervolume(self._native, self._values(reference))

    @property
    def importance(self):
        """How much each parameter matters for the first objective: shares that add up to 1."""
        with self._lock:
            return _native.study_importance(self._native)

    def to_csv(self, path=None):
        """All trials as CSV, a row each: written to `path`, or returned."""
        return self._write(_native.KF_STUDY_CSV, path)

    def to_json(self, path=None):
        """All trials as JSON, with what they reported: written to `path`, or returned."""
        return self._write(_native.KF_STUDY_JSON, path)

    def to_html(self, path=None):
        """A page with the history, the trials in parallel coordinates, and the best: written or returned.

        It needs nothing else: no plotting library, no network.
        """
        return self._write(_native.KF_STUDY_PAGE, path)

    def _repr_html_(self):
        return self._write(_native.KF_STUDY_HTML, None)

    def _write(self, kind, path):
        with self._lock:
            text = _native.study_write(self._native, kind)
        if path is None:
            return text
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return None

    def ask(self):
        """A trial with a configuration to try."""
        with self._lock:
            return Trial(self, _native.study_ask(self._native))

    def tell(self, trial, value=None, state=None, message=None):
        """Say what became of a trial.

        Args:
            trial: The trial, or its number.
            value: A number; with several objectives a list, or a dict by objective.
            state: "FAILED", "KILLED", "EARLY_STOPPED" or "METRICS_UNAVAILABLE", in place of a value.
            message: Why.
        """
        number = trial.number if isinstance(trial, Trial) else trial
        with self._lock:
            if value is not None and state is None:
                _native.study_tell_values(self._native, number, self._values(value))
            else:
                _native.study_tell_state(self._native, number, _state(state), message)

    def enqueue(self, params):
        """Let one of the next trials have these values; what is not given is sampled."""
        with self._lock:
            _native.study_enqueue(self._native, params)

    def add(self, params, value=None, state=None):
        """Add a trial that is known from elsewhere, with all its parameters."""
        values = None if value is None else self._values(value)
        state = state or ("METRICS_UNAVAILABLE" if value is None else "SUCCEEDED")
        with self._lock:
            number = _native.study_add(self._native, params, _state(state), values)
        return Trial(self, number)

    def optimize(self, function, n_trials=None, jobs=1, timeout=None, catch=()):
        """Ask, call `function(trial)`, and tell what it returns, again and again.

        The function returns what `tell` takes. It may raise EarlyStopped, or return None after
        `trial.report` has said to stop.

        Args:
            n_trials: How many trials; None: until the timeout, or until there is nothing left to try.
            jobs: How many at a time, each in a thread.
            timeout: Seconds after which no new trial begins.
            catch: Exceptions that fail the trial only. Others fail it and are raised, once the trials
                that run have ended.
        """
        if n_trials is None and timeout is None and not self._ends:
            raise InvalidArgument("optimize needs n_trials or a timeout to come to an end")
        deadline = None if timeout is None else time.monotonic() + timeout
        with concurrent.futures.ThreadPoolExecutor(max(1, jobs)) as pool:
            running = set()
            begun = 0
            while True:
                while len(running) < max(1, jobs) and self._goes_on(begun, n_trials, deadline):
                    try:
                        trial = self.ask()
                    except NotFound:
                        n_trials = begun  # Nothing is left to try.
                        break
                    running.add(pool.submit(self._try, function, trial, catch))
                    begun += 1
                if not running:
                    return self
                done, running = concurrent.futures.wait(
                    running, return_when=concurrent.futures.FIRST_COMPLETED
                )
                for future in done:
                    future.result()

    @property
    def _ends(self):
        return False

    def _goes_on(self, begun, n_trials, deadline):
        return (n_trials is None or begun < n_trials) and (
            deadline is None or time.monotonic() < deadline
        )

    def _try(self, function, trial, catch):
        try:
            value = function(trial)
        except EarlyStopped as stopped:
            self.tell(trial, state="EARLY_STOPPED", message=str(stopped) or None)
        except BaseException as error:
            message = f"{type(error).__name__}: {error}"
            self.tell(trial, state="FAILED", message=message)
            if not isinstance(error, tuple(catch) if isinstance(catch, (list, tuple)) else catch):
                raise
        else:
            self._tell_result(trial, value)

    def _tell_result(self, trial, value):
        if trial.state != "RUNNING":
            return  # The function told it itself.
        if value is not None:
            self.tell(trial, value)
        elif trial.observations:
            self.tell(trial, state="EARLY_STOPPED")
        else:
            self.tell(trial, state="METRICS_UNAVAILABLE", message="the function returned None")

    def _values(self, value):
        if isinstance(value, dict):
            missing = [name for name in self.objectives if name not in value]
            if missing:
                raise InvalidArgument(f"no value is given for the objective {missing[0]!r}")
            return [value[name] for name in self.objectives]
        return list(value) if isinstance(value, (list, tuple)) else [value]


def native_objectives(objective, direction):
    """Pairs of name and direction, as C takes them."""
    names = [objective] if isinstance(objective, str) else list(objective)
    return [(name, _DIRECTIONS[way]) for name, way in zip(names, _directions(direction, names))]


def _directions(direction, objectives):
    given = [direction] * len(objectives) if isinstance(direction, str) else list(direction)
    if len(given) != len(objectives) or any(way not in _DIRECTIONS for way in given):
        raise InvalidArgument(
            f'direction must be "minimize" or "maximize", one per objective, got {direction!r}'
        )
    return given


def _state(state):
    if state not in _STATES:
        raise InvalidArgument(f"state must be one of {', '.join(_STATES)}, got {state!r}")
    return _STATES[state]
