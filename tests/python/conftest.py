# SPDX-License-Identifier: Apache-2.0
"""Common to the Python tests."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


def pytest_configure(config):
    """Say at once what is missing: without the extension nothing can be tested."""
    import kf._native  # noqa: F401
