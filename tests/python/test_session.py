# SPDX-License-Identifier: Apache-2.0
"""Calling components outside of a pipeline."""

import pytest

from kf import dsl


@dsl.component
def say(text: str) -> str:
    return text


def test_executing_needs_a_session(monkeypatch):
    from kf import local

    monkeypatch.setattr(local, "_session", None)
    with pytest.raises(RuntimeError, match="init"):
        say(text="x")
