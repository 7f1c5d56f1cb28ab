"""Sweeps in this process fork as they do in a program of their own."""

from __future__ import annotations

import pytest

from keywatch.sweep import ahead, crew


@pytest.fixture(autouse=True)
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests' servers may have left threads in this process, beside which a sweep would not fork."""
    for module in (ahead, crew):
        monkeypatch.setattr(module, "can_fork", lambda: True)
