# SPDX-License-Identifier: Apache-2.0
"""What a trial's program says of itself."""

import json
import os


def report(step=None, **metrics):
    """Report metrics of the trial that this program is.

        search.report(step=epoch, loss=0.3, accuracy=0.9)

    Under the Push collector of an experiment on this machine they go to the experiment at once;
    otherwise they are printed as `name=value`, which the StdOut collector finds here and in Katib.
    """
    values = {name: float(value) for name, value in metrics.items()}
    path = os.environ.get("KF_TRIAL_METRICS")
    if not path:
        print(" ".join(f"{name}={value!r}" for name, value in values.items()), flush=True)
        return
    line = json.dumps({"step": step, "metrics": values}) + "\n"
    with open(path, "a", encoding="utf-8") as file:
        file.write(line)
