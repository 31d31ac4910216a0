# SPDX-License-Identifier: Apache-2.0
"""What is printed on standard error while a component or pipeline runs in this program: states, logs, outputs.

    19:03:06.123 sums: running, run 2239749c
    19:03:06.130 add: running
        what the component prints
    19:03:06.141 add: SUCCEEDED in 0.01 s
        Output: 3.0

The log of the task that began first is printed while it is written, those of the tasks beside it when
they end.
"""

import os
import sys
import time
from collections import deque

_INDENT = "    "
_SHOWN_ENDED = 200  # Tasks beyond them would bury what matters.
_COLORS = {
    "SUCCEEDED": "\033[32m",
    "CACHED": "\033[32m",
    "FAILED": "\033[31m",
    "CANCELED": "\033[33m",
    "SKIPPED": "\033[33m",
}


class _Log:
    """A log file, from where it was last read."""

    def __init__(self, path):
        self._path = path
        self._file = None
        self._open_line = False

    def has_more(self):
        """Whether something was added since."""
        try:
            return os.path.getsize(self._path) > (self._file.tell() if self._file else 0)
        except OSError:
            return False

    def print_new(self):
        """Print what was added, indented."""
        if not self.has_more():
            return
        if self._file is None:
            self._file = open(self._path, encoding="utf-8", errors="replace")
        text = self._file.read()
        indented = text.replace("\n", "\n" + _INDENT)
        if text.endswith("\n"):
            indented = indented[: -len(_INDENT)]
        sys.stderr.write(indented if self._open_line else _INDENT + indented)
        self._open_line = not text.endswith("\n")

    def close(self):
        """Print the rest."""
        self.print_new()
        if self._open_line:
            sys.stderr.write("\n")
        if self._file is not None:
            self._file.close()


class Progress:
    """Takes the events of a run, from whichever thread, and prints them where `show` is called."""

    def __init__(self, native, store, name):
        self._native = native
        self._store = store
        self._name = name
        self._events = deque()
        self._running = {}  # The logs of running tasks by path, in the order of their beginning.
        self._now = 0.0  # When what is printed happened.
        self._ended = 0
        self._live = None  # The task that the lines printed last are of.
        self.failure = None  # The first failed task and why.

    def __call__(self, event):
        self._events.append((time.time(), event))

    def show(self):
        """Print what has happened since the last time."""
        while self._events:
            self._now, event = self._events.popleft()
            if event["task"] is None:
                self._show_run(event)
            elif event["state"] == "RUNNING":
                self._begin(event)
            else:
                self._end(event)
        self._now = time.time()
        if self._running:
            first = next(iter(self._running))
            self._head(first)
            self._running[first].print_new()
        sys.stderr.flush()

    def _show_run(self, event):
        if event["state"] == "RUNNING":
            self._say(self._name, f"running, run {event['run'][:8]}")
        elif event["state"] in _COLORS:
            self._say(self._name, f"{_state(event)} in {event['seconds']:.3g} s")

    def _begin(self, event):
        self._running[event["task"]] = _Log(event["log"] or os.devnull)

    def _end(self, event):
        """A task has ended, or is to be tried again."""
        path, state = event["task"], event["state"]
        log = self._running.pop(path, None)
        if log:
            if log.has_more():
                self._head(path)
            log.close()
        self._live = None
        why = f": {event['message']}" if event["message"] else ""
        if state == "PENDING":
            self._say(path, f"failed{why}")
            return
        if state == "FAILED" and self.failure is None:
            self.failure = (path, event["message"] or "failed")
        self._ended += 1
        if self._ended > _SHOWN_ENDED and state != "FAILED":
            return
        took = f" in {event['seconds']:.3g} s" if log and state != "SKIPPED" else ""
        self._say(path, f"{_state(event)}{took}{why}")
        if state in ("SUCCEEDED", "CACHED"):
            self._show_outputs(event)
        if self._ended == _SHOWN_ENDED:
            sys.stderr.write("… from here on only failures and what tasks print\n")

    def _show_outputs(self, event):
        task = self._native.store_task(self._store, event["run"], event["task"])
        for name, value in (task["outputs"] | task["artifacts"]).items():
            sys.stderr.write(f"{_INDENT}{name}: {_shown(value)}\n")

    def _head(self, path):
        """Say whose lines follow."""
        if self._live != path:
            self._say(path, "running")
            self._live = path

    def _say(self, name, text):
        clock = time.strftime("%H:%M:%S", time.localtime(self._now))
        sys.stderr.write(f"{clock}.{int(self._now * 1000) % 1000:03} {_styled(name, '1')}: {text}\n")


def _styled(text, code):
    return f"\033[{code}m{text}\033[0m" if sys.stderr.isatty() else text


def _state(event):
    state = event["state"]
    return f"{_COLORS[state]}{state}\033[0m" if sys.stderr.isatty() else state


def _shown(value):
    """An output in one line."""
    if isinstance(value, list) and value and isinstance(value[0], dict) and "uri" in value[0]:
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    if isinstance(value, dict) and "uri" in value and "type" in value:
        kind = value["type"].rpartition(".")[2]
        return f"{kind}(uri={value['uri']!r}, metadata={value['metadata']!r})"
    return repr(value)
