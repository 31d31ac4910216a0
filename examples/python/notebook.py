# SPDX-License-Identifier: Apache-2.0
"""A notebook as a component: it travels within the document and is executed with new values.

    kf run examples/python/notebook.py --arg rows=500

The first run installs what executes notebooks (nbclient, ipykernel) into an environment of its own.
"""

import pathlib

from kf import dsl, local

NOTEBOOK = pathlib.Path(__file__).with_name("summary.ipynb")


@dsl.notebook_component(notebook_path=str(NOTEBOOK))
def summarise(rows: int, report: dsl.Output[dsl.Markdown]):
    dsl.run_notebook(rows=rows, report_path=report.path)


@dsl.pipeline
def reporting(rows: int = 100):
    summarise(rows=rows)


if __name__ == "__main__":
    local.init(local.SubprocessRunner())
    reporting()
