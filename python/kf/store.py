# SPDX-License-Identifier: Apache-2.0
"""The store: what was run on this machine, with its artifacts, lineage, logs and cache.

    from kf.store import Store

    store = Store()
    for task in store.run("latest")["tasks"]:
        print(task["path"], task["state"], task["metrics"])

Answers are dicts and lists of plain values, the same that the command `kf` prints with `--json`.
Times are text in UTC, durations seconds, sizes bytes. A run is named by its id, a beginning of the
id that no other run has, or "latest"; a task by its path within the run, or by its name where only
one task has it.
"""

import os

from kf import _native
from kf.errors import InvalidArgument, NotFound, RunFailed

__all__ = ["Store"]


class Store:
    """The store in a folder; it may be open in several processes at a time.

    Args:
        home: The folder; None: $KF_HOME, or ~/.kf.
    """

    def __init__(self, home=None):
        self._native = _native.store_open(None if home is None else os.fspath(home))

    def __repr__(self):
        return f"Store({self.home!r})"

    @property
    def home(self):
        """The folder of the store."""
        return _native.store_home(self._native)

    def runs(self, pipeline=None, state=None, limit=None):
        """Runs, newest first: of one pipeline, in one state such as "FAILED", at most `limit`."""
        query = {"pipeline": pipeline, "state": state, "limit": -1 if limit is None else limit}
        return [] if limit == 0 else _native.store_runs(self._native, query)

    def run(self, run="latest"):
        """One run with its arguments, outputs and tasks."""
        return _native.store_run(self._native, run)

    def task(self, task, run="latest"):
        """One task of a run: state, inputs, outputs, artifacts, metrics, error, log."""
        tasks = self.run(run)["tasks"]
        found = [each for each in tasks if each["path"] == task]
        found = found or [each for each in tasks if each["name"] == task]
        if len(found) == 1:
            return found[0]
        if found:
            paths = ", ".join(each["path"] for each in found)
            raise InvalidArgument(f"several tasks of the run {run} are named {task!r}: {paths}")
        raise NotFound(f"the run {run} has no task {task!r}")

    def artifacts(self, run=None):
        """Artifacts of a run, or of all runs, oldest first."""
        return _native.store_artifacts(self._native, run)

    def lineage(self, artifact):
        """What an artifact (its id, uri or path) came from and went to."""
        return _native.store_lineage(self._native, str(artifact))

    def logs(self, run="latest", task=None):
        """The log files of a run, or of one of its tasks, by attempt."""
        return _native.store_logs(self._native, run, task)

    def experiments(self):
        """Experiments and studies, newest first; `kf.search.result` says more of one."""
        return _native.store_experiments(self._native)

    def cache(self):
        """The entries of the cache, those used last first."""
        return _native.store_cache(self._native)

    def explain_cache(self, task, run="latest"):
        """Why a task did or did not come from the cache."""
        return _native.store_cache_explain(self._native, run, task)

    def clear_cache(self, key=None, older_than_seconds=0.0):
        """Forget one entry of the cache, or all that were not used for so long."""
        _native.store_cache_clear(self._native, key, older_than_seconds)

    def cancel(self, run="latest"):
        """Ask the process that executes the run to stop it."""
        _native.store_cancel(self._native, run)

    def resume(self, run="latest"):
        """Go on with a run that did not succeed, wait for its end, and return it as `run` does.

        What had finished is not done again. Raises RunFailed if it fails once more.
        """
        resumed = _native.run_resume(self._native, run, {}, None)
        try:
            _native.run_wait(resumed, -1)
        except KeyboardInterrupt:
            _native.run_cancel(resumed)
            _native.run_wait(resumed, 30)
            raise
        run = _native.run_describe(resumed)
        if run["state"] not in ("SUCCEEDED", "CACHED"):
            why = run["error"] or f"it ended as {run['state']}"
            raise RunFailed(why, where=f"run {run['id']}")
        return run
