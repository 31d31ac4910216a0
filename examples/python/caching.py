# SPDX-License-Identifier: Apache-2.0
"""What is not done twice: the cache between runs, and resuming a run that failed.

    python examples/python/caching.py

`kf cache explain RUN TASK` says why a task did or did not come from the cache, and
`kf run --resume RUN` goes on with a run that did not finish.
"""

import os
import tempfile

from kf import dsl, local
from kf.store import Store


@dsl.component
def prepare(rows: int) -> int:
    import time

    time.sleep(1)
    return 10 * rows


@dsl.component
def publish(rows: int, target: str) -> str:
    with open(f"{target}/rows", "w") as file:
        file.write(str(rows))
    return target


@dsl.pipeline
def nightly(rows: int, target: str) -> str:
    prepared = prepare(rows=rows)
    return publish(rows=prepared.output, target=target).set_caching_options(False).output


def show(what: str) -> None:
    tasks = Store().run()["tasks"]
    print(f"{what + ':':<10}", ", ".join(f"{task['name']} {task['state']}" for task in tasks))


if __name__ == "__main__":
    local.init(local.SubprocessRunner(), enable_caching=True, raise_on_error=False)
    folder = tempfile.mkdtemp()

    nightly(rows=3, target=folder)
    show("first")
    nightly(rows=3, target=folder)
    show("again")
    nightly(rows=4, target=f"{folder}/missing")
    show("no folder")
    os.mkdir(f"{folder}/missing")
    Store().resume()
    show("resumed")
